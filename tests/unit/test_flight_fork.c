/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is under way in a forked child: nobody, and no lock is held, whatever the parent's threads
 * were at.
 */
#include "fork_fixture.h"
#include "thread_fork.h"

#include "base/clock.h"
#include "store/flight.h"

#include <pthread.h>
#include <sched.h>

#define LONG_US 20000000U

static const uint8_t id[32] = {1, 2, 3};
static const uint8_t data[] = "what was found";

static struct rsm_flights flights;
static struct rsm_flight in_parent;
static struct rsm_flight_seat waiting; /* of a thread of the parent's, for in_parent */

static enum rsm_flight_turn ask(struct rsm_flight *flight, struct rsm_flight_seat *seat) {
    return rsm_flight_ask(&flights, flight, id, sizeof id, seat, rsm_clock_us() + LONG_US);
}

static bool is_current(const struct rsm_flight *flight) {
    RSM_LOCKED(rsm_flight_lock(&flights, id, sizeof id));
    return rsm_flight_current(flight);
}

static void use_in_child(uint8_t *buf, size_t len) {
    struct rsm_flight flight;
    struct rsm_flight_seat seat = {0};
    (void)len;
    alarm(10); /* rather than to wait for who is not here */
    buf[0] = ask(&flight, &seat) == RSM_FLIGHT_LEADS;
    buf[1] = is_current(&flight);
    buf[2] = !is_current(&in_parent);
    rsm_flight_land(&in_parent, RESUME_OK, data, sizeof data); /* as if the slow store had forked */
    buf[4] = waiting.state == RSM_SEAT_WAITS;
    rsm_flight_land(&flight, RESUME_MISS, NULL, 0);
    buf[3] = ask(&flight, &seat) == RSM_FLIGHT_LEADS;
    rsm_flight_land(&flight, RESUME_MISS, NULL, 0);
    rsm_flights_destroy(&flights);
}

static void *hold_lock(void *arg) {
    pthread_barrier_t *barrier = arg;
    RSM_LOCKED(rsm_flight_lock(&flights, id, sizeof id));
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static void *wait_for_answer(void *arg) {
    static uint8_t buf[64];
    struct rsm_flight flight;
    struct rsm_flight_seat *seat = arg;
    seat->buf = buf;
    seat->cap = sizeof buf;
    return ask(&flight, seat) == RSM_FLIGHT_ANSWERED ? buf : NULL;
}

static void test_children_begin_anew(void **state) {
    struct rsm_flight_seat seat = {0};
    pthread_barrier_t barrier;
    pthread_t waiter;
    pthread_t holder;
    void *got = NULL;
    (void)state;
    rsm_flights_init(&flights);
    assert_int_equal(ask(&in_parent, &seat), RSM_FLIGHT_LEADS);
    assert_int_equal(pthread_create(&waiter, NULL, wait_for_answer, &waiting), 0);
    while (rsm_flights_joined(&flights) == 0) {
        sched_yield();
    }
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    assert_int_equal(pthread_create(&holder, NULL, hold_lock, &barrier), 0);
    pthread_barrier_wait(&barrier);
    for (int way = BY_LIBC; way <= BY_CLONE; way++) {
        uint8_t answers[5] = {0};
        run_child(way, use_in_child, answers, sizeof answers);
        assert_memory_equal(answers, "\1\1\1\1\1", 5);
    }
    pthread_barrier_wait(&barrier);
    pthread_join(holder, NULL);
    pthread_barrier_destroy(&barrier);
    assert_true(is_current(&in_parent));
    rsm_flight_land(&in_parent, RESUME_OK, data, sizeof data);
    pthread_join(waiter, &got);
    assert_non_null(got);
    assert_memory_equal(got, data, sizeof data);
    rsm_flights_destroy(&flights);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_children_begin_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
