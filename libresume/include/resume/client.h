/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_client: the sessions that a client may offer, kept for each peer: put after a handshake,
 * taken before the next, bounded, and saved to a sealed file. Not a TLS stack, and not the server's
 * side, which is server.h: what a server issued never gets in here but through a handshake.
 *
 * When to put: only after the peer's certificate was verified and its Finished was checked. A
 * session that was cached before that lends its trust to whoever answers next (CVE-2020-8172).
 *
 * Under which peer: a session must never be offered from a configuration that would not have made
 * it. Host, port, server name and ALPN are not enough: the client's own certificate
 * (CVE-2016-5419, CVE-2016-5420), whether the connection goes to the origin or to a proxy
 * (CVE-2021-22890), trust anchors and verification, versions and suites, TLS over TCP or QUIC all
 * belong into the label of the peer. The cache keeps only a keyed digest of it all.
 *
 * Threads: a client is internally locked and every call takes a time that does not depend on the
 * number of sessions, but for saving, loading and clearing. A peer and options need one owner while
 * they are set; after that any number of threads may use a peer. What was taken never changes.
 * Forks: a client made before a fork is a separate one in each process from then on; do not fork
 * while another thread is inside a call, or do not use the client in the child then.
 * Secrets: sessions are wiped with their last reference.
 */
#ifndef RESUME_CLIENT_H
#define RESUME_CLIENT_H

#ifndef RESUME_FFI
#include <resume/keyring.h>
#include <resume/policy.h>
#include <resume/session.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_peer resume_peer;
typedef struct resume_client resume_client;
typedef struct resume_client_options resume_client_options;
/** One thing to offer: a session with its ticket. */
typedef struct resume_saved resume_saved;

/** Limits. */
enum {
    RESUME_PEER_LABEL_MAX = 65535,          /* bytes of a label */
    RESUME_CLIENT_SESSIONS_MAX = 1 << 20,   /* sessions in one client */
    RESUME_CLIENT_BYTES_MAX = 1 << 30,      /* bytes in one client */
    RESUME_CLIENT_TICKETS_PER_PEER_MAX = 64 /* TLS 1.3 tickets of one peer */
};

/** What resume_client_stats() can tell. */
enum {
    RESUME_CLIENT_SESSIONS = 0,  /* sessions now in the cache */
    RESUME_CLIENT_PEERS = 1,     /* peers that they belong to */
    RESUME_CLIENT_BYTES = 2,     /* bytes that they take */
    RESUME_CLIENT_PUTS = 3,      /* sessions put */
    RESUME_CLIENT_HITS = 4,      /* takes that gave something */
    RESUME_CLIENT_MISSES = 5,    /* takes that gave nothing */
    RESUME_CLIENT_RETURNS = 6,   /* TLS 1.3 sessions that came back unused */
    RESUME_CLIENT_EXPIRED = 7,   /* sessions dropped because their time was over */
    RESUME_CLIENT_EVICTED = 8,   /* sessions dropped to make room */
    RESUME_CLIENT_FORGOTTEN = 9, /* sessions dropped because a caller said so */
    RESUME_CLIENT_REFUSED = 10,  /* puts that were answered with anything but RESUME_OK */
    RESUME_CLIENT_STAT_COUNT = 11
};

/**
 * Names whom a connection goes to. All that is not set is empty, which is a value of its own.
 *
 * @param host name or address that the caller connects to, 1 to 255 bytes, NUL-terminated; ASCII
 *        letters compare without case.
 * @param port of the transport, 0 where there is none.
 * @param ret_peer receives one reference; drop it with resume_peer_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL, empty or too long), RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_peer_new(const char *host, uint16_t port,
                                                         resume_peer **ret_peer);

/**
 * Adds a reference.
 *
 * @param peer the peer; NULL gives NULL.
 * @return peer.
 * @since 0.1
 */
RESUME_API resume_peer *resume_peer_ref(resume_peer *peer);

