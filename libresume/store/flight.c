/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list for each stripe of IDs; as long as there are threads that ask at once, so it is walked.
 */
#include "store/flight.h"

#include "base/bytes.h"
#include "base/fork.h"

#include <sched.h>

/* ---- processes ----------------------------------------------------------------------------------
 */

static void forget(struct rsm_flights *flights) {
    for (size_t i = 0; i < RSM_FLIGHT_STRIPES; i++) {
        rsm_lock_init(&flights->stripes[i].lock);
        rsm_cond_init(&flights->stripes[i].landed);
        flights->stripes[i].first = NULL;
    }
}

/* In a forked child: threads that held locks and were under way are not here. */
static void adopt(struct rsm_flights *flights, uint64_t generation) {
    uint_fast64_t seen = atomic_load(&flights->claimed);
    if (seen != generation &&
        atomic_compare_exchange_strong(&flights->claimed, &seen, generation)) {
        forget(flights);
        atomic_store(&flights->generation, generation);
    }
    while (atomic_load(&flights->generation) != generation) {
        sched_yield(); /* another thread of the child is at it */
    }
}

/* First of all in every call. */
static uint64_t enter(struct rsm_flights *flights) {
    uint64_t generation = rsm_fork_generation();
    if (atomic_load_explicit(&flights->generation, memory_order_acquire) != generation) {
        adopt(flights, generation);
    }
    return generation;
}

void rsm_flights_init(struct rsm_flights *flights) {
    uint64_t generation = rsm_fork_generation();
    atomic_init(&flights->generation, generation);
    atomic_init(&flights->claimed, generation);
    atomic_init(&flights->joined, 0);
    forget(flights);
}

void rsm_flights_destroy(struct rsm_flights *flights) {
    enter(flights); /* or a child would destroy locks that nobody here can release */
    for (size_t i = 0; i < RSM_FLIGHT_STRIPES; i++) {
        rsm_lock_destroy(&flights->stripes[i].lock);
        rsm_cond_destroy(&flights->stripes[i].landed);
    }
}

/* ---- what is under way --------------------------------------------------------------------------
 */

static struct rsm_flight_stripe *stripe_of(struct rsm_flights *flights, const uint8_t *id,
                                           size_t id_len) {
    unsigned sum = (unsigned)id_len;
    for (size_t i = 0; i < id_len; i++) {
        sum ^= id[i];
    }
    return &flights->stripes[(sum ^ sum >> 4) % RSM_FLIGHT_STRIPES];
}

static bool is_for(const struct rsm_flight *flight, const uint8_t *id, size_t id_len) {
    return flight->id_len == id_len && rsm_equal_ct(flight->id, id, id_len);
}

/* With the lock: the question to wait for, or NULL. */
static struct rsm_flight *find(const struct rsm_flight_stripe *stripe, const uint8_t *id,
                               size_t id_len) {
    struct rsm_flight *flight = stripe->first;
    while (flight && (!flight->asks || flight->spoilt || !is_for(flight, id, id_len))) {
        flight = flight->next;
    }
    return flight;
}

/* With the lock. */
static void begin(struct rsm_flights *flights, struct rsm_flight_stripe *stripe,
                  struct rsm_flight *flight, const uint8_t *id, size_t id_len, bool asks) {
    *flight = (struct rsm_flight){.flights = flights,
                                  .stripe = stripe,
                                  .generation = atomic_load(&flights->generation),
                                  .id = id,
                                  .id_len = id_len,
                                  .asks = asks,
                                  .next = stripe->first};
    stripe->first = flight;
}

/* With the lock. Whoever is late leaves, so that nobody writes to a stack that is gone. */
static void leave(struct rsm_flight_stripe *stripe, const struct rsm_flight_seat *seat) {
    for (struct rsm_flight *flight = stripe->first; flight; flight = flight->next) {
        struct rsm_flight_seat **at = &flight->seats;
        while (*at && *at != seat) {
            at = &(*at)->next;
        }
        if (*at) {
            *at = seat->next;
            return;
        }
    }
}

