/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks lie one behind the other up to the part's top. A freed one goes into the bin of its size
 * and joins a free one behind it. When nothing fits, a hand goes round: it passes over entries that
 * were looked up since its last visit, evicts others, and joins what is free on its way, so that
 * no mix of sizes can wear the arena out. The newest entry stays: it and what is wanted take a
 * quarter of the arena each at most, so that one side of it always has room.
 */
#include "store/arena.h"

/* Entries that the hand spares in one call. Bounds the work of a put into a store in which
 * everything was looked up. */
#define SPARE_MAX 8U

static uint32_t next_of(uint64_t links) {
    return (uint32_t)links;
}

static uint32_t previous_of(uint64_t links) {
    return (uint32_t)(links >> 32);
}

static uint64_t links_of(uint32_t next, uint32_t previous) {
    return (uint64_t)previous << 32 | next;
}

static uint32_t granules_of(const struct rsm_part *part, uint32_t chunk) {
    return rsm_chunk_granules(rsm_word(rsm_chunk(part, chunk) + 1));
}

static bool is_used(const struct rsm_part *part, uint32_t chunk) {
    return rsm_word(rsm_chunk(part, chunk) + 1) & RSM_CHUNK_USED;
}

static unsigned bin_of(uint32_t granules) {
    return granules < RSM_BINS - 1U ? granules : RSM_BINS - 1U;
}

/* Makes [chunk, chunk + granules) a free chunk in its bin. Links count from 1; 0 is no chunk. */
static void bin_add(struct rsm_part *part, uint32_t chunk, uint32_t granules) {
    struct rsm_part_state *state = part->state;
    unsigned bin = bin_of(granules);
    uint32_t head = state->bins[bin];
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    rsm_set_word(words, 0);
    rsm_set_word(words + 1, (uint64_t)granules << 32);
    rsm_set_word(words + 2, links_of(head, 0));
    if (head) {
        _Atomic uint64_t *links = rsm_chunk(part, head - 1U) + 2;
        rsm_set_word(links, links_of(next_of(rsm_word(links)), chunk + 1U));
    }
    state->bins[bin] = chunk + 1U;
    state->bins_used |= UINT64_C(1) << bin;
}

static void bin_remove(struct rsm_part *part, uint32_t chunk) {
    struct rsm_part_state *state = part->state;
    unsigned bin = bin_of(granules_of(part, chunk));
    uint64_t links = rsm_word(rsm_chunk(part, chunk) + 2);
    uint32_t next = next_of(links);
    uint32_t previous = previous_of(links);
    if (next) {
        _Atomic uint64_t *other = rsm_chunk(part, next - 1U) + 2;
        rsm_set_word(other, links_of(next_of(rsm_word(other)), previous));
    }
    if (previous) {
        _Atomic uint64_t *other = rsm_chunk(part, previous - 1U) + 2;
        rsm_set_word(other, links_of(next, previous_of(rsm_word(other))));
    } else {
        state->bins[bin] = next;
        if (!next) {
            state->bins_used &= ~(UINT64_C(1) << bin);
        }
    }
}

/* A free chunk of at least this many granules, out of its bin; or RSM_NO_CHUNK. */
static uint32_t bin_take(struct rsm_part *part, uint32_t granules) {
    struct rsm_part_state *state = part->state;
    unsigned bin = bin_of(granules);
    uint64_t fitting = state->bins_used >> bin << bin;
    if (!fitting) {
        return RSM_NO_CHUNK;
    }
    bin = (unsigned)__builtin_ctzll(fitting);
    uint32_t link = state->bins[bin];
    /* Only the last bin holds chunks that may be too small; a few are tried. */
    for (unsigned tries = 0; link && tries < 8; tries++) {
        uint32_t chunk = link - 1U;
        if (granules_of(part, chunk) >= granules) {
            bin_remove(part, chunk);
            return chunk;
        }
        link = next_of(rsm_word(rsm_chunk(part, chunk) + 2));
    }
    return RSM_NO_CHUNK;
}

/* Chunks that began in (chunk, end) begin there no more; hand and sweep must not point there. */
static void forget_borders(struct rsm_part_state *state, uint32_t chunk, uint32_t end) {
    if (state->hand > chunk && state->hand < end) {
        state->hand = chunk;
    }
    if (state->sweep > chunk && state->sweep < end) {
        state->sweep = chunk;
    }
}

static void wipe(struct rsm_part *part, uint32_t chunk) {
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    size_t count = RSM_CHUNK_HEAD + rsm_words(rsm_chunk_len(rsm_word(words)));
    for (size_t i = 2; i < count; i++) {
        rsm_set_word(words + i, 0);
    }
}

void rsm_arena_give(struct rsm_part *part, uint32_t chunk) {
    uint32_t granules = granules_of(part, chunk);
    uint32_t behind = chunk + granules;
    wipe(part, chunk);
    rsm_count_by(&part->state->granules_used, (uint64_t)0 - granules);
    if (behind < part->state->top && !is_used(part, behind) &&
        granules + granules_of(part, behind) <= RSM_CHUNK_MAX) {
        bin_remove(part, behind);
        granules += granules_of(part, behind);
        forget_borders(part->state, chunk, chunk + granules);
    }
    bin_add(part, chunk, granules);
}

