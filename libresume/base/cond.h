/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting under a lock until something changes or a deadline of base/clock.h passes. Not shared
 * between processes.
 */
#ifndef RSM_BASE_COND_H
#define RSM_BASE_COND_H

#include "base/lock.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct rsm_cond {
    pthread_cond_t cond;
};

static inline void rsm_cond_init(struct rsm_cond *c) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->cond, &attr);
    pthread_condattr_destroy(&attr);
}

static inline void rsm_cond_destroy(struct rsm_cond *c) {
    pthread_cond_destroy(&c->cond);
}

static inline void rsm_cond_wake(struct rsm_cond *c) {
    pthread_cond_signal(&c->cond);
}

static inline void rsm_cond_wake_all(struct rsm_cond *c) {
    pthread_cond_broadcast(&c->cond);
}

/* With the lock. False once the deadline has passed; may return early without a reason. */
static inline bool rsm_cond_wait(struct rsm_cond *c, struct rsm_lock *lock, uint64_t deadline_us) {
    if (deadline_us == UINT64_MAX) {
        return pthread_cond_wait(&c->cond, &lock->mutex) == 0;
    }
    struct timespec until = {.tv_sec = (time_t)(deadline_us / 1000000U),
                             .tv_nsec = (long)(deadline_us % 1000000U) * 1000};
    return pthread_cond_timedwait(&c->cond, &lock->mutex, &until) == 0;
}

#endif
