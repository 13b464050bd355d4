/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed files: chunks that cannot be cut off, dropped, swapped, repeated, mixed between files, nor
 * taken for something else that the same ring seals.
 */
#include "keys_fixture.h"

#include "core/sealed_file.h"

#include <stdlib.h>

#define CHUNK  RSM_SEALED_CHUNK
#define FRAMED (2U + 57U + CHUNK) /* a whole chunk in the file */

static struct rsm_buffer sealed_of(resume_keyring *ring, const char *purpose, size_t len) {
    struct rsm_buffer out = {0};
    uint8_t *plain = malloc(len);
    assert_non_null(plain);
    noise(len, plain, len);
    assert_int_equal(rsm_sealed_file_seal(ring, purpose, plain, len, NOW, &out), RESUME_OK);
    free(plain);
    return out;
}

static resume_status open_as(resume_keyring *ring, const char *purpose, const uint8_t *data,
                             size_t len, size_t expected) {
    struct rsm_buffer out = {0};
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    resume_status status = rsm_sealed_file_open(ring, purpose, copy, len, NOW, &out);
    if (status == RESUME_OK) {
        uint8_t *plain = malloc(expected);
        assert_non_null(plain);
        noise(expected, plain, expected);
        assert_int_equal(out.len, expected);
        assert_memory_equal(out.data, plain, expected);
        free(plain);
    }
    free(copy);
    rsm_buffer_free(&out);
    return status;
}

static void every_length_comes_back(void **state) {
    (void)state;
    static const size_t lengths[] = {1,         2,         CHUNK - 1,     CHUNK,
                                     CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 300000};
    resume_keyring *ring = ring_of_one(1, 80);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct rsm_buffer sealed = sealed_of(ring, "test", lengths[i]);
        assert_memory_equal(sealed.data, "rsmf\x01", 5);
        assert_int_equal(open_as(ring, "test", sealed.data, sealed.len, lengths[i]), RESUME_OK);
        rsm_buffer_free(&sealed);
    }
    resume_keyring_unref(ring);
}

static void every_cut_shows(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    struct rsm_buffer sealed = sealed_of(ring, "test", 3 * CHUNK);
    for (size_t len = 0; len < sealed.len; len += len < 200 ? 1 : 977) {
        resume_status status = open_as(ring, "test", sealed.data, len, 0);
        assert_true(status == RESUME_MALFORMED || status == RESUME_FORGED);
    }
    /* Where one chunk ends: all that is left is whole, but not said to be the last. */
    for (size_t chunks = 1; chunks < 3; chunks++) {
        assert_int_equal(open_as(ring, "test", sealed.data, RSM_SEALED_HEAD + chunks * FRAMED, 0),
                         RESUME_FORGED);
    }
    rsm_buffer_u8(&sealed, 0);
    assert_true(open_as(ring, "test", sealed.data, sealed.len, 0) > 0);
    rsm_buffer_free(&sealed);
    resume_keyring_unref(ring);
}

static void chunks_keep_their_place(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    struct rsm_buffer sealed = sealed_of(ring, "test", 3 * CHUNK);
    struct rsm_buffer other = sealed_of(ring, "test", 3 * CHUNK);
    uint8_t *at = sealed.data + RSM_SEALED_HEAD;
    uint8_t *work = malloc(sealed.len);
    assert_non_null(work);
    assert_int_equal(sealed.len, RSM_SEALED_HEAD + 3 * FRAMED);
    /* Swapped. */
    memcpy(work, sealed.data, sealed.len);
    memcpy(work + RSM_SEALED_HEAD, at + FRAMED, FRAMED);
    memcpy(work + RSM_SEALED_HEAD + FRAMED, at, FRAMED);
    assert_int_equal(open_as(ring, "test", work, sealed.len, 0), RESUME_FORGED);
    /* Repeated. */
    memcpy(work, sealed.data, sealed.len);
    memcpy(work + RSM_SEALED_HEAD + FRAMED, at, FRAMED);
    assert_int_equal(open_as(ring, "test", work, sealed.len, 0), RESUME_FORGED);
    /* Left out. */
    memcpy(work, sealed.data, sealed.len);
    memcpy(work + RSM_SEALED_HEAD, at + FRAMED, 2 * FRAMED);
    assert_int_equal(open_as(ring, "test", work, sealed.len - FRAMED, 0), RESUME_FORGED);
    /* From another file, at its place. */
    memcpy(work, sealed.data, sealed.len);
    memcpy(work + RSM_SEALED_HEAD, other.data + RSM_SEALED_HEAD, FRAMED);
    assert_int_equal(open_as(ring, "test", work, sealed.len, 0), RESUME_FORGED);
    free(work);
    rsm_buffer_free(&sealed);
    rsm_buffer_free(&other);
    resume_keyring_unref(ring);
}

