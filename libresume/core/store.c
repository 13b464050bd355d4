/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls on a store: they check, translate between sessions and records, count, and
 * leave the keeping to the kind.
 */
#include "core/store.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "core/session.h"

#define SMALL_RECORD 2048U /* longer ones take an allocation on their way out */

typedef resume_status lookup_fn(resume_store *store, const uint8_t *id, size_t id_len,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);

void rsm_store_init(resume_store *store, const struct rsm_store_ops *ops) {
    rsm_ref_init(&store->ref);
    store->ops = ops;
}

resume_store *resume_store_ref(resume_store *store) {
    if (store) {
        rsm_ref_get(&store->ref);
    }
    return store;
}

resume_store *resume_store_unref(resume_store *store) {
    if (store && rsm_ref_put(&store->ref)) {
        store->ops->destroy(store);
    }
    return NULL;
}

static bool is_id(const uint8_t *id, size_t id_len) {
    return id && id_len > 0 && id_len <= RESUME_STORE_ID_MAX;
}

static resume_status put(resume_store *store, const uint8_t *id, size_t id_len, const uint8_t *data,
                         size_t data_len, uint64_t expires_ms, uint64_t now_ms) {
    resume_status status = RESUME_EXPIRED;
    if (data_len > RESUME_RECORD_MAX) {
        status = RESUME_TOO_LARGE;
    } else if (expires_ms > now_ms) {
        status = store->ops->put(store, id, id_len, data, data_len, expires_ms, now_ms);
    }
    rsm_store_count(store, status == RESUME_OK ? RESUME_STORE_PUTS : RESUME_STORE_REFUSED);
    return status;
}

resume_status resume_store_put(resume_store *store, const resume_session *session,
                               uint64_t now_ms) {
    size_t id_len = 0;
    const uint8_t *id = resume_session_session_id(session, &id_len);
    const uint8_t *data = NULL;
    size_t data_len = 0;
    /* Without an ID nobody could find or remove it again (I-80). */
    if (!store || !is_id(id, id_len) ||
        resume_session_to_native(session, &data, &data_len) != RESUME_OK) {
        return RESUME_E_INVALID;
    }
    if (!resume_session_resumable(session)) {
        rsm_store_count(store, RESUME_STORE_REFUSED);
        return RESUME_UNSUPPORTED;
    }
    return put(store, id, id_len, data, data_len, resume_session_expires(session), now_ms);
}

resume_status resume_store_put_record(resume_store *store, const uint8_t *id, size_t id_len,
                                      const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                      uint64_t now_ms) {
    if (!store || !is_id(id, id_len) || !data || data_len == 0) {
        return RESUME_E_INVALID;
    }
    return put(store, id, id_len, data, data_len, expires_ms, now_ms);
}

static inline void count_lookup(resume_store *store, resume_status status) {
    if (status == RESUME_OK) {
        rsm_store_count(store, RESUME_STORE_HITS);
    } else if (status != RESUME_E_BUFFER) { /* then the caller asks again */
        rsm_store_count(store, RESUME_STORE_MISSES);
    }
}

/* Whoever looks something up needs no other way to go on when a backend is down (I-107). */
static resume_status as_miss(resume_status status) {
    return status == RESUME_E_IO ? RESUME_MISS : status;
}

static resume_status find_record(resume_store *store, lookup_fn *lookup, const uint8_t *id,
                                 size_t id_len, uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                 size_t *ret_len) {
    resume_status status = lookup(store, id, id_len, now_ms, buf, buf_cap, ret_len);
    count_lookup(store, status);
    return as_miss(status);
}

resume_status resume_store_get_record(resume_store *store, const uint8_t *id, size_t id_len,
                                      uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                      size_t *ret_len) {
    if (!store || !is_id(id, id_len) || !buf || !ret_len) {
        return RESUME_E_INVALID;
    }
    return find_record(store, store->ops->get, id, id_len, now_ms, buf, buf_cap, ret_len);
}

static resume_status count_taken(resume_store *store, resume_status status) {
    if (status == RESUME_OK) {
        rsm_store_count(store, RESUME_STORE_REMOVES);
    }
    return status;
}

resume_status resume_store_take_record(resume_store *store, const uint8_t *id, size_t id_len,
                                       uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                       size_t *ret_len) {
    if (!store || !is_id(id, id_len) || !buf || !ret_len) {
        return RESUME_E_INVALID;
    }
    resume_status status =
        find_record(store, store->ops->take, id, id_len, now_ms, buf, buf_cap, ret_len);
    return count_taken(store, status);
}

