/* SPDX-License-Identifier: Apache-2.0 */
/* The ring: states of keys, the choice of the sealing key, refusals, rotation, clocks, forks. */
#include "keys_fixture.h"

#include "base/alloc.h"
#include "core/keyring.h"

#include <pthread.h>

static resume_status sealing_name(resume_keyring *ring, uint64_t now, uint8_t *name) {
    resume_key *key = NULL;
    resume_status status = resume_keyring_sealing_key(ring, now, &key);
    if (status == RESUME_OK) {
        memcpy(name, resume_key_name(key), 16);
    }
    resume_key_unref(key);
    return status;
}

static void expect_sealing(resume_keyring *ring, uint64_t now, uint64_t seed) {
    uint8_t name[16];
    uint8_t expected[16];
    key_name(seed, expected);
    assert_int_equal(sealing_name(ring, now, name), RESUME_OK);
    assert_memory_equal(name, expected, 16);
}

static resume_status find(resume_keyring *ring, uint64_t seed, uint64_t now) {
    uint8_t name[16];
    resume_key *key = NULL;
    key_name(seed, name);
    resume_status status = resume_keyring_find(ring, name, 16, now, &key);
    assert_true((key != NULL) == (status == RESUME_OK || status == RESUME_RENEW));
    resume_key_unref(key);
    return status;
}

/* I-21 */
static void test_an_empty_ring_does_nothing(void **state) {
    (void)state;
    uint8_t name[16];
    resume_keyring *ring = empty_ring();
    assert_int_equal(resume_keyring_count(ring), 0);
    assert_int_equal(sealing_name(ring, NOW, name), RESUME_NO_KEY);
    assert_int_equal(find(ring, 1, NOW), RESUME_MISS);
    assert_int_equal(resume_keyring_tick(ring, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_rotate(ring, NOW), RESUME_E_STATE);
    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_E_STATE);
    assert_null(resume_keyring_unref(ring));
}

/* I-56, I-57, I-59: opens only, seals and opens, opens only, gone; each border exactly. */
static void test_the_four_states(void **state) {
    (void)state;
    uint8_t name[16];
    resume_keyring *ring = empty_ring();
    assert_int_equal(add_key(ring, 1, 80, NOW + 100, NOW + 200, NOW + 300, NOW), RESUME_OK);
    assert_int_equal(find(ring, 1, NOW), RESUME_RENEW);
    assert_int_equal(sealing_name(ring, NOW + 99, name), RESUME_NO_KEY);
    expect_sealing(ring, NOW + 100, 1);
    assert_int_equal(find(ring, 1, NOW + 100), RESUME_OK);
    expect_sealing(ring, NOW + 199, 1);
    assert_int_equal(sealing_name(ring, NOW + 200, name), RESUME_NO_KEY);
    assert_int_equal(find(ring, 1, NOW + 200), RESUME_RENEW);
    assert_int_equal(find(ring, 1, NOW + 299), RESUME_RENEW);
    assert_int_equal(resume_keyring_count(ring), 1);
    assert_int_equal(find(ring, 1, NOW + 300), RESUME_EXPIRED);
    assert_int_equal(resume_keyring_count(ring), 0);
    assert_int_equal(find(ring, 1, NOW), RESUME_EXPIRED); /* I-76: going back revives nothing */
    resume_keyring_unref(ring);
}

/* I-58 */
static void test_the_latest_start_seals(void **state) {
    (void)state;
    resume_keyring *ring = empty_ring();
    /* Out of order, overlapping. */
    assert_int_equal(add_key(ring, 3, 80, NOW + 300, NOW + 900, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 1, 48, NOW + 100, NOW + 900, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 2, 80, NOW + 200, NOW + 400, NEVER, NOW), RESUME_OK);
    expect_sealing(ring, NOW + 199, 1);
    expect_sealing(ring, NOW + 200, 2);
    expect_sealing(ring, NOW + 300, 3);
    expect_sealing(ring, NOW + 899, 3);
    assert_int_equal(find(ring, 2, NOW + 350), RESUME_RENEW);
    resume_keyring_unref(ring);
}

