/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_server: the decision, made in one place for session IDs, TLS 1.2 tickets and TLS 1.3
 * tickets; the issue of tickets and stored sessions; counters with a reason for every outcome.
 * Not a TLS stack: adapters (openssl.h) and stacks of the caller's own ask it.
 *
 * Threads: every call on a server is internally locked or lock-free; one server may serve many
 * threads, connections and TLS contexts at once. Forks: a server made before a fork serves the
 * children; counters then count per process. Signals: no call is async-signal-safe.
 */
#ifndef RESUME_SERVER_H
#define RESUME_SERVER_H

#ifndef RESUME_FFI
#include <resume/codec.h>
#include <resume/connection.h>
#include <resume/facts.h>
#include <resume/hello.h>
#include <resume/keyring.h>
#include <resume/policy.h>
#include <resume/session.h>
#include <resume/status.h>
#include <resume/store.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_server resume_server;
typedef struct resume_server_options resume_server_options;
typedef struct resume_event resume_event;
typedef struct resume_verdict resume_verdict;

/** Why a handshake resumed or not, or why something was issued or not. */
typedef int32_t resume_reason;

enum {
    RESUME_REASON_RESUMED = 0,
    RESUME_REASON_RENEWED = 1,                 /* resumed, and a new ticket should be issued */
    RESUME_REASON_NOT_OFFERED = 2,             /* the client offered nothing to resume */
    RESUME_REASON_MODE_OFF = 3,                /* the policy does not allow this way to resume */
    RESUME_REASON_UNKNOWN_KEY = 4,             /* no key of that name in the ring */
    RESUME_REASON_KEY_EXPIRED = 5,             /* the key no longer opens */
    RESUME_REASON_FORGED = 6,                  /* the ticket's MAC or tag does not match */
    RESUME_REASON_MALFORMED = 7,               /* ticket, state or server name is not well formed */
    RESUME_REASON_UNSUPPORTED = 8,             /* well formed, with a feature that is refused */
    RESUME_REASON_NOT_IN_STORE = 9,            /* no session under that ID */
    RESUME_REASON_STORE_FAILED = 10,           /* the store could not answer */
    RESUME_REASON_EXPIRED = 11,                /* the session's lifetime is over */
    RESUME_REASON_AUTHENTICATION_EXPIRED = 12, /* the full handshake lies too far back */
    RESUME_REASON_FROM_FUTURE = 13,            /* created later than the clock and skew allow */
    RESUME_REASON_VERSION_MISMATCH = 14,
    RESUME_REASON_CIPHER_SUITE_NOT_OFFERED = 15,
    RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED = 16,
    RESUME_REASON_COMPRESSION = 17,
    RESUME_REASON_SERVER_NAME_MISMATCH = 18,
    RESUME_REASON_CONTEXT_MISMATCH = 19,
    RESUME_REASON_CLIENT_CERTIFICATE_MISSING = 20,
    RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED = 21,
    RESUME_REASON_CLIENT_CERTIFICATE_INVALID = 22,
    RESUME_REASON_EMS_MISSING_IN_HELLO = 23,   /* abort, RFC 7627 section 5.3 */
    RESUME_REASON_EMS_MISSING_IN_SESSION = 24, /* full handshake, RFC 7627 section 5.3 */
    RESUME_REASON_EMS_MISSING_IN_BOTH = 25,    /* abort unless the policy allows it */
    RESUME_REASON_NOT_RESUMABLE = 26,
    RESUME_REASON_FAILED = 27, /* no memory, no random bytes: a full handshake instead */
    RESUME_REASON_ISSUED = 28,
    RESUME_REASON_NOT_ISSUED_NO_KEY = 29,
    RESUME_REASON_NOT_ISSUED_TOO_LARGE = 30,
    RESUME_REASON_NOT_ISSUED_BY_POLICY = 31,
    RESUME_REASON_NOT_ISSUED_FAILED = 32,
    RESUME_REASON_COUNT = 33 /* grows with later versions; see resume_reason_count() */
};

