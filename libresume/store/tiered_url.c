/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tiered: the kind. The URLs of the two levels stand in its own URL, percent-encoded, and each
 * level is opened as if it stood alone. What two levels do together is in tiered.c.
 */
#include "store/kinds.h"

#include "base/bytes.h"
#include "store/tiered.h"

#include <stdio.h>

#define L1_TTL_MS UINT64_C(60000)
#define WAIT_MS   UINT64_C(20) /* what a remote store waits by default, too */

struct level {
    const char *name;
    const char *text;
    struct rsm_url url;
    resume_store *store;
};

/* The reason stands in the level's own words. */
static resume_status blame(const struct level *level, const char *reason, resume_status status,
                           char *why) {
    if (reason[0]) {
        snprintf(why, RSM_WHY_SIZE, "%s of tiered: %.220s", level->name, reason);
    }
    return status;
}

static bool is_scheme(const struct level *level, const char *scheme) {
    return strcmp(level->url.scheme, scheme) == 0;
}

static resume_status read_level(struct rsm_url *url, char *why, struct level *level) {
    char reason[RSM_WHY_SIZE];
    level->text = rsm_url_param(url, level->name);
    if (!level->text) {
        snprintf(why, RSM_WHY_SIZE,
                 "tiered: needs %s=; write tiered:?l1=memory:&l2=redis://host/0, with %%26 for "
                 "every & and %%25 for every %% inside the two",
                 level->name);
        return RESUME_E_INVALID;
    }
    return blame(level, reason, rsm_url_parse(level->text, &level->url, reason), why);
}

static resume_status check_levels(const struct level *first, const struct level *second,
                                  char *why) {
    if (!is_scheme(first, "memory") && !is_scheme(first, "shm")) {
        return blame(first, "the first level is memory: or shm:", RESUME_E_INVALID, why);
    }
    if (is_scheme(second, "memory") || is_scheme(second, "tiered")) {
        return blame(second, "the second level is a store that processes share, such as redis:",
                     RESUME_E_INVALID, why);
    }
    return RESUME_OK;
}

/* memory: takes none of the options, and needs none. */
static resume_status open_level(const resume_store_options *options, char *why,
                                struct level *level) {
    resume_store_options *own = NULL;
    resume_status status = resume_store_options_new(&own);
    if (status != RESUME_OK) {
        return status;
    }
    if (options && !is_scheme(level, "memory")) {
        *own = *options;
        resume_codec_ref(own->codec);
    }
    status = resume_store_from_url(level->text, own, &level->store);
    (void)blame(level, own->why, status, why);
    resume_store_options_unref(own);
    return status;
}

struct wishes {
    uint64_t l1_ttl_ms;
    uint64_t wait_ms;
};

/* The second level's own limit is how long an equal look-up is worth waiting for. */
static resume_status read_wishes(struct rsm_url *url, struct level *second, char *why,
                                 struct wishes *w) {
    const char *ttl = rsm_url_param(url, "l1_ttl");
    const char *timeout = rsm_url_param(&second->url, "timeout");
    resume_status status = ttl ? rsm_parse_duration(ttl, &w->l1_ttl_ms, why) : RESUME_OK;
    if (status == RESUME_OK && w->l1_ttl_ms == 0) {
        snprintf(why, RSM_WHY_SIZE, "l1_ttl=%.40s of tiered: must be more than 0", ttl);
        status = RESUME_E_INVALID;
    }
    if (status == RESUME_OK && timeout) {
        char reason[RSM_WHY_SIZE] = "";
        status = rsm_parse_duration(timeout, &w->wait_ms, reason);
        (void)blame(second, reason, status, why);
    }
    return status == RESUME_OK
               ? rsm_url_done(url, "l1, l2, l1_ttl (write %26 for every & inside l1 and l2)", why)
               : status;
}

static resume_status build(struct rsm_url *url, const resume_store_options *options, char *why,
                           struct level *first, struct level *second, resume_store **ret_store) {
    struct wishes w = {.l1_ttl_ms = L1_TTL_MS, .wait_ms = WAIT_MS};
    resume_status status = read_level(url, why, first);
    if (status == RESUME_OK) {
        status = read_level(url, why, second);
    }
    if (status == RESUME_OK) {
        status = check_levels(first, second, why);
    }
    if (status == RESUME_OK) {
        status = read_wishes(url, second, why, &w);
    }
    if (status == RESUME_OK) {
        status = open_level(options, why, first);
    }
    if (status == RESUME_OK) {
        status = open_level(options, why, second);
    }
    return status == RESUME_OK ? rsm_tiered_new(first->store, second->store, w.l1_ttl_ms,
                                                rsm_mul_sat(w.wait_ms, 1000), ret_store)
                               : status;
}

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    struct level first = {.name = "l1"};
    struct level second = {.name = "l2"};
    if (url->path[0]) {
        snprintf(why, RSM_WHY_SIZE, "tiered: takes no path, \"%.60s\" stands there", url->path);
        return RESUME_E_INVALID;
    }
    resume_status status = build(url, options, why, &first, &second, ret_store);
    resume_store_unref(first.store);
    resume_store_unref(second.store);
    rsm_url_free(&first.url);
    rsm_url_free(&second.url);
    return status;
}

const struct rsm_store_kind rsm_store_kind_tiered = {.scheme = "tiered", .make = make};
