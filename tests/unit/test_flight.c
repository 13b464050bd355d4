/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits for whose answer, who does not, and that nobody waits for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "store/flight.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define WAITERS 15
#define LONG_US 20000000U

static const uint8_t id[32] = {1, 2, 3};
static const uint8_t data[] = "what was found";

struct waiter {
    pthread_t thread;
    struct rsm_flights *flights;
    struct rsm_flight flight;
    struct rsm_flight_seat seat;
    uint64_t wait_us;
    enum rsm_flight_turn turn;
    uint8_t buf[64];
};

static void *ask(void *arg) {
    struct waiter *w = arg;
    w->turn = rsm_flight_ask(w->flights, &w->flight, id, sizeof id, &w->seat,
                             rsm_clock_us() + w->wait_us);
    return NULL;
}

static void start(struct rsm_flights *flights, struct waiter *w, size_t cap, uint64_t wait_us) {
    uint64_t joined = rsm_flights_joined(flights);
    *w = (struct waiter){.flights = flights, .wait_us = wait_us};
    w->seat = (struct rsm_flight_seat){.buf = w->buf, .cap = cap};
    assert_int_equal(pthread_create(&w->thread, NULL, ask, w), 0);
    while (rsm_flights_joined(flights) == joined) {
        sched_yield();
    }
}

static void end(struct waiter *w) {
    assert_int_equal(pthread_join(w->thread, NULL), 0);
}

/* Nobody is under way for it: the caller leads, at once. */
static void lead(struct rsm_flights *flights, struct rsm_flight *flight) {
    struct rsm_flight_seat seat = {0};
    assert_int_equal(rsm_flight_ask(flights, flight, id, sizeof id, &seat, 1), RSM_FLIGHT_LEADS);
}

static void spoil(struct rsm_flights *flights, const uint8_t *of, size_t len) {
    RSM_LOCKED(rsm_flight_lock(flights, of, len));
    rsm_flights_spoil(flights, of, len);
}

static bool is_current(const struct rsm_flight *flight) {
    RSM_LOCKED(rsm_flight_lock(flight->flights, flight->id, flight->id_len));
    return rsm_flight_current(flight);
}

static int setup(void **state) {
    struct rsm_flights *flights = aligned_alloc(128, sizeof *flights);
    if (!flights) {
        return -1;
    }
    rsm_flights_init(flights);
    *state = flights;
    return 0;
}

static int teardown(void **state) {
    rsm_flights_destroy(*state);
    free(*state);
    return 0;
}

static void test_equal_questions_share_one_answer(void **state) {
    struct rsm_flights *flights = *state;
    static struct waiter waiters[WAITERS];
    struct rsm_flight flight;
    lead(flights, &flight);
    for (size_t i = 0; i < WAITERS; i++) {
        start(flights, &waiters[i], sizeof waiters[i].buf, LONG_US);
    }
    rsm_flight_land(&flight, RESUME_OK, data, sizeof data);
    for (size_t i = 0; i < WAITERS; i++) {
        end(&waiters[i]);
        assert_int_equal(waiters[i].turn, RSM_FLIGHT_ANSWERED);
        assert_int_equal(waiters[i].seat.status, RESUME_OK);
        assert_int_equal(waiters[i].seat.len, sizeof data);
        assert_memory_equal(waiters[i].buf, data, sizeof data);
    }
    assert_int_equal(rsm_flights_joined(flights), WAITERS);
}

/* Misses and failures are shared by those who wait, and known to nobody afterwards. */
static void test_no_answer_is_kept(void **state) {
    struct rsm_flights *flights = *state;
    const resume_status answers[] = {RESUME_MISS, RESUME_EXPIRED, RESUME_E_IO, RESUME_OK};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct waiter waiter;
        struct rsm_flight flight;
        lead(flights, &flight);
        start(flights, &waiter, sizeof waiter.buf, LONG_US);
        rsm_flight_land(&flight, answers[i], data, sizeof data);
        end(&waiter);
        assert_int_equal(waiter.turn, RSM_FLIGHT_ANSWERED);
        assert_int_equal(waiter.seat.status, answers[i]);
        assert_int_equal(waiter.buf[0], answers[i] == RESUME_OK ? data[0] : 0);
    }
}

