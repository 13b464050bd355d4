/* SPDX-License-Identifier: Apache-2.0 */
/* The byte layouts of tickets: every length, and where the parts stand. */
#include "keys_fixture.h"

#include "base/bytes.h"
#include "wire/frame.h"

static uint8_t bytes[RSM_FRAME_MAX + 16];

/* I-154: only lengths that a seal could have made. */
static void test_rfc5077_takes_exactly_the_lengths_of_seals(void **state) {
    (void)state;
    struct rsm_frame frame;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        bool possible = len >= 80 && len <= 65535 && (len - 64) % 16 == 0;
        assert_int_equal(rsm_frame_parse_rfc5077(bytes, len, &frame),
                         possible ? RESUME_OK : RESUME_MALFORMED);
    }
}

static void test_rfc5077_parts(void **state) {
    (void)state;
    struct rsm_frame frame;
    assert_int_equal(rsm_frame_parse_rfc5077(bytes, 112, &frame), RESUME_OK);
    assert_ptr_equal(frame.name, bytes);
    assert_ptr_equal(frame.nonce, bytes + 16);
    assert_ptr_equal(frame.body, bytes + 32);
    assert_int_equal(frame.body_len, 48);
    assert_ptr_equal(frame.tag, bytes + 80);
}

/* The length behind the IV is the ciphertext's, and no length is one of both frames. */
static void test_rfc5077_struct_takes_exactly_the_lengths_of_seals(void **state) {
    (void)state;
    struct rsm_frame frame;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        bool possible = len >= 82 && len <= 65535 && (len - 66) % 16 == 0;
        rsm_put16(bytes + 32, (uint16_t)(len - 66));
        assert_int_equal(rsm_frame_parse_rfc5077_struct(bytes, len, &frame),
                         possible ? RESUME_OK : RESUME_MALFORMED);
        assert_false(possible && rsm_frame_parse_rfc5077(bytes, len, &frame) == RESUME_OK);
    }
    rsm_put16(bytes + 32, 0);
}

static void test_rfc5077_struct_parts(void **state) {
    (void)state;
    struct rsm_frame frame;
    for (unsigned length = 0; length < 0x10000; length++) {
        rsm_put16(bytes + 32, (uint16_t)length);
        assert_int_equal(rsm_frame_parse_rfc5077_struct(bytes, 114, &frame),
                         length == 48 ? RESUME_OK : RESUME_MALFORMED);
    }
    rsm_put16(bytes + 32, 48);
    assert_int_equal(rsm_frame_parse_rfc5077_struct(bytes, 114, &frame), RESUME_OK);
    assert_ptr_equal(frame.name, bytes);
    assert_ptr_equal(frame.nonce, bytes + 16);
    assert_ptr_equal(frame.body, bytes + 34);
    assert_int_equal(frame.body_len, 48);
    assert_ptr_equal(frame.tag, bytes + 82);
    rsm_put16(bytes + 32, 0);
}

static void test_aead_takes_exactly_the_lengths_of_seals(void **state) {
    (void)state;
    struct rsm_frame frame;
    bytes[16] = 1;
    for (size_t len = 0; len <= sizeof bytes; len++) {
        bool possible = len >= 58 && len <= 65535;
        assert_int_equal(rsm_frame_parse_aead(bytes, len, &frame),
                         possible ? RESUME_OK : RESUME_MALFORMED);
    }
    bytes[16] = 0;
}

static void test_aead_parts_and_versions(void **state) {
    (void)state;
    struct rsm_frame frame;
    for (unsigned version = 0; version < 256; version++) {
        bytes[16] = (uint8_t)version;
        assert_int_equal(rsm_frame_parse_aead(bytes, 100, &frame),
                         version == 1 ? RESUME_OK : RESUME_UNSUPPORTED);
    }
    bytes[16] = 1;
    assert_int_equal(rsm_frame_parse_aead(bytes, 100, &frame), RESUME_OK);
    assert_ptr_equal(frame.name, bytes);
    assert_ptr_equal(frame.nonce, bytes + 17);
    assert_ptr_equal(frame.body, bytes + 41);
    assert_int_equal(frame.body_len, 43);
    assert_ptr_equal(frame.tag, bytes + 84);
    bytes[16] = 0;
}

/* Every size that is written can be read, and sizes stop at the top. */
static void test_sizes(void **state) {
    (void)state;
    struct rsm_frame frame;
    bytes[16] = 1;
    for (size_t len = 1; len < 300; len++) {
        assert_int_equal(rsm_frame_parse_rfc5077(bytes, rsm_frame_size_rfc5077(len), &frame), 0);
        assert_int_equal(frame.body_len, (len / 16 + 1) * 16);
        size_t size = rsm_frame_size_rfc5077_struct(len);
        rsm_put16(bytes + 32, (uint16_t)(size - 66));
        assert_int_equal(rsm_frame_parse_rfc5077_struct(bytes, size, &frame), 0);
        assert_int_equal(frame.body_len, (len / 16 + 1) * 16);
        assert_int_equal(rsm_frame_parse_aead(bytes, rsm_frame_size_aead(len), &frame), 0);
        assert_int_equal(frame.body_len, len);
    }
    assert_true(rsm_frame_size_rfc5077(SIZE_MAX) == SIZE_MAX);
    assert_true(rsm_frame_size_rfc5077(SIZE_MAX - 64) == SIZE_MAX);
    assert_true(rsm_frame_size_rfc5077_struct(SIZE_MAX - 66) == SIZE_MAX);
    assert_true(rsm_frame_size_aead(SIZE_MAX - 56) == SIZE_MAX);
    bytes[16] = 0;
}

/* I-153: name, version and context stand in the associated data, one after the other. */
static void test_associated_data(void **state) {
    (void)state;
    uint8_t aad[RSM_FRAME_AAD_MAX];
    const uint8_t *name = (const uint8_t *)"0123456789abcdef";
    assert_int_equal(rsm_frame_aad(name, NULL, 0, aad), 17);
    assert_memory_equal(aad, "0123456789abcdef\1", 17);
    assert_int_equal(rsm_frame_aad(name, (const uint8_t *)"xyz", 3, aad), 20);
    assert_memory_equal(aad, "0123456789abcdef\1xyz", 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc5077_takes_exactly_the_lengths_of_seals),
        cmocka_unit_test(test_rfc5077_parts),
        cmocka_unit_test(test_rfc5077_struct_takes_exactly_the_lengths_of_seals),
        cmocka_unit_test(test_rfc5077_struct_parts),
        cmocka_unit_test(test_aead_takes_exactly_the_lengths_of_seals),
        cmocka_unit_test(test_aead_parts_and_versions),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_associated_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
