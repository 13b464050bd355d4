/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table: what it keeps, what it drops and when, against a plain reference, and with threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/table.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "table_check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define NOW   UINT64_C(1700000000000)
#define LATER (NOW + 3600000)

static const uint64_t some_key[RSM_MULHASH_KEY] = {
    0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89,
    0x452821E638D01377, 0xBE5466CF34E90C6C, 0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917,
    0x9216D5D98979FB1B, 0xD1310BA698DFB5AC};

static struct rsm_table *make(uint64_t bytes, uint64_t count, uint32_t shards) {
    struct rsm_table_config config = {.bytes = bytes, .count = count, .shards = shards};
    struct rsm_table *table = NULL;
    memcpy(config.key, some_key, sizeof config.key);
    assert_int_equal(rsm_table_new(&config, &table), RESUME_OK);
    return table;
}

static void id_of(uint64_t n, uint8_t id[32]) {
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) * (2 * i + 1);
        memcpy(id + 8 * i, &word, 8);
    }
}

static resume_status put(struct rsm_table *table, uint64_t n, const void *data, size_t len) {
    uint8_t id[32];
    id_of(n, id);
    return rsm_table_put(table, id, sizeof id, data, len, LATER, NOW);
}

static resume_status get(struct rsm_table *table, uint64_t n, uint8_t *buf, size_t cap,
                         size_t *ret_len) {
    uint8_t id[32];
    id_of(n, id);
    return rsm_table_get(table, id, sizeof id, NOW, buf, cap, ret_len);
}

static struct rsm_table_numbers numbers(const struct rsm_table *table) {
    struct rsm_table_numbers n;
    rsm_table_numbers(table, &n);
    return n;
}

/* I-78: the same bytes, twice the same; an overwrite gives the new. I-84: the same again is told
 * apart and changes nothing. */
static void test_put_get_overwrite(void **state) {
    (void)state;
    struct rsm_table *table = make(1 << 20, 0, 1);
    uint8_t buf[512];
    size_t len = 0;
    for (size_t size = 1; size <= 300; size++) {
        uint8_t data[300];
        memset(data, (int)size, sizeof data);
        assert_int_equal(put(table, 1, data, size), RESUME_OK);
        for (int twice = 0; twice < 2; twice++) {
            assert_int_equal(get(table, 1, buf, sizeof buf, &len), RESUME_OK);
            assert_int_equal(len, size);
            assert_memory_equal(buf, data, size);
        }
        assert_int_equal(put(table, 1, data, size), RESUME_EXISTS);
    }
    assert_int_equal(numbers(table).entries, 1);
    check_table(table);
    rsm_table_free(table);
}

/* I-85: the exact ID, its length included; removing what is not there is harmless. */
static void test_remove_needs_the_exact_id(void **state) {
    (void)state;
    struct rsm_table *table = make(1 << 20, 0, 4);
    uint8_t id[32] = {7};
    uint8_t buf[16];
    size_t len = 0;
    for (size_t id_len = 1; id_len <= 32; id_len++) { /* {7}, {7, 0}, {7, 0, 0} ... */
        uint8_t data = (uint8_t)id_len;
        assert_int_equal(rsm_table_put(table, id, id_len, &data, 1, LATER, NOW), RESUME_OK);
    }
    assert_int_equal(numbers(table).entries, 32);
    assert_int_equal(rsm_table_remove(table, id, 5), RESUME_OK);
    assert_int_equal(rsm_table_remove(table, id, 5), RESUME_MISS);
    for (size_t id_len = 1; id_len <= 32; id_len++) {
        resume_status wanted = id_len == 5 ? RESUME_MISS : RESUME_OK;
        assert_int_equal(rsm_table_get(table, id, id_len, NOW, buf, sizeof buf, &len), wanted);
        assert_true(id_len == 5 || buf[0] == id_len);
    }
    check_table(table);
    rsm_table_free(table);
}

