/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hashes for tables whose keys a peer may choose. SipHash-1-3 (Aumasson and Bernstein, 2012)
 * for any length; a multilinear hash for 32 bytes, a seventh of the instructions.
 * Not MACs: 64 bits, for bucket choice only; nobody but the table may see them.
 */
#ifndef RSM_BASE_HASH_H
#define RSM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t rsm_rotl64(uint64_t v, int by) {
    return v << by | v >> (64 - by);
}

struct rsm_sip {
    uint64_t v0, v1, v2, v3;
};

static inline void rsm_sip_round(struct rsm_sip *s) {
    s->v0 += s->v1;
    s->v1 = rsm_rotl64(s->v1, 13) ^ s->v0;
    s->v0 = rsm_rotl64(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rsm_rotl64(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rsm_rotl64(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rsm_rotl64(s->v1, 17) ^ s->v2;
    s->v2 = rsm_rotl64(s->v2, 32);
}

static inline uint64_t rsm_siphash13(const uint64_t key[2], const void *data, size_t len) {
    struct rsm_sip s = {key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
                        key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
    const uint8_t *p = data;
    uint64_t last = (uint64_t)len << 56;
    uint64_t word;
    size_t rest = len;
    for (; rest >= 8; rest -= 8, p += 8) {
        memcpy(&word, p, 8);
        s.v3 ^= word;
        rsm_sip_round(&s);
        s.v0 ^= word;
    }
    for (size_t i = 0; i < rest; i++) {
        last |= (uint64_t)p[i] << (8 * i);
    }
    s.v3 ^= last;
    rsm_sip_round(&s);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    rsm_sip_round(&s);
    rsm_sip_round(&s);
    rsm_sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

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

/* Multiply-add-shift over four words (Dietzfelbinger 1996; Thorup 2015): the upper 64 bits of
 * key[8..9] + the sum of word times 128-bit key. For whichever two inputs somebody chooses without
 * seeing a hash, the two hashes are as good as two random numbers: strongly universal. */
static inline uint64_t rsm_mulhash(const uint64_t key[RSM_MULHASH_KEY], const uint64_t words[4]) {
    struct rsm_sum128 sum = {key[8], key[9]};
    sum = rsm_mulhash_add(sum, key, words[0]);
    sum = rsm_mulhash_add(sum, key + 2, words[1]);
    sum = rsm_mulhash_add(sum, key + 4, words[2]);
    sum = rsm_mulhash_add(sum, key + 6, words[3]);
    return sum.high;
}

#endif
