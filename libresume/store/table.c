/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table's operations. How the region is divided is in table_region.c.
 */
#include "store/table.h"

#include "base/bytes.h"
#include "base/copy.h"
#include "base/hash.h"
#include "store/arena.h"
#include "store/guard.h"
#include "store/table_region.h"

#define READ_TRIES  128 /* then the reader waits for the writer's lock: no unbounded spinning */
#define SWEEP_BATCH 64  /* chunks looked at while a lock is held */

/* A look-up is one straight piece of code: the processor then begins the next one while this one
 * waits for memory. */
#define HOT inline __attribute__((always_inline))

/* What is looked for, in the form in which the table keeps it. */
struct query {
    uint64_t id[RSM_CHUNK_ID_WORDS]; /* padded with zeros */
    size_t id_len;
    struct rsm_part *part;
    struct rsm_bucket *bucket[2];
    uint16_t tag;
};

/* Where a reader wants the record. */
struct target {
    uint8_t *buf;
    size_t cap;
    size_t len;
};

struct place {
    struct rsm_bucket *bucket;
    unsigned slot;
    uint32_t chunk;
};

static uint32_t scale(uint32_t hash, uint32_t count) {
    return (uint32_t)(((uint64_t)hash * count) >> 32);
}

/* Fills in field by field: a struct passed by value would be copied in pieces larger than those it
 * was stored in, which waits until the stores are done, and with them all that came before. */
static HOT void ask(struct query *q, const struct rsm_table *table, const uint8_t *id,
                    size_t id_len) {
    q->id_len = id_len;
    if (id_len == sizeof q->id) {
        memcpy(q->id, id, sizeof q->id); /* nearly always, and then not a call */
    } else {
        memset(q->id, 0, sizeof q->id);
        memcpy(q->id, id, id_len);
        /* Or IDs that differ in zeros at the end would all have one hash. */
        ((uint8_t *)q->id)[sizeof q->id - 1U] = (uint8_t)id_len;
    }
    uint64_t hash = rsm_mulhash(table->key, q->id);
    uint64_t mixed = hash * UINT64_C(0x9E3779B97F4A7C15);
    struct rsm_part *part = &table->parts[hash >> 56 & (table->shards - 1U)];
    q->part = part;
    q->tag = (uint16_t)(hash >> 40);
    q->bucket[0] = part->buckets + scale((uint32_t)hash, part->bucket_count);
    q->bucket[1] = part->buckets + scale((uint32_t)(mixed >> 32), part->bucket_count);
    __builtin_prefetch(q->bucket[0]);
}

static HOT bool same_id(_Atomic uint64_t *words, const struct query *q) {
    return ((rsm_chunk_id_len(rsm_word(words + 1)) ^ q->id_len) | (rsm_word(words + 2) ^ q->id[0]) |
            (rsm_word(words + 3) ^ q->id[1]) | (rsm_word(words + 4) ^ q->id[2]) |
            (rsm_word(words + 5) ^ q->id[3])) == 0;
}

/* Slot and chunk of the query's entry in one of its buckets; false if it is not there. What a
 * reader without the lock gets may be torn, but lies inside the arena. */
static HOT bool find_in(const struct query *q, struct rsm_bucket *bucket, struct place *ret_place) {
    struct rsm_part *part = q->part;
    for (uint32_t match = rsm_bucket_match(bucket, q->tag); match; match &= match - 1U) {
        unsigned slot = (unsigned)__builtin_ctz(match) / 2U;
        uint32_t ref = rsm_bucket_ref(bucket, slot);
        if (ref == 0 || ref > part->granules) {
            continue;
        }
        _Atomic uint64_t *words = rsm_chunk(part, ref - 1U);
        __builtin_prefetch(words + RSM_GRANULE_WORDS);
        __builtin_prefetch(words + 2 * RSM_GRANULE_WORDS);
        __builtin_prefetch(words + 3 * RSM_GRANULE_WORDS);
        if (same_id(words, q)) {
            ret_place->bucket = bucket;
            ret_place->slot = slot;
            ret_place->chunk = ref - 1U;
            return true;
        }
    }
    return false;
}

static HOT resume_status read_at(const struct query *q, const struct place *place, uint64_t now_ms,
                                 struct target *target) {
    _Atomic uint64_t *words = rsm_chunk(q->part, place->chunk);
    uint64_t word0 = rsm_word(words);
    target->len = rsm_chunk_len(word0);
    size_t room = (size_t)(q->part->granules - place->chunk) * RSM_GRANULE_WORDS;
    if (RSM_CHUNK_HEAD + rsm_words(target->len) > room) {
        return RESUME_MISS; /* torn */
    }
    if (rsm_chunk_expires(word0) <= now_ms) {
        return RESUME_EXPIRED;
    }
    if (target->len > target->cap) {
        return RESUME_E_BUFFER;
    }
    rsm_copy_out(words + RSM_CHUNK_HEAD, target->buf, target->len);
    return RESUME_OK;
}

