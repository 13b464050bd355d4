/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena of one part: which chunk is given, what is joined and split, who is evicted and in what
 * order, and that nothing of a record stays behind. What the table makes of it is in test_table.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/arena.h"

#include "table_check.h"

#include <string.h>

#define NOW   UINT64_C(1700000000000)
#define LATER (NOW + 3600000)
#define FOUR  4U /* granules of most entries here */

static struct rsm_table *table;
static struct rsm_part *part;

static void begin(uint64_t bytes) {
    struct rsm_table_config config = {.bytes = bytes, .shards = 1};
    assert_int_equal(rsm_table_new(&config, &table), RESUME_OK);
    part = &table->parts[0];
}

static void end(void) {
    check_table(table);
    rsm_table_free(table);
    table = NULL;
    part = NULL;
}

static uint64_t pattern(uint32_t chunk) {
    return (chunk + 1U) * UINT64_C(0x9E3779B97F4A7C15) | 1U;
}

/* The first free slot, whatever the bucket. */
static struct rsm_bucket *free_bucket(unsigned *ret_slot) {
    for (uint32_t b = 0; b < part->bucket_count; b++) {
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            if (rsm_bucket_ref(&part->buckets[b], slot) == 0) {
                *ret_slot = slot;
                return &part->buckets[b];
            }
        }
    }
    fail_msg("all slots are taken");
    return NULL;
}

/* Makes a chunk an entry: the record fills it, up to the longest that there is. */
static void fill(uint32_t chunk, uint32_t granules, uint64_t expires) {
    unsigned slot = 0;
    struct rsm_bucket *bucket = free_bucket(&slot);
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    size_t len = (size_t)granules * RSM_GRANULE - 8U * RSM_CHUNK_HEAD;
    len = len < 65280 ? len : 65280;
    rsm_set_word(words, expires << 16 | len);
    rsm_set_word(words + 1,
                 rsm_chunk_header((uint32_t)(bucket - part->buckets), granules, 8U * 4U));
    for (size_t i = 2; i < RSM_CHUNK_HEAD + rsm_words(len); i++) {
        rsm_set_word(words + i, pattern(chunk));
    }
    rsm_bucket_set(bucket, slot, chunk + 1U, 7);
    rsm_bucket_mark(bucket, slot, 0);
    part->state->newest = chunk + 1U;
    rsm_count_by(&part->state->entries, 1);
}

static uint32_t store_until(uint32_t granules, uint64_t expires) {
    bool recycled = false;
    uint32_t chunk = rsm_arena_take(part, granules, NOW, &recycled);
    assert_int_not_equal(chunk, RSM_NO_CHUNK);
    assert_true(chunk + granules <= part->granules);
    fill(chunk, granules, expires);
    return chunk;
}

static uint32_t store(uint32_t granules) {
    return store_until(granules, LATER);
}

/* The slot of an entry's chunk, or false. */
static bool find_slot(uint32_t chunk, struct rsm_bucket **ret_bucket, unsigned *ret_slot) {
    for (uint32_t b = 0; b < part->bucket_count; b++) {
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            if (rsm_bucket_ref(&part->buckets[b], slot) == chunk + 1U) {
                *ret_bucket = &part->buckets[b];
                *ret_slot = slot;
                return true;
            }
        }
    }
    return false;
}

static bool is_entry(uint32_t chunk) {
    struct rsm_bucket *bucket = NULL;
    unsigned slot = 0;
    return find_slot(chunk, &bucket, &slot);
}

static bool marked(uint32_t chunk) {
    struct rsm_bucket *bucket = NULL;
    unsigned slot = 0;
    assert_true(find_slot(chunk, &bucket, &slot));
    return rsm_bucket_marked(bucket, slot);
}

static void mark(uint32_t chunk) {
    struct rsm_bucket *bucket = NULL;
    unsigned slot = 0;
    assert_true(find_slot(chunk, &bucket, &slot));
    rsm_bucket_mark(bucket, slot, 1);
}

