/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of eight 16-bit tags equal one tag, in a handful of instructions and without a branch.
 */
#ifndef RSM_BASE_MATCH_H
#define RSM_BASE_MATCH_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>

/* Bit 2n for each n of the eight tags (the lowest of `low` is tag 0) that equals `tag`. */
static inline uint32_t rsm_match8(uint64_t low, uint64_t high, uint16_t tag) {
    __m128i tags = _mm_set_epi64x((int64_t)high, (int64_t)low);
    __m128i equal = _mm_cmpeq_epi16(tags, _mm_set1_epi16((int16_t)tag));
    return (uint32_t)_mm_movemask_epi8(equal) & 0x5555U;
}

#else

/* Bits 0, 2, 4, 6 for the four lanes of the word that are zero. */
static inline uint32_t rsm_zero_lanes(uint64_t word) {
    const uint64_t low_bits = UINT64_C(0x7FFF7FFF7FFF7FFF);
    uint64_t zero = ~(((word & low_bits) + low_bits) | word | low_bits);
    return (uint32_t)((zero >> 15) * UINT64_C(0x0001000400100040) >> 48);
}

static inline uint32_t rsm_match8(uint64_t low, uint64_t high, uint16_t tag) {
    uint64_t wanted = UINT64_C(0x0001000100010001) * tag;
    return rsm_zero_lanes(low ^ wanted) | rsm_zero_lanes(high ^ wanted) << 8;
}

#endif

#endif