/* The way that a session came or went; counters are kept for each. */
enum {
    RESUME_PATH_NONE = 0,
    RESUME_PATH_TLS12_TICKET = 1,
    RESUME_PATH_TLS12_SESSION_ID = 2,
    RESUME_PATH_TLS13_TICKET = 3,
    RESUME_PATH_TLS13_STORED = 4,
    RESUME_PATH_COUNT = 5
};

/* Histograms: ages in seconds, bucket 0 below 1 s, bucket n below 2^n s. */
enum {
    RESUME_HISTOGRAM_TICKET_AGE = 0, /* of each resumed session, since it was created or renewed */
    RESUME_HISTOGRAM_KEY_AGE = 1,    /* of the key of each ticket that opens, since it seals */
    RESUME_HISTOGRAM_COUNT = 2,
    RESUME_HISTOGRAM_BUCKETS = 24
};

/**
 * Told of every outcome, after it was decided and outside every lock.
 *
 * @param arg what resume_server_options_set_trace() was given.
 * @param event valid during the call only; read it with resume_event_*.
 */
typedef void (*resume_trace_fn)(void *arg, const resume_event *event);

/**
 * Names a reason.
 *
 * @param reason a resume_reason.
 * @return a static name in snake_case, such as "client_certificate_missing"; "unknown" for a
 *         value that this version does not know. Never NULL, never freed.
 * @since 0.1
 */
RESUME_API const char *resume_reason_name(resume_reason reason);

/**
 * How many reasons the loaded library knows.
 *
 * @return one more than the largest resume_reason.
 * @since 0.1
 */
RESUME_API int32_t resume_reason_count(void);

/**
 * Names a path.
 *
 * @param path RESUME_PATH_*.
 * @return a static name such as "tls12_ticket"; "unknown" for an unknown value.
 * @since 0.1
 */
RESUME_API const char *resume_path_name(int32_t path);

/**
 * Makes options for resume_server_new().
 *
 * @param ret_options receives them; free them with resume_server_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_new(resume_server_options **ret_options);

/**
 * Frees options.
 *
 * @param options the options, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_server_options *resume_server_options_unref(resume_server_options *options);

/**
 * Sets the ticket keys; tickets are then RFC 5077 frames around OpenSSL's session format, which
 * every OpenSSL-based server with the same keys opens.
 *
 * @param options the options.
 * @param keyring the ring; the options take a reference of their own.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_set_keyring(resume_server_options *options, resume_keyring *keyring);

/**
 * Sets a ticket codec of another frame or format instead of the one that a keyring gives.
 *
 * The OpenSSL adapter can use the codec's keyring only: libssl fixes the frame.
 *
 * @param options the options.
 * @param codec the codec; the options take a reference of their own.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_set_codec(resume_server_options *options, resume_codec *codec);

/**
 * Sets the store for session IDs and for TLS 1.3 without tickets.
 *
 * @param options the options.
 * @param store the store; the options take a reference of their own.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_set_store(resume_server_options *options, resume_store *store);

/**
 * Sets the policy; without one the defaults of resume_policy_new() hold.
 *
 * @param options the options.
 * @param policy the policy, copied by resume_server_new().
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_set_policy(resume_server_options *options, resume_policy *policy);

/**
 * Sets the trace hook, called for every outcome on the thread that decided it.
 *
 * @param options the options.
 * @param trace the function, or NULL for none. It must not call back into the TLS connection.
 * @param arg passed through; must outlive the server.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_options_set_trace(resume_server_options *options, resume_trace_fn trace, void *arg);

/**
 * Why the last resume_server_new() or resume_openssl_attach() with these options failed.
 *
 * @param options the options; NULL gives "".
 * @return text owned by the options, "" if nothing failed; changed by the next call with them.
 * @since 0.1
 */
RESUME_API const char *resume_server_options_why(const resume_server_options *options);

/**
 * Makes a server.
 *
 * The modes of the policy are narrowed to what there is: without keys no tickets, without a store
 * no session IDs.
 *
 * @param options the options; they may be freed or used again afterwards.
 * @param ret_server receives one reference; drop it with resume_server_unref(). It keeps keyring,
 *        codec and store alive.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, or neither keys nor store: see
 *         resume_server_options_why()), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_new(resume_server_options *options,
                                                           resume_server **ret_server);

/**
 * Adds a reference.
 *
 * @param server the server; NULL gives NULL.
 * @return server.
 * @since 0.1
 */
