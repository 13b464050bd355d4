/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock for deadlines: microseconds that never go back. Not the time of day, which is an argument
 * of every public call; nothing that is stored or sent may hold these.
 */
#ifndef RSM_BASE_CLOCK_H
#define RSM_BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since some start of the system's; never 0. */
uint64_t rsm_clock_us(void);

#endif
