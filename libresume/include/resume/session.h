/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_session: one resumable TLS session, immutable once built. Built from options, from the
 * native format, from OpenSSL's DER or from RFC 5077's StatePlaintext; docs/format.md has the
 * formats byte for byte.
 * Not a TLS connection, and not an SSL_SESSION: openssl.h converts those.
 *
 * Threads: a session never changes, so any number of threads may read one; references are counted
 * atomically. Options need one owner at a time. Forks: plain memory.
 * Secrets: a session's bytes are wiped with its last reference.
 */
#ifndef RESUME_SESSION_H
#define RESUME_SESSION_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_session resume_session;
typedef struct resume_session_options resume_session_options;

/** Tags of application data; tags from 0x0100 on are for applications to choose. */
enum {
    RESUME_APPDATA_OPAQUE = 0,       /* a TLS stack's one blob without a tag, such as OpenSSL's */
    RESUME_APPDATA_PSK_IDENTITY = 1, /* who the client is by its pre-shared key (RFC 4279) */
    RESUME_APPDATA_GO_EXTRA = 2 /* an entry of Go's SessionState.Extra that is another layer's */
};

/** The largest session, in bytes of either format: a ticket must hold it (RFC 5077 section 3.3). */
enum { RESUME_SESSION_SIZE_MAX = 65280 };

/**
 * Makes options to build a session from. Version, cipher suite, secret, created and lifetime must
 * be set; all else is absent, zero or false, and the session resumable.
 *
 * @param ret_options receives them; free them with resume_session_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_new(resume_session_options **ret_options);

/**
 * Wipes and frees options.
 *
 * @param options the options, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_session_options *resume_session_options_unref(resume_session_options *options);

/**
 * Why the last setter or resume_session_new() with these options failed.
 *
 * @param options the options; NULL gives "".
 * @return text owned by the options, "" if nothing failed. It never holds secrets.
 * @since 0.1
 */
RESUME_API const char *resume_session_options_why(const resume_session_options *options);

