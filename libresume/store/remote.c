/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See remote.h. Nothing here knows a protocol, and nothing here sees a record in clear.
 *
 * Takes and removals wait until what this process has queued under their key is sent: who takes is
 * decided by the backend alone (I-87). A put that may have reached the backend is never sent again,
 * because it could bring back what somebody took in between.
 */
#include "store/remote.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fork.h"
#include "store/at_rest.h"
#include "store/breaker.h"
#include "store/custom.h"
#include "store/remote_url.h"
#include "store/trace.h"
#include "store/worker.h"

#include <sched.h>

#define BREAKER_FAILURES 3U
#define PROBE_FIRST_US   100000U
#define PROBE_LATEST_US  1000000U
#define BATCH            64U
#define BATCH_BYTES      (256U * 1024U)
#define TTL_MAX_MS       (UINT64_C(100) * 366 * 86400000) /* what every backend can add to now */

struct remote {
    struct rsm_ref ref;
    const struct rsm_remote_driver *driver;
    void *arg;
    struct rsm_remote_settings set;
    atomic_uint_fast64_t generation; /* of the process that all below belongs to */
    atomic_uint_fast64_t claimed;    /* of the process that is making it its own */
    atomic_uint_fast64_t stop_us;    /* being destroyed: no batch begins after this */
    struct rsm_breaker breaker;
    struct rsm_pool pool;
    struct rsm_behind behind;
    struct rsm_worker worker;
    struct rsm_trace trace;
    struct rsm_remote_counts counts;
};

static void count(struct remote *remote, int32_t which) {
    rsm_remote_count(&remote->counts, which);
}

/* ---- processes ----------------------------------------------------------------------------------
 */

/* In a forked child: what the parent had is the parent's, its threads are not here. */
static void forget(struct remote *remote) {
    rsm_ref_init(&remote->ref);
    atomic_store(&remote->stop_us, UINT64_MAX);
    memset(&remote->counts, 0, sizeof remote->counts);
    remote->driver->forget(remote->arg);
    rsm_breaker_forget(&remote->breaker);
    rsm_trace_forget(&remote->trace);
    rsm_pool_forget(&remote->pool);
    if (remote->set.queue_bytes) {
        rsm_behind_forget(&remote->behind);
    }
    rsm_worker_forget(&remote->worker);
}

static void adopt(struct remote *remote, uint64_t generation) {
    uint_fast64_t seen = atomic_load(&remote->claimed);
    if (seen != generation && atomic_compare_exchange_strong(&remote->claimed, &seen, generation)) {
        forget(remote);
        atomic_store(&remote->generation, generation);
    }
    while (atomic_load(&remote->generation) != generation) {
        sched_yield(); /* another thread of the child is at it */
    }
}

/* First of all in every call. */
static struct remote *enter(void *arg) {
    struct remote *remote = arg;
    uint64_t generation = rsm_fork_generation();
    if (atomic_load_explicit(&remote->generation, memory_order_acquire) != generation) {
        adopt(remote, generation);
    }
    return remote;
}

static void drop(struct remote *remote) {
    if (!rsm_ref_put(&remote->ref)) {
        return;
    }
    rsm_worker_destroy(&remote->worker);
    rsm_pool_destroy(&remote->pool);
    rsm_behind_destroy(&remote->behind);
    rsm_breaker_destroy(&remote->breaker);
    remote->driver->free(remote->arg);
    rsm_free(remote);
}

/* ---- one question -------------------------------------------------------------------------------
 */

static void count_answer(struct remote *remote, enum rsm_answer answer) {
    if (answer == RSM_ANSWER_TIMEOUT || answer == RSM_ANSWER_FULL) {
        count(remote, RESUME_STORE_TIMEOUTS);
    } else if (answer == RSM_ANSWER_LOST) {
        count(remote, RESUME_STORE_DISCONNECTS);
    }
}