/* With the lock, which waiting gives away meanwhile. */
static void wait(struct rsm_flight_stripe *stripe, struct rsm_flight *flight,
                 struct rsm_flight_seat *seat, uint64_t deadline_us) {
    seat->state = RSM_SEAT_WAITS;
    seat->next = flight->seats;
    flight->seats = seat;
    bool in_time = true;
    while (seat->state == RSM_SEAT_WAITS && in_time) {
        in_time = rsm_cond_wait(&stripe->landed, &stripe->lock, deadline_us);
    }
    if (seat->state == RSM_SEAT_WAITS) {
        leave(stripe, seat);
    }
}

enum rsm_flight_turn rsm_flight_ask(struct rsm_flights *flights, struct rsm_flight *flight,
                                    const uint8_t *id, size_t id_len, struct rsm_flight_seat *seat,
                                    uint64_t deadline_us) {
    enter(flights);
    struct rsm_flight_stripe *stripe = stripe_of(flights, id, id_len);
    RSM_LOCKED(&stripe->lock);
    struct rsm_flight *other = find(stripe, id, id_len);
    while (other) {
        atomic_fetch_add_explicit(&flights->joined, 1, memory_order_relaxed);
        wait(stripe, other, seat, deadline_us);
        if (seat->state != RSM_SEAT_LEFT) {
            return seat->state == RSM_SEAT_ANSWERED ? RSM_FLIGHT_ANSWERED : RSM_FLIGHT_LATE;
        }
        other = find(stripe, id, id_len);
    }
    begin(flights, stripe, flight, id, id_len, true);
    return RSM_FLIGHT_LEADS;
}

void rsm_flight_change(struct rsm_flights *flights, struct rsm_flight *flight, const uint8_t *id,
                       size_t id_len) {
    enter(flights);
    struct rsm_flight_stripe *stripe = stripe_of(flights, id, id_len);
    RSM_LOCKED(&stripe->lock);
    begin(flights, stripe, flight, id, id_len, false);
}

/* With the lock. One with more room than the leader had asks for itself. */
static void answer(struct rsm_flight_seat *seat, resume_status status, const uint8_t *data,
                   size_t len) {
    bool fits = len <= seat->cap;
    if (status == RESUME_E_BUFFER && fits) {
        seat->state = RSM_SEAT_LEFT;
        return;
    }
    if (status == RESUME_OK && fits) {
        memcpy(seat->buf, data, len);
    }
    seat->len = len;
    seat->status = status == RESUME_OK && !fits ? RESUME_E_BUFFER : status;
    seat->state = RSM_SEAT_ANSWERED;
}

/* With the lock. */
static void unlink_flight(const struct rsm_flight *flight) {
    struct rsm_flight **at = &flight->stripe->first;
    while (*at && *at != flight) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = flight->next;
    }
}

void rsm_flight_land(struct rsm_flight *flight, resume_status status, const uint8_t *data,
                     size_t len) {
    if (enter(flight->flights) != flight->generation) {
        return; /* the slow store forked: those who wait are in the parent */
    }
    RSM_LOCKED(&flight->stripe->lock);
    unlink_flight(flight);
    struct rsm_flight_seat *next = NULL;
    for (struct rsm_flight_seat *seat = flight->seats; seat; seat = next) {
        next = seat->next; /* once it is answered the seat may be gone */
        answer(seat, status, data, len);
    }
    if (flight->seats) {
        rsm_cond_wake_all(&flight->stripe->landed);
    }
}

struct rsm_lock *rsm_flight_lock(struct rsm_flights *flights, const uint8_t *id, size_t id_len) {
    enter(flights);
    return &stripe_of(flights, id, id_len)->lock;
}

void rsm_flights_spoil(struct rsm_flights *flights, const uint8_t *id, size_t id_len) {
    struct rsm_flight *flight = stripe_of(flights, id, id_len)->first;
    for (; flight; flight = flight->next) {
        flight->spoilt = flight->spoilt || is_for(flight, id, id_len);
    }
}

bool rsm_flight_current(const struct rsm_flight *flight) {
    return !flight->spoilt &&
           flight->generation ==
               atomic_load_explicit(&flight->flights->generation, memory_order_relaxed);
}
