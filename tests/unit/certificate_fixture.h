/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PEM file of certificates made on the spot.
 */
#ifndef RSM_TEST_CERTIFICATE_FIXTURE_H
#define RSM_TEST_CERTIFICATE_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A certificate of that common name, signed by itself. */
static inline X509 *make_certificate(const char *subject) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    assert_true(key && certificate);
    X509_NAME *name = X509_get_subject_name(certificate);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)subject, -1, -1, 0),
                     1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    EVP_PKEY_free(key);
    return certificate;
}

/* Into a new file, whose path is put into `path` (64 bytes). first_digest (20 bytes, or NULL)
 * receives the SHA-1 of the first one's DER. */
static inline void write_certificates(char *path, const char *const *subjects, size_t count,
                                      uint8_t *first_digest) {
    strcpy(path, "/tmp/libresume-certificates-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        X509 *certificate = make_certificate(subjects[i]);
        assert_int_equal(PEM_write_X509(file, certificate), 1);
        if (i == 0 && first_digest) {
            assert_int_equal(X509_digest(certificate, EVP_sha1(), first_digest, NULL), 1);
        }
        X509_free(certificate);
    }
    assert_int_equal(fclose(file), 0);
}

#endif
