/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RFC 5077 protection against EVP used the plain way, in both directions; and what it refuses.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: the only way to make the generator fail */

#include "crypto_fixture.h"
#include "fork_fixture.h"
#include "secrecy.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/cbc_hmac.h"
#include "crypto/hmac.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <pthread.h>

#define ROOM 1024U

static uint8_t cipher_key[32];
static uint8_t mac_key[32];
static uint8_t name[RSM_CBC_NAME];
static struct rsm_cbc_hmac *shared;

static struct rsm_cbc_hmac *context_new(size_t key_len) {
    struct rsm_cbc_hmac *context = NULL;
    assert_int_equal(rsm_cbc_hmac_new(cipher_key, key_len, mac_key, key_len, &context), RESUME_OK);
    return context;
}

static size_t sealed_size(size_t plain_len) {
    return RSM_CBC_HEAD + (plain_len / 16 + 1) * 16 + RSM_CBC_MAC;
}

static int set_up(void **state) {
    (void)state;
    noise(1, cipher_key, sizeof cipher_key);
    noise(2, mac_key, sizeof mac_key);
    noise(3, name, sizeof name);
    return 0;
}

/* EVP as its manual says; pads unless told not to. Returns the length of what comes out. */
static size_t by_evp(size_t key_len, const uint8_t *iv, int encrypts, int pads, const uint8_t *data,
                     size_t len, uint8_t *out) {
    int n = 0;
    int last = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    assert_int_equal(EVP_CipherInit_ex2(ctx, cipher, cipher_key, iv, encrypts, NULL), 1);
    EVP_CIPHER_CTX_set_padding(ctx, pads);
    assert_int_equal(EVP_CipherUpdate(ctx, out, &n, data, (int)len), 1);
    assert_int_equal(EVP_CipherFinal_ex(ctx, out + n, &last), 1);
    EVP_CIPHER_CTX_free(ctx);
    return (size_t)n + (size_t)last;
}

/* A ticket made without the code under test; pads 0: plain is whole blocks, used as they are. */
static size_t seal_by_evp(size_t key_len, uint64_t seed, int pads, const uint8_t *plain, size_t len,
                          uint8_t *out) {
    memcpy(out, name, RSM_CBC_NAME);
    noise(seed, out + RSM_CBC_NAME, 16);
    size_t body = by_evp(key_len, out + RSM_CBC_NAME, 1, pads, plain, len, out + RSM_CBC_HEAD);
    size_t signed_len = RSM_CBC_HEAD + body;
    assert_int_equal(rsm_hmac_sha256(mac_key, key_len, out, signed_len, out + signed_len),
                     RESUME_OK);
    return signed_len + RSM_CBC_MAC;
}

static void seals_what_evp_opens(size_t key_len) {
    struct rsm_cbc_hmac *context = context_new(key_len);
    uint8_t plain[300];
    uint8_t ticket[ROOM];
    uint8_t opened[ROOM];
    uint8_t mac[RSM_HMAC_SIZE];
    for (size_t len = 0; len <= sizeof plain; len++) {
        size_t size = sealed_size(len);
        noise(len, plain, sizeof plain);
        ticket[size] = 0xee;
        assert_int_equal(rsm_cbc_hmac_seal(context, name, plain, len, ticket), RESUME_OK);
        assert_int_equal(ticket[size], 0xee);
        assert_memory_equal(ticket, name, sizeof name);
        size_t signed_len = size - RSM_CBC_MAC;
        assert_int_equal(rsm_hmac_sha256(mac_key, key_len, ticket, signed_len, mac), RESUME_OK);
        assert_memory_equal(mac, ticket + signed_len, sizeof mac);
        assert_int_equal(by_evp(key_len, ticket + RSM_CBC_NAME, 0, 1, ticket + RSM_CBC_HEAD,
                                signed_len - RSM_CBC_HEAD, opened),
                         len);
        assert_memory_equal(opened, plain, len);
    }
    rsm_cbc_hmac_free(context);
}

