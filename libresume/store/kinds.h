/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One const table for each kind of store.
 */
#ifndef RSM_STORE_KINDS_H
#define RSM_STORE_KINDS_H

#include "core/store.h"

extern const struct rsm_store_kind rsm_store_kind_memory;
extern const struct rsm_store_kind rsm_store_kind_shm;
extern const struct rsm_store_kind rsm_store_kind_redis;
extern const struct rsm_store_kind rsm_store_kind_redis_unix;
extern const struct rsm_store_kind rsm_store_kind_rediss;
extern const struct rsm_store_kind rsm_store_kind_memcached;
extern const struct rsm_store_kind rsm_store_kind_tiered;

#endif
