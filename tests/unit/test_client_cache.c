/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of peers by itself: keys that meet in a bucket, the order of peers, and an allocation
 * that fails. What the client makes of it is in test_client.c.
 */
#include "client_fixture.h"

#include "base/alloc.h"
#include "core/client_cache.h"

static const struct rsm_client_limits limits = {.sessions = 16, .tickets = 2, .bytes = 1 << 20};

static resume_saved *saved_under(uint8_t last, uint64_t serial, uint16_t version) {
    uint8_t ticket[40];
    resume_session *session = session_like((struct shape){.seed = serial, .version = version});
    ticket_of(serial, ticket);
    resume_saved *saved = rsm_saved_new(session, ticket, sizeof ticket);
    assert_non_null(saved);
    resume_session_unref(session);
    memset(saved->key, 7, sizeof saved->key); /* one bucket for all */
    saved->key[31] = last;
    saved->serial = serial;
    saved->expires_ms = NOW + HOUR;
    return saved;
}

static void expect_serial(struct rsm_client_cache *cache, uint8_t last, uint64_t serial) {
    uint8_t key[32];
    memset(key, 7, sizeof key);
    key[31] = last;
    resume_saved *saved = rsm_client_cache_take(cache, key, NOW);
    assert_int_equal(saved ? saved->serial : 0, serial);
    resume_saved_unref(saved);
}

static void keys_in_one_bucket_are_kept_apart(void **state) {
    (void)state;
    struct rsm_client_cache cache;
    OK(rsm_client_cache_init(&cache, &limits));
    for (uint8_t i = 1; i <= 8; i++) {
        OK(rsm_client_cache_add(&cache, saved_under(i, i, TLS12), NOW));
    }
    for (uint8_t i = 1; i <= 8; i++) {
        expect_serial(&cache, i, i);
    }
    expect_serial(&cache, 9, 0);
    /* Out of the middle, the end and the beginning of the bucket. */
    static const uint8_t order[] = {4, 1, 8};
    for (size_t i = 0; i < sizeof order; i++) {
        uint8_t key[32];
        memset(key, 7, sizeof key);
        key[31] = order[i];
        assert_int_equal(rsm_client_cache_remove(&cache, key, NULL), 1);
        assert_int_equal(rsm_client_cache_remove(&cache, key, NULL), 0);
        expect_serial(&cache, order[i], 0);
    }
    expect_serial(&cache, 5, 5);
    assert_int_equal(cache.stats[RESUME_CLIENT_PEERS], 5);
    assert_int_equal(rsm_client_cache_clear(&cache), 5);
    assert_int_equal(cache.stats[RESUME_CLIENT_BYTES], 0);
    rsm_client_cache_drop(&cache);
}

static void the_list_goes_from_the_newest_to_the_oldest(void **state) {
    (void)state;
    struct rsm_client_cache cache;
    OK(rsm_client_cache_init(&cache, &limits));
    for (uint8_t i = 1; i <= 4; i++) {
        OK(rsm_client_cache_add(&cache, saved_under(i, i, TLS12), NOW));
    }
    expect_serial(&cache, 2, 2);
    expect_serial(&cache, 1, 1);
    static const uint8_t order[] = {1, 2, 4, 3};
    const struct rsm_client_slot *slot = cache.newest;
    for (size_t i = 0; i < sizeof order; i++) {
        assert_int_equal(slot->key[31], order[i]);
        assert_ptr_equal(slot->older ? slot->older->newer : cache.oldest, slot);
        slot = slot->older;
    }
    assert_null(slot);
    rsm_client_cache_drop(&cache);
}

static void an_older_ticket_finds_its_place_or_none(void **state) {
    (void)state;
    struct rsm_client_cache cache;
    OK(rsm_client_cache_init(&cache, &limits));
    OK(rsm_client_cache_add(&cache, saved_under(1, 5, TLS13), NOW));
    OK(rsm_client_cache_add(&cache, saved_under(1, 3, TLS13), NOW));
    OK(rsm_client_cache_add(&cache, saved_under(1, 9, TLS12), NOW)); /* does not count with them */
    resume_saved *old = saved_under(1, 2, TLS13);
    assert_int_equal(rsm_client_cache_add(&cache, old, NOW), RESUME_MISS);
    assert_false(rsm_client_cache_has(&cache, old->key, old));
    resume_saved_unref(old);
    OK(rsm_client_cache_add(&cache, saved_under(1, 4, TLS13), NOW)); /* 3 goes */
    assert_int_equal(cache.stats[RESUME_CLIENT_EVICTED], 1);
    resume_saved *tls12 = saved_under(1, 9, TLS12);
    assert_true(rsm_client_cache_has(&cache, tls12->key, tls12));
    assert_int_equal(rsm_client_cache_remove(&cache, tls12->key, tls12), 1);
    resume_saved_unref(tls12);
    expect_serial(&cache, 1, 5);
    expect_serial(&cache, 1, 4);
    expect_serial(&cache, 1, 0);
    rsm_client_cache_drop(&cache);
}

static void without_memory_nothing_changes(void **state) { /* I-95 */
    (void)state;
    struct rsm_client_cache cache;
    rsm_alloc_fail_once(1);
    assert_int_equal(rsm_client_cache_init(&cache, &limits), RESUME_E_NOMEM);
    rsm_client_cache_drop(&cache);
    OK(rsm_client_cache_init(&cache, &limits));
    resume_saved *saved = saved_under(1, 1, TLS12);
    rsm_alloc_fail_once(1);
    assert_int_equal(rsm_client_cache_add(&cache, saved, NOW), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_int_equal(cache.stats[RESUME_CLIENT_PEERS], 0);
    OK(rsm_client_cache_add(&cache, saved, NOW));
    expect_serial(&cache, 1, 1);
    rsm_client_cache_drop(&cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_in_one_bucket_are_kept_apart),
        cmocka_unit_test(the_list_goes_from_the_newest_to_the_oldest),
        cmocka_unit_test(an_older_ticket_finds_its_place_or_none),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
