/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring that a fleet shares through a place that nobody trusts: which keys it has, when a new
 * one is due, and how it is sealed. Pure: no clock and no network. The record:
 *
 *     "rsmk" | version 1 | generation 8 | nonce 24 | ciphertext | tag 16      (XAES-256-GCM)
 *     plaintext: count 1 | count times: name 16, AES 32, HMAC 32, seal from 8, seal until 8,
 *                open until 8
 *     root key = HKDF-SHA256(secret, no salt, info "libresume fleet ring")
 *     associated data: the first 13 bytes and the ring's name
 */
#ifndef RSM_STORE_FLEET_RING_H
#define RSM_STORE_FLEET_RING_H

#include <resume/status.h>

#include "crypto/xaes.h"

#define RSM_FLEET_KEYS     40U
#define RSM_FLEET_KEY      80U
#define RSM_FLEET_HEAD     13U
#define RSM_FLEET_NAME_MAX 64U
#define RSM_FLEET_PLAIN    (1U + RSM_FLEET_KEYS * (RSM_FLEET_KEY + 24U))
#define RSM_FLEET_RECORD   (RSM_FLEET_HEAD + RSM_XAES_NONCE + RSM_FLEET_PLAIN + RSM_XAES_TAG)

struct rsm_fleet_key {
    uint8_t bytes[RSM_FLEET_KEY]; /* name 16 | AES 32 | HMAC 32 */
    uint64_t seal_from, seal_until, open_until;
};

/* Its owner keeps it in locked memory and wipes it. */
struct rsm_fleet_ring {
    uint64_t generation; /* 0: none yet; each exchange adds one */
    size_t count;
    struct rsm_fleet_key keys[RSM_FLEET_KEYS]; /* by seal_from, the greatest last */
};

/* How keys follow each other. */
struct rsm_fleet_plan {
    uint64_t seal_ms, open_ms;
    uint64_t lead_ms; /* no key seals before it was there for so long: the slowest host has it */
};

/* Gives the root key, RSM_XAES_KEY bytes. */
RESUME_MUST_USE resume_status rsm_fleet_root(const uint8_t *secret, size_t secret_len,
                                             uint8_t *root);

/* Lets the keys go that open no more. */
void rsm_fleet_ring_expire(struct rsm_fleet_ring *ring, uint64_t now_ms);

/* Lets expired keys go and makes the next one, if there is none that will seal. RESUME_OK: the ring
 * changed and has its next generation; RESUME_MISS: there is nothing to do; RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_fleet_ring_turn(struct rsm_fleet_ring *ring,
                                                  const struct rsm_fleet_plan *plan,
                                                  uint64_t now_ms);

/* record has RSM_FLEET_RECORD bytes. RESUME_OK, RESUME_E_NOMEM, RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_fleet_ring_seal(const struct rsm_fleet_ring *ring,
                                                  const uint8_t *root, const char *name,
                                                  uint8_t *record, size_t *ret_len);

/* Hostile bytes. RESUME_OK; RESUME_FORGED: another secret, another name, or no record of ours;
 * RESUME_MALFORMED, RESUME_UNSUPPORTED; RESUME_E_NOMEM, RESUME_E_CRYPTO. *ret_ring is undefined
 * unless RESUME_OK, and the caller wipes it in any case. */
RESUME_MUST_USE resume_status rsm_fleet_ring_open(const uint8_t *record, size_t record_len,
                                                  const uint8_t *root, const char *name,
                                                  struct rsm_fleet_ring *ret_ring);

#endif
