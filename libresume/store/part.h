/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One part (shard) of a table and the words it is made of: buckets, and an arena of chunks.
 * Only layout and access; the arena's book-keeping is in arena.c, the operations in table.c and
 * table_get.c.
 *
 * All of it lies in one region without pointers, so that the region may be shared memory: what
 * refers to a chunk is the number of its first granule. Readers take no lock. So every word that
 * they may see is atomic; they copy, and a bucket's sequence number, read before and after, tells
 * whether what they copied belongs together. A writer's stores are releases and a reader's loads
 * acquires (some of them two words at once, see wide.h), hence a reader that saw any part of a
 * change also sees the number change.
 */
#ifndef RSM_STORE_PART_H
#define RSM_STORE_PART_H

#include "base/lock.h"
#include "base/match.h"
#include "base/robust.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RSM_GRANULE       64U /* bytes: a chunk begins at a cache line */
#define RSM_GRANULE_WORDS (RSM_GRANULE / 8U)
#define RSM_CHUNK_MAX     2047U /* granules, 11 bits in the header */
#define RSM_BUCKET_SLOTS  8U
#define RSM_BINS          64U /* free chunks by granules; the last bin holds all larger ones */
#define RSM_NO_CHUNK      UINT32_MAX
#define RSM_EXPIRES_MAX   ((UINT64_C(1) << 48) - 1) /* the year 10889 */

/* One cache line. A slot is free if its ref is 0, else the ref is the chunk's number + 1. */
struct rsm_bucket {
    _Atomic uint64_t tags[2]; /* 16 bits of each slot's hash */
    _Atomic uint32_t refs[RSM_BUCKET_SLOTS];
    _Atomic uint8_t marks[RSM_BUCKET_SLOTS]; /* looked up since the clock's hand came by */
    _Atomic uint32_t sequence;               /* odd while a writer changes the slots */
    uint8_t hand;                            /* of the clock inside the bucket */
    uint8_t unused[3];
};
_Static_assert(sizeof(struct rsm_bucket) == 64, "a bucket is a cache line");

/* What a part's writers keep, in the region, under the part's lock. */
struct rsm_part_state {
    _Atomic uint64_t entries; /* these five are read without the lock, for statistics */
    _Atomic uint64_t granules_used;
    _Atomic uint64_t evictions;
    _Atomic uint64_t expired;
    _Atomic uint64_t emptied; /* times that the part was in doubt */
    uint32_t top;             /* chunks end here; never used beyond */
    uint32_t hand;            /* chunk that the eviction clock looks at next */
    uint32_t sweep;           /* chunk that the sweep looks at next */
    uint32_t newest;          /* chunk + 1 of the last put, which no eviction takes (I-82) */
    uint64_t bins_used;       /* bit n: bin n is not empty */
    uint32_t bins[RSM_BINS];
    uint64_t pad[8]; /* to pairs of cache lines, which come together */
};
_Static_assert(sizeof(struct rsm_part_state) % 128 == 0, "no line of two parts");

/* Where a part's pieces lie in this process, and its lock; the lock has cache lines of its own. */
struct rsm_part {
    struct rsm_part_state *state;
    struct rsm_bucket *buckets;
    _Atomic uint64_t *arena;
    uint32_t bucket_count;
    uint32_t granules;
    uint64_t entries_max;
    struct rsm_robust *shared;       /* in shared memory; NULL: the lock below is the part's */
    _Atomic uint64_t pause_until_ms; /* these four are guard.c's */
    _Atomic uint64_t held;
    _Atomic uint64_t held_since_ms;
    _Atomic bool seized;
    _Alignas(128) struct rsm_lock lock;
    bool doubt; /* under the lock: something here contradicts itself, see guard.h */
};

/* Under the lock. In shared memory a stray writer may have been anywhere, so each word that
 * leads to another is checked before it is followed (I-102). False, for the caller to return. */
static inline bool rsm_part_doubt(struct rsm_part *part) {
    part->doubt = true;
    return false;
}

/*
 * A chunk: two header words, then of a used one the ID (padded to 32 bytes) and the data, of a free
 * one the links of its bin.
 *     word 0   expires_ms 48 | data length 16
 *     word 1   used 1 | - | ID length 6 (bits 43-48) | granules 11 (bits 32-42) | bucket 32
 */
#define RSM_CHUNK_ID_WORDS 4U
#define RSM_CHUNK_ID_SIZE  (8U * RSM_CHUNK_ID_WORDS)
#define RSM_CHUNK_HEAD     (2U + RSM_CHUNK_ID_WORDS) /* words before the data */
#define RSM_CHUNK_USED     (UINT64_C(1) << 63)

