/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant-time comparison and wiping, without libcrypto, since base stands below crypto.
 */
#include "base/bytes.h"

void rsm_wipe(void *ptr, size_t len) {
    if (ptr && len) {
        explicit_bzero(ptr, len);
    }
}

bool rsm_equal_ct(const void *a, const void *b, size_t len) {
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    uint8_t diff = 0;
    for (size_t i = 0; i < len; i++) {
        diff = (uint8_t)(diff | (x[i] ^ y[i]));
    }
    return diff == 0;
}

bool rsm_is_zero_ct(const void *data, size_t len) {
    const volatile uint8_t *x = data;
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any = (uint8_t)(any | x[i]);
    }
    return any == 0;
}
