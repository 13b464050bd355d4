/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a region is divided: parts, buckets and arenas inside its bytes and apart from each other,
 * as many entries as were asked for, and no access outside whatever stands in it.
 */
#include "memory_fixture.h"

#include "base/bytes.h"
#include "store/table_region.h"
#include "table_check.h"

#define NOW   UINT64_C(1700000000000)
#define LATER (NOW + 3600000)

static struct rsm_table *make(uint64_t bytes, uint64_t count, uint32_t shards) {
    struct rsm_table_config config = {.bytes = bytes, .count = count, .shards = shards};
    struct rsm_table *table = NULL;
    for (size_t i = 0; i < RSM_MULHASH_KEY; i++) {
        config.key[i] = (i + 1) * UINT64_C(0xD1310BA698DFB5AC);
    }
    assert_int_equal(rsm_table_new(&config, &table), RESUME_OK);
    return table;
}

static resume_status try_config(uint64_t bytes, uint64_t count, uint32_t shards) {
    struct rsm_table_config config = {.bytes = bytes, .count = count, .shards = shards};
    struct rsm_table *table = NULL;
    resume_status status = rsm_table_new(&config, &table);
    assert_int_equal(table != NULL, status == RESUME_OK);
    rsm_table_free(table);
    return status;
}

static void id_of(uint64_t n, uint8_t id[32]) {
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) * (2 * i + 1);
        memcpy(id + 8 * i, &word, 8);
    }
}

static void put(struct rsm_table *table, uint64_t n, size_t len) {
    uint8_t id[32];
    uint8_t data[RSM_TABLE_RECORD] = {(uint8_t)n};
    id_of(n, id);
    assert_int_equal(rsm_table_put(table, id, 32, data, len, LATER, NOW), RESUME_OK);
}

static resume_status get(struct rsm_table *table, uint64_t n) {
    uint8_t id[32];
    static uint8_t buf[65536];
    size_t len = 0;
    id_of(n, id);
    return rsm_table_get(table, id, 32, NOW, buf, sizeof buf, &len);
}

static struct rsm_table_numbers numbers(const struct rsm_table *table) {
    struct rsm_table_numbers n;
    rsm_table_numbers(table, &n);
    return n;
}

/* Each limit from both sides. */
static void test_config_borders(void **state) {
    (void)state;
    const uint64_t min = RSM_TABLE_BYTES_MIN;
    assert_int_equal(try_config(min, 0, 1), RESUME_OK);
    assert_int_equal(try_config(min - 1, 0, 1), RESUME_E_INVALID);
    assert_int_equal(try_config(256 * min, 0, 256), RESUME_OK);
    assert_int_equal(try_config(256 * min - 1, 0, 256), RESUME_E_INVALID);
    assert_int_equal(try_config(512 * min, 0, 512), RESUME_E_INVALID);
    assert_int_equal(try_config(64 * min, 0, 0), RESUME_E_INVALID);
    for (uint32_t shards = 1; shards <= 64; shards++) {
        bool power = __builtin_popcount(shards) == 1;
        assert_int_equal(try_config(64 * min, 0, shards), power ? RESUME_OK : RESUME_E_INVALID);
    }
    assert_int_equal(try_config(8 * min, 8, 8), RESUME_OK);
    assert_int_equal(try_config(8 * min, 7, 8), RESUME_E_INVALID);
    assert_int_equal(try_config(8 * min, UINT64_MAX, 8), RESUME_OK);
    /* A chunk's number has to fit in 32 bits: 2^31 granules of 64 bytes are too many. */
    assert_int_equal(try_config(UINT64_C(1) << 37, 0, 1), RESUME_E_INVALID);
    assert_int_equal(try_config(UINT64_MAX, 0, 256), RESUME_E_INVALID);
    assert_int_equal(try_config(UINT64_C(1) << 63, 0, 256), RESUME_E_INVALID);
}

/* State, buckets and arena of each part one behind the other, on cache lines, nothing wasted. */
static void check_layout(const struct rsm_table *table, uint64_t bytes) {
    uintptr_t region = (uintptr_t)table->region;
    uintptr_t at = region;
    assert_true(table->region_size <= bytes);
    assert_true(table->region_size + (uint64_t)table->shards * 128 > bytes);
    for (uint32_t i = 0; i < table->shards; i++) {
        const struct rsm_part *part = &table->parts[i];
        assert_int_equal((uintptr_t)part->state, region + i * (table->region_size / table->shards));
        assert_true((uintptr_t)part->state >= at);
        assert_true((uintptr_t)part->state - at < RSM_GRANULE);
        assert_int_equal((uintptr_t)part->state % 128, 0);
        assert_int_equal((uintptr_t)part->buckets, (uintptr_t)(part->state + 1));
        assert_int_equal((uintptr_t)part->arena, (uintptr_t)(part->buckets + part->bucket_count));
        assert_int_equal((uintptr_t)part->buckets % 64, 0);
        assert_int_equal((uintptr_t)part->arena % RSM_GRANULE, 0);
        assert_true(part->bucket_count > 0);
        at = (uintptr_t)part->arena + (uintptr_t)part->granules * RSM_GRANULE;
        assert_int_equal((uintptr_t)&part->lock % 128, 0);
    }
    assert_true(at <= region + table->region_size);
    assert_true(region + table->region_size - at < RSM_GRANULE);
}

