/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_facts: what the decision reads of a session that a TLS stack keeps in an object of its
 * own, so that nobody has to build a resume_session just to ask resume_server_check_facts().
 * Not a session: it holds no secret, cannot be sealed or stored, and borrows names.
 *
 * Threads and forks: one owner at a time; plain memory. It may be reset and used again.
 */
#ifndef RESUME_FACTS_H
#define RESUME_FACTS_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_facts resume_facts;

/**
 * Makes the facts of a session of which nothing is known yet.
 *
 * @param ret_facts receives them; free them with resume_facts_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_new(resume_facts **ret_facts);

/**
 * Adds a reference.
 *
 * @param facts the facts; NULL gives NULL.
 * @return facts.
 * @since 0.1
 */
RESUME_API resume_facts *resume_facts_ref(resume_facts *facts);

/**
 * Drops a reference; the last one frees the facts.
 *
 * @param facts the facts, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_facts *resume_facts_unref(resume_facts *facts);

/**
 * Forgets everything, for the next session.
 *
 * @param facts the facts.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_reset(resume_facts *facts);

/**
 * Sets the protocol version; needed. Like all setters here it takes what the session says, and
 * resume_server_check_facts() judges.
 *
 * @param facts the facts.
 * @param version as on the wire: 0x0303 (TLS 1.2), 0x0304 (TLS 1.3).
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_version(resume_facts *facts,
                                                                  uint16_t version);

/**
 * Sets the cipher suite; needed.
 *
 * @param facts the facts.
 * @param cipher_suite the IANA number.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_cipher_suite(resume_facts *facts,
                                                                       uint16_t cipher_suite);

/**
 * Sets the compression method (RFC 3749); no session that has one resumes.
 *
 * @param facts the facts.
 * @param compression 0 (default) is none.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_compression(resume_facts *facts,
                                                                      uint8_t compression);

/**
 * Looks at the secret: one must be there, of a length that fits the version (TLS 1.2 48 bytes,
 * TLS 1.3 32 or 48), and not all zero (CVE-2026-34873).
 *
 * @param facts the facts.
 * @param data master secret or PSK; only looked at, in constant time, and not kept.
 * @param data_len at most 64.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_secret(resume_facts *facts,
                                                                 const uint8_t *data,
                                                                 size_t data_len);

/**
 * Says whether the session was made with extended master secret (RFC 7627); only TLS 1.2 has it.
 *
 * @param facts the facts.
 * @param extended false by default.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_facts_set_extended_master_secret(resume_facts *facts, bool extended);

/**
 * Says whether the session may resume at all.
 *
 * @param facts the facts.
 * @param resumable true by default.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_resumable(resume_facts *facts,
                                                                    bool resumable);

/**
 * Sets when the session, or the ticket that renewed it, was made; needed.
 *
 * @param facts the facts.
 * @param created_ms Unix time in milliseconds.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_created(resume_facts *facts,
                                                                  uint64_t created_ms);

/**
 * Sets when the full handshake was made that the session goes back to.
 *
 * @param facts the facts.
 * @param authenticated_ms Unix time in milliseconds; the time of creation by default.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_authenticated(resume_facts *facts,
                                                                        uint64_t authenticated_ms);

/**
 * Sets the lifetime; needed.
 *
 * @param facts the facts.
 * @param seconds from the time of creation; not 0.
 * @return RESUME_OK, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_lifetime(resume_facts *facts,
                                                                   uint32_t seconds);

/**
 * Sets the server name that the session was made under (RFC 6066 section 3).
 *
 * @param facts the facts.
 * @param data host name without a trailing NUL, borrowed until the next reset; NULL for none.
 * @param data_len its length, at most 255.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_server_name(resume_facts *facts,
                                                                      const uint8_t *data,
                                                                      size_t data_len);

/**
 * Sets the context that the session was issued under, as resume_policy_context() makes it.
 *
 * @param facts the facts.
 * @param data borrowed until the next reset; NULL for none.
 * @param data_len its length, at most RESUME_CONTEXT_SIZE.
 * @return RESUME_OK, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_context(resume_facts *facts,
                                                                  const uint8_t *data,
                                                                  size_t data_len);

/**
 * Says what the session knows of the client's certificate.
 *
 * @param facts the facts.
 * @param present whether it has one; false by default.
 * @param verify_result of the certificate: 0 is good, as in resume_session_verify_result().
 * @return RESUME_OK, RESUME_E_INVALID (NULL, a negative result).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_facts_set_client_certificate(resume_facts *facts,
                                                                             bool present,
                                                                             int32_t verify_result);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_FACTS_H */