/* What was found under an ID and is not the session of that ID is spoilt: a miss. */
static resume_status to_session(resume_store *store, const uint8_t *id, size_t id_len,
                                const uint8_t *data, size_t data_len,
                                resume_session **ret_session) {
    resume_session *session = NULL;
    resume_status status = rsm_session_adopt_copy(data, data_len, &session);
    if (status == RESUME_E_NOMEM) {
        return status;
    }
    size_t own_len = 0;
    const uint8_t *own = resume_session_session_id(session, &own_len);
    if (status != RESUME_OK || own_len != id_len || !rsm_equal_ct(own, id, id_len)) {
        resume_session_unref(session);
        rsm_store_count(store, RESUME_STORE_ERRORS);
        return RESUME_MISS;
    }
    *ret_session = session;
    return RESUME_OK;
}

/* The rare long record. */
static resume_status find_large(resume_store *store, lookup_fn *lookup, const uint8_t *id,
                                size_t id_len, uint64_t now_ms, resume_session **ret_session) {
    uint8_t *buf = rsm_malloc(RESUME_RECORD_MAX);
    if (!buf) {
        return RESUME_E_NOMEM;
    }
    size_t len = 0;
    resume_status status = lookup(store, id, id_len, now_ms, buf, RESUME_RECORD_MAX, &len);
    if (status == RESUME_OK) {
        status = to_session(store, id, id_len, buf, len, ret_session);
    }
    rsm_free_wiped(buf, RESUME_RECORD_MAX);
    return status;
}

static resume_status find_session(resume_store *store, lookup_fn *lookup, const uint8_t *id,
                                  size_t id_len, uint64_t now_ms, resume_session **ret_session) {
    uint8_t buf[SMALL_RECORD];
    size_t len = 0;
    resume_status status = lookup(store, id, id_len, now_ms, buf, sizeof buf, &len);
    if (status == RESUME_OK) {
        status = to_session(store, id, id_len, buf, len, ret_session);
        rsm_wipe(buf, len);
    } else if (status == RESUME_E_BUFFER) {
        status = find_large(store, lookup, id, id_len, now_ms, ret_session);
    }
    count_lookup(store, status);
    return status;
}

resume_status rsm_store_find(resume_store *store, bool take, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, resume_session **ret_session) {
    lookup_fn *lookup = take ? store->ops->take : store->ops->get;
    resume_status status = find_session(store, lookup, id, id_len, now_ms, ret_session);
    return take ? count_taken(store, status) : status;
}

resume_status resume_store_get(resume_store *store, const uint8_t *id, size_t id_len,
                               uint64_t now_ms, resume_session **ret_session) {
    if (!store || !is_id(id, id_len) || !ret_session) {
        return RESUME_E_INVALID;
    }
    return as_miss(rsm_store_find(store, false, id, id_len, now_ms, ret_session));
}

resume_status resume_store_take(resume_store *store, const uint8_t *id, size_t id_len,
                                uint64_t now_ms, resume_session **ret_session) {
    if (!store || !is_id(id, id_len) || !ret_session) {
        return RESUME_E_INVALID;
    }
    return as_miss(rsm_store_find(store, true, id, id_len, now_ms, ret_session));
}

resume_status resume_store_remove(resume_store *store, const uint8_t *id, size_t id_len) {
    if (!store || !is_id(id, id_len)) {
        return RESUME_E_INVALID;
    }
    return count_taken(store, store->ops->remove(store, id, id_len));
}

resume_status resume_store_sweep(resume_store *store, uint64_t now_ms, size_t max) {
    return store ? store->ops->sweep(store, now_ms, max) : RESUME_E_INVALID;
}

resume_status resume_store_stats(const resume_store *store, int32_t which, uint64_t *ret_value) {
    if (!store || which < 0 || which >= RESUME_STORE_STAT_COUNT || !ret_value) {
        return RESUME_E_INVALID;
    }
    uint64_t sum = store->ops->number(store, which);
    bool here = which >= RESUME_STORE_HITS && which <= RESUME_STORE_ERRORS;
    for (size_t i = 0; here && i <= RSM_LANES; i++) {
        sum += atomic_load_explicit(&store->lanes[i].cell[which - RESUME_STORE_HITS],
                                    memory_order_relaxed);
    }
    *ret_value = sum;
    return RESUME_OK;
}