/**
 * Copies every field of a session, for instance to renew it with another lifetime.
 *
 * @param options the options; what they held is gone.
 * @param session the session, only read.
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_from(resume_session_options *options, const resume_session *session);

/**
 * Sets the protocol version (RFC 5246 section 7.4.1.2, RFC 8446 section 4.2.1).
 *
 * @param options the options.
 * @param version 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3); resume_session_new() refuses any other.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_version(resume_session_options *options, uint16_t version);

/**
 * Sets the cipher suite of the session.
 *
 * @param options the options.
 * @param cipher_suite IANA number, such as 0xC02F; not 0; resume_session_new() refuses 0.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_cipher_suite(resume_session_options *options, uint16_t cipher_suite);

/**
 * Sets the compression method (RFC 5246 section 7.4.1.2). Default 0, none.
 *
 * @param options the options.
 * @param compression IANA number; a session with compression is kept but never resumes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_compression(resume_session_options *options, uint8_t compression);

/**
 * Says whether the TLS 1.2 secret is an extended master secret (RFC 7627). Default false.
 *
 * @param options the options.
 * @param extended true or false; only TLS 1.2 may have it; resume_session_new() refuses it for
 * TLS 1.3.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_extended_master_secret(resume_session_options *options, bool extended);

/**
 * Sets when the session was made or last renewed.
 *
 * @param options the options.
 * @param created_ms Unix time in milliseconds; lifetime counts from here.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_created(resume_session_options *options, uint64_t created_ms);

/**
 * Sets when the full handshake behind the session took place. Default: created.
 *
 * @param options the options.
 * @param authenticated_ms Unix time in milliseconds; renewals carry it on unchanged.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_authenticated(
    resume_session_options *options, uint64_t authenticated_ms);

/**
 * Sets for how long the session may be resumed (RFC 5077 section 3.3, RFC 8446 section 4.6.1).
 *
 * @param options the options.
 * @param seconds counted from created; not 0; the session is over at created + lifetime.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_lifetime(resume_session_options *options, uint32_t seconds);

/**
 * Sets what the verification of the client certificate gave. Default 0, well.
 *
 * @param options the options.
 * @param result 0, or the stack's error number (X509_V_ERR_* in OpenSSL), not negative;
 * resume_session_new() refuses a negative one.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_verify_result(resume_session_options *options, int32_t result);

/**
 * Sets ticket_age_add (RFC 8446 section 4.6.1). Default 0, absent.
 *
 * @param options the options.
 * @param age_add a random number, fresh for each ticket; 0-RTT needs it.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_age_add(resume_session_options *options, uint32_t age_add);

/**
 * Sets max_early_data_size (RFC 8446 section 4.2.10). Default 0, no early data.
 *
 * @param options the options.
 * @param size bytes; permission to send early data with this session.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_max_early_data(resume_session_options *options, uint32_t size);

/**
 * Sets the group of the key exchange (RFC 8446 section 4.2.7). Default 0, unknown.
 *
 * @param options the options.
 * @param group IANA number; for information; resumption does not depend on it.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_group(resume_session_options *options, uint16_t group);

/**
 * Says whether the session may be resumed at all (RFC 5246 section 7.3, "is resumable"). Default
 * true.
 *
 * @param options the options.
 * @param resumable true or false; false after a fatal alert.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_options_set_resumable(resume_session_options *options, bool resumable);

/**
 * Sets the secret: the master secret in TLS 1.2 (RFC 5246 section 8.1), the PSK of the ticket in
 * TLS 1.3, after the nonce step of RFC 8446 section 4.6.1.
 *
 * @param options the options.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 48 bytes in TLS 1.2, 32 or 48 in TLS 1.3, not all zero.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_secret(
    resume_session_options *options, const uint8_t *data, size_t data_len);

/**
 * Sets the session ID (RFC 5246 section 7.4.1.2).
 *
 * @param options the options.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 0 (none) to 32 bytes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_session_id(
    resume_session_options *options, const uint8_t *data, size_t data_len);

/**
 * Sets the server name that the client asked for (RFC 6066 section 3).
 *
 * @param options the options.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 0 (none) to 255 printable ASCII characters, without a trailing NUL.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_server_name(
    resume_session_options *options, const char *data, size_t data_len);

/**
 * Sets the application protocol that was chosen (RFC 7301).
 *
 * @param options the options.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 0 (none) to 255 bytes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_alpn(
    resume_session_options *options, const uint8_t *data, size_t data_len);

/**
 * Sets the isolation context: the session resumes only where the server has the same one or accepts
 * it. It is the session-id context in OpenSSL.
 *
 * @param options the options.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 0 (none) to 32 bytes.
 * @return RESUME_OK, RESUME_E_INVALID (NULL, too long).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_set_context(
    resume_session_options *options, const uint8_t *data, size_t data_len);

/**
 * Adds a certificate of the peer's chain, the leaf first.
 *
 * @param options the options.
 * @param data DER of one X.509 certificate, copied; it is not parsed.
 * @param data_len 1 to 65000 bytes.
 * @return RESUME_OK, RESUME_TOO_LARGE (the session would not fit), RESUME_E_INVALID,
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_add_peer_certificate(
    resume_session_options *options, const uint8_t *data, size_t data_len);

/**
 * Adds a piece of application data. Layers add their own and leave the others' alone.
 *
 * @param options the options.
 * @param tag whose it is: one of RESUME_APPDATA_*, or from 0x0100 to
 *        0xFEFF the application's.
 * @param data the bytes, copied; may be NULL if data_len is 0.
 * @param data_len 0 to 65000 bytes.
 * @return RESUME_OK, RESUME_TOO_LARGE, RESUME_E_INVALID (NULL, or tag 0xFFFF, which OpenSSL's
 *         format uses), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_options_add_appdata(
    resume_session_options *options, uint16_t tag, const uint8_t *data, size_t data_len);

/**
 * Builds a session.
 *
 * @param options what it is made of; they may be freed, changed or used again afterwards.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_TOO_LARGE (over RESUME_SESSION_SIZE_MAX), RESUME_E_INVALID (a field
 *         is missing or out of range: see resume_session_options_why()), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_new(resume_session_options *options,
                                                            resume_session **ret_session);

/**
 * Adds a reference.
 *
 * @param session the session; NULL gives NULL.
 * @return session.
 * @since 0.1
 */
RESUME_API resume_session *resume_session_ref(resume_session *session);

