/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every kind of store has in common, and what a kind has to bring. A kind works on records;
 * sessions, checks of arguments and counters are here, once.
 */
#ifndef RSM_CORE_STORE_H
#define RSM_CORE_STORE_H

#include <resume/store.h>

#include "base/lane.h"
#include "base/ref.h"
#include "base/url.h"

#define RSM_STORE_LOOKUP_MAX 64U
#define RSM_STORE_SECRET_MIN 32U
#define RSM_STORE_SECRET_MAX 1024U
/* The counters kept here are HITS to ERRORS; a kind may add to them through its `number`, which
 * alone knows all others. */
#define RSM_STORE_COUNTERS (RESUME_STORE_ERRORS + 1 - RESUME_STORE_HITS)

/* get and take answer RESUME_E_IO where the backend failed: rsm_store_find() passes it on, to
 * callers of the store it is a miss. Arguments are checked and the record has not expired when
 * these are called. They count nothing but what only they know: RESUME_STORE_ERRORS, and what their
 * `number` answers. */
struct rsm_store_ops {
    resume_status (*put)(resume_store *store, const uint8_t *id, size_t id_len, const uint8_t *data,
                         size_t data_len, uint64_t expires_ms, uint64_t now_ms);
    resume_status (*get)(resume_store *store, const uint8_t *id, size_t id_len, uint64_t now_ms,
                         uint8_t *buf, size_t buf_cap, size_t *ret_len);
    /* get that also tells until when the record lives; NULL in kinds that nobody puts another one
     * before. */
    resume_status (*get_until)(resume_store *store, const uint8_t *id, size_t id_len,
                               uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len,
                               uint64_t *ret_expires_ms);
    resume_status (*take)(resume_store *store, const uint8_t *id, size_t id_len, uint64_t now_ms,
                          uint8_t *buf, size_t buf_cap, size_t *ret_len);
    resume_status (*remove)(resume_store *store, const uint8_t *id, size_t id_len);
    resume_status (*sweep)(resume_store *store, uint64_t now_ms, size_t max);
    uint64_t (*number)(const resume_store *store, int32_t which); /* 0 for what it does not know */
    void (*destroy)(resume_store *store);
};

struct rsm_store_lane {
    _Alignas(128) atomic_uint_fast64_t cell[RSM_STORE_COUNTERS];
};

/* First member of every kind's own struct, which lies on a border of 128 bytes. */
struct resume_store {
    struct rsm_ref ref;
    const struct rsm_store_ops *ops;
    struct rsm_store_lane lanes[RSM_LANES + 1];
};

struct resume_store_options {
    uint8_t lookup[RSM_STORE_LOOKUP_MAX];
    size_t lookup_len; /* 0: random */
    uint8_t secret[RSM_STORE_SECRET_MAX];
    size_t secret_len; /* 0: none */
    resume_codec *codec;
    resume_store_trace_fn trace;
    void *trace_arg;
    char why[RSM_WHY_SIZE];
};

/* Kinds that have a URL, in store/kinds.c; the last one is NULL. */
struct rsm_store_kind {
    const char *scheme;
    resume_status (*make)(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store);
};
extern const struct rsm_store_kind *const rsm_store_kinds[];

/* resume_store_get(), or resume_store_take(), with RESUME_E_IO told apart from a miss. The
 * arguments are good. */
resume_status rsm_store_find(resume_store *store, bool take, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, resume_session **ret_session);

/* NULL, or what is wrong with a secret. */
const char *rsm_store_secret_audit(const uint8_t *data, size_t data_len);

void rsm_store_init(resume_store *store, const struct rsm_store_ops *ops);

static inline void rsm_store_count(resume_store *store, int32_t which) {
    unsigned lane = rsm_lane();
    rsm_lane_add(&store->lanes[lane].cell[which - RESUME_STORE_HITS], lane, 1);
}

#endif
