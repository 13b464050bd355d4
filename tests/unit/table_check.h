/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a table that is at rest and fails the test if its book-keeping contradicts itself: every
 * entry findable, counted and removable (I-80). Shared by the tests of the table and its arena.
 */
#ifndef TABLE_CHECK_H
#define TABLE_CHECK_H

#include "store/table_region.h"

/* Free chunks reachable through the bins of a part, each in the bin that its size asks for. */
static uint64_t check_bins(const struct rsm_part *part) {
    uint64_t granules = 0;
    for (unsigned bin = 0; bin < RSM_BINS; bin++) {
        uint32_t link = part->state->bins[bin];
        uint32_t previous = 0;
        assert_int_equal(link != 0, (part->state->bins_used >> bin & 1) != 0);
        while (link) {
            _Atomic uint64_t *words = rsm_chunk(part, link - 1);
            uint32_t size = rsm_chunk_granules(rsm_word(words + 1));
            assert_false(rsm_word(words + 1) & RSM_CHUNK_USED);
            assert_int_equal(bin, size < RSM_BINS - 1 ? size : RSM_BINS - 1);
            assert_int_equal(rsm_word(words + 2) >> 32, previous);
            granules += size;
            previous = link;
            link = (uint32_t)rsm_word(words + 2);
        }
    }
    return granules;
}

static bool is_border(const struct rsm_part *part, uint32_t wanted) {
    uint32_t chunk = 0;
    while (chunk < wanted && chunk < part->state->top) {
        chunk += rsm_chunk_granules(rsm_word(rsm_chunk(part, chunk) + 1));
    }
    return chunk == wanted || wanted >= part->state->top;
}

static uint64_t check_slots(const struct rsm_part *part) {
    uint64_t entries = 0;
    for (uint32_t b = 0; b < part->bucket_count; b++) {
        struct rsm_bucket *bucket = &part->buckets[b];
        assert_int_equal(atomic_load(&bucket->sequence) % 2, 0);
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            uint32_t ref = rsm_bucket_ref(bucket, slot);
            if (ref) {
                uint64_t word1 = rsm_word(rsm_chunk(part, ref - 1) + 1);
                assert_true(word1 & RSM_CHUNK_USED);
                assert_int_equal(rsm_chunk_bucket(word1), b);
                entries++;
            }
        }
    }
    return entries;
}

static void check_part(const struct rsm_part *part) {
    uint64_t used = 0;
    uint64_t unused = 0;
    uint64_t entries = 0;
    uint32_t chunk = 0;
    while (chunk < part->state->top) {
        uint64_t word1 = rsm_word(rsm_chunk(part, chunk) + 1);
        uint32_t size = rsm_chunk_granules(word1);
        assert_true(size > 0);
        if (word1 & RSM_CHUNK_USED) {
            struct rsm_bucket *bucket = &part->buckets[rsm_chunk_bucket(word1)];
            unsigned slot = rsm_bucket_slot(bucket, chunk);
            assert_int_equal(rsm_bucket_ref(bucket, slot), chunk + 1);
            used += size;
            entries++;
        } else {
            unused += size;
        }
        chunk += size;
    }
    assert_int_equal(chunk, part->state->top);
    assert_true(part->state->top <= part->granules);
    assert_int_equal(used, rsm_count_of(&part->state->granules_used));
    assert_int_equal(entries, rsm_count_of(&part->state->entries));
    assert_int_equal(entries, check_slots(part));
    assert_int_equal(unused, check_bins(part));
    assert_true(entries <= part->entries_max);
    assert_true(is_border(part, part->state->hand));
    assert_true(is_border(part, part->state->sweep));
}

static void check_table(const struct rsm_table *table) {
    for (uint32_t i = 0; i < table->shards; i++) {
        check_part(&table->parts[i]);
    }
}

#endif
