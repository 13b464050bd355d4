/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutex for slow paths. Not shared between processes, and never held while foreign code runs
 * (I-171). The cleanup attribute releases it on every return path (I-172).
 */
#ifndef RSM_BASE_LOCK_H
#define RSM_BASE_LOCK_H

#include <pthread.h>

struct rsm_lock {
    pthread_mutex_t mutex;
};

#define RSM_LOCK_INIT                                                                              \
    { PTHREAD_MUTEX_INITIALIZER }

static inline void rsm_lock_init(struct rsm_lock *lock) {
    pthread_mutex_init(&lock->mutex, NULL);
}

static inline void rsm_lock_destroy(struct rsm_lock *lock) {
    pthread_mutex_destroy(&lock->mutex);
}

static inline void rsm_lock_take(struct rsm_lock *lock) {
    pthread_mutex_lock(&lock->mutex);
}

static inline void rsm_lock_release(struct rsm_lock *lock) {
    pthread_mutex_unlock(&lock->mutex);
}

static inline void rsm_lock_releasep(struct rsm_lock **lock) {
    if (*lock) {
        rsm_lock_release(*lock);
    }
}

/* RSM_LOCKED(&x->lock); holds the lock until the end of the enclosing block. */
#define RSM_LOCKED(lock_ptr)                                                                       \
    __attribute__((cleanup(rsm_lock_releasep))) struct rsm_lock *rsm_held_ = (lock_ptr);           \
    rsm_lock_take(rsm_held_)

#endif
