/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a Redis server is and who we are there, out of a URL. Not the talk with it: redis.c.
 */
#ifndef RSM_STORE_REDIS_CONFIG_H
#define RSM_STORE_REDIS_CONFIG_H

#include "base/url.h"
#include "store/dial.h"
#include "store/remote.h"
#include "store/remote_url.h"

enum { RSM_REDIS_LOGIN_MAX = 512 };

struct rsm_redis_config {
    struct rsm_dial dial;
    struct rsm_remote_counts *counts;
    char user[RSM_REDIS_LOGIN_MAX + 1];     /* empty: the default user */
    char password[RSM_REDIS_LOGIN_MAX + 1]; /* empty: no AUTH */
    char prefix[RSM_REMOTE_PREFIX_MAX + 1];
    char db[12];     /* empty: the default one */
    atomic_bool old; /* the server does not know GETDEL, which came with 6.2 */
};

/* Holds a password: in locked memory; rsm_secret_free() after rsm_dial_destroy(). */
RESUME_MUST_USE resume_status rsm_redis_config_read(struct rsm_url *url, char *why,
                                                    struct rsm_redis_config *config);

#endif
