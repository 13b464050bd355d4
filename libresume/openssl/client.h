/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of the adapter: what an SSL_CTX is attached to, and the link of a connection
 * that was told whom it goes to. The server's side is adapter.h.
 */
#ifndef RSM_OPENSSL_CLIENT_H
#define RSM_OPENSSL_CLIENT_H

#include "adapter.h"

struct rsm_client_attachment {
    atomic_uint refs;
    resume_client *client;
    bool automatic;                 /* connections are offered something by themselves */
    uint8_t label[RSM_DIGEST_SIZE]; /* of the caller's label, if automatic */
    int cache_mode;                 /* these three: before the attachment */
    long timeout;
    rsm_info_fn info;
};

/* One connection, from the offer on. */
struct rsm_client_link {
    resume_client *client;
    resume_peer *peer;
    resume_saved *offered;   /* until the handshake shows what became of it */
    resume_session *resumed; /* the session that goes on; its chain is the new session's too */
    bool automatic;          /* nobody told its peer */
};

/* client.c */
struct rsm_client_attachment *rsm_client_attachment_of(const SSL_CTX *ctx);

/* client_auto.c */
/* A handshake begins: what resume_openssl_client_offer() does, where nobody called it. */
void rsm_client_auto_begin(SSL *ssl, const struct rsm_client_attachment *attachment);

/* client_settings.c */
/* SHA-256 over all of a connection's settings that can be read and that a session depends on, and
 * over the digest of the caller's label. */
bool rsm_client_settings_digest(SSL *ssl, const uint8_t *label, uint8_t *ret_digest);

/* client_link.c */
bool rsm_client_link_prepare(void); /* under a lock, before all else */
struct rsm_client_link *rsm_client_link_of(const SSL *ssl);
/* The link of an SSL whose handshake has not begun, with nothing offered; NULL without memory. */
struct rsm_client_link *rsm_client_link_renew(SSL *ssl, resume_client *client, resume_peer *peer);
/* Takes the link of an earlier handshake, which had its offer sent, off an SSL that begins anew. */
void rsm_client_link_drop(SSL *ssl);
/* Callbacks: a new session; a fatal alert; the end of a handshake. */
int rsm_client_link_new(SSL *ssl, SSL_SESSION *session);
void rsm_client_link_alert(struct rsm_client_link *link);
void rsm_client_link_done(struct rsm_client_link *link, const SSL *ssl);

/* client_trust.c */
/* True if what this connection has verified may be kept (I-113). */
bool rsm_client_verified(const SSL *ssl);
/* True if the certificates of a session pass this connection's present settings (I-118). */
bool rsm_client_trusts(SSL *ssl, const resume_session *session);

/* client_session.c */
/* What libssl has, with the chain that it came with or, if resumed, began with. */
resume_status rsm_client_export(const SSL *ssl, SSL_SESSION *session, const resume_session *resumed,
                                uint64_t now_ms, resume_session **ret_session);
resume_status rsm_client_put(resume_client *client, const resume_peer *peer, SSL_SESSION *theirs,
                             resume_session *session, uint64_t now_ms);

#endif
