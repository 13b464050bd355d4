/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HKDF-SHA256 against RFC 5869, and its limits.
 */
#include "crypto_fixture.h"

#include "base/bytes.h"
#include "crypto/hkdf.h"

/* RFC 5869 appendices A.1 and A.3. */
static void test_rfc5869(void **state) {
    (void)state;
    uint8_t ikm[22];
    uint8_t salt[13];
    uint8_t info[10];
    uint8_t okm[42];
    memset(ikm, 0x0b, sizeof ikm);
    unhex("000102030405060708090a0b0c", salt);
    unhex("f0f1f2f3f4f5f6f7f8f9", info);
    assert_int_equal(
        rsm_hkdf_sha256(ikm, sizeof ikm, salt, sizeof salt, info, sizeof info, okm, sizeof okm),
        RESUME_OK);
    assert_hex(okm, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887"
                    "185865");
    assert_int_equal(rsm_hkdf_sha256(ikm, sizeof ikm, NULL, 0, NULL, 0, okm, sizeof okm),
                     RESUME_OK);
    assert_hex(okm, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b6"
                    "1a96c8");
}

static void test_limits(void **state) {
    (void)state;
    static uint8_t out[RSM_HKDF_OUT_MAX + 1];
    static uint8_t info[RSM_HKDF_INFO_MAX + 1];
    uint8_t ikm[32] = {1};
    assert_int_equal(
        rsm_hkdf_sha256(ikm, 32, NULL, 0, info, RSM_HKDF_INFO_MAX, out, RSM_HKDF_OUT_MAX),
        RESUME_OK);
    assert_int_equal(rsm_hkdf_sha256(ikm, 32, NULL, 0, info, sizeof info, out, 32),
                     RESUME_E_INVALID);
    assert_true(rsm_is_zero_ct(out, 32));
    assert_int_equal(rsm_hkdf_sha256(ikm, 32, NULL, 0, NULL, 0, out, sizeof out), RESUME_E_INVALID);
    assert_true(rsm_is_zero_ct(out, sizeof out));
    assert_int_equal(rsm_hkdf_sha256(ikm, 32, NULL, 0, NULL, 0, out, 0), RESUME_E_INVALID);
    assert_int_equal(rsm_hkdf_sha256(ikm, 0, NULL, 0, NULL, 0, out, 32), RESUME_E_INVALID);
    assert_int_equal(rsm_hkdf_sha256(NULL, 0, NULL, 0, NULL, 0, out, 32), RESUME_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc5869),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
