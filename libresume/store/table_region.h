/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process knows of a table: where its region is and how it is divided into parts. For
 * the table's operations, and for tests that look inside.
 */
#ifndef RSM_STORE_TABLE_REGION_H
#define RSM_STORE_TABLE_REGION_H

#include "store/part.h"
#include "store/table.h"

struct rsm_table {
    uint64_t key[RSM_MULHASH_KEY];
    struct rsm_part *parts;
    uint32_t shards;
    void *region;
    size_t region_size;
    bool borrowed;                       /* the region is another's */
    _Alignas(64) _Atomic uint32_t sweep; /* the part that the next sweep begins with */
};

#endif
