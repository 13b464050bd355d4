/* SPDX-License-Identifier: Apache-2.0 */
#include "store/worker.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <pthread.h>
#include <signal.h>

#define STACK_SIZE (256U * 1024U) /* room for a name resolution */
/* How it looks for work by itself after some: soon, then less often, then not at all. */
#define SOON_US   1000U
#define SOON_FOR  50000U
#define LATER_US  5000U
#define LATER_FOR 2000000U

enum { AWAKE, NAPPING, ASLEEP };

void rsm_worker_forget(struct rsm_worker *worker) {
    rsm_lock_init(&worker->lock);
    rsm_cond_init(&worker->wake);
    rsm_cond_init(&worker->gone);
    atomic_store(&worker->asked, false);
    atomic_store(&worker->rest, AWAKE);
    atomic_store(&worker->running, false);
    worker->stopping = false;
}

void rsm_worker_init(struct rsm_worker *worker, uint64_t (*work)(void *arg),
                     void (*enter)(void *arg), void (*leave)(void *arg), void *arg) {
    worker->work = work;
    worker->enter = enter;
    worker->leave = leave;
    worker->arg = arg;
    rsm_worker_forget(worker);
}

void rsm_worker_destroy(struct rsm_worker *worker) {
    rsm_lock_destroy(&worker->lock);
    rsm_cond_destroy(&worker->wake);
    rsm_cond_destroy(&worker->gone);
}

/* How long to sleep at once, so long after the last work. */
static uint64_t nap_us(uint64_t idle_us) {
    if (idle_us < SOON_FOR) {
        return SOON_US;
    }
    return idle_us < LATER_FOR ? LATER_US : 0;
}

/* With the lock: sleeps until there is something to do. False: it is time to end. */
static bool wait_for_work(struct rsm_worker *worker, uint64_t due_us, uint64_t last_us) {
    for (;;) {
        uint64_t now_us = rsm_clock_us();
        uint64_t nap = nap_us(now_us - last_us);
        /* Before `asked` is looked at: who sets that looks at this afterwards. */
        atomic_store(&worker->rest, nap ? NAPPING : ASLEEP);
        bool stopping = worker->stopping;
        if (atomic_load(&worker->asked) || stopping || now_us >= due_us) {
            atomic_store(&worker->rest, AWAKE);
            return !stopping;
        }
        bool short_nap = nap && now_us + nap < due_us;
        (void)rsm_cond_wait(&worker->wake, &worker->lock, short_nap ? now_us + nap : due_us);
    }
}

static void *run(void *arg) {
    struct rsm_worker *worker = arg;
    bool more = true;
    uint64_t last_us = 0;
    (void)pthread_setname_np(pthread_self(), "resume-store");
    while (more) {
        if (atomic_exchange(&worker->asked, false)) {
            last_us = rsm_clock_us();
        }
        uint64_t due_us = worker->work(worker->arg);
        RSM_LOCKED(&worker->lock);
        more = wait_for_work(worker, due_us, last_us);
    }
    worker->work(worker->arg);
    void (*leave)(void *) = worker->leave;
    void *owner = worker->arg;
    rsm_lock_take(&worker->lock);
    atomic_store(&worker->running, false);
    rsm_cond_wake_all(&worker->gone);
    rsm_lock_release(&worker->lock);
    leave(owner); /* the worker may be gone with it */
    return NULL;
}

/* The host's signals are for the host's threads. */
static bool create(struct rsm_worker *worker) {
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all;
    sigset_t before;
    if (rsm_alloc_refuses() || pthread_attr_init(&attr) != 0) {
        return false;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool made = pthread_create(&thread, &attr, run, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return made;
}

static bool start(struct rsm_worker *worker) {
    RSM_LOCKED(&worker->lock);
    if (!atomic_load(&worker->running)) {
        worker->enter(worker->arg);
        atomic_store(&worker->running, true);
        if (!create(worker)) {
            atomic_store(&worker->running, false);
            worker->leave(worker->arg);
            return false;
        }
    }
    return true;
}

static bool disturb(struct rsm_worker *worker, int rest) {
    atomic_store(&worker->asked, true);
    if (!atomic_load(&worker->running)) {
        return start(worker);
    }
    if (atomic_load(&worker->rest) >= rest && atomic_exchange(&worker->rest, AWAKE) != AWAKE) {
        RSM_LOCKED(&worker->lock);
        rsm_cond_wake(&worker->wake);
    }
    return true;
}

bool rsm_worker_wake(struct rsm_worker *worker) {
    return disturb(worker, NAPPING);
}

bool rsm_worker_nudge(struct rsm_worker *worker) {
    return disturb(worker, ASLEEP);
}

void rsm_worker_stop(struct rsm_worker *worker, uint64_t deadline_us) {
    RSM_LOCKED(&worker->lock);
    worker->stopping = true;
    rsm_cond_wake(&worker->wake);
    while (atomic_load(&worker->running) &&
           rsm_cond_wait(&worker->gone, &worker->lock, deadline_us)) {
    }
}
