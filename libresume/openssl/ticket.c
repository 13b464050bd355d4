/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into a ticket just before libssl seals it, and whether a ticket that libssl has just
 * opened may resume: the server's decision, on the facts of this hello.
 */
#include "adapter.h"

#include <string.h>

static bool issues_nothing(resume_server *server, int32_t path, resume_status status,
                           uint64_t now_ms) {
    resume_reason reason = status == RESUME_NO_KEY ? RESUME_REASON_NOT_ISSUED_NO_KEY
                           : status < 0            ? RESUME_REASON_NOT_ISSUED_FAILED
                                                   : RESUME_REASON_NOT_ISSUED_BY_POLICY;
    (void)!resume_server_count(server, path, reason, 0, now_ms);
    return false;
}

/* Version, extended master secret and client certificates: may a session of this connection be
 * issued at all? */
static bool may_issue(SSL *ssl, struct rsm_link *link) {
    int version = SSL_version(ssl);
    int32_t ems = resume_policy_ems(resume_server_policy(link->attachment->server));
    bool legacy = version == TLS1_2_VERSION && !link->extended_master_secret;
    return (version == TLS1_2_VERSION || version == TLS1_3_VERSION) &&
           (!legacy || ems == RESUME_EMS_ALLOW_LEGACY) && rsm_link_still_holds(link, ssl);
}

/* In TLS 1.3 the session's time starts anew. In TLS 1.2 it runs on, so that its end stays where
 * it was or comes nearer. */
static void set_lifetime(SSL *ssl, SSL_SESSION *session, uint32_t seconds, uint64_t now_ms) {
    long timeout = (long)seconds;
    if (SSL_version(ssl) == TLS1_2_VERSION && SSL_session_reused(ssl)) {
        long spent = (long)(now_ms / 1000) - SSL_SESSION_get_time(session);
        long old = SSL_SESSION_get_timeout(session);
        timeout += spent > 0 ? spent : 0;
        timeout = timeout < old ? timeout : old;
    }
    SSL_SESSION_set_timeout(session, timeout);
}

/* libssl keeps one time, which is that of authentication until the first renewal in TLS 1.3. */
static bool pack_time(SSL *ssl, SSL_SESSION *session, uint64_t authenticated_ms) {
    bool told = SSL_version(ssl) == TLS1_2_VERSION &&
                authenticated_ms / 1000 == (uint64_t)SSL_SESSION_get_time(session);
    return rsm_appdata_pack(session, SSL_session_reused(ssl) && !told ? authenticated_ms : 0);
}

/* Decides lifetime and key together, so that no ticket outlives its key. */
static bool prepare(SSL *ssl, struct rsm_link *link, SSL_SESSION *session, uint64_t now_ms) {
    resume_server *server = link->attachment->server;
    bool stateless = !rsm_link_is_stateful(ssl);
    int32_t path = rsm_link_path(ssl, stateless);
    bool resumed = SSL_session_reused(ssl) && link->authenticated_ms;
    uint64_t authenticated_ms = resumed ? link->authenticated_ms : now_ms;
    uint32_t seconds = 0;
    resume_status status =
        may_issue(ssl, link)
            ? resume_server_lifetime(server, path, authenticated_ms, now_ms, &seconds)
            : RESUME_FULL;
    if (status == RESUME_OK && stateless) {
        status =
            resume_keyring_sealing_key(resume_server_keyring(server), now_ms, &link->sealing_key);
    }
    seconds = rsm_admit_lifetime(session, seconds);
    if (status != RESUME_OK || seconds == 0) {
        return issues_nothing(server, path, status, now_ms);
    }
    set_lifetime(ssl, session, seconds, now_ms);
    /* A session of an accepted foreign context goes on under ours. */
    bool ok =
        SSL_SESSION_set1_id_context(session, link->context, (unsigned int)link->context_len) == 1 &&
        rsm_admit_name(link, session) && (!stateless || pack_time(ssl, session, authenticated_ms));
    return ok || issues_nothing(server, path, RESUME_E_NOMEM, now_ms);
}

/* If a message must go out all the same, it tells the client to discard the ticket: lifetime 0
 * (RFC 8446 section 4.6.1), or a second where libssl encodes the session, which turns 0 into its
 * default of 3 and then finds that the encoding grew. */
static void forbid(SSL *ssl, SSL_SESSION *session) {
    SSL_SESSION_set_timeout(session, rsm_link_is_stateful(ssl) ? 0 : 1);
}

int rsm_ticket_generate(SSL *ssl, void *arg) {
    (void)arg;
    struct rsm_link *link = rsm_link_of(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);
    if (link) {
        link->sealing_key = resume_key_unref(link->sealing_key);
    }
    if (!link || !prepare(ssl, link, session, rsm_now_ms())) {
        if (link) {
            link->sealing_key = resume_key_unref(link->sealing_key);
        }
        if (SSL_version(ssl) == TLS1_3_VERSION) {
            forbid(ssl, session);
        }
    }
    return 1;
}

/* The facts of a session that has no client certificate. They are read from the SSL_SESSION, since
 * its DER costs several times as much; that does not show EMS, which libssl checks itself right
 * after us. The bytes come from an authentic ticket, but every value is still checked. */