static void test_of_equal_starts_the_greater_name_seals(void **state) {
    (void)state;
    uint8_t first[16];
    uint8_t second[16];
    for (unsigned order = 0; order < 2; order++) {
        resume_keyring *ring = empty_ring();
        assert_int_equal(add_key(ring, 10 + order, 80, 0, NEVER, NEVER, NOW), RESUME_OK);
        assert_int_equal(add_key(ring, 11 - order, 80, 0, NEVER, NEVER, NOW), RESUME_OK);
        assert_int_equal(sealing_name(ring, NOW, order ? second : first), RESUME_OK);
        resume_keyring_unref(ring);
    }
    assert_memory_equal(first, second, 16);
}

/* I-52, I-54 */
static void test_duplicates_are_refused(void **state) {
    (void)state;
    uint8_t a[80];
    uint8_t b[80];
    key_bytes(1, a, 80);
    key_bytes(2, b, 80);
    resume_keyring *ring = empty_ring();
    assert_int_equal(add_key(ring, 1, 80, 0, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 1, 80, 0, NEVER, NEVER, NOW), RESUME_EXISTS);
    assert_int_equal(resume_keyring_add(ring, a, 16, b + 16, 32, b + 48, 32, 0, NEVER, NEVER, NOW),
                     RESUME_EXISTS); /* the name */
    assert_int_equal(resume_keyring_add(ring, b, 16, a + 16, 32, b + 48, 32, 0, NEVER, NEVER, NOW),
                     RESUME_EXISTS); /* the AES key */
    assert_int_equal(resume_keyring_add(ring, b, 16, b + 16, 32, a + 48, 32, 0, NEVER, NEVER, NOW),
                     RESUME_EXISTS); /* the HMAC key */
    assert_int_equal(resume_keyring_count(ring), 1);
    resume_keyring_unref(ring);
}

static void test_short_names_are_padded(void **state) {
    (void)state;
    uint8_t a[80];
    uint8_t b[80];
    uint8_t padded[16] = "ab";
    resume_key *key = NULL;
    key_bytes(1, a, 80);
    key_bytes(2, b, 80);
    resume_keyring *ring = empty_ring();
    assert_int_equal(
        resume_keyring_add(ring, padded, 2, a + 16, 32, a + 48, 32, 0, NEVER, NEVER, NOW),
        RESUME_OK);
    assert_int_equal(
        resume_keyring_add(ring, padded, 16, b + 16, 32, b + 48, 32, 0, NEVER, NEVER, NOW),
        RESUME_EXISTS);
    assert_int_equal(resume_keyring_find(ring, padded, 2, NOW, &key), RESUME_OK);
    assert_memory_equal(resume_key_name(key), padded, 16);
    resume_key_unref(key);
    resume_keyring_unref(ring);
}

/* I-50, I-52, I-55: refusals change nothing. */
static void test_refusals(void **state) {
    (void)state;
    uint8_t k[96];
    uint8_t zero[32] = {0};
    key_bytes(1, k, sizeof k);
    resume_keyring *r = empty_ring();
    const uint64_t now = NOW;
    assert_int_equal(resume_keyring_add(r, k, 16, zero, 32, k + 48, 32, 0, 1, NEVER, now),
                     RESUME_WEAK_KEY);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 32, zero, 32, 0, 1, NEVER, now),
                     RESUME_WEAK_KEY);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 16, k + 48, 32, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 24, k + 48, 24, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 17, k + 16, 32, k + 48, 32, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 0, k + 16, 32, k + 48, 32, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 32, k + 48, 32, 2, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 32, k + 48, 32, 0, 3, 2, now), -1);
    assert_int_equal(resume_keyring_add(r, k, 16, k + 16, 32, k + 48, 32, 0, 1, now, now),
                     RESUME_EXPIRED);
    assert_int_equal(resume_keyring_add(NULL, k, 16, k + 16, 32, k + 48, 32, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_add(r, NULL, 16, k + 16, 32, k + 48, 32, 0, 1, NEVER, now), -1);
    assert_int_equal(resume_keyring_count(r), 0);
    resume_keyring_unref(r);
}

