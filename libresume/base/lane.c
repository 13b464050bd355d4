/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bitmap of lanes in use. A thread's lane is given back when the thread ends. In the child of a
 * fork the lanes of threads that are not there stay taken: numbers lost, nothing wrong.
 */
#include "base/lane.h"

#include <pthread.h>
#include <stddef.h>

_Thread_local unsigned rsm_lane_mine_;

static atomic_uint_fast64_t taken; /* bit n: lane n has a thread */
static pthread_key_t at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int have_key;

/* The value is the lane + 1. What the thread still does after this goes to the shared lane. */
static void give_back(void *value) {
    unsigned lane = (unsigned)(uintptr_t)value - 1;
    rsm_lane_mine_ = RSM_LANE_SHARED + 1;
    atomic_fetch_and_explicit(&taken, ~(UINT64_C(1) << lane), memory_order_release);
}

static void make_key(void) {
    have_key = pthread_key_create(&at_exit, give_back) == 0;
}

static unsigned take_free(void) {
    uint_fast64_t seen = atomic_load_explicit(&taken, memory_order_relaxed);
    while (~seen) {
        unsigned lane = (unsigned)__builtin_ctzll(~seen);
        if (atomic_compare_exchange_weak_explicit(&taken, &seen, seen | UINT64_C(1) << lane,
                                                  memory_order_acquire, memory_order_relaxed)) {
            return lane;
        }
    }
    return RSM_LANE_SHARED;
}

unsigned rsm_lane_assign(void) {
    pthread_once(&once, make_key);
    unsigned lane = have_key ? take_free() : RSM_LANE_SHARED;
    rsm_lane_mine_ = lane + 1;
    if (lane != RSM_LANE_SHARED &&
        pthread_setspecific(at_exit, (void *)(uintptr_t)rsm_lane_mine_) != 0) {
        give_back((void *)(uintptr_t)rsm_lane_mine_);
        return RSM_LANE_SHARED;
    }
    return lane;
}
