/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two levels: what the first one may answer, what only the second may, and that threads which do
 * everything at once never see a record from before a change that has returned.
 */
#include "fork_fixture.h"
#include "store_fixture.h"
#include "tiered_fixture.h"

#include "base/clock.h"
#include "store/tiered.h"

#include <sched.h>

#define OK(call)  assert_int_equal((call), RESUME_OK)
#define TTL       60000U
#define LONG_US   20000000U
#define EXPIRES   (NOW + 300000U)
#define CROWD     16
#define ID_LEN    32U
#define RECORD    16U
#define LARGE_LEN 60000U

/* This host's store with its two levels, and the second one as another host has it. */
struct world {
    struct shelf shelf;
    resume_store *first;
    resume_store *second;
    resume_store *store;
};

static void open_store(struct world *w, uint64_t wait_us) {
    resume_store_unref(w->store);
    OK(rsm_tiered_new(w->first, w->second, TTL, wait_us, &w->store));
}

static int setup(void **state) {
    struct world *w = calloc(1, sizeof *w);
    if (!w) {
        return -1;
    }
    struct resume_backend backend = shelf_backend(&w->shelf);
    pthread_mutex_init(&w->shelf.lock, NULL);
    pthread_cond_init(&w->shelf.changed, NULL);
    w->first = make_store("memory:?bytes=1M");
    OK(resume_store_from_backend(&backend, NULL, &w->second));
    open_store(w, LONG_US);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    resume_store_unref(w->first);
    resume_store_unref(w->second);
    resume_store_unref(w->store);
    unsigned frees = atomic_load(&w->shelf.frees);
    pthread_mutex_destroy(&w->shelf.lock);
    pthread_cond_destroy(&w->shelf.changed);
    free(w);
    return frees == 1 ? 0 : -1;
}

static resume_status put(resume_store *store, uint8_t fill, uint64_t now_ms) {
    uint8_t data[RECORD];
    memset(data, fill, sizeof data);
    return resume_store_put_record(store, some_id, ID_LEN, data, sizeof data, EXPIRES, now_ms);
}

/* The byte that the record is filled with, or -1 if it was not found. */
static int found(resume_status status, const uint8_t *data, size_t len) {
    if (status != RESUME_OK) {
        return -1;
    }
    return len == RECORD && data[0] == data[RECORD - 1] ? data[0] : -2;
}

static int get(resume_store *store, uint64_t now_ms) {
    uint8_t data[64];
    size_t len = 0;
    resume_status status =
        resume_store_get_record(store, some_id, ID_LEN, now_ms, data, sizeof data, &len);
    return found(status, data, len);
}

static int take(resume_store *store) {
    uint8_t data[64];
    size_t len = 0;
    resume_status status =
        resume_store_take_record(store, some_id, ID_LEN, NOW, data, sizeof data, &len);
    return found(status, data, len);
}

static unsigned gets(const struct world *w) {
    return atomic_load(&w->shelf.gets);
}

/* ---- one after the other --------------------------------------------------------------------- */

/* I-78; and each hit is counted for the level that it came from. */
static void test_a_hit_fills_the_first_level(void **state) {
    struct world *w = *state;
    OK(put(w->second, 7, NOW));
    assert_int_equal(get(w->first, NOW), -1);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(get(w->store, NOW), 7);
        assert_int_equal(gets(w), 1);
    }
    assert_int_equal(get(w->first, NOW), 7);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_HITS), 4);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L2_HITS), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_HITS), 5);
    assert_int_equal(stat_of(w->store, RESUME_STORE_MISSES), 0);
}

static void test_misses_are_not_kept(void **state) {
    struct world *w = *state;
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(get(w->store, NOW), -1);
        assert_int_equal(gets(w), i);
    }
    OK(put(w->second, 8, NOW)); /* by another host */
    assert_int_equal(get(w->store, NOW), 8);
    assert_int_equal(stat_of(w->store, RESUME_STORE_MISSES), 3);
    assert_int_equal(stat_of(w->store, RESUME_STORE_SHARED), 0);
}

