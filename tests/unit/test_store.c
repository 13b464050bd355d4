/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls on a store, over memory:: sessions in and out, answers, counters, contracts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdatomic.h>

/* I-78: the same session, twice the same. I-92: a copy; the one put may be gone by then. */
static void test_session_round_trip(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *original = make_session(some_id, 32, 7, 0, true);
    resume_session *copy = make_session(some_id, 32, 7, 0, true);
    assert_int_equal(resume_store_put(store, original, NOW), RESUME_OK);
    assert_null(resume_session_unref(original));
    for (int twice = 0; twice < 2; twice++) {
        resume_session *found = NULL;
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
        assert_true(resume_session_equal(found, copy));
        resume_session_unref(found);
    }
    resume_session_unref(copy);
    resume_store_unref(store);
}

/* I-84: the same again is told apart from a new one under the same ID, which replaces it. */
static void test_exists_and_replace(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *first = make_session(some_id, 32, 7, 0, true);
    resume_session *second = make_session(some_id, 32, 8, 0, true);
    resume_session *found = NULL;
    assert_int_equal(resume_store_put(store, first, NOW), RESUME_OK);
    assert_int_equal(resume_store_put(store, first, NOW), RESUME_EXISTS);
    assert_int_equal(resume_store_put(store, second, NOW), RESUME_OK);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 1);
    assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
    assert_true(resume_session_equal(found, second));
    resume_session_unref(found);
    resume_session_unref(first);
    resume_session_unref(second);
    resume_store_unref(store);
}

/* I-80, I-81: without an ID it could not be found, not resumable it is no use: neither enters. */
static void test_what_does_not_enter(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *nameless = make_session(NULL, 0, 7, 0, true);
    resume_session *spent = make_session(some_id, 32, 7, 0, false);
    resume_session *good = make_session(some_id, 32, 7, 0, true);
    assert_int_equal(resume_store_put(store, nameless, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_store_put(store, spent, NOW), RESUME_UNSUPPORTED);
    assert_int_equal(resume_store_put(store, good, NOW + LIFETIME * 1000), RESUME_EXPIRED);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 0);
    assert_int_equal(stat_of(store, RESUME_STORE_REFUSED), 2);
    resume_session_unref(nameless);
    resume_session_unref(spent);
    resume_session_unref(good);
    resume_store_unref(store);
}

/* I-71, I-83: there until its last millisecond, then expired, then not even that. */
static void test_expiry_of_a_session(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *session = make_session(some_id, 32, 7, 0, true);
    resume_session *found = NULL;
    uint64_t end = NOW + LIFETIME * 1000;
    assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
    assert_int_equal(resume_store_get(store, some_id, 32, end - 1, &found), RESUME_OK);
    found = resume_session_unref(found);
    assert_int_equal(resume_store_get(store, some_id, 32, end, &found), RESUME_EXPIRED);
    assert_int_equal(resume_store_get(store, some_id, 32, end, &found), RESUME_MISS);
    assert_null(found);
    assert_int_equal(stat_of(store, RESUME_STORE_EXPIRED), 1);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 0);
    resume_session_unref(session);
    resume_store_unref(store);
}

/* I-90: long sessions come out whole, too long ones do not go in. */
static void test_long_sessions(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    for (size_t size = 1500; size <= 60000; size += 4500) {
        resume_session *session = make_session(some_id, 32, 7, size, true);
        resume_session *found = NULL;
        assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
        assert_true(resume_session_equal(found, session));
        found = resume_session_unref(found);
        assert_int_equal(resume_store_take(store, some_id, 32, NOW, &found), RESUME_OK);
        assert_true(resume_session_equal(found, session));
        resume_session_unref(found);
        resume_session_unref(session);
    }
    resume_store *small = make_store("memory:?bytes=64K");
    resume_session *session = make_session(some_id, 32, 7, 60000, true);
    assert_int_equal(resume_store_put(small, session, NOW), RESUME_TOO_LARGE);
    static uint8_t record[RESUME_RECORD_MAX + 1];
    assert_int_equal(
        resume_store_put_record(store, some_id, 32, record, RESUME_RECORD_MAX, NOW + 1, NOW),
        RESUME_OK);
    assert_int_equal(
        resume_store_put_record(store, some_id, 32, record, sizeof record, NOW + 1, NOW),
        RESUME_TOO_LARGE);
    resume_session_unref(session);
    resume_store_unref(small);
    resume_store_unref(store);
}

/* What lies under an ID and is no session of that ID is a miss and counted, never an error. */
static void test_spoilt_records_are_misses(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *other = make_session((const uint8_t *)"other", 5, 7, 0, true);
    resume_session *found = NULL;
    const uint8_t *native = NULL;
    size_t len = 0;
    assert_int_equal(resume_session_to_native(other, &native, &len), RESUME_OK);
    const struct {
        const uint8_t *data;
        size_t len;
    } spoilt[] = {{(const uint8_t *)"rubbish", 7}, {native, len - 1}, {native, len}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(resume_store_put_record(store, some_id, 32, spoilt[i].data, spoilt[i].len,
                                                 NOW + 1, NOW),
                         RESUME_OK);
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
        assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), i + 1);
    }
    assert_null(found);
    resume_session_unref(other);
    resume_store_unref(store);
}

