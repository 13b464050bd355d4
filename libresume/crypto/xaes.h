/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XAES-256-GCM (c2sp.org/XAES-256-GCM): AES-256-GCM with a nonce of 24 bytes. The first 12 of them
 * select a key, derived from the root key; the last 12 are that key's GCM nonce. One context holds
 * the schedules of a root key, of the key it seals under and of those it opened under lately, and
 * serves one thread at a time.
 *
 * No nonce repeats (I-67): a context draws 24 random bytes and counts upward from there, for at
 * most RSM_XAES_RUN seals and never across a fork (I-165), then draws again. Two contexts of one
 * root key would have to draw the same 12 bytes, and starts close together besides.
 */
#ifndef RSM_CRYPTO_XAES_H
#define RSM_CRYPTO_XAES_H

#include <resume/status.h>

#define RSM_XAES_KEY   32U
#define RSM_XAES_NONCE 24U
#define RSM_XAES_TAG   16U
#define RSM_XAES_RUN   ((uint32_t)1 << 20)

struct rsm_xaes;

/* root has RSM_XAES_KEY bytes. RESUME_OK, RESUME_E_NOMEM, RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_xaes_new(const uint8_t *root, struct rsm_xaes **ret_xaes);

/* Wipes and frees; takes NULL. */
void rsm_xaes_free(struct rsm_xaes *xaes);

/* Writes the nonce, as many bytes of ciphertext as plaintext, and the tag. plain may be cipher.
 * RESUME_OK, RESUME_E_INVALID for lengths above INT_MAX, RESUME_E_NOMEM, RESUME_E_CRYPTO: cipher is
 * zeros unless RESUME_OK. */
RESUME_MUST_USE resume_status rsm_xaes_seal(struct rsm_xaes *xaes, const uint8_t *aad,
                                            size_t aad_len, const uint8_t *plain, size_t plain_len,
                                            uint8_t *nonce, uint8_t *cipher, uint8_t *tag);

/* The same under a given nonce: for test vectors. Using one twice under a root key breaks it. */
RESUME_MUST_USE resume_status rsm_xaes_seal_with(struct rsm_xaes *xaes, const uint8_t *nonce,
                                                 const uint8_t *aad, size_t aad_len,
                                                 const uint8_t *plain, size_t plain_len,
                                                 uint8_t *cipher, uint8_t *tag);

/* RESUME_OK; RESUME_FORGED: plain is zeros then; else as above. plain may be cipher. */
RESUME_MUST_USE resume_status rsm_xaes_open(struct rsm_xaes *xaes, const uint8_t *nonce,
                                            const uint8_t *aad, size_t aad_len,
                                            const uint8_t *cipher, size_t cipher_len,
                                            const uint8_t *tag, uint8_t *plain);

#endif
