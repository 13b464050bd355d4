/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutex in memory that processes share. When its owner dies, whoever takes it next is told so
 * and has to see to what it protects; nobody waits for ever (I-98). Taken and released by one
 * thread, never across a fork (I-104), and one at a time by each thread. Not for memory of one
 * process: base/lock.h.
 *
 * It is two words, and zeros are a free one. Not a pthread_mutex_t: that keeps addresses of its
 * owner's process in the shared bytes, which the owner follows at its release (I-102), and bytes
 * that name an owner which never was would keep it taken for ever.
 */
#ifndef RSM_BASE_ROBUST_H
#define RSM_BASE_ROBUST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rsm_robust {
    _Atomic uint32_t word; /* the owner's thread, and what the kernel adds at its death */
    _Atomic uint32_t turn; /* moves on each time it is taken */
};

/* One with cache lines of its own, for arrays. */
struct rsm_robust_line {
    _Alignas(128) struct rsm_robust lock;
};

enum rsm_robust_taken {
    RSM_ROBUST_TAKEN,
    RSM_ROBUST_OWNER_DIED, /* taken as well. Who dies before the release tells the next one so */
    RSM_ROBUST_BUSY,       /* not taken: another one has had it all the time */
    RSM_ROBUST_UNABLE      /* not taken: the kernel would not notice this thread's death */
};

/* Does this system have them? */
bool rsm_robust_works(void);

/* Waits that long at most; 0: not at all. */
enum rsm_robust_taken rsm_robust_take(struct rsm_robust *lock, unsigned wait_ms);

/* Which hold of it this is: another number for each owner and each time. */
uint64_t rsm_robust_hold(struct rsm_robust *lock);

/* Takes it away from an owner that holds it still: RSM_ROBUST_OWNER_DIED, or RSM_ROBUST_BUSY if it
 * is another hold by now. For owners that are stopped or never were; they may still go on writing
 * to what it protects, until their release fails. */
enum rsm_robust_taken rsm_robust_seize(struct rsm_robust *lock, uint64_t hold);

/* False if it was no longer this thread's: nothing was done. */
bool rsm_robust_release(struct rsm_robust *lock);

#endif