static void opens_what_evp_seals(size_t key_len) {
    struct rsm_cbc_hmac *context = context_new(key_len);
    uint8_t plain[300];
    uint8_t ticket[ROOM];
    uint8_t opened[ROOM];
    for (size_t len = 0; len <= sizeof plain; len++) {
        size_t opened_len = SIZE_MAX;
        noise(len, plain, sizeof plain);
        size_t size = seal_by_evp(key_len, len + 1000, 1, plain, len, ticket);
        assert_int_equal(rsm_cbc_hmac_open(context, ticket, size, opened, &opened_len), RESUME_OK);
        assert_int_equal(opened_len, len);
        assert_memory_equal(opened, plain, len);
        if (len % 3 == 0) { /* a failure in between leaves the next one whole */
            ticket[size - 1] ^= 1;
            assert_int_equal(rsm_cbc_hmac_open(context, ticket, size, opened, &opened_len),
                             RESUME_FORGED);
        }
    }
    rsm_cbc_hmac_free(context);
}

static void test_agrees_with_evp_aes_256(void **state) {
    (void)state;
    seals_what_evp_opens(32);
    opens_what_evp_seals(32);
}

static void test_agrees_with_evp_aes_128(void **state) {
    (void)state;
    seals_what_evp_opens(16);
    opens_what_evp_seals(16);
}

static void test_in_place(void **state) {
    (void)state;
    struct rsm_cbc_hmac *context = context_new(32);
    uint8_t plain[100];
    uint8_t ticket[ROOM];
    size_t len = 0;
    noise(9, plain, sizeof plain);
    for (int i = 0; i < 3; i++) {
        memcpy(ticket + RSM_CBC_HEAD, plain, sizeof plain);
        assert_int_equal(
            rsm_cbc_hmac_seal(context, name, ticket + RSM_CBC_HEAD, sizeof plain, ticket),
            RESUME_OK);
        assert_int_equal(rsm_cbc_hmac_open(context, ticket, sealed_size(sizeof plain),
                                           ticket + RSM_CBC_HEAD, &len),
                         RESUME_OK);
        assert_int_equal(len, sizeof plain);
        assert_memory_equal(ticket + RSM_CBC_HEAD, plain, sizeof plain);
    }
    rsm_cbc_hmac_free(context);
}

/* I-152, I-153: each bit counts, and all faults look alike. */
static void test_every_flipped_bit_is_forged(void **state) {
    (void)state;
    struct rsm_cbc_hmac *context = context_new(32);
    uint8_t plain[40];
    uint8_t ticket[ROOM];
    uint8_t opened[64];
    noise(4, plain, sizeof plain);
    assert_int_equal(rsm_cbc_hmac_seal(context, name, plain, sizeof plain, ticket), RESUME_OK);
    size_t size = sealed_size(sizeof plain);
    for (size_t bit = 0; bit < size * 8; bit++) {
        size_t len = 77;
        memset(opened, 0xee, sizeof opened);
        ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(rsm_cbc_hmac_open(context, ticket, size, opened, &len), RESUME_FORGED);
        assert_int_equal(len, 77);
        assert_int_equal(opened[0], 0xee); /* not decrypted */
        ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    rsm_cbc_hmac_free(context);
}

/* I-154: from an allocation of just that size, so that a sanitizer sees a read behind it. */
static void test_every_truncation_is_refused(void **state) {
    (void)state;
    struct rsm_cbc_hmac *context = context_new(32);
    uint8_t plain[100];
    uint8_t ticket[ROOM];
    uint8_t opened[ROOM];
    noise(5, plain, sizeof plain);
    assert_int_equal(rsm_cbc_hmac_seal(context, name, plain, sizeof plain, ticket), RESUME_OK);
    for (size_t size = 0; size < sealed_size(sizeof plain); size++) {
        size_t len = 0;
        uint8_t *cut = malloc(size ? size : 1);
        assert_non_null(cut);
        memcpy(cut, ticket, size);
        assert_int_equal(rsm_cbc_hmac_open(context, cut, size, opened, &len),
                         size < RSM_CBC_MIN || size % 16 ? RESUME_MALFORMED : RESUME_FORGED);
        free(cut);
    }
    rsm_cbc_hmac_free(context);
}

/* I-152: who can make the MAC but pads wrongly gets the same answer, and no plaintext stays. */
static void test_wrong_padding_is_forged(void **state) {
    (void)state;
    static const uint8_t ends[][3] = {{0, 0, 0}, {1, 1, 17}, {1, 1, 255}, {3, 2, 3}, {2, 1, 2}};
    struct rsm_cbc_hmac *context = context_new(32);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint8_t plain[48];
        uint8_t ticket[ROOM];
        uint8_t opened[48];
        size_t len = 5;
        memset(plain, 0x61, sizeof plain);
        memcpy(plain + 45, ends[i], 3);
        memset(opened, 0xee, sizeof opened);
        size_t size = seal_by_evp(32, i, 0, plain, sizeof plain, ticket);
        assert_int_equal(rsm_cbc_hmac_open(context, ticket, size, opened, &len), RESUME_FORGED);
        assert_int_equal(len, 5);
        assert_true(rsm_is_zero_ct(opened, sizeof opened));
    }
    rsm_cbc_hmac_free(context);
}