/* I-55 */
static void test_a_full_ring(void **state) {
    (void)state;
    resume_keyring *ring = empty_ring();
    for (uint64_t i = 0; i < RESUME_KEYRING_MAX; i++) {
        uint64_t end = i == 0 ? NOW + 10 : NEVER;
        assert_int_equal(add_key(ring, i, 80, 0, NOW, end, NOW), RESUME_OK);
    }
    assert_int_equal(add_key(ring, 900, 80, 0, NEVER, NEVER, NOW), RESUME_TOO_LARGE);
    assert_int_equal(resume_keyring_count(ring), RESUME_KEYRING_MAX);
    /* I-59: adding removes what is over. */
    assert_int_equal(add_key(ring, 900, 80, 0, NEVER, NEVER, NOW + 10), RESUME_OK);
    assert_int_equal(find(ring, 0, NOW + 10), RESUME_EXPIRED);
    resume_keyring_unref(ring);
}

static void test_key_at(void **state) {
    (void)state;
    resume_key *key = NULL;
    resume_keyring *ring = empty_ring();
    assert_int_equal(add_key(ring, 1, 80, 5, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 2, 80, 9, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_key_at(ring, 0, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), 9);
    resume_key_unref(key);
    assert_int_equal(resume_keyring_key_at(ring, 1, &key), RESUME_OK);
    resume_keyring_unref(ring); /* I-173: a key outlives its ring */
    assert_int_equal(resume_key_seal_from(key), 5);
    assert_non_null(resume_key_cipher_key(key, NULL));
    resume_key_unref(key);
    assert_int_equal(resume_keyring_key_at(NULL, 0, &key), RESUME_E_INVALID);
}

/* The ring that rotates by itself. */

static void test_random_rotates_with_exact_borders(void **state) {
    (void)state;
    uint8_t before[16];
    uint8_t after[16];
    resume_key *key = NULL;
    resume_keyring *ring = ring_from("random:", NOW);
    assert_int_equal(resume_keyring_count(ring), 2); /* I-65: the next key is there already */
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), NOW);
    assert_int_equal(resume_key_seal_until(key), NOW + 12 * HOUR);
    assert_int_equal(resume_key_open_until(key), NOW + 36 * HOUR);
    memcpy(before, resume_key_name(key), 16);
    resume_key_unref(key);
    assert_int_equal(sealing_name(ring, NOW + 12 * HOUR - 1, after), RESUME_OK);
    assert_memory_equal(after, before, 16);
    assert_int_equal(sealing_name(ring, NOW + 12 * HOUR, after), RESUME_OK);
    assert_memory_not_equal(after, before, 16);
    assert_int_equal(resume_keyring_find(ring, before, 16, NOW + 36 * HOUR - 1, &key),
                     RESUME_RENEW);
    resume_key_unref(key);
    assert_int_equal(resume_keyring_find(ring, before, 16, NOW + 36 * HOUR, &key), RESUME_EXPIRED);
    assert_int_equal(resume_keyring_count(ring), 4); /* 36 h: two old ones, one seals, one next */
    resume_keyring_unref(ring);
}

/* I-61: any key opens at least `open` after it sealed last. I-62: there is always a sealing key. */
static void test_random_over_many_epochs(void **state) {
    (void)state;
    resume_keyring *ring = ring_from("random:?seal=1h&open=3h", NOW);
    uint8_t names[200][16];
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t now = NOW + i * HOUR + i * 7 * MINUTE / 10;
        resume_key *key = NULL;
        assert_int_equal(sealing_name(ring, now, names[i]), RESUME_OK);
        for (uint64_t j = i > 2 ? i - 2 : 0; j <= i; j++) {
            resume_status status = resume_keyring_find(ring, names[j], 16, now, &key);
            assert_true(status == RESUME_OK || status == RESUME_RENEW);
            resume_key_unref(key);
        }
        assert_true(resume_keyring_count(ring) <= 6);
    }
    resume_keyring_unref(ring);
}

