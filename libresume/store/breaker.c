/* SPDX-License-Identifier: Apache-2.0 */
#include "store/breaker.h"

#include "base/bytes.h"

static uint32_t state_of(const struct rsm_breaker *breaker) {
    return atomic_load_explicit(&breaker->state, memory_order_relaxed);
}

static void set_state(struct rsm_breaker *breaker, uint32_t state) {
    atomic_store_explicit(&breaker->state, state, memory_order_relaxed);
}

static void set_due(struct rsm_breaker *breaker, uint64_t due_us) {
    atomic_store_explicit(&breaker->due_us, due_us, memory_order_relaxed);
}

void rsm_breaker_init(struct rsm_breaker *breaker, uint32_t limit, uint64_t wait_min_us,
                      uint64_t wait_max_us) {
    breaker->limit = limit;
    breaker->wait_min_us = wait_min_us;
    breaker->wait_max_us = wait_max_us;
    rsm_breaker_forget(breaker);
}

void rsm_breaker_destroy(struct rsm_breaker *breaker) {
    rsm_lock_destroy(&breaker->lock);
}

void rsm_breaker_forget(struct rsm_breaker *breaker) {
    rsm_lock_init(&breaker->lock);
    set_state(breaker, RSM_BREAKER_CLOSED);
    atomic_store_explicit(&breaker->failures, 0, memory_order_relaxed);
    atomic_store_explicit(&breaker->opens, 0, memory_order_relaxed);
    set_due(breaker, 0);
    breaker->wait_us = breaker->wait_min_us;
}

/* With the lock. */
static void open_for(struct rsm_breaker *breaker, uint64_t wait_us, uint64_t now_us) {
    breaker->wait_us = wait_us < breaker->wait_max_us ? wait_us : breaker->wait_max_us;
    set_due(breaker, rsm_add_sat(now_us, breaker->wait_us));
    set_state(breaker, RSM_BREAKER_OPEN);
}

static void close_again(struct rsm_breaker *breaker) {
    atomic_store_explicit(&breaker->failures, 0, memory_order_relaxed);
    set_state(breaker, RSM_BREAKER_CLOSED);
}

enum rsm_pass rsm_breaker_ask(struct rsm_breaker *breaker, uint64_t now_us) {
    if (rsm_breaker_closed(breaker)) {
        return RSM_PASS_CALL;
    }
    RSM_LOCKED(&breaker->lock);
    if (rsm_breaker_closed(breaker)) {
        return RSM_PASS_CALL;
    }
    if (now_us < atomic_load_explicit(&breaker->due_us, memory_order_relaxed)) {
        return RSM_PASS_NONE;
    }
    set_state(breaker, RSM_BREAKER_HALF_OPEN);
    set_due(breaker, rsm_add_sat(now_us, breaker->wait_max_us));
    return RSM_PASS_PROBE;
}

static enum rsm_breaker_change tell_call(struct rsm_breaker *breaker, bool ok, uint64_t now_us) {
    if (ok) {
        if (atomic_load_explicit(&breaker->failures, memory_order_relaxed) != 0) {
            atomic_store_explicit(&breaker->failures, 0, memory_order_relaxed);
        }
        return RSM_BREAKER_STAYS;
    }
    RSM_LOCKED(&breaker->lock);
    if (!rsm_breaker_closed(breaker)) {
        return RSM_BREAKER_STAYS;
    }
    uint32_t failures = atomic_fetch_add_explicit(&breaker->failures, 1, memory_order_relaxed) + 1U;
    if (failures < breaker->limit) {
        return RSM_BREAKER_STAYS;
    }
    atomic_fetch_add_explicit(&breaker->opens, 1, memory_order_relaxed);
    open_for(breaker, breaker->wait_min_us, now_us);
    return RSM_BREAKER_OPENS;
}

enum rsm_breaker_change rsm_breaker_tell(struct rsm_breaker *breaker, enum rsm_pass pass, bool ok,
                                         uint64_t now_us) {
    if (pass == RSM_PASS_CALL) {
        return tell_call(breaker, ok, now_us);
    }
    if (pass != RSM_PASS_PROBE) {
        return RSM_BREAKER_STAYS;
    }
    RSM_LOCKED(&breaker->lock);
    if (state_of(breaker) != RSM_BREAKER_HALF_OPEN) {
        return RSM_BREAKER_STAYS;
    }
    if (ok) {
        close_again(breaker);
        return RSM_BREAKER_CLOSES;
    }
    open_for(breaker, rsm_mul_sat(breaker->wait_us, 2), now_us);
    return RSM_BREAKER_OPENS;
}

uint64_t rsm_breaker_due(const struct rsm_breaker *breaker) {
    return rsm_breaker_closed(breaker)
               ? UINT64_MAX
               : atomic_load_explicit(&breaker->due_us, memory_order_relaxed);
}
