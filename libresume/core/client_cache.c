/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of peers, threaded by a list from the one asked for last to the one asked for first.
 * Keys are keyed digests, so nobody outside can choose which of them meet in a bucket.
 */
#include "core/client_cache.h"

#include "base/alloc.h"
#include "base/bytes.h"

typedef struct rsm_client_slot slot_type;

static size_t slot_size(const struct rsm_client_cache *cache) {
    return sizeof(slot_type) + ((size_t)cache->limits.tickets + 1) * sizeof(void *);
}

static uint64_t *stat(struct rsm_client_cache *cache, int32_t which) {
    return &cache->stats[which];
}

resume_status rsm_client_cache_init(struct rsm_client_cache *cache,
                                    const struct rsm_client_limits *limits) {
    size_t count = 16;
    while (count < limits->sessions) {
        count *= 2;
    }
    *cache = (struct rsm_client_cache){.limits = *limits, .mask = count - 1};
    cache->buckets = rsm_calloc(count, sizeof(void *));
    return cache->buckets ? RESUME_OK : RESUME_E_NOMEM;
}

void rsm_client_cache_drop(struct rsm_client_cache *cache) {
    rsm_client_cache_clear(cache);
    rsm_free(cache->buckets);
    cache->buckets = NULL;
}

static slot_type **bucket_of(const struct rsm_client_cache *cache, const uint8_t *key) {
    return &cache->buckets[rsm_get64(key) & cache->mask];
}

slot_type *rsm_client_cache_find(const struct rsm_client_cache *cache, const uint8_t *key) {
    slot_type *slot = *bucket_of(cache, key);
    while (slot && memcmp(slot->key, key, sizeof slot->key) != 0) {
        slot = slot->chain;
    }
    return slot;
}

static void unlink_age(struct rsm_client_cache *cache, slot_type *slot) {
    *(slot->newer ? &slot->newer->older : &cache->newest) = slot->older;
    *(slot->older ? &slot->older->newer : &cache->oldest) = slot->newer;
}

static void link_newest(struct rsm_client_cache *cache, slot_type *slot) {
    slot->newer = NULL;
    slot->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = slot;
    cache->newest = slot;
}

static void touch(struct rsm_client_cache *cache, slot_type *slot) {
    if (cache->newest != slot) {
        unlink_age(cache, slot);
        link_newest(cache, slot);
    }
}

static slot_type *make_slot(struct rsm_client_cache *cache, const uint8_t *key) {
    slot_type *slot = rsm_calloc(1, slot_size(cache));
    if (slot) {
        memcpy(slot->key, key, sizeof slot->key);
        slot->chain = *bucket_of(cache, key);
        *bucket_of(cache, key) = slot;
        link_newest(cache, slot);
        *stat(cache, RESUME_CLIENT_PEERS) += 1;
        *stat(cache, RESUME_CLIENT_BYTES) += slot_size(cache);
    }
    return slot;
}

static void drop_slot_if_empty(struct rsm_client_cache *cache, slot_type *slot) {
    if (slot->count > 0) {
        return;
    }
    slot_type **at = bucket_of(cache, slot->key);
    while (*at != slot) {
        at = &(*at)->chain;
    }
    *at = slot->chain;
    unlink_age(cache, slot);
    rsm_free(slot);
    *stat(cache, RESUME_CLIENT_PEERS) -= 1;
    *stat(cache, RESUME_CLIENT_BYTES) -= slot_size(cache);
}

/* Takes an item out of its slot, which may be empty then; the reference is the caller's. */
static resume_saved *pull(struct rsm_client_cache *cache, slot_type *slot, uint32_t index) {
    resume_saved *saved = slot->items[index];
    slot->count--;
    for (uint32_t i = index; i < slot->count; i++) {
        slot->items[i] = slot->items[i + 1];
    }
    *stat(cache, RESUME_CLIENT_SESSIONS) -= 1;
    *stat(cache, RESUME_CLIENT_BYTES) -= rsm_saved_size(saved);
    return saved;
}

static void drop_item(struct rsm_client_cache *cache, slot_type *slot, uint32_t index,
                      int32_t why) {
    resume_saved_unref(pull(cache, slot, index));
    *stat(cache, why) += 1;
}

static void drop_expired(struct rsm_client_cache *cache, slot_type *slot, uint64_t now_ms) {
    for (uint32_t i = slot->count; i-- > 0;) {
        if (slot->items[i]->expires_ms <= now_ms) {
            drop_item(cache, slot, i, RESUME_CLIENT_EXPIRED);
        }
    }
}

