/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsm_keyset: an immutable snapshot of a ring's keys, which codecs read while the ring goes on
 * (I-170), and the draft from which the next one is made. Not locked: the ring does that.
 */
#ifndef RSM_CORE_KEYSET_H
#define RSM_CORE_KEYSET_H

#include "core/key.h"

#define RSM_KEYSET_MAX 64U
/* Names of retired keys that are remembered, to tell an expired key from an unknown one. */
#define RSM_KEYSET_RETIRED 32U

struct rsm_keyset {
    struct rsm_ref ref;
    uint64_t due_ms;    /* from this instant on the ring has work: a rotation, a retirement */
    uint64_t before_ms; /* and for any time before this one: the clock was set back */
    uint64_t max_seals; /* 0: no limit */
    size_t count;
    resume_key *keys[RSM_KEYSET_MAX]; /* by seal_from, then name, the greatest first */
    size_t retired_count;             /* ever; the newest RSM_KEYSET_RETIRED are kept */
    uint8_t retired[RSM_KEYSET_RETIRED][RSM_KEY_NAME];
};

/* A copy to edit (of nothing if from is NULL), with references to its keys. NULL: no memory. */
struct rsm_keyset *rsm_keyset_copy(const struct rsm_keyset *from);
struct rsm_keyset *rsm_keyset_ref(struct rsm_keyset *set);
struct rsm_keyset *rsm_keyset_unref(struct rsm_keyset *set);

/* Edits of a draft that nobody else sees yet. Adding takes over the caller's reference if it
 * succeeds: RESUME_OK, RESUME_EXISTS (name or secret), RESUME_TOO_LARGE. */
resume_status rsm_keyset_add(struct rsm_keyset *draft, resume_key *key);
void rsm_keyset_remove(struct rsm_keyset *draft, size_t index);
/* Puts the same key with other times in the place of the old one; takes over the reference. */
void rsm_keyset_replace(struct rsm_keyset *draft, size_t index, resume_key *key);
/* Takes all of what the other has, keys and retired names, and gives its own: for edits that were
 * tried on a copy. */
void rsm_keyset_exchange(struct rsm_keyset *draft, struct rsm_keyset *other);
/* Removes the keys that no longer open. */
void rsm_keyset_expire(struct rsm_keyset *draft, uint64_t now_ms);
/* The generated key that stops opening first, or RSM_KEYSET_MAX. */
size_t rsm_keyset_oldest_generated(const struct rsm_keyset *set);
/* The earliest open_until of all keys; UINT64_MAX for none. */
uint64_t rsm_keyset_next_expiry(const struct rsm_keyset *set);

/* True if tick has something to do at this time. */
bool rsm_keyset_is_due(const struct rsm_keyset *set, uint64_t now_ms);

/* Borrowed, or NULL. */
resume_key *rsm_keyset_sealing(const struct rsm_keyset *set, uint64_t now_ms);
resume_key *rsm_keyset_find(const struct rsm_keyset *set, const uint8_t *name);
bool rsm_keyset_has(const struct rsm_keyset *set, const resume_key *key);
/* True if a generated key could seal now but for its count. */
bool rsm_keyset_is_used_up(const struct rsm_keyset *set, uint64_t now_ms);
bool rsm_keyset_was_retired(const struct rsm_keyset *set, const uint8_t *name);

#endif