/* I-86: with a key of zeros every ID has the same hash, so all share two buckets and one tag. */
static void test_collisions(void **state) {
    (void)state;
    struct rsm_table_config config = {.bytes = 1 << 20, .shards = 1};
    struct rsm_table *table = NULL;
    uint8_t buf[16];
    size_t len = 0;
    assert_int_equal(rsm_table_new(&config, &table), RESUME_OK);
    for (uint64_t n = 0; n < 100; n++) {
        assert_int_equal(put(table, n, &n, sizeof n), RESUME_OK);
        assert_int_equal(get(table, n, buf, sizeof buf, &len), RESUME_OK);
        assert_memory_equal(buf, &n, sizeof n);
    }
    /* One bucket's worth is left, or two: which, the clock says; none is another's. */
    uint64_t found = 0;
    for (uint64_t n = 0; n < 100; n++) {
        if (get(table, n, buf, sizeof buf, &len) == RESUME_OK) {
            assert_memory_equal(buf, &n, sizeof n);
            found++;
        }
    }
    assert_int_equal(found, numbers(table).entries);
    assert_in_range(found, 8, 16);
    check_table(table);
    rsm_table_free(table);
}

/* I-79: never over capacity by count. I-82: the newest survives, also if it expires first. */
static void test_count_bound_and_newest(void **state) {
    (void)state;
    struct rsm_table *table = make(64 << 10, 5, 1);
    uint8_t buf[16];
    uint8_t id[32];
    size_t len = 0;
    for (uint64_t n = 0; n < 300; n++) {
        id_of(n, id);
        assert_int_equal(rsm_table_put(table, id, 32, (uint8_t *)&n, 8, LATER - n, NOW), RESUME_OK);
        assert_true(numbers(table).entries <= 5);
        assert_int_equal(get(table, n, buf, sizeof buf, &len), RESUME_OK);
        if (n > 0 && n % 7) {
            assert_int_equal(get(table, n - 1, buf, sizeof buf, &len), RESUME_OK);
        }
        if (n % 7 == 0) { /* a hole that the next one fills */
            id_of(n, id);
            assert_int_equal(rsm_table_remove(table, id, 32), RESUME_OK);
            assert_int_equal(put(table, n, &n, 8), RESUME_OK);
        }
    }
    assert_int_equal(numbers(table).entries, 5);
    check_table(table);
    rsm_table_free(table);
}

/* I-82 when everything but the newest was just looked up, by either clock. */
static void test_newest_survives_among_favourites(void **state) {
    (void)state;
    for (int clock = 0; clock < 2; clock++) {
        struct rsm_table_config config = {.bytes = 1 << 20, .count = clock ? 0 : 5, .shards = 1};
        struct rsm_table *table = NULL; /* its hash is constant: two buckets of eight */
        uint8_t buf[16];
        size_t len = 0;
        assert_int_equal(rsm_table_new(&config, &table), RESUME_OK);
        for (uint64_t n = 0; n < 200; n++) {
            assert_int_equal(put(table, n, &n, 8), RESUME_OK);
            for (uint64_t other = 0; other < n; other++) {
                resume_status status = get(table, other, buf, sizeof buf, &len);
                assert_true(other + 1 < n || status == RESUME_OK);
            }
        }
        assert_int_equal(numbers(table).entries, clock ? 8 : 5);
        check_table(table);
        rsm_table_free(table);
    }
}

/* I-79, I-96: a flood, of sizes chosen to hurt, stays inside the bytes. */
static void test_byte_bound_under_flood(void **state) {
    (void)state;
    struct rsm_table *table = make(256 << 10, 0, 2);
    static uint8_t data[8000];
    uint8_t buf[8000];
    size_t len = 0;
    for (uint64_t n = 0; n < 20000; n++) {
        size_t size = n % 3 == 0 ? 1 + n * 37 % 8000 : 1 + n * 13 % 300;
        assert_int_equal(put(table, n, data, size), RESUME_OK);
        assert_int_equal(get(table, n, buf, sizeof buf, &len), RESUME_OK); /* I-82 */
        assert_true(numbers(table).bytes <= numbers(table).capacity_bytes);
        if (n % 1000 == 0) {
            check_table(table);
        }
    }
    assert_true(numbers(table).capacity_bytes <= 256 << 10);
    assert_true(numbers(table).evictions > 10000);
    check_table(table);
    rsm_table_free(table);
}