static uint64_t evictions(void) {
    return rsm_count_of(&part->state->evictions);
}

static uint64_t expired(void) {
    return rsm_count_of(&part->state->expired);
}

static uint64_t entries(void) {
    return rsm_count_of(&part->state->entries);
}

/* Words of the arena that still hold a chunk's record. */
static size_t left_of(uint32_t chunk) {
    size_t found = 0;
    for (size_t i = 0; i < (size_t)part->granules * RSM_GRANULE_WORDS; i++) {
        found += rsm_word(part->arena + i) == pattern(chunk);
    }
    return found;
}

/* Entries of four granules until none fits any more; their number. */
static uint32_t fill_up(void) {
    uint32_t count = part->granules / FOUR;
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(store(FOUR), i * FOUR);
    }
    assert_true(part->granules - part->state->top < FOUR);
    return count;
}

static void test_one_behind_the_other(void **state) {
    (void)state;
    bool recycled = true;
    begin(1 << 14);
    assert_int_equal(rsm_arena_take(part, 1, NOW, &recycled), 0);
    assert_false(recycled);
    fill(0, 1, LATER);
    assert_int_equal(store(7), 1);
    assert_int_equal(store(2), 8);
    assert_int_equal(part->state->top, 10);
    assert_int_equal(rsm_count_of(&part->state->granules_used), 10);
    while (part->granules - part->state->top > 9) {
        store(9);
    }
    uint32_t top = part->state->top;
    assert_int_equal(store(part->granules - top), top); /* to the last granule */
    assert_int_equal(evictions(), 0);
    end();
}

/* I-90, I-91: more than a quarter, or than a header can say, is refused, and nothing changed. */
static void test_share(void **state) {
    (void)state;
    for (int large = 0; large < 2; large++) {
        begin(large ? 1 << 20 : 1 << 14);
        uint32_t most = large ? RSM_CHUNK_MAX : part->granules / 4;
        bool recycled = false;
        store(3);
        struct rsm_part_state before = *part->state;
        assert_int_equal(rsm_arena_take(part, most + 1, NOW, &recycled), RSM_NO_CHUNK);
        assert_int_equal(rsm_arena_take(part, UINT32_MAX, NOW, &recycled), RSM_NO_CHUNK);
        assert_memory_equal(part->state, &before, sizeof before);
        for (unsigned i = 0; i < 20; i++) { /* also when others must go */
            store(most);
        }
        end();
    }
}

/* A chunk that fits exactly; then one that is split, and its rest. */
static void test_reuse(void **state) {
    (void)state;
    uint32_t chunks[6];
    bool recycled = false;
    begin(1 << 14);
    for (unsigned i = 0; i < 6; i++) {
        chunks[i] = store(5);
    }
    uint32_t top = part->state->top;
    rsm_arena_drop(part, chunks[2]);
    assert_int_equal(rsm_arena_take(part, 5, NOW, &recycled), chunks[2]);
    assert_true(recycled);
    fill(chunks[2], 5, LATER);
    rsm_arena_drop(part, chunks[2]);
    assert_int_equal(store(2), chunks[2]);
    check_table(table);
    assert_int_equal(store(3), chunks[2] + 2);
    rsm_arena_drop(part, chunks[2]); /* 2 granules free, and 5 elsewhere */
    rsm_arena_drop(part, chunks[4]);
    assert_int_equal(store(3), chunks[4]);
    assert_int_equal(store(2), chunks[4] + 3); /* exactly, although 2 and 3 are free there */
    assert_int_equal(part->state->top, top);
    assert_int_equal(evictions(), 0);
    end();
}

/* Freed from behind, neighbours become one chunk. Freed from the front they do not, and still are
 * found when nothing else is left. */
static void test_joins_what_is_behind(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t first = store(2);
    uint32_t second = store(2);
    uint32_t third = store(2);
    store(1);
    rsm_arena_drop(part, third);
    rsm_arena_drop(part, second);
    rsm_arena_drop(part, first);
    check_table(table);
    assert_int_equal(store(6), first);
    assert_int_equal(part->state->top, 7);
    end();
}

