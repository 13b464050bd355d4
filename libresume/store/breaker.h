/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A breaker: after some failures in a row it answers in the backend's place, and lets single probes
 * through, further and further apart, until one succeeds. It knows no clock: `now_us` is an
 * argument, of base/clock.h. Not a retry, and not shared between processes.
 */
#ifndef RSM_STORE_BREAKER_H
#define RSM_STORE_BREAKER_H

#include "base/lock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RSM_BREAKER_CLOSED = 0, RSM_BREAKER_OPEN = 1, RSM_BREAKER_HALF_OPEN = 2 };

/* What a result did to the breaker. */
enum rsm_breaker_change { RSM_BREAKER_STAYS, RSM_BREAKER_OPENS, RSM_BREAKER_CLOSES };

/* What a caller got, and gives back with its result. */
enum rsm_pass { RSM_PASS_NONE, RSM_PASS_CALL, RSM_PASS_PROBE };

struct rsm_breaker {
    struct rsm_lock lock;
    _Atomic uint32_t state;
    _Atomic uint32_t failures; /* in a row, while closed */
    _Atomic uint64_t opens;
    _Atomic uint64_t due_us; /* when the next probe may go */
    uint32_t limit;
    uint64_t wait_min_us, wait_max_us, wait_us;
};

void rsm_breaker_init(struct rsm_breaker *breaker, uint32_t limit, uint64_t wait_min_us,
                      uint64_t wait_max_us);
void rsm_breaker_destroy(struct rsm_breaker *breaker);

/* In a forked child, before anything else: closed, nothing counted, the lock free. */
void rsm_breaker_forget(struct rsm_breaker *breaker);

static inline bool rsm_breaker_closed(const struct rsm_breaker *breaker) {
    return atomic_load_explicit(&breaker->state, memory_order_relaxed) == RSM_BREAKER_CLOSED;
}

/* May a call go? RSM_PASS_PROBE: yes, and everybody waits for its result. A probe that does not
 * tell within the longest wait is given up. */
enum rsm_pass rsm_breaker_ask(struct rsm_breaker *breaker, uint64_t now_us);

/* The result of a call. What calls from before the opening say later does not count. A probe that
 * failed opens it again. */
enum rsm_breaker_change rsm_breaker_tell(struct rsm_breaker *breaker, enum rsm_pass pass, bool ok,
                                         uint64_t now_us);

/* When to ask again; UINT64_MAX while it is closed. */
uint64_t rsm_breaker_due(const struct rsm_breaker *breaker);

#endif
