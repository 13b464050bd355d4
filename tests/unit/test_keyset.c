/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots of a ring's keys: the borders of each state of a key, the order that decides who seals,
 * and that no edit of a draft reaches the snapshot it was made from.
 */
#include "keys_fixture.h"

#include "base/alloc.h"
#include "core/keyset.h"

#include <pthread.h>

enum { THREADS = 4, TURNS = 20000 };

/* cipher and mac are seeds of the two secrets. */
static resume_key *make_key(uint8_t name, uint64_t cipher, uint64_t mac,
                            enum rsm_key_origin origin) {
    uint8_t names[RSM_KEY_NAME] = {name};
    uint8_t secrets[64];
    resume_key *key = NULL;
    key_bytes(cipher, secrets, 32);
    key_bytes(mac, secrets + 32, 32);
    struct rsm_key_spec spec = {.name = names,
                                .cipher_key = secrets,
                                .mac_key = secrets + 32,
                                .size = 32,
                                .open_until = NEVER,
                                .origin = origin};
    assert_int_equal(rsm_key_new(&spec, &key), RESUME_OK);
    return key;
}

/* Its times are set before anybody else has it. */
static resume_key *timed(uint8_t name, uint64_t from, uint64_t until, uint64_t open_until) {
    resume_key *key = make_key(name, 2U * name, 2U * name + 1U, RSM_KEY_GENERATED);
    key->seal_from = from;
    key->seal_until = until;
    key->open_until = open_until;
    return key;
}

static struct rsm_keyset *draft(void) {
    struct rsm_keyset *set = rsm_keyset_copy(NULL);
    assert_non_null(set);
    return set;
}

static resume_key *add(struct rsm_keyset *set, resume_key *key) {
    assert_int_equal(rsm_keyset_add(set, key), RESUME_OK);
    return key;
}

static unsigned refs(resume_key *key) {
    return atomic_load(&key->ref.count);
}

static void test_a_new_draft_is_empty(void **state) {
    (void)state;
    uint8_t name[RSM_KEY_NAME] = {0};
    struct rsm_keyset *set = draft();
    assert_int_equal(set->count, 0);
    assert_null(rsm_keyset_sealing(set, NOW));
    assert_null(rsm_keyset_find(set, name));
    assert_false(rsm_keyset_was_retired(set, name)); /* although the names there are zeros, too */
    assert_false(rsm_keyset_is_due(set, 0));
    assert_false(rsm_keyset_is_due(set, NEVER));
    assert_false(rsm_keyset_is_used_up(set, NOW));
    assert_int_equal(rsm_keyset_next_expiry(set), NEVER);
    assert_int_equal(rsm_keyset_oldest_generated(set), RSM_KEYSET_MAX);
    assert_null(rsm_keyset_ref(NULL));
    assert_null(rsm_keyset_unref(NULL));
    assert_null(rsm_keyset_unref(set));
}

/* I-57: opens only, seals and opens, opens only, gone; start <= now < end. */
static void test_borders(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    resume_key *key = add(set, timed(1, NOW, NOW + HOUR, NOW + 2 * HOUR));
    uint8_t name[RSM_KEY_NAME] = {1};
    assert_null(rsm_keyset_sealing(set, NOW - 1));
    assert_ptr_equal(rsm_keyset_sealing(set, NOW), key);
    assert_ptr_equal(rsm_keyset_sealing(set, NOW + HOUR - 1), key);
    assert_null(rsm_keyset_sealing(set, NOW + HOUR));
    rsm_keyset_expire(set, NOW + 2 * HOUR - 1);
    assert_ptr_equal(rsm_keyset_find(set, name), key);
    assert_false(rsm_keyset_was_retired(set, name));
    rsm_keyset_expire(set, NOW + 2 * HOUR);
    assert_null(rsm_keyset_find(set, name));
    assert_true(rsm_keyset_was_retired(set, name));
    assert_int_equal(set->count, 0);
    rsm_keyset_unref(set);
}

