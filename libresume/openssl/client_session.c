/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's SSL_SESSION to a session with its ticket, and back. libssl tells the ticket but takes
 * none, so the way back leads through its DER.
 */
#include "client.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static resume_status add_certificate(resume_session_options *options, X509 *certificate) {
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    if (len <= 0) {
        return RESUME_E_NOMEM;
    }
    resume_status status = resume_session_options_add_peer_certificate(options, der, (size_t)len);
    OPENSSL_free(der);
    return status;
}

/* The leaf is in the options already. */
static resume_status add_chain(resume_session_options *options, const SSL *ssl,
                               const resume_session *resumed) {
    resume_status status = RESUME_OK;
    STACK_OF(X509) *chain = resumed ? NULL : SSL_get_peer_cert_chain(ssl);
    for (int i = 1; chain && i < sk_X509_num(chain) && status == RESUME_OK; i++) {
        status = add_certificate(options, sk_X509_value(chain, i));
    }
    size_t count = resume_session_peer_certificate_count(resumed);
    for (size_t i = 1; i < count && status == RESUME_OK; i++) {
        size_t len = 0;
        const uint8_t *der = resume_session_peer_certificate(resumed, i, &len);
        status = resume_session_options_add_peer_certificate(options, der, len);
    }
    return status;
}

resume_status rsm_client_export(const SSL *ssl, SSL_SESSION *session, const resume_session *resumed,
                                uint64_t now_ms, resume_session **ret_session) {
    resume_session *plain = NULL;
    resume_session_options *options = NULL;
    resume_status status = resume_openssl_export(session, now_ms, &plain);
    status = status ? status : resume_session_options_new(&options);
    status = status ? status : resume_session_options_set_from(options, plain);
    status = status ? status : add_chain(options, ssl, resumed);
    status = status ? status : resume_session_new(options, ret_session);
    resume_session_options_unref(options);
    resume_session_unref(plain);
    return status;
}

resume_status rsm_client_put(resume_client *client, const resume_peer *peer, SSL_SESSION *theirs,
                             resume_session *session, uint64_t now_ms) {
    const unsigned char *ticket = NULL;
    size_t ticket_len = 0;
    unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(theirs);
    SSL_SESSION_get0_ticket(theirs, &ticket, &ticket_len);
    return resume_client_put(client, peer, session, ticket, ticket ? ticket_len : 0,
                             hint > UINT32_MAX ? UINT32_MAX : (uint32_t)hint, now_ms);
}

resume_status resume_openssl_client_put(resume_client *client, const resume_peer *peer,
                                        SSL_SESSION *session, uint64_t now_ms) {
    resume_session *ours = NULL;
    if (!client || !peer || !session) {
        return RESUME_E_INVALID;
    }
    if (!SSL_SESSION_is_resumable(session)) {
        return RESUME_UNSUPPORTED;
    }
    resume_status status = resume_openssl_export(session, now_ms, &ours);
    status = status ? status : rsm_client_put(client, peer, session, ours, now_ms);
    resume_session_unref(ours);
    return status;
}

/* Errors that libcrypto notes on the way are not the connection's: SSL_get_error() would take them
 * for its own. */
static SSL_SESSION *read_der(const unsigned char *der, size_t len) {
    const unsigned char *p = der;
    ERR_set_mark();
    SSL_SESSION *made = d2i_SSL_SESSION(NULL, &p, (long)len);
    ERR_pop_to_mark();
    return made;
}

resume_status resume_openssl_import_saved(const resume_saved *saved, SSL_SESSION **ret_session) {
    if (!saved || !ret_session) {
        return RESUME_E_INVALID;
    }
    const resume_session *session = resume_saved_session(saved);
    uint32_t hint = resume_saved_lifetime_hint(saved);
    size_t ticket_len = 0;
    size_t len = 0;
    const uint8_t *ticket = resume_saved_ticket(saved, &ticket_len);
    resume_status status =
        resume_session_to_openssl_with_ticket(session, ticket, ticket_len, hint, NULL, 0, &len);
    if (status != RESUME_OK) {
        return status;
    }
    unsigned char *der = OPENSSL_malloc(len);
    if (!der) {
        return RESUME_E_NOMEM;
    }
    status =
        resume_session_to_openssl_with_ticket(session, ticket, ticket_len, hint, der, len, &len);
    SSL_SESSION *made = status == RESUME_OK ? read_der(der, len) : NULL;
    OPENSSL_clear_free(der, len);
    if (!made) {
        return status == RESUME_OK ? RESUME_UNSUPPORTED : status;
    }
    *ret_session = made;
    return RESUME_OK;
}
