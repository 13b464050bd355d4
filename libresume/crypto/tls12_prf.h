/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pseudorandom function of TLS 1.2 (RFC 5246 section 5): secrets, keys and Finished values from
 * a secret, a label and a seed. What each is made from stands in core/tls12.c. Not the PRF of
 * TLS 1.0 and 1.1, which joins MD5 and SHA-1.
 */
#ifndef RSM_CRYPTO_TLS12_PRF_H
#define RSM_CRYPTO_TLS12_PRF_H

#include <resume/tls12.h>

#include "crypto/digest.h"

/* The size of a hash that the PRF may be built on, 0 for any other value. */
size_t rsm_tls12_hash_size(resume_hash hash);

/* Fills out, which overlaps nothing else. A hash that has a size. RESUME_OK, or RESUME_E_CRYPTO
 * with out wiped. No allocation, no lock, no fetch. */
RESUME_MUST_USE resume_status rsm_tls12_prf(resume_hash hash, const uint8_t *secret,
                                            size_t secret_len, struct rsm_piece label,
                                            struct rsm_piece seed, uint8_t *out, size_t out_len);

#endif
