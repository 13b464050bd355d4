/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA256 and HMAC-SHA384 against RFC 4231 and against libcrypto's own.
 */
#include "crypto_fixture.h"
#include "secrecy.h"

#include "crypto/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

/* RFC 4231 section 4, test cases 1 to 4, 6 and 7. */
static const struct {
    const char *key, *data, *mac;
} rfc4231[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "d"
     "dddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc"
     "d"
     "cdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"aa*131", /* 131 bytes of aa */
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6"
     "5"
     "79204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"aa*131",
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206"
     "b"
     "657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206"
     "e"
     "6565647320746f20626520686173686564206265666f7265206265696e6720757365642062792074686520484d414"
     "3"
     "20616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_rfc4231(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rfc4231 / sizeof rfc4231[0]; i++) {
        uint8_t key[256];
        uint8_t data[256];
        uint8_t mac[RSM_HMAC_SIZE];
        size_t key_len = 131;
        if (strcmp(rfc4231[i].key, "aa*131") == 0) {
            memset(key, 0xaa, key_len);
        } else {
            key_len = unhex(rfc4231[i].key, key);
        }
        size_t data_len = unhex(rfc4231[i].data, data);
        assert_int_equal(rsm_hmac_sha256(key, key_len, data, data_len, mac), RESUME_OK);
        assert_hex(mac, rfc4231[i].mac);
    }
}

/* Key lengths around the block, data lengths around the hash's padding. */
static void test_agrees_with_libcrypto(void **state) {
    (void)state;
    static const size_t key_lens[] = {0, 1, 16, 32, 63, 64, 65, 200};
    uint8_t key[200];
    uint8_t data[300];
    uint8_t mac[RSM_HMAC_SIZE];
    uint8_t theirs[RSM_HMAC_SIZE];
    noise(1, key, sizeof key);
    noise(2, data, sizeof data);
    for (size_t i = 0; i < sizeof key_lens / sizeof key_lens[0]; i++) {
        struct rsm_hmac_key prepared;
        assert_int_equal(rsm_hmac_key_init(key, key_lens[i], &prepared), RESUME_OK);
        for (size_t len = 0; len <= sizeof data; len++) {
            assert_int_equal(rsm_hmac_with(&prepared, data, len, mac), RESUME_OK);
            assert_non_null(HMAC(EVP_sha256(), key, (int)key_lens[i], data, len, theirs, NULL));
            assert_memory_equal(mac, theirs, sizeof mac);
        }
    }
}

/* RFC 4231 sections 4.3 and 4.7. */
static void test_rfc4231_with_sha384(void **state) {
    (void)state;
    static const char what[] = "what do ya want for nothing?";
    static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[131];
    uint8_t mac[RSM_HMAC384_SIZE];
    struct rsm_hmac384_key prepared;
    struct rsm_piece piece = {(const uint8_t *)what, sizeof what - 1};
    assert_int_equal(rsm_hmac384_key_init((const uint8_t *)"Jefe", 4, &prepared), RESUME_OK);
    assert_int_equal(rsm_hmac384_with_pieces(&prepared, &piece, 1, mac), RESUME_OK);
    assert_hex(mac,
               "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c7"
               "8b3239ecfab21649");
    memset(key, 0xaa, sizeof key);
    piece = (struct rsm_piece){(const uint8_t *)larger, sizeof larger - 1};
    assert_int_equal(rsm_hmac384_key_init(key, sizeof key, &prepared), RESUME_OK);
    assert_int_equal(rsm_hmac384_with_pieces(&prepared, &piece, 1, mac), RESUME_OK);
    assert_hex(mac,
               "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe82"
               "96248df163f44952");
}

/* Both hashes, the data in pieces, and the result over the first of them. */
static void test_pieces_agree_with_libcrypto(void **state) {
    (void)state;
    static const size_t key_lens[] = {0, 1, 48, 63, 64, 65, 127, 128, 129, 200};
    uint8_t key[200];
    uint8_t data[300];
    uint8_t theirs[RSM_HMAC384_SIZE];
    noise(5, key, sizeof key);
    noise(6, data, sizeof data);
    for (size_t i = 0; i < sizeof key_lens / sizeof key_lens[0]; i++) {
        struct rsm_hmac_key small;
        struct rsm_hmac384_key large;
        assert_int_equal(rsm_hmac_key_init(key, key_lens[i], &small), RESUME_OK);
        assert_int_equal(rsm_hmac384_key_init(key, key_lens[i], &large), RESUME_OK);
        for (size_t len = 48; len <= sizeof data; len++) {
            uint8_t first[48];
            const struct rsm_piece pieces[] = {
                {first, 48}, {data + 48, len / 3 - 16}, {data + 32 + len / 3, len - len / 3 - 32}};
            memcpy(first, data, sizeof first);
            assert_int_equal(rsm_hmac_with_pieces(&small, pieces, 3, first), RESUME_OK);
            assert_non_null(HMAC(EVP_sha256(), key, (int)key_lens[i], data, len, theirs, NULL));
            assert_memory_equal(first, theirs, RSM_HMAC_SIZE);
            memcpy(first, data, sizeof first);
            assert_int_equal(rsm_hmac384_with_pieces(&large, pieces, 3, first), RESUME_OK);
            assert_non_null(HMAC(EVP_sha384(), key, (int)key_lens[i], data, len, theirs, NULL));
            assert_memory_equal(first, theirs, RSM_HMAC384_SIZE);
        }
    }
}

/* I-161 */
static void test_secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t key[32];
    uint8_t data[100];
    uint8_t mac[RSM_HMAC_SIZE];
    noise(3, key, sizeof key);
    noise(4, data, sizeof data);
    SECRET(key, sizeof key);
    SECRET(data, sizeof data);
    assert_int_equal(rsm_hmac_sha256(key, sizeof key, data, sizeof data, mac), RESUME_OK);
    REVEALED(mac, sizeof mac);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc4231),
        cmocka_unit_test(test_agrees_with_libcrypto),
        cmocka_unit_test(test_rfc4231_with_sha384),
        cmocka_unit_test(test_pieces_agree_with_libcrypto),
        cmocka_unit_test(test_secrets_decide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
