/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A digest of everything that decides which client certificates a server accepts: mode, depth,
 * flags, CA names and trust anchors. It is part of the context, so that a session made under
 * other rules does not resume (CVE-2025-23419, CVE-2025-23048, CVE-2022-21654).
 * Not a verification of anything.
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

static X509_STORE *anchors_of(SSL *ssl) {
    X509_STORE *store = NULL;
    SSL_get0_verify_cert_store(ssl, &store);
    return store ? store : SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
}

static void put32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static bool compute(struct rsm_client_auth *cache, const STACK_OF(X509_NAME) * names,
                    X509_STORE *store) {
    uint8_t preimage[16 + 2 * RSM_DIGEST_SIZE] = {0};
    put32(preimage, (uint32_t)cache->mode);
    put32(preimage + 4, (uint32_t)cache->depth);
    put32(preimage + 8, (uint32_t)cache->flags);
    put32(preimage + 12, (uint32_t)cache->ca_count);
    return sum_names(names, preimage + 16) && sum_anchors(store, preimage + 16 + RSM_DIGEST_SIZE) &&
           EVP_Digest(preimage, sizeof preimage, cache->digest, NULL, rsm_ticket_digest(), NULL) ==
               1;
}

int rsm_client_auth_digest(struct rsm_client_auth *cache, SSL *ssl, uint8_t *digest) {
    int mode = SSL_get_verify_mode(ssl);
    if (!(mode & SSL_VERIFY_PEER)) {
        return 0;
    }
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    unsigned long flags = X509_VERIFY_PARAM_get_flags(param);
    int depth = SSL_get_verify_depth(ssl);
    const STACK_OF(X509_NAME) *names = SSL_get_client_CA_list(ssl);
    int ca_count = names ? sk_X509_NAME_num(names) : 0;
    X509_STORE *store = anchors_of(ssl);
    pthread_mutex_lock(&cache->lock);
    bool ok = cache->mode == mode && cache->depth == depth && cache->flags == flags &&
              cache->ca_count == ca_count && cache->store == store;
    if (!ok) {
        cache->mode = mode;
        cache->depth = depth;
        cache->flags = flags;
        cache->ca_count = ca_count;
        cache->store = store;
        ok = compute(cache, names, store);
        cache->mode = ok ? mode : SSL_VERIFY_NONE;
    }
    if (ok) {
        memcpy(digest, cache->digest, RSM_DIGEST_SIZE);
    }
    pthread_mutex_unlock(&cache->lock);
    return ok ? RSM_DIGEST_SIZE : -1;
}
