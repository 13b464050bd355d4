/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two locks of a part: one inside the process, or one in shared memory that outlives its
 * owner's death.
 */
#include "store/guard.h"

#include <string.h>
#include <time.h>

static _Atomic unsigned seize_after_ms = RSM_GUARD_SEIZE_MS;

void rsm_guard_seize_after(unsigned ms) {
    atomic_store_explicit(&seize_after_ms, ms, memory_order_relaxed);
}

static uint64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000U + (uint64_t)now.tv_nsec / 1000000U;
}

static void wipe(struct rsm_part *part) {
    for (size_t i = 0; i < (size_t)part->granules * RSM_GRANULE_WORDS; i++) {
        rsm_set_word(part->arena + i, 0);
    }
}

/* Trusts nothing that is there. Readers see each bucket change; a death in here leaves the part
 * to the next writer, who begins again. Where memory is shared the records are sealed, and stay
 * as bytes that nothing refers to. */
static void empty(struct rsm_part *part) {
    struct rsm_part_state *state = part->state;
    for (uint32_t i = 0; i < part->bucket_count; i++) {
        struct rsm_bucket *bucket = &part->buckets[i];
        uint32_t sequence = atomic_load_explicit(&bucket->sequence, memory_order_relaxed);
        atomic_store_explicit(&bucket->sequence, sequence | 1U, memory_order_relaxed);
        for (unsigned slot = 0; slot < RSM_BUCKET_SLOTS; slot++) {
            atomic_store_explicit(&bucket->refs[slot], 0, memory_order_release);
            rsm_bucket_mark(bucket, slot, 0);
        }
        bucket->hand = 0;
        atomic_store_explicit(&bucket->sequence, (sequence | 1U) + 1U, memory_order_release);
    }
    if (!part->shared) {
        wipe(part);
    }
    atomic_store_explicit(&state->entries, 0, memory_order_relaxed);
    atomic_store_explicit(&state->granules_used, 0, memory_order_relaxed);
    state->top = state->hand = state->sweep = state->newest = 0;
    state->bins_used = 0;
    memset(state->bins, 0, sizeof state->bins);
    rsm_count_by(&state->emptied, 1);
}

/* A lock that stays in one hold for that long is nobody's, or its owner's who is stopped: the shard
 * goes on without. Should the owner come back, it finds its release refused. */
static enum rsm_robust_taken seize_in_time(struct rsm_part *part, uint64_t now_ms) {
    uint64_t hold = rsm_robust_hold(part->shared);
    if (atomic_load_explicit(&part->held, memory_order_acquire) != hold) {
        atomic_store_explicit(&part->held_since_ms, now_ms, memory_order_relaxed);
        atomic_store_explicit(&part->held, hold, memory_order_release);
        return RSM_ROBUST_BUSY;
    }
    /* Another thread may have written down a later time than this one came with. */
    uint64_t until_ms = atomic_load_explicit(&part->held_since_ms, memory_order_relaxed) +
                        atomic_load_explicit(&seize_after_ms, memory_order_relaxed);
    return now_ms < until_ms ? RSM_ROBUST_BUSY : rsm_robust_seize(part->shared, hold);
}

/* A part that kept someone waiting in vain is not waited for again for a while: a stopped process
 * then costs each of the others a few waits, not one for each handshake. */
static enum rsm_robust_taken wait_for(struct rsm_part *part) {
    uint64_t now_ms = monotonic_ms();
    bool pause = now_ms < atomic_load_explicit(&part->pause_until_ms, memory_order_relaxed);
    enum rsm_robust_taken taken =
        pause ? RSM_ROBUST_BUSY : rsm_robust_take(part->shared, RSM_GUARD_WAIT_MS);
    if (taken != RSM_ROBUST_BUSY) {
        return taken;
    }
    if (!pause) {
        atomic_store_explicit(&part->pause_until_ms, now_ms + RSM_GUARD_PAUSE_MS,
                              memory_order_relaxed);
    }
    return seize_in_time(part, now_ms);
}

static bool enter_shared(struct rsm_part *part) {
    enum rsm_robust_taken taken = rsm_robust_take(part->shared, 0);
    if (taken == RSM_ROBUST_BUSY) {
        taken = wait_for(part);
    }
    if (taken != RSM_ROBUST_TAKEN && taken != RSM_ROBUST_OWNER_DIED) {
        return false;
    }
    if (taken == RSM_ROBUST_OWNER_DIED ||
        atomic_load_explicit(&part->seized, memory_order_relaxed)) {
        atomic_store_explicit(&part->seized, false, memory_order_relaxed);
        empty(part);
    }
    return true;
}

struct rsm_part *rsm_part_enter(struct rsm_part *part) {
    if (!part->shared) {
        rsm_lock_take(&part->lock);
        return part;
    }
    return enter_shared(part) ? part : NULL;
}

/* Somebody took the lock away meanwhile, so there were two writers: nothing here is to be believed.
 * Emptied at once, or by the next thread of this process that gets in. */
static void leave_seized(struct rsm_part *part) {
    atomic_store_explicit(&part->seized, true, memory_order_relaxed);
    if (enter_shared(part)) {
        (void)rsm_robust_release(part->shared);
    }
}

void rsm_part_leave(struct rsm_part *part) {
    if (!part) {
        return;
    }
    if (part->doubt) {
        empty(part);
        part->doubt = false;
    }
    if (!part->shared) {
        rsm_lock_release(&part->lock);
    } else if (!rsm_robust_release(part->shared)) {
        leave_seized(part);
    }
}