static void test_a_put_is_in_both(void **state) {
    struct world *w = *state;
    OK(put(w->store, 1, NOW));
    assert_int_equal(get(w->first, NOW), 1);
    assert_int_equal(get(w->second, NOW), 1);
    OK(put(w->store, 2, NOW));
    assert_int_equal(get(w->first, NOW), 2);
    assert_int_equal(get(w->second, NOW), 2);
    assert_int_equal(atomic_load(&w->shelf.puts), 2);
    assert_int_equal(stat_of(w->store, RESUME_STORE_PUTS), 2);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_ONLY), 0);
}

/* I-84: what was there already is told apart. */
static void test_exists_is_passed_on(void **state) {
    struct world *w = *state;
    w->shelf.answer = RESUME_EXISTS;
    assert_int_equal(put(w->store, 1, NOW), RESUME_EXISTS);
    assert_int_equal(get(w->first, NOW), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_ONLY), 0);
}

/* I-71, I-110: a copy lives as long as the record, however long copies may live. */
static void test_a_copy_expires_with_its_record(void **state) {
    struct world *w = *state;
    resume_store_unref(w->store);
    OK(rsm_tiered_new(w->first, w->second, UINT64_MAX, LONG_US, &w->store));
    OK(put(w->second, 3, NOW));
    assert_int_equal(get(w->store, NOW), 3);
    assert_int_equal(get(w->first, EXPIRES - 1), 3);
    assert_int_equal(get(w->store, EXPIRES - 1), 3);
    assert_int_equal(gets(w), 1);
    assert_int_equal(get(w->store, EXPIRES), -1);
    assert_int_equal(get(w->first, EXPIRES), -1);
}

/* What another host removed or replaced is seen when the copy's time is over. */
static void test_l1_ttl_bounds_how_old_a_copy_is(void **state) {
    struct world *w = *state;
    OK(put(w->store, 4, NOW));
    OK(put(w->second, 5, NOW + 1));
    assert_int_equal(get(w->store, NOW + TTL - 1), 4);
    assert_int_equal(get(w->store, NOW + TTL), 5); /* and is copied again */
    OK(resume_store_remove(w->second, some_id, ID_LEN));
    assert_int_equal(get(w->store, NOW + 2 * TTL - 1), 5);
    assert_int_equal(get(w->store, NOW + 2 * TTL), -1);
}

/* I-107: what the second level did not take serves this host, and single use is lost with it
 * (I-112), since nobody could decide who is first. */
static void test_a_failed_put_serves_this_host(void **state) {
    struct world *w = *state;
    w->shelf.answer = RESUME_E_IO;
    OK(put(w->store, 6, NOW));
    assert_int_equal(get(w->store, NOW), 6);
    assert_int_equal(get(w->store, NOW + TTL), -1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_ONLY), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_PUTS), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_ERRORS), 2);
    assert_int_equal(take(w->store), -1);
    w->shelf.answer = RESUME_OK;
    assert_int_equal(take(w->store), -1);
    assert_int_equal(get(w->store, NOW), -1);
}

static resume_status put_large(resume_store *store, uint64_t now_ms) {
    static uint8_t data[LARGE_LEN];
    memset(data, 9, sizeof data);
    return resume_store_put_record(store, some_id, ID_LEN, data, sizeof data, EXPIRES, now_ms);
}

/* I-90: what the first level cannot keep does not leave the older one there. */
static void test_too_large_for_the_first_level(void **state) {
    struct world *w = *state;
    uint8_t data[64];
    size_t len = 0;
    resume_store_unref(w->first);
    w->first = make_store("memory:?bytes=64K");
    open_store(w, LONG_US);
    OK(put(w->store, 1, NOW));
    OK(put_large(w->store, NOW));
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(resume_store_get_record(w->store, some_id, ID_LEN, NOW, data, 64, &len),
                     RESUME_E_BUFFER);
    assert_int_equal(len, LARGE_LEN);
    w->shelf.answer = RESUME_E_IO;
    assert_int_equal(put_large(w->store, NOW), RESUME_E_IO);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_ONLY), 0);
    assert_int_equal(stat_of(w->store, RESUME_STORE_REFUSED), 1);
}