static size_t padding_of(const uint8_t *plain, size_t len) {
    size_t padding = plain[len - 1];
    if (padding < 1 || padding > 16) {
        return 0;
    }
    for (size_t i = 0; i < padding; i++) {
        if (plain[len - 1 - i] != padding) {
            return 0;
        }
    }
    return padding;
}

static void test_padding_agrees_with_the_plain_way(void **state) {
    (void)state;
    uint8_t plain[32];
    for (unsigned last = 0; last < 256; last++) {
        for (size_t same = 0; same <= 17; same++) {
            memset(plain, 0x70, sizeof plain);
            memset(plain + sizeof plain - same, (int)last, same);
            plain[31] = (uint8_t)last;
            assert_int_equal(rsm_cbc_padding_ct(plain, 32), padding_of(plain, 32));
        }
    }
    for (size_t padding = 1; padding <= 16; padding++) {
        for (size_t at = 1; at <= padding; at++) { /* one byte of it is another */
            memset(plain, (int)padding, sizeof plain);
            plain[32 - at] ^= 0x80;
            assert_int_equal(rsm_cbc_padding_ct(plain, 32), padding_of(plain, 32));
        }
    }
}

/* I-161: the key and the plaintext decide neither a branch nor an index. */
static void test_secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t key[32];
    uint8_t plain[100];
    uint8_t ticket[ROOM];
    uint8_t padded[32];
    noise(6, key, sizeof key);
    noise(7, plain, sizeof plain);
    memset(padded, 5, sizeof padded);
    SECRET(key, sizeof key);
    SECRET(plain, sizeof plain);
    SECRET(padded, sizeof padded);
    struct rsm_cbc_hmac *context = NULL;
    assert_int_equal(rsm_cbc_hmac_new(key, 32, key, 32, &context), RESUME_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rsm_cbc_hmac_seal(context, name, plain, sizeof plain, ticket), RESUME_OK);
        assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, sizeof plain, ticket),
                         RESUME_OK);
    }
    size_t padding = rsm_cbc_padding_ct(padded, sizeof padded);
    bool equal = rsm_equal_ct(plain, key, 32);
    bool zero = rsm_is_zero_ct(plain, sizeof plain);
    REVEALED(&padding, sizeof padding);
    REVEALED(&equal, sizeof equal);
    REVEALED(&zero, sizeof zero);
    assert_int_equal(padding, 5);
    assert_false(equal || zero);
    rsm_cbc_hmac_free(context);
}

static void seal_ivs(uint8_t *buf, size_t len) {
    uint8_t ticket[ROOM];
    for (size_t at = 0; at < len; at += 16) {
        if (rsm_cbc_hmac_seal(shared, name, name, sizeof name, ticket) == RESUME_OK) {
            memcpy(buf + at, ticket + RSM_CBC_NAME, 16);
        }
    }
}