static resume_status read_facts(SSL_SESSION *session, uint16_t suite, uint64_t created_ms,
                                uint64_t authenticated_ms, resume_facts *facts) {
    unsigned char secret[SSL_MAX_MASTER_KEY_LENGTH];
    size_t secret_len = SSL_SESSION_get_master_key(session, secret, sizeof secret);
    unsigned int context_len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(session, &context_len);
    int version = SSL_SESSION_get_protocol_version(session);
    const char *name = SSL_SESSION_get0_hostname(session);
    bool ok =
        resume_facts_set_version(facts, (uint16_t)version) == RESUME_OK &&
        resume_facts_set_cipher_suite(facts, suite) == RESUME_OK &&
        resume_facts_set_secret(facts, secret, secret_len) == RESUME_OK &&
        resume_facts_set_compression(facts, (uint8_t)SSL_SESSION_get_compress_id(session)) ==
            RESUME_OK &&
        resume_facts_set_extended_master_secret(facts, version == TLS1_2_VERSION) == RESUME_OK &&
        resume_facts_set_created(facts, created_ms) == RESUME_OK &&
        resume_facts_set_authenticated(facts, authenticated_ms) == RESUME_OK &&
        resume_facts_set_lifetime(facts, (uint32_t)SSL_SESSION_get_timeout(session)) == RESUME_OK &&
        resume_facts_set_context(facts, context, context_len) == RESUME_OK &&
        resume_facts_set_server_name(facts, (const uint8_t *)name, name ? strlen(name) : 0) ==
            RESUME_OK;
    OPENSSL_cleanse(secret, sizeof secret);
    return ok ? RESUME_OK : RESUME_E_INVALID;
}

/* What the server says to the session; its times go into the link. */
static resume_status check_common(SSL *ssl, struct rsm_link *link, SSL_SESSION *session,
                                  uint64_t now_ms, resume_reason *ret_reason) {
    const SSL_CIPHER *cipher = SSL_SESSION_get0_cipher(session);
    uint16_t suite = cipher ? SSL_CIPHER_get_protocol_id(cipher) : 0;
    uint64_t created_ms = (uint64_t)SSL_SESSION_get_time(session) * 1000;
    uint64_t authenticated_ms = rsm_appdata_authenticated(session);
    resume_facts *facts = NULL;
    resume_status status = resume_facts_new(&facts);
    status = status ? status : read_facts(session, suite, created_ms, authenticated_ms, facts);
    if (status == RESUME_OK) {
        link->age_ms = now_ms > created_ms ? now_ms - created_ms : 0;
        link->authenticated_ms = authenticated_ms;
        rsm_admit_facts(ssl, link, suite);
        status = resume_server_check_facts(link->attachment->server, facts, link->connection,
                                           rsm_link_path(ssl, true), now_ms, ret_reason);
    }
    resume_facts_unref(facts);
    return status;
}

static resume_status check_exported(SSL *ssl, struct rsm_link *link, SSL_SESSION *session,
                                    uint64_t now_ms, resume_reason *ret_reason) {
    resume_session *seen = NULL;
    resume_status status = resume_openssl_export(session, now_ms, &seen);
    if (status != RESUME_OK) {
        return status < 0 ? status : RESUME_E_INVALID;
    }
    uint64_t created_ms = resume_session_created(seen);
    link->age_ms = now_ms > created_ms ? now_ms - created_ms : 0;
    link->authenticated_ms = resume_session_authenticated(seen);
    rsm_admit_facts(ssl, link, resume_session_cipher_suite(seen));
    status = resume_server_check(link->attachment->server, seen, link->connection,
                                 rsm_link_path(ssl, true), now_ms, ret_reason);
    resume_session_unref(seen);
    return status;
}

static resume_status decide(SSL *ssl, struct rsm_link *link, SSL_SESSION *session,
                            resume_reason *ret_reason) {
    uint64_t now_ms = link->opened_ms ? link->opened_ms : rsm_now_ms();
    bool common = !SSL_SESSION_get0_peer(session) &&
                  (SSL_version(ssl) == TLS1_3_VERSION || link->extended_master_secret);
    resume_status status = common ? check_common(ssl, link, session, now_ms, ret_reason)
                                  : check_exported(ssl, link, session, now_ms, ret_reason);
    if (status < 0) {
        *ret_reason = status == RESUME_E_INVALID ? RESUME_REASON_UNSUPPORTED : RESUME_REASON_FAILED;
        return RESUME_FULL;
    }
    bool accepted = status == RESUME_OK || status == RESUME_RENEW;
    resume_reason reason = link->refuse ? RESUME_REASON_FAILED : rsm_admit_check(session);
    if (accepted && reason != RESUME_REASON_RESUMED) {
        status = RESUME_FULL;
        *ret_reason = reason;
    }
    return status;
}

RSM_HOT SSL_TICKET_RETURN rsm_ticket_decide(SSL *ssl, SSL_SESSION *session,
                                            const unsigned char *name, size_t name_len,
                                            SSL_TICKET_STATUS status, void *arg) {
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
        if (!rsm_admit_session(ssl, link, session)) {
            link->reason = RESUME_REASON_FAILED;
            return SSL_TICKET_RETURN_IGNORE_RENEW;
        }
        return verdict == RESUME_RENEW || status == SSL_TICKET_SUCCESS_RENEW
                   ? SSL_TICKET_RETURN_USE_RENEW
                   : SSL_TICKET_RETURN_USE;
    case RESUME_ABORT:
        return SSL_TICKET_RETURN_ABORT;
    default:
        link->authenticated_ms = 0;
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}