/* A buffer that is too small takes nothing and keeps nothing from those with more room. */
static void test_large_records(void **state) {
    struct world *w = *state;
    static uint8_t data[LARGE_LEN];
    size_t len = 0;
    resume_store_unref(w->first);
    w->first = make_store("memory:?bytes=1M&shards=1");
    open_store(w, LONG_US);
    OK(put_large(w->second, NOW));
    for (unsigned i = 0; i < 2; i++) { /* out of the second level, and of the first */
        assert_int_equal(resume_store_get_record(w->store, some_id, ID_LEN, NOW, data, 64, &len),
                         RESUME_E_BUFFER);
        assert_int_equal(len, LARGE_LEN);
        OK(resume_store_get_record(w->store, some_id, ID_LEN, NOW, data, LARGE_LEN, &len));
        assert_int_equal(len, LARGE_LEN);
        assert_int_equal(data[LARGE_LEN - 1], 9);
    }
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_HITS), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L2_HITS), 1);
    assert_int_equal(resume_store_take_record(w->store, some_id, ID_LEN, NOW, data, 64, &len),
                     RESUME_E_BUFFER);
    OK(resume_store_take_record(w->store, some_id, ID_LEN, NOW, data, LARGE_LEN, &len));
    assert_int_equal(len, LARGE_LEN);
}

/* I-112: the first level never answers a take, and after it answers nothing. */
static void test_take_is_the_second_levels(void **state) {
    struct world *w = *state;
    OK(put(w->store, 1, NOW));
    assert_int_equal(take(w->store), 1);
    assert_int_equal(take(w->store), -1);
    assert_int_equal(get(w->store, NOW), -1);
    OK(put(w->store, 2, NOW));
    assert_int_equal(take(w->second), 2);    /* by another host, */
    assert_int_equal(get(w->store, NOW), 2); /* which this one may not have heard of, */
    assert_int_equal(take(w->store), -1);    /* but it loses */
    assert_int_equal(get(w->store, NOW), -1);
    OK(put(w->store, 3, NOW));
    w->shelf.answer = RESUME_E_IO;
    assert_int_equal(take(w->store), -1);
    assert_int_equal(get(w->store, NOW), -1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_REMOVES), 1);
}

static resume_status removal(struct world *w) {
    return resume_store_remove(w->store, some_id, ID_LEN);
}

/* I-85 */
static void test_remove_is_of_both(void **state) {
    struct world *w = *state;
    assert_int_equal(removal(w), RESUME_MISS);
    OK(put(w->store, 1, NOW));
    OK(removal(w));
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(get(w->second, NOW), -1);
    OK(put(w->first, 1, NOW)); /* as after a failed put */
    OK(removal(w));
    assert_int_equal(get(w->first, NOW), -1);
    OK(put(w->store, 1, NOW));
    w->shelf.answer = RESUME_E_IO;
    assert_int_equal(removal(w), RESUME_E_IO);
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(atomic_load(&w->shelf.removes), 4);
}

/* What the second level lacks is lacking. */
static void test_a_second_level_with_gaps(void **state) {
    struct world *w = *state;
    struct resume_backend backend = shelf_backend(&w->shelf);
    backend.put = NULL;
    backend.take = NULL;
    backend.remove = NULL;
    backend.free = NULL;
    resume_store *second = NULL;
    resume_store *store = NULL;
    OK(resume_store_from_backend(&backend, NULL, &second));
    OK(rsm_tiered_new(w->first, second, TTL, LONG_US, &store));
    OK(put(store, 1, NOW)); /* the first level's alone */
    assert_int_equal(stat_of(store, RESUME_STORE_L1_ONLY), 1);
    assert_int_equal(take(store), -1);
    OK(put(store, 1, NOW));
    assert_int_equal(resume_store_remove(store, some_id, ID_LEN), RESUME_UNSUPPORTED);
    assert_int_equal(get(w->first, NOW), -1);
    resume_store_unref(second);
    resume_store_unref(store);
}

static void test_sweep_is_of_both(void **state) {
    struct world *w = *state;
    OK(put(w->store, 1, NOW));
    OK(resume_store_sweep(w->store, NOW + TTL, SIZE_MAX));
    assert_int_equal(stat_of(w->first, RESUME_STORE_ENTRIES), 0);
    assert_int_equal(atomic_load(&w->shelf.sweeps), 1);
    w->shelf.answer = RESUME_E_IO;
    assert_int_equal(resume_store_sweep(w->store, NOW, 1), RESUME_E_IO);
}

