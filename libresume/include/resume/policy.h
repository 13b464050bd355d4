/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_policy: what may resume, and for how long. Values only: the decision itself is made in
 * server.h, once for every path.
 *
 * Threads: setters need one owner at a time. resume_server_new() copies the policy, so a change
 * after that has no effect on a running server. Forks: plain memory, nothing to observe.
 */
#ifndef RESUME_POLICY_H
#define RESUME_POLICY_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_policy resume_policy;

/* Modes, a bit mask. */
enum {
    RESUME_MODE_TICKETS = 1, /* stateless: RFC 5077 tickets, TLS 1.3 self-contained PSKs */
    RESUME_MODE_SESSION_IDS =
        2 /* stateful: TLS 1.2 session IDs; TLS 1.3 handles if tickets are off */
};

/* How TLS 1.2 sessions without extended_master_secret are treated (RFC 7627 section 5.3). */
enum {
    RESUME_EMS_STRICT = 0,      /* such a session is never issued, and an offer of one aborts */
    RESUME_EMS_ALLOW_LEGACY = 1 /* it may resume where the ClientHello has no EMS either */
};

/* What the server asks of clients' certificates. */
enum {
    RESUME_CLIENT_AUTH_NONE = 0,
    RESUME_CLIENT_AUTH_REQUEST = 1,
    RESUME_CLIENT_AUTH_REQUIRE = 2
};

/** Sizes, in bytes. */
enum {
    RESUME_CONTEXT_SIZE = 32,      /* of the digest that resume_policy_context() makes */
    RESUME_POLICY_CONTEXTS_MAX = 8 /* number of contexts that may be accepted besides */
};

/**
 * Makes a policy with the defaults: tickets and session IDs, 24 h for TLS 1.2 and 7 days for
 * TLS 1.3, isolation by server name, client-certificate guard, EMS strict, no early data.
 *
 * @param ret_policy receives one reference; drop it with resume_policy_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_new(resume_policy **ret_policy);

/**
 * Adds a reference.
 *
 * @param policy the policy; NULL gives NULL.
 * @return policy.
 * @since 0.1
 */
RESUME_API resume_policy *resume_policy_ref(resume_policy *policy);

/**
 * Drops a reference; the last one frees the policy.
 *
 * @param policy the policy, or NULL.
 * @return NULL, so that `p = resume_policy_unref(p);` leaves no dangling pointer.
 * @since 0.1
 */
RESUME_API resume_policy *resume_policy_unref(resume_policy *policy);

/**
 * Chooses the ways to resume.
 *
 * With tickets off, TLS 1.3 clients get 32-byte handles of stored sessions instead of
 * self-contained tickets. Default: both.
 *
 * @param policy the policy.
 * @param modes RESUME_MODE_TICKETS, RESUME_MODE_SESSION_IDS or both; 0 turns resumption off.
 * @return RESUME_OK, RESUME_E_INVALID (NULL or an unknown bit).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_modes(resume_policy *policy,
                                                                 uint32_t modes);

/**
 * The modes.
 *
 * @param policy the policy; NULL gives 0.
 * @return the bit mask of RESUME_MODE_*.
 * @since 0.1
 */
RESUME_API uint32_t resume_policy_modes(const resume_policy *policy);

/**
 * Sets how long a session may be resumed, counted from its own creation or last renewal.
 *
 * A ticket never lives longer than the key that seals it, whatever is set here.
 * Source: RFC 5246 section F.1.4 (24 h), RFC 8446 section 4.6.1 (604800 s).
 *
 * @param policy the policy.
 * @param version 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3).
 * @param seconds 1 to 86400 for TLS 1.2 (default 86400), 1 to 604800 for TLS 1.3 (default 604800).
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_lifetime(resume_policy *policy,
                                                                    uint16_t version,
                                                                    uint32_t seconds);

/**
 * The lifetime of new sessions.
 *
 * @param policy the policy; NULL gives 0.
 * @param version 0x0303 or 0x0304; any other gives 0.
 * @return seconds.
 * @since 0.1
 */
