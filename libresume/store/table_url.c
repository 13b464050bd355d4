/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading, defaults and limits of a table's size.
 */
#include "store/table_url.h"

#include "base/bytes.h"

#include <stdio.h>

#define BYTES_DEFAULT  (UINT64_C(64) << 20)
#define SHARD_BYTES    (UINT64_C(1) << 20) /* a shard for each of these, if there is a choice */
#define SHARD_ENTRIES  256U                /* and at least so many entries in each */
#define SHARDS_DEFAULT 64U

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
        snprintf(why, RSM_WHY_SIZE, "%s=%.40s of %.20s: must be more than 0", key, text,
                 url->scheme);
        status = RESUME_E_INVALID;
    }
    return status;
}

static resume_status read_all(struct rsm_url *url, char *why, struct rsm_table_wishes *w) {
    resume_status status = read_param(url, "bytes", rsm_parse_bytes, why, &w->bytes);
    if (status == RESUME_OK) {
        status = read_param(url, "count", rsm_parse_count, why, &w->count);
    }
    if (status == RESUME_OK) {
        status = read_param(url, "ttl", rsm_parse_duration, why, &w->ttl_ms);
    }
    if (status == RESUME_OK) {
        status = read_param(url, "shards", rsm_parse_count, why, &w->shards);
    }
    return status;
}

/* As many shards as the size gives work for: each has a clock and a bound of its own. */
static uint64_t choose_shards(const struct rsm_table_wishes *w) {
    uint64_t shards = SHARDS_DEFAULT;
    while (shards > 1 &&
           (w->bytes / shards < SHARD_BYTES || (w->count && w->count / shards < SHARD_ENTRIES))) {
        shards /= 2;
    }
    return shards;
}

static void add_defaults(struct rsm_table_wishes *w, size_t record) {
    if (!w->bytes) {
        w->bytes = w->count ? rsm_table_bytes_for(w->count, record) : BYTES_DEFAULT;
    }
    if (!w->shards) {
        w->shards = choose_shards(w);
    }
    if (!w->ttl_ms) {
        w->ttl_ms = UINT64_MAX;
    }
}

static resume_status check(const struct rsm_table_wishes *w, const char *scheme, char *why) {
    uint64_t shards = w->shards;
    if (shards > RSM_TABLE_SHARDS_MAX || (shards & (shards - 1)) != 0) {
        snprintf(why, RSM_WHY_SIZE, "shards=%llu of %.20s: is not a power of two up to %u",
                 (unsigned long long)shards, scheme, RSM_TABLE_SHARDS_MAX);
        return RESUME_E_INVALID;
    }
    if (w->count && w->count < shards) {
        snprintf(why, RSM_WHY_SIZE, "count=%llu of %.20s: is less than one for each of %llu shards",
                 (unsigned long long)w->count, scheme, (unsigned long long)shards);
        return RESUME_E_INVALID;
    }
    if (w->bytes / shards < RSM_TABLE_BYTES_MIN) {
        snprintf(why, RSM_WHY_SIZE,
                 "bytes=%llu of %.20s: is too small, %llu shard(s) need %u bytes each",
                 (unsigned long long)w->bytes, scheme, (unsigned long long)shards,
                 RSM_TABLE_BYTES_MIN);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

resume_status rsm_table_wishes_read(struct rsm_url *url, size_t record, char *why,
                                    struct rsm_table_wishes *ret_wishes) {
    struct rsm_table_wishes w = {0};
    resume_status status = read_all(url, why, &w);
    if (status == RESUME_OK) {
        add_defaults(&w, record);
        status = check(&w, url->scheme, why);
    }
    *ret_wishes = w;
    return status;
}

struct rsm_table_config rsm_table_wishes_config(const struct rsm_table_wishes *wishes) {
    return (struct rsm_table_config){
        .bytes = wishes->bytes, .count = wishes->count, .shards = (uint32_t)wishes->shards};
}
