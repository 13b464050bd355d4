/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions by ID: into the store when libssl has a new one, out of it when a client names one,
 * and gone when the connection ended in a fatal alert.
 * Not done by libssl's remove callback: that also fires when a connection is merely freed without
 * a close_notify, which most clients never send.
 */
#include "adapter.h"

/* The session as it goes into the store: with the name that the hello gave, since libssl records
 * it only if a servername callback agreed. */
static resume_status export_named(struct rsm_link *link, SSL_SESSION *session, uint64_t now_ms,
                                  resume_session **ret_session) {
    resume_session *plain = NULL;
    resume_session_options *options = NULL;
    resume_status status = resume_openssl_export(session, now_ms, &plain);
    status = status ? status : resume_session_options_new(&options);
    status = status ? status : resume_session_options_set_from(options, plain);
    status = status ? status
                    : resume_session_options_set_context(options, link->context, link->context_len);
    status = status ? status
                    : resume_session_options_set_server_name(
                          options, (const char *)link->server_name, link->server_name_len);
    status = status ? status : resume_session_new(options, ret_session);
    resume_session_options_unref(options);
    resume_session_unref(plain);
    return status;
}

int rsm_stored_new(SSL *ssl, SSL_SESSION *session) {
    struct rsm_link *link = rsm_link_of(ssl);
    unsigned int id_len = 0;
    SSL_SESSION_get_id(session, &id_len);
    /* A stateless TLS 1.3 session also comes by here; nothing could ever find it (I-81). */
    bool findable = SSL_version(ssl) != TLS1_3_VERSION || (SSL_get_options(ssl) & SSL_OP_NO_TICKET);
    if (!link || id_len == 0 || !findable) {
        return 0;
    }
    uint64_t now_ms = rsm_now_ms();
    resume_session *copy = NULL;
    if (export_named(link, session, now_ms, &copy) == RESUME_OK) {
        (void)!resume_server_store_session(link->attachment->server, copy, now_ms);
        resume_session_unref(copy);
    } else {
        (void)!resume_server_count(link->attachment->server, rsm_link_path(ssl, false),
                                   RESUME_REASON_NOT_ISSUED_FAILED, 0, now_ms);
    }
    return 0; /* we keep no reference to libssl's object */
}

SSL_SESSION *rsm_stored_get(SSL *ssl, const unsigned char *id, int id_len, int *copy) {
    struct rsm_link *link = rsm_link_of(ssl);
    *copy = 0; /* the object is made for this connection alone */
    if (!link || link->refuse || id_len <= 0) {
        return NULL;
    }
    rsm_link_facts(link, ssl);
    if (link->refuse) {
        return NULL;
    }
    resume_session *found = NULL;
    resume_reason reason = RESUME_REASON_FAILED;
    resume_status status =
        resume_server_find_session(link->attachment->server, link->connection, id, (size_t)id_len,
                                   rsm_now_ms(), &found, &reason);
    if (status != RESUME_OK && status != RESUME_RENEW) {
        return NULL;
    }
    SSL_SESSION *session = NULL;
    if (resume_openssl_import(found, &session) == RESUME_OK) {
        unsigned int len = 0;
        const unsigned char *context = SSL_SESSION_get0_id_context(session, &len);
        SSL_set_session_id_context(ssl, context,
                                   len); /* as for tickets: it may be an accepted one */
        link->authenticated_ms = resume_session_authenticated(found);
        rsm_appdata_show_application(session);
    }
    resume_session_unref(found);
    return session;
}

/* Fatal alert, sent or received (RFC 5246 section 7.2.2). */
static void forget(const SSL *ssl) {
    struct rsm_link *link = rsm_link_of(ssl);
    SSL_SESSION *session = SSL_get_session(ssl);
    unsigned int len = 0;
    const unsigned char *id = session ? SSL_SESSION_get_id(session, &len) : NULL;
    if (link && len > 0) {
        (void)!resume_server_forget(link->attachment->server, id, len);
    }
}

void rsm_stored_info(const SSL *ssl, int where, int value) {
    struct rsm_link *link = rsm_link_of(ssl);
    if ((where & SSL_CB_ALERT) && (value >> 8) == SSL3_AL_FATAL) {
        forget(ssl);
    } else if (link && (where & SSL_CB_HANDSHAKE_DONE)) {
        rsm_link_settle(link, ssl);
    }
    if (link && link->attachment->info) {
        link->attachment->info(ssl, where, value);
    }
}
