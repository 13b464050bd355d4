/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-1-3: a keyed hash for tables whose keys a peer may choose (Aumasson and Bernstein, 2012).
 * Not a MAC: 64 bits, for bucket choice only.
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

#endif
