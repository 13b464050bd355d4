/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4), at once or from a midstate: what is left of the hash after some first
 * block, kept so that a later hash with the same first block starts behind it. Not a MAC: see
 * hmac.h.
 */
#ifndef RSM_CRYPTO_DIGEST_H
#define RSM_CRYPTO_DIGEST_H

#include <resume/status.h>

#define RSM_SHA256_SIZE  32U
#define RSM_SHA256_BLOCK 64U

/* As secret as the block it comes from. */
struct rsm_sha256_mid {
    uint32_t words[8];
};

/* out has RSM_SHA256_SIZE bytes. RESUME_OK or RESUME_E_CRYPTO; so all three. */
RESUME_MUST_USE resume_status rsm_sha256(const uint8_t *data, size_t len, uint8_t *out);

/* Takes one block of RSM_SHA256_BLOCK bytes. */
RESUME_MUST_USE resume_status rsm_sha256_begin(const uint8_t *block,
                                               struct rsm_sha256_mid *ret_mid);

/* The hash of the block followed by data. Wipes what it kept in between. */
RESUME_MUST_USE resume_status rsm_sha256_finish(const struct rsm_sha256_mid *mid,
                                                const uint8_t *data, size_t len, uint8_t *out);

#endif
