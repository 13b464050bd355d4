/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of one process, kept for the next question: a bounded number, and one more that only
 * the background thread uses. What a connection is, its owner says. One that a question went wrong
 * on is closed, so that a late reply never answers another question (I-109). Not a retry.
 */
#ifndef RSM_STORE_POOL_H
#define RSM_STORE_POOL_H

#include <resume/status.h>

#include "base/cond.h"
#include "store/answer.h"

#include <stdatomic.h>
#include <stddef.h>

enum { RSM_POOL_MAX = 64 };

struct rsm_pool_ops {
    enum rsm_answer (*connect)(void *arg, uint64_t deadline_us, void **ret_connection);
    /* Idle and nothing to read: not closed by the other side, no reply that nobody asked for. */
    bool (*alive)(void *connection);
    void (*close)(void *connection);
    /* In a forked child: gives up its copy without a word to the other side; `whole` tells whether
     * the connection's memory can be trusted, else only its descriptor is closed. */
    void (*abandon)(void *connection, bool whole);
};

struct rsm_pool_slot {
    _Atomic(void *) connection;
    atomic_int state;
};

struct rsm_pool {
    struct rsm_lock lock;
    struct rsm_cond given;
    const struct rsm_pool_ops *ops;
    void *arg;
    unsigned size;
    unsigned waiters;
    struct rsm_pool_slot slots[RSM_POOL_MAX + 1]; /* the one at `size` is the background thread's */
};

/* size is 1 to RSM_POOL_MAX. */
void rsm_pool_init(struct rsm_pool *pool, const struct rsm_pool_ops *ops, void *arg, unsigned size);
/* Closes all; nobody has one any more. */
void rsm_pool_destroy(struct rsm_pool *pool);
/* In a forked child, before anything else: the parent's connections are the parent's. */
void rsm_pool_forget(struct rsm_pool *pool);

/* A connection, an idle one or a new one; waits for either until the deadline. */
RESUME_MUST_USE enum rsm_answer rsm_pool_take(struct rsm_pool *pool, bool background,
                                              uint64_t deadline_us,
                                              struct rsm_pool_slot **ret_slot);

static inline void *rsm_pool_connection(struct rsm_pool_slot *slot) {
    return atomic_load_explicit(&slot->connection, memory_order_relaxed);
}

/* Gives it back; `keep` false closes it. */
void rsm_pool_give(struct rsm_pool *pool, struct rsm_pool_slot *slot, bool keep);

/* How many there are now. */
unsigned rsm_pool_count(const struct rsm_pool *pool);

#endif
