/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant-time comparison and wiping, without libcrypto, since base stands below crypto.
 */
#include "base/bytes.h"

#include "base/hot.h"

RSM_HOT void rsm_wipe(void *ptr, size_t len) {
    if (ptr && len) {
        explicit_bzero(ptr, len);
    }
}

/* Hides a value from the compiler, which then cannot leave a loop early. */
static inline uint64_t opaque(uint64_t value) {
    __asm__("" : "+r"(value));
    return value;
}

bool rsm_equal_ct(const void *a, const void *b, size_t len) {
    const uint8_t *x = a;
    const uint8_t *y = b;
    uint64_t diff = 0;
    for (; len >= 8; len -= 8, x += 8, y += 8) {
        uint64_t p;
        uint64_t q;
        memcpy(&p, x, 8);
        memcpy(&q, y, 8);
        diff = opaque(diff | (p ^ q));
    }
    for (; len > 0; len--) {
        diff = opaque(diff | (uint64_t)(*x++ ^ *y++));
    }
    return diff == 0;
}

RSM_HOT bool rsm_is_zero_ct(const void *data, size_t len) {
    const uint8_t *x = data;
    uint64_t any = 0;
    for (; len >= 8; len -= 8, x += 8) {
        uint64_t word;
        memcpy(&word, x, 8);
        any = opaque(any | word);
    }
    for (; len > 0; len--) {
        any = opaque(any | *x++);
    }
    return any == 0;
}