static void unlink_entry(struct rsm_part *part, uint32_t chunk) {
    struct rsm_bucket *bucket =
        &part->buckets[rsm_chunk_bucket(rsm_word(rsm_chunk(part, chunk) + 1))];
    rsm_bucket_set(bucket, rsm_bucket_slot(bucket, chunk), 0, 0);
    rsm_count_by(&part->state->entries, (uint64_t)-1);
}

void rsm_arena_drop(struct rsm_part *part, uint32_t chunk) {
    unlink_entry(part, chunk);
    rsm_arena_give(part, chunk);
}

/* True if the hand takes this entry; else it was spared and its mark is gone. */
static bool may_evict(struct rsm_part *part, uint32_t chunk, uint64_t now_ms, unsigned *spared) {
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    struct rsm_bucket *bucket = &part->buckets[rsm_chunk_bucket(rsm_word(words + 1))];
    if (rsm_chunk_expires(rsm_word(words)) <= now_ms) {
        rsm_count_by(&part->state->expired, 1);
        return true;
    }
    if (chunk + 1U == part->state->newest && rsm_count_of(&part->state->entries) > 1) {
        return false;
    }
    unsigned slot = rsm_bucket_slot(bucket, chunk);
    if (*spared < SPARE_MAX && rsm_bucket_marked(bucket, slot)) {
        rsm_bucket_mark(bucket, slot, 0);
        ++*spared;
        return false;
    }
    rsm_count_by(&part->state->evictions, 1);
    return true;
}

/* Frees the chunk at the hand for a run of chunks that is being joined; false if it stays. */
static bool clear_at_hand(struct rsm_part *part, uint32_t chunk, uint32_t granules, uint64_t now_ms,
                          unsigned *spared) {
    if (!is_used(part, chunk)) {
        bin_remove(part, chunk);
        return true;
    }
    if (!may_evict(part, chunk, now_ms, spared)) {
        return false;
    }
    unlink_entry(part, chunk);
    wipe(part, chunk);
    rsm_count_by(&part->state->granules_used, (uint64_t)0 - granules);
    return true;
}

/* Splits [chunk, chunk + have) into the chunk that is wanted and a free rest. */
static uint32_t cut(struct rsm_part *part, uint32_t chunk, uint32_t have, uint32_t granules) {
    forget_borders(part->state, chunk, chunk + have);
    if (have > granules) {
        bin_add(part, chunk + granules, have - granules);
    }
    return chunk;
}

/* Goes on with the hand until it has joined enough. */
static uint32_t make_room(struct rsm_part *part, uint32_t granules, uint64_t now_ms) {
    struct rsm_part_state *state = part->state;
    uint32_t run = 0;
    uint32_t have = 0;
    unsigned spared = 0;
    while (have < granules) {
        uint32_t chunk = state->hand;
        uint32_t size = 0;
        bool joined = false;
        if (chunk < state->top) {
            size = granules_of(part, chunk);
            __builtin_prefetch(rsm_chunk(part, chunk + size < state->top ? chunk + size : 0));
            joined = clear_at_hand(part, chunk, size, now_ms, &spared);
        }
        if (joined) {
            run = have ? run : chunk;
            have += size;
        } else if (have) { /* too short a run: keep it for later */
            bin_add(part, run, have);
            forget_borders(state, run, run + have);
            have = 0;
        }
        state->hand = chunk < state->top ? chunk + size : 0;
    }
    uint32_t behind = run + have;
    cut(part, run, have, granules);
    state->hand = behind;
    return run;
}

uint32_t rsm_arena_take(struct rsm_part *part, uint32_t granules, uint64_t now_ms,
                        bool *ret_recycled) {
    struct rsm_part_state *state = part->state;
    if (granules > part->granules / RSM_ARENA_SHARE || granules > RSM_CHUNK_MAX) {
        return RSM_NO_CHUNK;
    }
    uint32_t chunk = bin_take(part, granules);
    *ret_recycled = chunk != RSM_NO_CHUNK;
    if (chunk != RSM_NO_CHUNK) {
        cut(part, chunk, granules_of(part, chunk), granules);
        if (state->hand == chunk) { /* or it would be the next to go */
            state->hand = chunk + granules;
            *ret_recycled = false;
        }
    } else if (granules <= part->granules - state->top) {
        chunk = state->top;
        state->top += granules;
    } else {
        chunk = make_room(part, granules, now_ms);
    }
    rsm_count_by(&state->granules_used, granules);
    return chunk;
}

void rsm_arena_evict(struct rsm_part *part, uint64_t now_ms) {
    struct rsm_part_state *state = part->state;
    unsigned spared = 0;
    while (rsm_count_of(&state->entries) > 0) {
        uint32_t chunk = state->hand;
        if (chunk >= state->top) {
            state->hand = 0;
            continue;
        }
        state->hand += granules_of(part, chunk);
        if (is_used(part, chunk) && may_evict(part, chunk, now_ms, &spared)) {
            rsm_arena_drop(part, chunk);
            return;
        }
    }
}

bool rsm_arena_sweep(struct rsm_part *part, uint64_t now_ms) {
    struct rsm_part_state *state = part->state;
    uint32_t chunk = state->sweep;
    if (chunk >= state->top) {
        state->sweep = 0;
        return true;
    }
    state->sweep += granules_of(part, chunk);
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    if (is_used(part, chunk) && rsm_chunk_expires(rsm_word(words)) <= now_ms) {
        rsm_count_by(&state->expired, 1);
        rsm_arena_drop(part, chunk);
    }
    __builtin_prefetch(rsm_chunk(part, state->sweep < state->top ? state->sweep : 0));
    return false;
}
