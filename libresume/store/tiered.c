/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tiered: see tiered.h. What holds within one process, whatever its threads do at once: once a
 * take, a removal or a put has returned, no look-up that begins afterwards is given the record from
 * before. For that
 *
 *   - a look-up copies into the first level what it got from the second only if nothing spoilt it
 *     meanwhile, and looks and copies under one lock;
 *   - a take and a removal clear the first level twice, before and after they ask the second: the
 *     second time goes what others copied meanwhile;
 *   - of puts that overlap, or that overlap with these, none leaves anything in the first level:
 *     nobody can tell here which one the second level saw last.
 *
 * Other processes may have copies in a first level of their own, for at most l1_ttl. So single use
 * is a matter of take, which the second level alone decides; when that is down it is a miss.
 */
#include "store/tiered.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "store/flight.h"

struct tiered {
    struct resume_store base;
    struct rsm_store_lane lanes[RSM_LANES + 1];
    struct rsm_flights flights;
    resume_store *first;
    resume_store *second;
    uint64_t l1_ttl_ms;
    uint64_t wait_us;
};

/* What is counted here, a cell of each lane. */
enum { L1_HITS, L2_HITS, L1_ONLY, TIMEOUTS };

static struct tiered *tiered_of(resume_store *store) {
    return (struct tiered *)store;
}

static void count(struct tiered *tiered, unsigned which) {
    unsigned lane = rsm_lane();
    rsm_lane_add(&tiered->lanes[lane].cell[which], lane, 1);
}

static uint64_t counted(const struct tiered *tiered, unsigned which) {
    uint64_t sum = 0;
    for (size_t i = 0; i <= RSM_LANES; i++) {
        sum += atomic_load_explicit(&tiered->lanes[i].cell[which], memory_order_relaxed);
    }
    return sum;
}

/* ---- the first level ----------------------------------------------------------------------------
 */

struct record {
    const uint8_t *data;
    size_t len;
    uint64_t expires_ms;
};

static bool is_kept(resume_status status) {
    return status == RESUME_OK || status == RESUME_EXISTS;
}

/* With the lock of the ID. What cannot be replaced must not stay. */
static resume_status keep(const struct tiered *tiered, const uint8_t *id, size_t id_len,
                          const struct record *record, uint64_t now_ms) {
    resume_store *first = tiered->first;
    uint64_t limit = rsm_add_sat(now_ms, tiered->l1_ttl_ms);
    uint64_t expires_ms = record->expires_ms < limit ? record->expires_ms : limit;
    resume_status status =
        first->ops->put(first, id, id_len, record->data, record->len, expires_ms, now_ms);
    if (!is_kept(status)) {
        (void)first->ops->remove(first, id, id_len);
    }
    return status;
}

/* From here on nobody is given what is under way for the ID, or what was here. */
static resume_status forget(struct tiered *tiered, const uint8_t *id, size_t id_len) {
    RSM_LOCKED(rsm_flight_lock(&tiered->flights, id, id_len));
    rsm_flights_spoil(&tiered->flights, id, id_len);
    return tiered->first->ops->remove(tiered->first, id, id_len);
}

/* After a put at the second level. */
static resume_status keep_put(struct tiered *tiered, const struct rsm_flight *flight,
                              const struct record *record, uint64_t now_ms) {
    RSM_LOCKED(rsm_flight_lock(&tiered->flights, flight->id, flight->id_len));
    bool current = rsm_flight_current(flight);
    rsm_flights_spoil(&tiered->flights, flight->id, flight->id_len);
    if (current) {
        return keep(tiered, flight->id, flight->id_len, record, now_ms);
    }
    (void)tiered->first->ops->remove(tiered->first, flight->id, flight->id_len);
    return RESUME_E_STATE;
}

/* After a look-up at the second level. */
static void keep_found(struct tiered *tiered, const struct rsm_flight *flight,
                       const struct record *record, uint64_t now_ms) {
    RSM_LOCKED(rsm_flight_lock(&tiered->flights, flight->id, flight->id_len));
    if (rsm_flight_current(flight)) {
        (void)keep(tiered, flight->id, flight->id_len, record, now_ms);
    }
}

