/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two rings: entries, and the bytes of their records. Both are used and freed in the order of
 * arrival. Keys are MACs, so that their first bytes serve as a hash.
 */
#include "store/behind.h"

#include "base/alloc.h"
#include "base/bytes.h"

struct rsm_behind_entry {
    uint8_t key[RSM_BEHIND_KEY];
    uint64_t queued_us;
    uint64_t ttl_ms;
    size_t offset; /* in the ring of bytes */
    size_t len;
    uint32_t next; /* in the chain: slot + 1, or 0 */
    bool gone;     /* taken back */
};

static uint32_t slot_at(const struct rsm_behind *behind, uint32_t nth) {
    return (behind->first + nth) & (behind->slots - 1U);
}

static uint32_t *head_of(struct rsm_behind *behind, const uint8_t *key) {
    return &behind->heads[rsm_get32(key) & (behind->slots - 1U)];
}

static void set_count(struct rsm_behind *behind, uint32_t count) {
    atomic_store_explicit(&behind->count, count, memory_order_relaxed);
}

void rsm_behind_forget(struct rsm_behind *behind) {
    rsm_lock_init(&behind->lock);
    rsm_cond_init(&behind->settled);
    memset(behind->heads, 0, behind->slots * sizeof *behind->heads);
    behind->first = 0;
    behind->flying = 0;
    behind->end = 0;
    behind->waiters = 0;
    set_count(behind, 0);
}

resume_status rsm_behind_init(struct rsm_behind *behind, uint32_t slots, size_t size) {
    *behind = (struct rsm_behind){.slots = slots, .size = size};
    behind->entries = rsm_calloc(slots, sizeof *behind->entries);
    behind->heads = rsm_calloc(slots, sizeof *behind->heads);
    behind->bytes = rsm_calloc(1, size); /* not touched before it is used */
    if (!behind->entries || !behind->heads || !behind->bytes) {
        rsm_free(behind->entries);
        rsm_free(behind->heads);
        rsm_free(behind->bytes);
        *behind = (struct rsm_behind){0};
        return RESUME_E_NOMEM;
    }
    rsm_behind_forget(behind);
    return RESUME_OK;
}

void rsm_behind_destroy(struct rsm_behind *behind) {
    if (!behind->entries) {
        return;
    }
    rsm_lock_destroy(&behind->lock);
    rsm_cond_destroy(&behind->settled);
    rsm_free(behind->entries);
    rsm_free(behind->heads);
    rsm_free(behind->bytes);
}

/* Where len bytes fit in one piece, or `size`. */
static size_t room_for(const struct rsm_behind *behind, size_t len) {
    uint32_t count = rsm_behind_count(behind);
    if (count == 0) {
        return len <= behind->size ? 0 : behind->size;
    }
    size_t start = behind->entries[behind->first].offset;
    size_t end = behind->end;
    if (end > start) { /* free: behind the end, and before the start */
        if (len <= behind->size - end) {
            return end;
        }
        return len <= start ? 0 : behind->size;
    }
    return len <= start - end ? end : behind->size;
}

bool rsm_behind_push(struct rsm_behind *behind, const uint8_t *key, const uint8_t *data, size_t len,
                     uint64_t ttl_ms, uint64_t now_us) {
    if (len == 0) {
        return false;
    }
    RSM_LOCKED(&behind->lock);
    uint32_t count = rsm_behind_count(behind);
    size_t offset = count < behind->slots ? room_for(behind, len) : behind->size;
    if (offset == behind->size) {
        return false;
    }
    uint32_t slot = slot_at(behind, count);
    uint32_t *head = head_of(behind, key);
    struct rsm_behind_entry *entry = &behind->entries[slot];
    *entry = (struct rsm_behind_entry){
        .queued_us = now_us, .ttl_ms = ttl_ms, .offset = offset, .len = len, .next = *head};
    memcpy(entry->key, key, RSM_BEHIND_KEY);
    memcpy(behind->bytes + offset, data, len);
    *head = slot + 1U;
    behind->end = offset + len;
    set_count(behind, count + 1U);
    return true;
}