/* I-59: all that have expired go, those between stay, and one without an end stays for ever. */
static void test_expire_several(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    resume_key *endless = add(set, timed(1, NOW, NEVER, NEVER));
    for (uint8_t i = 2; i < 10; i++) {
        add(set, timed(i, NOW + i, NOW + HOUR, i % 2 ? NOW + HOUR : NOW + 2 * HOUR));
    }
    assert_int_equal(rsm_keyset_next_expiry(set), NOW + HOUR);
    rsm_keyset_expire(set, NOW + HOUR);
    assert_int_equal(set->count, 5);
    assert_int_equal(set->retired_count, 4);
    assert_int_equal(rsm_keyset_next_expiry(set), NOW + 2 * HOUR);
    for (uint8_t i = 1; i < 10; i++) {
        uint8_t name[RSM_KEY_NAME] = {i};
        bool gone = i > 1 && i % 2;
        assert_int_equal(rsm_keyset_find(set, name) == NULL, gone);
        assert_int_equal(rsm_keyset_was_retired(set, name), gone);
    }
    rsm_keyset_expire(set, NEVER);
    assert_int_equal(set->count, 1);
    assert_ptr_equal(set->keys[0], endless);
    assert_int_equal(rsm_keyset_next_expiry(set), NEVER);
    rsm_keyset_unref(set);
}

/* I-56, I-58: whatever the order of adding, the key that began to seal last seals; of several that
 * began together, the one with the greatest name. */
static void test_order(void **state) {
    (void)state;
    static const uint8_t orders[][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}, {2, 4, 1, 3}, {3, 1, 4, 2}};
    for (size_t o = 0; o < 4; o++) {
        struct rsm_keyset *set = draft();
        for (size_t i = 0; i < 4; i++) { /* 1 and 2 seal from now, 3 and 4 an hour later */
            uint8_t n = orders[o][i];
            add(set, timed(n, n < 3 ? NOW : NOW + HOUR, NOW + 3 * HOUR - n, NEVER));
        }
        for (uint8_t i = 0; i < 4; i++) {
            assert_int_equal(set->keys[i]->name[0], 4 - i);
        }
        assert_int_equal(rsm_keyset_sealing(set, NOW)->name[0], 2);
        assert_int_equal(rsm_keyset_sealing(set, NOW + HOUR - 1)->name[0], 2);
        assert_int_equal(rsm_keyset_sealing(set, NOW + HOUR)->name[0], 4);
        assert_int_equal(rsm_keyset_sealing(set, NOW + 3 * HOUR - 4)->name[0], 3);
        assert_int_equal(rsm_keyset_sealing(set, NOW + 3 * HOUR - 2)->name[0], 1);
        rsm_keyset_unref(set);
    }
}

/* I-52, I-54: a name or either secret twice. Refused, the key stays the caller's. */
static void test_duplicates(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    add(set, make_key(1, 10, 11, RSM_KEY_ADDED));
    add(set, make_key(2, 20, 21, RSM_KEY_ADDED));
    resume_key *same[] = {
        make_key(1, 30, 31, RSM_KEY_ADDED), /* a name */
        make_key(3, 20, 31, RSM_KEY_ADDED), /* a cipher key */
        make_key(3, 30, 11, RSM_KEY_ADDED), /* a MAC key */
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rsm_keyset_add(set, same[i]), RESUME_EXISTS);
        assert_int_equal(refs(same[i]), 1);
        assert_int_equal(set->count, 2);
        resume_key_unref(same[i]);
    }
    add(set, make_key(3, 30, 31, RSM_KEY_ADDED));
    assert_int_equal(set->count, 3);
    rsm_keyset_unref(set);
}

/* I-55: one too many leaves the set as it was; a duplicate is told as one even then. */
static void test_full(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    for (uint8_t i = 0; i < RSM_KEYSET_MAX; i++) {
        add(set, timed(i, NOW, NOW + HOUR, NEVER));
    }
    struct rsm_keyset *before = rsm_keyset_copy(set);
    resume_key *more = timed(200, NOW, NOW + HOUR, NEVER);
    resume_key *again = make_key(5, 500, 501, RSM_KEY_ADDED);
    assert_int_equal(rsm_keyset_add(set, more), RESUME_TOO_LARGE);
    assert_int_equal(rsm_keyset_add(set, again), RESUME_EXISTS);
    assert_int_equal(set->count, RSM_KEYSET_MAX);
    assert_memory_equal(set->keys, before->keys, sizeof set->keys);
    rsm_keyset_remove(set, 7);
    add(set, more);
    resume_key_unref(again);
    rsm_keyset_unref(before);
    rsm_keyset_unref(set);
}

