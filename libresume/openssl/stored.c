/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions by ID: into the store when libssl has a new one, out of it when a client names one,
 * and gone when the connection ended in a fatal alert.
 * Not done by libssl's remove callback: that also fires when a connection is merely freed without
 * a close_notify, which most clients never send.
 */
#include "adapter.h"

#include <string.h>

/* The session as it goes into the store: under this connection's context, and for no longer than
 * its client certificate is good. */
static resume_status export_ours(struct rsm_link *link, SSL_SESSION *session, uint64_t now_ms,
                                 resume_session **ret_session) {
    resume_session *plain = NULL;
    resume_session_options *options = NULL;
    resume_status status = resume_openssl_export(session, now_ms, &plain);
    status = status ? status : resume_session_options_new(&options);
    status = status ? status : resume_session_options_set_from(options, plain);
    status = status ? status
                    : resume_session_options_set_context(options, link->context, link->context_len);
    status = status ? status
                    : resume_session_options_set_lifetime(
                          options, rsm_admit_lifetime(session, resume_session_lifetime(plain)));
    status = status ? status : resume_session_new(options, ret_session);
    resume_session_options_unref(options);
    resume_session_unref(plain);
    return status;
}

static void store(SSL *ssl, struct rsm_link *link, SSL_SESSION *session) {
    uint64_t now_ms = rsm_now_ms();
    uint64_t authenticated_ms = SSL_session_reused(ssl) ? link->authenticated_ms : 0;
    resume_session *copy = NULL;
    if (rsm_admit_name(link, session) && rsm_appdata_pack(session, authenticated_ms) &&
        export_ours(link, session, now_ms, &copy) == RESUME_OK) {
        resume_status status = resume_server_store_session(link->attachment->server, copy, now_ms);
        link->stored = link->stored || status == RESUME_OK;
        resume_session_unref(copy);
    } else {
        (void)!resume_server_count(link->attachment->server, rsm_link_path(ssl, false),
                                   RESUME_REASON_NOT_ISSUED_FAILED, 0, now_ms);
    }
    (void)rsm_appdata_unpack(session);
}

int rsm_stored_new(SSL *ssl, SSL_SESSION *session) {
    struct rsm_link *link = rsm_link_of(ssl);
    unsigned int id_len = 0;
    SSL_SESSION_get_id(session, &id_len);
    /* A stateless TLS 1.3 session also comes by here; nothing could ever find it (I-81). Nor is
     * one kept that ticket.c has already declined to issue: its lifetime is 0. */
    bool findable = SSL_version(ssl) != TLS1_3_VERSION || rsm_link_is_stateful(ssl);
    if (!link || id_len == 0 || !findable || SSL_SESSION_get_timeout(session) == 0) {
        return 0;
    }
    if (rsm_link_still_holds(link, ssl)) {
        store(ssl, link, session);
    } else {
        (void)!resume_server_count(link->attachment->server, rsm_link_path(ssl, false),
                                   RESUME_REASON_NOT_ISSUED_BY_POLICY, 0, rsm_now_ms());
    }
    return 0; /* we keep no reference to libssl's object */
}

/* The hello after a HelloRetryRequest names the same ID again; what was found is judged anew, by
 * what this hello says (I-09). */
static resume_status find_again(struct rsm_link *link, const uint8_t *id, size_t id_len,
                                uint64_t now_ms) {
    const struct rsm_lookup *lookup = &link->lookup;
    resume_reason reason = RESUME_REASON_FAILED;
    if (lookup->id_len != id_len || memcmp(lookup->id, id, id_len) != 0 || !lookup->found) {
        return RESUME_FULL;
    }
    return resume_server_check(link->attachment->server, lookup->found, link->connection,
                               RESUME_PATH_TLS13_STORED, now_ms, &reason);
}