/* A chunk has no more granules than its header has bits for. */
static void test_joins_up_to_the_largest(void **state) {
    (void)state;
    for (uint32_t behind = 46; behind <= 48; behind++) {
        begin(1 << 20);
        uint32_t first = store(2000);
        uint32_t second = store(behind);
        store(1);
        rsm_arena_drop(part, second);
        rsm_arena_drop(part, first);
        uint32_t size = rsm_chunk_granules(rsm_word(rsm_chunk(part, first) + 1));
        assert_int_equal(size, behind <= 47 ? 2000 + behind : 2000);
        end();
    }
}

/* The last bin holds all large ones; those in it that are too small are passed over. */
static void test_last_bin(void **state) {
    (void)state;
    static const uint32_t sizes[] = {100, 62, 63, 64, 70};
    uint32_t chunks[5];
    begin(1 << 17);
    for (unsigned i = 0; i < 5; i++) {
        chunks[i] = store(sizes[i]);
        store(1);
    }
    uint32_t top = part->state->top;
    for (unsigned i = 0; i < 5; i++) {
        rsm_arena_drop(part, chunks[i]);
    }
    check_table(table);
    assert_int_equal(store(71), chunks[0]);
    assert_int_equal(store(62), chunks[1]); /* has a bin of its own */
    assert_int_equal(store(101), top);      /* none fits */
    end();
}

/* The hand goes round: over all entries in turn, and over none twice before. */
static void test_evicts_in_turn(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t count = fill_up();
    for (uint32_t i = 0; i < 3 * count; i++) {
        assert_int_equal(store(FOUR), i % count * FOUR);
        assert_int_equal(evictions(), i + 1);
        assert_int_equal(entries(), count);
    }
    end();
}

/* What was looked up is passed over once; but only some of it, or a put would have no bound. */
static void test_spares_what_was_looked_up(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t count = fill_up();
    mark(0);
    mark(2 * FOUR);
    assert_int_equal(store(FOUR), 1 * FOUR);
    assert_false(marked(0));
    assert_int_equal(store(FOUR), 3 * FOUR);
    assert_int_equal(evictions(), 2);
    for (uint32_t i = 0; i < count; i++) {
        mark(i * FOUR);
    }
    assert_int_equal(store(FOUR), (4 + 8) * FOUR);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(marked(i * FOUR), i < 4 || i > 12);
    }
    end();
}

/* I-82: the newest entry stays, looked up or not, unless it has expired. */
static void test_spares_the_newest(void **state) {
    (void)state;
    begin(1 << 14);
    fill_up();
    part->state->newest = 0 * FOUR + 1;
    assert_int_equal(store(FOUR), 1 * FOUR);
    part->state->newest = 2 * FOUR + 1;
    rsm_arena_evict(part, NOW);
    assert_true(is_entry(2 * FOUR));
    assert_false(is_entry(3 * FOUR));
    part->state->newest = 4 * FOUR + 1;
    rsm_arena_evict(part, LATER); /* all have expired by now */
    assert_false(is_entry(4 * FOUR));
    assert_int_equal(expired(), 1);
    assert_int_equal(evictions(), 2);
    end();
}

/* I-83: one that has expired goes first if the hand is there, marked or not; that is no eviction.
 * I-71: at its very instant. */
static void test_expired_at_the_hand(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t count = part->granules / FOUR;
    for (uint32_t i = 0; i < count; i++) {
        store_until(FOUR, i == 0 ? NOW + 1 : i == 1 ? NOW : LATER);
        mark(i * FOUR);
    }
    assert_int_equal(store(FOUR), 1 * FOUR);
    assert_false(marked(0));
    assert_int_equal(expired(), 1);
    assert_int_equal(evictions(), 0);
    end();
}

/* Room for a large one from several small ones; a run that a spared one breaks is kept for later.
 */
