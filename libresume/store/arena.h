/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arena of one part: chunks for records, from bins by size, from what was never used, or by
 * eviction. Every call needs the part's lock, takes bounded time and leaves no entry that the
 * buckets do not know.
 */
#ifndef RSM_STORE_ARENA_H
#define RSM_STORE_ARENA_H

#include "store/part.h"

/* A record may take this part of the arena, so that none can empty it. */
#define RSM_ARENA_SHARE 4U

/* A chunk of this many granules, evicting what it must; RSM_NO_CHUNK only if that is more than the
 * arena's share, or the part is in doubt (guard.h). The caller writes its header before any other
 * call here. *ret_recycled: the eviction clock may come to it soon. */
uint32_t rsm_arena_take(struct rsm_part *part, uint32_t granules, uint64_t now_ms,
                        bool *ret_recycled);

/* Takes an entry out of its bucket, wipes it and frees its chunk. */
void rsm_arena_drop(struct rsm_part *part, uint32_t chunk);

/* Wipes and frees a chunk that no bucket refers to any more. */
void rsm_arena_give(struct rsm_part *part, uint32_t chunk);

/* Evicts one entry, if there is one. */
void rsm_arena_evict(struct rsm_part *part, uint64_t now_ms);

/* Looks at the sweep's next chunk and drops it if it has expired; true if it was the last one. */
bool rsm_arena_sweep(struct rsm_part *part, uint64_t now_ms);

#endif
