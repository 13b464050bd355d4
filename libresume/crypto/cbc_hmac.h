/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protection that RFC 5077 section 4 recommends: AES-CBC with PKCS #7 padding, then HMAC-SHA256
 * over name, IV and ciphertext, or to the letter, with the length of the ciphertext before it.
 * One context holds what is made from a key once (cipher schedules,
 * MAC midstates) and serves one thread at a time. Which key a name means is the ring's work.
 */
#ifndef RSM_CRYPTO_CBC_HMAC_H
#define RSM_CRYPTO_CBC_HMAC_H

#include <resume/status.h>

#define RSM_CBC_NAME  16U
#define RSM_CBC_BLOCK 16U
#define RSM_CBC_HEAD  (RSM_CBC_NAME + RSM_CBC_BLOCK)
#define RSM_CBC_MAC   32U
/* To the letter: 2 bytes of length behind the IV. */
#define RSM_CBC_STRUCT_HEAD (RSM_CBC_HEAD + 2U)
/* Name, IV, one block, MAC: no ticket is shorter. */
#define RSM_CBC_MIN (RSM_CBC_HEAD + RSM_CBC_BLOCK + RSM_CBC_MAC)

struct rsm_cbc_hmac;

/* cipher_key has 16 bytes (AES-128) or 32 (AES-256), mac_key any number. RESUME_OK,
 * RESUME_E_INVALID for another length, RESUME_E_NOMEM, RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_cbc_hmac_new(const uint8_t *cipher_key, size_t cipher_key_len,
                                               const uint8_t *mac_key, size_t mac_key_len,
                                               struct rsm_cbc_hmac **ret_context);

/* Wipes and frees; takes NULL. */
void rsm_cbc_hmac_free(struct rsm_cbc_hmac *context);

/* Writes name | IV | ciphertext | MAC under a fresh random IV: RSM_CBC_HEAD, the plaintext padded
 * to the next multiple of 16 above it, RSM_CBC_MAC. plain may stand at out + RSM_CBC_HEAD, else it
 * does not overlap out. RESUME_OK, or RESUME_E_CRYPTO: nothing of the plaintext is then in out. */
RESUME_MUST_USE resume_status rsm_cbc_hmac_seal(struct rsm_cbc_hmac *context, const uint8_t *name,
                                                const uint8_t *plain, size_t plain_len,
                                                uint8_t *out);

/* The MAC first, compared in constant time; only then the ciphertext, into plain, which has room
 * for all of it (ticket_len - RSM_CBC_HEAD - RSM_CBC_MAC). RESUME_OK; RESUME_FORGED for whatever is
 * wrong with the bytes, padding included (I-152); RESUME_MALFORMED for a length that no seal makes,
 * before any crypto (I-154); RESUME_E_CRYPTO. plain is zeros or untouched unless RESUME_OK. */
RESUME_MUST_USE resume_status rsm_cbc_hmac_open(struct rsm_cbc_hmac *context, const uint8_t *ticket,
                                                size_t ticket_len, uint8_t *plain, size_t *ret_len);

/* The same two with the length of the ciphertext in 2 bytes behind the IV, under the MAC too:
 * RSM_CBC_STRUCT_HEAD stands for RSM_CBC_HEAD. Sealing answers RESUME_E_INVALID for a plaintext
 * whose ciphertext 2 bytes cannot count, opening RESUME_MALFORMED for a length that is not that of
 * the ciphertext. */
RESUME_MUST_USE resume_status rsm_cbc_hmac_seal_struct(struct rsm_cbc_hmac *context,
                                                       const uint8_t *name, const uint8_t *plain,
                                                       size_t plain_len, uint8_t *out);
RESUME_MUST_USE resume_status rsm_cbc_hmac_open_struct(struct rsm_cbc_hmac *context,
                                                       const uint8_t *ticket, size_t ticket_len,
                                                       uint8_t *plain, size_t *ret_len);

/* The number of padding bytes (1 to 16) at the end of len bytes, a positive multiple of 16; 0 if
 * that is no PKCS #7 padding. No branch or index depends on the bytes (I-161). */
size_t rsm_cbc_padding_ct(const uint8_t *plain, size_t len);

#endif
