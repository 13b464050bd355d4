/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of stores that have a URL. A new kind is a file beside this one and a line here.
 */
#include "store/kinds.h"

const struct rsm_store_kind *const rsm_store_kinds[] = {
    &rsm_store_kind_memory, &rsm_store_kind_shm,
    &rsm_store_kind_redis,  &rsm_store_kind_redis_unix,
    &rsm_store_kind_rediss, &rsm_store_kind_memcached,
    &rsm_store_kind_tiered, NULL,
};
