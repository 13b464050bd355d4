/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of any length under a keyring, for files: a row of AEAD frames, each of which is bound to
 * its place, to this one file and to its purpose, so that none can be dropped, swapped, repeated or
 * taken for a ticket. docs/format.md has the layout. Not the file itself (base/file.h).
 *
 *     "rsmf" | format 1 | nonce 16 | then chunks: length 2 | AEAD frame
 *
 * An older file put back in the place of a newer one is a good file: nothing in it can tell.
 */
#ifndef RSM_CORE_SEALED_FILE_H
#define RSM_CORE_SEALED_FILE_H

#include <resume/keyring.h>

#include "base/buffer.h"

#define RSM_SEALED_FORMAT  1U
#define RSM_SEALED_NONCE   16U
#define RSM_SEALED_HEAD    (4U + 1U + RSM_SEALED_NONCE)
#define RSM_SEALED_CHUNK   32768U /* plain bytes in each chunk but the last */
#define RSM_SEALED_PURPOSE 64U    /* most bytes of a purpose */

/* plain_len is at least 1. RESUME_OK, RESUME_NO_KEY, RESUME_E_NOMEM, RESUME_E_CRYPTO. */
resume_status rsm_sealed_file_seal(resume_keyring *keyring, const char *purpose,
                                   const uint8_t *plain, size_t plain_len, uint64_t now_ms,
                                   struct rsm_buffer *ret_sealed);

/* Hostile bytes. RESUME_OK; RESUME_NO_KEY, the ring lacks the key; RESUME_EXPIRED, RESUME_FORGED,
 * RESUME_MALFORMED, RESUME_UNSUPPORTED, RESUME_E_NOMEM, RESUME_E_CRYPTO. What came out before an
 * error stands in the buffer; freeing wipes it. */
resume_status rsm_sealed_file_open(resume_keyring *keyring, const char *purpose,
                                   const uint8_t *data, size_t data_len, uint64_t now_ms,
                                   struct rsm_buffer *ret_plain);

#endif
