/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background thread: when it works, when it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/worker.h"

#include "base/clock.h"

#include <time.h>

static struct rsm_worker worker;
static atomic_int rounds;
static atomic_int entered;
static atomic_int left;
static atomic_uint_fast64_t due; /* what a round answers, from its time on; 0: never */
static atomic_int slow_ms;

static void sleep_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static uint64_t work(void *arg) {
    (void)arg;
    sleep_ms(atomic_load(&slow_ms));
    atomic_fetch_add(&rounds, 1);
    uint64_t wait = atomic_load(&due);
    return wait ? rsm_clock_us() + wait : UINT64_MAX;
}

static void enter(void *arg) {
    (void)arg;
    atomic_fetch_add(&entered, 1);
}

static void leave(void *arg) {
    (void)arg;
    atomic_fetch_add(&left, 1);
}

static int setup(void **state) {
    (void)state;
    atomic_store(&rounds, 0);
    atomic_store(&entered, 0);
    atomic_store(&left, 0);
    atomic_store(&due, 0);
    atomic_store(&slow_ms, 0);
    rsm_worker_init(&worker, work, enter, leave, NULL);
    return 0;
}

static void wait_for(atomic_int *number, int least) {
    for (int i = 0; atomic_load(number) < least; i++) {
        assert_true(i < 20000);
        sleep_ms(1);
    }
}

static int teardown(void **state) {
    (void)state;
    rsm_worker_stop(&worker, rsm_clock_us() + 20000000);
    wait_for(&left, atomic_load(&entered)); /* its very last act */
    rsm_worker_destroy(&worker);
    return 0;
}

static void test_lazy_and_woken(void **state) {
    (void)state;
    sleep_ms(5);
    assert_int_equal(atomic_load(&entered), 0);
    for (int i = 1; i <= 20; i++) {
        assert_true(rsm_worker_wake(&worker));
        wait_for(&rounds, i);
    }
    assert_int_equal(atomic_load(&entered), 1);
    int before = atomic_load(&rounds);
    sleep_ms(30);
    assert_int_equal(atomic_load(&rounds), before); /* nothing to do: no rounds */
}

static void test_nudged(void **state) {
    (void)state;
    for (int i = 1; i <= 20; i++) {
        assert_true(rsm_worker_nudge(&worker));
        wait_for(&rounds, i);
    }
}

/* Long after the last work it sleeps until it is woken. */
static void test_nudged_from_deep_sleep(void **state) {
    (void)state;
    assert_true(rsm_worker_nudge(&worker));
    wait_for(&rounds, 1);
    sleep_ms(2300);
    int before = atomic_load(&rounds);
    assert_true(rsm_worker_nudge(&worker));
    wait_for(&rounds, before + 1);
}

static void test_called_again_when_due(void **state) {
    (void)state;
    atomic_store(&due, 3000);
    assert_true(rsm_worker_wake(&worker));
    wait_for(&rounds, 5);
}

static void test_ends_after_one_more_round(void **state) {
    (void)state;
    assert_true(rsm_worker_wake(&worker));
    wait_for(&rounds, 1);
    rsm_worker_stop(&worker, rsm_clock_us() + 20000000);
    assert_false(atomic_load(&worker.running));
    assert_int_equal(atomic_load(&rounds), 2);
}

/* Stopping waits no longer than it is told to; the thread ends by itself. */
static void test_stop_is_bounded(void **state) {
    (void)state;
    atomic_store(&slow_ms, 300);
    assert_true(rsm_worker_wake(&worker));
    sleep_ms(50);
    uint64_t begin = rsm_clock_us();
    rsm_worker_stop(&worker, begin + 20000);
    assert_true(rsm_clock_us() - begin < 250000);
    assert_int_equal(atomic_load(&left), 0);
    wait_for(&left, 1);
}

static void *pester(void *arg) {
    (void)arg;
    for (int i = 0; i < 20000; i++) {
        (void)(i % 2 ? rsm_worker_wake(&worker) : rsm_worker_nudge(&worker));
    }
    return NULL;
}

/* No wake is lost: after the last one there is a round. */
static void test_many_threads_wake(void **state) {
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, pester, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&entered), 1);
    for (int i = 0; i < 500; i++) {
        int before = atomic_load(&rounds);
        assert_true(rsm_worker_wake(&worker));
        wait_for(&rounds, before + 1);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_lazy_and_woken),
        WITH(test_nudged),
        WITH(test_nudged_from_deep_sleep),
        WITH(test_called_again_when_due),
        WITH(test_ends_after_one_more_round),
        WITH(test_stop_is_bounded),
        WITH(test_many_threads_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