/* Entries that are looked up outlive those that are not: the clocks see the marks. */
static void test_eviction_spares_what_is_used(void **state) {
    (void)state;
    struct rsm_table *table = make(1 << 20, 1000, 1);
    uint8_t data[200] = {1};
    uint8_t buf[200];
    size_t len = 0;
    unsigned lost = 0;
    for (uint64_t n = 0; n < 20000; n++) {
        (void)!put(table, 1000 + n, data, sizeof data);
        uint64_t favourite = n % 50;
        if (get(table, favourite, buf, sizeof buf, &len) == RESUME_MISS) {
            lost += n >= 50;
            (void)!put(table, favourite, data, sizeof data);
        }
    }
    assert_true(lost < 50); /* without the marks it would be about 950 */
    rsm_table_free(table);
}

/* I-71: there at expiry - 1, gone at expiry. I-83: gone on sight, by a put's own bit of sweeping,
 * and by a sweep that looks at no more than it may. I-74: the end of time is far. */
static void test_expiry(void **state) {
    (void)state;
    struct rsm_table *table = make(1 << 20, 0, 2);
    uint8_t id[32];
    uint8_t buf[16];
    size_t len = 0;
    id_of(1, id);
    assert_int_equal(rsm_table_put(table, id, 32, id, 8, NOW + 10, NOW), RESUME_OK);
    assert_int_equal(rsm_table_get(table, id, 32, NOW + 9, buf, 16, &len), RESUME_OK);
    assert_int_equal(rsm_table_get(table, id, 32, NOW + 10, buf, 16, &len), RESUME_EXPIRED);
    assert_int_equal(rsm_table_get(table, id, 32, NOW + 10, buf, 16, &len), RESUME_MISS);
    assert_int_equal(numbers(table).entries, 0);
    assert_int_equal(rsm_table_put(table, id, 32, id, 8, UINT64_MAX, NOW), RESUME_OK);
    assert_int_equal(rsm_table_take(table, id, 32, UINT32_MAX * UINT64_C(4000), buf, 16, &len),
                     RESUME_OK);
    for (uint64_t n = 0; n < 200; n++) {
        id_of(n, id);
        uint64_t expires = n % 2 ? NOW + 10 : LATER;
        assert_int_equal(rsm_table_put(table, id, 32, id, 8, expires, NOW), RESUME_OK);
    }
    rsm_table_sweep(table, NOW + 10, 20);
    assert_true(numbers(table).entries >= 180);
    rsm_table_sweep(table, NOW + 10, SIZE_MAX);
    assert_int_equal(numbers(table).entries, 100);
    for (uint64_t n = 0; n < 4000; n++) { /* the first ones all expire under these puts */
        id_of(1000 + n, id);
        assert_int_equal(rsm_table_put(table, id, 32, id, 8, LATER + 10, LATER), RESUME_OK);
    }
    assert_int_equal(numbers(table).expired, 1 + 100 + 100);
    check_table(table);
    rsm_table_free(table);
    /* Wherever puts have left the parts' sweeps, one that may see all sees all. */
    table = make(4 << 20, 0, 64);
    for (uint64_t n = 0; n < 500; n++) {
        assert_int_equal(put(table, n, &n, sizeof n), RESUME_OK);
    }
    rsm_table_sweep(table, LATER, SIZE_MAX);
    assert_int_equal(numbers(table).entries, 0);
    check_table(table);
    rsm_table_free(table);
}

/* I-90, I-91: too long is refused before anything changes; a short buffer gets the need only. */
static void test_too_large_and_short_buffers(void **state) {
    (void)state;
    struct rsm_table *table = make(64 << 10, 0, 1);
    static uint8_t data[65280];
    uint8_t buf[100];
    size_t len = 0;
    memset(buf, 0xAA, sizeof buf);
    assert_int_equal(put(table, 1, data, 100), RESUME_OK);
    assert_int_equal(put(table, 1, data, sizeof data), RESUME_TOO_LARGE);
    assert_int_equal(put(table, 2, data, sizeof data), RESUME_TOO_LARGE);
    assert_int_equal(get(table, 1, buf, 99, &len), RESUME_E_BUFFER);
    assert_int_equal(len, 100);
    assert_int_equal(buf[0], 0xAA);
    uint8_t id[32];
    id_of(1, id);
    assert_int_equal(rsm_table_take(table, id, 32, NOW, buf, 99, &len), RESUME_E_BUFFER);
    assert_int_equal(rsm_table_take(table, id, 32, NOW, buf, 100, &len), RESUME_OK);
    assert_int_equal(rsm_table_take(table, id, 32, NOW, buf, 100, &len), RESUME_MISS);
    assert_int_equal(numbers(table).entries, 0);
    assert_int_equal(numbers(table).bytes, 0);
    rsm_table_free(table);
}