static void test_layout(void **state) {
    (void)state;
    static const uint64_t sizes[] = {16384, 16385, 20000, 65535, 1000003, 1 << 20, 3 << 20};
    static const uint64_t counts[] = {0, 256, 5000, 1000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (uint32_t shards = 1; shards <= 256; shards *= 4) {
            for (size_t c = 0; c < 4; c++) {
                struct rsm_table *table = make(sizes[s] * shards, counts[c], shards);
                check_layout(table, sizes[s] * shards);
                check_table(table);
                rsm_table_free(table);
            }
        }
    }
}

/* I-79: the count is divided without a rest that is lost or given twice; a part that has no room
 * for its share says so, and without a count the slots are the limit. */
static void test_count_is_divided(void **state) {
    (void)state;
    for (uint64_t count = 8; count < 40; count++) {
        struct rsm_table *table = make(8 * RSM_TABLE_BYTES_MIN, count, 8);
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        for (uint32_t i = 0; i < 8; i++) {
            uint64_t max = table->parts[i].entries_max;
            least = max < least ? max : least;
            most = max > most ? max : most;
        }
        assert_int_equal(numbers(table).capacity_entries, count);
        assert_true(most - least <= 1);
        assert_true(least > 0);
        rsm_table_free(table);
    }
    /* None, and more than there is room for; also where twice as many would wrap around. */
    static const uint64_t no_limit[] = {0, UINT64_MAX, UINT64_C(1) << 63};
    for (size_t i = 0; i < 3; i++) {
        struct rsm_table *table = make(RSM_TABLE_BYTES_MIN, no_limit[i], 1);
        assert_in_range(table->parts[0].bucket_count, 14, 18);
        assert_int_equal(numbers(table).capacity_entries,
                         (uint64_t)table->parts[0].bucket_count * RSM_BUCKET_SLOTS);
        rsm_table_free(table);
    }
    /* Few entries need few buckets: the bytes are the arena's. */
    struct rsm_table *few = make(1 << 20, 10, 1);
    struct rsm_table *many = make(1 << 20, 0, 1);
    assert_true(few->parts[0].bucket_count <= 4);
    assert_true(few->parts[0].granules > many->parts[0].granules);
    rsm_table_free(few);
    rsm_table_free(many);
}

/* The bytes for a number of records do hold them, for at most 320 bytes each. */
static void test_bytes_for(void **state) {
    (void)state;
    assert_int_equal(rsm_table_bytes_for(0, RSM_TABLE_RECORD), RSM_TABLE_BYTES_MIN);
    assert_int_equal(rsm_table_bytes_for(1, RSM_TABLE_RECORD), RSM_TABLE_BYTES_MIN);
    assert_int_equal(rsm_table_bytes_for(UINT64_MAX, RSM_TABLE_RECORD), UINT64_MAX);
    assert_int_equal(rsm_table_bytes_for(UINT64_MAX / 2, RSM_TABLE_RECORD), UINT64_MAX);
    for (uint64_t count = 1000; count <= 64000; count *= 4) {
        assert_true(rsm_table_bytes_for(count, RSM_TABLE_RECORD) <= 320 * count);
        struct rsm_table *table = make(rsm_table_bytes_for(count, RSM_TABLE_RECORD), 0, 1);
        for (uint64_t n = 0; n < count; n++) {
            put(table, n, RSM_TABLE_RECORD);
        }
        /* A few find both of their buckets full: chance, the same in every run. */
        assert_true(numbers(table).entries > count - count / 100);
        assert_int_equal(numbers(table).entries + numbers(table).evictions, count);
        check_table(table);
        rsm_table_free(table);
    }
}

