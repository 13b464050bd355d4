/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into a ticket just before libssl seals it, and whether a ticket that libssl has just
 * opened may resume: the server's decision, on the facts of this hello.
 */
#include "adapter.h"

#include <openssl/x509.h>

#include <string.h>

static bool issues_nothing(resume_server *server, int32_t path, resume_status status,
                           uint64_t now_ms) {
    resume_reason reason = status == RESUME_NO_KEY ? RESUME_REASON_NOT_ISSUED_NO_KEY
                                                   : RESUME_REASON_NOT_ISSUED_BY_POLICY;
    (void)!resume_server_count(server, path, reason, 0, now_ms);
    return false;
}

/* Decides lifetime and key together, so that no ticket outlives its key. */
static bool prepare(SSL *ssl, struct rsm_link *link, SSL_SESSION *session, uint64_t now_ms) {
    resume_server *server = link->attachment->server;
    bool stateless = !(SSL_get_options(ssl) & SSL_OP_NO_TICKET);
    bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
    int32_t path = rsm_link_path(ssl, stateless);
    bool resumed = SSL_session_reused(ssl) && link->authenticated_ms;
    uint64_t authenticated_ms = resumed ? link->authenticated_ms : now_ms;
    uint32_t seconds = 0;
    if (!tls13 && !SSL_get_extms_support(ssl) &&
        resume_policy_ems(resume_server_policy(server)) == RESUME_EMS_STRICT) {
        return issues_nothing(server, path, RESUME_FULL, now_ms);
    }
    resume_status status = resume_server_lifetime(server, path, authenticated_ms, now_ms, &seconds);
    if (status == RESUME_OK && stateless) {
        status =
            resume_keyring_sealing_key(resume_server_keyring(server), now_ms, &link->sealing_key);
    }
    if (status != RESUME_OK) {
        return issues_nothing(server, path, status, now_ms);
    }
    if (tls13 || !resumed) {
        SSL_SESSION_set_timeout(session, (long)seconds);
    }
    if (stateless) {
        (void)!resume_server_count(server, path, RESUME_REASON_ISSUED, 0, now_ms);
    }
    return !tls13 || !resumed || rsm_appdata_set_authenticated(session, authenticated_ms);
}

int rsm_ticket_generate(SSL *ssl, void *arg) {
    (void)arg;
    struct rsm_link *link = rsm_link_of(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);
    if (!link || !session) {
        return 1; /* the key callback then finds no key, and no ticket goes out */
    }
    rsm_link_settle(link, ssl);
    link->sealing_key = resume_key_unref(link->sealing_key);
    /* A session of an accepted foreign context goes on under ours. */
    if (!SSL_SESSION_set1_id_context(session, link->context, (unsigned int)link->context_len) ||
        !prepare(ssl, link, session, rsm_now_ms())) {
        link->sealing_key = resume_key_unref(link->sealing_key);
    }
    return 1;
}

/* The session as the rules see it. Its bytes come from an authentic ticket, but every value is
 * still checked by resume_session_new(). The common case reads the SSL_SESSION directly, since
 * its DER costs several times as much; it does not show EMS, which libssl checks itself right
 * after us, and does not hold a certificate. */
static resume_status read_common(SSL_SESSION *session, resume_session **ret_session) {
    resume_session_options *options = NULL;
    resume_status status = resume_session_options_new(&options);
    if (status != RESUME_OK) {
        return status;
    }
    unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];
    size_t secret_len = SSL_SESSION_get_master_key(session, secret, sizeof secret);
    unsigned int context_len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(session, &context_len);
    uint64_t created_ms = (uint64_t)SSL_SESSION_get_time(session) * 1000;
    int version = SSL_SESSION_get_protocol_version(session);
    const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
    const char *name = SSL_SESSION_get0_hostname(session);
    status = resume_session_options_set_version(options, (uint16_t)version);
    status = status ? status
                    : resume_session_options_set_cipher_suite(
                          options, cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0);
    status = status ? status : resume_session_options_set_secret(options, secret, secret_len);
    status = status ? status
                    : resume_session_options_set_compression(
                          options, (uint8_t)SSL_SESSION_get_compress_id(session));
    status = status ? status
                    : resume_session_options_set_extended_master_secret(options,
                                                                        version == TLS1_2_VERSION);
    status = status ? status : resume_session_options_set_created(options, created_ms);
    status = status ? status
                    : resume_session_options_set_authenticated(options,
                                                               rsm_appdata_authenticated(session));
    status = status ? status
                    : resume_session_options_set_lifetime(
                          options, (uint32_t)SSL_SESSION_get_timeout(session));
    status = status ? status : resume_session_options_set_context(options, context, context_len);
    if (name) {
        status =
            status ? status : resume_session_options_set_server_name(options, name, strlen(name));
    }
    status = status ? status : resume_session_new(options, ret_session);
    OPENSSL_cleanse(secret, sizeof secret);
    resume_session_options_unref(options);
    return status;
}

