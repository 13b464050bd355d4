/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates out of PEM files, by libcrypto, and their SHA-1 fingerprints.
 */
#include "crypto/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string.h>

resume_status rsm_sha1(const uint8_t *data, size_t len, uint8_t *out) {
    unsigned size = 0;
    bool done = EVP_Digest(data, len, out, &size, EVP_sha1(), NULL) == 1 && size == RSM_SHA1_SIZE;
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

static resume_status append(struct rsm_buffer *into, const uint8_t *digest) {
    rsm_buffer_append(into, digest, RSM_SHA1_SIZE);
    return into->failed ? RESUME_E_NOMEM : RESUME_OK;
}

resume_status rsm_certificate_first(const char *path, struct rsm_buffer *into) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    resume_status status = RESUME_OK;
    ERR_set_mark(); /* a caller's queue of errors stays as it was */
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = file ? PEM_read_bio_X509_AUX(file, NULL, NULL, NULL) : NULL;
    if (!certificate) {
        status = file ? RESUME_MALFORMED : RESUME_E_IO;
    } else if (X509_digest(certificate, EVP_sha1(), digest, &size) != 1) {
        status = RESUME_E_CRYPTO;
    } else {
        status = append(into, digest);
    }
    X509_free(certificate);
    BIO_free(file);
    ERR_pop_to_mark();
    return status;
}

static bool has(const struct rsm_buffer *digests, size_t from, const uint8_t *digest) {
    for (size_t at = from; at + RSM_SHA1_SIZE <= digests->len; at += RSM_SHA1_SIZE) {
        if (memcmp(digests->data + at, digest, RSM_SHA1_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static resume_status append_subject(X509 *certificate, size_t from, struct rsm_buffer *into) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_NAME_digest(X509_get_subject_name(certificate), EVP_sha1(), digest, &size) != 1) {
        return RESUME_E_CRYPTO;
    }
    return has(into, from, digest) ? RESUME_OK : append(into, digest);
}

resume_status rsm_certificate_subjects(const char *path, struct rsm_buffer *into) {
    size_t from = into->len;
    resume_status status = RESUME_OK;
    ERR_set_mark();
    BIO *file = BIO_new_file(path, "r");
    X509 *certificate = NULL;
    while (status == RESUME_OK && file &&
           (certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL) {
        status = append_subject(certificate, from, into);
        X509_free(certificate);
    }
    if (status == RESUME_OK && into->len == from) {
        status = file ? RESUME_MALFORMED : RESUME_E_IO;
    }
    BIO_free(file);
    ERR_pop_to_mark();
    return status;
}
