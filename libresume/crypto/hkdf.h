/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HKDF-SHA256 (RFC 5869): keys from keys. For set-up, not for the hot path. Not for passwords.
 */
#ifndef RSM_CRYPTO_HKDF_H
#define RSM_CRYPTO_HKDF_H

#include <resume/status.h>

/* RFC 5869 section 2.3: 255 hashes; libcrypto 3.0 takes 1024 bytes of info. */
#define RSM_HKDF_OUT_MAX  (255U * 32U)
#define RSM_HKDF_INFO_MAX 1024U

/* Extract and expand. salt and info may be NULL with length 0. RESUME_OK, RESUME_E_INVALID for a
 * length that HKDF does not have, RESUME_E_CRYPTO; out is zeros unless RESUME_OK. */
RESUME_MUST_USE resume_status rsm_hkdf_sha256(const uint8_t *ikm, size_t ikm_len,
                                              const uint8_t *salt, size_t salt_len,
                                              const uint8_t *info, size_t info_len, uint8_t *out,
                                              size_t out_len);

#endif