/* Entries are the first level's, failures are both levels', calls are this store's. */
static void test_numbers(void **state) {
    struct world *w = *state;
    OK(put(w->store, 1, NOW));
    assert_int_equal(get(w->store, NOW), 1);
    for (int32_t which = RESUME_STORE_ENTRIES; which <= RESUME_STORE_CAPACITY_ENTRIES; which++) {
        assert_true(stat_of(w->store, which) > 0);
        assert_int_equal(stat_of(w->store, which), stat_of(w->first, which));
    }
    assert_int_equal(stat_of(w->store, RESUME_STORE_HITS), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_EXPIRED), 0);
    assert_int_equal(get(w->store, EXPIRES), -1); /* gone from both, each counts */
    assert_int_equal(stat_of(w->store, RESUME_STORE_EXPIRED), 2);
    assert_int_equal(stat_of(w->store, RESUME_STORE_BREAKER), 0);
}

static void test_sessions(void **state) {
    struct world *w = *state;
    resume_session *session = make_session(some_id, ID_LEN, 5, 0, true);
    resume_session *back = NULL;
    OK(resume_store_put(w->second, session, NOW));
    for (unsigned i = 0; i < 2; i++) {
        OK(resume_store_get(w->store, some_id, ID_LEN, NOW, &back));
        assert_true(resume_session_equal(session, back));
        resume_session_unref(back);
    }
    assert_int_equal(gets(w), 1);
    OK(resume_store_take(w->store, some_id, ID_LEN, NOW, &back));
    assert_true(resume_session_equal(session, back));
    resume_session_unref(back);
    resume_session_unref(session);
}

/* One that cannot tell when its records expire would have them copied for too long. */
static void test_memory_is_no_second_level(void **state) {
    struct world *w = *state;
    resume_store *store = NULL;
    assert_int_equal(rsm_tiered_new(w->first, w->first, TTL, LONG_US, &store), RESUME_E_INVALID);
    assert_int_equal(rsm_tiered_new(w->first, w->store, TTL, LONG_US, &store), RESUME_E_INVALID);
    assert_null(store);
}

/* ---- while a call of the second level is held back --------------------------------------------
 */

struct caller {
    pthread_t thread;
    struct world *w;
    int call;
    uint8_t fill;
    int got;
};

static void *make_call(void *arg) {
    struct caller *c = arg;
    switch (c->call) {
    case CALL_PUT:
        c->got = put(c->w->store, c->fill, NOW);
        break;
    case CALL_GET:
        c->got = get(c->w->store, NOW);
        break;
    case CALL_TAKE:
        c->got = take(c->w->store);
        break;
    default:
        c->got = resume_store_remove(c->w->store, some_id, ID_LEN);
        break;
    }
    return NULL;
}

static void start(struct world *w, struct caller *c, int call, uint8_t fill) {
    *c = (struct caller){.w = w, .call = call, .fill = fill};
    assert_int_equal(pthread_create(&c->thread, NULL, make_call, c), 0);
}

/* A thread that is inside a call of the second level when this returns. */
static void start_held(struct world *w, struct caller *c, int call, uint8_t fill) {
    shelf_hold_next(&w->shelf, call);
    start(w, c, call, fill);
    shelf_await_held(&w->shelf);
}

static int end(struct caller *c) {
    pthread_join(c->thread, NULL);
    return c->got;
}

static int release(struct world *w, struct caller *c) {
    shelf_let_go(&w->shelf);
    return end(c);
}

/* A look-up that has read the record is overtaken by a take: it may answer, being older, but
 * whoever asks after the take misses, before and after the look-up has returned. */
static void test_take_overtakes_a_look_up(void **state) {
    struct world *w = *state;
    struct caller getter;
    OK(put(w->second, 1, NOW));
    start_held(w, &getter, CALL_GET, 0);
    assert_int_equal(take(w->store), 1);
    assert_int_equal(get(w->store, NOW), -1);
    assert_int_equal(release(w, &getter), 1);
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(get(w->store, NOW), -1);
}

static void test_remove_overtakes_a_look_up(void **state) {
    struct world *w = *state;
    struct caller getter;
    OK(put(w->second, 1, NOW));
    start_held(w, &getter, CALL_GET, 0);
    OK(removal(w));
    assert_int_equal(get(w->store, NOW), -1);
    assert_int_equal(release(w, &getter), 1);
    assert_int_equal(get(w->store, NOW), -1);
}

