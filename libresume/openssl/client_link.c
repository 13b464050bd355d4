/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link of a client's connection: what was offered, and what became of it. What was sent is used
 * up; what was never sent goes back; what failed, or what the server declined, is forgotten.
 */
#include "client.h"

#include <openssl/err.h>

#include <string.h>

static atomic_int link_index = -1;

/* Whether a ClientHello carried it is known by whether a handshake has begun. The link remembers
 * it, for after SSL_clear() the SSL looks as if none had; the SSL's word is for the case that
 * another info callback hid the beginning. */
static void settle(struct rsm_client_link *link, const SSL *ssl) {
    if (link->offered) {
        bool sent = link->begun || !SSL_in_before(ssl);
        (void)!(sent ? resume_client_forget_saved(link->client, link->peer, link->offered)
                     : resume_client_return(link->client, link->peer, link->offered, rsm_now_ms()));
        link->offered = resume_saved_unref(link->offered);
    }
    link->resumed = resume_session_unref(link->resumed);
}

static void link_free(struct rsm_client_link *link) {
    resume_session_unref(link->resumed);
    resume_saved_unref(link->offered);
    resume_peer_unref(link->peer);
    resume_client_unref(link->client);
    OPENSSL_free(link);
}

static void on_link_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl,
                         void *argp) {
    (void)data;
    (void)idx;
    (void)argl;
    (void)argp;
    struct rsm_client_link *link = ptr;
    if (link) {
        settle(link, parent); /* SSL_free() does this first: the SSL is still whole */
        link_free(link);
    }
}

bool rsm_client_link_prepare(void) {
    if (atomic_load(&link_index) < 0) {
        atomic_store(&link_index, SSL_get_ex_new_index(0, NULL, NULL, rsm_link_dup, on_link_free));
    }
    return atomic_load(&link_index) >= 0;
}

struct rsm_client_link *rsm_client_link_of(const SSL *ssl) {
    int index = atomic_load_explicit(&link_index, memory_order_acquire);
    return index >= 0 ? SSL_get_ex_data(ssl, index) : NULL;
}

struct rsm_client_link *rsm_client_link_renew(SSL *ssl, resume_client *client, resume_peer *peer) {
    struct rsm_client_link *link = rsm_client_link_of(ssl);
    if (link) {
        settle(link, ssl);
    } else {
        link = OPENSSL_zalloc(sizeof *link);
        if (!link || !SSL_set_ex_data(ssl, link_index, link)) {
            OPENSSL_free(link);
            return NULL;
        }
    }
    resume_client_ref(client);
    resume_peer_ref(peer);
    resume_client_unref(link->client);
    resume_peer_unref(link->peer);
    link->client = client;
    link->peer = peer;
    link->automatic = false;
    link->begun = false;
    return link;
}

void rsm_client_link_drop(SSL *ssl) {
    struct rsm_client_link *link = rsm_client_link_of(ssl);
    if (link && SSL_set_ex_data(ssl, link_index, NULL)) {
        if (link->offered) {
            (void)!resume_client_forget_saved(link->client, link->peer, link->offered);
        }
        link_free(link);
    }
}

/* Failures are no handshake's business: the next connection does without. */
static void keep(const SSL *ssl, struct rsm_client_link *link, SSL_SESSION *session) {
    resume_session *ours = NULL;
    uint64_t now_ms = rsm_now_ms();
    const resume_session *resumed = SSL_session_reused(ssl) ? link->resumed : NULL;
    if (!rsm_client_verified(ssl) || !SSL_SESSION_is_resumable(session)) {
        return;
    }
    ERR_set_mark();
    if (rsm_client_export(ssl, session, resumed, now_ms, &ours) == RESUME_OK) {
        (void)!rsm_client_put(link->client, link->peer, session, ours, now_ms);
        resume_session_unref(ours);
    }
    ERR_pop_to_mark();
}

/* libssl calls this after the server's Finished: at the end of a full TLS 1.2 handshake, and for
 * each TLS 1.3 ticket (I-113). */
int rsm_client_link_new(SSL *ssl, SSL_SESSION *session) {
    struct rsm_client_link *link = rsm_client_link_of(ssl);
    if (link) {
        keep(ssl, link, session);
    }
    return 0; /* no reference kept */
}

/* RFC 5246 section 7.2.2: such a connection's session must not be resumed; in TLS 1.3 tickets of
 * it should be discarded (RFC 8446 section 6.2). All of the peer's go: what fails once with a
 * server will fail again, and a full handshake is all that it costs. */
void rsm_client_link_alert(struct rsm_client_link *link) {
    (void)!resume_client_forget(link->client, link->peer);
    link->offered = resume_saved_unref(link->offered);
}

static bool same_ticket(const resume_saved *saved, SSL_SESSION *session) {
    const unsigned char *theirs = NULL;
    size_t theirs_len = 0;
    size_t len = 0;
    const uint8_t *ours = resume_saved_ticket(saved, &len);
    SSL_SESSION_get0_ticket(session, &theirs, &theirs_len);
    return len == theirs_len && (len == 0 || memcmp(ours, theirs, len) == 0);
}

/* In a resumed TLS 1.2 handshake libssl reports no new session, though the server may have sent a
 * new ticket (RFC 5077 section 3.3). */
void rsm_client_link_done(struct rsm_client_link *link, const SSL *ssl) {
    if (!link->offered) {
        return;
    }
    SSL_SESSION *session = SSL_get_session(ssl);
    if (!SSL_session_reused(ssl)) {
        (void)!resume_client_forget_saved(link->client, link->peer, link->offered);
        link->resumed = resume_session_unref(link->resumed);
    } else if (SSL_version(ssl) == TLS1_2_VERSION && !same_ticket(link->offered, session)) {
        keep(ssl, link, session);
    }
    link->offered = resume_saved_unref(link->offered);
}