/**
 * Drops a reference, from any thread; the last one wipes and frees the session.
 *
 * @param session the session, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_session *resume_session_unref(resume_session *session);

/**
 * Reads a session in the native format.
 *
 * @param data hostile bytes, copied.
 * @param data_len their length.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED (another version of the format, or a
 *         critical field that this version does not know), RESUME_E_INVALID (NULL),
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_from_native(const uint8_t *data,
                                                                    size_t data_len,
                                                                    resume_session **ret_session);

/**
 * The session in the native format. It holds the secret: seal it before it leaves the process.
 *
 * @param session the session.
 * @param ret_data receives a borrowed pointer, valid while the session lives.
 * @param ret_len receives the length, at most RESUME_SESSION_SIZE_MAX.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_to_native(const resume_session *session,
                                                                  const uint8_t **ret_data,
                                                                  size_t *ret_len);

/**
 * Reads a session in OpenSSL's format (ASN.1 SSL_SESSION, as i2d_SSL_SESSION writes it and
 * OpenSSL-based servers put it into tickets and caches).
 *
 * @param data hostile bytes, copied.
 * @param data_len their length; a byte too many is malformed.
 * @param now_ms Unix time in milliseconds, taken as created where the bytes have no time.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED (external PSK, SRP, compression, maximum
 *         fragment length, raw public keys, versions before TLS 1.2), RESUME_TOO_LARGE,
 *         RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_from_openssl(const uint8_t *data,
                                                                     size_t data_len,
                                                                     uint64_t now_ms,
                                                                     resume_session **ret_session);

/**
 * Writes a session in OpenSSL's format, in the form that OpenSSL 3.0 and later read. Of a chain
 * it holds the leaf; times are whole seconds, except authenticated, which goes along exactly
 * unless it lies in the same second as created.
 *
 * @param session the session.
 * @param buf receives the bytes, which hold the secret; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return RESUME_OK, RESUME_UNSUPPORTED (the session is not resumable, has compression, or a leaf
 *         that is no DER SEQUENCE), RESUME_TOO_LARGE, RESUME_E_BUFFER, RESUME_E_INVALID (NULL),
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_to_openssl(const resume_session *session,
                                                                   uint8_t *buf, size_t buf_cap,
                                                                   size_t *ret_len);

/**
 * Writes a session as an OpenSSL client has it: in OpenSSL's format, with the ticket that the
 * server sent and its lifetime hint, so that i2d_SSL_SESSION's bytes of a client come back as
 * they were. For servers use resume_session_to_openssl().
 *
 * @param session the session.
 * @param ticket,ticket_len the ticket, at most 65535 bytes; none: only the session ID is offered.
 * @param lifetime_hint_s the server's hint in seconds; 0 is left out.
 * @param buf receives the bytes, which hold the secret; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return as resume_session_to_openssl(); the ticket does not count for RESUME_TOO_LARGE.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_to_openssl_with_ticket(
    const resume_session *session, const uint8_t *ticket, size_t ticket_len,
    uint32_t lifetime_hint_s, uint8_t *buf, size_t buf_cap, size_t *ret_len);

/**
 * Finds the ticket in a client's session in OpenSSL's format, which resume_session_from_openssl()
 * leaves out of the session.
 *
 * @param data hostile bytes.
 * @param data_len their length.
 * @param ret_data receives a pointer into data, NULL where there is no ticket.
 * @param ret_len receives the ticket's length, 0 where there is none.
 * @param ret_lifetime_hint_s receives the server's hint in seconds, 0 where there is none.
 * @return as resume_session_from_openssl(), but that a session's own fields are only looked at as
 *         far as it takes to find the ticket.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_session_ticket_from_openssl(const uint8_t *data, size_t data_len, const uint8_t **ret_data,
                                   size_t *ret_len, uint32_t *ret_lifetime_hint_s);

/**
 * Reads a session in the format of RFC 5077 section 4 (StatePlaintext). Created and authenticated
 * are its timestamp, the lifetime is 86,400 s (RFC 5246 appendix F.1.4), which a policy caps; there
 * is no extended master secret. A PSK identity becomes application data of the tag
 * RESUME_APPDATA_PSK_IDENTITY.
 *
 * @param data hostile bytes, copied.
 * @param data_len their length; a byte too many is malformed.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED (other versions than TLS 1.2, or a client
 *         that is certificate_based without a certificate), RESUME_TOO_LARGE, RESUME_E_INVALID
 *         (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_from_state_plaintext(
    const uint8_t *data, size_t data_len, resume_session **ret_session);

/**
 * Writes a session in the format of RFC 5077 section 4 (StatePlaintext). Its timestamp is the
 * authenticated time, rounded down to whole seconds. It has no room for lifetime, created, session
 * ID (the server echoes the hello's, RFC 5077 section 3.4), ALPN (negotiated anew), group,
 * ticket_age_add and early data (both of TLS 1.3): they are left out. What must not get lost is
 * unsupported.
 *
 * @param session the session.
 * @param buf receives the bytes, which hold the secret; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER; at most RESUME_SESSION_SIZE_MAX.
 * @return RESUME_OK, RESUME_UNSUPPORTED (not TLS 1.2, not resumable, with an extended master
 *         secret, a server name, a context, a verify result other than 0, application data that is
 *         not one PSK identity, both that and certificates, or authenticated in 2^32 s or later),
 *         RESUME_E_BUFFER, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_to_state_plaintext(
    const resume_session *session, uint8_t *buf, size_t buf_cap, size_t *ret_len);

/** Layouts of the session format of Go's crypto/tls. They differ in TLS 1.2 sessions. */
enum {
    RESUME_GOTLS_LAYOUT_1 = 1, /* Go 1.21 to 1.24 */
    RESUME_GOTLS_LAYOUT_2 = 2  /* Go 1.25 and later: the group stands at the end */
};