static enum rsm_answer take_connection(struct remote *remote, bool background, uint64_t deadline_us,
                                       struct rsm_pool_slot **ret_slot) {
    enum rsm_answer answer = rsm_pool_take(&remote->pool, background, deadline_us, ret_slot);
    if (answer != RSM_ANSWER_OK && answer != RSM_ANSWER_FULL) {
        count(remote, RESUME_STORE_UNREACHABLE);
    }
    if (answer != RSM_ANSWER_OK) {
        count_answer(remote, answer);
    }
    return answer;
}

/* The breaker hears what came of a pass, and the trace what the breaker made of it. */
static void tell(struct remote *remote, enum rsm_pass pass, enum rsm_answer answer) {
    enum rsm_breaker_change change =
        rsm_breaker_tell(&remote->breaker, pass, rsm_answer_healthy(answer), rsm_clock_us());
    rsm_trace_tell(&remote->trace, change, answer);
}

/* Ends a question: the breaker hears of it unless it never was one. */
static void settle(struct remote *remote, enum rsm_pass pass, struct rsm_pool_slot *slot,
                   enum rsm_answer answer) {
    rsm_pool_give(&remote->pool, slot, rsm_answer_keeps(answer));
    count_answer(remote, answer);
    tell(remote, pass, answer);
}

/* May this call go? Only the background thread probes, so that no handshake waits for a backend
 * that is known to be dead; without such a thread somebody has to. */
static enum rsm_pass ask(struct remote *remote) {
    if (rsm_breaker_closed(&remote->breaker)) {
        return RSM_PASS_CALL;
    }
    enum rsm_pass pass = RSM_PASS_NONE;
    if (!atomic_load(&remote->worker.running) && !rsm_worker_wake(&remote->worker)) {
        pass = rsm_breaker_ask(&remote->breaker, rsm_clock_us());
    }
    if (pass == RSM_PASS_NONE) {
        count(remote, RESUME_STORE_SKIPPED);
    }
    return pass;
}

struct question {
    enum { GET, TAKE, REMOVE, PUT } kind;
    const uint8_t *key;
    uint8_t *buf;
    size_t cap;
    size_t *ret_len;
    struct rsm_behind_item *item;
};

static enum rsm_answer put_one(const struct remote *remote, void *connection,
                               const struct question *q, uint64_t deadline_us) {
    enum rsm_answer answer =
        remote->driver->put(connection, q->item, 1, rsm_clock_us(), deadline_us);
    return rsm_answer_healthy(answer) ? (enum rsm_answer)q->item->answer : answer;
}

static enum rsm_answer put_question(const struct remote *remote, void *connection,
                                    const struct question *q, uint64_t deadline_us) {
    switch (q->kind) {
    case REMOVE:
        return remote->driver->remove(connection, q->key, deadline_us);
    case PUT:
        return put_one(remote, connection, q, deadline_us);
    default:
        return remote->driver->get(connection, q->kind == TAKE, q->key, deadline_us, q->buf, q->cap,
                                   q->ret_len);
    }
}

static enum rsm_answer call(struct remote *remote, const struct question *q, uint64_t deadline_us) {
    struct rsm_pool_slot *slot = NULL;
    enum rsm_pass pass = ask(remote);
    if (pass == RSM_PASS_NONE) {
        return RSM_ANSWER_UNREACHABLE;
    }
    enum rsm_answer answer = take_connection(remote, false, deadline_us, &slot);
    if (answer != RSM_ANSWER_OK) {
        /* That all connections are in use says nothing about the backend: their users will. */
        if (answer != RSM_ANSWER_FULL || pass == RSM_PASS_PROBE) {
            tell(remote, pass, answer);
            (void)rsm_worker_wake(&remote->worker);
        }
        return answer;
    }
    answer = put_question(remote, rsm_pool_connection(slot), q, deadline_us);
    settle(remote, pass, slot, answer);
    if (!rsm_answer_healthy(answer)) {
        (void)rsm_worker_wake(&remote->worker); /* it probes, if the breaker opened */
    }
    return answer;
}

