/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_key: one ticket key, immutable but for its count of seals. Its secrets stand in locked
 * memory and are wiped with the last reference. Not the ring (keyring.h) and not the judgement
 * of key material (key_audit.h).
 */
#ifndef RSM_CORE_KEY_H
#define RSM_CORE_KEY_H

#include <resume/keyring.h>

#include "base/ref.h"

#define RSM_KEY_NAME 16U
#define RSM_KEY_ROOT 32U
#define RSM_KEY_SEED 32U
/* h2o's HMAC keys fill the digest's block. */
#define RSM_KEY_MAC_MAX 64U
/* Above this cap each thread counts its seals in steps of RSM_SEAL_BATCH, to share no cache line.
 */
#define RSM_SEAL_EXACT 262144U
#define RSM_SEAL_BATCH 256U

/* Where a key came from: a reload replaces the file's keys only, a rotation the generated ones,
 * derive: and redis: those that the fleet has. */
enum rsm_key_origin { RSM_KEY_ADDED, RSM_KEY_GENERATED, RSM_KEY_FILE, RSM_KEY_FLEET };

/* What a key is made from. The pointers are borrowed. */
struct rsm_key_spec {
    const uint8_t *name;       /* RSM_KEY_NAME bytes */
    const uint8_t *cipher_key; /* size bytes */
    const uint8_t *mac_key;    /* mac_size bytes */
    const uint8_t *seed;       /* RSM_KEY_SEED bytes that Go makes the key from, or NULL */
    size_t size;               /* 16 or 32 */
    size_t mac_size;           /* RSM_KEY_MAC_MAX, or 0 for the same as size */
    uint64_t seal_from, seal_until, open_until;
    enum rsm_key_origin origin;
};

/* The locked part: everything of a key that must never reach a disk. */
struct rsm_key_secret {
    uint8_t cipher_key[32];
    uint8_t mac_key[RSM_KEY_MAC_MAX];
    uint8_t seed[RSM_KEY_SEED]; /* if has_seed */
    uint8_t root[RSM_KEY_ROOT]; /* of XAES-256-GCM, derived from both keys */
};

/* What an adapter hung on a key, see resume_key_set_extra(). */
struct rsm_key_extra {
    void *data;
    resume_key_extra_free_fn destroy;
};

struct resume_key {
    struct rsm_ref ref;
    uint8_t name[RSM_KEY_NAME];
    size_t size;     /* of the AES key: 16 or 32 */
    size_t mac_size; /* the same, or RSM_KEY_MAC_MAX */
    bool has_seed;
    uint64_t serial;
    enum rsm_key_origin origin;
    uint64_t seal_from, seal_until, open_until;
    struct rsm_key_secret *secret;
    _Atomic(struct rsm_key_extra *) extra; /* NULL until one is set, then that one for good */
    _Alignas(64) atomic_uint_fast64_t seals;
};

static inline size_t rsm_key_spec_mac_size(const struct rsm_key_spec *spec) {
    return spec->mac_size ? spec->mac_size : spec->size;
}

/* Copies the spec; RESUME_OK, RESUME_E_NOMEM or RESUME_E_CRYPTO. Judges nothing. */
resume_status rsm_key_new(const struct rsm_key_spec *spec, resume_key **ret_key);

/* True if name and both secrets are those of the spec; in constant time. */
bool rsm_key_is(const resume_key *key, const struct rsm_key_spec *spec);

/* The same name and secrets with other times, and the count carried over: for an early rotation
 * and for a key file that changed its role. It has a serial of its own. */
resume_status rsm_key_with_times(const resume_key *key, uint64_t seal_from, uint64_t seal_until,
                                 uint64_t open_until, resume_key **ret_key);

/* True if the two share the cipher or the MAC secret; in constant time. */
bool rsm_key_shares_secret(const resume_key *key, const struct rsm_key_spec *spec);

/* Adds to the count of seals; relaxed, any thread. */
void rsm_key_add_seals(resume_key *key, uint64_t count);

/* True while the key's own times let it seal; the ring decides among several. */
bool rsm_key_seals_at(const resume_key *key, uint64_t now_ms);

/* A number no handle had before: for keys, rings and whatever else caches are keyed by. */
uint64_t rsm_serial_next(void);

#endif
