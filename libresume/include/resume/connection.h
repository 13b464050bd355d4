/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_connection: what a server knows of one handshake when it decides about resumption.
 * Not a connection: no sockets, no records, no secrets.
 *
 * Threads and forks: one owner at a time; plain memory. It may be reset and used again.
 */
#ifndef RESUME_CONNECTION_H
#define RESUME_CONNECTION_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_connection resume_connection;

/**
 * Makes the facts of a connection of which nothing is known yet.
 *
 * @param ret_connection receives it; free it with resume_connection_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_connection_new(resume_connection **ret_connection);

/**
 * Adds a reference.
 *
 * @param connection the facts; NULL gives NULL.
 * @return connection.
 * @since 0.1
 */
RESUME_API resume_connection *resume_connection_ref(resume_connection *connection);

/**
 * Drops a reference; the last one frees the facts.
 *
 * @param connection the facts, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_connection *resume_connection_unref(resume_connection *connection);

/**
 * Forgets everything, for the next handshake.
 *
 * @param connection the facts.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_connection_reset(resume_connection *connection);

/**
 * Sets the negotiated protocol version; without it nothing resumes.
 *
 * @param connection the facts.
 * @param version 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3).
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_connection_set_version(resume_connection *connection, uint16_t version);

/**
 * Sets the server name of the ClientHello (RFC 6066 section 3).
 *
 * @param connection the facts.
 * @param data host name without a trailing NUL, borrowed until the next reset; NULL for none.
 * @param data_len 0 to 255 bytes.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_connection_set_server_name(
    resume_connection *connection, const uint8_t *data, size_t data_len);

/**
 * Sets the context that sessions of this connection are issued under, usually made by
 * resume_policy_context(). Sessions of this context, or of one that the policy accepts, resume.
 *
 * @param connection the facts.
 * @param data the context, copied.
 * @param data_len 0 to 32 bytes.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_connection_set_context(resume_connection *connection, const uint8_t *data, size_t data_len);

/**
 * Sets the cipher suites that the client offers, as they stand in the ClientHello.
 *
 * For TLS 1.2 the session's suite must be among them (RFC 5246 section 7.4.1.2). For TLS 1.3 a
 * suite with the session's hash must be (RFC 8446 section 4.2.11). Not set: not checked.
 *
 * @param connection the facts.
 * @param data two bytes a suite, big-endian, borrowed until the next reset.
 * @param data_len even, 2 to 65534 bytes.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_connection_set_cipher_suites(
    resume_connection *connection, const uint8_t *data, size_t data_len);

/**
 * Says whether the ClientHello has the extended_master_secret extension (RFC 7627). Only TLS 1.2
 * looks at it. Default: false.
 *
 * @param connection the facts.
 * @param offered true or false.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_connection_set_extended_master_secret(resume_connection *connection, bool offered);

/**
 * Says what this server asks of client certificates on this connection.
 *
 * @param connection the facts.
 * @param client_auth RESUME_CLIENT_AUTH_NONE (default), _REQUEST or _REQUIRE.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_connection_set_client_auth(resume_connection *connection, int32_t client_auth);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_CONNECTION_H */