RESUME_API resume_server *resume_server_ref(resume_server *server);

/**
 * Drops a reference, from any thread; the last one frees the server.
 *
 * @param server the server, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_server *resume_server_unref(resume_server *server);

/**
 * The server's policy, with the modes narrowed as resume_server_new() says.
 *
 * @param server the server; NULL gives NULL.
 * @return borrowed, valid while the server lives.
 * @since 0.1
 */
RESUME_API const resume_policy *resume_server_policy(const resume_server *server);

/**
 * The server's keyring.
 *
 * @param server the server; NULL gives NULL.
 * @return borrowed, valid while the server lives; NULL if it has none.
 * @since 0.1
 */
RESUME_API resume_keyring *resume_server_keyring(const resume_server *server);

/**
 * The server's store.
 *
 * @param server the server; NULL gives NULL.
 * @return borrowed, valid while the server lives; NULL if it has none.
 * @since 0.1
 */
RESUME_API resume_store *resume_server_store(const resume_server *server);

/**
 * Decides whether a session may resume on a connection. The one decision that every path takes.
 *
 * Pure: it neither counts nor traces, since the TLS stack may still decide otherwise; tell the
 * outcome with resume_server_count(). The session is only read. Certificates in it are opaque:
 * whether a client certificate has expired since is for the TLS stack to check, as the OpenSSL
 * adapter does.
 *
 * @param server the server.
 * @param session an authentic session: opened from a ticket or found in a store.
 * @param connection the facts of this handshake.
 * @param path RESUME_PATH_*, by which the session came.
 * @param now_ms Unix time in milliseconds.
 * @param ret_reason receives the reason, always when the return value is not negative.
 * @return RESUME_OK (resume), RESUME_RENEW (resume and issue anew), RESUME_FULL (full handshake),
 *         RESUME_ABORT (RFC 7627 section 5.3 demands a fatal handshake_failure alert),
 *         RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_check(resume_server *server,
                                                             const resume_session *session,
                                                             const resume_connection *connection,
                                                             int32_t path, uint64_t now_ms,
                                                             resume_reason *ret_reason);

/**
 * The same decision about a session that the TLS stack keeps itself and has told the facts of.
 *
 * Pure, as resume_server_check() is, and for the same kind of session: an authentic one.
 *
 * @param server the server.
 * @param facts of the session.
 * @param connection the facts of this handshake.
 * @param path RESUME_PATH_*, by which the session came.
 * @param now_ms Unix time in milliseconds.
 * @param ret_reason receives the reason, always when the return value is not negative.
 * @return as resume_server_check(). If there is no session of these facts (resume_session_new()
 *         would refuse it) RESUME_FULL with RESUME_REASON_UNSUPPORTED.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_check_facts(
    resume_server *server, const resume_facts *facts, const resume_connection *connection,
    int32_t path, uint64_t now_ms, resume_reason *ret_reason);

/**
 * Opens an offered ticket and decides: resume_codec_open() and then resume_server_check().
 *
 * @param server the server.
 * @param connection the facts of this handshake.
 * @param data the ticket (TLS 1.2) or PSK identity (TLS 1.3), hostile bytes.
 * @param data_len its length; 0 is an empty ticket, which is RESUME_REASON_NOT_OFFERED.
 * @param now_ms Unix time in milliseconds.
 * @param ret_session receives one reference if the answer is RESUME_OK or RESUME_RENEW.
 * @param ret_reason receives the reason, always when the return value is not negative.
 * @return as resume_server_check(). Whatever is wrong with the ticket is RESUME_FULL.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_open_ticket(
    resume_server *server, const resume_connection *connection, const uint8_t *data,
    size_t data_len, uint64_t now_ms, resume_session **ret_session, resume_reason *ret_reason);

/**
 * Looks an offered session ID up and decides: resume_store_get(), then resume_server_check(), and
 * where the policy says single use resume_store_take(), which one of many at once wins.
 *
 * May block for as long as the store may.
 *
 * @param server the server.
 * @param connection the facts of this handshake.
 * @param session_id hostile bytes.
 * @param session_id_len 0 is RESUME_REASON_NOT_OFFERED; over 32 is never found.
 * @param now_ms Unix time in milliseconds.
 * @param ret_session receives one reference if the answer is RESUME_OK or RESUME_RENEW.
 * @param ret_reason receives the reason, always when the return value is not negative.
 * @return as resume_server_check(). A store that fails is RESUME_FULL.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_find_session(resume_server *server, const resume_connection *connection,
                           const uint8_t *session_id, size_t session_id_len, uint64_t now_ms,
                           resume_session **ret_session, resume_reason *ret_reason);

/**
 * Decides about a TLS 1.2 ClientHello: the ticket if it has one, else the session ID, for RFC 5077
 * section 3.4 forbids looking up the session ID beside a ticket. Counts and traces.
 *
 * May block for as long as the store may.
 *
 * @param server the server.
 * @param hello a parsed ClientHello.
 * @param connection what the hello does not tell: the version chosen, what is asked of client
 *        certificates, and the context, which is computed by resume_policy_context() if it is not
 *        set and no client certificate is asked for. Server name, cipher suites and
 *        extended_master_secret are taken from the hello. With a version other than 0x0303 nothing
 * is tried: TLS 1.3 offers PSKs.
 * @param now_ms Unix time in milliseconds.
 * @param ret_verdict receives one reference whenever the return value is not negative: what to
 *        send, see verdict.h; drop it with resume_verdict_unref().
 * @return RESUME_OK (abbreviated handshake), RESUME_RENEW (the same, with a new ticket),
 *         RESUME_FULL, RESUME_ABORT (a fatal alert: RFC 7627 section 5.3); RESUME_E_INVALID (NULL,
 *         an empty hello), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_offer(resume_server *server,
                                                             const resume_hello *hello,
                                                             const resume_connection *connection,
                                                             uint64_t now_ms,
                                                             resume_verdict **ret_verdict);

/**
 * Says for how long a new ticket or stored session of this version may live: the smallest of the
 * policy's lifetime, what is left of the authentication lifetime and, for tickets, what is left
 * of the sealing key. This is also the lifetime to tell the client (RFC 5077 section 3.3,
 * RFC 8446 section 4.6.1).
 *
 * @param server the server.
 * @param path RESUME_PATH_* by which it goes out; tells version, and ticket or stored.
 * @param authenticated_ms time of the full handshake behind it.
 * @param now_ms Unix time in milliseconds.
 * @param ret_lifetime receives seconds, at least 1.
 * @return RESUME_OK, RESUME_NO_KEY (no key seals now), RESUME_EXPIRED (nothing is left),
 *         RESUME_FULL (the policy issues nothing on this path), RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_lifetime(resume_server *server, int32_t path,
                                                                uint64_t authenticated_ms,
                                                                uint64_t now_ms,
                                                                uint32_t *ret_lifetime);

/**
 * Issues a ticket for a session of a finished handshake.
 *
 * The lifetime in the ticket is capped by resume_server_lifetime(); created is set to now for
 * TLS 1.3 and kept for TLS 1.2, authenticated is kept.
 *
 * @param server the server.
 * @param session the session.
 * @param now_ms Unix time in milliseconds.
 * @param buf receives the ticket.
 * @param buf_cap its capacity; 65535 always suffices.
 * @param ret_len receives the ticket's length.
 * @param ret_lifetime receives the lifetime to tell the client, in seconds; may be NULL.
 * @return RESUME_OK; RESUME_NO_KEY, RESUME_TOO_LARGE, RESUME_FULL (not by this policy),
 *         RESUME_EXPIRED, RESUME_UNSUPPORTED: issue none, the handshake goes on;
 *         RESUME_E_INVALID, RESUME_E_BUFFER, RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_issue_ticket(resume_server *server,
                                                                    const resume_session *session,
                                                                    uint64_t now_ms, uint8_t *buf,
                                                                    size_t buf_cap, size_t *ret_len,
                                                                    uint32_t *ret_lifetime);

/**
 * Puts a session of a finished handshake into the store under its session ID, with its lifetime
 * capped by resume_server_lifetime(). May block for as long as the store may.
 *
 * @param server the server.
 * @param session the session, with a session ID.
 * @param now_ms Unix time in milliseconds.
 * @return RESUME_OK; RESUME_EXISTS, RESUME_TOO_LARGE, RESUME_FULL (not by this policy),
 *         RESUME_EXPIRED: not stored, the handshake goes on; RESUME_E_INVALID, RESUME_E_NOMEM,
 *         RESUME_E_IO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_store_session(resume_server *server,
                                                                     const resume_session *session,
                                                                     uint64_t now_ms);

/**
 * Removes a session from the store, because its connection ended in a fatal alert (RFC 5246
 * section 7.2.2). A ticket cannot be called back.
 *
 * @param server the server.
 * @param session_id the ID.
 * @param session_id_len 1 to 32 bytes.
 * @return RESUME_OK, RESUME_MISS (not there, or no store), RESUME_E_INVALID, RESUME_E_IO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_forget(resume_server *server,
                                                              const uint8_t *session_id,
                                                              size_t session_id_len);

/**
 * Counts and traces an outcome: what became of resume_server_check(), or what a TLS stack decided
 * by itself, such as a ticket whose key its callback did not find.
 *
 * @param server the server.
 * @param path RESUME_PATH_*.
 * @param reason a resume_reason.
 * @param age_ms milliseconds since the session was created, 0 where there is none; enters the
 *        histogram of ticket ages if the session was resumed.
 * @param now_ms Unix time in milliseconds, for the trace.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_count(resume_server *server, int32_t path,
                                                             resume_reason reason, uint64_t age_ms,
                                                             uint64_t now_ms);

/**
 * Adds an age to a histogram; adapters do it for keys that they find themselves.
 *
 * @param server the server.
 * @param histogram RESUME_HISTOGRAM_*.
 * @param age_ms the age in milliseconds.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_observe(resume_server *server,
                                                               int32_t histogram, uint64_t age_ms);

/**
 * Reads a counter of this process.
 *
 * @param server the server; NULL gives 0.
 * @param path RESUME_PATH_*; an unknown one gives 0.
 * @param reason a resume_reason; an unknown one gives 0.
 * @return how often it happened since the server was made.
 * @since 0.1
 */
