/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_keyring inside: the current keyset behind a generation number, and the one way in which it
 * changes. Codecs read keysets through the calling thread's cache and take no shared lock.
 *
 * Lock order: all rings' lock, one ring's lock, base/ locks. A thread's cache is never entered
 * under a ring's lock and no ring's lock is taken inside it: retirement waits for the caches.
 */
#ifndef RSM_CORE_KEYRING_H
#define RSM_CORE_KEYRING_H

#include <resume/keyring.h>

#include "base/lock.h"
#include "base/thread.h"
#include "core/keyring_source.h"

/* Later times are refused: sums with periods would stop at the top and make keys without end. */
#define RSM_NOW_MAX (UINT64_MAX / 4)

struct resume_keyring_options {
    struct rsm_periods periods;
    uint64_t max_seals;
    char why[RSM_WHY_SIZE];
};

struct resume_keyring {
    struct rsm_ref ref;
    uint64_t serial;
    struct rsm_lock lock;
    struct rsm_keyset *set;                  /* under the lock */
    const struct rsm_keyring_source *source; /* NULL: the caller adds the keys */
    void *state;                             /* the source's, under the lock */
    resume_keyring *next, *prev;             /* all rings, for forks */
    char trouble[RSM_WHY_SIZE];              /* under the lock: the last failure, while it lasts */
    atomic_uint_fast64_t failures;
    /* Written by rotations, read by every seal and open. */
    _Alignas(64) atomic_uint_fast64_t generation;
    atomic_bool ticking;
};

/* A keyset held for one seal or open. */
struct rsm_keyring_use {
    struct rsm_thread *thread;
    const struct rsm_keyset *set; /* lives until rsm_keyring_leave() */
};

/* Does due work and gives the current keyset with the thread's cache entered. RESUME_OK or
 * RESUME_E_NOMEM; only after RESUME_OK it must be left. */
resume_status rsm_keyring_enter(resume_keyring *ring, uint64_t now_ms, struct rsm_keyring_use *use);

/* The same with the key that seals now, borrowed until it is left. Also RESUME_NO_KEY; only after
 * RESUME_OK it must be left. */
resume_status rsm_keyring_enter_to_seal(resume_keyring *ring, uint64_t now_ms,
                                        struct rsm_keyring_use *use, resume_key **ret_key);

/* The same with the key of that name. Also RESUME_MISS and RESUME_EXPIRED; after RESUME_OK and
 * RESUME_RENEW it must be left. */
resume_status rsm_keyring_enter_to_open(resume_keyring *ring, const uint8_t *name, uint64_t now_ms,
                                        struct rsm_keyring_use *use, resume_key **ret_key);

void rsm_keyring_leave(struct rsm_keyring_use *use);

/* For a look-up that found nothing: waits for due work that another thread does, or rotates if the
 * generated key is used up. */
void rsm_keyring_catch_up(resume_keyring *ring, uint64_t now_ms);

/* An empty ring of a source. */
resume_status rsm_keyring_make(const resume_keyring_options *options,
                               const struct rsm_keyring_source *source, resume_keyring **ret_ring);

/* Loads a new ring's keys for the first time; the state is there. */
resume_status rsm_keyring_start(resume_keyring *ring, uint64_t now_ms, char *why);

#endif