/* I-165 */
static void test_ivs_differ_across_forks(void **state) {
    (void)state;
    uint8_t ivs[4][32 * 16] = {{0}};
    shared = context_new(32);
    seal_ivs(ivs[0], sizeof ivs[0]);
    run_child(BY_LIBC, seal_ivs, ivs[1], sizeof ivs[1]);
    run_child(BY_CLONE, seal_ivs, ivs[2], sizeof ivs[2]);
    seal_ivs(ivs[3], sizeof ivs[3]);
    assert_all_differ(ivs[0], 4 * 32, 16);
    rsm_cbc_hmac_free(shared);
}

/* To the letter: the same as above, with the length behind the IV and under the MAC. */
static void test_struct_agrees_with_evp(void **state) {
    (void)state;
    uint8_t plain[300];
    uint8_t ticket[ROOM];
    uint8_t opened[ROOM];
    uint8_t mac[RSM_HMAC_SIZE];
    for (size_t key_len = 16; key_len <= 32; key_len += 16) {
        struct rsm_cbc_hmac *context = context_new(key_len);
        for (size_t len = 0; len <= sizeof plain; len++) {
            size_t size = sealed_size(len) + 2;
            size_t body = size - RSM_CBC_STRUCT_HEAD - RSM_CBC_MAC;
            size_t opened_len = SIZE_MAX;
            noise(len, plain, sizeof plain);
            ticket[size] = 0xee;
            assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, len, ticket), 0);
            assert_int_equal(ticket[size], 0xee);
            assert_memory_equal(ticket, name, sizeof name);
            assert_int_equal(rsm_get16(ticket + RSM_CBC_HEAD), body);
            assert_int_equal(rsm_hmac_sha256(mac_key, key_len, ticket, size - RSM_CBC_MAC, mac), 0);
            assert_memory_equal(mac, ticket + size - RSM_CBC_MAC, sizeof mac);
            assert_int_equal(by_evp(key_len, ticket + RSM_CBC_NAME, 0, 1,
                                    ticket + RSM_CBC_STRUCT_HEAD, body, opened),
                             len);
            assert_memory_equal(opened, plain, len);
            memset(opened, 0, sizeof opened);
            assert_int_equal(rsm_cbc_hmac_open_struct(context, ticket, size, opened, &opened_len),
                             RESUME_OK);
            assert_int_equal(opened_len, len);
            assert_memory_equal(opened, plain, len);
        }
        rsm_cbc_hmac_free(context);
    }
}

/* I-152, I-153, I-154, as above. */
static void test_struct_damaged(void **state) {
    (void)state;
    struct rsm_cbc_hmac *context = context_new(32);
    uint8_t plain[40];
    uint8_t ticket[ROOM];
    uint8_t opened[ROOM];
    size_t size = sealed_size(sizeof plain) + 2;
    size_t len = 77;
    noise(4, plain, sizeof plain);
    assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, sizeof plain, ticket), 0);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bool in_length = bit / 8 >= RSM_CBC_HEAD && bit / 8 < RSM_CBC_STRUCT_HEAD;
        memset(opened, 0xee, sizeof opened);
        ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(rsm_cbc_hmac_open_struct(context, ticket, size, opened, &len),
                         in_length ? RESUME_MALFORMED : RESUME_FORGED);
        assert_int_equal(opened[0], 0xee); /* not decrypted */
        ticket[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t cut_len = 0; cut_len < size; cut_len++) {
        uint8_t *cut = malloc(cut_len ? cut_len : 1);
        assert_non_null(cut);
        memcpy(cut, ticket, cut_len);
        assert_int_equal(rsm_cbc_hmac_open_struct(context, cut, cut_len, opened, &len),
                         RESUME_MALFORMED);
        free(cut);
    }
    assert_int_equal(len, 77);
    rsm_cbc_hmac_free(context);
}