static void test_put_overtakes_a_look_up(void **state) {
    struct world *w = *state;
    struct caller getter;
    OK(put(w->second, 1, NOW));
    start_held(w, &getter, CALL_GET, 0);
    OK(put(w->store, 2, NOW));
    assert_int_equal(get(w->store, NOW), 2);
    assert_int_equal(release(w, &getter), 1);
    assert_int_equal(get(w->store, NOW), 2);
    assert_int_equal(get(w->second, NOW), 2);
}

/* Nobody is given the first level's copy while the second level decides. */
static void test_the_first_level_is_cleared_first(void **state) {
    struct world *w = *state;
    for (int call = CALL_TAKE; call <= CALL_REMOVE; call++) {
        struct caller caller;
        OK(put(w->store, 1, NOW));
        start_held(w, &caller, call, 0);
        assert_int_equal(get(w->first, NOW), -1);
        assert_int_equal(release(w, &caller), call == CALL_TAKE ? 1 : RESUME_OK);
    }
}

/* What is copied while a take waits for the second level goes when it returns. */
static void test_a_copy_made_during_a_take(void **state) {
    struct world *w = *state;
    for (int call = CALL_TAKE; call <= CALL_REMOVE; call++) {
        struct caller caller;
        OK(put(w->second, 1, NOW));
        start_held(w, &caller, call, 0);
        assert_int_equal(get(w->store, NOW), 1);
        assert_int_equal(get(w->first, NOW), 1);
        assert_int_equal(release(w, &caller), call == CALL_TAKE ? 1 : RESUME_OK);
        assert_int_equal(get(w->first, NOW), -1);
        assert_int_equal(get(w->store, NOW), -1);
    }
}

/* A take that came while the put was under way: the record is the second level's alone. */
static void test_take_overtakes_a_put(void **state) {
    struct world *w = *state;
    struct caller putter;
    start_held(w, &putter, CALL_PUT, 2);
    assert_int_equal(take(w->store), -1);
    assert_int_equal(release(w, &putter), RESUME_OK);
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(take(w->store), 2);
}

/* Nobody knows here which of two puts the second level saw last, so it is asked. */
static void test_puts_that_overlap(void **state) {
    struct world *w = *state;
    struct caller putter;
    start_held(w, &putter, CALL_PUT, 1);
    OK(put(w->store, 2, NOW));
    assert_int_equal(get(w->store, NOW), 2);
    assert_int_equal(release(w, &putter), RESUME_OK);
    assert_int_equal(get(w->first, NOW), -1);
    assert_int_equal(get(w->store, NOW), 1);
}

static void await_shared(struct world *w, uint64_t count) {
    while (stat_of(w->store, RESUME_STORE_SHARED) < count) {
        sched_yield();
    }
}

/* The answer is for those who wait, also if it is none, and the second level was asked once. */
static void test_equal_misses_ask_once(void **state) {
    struct world *w = *state;
    for (unsigned round = 0; round < 2; round++) {
        struct caller callers[CROWD];
        int wanted = round == 0 ? -1 : 3;
        if (round == 1) {
            OK(put(w->second, 3, NOW));
        }
        start_held(w, &callers[0], CALL_GET, 0);
        for (size_t i = 1; i < CROWD; i++) {
            start(w, &callers[i], CALL_GET, 0);
        }
        await_shared(w, (round + 1U) * (CROWD - 1U));
        shelf_let_go(&w->shelf);
        for (size_t i = 0; i < CROWD; i++) {
            assert_int_equal(end(&callers[i]), wanted);
        }
        assert_int_equal(gets(w), round + 1U);
    }
    assert_int_equal(stat_of(w->store, RESUME_STORE_L2_HITS), CROWD);
    assert_int_equal(stat_of(w->store, RESUME_STORE_HITS), CROWD);
    assert_int_equal(stat_of(w->store, RESUME_STORE_MISSES), CROWD);
    assert_int_equal(get(w->first, NOW), 3);
}

