/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A digest of everything in a client's connection that can be read and that a session depends on:
 * under other settings the session might never have come about (I-114). A setting too many costs a
 * full handshake, one too few lends a session to a configuration that would not have made it. It is
 * not what decides about trust: anchors are not in it, since libcrypto reads directories of them
 * when it pleases, nor is DANE, which libssl does not tell; client_trust.c verifies the chain under
 * today's.
 */
#include "client.h"

#include <openssl/ct.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <string.h>

static bool add(EVP_MD_CTX *digest, const void *data, size_t len) {
    uint64_t size = len; /* in front of its bytes: no two lists of settings read alike */
    uint8_t head[8];
    for (size_t i = 0; i < sizeof head; i++) {
        head[i] = (uint8_t)(size >> (8 * i));
    }
    return EVP_DigestUpdate(digest, head, sizeof head) == 1 &&
           (len == 0 || EVP_DigestUpdate(digest, data, len) == 1);
}

static bool add_number(EVP_MD_CTX *digest, uint64_t number) {
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return EVP_DigestUpdate(digest, bytes, sizeof bytes) == 1;
}

static bool add_text(EVP_MD_CTX *digest, const char *text) {
    return add_number(digest, text != NULL) && add(digest, text, text ? strlen(text) : 0);
}

/* Names compare without case. */
static bool add_name(EVP_MD_CTX *digest, const char *name) {
    bool ok = add_number(digest, strlen(name));
    for (const char *p = name; ok && *p; p++) {
        uint8_t letter = (uint8_t)*p;
        if (letter >= 'A' && letter <= 'Z') {
            letter |= 0x20;
        }
        ok = EVP_DigestUpdate(digest, &letter, 1) == 1;
    }
    return ok;
}

/* Names, an address and a mail address that the certificate must be for. */
static bool add_verified_names(EVP_MD_CTX *digest, X509_VERIFY_PARAM *param) {
    const char *host = NULL;
    bool ok = true;
    for (int i = 0; ok && (host = X509_VERIFY_PARAM_get0_host(param, i)) != NULL; i++) {
        ok = add_number(digest, 1) && add_name(digest, host);
    }
    char *ip = X509_VERIFY_PARAM_get1_ip_asc(param);
    ok = ok && add_number(digest, 0) && add_text(digest, ip) &&
         add_text(digest, X509_VERIFY_PARAM_get0_email(param));
    OPENSSL_free(ip);
    return ok;
}

static bool add_verification(EVP_MD_CTX *digest, SSL *ssl) {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    return add_number(digest, (uint64_t)SSL_get_verify_mode(ssl)) &&
           add_number(digest, (uint64_t)SSL_get_verify_depth(ssl)) &&
           add_number(digest, X509_VERIFY_PARAM_get_flags(param)) &&
           add_number(digest, X509_VERIFY_PARAM_get_hostflags(param)) &&
           add_number(digest, (uint64_t)X509_VERIFY_PARAM_get_auth_level(param)) &&
           add_number(digest, (uint64_t)SSL_get_security_level(ssl)) &&
           add_number(digest, SSL_get_verify_callback(ssl) != NULL) &&
           add_number(digest, (uint64_t)SSL_ct_is_enabled(ssl)) &&
           add_verified_names(digest, param);
}

static bool add_protocol(EVP_MD_CTX *digest, SSL *ssl) {
    const STACK_OF(SSL_CIPHER) *suites = SSL_get_ciphers(ssl);
    int count = sk_SSL_CIPHER_num(suites);
    bool ok = add_number(digest, (uint64_t)SSL_is_dtls(ssl)) &&
              add_number(digest, (uint64_t)SSL_get_min_proto_version(ssl)) &&
              add_number(digest, (uint64_t)SSL_get_max_proto_version(ssl)) &&
              add_number(digest, SSL_get_options(ssl)) && add_number(digest, (uint64_t)count);
    for (int i = 0; ok && i < count; i++) {
        ok = add_number(digest, SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(suites, i)));
    }
    return ok;
}

/* Who the client is: the leaf says it (CVE-2016-5419, CVE-2016-5420). */
static bool add_own_certificate(EVP_MD_CTX *digest, SSL *ssl) {
    const X509 *own = SSL_get_certificate(ssl);
    unsigned char *der = NULL;
    int len = own ? i2d_X509(own, &der) : 0;
    bool ok = len >= 0 && add_number(digest, own != NULL) && add(digest, der, (size_t)len);
    OPENSSL_free(der);
    return ok;
}

bool rsm_client_settings_digest(SSL *ssl, const uint8_t *label, uint8_t *ret_digest) {
    static const char purpose[] = "libresume client settings 1";
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool ok = digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
              add(digest, purpose, sizeof purpose) && add(digest, label, RSM_DIGEST_SIZE) &&
              add_verification(digest, ssl) && add_protocol(digest, ssl) &&
              add_own_certificate(digest, ssl) && EVP_DigestFinal_ex(digest, ret_digest, NULL) == 1;
    EVP_MD_CTX_free(digest);
    return ok;
}
