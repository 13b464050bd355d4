/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutex in memory that processes share. When its owner dies, whoever takes it next is told so
 * and has to see to what it protects; nobody waits for ever (I-98). Taken and released by one
 * thread, never across a fork (I-104). Not for memory of one process: base/lock.h.
 */
#ifndef RSM_BASE_ROBUST_H
#define RSM_BASE_ROBUST_H

#include <pthread.h>
#include <stdbool.h>

struct rsm_robust {
    pthread_mutex_t mutex;
};

/* One with cache lines of its own, for arrays. */
struct rsm_robust_line {
    _Alignas(128) struct rsm_robust lock;
};

enum rsm_robust_taken {
    RSM_ROBUST_TAKEN,
    RSM_ROBUST_OWNER_DIED, /* taken as well; call rsm_robust_mend() when all is in order again */
    RSM_ROBUST_BUSY,       /* not taken: another one has had it all the time */
    RSM_ROBUST_BROKEN      /* not taken: these bytes are no mutex */
};

/* Makes one in zeroed memory that nobody else uses yet; false if the system has none of the kind.
 */
bool rsm_robust_init(struct rsm_robust *lock);

/* Waits that long at most; 0: not at all. */
enum rsm_robust_taken rsm_robust_take(struct rsm_robust *lock, unsigned wait_ms);

/* After RSM_ROBUST_OWNER_DIED, before the release. Dying before it tells the next one the same. */
void rsm_robust_mend(struct rsm_robust *lock);

void rsm_robust_release(struct rsm_robust *lock);

#endif