/* What has left the table has left the memory: not one byte of it is in the region. */
static void test_records_are_wiped(void **state) {
    (void)state;
    struct rsm_table *table = make(64 << 10, 0, 1);
    uint8_t secret[200];
    uint8_t buf[200];
    size_t len = 0;
    memset(secret, 0xC3, sizeof secret);
    uint8_t id[32];
    id_of(1, id);
    for (int way = 0; way < 4; way++) {
        assert_int_equal(rsm_table_put(table, id, 32, secret, 200, NOW + 10, NOW), RESUME_OK);
        assert_non_null(memmem(table->region, table->region_size, secret, 16));
        if (way == 0) {
            assert_int_equal(rsm_table_remove(table, id, 32), RESUME_OK);
        } else if (way == 1) {
            assert_int_equal(rsm_table_take(table, id, 32, NOW, buf, 200, &len), RESUME_OK);
        } else if (way == 2) {
            rsm_table_sweep(table, NOW + 10, SIZE_MAX);
        } else {
            assert_int_equal(rsm_table_put(table, id, 32, id, 32, LATER, NOW), RESUME_OK);
        }
        assert_null(memmem(table->region, table->region_size, secret, 16));
    }
    rsm_table_free(table);
}

static void test_config_out_of_range(void **state) {
    (void)state;
    struct rsm_table *table = NULL;
    const struct rsm_table_config bad[] = {
        {.bytes = 1 << 20, .shards = 0},
        {.bytes = 1 << 20, .shards = 3},
        {.bytes = 1 << 24, .shards = 512},
        {.bytes = 16383, .shards = 1},
        {.bytes = 1 << 20, .shards = 128},
        {.bytes = UINT64_MAX, .shards = 1},
        {.bytes = 1 << 20, .shards = 8, .count = 7},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(rsm_table_new(&bad[i], &table), RESUME_E_INVALID);
    }
    assert_null(table);
}

/* I-95: each allocation failing in turn. */
static void test_no_memory(void **state) {
    (void)state;
    struct rsm_table_config config = {.bytes = 1 << 20, .shards = 2};
    struct rsm_table *table = NULL;
    for (unsigned long nth = 1; nth <= 3; nth++) {
        rsm_alloc_fail_once(nth);
        assert_int_equal(rsm_table_new(&config, &table), RESUME_E_NOMEM);
        rsm_alloc_fail_once(0);
        assert_null(table);
    }
}

/* The reference: an array by number. */
#define MODEL_IDS 400U
struct model {
    uint8_t data[MODEL_IDS][256];
    uint16_t len[MODEL_IDS]; /* 0: not there */
    uint64_t expires[MODEL_IDS];
};

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* With `exact` the table has room for all, and must agree with the model to the entry; without,
 * it may have evicted, but what it gives must be the model's. */
static void model_step(struct rsm_table *table, struct model *model, uint64_t *seed,
                       uint64_t now_ms, bool exact) {
    uint64_t r = next(seed);
    size_t n = r % MODEL_IDS;
    unsigned action = (unsigned)(r >> 32) % 10;
    bool there = model->len[n] && model->expires[n] > now_ms;
    uint8_t id[32];
    uint8_t buf[256];
    size_t len = 0;
    id_of(n, id);
    if (action < 4) {
        uint16_t size = (uint16_t)(1 + (r >> 40) % 256);
        memset(model->data[n], (int)(r >> 16), size);
        model->len[n] = size;
        model->expires[n] = now_ms + 1 + (r >> 48) % 2000;
        assert_int_equal(
            rsm_table_put(table, id, 32, model->data[n], size, model->expires[n], now_ms),
            RESUME_OK);
        return;
    }
    resume_status status = RESUME_MISS;
    if (action < 8) {
        status = rsm_table_get(table, id, 32, now_ms, buf, sizeof buf, &len);
    } else if (action == 8) {
        status = rsm_table_take(table, id, 32, now_ms, buf, sizeof buf, &len);
    } else if (rsm_table_remove(table, id, 32) == RESUME_OK) {
        assert_true(model->len[n] > 0);
    }
    if (action < 9) {
        assert_true(!exact || (status == RESUME_OK) == there);
        if (status == RESUME_OK) {
            assert_true(there);
            assert_int_equal(len, model->len[n]);
            assert_memory_equal(buf, model->data[n], len);
        }
    }
    if (action >= 8 || (status != RESUME_OK && exact)) {
        model->len[n] = 0;
    }
}

