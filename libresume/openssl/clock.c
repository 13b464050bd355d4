/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's clock: the core takes time as an argument, so somebody has to read it.
 */
#include "adapter.h"

#include <time.h>

RSM_HOT uint64_t rsm_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