static void every_flipped_bit_shows(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    struct rsm_buffer sealed = sealed_of(ring, "test", 20);
    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_true(open_as(ring, "test", sealed.data, sealed.len, 0) > 0);
        sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(open_as(ring, "test", sealed.data, sealed.len, 20), RESUME_OK);
    rsm_buffer_free(&sealed);
    resume_keyring_unref(ring);
}

static void a_purpose_and_a_ticket_are_different_things(void **state) { /* I-133 */
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_AEAD);
    struct rsm_buffer sealed = sealed_of(ring, "test", 20);
    uint8_t file[512];
    uint8_t opened[512];
    size_t len = 0;
    assert_int_equal(open_as(ring, "tes", sealed.data, sealed.len, 0), RESUME_FORGED);
    assert_int_equal(open_as(ring, "tesT", sealed.data, sealed.len, 0), RESUME_FORGED);
    /* Its chunk as a ticket, and a ticket as its chunk. */
    assert_int_equal(resume_codec_open_bytes(codec, sealed.data + RSM_SEALED_HEAD + 2,
                                             sealed.len - RSM_SEALED_HEAD - 2, NOW, opened,
                                             sizeof opened, &len),
                     RESUME_FORGED);
    memcpy(file, sealed.data, RSM_SEALED_HEAD);
    assert_int_equal(resume_codec_seal_bytes(codec, (const uint8_t *)"ticket", 6, NOW,
                                             file + RSM_SEALED_HEAD + 2, 400, &len),
                     RESUME_OK);
    file[RSM_SEALED_HEAD] = 0;
    file[RSM_SEALED_HEAD + 1] = (uint8_t)len;
    assert_int_equal(open_as(ring, "test", file, RSM_SEALED_HEAD + 2 + len, 0), RESUME_FORGED);
    rsm_buffer_free(&sealed);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

static void keys_have_their_answers(void **state) {
    (void)state;
    resume_keyring *ring = ring_of_one(1, 80);
    resume_keyring *other = ring_of_one(2, 80);
    resume_keyring *empty = empty_ring();
    struct rsm_buffer out = {0};
    struct rsm_buffer sealed = sealed_of(ring, "test", 20);
    assert_int_equal(open_as(other, "test", sealed.data, sealed.len, 0), RESUME_NO_KEY);
    assert_int_equal(rsm_sealed_file_seal(empty, "test", sealed.data, 20, NOW, &out),
                     RESUME_NO_KEY);
    rsm_buffer_free(&out);
    /* A key that no longer seals still opens. */
    assert_int_equal(add_key(other, 1, 80, 0, 1, NEVER, NOW), RESUME_OK);
    assert_int_equal(open_as(other, "test", sealed.data, sealed.len, 20), RESUME_OK);
    sealed.data[4] = 2;
    assert_int_equal(open_as(ring, "test", sealed.data, sealed.len, 0), RESUME_UNSUPPORTED);
    sealed.data[0] = 'x';
    assert_int_equal(open_as(ring, "test", sealed.data, sealed.len, 0), RESUME_MALFORMED);
    rsm_buffer_free(&sealed);
    resume_keyring_unref(ring);
    resume_keyring_unref(other);
    resume_keyring_unref(empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_comes_back),
        cmocka_unit_test(every_cut_shows),
        cmocka_unit_test(chunks_keep_their_place),
        cmocka_unit_test(every_flipped_bit_shows),
        cmocka_unit_test(a_purpose_and_a_ticket_are_different_things),
        cmocka_unit_test(keys_have_their_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
