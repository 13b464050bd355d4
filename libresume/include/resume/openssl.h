/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenSSL adapter (libresume-openssl): plugs a resume_server, or a resume_client, into an
 * SSL_CTX, and converts sessions. It needs no OpenSSL header: SSL_CTX, SSL and SSL_SESSION are
 * declared by their tags.
 *
 * What attach takes: the slots for ticket key, session ticket, ClientHello, new-session and
 * get-session callbacks of the SSL_CTX; the info callback is chained. What the application sets
 * there afterwards replaces libresume's. An info callback that is set on one SSL hides that SSL's
 * alerts: a fatal one then does not make the store forget the session.
 *
 * What client_attach takes: the slot for the new-session callback and the cache mode; the info
 * callback is chained. An info callback on one SSL hides from libresume how that handshake ended:
 * a fatal alert then forgets nothing, and a ticket that is renewed in TLS 1.2 is not kept.
 *
 * Threads: attach and detach need the SSL_CTX to themselves; no handshake may be running on it.
 * Everything else runs inside handshakes on any number of threads. Forks: attach before or after.
 */
#ifndef RESUME_OPENSSL_H
#define RESUME_OPENSSL_H

#ifndef RESUME_FFI
#include <resume/client.h>
#include <resume/server.h>
#include <resume/session.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

typedef struct resume_openssl_options resume_openssl_options;

/** A ClientHello callback, of the form that SSL_CTX_set_client_hello_cb() takes. */
typedef int (*resume_openssl_client_hello_fn)(struct ssl_st *ssl, int *ret_alert, void *arg);

/**
 * Makes options for resume_openssl_attach().
 *
 * @param ret_options receives them; free them with resume_openssl_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_openssl_options_new(resume_openssl_options **ret_options);

/**
 * Frees options.
 *
 * @param options the options, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_openssl_options *resume_openssl_options_unref(resume_openssl_options *options);

/**
 * Names the application's own ClientHello callback, since an SSL_CTX has only one. It runs first,
 * so what it chooses (another SSL_CTX, other rules for client certificates) is what sessions are
 * bound to. libresume's part follows if it returns SSL_CLIENT_HELLO_SUCCESS; any other result is
 * passed on.
 *
 * @param options the options.
 * @param next the callback, or NULL for none.
 * @param arg passed through; must outlive the SSL_CTX.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_options_set_client_hello(
    resume_openssl_options *options, resume_openssl_client_hello_fn next, void *arg);

/**
 * Why the last resume_openssl_attach() with these options failed.
 *
 * @param options the options; NULL gives "".
 * @return text owned by the options, "" if nothing failed.
 * @since 0.1
 */
RESUME_API const char *resume_openssl_options_why(const resume_openssl_options *options);

/**
 * Plugs a server into an SSL_CTX: TLS 1.2 and 1.3 tickets under its keyring, TLS 1.2 session IDs
 * and TLS 1.3 without tickets over its store, isolation by server name and client-authentication
 * policy, and the client-certificate guard.
 *
 * Attach every SSL_CTX that connections may be switched to by SSL_set_SSL_CTX(). Where virtual
 * hosts differ in their rules for client certificates, switch in a ClientHello callback: libssl
 * decides about resumption before its servername callback. A connection whose rules have changed
 * since its ClientHello is issued nothing. A second attach
 * replaces the first and computes the client-authentication digest anew, which is what to do
 * after client CAs or trust anchors have changed.
 *
 * @param ctx a server's SSL_CTX. It keeps the server alive until it is freed or detached.
 * @param server the server; many SSL_CTX may share it.
 * @param options or NULL for the defaults.
 * @return RESUME_OK; RESUME_E_INVALID (NULL, or early data is on while no policy asks for it: see
 *         resume_openssl_options_why()), RESUME_E_STATE (a client is attached), RESUME_E_NOMEM,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_attach(struct ssl_ctx_st *ctx,
                                                               resume_server *server,
                                                               resume_openssl_options *options);

/**
 * Undoes resume_openssl_attach(): libresume's callbacks go, and options, cache mode and timeout
 * are what they were before.
 *
 * @param ctx the SSL_CTX.
 * @return RESUME_OK, RESUME_MISS (nothing was attached), RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_detach(struct ssl_ctx_st *ctx);

/**
 * The server that is attached to an SSL_CTX.
 *
 * @param ctx the SSL_CTX; NULL gives NULL.
 * @return borrowed, valid until detach; NULL if none is attached.
 * @since 0.1
 */