static resume_status status_of(enum rsm_answer answer) {
    switch (answer) {
    case RSM_ANSWER_OK:
        return RESUME_OK;
    case RSM_ANSWER_MISS:
        return RESUME_MISS;
    case RSM_ANSWER_LARGE:
        return RESUME_E_BUFFER;
    case RSM_ANSWER_NOMEM:
        return RESUME_E_NOMEM;
    default:
        return RESUME_E_IO;
    }
}

/* ---- the background thread ----------------------------------------------------------------------
 */

static void probe(struct remote *remote, enum rsm_pass pass) {
    struct rsm_pool_slot *slot = NULL;
    uint64_t deadline_us = rsm_clock_us() + remote->set.timeout_us;
    enum rsm_answer answer = take_connection(remote, true, deadline_us, &slot);
    if (answer != RSM_ANSWER_OK) {
        tell(remote, pass, answer);
        return;
    }
    answer = remote->driver->ping(rsm_pool_connection(slot), deadline_us);
    settle(remote, pass, slot, answer);
}

static void count_drops(struct remote *remote, const struct rsm_behind_item *items, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (items[i].len && items[i].answer != RSM_ANSWER_OK) {
            count(remote, RESUME_STORE_DROPPED);
        }
    }
}

/* False if there was nothing to send or no connection; what was not sent stays. */
static bool send_some(struct remote *remote) {
    struct rsm_behind_item items[BATCH];
    struct rsm_pool_slot *slot = NULL;
    if (!remote->set.queue_bytes || rsm_behind_count(&remote->behind) == 0) {
        return false;
    }
    uint64_t now_us = rsm_clock_us();
    uint64_t deadline_us = now_us + remote->set.timeout_us;
    enum rsm_answer answer = take_connection(remote, true, deadline_us, &slot);
    if (answer != RSM_ANSWER_OK) {
        tell(remote, RSM_PASS_CALL, answer);
        return rsm_breaker_closed(&remote->breaker);
    }
    size_t n = rsm_behind_batch(&remote->behind, items, BATCH, BATCH_BYTES);
    answer = remote->driver->put(rsm_pool_connection(slot), items, n, now_us, deadline_us);
    settle(remote, RSM_PASS_CALL, slot, answer);
    count_drops(remote, items, n);
    rsm_behind_done(&remote->behind, n);
    return true;
}

static uint64_t work(void *arg) {
    struct remote *remote = arg;
    remote->driver->prepare(remote->arg);
    enum rsm_pass pass = rsm_breaker_ask(&remote->breaker, rsm_clock_us());
    if (pass == RSM_PASS_PROBE) {
        rsm_trace_probe(&remote->trace);
        probe(remote, pass);
    }
    while (rsm_breaker_closed(&remote->breaker) && rsm_clock_us() < atomic_load(&remote->stop_us) &&
           send_some(remote)) {
        remote->driver->prepare(remote->arg);
    }
    return rsm_breaker_due(&remote->breaker);
}

static void thread_enters(void *arg) {
    struct remote *remote = arg;
    rsm_ref_get(&remote->ref);
}

static void thread_leaves(void *arg) {
    drop(arg);
}

/* ---- the backend --------------------------------------------------------------------------------
 */

/* The deadline of a call. The thread may have to look the backend's name up. */
static uint64_t begin(struct remote *remote) {
    uint64_t deadline_us = rsm_clock_us() + remote->set.timeout_us;
    if (!atomic_load(&remote->worker.running) && !rsm_worker_wake(&remote->worker)) {
        remote->driver->prepare(remote->arg);
    }
    return deadline_us;
}

static resume_status refuse_put(struct remote *remote) {
    count(remote, RESUME_STORE_DROPPED);
    return RESUME_E_IO;
}

static resume_status put_now(struct remote *remote, struct rsm_behind_item *item) {
    struct question q = {.kind = PUT, .item = item};
    enum rsm_answer answer = call(remote, &q, begin(remote));
    return answer == RSM_ANSWER_OK ? RESUME_OK : refuse_put(remote);
}

