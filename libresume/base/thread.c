/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each thread's cache, and the registry through which purges reach all of them.
 *
 * A cache has one flag, taken by its owner for each visit and by a purge for its own. The owner
 * finds it free unless a purge is at work, so taking it is one exchange on a line that nobody else
 * reads. The registry's lock is taken when threads come and go, by purges and by forks.
 *
 * Lock order: the registry's lock, what destroying takes (secret memory, heap). Nobody waits for a
 * cache's flag with a lock that is taken inside a cache or by a fork.
 */
#include "base/thread.h"

#include "base/alloc.h"
#include "base/fork.h"
#include "base/hot.h"
#include "base/lock.h"
#include "base/secret.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define LINE     64U
#define YIELDS   64
#define COURTESY (YIELDS + 4)
#define FRONT    4U /* slots so near the front that their order does not matter */
#define NO_SLOT  RSM_WARM_SLOTS

struct rsm_thread {
    atomic_bool busy;
    atomic_bool wanted; /* by a purge that found the flag taken */
    unsigned depth;     /* of the owner's nested visits */
    /* Kind and serial of each slot, 0 for none, beside one another: a look-up reads only these. */
    _Alignas(LINE) uint64_t tag[RSM_WARM_SLOTS];
    struct rsm_warm *warm[RSM_WARM_SLOTS];
    /* Under the registry's lock: */
    struct rsm_thread *next, *prev;
    uint64_t purged; /* the ticket of the last purge that was here */
};

static struct rsm_lock lock = RSM_LOCK_INIT;
static struct rsm_thread *threads;
static struct rsm_thread *aside; /* of threads that a fork left inside; kept reachable */
static uint64_t generation;      /* of the process that the registry describes */
static uint64_t last_ticket;     /* of purges */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;
static bool works;
static _Thread_local struct rsm_thread *mine;

/* ---- one cache ----------------------------------------------------------------------------------
 */

/* The other side stays for less than a microsecond, unless the scheduler took its processor away: a
 * thread of higher priority must sleep then, or it would wait for ever. */
static void wait_turn(int attempt) {
    if (attempt < YIELDS) {
        sched_yield();
        return;
    }
    const struct timespec pause = {.tv_nsec = 50000};
    nanosleep(&pause, NULL);
}

static void claim(struct rsm_thread *thread) {
    for (int i = 0; atomic_exchange_explicit(&thread->busy, true, memory_order_acquire);) {
        wait_turn(i);
        i += i < YIELDS;
    }
}

static void release(struct rsm_thread *thread) {
    atomic_store_explicit(&thread->busy, false, memory_order_release);
}

static uint64_t tag_of(uint32_t kind, uint64_t serial) {
    return serial << 8 | kind;
}

static void drop(struct rsm_thread *thread, size_t slot) {
    struct rsm_warm *warm = thread->warm[slot];
    thread->warm[slot] = NULL;
    thread->tag[slot] = 0;
    if (warm) {
        warm->destroy(warm);
    }
}

static void drop_all(struct rsm_thread *thread) {
    for (size_t i = 0; i < RSM_WARM_SLOTS; i++) {
        drop(thread, i);
    }
}

static size_t slot_of(const struct rsm_thread *thread, uint64_t tag) {
    for (size_t i = 0; i < RSM_WARM_SLOTS; i++) {
        if (thread->tag[i] == tag) {
            return i;
        }
    }
    return NO_SLOT;
}

static void exchange(struct rsm_thread *thread, size_t a, size_t b) {
    uint64_t tag = thread->tag[a];
    struct rsm_warm *warm = thread->warm[a];
    thread->tag[a] = thread->tag[b];
    thread->warm[a] = thread->warm[b];
    thread->tag[b] = tag;
    thread->warm[b] = warm;
}

RSM_HOT struct rsm_warm *rsm_thread_find(struct rsm_thread *thread, uint32_t kind,
                                         uint64_t serial) {
    size_t slot = slot_of(thread, tag_of(kind, serial));
    if (slot == NO_SLOT) {
        return NULL;
    }
    if (slot >= FRONT) { /* what is found often comes to the front */
        exchange(thread, slot, slot / 2);
        slot /= 2;
    }
    return thread->warm[slot];
}

void rsm_thread_keep(struct rsm_thread *thread, struct rsm_warm *warm) {
    uint64_t tag = tag_of(warm->kind, warm->serial);
    size_t slot = slot_of(thread, tag);
    if (slot == NO_SLOT) {
        slot = slot_of(thread, 0);
    }
    if (slot == NO_SLOT) {
        slot = RSM_WARM_SLOTS - 1;
    }
    drop(thread, slot);
    thread->tag[slot] = tag;
    thread->warm[slot] = warm;
}

/* ---- all caches ---------------------------------------------------------------------------------
 */

static void link_to(struct rsm_thread **list, struct rsm_thread *thread) {
    thread->prev = NULL;
    thread->next = *list;
    if (*list) {
        (*list)->prev = thread;
    }
    *list = thread;
}

