/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 and SHA-384 against the examples of FIPS 180, and midstates against the whole.
 */
#include "crypto_fixture.h"
#include "secrecy.h"

#include "crypto/digest.h"

static void test_examples(void **state) {
    (void)state;
    uint8_t out[RSM_SHA256_SIZE];
    assert_int_equal(rsm_sha256(NULL, 0, out), RESUME_OK);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(rsm_sha256((const uint8_t *)"abc", 3, out), RESUME_OK);
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_int_equal(rsm_sha256((const uint8_t *)two, strlen(two), out), RESUME_OK);
    assert_hex(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_midstate_continues(void **state) {
    (void)state;
    uint8_t data[RSM_SHA256_BLOCK + 400];
    uint8_t whole[RSM_SHA256_SIZE];
    uint8_t continued[RSM_SHA256_SIZE];
    struct rsm_sha256_mid mid;
    noise(1, data, sizeof data);
    assert_int_equal(rsm_sha256_begin(data, &mid), RESUME_OK);
    for (size_t len = 0; len <= 400; len++) {
        assert_int_equal(rsm_sha256(data, RSM_SHA256_BLOCK + len, whole), RESUME_OK);
        assert_int_equal(rsm_sha256_finish(&mid, data + RSM_SHA256_BLOCK, len, continued),
                         RESUME_OK);
        assert_memory_equal(whole, continued, sizeof whole);
    }
}

static void test_examples_of_sha384(void **state) {
    (void)state;
    uint8_t out[RSM_SHA384_SIZE];
    assert_int_equal(rsm_sha384(NULL, 0, out), RESUME_OK);
    assert_hex(out,
               "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fb"
               "d51ad2f14898b95b");
    assert_int_equal(rsm_sha384((const uint8_t *)"abc", 3, out), RESUME_OK);
    assert_hex(out,
               "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc23"
               "58baeca134c825a7");
}

/* Cut anywhere, also into pieces of no bytes. */
static void test_pieces_continue(void **state) {
    (void)state;
    enum { TAIL = 300 };
    uint8_t data[RSM_SHA384_BLOCK + TAIL];
    uint8_t whole[RSM_SHA384_SIZE];
    uint8_t continued[RSM_SHA384_SIZE];
    struct rsm_sha256_mid mid;
    struct rsm_sha384_mid mid384;
    noise(3, data, sizeof data);
    assert_int_equal(rsm_sha256_begin(data, &mid), RESUME_OK);
    assert_int_equal(rsm_sha384_begin(data, &mid384), RESUME_OK);
    for (size_t cut = 0; cut <= TAIL; cut++) {
        const uint8_t *tail = data + RSM_SHA256_BLOCK;
        const struct rsm_piece pieces[] = {{tail, cut}, {NULL, 0}, {tail + cut, TAIL - cut}};
        assert_int_equal(rsm_sha256_finish_pieces(&mid, pieces, 3, continued), RESUME_OK);
        assert_int_equal(rsm_sha256(data, RSM_SHA256_BLOCK + TAIL, whole), RESUME_OK);
        assert_memory_equal(whole, continued, RSM_SHA256_SIZE);
    }
    for (size_t cut = 0; cut <= TAIL; cut++) {
        const uint8_t *tail = data + RSM_SHA384_BLOCK;
        const struct rsm_piece pieces[] = {{tail, cut}, {NULL, 0}, {tail + cut, TAIL - cut}};
        assert_int_equal(rsm_sha384_finish_pieces(&mid384, pieces, 3, continued), RESUME_OK);
        assert_int_equal(rsm_sha384(data, sizeof data, whole), RESUME_OK);
        assert_memory_equal(whole, continued, RSM_SHA384_SIZE);
    }
    assert_int_equal(rsm_sha384_finish_pieces(&mid384, NULL, 0, continued), RESUME_OK);
    assert_int_equal(rsm_sha384(data, RSM_SHA384_BLOCK, whole), RESUME_OK);
    assert_memory_equal(whole, continued, RSM_SHA384_SIZE);
}

/* I-161 */
static void test_secret_data_decides_nothing(void **state) {
    (void)state;
    uint8_t data[RSM_SHA256_BLOCK + 100];
    uint8_t out[RSM_SHA256_SIZE];
    struct rsm_sha256_mid mid;
    noise(2, data, sizeof data);
    SECRET(data, sizeof data);
    assert_int_equal(rsm_sha256_begin(data, &mid), RESUME_OK);
    assert_int_equal(rsm_sha256_finish(&mid, data + RSM_SHA256_BLOCK, 100, out), RESUME_OK);
    assert_int_equal(rsm_sha256(data, sizeof data, data), RESUME_OK);
    REVEALED(out, sizeof out);
    REVEALED(data, sizeof data);
    assert_memory_equal(out, data, sizeof out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_midstate_continues),
        cmocka_unit_test(test_examples_of_sha384),
        cmocka_unit_test(test_pieces_continue),
        cmocka_unit_test(test_secret_data_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