/* The schedule does not depend on when somebody looks. */
static void test_random_after_a_long_sleep(void **state) {
    (void)state;
    resume_key *key = NULL;
    resume_keyring *ring = ring_from("random:", NOW);
    uint64_t now = NOW + 1000 * 12 * HOUR + 5;
    assert_int_equal(resume_keyring_sealing_key(ring, now, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), NOW + 1000 * 12 * HOUR);
    resume_key_unref(key);
    assert_int_equal(resume_keyring_count(ring), 4);
    resume_keyring_unref(ring);
}

/* I-76: no clock crashes the ring, and none makes a key seal or open outside its times. */
static void test_random_with_jumping_clocks(void **state) {
    (void)state;
    static const uint64_t jumps[] = {
        0,
        1,
        NOW - 1,
        NOW,
        NOW - 30000,
        NOW + 11 * HOUR,
        NOW - 50 * HOUR,
        NOW + UINT64_C(10) * 365 * 24 * HOUR,
        NOW + HOUR,
        UINT64_MAX / 4,
        NOW,
        UINT64_MAX,
        NOW + 2 * HOUR,
        0,
        NOW + 3 * HOUR,
    };
    resume_keyring *ring = ring_from("random:", NOW);
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        uint64_t now = jumps[i];
        resume_key *key = NULL;
        resume_status status = resume_keyring_sealing_key(ring, now, &key);
        if (now > UINT64_MAX / 4) {
            assert_int_equal(status, RESUME_NO_KEY);
            assert_int_equal(resume_keyring_tick(ring, now), RESUME_E_INVALID);
        } else if (status == RESUME_OK) {
            assert_true(resume_key_seal_from(key) <= now && now < resume_key_seal_until(key));
            assert_true(resume_key_open_until(key) - now <= 36 * HOUR);
        } else {
            /* Only a clock a little before the first key has to wait. */
            assert_int_equal(status, RESUME_NO_KEY);
            assert_true(now == NOW - 1 || now == NOW - 30000 || now == 0);
        }
        resume_key_unref(key);
    }
    resume_keyring_unref(ring);
}

/* I-76: set back by more than all keys, none of them survives into the new schedule. */
static void test_random_set_back_drops_the_future(void **state) {
    (void)state;
    uint8_t name[16];
    resume_key *key = NULL;
    uint64_t future = NOW + UINT64_C(365) * 24 * HOUR;
    resume_keyring *ring = ring_from("random:", NOW);
    assert_int_equal(sealing_name(ring, future, name), RESUME_OK);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), NOW);
    resume_key_unref(key);
    assert_int_equal(resume_keyring_find(ring, name, 16, NOW, &key), RESUME_EXPIRED);
    resume_keyring_unref(ring);
}

static void test_forced_rotation(void **state) {
    (void)state;
    uint8_t first[16];
    uint8_t second[16];
    resume_key *key = NULL;
    resume_keyring *ring = ring_from("random:", NOW);
    assert_int_equal(sealing_name(ring, NOW + 5, first), RESUME_OK);
    assert_int_equal(resume_keyring_rotate(ring, NOW + 10), RESUME_OK);
    assert_int_equal(sealing_name(ring, NOW + 10, second), RESUME_OK);
    assert_memory_not_equal(first, second, 16);
    assert_int_equal(resume_keyring_find(ring, first, 16, NOW + 10, &key), RESUME_RENEW);
    assert_int_equal(resume_key_seal_until(key), NOW + 10);
    assert_int_equal(resume_key_open_until(key), NOW + 36 * HOUR); /* as planned */
    resume_key_unref(key);
    assert_int_equal(resume_keyring_find(ring, second, 16, NOW + 10, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), NOW + 10);
    assert_int_equal(resume_key_seal_until(key), NOW + 10 + 12 * HOUR);
    resume_key_unref(key);
    /* I-55: any number of rotations fits, the oldest keys make room. */
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(resume_keyring_rotate(ring, NOW + 10), RESUME_OK);
        assert_true(resume_keyring_count(ring) <= RESUME_KEYRING_MAX);
        assert_int_equal(sealing_name(ring, NOW + 10, second), RESUME_OK);
    }
    resume_keyring_unref(ring);
}

