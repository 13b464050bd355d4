/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 against the examples of FIPS 180, and midstates against the whole.
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
        cmocka_unit_test(test_secret_data_decides_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