RESUME_API resume_server *resume_openssl_server(struct ssl_ctx_st *ctx);

/**
 * libresume's ClientHello callback, for an application that has to keep the slot for itself:
 * call it last thing in your own callback. Without it no session resumes.
 *
 * @param ssl the connection.
 * @param ret_alert receives nothing: this callback never fails a handshake.
 * @param arg ignored.
 * @return 1, which is SSL_CLIENT_HELLO_SUCCESS.
 * @since 0.1
 */
RESUME_API int resume_openssl_client_hello(struct ssl_st *ssl, int *ret_alert, void *arg);

/**
 * Converts an SSL_SESSION of a finished handshake.
 *
 * @param session the SSL_SESSION, only read. Its chain beyond the leaf is not in it.
 * @param now_ms Unix time in milliseconds.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_UNSUPPORTED (SRP, external PSK, compression, raw public keys),
 *         RESUME_MALFORMED, RESUME_TOO_LARGE, RESUME_E_INVALID, RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_export(struct ssl_session_st *session,
                                                               uint64_t now_ms,
                                                               resume_session **ret_session);

/**
 * Makes an SSL_SESSION from a session.
 *
 * @param session the session, only read.
 * @param ret_session receives one reference; free it with SSL_SESSION_free().
 * @return RESUME_OK, RESUME_UNSUPPORTED (not resumable, or a cipher suite that this libssl does
 *         not know), RESUME_E_INVALID, RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_import(const resume_session *session,
                                                               struct ssl_session_st **ret_session);

/**
 * Plugs a client into an SSL_CTX: connections that were told their peer by
 * resume_openssl_client_offer() put what the server issues, once its Finished is checked and, with
 * SSL_VERIFY_PEER, its certificate verified. With SSL_VERIFY_NONE the application judges for
 * itself after each handshake: a resumed connection then shows the certificate and the verify
 * result of its first one. libssl's own cache is off; the SSL_CTX's timeout is the policy's. A
 * second attach replaces the first.
 *
 * @param ctx a client's SSL_CTX. It keeps the client alive until it is freed or detached.
 * @param client the client; many SSL_CTX may share it, if their peers' labels tell them apart.
 * @return RESUME_OK, RESUME_E_STATE (a server is attached), RESUME_E_INVALID, RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_attach(struct ssl_ctx_st *ctx,
                                                                      resume_client *client);

/**
 * Plugs a client into an SSL_CTX as resume_openssl_client_attach() does, for all its connections,
 * also where another library opens them: each is offered what the client has, as by
 * resume_openssl_client_offer(), when its handshake begins. Its peer is that of
 * resume_openssl_client_peer(). Left alone, neither offered anything nor put, are connections that
 * bring an SSL_SESSION of their own or name nobody; one that was told its peer keeps that. An SSL
 * that is used again after SSL_clear() is offered anew. An info callback on one SSL hides that its
 * handshake begins.
 *
 * @param ctx as in resume_openssl_client_attach().
 * @param client the client; many SSL_CTX may share it, since settings are part of the peer.
 * @param label,label_len what else shall keep sessions apart: origin or proxy (CVE-2021-22890), and
 *        what resume_openssl_client_peer() cannot see; only its digest is kept.
 * @return as resume_openssl_client_attach(), and RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_attach_auto(struct ssl_ctx_st *ctx,
                                                                           resume_client *client,
                                                                           const uint8_t *label,
                                                                           size_t label_len);

/**
 * Makes the peer of a connection from its settings, to forget it, or to put or take by hand. Its
 * host is the server name, else the name or address to be verified, else that of the transport. Its
 * label is a digest of the label of resume_openssl_client_attach_auto(), verification (mode, depth,
 * flags, names and addresses, security level, CT), versions, options, cipher
 * suites, and the client's own certificate (CVE-2016-5419, CVE-2016-5420). What libssl does not
 * tell is not in it: ALPN, which is negotiated anew each time, groups, signature algorithms,
 * certificate callbacks. Neither are trust anchors and DANE, since each offer verifies the chain
 * under those of that moment.
 *
 * @param ssl a connection of an SSL_CTX with a client attached automatically, all settings made.
 * @param address,port of the transport; the address numeric and NUL-terminated. NULL and 0 ask the
 *        socket, and stay so where there is none.
 * @param ret_peer receives one reference; drop it with resume_peer_unref().
 * @return RESUME_OK; RESUME_MISS, it names nobody; RESUME_E_STATE (nothing attached, or not
 *         automatically), RESUME_E_INVALID (NULL, or a name that is too long), RESUME_E_NOMEM,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_peer(struct ssl_st *ssl,
                                                                    const char *address,
                                                                    uint16_t port,
                                                                    resume_peer **ret_peer);

/**
 * Undoes resume_openssl_client_attach(). Connections that were told their peer go on putting what
 * they get until they end, where libssl still reports it.
 *
 * @param ctx the SSL_CTX.
 * @return RESUME_OK, RESUME_MISS (nothing was attached), RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_detach(struct ssl_ctx_st *ctx);

/**
 * The client that is attached to an SSL_CTX.
 *
 * @param ctx the SSL_CTX; NULL gives NULL.
 * @return borrowed, valid until detach; NULL if none is attached.
 * @since 0.1
 */
