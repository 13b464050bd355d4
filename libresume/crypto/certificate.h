/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 fingerprints of what a PEM file of certificates holds, as stock servers make their session
 * contexts of. Not verification: nothing here is trusted, and SHA-1 guards nothing here.
 */
#ifndef RSM_CRYPTO_CERTIFICATE_H
#define RSM_CRYPTO_CERTIFICATE_H

#include <resume/status.h>

#include "base/buffer.h"

#define RSM_SHA1_SIZE 20U

/* out has RSM_SHA1_SIZE bytes. RESUME_OK or RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_sha1(const uint8_t *data, size_t len, uint8_t *out);

/* Appends the fingerprint of the file's first certificate, or of each certificate's subject, one
 * subject once. RESUME_OK; RESUME_E_IO, the file cannot be read; RESUME_MALFORMED, there is no
 * certificate in it; RESUME_E_NOMEM; RESUME_E_CRYPTO. */
RESUME_MUST_USE resume_status rsm_certificate_first(const char *path, struct rsm_buffer *into);
RESUME_MUST_USE resume_status rsm_certificate_subjects(const char *path, struct rsm_buffer *into);

#endif
