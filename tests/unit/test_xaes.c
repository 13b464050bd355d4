/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XAES-256-GCM against the vectors of its specification, and its nonces: none twice (I-67, I-165).
 */
#include "crypto_fixture.h"
#include "fork_fixture.h"
#include "secrecy.h"

#include "base/bytes.h"
#include "base/fork.h"
#include "crypto/xaes.h"

#define TEXT  "XAES-256-GCM"
#define PLAIN ((const uint8_t *)TEXT)
#define LEN   (sizeof TEXT - 1)
#define NONCE ((const uint8_t *)"ABCDEFGHIJKLMNOPQRSTUVWX")

static struct rsm_xaes *shared;

static struct rsm_xaes *xaes_new(uint8_t fill) {
    uint8_t root[RSM_XAES_KEY];
    struct rsm_xaes *xaes = NULL;
    memset(root, fill, sizeof root);
    assert_int_equal(rsm_xaes_new(root, &xaes), RESUME_OK);
    return xaes;
}

static void check_vector(uint8_t fill, const char *aad, const char *sealed) {
    struct rsm_xaes *xaes = xaes_new(fill);
    const uint8_t *aad_bytes = (const uint8_t *)aad;
    uint8_t expected[LEN + RSM_XAES_TAG];
    uint8_t cipher[LEN + RSM_XAES_TAG];
    uint8_t plain[LEN];
    assert_int_equal(unhex(sealed, expected), sizeof expected);
    assert_int_equal(
        rsm_xaes_seal_with(xaes, NONCE, aad_bytes, strlen(aad), PLAIN, LEN, cipher, cipher + LEN),
        RESUME_OK);
    assert_memory_equal(cipher, expected, sizeof expected);
    for (int i = 0; i < 2; i++) { /* with a new key, with one that is remembered */
        memset(plain, 0, sizeof plain);
        assert_int_equal(rsm_xaes_open(xaes, NONCE, aad_bytes, strlen(aad), expected, LEN,
                                       expected + LEN, plain),
                         RESUME_OK);
        assert_memory_equal(plain, PLAIN, LEN);
    }
    rsm_xaes_free(xaes);
}