static void run_model(uint64_t bytes, uint64_t count, uint32_t shards, bool exact) {
    struct rsm_table *table = make(bytes, count, shards);
    struct model *model = calloc(1, sizeof *model);
    uint64_t seed = UINT64_C(88172645463325252) + bytes + count;
    assert_non_null(model);
    for (unsigned i = 0; i < 60000; i++) {
        uint64_t now_ms = NOW + i / 16;
        model_step(table, model, &seed, now_ms, exact);
        if (i % 4096 == 0) {
            rsm_table_sweep(table, now_ms, 100);
            check_table(table);
        }
    }
    check_table(table);
    free(model);
    rsm_table_free(table);
}

static void test_model_without_eviction(void **state) {
    (void)state;
    run_model(4 << 20, 0, 1, true);
    run_model(4 << 20, 0, 16, true);
}

static void test_model_with_eviction(void **state) {
    (void)state;
    run_model(32 << 10, 0, 1, false);
    run_model(128 << 10, 0, 4, false);
    run_model(1 << 20, 100, 2, false);
    run_model(64 << 10, 1, 1, false);
}

/* I-87: of N concurrent takes of one ID one wins. */
#define TAKERS 4
#define PRIZES 2000
struct race {
    struct rsm_table *table;
    pthread_barrier_t start;
    atomic_uint wins[PRIZES];
};

static void *taker(void *arg) {
    struct race *race = arg;
    pthread_barrier_wait(&race->start);
    for (uint64_t n = 0; n < PRIZES; n++) {
        uint8_t id[32];
        uint8_t buf[16];
        size_t len = 0;
        id_of(n, id);
        if (rsm_table_take(race->table, id, 32, NOW, buf, sizeof buf, &len) == RESUME_OK) {
            atomic_fetch_add(&race->wins[n], 1);
        }
    }
    return NULL;
}

static void test_one_taker_wins(void **state) {
    (void)state;
    static struct race race;
    pthread_t threads[TAKERS];
    race.table = make(4 << 20, 0, 4);
    pthread_barrier_init(&race.start, NULL, TAKERS);
    for (uint64_t n = 0; n < PRIZES; n++) {
        assert_int_equal(put(race.table, n, &n, sizeof n), RESUME_OK);
    }
    for (int i = 0; i < TAKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, taker, &race), 0);
    }
    for (int i = 0; i < TAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int n = 0; n < PRIZES; n++) {
        assert_int_equal(atomic_load(&race.wins[n]), 1);
    }
    pthread_barrier_destroy(&race.start);
    rsm_table_free(race.table);
}

/* I-168, I-169: look-ups, puts, takes, removals, sweeps and evictions at once. A record is the
 * ID's number and one byte over and over, so that one made of two is seen. */
#define MIXERS  4
#define MIX_IDS 600U

struct mixer {
    struct rsm_table *table;
    uint64_t seed;
    unsigned bad;
};

static bool whole(const uint8_t *buf, size_t len, uint64_t n) {
    uint64_t number;
    memcpy(&number, buf, 8);
    for (size_t i = 9; i < len; i++) {
        if (buf[i] != buf[8]) {
            return false;
        }
    }
    return number == n && len == 9U + buf[8];
}

