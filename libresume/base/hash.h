/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed hash of 32 bytes, for tables whose keys a peer may choose. Not a MAC: 64 bits, for the
 * choice of a place only; nobody but the table may see them.
 */
#ifndef RSM_BASE_HASH_H
#define RSM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RSM_MULHASH_KEY 10 /* words, secret and random */

/* A sum modulo 2^128. */
struct rsm_sum128 {
    uint64_t low, high;
};

/* sum + word * (128-bit key, its low word first). */
static inline struct rsm_sum128 rsm_mulhash_add(struct rsm_sum128 sum, const uint64_t key[2],
                                                uint64_t word) {
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide;
    wide all = ((wide)sum.high << 64 | sum.low) + (wide)key[0] * word;
    sum.low = (uint64_t)all;
    sum.high = (uint64_t)(all >> 64) + key[1] * word;
#else
    const uint64_t half = 0xFFFFFFFFU;
    uint64_t a = (key[0] & half) * (word & half);
    uint64_t b = (key[0] >> 32) * (word & half) + (a >> 32);
    uint64_t c = (key[0] & half) * (word >> 32) + (b & half);
    uint64_t low = c << 32 | (a & half);
    sum.low += low;
    sum.high +=
        (key[0] >> 32) * (word >> 32) + (b >> 32) + (c >> 32) + (sum.low < low) + key[1] * word;
#endif
    return sum;
}

static inline uint64_t rsm_mulhash_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    return word;
}

/* Multiply-add-shift over four words (Dietzfelbinger 1996; Thorup 2015): the upper 64 bits of
 * key[8..9] + the sum of word times 128-bit key. For whichever two inputs somebody chooses without
 * seeing a hash, the two hashes are as good as two random numbers: strongly universal. */
static inline uint64_t rsm_mulhash(const uint64_t key[RSM_MULHASH_KEY], const uint8_t data[32]) {
    struct rsm_sum128 sum = {key[8], key[9]};
    sum = rsm_mulhash_add(sum, key, rsm_mulhash_word(data));
    sum = rsm_mulhash_add(sum, key + 2, rsm_mulhash_word(data + 8));
    sum = rsm_mulhash_add(sum, key + 4, rsm_mulhash_word(data + 16));
    sum = rsm_mulhash_add(sum, key + 6, rsm_mulhash_word(data + 24));
    return sum.high;
}

#endif
