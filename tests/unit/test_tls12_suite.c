/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of suites: its size, one suite of each make, what is not in it, and libssl's opinion.
 */
#include "crypto_fixture.h"

#include <resume/tls12.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#define SUITES 271 /* one that gets lost shows by this */

struct suite {
    resume_hash hash;
    size_t mac_key, key, iv;
};

static resume_status look_up(uint16_t number, struct suite *ret_suite) {
    return resume_tls12_suite(number, &ret_suite->hash, &ret_suite->mac_key, &ret_suite->key,
                              &ret_suite->iv);
}

/* A number out of its place would not be found, and be missing here. */
static void every_suite_is_found(void **state) {
    (void)state;
    size_t found = 0;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        struct suite suite = {-9, 77, 77, 77};
        resume_status status = look_up((uint16_t)number, &suite);
        if (status == RESUME_OK) {
            found++;
            assert_true(suite.hash == RESUME_HASH_SHA256 || suite.hash == RESUME_HASH_SHA384);
            assert_true(suite.key == 16 || suite.key == 24 || suite.key == 32);
            assert_int_not_equal(suite.mac_key == 0, suite.iv == 0);
        } else {
            assert_int_equal(status, RESUME_UNSUPPORTED);
            assert_true(suite.hash == -9 && suite.mac_key == 77 && suite.key == 77 &&
                        suite.iv == 77);
        }
    }
    assert_int_equal(found, SUITES);
}

static void each_make(void **state) {
    (void)state;
    static const struct {
        uint16_t number;
        struct suite suite;
    } expected[] = {
        {0x0023, {RESUME_HASH_SHA256, 16, 24, 0}}, /* KRB5_WITH_3DES_EDE_CBC_MD5 */
        {0x000A, {RESUME_HASH_SHA256, 20, 24, 0}}, /* RSA_WITH_3DES_EDE_CBC_SHA */
        {0xC013, {RESUME_HASH_SHA256, 20, 16, 0}}, /* ECDHE_RSA_WITH_AES_128_CBC_SHA */
        {0x0096, {RESUME_HASH_SHA256, 20, 16, 0}}, /* RSA_WITH_SEED_CBC_SHA */
        {0xC014, {RESUME_HASH_SHA256, 20, 32, 0}}, /* ECDHE_RSA_WITH_AES_256_CBC_SHA */
        {0xC027, {RESUME_HASH_SHA256, 32, 16, 0}}, /* ECDHE_RSA_WITH_AES_128_CBC_SHA256 */
        {0x003D, {RESUME_HASH_SHA256, 32, 32, 0}}, /* RSA_WITH_AES_256_CBC_SHA256 */
        {0xC028, {RESUME_HASH_SHA384, 48, 32, 0}}, /* ECDHE_RSA_WITH_AES_256_CBC_SHA384 */
        {0xC077, {RESUME_HASH_SHA384, 48, 32, 0}}, /* ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384 */
        {0xC03D, {RESUME_HASH_SHA384, 48, 32, 0}}, /* RSA_WITH_ARIA_256_CBC_SHA384 */
        {0xC02F, {RESUME_HASH_SHA256, 0, 16, 4}},  /* ECDHE_RSA_WITH_AES_128_GCM_SHA256 */
        {0xC030, {RESUME_HASH_SHA384, 0, 32, 4}},  /* ECDHE_RSA_WITH_AES_256_GCM_SHA384 */
        {0xC087, {RESUME_HASH_SHA384, 0, 32, 4}},  /* ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384 */
        {0xC0AC, {RESUME_HASH_SHA256, 0, 16, 4}},  /* ECDHE_ECDSA_WITH_AES_128_CCM */
        {0xC0AF, {RESUME_HASH_SHA256, 0, 32, 4}},  /* ECDHE_ECDSA_WITH_AES_256_CCM_8 */
        {0xC0B3, {RESUME_HASH_SHA384, 0, 32, 4}},  /* ECCPWD_WITH_AES_256_CCM_SHA384 */
        {0xCCA8, {RESUME_HASH_SHA256, 0, 32, 12}}, /* ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 */
        {0xD005, {RESUME_HASH_SHA256, 0, 16, 4}},  /* ECDHE_PSK_WITH_AES_128_CCM_SHA256 */
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct suite suite = {0, 0, 0, 0};
        assert_int_equal(look_up(expected[i].number, &suite), RESUME_OK);
        assert_int_equal(suite.hash, expected[i].suite.hash);
        assert_int_equal(suite.mac_key, expected[i].suite.mac_key);
        assert_int_equal(suite.key, expected[i].suite.key);
        assert_int_equal(suite.iv, expected[i].suite.iv);
    }
}

