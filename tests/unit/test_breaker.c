/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The breaker: when it opens, who may probe, how its waits grow (I-108). Time is an argument.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/breaker.h"

#include "fork_fixture.h"

#include <pthread.h>

#define FIRST  100U
#define LATEST 800U

static int setup(void **state) {
    static struct rsm_breaker breaker;
    rsm_breaker_init(&breaker, 3, FIRST, LATEST);
    *state = &breaker;
    return 0;
}

static int teardown(void **state) {
    rsm_breaker_destroy(*state);
    return 0;
}

static void fail_once(struct rsm_breaker *b, uint64_t now) {
    assert_int_equal(rsm_breaker_ask(b, now), RSM_PASS_CALL);
    rsm_breaker_tell(b, RSM_PASS_CALL, false, now);
}

static void open_at(struct rsm_breaker *b, uint64_t now) {
    for (int i = 0; i < 3; i++) {
        fail_once(b, now);
    }
    assert_int_equal(b->state, RSM_BREAKER_OPEN);
}

static void test_only_failures_in_a_row_count(void **state) {
    struct rsm_breaker *b = *state;
    for (int i = 0; i < 20; i++) {
        fail_once(b, 1);
        fail_once(b, 1);
        rsm_breaker_tell(b, RSM_PASS_CALL, true, 1);
        assert_true(rsm_breaker_closed(b));
    }
    assert_int_equal(b->opens, 0);
    assert_int_equal(rsm_breaker_due(b), UINT64_MAX);
    open_at(b, 1000);
    assert_false(rsm_breaker_closed(b));
    assert_int_equal(b->opens, 1);
    assert_int_equal(rsm_breaker_due(b), 1000 + FIRST);
}

static void test_one_probe_at_a_time(void **state) {
    struct rsm_breaker *b = *state;
    open_at(b, 1000);
    assert_int_equal(rsm_breaker_ask(b, 1000 + FIRST - 1), RSM_PASS_NONE);
    assert_int_equal(rsm_breaker_ask(b, 1000 + FIRST), RSM_PASS_PROBE);
    assert_int_equal(b->state, RSM_BREAKER_HALF_OPEN);
    assert_int_equal(rsm_breaker_ask(b, 1000 + FIRST), RSM_PASS_NONE);
    rsm_breaker_tell(b, RSM_PASS_PROBE, true, 1200);
    assert_true(rsm_breaker_closed(b));
    assert_int_equal(rsm_breaker_ask(b, 1200), RSM_PASS_CALL);
    open_at(b, 1300); /* and begins from the shortest wait again */
    assert_int_equal(rsm_breaker_due(b), 1300 + FIRST);
    assert_int_equal(b->opens, 2);
}

static void test_waits_double_up_to_the_longest(void **state) {
    struct rsm_breaker *b = *state;
    const uint64_t waits[] = {200, 400, 800, 800, 800};
    open_at(b, 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        uint64_t now = rsm_breaker_due(b);
        assert_int_equal(rsm_breaker_ask(b, now), RSM_PASS_PROBE);
        rsm_breaker_tell(b, RSM_PASS_PROBE, false, now + 5);
        assert_int_equal(rsm_breaker_due(b), now + 5 + waits[i]);
    }
    assert_int_equal(b->opens, 1);
}

/* A probe whose caller never comes back does not keep it half open for ever. */
static void test_a_lost_probe_is_given_up(void **state) {
    struct rsm_breaker *b = *state;
    open_at(b, 0);
    assert_int_equal(rsm_breaker_ask(b, FIRST), RSM_PASS_PROBE);
    assert_int_equal(rsm_breaker_ask(b, FIRST + LATEST - 1), RSM_PASS_NONE);
    assert_int_equal(rsm_breaker_ask(b, FIRST + LATEST), RSM_PASS_PROBE);
}

/* What began before the opening says nothing about now. */
static void test_late_results_do_not_count(void **state) {
    struct rsm_breaker *b = *state;
    open_at(b, 0);
    uint64_t due = rsm_breaker_due(b);
    rsm_breaker_tell(b, RSM_PASS_CALL, false, 50);
    rsm_breaker_tell(b, RSM_PASS_CALL, true, 50);
    rsm_breaker_tell(b, RSM_PASS_NONE, true, 50);
    rsm_breaker_tell(b, RSM_PASS_PROBE, true, 50); /* nobody was given one */
    assert_int_equal(b->state, RSM_BREAKER_OPEN);
    assert_int_equal(rsm_breaker_due(b), due);
    assert_int_equal(b->opens, 1);
}

static void test_times_do_not_wrap(void **state) {
    struct rsm_breaker *b = *state;
    open_at(b, UINT64_MAX - 5);
    assert_int_equal(rsm_breaker_due(b), UINT64_MAX);
}

static struct rsm_breaker *parents;

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    rsm_breaker_forget(parents);
    buf[0] = rsm_breaker_closed(parents) && parents->opens == 0;
    for (int i = 0; i < 3; i++) {
        rsm_breaker_tell(parents, RSM_PASS_CALL, false, 0);
    }
    buf[1] = !rsm_breaker_closed(parents);
}

static void test_a_child_forgets(void **state) {
    uint8_t seen[2] = {0};
    parents = *state;
    open_at(parents, 0);
    rsm_lock_take(&parents->lock); /* as another thread of the parent held it */
    run_child(BY_LIBC, in_child, seen, sizeof seen);
    rsm_lock_release(&parents->lock);
    assert_memory_equal(seen, "\1\1", 2);
}

static void *ask_once(void *arg) {
    struct rsm_breaker *b = arg;
    return (void *)(uintptr_t)(rsm_breaker_ask(b, 5000) == RSM_PASS_PROBE);
}

static void test_one_of_many_threads_probes(void **state) {
    struct rsm_breaker *b = *state;
    open_at(b, 0);
    pthread_t threads[8];
    uintptr_t probes = 0;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_once, b), 0);
    }
    for (int i = 0; i < 8; i++) {
        void *got = NULL;
        pthread_join(threads[i], &got);
        probes += (uintptr_t)got;
    }
    assert_int_equal(probes, 1);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_only_failures_in_a_row_count),
        WITH(test_one_probe_at_a_time),
        WITH(test_waits_double_up_to_the_longest),
        WITH(test_a_lost_probe_is_given_up),
        WITH(test_late_results_do_not_count),
        WITH(test_times_do_not_wrap),
        WITH(test_a_child_forgets),
        WITH(test_one_of_many_threads_probes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