static resume_status find(struct rsm_link *link, const uint8_t *id, size_t id_len) {
    struct rsm_lookup *lookup = &link->lookup;
    uint64_t now_ms = rsm_now_ms();
    resume_reason reason = RESUME_REASON_FAILED;
    if (link->hellos > 1 && lookup->done) {
        return find_again(link, id, id_len, now_ms);
    }
    lookup->found = resume_session_unref(lookup->found);
    resume_status status = resume_server_find_session(link->attachment->server, link->connection,
                                                      id, id_len, now_ms, &lookup->found, &reason);
    lookup->done = true;
    lookup->id_len = (uint8_t)(id_len <= sizeof lookup->id ? id_len : 0);
    memcpy(lookup->id, id, lookup->id_len);
    return status;
}

/* libssl has no way to let a look-up abort the handshake, as RFC 7627 section 5.3 demands where a
 * hello offers no extended master secret. It does abort by itself if the session has one. */
static SSL_SESSION *session_to_abort_on(const struct rsm_link *link, const uint8_t *id,
                                        size_t id_len) {
    uint8_t secret[48]; /* random, so that nobody could use it if libssl ever went on */
    resume_session_options *options = NULL;
    resume_session *made = NULL;
    SSL_SESSION *session = NULL;
    resume_status status = resume_server_random(link->attachment->server, secret, sizeof secret);
    status = status ? status : resume_session_options_new(&options);
    status = status ? status : resume_session_options_set_version(options, TLS1_2_VERSION);
    status = status ? status : resume_session_options_set_cipher_suite(options, 0xC02F);
    status = status ? status : resume_session_options_set_secret(options, secret, sizeof secret);
    status = status ? status : resume_session_options_set_extended_master_secret(options, true);
    status = status ? status : resume_session_options_set_session_id(options, id, id_len);
    status = status ? status : resume_session_options_set_created(options, rsm_now_ms());
    status = status ? status : resume_session_options_set_lifetime(options, 60);
    status = status ? status
                    : resume_session_options_set_context(options, link->context, link->context_len);
    status = status ? status : resume_session_new(options, &made);
    if (status == RESUME_OK && resume_openssl_import(made, &session) != RESUME_OK) {
        session = NULL; /* no memory: a full handshake instead */
    }
    OPENSSL_cleanse(secret, sizeof secret);
    resume_session_unref(made);
    resume_session_options_unref(options);
    return session;
}

static SSL_SESSION *admit(SSL *ssl, struct rsm_link *link) {
    SSL_SESSION *session = NULL;
    if (resume_openssl_import(link->lookup.found, &session) != RESUME_OK) {
        return NULL;
    }
    if (rsm_admit_check(session) != RESUME_REASON_RESUMED ||
        !rsm_admit_session(ssl, link, session)) {
        SSL_SESSION_free(session);
        return NULL;
    }
    link->authenticated_ms = resume_session_authenticated(link->lookup.found);
    link->stored = true;
    return session;
}

SSL_SESSION *rsm_stored_get(SSL *ssl, const unsigned char *id, int id_len, int *copy) {
    struct rsm_link *link = rsm_link_of(ssl);
    *copy = 0; /* the object is made for this connection alone */
    if (!link || link->refuse || id_len <= 0 || !rsm_attachment_finds(link->attachment)) {
        return NULL;
    }
    rsm_admit_facts(ssl, link, 0);
    if (link->refuse) {
        return NULL;
    }
    switch (find(link, id, (size_t)id_len)) {
    case RESUME_OK:
    case RESUME_RENEW:
        return admit(ssl, link);
    case RESUME_ABORT:
        return session_to_abort_on(link, id, (size_t)id_len);
    default:
        return NULL;
    }
}

/* Fatal alert, sent or received (RFC 5246 section 7.2.2). Only a session that this connection put
 * into the store or got from it: with a ticket the ID is whatever the client likes. */
void rsm_stored_forget(const SSL *ssl, struct rsm_link *link) {
    SSL_SESSION *session = SSL_get_session(ssl);
    unsigned int len = 0;
    const unsigned char *id = session ? SSL_SESSION_get_id(session, &len) : NULL;
    if (link->stored && len > 0) {
        (void)!resume_server_forget(link->attachment->server, id, len);
    }
}
