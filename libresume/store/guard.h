/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering a part as its one writer, and what leaving it means: a part whose words contradict each
 * other, or whose last writer died inside, is emptied, never repaired by guess (I-99, I-101).
 */
#ifndef RSM_STORE_GUARD_H
#define RSM_STORE_GUARD_H

#include "store/part.h"

/* How long a writer of another process may keep this one waiting: 10 ms with what the system adds.
 */
#define RSM_GUARD_WAIT_MS 8U
/* After that nobody waits for this part again for so long. */
#define RSM_GUARD_PAUSE_MS 1000U

/* One that is in it for so long without coming out is stopped, or never was: the lock is taken away
 * from it. */
#define RSM_GUARD_SEIZE_MS 10000U

/* Test hook: another time instead, in this process. */
void rsm_guard_seize_after(unsigned ms);

/* The part, entered; NULL if another process is in it and does not come out: then nothing was
 * touched. */
struct rsm_part *rsm_part_enter(struct rsm_part *part);

/* Takes NULL. */
void rsm_part_leave(struct rsm_part *part);

static inline void rsm_part_leavep(struct rsm_part **part) {
    rsm_part_leave(*part);
}

/* RSM_INSIDE(part); is in the part until the end of the enclosing block, if rsm_inside. */
#define RSM_INSIDE(part_ptr)                                                                       \
    __attribute__((cleanup(rsm_part_leavep))) struct rsm_part *rsm_inside = rsm_part_enter(part_ptr)

#endif