/* ---- the calls ----------------------------------------------------------------------------------
 */

static resume_status tiered_put(resume_store *store, const uint8_t *id, size_t id_len,
                                const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                uint64_t now_ms) {
    struct tiered *tiered = tiered_of(store);
    struct rsm_flight flight;
    struct record record = {data, data_len, expires_ms};
    rsm_flight_change(&tiered->flights, &flight, id, id_len);
    resume_status second =
        tiered->second->ops->put(tiered->second, id, id_len, data, data_len, expires_ms, now_ms);
    resume_status first = keep_put(tiered, &flight, &record, now_ms);
    rsm_flight_land(&flight, RESUME_OK, NULL, 0);
    if (is_kept(second) || !is_kept(first)) {
        return second;
    }
    count(tiered, L1_ONLY);
    return RESUME_OK;
}

static bool is_found(resume_status status) {
    return status == RESUME_OK || status == RESUME_E_BUFFER;
}

static resume_status get_first(struct tiered *tiered, const uint8_t *id, size_t id_len,
                               uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    resume_status status =
        tiered->first->ops->get(tiered->first, id, id_len, now_ms, buf, buf_cap, ret_len);
    if (status == RESUME_OK) {
        count(tiered, L1_HITS);
    }
    return status;
}

/* As the one who asks. Another may have asked, and copied it, between this one's look into the
 * first level and now. */
static resume_status lead(struct tiered *tiered, struct rsm_flight *flight, uint64_t now_ms,
                          uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    const uint8_t *id = flight->id;
    size_t id_len = flight->id_len;
    uint64_t expires_ms = 0;
    size_t len = 0;
    resume_status status = get_first(tiered, id, id_len, now_ms, buf, buf_cap, &len);
    if (!is_found(status)) {
        status = tiered->second->ops->get_until(tiered->second, id, id_len, now_ms, buf, buf_cap,
                                                &len, &expires_ms);
        if (status == RESUME_OK) {
            struct record record = {buf, len, expires_ms};
            keep_found(tiered, flight, &record, now_ms);
            count(tiered, L2_HITS);
        }
    }
    rsm_flight_land(flight, status, buf, len);
    if (is_found(status)) {
        *ret_len = len;
    }
    return status;
}

static resume_status share(struct tiered *tiered, const struct rsm_flight_seat *seat,
                           size_t *ret_len) {
    if (seat->status == RESUME_OK) {
        count(tiered, L2_HITS);
    }
    if (is_found(seat->status)) {
        *ret_len = seat->len;
    }
    return seat->status;
}

static resume_status tiered_get(resume_store *store, const uint8_t *id, size_t id_len,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct tiered *tiered = tiered_of(store);
    resume_status status = get_first(tiered, id, id_len, now_ms, buf, buf_cap, ret_len);
    if (is_found(status)) {
        return status;
    }
    struct rsm_flight flight;
    struct rsm_flight_seat seat = {.buf = buf, .cap = buf_cap};
    uint64_t deadline_us = rsm_add_sat(rsm_clock_us(), tiered->wait_us);
    switch (rsm_flight_ask(&tiered->flights, &flight, id, id_len, &seat, deadline_us)) {
    case RSM_FLIGHT_LEADS:
        return lead(tiered, &flight, now_ms, buf, buf_cap, ret_len);
    case RSM_FLIGHT_ANSWERED:
        return share(tiered, &seat, ret_len);
    default:
        count(tiered, TIMEOUTS);
        return RESUME_E_IO;
    }
}

static resume_status tiered_take(resume_store *store, const uint8_t *id, size_t id_len,
                                 uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct tiered *tiered = tiered_of(store);
    (void)forget(tiered, id, id_len);
    resume_status status =
        tiered->second->ops->take(tiered->second, id, id_len, now_ms, buf, buf_cap, ret_len);
    (void)forget(tiered, id, id_len);
    if (status == RESUME_OK) {
        count(tiered, L2_HITS);
    }
    return status;
}