/* I-67: at the cap a generated key makes way, any other stops sealing. */
static void test_seal_cap(void **state) {
    (void)state;
    uint8_t name[16];
    uint8_t other[16];
    resume_key *key = NULL;
    resume_keyring *ring = NULL;
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_options_set_max_seals(options, 3), RESUME_OK);
    assert_int_equal(resume_keyring_from_url("random:", options, NOW, &ring), RESUME_OK);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    memcpy(name, resume_key_name(key), 16);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(sealing_name(ring, NOW, other), RESUME_OK);
        assert_memory_equal(name, other, 16);
        resume_key_count_seal(key);
    }
    resume_key_unref(key);
    assert_int_equal(sealing_name(ring, NOW, other), RESUME_OK);
    assert_memory_not_equal(name, other, 16);
    resume_keyring_unref(ring);

    assert_int_equal(resume_keyring_new(options, &ring), RESUME_OK);
    assert_int_equal(add_key(ring, 1, 80, 0, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    for (unsigned i = 0; i < 3; i++) {
        resume_key_count_seal(key);
    }
    assert_int_equal(sealing_name(ring, NOW, other), RESUME_NO_KEY);
    assert_int_equal(find(ring, 1, NOW), RESUME_RENEW);
    resume_key_unref(key);
    resume_keyring_unref(ring);
    resume_keyring_options_unref(options);
}

/* I-69: two rings never share generated keys. */
static void test_random_rings_differ(void **state) {
    (void)state;
    uint8_t a[16];
    uint8_t b[16];
    resume_keyring *first = ring_from("random:", NOW);
    resume_keyring *second = ring_from("random:", NOW);
    assert_int_equal(sealing_name(first, NOW, a), RESUME_OK);
    assert_int_equal(sealing_name(second, NOW, b), RESUME_OK);
    assert_memory_not_equal(a, b, 16);
    resume_keyring_unref(first);
    resume_keyring_unref(second);
}

static void test_random_takes_added_keys_too(void **state) {
    (void)state;
    resume_keyring *ring = ring_from("random:", NOW);
    assert_int_equal(add_key(ring, 1, 48, 0, 0, NOW + HOUR, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_count(ring), 3);
    assert_int_equal(find(ring, 1, NOW), RESUME_RENEW);
    assert_int_equal(find(ring, 1, NOW + HOUR), RESUME_EXPIRED);
    resume_keyring_unref(ring);
}

/* I-60, I-95: whatever allocation fails, the ring is as before or as after, and recovers. */
static void test_no_memory_anywhere(void **state) {
    (void)state;
    for (unsigned long nth = 1; nth < 40; nth++) {
        uint8_t name[16];
        resume_keyring *ring = NULL;
        rsm_alloc_fail_from(nth);
        resume_status status = resume_keyring_from_url("random:", NULL, NOW, &ring);
        rsm_alloc_fail_from(0);
        if (status != RESUME_OK) {
            assert_int_equal(status, RESUME_E_NOMEM);
            assert_null(ring);
            continue;
        }
        rsm_alloc_fail_from(nth);
        status = resume_keyring_tick(ring, NOW + 12 * HOUR);
        rsm_alloc_fail_from(0);
        assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
        assert_int_equal(sealing_name(ring, NOW + 12 * HOUR, name), RESUME_OK);
        rsm_alloc_fail_from(nth);
        status = resume_keyring_rotate(ring, NOW + 13 * HOUR);
        rsm_alloc_fail_from(0);
        assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
        assert_int_equal(sealing_name(ring, NOW + 40 * HOUR, name), RESUME_OK);
        resume_keyring_unref(ring);
    }
}

/* I-60: while generation fails, the next key seals its whole life, then none does, then recovery.
 */
static void test_failing_generation(void **state) {
    (void)state;
    uint8_t name[16];
    resume_keyring *ring = ring_from("random:", NOW);
    assert_int_equal(sealing_name(ring, NOW, name), RESUME_OK);
    rsm_alloc_fail_from(1);
    (void)!resume_keyring_tick(ring, NOW + 13 * HOUR);
    assert_int_equal(sealing_name(ring, NOW + 13 * HOUR, name), RESUME_OK);
    assert_int_equal(sealing_name(ring, NOW + 24 * HOUR - 1, name), RESUME_OK);
    assert_int_equal(sealing_name(ring, NOW + 24 * HOUR, name), RESUME_NO_KEY);
    rsm_alloc_fail_from(0);
    assert_int_equal(sealing_name(ring, NOW + 24 * HOUR, name), RESUME_OK);
    resume_keyring_unref(ring);
}

static void test_arguments(void **state) {
    (void)state;
    resume_keyring *ring = empty_ring();
    resume_keyring *other = NULL;
    resume_key *key = NULL;
    uint8_t name[17] = {1};
    assert_int_equal(resume_keyring_new(NULL, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_tick(NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_rotate(NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_reload(NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_sealing_key(NULL, NOW, &key), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_find(ring, NULL, 16, NOW, &key), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_find(ring, name, 0, NOW, &key), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_find(ring, name, 17, NOW, &key), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_find(ring, name, 16, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_from_url(NULL, NULL, NOW, &other), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_from_url("random:", NULL, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_from_url("random:", NULL, UINT64_MAX, &other),
                     RESUME_E_INVALID);
    assert_int_equal(resume_keyring_key_at(ring, 0, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_key_at(ring, 0, &key), RESUME_MISS);
    assert_int_equal(resume_keyring_count(NULL), 0);
    assert_null(resume_keyring_ref(NULL));
    assert_null(resume_keyring_unref(NULL));
    assert_null(other);
    assert_null(key);
    resume_keyring_unref(ring);
}

/* I-66, I-170: look-ups while others rotate, tick and add (run under TSan). */
struct race {
    resume_keyring *ring;
    atomic_bool stop;
    atomic_uint failures;
};

static void *look_up_all_the_time(void *data) {
    struct race *race = data;
    for (uint64_t i = 0; !atomic_load(&race->stop); i++) {
        resume_key *key = NULL;
        resume_key *again = NULL;
        uint64_t now = NOW + i % 1000;
        if (resume_keyring_sealing_key(race->ring, now, &key) != RESUME_OK) {
            atomic_fetch_add(&race->failures, 1);
            continue;
        }
        resume_status status =
            resume_keyring_find(race->ring, resume_key_name(key), 16, now, &again);
        /* A key that was forced out long ago is a miss. */
        if (status < 0) {
            atomic_fetch_add(&race->failures, 1);
        }
        resume_key_unref(key);
        resume_key_unref(again);
    }
    return NULL;
}

static void test_look_ups_while_rotating(void **state) {
    (void)state;
    struct race race = {.ring = ring_from("random:", NOW - HOUR)};
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_all_the_time, &race), 0);
    }
    for (uint64_t i = 0; i < 300; i++) {
        assert_int_equal(resume_keyring_rotate(race.ring, NOW), RESUME_OK);
        assert_int_equal(resume_keyring_tick(race.ring, NOW + i), RESUME_OK);
    }
    atomic_store(&race.stop, true);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&race.failures), 0);
    resume_keyring_unref(race.ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_ring_does_nothing),
        cmocka_unit_test(test_the_four_states),
        cmocka_unit_test(test_the_latest_start_seals),
        cmocka_unit_test(test_of_equal_starts_the_greater_name_seals),
        cmocka_unit_test(test_duplicates_are_refused),
        cmocka_unit_test(test_short_names_are_padded),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_full_ring),
        cmocka_unit_test(test_key_at),
        cmocka_unit_test(test_random_rotates_with_exact_borders),
        cmocka_unit_test(test_random_over_many_epochs),
        cmocka_unit_test(test_random_after_a_long_sleep),
        cmocka_unit_test(test_random_with_jumping_clocks),
        cmocka_unit_test(test_random_set_back_drops_the_future),
        cmocka_unit_test(test_forced_rotation),
        cmocka_unit_test(test_seal_cap),
        cmocka_unit_test(test_random_rings_differ),
        cmocka_unit_test(test_random_takes_added_keys_too),
        cmocka_unit_test(test_no_memory_anywhere),
        cmocka_unit_test(test_failing_generation),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_look_ups_while_rotating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
