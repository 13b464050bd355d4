/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of one key that is the same in every run, under a name that the corpus can spell, and what
 * ends a run that found something. Shared by the targets that seal.
 */
#ifndef FUZZ_RING_H
#define FUZZ_RING_H

#include <resume/keyring.h>

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static inline void check(bool holds) {
    if (!holds) {
        abort();
    }
}

/* name has 16 characters. */
static inline resume_keyring *ring_new(const char *name) {
    resume_keyring *ring = NULL;
    uint8_t key[80];
    uint32_t x = 12345;
    for (size_t i = 0; i < sizeof key; i++) {
        x = x * 1664525 + 1013904223;
        key[i] = (uint8_t)(x >> 24);
    }
    memcpy(key, name, 16);
    check(resume_keyring_new(NULL, &ring) == RESUME_OK);
    check(resume_keyring_add(ring, key, 16, key + 16, 32, key + 48, 32, 0, UINT64_MAX, UINT64_MAX,
                             NOW) == RESUME_OK);
    return ring;
}

#endif