static void test_joins_what_it_evicts(void **state) {
    (void)state;
    begin(1 << 14);
    fill_up();
    mark(1 * FOUR);
    assert_int_equal(store(2 * FOUR + 1), 2 * FOUR);
    assert_int_equal(evictions(), 4); /* 0, and 2 to 4 */
    assert_true(is_entry(1 * FOUR));
    check_table(table);
    assert_int_equal(store(FOUR - 1), 4 * FOUR + 1); /* the rest of the third */
    assert_int_equal(store(FOUR), 0);                /* the run of one */
    assert_int_equal(evictions(), 4);
    end();
}

/* Free chunks that the hand meets are joined, too: no mix of sizes wears the arena out. */
static void test_joins_what_is_free(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t count = fill_up();
    for (uint32_t i = 0; i < count; i += 2) { /* holes that are too small */
        rsm_arena_drop(part, i * FOUR);
    }
    uint64_t before = evictions();
    assert_int_equal(store(3 * FOUR), 0);
    assert_int_equal(evictions(), before + 1);
    end();
}

/* What lies where the hand is would be the first to go. */
static void test_hand_moves_over_what_is_reused(void **state) {
    (void)state;
    bool recycled = true;
    begin(1 << 14);
    fill_up();
    rsm_arena_drop(part, 0);
    assert_int_equal(part->state->hand, 0);
    assert_int_equal(rsm_arena_take(part, FOUR, NOW, &recycled), 0);
    assert_false(recycled);
    assert_int_equal(part->state->hand, FOUR);
    fill(0, FOUR, LATER);
    assert_int_equal(store(FOUR), FOUR);
    end();
}

/* Hand and sweep never point into the middle of what was joined. */
static void test_joining_under_hand_and_sweep(void **state) {
    (void)state;
    begin(1 << 14);
    uint32_t first = store(2);
    uint32_t second = store(3);
    store(4);
    part->state->hand = second;
    part->state->sweep = second;
    rsm_arena_drop(part, second);
    assert_int_equal(part->state->hand, second);
    rsm_arena_drop(part, first);
    assert_int_equal(part->state->hand, first);
    assert_int_equal(part->state->sweep, first);
    end();
}

/* I-163: whichever way a record goes, no word of it stays, nor of its ID. */
static void test_wiped(void **state) {
    (void)state;
    begin(1 << 14);
    fill_up();
    assert_int_equal(left_of(0), FOUR * RSM_GRANULE_WORDS - 2);
    rsm_arena_drop(part, 0);
    assert_int_equal(left_of(0), 0);
    part->state->hand = FOUR;
    rsm_arena_evict(part, NOW);
    assert_int_equal(left_of(FOUR), 0);
    bool recycled = false;
    part->state->hand = 2 * FOUR;
    uint32_t chunk = rsm_arena_take(part, 2 * FOUR + 3, NOW, &recycled);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(left_of(i * FOUR), 0);
    }
    fill(chunk, 2 * FOUR + 3, LATER);
    part->state->sweep = 7 * FOUR;
    assert_false(rsm_arena_sweep(part, LATER));
    assert_int_equal(left_of(7 * FOUR), 0);
    end();
}

/* One a call, down to the last, which is the newest; then there is nothing to do. */
static void test_evict_one(void **state) {
    (void)state;
    begin(1 << 14);
    rsm_arena_evict(part, NOW);
    assert_int_equal(evictions(), 0);
    uint32_t last = 0;
    for (uint32_t i = 0; i < 12; i++) {
        last = store(FOUR);
        mark(last);
    }
    for (uint32_t left = 12; left-- > 0;) {
        rsm_arena_evict(part, NOW);
        assert_int_equal(entries(), left);
        assert_int_equal(is_entry(last), left > 0);
    }
    assert_int_equal(evictions(), 12);
    assert_int_equal(rsm_count_of(&part->state->granules_used), 0);
    rsm_arena_evict(part, NOW);
    assert_int_equal(evictions(), 12);
    end();
}

