/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA256 and HMAC-SHA384 (RFC 2104), with a key that is prepared once: two midstates, copied
 * by value, used by many threads at once. Comparing MACs is rsm_equal_ct()'s work.
 */
#ifndef RSM_CRYPTO_HMAC_H
#define RSM_CRYPTO_HMAC_H

#include <resume/status.h>

#include "crypto/digest.h"

#define RSM_HMAC_SIZE    RSM_SHA256_SIZE
#define RSM_HMAC384_SIZE RSM_SHA384_SIZE

/* As secret as the key; whoever holds one wipes it. */
struct rsm_hmac_key {
    struct rsm_sha256_mid inner, outer;
};

struct rsm_hmac384_key {
    struct rsm_sha384_mid inner, outer;
};

/* Any length of key, also none. RESUME_OK or RESUME_E_CRYPTO; so all here. */
RESUME_MUST_USE resume_status rsm_hmac_key_init(const uint8_t *key, size_t key_len,
                                                struct rsm_hmac_key *ret_key);

/* out has RSM_HMAC_SIZE bytes and may lie behind data. */
RESUME_MUST_USE resume_status rsm_hmac_with(const struct rsm_hmac_key *key, const uint8_t *data,
                                            size_t len, uint8_t *out);

/* Both in one, for keys that are used once. */
RESUME_MUST_USE resume_status rsm_hmac_sha256(const uint8_t *key, size_t key_len,
                                              const uint8_t *data, size_t len, uint8_t *out);

/* For what is as secret as a key: pieces, and no inner hash left on the stack. out may be one of
 * the pieces. */
RESUME_MUST_USE resume_status rsm_hmac_with_pieces(const struct rsm_hmac_key *key,
                                                   const struct rsm_piece *pieces, size_t count,
                                                   uint8_t *out);

/* The same with SHA-384; out has RSM_HMAC384_SIZE bytes. */
RESUME_MUST_USE resume_status rsm_hmac384_key_init(const uint8_t *key, size_t key_len,
                                                   struct rsm_hmac384_key *ret_key);
RESUME_MUST_USE resume_status rsm_hmac384_with_pieces(const struct rsm_hmac384_key *key,
                                                      const struct rsm_piece *pieces, size_t count,
                                                      uint8_t *out);

#endif
