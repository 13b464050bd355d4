/* SPDX-License-Identifier: Apache-2.0 */
#include "store/worker.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>

#define STACK_SIZE (256U * 1024U) /* room for a name resolution */

void rsm_worker_forget(struct rsm_worker *worker) {
    rsm_lock_init(&worker->lock);
    rsm_cond_init(&worker->wake);
    rsm_cond_init(&worker->gone);
    atomic_store(&worker->asked, false);
    atomic_store(&worker->sleeps, false);
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

/* With the lock: sleeps until there is something to do. False: it is time to end. */
static bool wait_for_work(struct rsm_worker *worker, uint64_t due_us) {
    for (;;) {
        /* Before `asked` is looked at: who sets that looks at this afterwards. */
        atomic_store(&worker->sleeps, true);
        bool stopping = worker->stopping;
        if (atomic_load(&worker->asked) || stopping || rsm_clock_us() >= due_us) {
            atomic_store(&worker->sleeps, false);
            return !stopping;
        }
        (void)rsm_cond_wait(&worker->wake, &worker->lock, due_us);
    }
}

static void *run(void *arg) {
    struct rsm_worker *worker = arg;
    bool more = true;
    (void)pthread_setname_np(pthread_self(), "resume-store");
    while (more) {
        atomic_store(&worker->asked, false);
        uint64_t due_us = worker->work(worker->arg);
        RSM_LOCKED(&worker->lock);
        more = wait_for_work(worker, due_us);
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
    if (pthread_attr_init(&attr) != 0) {
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

bool rsm_worker_wake(struct rsm_worker *worker) {
    atomic_store(&worker->asked, true);
    if (!atomic_load(&worker->running)) {
        return start(worker);
    }
    if (atomic_load(&worker->sleeps) && atomic_exchange(&worker->sleeps, false)) {
        RSM_LOCKED(&worker->lock);
        rsm_cond_wake(&worker->wake);
    }
    return true;
}

void rsm_worker_stop(struct rsm_worker *worker, uint64_t deadline_us) {
    RSM_LOCKED(&worker->lock);
    worker->stopping = true;
    rsm_cond_wake(&worker->wake);
    while (atomic_load(&worker->running) &&
           rsm_cond_wait(&worker->gone, &worker->lock, deadline_us)) {
    }
}