/* I-90: nothing is copied into a shorter buffer, nor into one that ends a byte too early. */
static void test_short_buffers(void **state) {
    struct rsm_flights *flights = *state;
    struct waiter small;
    struct waiter exact;
    struct rsm_flight flight;
    lead(flights, &flight);
    start(flights, &small, sizeof data - 1, LONG_US);
    start(flights, &exact, sizeof data, LONG_US);
    rsm_flight_land(&flight, RESUME_OK, data, sizeof data);
    end(&small);
    end(&exact);
    assert_int_equal(small.seat.status, RESUME_E_BUFFER);
    assert_int_equal(small.seat.len, sizeof data);
    assert_int_equal(small.buf[0], 0);
    assert_int_equal(exact.seat.status, RESUME_OK);
    assert_memory_equal(exact.buf, data, sizeof data);
}

/* The leader's buffer was too small; one with more room asks for itself, and then leads. */
static void test_more_room_than_the_leader(void **state) {
    struct rsm_flights *flights = *state;
    struct waiter small;
    struct waiter large;
    struct rsm_flight flight;
    lead(flights, &flight);
    start(flights, &small, 10, LONG_US);
    start(flights, &large, 64, LONG_US);
    rsm_flight_land(&flight, RESUME_E_BUFFER, NULL, 20);
    end(&small);
    assert_int_equal(small.turn, RSM_FLIGHT_ANSWERED);
    assert_int_equal(small.seat.status, RESUME_E_BUFFER);
    assert_int_equal(small.seat.len, 20);
    end(&large);
    assert_int_equal(large.turn, RSM_FLIGHT_LEADS);
    rsm_flight_land(&large.flight, RESUME_MISS, NULL, 0);
    lead(flights, &flight);
    rsm_flight_land(&flight, RESUME_MISS, NULL, 0);
}

/* I-108: a leader that does not come back costs the others their deadline, no more. Whoever left
 * is not written to. */
static void test_the_deadline_ends_waiting(void **state) {
    struct rsm_flights *flights = *state;
    struct waiter late;
    struct waiter patient;
    struct rsm_flight flight;
    lead(flights, &flight);
    start(flights, &patient, sizeof patient.buf, LONG_US);
    uint64_t began = rsm_clock_us();
    start(flights, &late, sizeof late.buf, 20000);
    end(&late);
    assert_true(rsm_clock_us() - began >= 20000);
    assert_int_equal(late.turn, RSM_FLIGHT_LATE);
    rsm_flight_land(&flight, RESUME_OK, data, sizeof data);
    end(&patient);
    assert_int_equal(patient.turn, RSM_FLIGHT_ANSWERED);
    assert_int_equal(late.seat.state, RSM_SEAT_WAITS);
    assert_int_equal(late.buf[0], 0);
}

/* Who asks after a change does not get an answer from before it; who asked before may. */
static void test_spoilt_questions_are_not_joined(void **state) {
    struct rsm_flights *flights = *state;
    struct waiter before;
    struct rsm_flight old;
    struct rsm_flight fresh;
    lead(flights, &old);
    start(flights, &before, sizeof before.buf, LONG_US);
    assert_true(is_current(&old));
    spoil(flights, id, sizeof id);
    assert_false(is_current(&old));
    lead(flights, &fresh);
    assert_true(is_current(&fresh));
    rsm_flight_land(&old, RESUME_OK, data, sizeof data);
    end(&before);
    assert_int_equal(before.seat.status, RESUME_OK);
    assert_true(is_current(&fresh));
    rsm_flight_land(&fresh, RESUME_MISS, NULL, 0);
}

