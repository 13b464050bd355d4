/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying words out of memory that another thread may be changing, for readers who find out by a
 * sequence number afterwards whether what they got belongs together. Every load is an acquire: a
 * later look at the sequence number is later. Not for writers.
 */
#ifndef RSM_BASE_COPY_H
#define RSM_BASE_COPY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t rsm_copy_load(_Atomic uint64_t *from) {
    return atomic_load_explicit(from, memory_order_acquire);
}

static inline void rsm_copy_word(_Atomic uint64_t *from, uint8_t *to) {
    uint64_t word = rsm_copy_load(from);
    memcpy(to, &word, 8);
}

static inline void rsm_copy_four(_Atomic uint64_t *from, uint8_t *to) {
    rsm_copy_word(from, to);
    rsm_copy_word(from + 1, to + 8);
    rsm_copy_word(from + 2, to + 16);
    rsm_copy_word(from + 3, to + 24);
}

/* The last 1 to 7 bytes. */
static inline void rsm_copy_tail(_Atomic uint64_t *from, uint8_t *to, size_t len) {
    uint64_t word = rsm_copy_load(from);
    const uint8_t *at = (const uint8_t *)&word;
    if (len & 4U) {
        memcpy(to, at, 4);
        to += 4;
        at += 4;
    }
    if (len & 2U) {
        memcpy(to, at, 2);
        to += 2;
        at += 2;
    }
    if (len & 1U) {
        *to = *at;
    }
}

/* Copies words that a writer may be changing; the caller finds out by the sequence number. Several
 * at a time by hand: compilers leave loops over atomics as they are. */
static inline __attribute__((always_inline)) void rsm_copy_out(_Atomic uint64_t *from, uint8_t *to,
                                                               size_t len) {
    for (; len >= 64; len -= 64, from += 8, to += 64) {
        rsm_copy_four(from, to);
        rsm_copy_four(from + 4, to + 32);
    }
    if (len & 32U) {
        rsm_copy_four(from, to);
        from += 4;
        to += 32;
    }
    if (len & 16U) {
        rsm_copy_word(from, to);
        rsm_copy_word(from + 1, to + 8);
        from += 2;
        to += 16;
    }
    if (len & 8U) {
        rsm_copy_word(from, to);
        from += 1;
        to += 8;
    }
    if (len & 7U) {
        rsm_copy_tail(from, to, len & 7U);
    }
}

#endif
