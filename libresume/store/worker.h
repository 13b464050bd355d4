/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread in the background of a store: started when there is something to do, anew in a forked
 * child, ended within a bound. What it does is a function of its owner's. Not a pool of threads.
 */
#ifndef RSM_STORE_WORKER_H
#define RSM_STORE_WORKER_H

#include "base/cond.h"

#include <stdatomic.h>

struct rsm_worker {
    struct rsm_lock lock;
    struct rsm_cond wake;
    struct rsm_cond gone;
    /* Does what there is to do; called again at the time it returns (base/clock.h), or when woken
     * (UINT64_MAX). */
    uint64_t (*work)(void *arg);
    /* The thread's first and last act: arg is kept for it in between. */
    void (*enter)(void *arg);
    void (*leave)(void *arg);
    void *arg;
    atomic_bool asked;
    atomic_int rest; /* how deep it sleeps */
    atomic_bool running;
    bool stopping;
};

void rsm_worker_init(struct rsm_worker *worker, uint64_t (*work)(void *arg),
                     void (*enter)(void *arg), void (*leave)(void *arg), void *arg);
void rsm_worker_destroy(struct rsm_worker *worker);
/* In a forked child, before anything else: no thread, the lock free. */
void rsm_worker_forget(struct rsm_worker *worker);

/* Has the thread work now, and starts it first if need be. False if there can be no thread. */
bool rsm_worker_wake(struct rsm_worker *worker);

/* The same within some milliseconds. Waking a thread costs a system call and maybe the processor,
 * 5 to 50 microseconds; a thread that had work lately looks by itself now and then, and this leaves
 * it alone. */
bool rsm_worker_nudge(struct rsm_worker *worker);

/* Has the thread work once more and end; waits for that until the deadline. A thread that is late
 * still ends by itself, and `leave` is then its last act. For the last caller. */
void rsm_worker_stop(struct rsm_worker *worker, uint64_t deadline_us);

#endif
