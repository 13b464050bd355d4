/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: a small number that a thread has for itself, for as long as it lives. A counter with one
 * cell for each lane needs no locked instruction: nobody else writes the cell.
 * Not a thread id: numbers are used again, and threads beyond RSM_LANES share the last lane.
 */
#ifndef RSM_BASE_LANE_H
#define RSM_BASE_LANE_H

#include <stdatomic.h>
#include <stdint.h>

#define RSM_LANES       64
#define RSM_LANE_SHARED RSM_LANES /* cells are RSM_LANES + 1 */

/* This thread's lane + 1; 0 before the first use. Read it with rsm_lane(). */
extern _Thread_local unsigned rsm_lane_mine_;

unsigned rsm_lane_assign(void);

static inline unsigned rsm_lane(void) {
    unsigned mine = rsm_lane_mine_;
    return mine ? mine - 1 : rsm_lane_assign();
}

/* Adds to a cell of the caller's lane. */
static inline void rsm_lane_add(atomic_uint_fast64_t *cell, unsigned lane, uint64_t by) {
    if (lane == RSM_LANE_SHARED) {
        atomic_fetch_add_explicit(cell, by, memory_order_relaxed);
        return;
    }
    uint64_t value = atomic_load_explicit(cell, memory_order_relaxed);
    atomic_store_explicit(cell, value + by, memory_order_relaxed);
}

#endif