/* 2 bytes count to 65535, of which 65520 is a multiple of the block. */
static void test_struct_limits(void **state) {
    (void)state;
    const size_t most = 65520 - 1;
    const size_t size = RSM_CBC_STRUCT_HEAD + 65520 + RSM_CBC_MAC;
    struct rsm_cbc_hmac *context = context_new(32);
    uint8_t *plain = calloc(1, size);
    uint8_t *ticket = calloc(1, size + 16);
    size_t len = 0;
    assert_true(plain && ticket);
    assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, most, ticket), RESUME_OK);
    assert_int_equal(rsm_cbc_hmac_open_struct(context, ticket, size, plain, &len), RESUME_OK);
    assert_int_equal(len, most);
    assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, most + 1, ticket),
                     RESUME_E_INVALID);
    assert_int_equal(rsm_cbc_hmac_seal_struct(context, name, plain, SIZE_MAX, ticket),
                     RESUME_E_INVALID);
    assert_int_equal(rsm_cbc_hmac_open_struct(context, ticket, size + 16, plain, &len),
                     RESUME_MALFORMED);
    assert_int_equal(rsm_cbc_hmac_open_struct(context, ticket, SIZE_MAX - 13, plain, &len),
                     RESUME_MALFORMED);
    free(plain);
    free(ticket);
    rsm_cbc_hmac_free(context);
}

static int no_bytes(unsigned char *buf, int len) {
    (void)buf;
    (void)len;
    return 0;
}

static void *seal_without_iv(void *arg) {
    uint8_t *ticket = arg;
    memset(ticket + RSM_CBC_HEAD, 0x61, 50);
    resume_status status = rsm_cbc_hmac_seal(shared, name, ticket + RSM_CBC_HEAD, 50, ticket);
    return status == RESUME_E_CRYPTO ? arg : NULL;
}

/* In a thread of its own, which has no random bytes left over. */
static void test_no_iv_leaves_no_plaintext(void **state) {
    (void)state;
    static const RAND_METHOD failing = {.bytes = no_bytes, .pseudorand = no_bytes};
    const RAND_METHOD *usual = RAND_get_rand_method();
    uint8_t ticket[ROOM];
    pthread_t id;
    void *answer = NULL;
    shared = context_new(32);
    assert_int_equal(RAND_set_rand_method(&failing), 1);
    assert_int_equal(pthread_create(&id, NULL, seal_without_iv, ticket), 0);
    pthread_join(id, &answer);
    assert_int_equal(RAND_set_rand_method(usual), 1);
    assert_ptr_equal(answer, ticket);
    assert_true(rsm_is_zero_ct(ticket + RSM_CBC_HEAD, 64));
    rsm_cbc_hmac_free(shared);
}

static void test_refusals(void **state) {
    (void)state;
    struct rsm_cbc_hmac *context = NULL;
    static const size_t lens[] = {0, 15, 17, 24, 31, 33};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        assert_int_equal(rsm_cbc_hmac_new(cipher_key, lens[i], mac_key, 32, &context),
                         RESUME_E_INVALID);
    }
    assert_null(context);
    rsm_cbc_hmac_free(NULL);
    context = context_new(32);
    uint8_t byte = 0;
    size_t len = 0;
    assert_int_equal(rsm_cbc_hmac_seal(context, name, &byte, SIZE_MAX, &byte), RESUME_E_INVALID);
    assert_int_equal(rsm_cbc_hmac_open(context, &byte, SIZE_MAX - 15, &byte, &len),
                     RESUME_MALFORMED);
    rsm_cbc_hmac_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_evp_aes_256),
        cmocka_unit_test(test_agrees_with_evp_aes_128),
        cmocka_unit_test(test_struct_agrees_with_evp),
        cmocka_unit_test(test_struct_damaged),
        cmocka_unit_test(test_struct_limits),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_every_flipped_bit_is_forged),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_wrong_padding_is_forged),
        cmocka_unit_test(test_padding_agrees_with_the_plain_way),
        cmocka_unit_test(test_secrets_decide_nothing),
        cmocka_unit_test(test_ivs_differ_across_forks),
        cmocka_unit_test(test_no_iv_leaves_no_plaintext),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