static bool is_gone(resume_status status) {
    return status == RESUME_OK || status == RESUME_MISS;
}

static resume_status tiered_remove(resume_store *store, const uint8_t *id, size_t id_len) {
    struct tiered *tiered = tiered_of(store);
    resume_status before = forget(tiered, id, id_len);
    resume_status status = tiered->second->ops->remove(tiered->second, id, id_len);
    resume_status after = forget(tiered, id, id_len);
    if (!is_gone(status) || !is_gone(after)) {
        return is_gone(status) ? after : status;
    }
    return status == RESUME_OK || before == RESUME_OK ? RESUME_OK : RESUME_MISS;
}

static resume_status tiered_sweep(resume_store *store, uint64_t now_ms, size_t max) {
    struct tiered *tiered = tiered_of(store);
    resume_status first = tiered->first->ops->sweep(tiered->first, now_ms, max);
    resume_status second = tiered->second->ops->sweep(tiered->second, now_ms, max);
    return first == RESUME_OK ? second : first;
}

static uint64_t of_level(const resume_store *level, int32_t which) {
    uint64_t value = 0;
    return resume_store_stats(level, which, &value) == RESUME_OK ? value : 0;
}

static uint64_t tiered_number(const resume_store *store, int32_t which) {
    const struct tiered *tiered = (const struct tiered *)store;
    switch (which) {
    case RESUME_STORE_ENTRIES:
    case RESUME_STORE_BYTES:
    case RESUME_STORE_CAPACITY_BYTES:
    case RESUME_STORE_CAPACITY_ENTRIES:
    case RESUME_STORE_EVICTIONS:
        return of_level(tiered->first, which);
    case RESUME_STORE_HITS:
    case RESUME_STORE_MISSES:
    case RESUME_STORE_PUTS:
    case RESUME_STORE_REMOVES:
    case RESUME_STORE_REFUSED:
        return 0; /* those of this store alone, not of others before the same levels */
    case RESUME_STORE_L1_HITS:
        return counted(tiered, L1_HITS);
    case RESUME_STORE_L2_HITS:
        return counted(tiered, L2_HITS);
    case RESUME_STORE_L1_ONLY:
        return counted(tiered, L1_ONLY);
    case RESUME_STORE_SHARED:
        return rsm_flights_joined(&tiered->flights);
    default:
        return of_level(tiered->first, which) + of_level(tiered->second, which) +
               (which == RESUME_STORE_TIMEOUTS ? counted(tiered, TIMEOUTS) : 0);
    }
}

static void tiered_destroy(resume_store *store) {
    struct tiered *tiered = tiered_of(store);
    resume_store_unref(tiered->first);
    resume_store_unref(tiered->second);
    rsm_flights_destroy(&tiered->flights);
    rsm_free(tiered);
}

static const struct rsm_store_ops ops = {
    .put = tiered_put,
    .get = tiered_get,
    .take = tiered_take,
    .remove = tiered_remove,
    .sweep = tiered_sweep,
    .number = tiered_number,
    .destroy = tiered_destroy,
};

resume_status rsm_tiered_new(resume_store *first, resume_store *second, uint64_t l1_ttl_ms,
                             uint64_t wait_us, resume_store **ret_store) {
    if (!second->ops->get_until) {
        return RESUME_E_INVALID;
    }
    struct tiered *tiered = rsm_calloc_aligned(128, sizeof *tiered);
    if (!tiered) {
        return RESUME_E_NOMEM;
    }
    rsm_store_init(&tiered->base, &ops);
    rsm_flights_init(&tiered->flights);
    tiered->first = resume_store_ref(first);
    tiered->second = resume_store_ref(second);
    tiered->l1_ttl_ms = l1_ttl_ms;
    tiered->wait_us = wait_us;
    *ret_store = &tiered->base;
    return RESUME_OK;
}