RESUME_API uint32_t resume_policy_lifetime(const resume_policy *policy, uint16_t version);

/**
 * Sets how long after the full handshake that authenticated it a session may be resumed, over
 * all renewals. Renewals never extend it, so a client cannot be followed, nor a revoked
 * certificate be used, for longer than this.
 *
 * @param policy the policy.
 * @param version 0x0303 or 0x0304.
 * @param seconds bounds and defaults as in resume_policy_set_lifetime().
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_authentication_lifetime(
    resume_policy *policy, uint16_t version, uint32_t seconds);

/**
 * The authentication lifetime.
 *
 * @param policy the policy; NULL gives 0.
 * @param version 0x0303 or 0x0304; any other gives 0.
 * @return seconds.
 * @since 0.1
 */
RESUME_API uint32_t resume_policy_authentication_lifetime(const resume_policy *policy,
                                                          uint16_t version);

/**
 * Sets when a good TLS 1.2 ticket is renewed although its key still seals.
 *
 * TLS 1.3 always renews, since a ticket should be used once (RFC 8446 section C.4).
 *
 * @param policy the policy.
 * @param percent of the session's lifetime, 1 to 100; default 100, which is never.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_renew_after(resume_policy *policy,
                                                                       uint32_t percent);

/**
 * Chooses whether a session resumes only under the server name it was made for.
 *
 * Source: RFC 6066 section 3. A missing name is a name of its own. Default: true.
 *
 * @param policy the policy.
 * @param isolate true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_policy_set_isolate_server_name(resume_policy *policy, bool isolate);

/**
 * Sets a label that enters every context: listeners or fleets with different labels never share
 * a session, also with one key. Give listeners of different trust different labels.
 *
 * @param policy the policy.
 * @param data the label, copied.
 * @param data_len 0 to 255 bytes; default 0.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_label(resume_policy *policy,
                                                                 const uint8_t *data,
                                                                 size_t data_len);

/**
 * Chooses whether sessions are held to today's demand for client certificates: without one none
 * resumes where one is required, with one none resumes where none is asked for, and one whose
 * verification had failed never resumes where one is required. Default: true.
 *
 * @param policy the policy.
 * @param guard true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_policy_set_client_certificate_guard(resume_policy *policy, bool guard);

/**
 * Chooses the rule for TLS 1.2 sessions without extended_master_secret.
 *
 * Source: RFC 7627 section 5.3. Whatever is chosen, a session with EMS that is offered without
 * it aborts, and one without EMS that is offered with it gets a full handshake.
 *
 * @param policy the policy.
 * @param ems RESUME_EMS_STRICT (default) or RESUME_EMS_ALLOW_LEGACY.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_ems(resume_policy *policy, int32_t ems);

/**
 * The rule for sessions without EMS.
 *
 * @param policy the policy; NULL gives RESUME_EMS_STRICT.
 * @return RESUME_EMS_STRICT or RESUME_EMS_ALLOW_LEGACY.
 * @since 0.1
 */
RESUME_API int32_t resume_policy_ems(const resume_policy *policy);