/* I-71, I-83: one chunk a call, from the first to the last and again; free ones are chunks, too. */
static void test_sweep(void **state) {
    (void)state;
    begin(1 << 14);
    for (uint32_t i = 0; i < 9; i++) {
        store_until(FOUR, NOW + i % 3);
    }
    assert_true(expired() == 0);
    for (uint32_t i = 0; i < 9; i++) {
        assert_false(rsm_arena_sweep(part, NOW));
        assert_int_equal(is_entry(i * FOUR), i % 3 != 0);
    }
    assert_true(rsm_arena_sweep(part, NOW));
    assert_int_equal(expired(), 3);
    assert_false(rsm_arena_sweep(part, NOW + 1)); /* begins anew: the hole where 0 was */
    assert_int_equal(expired(), 3);
    assert_false(rsm_arena_sweep(part, NOW + 1));
    assert_int_equal(expired(), 4);
    while (!rsm_arena_sweep(part, NOW + 2)) {
    }
    while (!rsm_arena_sweep(part, NOW + 2)) {
    }
    assert_int_equal(entries(), 0);
    assert_int_equal(evictions(), 0);
    assert_int_equal(rsm_count_of(&part->state->granules_used), 0);
    end();
}

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* No record may have a word of another's. */
static void check_records(void) {
    for (uint32_t b = 0; b < part->bucket_count; b++) {
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            uint32_t ref = rsm_bucket_ref(&part->buckets[b], slot);
            if (ref) {
                _Atomic uint64_t *words = rsm_chunk(part, ref - 1U);
                size_t count = RSM_CHUNK_HEAD + rsm_words(rsm_chunk_len(rsm_word(words)));
                for (size_t i = 2; i < count; i++) {
                    assert_true(rsm_word(words + i) == pattern(ref - 1U));
                }
            }
        }
    }
}

/* I-79, I-80, I-96: whatever comes in whatever order, the books are right, the newest is there, and
 * every size that may be asked for is given. */
static void test_flood(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252;
    begin(1 << 15);
    uint32_t most = part->granules / RSM_ARENA_SHARE;
    for (unsigned turn = 0; turn < 30000; turn++) {
        uint64_t r = next(&seed);
        uint64_t now = NOW + turn;
        if (r % 16 == 0) {
            rsm_arena_evict(part, now);
        } else if (r % 16 < 3) {
            (void)rsm_arena_sweep(part, now);
        } else if (entries() == part->entries_max) {
            rsm_arena_evict(part, now);
        } else {
            uint32_t granules = 1 + (uint32_t)(r >> 8) % (r >> 40 & 7 ? 9 : most);
            bool recycled = false;
            uint32_t chunk = rsm_arena_take(part, granules, now, &recycled);
            assert_int_not_equal(chunk, RSM_NO_CHUNK);
            fill(chunk, granules, now + (r >> 16) % 200);
            if (r >> 60 > 4) {
                mark(chunk);
            }
        }
        if (turn % 8 == 0) {
            check_table(table);
            check_records();
        }
    }
    assert_true(evictions() > 1000);
    assert_true(expired() > 1000);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_behind_the_other),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_reuse),
        cmocka_unit_test(test_joins_what_is_behind),
        cmocka_unit_test(test_joins_up_to_the_largest),
        cmocka_unit_test(test_last_bin),
        cmocka_unit_test(test_evicts_in_turn),
        cmocka_unit_test(test_spares_what_was_looked_up),
        cmocka_unit_test(test_spares_the_newest),
        cmocka_unit_test(test_expired_at_the_hand),
        cmocka_unit_test(test_joins_what_it_evicts),
        cmocka_unit_test(test_joins_what_is_free),
        cmocka_unit_test(test_hand_moves_over_what_is_reused),
        cmocka_unit_test(test_joining_under_hand_and_sweep),
        cmocka_unit_test(test_wiped),
        cmocka_unit_test(test_evict_one),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