static bool certificate_is_over(SSL_SESSION *session) {
    const X509 *peer = SSL_SESSION_get0_peer(session);
    return peer && X509_cmp_current_time(X509_get0_notAfter(peer)) < 0;
}

/* The facts name a server only where the session does: sessions of libresume's own context carry
 * the name in its digest, and libssl records it only if a servername callback agreed. */
static resume_status decide(SSL *ssl, struct rsm_link *link, SSL_SESSION *session,
                            resume_reason *ret_reason) {
    resume_server *server = link->attachment->server;
    uint64_t now_ms = rsm_now_ms();
    bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
    const unsigned char *data = NULL;
    size_t len = 0;
    bool hello_ems =
        SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_extended_master_secret, &data, &len) == 1;
    bool common = !SSL_SESSION_get0_peer(session) && (tls13 || hello_ems);
    resume_session *seen = NULL;
    resume_status status =
        common ? read_common(session, &seen) : resume_openssl_export(session, now_ms, &seen);
    if (status != RESUME_OK) {
        *ret_reason = status > 0 || status == RESUME_E_INVALID ? RESUME_REASON_UNSUPPORTED
                                                               : RESUME_REASON_FAILED;
        return RESUME_FULL;
    }
    rsm_link_facts(link, ssl);
    if (!resume_session_server_name(seen, NULL) &&
        resume_connection_set_server_name(link->connection, NULL, 0) != RESUME_OK) {
        link->refuse = true;
    }
    status = resume_server_check(server, seen, link->connection, rsm_link_path(ssl, true), now_ms,
                                 ret_reason);
    bool accepted = status == RESUME_OK || status == RESUME_RENEW;
    if (accepted && certificate_is_over(session)) {
        status = RESUME_FULL;
        *ret_reason = RESUME_REASON_CLIENT_CERTIFICATE_INVALID;
    } else if (link->refuse) {
        status = RESUME_FULL;
        *ret_reason = RESUME_REASON_MALFORMED;
    }
    uint64_t created_ms = resume_session_created(seen);
    link->age_ms = now_ms > created_ms ? now_ms - created_ms : 0;
    link->authenticated_ms = resume_session_authenticated(seen);
    resume_session_unref(seen);
    return status;
}

/* libssl compares contexts after us; a session of another one that the policy accepts passes if
 * the connection bears it. Issuing goes back to our own. */
static SSL_TICKET_RETURN accept_ticket(SSL *ssl, SSL_SESSION *session, bool renew) {
    unsigned int len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(session, &len);
    if (!SSL_set_session_id_context(ssl, context, len)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    rsm_appdata_show_application(session);
    return renew ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

SSL_TICKET_RETURN rsm_ticket_decide(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t name_len, SSL_TICKET_STATUS status, void *arg) {
    (void)name;
    (void)name_len;
    (void)arg;
    struct rsm_link *link = rsm_link_of(ssl);
    if (!link || status == SSL_TICKET_EMPTY) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    int32_t path = rsm_link_path(ssl, true);
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        rsm_link_expect(link, path, link->open_reason, 0);
        link->open_reason = RESUME_REASON_MALFORMED;
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    resume_reason reason = RESUME_REASON_FAILED;
    resume_status verdict = decide(ssl, link, session, &reason);
    rsm_link_expect(link, path, reason, link->age_ms);
    switch (verdict) {
    case RESUME_OK:
    case RESUME_RENEW:
        return accept_ticket(ssl, session,
                             verdict == RESUME_RENEW || status == SSL_TICKET_SUCCESS_RENEW);
    case RESUME_ABORT:
        return SSL_TICKET_RETURN_ABORT;
    default:
        link->authenticated_ms = 0;
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}
