/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key block of TLS 1.2: published values (I-160), its parts under every suite, its references.
 */
#include "secrecy.h"
#include "tls12_fixture.h"

#include "base/alloc.h"

static uint8_t master[RESUME_TLS12_MASTER_SECRET_SIZE];
static uint8_t client_random[RESUME_TLS12_RANDOM_SIZE];
static uint8_t server_random[RESUME_TLS12_RANDOM_SIZE];

static int make_inputs(void **state) {
    (void)state;
    noise(1, master, sizeof master);
    noise(2, client_random, sizeof client_random);
    noise(3, server_random, sizeof server_random);
    return 0;
}

static resume_key_block *block_of(uint16_t suite, const uint8_t *client, const uint8_t *server) {
    resume_key_block *block = NULL;
    OK(resume_key_block_new(suite, master, client, server, &block));
    assert_non_null(block);
    return block;
}

static bool same(const resume_key_block *a, const resume_key_block *b) {
    size_t a_len = 0;
    size_t b_len = 0;
    const uint8_t *x = resume_key_block_part(a, RESUME_KEY_BLOCK_ALL, &a_len);
    const uint8_t *y = resume_key_block_part(b, RESUME_KEY_BLOCK_ALL, &b_len);
    return a_len == b_len && memcmp(x, y, a_len) == 0;
}

/* I-160 */
static void agrees_with_published_values(void **state) {
    (void)state;
    for (size_t i = 0; i < PUBLISHED; i++) {
        uint8_t secret[RESUME_TLS12_MASTER_SECRET_SIZE];
        uint8_t client[RESUME_TLS12_RANDOM_SIZE];
        uint8_t server[RESUME_TLS12_RANDOM_SIZE];
        uint8_t expected[128];
        unhex(published[i].master, secret);
        unhex(published[i].client, client);
        unhex(published[i].server, server);
        assert_int_equal(unhex(published[i].key_block, expected), sizeof expected);
        const uint16_t suites[] = {published[i].suite, published[i].long_suite};
        for (size_t n = 0; n < 2; n++) {
            resume_key_block *block = NULL;
            size_t len = 0;
            OK(resume_key_block_new(suites[n], secret, client, server, &block));
            const uint8_t *all = resume_key_block_part(block, RESUME_KEY_BLOCK_ALL, &len);
            assert_memory_equal(all, expected, len < sizeof expected ? len : sizeof expected);
            assert_true(n == 0 || len >= sizeof expected);
            resume_key_block_unref(block);
        }
    }
}

/* RFC 5246 section 6.3: in this order, nothing between them, nothing twice. */
static void parts_lie_in_order_under_every_suite(void **state) {
    (void)state;
    size_t suites = 0;
    for (uint32_t number = 0; number <= UINT16_MAX; number++) {
        size_t lens[3];
        resume_hash hash = 0;
        if (resume_tls12_suite((uint16_t)number, &hash, &lens[0], &lens[1], &lens[2]) !=
            RESUME_OK) {
            continue;
        }
        suites++;
        resume_key_block *block = block_of((uint16_t)number, client_random, server_random);
        size_t whole = 0;
        const uint8_t *next = resume_key_block_part(block, RESUME_KEY_BLOCK_ALL, &whole);
        assert_int_equal(whole, 2 * (lens[0] + lens[1] + lens[2]));
        for (int32_t part = 0; part < RESUME_KEY_BLOCK_ALL; part++) {
            size_t len = 77;
            const uint8_t *at = resume_key_block_part(block, part, &len);
            assert_int_equal(len, lens[part / 2]);
            assert_ptr_equal(at, len ? next : NULL);
            next += len;
        }
        resume_key_block_unref(block);
    }
    assert_true(suites > 200);
}

static void parts_have_the_places_that_their_names_say(void **state) {
    (void)state;
    assert_int_equal(RESUME_KEY_BLOCK_CLIENT_MAC_KEY, 0);
    assert_int_equal(RESUME_KEY_BLOCK_SERVER_MAC_KEY, 1);
    assert_int_equal(RESUME_KEY_BLOCK_CLIENT_KEY, 2);
    assert_int_equal(RESUME_KEY_BLOCK_SERVER_KEY, 3);
    assert_int_equal(RESUME_KEY_BLOCK_CLIENT_IV, 4);
    assert_int_equal(RESUME_KEY_BLOCK_SERVER_IV, 5);
    assert_int_equal(RESUME_KEY_BLOCK_ALL, 6);
}

