/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shm: one table for the processes of a host, in a file that they map or in memory that a process
 * shares with its children. Under custom.c's envelope, so that every record is sealed: what a dead
 * or stray writer left behind does not open, and is a miss.
 */
#include "store/kinds.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "store/at_rest.h"
#include "store/custom.h"
#include "store/segment.h"
#include "store/table_url.h"

#include <stdio.h>

/* What the envelope and its seal add to a record. */
#define ENVELOPE 98U

struct shm {
    struct rsm_segment segment;
    struct rsm_table *table;
    uint64_t ttl_ms;
};

/* Another process is in the way, or the shard was in doubt: nothing to wait for. */
static resume_status as_failure(resume_status status) {
    return status == RESUME_E_STATE ? RESUME_E_IO : status;
}

static resume_status shm_put(void *arg, const uint8_t *key, size_t key_len, const uint8_t *data,
                             size_t data_len, uint64_t expires_ms, uint64_t now_ms) {
    struct shm *shm = arg;
    uint64_t limit = rsm_add_sat(now_ms, shm->ttl_ms);
    return as_failure(rsm_table_put(shm->table, key, key_len, data, data_len,
                                    expires_ms < limit ? expires_ms : limit, now_ms));
}

static resume_status shm_get(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                             uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct shm *shm = arg;
    return as_failure(rsm_table_get(shm->table, key, key_len, now_ms, buf, buf_cap, ret_len));
}

static resume_status shm_take(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                              uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct shm *shm = arg;
    return as_failure(rsm_table_take(shm->table, key, key_len, now_ms, buf, buf_cap, ret_len));
}

static resume_status shm_remove(void *arg, const uint8_t *key, size_t key_len) {
    struct shm *shm = arg;
    return as_failure(rsm_table_remove(shm->table, key, key_len));
}

static resume_status shm_sweep(void *arg, uint64_t now_ms, size_t max) {
    struct shm *shm = arg;
    rsm_table_sweep(shm->table, now_ms, max);
    return RESUME_OK;
}

static void shm_free(void *arg) {
    struct shm *shm = arg;
    rsm_table_free(shm->table);
    rsm_segment_close(&shm->segment);
    rsm_free_wiped(shm, sizeof *shm);
}

static uint64_t shm_number(const void *arg, int32_t which) {
    const struct shm *shm = arg;
    return which == RESUME_STORE_REPLACED ? shm->segment.replaced
                                          : rsm_table_number(shm->table, which);
}

static const struct rsm_custom_extras extras = {.number = shm_number, .drops_expired = true};

/* The table over its segment. own is NULL where the caller has no secret. */
static resume_status map_table(struct shm *shm, const char *path,
                               const struct rsm_table_wishes *wishes,
                               const resume_store_options *own, char *why) {
    struct rsm_table_config config = rsm_table_wishes_config(wishes);
    shm->ttl_ms = wishes->ttl_ms;
    resume_status status =
        rsm_segment_open(path[0] ? path : NULL, &config, own ? own->lookup : NULL,
                         own ? own->lookup_len : 0, why, &shm->segment);
    return status ? status
                  : rsm_table_over(&shm->segment.config, shm->segment.region, shm->segment.locks,
                                   &shm->table);
}

/* The segment's own secret stands in for one that the caller did not bring. */
static resume_status own_secret(struct rsm_url *url, const resume_store_options *options,
                                struct shm *shm, char *why, resume_store_options **ret_options) {
    resume_store_options *with = NULL;
    resume_status status = resume_store_options_new(&with);
    if (status == RESUME_OK && options) {
        *with = *options;
        resume_codec_ref(with->codec);
    }
    if (status == RESUME_OK) {
        status =
            resume_store_options_set_secret(with, shm->segment.secret, sizeof shm->segment.secret);
    }
    if (status == RESUME_OK) {
        status = rsm_at_rest_options(url, with, why, ret_options);
    }
    resume_store_options_unref(with);
    rsm_wipe(shm->segment.secret, sizeof shm->segment.secret);
    return status;
}

static bool has_secret(struct rsm_url *url, const resume_store_options *options) {
    for (size_t i = 0; i < url->param_count; i++) {
        if (strcmp(url->params[i].key, "secret") == 0) {
            return true;
        }
    }
    return options && (options->secret_len || (options->codec && options->lookup_len));
}

static resume_status read_url(struct rsm_url *url, char *why, struct rsm_table_wishes *wishes) {
    resume_status status = rsm_table_wishes_read(url, RSM_TABLE_RECORD + ENVELOPE, why, wishes);
    if (status == RESUME_OK && url->path[0] && url->path[0] != '/') {
        snprintf(why, RSM_WHY_SIZE,
                 "\"%.100s\" is not an absolute path; write shm:/dev/shm/app.sessions, or shm: for "
                 "the children of this process",
                 url->path);
        status = RESUME_E_INVALID;
    }
    return status;
}

static resume_status build(struct rsm_url *url, const resume_store_options *options, char *why,
                           struct shm *shm, resume_store_options **own) {
    struct rsm_table_wishes wishes;
    bool secret = has_secret(url, options);
    resume_status status = read_url(url, why, &wishes);
    if (status == RESUME_OK && secret) {
        status = rsm_at_rest_options(url, options, why, own);
    }
    if (status == RESUME_OK) {
        status = rsm_url_done(url, "bytes, count, ttl, shards, secret", why);
    }
    if (status == RESUME_OK) {
        status = map_table(shm, url->path, &wishes, *own, why);
    }
    return status == RESUME_OK && !secret ? own_secret(url, options, shm, why, own) : status;
}

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    struct shm *shm = rsm_calloc(1, sizeof *shm);
    if (!shm) {
        return RESUME_E_NOMEM;
    }
    struct resume_backend backend = {.size = sizeof backend,
                                     .arg = shm,
                                     .put = shm_put,
                                     .get = shm_get,
                                     .take = shm_take,
                                     .remove = shm_remove,
                                     .sweep = shm_sweep,
                                     .free = shm_free};
    resume_store_options *own = NULL;
    resume_status status = build(url, options, why, shm, &own);
    if (status == RESUME_OK) {
        status = rsm_custom_new(&backend, &extras, own, why, ret_store);
    }
    resume_store_options_unref(own);
    if (status != RESUME_OK) {
        shm_free(shm);
    }
    return status;
}

const struct rsm_store_kind rsm_store_kind_shm = {.scheme = "shm", .make = make};
