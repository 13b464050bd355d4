/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client keeps: for each peer a few things to offer, peers in the order in which they were
 * last asked for, all of it bounded. Not locked, and no policy: client.h has both.
 */
#ifndef RSM_CORE_CLIENT_CACHE_H
#define RSM_CORE_CLIENT_CACHE_H

#include "core/saved.h"

#define RSM_CLIENT_KEY RSM_SHA256_SIZE

struct rsm_client_limits {
    uint32_t sessions;
    uint32_t tickets; /* single-use ones of one peer */
    uint64_t bytes;
};

/* One peer. */
struct rsm_client_slot {
    uint8_t key[RSM_CLIENT_KEY];
    struct rsm_client_slot *chain;         /* next in the bucket */
    struct rsm_client_slot *newer, *older; /* by when they were asked for */
    uint32_t count;
    resume_saved *items[]; /* oldest first; room for the limit's tickets and one TLS 1.2 session */
};

struct rsm_client_cache {
    struct rsm_client_limits limits;
    struct rsm_client_slot **buckets;
    size_t mask;
    struct rsm_client_slot *newest, *oldest;
    uint64_t stats[RESUME_CLIENT_STAT_COUNT];
};

/* RESUME_OK or RESUME_E_NOMEM. */
resume_status rsm_client_cache_init(struct rsm_client_cache *cache,
                                    const struct rsm_client_limits *limits);

/* Drops everything and frees the table; harmless on a zeroed cache. */
void rsm_client_cache_drop(struct rsm_client_cache *cache);

/* Drops everything; returns how many there were. */
size_t rsm_client_cache_clear(struct rsm_client_cache *cache);

struct rsm_client_slot *rsm_client_cache_find(const struct rsm_client_cache *cache,
                                              const uint8_t *key);

/* Takes over the reference if RESUME_OK. Its key and serial say where it belongs. RESUME_MISS: the
 * peer's place is full of newer ones; RESUME_TOO_LARGE, RESUME_E_NOMEM. */
resume_status rsm_client_cache_add(struct rsm_client_cache *cache, resume_saved *saved,
                                   uint64_t now_ms);

/* The newest of a peer, with a reference: removed if it is for single use. NULL if there is none.
 */
resume_saved *rsm_client_cache_take(struct rsm_client_cache *cache, const uint8_t *key,
                                    uint64_t now_ms);

/* True if it, or what would offer the same, is there. */
bool rsm_client_cache_has(const struct rsm_client_cache *cache, const uint8_t *key,
                          const resume_saved *saved);

/* Drops it, or all of the peer if saved is NULL; returns how many went. */
size_t rsm_client_cache_remove(struct rsm_client_cache *cache, const uint8_t *key,
                               const resume_saved *saved);

#endif