static void others_are_unsupported(void **state) {
    (void)state;
    static const uint16_t numbers[] = {
        0x0000, /* NULL_WITH_NULL_NULL */
        0x0003, /* RSA_EXPORT_WITH_RC4_40_MD5 */
        0x0005, /* RSA_WITH_RC4_128_SHA */
        0x0007, /* RSA_WITH_IDEA_CBC_SHA */
        0x0009, /* RSA_WITH_DES_CBC_SHA */
        0x003B, /* RSA_WITH_NULL_SHA256 */
        0x00FF, /* EMPTY_RENEGOTIATION_INFO_SCSV */
        0x0A0A, /* GREASE */
        0x1301, /* TLS 1.3's AES_128_GCM_SHA256 */
        0x5600, /* FALLBACK_SCSV */
        0xC0B4, /* TLS 1.3's SHA256_SHA256 */
        0xC103, /* TLS 1.3's GOSTR341112_256_WITH_KUZNYECHIK_MGM_L */
        0xCC13, /* a draft's ChaCha20, with a nonce of another make */
        0xD004, /* unassigned, between two */
        0xFFFF,
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct suite suite = {0, 0, 0, 0};
        assert_int_equal(look_up(numbers[i], &suite), RESUME_UNSUPPORTED);
    }
}

static void outputs_may_be_null_but_not_all(void **state) {
    (void)state;
    struct suite suite = {0, 0, 0, 0};
    assert_int_equal(resume_tls12_suite(0xC028, &suite.hash, NULL, NULL, NULL), RESUME_OK);
    assert_int_equal(resume_tls12_suite(0xC028, NULL, &suite.mac_key, NULL, NULL), RESUME_OK);
    assert_int_equal(resume_tls12_suite(0xC028, NULL, NULL, &suite.key, NULL), RESUME_OK);
    assert_int_equal(resume_tls12_suite(0xCCA8, NULL, NULL, NULL, &suite.iv), RESUME_OK);
    assert_true(suite.hash == RESUME_HASH_SHA384 && suite.mac_key == 48 && suite.key == 32 &&
                suite.iv == 12);
    assert_int_equal(resume_tls12_suite(0xC028, NULL, NULL, NULL, NULL), RESUME_E_INVALID);
}

/* ---- libssl -------------------------------------------------------------------------------------
 */

static size_t fixed_iv_of(const EVP_CIPHER *cipher) {
    switch (EVP_CIPHER_get_mode(cipher)) {
    case EVP_CIPH_GCM_MODE:
        return EVP_GCM_TLS_FIXED_IV_LEN;
    case EVP_CIPH_CCM_MODE:
        return EVP_CCM_TLS_FIXED_IV_LEN;
    case EVP_CIPH_CBC_MODE:
        return 0;
    default: /* ChaCha20-Poly1305 calls itself a stream */
        assert_int_equal(EVP_CIPHER_get_nid(cipher), NID_chacha20_poly1305);
        return (size_t)EVP_CIPHER_get_iv_length(cipher);
    }
}

/* False for a suite that has no keys, or a stream's. */
static bool compare(const SSL_CIPHER *theirs) {
    struct suite ours = {0, 0, 0, 0};
    int cipher_nid = SSL_CIPHER_get_cipher_nid(theirs);
    int mac_nid = SSL_CIPHER_get_digest_nid(theirs);
    resume_status status = look_up(SSL_CIPHER_get_protocol_id(theirs), &ours);
    if (cipher_nid == NID_undef || cipher_nid == NID_rc4 || cipher_nid == NID_des_cbc ||
        cipher_nid == NID_idea_cbc) {
        assert_int_equal(status, RESUME_UNSUPPORTED);
        return false;
    }
    const EVP_CIPHER *cipher = EVP_get_cipherbynid(cipher_nid);
    assert_non_null(cipher);
    if (status != RESUME_OK) {
        fail_msg("%s is unknown here", SSL_CIPHER_standard_name(theirs));
    }
    /* Suites from before TLS 1.2 name the double hash, which TLS 1.2 replaced by SHA-256. */
    int hash = EVP_MD_get_type(SSL_CIPHER_get_handshake_digest(theirs));
    int expected = ours.hash == RESUME_HASH_SHA384 ? NID_sha384 : NID_sha256;
    assert_int_equal(hash == NID_md5_sha1 ? NID_sha256 : hash, expected);
    assert_int_equal(ours.key, EVP_CIPHER_get_key_length(cipher));
    assert_int_equal(ours.iv, fixed_iv_of(cipher));
    size_t mac = mac_nid == NID_undef ? 0 : (size_t)EVP_MD_get_size(EVP_get_digestbynid(mac_nid));
    assert_int_equal(ours.mac_key, mac);
    assert_int_equal(mac_nid == NID_undef, SSL_CIPHER_is_aead(theirs));
    return true;
}

static void libssl_agrees(void **state) {
    (void)state;
    int compared = 0;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    assert_non_null(ctx);
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
    STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") != 0) {
            compared += compare(cipher);
        }
    }
    print_message("%d suites compared\n", compared);
    assert_in_range(compared, 20, SUITES); /* the narrowest builds of libssl have more */
    SSL_CTX_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_is_found),   cmocka_unit_test(each_make),
        cmocka_unit_test(others_are_unsupported), cmocka_unit_test(outputs_may_be_null_but_not_all),
        cmocka_unit_test(libssl_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
