/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling whether this process is a forked child of the one that filled some state: a number that
 * differs in every process of a family. State that must not be used twice (nonces, random bytes)
 * is kept with the number and thrown away when it differs (I-165).
 *
 * Also a raw clone() or fork by syscall(), past pthread_atfork(), changes the number. What nothing
 * here can mend: a lock that another thread held at the moment of a raw fork stays taken in the
 * child, as those inside libc do. Not a notification and not a lock.
 */
#ifndef RSM_BASE_FORK_H
#define RSM_BASE_FORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word that the kernel clears in children; NULL before the first use and where there is no such
 * kernel. Read it with rsm_fork_generation(). */
extern _Atomic(_Atomic uint64_t *) rsm_fork_word_;

uint64_t rsm_fork_generation_slow(void);

/* Never 0. The same number as long as no fork lies between, another one in a child. */
static inline uint64_t rsm_fork_generation(void) {
    _Atomic uint64_t *word = atomic_load_explicit(&rsm_fork_word_, memory_order_acquire);
    uint64_t generation = word ? atomic_load_explicit(word, memory_order_relaxed) : 0;
    return generation ? generation : rsm_fork_generation_slow();
}

/* Asks the kernel to clear whole pages in children: for what they must not have (I-164). A wish, in
 * vain before Linux 4.14: the generation is looked at besides. */
void rsm_fork_clears(void *pages, size_t size);

/* Test hook: true makes the process do as if the kernel could not clear memory on fork. */
void rsm_fork_by_pid(bool on);

#endif
