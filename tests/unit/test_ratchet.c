/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of seeds: the values that its header promises, the same for all who start from one
 * seed, and no way back.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: the only way to make the generator useless */

#include "crypto_fixture.h"

#include "base/bytes.h"
#include "core/ratchet.h"

#include <openssl/rand.h>

#include <pthread.h>

enum { STEPS = 50 };

static void start(struct rsm_ratchet *ratchet) {
    for (size_t i = 0; i < sizeof ratchet->seed; i++) {
        ratchet->seed[i] = (uint8_t)i;
    }
    memset(ratchet->key, 0xEE, sizeof ratchet->key);
}

/* From seed 00 01 .. 1f, by HKDF as the header has it, computed apart with Python's hmac. */
static void test_known_answers(void **state) {
    (void)state;
    static const struct {
        const char *key, *seed;
    } wanted[] = {
        {"58b556fc31ad6835c0217c9df7dd16d9f91e41cc21ea7d6394577caf5d9dd3c23e3043312073bf38257e289d"
         "3599d9ff1fcbf6cf007622e8d7db384378ce6f32e89a8e12fd3118540d91c6cec0b0ca2d",
         "6c5de3f384e6faa3949a87cc220b5100dc6f4cc6756fbbd2ca70384df1c09bbe"},
        {"f332f164f963e0b80a46dcdbdef4cde682e27bf0de59200202f56247ae35d32cfa8f6a7762b7a31844f12404"
         "f88201c80f91b488231456cc5c799c581d4e1552f8e0c52ef21c49385c8d8ac14b905d35",
         "06cd140b4a522694c52d2918d12b3e2d34f33f192405db611d8886222724e126"},
        {"f8ad0dbaec3da50f2c63299606af7635d6b1f01a760c9a5f99a9e20f26a2a6622584fa8f6359e6042bdd1791"
         "0d37a0932cf851a96ec5d6402a48051f043f0f892fb860416efc06b1029e92df82ec1c8b",
         "97e7808cd67e7fcac1cb77159b0529c3482cb9e8b24778307dfe1ef3a5983e19"},
    };
    struct rsm_ratchet ratchet;
    start(&ratchet);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_int_equal(rsm_ratchet_step(&ratchet), RESUME_OK);
        assert_hex(ratchet.key, wanted[i].key);
        assert_hex(ratchet.seed, wanted[i].seed);
    }
}

/* I-65: who starts from one seed reaches the same keys, also one who joins on the way, and whether
 * or not the key was forgotten in between. */
static void test_copies_agree(void **state) {
    (void)state;
    struct rsm_ratchet one;
    assert_int_equal(rsm_ratchet_init(&one), RESUME_OK);
    struct rsm_ratchet other = one;
    for (unsigned i = 0; i < STEPS; i++) {
        assert_int_equal(rsm_ratchet_step(&one), RESUME_OK);
        assert_int_equal(rsm_ratchet_step(&other), RESUME_OK);
        assert_memory_equal(&one, &other, sizeof one);
        struct rsm_ratchet late = one;
        rsm_ratchet_forget(&other);
        assert_int_equal(rsm_ratchet_step(&late), RESUME_OK);
        assert_int_equal(rsm_ratchet_step(&one), RESUME_OK);
        assert_int_equal(rsm_ratchet_step(&other), RESUME_OK);
        assert_memory_equal(&late, &one, sizeof one);
        assert_memory_equal(&late, &other, sizeof one);
    }
}

/* All that a thief of the struct gets: no seed and no key of an earlier step, not even half. */
static void test_only_forward(void **state) {
    (void)state;
    struct rsm_ratchet past[STEPS];
    struct rsm_ratchet ratchet;
    assert_int_equal(rsm_ratchet_init(&ratchet), RESUME_OK);
    for (unsigned i = 0; i < STEPS; i++) {
        past[i] = ratchet;
        assert_int_equal(rsm_ratchet_step(&ratchet), RESUME_OK);
        for (unsigned j = 0; j <= i; j++) {
            assert_null(memmem(&ratchet, sizeof ratchet, past[j].seed, 16));
            assert_null(memmem(&ratchet, sizeof ratchet, past[j].seed + 16, 16));
            for (size_t at = 0; j > 0 && at < RSM_RATCHET_KEY; at += 16) {
                assert_null(memmem(&ratchet, sizeof ratchet, past[j].key + at, 16));
            }
        }
        /* Nor does a key tell the seed that comes next. */
        assert_null(memmem(ratchet.key, sizeof ratchet.key, ratchet.seed, 16));
    }
}

/* I-163 */
static void test_forgets(void **state) {
    (void)state;
    struct rsm_ratchet ratchet;
    start(&ratchet);
    assert_int_equal(rsm_ratchet_step(&ratchet), RESUME_OK);
    struct rsm_ratchet before = ratchet;
    rsm_ratchet_forget(&ratchet);
    assert_true(rsm_is_zero_ct(ratchet.key, sizeof ratchet.key));
    assert_memory_equal(ratchet.seed, before.seed, sizeof before.seed); /* it goes on from there */
}

/* I-50, I-62: every start is another, and no key stands there before the first step. */
static void test_starts_differ(void **state) {
    (void)state;
    struct rsm_ratchet seen[STEPS];
    for (unsigned i = 0; i < STEPS; i++) {
        memset(&seen[i], 0xEE, sizeof seen[i]);
        assert_int_equal(rsm_ratchet_init(&seen[i]), RESUME_OK);
        assert_true(rsm_is_zero_ct(seen[i].key, sizeof seen[i].key));
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(seen[i].seed, seen[j].seed, 16);
            assert_memory_not_equal(seen[i].seed + 16, seen[j].seed + 16, 16);
        }
    }
}

static int zeros(unsigned char *buf, int len) {
    memset(buf, 0, (size_t)len);
    return 1;
}

static int nothing(unsigned char *buf, int len) {
    (void)buf;
    (void)len;
    return 0;
}

/* In a thread of its own, which has no random bytes in store yet. */
static void *init_apart(void *data) {
    struct rsm_ratchet ratchet;
    memset(&ratchet, 0xEE, sizeof ratchet);
    *(resume_status *)data = rsm_ratchet_init(&ratchet);
    return rsm_is_zero_ct(ratchet.key, sizeof ratchet.key) ? data : NULL;
}

/* I-50 (CVE-2020-13777): a source that fails, or that answers but gives zeros, starts no chain. */
static void test_useless_source(void **state) {
    (void)state;
    static const RAND_METHOD useless[] = {{.bytes = zeros, .pseudorand = zeros},
                                          {.bytes = nothing, .pseudorand = nothing}};
    const RAND_METHOD *usual = RAND_get_rand_method();
    for (size_t i = 0; i < 2; i++) {
        pthread_t thread;
        resume_status status = RESUME_OK;
        void *forgot = NULL;
        assert_int_equal(RAND_set_rand_method(&useless[i]), 1);
        int failed = pthread_create(&thread, NULL, init_apart, &status);
        if (!failed) {
            pthread_join(thread, &forgot);
        }
        assert_int_equal(RAND_set_rand_method(usual), 1);
        assert_int_equal(failed, 0);
        assert_int_equal(status, RESUME_E_CRYPTO);
        assert_non_null(forgot);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers), cmocka_unit_test(test_copies_agree),
        cmocka_unit_test(test_only_forward),  cmocka_unit_test(test_forgets),
        cmocka_unit_test(test_starts_differ), cmocka_unit_test(test_useless_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