/* The look-up in one bucket without the lock. RESUME_E_STATE: writers were in the way each time. */
static HOT resume_status read_free(const struct query *q, struct rsm_bucket *bucket,
                                   uint64_t now_ms, struct target *target) {
    for (unsigned tries = 0; tries < READ_TRIES; tries++) {
        uint32_t before = atomic_load_explicit(&bucket->sequence, memory_order_acquire);
        if (before % 2U) {
            continue;
        }
        struct place place;
        bool found = find_in(q, bucket, &place);
        resume_status status = found ? read_at(q, &place, now_ms, target) : RESUME_MISS;
        if (atomic_load_explicit(&bucket->sequence, memory_order_relaxed) == before) {
            if (found && !rsm_bucket_marked(bucket, place.slot)) {
                rsm_bucket_mark(bucket, place.slot, 1);
            }
            return status;
        }
    }
    return RESUME_E_STATE;
}

/* Under the lock nobody changes slots. */
static bool is_at_rest(struct rsm_bucket *bucket) {
    return atomic_load_explicit(&bucket->sequence, memory_order_relaxed) % 2U == 0;
}

/* Under the lock. */
static bool find(const struct query *q, struct place *ret_place) {
    if (!is_at_rest(q->bucket[0]) || !is_at_rest(q->bucket[1])) {
        return rsm_part_doubt(q->part);
    }
    return find_in(q, q->bucket[0], ret_place) || find_in(q, q->bucket[1], ret_place);
}

/* The look-up with the lock: for takes, to drop what has expired, and when writers are in the way.
 */
static resume_status read_locked(const struct query *q, uint64_t now_ms, bool take,
                                 struct target *target) {
    RSM_INSIDE(q->part);
    struct place place;
    if (!rsm_inside) {
        return RESUME_E_STATE;
    }
    if (!find(q, &place)) {
        return RESUME_MISS;
    }
    resume_status status = read_at(q, &place, now_ms, target);
    if (status == RESUME_EXPIRED) {
        rsm_count_by(&q->part->state->expired, 1);
    }
    if (status == RESUME_EXPIRED || (status == RESUME_OK && take)) {
        rsm_arena_drop(q->part, place.chunk);
    }
    return status;
}

static resume_status answer(resume_status status, const struct target *target, size_t *ret_len) {
    if (status == RESUME_OK || status == RESUME_E_BUFFER) {
        *ret_len = target->len;
    }
    return status;
}

resume_status rsm_table_get(struct rsm_table *table, const uint8_t *id, size_t id_len,
                            uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct query q;
    ask(&q, table, id, id_len);
    struct target target = {buf, buf_cap, 0};
    resume_status status = read_free(&q, q.bucket[0], now_ms, &target);
    if (status == RESUME_MISS) {
        status = read_free(&q, q.bucket[1], now_ms, &target);
    }
    if (status == RESUME_EXPIRED || status == RESUME_E_STATE) {
        resume_status locked = read_locked(&q, now_ms, false, &target);
        /* Another thread may have dropped it meanwhile. */
        status = status == RESUME_EXPIRED && locked == RESUME_MISS ? status : locked;
    }
    return answer(status, &target, ret_len);
}

resume_status rsm_table_take(struct rsm_table *table, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct query q;
    ask(&q, table, id, id_len);
    struct target target = {buf, buf_cap, 0};
    return answer(read_locked(&q, now_ms, true, &target), &target, ret_len);
}

resume_status rsm_table_remove(struct rsm_table *table, const uint8_t *id, size_t id_len) {
    struct query q;
    ask(&q, table, id, id_len);
    RSM_INSIDE(q.part);
    struct place place;
    if (!rsm_inside) {
        return RESUME_E_STATE;
    }
    if (!find(&q, &place)) {
        return RESUME_MISS;
    }
    rsm_arena_drop(q.part, place.chunk);
    return RESUME_OK;
}

static bool same_record(const struct query *q, uint32_t chunk, const uint8_t *data, size_t len,
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
static void choose(const struct query *q, struct place *ret_place) {
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
    *ret_place = (struct place){bucket, slot, RSM_NO_CHUNK};
}

static void write_record(const struct query *q, uint32_t chunk, uint32_t bucket,
                         const uint8_t *data, size_t len, uint64_t expires_ms) {
    _Atomic uint64_t *words = rsm_chunk(q->part, chunk);
    rsm_set_word(words, expires_ms << 16 | len);
    rsm_set_word(words + 1, rsm_chunk_header(bucket, rsm_chunk_need(len), q->id_len));
    words += 2;
    for (size_t i = 0; i < RSM_CHUNK_ID_WORDS; i++) {
        rsm_set_word(words++, q->id[i]);
    }
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

/* Writes the record into a chunk of its own and then, in one step for readers, refers to it. */
static void publish(const struct query *q, const struct place *place, const uint8_t *data,
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
    struct query q;
    ask(&q, table, id, id_len);
    struct rsm_part *part = q.part;
    if (rsm_chunk_need(data_len) > part->granules / RSM_ARENA_SHARE) {
        return RESUME_TOO_LARGE; /* before anything changes (I-91) */
    }
    uint64_t expires = expires_ms < RSM_EXPIRES_MAX ? expires_ms : RSM_EXPIRES_MAX;
    struct place place;
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
