/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread keeps for itself so that the hot path shares nothing: warm contexts and borrowed
 * snapshots, each under a kind and a serial. Others see it for one purpose only, to purge: a
 * retired key leaves no schedule behind in any thread (I-163). Not for results.
 *
 * A thread is inside its cache between enter and leave; a purge waits for it there, without a lock.
 * So nothing that may block for long or call foreign code belongs inside.
 *
 * Fork: the child keeps the cache of the thread that forked and frees those of the threads it does
 * not have. One whose thread was inside at that moment may be half changed: it is put aside
 * untouched and never freed. After a fork past pthread_atfork() all others are put aside.
 */
#ifndef RSM_BASE_THREAD_H
#define RSM_BASE_THREAD_H

#include <stdint.h>

#define RSM_WARM_SLOTS 32U

/* Kinds: 1 to 255. */
enum { RSM_WARM_KEYSET = 1, RSM_WARM_CBC_HMAC = 2, RSM_WARM_XAES = 3 };

/* First member of everything kept. Serials are positive and below 2^56; the same serial may stand
 * under several kinds. destroy runs with the cache entered, by its thread, a purge or a fork's
 * child, and under the registry's lock: it may free, nothing else. */
struct rsm_warm {
    uint32_t kind;
    uint64_t serial;
    void (*destroy)(struct rsm_warm *warm);
};

struct rsm_thread;

/* Enters the calling thread's cache; may be nested. NULL: no memory, and nothing to leave. Costs
 * one atomic exchange, on a cache line of the thread's own. */
struct rsm_thread *rsm_thread_enter(void);
void rsm_thread_leave(struct rsm_thread *thread);

/* What is kept under kind and serial, or NULL. Valid until the thread leaves or keeps another. */
struct rsm_warm *rsm_thread_find(struct rsm_thread *thread, uint32_t kind, uint64_t serial);

/* Takes warm over, in place of one of the same kind and serial, else of one rarely found. */
void rsm_thread_keep(struct rsm_thread *thread, struct rsm_warm *warm);

/* Destroys what any thread keeps under the serial, of every kind; waits for threads inside their
 * caches. Never called from inside one's own: it would wait for itself. */
void rsm_thread_purge(uint64_t serial);

#endif