/* Resumption's core: the session's secret is old, the keys are not. */
static void same_master_secret_with_new_randoms_gives_a_new_key_block(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint16_t suite = i ? CBC_384 : GCM_128;
        resume_key_block *full = block_of(suite, client_random, server_random);
        resume_key_block *again = block_of(suite, client_random, server_random);
        assert_true(same(full, again));
        /* One bit of either random is enough, and who said which is not forgotten. */
        for (size_t bit = 0; bit < 16 * (size_t)RESUME_TLS12_RANDOM_SIZE; bit++) {
            uint8_t randoms[2][RESUME_TLS12_RANDOM_SIZE];
            memcpy(randoms[0], client_random, sizeof randoms[0]);
            memcpy(randoms[1], server_random, sizeof randoms[1]);
            randoms[bit / 256][bit % 256 / 8] ^= (uint8_t)(1U << bit % 8);
            resume_key_block *resumed = block_of(suite, randoms[0], randoms[1]);
            assert_false(same(full, resumed));
            for (int32_t part = 0; part < RESUME_KEY_BLOCK_ALL; part++) {
                size_t len = 0;
                const uint8_t *old = resume_key_block_part(full, part, &len);
                const uint8_t *new = resume_key_block_part(resumed, part, NULL);
                assert_true(!len || memcmp(old, new, len) != 0);
            }
            resume_key_block_unref(resumed);
        }
        resume_key_block *swapped = block_of(suite, server_random, client_random);
        assert_false(same(full, swapped));
        resume_key_block_unref(swapped);
        resume_key_block_unref(again);
        resume_key_block_unref(full);
    }
}

static void both_sides_have_keys_of_their_own(void **state) {
    (void)state;
    resume_key_block *block = block_of(CBC_384, client_random, server_random);
    for (int32_t part = RESUME_KEY_BLOCK_CLIENT_MAC_KEY; part <= RESUME_KEY_BLOCK_CLIENT_KEY;
         part += 2) {
        size_t len = 0;
        const uint8_t *client = resume_key_block_part(block, part, &len);
        const uint8_t *server = resume_key_block_part(block, part + 1, NULL);
        assert_memory_not_equal(client, server, len);
    }
    resume_key_block_unref(block);
}

static void refused(void **state) {
    (void)state;
    static resume_key_block *const untouched = (resume_key_block *)(uintptr_t)0x5a50;
    resume_key_block *block = untouched;
    size_t len = 77;
    INVALID(resume_key_block_new(GCM_128, NULL, client_random, server_random, &block));
    INVALID(resume_key_block_new(GCM_128, master, NULL, server_random, &block));
    INVALID(resume_key_block_new(GCM_128, master, client_random, NULL, &block));
    INVALID(resume_key_block_new(GCM_128, master, client_random, server_random, NULL));
    assert_int_equal(resume_key_block_new(0x1301, master, client_random, server_random, &block),
                     RESUME_UNSUPPORTED);
    rsm_alloc_fail_once(1); /* I-95 */
    assert_int_equal(resume_key_block_new(GCM_128, master, client_random, server_random, &block),
                     RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_ptr_equal(block, untouched);
    assert_null(resume_key_block_ref(NULL));
    assert_null(resume_key_block_unref(NULL));
    assert_null(resume_key_block_part(NULL, RESUME_KEY_BLOCK_ALL, &len));
    assert_int_equal(len, 0);
}

static void parts_that_are_none(void **state) {
    (void)state;
    static const int32_t parts[] = {
        INT32_MIN, -1,       RESUME_KEY_BLOCK_CLIENT_MAC_KEY, RESUME_KEY_BLOCK_SERVER_MAC_KEY,
        7,         INT32_MAX};
    resume_key_block *block = block_of(GCM_128, client_random, server_random);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = 77;
        assert_null(resume_key_block_part(block, parts[i], &len));
        assert_int_equal(len, 0);
        assert_null(resume_key_block_part(block, parts[i], NULL));
    }
    resume_key_block_unref(block);
}

static void lives_until_its_last_reference(void **state) {
    (void)state;
    resume_key_block *block = block_of(GCM_256, client_random, server_random);
    uint8_t *key = (uint8_t *)(uintptr_t)resume_key_block_part(block, RESUME_KEY_BLOCK_ALL, NULL);
    uint8_t first = *key;
    assert_ptr_equal(resume_key_block_ref(block), block);
    assert_null(resume_key_block_unref(block));
    assert_int_equal(*key, first);
    assert_null(resume_key_block_unref(block));
}

/* I-161 */
static void secrets_decide_nothing(void **state) {
    (void)state;
    uint8_t secret[RESUME_TLS12_MASTER_SECRET_SIZE];
    resume_key_block *block = NULL;
    memcpy(secret, master, sizeof secret);
    SECRET(secret, sizeof secret);
    OK(resume_key_block_new(CBC_384, secret, client_random, server_random, &block));
    assert_non_null(resume_key_block_part(block, RESUME_KEY_BLOCK_SERVER_KEY, NULL));
    resume_key_block_unref(block);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_published_values),
        cmocka_unit_test(parts_lie_in_order_under_every_suite),
        cmocka_unit_test(parts_have_the_places_that_their_names_say),
        cmocka_unit_test(same_master_secret_with_new_randoms_gives_a_new_key_block),
        cmocka_unit_test(both_sides_have_keys_of_their_own),
        cmocka_unit_test(refused),
        cmocka_unit_test(parts_that_are_none),
        cmocka_unit_test(lives_until_its_last_reference),
        cmocka_unit_test(secrets_decide_nothing),
    };
    return cmocka_run_group_tests(tests, make_inputs, NULL);
}