/**
 * Reads a server's session in the format of Go's crypto/tls, tls.SessionState.Bytes(), in either
 * layout. It has no session ID, context, server name and lifetime: the lifetime is the most that
 * RFC 5246 appendix F.1.4 (86,400 s) or RFC 8446 section 4.6.1 (604,800 s) allow. The verify result
 * is 0 if Go kept a verified chain or there is no certificate, else 1. Entries of Extra become
 * application data. Early data, which Go has for QUIC alone, is dropped.
 *
 * @param data hostile bytes, copied.
 * @param data_len their length; bytes behind the last known field are for later versions of Go.
 * @param ret_session receives one reference; drop it with resume_session_unref().
 * @return RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED (a client's session, or a version that is
 *         neither TLS 1.2 nor 1.3), RESUME_TOO_LARGE, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_from_gotls(const uint8_t *data,
                                                                   size_t data_len,
                                                                   resume_session **ret_session);

/**
 * Writes a session in the format of Go's crypto/tls, for tls.ParseSessionState(). Created is
 * rounded down to seconds, extended_master_secret cleared in TLS 1.3. The session ID, context,
 * server name, lifetime, ALPN and early data stay behind: decide about the session before.
 *
 * @param session the session.
 * @param layout RESUME_GOTLS_LAYOUT_1 or RESUME_GOTLS_LAYOUT_2, by the Go that will read it.
 * @param chains the chains that verify the client's certificate today: behind its length of 3 bytes
 *        each chain, in it behind its length of 3 bytes each certificate but the leaf; NULL if
 *        there is none. Go declines a session with a certificate and no chain where it verifies.
 * @param chains_len their length; 0 without a certificate.
 * @param buf receives the bytes, which hold the secret; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return RESUME_OK, RESUME_UNSUPPORTED (not resumable, compression, or a suite that Go lacks),
 *         RESUME_E_BUFFER, RESUME_E_INVALID (NULL, a layout, chains that are none), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_session_to_gotls(const resume_session *session,
                                                                 int32_t layout,
                                                                 const uint8_t *chains,
                                                                 size_t chains_len, uint8_t *buf,
                                                                 size_t buf_cap, size_t *ret_len);

/**
 * Compares two sessions in all fields; the time depends on their lengths alone.
 *
 * @param session one; NULL is equal to nothing.
 * @param other the other.
 * @return true if every field is equal.
 * @since 0.1
 */
RESUME_API bool resume_session_equal(const resume_session *session, const resume_session *other);

/**
 * The protocol version.
 *
 * @param session the session; NULL gives 0.
 * @return 0x0303 or 0x0304.
 * @since 0.1
 */
RESUME_API uint16_t resume_session_version(const resume_session *session);

/**
 * The cipher suite.
 *
 * @param session the session; NULL gives 0.
 * @return IANA number.
 * @since 0.1
 */
RESUME_API uint16_t resume_session_cipher_suite(const resume_session *session);

/**
 * The compression method.
 *
 * @param session the session; NULL gives 0.
 * @return IANA number, 0 for none.
 * @since 0.1
 */
RESUME_API uint8_t resume_session_compression(const resume_session *session);

/**
 * Whether the TLS 1.2 secret is an extended master secret (RFC 7627).
 *
 * @param session the session; NULL gives 0.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_session_extended_master_secret(const resume_session *session);

/**
 * Whether the session may be resumed at all.
 *
 * @param session the session; NULL gives 0.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_session_resumable(const resume_session *session);

/**
 * When the session was made or last renewed.
 *
 * @param session the session; NULL gives 0.
 * @return Unix time in milliseconds.
 * @since 0.1
 */
RESUME_API uint64_t resume_session_created(const resume_session *session);

