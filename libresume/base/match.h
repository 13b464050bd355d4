/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons with words that another thread may be changing: which of eight 16-bit tags equal one
 * tag, whether 32 bytes are the same. In a handful of instructions and without a branch. Not for
 * secrets.
 */
#ifndef RSM_BASE_MATCH_H
#define RSM_BASE_MATCH_H

#include "base/wide.h"

#include <stdbool.h>
#include <string.h>

#if RSM_WIDE

/* Bit 2n for each n of the eight tags (tag 0 is the lowest of words[0]) that equals `tag`. */
static inline uint32_t rsm_match8(_Atomic uint64_t words[2], uint16_t tag) {
    __m128i equal = _mm_cmpeq_epi16(rsm_wide_load(words), _mm_set1_epi16((int16_t)tag));
    return (uint32_t)_mm_movemask_epi8(equal) & 0x5555U;
}

/* Whether the words are these 32 bytes. */
static inline bool rsm_match32(_Atomic uint64_t words[4], const uint8_t *bytes) {
    const __m128i *both = (const __m128i *)(const void *)bytes;
    __m128i low = _mm_cmpeq_epi8(rsm_wide_load(words), _mm_loadu_si128(both));
    __m128i high = _mm_cmpeq_epi8(rsm_wide_load(words + 2), _mm_loadu_si128(both + 1));
    return _mm_movemask_epi8(_mm_and_si128(low, high)) == 0xFFFF;
}

#else

static inline uint64_t rsm_match_word(_Atomic uint64_t *at) {
    return atomic_load_explicit(at, memory_order_acquire);
}

/* Bits 0, 2, 4, 6 for the four lanes of the word that are zero. */
static inline uint32_t rsm_zero_lanes(uint64_t word) {
    const uint64_t low_bits = UINT64_C(0x7FFF7FFF7FFF7FFF);
    uint64_t zero = ~(((word & low_bits) + low_bits) | word | low_bits);
    return (uint32_t)((zero >> 15) * UINT64_C(0x0001000400100040) >> 48);
}

static inline uint32_t rsm_match8(_Atomic uint64_t words[2], uint16_t tag) {
    uint64_t wanted = UINT64_C(0x0001000100010001) * tag;
    return rsm_zero_lanes(rsm_match_word(words) ^ wanted) |
           rsm_zero_lanes(rsm_match_word(words + 1) ^ wanted) << 8;
}

static inline bool rsm_match32(_Atomic uint64_t words[4], const uint8_t *bytes) {
    uint64_t wanted[4];
    memcpy(wanted, bytes, sizeof wanted);
    return ((rsm_match_word(words) ^ wanted[0]) | (rsm_match_word(words + 1) ^ wanted[1]) |
            (rsm_match_word(words + 2) ^ wanted[2]) | (rsm_match_word(words + 3) ^ wanted[3])) == 0;
}

#endif

#endif
