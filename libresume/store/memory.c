/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: the table as a store. Here are the URL's parameters, their defaults and the limit of
 * time; keeping and finding is in table.c.
 */
#include "store/kinds.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/random.h"
#include "store/table.h"

#include <stdio.h>

#define BYTES_DEFAULT  (UINT64_C(64) << 20)
#define SHARD_BYTES    (UINT64_C(1) << 20) /* a shard for each of these, if there is a choice */
#define SHARD_ENTRIES  256U                /* and at least so many entries in each */
#define SHARDS_DEFAULT 64U

struct memory {
    struct resume_store base;
    struct rsm_table *table;
    uint64_t ttl_ms;
};

static struct memory *memory_of(resume_store *store) {
    return (struct memory *)store;
}

static const struct memory *const_memory_of(const resume_store *store) {
    return (const struct memory *)store;
}

static resume_status memory_put(resume_store *store, const uint8_t *id, size_t id_len,
                                const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                uint64_t now_ms) {
    struct memory *memory = memory_of(store);
    uint64_t limit = rsm_add_sat(now_ms, memory->ttl_ms);
    return rsm_table_put(memory->table, id, id_len, data, data_len,
                         expires_ms < limit ? expires_ms : limit, now_ms);
}

static resume_status memory_get(resume_store *store, const uint8_t *id, size_t id_len,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    return rsm_table_get(memory_of(store)->table, id, id_len, now_ms, buf, buf_cap, ret_len);
}

static resume_status memory_take(resume_store *store, const uint8_t *id, size_t id_len,
                                 uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    return rsm_table_take(memory_of(store)->table, id, id_len, now_ms, buf, buf_cap, ret_len);
}

static resume_status memory_remove(resume_store *store, const uint8_t *id, size_t id_len) {
    return rsm_table_remove(memory_of(store)->table, id, id_len);
}

static resume_status memory_sweep(resume_store *store, uint64_t now_ms, size_t max) {
    rsm_table_sweep(memory_of(store)->table, now_ms, max);
    return RESUME_OK;
}

static uint64_t memory_number(const resume_store *store, int32_t which) {
    struct rsm_table_numbers numbers;
    rsm_table_numbers(const_memory_of(store)->table, &numbers);
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
    default:
        return 0;
    }
}

static void memory_destroy(resume_store *store) {
    rsm_table_free(memory_of(store)->table);
    rsm_free(store);
}

static const struct rsm_store_ops ops = {
    .put = memory_put,
    .get = memory_get,
    .take = memory_take,
    .remove = memory_remove,
    .sweep = memory_sweep,
    .number = memory_number,
    .destroy = memory_destroy,
};

struct wishes {
    uint64_t bytes;
    uint64_t count;
    uint64_t ttl_ms;
    uint64_t shards;
};

/* Reads one parameter if it is there; 0 is no value for any of them. */
static resume_status read_param(struct rsm_url *url, const char *key,
                                resume_status (*parse)(const char *text, uint64_t *ret_value,
                                                       char *why),
                                char *why, uint64_t *ret_value) {
    const char *text = rsm_url_param(url, key);
    if (!text) {
        return RESUME_OK;
    }
    resume_status status = parse(text, ret_value, why);
    if (status == RESUME_OK && *ret_value == 0) {
        snprintf(why, RSM_WHY_SIZE, "%s=%.40s of memory: must be more than 0", key, text);
        status = RESUME_E_INVALID;
    }
    return status;
}

static resume_status read_wishes(struct rsm_url *url, char *why, struct wishes *ret_wishes) {
    struct wishes w = {0};
    resume_status status = read_param(url, "bytes", rsm_parse_bytes, why, &w.bytes);
    if (status == RESUME_OK) {
        status = read_param(url, "count", rsm_parse_count, why, &w.count);
    }
    if (status == RESUME_OK) {
        status = read_param(url, "ttl", rsm_parse_duration, why, &w.ttl_ms);
    }
    if (status == RESUME_OK) {
        status = read_param(url, "shards", rsm_parse_count, why, &w.shards);
    }
    if (status == RESUME_OK) {
        status = rsm_url_done(url, "bytes, count, ttl, shards", why);
    }
    if (status == RESUME_OK && url->path[0]) {
        snprintf(why, RSM_WHY_SIZE, "memory: takes no path, \"%.60s\" stands there", url->path);
        status = RESUME_E_INVALID;
    }
    *ret_wishes = w;
    return status;
}