static uint64_t ttl_of(uint64_t expires_ms, uint64_t now_ms) {
    uint64_t ttl_ms = rsm_sub_sat(expires_ms, now_ms);
    return ttl_ms < TTL_MAX_MS ? ttl_ms : TTL_MAX_MS;
}

uint64_t rsm_remote_ttl_ms(const struct rsm_behind_item *item, uint64_t now_us) {
    return rsm_sub_sat(item->ttl_ms, rsm_sub_sat(now_us, item->queued_us) / 1000U);
}

static resume_status remote_put(void *arg, const uint8_t *key, size_t key_len, const uint8_t *data,
                                size_t data_len, uint64_t expires_ms, uint64_t now_ms) {
    struct remote *remote = enter(arg);
    if (data_len > remote->set.record_max) {
        return RESUME_TOO_LARGE;
    }
    struct rsm_behind_item item = {.data = data,
                                   .len = data_len,
                                   .queued_us = rsm_clock_us(),
                                   .ttl_ms = ttl_of(expires_ms, now_ms)};
    memcpy(item.key, key, key_len);
    if (!remote->set.queue_bytes || !atomic_load(&remote->worker.running)) {
        if (!remote->set.queue_bytes || !rsm_worker_wake(&remote->worker)) {
            return put_now(remote, &item);
        }
    }
    if (ask(remote) == RSM_PASS_NONE ||
        !rsm_behind_push(&remote->behind, key, data, data_len, item.ttl_ms, item.queued_us)) {
        return refuse_put(remote);
    }
    (void)rsm_worker_nudge(&remote->worker);
    return RESUME_OK;
}

static resume_status remote_get(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                                uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct remote *remote = enter(arg);
    struct question q = {.kind = GET, .key = key, .buf = buf, .cap = buf_cap, .ret_len = ret_len};
    (void)key_len;
    (void)now_ms;
    if (remote->set.queue_bytes) {
        resume_status status = rsm_behind_find(&remote->behind, key, buf, buf_cap, ret_len);
        if (status != RESUME_MISS) {
            return status;
        }
    }
    return status_of(call(remote, &q, begin(remote)));
}

/* False if what this process has queued under the key did not get away in time. */
static bool flush_key(struct remote *remote, const uint8_t *key, uint64_t deadline_us) {
    if (!remote->set.queue_bytes || rsm_behind_count(&remote->behind) == 0 ||
        !rsm_breaker_closed(&remote->breaker)) {
        return true;
    }
    (void)rsm_worker_wake(&remote->worker);
    return rsm_behind_settle(&remote->behind, key, deadline_us);
}

static resume_status remote_take(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                                 uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct remote *remote = enter(arg);
    struct question q = {.kind = TAKE, .key = key, .buf = buf, .cap = buf_cap, .ret_len = ret_len};
    uint64_t deadline_us = begin(remote);
    (void)key_len;
    (void)now_ms;
    if (!flush_key(remote, key, deadline_us)) {
        count(remote, RESUME_STORE_TIMEOUTS);
        return RESUME_E_IO;
    }
    return status_of(call(remote, &q, deadline_us));
}

static resume_status remote_remove(void *arg, const uint8_t *key, size_t key_len) {
    struct remote *remote = enter(arg);
    struct question q = {.kind = REMOVE, .key = key};
    uint64_t deadline_us = begin(remote);
    (void)key_len;
    bool cancelled = remote->set.queue_bytes && rsm_behind_cancel(&remote->behind, key);
    if (!flush_key(remote, key, deadline_us)) {
        count(remote, RESUME_STORE_TIMEOUTS);
        return RESUME_E_IO;
    }
    resume_status status = status_of(call(remote, &q, deadline_us));
    return status == RESUME_MISS && cancelled ? RESUME_OK : status;
}