/* c2sp.org/XAES-256-GCM, "Test vectors": one for each value of the bit that doubling shifts out. */
static void test_c2sp(void **state) {
    (void)state;
    check_vector(0x01, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271");
    check_vector(0x03, "c2sp.org/XAES-256-GCM",
                 "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d");
}

static void test_round_trips(void **state) {
    (void)state;
    struct rsm_xaes *sealer = xaes_new(7);
    struct rsm_xaes *opener = xaes_new(7);
    uint8_t plain[300];
    uint8_t aad[300];
    uint8_t cipher[300];
    uint8_t nonce[RSM_XAES_NONCE];
    uint8_t tag[RSM_XAES_TAG];
    for (size_t len = 0; len <= sizeof plain; len += 7) {
        noise(len, plain, sizeof plain);
        noise(len + 1000, aad, sizeof aad);
        size_t aad_len = sizeof aad - len;
        memcpy(cipher, plain, len); /* in place */
        assert_int_equal(rsm_xaes_seal(sealer, aad, aad_len, cipher, len, nonce, cipher, tag),
                         RESUME_OK);
        assert_int_equal(rsm_xaes_open(opener, nonce, aad, aad_len, cipher, len, tag, cipher),
                         RESUME_OK);
        assert_memory_equal(cipher, plain, len);
    }
    rsm_xaes_free(sealer);
    rsm_xaes_free(opener);
}

/* Nonce, data, text and tag: a bit more or less in any of them. */
static void test_every_flipped_bit_is_forged(void **state) {
    (void)state;
    struct rsm_xaes *xaes = xaes_new(5);
    uint8_t parts[RSM_XAES_NONCE + 4 + LEN + RSM_XAES_TAG]; /* nonce, aad, cipher, tag */
    uint8_t *aad = parts + RSM_XAES_NONCE;
    uint8_t *cipher = aad + 4;
    uint8_t *tag = cipher + LEN;
    uint8_t plain[LEN];
    memcpy(aad, "data", 4);
    assert_int_equal(rsm_xaes_seal(xaes, aad, 4, PLAIN, LEN, parts, cipher, tag), RESUME_OK);
    for (size_t bit = 0; bit < sizeof parts * 8; bit++) {
        parts[bit / 8] ^= (uint8_t)(1U << bit % 8);
        memset(plain, 0xee, sizeof plain);
        assert_int_equal(rsm_xaes_open(xaes, parts, aad, 4, cipher, LEN, tag, plain),
                         RESUME_FORGED);
        assert_true(rsm_is_zero_ct(plain, sizeof plain));
        parts[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(rsm_xaes_open(xaes, parts, aad, 4, cipher, LEN, tag, plain), RESUME_OK);
    rsm_xaes_free(xaes);
}

/* More sealers than an opener remembers, in turn, with forged ones in between. */
static void test_many_sealers(void **state) {
    (void)state;
    struct rsm_xaes *sealers[20];
    struct rsm_xaes *opener = xaes_new(9);
    for (size_t i = 0; i < 20; i++) {
        sealers[i] = xaes_new(9);
    }
    for (size_t turn = 0; turn < 200; turn++) {
        uint8_t nonce[RSM_XAES_NONCE];
        uint8_t cipher[LEN];
        uint8_t tag[RSM_XAES_TAG];
        uint8_t plain[LEN];
        assert_int_equal(
            rsm_xaes_seal(sealers[turn * 7 % 20], NULL, 0, PLAIN, LEN, nonce, cipher, tag),
            RESUME_OK);
        tag[turn % 16] ^= 1;
        assert_int_equal(rsm_xaes_open(opener, nonce, NULL, 0, cipher, LEN, tag, plain),
                         RESUME_FORGED);
        tag[turn % 16] ^= 1;
        assert_int_equal(rsm_xaes_open(opener, nonce, NULL, 0, cipher, LEN, tag, plain), RESUME_OK);
        assert_memory_equal(plain, PLAIN, LEN);
    }
    for (size_t i = 0; i < 20; i++) {
        rsm_xaes_free(sealers[i]);
    }
    rsm_xaes_free(opener);
}

static void seal_nonce(struct rsm_xaes *xaes, uint8_t *nonce) {
    uint8_t tag[RSM_XAES_TAG];
    uint8_t cipher[1];
    if (rsm_xaes_seal(xaes, NULL, 0, (const uint8_t *)"x", 1, nonce, cipher, tag) != RESUME_OK) {
        memset(nonce, 0, RSM_XAES_NONCE);
    }
}

/* I-67: a run counts by one, and ends in time. */
static void test_run_of_nonces(void **state) {
    (void)state;
    struct rsm_xaes *xaes = xaes_new(11);
    uint8_t first[RSM_XAES_NONCE];
    uint8_t nonce[RSM_XAES_NONCE];
    uint32_t run = IN_VALGRIND ? 1000 : RSM_XAES_RUN;
    seal_nonce(xaes, first);
    for (uint32_t i = 1; i < run; i++) {
        seal_nonce(xaes, nonce);
        assert_memory_equal(nonce, first, 16);
        assert_true(rsm_get64(nonce + 16) == rsm_get64(first + 16) + i);
    }
    if (run == RSM_XAES_RUN) {
        seal_nonce(xaes, nonce);
        assert_memory_not_equal(nonce, first, 12);
        assert_memory_not_equal(nonce + 12, first + 12, 12);
    }
    rsm_xaes_free(xaes);
}

/* A vector in between does not bring the run back to where it was. */
static void test_given_nonce_ends_the_run(void **state) {
    (void)state;
    struct rsm_xaes *xaes = xaes_new(12);
    uint8_t before[RSM_XAES_NONCE];
    uint8_t after[RSM_XAES_NONCE];
    uint8_t cipher[LEN];
    uint8_t tag[RSM_XAES_TAG];
    uint8_t plain[LEN];
    seal_nonce(xaes, before);
    assert_int_equal(rsm_xaes_seal_with(xaes, NONCE, NULL, 0, PLAIN, LEN, cipher, tag), RESUME_OK);
    assert_int_equal(rsm_xaes_seal(xaes, NULL, 0, PLAIN, LEN, after, cipher, tag), RESUME_OK);
    assert_memory_not_equal(after, before, 12);
    assert_int_equal(rsm_xaes_open(xaes, after, NULL, 0, cipher, LEN, tag, plain), RESUME_OK);
    rsm_xaes_free(xaes);
}

#define SEALS 32U

static void seal_nonces(uint8_t *buf, size_t len) {
    for (size_t at = 0; at < len; at += RSM_XAES_NONCE) {
        seal_nonce(shared, buf + at);
    }
}

static void family_differs(void) {
    uint8_t nonces[5][SEALS * RSM_XAES_NONCE] = {{0}};
    shared = xaes_new(13);
    seal_nonces(nonces[0], sizeof nonces[0]); /* a run under way */
    run_child(BY_LIBC, seal_nonces, nonces[1], sizeof nonces[1]);
    run_child(BY_CLONE, seal_nonces, nonces[2], sizeof nonces[2]);
    run_child(BY_CLONE, seal_nonces, nonces[3], sizeof nonces[3]);
    seal_nonces(nonces[4], sizeof nonces[4]);
    assert_all_differ(nonces[0], 5 * SEALS, RSM_XAES_NONCE);
    for (size_t i = 1; i < 4; i++) { /* another derived key altogether */
        assert_memory_not_equal(nonces[i], nonces[0], 12);
    }
    assert_memory_equal(nonces[4], nonces[0], 12); /* the parent goes on */
    rsm_xaes_free(shared);
}

/* I-165 */
static void test_family_differs(void **state) {
    (void)state;
    family_differs();
}

static void test_family_differs_without_the_kernels_help(void **state) {
    (void)state;
    rsm_fork_by_pid(true);
    family_differs();
    rsm_fork_by_pid(false);
}

/* I-161 */
static void test_secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t root[RSM_XAES_KEY];
    uint8_t plain[100];
    uint8_t cipher[100];
    uint8_t tag[RSM_XAES_TAG];
    struct rsm_xaes *xaes = NULL;
    noise(1, root, sizeof root);
    noise(2, plain, sizeof plain);
    SECRET(root, sizeof root);
    SECRET(plain, sizeof plain);
    assert_int_equal(rsm_xaes_new(root, &xaes), RESUME_OK);
    assert_int_equal(rsm_xaes_seal_with(xaes, NONCE, PLAIN, LEN, plain, sizeof plain, cipher, tag),
                     RESUME_OK);
    rsm_xaes_free(xaes);
}

static void test_refusals(void **state) {
    (void)state;
    struct rsm_xaes *xaes = xaes_new(1);
    uint8_t bytes[RSM_XAES_NONCE] = {0};
    assert_int_equal(rsm_xaes_seal(xaes, NULL, 0, PLAIN, SIZE_MAX, bytes, bytes, bytes),
                     RESUME_E_INVALID);
    assert_int_equal(rsm_xaes_seal(xaes, PLAIN, SIZE_MAX, PLAIN, 1, bytes, bytes, bytes),
                     RESUME_E_INVALID);
    assert_int_equal(rsm_xaes_open(xaes, NONCE, NULL, 0, PLAIN, SIZE_MAX, bytes, bytes),
                     RESUME_E_INVALID);
    rsm_xaes_free(xaes);
    rsm_xaes_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c2sp),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_every_flipped_bit_is_forged),
        cmocka_unit_test(test_many_sealers),
        cmocka_unit_test(test_run_of_nonces),
        cmocka_unit_test(test_given_nonce_ends_the_run),
        cmocka_unit_test(test_family_differs),
        cmocka_unit_test(test_family_differs_without_the_kernels_help),
        cmocka_unit_test(test_secrets_decide_nothing),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