/* As many shards as the size gives work for: each has a clock and a bound of its own. */
static uint64_t choose_shards(const struct wishes *w) {
    uint64_t shards = SHARDS_DEFAULT;
    while (shards > 1 &&
           (w->bytes / shards < SHARD_BYTES || (w->count && w->count / shards < SHARD_ENTRIES))) {
        shards /= 2;
    }
    return shards;
}

static void add_defaults(struct wishes *w) {
    if (!w->bytes) {
        w->bytes = w->count ? rsm_table_bytes_for(w->count) : BYTES_DEFAULT;
    }
    if (!w->shards) {
        w->shards = choose_shards(w);
    }
    if (!w->ttl_ms) {
        w->ttl_ms = UINT64_MAX;
    }
}

static resume_status check(const struct wishes *w, char *why) {
    uint64_t shards = w->shards;
    if (shards > RSM_TABLE_SHARDS_MAX || (shards & (shards - 1)) != 0) {
        snprintf(why, RSM_WHY_SIZE, "shards=%llu of memory: is not a power of two up to %u",
                 (unsigned long long)shards, RSM_TABLE_SHARDS_MAX);
        return RESUME_E_INVALID;
    }
    if (w->count && w->count < shards) {
        snprintf(why, RSM_WHY_SIZE,
                 "count=%llu of memory: is less than one for each of %llu shards",
                 (unsigned long long)w->count, (unsigned long long)shards);
        return RESUME_E_INVALID;
    }
    if (w->bytes / shards < RSM_TABLE_BYTES_MIN) {
        snprintf(why, RSM_WHY_SIZE,
                 "bytes=%llu of memory: is too small, %llu shard(s) need %u bytes each",
                 (unsigned long long)w->bytes, (unsigned long long)shards, RSM_TABLE_BYTES_MIN);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

static resume_status build(const struct wishes *w, char *why, resume_store **ret_store) {
    struct rsm_table_config config = {
        .bytes = w->bytes, .count = w->count, .shards = (uint32_t)w->shards};
    struct memory *memory = rsm_calloc_aligned(128, sizeof *memory);
    if (!memory) {
        return RESUME_E_NOMEM;
    }
    rsm_store_init(&memory->base, &ops);
    memory->ttl_ms = w->ttl_ms;
    resume_status status = rsm_random((uint8_t *)config.key, sizeof config.key);
    if (status == RESUME_OK) {
        status = rsm_table_new(&config, &memory->table);
    }
    rsm_wipe(&config, sizeof config);
    if (status != RESUME_OK) {
        if (status == RESUME_E_INVALID) {
            snprintf(why, RSM_WHY_SIZE, "bytes=%llu of memory: is more than can be",
                     (unsigned long long)w->bytes);
        }
        rsm_free(memory);
        return status;
    }
    *ret_store = &memory->base;
    return RESUME_OK;
}

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    struct wishes w;
    resume_status status = read_wishes(url, why, &w);
    if (status != RESUME_OK) {
        return status;
    }
    if (options && (options->codec || options->lookup_len || options->secret_len)) {
        snprintf(why, RSM_WHY_SIZE,
                 "memory: takes no codec, secret or look-up key, its records stay in the process");
        return RESUME_E_INVALID;
    }
    add_defaults(&w);
    status = check(&w, why);
    return status == RESUME_OK ? build(&w, why, ret_store) : status;
}

const struct rsm_store_kind rsm_store_kind_memory = {.scheme = "memory", .make = make};