/* The newest names of retired keys are remembered, and no more than that. */
static void test_retired_names(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    for (uint8_t i = 1; i <= RSM_KEYSET_RETIRED + 8; i++) {
        add(set, timed(i, NOW, NOW + HOUR, NEVER));
        rsm_keyset_remove(set, 0);
        for (uint8_t j = 1; j <= RSM_KEYSET_RETIRED + 8; j++) {
            uint8_t name[RSM_KEY_NAME] = {j};
            bool remembered = j <= i && j + RSM_KEYSET_RETIRED > i;
            assert_int_equal(rsm_keyset_was_retired(set, name), remembered);
        }
    }
    rsm_keyset_unref(set);
}

/* Another role for the same key: to its new place, not to the retired. */
static void test_replace(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    for (uint8_t i = 1; i <= 3; i++) {
        add(set, timed(i, NOW + i, NOW + HOUR, NEVER));
    }
    resume_key *old = resume_key_ref(set->keys[1]); /* name 2 */
    resume_key *changed = NULL;
    assert_int_equal(rsm_key_with_times(old, NOW + 9, NOW + HOUR, NOW + HOUR, &changed), RESUME_OK);
    rsm_keyset_replace(set, 1, changed);
    assert_int_equal(set->count, 3);
    assert_ptr_equal(set->keys[0], changed);
    assert_int_equal(set->keys[1]->name[0], 3);
    assert_int_equal(set->keys[2]->name[0], 1);
    assert_false(rsm_keyset_was_retired(set, old->name));
    assert_false(rsm_keyset_has(set, old)); /* the handle, not the name */
    assert_true(rsm_keyset_has(set, changed));
    assert_ptr_equal(rsm_keyset_find(set, old->name), changed);
    assert_int_equal(refs(old), 1);
    assert_int_equal(refs(changed), 1);
    resume_key_unref(old);
    rsm_keyset_unref(set);
}

/* Among generated keys only: first by the end of opening, then by the end of sealing. */
static void test_oldest_generated(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    resume_key *added = make_key(9, 90, 91, RSM_KEY_ADDED);
    resume_key *file = make_key(8, 80, 81, RSM_KEY_FILE);
    added->open_until = file->open_until = NOW;
    add(set, added);
    add(set, file);
    assert_int_equal(rsm_keyset_oldest_generated(set), RSM_KEYSET_MAX);
    resume_key *late = add(set, timed(1, NOW + 1, NOW, NOW + 5 * HOUR));
    assert_ptr_equal(set->keys[rsm_keyset_oldest_generated(set)], late);
    resume_key *second = add(set, timed(2, NOW + 2, NOW + 2 * HOUR, NOW + 4 * HOUR));
    resume_key *first = add(set, timed(3, NOW + 3, NOW + HOUR, NOW + 4 * HOUR));
    add(set, timed(4, NOW + 4, NOW + 3 * HOUR, NOW + 4 * HOUR));
    assert_ptr_equal(set->keys[rsm_keyset_oldest_generated(set)], first);
    rsm_keyset_remove(set, rsm_keyset_oldest_generated(set));
    assert_ptr_equal(set->keys[rsm_keyset_oldest_generated(set)], second);
    rsm_keyset_unref(set);
}

static void test_due(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    set->due_ms = NOW;
    set->before_ms = NOW - HOUR;
    assert_false(rsm_keyset_is_due(set, NOW - 1));
    assert_true(rsm_keyset_is_due(set, NOW));
    assert_false(rsm_keyset_is_due(set, NOW - HOUR));
    assert_true(rsm_keyset_is_due(set, NOW - HOUR - 1)); /* the clock was set back */
    rsm_keyset_unref(set);
}

/* I-67: a key that sealed as often as it may seals no more; an older one takes over. */
static void test_used_up(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    resume_key *older = add(set, make_key(1, 1, 2, RSM_KEY_ADDED));
    resume_key *newer = add(set, timed(2, NOW, NOW + HOUR, NEVER));
    older->seal_until = NEVER;
    rsm_key_add_seals(newer, 10);
    assert_ptr_equal(rsm_keyset_sealing(set, NOW), newer); /* no limit */
    assert_false(rsm_keyset_is_used_up(set, NOW));
    set->max_seals = 11;
    assert_ptr_equal(rsm_keyset_sealing(set, NOW), newer);
    assert_false(rsm_keyset_is_used_up(set, NOW));
    rsm_key_add_seals(newer, 1);
    assert_ptr_equal(rsm_keyset_sealing(set, NOW), older);
    assert_true(rsm_keyset_is_used_up(set, NOW));
    assert_false(rsm_keyset_is_used_up(set, NOW - 1)); /* not its time yet: no reason to rotate */
    assert_false(rsm_keyset_is_used_up(set, NOW + HOUR));
    rsm_keyset_remove(set, 0);
    rsm_key_add_seals(older, 11); /* the ring makes no other in place of a key of its user's */
    assert_null(rsm_keyset_sealing(set, NOW));
    assert_false(rsm_keyset_is_used_up(set, NOW));
    rsm_keyset_unref(set);
}