/* Sums over all parts; the bytes are those of chunks and slots, and never more than there are. */
static void test_numbers(void **state) {
    (void)state;
    struct rsm_table *table = make(4 * RSM_TABLE_BYTES_MIN, 0, 4);
    const uint64_t each = 256 + 8; /* a record of 200 bytes and its slot */
    assert_int_equal(numbers(table).capacity_bytes, 4 * RSM_TABLE_BYTES_MIN);
    assert_int_equal(numbers(table).bytes, 0);
    for (uint64_t n = 0; n < 100; n++) {
        put(table, n, RSM_TABLE_RECORD);
        assert_int_equal(numbers(table).entries, n + 1);
        assert_int_equal(numbers(table).bytes, (n + 1) * each);
    }
    for (uint64_t n = 100; n < 1000; n++) {
        put(table, n, RSM_TABLE_RECORD);
        assert_true(numbers(table).bytes <= numbers(table).capacity_bytes);
    }
    assert_int_equal(numbers(table).entries + numbers(table).evictions, 1000);
    uint64_t left = numbers(table).entries;
    rsm_table_sweep(table, LATER, SIZE_MAX);
    assert_int_equal(numbers(table).expired, left);
    assert_int_equal(numbers(table).entries, 0);
    rsm_table_free(table);
}

/* I-163: the hash's key, by which a peer could choose its buckets, is not left on the heap. */
static void test_key_is_wiped(void **state) {
    (void)state;
    struct rsm_table *table = make(RSM_TABLE_BYTES_MIN, 0, 1);
    uintptr_t at = (uintptr_t)table->key;
    dirty_heap(false);
    uint8_t before[sizeof table->key];
    uint8_t after[sizeof table->key];
    memcpy(before, table->key, sizeof before);
    rsm_table_free(table);
    rsm_table_free(NULL);
    assert_true(peek(at, after, sizeof after));
    for (size_t i = 4; i < RSM_MULHASH_KEY; i++) { /* the heap writes into the first words */
        assert_memory_not_equal(before + 8 * i, after + 8 * i, 8);
        assert_true(rsm_is_zero_ct(after + 8 * i, 8));
    }
}

/* The slot of the only entry, in the first part; the other part has none. */
static _Atomic uint32_t *only_ref(struct rsm_part *part) {
    for (uint32_t b = 0; b < part->bucket_count; b++) {
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            if (rsm_bucket_ref(&part->buckets[b], slot)) {
                return &part->buckets[b].refs[slot];
            }
        }
    }
    return NULL;
}

/* I-102: a reference that leads out of the arena is a miss, even to where a record with that very
 * ID stands: right behind it, where the other
 * part begins. */
static void test_references_that_lead_outside(void **state) {
    (void)state;
    struct rsm_table *table = make(2 * RSM_TABLE_BYTES_MIN, 0, 2);
    struct rsm_part *part = &table->parts[0];
    uint64_t n = 0;
    put(table, n, RSM_TABLE_RECORD);
    while (!only_ref(part)) {
        uint8_t id[32];
        id_of(n++, id);
        assert_int_equal(rsm_table_remove(table, id, 32), RESUME_OK);
        put(table, n, RSM_TABLE_RECORD);
    }
    _Atomic uint32_t *ref = only_ref(part);
    assert_int_equal(get(table, n), RESUME_OK);
    for (uint32_t chunk = part->granules; chunk < part->granules + 8U; chunk++) {
        _Atomic uint64_t *behind = rsm_chunk(part, chunk);
        for (size_t i = 0; i < 4 * RSM_GRANULE_WORDS; i++) {
            rsm_set_word(behind + i, rsm_word(part->arena + i));
        }
        atomic_store(ref, chunk + 1U);
        assert_int_equal(get(table, n), RESUME_MISS);
    }
    atomic_store(ref, UINT32_MAX);
    assert_int_equal(get(table, n), RESUME_MISS);
    atomic_store(ref, 1);
    assert_int_equal(get(table, n), RESUME_OK);
    rsm_table_free(table);
}

/* I-102: a record that would be longer than the arena is a miss. */
static void test_lengths_that_lead_outside(void **state) {
    (void)state;
    struct rsm_table *table = make(RSM_TABLE_BYTES_MIN, 0, 1);
    struct rsm_part *part = &table->parts[0];
    put(table, 1, RSM_TABLE_RECORD);
    _Atomic uint64_t *words = rsm_chunk(part, 0);
    uint64_t word0 = rsm_word(words);
    uint64_t room = (uint64_t)part->granules * RSM_GRANULE - 8U * RSM_CHUNK_HEAD;
    assert_in_range(room, 1, 65535);
    rsm_set_word(words, word0 >> 16 << 16 | room);
    assert_int_equal(get(table, 1), RESUME_OK);
    for (uint64_t len = room + 1; len <= 65535; len += 1 + len % 97) {
        rsm_set_word(words, word0 >> 16 << 16 | len);
        assert_int_equal(get(table, 1), RESUME_MISS);
    }
    rsm_set_word(words, word0);
    assert_int_equal(get(table, 1), RESUME_OK);
    rsm_table_free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_borders),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_count_is_divided),
        cmocka_unit_test(test_bytes_for),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_key_is_wiped),
        cmocka_unit_test(test_references_that_lead_outside),
        cmocka_unit_test(test_lengths_that_lead_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
