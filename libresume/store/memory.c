/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: the table as a store. Here are the URL's parameters, their defaults and the limit of
 * time; keeping and finding is the table's.
 */
#include "store/kinds.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/random.h"
#include "store/table_url.h"

#include <stdio.h>

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
    return rsm_table_number(const_memory_of(store)->table, which);
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

static resume_status build(const struct rsm_table_wishes *w, char *why, resume_store **ret_store) {
    struct rsm_table_config config = rsm_table_wishes_config(w);
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
    struct rsm_table_wishes w;
    resume_status status = rsm_table_wishes_read(url, RSM_TABLE_RECORD, why, &w);
    if (status == RESUME_OK) {
        status = rsm_url_done(url, "bytes, count, ttl, shards", why);
    }
    if (status == RESUME_OK && url->path[0]) {
        snprintf(why, RSM_WHY_SIZE, "memory: takes no path, \"%.60s\" stands there", url->path);
        status = RESUME_E_INVALID;
    }
    if (status == RESUME_OK &&
        (options && (options->codec || options->lookup_len || options->secret_len))) {
        snprintf(why, RSM_WHY_SIZE,
                 "memory: takes no codec, no secret and no look-up key, its records stay here");
        status = RESUME_E_INVALID;
    }
    return status == RESUME_OK ? build(&w, why, ret_store) : status;
}

const struct rsm_store_kind rsm_store_kind_memory = {.scheme = "memory", .make = make};
