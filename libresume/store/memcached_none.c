/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands for memcached.c in a build without libmemcached.
 */
#include "store/kinds.h"

#include <stdio.h>

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    (void)options;
    (void)ret_store;
    snprintf(why, RSM_WHY_SIZE,
             "%.20s: is not in this build: it was made without libmemcached; install "
             "libmemcached-dev and build with -Dmemcached=enabled",
             url->scheme);
    return RESUME_E_UNSUPPORTED;
}

const struct rsm_store_kind rsm_store_kind_memcached = {.scheme = "memcached", .make = make};
