/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a client trusts. libssl verifies nothing when it resumes: it copies the result that the
 * session was made with. So the chain that came with the session is verified once more before the
 * session is offered, under the trust anchors, names, depth and time of now (I-118; CVE-2025-68121
 * is what comes of looking at the leaf alone).
 */
#include "client.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

bool rsm_client_verified(const SSL *ssl) {
    return !(SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) || SSL_get_verify_result(ssl) == X509_V_OK;
}

/* All certificates, the leaf first; NULL if one cannot be read. */
static STACK_OF(X509) * certificates_of(const resume_session *session) {
    STACK_OF(X509) *all = sk_X509_new_null();
    size_t count = resume_session_peer_certificate_count(session);
    for (size_t i = 0; all && i < count; i++) {
        size_t len = 0;
        const unsigned char *der = resume_session_peer_certificate(session, i, &len);
        X509 *certificate = d2i_X509(NULL, &der, (long)len);
        if (!certificate || !sk_X509_push(all, certificate)) {
            X509_free(certificate);
            sk_X509_pop_free(all, X509_free);
            return NULL;
        }
    }
    return all;
}

static X509_STORE *anchors_of(SSL *ssl) {
    X509_STORE *own = NULL;
    SSL_get0_verify_cert_store(ssl, &own);
    return own ? own : SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
}

/* As libssl does for the certificates of a full handshake. */
static bool set_up(X509_STORE_CTX *check, SSL *ssl, STACK_OF(X509) * chain) {
    if (!X509_STORE_CTX_init(check, anchors_of(ssl), sk_X509_value(chain, 0), chain) ||
        !X509_STORE_CTX_set_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx(), ssl)) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(check);
    X509_STORE_CTX_set0_dane(check, SSL_get0_dane(ssl));
    X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(ssl));
    X509_STORE_CTX_set_default(check, "ssl_server");
    if (SSL_get_verify_callback(ssl)) {
        X509_STORE_CTX_set_verify_cb(check, SSL_get_verify_callback(ssl));
    }
    return X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl)) == 1;
}

static bool verify(SSL *ssl, STACK_OF(X509) * chain) {
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    bool ok = check && set_up(check, ssl, chain) && X509_verify_cert(check) > 0 &&
              X509_STORE_CTX_get_error(check) == X509_V_OK;
    X509_STORE_CTX_free(check);
    return ok;
}

bool rsm_client_trusts(SSL *ssl, const resume_session *session) {
    if (!(SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER)) {
        return true;
    }
    if (resume_session_verify_result(session) != X509_V_OK ||
        resume_session_peer_certificate_count(session) == 0) {
        return false;
    }
    ERR_set_mark(); /* SSL_get_error() would take these errors for the connection's */
    STACK_OF(X509) *chain = certificates_of(session);
    bool ok = chain && verify(ssl, chain);
    sk_X509_pop_free(chain, X509_free);
    ERR_pop_to_mark();
    return ok;
}