/* With the lock: the newest entry of the key from the slot (+ 1) on. */
static struct rsm_behind_entry *entry_from(struct rsm_behind *behind, uint32_t at,
                                           const uint8_t *key) {
    while (at) {
        struct rsm_behind_entry *entry = &behind->entries[at - 1U];
        if (!entry->gone && memcmp(entry->key, key, RSM_BEHIND_KEY) == 0) {
            return entry;
        }
        at = entry->next;
    }
    return NULL;
}

resume_status rsm_behind_find(struct rsm_behind *behind, const uint8_t *key, uint8_t *buf,
                              size_t cap, size_t *ret_len) {
    if (rsm_behind_count(behind) == 0) {
        return RESUME_MISS;
    }
    RSM_LOCKED(&behind->lock);
    const struct rsm_behind_entry *entry = entry_from(behind, *head_of(behind, key), key);
    if (!entry) {
        return RESUME_MISS;
    }
    *ret_len = entry->len;
    if (entry->len > cap) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, behind->bytes + entry->offset, entry->len);
    return RESUME_OK;
}

static bool is_flying(const struct rsm_behind *behind, const struct rsm_behind_entry *entry) {
    uint32_t slot = (uint32_t)(entry - behind->entries);
    return ((slot - behind->first) & (behind->slots - 1U)) < behind->flying;
}

bool rsm_behind_cancel(struct rsm_behind *behind, const uint8_t *key) {
    bool any = false;
    if (rsm_behind_count(behind) == 0) {
        return false;
    }
    RSM_LOCKED(&behind->lock);
    struct rsm_behind_entry *entry = entry_from(behind, *head_of(behind, key), key);
    while (entry) {
        if (!is_flying(behind, entry)) {
            entry->gone = true;
            any = true;
        }
        entry = entry_from(behind, entry->next, key);
    }
    return any;
}

bool rsm_behind_settle(struct rsm_behind *behind, const uint8_t *key, uint64_t deadline_us) {
    if (rsm_behind_count(behind) == 0) {
        return true;
    }
    RSM_LOCKED(&behind->lock);
    bool waits = true;
    while (waits && entry_from(behind, *head_of(behind, key), key)) {
        behind->waiters++;
        waits = rsm_cond_wait(&behind->settled, &behind->lock, deadline_us);
        behind->waiters--;
    }
    return entry_from(behind, *head_of(behind, key), key) == NULL;
}

size_t rsm_behind_batch(struct rsm_behind *behind, struct rsm_behind_item *items, size_t max,
                        size_t max_bytes) {
    RSM_LOCKED(&behind->lock);
    uint32_t count = rsm_behind_count(behind);
    uint32_t n = 0;
    size_t bytes = 0;
    for (; n < count && n < max; n++) {
        const struct rsm_behind_entry *entry = &behind->entries[slot_at(behind, n)];
        bytes += entry->len;
        if (n && bytes > max_bytes) {
            break;
        }
        items[n] = (struct rsm_behind_item){.data = behind->bytes + entry->offset,
                                            .len = entry->gone ? 0 : entry->len,
                                            .queued_us = entry->queued_us,
                                            .ttl_ms = entry->ttl_ms};
        memcpy(items[n].key, entry->key, RSM_BEHIND_KEY);
    }
    behind->flying = n;
    return n;
}

/* With the lock: the oldest entry is the last one of its chain. */
static void drop_oldest(struct rsm_behind *behind) {
    uint32_t *link = head_of(behind, behind->entries[behind->first].key);
    while (*link != behind->first + 1U) {
        link = &behind->entries[*link - 1U].next;
    }
    *link = 0;
    behind->first = slot_at(behind, 1);
    set_count(behind, rsm_behind_count(behind) - 1U);
}

void rsm_behind_done(struct rsm_behind *behind, size_t sent) {
    RSM_LOCKED(&behind->lock);
    for (size_t i = 0; i < sent; i++) {
        drop_oldest(behind);
    }
    behind->flying = 0;
    if (behind->waiters) {
        rsm_cond_wake_all(&behind->settled);
    }
}
