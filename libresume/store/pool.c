/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot is EMPTY, IDLE with a connection, or BUSY: somebody's, with or without a connection. Slots
 * change under the lock and are atomic beside it, because a forked child reads them without.
 */
#include "store/pool.h"

enum { EMPTY, IDLE, BUSY };

static int state_of(const struct rsm_pool_slot *slot) {
    return atomic_load_explicit(&slot->state, memory_order_acquire);
}

static void set_state(struct rsm_pool_slot *slot, int state) {
    atomic_store_explicit(&slot->state, state, memory_order_release);
}

static void set_connection(struct rsm_pool_slot *slot, void *connection) {
    atomic_store_explicit(&slot->connection, connection, memory_order_release);
}

void rsm_pool_init(struct rsm_pool *pool, const struct rsm_pool_ops *ops, void *arg,
                   unsigned size) {
    pool->ops = ops;
    pool->arg = arg;
    pool->size = size;
    for (unsigned i = 0; i <= RSM_POOL_MAX; i++) {
        set_connection(&pool->slots[i], NULL);
        set_state(&pool->slots[i], EMPTY);
    }
    rsm_pool_forget(pool);
}

void rsm_pool_forget(struct rsm_pool *pool) {
    rsm_lock_init(&pool->lock);
    rsm_cond_init(&pool->given);
    pool->waiters = 0;
    for (unsigned i = 0; i <= pool->size; i++) {
        struct rsm_pool_slot *slot = &pool->slots[i];
        void *connection = rsm_pool_connection(slot);
        if (connection) {
            pool->ops->abandon(connection, state_of(slot) == IDLE);
        }
        set_connection(slot, NULL);
        set_state(slot, EMPTY);
    }
}

/* The pointer goes first: a child that is forked in between closes nothing that is not its own. */
static void close_slot(struct rsm_pool *pool, struct rsm_pool_slot *slot) {
    void *connection = rsm_pool_connection(slot);
    set_connection(slot, NULL);
    if (connection) {
        pool->ops->close(connection);
    }
}

void rsm_pool_destroy(struct rsm_pool *pool) {
    for (unsigned i = 0; i <= pool->size; i++) {
        close_slot(pool, &pool->slots[i]);
    }
    rsm_lock_destroy(&pool->lock);
    rsm_cond_destroy(&pool->given);
}

/* With the lock: an idle slot before an empty one, of the first ones, so that few stay in use. */
static struct rsm_pool_slot *claim(struct rsm_pool *pool, bool background) {
    unsigned from = background ? pool->size : 0;
    unsigned to = background ? pool->size + 1 : pool->size;
    for (int wanted = IDLE; wanted >= EMPTY; wanted--) {
        for (unsigned i = from; i < to; i++) {
            if (state_of(&pool->slots[i]) == wanted) {
                set_state(&pool->slots[i], BUSY);
                return &pool->slots[i];
            }
        }
    }
    return NULL;
}

static struct rsm_pool_slot *wait_for_slot(struct rsm_pool *pool, bool background,
                                           uint64_t deadline_us) {
    RSM_LOCKED(&pool->lock);
    struct rsm_pool_slot *slot = claim(pool, background);
    bool waits = true;
    while (!slot && waits) {
        pool->waiters++;
        waits = rsm_cond_wait(&pool->given, &pool->lock, deadline_us);
        pool->waiters--;
        slot = claim(pool, background);
    }
    return slot;
}

enum rsm_answer rsm_pool_take(struct rsm_pool *pool, bool background, uint64_t deadline_us,
                              struct rsm_pool_slot **ret_slot) {
    struct rsm_pool_slot *slot = wait_for_slot(pool, background, deadline_us);
    if (!slot) {
        return RSM_ANSWER_FULL;
    }
    void *connection = rsm_pool_connection(slot);
    if (connection && !pool->ops->alive(connection)) {
        close_slot(pool, slot);
        connection = NULL;
    }
    if (!connection) {
        enum rsm_answer answer = pool->ops->connect(pool->arg, deadline_us, &connection);
        if (answer != RSM_ANSWER_OK) {
            rsm_pool_give(pool, slot, false);
            return answer;
        }
        set_connection(slot, connection);
    }
    *ret_slot = slot;
    return RSM_ANSWER_OK;
}

void rsm_pool_give(struct rsm_pool *pool, struct rsm_pool_slot *slot, bool keep) {
    if (!keep) {
        close_slot(pool, slot);
    }
    RSM_LOCKED(&pool->lock);
    set_state(slot, keep ? IDLE : EMPTY);
    if (pool->waiters) {
        rsm_cond_wake(&pool->given);
    }
}

unsigned rsm_pool_count(const struct rsm_pool *pool) {
    unsigned count = 0;
    for (unsigned i = 0; i <= pool->size; i++) {
        count += atomic_load_explicit(&pool->slots[i].connection, memory_order_relaxed) != NULL;
    }
    return count;
}
