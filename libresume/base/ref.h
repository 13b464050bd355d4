/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference count inside every handle. Drops from any thread in any order (I-173).
 */
#ifndef RSM_BASE_REF_H
#define RSM_BASE_REF_H

#include <stdatomic.h>
#include <stdbool.h>

struct rsm_ref {
    atomic_uint count;
};

static inline void rsm_ref_init(struct rsm_ref *ref) {
    atomic_init(&ref->count, 1U);
}

static inline void rsm_ref_get(struct rsm_ref *ref) {
    atomic_fetch_add_explicit(&ref->count, 1U, memory_order_relaxed);
}

/* True for the caller that dropped the last reference and now has to destroy the object. */
static inline bool rsm_ref_put(struct rsm_ref *ref) {
    return atomic_fetch_sub_explicit(&ref->count, 1U, memory_order_acq_rel) == 1U;
}

#endif
