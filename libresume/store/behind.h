/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of records that wait to be sent to a backend, so that a handshake does not wait for it.
 * Bounded by count and by bytes: what does not fit is refused, nothing waits for room. What waits
 * can be looked up, newest first, until it has been sent. Not the thread that sends (worker.h), and
 * of one process: a forked child starts with an empty one.
 */
#ifndef RSM_STORE_BEHIND_H
#define RSM_STORE_BEHIND_H

#include <resume/backend.h>

#include "base/cond.h"

#include <stdatomic.h>

enum { RSM_BEHIND_KEY = RESUME_BACKEND_KEY_SIZE };

struct rsm_behind_entry;

struct rsm_behind {
    struct rsm_lock lock;
    struct rsm_cond settled;
    struct rsm_behind_entry *entries; /* a ring of `slots` */
    uint32_t *heads;                  /* of the chains of equal hash: slot + 1, or 0 */
    uint8_t *bytes;                   /* a ring of `size`; a record lies in one piece */
    uint32_t slots;
    size_t size;
    uint32_t first; /* oldest slot */
    _Atomic uint32_t count;
    uint32_t flying;  /* of them, from the oldest on: with the sender */
    size_t end;       /* where the next record goes */
    uint32_t waiters; /* in rsm_behind_settle() */
};

/* What the sender sees of an entry; data lies in the queue until rsm_behind_done(). */
struct rsm_behind_item {
    uint8_t key[RSM_BEHIND_KEY];
    const uint8_t *data;
    size_t len;
    uint64_t queued_us;
    uint64_t ttl_ms; /* from queued_us on */
    int answer;      /* for the sender's use */
};

/* Room for slots records, a power of two, of size bytes together. */
RESUME_MUST_USE resume_status rsm_behind_init(struct rsm_behind *behind, uint32_t slots,
                                              size_t size);
void rsm_behind_destroy(struct rsm_behind *behind);
/* In a forked child, before anything else: empty, the lock free. */
void rsm_behind_forget(struct rsm_behind *behind);

/* Copies the record in; false if there is no room. */
bool rsm_behind_push(struct rsm_behind *behind, const uint8_t *key, const uint8_t *data, size_t len,
                     uint64_t ttl_ms, uint64_t now_us);

/* What waits under the key, the newest: RESUME_OK, RESUME_MISS, or RESUME_E_BUFFER with its length
 * in ret_len. */
RESUME_MUST_USE resume_status rsm_behind_find(struct rsm_behind *behind, const uint8_t *key,
                                              uint8_t *buf, size_t cap, size_t *ret_len);

/* Takes back what waits under the key and is not with the sender; true if there was any. */
bool rsm_behind_cancel(struct rsm_behind *behind, const uint8_t *key);

/* Waits until nothing waits under the key; false if the deadline passed first. */
bool rsm_behind_settle(struct rsm_behind *behind, const uint8_t *key, uint64_t deadline_us);

/* For the one sender: lends the oldest entries, at most max and at most max_bytes together (but at
 * least one), then gives them back. `sent` of them leave the queue, the others stay in it. Those
 * taken back come with len 0. */
size_t rsm_behind_batch(struct rsm_behind *behind, struct rsm_behind_item *items, size_t max,
                        size_t max_bytes);
void rsm_behind_done(struct rsm_behind *behind, size_t sent);

static inline uint32_t rsm_behind_count(const struct rsm_behind *behind) {
    return atomic_load_explicit(&behind->count, memory_order_relaxed);
}

#endif
