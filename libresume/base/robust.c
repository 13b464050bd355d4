/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Robust futexes of Linux. The kernel looks at a list of each thread that dies, which libc has
 * registered; a lock is never on that list, but it is the "operation under way" that the list's
 * head names beside it, as long as it is held. So the kernel finds it, and no link of a list lies
 * in the shared bytes. Nothing of libc's that uses the same field runs while one is held.
 */
#include "base/robust.h"

#include "base/fork.h"

#ifdef __linux__

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS 64 /* a hold is over within a microsecond, if its owner runs */

static _Thread_local struct self {
    uint64_t generation; /* of the process in which the rest was found out */
    struct robust_list_head *head;
    uint32_t id;
    uint32_t turn; /* of the lock that is held */
} self;

static bool know_self(void) {
    uint64_t generation = rsm_fork_generation();
    if (self.generation != generation) {
        struct robust_list_head *head = NULL;
        size_t len = 0;
        long failed = syscall(SYS_get_robust_list, 0, &head, &len);
        self.head = failed || len != sizeof *head ? NULL : head;
        self.id = (uint32_t)syscall(SYS_gettid);
        self.generation = generation;
    }
    return self.head != NULL;
}

bool rsm_robust_works(void) {
    return know_self();
}

/* Only the kernel reads it, at this thread's death: the compiler must not move it. */
static void announce(struct rsm_robust *lock) {
    char *at =
        lock ? (char *)lock + offsetof(struct rsm_robust, word) - self.head->futex_offset : NULL;
    atomic_signal_fence(memory_order_seq_cst);
    *(void *volatile *)(void *)&self.head->list_op_pending = at;
    atomic_signal_fence(memory_order_seq_cst);
}

static bool is_free(uint32_t word) {
    return !(word & FUTEX_TID_MASK) || (word & FUTEX_OWNER_DIED);
}

/* Makes it this thread's if it still holds `word`. */
static bool claim(struct rsm_robust *lock, uint32_t word, uint32_t waiters) {
    uint32_t mine = self.id | waiters | (word & FUTEX_WAITERS);
    announce(lock);
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &word, mine, memory_order_acquire,
                                                 memory_order_relaxed)) {
        announce(NULL);
        return false;
    }
    self.turn = atomic_load_explicit(&lock->turn, memory_order_relaxed) + 1U;
    atomic_store_explicit(&lock->turn, self.turn, memory_order_relaxed);
    return true;
}

/* Once. Whoever slept leaves the mark for those who may sleep still. */
static enum rsm_robust_taken try(struct rsm_robust *lock, uint32_t waiters) {
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    while (is_free(word)) {
        if (claim(lock, word, waiters)) {
            return word & FUTEX_OWNER_DIED ? RSM_ROBUST_OWNER_DIED : RSM_ROBUST_TAKEN;
        }
        word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    }
    return RSM_ROBUST_BUSY;
}

static int64_t now_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* Sleeps until it may be free. */
static void sleep_on(struct rsm_robust *lock, int64_t ns) {
    const struct timespec most = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    if (is_free(word)) {
        return;
    }
    uint32_t marked = word | FUTEX_WAITERS;
    if (word == marked ||
        atomic_compare_exchange_strong_explicit(&lock->word, &word, marked, memory_order_relaxed,
                                                memory_order_relaxed)) {
        (void)syscall(SYS_futex, &lock->word, FUTEX_WAIT, marked, &most, NULL, 0);
    }
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static enum rsm_robust_taken wait_for(struct rsm_robust *lock, unsigned wait_ms) {
    enum rsm_robust_taken taken = RSM_ROBUST_BUSY;
    for (int i = 0; i < SPINS && taken == RSM_ROBUST_BUSY; i++) {
        relax();
        taken = try(lock, 0);
    }
    int64_t until = now_ns() + (int64_t)wait_ms * 1000000;
    while (taken == RSM_ROBUST_BUSY) {
        int64_t left = until - now_ns();
        if (left <= 0) {
            break;
        }
        sleep_on(lock, left);
        taken = try(lock, FUTEX_WAITERS);
    }
    return taken;
}

enum rsm_robust_taken rsm_robust_take(struct rsm_robust *lock, unsigned wait_ms) {
    if (!know_self()) {
        return RSM_ROBUST_UNABLE;
    }
    enum rsm_robust_taken taken = try(lock, 0);
    return taken == RSM_ROBUST_BUSY && wait_ms ? wait_for(lock, wait_ms) : taken;
}

uint64_t rsm_robust_hold(struct rsm_robust *lock) {
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    uint32_t turn = atomic_load_explicit(&lock->turn, memory_order_relaxed);
    return (uint64_t)turn << 32 | (word & FUTEX_TID_MASK);
}

enum rsm_robust_taken rsm_robust_seize(struct rsm_robust *lock, uint64_t hold) {
    if (!know_self()) {
        return RSM_ROBUST_UNABLE;
    }
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    return rsm_robust_hold(lock) == hold && (word & FUTEX_TID_MASK) == (uint32_t)hold &&
                   claim(lock, word, FUTEX_WAITERS)
               ? RSM_ROBUST_OWNER_DIED
               : RSM_ROBUST_BUSY;
}

/* A waiter that is woken and gives up, or dies, wakes nobody else; the others then wake up by
 * themselves, a few milliseconds late (compare glibc's BZ 20973). */
bool rsm_robust_release(struct rsm_robust *lock) {
    uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
    bool done = false;
    while (!done && (word & FUTEX_TID_MASK) == self.id &&
           atomic_load_explicit(&lock->turn, memory_order_relaxed) == self.turn) {
        done = atomic_compare_exchange_weak_explicit(&lock->word, &word, 0, memory_order_release,
                                                     memory_order_relaxed);
    }
    if (done && (word & FUTEX_WAITERS)) {
        (void)syscall(SYS_futex, &lock->word, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    announce(NULL);
    return done;
}

#else /* no other system tells of an owner's death without pointers in the shared bytes */

bool rsm_robust_works(void) {
    return false;
}

enum rsm_robust_taken rsm_robust_take(struct rsm_robust *lock, unsigned wait_ms) {
    (void)lock;
    (void)wait_ms;
    return RSM_ROBUST_UNABLE;
}

uint64_t rsm_robust_hold(struct rsm_robust *lock) {
    (void)lock;
    return 0;
}

enum rsm_robust_taken rsm_robust_seize(struct rsm_robust *lock, uint64_t hold) {
    (void)lock;
    (void)hold;
    return RSM_ROBUST_UNABLE;
}

bool rsm_robust_release(struct rsm_robust *lock) {
    (void)lock;
    return false;
}

#endif