/* I-170: the snapshot keeps its keys, and each is freed with the last who has it. */
static void test_edits_do_not_reach_the_snapshot(void **state) {
    (void)state;
    struct rsm_keyset *snapshot = draft();
    resume_key *kept = add(snapshot, timed(1, NOW, NOW + HOUR, NEVER));
    resume_key *dropped = add(snapshot, timed(2, NOW + 1, NOW + HOUR, NEVER));
    add(snapshot, timed(3, NOW + 2, NOW + HOUR, NEVER));
    rsm_keyset_remove(snapshot, 0);
    snapshot->due_ms = 1;
    snapshot->before_ms = 2;
    snapshot->max_seals = 3;
    struct rsm_keyset *next = rsm_keyset_copy(snapshot);
    assert_non_null(next);
    assert_int_equal(next->due_ms, 1);
    assert_int_equal(next->before_ms, 2);
    assert_int_equal(next->max_seals, 3);
    assert_int_equal(next->count, 2);
    uint8_t third[RSM_KEY_NAME] = {3};
    assert_true(rsm_keyset_was_retired(next, third));
    assert_int_equal(refs(kept), 2);
    rsm_keyset_remove(next, 0);
    add(next, timed(4, NOW + 3, NOW + HOUR, NEVER));
    assert_int_equal(refs(dropped), 1);
    assert_ptr_equal(rsm_keyset_sealing(snapshot, NOW + 1), dropped);
    assert_int_equal(snapshot->count, 2);
    assert_false(rsm_keyset_was_retired(snapshot, dropped->name));
    assert_true(rsm_keyset_was_retired(next, dropped->name));
    assert_false(rsm_keyset_has(next, dropped));
    resume_key_ref(dropped);
    assert_null(rsm_keyset_unref(snapshot));
    assert_int_equal(refs(kept), 1);
    assert_int_equal(refs(dropped), 1);
    uint8_t secret[32];
    key_bytes(4, secret, sizeof secret); /* timed() makes key 2 of it */
    assert_memory_equal(resume_key_cipher_key(dropped, NULL), secret, sizeof secret);
    resume_key_unref(dropped);
    rsm_keyset_unref(next);
}

/* I-95: no memory, no copy, and no reference too many. */
static void test_no_memory(void **state) {
    (void)state;
    struct rsm_keyset *set = draft();
    resume_key *key = add(set, timed(1, NOW, NOW + HOUR, NEVER));
    rsm_alloc_fail_once(1);
    assert_null(rsm_keyset_copy(set));
    rsm_alloc_fail_once(0);
    assert_int_equal(refs(key), 1);
    rsm_keyset_unref(set);
}

/* I-173: taken and dropped by many threads, the last one wherever it is. */
static void *use(void *data) {
    struct rsm_keyset *set = data;
    resume_key *key = NULL;
    for (unsigned i = 0; i < TURNS; i++) {
        rsm_keyset_ref(set);
        key = rsm_keyset_sealing(set, NOW);
        rsm_keyset_unref(set);
    }
    bool good = key && key->name[0] == 1;
    rsm_keyset_unref(set);
    return good ? data : NULL;
}

static void test_threads_share_a_snapshot(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    struct rsm_keyset *set = draft();
    resume_key *key = resume_key_ref(add(set, timed(1, NOW, NOW + HOUR, NEVER)));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use, rsm_keyset_ref(set)), 0);
    }
    rsm_keyset_unref(set);
    for (size_t i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
    assert_int_equal(refs(key), 1); /* the set is gone, once */
    resume_key_unref(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_draft_is_empty),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_expire_several),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_retired_names),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_oldest_generated),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_used_up),
        cmocka_unit_test(test_edits_do_not_reach_the_snapshot),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_threads_share_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