/* One that missed the first level just before another filled it does not ask again. */
static void test_a_look_up_between_two_others(void **state) {
    struct world *w = *state;
    struct caller getter;
    struct shelf *near = calloc(1, sizeof *near);
    assert_non_null(near);
    pthread_mutex_init(&near->lock, NULL);
    pthread_cond_init(&near->changed, NULL);
    struct resume_backend backend = shelf_backend(near);
    resume_store_unref(w->first);
    OK(resume_store_from_backend(&backend, NULL, &w->first));
    open_store(w, LONG_US);
    OK(put(w->second, 4, NOW));
    shelf_hold_next(near, CALL_GET);
    start(w, &getter, CALL_GET, 0);
    shelf_await_held(near);
    assert_int_equal(get(w->store, NOW), 4);
    shelf_let_go(near);
    assert_int_equal(end(&getter), 4);
    assert_int_equal(gets(w), 1);
    assert_int_equal(stat_of(w->store, RESUME_STORE_L1_HITS), 1);
    w->store = resume_store_unref(w->store);
    w->first = resume_store_unref(w->first);
    assert_int_equal(atomic_load(&near->frees), 1);
    pthread_mutex_destroy(&near->lock);
    pthread_cond_destroy(&near->changed);
    free(near);
}

/* I-108: nobody waits longer for another thread than for the second level itself. */
static void test_waiting_for_another_ends(void **state) {
    struct world *w = *state;
    struct caller getter;
    resume_session *session = (void *)w;
    open_store(w, 20000);
    start_held(w, &getter, CALL_GET, 0);
    uint64_t began = rsm_clock_us();
    assert_int_equal(get(w->store, NOW), -1);
    assert_true(rsm_clock_us() - began >= 20000);
    assert_int_equal(rsm_store_find(w->store, false, some_id, ID_LEN, NOW, &session), RESUME_E_IO);
    assert_ptr_equal(session, w);
    assert_int_equal(stat_of(w->store, RESUME_STORE_TIMEOUTS), 2);
    assert_int_equal(gets(w), 1);
    assert_int_equal(release(w, &getter), -1);
}

/* I-171: whatever call is held back, no other call waits for it, for this ID or for any of its
 * stripe. */
static void test_no_lock_is_held_meanwhile(void **state) {
    struct world *w = *state;
    for (int call = CALL_PUT; call <= CALL_REMOVE; call++) {
        struct caller caller;
        uint8_t other[ID_LEN];
        uint8_t data[64];
        size_t len = 0;
        memcpy(other, some_id, sizeof other);
        other[30] ^= 0x55;
        other[31] ^= 0x55; /* the same sum */
        start_held(w, &caller, call, 1);
        OK(resume_store_put_record(w->store, other, ID_LEN, other, ID_LEN, EXPIRES, NOW));
        OK(resume_store_remove(w->first, other, ID_LEN));
        OK(resume_store_get_record(w->store, other, ID_LEN, NOW, data, 64, &len));
        OK(resume_store_take_record(w->store, other, ID_LEN, NOW, data, 64, &len));
        assert_int_equal(resume_store_remove(w->store, other, ID_LEN), RESUME_MISS);
        OK(put(w->store, 2, NOW));
        assert_int_equal(get(w->store, NOW), 2);
        assert_int_equal(take(w->store), 2);
        assert_int_equal(removal(w), RESUME_MISS);
        (void)release(w, &caller);
        (void)removal(w);
    }
}

/* ---- all at once ----------------------------------------------------------------------------- */

#define ROUNDS 400

struct racer {
    pthread_t thread;
    struct world *w;
    pthread_barrier_t *barrier;
    bool takes;
    unsigned won, stale;
};

static void *race(void *arg) {
    struct racer *r = arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(r->barrier);
        if (r->takes) {
            r->won += take(r->w->store) >= 0;
            r->stale += get(r->w->store, NOW) >= 0; /* after a take has returned */
        } else {
            (void)get(r->w->store, NOW);
        }
        pthread_barrier_wait(r->barrier);
    }
    return NULL;
}

/* I-87: of all that take one wins, and nobody whose take has returned sees the record again, with
 * look-ups that fill the first level all the while. */
