/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all remote stores share: under the envelope of custom.c, over a driver that speaks one
 * protocol. Here are the deadline, the breaker, the connections and the queue of puts; in the
 * driver is the protocol and nothing else. A handshake waits for a backend at most until the
 * deadline, and not at all once the breaker is open: then the background thread alone looks whether
 * it is back.
 */
#ifndef RSM_STORE_REMOTE_H
#define RSM_STORE_REMOTE_H

#include "core/store.h"
#include "store/answer.h"
#include "store/behind.h"
#include "store/pool.h"

/* The numbers that only remote stores have. */
#define RSM_REMOTE_FIRST  RESUME_STORE_QUEUED
#define RSM_REMOTE_COUNTS (RESUME_STORE_REPLIES_OTHER + 1 - RSM_REMOTE_FIRST)

struct rsm_remote_counts {
    _Atomic uint64_t cell[RSM_REMOTE_COUNTS];
};

static inline void rsm_remote_count(struct rsm_remote_counts *counts, int32_t which) {
    atomic_fetch_add_explicit(&counts->cell[which - RSM_REMOTE_FIRST], 1, memory_order_relaxed);
}

/* A protocol. `arg` is the driver's own, made from the URL. Every call ends at its deadline
 * (base/clock.h) or soon after. Keys are RESUME_BACKEND_KEY_SIZE bytes. */
struct rsm_remote_driver {
    const char *params; /* the URL's parameters that it knows, ", " behind each */

    /* arg may go on counting into counts. */
    resume_status (*make)(struct rsm_url *url, struct rsm_remote_counts *counts, char *why,
                          void **ret_arg);
    void (*free)(void *arg);
    void (*forget)(void *arg);  /* in a forked child, before anything else */
    void (*prepare)(void *arg); /* what may block for long; by the background thread */
    struct rsm_pool_ops connections;

    enum rsm_answer (*get)(void *connection, bool take, const uint8_t *key, uint64_t deadline_us,
                           uint8_t *buf, size_t cap, size_t *ret_len);
    /* Answers for each item; the result is the connection's. Items of length 0 are left out. */
    enum rsm_answer (*put)(void *connection, struct rsm_behind_item *items, size_t count,
                           uint64_t now_us, uint64_t deadline_us);
    enum rsm_answer (*remove)(void *connection, const uint8_t *key, uint64_t deadline_us);
    enum rsm_answer (*ping)(void *connection, uint64_t deadline_us);
};

/* A store of the URL; takes the parameters that all remote stores have. */
resume_status rsm_remote_make(const struct rsm_remote_driver *driver, struct rsm_url *url,
                              const resume_store_options *options, char *why,
                              resume_store **ret_store);

/* What is left of an item's time, for the backend's own expiry (I-110); 0: it is over. */
uint64_t rsm_remote_ttl_ms(const struct rsm_behind_item *item, uint64_t now_us);

#endif
