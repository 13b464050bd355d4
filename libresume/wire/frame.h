/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three ticket frames as byte layouts: where the parts of a foreign ticket stand, and how long
 * a ticket becomes. Pure: no keys, no crypto.
 *
 *     RFC 5077          name 16 | IV 16 | ciphertext 16n | MAC 32
 *     RFC 5077, struct  name 16 | IV 16 | length 2 | ciphertext 16n | MAC 32
 *     AEAD              name 16 | version 1 | nonce 24 | ciphertext | tag 16
 *
 * No length is one of both RFC 5077 frames, so none of the two is ever taken for the other.
 */
#ifndef RSM_WIRE_FRAME_H
#define RSM_WIRE_FRAME_H

#include <resume/status.h>

#define RSM_FRAME_NAME         16U
#define RSM_FRAME_MAX          65535U
#define RSM_FRAME_AEAD_VERSION 1U
#define RSM_FRAME_AEAD_NONCE   24U
#define RSM_FRAME_AEAD_TAG     16U
#define RSM_FRAME_AEAD_HEAD    (RSM_FRAME_NAME + 1U + RSM_FRAME_AEAD_NONCE)
/* name | version | context: what the AEAD authenticates beside the ciphertext. */
#define RSM_FRAME_CONTEXT_MAX 255U
#define RSM_FRAME_AAD_MAX     (RSM_FRAME_NAME + 1U + RSM_FRAME_CONTEXT_MAX)

/* Parts of a ticket; pointers into the caller's bytes. */
struct rsm_frame {
    const uint8_t *name;
    const uint8_t *nonce;
    const uint8_t *body;
    size_t body_len;
    const uint8_t *tag; /* MAC or tag */
};

/* RESUME_OK, or RESUME_MALFORMED for a length that no seal could have made (I-154). */
resume_status rsm_frame_parse_rfc5077(const uint8_t *data, size_t data_len,
                                      struct rsm_frame *ret_frame);

/* The same; a length field that differs from the ciphertext's length is RESUME_MALFORMED too. */
resume_status rsm_frame_parse_rfc5077_struct(const uint8_t *data, size_t data_len,
                                             struct rsm_frame *ret_frame);

/* The same as the first; RESUME_UNSUPPORTED for a version that this library does not know. */
resume_status rsm_frame_parse_aead(const uint8_t *data, size_t data_len,
                                   struct rsm_frame *ret_frame);

/* Exact length of a ticket around plain_len bytes; SIZE_MAX if that overflows. */
size_t rsm_frame_size_rfc5077(size_t plain_len);
size_t rsm_frame_size_rfc5077_struct(size_t plain_len);
size_t rsm_frame_size_aead(size_t plain_len);

/* Writes name | version | context, at most RSM_FRAME_AAD_MAX bytes; returns their number. */
size_t rsm_frame_aad(const uint8_t *name, const uint8_t *context, size_t context_len, uint8_t *aad);

#endif