static void test_one_taker_wins(void **state) {
    struct world *w = *state;
    static struct racer racers[CROWD];
    pthread_barrier_t barrier;
    unsigned won = 0;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, CROWD + 1), 0);
    for (unsigned i = 0; i < CROWD; i++) {
        racers[i] = (struct racer){.w = w, .barrier = &barrier, .takes = i % 2};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        OK(put(round % 2 ? w->store : w->second, 1, NOW));
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        assert_int_equal(get(w->first, NOW), -1);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        pthread_join(racers[i].thread, NULL);
        won += racers[i].won;
        assert_int_equal(racers[i].stale, 0);
    }
    assert_int_equal(won, ROUNDS);
    pthread_barrier_destroy(&barrier);
}

struct writer {
    pthread_t thread;
    struct world *w;
    atomic_bool *stop;
    unsigned seed, wrong;
};

static void *disturb(void *arg) {
    struct writer *d = arg;
    while (!atomic_load(d->stop)) {
        int got = rand_r(&d->seed) % 16 ? get(d->w->store, NOW) : take(d->w->store);
        d->wrong += got < -1;
    }
    return NULL;
}

/* One writer among readers and takers: what it reads after its own put is that put's record or
 * nothing, never an older one. */
static void test_no_older_record_comes_back(void **state) {
    struct world *w = *state;
    static struct writer others[7];
    atomic_bool stop = false;
    unsigned found_own = 0;
    for (unsigned i = 0; i < 7; i++) {
        others[i] = (struct writer){.w = w, .stop = &stop, .seed = i};
        assert_int_equal(pthread_create(&others[i].thread, NULL, disturb, &others[i]), 0);
    }
    for (unsigned round = 0; round < 4000; round++) {
        uint8_t fill = (uint8_t)round;
        resume_status status = put(w->store, fill, NOW);
        int got = get(w->store, NOW);
        assert_true(status == RESUME_OK && (got == -1 || got == fill));
        found_own += got == fill;
    }
    atomic_store(&stop, true);
    for (unsigned i = 0; i < 7; i++) {
        pthread_join(others[i].thread, NULL);
        assert_int_equal(others[i].wrong, 0);
    }
    assert_true(found_own > 0);
}

/* ---- forks ----------------------------------------------------------------------------------- */

static struct world *forked;

static void use_in_child(uint8_t *buf, size_t len) {
    (void)len;
    alarm(10);
    buf[0] = (uint8_t)get(forked->store, NOW);
    buf[1] = (uint8_t)take(forked->store);
    buf[2] = get(forked->store, NOW) == -1;
}

/* A child asks for itself what a thread of the parent is asking. */
static void test_children_ask_for_themselves(void **state) {
    struct caller getter;
    forked = *state;
    OK(put(forked->second, 5, NOW));
    start_held(forked, &getter, CALL_GET, 0);
    for (int way = BY_LIBC; way <= BY_CLONE; way++) {
        uint8_t answers[3] = {0};
        run_child(way, use_in_child, answers, sizeof answers);
        assert_memory_equal(answers, "\5\5\1", 3);
    }
    assert_int_equal(release(forked, &getter), 5);
    assert_int_equal(get(forked->store, NOW), 5);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_a_hit_fills_the_first_level),
        WITH(test_misses_are_not_kept),
        WITH(test_a_put_is_in_both),
        WITH(test_exists_is_passed_on),
        WITH(test_a_copy_expires_with_its_record),
        WITH(test_l1_ttl_bounds_how_old_a_copy_is),
        WITH(test_a_failed_put_serves_this_host),
        WITH(test_too_large_for_the_first_level),
        WITH(test_large_records),
        WITH(test_take_is_the_second_levels),
        WITH(test_remove_is_of_both),
        WITH(test_a_second_level_with_gaps),
        WITH(test_sweep_is_of_both),
        WITH(test_numbers),
        WITH(test_sessions),
        WITH(test_memory_is_no_second_level),
        WITH(test_take_overtakes_a_look_up),
        WITH(test_remove_overtakes_a_look_up),
        WITH(test_put_overtakes_a_look_up),
        WITH(test_the_first_level_is_cleared_first),
        WITH(test_a_copy_made_during_a_take),
        WITH(test_take_overtakes_a_put),
        WITH(test_puts_that_overlap),
        WITH(test_equal_misses_ask_once),
        WITH(test_a_look_up_between_two_others),
        WITH(test_waiting_for_another_ends),
        WITH(test_no_lock_is_held_meanwhile),
        WITH(test_one_taker_wins),
        WITH(test_no_older_record_comes_back),
        WITH(test_children_ask_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