/**
 * Drops a reference, from any thread; the last one frees the peer.
 *
 * @param peer the peer, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_peer *resume_peer_unref(resume_peer *peer);

/**
 * Sets the server name that the ClientHello will carry (RFC 6066 section 3). A session is never
 * offered under another one.
 *
 * @param peer the peer, not yet in use.
 * @param data the name, copied; ASCII letters compare without case.
 * @param data_len 0 (none) to 255 bytes, without a trailing NUL.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long), RESUME_E_NOMEM, RESUME_E_CRYPTO; then
 *         nothing is changed.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_peer_set_server_name(resume_peer *peer,
                                                                     const char *data,
                                                                     size_t data_len);

/**
 * Sets the application protocols that the ClientHello will offer (RFC 7301 section 3.1).
 *
 * @param peer the peer, not yet in use.
 * @param data names, each behind its length in one byte, in the order of the offer; copied.
 * @param data_len 0 (none) to 65535 bytes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long, or no such list), RESUME_E_NOMEM,
 *         RESUME_E_CRYPTO; then nothing is changed.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_peer_set_alpn(resume_peer *peer,
                                                              const uint8_t *data, size_t data_len);

/**
 * Sets what else the caller's configuration says that a session depends on: own certificate,
 * trust anchors and verification, origin or proxy, versions and suites, TLS or QUIC. Equal bytes
 * mean that sessions may be shared; a digest of the configuration does.
 *
 * @param peer the peer, not yet in use.
 * @param data the label, copied; only a digest of it is kept anywhere else.
 * @param data_len 0 (none) to RESUME_PEER_LABEL_MAX bytes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long), RESUME_E_NOMEM, RESUME_E_CRYPTO; then
 *         nothing is changed.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_peer_set_label(resume_peer *peer,
                                                               const uint8_t *data,
                                                               size_t data_len);

/**
 * Makes options with the defaults: 1000 sessions, 16 MiB, 4 TLS 1.3 tickets for each peer, the
 * default policy.
 *
 * @param ret_options receives them; free them with resume_client_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_client_options_new(resume_client_options **ret_options);

/**
 * Frees options. Clients made from them are not touched.
 *
 * @param options the options, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_client_options *resume_client_options_unref(resume_client_options *options);

/**
 * Why the last setter with these options failed.
 *
 * @param options the options; NULL gives "".
 * @return text owned by the options, "" if nothing failed.
 * @since 0.1
 */
RESUME_API const char *resume_client_options_why(const resume_client_options *options);

/**
 * Sets how many sessions are kept in all. Beyond that the peer that was not asked for for longest
 * loses its oldest.
 *
 * @param options the options.
 * @param count 1 to RESUME_CLIENT_SESSIONS_MAX; default 1000.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_client_options_set_max_sessions(resume_client_options *options, uint32_t count);

/**
 * Sets how many bytes sessions, tickets and their management may take.
 *
 * @param options the options.
 * @param bytes 4096 to RESUME_CLIENT_BYTES_MAX; default 16 MiB.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_client_options_set_max_bytes(resume_client_options *options, uint64_t bytes);

/**
 * Sets how many TLS 1.3 tickets are kept for one peer, which is how many connections may begin
 * before the server sends new ones (RFC 8446 appendix C.4).
 *
 * @param options the options.
 * @param count 1 to RESUME_CLIENT_TICKETS_PER_PEER_MAX; default 4.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_client_options_set_max_tickets(resume_client_options *options, uint32_t count);

/**
 * Sets the policy, of which a client reads: modes, lifetimes, authentication lifetimes, and the
 * rule for TLS 1.2 sessions without extended_master_secret, which RESUME_EMS_STRICT keeps out
 * (RFC 7627 section 5.3).
 *
 * @param options the options.
 * @param policy a reference is taken; resume_client_new() copies it.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_client_options_set_policy(resume_client_options *options, resume_policy *policy);

/**
 * Makes an empty client.
 *
 * @param options the options, which may be freed or used again afterwards; NULL: the defaults.
 * @param ret_client receives one reference; drop it with resume_client_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_new(const resume_client_options *options,
                                                           resume_client **ret_client);

/**
 * Adds a reference.
 *
 * @param client the client; NULL gives NULL.
 * @return client.
 * @since 0.1
 */
