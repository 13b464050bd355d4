/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is asking a slow store for what at this moment, in this process. Two uses: equal questions
 * ask once (the others wait for the answer, at most until their deadline), and whoever changes a
 * record can spoil what is under way, so that an answer from before the change is given to nobody
 * who asks after it. Keeps nothing: no answer outlives the call that got it, a miss least of all.
 *
 * All state lies on the stacks of the callers. The lock of an ID is for a few instructions and for
 * the library's own tables; nobody holds it while the slow store is asked (I-171).
 *
 * Forks: a child begins with nobody under way.
 */
#ifndef RSM_STORE_FLIGHT_H
#define RSM_STORE_FLIGHT_H

#include <resume/status.h>

#include "base/cond.h"

#include <stdatomic.h>

#define RSM_FLIGHT_STRIPES 16U

struct rsm_flight;

struct rsm_flight_stripe {
    _Alignas(128) struct rsm_lock lock;
    struct rsm_cond landed;
    struct rsm_flight *first;
};

struct rsm_flights {
    struct rsm_flight_stripe stripes[RSM_FLIGHT_STRIPES];
    atomic_uint_fast64_t generation; /* of the process that all here belongs to */
    atomic_uint_fast64_t claimed;    /* of the process that is making it its own */
    atomic_uint_fast64_t joined;     /* how many ever waited for somebody else's answer */
};

/* Where one who waits wants the answer. The first two are the caller's. */
struct rsm_flight_seat {
    uint8_t *buf;
    size_t cap;
    size_t len; /* with RESUME_OK and RESUME_E_BUFFER */
    resume_status status;
    enum { RSM_SEAT_WAITS, RSM_SEAT_ANSWERED, RSM_SEAT_LEFT } state;
    struct rsm_flight_seat *next;
};

/* A question or a change under way. `id` is the caller's and stays until it has landed. */
struct rsm_flight {
    struct rsm_flights *flights;
    struct rsm_flight_stripe *stripe;
    uint64_t generation;
    const uint8_t *id;
    size_t id_len;
    bool asks; /* others may wait for it */
    bool spoilt;
    struct rsm_flight_seat *seats;
    struct rsm_flight *next;
};

enum rsm_flight_turn {
    RSM_FLIGHT_LEADS,    /* the caller asks, and lands the flight */
    RSM_FLIGHT_ANSWERED, /* the seat has an answer, there is nothing to land */
    RSM_FLIGHT_LATE      /* the deadline passed first, there is nothing to land */
};

void rsm_flights_init(struct rsm_flights *flights);
void rsm_flights_destroy(struct rsm_flights *flights);

/* Begins a question, or waits for an equal one that is under way and not spoilt. The deadline is
 * one of base/clock.h. */
enum rsm_flight_turn rsm_flight_ask(struct rsm_flights *flights, struct rsm_flight *flight,
                                    const uint8_t *id, size_t id_len, struct rsm_flight_seat *seat,
                                    uint64_t deadline_us);

/* Begins a change: it waits for nobody and nobody waits for it. */
void rsm_flight_change(struct rsm_flights *flights, struct rsm_flight *flight, const uint8_t *id,
                       size_t id_len);

/* Ends it; those who wait get the answer. data has len bytes with RESUME_OK; with RESUME_E_BUFFER
 * the buffer that was asked with was too small for len bytes. */
void rsm_flight_land(struct rsm_flight *flight, resume_status status, const uint8_t *data,
                     size_t len);

/* The lock of an ID, to be taken around the next two calls. */
struct rsm_lock *rsm_flight_lock(struct rsm_flights *flights, const uint8_t *id, size_t id_len);

/* With the lock: all that is under way for the ID is about a record that is no more. */
void rsm_flights_spoil(struct rsm_flights *flights, const uint8_t *id, size_t id_len);

/* With the lock: was it spoilt by nobody? */
bool rsm_flight_current(const struct rsm_flight *flight);

static inline uint64_t rsm_flights_joined(const struct rsm_flights *flights) {
    return atomic_load_explicit(&flights->joined, memory_order_relaxed);
}

#endif