static inline _Atomic uint64_t *rsm_chunk(const struct rsm_part *part, uint32_t chunk) {
    return part->arena + (size_t)chunk * RSM_GRANULE_WORDS;
}

static inline uint64_t rsm_word(_Atomic uint64_t *at) {
    return atomic_load_explicit(at, memory_order_acquire);
}

static inline void rsm_set_word(_Atomic uint64_t *at, uint64_t value) {
    atomic_store_explicit(at, value, memory_order_release);
}

static inline uint64_t rsm_chunk_header(uint32_t bucket, uint32_t granules, size_t id_len) {
    return RSM_CHUNK_USED | (uint64_t)id_len << 43 | (uint64_t)granules << 32 | bucket;
}

static inline uint32_t rsm_chunk_bucket(uint64_t word1) {
    return (uint32_t)word1;
}

static inline uint32_t rsm_chunk_granules(uint64_t word1) {
    return (uint32_t)(word1 >> 32) & RSM_CHUNK_MAX;
}

static inline size_t rsm_chunk_id_len(uint64_t word1) {
    return (size_t)(word1 >> 43) & 63U;
}

static inline uint64_t rsm_chunk_expires(uint64_t word0) {
    return word0 >> 16;
}

static inline size_t rsm_chunk_len(uint64_t word0) {
    return (size_t)(word0 & 0xFFFFU);
}

static inline size_t rsm_words(size_t len) {
    return (len + 7U) / 8U;
}

/* Granules of a chunk for a record. */
static inline uint32_t rsm_chunk_need(size_t len) {
    size_t bytes = 8U * (RSM_CHUNK_HEAD + rsm_words(len));
    return (uint32_t)((bytes + RSM_GRANULE - 1U) / RSM_GRANULE);
}

static inline uint32_t rsm_bucket_ref(struct rsm_bucket *bucket, unsigned slot) {
    return atomic_load_explicit(&bucket->refs[slot], memory_order_acquire);
}

static inline bool rsm_bucket_marked(struct rsm_bucket *bucket, unsigned slot) {
    return atomic_load_explicit(&bucket->marks[slot], memory_order_relaxed) != 0;
}

static inline void rsm_bucket_mark(struct rsm_bucket *bucket, unsigned slot, uint8_t mark) {
    atomic_store_explicit(&bucket->marks[slot], mark, memory_order_relaxed);
}

/* Marks a slot that was looked up; mostly it is marked, and its line stays clean. */
static inline void rsm_bucket_touch(struct rsm_bucket *bucket, unsigned slot) {
    if (!rsm_bucket_marked(bucket, slot)) {
        rsm_bucket_mark(bucket, slot, 1);
    }
}

/* Bit 2n for each slot n whose tag matches; a free slot may match too. Without a branch: which slot
 * holds an entry is chance, and a wrong guess would wait for the cache line. */
static inline uint32_t rsm_bucket_match(struct rsm_bucket *bucket, uint16_t tag) {
    return rsm_match8(bucket->tags, tag);
}

/* Under the lock: puts a chunk into a slot, or with ref 0 empties it. */
static inline void rsm_bucket_set(struct rsm_bucket *bucket, unsigned slot, uint32_t ref,
                                  uint16_t tag) {
    uint32_t sequence = atomic_load_explicit(&bucket->sequence, memory_order_relaxed);
    unsigned shift = slot % 4U * 16U;
    uint64_t tags = rsm_word(&bucket->tags[slot / 4U]) & ~(UINT64_C(0xFFFF) << shift);
    atomic_store_explicit(&bucket->sequence, sequence + 1U, memory_order_relaxed);
    atomic_store_explicit(&bucket->tags[slot / 4U], tags | (uint64_t)tag << shift,
                          memory_order_release);
    atomic_store_explicit(&bucket->refs[slot], ref, memory_order_release);
    atomic_store_explicit(&bucket->sequence, sequence + 2U, memory_order_release);
}

/* Under the lock: the slot that refers to a chunk; RSM_BUCKET_SLOTS if none does. */
static inline unsigned rsm_bucket_slot(struct rsm_bucket *bucket, uint32_t chunk) {
    unsigned slot = 0;
    while (slot < RSM_BUCKET_SLOTS && rsm_bucket_ref(bucket, slot) != chunk + 1U) {
        slot++;
    }
    return slot;
}

/* Under the lock: counters that others read without it. */
static inline void rsm_count_by(_Atomic uint64_t *counter, uint64_t by) {
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

static inline uint64_t rsm_count_of(_Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
