/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded hash table of records in one flat region: look-ups without a lock, writers with a lock
 * for each part. Not a store: no sessions, no statistics of look-ups, no URL; memory.c is that.
 *
 * Every record's hash names a part and two buckets in it; a record is in one of the two, mostly the
 * first. When both are full a clock inside them evicts, when the arena is full a clock over the
 * arena does.
 */
#ifndef RSM_STORE_TABLE_H
#define RSM_STORE_TABLE_H

#include <resume/status.h>

#include "base/hash.h"

struct rsm_table;
struct rsm_robust_line;

#define RSM_TABLE_BYTES_MIN  16384U /* for each part */
#define RSM_TABLE_SHARDS_MAX 256U
#define RSM_TABLE_RECORD     200U /* bytes of a record that the index is made for */

struct rsm_table_config {
    uint64_t bytes;                /* the region */
    uint64_t count;                /* most entries; 0: as many as the bytes hold */
    uint32_t shards;               /* a power of two */
    uint64_t key[RSM_MULHASH_KEY]; /* of the hash: secret, so that no peer can choose buckets */
};

struct rsm_table_numbers {
    uint64_t entries;
    uint64_t bytes;
    uint64_t capacity_bytes;
    uint64_t capacity_entries;
    uint64_t evictions;
    uint64_t expired;
    uint64_t emptied;
};

/* The region's bytes that hold this many records of so many bytes. */
uint64_t rsm_table_bytes_for(uint64_t count, size_t record);

/* RESUME_OK, RESUME_E_INVALID for a config out of range, RESUME_E_NOMEM. */
resume_status rsm_table_new(const struct rsm_table_config *config, struct rsm_table **ret_table);
void rsm_table_free(struct rsm_table *table);

/* How many bytes of a region the config's parts take; 0 for a config out of range. */
uint64_t rsm_table_region_size(const struct rsm_table_config *config);

/* A table over a region that processes share, with one lock for each shard. The region begins on
 * a border of 128 bytes; zeros are an empty table. It stays the caller's, as the locks do.
 * RESUME_OK, RESUME_E_INVALID, RESUME_E_NOMEM. */
resume_status rsm_table_over(const struct rsm_table_config *config, void *region,
                             struct rsm_robust_line *locks, struct rsm_table **ret_table);

/* id_len 1 to 32, data_len 1 to 65280, as for all calls here. RESUME_OK, RESUME_EXISTS (same data
 * and expiry), RESUME_TOO_LARGE; and of every call RESUME_E_STATE: another process does not leave
 * the part, or its words were contradicting each other and it is empty now. */
resume_status rsm_table_put(struct rsm_table *table, const uint8_t *id, size_t id_len,
                            const uint8_t *data, size_t data_len, uint64_t expires_ms,
                            uint64_t now_ms);

/* RESUME_OK, RESUME_MISS, RESUME_EXPIRED, RESUME_E_BUFFER; *ret_len as in the public calls. */
resume_status rsm_table_get(struct rsm_table *table, const uint8_t *id, size_t id_len,
                            uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);
resume_status rsm_table_take(struct rsm_table *table, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len);

/* RESUME_OK or RESUME_MISS. */
resume_status rsm_table_remove(struct rsm_table *table, const uint8_t *id, size_t id_len);

/* Drops expired entries; looks at max chunks at most, and at none more than twice. */
void rsm_table_sweep(struct rsm_table *table, uint64_t now_ms, size_t max);

void rsm_table_numbers(const struct rsm_table *table, struct rsm_table_numbers *ret_numbers);

/* One of them by its RESUME_STORE_* name; 0 for what a table does not count. */
uint64_t rsm_table_number(const struct rsm_table *table, int32_t which);

#endif
