/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a region is divided: equal parts, each a state, its buckets and its arena, one behind the
 * other. The buckets are as many as records of RSM_TABLE_RECORD bytes need; where records are
 * smaller the buckets fill first, where they are larger the arena does.
 */
#include "store/table_region.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/region.h"

#include <resume/store.h>

/* Bytes of arena that go with one slot. A record of 200 bytes under an ID takes 256, so such
 * records fill half of the slots: then 95 of 100 are in their first bucket, and of 1000 new ones
 * three find both buckets full. */
#define ARENA_PER_SLOT 128U
#define SLOT_SIZE      (sizeof(struct rsm_bucket) / RSM_BUCKET_SLOTS)

/* Slots for a number of entries. */
static uint64_t slots_for(uint64_t entries) {
    return rsm_mul_sat(entries, 2);
}

uint64_t rsm_table_bytes_for(uint64_t count, size_t record) {
    uint64_t chunk = (uint64_t)rsm_chunk_need(record) * RSM_GRANULE;
    uint64_t bytes = rsm_mul_sat(count, chunk + 2U * SLOT_SIZE + 2U);
    return bytes < RSM_TABLE_BYTES_MIN ? RSM_TABLE_BYTES_MIN : bytes;
}

static bool sound(const struct rsm_table_config *config) {
    uint32_t shards = config->shards;
    return shards > 0 && shards <= RSM_TABLE_SHARDS_MAX && (shards & (shards - 1U)) == 0 &&
           config->bytes / shards >= RSM_TABLE_BYTES_MIN && config->bytes <= SIZE_MAX / 2 &&
           config->bytes / shards / RSM_GRANULE < UINT32_MAX / 2 &&
           (config->count == 0 || config->count >= shards);
}

static void divide(const struct rsm_table_config *config, uint8_t *at, size_t size, uint64_t count,
                   struct rsm_part *part) {
    size_t room = size - sizeof(struct rsm_part_state);
    uint64_t slots = room / (ARENA_PER_SLOT + SLOT_SIZE);
    if (config->count && slots_for(count) < slots) {
        slots = slots_for(count);
    }
    part->bucket_count = (uint32_t)(slots / RSM_BUCKET_SLOTS + 1U);
    size_t index = part->bucket_count * sizeof(struct rsm_bucket);
    part->granules = (uint32_t)((room - index) / RSM_GRANULE);
    part->state = (struct rsm_part_state *)(void *)at;
    part->buckets = (struct rsm_bucket *)(void *)(at + sizeof(struct rsm_part_state));
    part->arena = (_Atomic uint64_t *)(void *)(at + sizeof(struct rsm_part_state) + index);
    uint64_t all_slots = (uint64_t)part->bucket_count * RSM_BUCKET_SLOTS;
    part->entries_max = config->count && count < all_slots ? count : all_slots;
    rsm_lock_init(&part->lock);
}

static size_t size_of_part(const struct rsm_table_config *config) {
    return (size_t)(config->bytes / config->shards) / 128U * 128U;
}

uint64_t rsm_table_region_size(const struct rsm_table_config *config) {
    return sound(config) ? size_of_part(config) * config->shards : 0;
}

static resume_status build(const struct rsm_table_config *config, void *region,
                           struct rsm_robust_line *locks, struct rsm_table **ret_table) {
    uint32_t shards = config->shards;
    size_t each = size_of_part(config);
    struct rsm_table *table = rsm_calloc_aligned(64, sizeof *table);
    struct rsm_part *parts = rsm_calloc_aligned(128, shards * sizeof *parts);
    if (!table || !parts) {
        rsm_free(table);
        rsm_free(parts);
        return RESUME_E_NOMEM;
    }
    for (uint32_t i = 0; i < shards; i++) {
        uint64_t count = config->count / shards + (i < config->count % shards);
        divide(config, (uint8_t *)region + i * each, each, count, &parts[i]);
        parts[i].shared = locks ? &locks[i].lock : NULL;
    }
    memcpy(table->key, config->key, sizeof table->key);
    table->parts = parts;
    table->shards = shards;
    table->region = region;
    table->region_size = each * shards;
    table->borrowed = locks != NULL;
    *ret_table = table;
    return RESUME_OK;
}

resume_status rsm_table_new(const struct rsm_table_config *config, struct rsm_table **ret_table) {
    if (!sound(config)) {
        return RESUME_E_INVALID;
    }
    size_t size = size_of_part(config) * config->shards;
    void *region = rsm_region_new(size);
    if (!region) {
        return RESUME_E_NOMEM;
    }
    resume_status status = build(config, region, NULL, ret_table);
    if (status != RESUME_OK) {
        rsm_region_free(region, size);
    }
    return status;
}

resume_status rsm_table_over(const struct rsm_table_config *config, void *region,
                             struct rsm_robust_line *locks, struct rsm_table **ret_table) {
    return sound(config) ? build(config, region, locks, ret_table) : RESUME_E_INVALID;
}

void rsm_table_free(struct rsm_table *table) {
    if (!table) {
        return;
    }
    for (uint32_t i = 0; i < table->shards; i++) {
        rsm_lock_destroy(&table->parts[i].lock);
    }
    if (!table->borrowed) {
        rsm_region_free(table->region, table->region_size);
    }
    rsm_free(table->parts);
    rsm_free_wiped(table, sizeof *table);
}

void rsm_table_numbers(const struct rsm_table *table, struct rsm_table_numbers *ret_numbers) {
    struct rsm_table_numbers sum = {.capacity_bytes = table->region_size};
    for (uint32_t i = 0; i < table->shards; i++) {
        const struct rsm_part *part = &table->parts[i];
        uint64_t entries = rsm_count_of(&part->state->entries);
        sum.entries += entries;
        sum.bytes += rsm_count_of(&part->state->granules_used) * RSM_GRANULE + entries * SLOT_SIZE;
        sum.capacity_entries += part->entries_max;
        sum.evictions += rsm_count_of(&part->state->evictions);
        sum.expired += rsm_count_of(&part->state->expired);
        sum.emptied += rsm_count_of(&part->state->emptied);
    }
    *ret_numbers = sum;
}

uint64_t rsm_table_number(const struct rsm_table *table, int32_t which) {
    struct rsm_table_numbers numbers;
    rsm_table_numbers(table, &numbers);
    switch (which) {
    case RESUME_STORE_ENTRIES:
        return numbers.entries;
    case RESUME_STORE_BYTES:
        return numbers.bytes;
    case RESUME_STORE_CAPACITY_BYTES:
        return numbers.capacity_bytes;
    case RESUME_STORE_CAPACITY_ENTRIES:
        return numbers.capacity_entries;
    case RESUME_STORE_EVICTIONS:
        return numbers.evictions;
    case RESUME_STORE_EXPIRED:
        return numbers.expired;
    case RESUME_STORE_EMPTIED:
        return numbers.emptied;
    default:
        return 0;
    }
}
