/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PRF of TLS 1.2 against published values and libcrypto's TLS1-PRF (I-160).
 */
#include "crypto_fixture.h"
#include "secrecy.h"

#include "crypto/tls12_prf.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define OUT_MAX 300

static struct rsm_piece text(const char *label) {
    struct rsm_piece piece = {(const uint8_t *)label, strlen(label)};
    return piece;
}

/* From the TLS working group's list (ietf.org/mail-archive/web/tls/current/msg03416.html): neither
 * length is a multiple of its hash. */
static const struct {
    resume_hash hash;
    size_t len;
    const char *secret, *seed, *out;
} published[] = {
    {RESUME_HASH_SHA256, 100, "9bbe436ba940f017b17652849a71db35",
     "a0ba9f936cda311827a6f796ffd5198c",
     "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf"
     "9"
     "af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110f"
     "f"
     "f70187347b66"},
    {RESUME_HASH_SHA384, 148, "b80b733d6ceefcdc71566ea48e5567df",
     "cd665cf6a8447dd6ff8b27555edb7465",
     "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c914"
     "6"
     "a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9"
     "1"
     "84259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85"
     "e"
     "0990703d73e56f"},
};

static void agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        uint8_t secret[16];
        uint8_t seed[16];
        uint8_t out[OUT_MAX];
        unhex(published[i].secret, secret);
        const struct rsm_piece seeds = {seed, unhex(published[i].seed, seed)};
        assert_int_equal(strlen(published[i].out), 2 * published[i].len);
        assert_int_equal(rsm_tls12_prf(published[i].hash, secret, sizeof secret, text("test label"),
                                       seeds, out, published[i].len),
                         RESUME_OK);
        assert_hex(out, published[i].out);
    }
}

static void theirs(const char *digest, uint8_t *secret, size_t secret_len, uint8_t *seed,
                   size_t seed_len, uint8_t *out, size_t out_len) {
    char name[8];
    strcpy(name, digest);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret, secret_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, seed_len),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    assert_non_null(ctx);
    assert_int_equal(EVP_KDF_derive(ctx, out, out_len, params), 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

/* Secrets around both blocks, seeds around both paddings, outputs around both hashes. */
static void agrees_with_libcrypto(void **state) {
    (void)state;
    static const size_t secret_lens[] = {1, 48, 63, 64, 65, 127, 128, 129, 200};
    static const size_t label_lens[] = {0, 1, 13, 22};
    static const size_t seed_lens[] = {1, 32, 64, 111, 200};
    static const size_t out_lens[] = {1, 12, 31, 32, 33, 47, 48, 49, 96, 97, 160, OUT_MAX};
    uint8_t secret[200];
    uint8_t seed[222];
    noise(1, secret, sizeof secret);
    noise(2, seed, sizeof seed);
    for (size_t i = 0; i < 9 * 4 * 5 * 12; i++) {
        size_t secret_len = secret_lens[i % 9];
        size_t label_len = label_lens[i / 9 % 4];
        size_t seed_len = seed_lens[i / 36 % 5];
        size_t out_len = out_lens[i / 180];
        const struct rsm_piece label = {seed, label_len};
        const struct rsm_piece rest = {seed + label_len, seed_len};
        for (resume_hash hash = RESUME_HASH_SHA256; hash <= RESUME_HASH_SHA384; hash++) {
            uint8_t ours[OUT_MAX + 1] = {0};
            uint8_t expected[OUT_MAX];
            ours[out_len] = 0xee;
            theirs(hash == RESUME_HASH_SHA256 ? "SHA256" : "SHA384", secret, secret_len, seed,
                   label_len + seed_len, expected, out_len);
            assert_int_equal(rsm_tls12_prf(hash, secret, secret_len, label, rest, ours, out_len),
                             RESUME_OK);
            assert_memory_equal(ours, expected, out_len);
            assert_int_equal(ours[out_len], 0xee);
        }
    }
}

static void sizes_of_hashes(void **state) {
    (void)state;
    assert_int_equal(rsm_tls12_hash_size(RESUME_HASH_SHA256), 32);
    assert_int_equal(rsm_tls12_hash_size(RESUME_HASH_SHA384), 48);
    static const resume_hash others[] = {INT32_MIN, -1, 0, 3, INT32_MAX};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(rsm_tls12_hash_size(others[i]), 0);
    }
}

/* I-161 */
static void secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t secret[200];
    uint8_t out[100];
    noise(3, secret, sizeof secret);
    SECRET(secret, sizeof secret);
    for (resume_hash hash = RESUME_HASH_SHA256; hash <= RESUME_HASH_SHA384; hash++) {
        assert_int_equal(rsm_tls12_prf(hash, secret, 48, text("a"), text("b"), out, sizeof out),
                         RESUME_OK);
        assert_int_equal(
            rsm_tls12_prf(hash, secret, sizeof secret, text("a"), text("b"), out, sizeof out),
            RESUME_OK);
    }
    REVEALED(out, sizeof out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_published_values),
        cmocka_unit_test(agrees_with_libcrypto),
        cmocka_unit_test(sizes_of_hashes),
        cmocka_unit_test(secrets_decide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
