/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks share: a clock, and the end of a run that went wrong. Not for tests.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline void check(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "bench: %s failed\n", what);
        exit(1);
    }
}

static inline double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

/* The nth session's ID, 32 bytes. */
static inline void make_id(uint64_t n, uint8_t *id) {
    for (uint64_t i = 0; i < 4; i++) {
        uint64_t word = mix(n * 4 + i + 1);
        memcpy(id + 8 * i, &word, 8);
    }
}

#endif