static void *mixer(void *arg) {
    struct mixer *m = arg;
    for (int i = 0; i < 20000; i++) {
        uint64_t r = next(&m->seed);
        uint64_t n = r % MIX_IDS;
        uint8_t id[32];
        uint8_t buf[300];
        size_t len = 0;
        resume_status status = RESUME_MISS;
        id_of(n, id);
        unsigned action = (unsigned)(r >> 32) % 16;
        if (action < 5) {
            memcpy(buf, &n, 8);
            memset(buf + 8, (int)(r >> 40), sizeof buf - 8);
            (void)!rsm_table_put(m->table, id, 32, buf, 9U + buf[8], NOW + 1 + (r >> 56), NOW);
        } else if (action < 13) {
            status = rsm_table_get(m->table, id, 32, NOW + (r >> 60), buf, sizeof buf, &len);
        } else if (action == 13) {
            status = rsm_table_take(m->table, id, 32, NOW, buf, sizeof buf, &len);
        } else if (action == 14) {
            (void)!rsm_table_remove(m->table, id, 32);
        } else {
            rsm_table_sweep(m->table, NOW + (r >> 57), 8);
        }
        m->bad += status == RESUME_OK && !whole(buf, len, n);
    }
    return NULL;
}

static void test_threads_mix_everything(void **state) {
    (void)state;
    /* Room for about a third of the IDs, in one shard: everybody meets everybody. */
    struct rsm_table *table = make(48 << 10, 0, 1);
    struct mixer mixers[MIXERS];
    pthread_t threads[MIXERS];
    for (unsigned i = 0; i < MIXERS; i++) {
        mixers[i] = (struct mixer){table, UINT64_C(0x1234567) + i * 7919, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, mixer, &mixers[i]), 0);
    }
    for (unsigned i = 0; i < MIXERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(mixers[i].bad, 0);
    }
    assert_true(numbers(table).evictions > 0);
    check_table(table);
    rsm_table_free(table);
}

enum { REWRITES = 100000 };

struct rewriter {
    struct rsm_table *table;
    atomic_bool done;
};

/* One record again and again, of any length and content. */
static void *rewrite(void *arg) {
    struct rewriter *r = arg;
    uint64_t n = 7;
    uint8_t buf[9 + UINT8_MAX];
    for (uint64_t i = 0; i < REWRITES; i++) {
        memcpy(buf, &n, 8);
        memset(buf + 8, (int)(i * 37U % 256U), sizeof buf - 8);
        (void)!put(r->table, n, buf, 9U + buf[8]);
    }
    atomic_store(&r->done, true);
    return NULL;
}

static unsigned not_zero(const uint8_t *from, const uint8_t *to) {
    unsigned count = 0;
    while (from < to) {
        count += *from++ != 0;
    }
    return count;
}

/* What a reader gets while the record is rewritten is one of the records, whole: it is the
 * sequence number that tells, and in a table this small chunks are soon used again. Of the copies
 * that were given up nothing stays behind. */
static void test_reader_and_writer_meet(void **state) {
    (void)state;
    struct rewriter r = {make(RSM_TABLE_BYTES_MIN, 0, 1), false};
    pthread_t writer;
    unsigned bad = 0;
    unsigned left = 0;
    uint8_t buf[300];
    size_t len = 0;
    assert_int_equal(pthread_create(&writer, NULL, rewrite, &r), 0);
    while (!atomic_load(&r.done)) {
        memset(buf, 0, sizeof buf);
        bool found = get(r.table, 7, buf, sizeof buf, &len) == RESUME_OK;
        bad += found && !whole(buf, len, 7);
        left += not_zero(found ? buf + len : buf, buf + sizeof buf);
    }
    pthread_join(writer, NULL);
    assert_int_equal(bad, 0);
    assert_int_equal(left, 0);
    assert_int_equal(get(r.table, 7, buf, sizeof buf, &len), RESUME_OK);
    check_table(r.table);
    rsm_table_free(r.table);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_get_overwrite),
        cmocka_unit_test(test_remove_needs_the_exact_id),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_count_bound_and_newest),
        cmocka_unit_test(test_newest_survives_among_favourites),
        cmocka_unit_test(test_byte_bound_under_flood),
        cmocka_unit_test(test_eviction_spares_what_is_used),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_too_large_and_short_buffers),
        cmocka_unit_test(test_records_are_wiped),
        cmocka_unit_test(test_config_out_of_range),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_model_without_eviction),
        cmocka_unit_test(test_model_with_eviction),
        cmocka_unit_test(test_one_taker_wins),
        cmocka_unit_test(test_threads_mix_everything),
        cmocka_unit_test(test_reader_and_writer_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
