/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libresume reads no clock; this is the example's.
 */
#ifndef ABBREVIATED_CLOCK_H
#define ABBREVIATED_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Unix time in milliseconds. */
static inline uint64_t clock_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif /* ABBREVIATED_CLOCK_H */