/* Makes room among the peer's own: a TLS 1.2 session makes way for the next (it is the same
 * server's newer word), a ticket if there are as many as may be. False if the new one is the oldest
 * of them. */
static bool make_way(struct rsm_client_cache *cache, slot_type *slot, const resume_saved *saved) {
    bool single_use = rsm_saved_is_single_use(saved);
    uint32_t alike = 0;
    uint32_t first = 0;
    for (uint32_t i = slot->count; i-- > 0;) {
        if (rsm_saved_is_single_use(slot->items[i]) == single_use) {
            alike++;
            first = i;
        }
    }
    if (alike < (single_use ? cache->limits.tickets : 1)) {
        return true;
    }
    if (slot->items[first]->serial > saved->serial) {
        return false;
    }
    if (single_use) {
        drop_item(cache, slot, first, RESUME_CLIENT_EVICTED);
    } else {
        resume_saved_unref(pull(cache, slot, first));
    }
    return true;
}

static void insert(struct rsm_client_cache *cache, slot_type *slot, resume_saved *saved) {
    uint32_t at = slot->count;
    while (at > 0 && slot->items[at - 1]->serial > saved->serial) {
        slot->items[at] = slot->items[at - 1];
        at--;
    }
    slot->items[at] = saved;
    slot->count++;
    *stat(cache, RESUME_CLIENT_SESSIONS) += 1;
    *stat(cache, RESUME_CLIENT_BYTES) += rsm_saved_size(saved);
}

static void evict(struct rsm_client_cache *cache) {
    while (cache->oldest && (*stat(cache, RESUME_CLIENT_SESSIONS) > cache->limits.sessions ||
                             *stat(cache, RESUME_CLIENT_BYTES) > cache->limits.bytes)) {
        slot_type *slot = cache->oldest;
        drop_item(cache, slot, 0, RESUME_CLIENT_EVICTED);
        drop_slot_if_empty(cache, slot);
    }
}

resume_status rsm_client_cache_add(struct rsm_client_cache *cache, resume_saved *saved,
                                   uint64_t now_ms) {
    if (rsm_saved_size(saved) + slot_size(cache) > cache->limits.bytes) {
        return RESUME_TOO_LARGE;
    }
    slot_type *slot = rsm_client_cache_find(cache, saved->key);
    slot = slot ? slot : make_slot(cache, saved->key);
    if (!slot) {
        return RESUME_E_NOMEM;
    }
    drop_expired(cache, slot, now_ms);
    if (!make_way(cache, slot, saved)) {
        return RESUME_MISS;
    }
    insert(cache, slot, saved);
    touch(cache, slot);
    evict(cache);
    return RESUME_OK;
}

resume_saved *rsm_client_cache_take(struct rsm_client_cache *cache, const uint8_t *key,
                                    uint64_t now_ms) {
    slot_type *slot = rsm_client_cache_find(cache, key);
    if (!slot) {
        return NULL;
    }
    resume_saved *saved = NULL;
    touch(cache, slot);
    drop_expired(cache, slot, now_ms);
    if (slot->count > 0) {
        uint32_t last = slot->count - 1;
        saved = rsm_saved_is_single_use(slot->items[last]) ? pull(cache, slot, last)
                                                           : resume_saved_ref(slot->items[last]);
    }
    drop_slot_if_empty(cache, slot);
    return saved;
}

bool rsm_client_cache_has(const struct rsm_client_cache *cache, const uint8_t *key,
                          const resume_saved *saved) {
    const slot_type *slot = rsm_client_cache_find(cache, key);
    for (uint32_t i = 0; slot && i < slot->count; i++) {
        if (rsm_saved_same(slot->items[i], saved)) {
            return true;
        }
    }
    return false;
}

size_t rsm_client_cache_remove(struct rsm_client_cache *cache, const uint8_t *key,
                               const resume_saved *saved) {
    size_t went = 0;
    slot_type *slot = rsm_client_cache_find(cache, key);
    if (!slot) {
        return 0;
    }
    for (uint32_t i = slot->count; i-- > 0;) {
        if (!saved || rsm_saved_same(slot->items[i], saved)) {
            drop_item(cache, slot, i, RESUME_CLIENT_FORGOTTEN);
            went++;
        }
    }
    drop_slot_if_empty(cache, slot);
    return went;
}

size_t rsm_client_cache_clear(struct rsm_client_cache *cache) {
    size_t went = 0;
    while (cache->oldest) {
        went += rsm_client_cache_remove(cache, cache->oldest->key, NULL);
    }
    return went;
}
