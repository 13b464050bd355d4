/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: how many, which one is used again and which never (I-109), and what a child does
 * with its parent's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/pool.h"

#include "base/clock.h"

#include "fork_fixture.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

struct fake {
    int number;
    bool dead;
    bool closed;
};

static struct fake fakes[100000];
static atomic_int made;
static atomic_int closed;
static int abandoned_whole;
static int abandoned_torn;
static enum rsm_answer answer;

static enum rsm_answer fake_connect(void *arg, uint64_t deadline_us, void **ret_connection) {
    assert_ptr_equal(arg, fakes);
    assert_true(deadline_us > 0);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    int number = atomic_fetch_add(&made, 1);
    fakes[number] = (struct fake){.number = number};
    *ret_connection = &fakes[number];
    return RSM_ANSWER_OK;
}

static bool fake_alive(void *connection) {
    return !((struct fake *)connection)->dead;
}

static void fake_close(void *connection) {
    struct fake *fake = connection;
    assert_false(fake->closed);
    fake->closed = true;
    atomic_fetch_add(&closed, 1);
}

static void fake_abandon(void *connection, bool whole) {
    assert_false(((struct fake *)connection)->closed);
    abandoned_whole += whole;
    abandoned_torn += !whole;
}

static const struct rsm_pool_ops ops = {
    .connect = fake_connect, .alive = fake_alive, .close = fake_close, .abandon = fake_abandon};
static struct rsm_pool pool;

static int setup(void **state) {
    (void)state;
    made = 0;
    closed = 0;
    abandoned_whole = 0;
    abandoned_torn = 0;
    answer = RSM_ANSWER_OK;
    rsm_pool_init(&pool, &ops, fakes, 2);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    rsm_pool_destroy(&pool);
    return 0;
}

static struct rsm_pool_slot *take(bool background) {
    struct rsm_pool_slot *slot = NULL;
    assert_int_equal(rsm_pool_take(&pool, background, rsm_clock_us() + 5000, &slot), RSM_ANSWER_OK);
    return slot;
}

static int number_of(struct rsm_pool_slot *slot) {
    return ((struct fake *)rsm_pool_connection(slot))->number;
}

static void test_used_again_and_bounded(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct rsm_pool_slot *slot = take(false);
        assert_int_equal(number_of(slot), 0);
        rsm_pool_give(&pool, slot, true);
    }
    struct rsm_pool_slot *first = take(false);
    struct rsm_pool_slot *second = take(false);
    struct rsm_pool_slot *third = NULL;
    assert_int_equal(number_of(second), 1);
    uint64_t begin = rsm_clock_us();
    assert_int_equal(rsm_pool_take(&pool, false, begin + 20000, &third), RSM_ANSWER_FULL);
    assert_true(rsm_clock_us() - begin >= 19900);
    assert_null(third);
    struct rsm_pool_slot *background = take(true); /* has a place of its own */
    assert_int_equal(number_of(background), 2);
    assert_int_equal(rsm_pool_count(&pool), 3);
    rsm_pool_give(&pool, first, true);
    rsm_pool_give(&pool, background, true);
    assert_ptr_equal(take(false), first);
    assert_int_equal(number_of(take(true)), 2);
    assert_int_equal(closed, 0);
}

/* I-109: one that a question went wrong on, and one that has something to say, is not used again.
 */
static void test_never_again(void **state) {
    (void)state;
    struct rsm_pool_slot *slot = take(false);
    rsm_pool_give(&pool, slot, false);
    assert_true(fakes[0].closed);
    assert_int_equal(rsm_pool_count(&pool), 0);
    slot = take(false);
    assert_int_equal(number_of(slot), 1);
    rsm_pool_give(&pool, slot, true);
    fakes[1].dead = true;
    slot = take(false);
    assert_int_equal(number_of(slot), 2);
    assert_true(fakes[1].closed);
    rsm_pool_give(&pool, slot, true);
}

static void test_failures_leave_the_place_free(void **state) {
    (void)state;
    struct rsm_pool_slot *slot = NULL;
    const enum rsm_answer answers[] = {RSM_ANSWER_UNREACHABLE, RSM_ANSWER_TIMEOUT,
                                       RSM_ANSWER_REFUSED, RSM_ANSWER_NOMEM};
    for (size_t i = 0; i < 4; i++) {
        answer = answers[i];
        assert_int_equal(rsm_pool_take(&pool, false, rsm_clock_us() + 1000, &slot), answers[i]);
        assert_null(slot);
        assert_int_equal(rsm_pool_count(&pool), 0);
    }
    answer = RSM_ANSWER_OK;
    take(false);
    take(false);
}

static void *give_later(void *arg) {
    struct timespec t = {.tv_nsec = 20000000};
    nanosleep(&t, NULL);
    rsm_pool_give(&pool, arg, false);
    return NULL;
}

static void test_waiting_for_one(void **state) {
    (void)state;
    pthread_t thread;
    struct rsm_pool_slot *first = take(false);
    struct rsm_pool_slot *third = NULL;
    take(false);
    assert_int_equal(pthread_create(&thread, NULL, give_later, first), 0);
    assert_int_equal(rsm_pool_take(&pool, false, rsm_clock_us() + 10000000, &third), RSM_ANSWER_OK);
    assert_int_equal(number_of(third), 2);
    pthread_join(thread, NULL);
}

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    rsm_pool_forget(&pool);
    buf[0] = (uint8_t)abandoned_whole;
    buf[1] = (uint8_t)abandoned_torn;
    buf[2] = (uint8_t)rsm_pool_count(&pool);
    buf[3] = (uint8_t)number_of(take(false));
    buf[4] = (uint8_t)number_of(take(false));
}

static void test_a_child_gives_up_its_parents(void **state) {
    (void)state;
    uint8_t seen[5] = {9, 9, 9, 9, 9};
    const uint8_t wanted[5] = {1, 1, 0, 2, 3};
    struct rsm_pool_slot *idle = take(false);
    (void)take(false); /* in use */
    rsm_pool_give(&pool, idle, true);
    rsm_lock_take(&pool.lock); /* as another thread of the parent held it */
    run_child(BY_LIBC, in_child, seen, sizeof seen);
    rsm_lock_release(&pool.lock);
    assert_memory_equal(seen, wanted, sizeof wanted);
}

static atomic_int holders[100000];

static void *use(void *arg) {
    (void)arg;
    for (int i = 0; i < 5000; i++) {
        struct rsm_pool_slot *slot = NULL;
        if (rsm_pool_take(&pool, false, rsm_clock_us() + 60000000, &slot) != RSM_ANSWER_OK) {
            return (void *)1;
        }
        int number = number_of(slot);
        if (atomic_fetch_add(&holders[number], 1) != 0) {
            return (void *)2;
        }
        atomic_fetch_sub(&holders[number], 1);
        rsm_pool_give(&pool, slot, i % 7 != 0);
    }
    return NULL;
}

static void test_one_user_at_a_time(void **state) {
    (void)state;
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, use, NULL), 0);
    }
    for (int i = 0; i < 6; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(made - closed, (int)rsm_pool_count(&pool));
    assert_true(rsm_pool_count(&pool) <= 2);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_used_again_and_bounded),        WITH(test_never_again),
        WITH(test_failures_leave_the_place_free), WITH(test_waiting_for_one),
        WITH(test_a_child_gives_up_its_parents),  WITH(test_one_user_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
