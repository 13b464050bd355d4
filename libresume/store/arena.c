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

/* The chunk's granules; 0, and doubt, if there can be no chunk. */
static uint32_t granules_of(struct rsm_part *part, uint32_t chunk) {
    uint32_t top = part->state->top;
    if (top > part->granules || chunk >= top) {
        return rsm_part_doubt(part);
    }
    uint32_t granules = rsm_chunk_granules(rsm_word(rsm_chunk(part, chunk) + 1));
    return granules > 0 && granules <= top - chunk ? granules : rsm_part_doubt(part);
}

/* The links of a free chunk in a bin, of which the bin or a neighbour has the number + 1. NULL,
 * and doubt, if that is no chunk. */
static _Atomic uint64_t *links_at(struct rsm_part *part, uint32_t link) {
    if (link > part->granules) {
        rsm_part_doubt(part);
        return NULL;
    }
    return rsm_chunk(part, link - 1U) + 2;
}

/* The bucket that an entry says it is in; NULL, and doubt, if there is none. */
static struct rsm_bucket *bucket_of(struct rsm_part *part, uint32_t chunk) {
    uint32_t bucket = rsm_chunk_bucket(rsm_word(rsm_chunk(part, chunk) + 1));
    if (bucket >= part->bucket_count) {
        rsm_part_doubt(part);
        return NULL;
    }
    return &part->buckets[bucket];
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
    _Atomic uint64_t *links = head ? links_at(part, head) : NULL;
    if (links) {
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
    _Atomic uint64_t *other = next ? links_at(part, next) : NULL;
    if (other) {
        rsm_set_word(other, links_of(next_of(rsm_word(other)), previous));
    }
    if (previous) {
        other = links_at(part, previous);
        if (other) {
            rsm_set_word(other, links_of(next, previous_of(rsm_word(other))));
        }
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
        uint32_t have = granules_of(part, chunk);
        if (have == 0 || is_used(part, chunk)) {
            rsm_part_doubt(part);
            return RSM_NO_CHUNK;
        }
        if (have >= granules) {
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

static void wipe(struct rsm_part *part, uint32_t chunk, uint32_t granules) {
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    size_t count = RSM_CHUNK_HEAD + rsm_words(rsm_chunk_len(rsm_word(words)));
    size_t room = (size_t)granules * RSM_GRANULE_WORDS;
    count = count < room ? count : room;
    for (size_t i = 2; i < count; i++) {
        rsm_set_word(words + i, 0);
    }
}

void rsm_arena_give(struct rsm_part *part, uint32_t chunk) {
    uint32_t granules = granules_of(part, chunk);
    if (granules == 0) {
        return;
    }
    uint32_t behind = chunk + granules;
    wipe(part, chunk, granules);
    rsm_count_by(&part->state->granules_used, (uint64_t)0 - granules);
    uint32_t more = behind < part->state->top ? granules_of(part, behind) : 0;
    if (more && !is_used(part, behind) && granules + more <= RSM_CHUNK_MAX) {
        bin_remove(part, behind);
        granules += more;
        forget_borders(part->state, chunk, chunk + granules);
    }
    bin_add(part, chunk, granules);
}

/* False, and doubt, if the bucket that it names does not know it. */
static bool unlink_entry(struct rsm_part *part, uint32_t chunk) {
    struct rsm_bucket *bucket = bucket_of(part, chunk);
    unsigned slot = bucket ? rsm_bucket_slot(bucket, chunk) : RSM_BUCKET_SLOTS;
    if (slot == RSM_BUCKET_SLOTS) {
        return rsm_part_doubt(part);
    }
    rsm_bucket_set(bucket, slot, 0, 0);
    rsm_count_by(&part->state->entries, (uint64_t)-1);
    return true;
}

void rsm_arena_drop(struct rsm_part *part, uint32_t chunk) {
    if (granules_of(part, chunk) && unlink_entry(part, chunk)) {
        rsm_arena_give(part, chunk);
    }
}

/* True if the hand takes this entry; else it was spared and its mark is gone. */
static bool may_evict(struct rsm_part *part, uint32_t chunk, uint64_t now_ms, unsigned *spared) {
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    struct rsm_bucket *bucket = bucket_of(part, chunk);
    unsigned slot = bucket ? rsm_bucket_slot(bucket, chunk) : RSM_BUCKET_SLOTS;
    if (slot == RSM_BUCKET_SLOTS) {
        return rsm_part_doubt(part);
    }
    if (rsm_chunk_expires(rsm_word(words)) <= now_ms) {
        rsm_count_by(&part->state->expired, 1);
        return true;
    }
    if (chunk + 1U == part->state->newest && rsm_count_of(&part->state->entries) > 1) {
        return false;
    }
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
    if (!unlink_entry(part, chunk)) {
        return false;
    }
    wipe(part, chunk, granules);
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

/* Goes on with the hand until it has joined enough; RSM_NO_CHUNK in doubt only. */
static uint32_t make_room(struct rsm_part *part, uint32_t granules, uint64_t now_ms) {
    struct rsm_part_state *state = part->state;
    uint32_t run = 0;
    uint32_t have = 0;
    unsigned spared = 0;
    uint64_t steps = 4ULL * part->granules; /* a sound part has what is wanted before */
    while (have < granules) {
        if (part->doubt || steps-- == 0) {
            rsm_part_doubt(part);
            return RSM_NO_CHUNK;
        }
        uint32_t chunk = state->hand;
        uint32_t size = 0;
        bool joined = false;
        if (chunk < state->top) {
            size = granules_of(part, chunk);
            __builtin_prefetch(rsm_chunk(part, chunk + size < state->top ? chunk + size : 0));
            joined = size && clear_at_hand(part, chunk, size, now_ms, &spared);
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
    if (part->doubt) {
        return RSM_NO_CHUNK;
    }
    if (chunk != RSM_NO_CHUNK) {
        cut(part, chunk, granules_of(part, chunk), granules);
        if (state->hand == chunk) { /* or it would be the next to go */
            state->hand = chunk + granules;
            *ret_recycled = false;
        }
    } else if (state->top <= part->granules && granules <= part->granules - state->top) {
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
    uint64_t steps = 4ULL * part->granules; /* a sound part's entries are met before */
    while (rsm_count_of(&state->entries) > 0 && !part->doubt) {
        uint32_t chunk = state->hand;
        if (steps-- == 0) {
            rsm_part_doubt(part);
            return;
        }
        if (chunk >= state->top) {
            state->hand = 0;
            continue;
        }
        uint32_t granules = granules_of(part, chunk);
        if (granules == 0) {
            return;
        }
        state->hand = chunk + granules;
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
    uint32_t granules = granules_of(part, chunk);
    if (granules == 0) {
        return true;
    }
    state->sweep += granules;
    _Atomic uint64_t *words = rsm_chunk(part, chunk);
    if (is_used(part, chunk) && rsm_chunk_expires(rsm_word(words)) <= now_ms) {
        rsm_count_by(&state->expired, 1);
        rsm_arena_drop(part, chunk);
    }
    __builtin_prefetch(rsm_chunk(part, state->sweep < state->top ? state->sweep : 0));
    return false;
}
