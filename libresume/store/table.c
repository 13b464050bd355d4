/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table's operations but the look-up without a lock, which is in table_get.c. How the region is
 * divided is in table_region.c.
 */
#include "store/table.h"

#include "store/arena.h"
#include "store/guard.h"
#include "store/lookup.h"

#define SWEEP_BATCH 64 /* chunks looked at while a lock is held */

/* Under the lock nobody changes slots. */
static bool is_at_rest(struct rsm_bucket *bucket) {
    return atomic_load_explicit(&bucket->sequence, memory_order_relaxed) % 2U == 0;
}

/* Under the lock. */
static bool find(const struct rsm_query *q, struct rsm_place *ret_place) {
    if (!is_at_rest(q->bucket[0]) || !is_at_rest(q->bucket[1])) {
        return rsm_part_doubt(q->part);
    }
    return rsm_query_find_in(q, q->bucket[0], ret_place) ||
           rsm_query_find_in(q, q->bucket[1], ret_place);
}

resume_status rsm_table_read_locked(const struct rsm_query *q, uint64_t now_ms, bool take,
                                    struct rsm_target *target) {
    RSM_INSIDE(q->part);
    struct rsm_place place;
    if (!rsm_inside) {
        return RESUME_E_STATE;
    }
    if (!find(q, &place)) {
        return RESUME_MISS;
    }
    resume_status status = rsm_place_read(q, &place, now_ms, target);
    if (status == RESUME_EXPIRED) {
        rsm_count_by(&q->part->state->expired, 1);
    }
    if (status == RESUME_EXPIRED || (status == RESUME_OK && take)) {
        rsm_arena_drop(q->part, place.chunk);
    }
    return status;
}

resume_status rsm_table_take(struct rsm_table *table, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct rsm_query q;
    rsm_query_ask(&q, table, id, id_len);
    struct rsm_target target = {buf, buf_cap, 0};
    return rsm_target_answer(rsm_table_read_locked(&q, now_ms, true, &target), &target, ret_len);
}

resume_status rsm_table_remove(struct rsm_table *table, const uint8_t *id, size_t id_len) {
    struct rsm_query q;
    rsm_query_ask(&q, table, id, id_len);
    RSM_INSIDE(q.part);
    struct rsm_place place;
    if (!rsm_inside) {
        return RESUME_E_STATE;
    }
    if (!find(&q, &place)) {
        return RESUME_MISS;
    }
    rsm_arena_drop(q.part, place.chunk);
    return RESUME_OK;
}

static bool same_record(const struct rsm_query *q, uint32_t chunk, const uint8_t *data, size_t len,
                        uint64_t expires_ms) {
    _Atomic uint64_t *words = rsm_chunk(q->part, chunk);
    if (rsm_word(words) != (expires_ms << 16 | len) ||
        rsm_chunk_need(len) > q->part->granules - chunk) {
        return false;
    }
    words += RSM_CHUNK_HEAD;
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = 0;
        memcpy(&word, data + at, len - at < 8 ? len - at : 8);
        if (rsm_word(words + at / 8U) != word) {
            return false;
        }
    }
    return true;
}

/* An empty slot, or RSM_BUCKET_SLOTS. */
static unsigned free_slot(struct rsm_bucket *bucket) {
    unsigned slot = 0;
    while (slot < RSM_BUCKET_SLOTS && rsm_bucket_ref(bucket, slot) != 0) {
        slot++;
    }
    return slot;
}

/* The clock inside a full bucket: spares each marked slot once, and the newest entry. */
static unsigned evict_in(struct rsm_part *part, struct rsm_bucket *bucket) {
    unsigned slot = bucket->hand % RSM_BUCKET_SLOTS;
    unsigned steps = 0;
    while (rsm_bucket_marked(bucket, slot) || rsm_bucket_ref(bucket, slot) == part->state->newest) {
        rsm_bucket_mark(bucket, slot, 0);
        slot = (slot + 1U) % RSM_BUCKET_SLOTS;
        if (++steps > 3U * RSM_BUCKET_SLOTS) { /* readers may mark again, but not as often */
            break;
        }
    }
    rsm_count_by(&part->state->evictions, 1);
    rsm_arena_drop(part, rsm_bucket_ref(bucket, slot) - 1U);
    return slot;
}

/* An empty slot for a new entry: in its first bucket if there is one, so that most look-ups see
 * one bucket only; else in the second; else by eviction. */
static void choose(const struct rsm_query *q, struct rsm_place *ret_place) {
    struct rsm_bucket *bucket = q->bucket[0];
    unsigned slot = free_slot(bucket);
    if (slot == RSM_BUCKET_SLOTS) {
        bucket = q->bucket[1];
        slot = free_slot(bucket);
    }
    if (slot == RSM_BUCKET_SLOTS) {
        bucket = q->bucket[q->tag % 2U];
        slot = evict_in(q->part, bucket);
    }
    bucket->hand = (uint8_t)((slot + 1U) % RSM_BUCKET_SLOTS);
    *ret_place = (struct rsm_place){bucket, slot, RSM_NO_CHUNK};
}

