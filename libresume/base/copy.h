/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying words out of memory that another thread may be changing, for readers who find out by a
 * sequence number afterwards whether what they got belongs together. Every load is an acquire: a
 * later look at the sequence number is later. Not for writers.
 */
#ifndef RSM_BASE_COPY_H
#define RSM_BASE_COPY_H

#include "base/wide.h"

#include <stddef.h>
#include <string.h>

static inline uint64_t rsm_copy_load(_Atomic uint64_t *from) {
    return atomic_load_explicit(from, memory_order_acquire);
}

static inline void rsm_copy_word(_Atomic uint64_t *from, uint8_t *to) {
    uint64_t word = rsm_copy_load(from);
    memcpy(to, &word, 8);
}

static inline void rsm_copy_two(_Atomic uint64_t *from, uint8_t *to) {
#if RSM_WIDE
    _mm_storeu_si128((__m128i *)(void *)to, rsm_wide_load(from));
#else
    rsm_copy_word(from, to);
    rsm_copy_word(from + 1, to + 8);
#endif
}

static inline void rsm_copy_four(_Atomic uint64_t *from, uint8_t *to) {
    rsm_copy_two(from, to);
    rsm_copy_two(from + 2, to + 16);
}

static inline void rsm_copy_eight(_Atomic uint64_t *from, uint8_t *to) {
    rsm_copy_four(from, to);
    rsm_copy_four(from + 4, to + 32);
}

/* The word without the bytes that lie first in memory. */
static inline uint64_t rsm_copy_drop(uint64_t word, unsigned bytes) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return word >> 8 * bytes;
#else
    return word << 8 * bytes;
#endif
}

/* The last 1 to 7 bytes. */
static inline void rsm_copy_tail(_Atomic uint64_t *from, uint8_t *to, size_t len) {
    uint64_t word = rsm_copy_load(from);
    if (len & 4U) {
        memcpy(to, &word, 4);
        to += 4;
        word = rsm_copy_drop(word, 4);
    }
    if (len & 2U) {
        memcpy(to, &word, 2);
        to += 2;
        word = rsm_copy_drop(word, 2);
    }
    if (len & 1U) {
        memcpy(to, &word, 1);
    }
}

/* Goes on behind some words. A compiler would compute the place from the length; but a length that
 * is yet to come from memory would then hold up each store, and all later loads, which might be
 * from the same place. So it is not told where the place is from. */
#define RSM_COPY_ON(from, to, words)                                                               \
    do {                                                                                           \
        (from) += (words);                                                                         \
        (to) += 8 * (words);                                                                       \
        __asm__("" : "+r"(from), "+r"(to));                                                        \
    } while (0)

/* Copies words that a writer may be changing; the caller finds out by the sequence number. Several
 * at a time by hand: compilers leave loops over atomics as they are. */
static inline __attribute__((always_inline)) void rsm_copy_out(_Atomic uint64_t *from, uint8_t *to,
                                                               size_t len) {
    for (; len >= 128; len -= 128) {
        rsm_copy_eight(from, to);
        rsm_copy_eight(from + 8, to + 64);
        RSM_COPY_ON(from, to, 16);
    }
    if (len & 64U) {
        rsm_copy_eight(from, to);
        RSM_COPY_ON(from, to, 8);
    }
    if (len & 32U) {
        rsm_copy_four(from, to);
        RSM_COPY_ON(from, to, 4);
    }
    if (len & 16U) {
        rsm_copy_two(from, to);
        RSM_COPY_ON(from, to, 2);
    }
    if (len & 8U) {
        rsm_copy_word(from, to);
        RSM_COPY_ON(from, to, 1);
    }
    if (len & 7U) {
        rsm_copy_tail(from, to, len);
    }
}

#endif
