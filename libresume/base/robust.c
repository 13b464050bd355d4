/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX robust, process-shared mutexes: the kernel marks those of a thread that dies.
 */
#include "base/robust.h"

#include <errno.h>
#include <time.h>

bool rsm_robust_init(struct rsm_robust *lock) {
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes)) {
        return false;
    }
    bool made = !pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) &&
                !pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) &&
                !pthread_mutex_init(&lock->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return made;
}

/* Bytes that a stray writer put there may name another kind of mutex, whose code in glibc ends the
 * process when the kernel does not know it. */
static bool is_ours(const struct rsm_robust *lock) {
#ifdef __GLIBC__
    const int robust_normal_shared = 16 | 128; /* PTHREAD_MUTEX_ROBUST_NORMAL_NP, pshared bit */
    return __atomic_load_n(&lock->mutex.__data.__kind, __ATOMIC_RELAXED) == robust_normal_shared;
#else
    (void)lock;
    return true;
#endif
}

static struct timespec in_ms(unsigned wait_ms) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += wait_ms / 1000U;
    at.tv_nsec += (long)(wait_ms % 1000U) * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000L;
    }
    return at;
}

enum rsm_robust_taken rsm_robust_take(struct rsm_robust *lock, unsigned wait_ms) {
    if (!is_ours(lock)) {
        return RSM_ROBUST_BROKEN;
    }
    int error = pthread_mutex_trylock(&lock->mutex);
    if (error == EBUSY && wait_ms) {
        struct timespec until = in_ms(wait_ms);
        error = pthread_mutex_clocklock(&lock->mutex, CLOCK_MONOTONIC, &until);
    }
    switch (error) {
    case 0:
        return RSM_ROBUST_TAKEN;
    case EOWNERDEAD:
        return RSM_ROBUST_OWNER_DIED;
    case EBUSY:
    case ETIMEDOUT:
        return RSM_ROBUST_BUSY;
    default:
        return RSM_ROBUST_BROKEN;
    }
}

void rsm_robust_mend(struct rsm_robust *lock) {
    pthread_mutex_consistent(&lock->mutex);
}

void rsm_robust_release(struct rsm_robust *lock) {
    pthread_mutex_unlock(&lock->mutex);
}