static void unlink_from(struct rsm_thread **list, struct rsm_thread *thread) {
    if (thread->prev) {
        thread->prev->next = thread->next;
    } else {
        *list = thread->next;
    }
    if (thread->next) {
        thread->next->prev = thread->prev;
    }
}

static void destroy(struct rsm_thread *thread) {
    drop_all(thread);
    rsm_free(thread);
}

/* Under the lock to its end: a purge finds the cache with its contents or not at all. */
static void thread_exit(void *data) {
    struct rsm_thread *thread = data;
    mine = NULL;
    RSM_LOCKED(&lock);
    unlink_from(&threads, thread);
    destroy(thread);
}

/* In a child, with the lock. The heap is whole after fork(), and so is a cache that its thread had
 * left; after a raw clone() neither is known. */
static void forget_others(bool whole) {
    for (struct rsm_thread *thread = threads, *next; thread; thread = next) {
        next = thread->next;
        if (thread == mine) {
            continue;
        }
        unlink_from(&threads, thread);
        if (whole && !atomic_load_explicit(&thread->busy, memory_order_acquire)) {
            destroy(thread);
        } else {
            link_to(&aside, thread);
        }
    }
    generation = rsm_fork_generation();
}

static void before_fork(void) {
    rsm_lock_take(&lock);
}

static void after_fork(void) {
    rsm_lock_release(&lock);
}

static void after_fork_in_child(void) {
    forget_others(true);
    rsm_lock_release(&lock);
}

/* With the lock: notices a fork that came past the handlers. */
static void notice_fork(void) {
    if (generation != rsm_fork_generation()) {
        forget_others(false);
    }
}

/* Secrets are freed under the registry's lock, hence the order of the handlers. */
static void start(void) {
    rsm_secret_watch_forks();
    generation = rsm_fork_generation();
    works = pthread_key_create(&at_exit, thread_exit) == 0 &&
            pthread_atfork(before_fork, after_fork, after_fork_in_child) == 0;
}

static struct rsm_thread *thread_new(void) {
    pthread_once(&once, start);
    struct rsm_thread *thread =
        works ? rsm_calloc_aligned(_Alignof(struct rsm_thread), sizeof *thread) : NULL;
    if (!thread) {
        return NULL;
    }
    if (pthread_setspecific(at_exit, thread) != 0) {
        rsm_free(thread);
        return NULL;
    }
    RSM_LOCKED(&lock);
    notice_fork();
    link_to(&threads, thread);
    mine = thread;
    return thread;
}

/* An owner that comes and goes all the time would starve a purge, which looks only now and then. A
 * bounded wait: in a child the purge may not exist any more. */
static void let_purge_go_first(struct rsm_thread *thread) {
    for (int i = 0; i < COURTESY; i++) {
        if (!atomic_load_explicit(&thread->wanted, memory_order_relaxed)) {
            return;
        }
        wait_turn(i);
    }
    atomic_store_explicit(&thread->wanted, false, memory_order_relaxed);
}

RSM_HOT struct rsm_thread *rsm_thread_enter(void) {
    struct rsm_thread *thread = mine;
    if (!thread) {
        thread = thread_new();
    }
    if (thread && thread->depth++ == 0) {
        let_purge_go_first(thread);
        claim(thread);
    }
    return thread;
}

RSM_HOT void rsm_thread_leave(struct rsm_thread *thread) {
    if (--thread->depth == 0) {
        release(thread);
    }
}

static bool try_claim(struct rsm_thread *thread) {
    return !atomic_exchange_explicit(&thread->busy, true, memory_order_acquire);
}

static void purge_one(struct rsm_thread *thread, uint64_t serial) {
    for (size_t i = 0; i < RSM_WARM_SLOTS; i++) {
        if (thread->tag[i] && thread->tag[i] >> 8 == serial) {
            drop(thread, i);
        }
    }
}

/* With the lock. False if a thread was inside its cache. */
static bool purge_idle(uint64_t serial, uint64_t ticket) {
    bool all = true;
    for (struct rsm_thread *thread = threads; thread; thread = thread->next) {
        if (thread->purged == ticket) {
            continue;
        }
        if (!try_claim(thread)) {
            atomic_store_explicit(&thread->wanted, true, memory_order_relaxed);
            all = false;
            continue;
        }
        atomic_store_explicit(&thread->wanted, false, memory_order_relaxed);
        purge_one(thread, serial);
        release(thread);
        thread->purged = ticket;
    }
    return all;
}

/* Waits without the lock: a thread inside its cache may wait for a lock that a forking thread has,
 * and that one for ours. */
void rsm_thread_purge(uint64_t serial) {
    pthread_once(&once, start);
    rsm_lock_take(&lock);
    notice_fork();
    uint64_t ticket = ++last_ticket;
    for (int i = 0; !purge_idle(serial, ticket); i += i < YIELDS) {
        rsm_lock_release(&lock);
        wait_turn(i);
        rsm_lock_take(&lock);
    }
    rsm_lock_release(&lock);
}
