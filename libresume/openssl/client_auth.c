/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A digest of everything that decides which client certificates a server accepts: mode, depth,
 * flags, security level, CA names and trust anchors. It is part of the context, so that a session
 * made under other rules does not resume (CVE-2025-23419, CVE-2025-23048, CVE-2022-21654).
 * Not a verification of anything. It cannot see what a verify callback does, nor certificates in
 * a directory that libcrypto reads only when it needs one.
 */
#include "adapter.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <string.h>

/* Adds SHA-256 of a DER value, with carry, to a 256-bit sum: the order of a set must not matter,
 * since libcrypto sorts trust anchors when it pleases. */
static bool add_to_sum(uint8_t *sum, unsigned char *der, int der_len) {
    uint8_t digest[RSM_DIGEST_SIZE];
    bool ok = der_len > 0 &&
              EVP_Digest(der, (size_t)der_len, digest, NULL, rsm_ticket_digest(), NULL) == 1;
    unsigned carry = 0;
    for (size_t i = RSM_DIGEST_SIZE; ok && i-- > 0;) {
        carry += (unsigned)sum[i] + digest[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
    OPENSSL_free(der);
    return ok;
}

static bool sum_names(const STACK_OF(X509_NAME) * names, uint8_t *sum) {
    for (int i = 0; i < sk_X509_NAME_num(names); i++) {
        unsigned char *der = NULL;
        int len = i2d_X509_NAME(sk_X509_NAME_value(names, i), &der);
        if (!add_to_sum(sum, der, len)) {
            return false;
        }
    }
    return true;
}

static bool sum_anchors(X509_STORE *store, uint8_t *sum) {
    if (!store || !X509_STORE_lock(store)) {
        return store == NULL;
    }
    bool ok = true;
    const STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(store);
    for (int i = 0; ok && i < sk_X509_OBJECT_num(objects); i++) {
        X509 *certificate = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
        unsigned char *der = NULL;
        int len = certificate ? i2d_X509(certificate, &der) : 0;
        ok = !certificate || add_to_sum(sum, der, len);
    }
    X509_STORE_unlock(store);
    return ok;
}

static void put32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static bool compute(const struct rsm_client_auth_settings *settings, uint8_t *digest) {
    uint8_t preimage[20 + 2 * RSM_DIGEST_SIZE] = {0};
    put32(preimage, (uint32_t)settings->mode);
    put32(preimage + 4, (uint32_t)settings->depth);
    put32(preimage + 8, (uint32_t)settings->flags);
    put32(preimage + 12, (uint32_t)settings->ca_count);
    put32(preimage + 16, (uint32_t)settings->level);
    return sum_names(settings->names, preimage + 20) &&
           sum_anchors(settings->store, preimage + 20 + RSM_DIGEST_SIZE) &&
           EVP_Digest(preimage, sizeof preimage, digest, NULL, rsm_ticket_digest(), NULL) == 1;
}

/* Both lists end up in the CertificateRequest: the first if it has entries, else the second. */
static const STACK_OF(X509_NAME) * names_of(SSL *ssl) {
    const STACK_OF(X509_NAME) *names = SSL_get_client_CA_list(ssl);
    return sk_X509_NAME_num(names) > 0 ? names : SSL_get0_CA_list(ssl);
}

static struct rsm_client_auth_settings settings_of(SSL *ssl) {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    struct rsm_client_auth_settings settings = {
        .mode = SSL_get_verify_mode(ssl),
        .depth = SSL_get_verify_depth(ssl),
        .level = X509_VERIFY_PARAM_get_auth_level(param),
        .flags = X509_VERIFY_PARAM_get_flags(param),
        .names = names_of(ssl),
    };
    settings.ca_count = sk_X509_NAME_num(settings.names);
    SSL_get0_verify_cert_store(ssl, &settings.store);
    if (!settings.store) {
        settings.store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    }
    return settings;
}

/* Only what belongs to the attached SSL_CTX may be known again by its address: what was given to
 * one SSL may be freed with it, and other settings then come to lie at the same place. */
static bool belongs_to(SSL_CTX *ctx, const struct rsm_client_auth_settings *settings) {
    return settings->store == SSL_CTX_get_cert_store(ctx) &&
           (settings->names == SSL_CTX_get_client_CA_list(ctx) ||
            settings->names == SSL_CTX_get0_CA_list(ctx));
}

static bool same(const struct rsm_client_auth_settings *a,
                 const struct rsm_client_auth_settings *b) {
    return a->mode == b->mode && a->depth == b->depth && a->level == b->level &&
           a->ca_count == b->ca_count && a->flags == b->flags && a->names == b->names &&
           a->store == b->store;
}

static bool from_cache(struct rsm_client_auth *cache,
                       const struct rsm_client_auth_settings *settings, uint8_t *digest) {
    pthread_mutex_lock(&cache->lock);
    bool ok = same(&cache->settings, settings);
    if (!ok) {
        ok = compute(settings, cache->digest);
        cache->settings = *settings;
        cache->settings.mode = ok ? settings->mode : SSL_VERIFY_NONE;
    }
    if (ok) {
        memcpy(digest, cache->digest, RSM_DIGEST_SIZE);
    }
    pthread_mutex_unlock(&cache->lock);
    return ok;
}

RSM_HOT int rsm_client_auth_digest(struct rsm_attachment *attachment, SSL *ssl, uint8_t *digest) {
    if (!(SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER)) {
        return 0;
    }
    SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
    struct rsm_client_auth_settings settings = settings_of(ssl);
    bool lasting = rsm_attachment_of(ctx) == attachment && belongs_to(ctx, &settings);
    bool ok = lasting ? from_cache(&attachment->client_auth, &settings, digest)
                      : compute(&settings, digest);
    return ok ? RSM_DIGEST_SIZE : -1;
}
