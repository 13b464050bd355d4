/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters that all stores over a table have: bytes, count, ttl, shards. Not the table.
 */
#ifndef RSM_STORE_TABLE_URL_H
#define RSM_STORE_TABLE_URL_H

#include "base/url.h"
#include "store/table.h"

struct rsm_table_wishes {
    uint64_t bytes;
    uint64_t count;
    uint64_t ttl_ms;
    uint64_t shards;
};

/* Reads them, adds the defaults (so that `count` records of `record` bytes fit) and checks them;
 * the caller then looks for its own parameters and calls rsm_url_done(). RESUME_OK or
 * RESUME_E_INVALID with a text. */
resume_status rsm_table_wishes_read(struct rsm_url *url, size_t record, char *why,
                                    struct rsm_table_wishes *ret_wishes);

/* Without the hash key. */
struct rsm_table_config rsm_table_wishes_config(const struct rsm_table_wishes *wishes);

#endif
