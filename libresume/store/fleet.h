/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's share in a fleet's ring: the thread that polls Redis, takes what others made, makes the
 * next key when it is due, and keeps the newest ring for the keyring to take. Nobody waits for it,
 * but for the very first poll. Not the keyring's source (keyring_redis.c).
 *
 * Forks: a child has no thread and no connection and starts its own; it forgets the ring, which the
 * thread may just have been writing, and not its generation.
 */
#ifndef RSM_STORE_FLEET_H
#define RSM_STORE_FLEET_H

#include "base/url.h"
#include "store/fleet_ring.h"
#include "store/redis_talk.h"
#include "store/worker.h"

/* In locked memory, under the fleet's lock. */
struct rsm_fleet_secret {
    uint8_t root[RSM_XAES_KEY];
    struct rsm_fleet_ring ring; /* the newest that was seen */
    struct rsm_fleet_ring next; /* what the thread is working on */
};

struct rsm_fleet {
    struct rsm_ref ref; /* one of the owners', one of the thread's */
    atomic_uint owners;
    struct rsm_lock lock;
    struct rsm_worker worker;
    atomic_bool closing;
    _Atomic uint64_t process; /* rsm_fork_generation() of who runs it */
    struct rsm_redis_config *config;
    struct rsm_remote_counts counts;
    struct rsm_fleet_secret *secret;
    char name[RSM_FLEET_NAME_MAX + 1];
    char record_name[RSM_REMOTE_PREFIX_MAX + 8 + RSM_FLEET_NAME_MAX];
    struct rsm_fleet_plan plan;
    uint64_t poll_us, timeout_us;

    /* Of the thread alone. */
    void *connection;
    uint64_t wait_us; /* after failures */
    uint8_t record[RSM_FLEET_RECORD];
    uint8_t next_record[RSM_FLEET_RECORD];

    /* Under the lock. */
    uint64_t generation; /* the highest that was seen; never goes back */
    uint64_t version;    /* counts the changes of what stands here */
    bool has_ring;
    bool failed;
    bool told; /* somebody took the failure; before that it does not end */
    char why[RSM_WHY_SIZE];
};

/* Connections and thread of this process: to be called before anything else by whoever may be a
 * forked child. */
void rsm_fleet_mine(struct rsm_fleet *fleet);

/* One poll. When to come again, in base/clock.h's time. By the thread, or while there is none. */
uint64_t rsm_fleet_poll(struct rsm_fleet *fleet);

/* Starts the thread if this process has none. */
void rsm_fleet_start(struct rsm_fleet *fleet);

/* config and secret are the fleet's then, also on failure; name and periods are set by the caller
 * before the first poll. */
RESUME_MUST_USE resume_status rsm_fleet_new(struct rsm_redis_config *config,
                                            struct rsm_fleet_secret *secret,
                                            struct rsm_fleet **ret_fleet);
struct rsm_fleet *rsm_fleet_own(struct rsm_fleet *fleet);
/* The last owner stops the thread; waits for it at most as long as one question may take. */
void rsm_fleet_disown(struct rsm_fleet *fleet);

#endif