RESUME_API resume_client *resume_client_ref(resume_client *client);

/**
 * Drops a reference, from any thread; the last one frees the client and all it holds.
 *
 * @param client the client, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_client *resume_client_unref(resume_client *client);

/**
 * The client's policy.
 *
 * @param client the client; NULL gives NULL.
 * @return borrowed, valid while the client lives.
 * @since 0.1
 */
RESUME_API const resume_policy *resume_client_policy(const resume_client *client);

/**
 * Keeps a session for the next connection to a peer. Call it only after the peer was verified and
 * its Finished checked. A TLS 1.2 session replaces the peer's older one; TLS 1.3 tickets stand
 * beside each other.
 *
 * @param client the client; internally locked.
 * @param peer whom the connection went to.
 * @param session the session; a reference is taken.
 * @param ticket,ticket_len the ticket as the server sent it, copied; none: by session ID.
 * @param lifetime_hint_s the server's hint in seconds. 0 leaves it to the policy in TLS 1.2
 *        (RFC 5077 section 3.3), and discards at once in TLS 1.3 (RFC 8446 section 4.6.1).
 * @param now_ms the time of receipt, from which the hint counts.
 * @return RESUME_OK; RESUME_EXPIRED, its time is over already; RESUME_TOO_LARGE, the ticket (65535
 *         bytes) or the client; RESUME_UNSUPPORTED, not resumable, compressed, without what to
 *         offer, or kept out by the policy; RESUME_E_INVALID, RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_put(
    resume_client *client, const resume_peer *peer, resume_session *session, const uint8_t *ticket,
    size_t ticket_len, uint32_t lifetime_hint_s, uint64_t now_ms);

/**
 * Takes what to offer to a peer: the newest that has not expired. In TLS 1.3 it is removed, so that
 * no ticket is offered twice (RFC 8446 appendix C.4); a TLS 1.2 session stays.
 *
 * @param client the client; internally locked.
 * @param peer whom the connection goes to.
 * @param now_ms the time.
 * @param ret_saved receives one reference; drop it with resume_saved_unref().
 * @return RESUME_OK; RESUME_MISS, nothing to offer; RESUME_E_INVALID, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_take(resume_client *client,
                                                            const resume_peer *peer,
                                                            uint64_t now_ms,
                                                            resume_saved **ret_saved);

/**
 * Gives back a TLS 1.3 session that was taken and never sent in a ClientHello.
 *
 * @param client the client that it was taken from; internally locked.
 * @param peer the peer that it was taken for.
 * @param saved what was taken; the caller keeps its reference.
 * @param now_ms the time.
 * @return RESUME_OK, it is back; RESUME_EXISTS, it is there, as a TLS 1.2 session always is;
 *         RESUME_EXPIRED; RESUME_MISS, it is not taken back: it is another client's or peer's, or
 *         something was forgotten or loaded since, or newer ones fill its place;
 *         RESUME_E_INVALID, RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_return(resume_client *client,
                                                              const resume_peer *peer,
                                                              resume_saved *saved, uint64_t now_ms);

/**
 * Forgets all sessions of a peer, as after a fatal alert (RFC 5246 section 7.2.2).
 *
 * @param client the client; internally locked.
 * @param peer the peer.
 * @return RESUME_OK, RESUME_MISS (there were none), RESUME_E_INVALID, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_forget(resume_client *client,
                                                              const resume_peer *peer);

/**
 * Forgets one session, as after a handshake that offered it failed, or a server that declined it.
 *
 * @param client the client; internally locked.
 * @param peer the peer.
 * @param saved what was taken; the caller keeps its reference.
 * @return RESUME_OK; RESUME_MISS, it is not there: taken, replaced or gone before;
 *         RESUME_E_INVALID, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_forget_saved(resume_client *client,
                                                                    const resume_peer *peer,
                                                                    const resume_saved *saved);

/**
 * Forgets everything.
 *
 * @param client the client; internally locked.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_clear(resume_client *client);

/**
 * How many sessions there are, expired ones that nobody asked for included.
 *
 * @param client the client; NULL gives 0.
 * @return their number.
 * @since 0.1
 */