/**
 * When the full handshake behind the session took place.
 *
 * @param session the session; NULL gives 0.
 * @return Unix time in milliseconds.
 * @since 0.1
 */
RESUME_API uint64_t resume_session_authenticated(const resume_session *session);

/**
 * For how long the session may be resumed, counted from created.
 *
 * @param session the session; NULL gives 0.
 * @return seconds.
 * @since 0.1
 */
RESUME_API uint32_t resume_session_lifetime(const resume_session *session);

/**
 * When the session is over: created + lifetime, saturating.
 *
 * @param session the session; NULL gives 0.
 * @return Unix time in milliseconds; valid before it, over at it.
 * @since 0.1
 */
RESUME_API uint64_t resume_session_expires(const resume_session *session);

/**
 * ticket_age_add (RFC 8446 section 4.6.1).
 *
 * @param session the session; NULL gives 0.
 * @return the number, 0 if absent.
 * @since 0.1
 */
RESUME_API uint32_t resume_session_age_add(const resume_session *session);

/**
 * max_early_data_size (RFC 8446 section 4.2.10).
 *
 * @param session the session; NULL gives 0.
 * @return bytes, 0 for no early data.
 * @since 0.1
 */
RESUME_API uint32_t resume_session_max_early_data(const resume_session *session);

/**
 * The group of the key exchange.
 *
 * @param session the session; NULL gives 0.
 * @return IANA number, 0 if unknown.
 * @since 0.1
 */
RESUME_API uint16_t resume_session_group(const resume_session *session);

/**
 * What the verification of the client certificate gave.
 *
 * @param session the session; NULL gives 0.
 * @return 0 if all was well.
 * @since 0.1
 */
RESUME_API int32_t resume_session_verify_result(const resume_session *session);

/**
 * How many certificates of the peer there are.
 *
 * @param session the session; NULL gives 0.
 * @return a count; 0 if the peer showed none.
 * @since 0.1
 */
RESUME_API size_t resume_session_peer_certificate_count(const resume_session *session);

/**
 * How many pieces of application data there are.
 *
 * @param session the session; NULL gives 0.
 * @return a count.
 * @since 0.1
 */
RESUME_API size_t resume_session_appdata_count(const resume_session *session);

/**
 * The secret: master secret (TLS 1.2) or PSK (TLS 1.3). Do not copy it where it is not wiped.
 *
 * @param session the session; NULL gives NULL.
 * @param ret_len receives the length, 0 if absent; may be NULL.
 * @return borrowed bytes, valid while the session lives; NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_secret(const resume_session *session, size_t *ret_len);

/**
 * The session ID.
 *
 * @param session the session; NULL gives NULL.
 * @param ret_len receives the length, 0 if absent; may be NULL.
 * @return borrowed bytes, valid while the session lives; NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_session_id(const resume_session *session, size_t *ret_len);

/**
 * The server name, not NUL-terminated.
 *
 * @param session the session; NULL gives NULL.
 * @param ret_len receives the length, 0 if absent; may be NULL.
 * @return borrowed bytes, valid while the session lives; NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_server_name(const resume_session *session,
                                                     size_t *ret_len);

/**
 * The application protocol.
 *
 * @param session the session; NULL gives NULL.
 * @param ret_len receives the length, 0 if absent; may be NULL.
 * @return borrowed bytes, valid while the session lives; NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_alpn(const resume_session *session, size_t *ret_len);

/**
 * The isolation context.
 *
 * @param session the session; NULL gives NULL.
 * @param ret_len receives the length, 0 if absent; may be NULL.
 * @return borrowed bytes, valid while the session lives; NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_context(const resume_session *session, size_t *ret_len);

/**
 * One certificate of the peer.
 *
 * @param session the session; NULL gives NULL.
 * @param index 0 is the leaf; one too large gives NULL.
 * @param ret_len receives the length, 0 if there is none; may be NULL.
 * @return borrowed DER, valid while the session lives.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_peer_certificate(const resume_session *session,
                                                          size_t index, size_t *ret_len);

/**
 * One piece of application data.
 *
 * @param session the session; NULL gives NULL.
 * @param index from 0, in the order in which they were added; one too large gives NULL.
 * @param ret_tag receives whose it is; may be NULL; untouched if there is none.
 * @param ret_len receives the length, 0 if there is none; may be NULL.
 * @return borrowed bytes, valid while the session lives; not NULL for an empty piece.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_session_appdata(const resume_session *session, size_t index,
                                                 uint16_t *ret_tag, size_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_SESSION_H */
