/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: one thread each while they last, used again when a thread ends, and nothing lost in the
 * lane that the others share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/lane.h"

#include <pthread.h>
#include <stdbool.h>

enum { MANY = RSM_LANES + 8, ADDS = 10000 };

static atomic_uint_fast64_t cells[RSM_LANES + 1];
static pthread_barrier_t all_have, all_done;

struct worker {
    pthread_t thread;
    unsigned lane;
    bool steady; /* it was the same at each look */
};

static void *hold(void *data) {
    struct worker *worker = data;
    worker->lane = rsm_lane();
    pthread_barrier_wait(&all_have);
    worker->steady = true;
    for (unsigned i = 0; i < ADDS; i++) {
        worker->steady &= rsm_lane() == worker->lane;
        rsm_lane_add(&cells[rsm_lane()], rsm_lane(), 3);
    }
    pthread_barrier_wait(&all_done);
    return NULL;
}

static void run(struct worker *workers, unsigned count) {
    pthread_barrier_init(&all_have, NULL, count);
    pthread_barrier_init(&all_done, NULL, count);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, hold, &workers[i]), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    pthread_barrier_destroy(&all_have);
    pthread_barrier_destroy(&all_done);
}

/* How many threads had each lane. */
static void count(const struct worker *workers, unsigned many, unsigned had[RSM_LANES + 1]) {
    for (unsigned i = 0; i < many; i++) {
        assert_true(workers[i].steady);
        assert_in_range(workers[i].lane, 0, RSM_LANE_SHARED);
        had[workers[i].lane]++;
    }
}

/* With the lane of this thread all 64 are taken by one thread each, and the rest share the last.
 * Twice: the lanes of threads that ended are free again. */
static void test_more_threads_than_lanes(void **state) {
    (void)state;
    unsigned mine = rsm_lane();
    assert_in_range(mine, 0, RSM_LANES - 1);
    for (int turn = 0; turn < 2; turn++) {
        struct worker workers[MANY];
        unsigned had[RSM_LANES + 1] = {0};
        run(workers, MANY);
        count(workers, MANY, had);
        for (unsigned lane = 0; lane < RSM_LANES; lane++) {
            assert_int_equal(had[lane], lane != mine);
        }
        assert_int_equal(had[RSM_LANE_SHARED], MANY - (RSM_LANES - 1));
        assert_int_equal(rsm_lane(), mine);
    }
}

/* I-168: no addition is lost, neither in a lane of one's own nor in the shared one. */
static void test_nothing_is_lost(void **state) {
    (void)state;
    struct worker workers[MANY];
    unsigned had[RSM_LANES + 1] = {0};
    for (unsigned lane = 0; lane <= RSM_LANES; lane++) {
        atomic_store(&cells[lane], 0);
    }
    run(workers, MANY);
    count(workers, MANY, had);
    for (unsigned lane = 0; lane <= RSM_LANES; lane++) {
        assert_int_equal(atomic_load(&cells[lane]), UINT64_C(3) * ADDS * had[lane]);
    }
}

static void *take(void *data) {
    *(unsigned *)data = rsm_lane();
    return NULL;
}

/* One after the other: each gets the lane that the one before gave back. */
static void test_lanes_come_back(void **state) {
    (void)state;
    unsigned mine = rsm_lane();
    unsigned first = RSM_LANE_SHARED;
    for (unsigned i = 0; i < 4 * RSM_LANES; i++) {
        pthread_t thread;
        unsigned lane = RSM_LANE_SHARED;
        assert_int_equal(pthread_create(&thread, NULL, take, &lane), 0);
        pthread_join(thread, NULL);
        first = i ? first : lane;
        assert_int_not_equal(lane, mine);
        assert_int_equal(lane, first);
    }
    assert_int_not_equal(first, RSM_LANE_SHARED);
}

/* A destructor of somebody else's that runs after the lane was given back, perhaps to another. */
static pthread_key_t last_words;
static unsigned late_lane;

static void speak(void *value) {
    if (value == &last_words) { /* the first round of destructors; the lane's own is in it too */
        pthread_setspecific(last_words, &late_lane);
        return;
    }
    late_lane = rsm_lane();
}

static void *die_slowly(void *data) {
    pthread_setspecific(last_words, &last_words);
    *(unsigned *)data = rsm_lane();
    return NULL;
}

static void test_after_its_end_a_thread_shares(void **state) {
    (void)state;
    pthread_t thread;
    unsigned lane = RSM_LANE_SHARED;
    late_lane = 0;
    assert_int_equal(pthread_key_create(&last_words, speak), 0);
    assert_int_equal(pthread_create(&thread, NULL, die_slowly, &lane), 0);
    pthread_join(thread, NULL);
    assert_int_not_equal(lane, RSM_LANE_SHARED);
    assert_int_equal(late_lane, RSM_LANE_SHARED);
    pthread_key_delete(last_words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_threads_than_lanes),
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_lanes_come_back),
        cmocka_unit_test(test_after_its_end_a_thread_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