RESUME_API size_t resume_client_count(resume_client *client);

/**
 * Reads one number about the client.
 *
 * @param client the client.
 * @param which RESUME_CLIENT_SESSIONS and so on.
 * @param ret_value receives the number.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, or an unknown number).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_stats(resume_client *client, int32_t which,
                                                             uint64_t *ret_value);

/**
 * Saves all sessions to a file, sealed, under the ring's key that seals now, with mode 0600. The
 * file is replaced as a whole or not at all. It tells nobody without the key who the peers are.
 * What is saved here and taken there may be offered twice: save last, when no more is taken.
 *
 * @param client the client; internally locked, but not while it writes.
 * @param path of the file, NUL-terminated; a file beside it is written first, and renamed.
 * @param keyring keys that live as long as the file shall: "file:" or "derive:", not "random:".
 * @param now_ms the time.
 * @return RESUME_OK, RESUME_NO_KEY, RESUME_E_INVALID, RESUME_E_NOMEM, RESUME_E_CRYPTO,
 *         RESUME_E_IO (errno says more).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_save(resume_client *client, const char *path,
                                                            resume_keyring *keyring,
                                                            uint64_t now_ms);

/**
 * Loads a file that resume_client_save() wrote. What the client held is gone, since the digests of
 * its peers are made with a secret of the file; so load first. Limits, policy and expiry are those
 * of this client and of now. After any other answer than RESUME_OK the client is as it was.
 *
 * @param client the client; internally locked.
 * @param path of a regular file of this user or root that nobody else may read or write.
 * @param keyring a ring with the key that sealed it.
 * @param now_ms the time.
 * @return RESUME_OK; RESUME_MISS, no such file; RESUME_NO_KEY, no such key in the ring;
 *         RESUME_EXPIRED, the key was retired; RESUME_FORGED, RESUME_MALFORMED, RESUME_UNSUPPORTED
 *         (a later version's), RESUME_TOO_LARGE; RESUME_E_INVALID, also for a file that is not as
 *         above; RESUME_E_IO (errno says more), RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_client_load(resume_client *client, const char *path,
                                                            resume_keyring *keyring,
                                                            uint64_t now_ms);

/**
 * Adds a reference.
 *
 * @param saved what was taken; NULL gives NULL.
 * @return saved.
 * @since 0.1
 */
RESUME_API resume_saved *resume_saved_ref(resume_saved *saved);

/**
 * Drops a reference, from any thread; the last one wipes and frees it.
 *
 * @param saved what was taken, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_saved *resume_saved_unref(resume_saved *saved);

/**
 * The session to offer.
 *
 * @param saved what was taken; NULL gives NULL.
 * @return borrowed, valid while saved lives.
 * @since 0.1
 */
RESUME_API resume_session *resume_saved_session(const resume_saved *saved);

/**
 * The ticket to offer, as the server sent it.
 *
 * @param saved what was taken; NULL gives NULL.
 * @param ret_len receives the length; may be NULL.
 * @return borrowed, valid while saved lives; NULL without one: the session ID is what to offer.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_saved_ticket(const resume_saved *saved, size_t *ret_len);

/**
 * The server's lifetime hint, as it was put.
 *
 * @param saved what was taken; NULL gives 0.
 * @return seconds.
 * @since 0.1
 */
RESUME_API uint32_t resume_saved_lifetime_hint(const resume_saved *saved);

/**
 * When it was received; TLS 1.3 counts the age of a ticket from here (RFC 8446 section 4.2.11.1).
 *
 * @param saved what was taken; NULL gives 0.
 * @return Unix time in milliseconds.
 * @since 0.1
 */
RESUME_API uint64_t resume_saved_received(const resume_saved *saved);

/**
 * From when on it must not be offered.
 *
 * @param saved what was taken; NULL gives 0.
 * @return Unix time in milliseconds.
 * @since 0.1
 */
RESUME_API uint64_t resume_saved_expires(const resume_saved *saved);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_CLIENT_H */
