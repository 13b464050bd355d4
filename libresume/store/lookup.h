/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a table finds a record: from the ID to a hash, a part and two buckets, from a bucket to a
 * chunk, from a chunk to the caller's buffer. With the lock or without; who may do what then is in
 * part.h. Nothing in here changes the table but the look-up with the lock.
 */
#ifndef RSM_STORE_LOOKUP_H
#define RSM_STORE_LOOKUP_H

#include "base/copy.h"
#include "base/hash.h"
#include "store/table_region.h"

/* A look-up is one straight piece of code: the processor then begins the next ones while this one
 * waits for memory. */
#define RSM_STRAIGHT inline __attribute__((always_inline))

/* What is looked for, in the form in which the table keeps it. */
struct rsm_query {
    uint8_t id[RSM_CHUNK_ID_SIZE]; /* padded with zeros */
    size_t id_len;
    struct rsm_part *part;
    struct rsm_bucket *bucket[2];
    uint16_t tag;
};

/* Where a reader wants the record. */
struct rsm_target {
    uint8_t *buf;
    size_t cap;
    size_t len;
};

struct rsm_place {
    struct rsm_bucket *bucket;
    unsigned slot;
    uint32_t chunk;
};

/* What of an ID's hash says what: bits 56 to 63 the part, 40 to 55 the tag, 0 to 31 the first
 * bucket; the second one is as good as independent of the first. */
static RSM_STRAIGHT struct rsm_part *rsm_hash_part(const struct rsm_table *table, uint64_t hash) {
    return &table->parts[hash >> 56 & (table->shards - 1U)];
}

static RSM_STRAIGHT uint16_t rsm_hash_tag(uint64_t hash) {
    return (uint16_t)(hash >> 40);
}

static RSM_STRAIGHT struct rsm_bucket *rsm_hash_bucket(const struct rsm_part *part, uint32_t hash) {
    return part->buckets + (((uint64_t)hash * part->bucket_count) >> 32);
}

static RSM_STRAIGHT struct rsm_bucket *rsm_hash_first(const struct rsm_part *part, uint64_t hash) {
    return rsm_hash_bucket(part, (uint32_t)hash);
}

static RSM_STRAIGHT struct rsm_bucket *rsm_hash_second(const struct rsm_part *part, uint64_t hash) {
    return rsm_hash_bucket(part, (uint32_t)(hash * UINT64_C(0x9E3779B97F4A7C15) >> 32));
}

/* Fills in field by field: a struct passed by value would be copied in pieces larger than those it
 * was stored in, which waits until the stores are done, and with them all that came before. */
static RSM_STRAIGHT void rsm_query_ask(struct rsm_query *q, const struct rsm_table *table,
                                       const uint8_t *id, size_t id_len) {
    q->id_len = id_len;
    if (id_len == sizeof q->id) {
        memcpy(q->id, id, sizeof q->id); /* nearly always, and then not a call */
    } else {
        memset(q->id, 0, sizeof q->id);
        memcpy(q->id, id, id_len);
        /* Or IDs that differ in zeros at the end would all have one hash. */
        q->id[sizeof q->id - 1U] = (uint8_t)id_len;
    }
    uint64_t hash = rsm_mulhash(table->key, q->id);
    q->part = rsm_hash_part(table, hash);
    q->tag = rsm_hash_tag(hash);
    q->bucket[0] = rsm_hash_first(q->part, hash);
    q->bucket[1] = rsm_hash_second(q->part, hash);
    __builtin_prefetch(q->bucket[0]);
}

static RSM_STRAIGHT bool rsm_chunk_has_id(_Atomic uint64_t *words, const uint8_t *id,
                                          size_t id_len) {
    return rsm_match32(words + 2, id) && rsm_chunk_id_len(rsm_word(words + 1)) == id_len;
}

/* Slot and chunk of the query's entry in one of its buckets; false if it is not there. What a
 * reader without the lock gets may be torn, but lies inside the arena. */
static RSM_STRAIGHT bool rsm_query_find_in(const struct rsm_query *q, struct rsm_bucket *bucket,
                                           struct rsm_place *ret_place) {
    struct rsm_part *part = q->part;
    for (uint32_t match = rsm_bucket_match(bucket, q->tag); match; match &= match - 1U) {
        unsigned slot = (unsigned)__builtin_ctz(match) / 2U;
        uint32_t chunk = rsm_bucket_ref(bucket, slot) - 1U; /* of a free slot: RSM_NO_CHUNK */
        if (chunk >= part->granules) {
            continue;
        }
        _Atomic uint64_t *words = rsm_chunk(part, chunk);
        __builtin_prefetch(words + RSM_GRANULE_WORDS);
        __builtin_prefetch(words + 2 * RSM_GRANULE_WORDS);
        __builtin_prefetch(words + 3 * RSM_GRANULE_WORDS);
        if (rsm_chunk_has_id(words, q->id, q->id_len)) {
            ret_place->bucket = bucket;
            ret_place->slot = slot;
            ret_place->chunk = chunk;
            return true;
        }
    }
    return false;
}

/* The record in the chunk at `words`, from where on the arena has so many granules. */
static RSM_STRAIGHT resume_status rsm_chunk_read(_Atomic uint64_t *words, uint32_t granules,
                                                 uint64_t now_ms, struct rsm_target *target) {
    uint64_t word0 = rsm_word(words);
    target->len = rsm_chunk_len(word0);
    if (8U * RSM_CHUNK_HEAD + target->len > (uint64_t)granules * RSM_GRANULE) {
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

static RSM_STRAIGHT resume_status rsm_place_read(const struct rsm_query *q,
                                                 const struct rsm_place *place, uint64_t now_ms,
                                                 struct rsm_target *target) {
    return rsm_chunk_read(rsm_chunk(q->part, place->chunk), q->part->granules - place->chunk,
                          now_ms, target);
}

/* What a status says of the length. */
static inline resume_status rsm_target_answer(resume_status status, const struct rsm_target *target,
                                              size_t *ret_len) {
    if (status == RESUME_OK || status == RESUME_E_BUFFER) {
        *ret_len = target->len;
    }
    return status;
}

/* The look-up with the lock: for takes, to drop what has expired, and when writers are in the way.
 * RESUME_E_STATE as all calls of table.h. */
resume_status rsm_table_read_locked(const struct rsm_query *q, uint64_t now_ms, bool take,
                                    struct rsm_target *target);

#endif