RESUME_API resume_client *resume_openssl_client(struct ssl_ctx_st *ctx);

/**
 * Tells a connection its peer, and offers it what the client has: call it after all settings,
 * SSL_set_tlsext_host_name() and SSL_set1_host() included, and before SSL_connect(). With
 * SSL_VERIFY_PEER the session's chain is verified again under the present settings, and the verify
 * callback called for it, since libssl verifies nothing when it resumes. What may not be offered
 * is forgotten. What was offered and sent is used up; unsent it goes back when the SSL is freed. A
 * failed handshake, a fatal alert or a server that declines makes the client forget.
 *
 * @param ssl a connection of an attached SSL_CTX that has not begun.
 * @param peer whom it goes to; a reference is kept, and what the server issues is put under it.
 * @return RESUME_OK, something is offered; RESUME_MISS, nothing is, and a full handshake follows;
 *         RESUME_E_STATE (nothing attached, or it has begun), RESUME_E_INVALID, RESUME_E_NOMEM,
 *         RESUME_E_CRYPTO. The handshake can go on after each of them.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_offer(struct ssl_st *ssl,
                                                                     resume_peer *peer);

/**
 * Puts an SSL_SESSION of a client, with its ticket and hint: for callers whose SSL_CTX cannot be
 * attached. The caller answers for verification, as with resume_client_put().
 *
 * @param client the client; internally locked.
 * @param peer whom the connection went to.
 * @param session the SSL_SESSION, only read. Its chain beyond the leaf is not kept.
 * @param now_ms the time of receipt, Unix milliseconds.
 * @return as resume_client_put() and resume_openssl_export().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_openssl_client_put(resume_client *client,
                                                                   const resume_peer *peer,
                                                                   struct ssl_session_st *session,
                                                                   uint64_t now_ms);

/**
 * Makes an SSL_SESSION, with ticket and hint, of what resume_client_take() gave.
 *
 * @param saved what was taken, only read.
 * @param ret_session receives one reference; free it with SSL_SESSION_free().
 * @return as resume_openssl_import().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_openssl_import_saved(const resume_saved *saved, struct ssl_session_st **ret_session);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_OPENSSL_H */