static void remote_free(void *arg) {
    struct remote *remote = enter(arg);
    uint64_t now_us = rsm_clock_us();
    atomic_store(&remote->stop_us, now_us + remote->set.timeout_us);
    /* The batch that began last has as long as any other. */
    rsm_worker_stop(&remote->worker, now_us + 2U * remote->set.timeout_us);
    rsm_trace_close(&remote->trace);
    drop(remote);
}

static uint64_t remote_number(const void *arg, int32_t which) {
    const struct remote *remote = arg;
    if (atomic_load(&remote->generation) != rsm_fork_generation()) {
        return 0; /* nothing has happened in this process */
    }
    switch (which) {
    case RESUME_STORE_QUEUED:
        return rsm_behind_count(&remote->behind);
    case RESUME_STORE_CONNECTIONS:
        return rsm_pool_count(&remote->pool);
    case RESUME_STORE_BREAKER:
        return atomic_load_explicit(&remote->breaker.state, memory_order_relaxed);
    case RESUME_STORE_BREAKER_OPENS:
        return atomic_load_explicit(&remote->breaker.opens, memory_order_relaxed);
    default:
        return which < RSM_REMOTE_FIRST
                   ? 0
                   : atomic_load_explicit(&remote->counts.cell[which - RSM_REMOTE_FIRST],
                                          memory_order_relaxed);
    }
}

static const struct rsm_custom_extras extras = {.number = remote_number, .takes_whole = true};

static resume_status wrap(struct remote *remote, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    struct resume_backend backend = {.size = sizeof backend,
                                     .arg = remote,
                                     .put = remote_put,
                                     .get = remote_get,
                                     .take = remote_take,
                                     .remove = remote_remove,
                                     .free = remote_free};
    return rsm_custom_new(&backend, &extras, options, why, ret_store);
}

/* The rest is in order, so that nothing has to be taken back. */
static void start(struct remote *remote, const struct rsm_remote_driver *driver) {
    rsm_ref_init(&remote->ref);
    remote->driver = driver;
    atomic_init(&remote->generation, rsm_fork_generation());
    atomic_init(&remote->claimed, rsm_fork_generation());
    atomic_init(&remote->stop_us, UINT64_MAX);
    rsm_breaker_init(&remote->breaker, BREAKER_FAILURES, PROBE_FIRST_US, PROBE_LATEST_US);
    rsm_pool_init(&remote->pool, &driver->connections, remote->arg, remote->set.pool);
    rsm_worker_init(&remote->worker, work, thread_enters, thread_leaves, remote);
}

static resume_status build(const struct rsm_remote_driver *driver, struct rsm_url *url,
                           const resume_store_options *options, char *why,
                           resume_store **ret_store) {
    struct remote *remote = rsm_calloc_aligned(128, sizeof *remote);
    if (!remote) {
        return RESUME_E_NOMEM;
    }
    resume_status status = rsm_remote_settings_read(url, why, &remote->set);
    if (status == RESUME_OK) {
        status = driver->make(url, &remote->counts, why, &remote->arg);
    }
    if (status != RESUME_OK) {
        rsm_free(remote);
        return status;
    }
    status = rsm_remote_url_done(url, driver->params, why);
    if (status == RESUME_OK && remote->set.queue_bytes) {
        status = rsm_behind_init(&remote->behind, remote->set.queue_slots,
                                 (size_t)remote->set.queue_bytes);
    }
    rsm_trace_init(&remote->trace, options, url->scheme);
    start(remote, driver);
    if (status == RESUME_OK) {
        status = wrap(remote, options, why, ret_store);
    }
    if (status != RESUME_OK) {
        drop(remote);
    }
    return status;
}

resume_status rsm_remote_make(const struct rsm_remote_driver *driver, struct rsm_url *url,
                              const resume_store_options *options, char *why,
                              resume_store **ret_store) {
    resume_store_options *own = NULL;
    resume_status status = rsm_at_rest_options(url, options, why, &own);
    if (status != RESUME_OK) {
        return status;
    }
    status = build(driver, url, own, why, ret_store);
    resume_store_options_unref(own);
    return status;
}
