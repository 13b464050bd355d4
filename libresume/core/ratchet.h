/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsm_ratchet: the chain of seeds that a `random:` ring draws its keys from. Each step gives one
 * ticket key and the next seed and wipes the old one:
 *
 *     key n (16 name | 32 AES | 32 HMAC) = HKDF-SHA256(seed n, info "libresume random key")
 *     seed n+1                           = HKDF-SHA256(seed n, info "libresume random next")
 *
 * So all children of the process that drew seed 0 reach the same keys without talking, and a thief
 * of the present seed learns no past key. Knows nothing of time.
 */
#ifndef RSM_CORE_RATCHET_H
#define RSM_CORE_RATCHET_H

#include <resume/status.h>

#define RSM_RATCHET_KEY 80U

/* Its owner keeps it in locked memory and wipes it. */
struct rsm_ratchet {
    uint8_t seed[32];
    uint8_t key[RSM_RATCHET_KEY]; /* of the last step, until rsm_ratchet_forget() */
};

/* A seed from the system's random source. RESUME_OK or RESUME_E_CRYPTO. */
resume_status rsm_ratchet_init(struct rsm_ratchet *ratchet);

/* One step; the key stands in ratchet->key. On failure the ratchet must be thrown away. */
resume_status rsm_ratchet_step(struct rsm_ratchet *ratchet);

/* Wipes the key of the last step. */
void rsm_ratchet_forget(struct rsm_ratchet *ratchet);

#endif