/**
 * Sets how far ahead of this clock a session's creation may lie, for hosts whose clocks differ.
 * Beyond it the session does not resume. Within it its age counts as 0.
 *
 * @param policy the policy.
 * @param skew_ms milliseconds, 0 to 3600000; default 60000.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_skew(resume_policy *policy,
                                                                uint64_t skew_ms);

/**
 * Chooses whether a stored session is taken out of its store when it is used, so that it can be
 * resumed once. Tickets cannot be taken back; they are not affected. Default: false.
 *
 * @param policy the policy.
 * @param single_use true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_single_use(resume_policy *policy,
                                                                      bool single_use);

/**
 * Demands forward secrecy of tickets: TLS 1.2 tickets, which a stolen key opens together with the
 * recorded connection, are neither issued nor accepted. Default: false.
 *
 * @param policy the policy.
 * @param demand true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_forward_secrecy(resume_policy *policy,
                                                                           bool demand);

/**
 * Restricts resumption to some cipher suites; the first call replaces "all".
 *
 * @param policy the policy.
 * @param cipher_suite IANA number, such as 0xC02F; at most 32 of them.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_allow_cipher_suite(resume_policy *policy,
                                                                          uint16_t cipher_suite);

/**
 * Issues sessions under this context instead of the digest of resume_policy_context(), for fleets
 * with stock servers, whose contexts are theirs (nginx: a hash of its certificate). It is
 * accepted too. Isolation then rests on the server name in the session alone.
 *
 * @param policy the policy.
 * @param data the context, copied.
 * @param data_len 1 to 32 bytes, or 0 to go back to the digest.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_issue_context(resume_policy *policy,
                                                                         const uint8_t *data,
                                                                         size_t data_len);

/**
 * Accepts sessions of one more context besides the issuing one.
 *
 * @param policy the policy.
 * @param data the context, copied.
 * @param data_len 1 to 32 bytes.
 * @return RESUME_OK, RESUME_E_INVALID (also the ninth one).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_accept_context(resume_policy *policy,
                                                                      const uint8_t *data,
                                                                      size_t data_len);

/**
 * Computes the context of a stock server, for resume_policy_set_issue_context() and
 * resume_policy_accept_context(). It says nothing about server names or client certificates: those
 * are then held apart by the name and the certificate in the session.
 *
 * @param stock "haproxy:" (the constant of 2.6; later ones differ), or "nginx:" and the PEM file of
 *        ssl_certificate, several in the order of the configuration with commas between them, and
 *        "?client_certificate=" with the file of ssl_client_certificate if there is one.
 * @param buf receives the context.
 * @param buf_cap at least RESUME_CONTEXT_SIZE for all.
 * @param ret_len receives its length, 1 to 32 bytes.
 * @return RESUME_OK, RESUME_MALFORMED (no certificate in a file), RESUME_E_INVALID (an unknown
 *         server or parameter), RESUME_E_IO (a file cannot be read), RESUME_E_BUFFER,
 *         RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_stock_context(const char *stock,
                                                                     uint8_t *buf, size_t buf_cap,
                                                                     size_t *ret_len);

/**
 * Puts the TLS 1.3 cipher suites with SHA-256 first and lets the server's order decide, as servers
 * in Go always do: a TLS 1.3 session resumes only where the chosen suite has the same hash, and
 * OpenSSL alone prefers one with SHA-384. For fleets of both. Default: false, the stack's order.
 *
 * @param policy the policy.
 * @param first true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_set_sha256_first(resume_policy *policy,
                                                                        bool first);

/**
 * Whether TLS 1.3 suites with SHA-256 come first.
 *
 * @param policy the policy; NULL gives false.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_policy_sha256_first(const resume_policy *policy);

/**
 * Computes the context under which a connection's session is issued: the issuing context if one
 * is set, else SHA-256 over label, server name (lower-cased, if isolated by name) and the
 * client-authentication digest, each with its length in front.
 *
 * @param policy the policy.
 * @param server_name host name of the ClientHello, not NUL-terminated; NULL if it has none.
 * @param server_name_len 0 to 255 bytes.
 * @param client_auth digest of everything that the TLS stack was told about client certificates
 *        (mode, depth, CAs, trust anchors); NULL where none is asked for.
 * @param client_auth_len 0 to 64 bytes.
 * @param buf receives the context.
 * @param buf_cap at least RESUME_CONTEXT_SIZE.
 * @param ret_len receives its length, 1 to 32 bytes.
 * @return RESUME_OK, RESUME_E_INVALID, RESUME_E_BUFFER, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_policy_context(const resume_policy *policy,
                                                               const uint8_t *server_name,
                                                               size_t server_name_len,
                                                               const uint8_t *client_auth,
                                                               size_t client_auth_len, uint8_t *buf,
                                                               size_t buf_cap, size_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_POLICY_H */