/* Lengths count: "a" is not "a\0", and one ID's change is none of another's. */
static void test_other_ids_are_others(void **state) {
    struct rsm_flights *flights = *state;
    struct rsm_flight flight;
    struct rsm_flight shorter;
    struct rsm_flight_seat seat = {0};
    lead(flights, &flight);
    for (size_t len = 1; len < sizeof id; len++) {
        assert_int_equal(rsm_flight_ask(flights, &shorter, id, len, &seat, 1), RSM_FLIGHT_LEADS);
        spoil(flights, id, len);
        assert_false(is_current(&shorter));
        assert_true(is_current(&flight));
        rsm_flight_land(&shorter, RESUME_MISS, NULL, 0);
    }
    rsm_flight_land(&flight, RESUME_MISS, NULL, 0);
}

static void test_nobody_waits_for_a_change(void **state) {
    struct rsm_flights *flights = *state;
    struct rsm_flight change;
    struct rsm_flight other;
    struct rsm_flight question;
    rsm_flight_change(flights, &change, id, sizeof id);
    rsm_flight_change(flights, &other, id, sizeof id);
    lead(flights, &question);
    assert_true(is_current(&change) && is_current(&other) && is_current(&question));
    spoil(flights, id, sizeof id);
    assert_false(is_current(&change) || is_current(&other) || is_current(&question));
    rsm_flight_land(&change, RESUME_OK, NULL, 0);
    rsm_flight_land(&question, RESUME_MISS, NULL, 0);
    rsm_flight_land(&other, RESUME_OK, NULL, 0);
}

/* ---- all at once ----------------------------------------------------------------------------- */

#define CROWD  16
#define ROUNDS 3000

struct member {
    pthread_t thread;
    struct rsm_flights *flights;
    unsigned seed;
    unsigned wrong, led, answered;
};

/* What is landed for an ID is made of it, so that a mixed-up answer shows. */
static void *mingle(void *arg) {
    struct member *m = arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint8_t own[32] = {0};
        uint8_t buf[32] = {0};
        struct rsm_flight flight;
        struct rsm_flight_seat seat = {.buf = buf, .cap = sizeof buf};
        own[0] = (uint8_t)(rand_r(&m->seed) % 3);
        if (rand_r(&m->seed) % 8 == 0) {
            spoil(m->flights, own, sizeof own);
        }
        uint64_t deadline_us = rsm_clock_us() + (rand_r(&m->seed) % 2 ? LONG_US : 1U);
        switch (rsm_flight_ask(m->flights, &flight, own, sizeof own, &seat, deadline_us)) {
        case RSM_FLIGHT_LEADS:
            m->led++;
            sched_yield();
            rsm_flight_land(&flight, RESUME_OK, own, sizeof own);
            break;
        case RSM_FLIGHT_ANSWERED:
            m->answered++;
            m->wrong += seat.status != RESUME_OK || memcmp(buf, own, sizeof own) != 0;
            break;
        default:
            break;
        }
    }
    return NULL;
}

static void test_a_crowd(void **state) {
    static struct member crowd[CROWD];
    unsigned led = 0;
    unsigned answered = 0;
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = (struct member){.flights = *state, .seed = i};
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, mingle, &crowd[i]), 0);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        pthread_join(crowd[i].thread, NULL);
        assert_int_equal(crowd[i].wrong, 0);
        led += crowd[i].led;
        answered += crowd[i].answered;
    }
    assert_true(led > 0 && answered > 0);
    struct rsm_flight flight;
    lead(*state, &flight);
    rsm_flight_land(&flight, RESUME_MISS, NULL, 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_equal_questions_share_one_answer),
        WITH(test_no_answer_is_kept),
        WITH(test_short_buffers),
        WITH(test_more_room_than_the_leader),
        WITH(test_the_deadline_ends_waiting),
        WITH(test_spoilt_questions_are_not_joined),
        WITH(test_other_ids_are_others),
        WITH(test_nobody_waits_for_a_change),
        WITH(test_a_crowd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