static void write_words(_Atomic uint64_t *words, const uint8_t *data, size_t len) {
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        uint64_t word;
        memcpy(&word, data + at, 8);
        rsm_set_word(words++, word);
    }
    if (at < len) {
        uint64_t word = 0;
        memcpy(&word, data + at, len - at);
        rsm_set_word(words, word);
    }
}

static void write_record(const struct rsm_query *q, uint32_t chunk, uint32_t bucket,
                         const uint8_t *data, size_t len, uint64_t expires_ms) {
    _Atomic uint64_t *words = rsm_chunk(q->part, chunk);
    rsm_set_word(words, expires_ms << 16 | len);
    rsm_set_word(words + 1, rsm_chunk_header(bucket, rsm_chunk_need(len), q->id_len));
    write_words(words + 2, q->id, sizeof q->id);
    write_words(words + RSM_CHUNK_HEAD, data, len);
}

/* Writes the record into a chunk of its own and then, in one step for readers, refers to it. */
static void publish(const struct rsm_query *q, const struct rsm_place *place, const uint8_t *data,
                    size_t len, uint64_t expires_ms, uint64_t now_ms) {
    struct rsm_part *part = q->part;
    bool recycled = false;
    uint32_t chunk = rsm_arena_take(part, rsm_chunk_need(len), now_ms, &recycled);
    if (chunk == RSM_NO_CHUNK || part->doubt || chunk >= part->granules ||
        rsm_chunk_need(len) > part->granules - chunk) {
        rsm_part_doubt(part);
        return; /* all of it goes when the part is left */
    }
    write_record(q, chunk, (uint32_t)(place->bucket - part->buckets), data, len, expires_ms);
    /* Making room may have evicted the entry that is being replaced. */
    uint32_t old = rsm_bucket_ref(place->bucket, place->slot);
    rsm_bucket_set(place->bucket, place->slot, chunk + 1U, q->tag);
    rsm_bucket_mark(place->bucket, place->slot, recycled);
    part->state->newest = chunk + 1U;
    if (old) {
        rsm_arena_give(part, old - 1U);
    } else {
        rsm_count_by(&part->state->entries, 1);
    }
}

resume_status rsm_table_put(struct rsm_table *table, const uint8_t *id, size_t id_len,
                            const uint8_t *data, size_t data_len, uint64_t expires_ms,
                            uint64_t now_ms) {
    struct rsm_query q;
    rsm_query_ask(&q, table, id, id_len);
    struct rsm_part *part = q.part;
    if (rsm_chunk_need(data_len) > part->granules / RSM_ARENA_SHARE) {
        return RESUME_TOO_LARGE; /* before anything changes (I-91) */
    }
    uint64_t expires = expires_ms < RSM_EXPIRES_MAX ? expires_ms : RSM_EXPIRES_MAX;
    struct rsm_place place;
    __builtin_prefetch(q.bucket[1]); /* a new ID is looked for in both */
    RSM_INSIDE(part);
    if (!rsm_inside) {
        return RESUME_E_STATE;
    }
    if (find(&q, &place)) {
        if (same_record(&q, place.chunk, data, data_len, expires)) {
            return RESUME_EXISTS;
        }
    } else {
        if (rsm_count_of(&part->state->entries) >= part->entries_max) {
            rsm_arena_evict(part, now_ms);
        }
        choose(&q, &place);
    }
    publish(&q, &place, data, data_len, expires, now_ms);
    (void)rsm_arena_sweep(part, now_ms);
    return part->doubt ? RESUME_E_STATE : RESUME_OK;
}

/* A few chunks of one part; true if it was seen to its end. */
static bool sweep_batch(struct rsm_part *part, uint64_t now_ms, size_t *max) {
    RSM_INSIDE(part);
    if (!rsm_inside) {
        return true;
    }
    for (unsigned i = 0; i<SWEEP_BATCH && * max> 0; i++) {
        if (rsm_arena_sweep(part, now_ms)) {
            return true;
        }
        --*max;
    }
    return false;
}

void rsm_table_sweep(struct rsm_table *table, uint64_t now_ms, size_t max) {
    uint32_t at = atomic_load_explicit(&table->sweep, memory_order_relaxed);
    /* Each part's sweep stands somewhere inside it: only after two ends of it all was seen. */
    for (uint32_t ends = 0; ends < 2 * table->shards && max > 0;) {
        if (sweep_batch(&table->parts[at % table->shards], now_ms, &max)) {
            at++;
            ends++;
        }
    }
    atomic_store_explicit(&table->sweep, at % table->shards, memory_order_relaxed);
}