RESUME_API uint64_t resume_server_counter(const resume_server *server, int32_t path,
                                          resume_reason reason);

/**
 * Reads one bucket of a histogram of this process.
 *
 * @param server the server; NULL gives 0.
 * @param histogram RESUME_HISTOGRAM_*; an unknown one gives 0.
 * @param bucket 0 to RESUME_HISTOGRAM_BUCKETS - 1; a larger one gives 0. The last one is open.
 * @return how many ages fell into it.
 * @since 0.1
 */
RESUME_API uint64_t resume_server_histogram(const resume_server *server, int32_t histogram,
                                            size_t bucket);

/**
 * Fills a buffer with random bytes fit for IVs, session IDs and ticket_age_add: from libcrypto's
 * private generator, buffered per thread, never the same in parent and child of a fork.
 *
 * @param server the server.
 * @param buf receives the bytes.
 * @param buf_len how many, 1 to 4096.
 * @return RESUME_OK, RESUME_E_INVALID, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_random(resume_server *server, uint8_t *buf,
                                                              size_t buf_len);

/**
 * The path of an event.
 *
 * @param event the event; NULL gives RESUME_PATH_NONE.
 * @return RESUME_PATH_*.
 * @since 0.1
 */
RESUME_API int32_t resume_event_path(const resume_event *event);

/**
 * The reason of an event.
 *
 * @param event the event; NULL gives RESUME_REASON_FAILED.
 * @return a resume_reason.
 * @since 0.1
 */
RESUME_API resume_reason resume_event_reason(const resume_event *event);

/**
 * When an event happened.
 *
 * @param event the event; NULL gives 0.
 * @return Unix time in milliseconds, as the deciding call was given it.
 * @since 0.1
 */
RESUME_API uint64_t resume_event_time(const resume_event *event);

/**
 * How old the session of an event was.
 *
 * @param event the event; NULL gives 0.
 * @return milliseconds since the session was created; 0 where no session was at hand.
 * @since 0.1
 */
RESUME_API uint64_t resume_event_age(const resume_event *event);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_SERVER_H */
