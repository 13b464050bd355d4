/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page that the kernel clears in children (Linux 4.14). Without it the process id serves, which
 * costs a system call for each look, and a count of the forks that libc knows of.
 */
#include "base/fork.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

_Atomic(_Atomic uint64_t *) rsm_fork_word_;

static _Atomic uint64_t *page_word; /* stays, also while a test looks away from it */
static atomic_uint_fast64_t given;  /* inherited, so a child's next number is new to it */
static atomic_uint_fast64_t forks;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void in_child(void) {
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void start(void) {
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    (void)pthread_atfork(NULL, NULL, in_child);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return;
    }
    if (madvise(page, size, MADV_WIPEONFORK) != 0) {
        munmap(page, size);
        return;
    }
    page_word = page;
    atomic_store_explicit(&rsm_fork_word_, page_word, memory_order_release);
}

/* The process id is part of the number itself, so that no thread sees the one changed and the other
 * not yet. */
static uint64_t by_pid(void) {
    uint64_t count = (uint64_t)atomic_load_explicit(&forks, memory_order_relaxed) & 0xffffffffU;
    return (uint64_t)getpid() << 32 | count;
}

uint64_t rsm_fork_generation_slow(void) {
    pthread_once(&once, start);
    _Atomic uint64_t *word = atomic_load_explicit(&rsm_fork_word_, memory_order_acquire);
    if (!word) {
        return by_pid();
    }
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);
    if (seen == 0) {
        uint64_t fresh = (uint64_t)atomic_fetch_add_explicit(&given, 1, memory_order_relaxed) + 1;
        seen = atomic_compare_exchange_strong(word, &seen, fresh) ? fresh : seen;
    }
    return seen;
}

void rsm_fork_clears(void *pages, size_t size) {
    (void)rsm_fork_generation();
    if (atomic_load_explicit(&rsm_fork_word_, memory_order_acquire)) {
        (void)madvise(pages, size, MADV_WIPEONFORK);
    }
}

void rsm_fork_by_pid(bool on) {
    (void)rsm_fork_generation();
    atomic_store_explicit(&rsm_fork_word_, on ? NULL : page_word, memory_order_release);
}