/* I-88: every call is counted once, as what it was. */
static void test_counters(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    uint8_t buf[16];
    size_t len = 77;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 9, NOW + 9, NOW),
                         i ? RESUME_EXISTS : RESUME_OK);
    }
    assert_int_equal(resume_store_get_record(store, some_id, 31, NOW, buf, 16, &len), RESUME_MISS);
    assert_int_equal(len, 77);
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW, buf, 8, &len),
                     RESUME_E_BUFFER);
    assert_int_equal(len, 9);
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW, buf, 16, &len), RESUME_OK);
    assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, 16, &len), RESUME_OK);
    assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, 16, &len), RESUME_MISS);
    assert_int_equal(resume_store_remove(store, some_id, 32), RESUME_MISS);
    assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 9, NOW + 9, NOW),
                     RESUME_OK);
    assert_int_equal(resume_store_sweep(store, NOW + 9, 100), RESUME_OK);
    const uint64_t wanted[RESUME_STORE_STAT_COUNT] = {
        [RESUME_STORE_CAPACITY_BYTES] = stat_of(store, RESUME_STORE_CAPACITY_BYTES),
        [RESUME_STORE_CAPACITY_ENTRIES] = stat_of(store, RESUME_STORE_CAPACITY_ENTRIES),
        [RESUME_STORE_HITS] = 2,
        [RESUME_STORE_MISSES] = 2,
        [RESUME_STORE_PUTS] = 2,
        [RESUME_STORE_EXPIRED] = 1,
        [RESUME_STORE_REMOVES] = 1,
        [RESUME_STORE_REFUSED] = 2,
    };
    for (int32_t which = 0; which < RESUME_STORE_STAT_COUNT; which++) {
        assert_int_equal(stat_of(store, which), wanted[which]);
    }
    resume_store_unref(store);
}

/* Broken contracts are refused and change nothing (I-91). */
static void test_contracts(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *found = NULL;
    uint8_t buf[16];
    uint8_t id[33] = {1};
    uint64_t value = 5;
    size_t len = 5;
    assert_int_equal(resume_store_put(store, NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_store_get(store, id, 0, NOW, &found), RESUME_E_INVALID);
    assert_int_equal(resume_store_get(store, id, 33, NOW, &found), RESUME_E_INVALID);
    assert_int_equal(resume_store_take(store, NULL, 32, NOW, &found), RESUME_E_INVALID);
    assert_int_equal(resume_store_remove(store, id, 33), RESUME_E_INVALID);
    assert_int_equal(resume_store_put_record(store, id, 32, id, 0, NOW + 1, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_store_put_record(store, id, 33, id, 1, NOW + 1, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW, buf, 16, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_store_take_record(store, id, 32, NOW, NULL, 16, &len),
                     RESUME_E_INVALID);
    assert_int_equal(resume_store_stats(store, -1, &value), RESUME_E_INVALID);
    assert_int_equal(resume_store_stats(store, RESUME_STORE_STAT_COUNT, &value), RESUME_E_INVALID);
    assert_int_equal(value, 5);
    assert_int_equal(len, 5);
    assert_null(found);
    assert_null(resume_store_ref(NULL));
    assert_null(resume_store_unref(NULL));
    assert_int_equal(stat_of(store, RESUME_STORE_MISSES), 0);
    resume_store_unref(store);
}

/* I-95: no memory for the session that is built: a clean failure, and the store is as before. */
static void test_no_memory_for_the_answer(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M");
    resume_session *sessions[] = {make_session(some_id, 32, 7, 0, true),
                                  make_session(some_id, 32, 7, 9000, true)};
    for (size_t i = 0; i < 2; i++) {
        resume_session *found = NULL;
        assert_int_equal(resume_store_put(store, sessions[i], NOW), RESUME_OK);
        rsm_alloc_fail_from(1);
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_E_NOMEM);
        rsm_alloc_fail_from(0);
        assert_null(found);
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
        resume_session_unref(found);
        resume_session_unref(sessions[i]);
    }
    resume_store_unref(store);
}

/* I-87 for sessions, I-173: each thread drops its own reference; the last one frees. */
struct racer {
    resume_store *store;
    atomic_uint *wins;
};

static void *race(void *arg) {
    struct racer *racer = arg;
    for (uint8_t n = 0; n < 200; n++) {
        uint8_t id[32] = {n, 1};
        resume_session *found = NULL;
        if (resume_store_take(racer->store, id, 32, NOW, &found) == RESUME_OK) {
            atomic_fetch_add(&racer->wins[n], 1);
        }
        resume_session_unref(found);
    }
    resume_store_unref(racer->store);
    return NULL;
}

static void test_one_take_wins_and_last_unref_frees(void **state) {
    (void)state;
    static atomic_uint wins[200];
    resume_store *store = make_store("memory:?bytes=1M");
    struct racer racers[4];
    pthread_t threads[4];
    for (uint8_t n = 0; n < 200; n++) {
        uint8_t id[32] = {n, 1};
        resume_session *session = make_session(id, 32, 7, 0, true);
        assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
        resume_session_unref(session);
    }
    for (int i = 0; i < 4; i++) {
        racers[i] = (struct racer){resume_store_ref(store), wins};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    resume_store_unref(store);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int n = 0; n < 200; n++) {
        assert_int_equal(atomic_load(&wins[n]), 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_round_trip),
        cmocka_unit_test(test_exists_and_replace),
        cmocka_unit_test(test_what_does_not_enter),
        cmocka_unit_test(test_expiry_of_a_session),
        cmocka_unit_test(test_long_sessions),
        cmocka_unit_test(test_spoilt_records_are_misses),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_contracts),
        cmocka_unit_test(test_no_memory_for_the_answer),
        cmocka_unit_test(test_one_take_wins_and_last_unref_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
