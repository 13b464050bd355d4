/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: constant-time comparison, wiping, big-endian reading and writing, a bounded reader.
 * Not for text.
 */
#ifndef RSM_BASE_BYTES_H
#define RSM_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Overwrites with zeros in a way that the compiler may not drop. */
void rsm_wipe(void *ptr, size_t len);

/* True if equal; the time depends on len alone. */
bool rsm_equal_ct(const void *a, const void *b, size_t len);

/* True if every byte is zero; the time depends on len alone. */
bool rsm_is_zero_ct(const void *data, size_t len);

static inline uint16_t rsm_get16(const uint8_t *p) {
    return (uint16_t)((uint16_t)(p[0] << 8) | p[1]);
}

static inline uint32_t rsm_get32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t rsm_get64(const uint8_t *p) {
    return (uint64_t)rsm_get32(p) << 32 | rsm_get32(p + 4);
}

static inline void rsm_put16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void rsm_put32(uint8_t *p, uint32_t v) {
    rsm_put16(p, (uint16_t)(v >> 16));
    rsm_put16(p + 2, (uint16_t)v);
}

static inline void rsm_put64(uint8_t *p, uint64_t v) {
    rsm_put32(p, (uint32_t)(v >> 32));
    rsm_put32(p + 4, (uint32_t)v);
}

/* Printable ASCII without the space, as names of hosts have it. */
static inline bool rsm_is_printable(const uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (data[i] < 0x21 || data[i] > 0x7E) {
            return false;
        }
    }
    return true;
}

/* Sums and products of times and sizes stop at the top instead of wrapping (I-74). */
static inline uint64_t rsm_add_sat(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint64_t rsm_mul_sat(uint64_t a, uint64_t b) {
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static inline uint64_t rsm_sub_sat(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

/* A reader over foreign bytes: each take checks the rest; after a failed take `bad` stays set and
 * every later take yields zeros, so a parser may check once at its end. */
struct rsm_reader {
    const uint8_t *p;
    size_t left;
    bool bad;
};

static inline struct rsm_reader rsm_reader_of(const uint8_t *data, size_t len) {
    struct rsm_reader r = {data, len, false};
    return r;
}

/* Borrowed pointer to the next len bytes, or NULL and bad. */
static inline const uint8_t *rsm_take(struct rsm_reader *r, size_t len) {
    if (r->bad || r->left < len) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->p;
    r->p += len;
    r->left -= len;
    return at;
}

static inline uint8_t rsm_take8(struct rsm_reader *r) {
    const uint8_t *p = rsm_take(r, 1);
    return p ? p[0] : 0;
}

static inline uint16_t rsm_take16(struct rsm_reader *r) {
    const uint8_t *p = rsm_take(r, 2);
    return p ? rsm_get16(p) : 0;
}

static inline size_t rsm_take24(struct rsm_reader *r) {
    const uint8_t *p = rsm_take(r, 3);
    return p ? (size_t)p[0] << 16 | rsm_get16(p + 1) : 0;
}

static inline uint32_t rsm_take32(struct rsm_reader *r) {
    const uint8_t *p = rsm_take(r, 4);
    return p ? rsm_get32(p) : 0;
}

static inline uint64_t rsm_take64(struct rsm_reader *r) {
    const uint8_t *p = rsm_take(r, 8);
    return p ? rsm_get64(p) : 0;
}

#endif
