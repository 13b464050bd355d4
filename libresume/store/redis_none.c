/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands for redis.c and keyring_redis.c in a build without hiredis.
 */
#include "store/kinds.h"

#include "core/keyring_source.h"

#include <stdio.h>

static void say(const struct rsm_url *url, char *why) {
    snprintf(why, RSM_WHY_SIZE,
             "%.20s: is not in this build: it was made without hiredis; install libhiredis-dev and "
             "build with -Dredis=enabled",
             url->scheme);
}

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    (void)options;
    (void)ret_store;
    say(url, why);
    return RESUME_E_UNSUPPORTED;
}

const struct rsm_store_kind rsm_store_kind_redis = {.scheme = "redis", .make = make};
const struct rsm_store_kind rsm_store_kind_redis_unix = {.scheme = "redis+unix", .make = make};
const struct rsm_store_kind rsm_store_kind_rediss = {.scheme = "rediss", .make = make};

static resume_status begin(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                           void **ret_state) {
    (void)periods;
    (void)ret_state;
    say(url, why);
    return RESUME_E_UNSUPPORTED;
}

const struct rsm_keyring_source rsm_keyring_redis = {.scheme = "redis", .begin = begin};
const struct rsm_keyring_source rsm_keyring_redis_unix = {.scheme = "redis+unix", .begin = begin};
