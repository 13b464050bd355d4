/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsm_table_get(): the one operation that takes no lock, and of which there are thousands for each
 * of the others. All others are in table.c.
 */
#include "store/lookup.h"

#include "base/bytes.h"

#define READ_TRIES 128 /* then the reader waits for the writer's lock: no unbounded spinning */

enum at_once { FOUND, OTHERWISE, TORN };

/* The look-up as it nearly always goes: an ID of full length, in its first bucket, fresh, no writer
 * near. It waits for memory twice, and how many of the next look-ups the processor begins meanwhile
 * depends on how few instructions each of them is: hence nothing in here for any other case, and no
 * array, which would be guarded. OTHERWISE: it is another case, nothing was decided. TORN: nor
 * here, but something was copied. */
static RSM_STRAIGHT enum at_once get_at_once(const struct rsm_table *table,
                                             const uint8_t id[RSM_CHUNK_ID_SIZE], uint64_t now_ms,
                                             struct rsm_target *target) {
    uint64_t hash = rsm_mulhash(table->key, id);
    const struct rsm_part *part = rsm_hash_part(table, hash);
    struct rsm_bucket *bucket = rsm_hash_first(part, hash);
    /* A writer near has made it odd, and no number is equal to this one then. */
    uint32_t before = atomic_load_explicit(&bucket->sequence, memory_order_acquire) & ~1U;
    uint32_t match = rsm_bucket_match(bucket, rsm_hash_tag(hash));
    if (!match) {
        return OTHERWISE;
    }
    unsigned slot = (unsigned)__builtin_ctz(match) / 2U;
    uint32_t chunk = rsm_bucket_ref(bucket, slot) - 1U;
    uint32_t granules = part->granules;
    if (chunk >= granules) {
        return OTHERWISE;
    }
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    if (!rsm_chunk_has_id(words, id, RSM_CHUNK_ID_SIZE) ||
        rsm_chunk_read(words, granules - chunk, now_ms, target) != RESUME_OK) {
        return OTHERWISE;
    }
    if (atomic_load_explicit(&bucket->sequence, memory_order_relaxed) != before) {
        return TORN;
    }
    rsm_bucket_touch(bucket, slot);
    return FOUND;
}

/* The look-up in one bucket without the lock. RESUME_E_STATE: writers were in the way each time. */
static RSM_STRAIGHT resume_status read_free(const struct rsm_query *q, struct rsm_bucket *bucket,
                                            uint64_t now_ms, struct rsm_target *target) {
    for (unsigned tries = 0; tries < READ_TRIES; tries++) {
        uint32_t before = atomic_load_explicit(&bucket->sequence, memory_order_acquire);
        if (before % 2U) {
            continue;
        }
        struct rsm_place place;
        bool found = rsm_query_find_in(q, bucket, &place);
        resume_status status = found ? rsm_place_read(q, &place, now_ms, target) : RESUME_MISS;
        if (atomic_load_explicit(&bucket->sequence, memory_order_relaxed) == before) {
            if (found) {
                rsm_bucket_touch(bucket, place.slot);
            }
            return status;
        }
        if (status == RESUME_OK) {
            rsm_wipe(target->buf, target->len);
        }
    }
    return RESUME_E_STATE;
}

/* The look-up whatever the case. Cold, so that the other way is the straight one. */
static __attribute__((noinline, cold)) resume_status get_in_full(struct rsm_table *table,
                                                                 const uint8_t *id, size_t id_len,
                                                                 uint64_t now_ms, uint8_t *buf,
                                                                 size_t buf_cap, size_t *ret_len) {
    struct rsm_query q;
    rsm_query_ask(&q, table, id, id_len);
    struct rsm_target target = {buf, buf_cap, 0};
    resume_status status = read_free(&q, q.bucket[0], now_ms, &target);
    if (status == RESUME_MISS) {
        status = read_free(&q, q.bucket[1], now_ms, &target);
    }
    if (status == RESUME_EXPIRED || status == RESUME_E_STATE) {
        resume_status locked = rsm_table_read_locked(&q, now_ms, false, &target);
        /* Another thread may have dropped it meanwhile. */
        status = status == RESUME_EXPIRED && locked == RESUME_MISS ? status : locked;
    }
    return rsm_target_answer(status, &target, ret_len);
}

/* A copy that a writer came into may hold part of some session's secret: nothing of it stays. The
 * whole buffer goes, since to pass its length on would cost the quick way instructions. */
static __attribute__((noinline, cold)) resume_status get_anew(struct rsm_table *table,
                                                              const uint8_t *id, size_t id_len,
                                                              uint64_t now_ms, uint8_t *buf,
                                                              size_t buf_cap, size_t *ret_len) {
    rsm_wipe(buf, buf_cap);
    return get_in_full(table, id, id_len, now_ms, buf, buf_cap, ret_len);
}

resume_status rsm_table_get(struct rsm_table *table, const uint8_t *id, size_t id_len,
                            uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct rsm_target target = {buf, buf_cap, 0};
    enum at_once once =
        id_len == RSM_CHUNK_ID_SIZE ? get_at_once(table, id, now_ms, &target) : OTHERWISE;
    if (once == FOUND) {
        *ret_len = target.len;
        return RESUME_OK;
    }
    return once == TORN ? get_anew(table, id, id_len, now_ms, buf, buf_cap, ret_len)
                        : get_in_full(table, id, id_len, now_ms, buf, buf_cap, ret_len);
}
