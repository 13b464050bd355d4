/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hexadecimal vectors and reproducible bytes for the tests of crypto/.
 */
#ifndef CRYPTO_FIXTURE_H
#define CRYPTO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static inline uint8_t nibble(char c) {
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Returns the number of bytes. */
static inline size_t unhex(const char *hex, uint8_t *out) {
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    }
    return len;
}

static inline void assert_hex(const uint8_t *data, const char *hex) {
    uint8_t expected[512];
    size_t len = unhex(hex, expected);
    assert_memory_equal(data, expected, len);
}

/* splitmix64: well mixed and reproducible. */
static inline void noise(uint64_t seed, uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)((z ^ z >> 31) >> 24);
    }
}

#endif
