/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_verdict: what resume_server_offer() decided about a ClientHello, and what a TLS 1.2 server
 * has to send because of it. Not the decision itself (server.h), and not its bytes (handshake.h).
 *
 * Threads: immutable, so any number of threads may read one. Forks: plain memory.
 */
#ifndef RESUME_VERDICT_H
#define RESUME_VERDICT_H

#ifndef RESUME_FFI
#include <resume/server.h>
#include <resume/session.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Adds a reference.
 *
 * @param verdict the verdict; NULL gives NULL.
 * @return verdict.
 * @since 0.1
 */
RESUME_API resume_verdict *resume_verdict_ref(resume_verdict *verdict);

/**
 * Drops a reference; the last one frees the verdict and drops its session.
 *
 * @param verdict the verdict, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_verdict *resume_verdict_unref(resume_verdict *verdict);

/**
 * What to do.
 *
 * @param verdict the verdict.
 * @return RESUME_OK (abbreviated handshake), RESUME_RENEW (the same, with a new ticket),
 *         RESUME_FULL, RESUME_ABORT: what resume_server_offer() returned; RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_verdict_status(const resume_verdict *verdict);

/**
 * Why.
 *
 * @param verdict the verdict; NULL gives RESUME_REASON_FAILED.
 * @return a resume_reason, already counted by the server.
 * @since 0.1
 */
RESUME_API resume_reason resume_verdict_reason(const resume_verdict *verdict);

/**
 * Which way the session came, or the offer that failed.
 *
 * @param verdict the verdict; NULL gives RESUME_PATH_NONE.
 * @return RESUME_PATH_TLS12_TICKET, RESUME_PATH_TLS12_SESSION_ID, or RESUME_PATH_NONE if nothing
 *         was offered.
 * @since 0.1
 */
RESUME_API int32_t resume_verdict_path(const resume_verdict *verdict);

/**
 * The session that resumes.
 *
 * @param verdict the verdict; NULL gives NULL.
 * @return borrowed, valid while the verdict lives; NULL unless the status is RESUME_OK or
 *         RESUME_RENEW. Its cipher suite and secret are those of the connection.
 * @since 0.1
 */
RESUME_API const resume_session *resume_verdict_session(const resume_verdict *verdict);

/**
 * The session ID for ServerHello. Resumed: the client's own, whatever its length (RFC 5077 section
 * 3.4, I-37). Full handshake: 32 new random bytes, never the client's (RFC 5246 section 7.4.1.3,
 * I-40); empty if a ticket will be issued, the policy keeps no IDs, or the session could never
 * resume (no context, or no extended_master_secret where the policy wants it).
 *
 * @param verdict the verdict; NULL gives NULL.
 * @param ret_len receives the length, 0 to 32; may be NULL.
 * @return borrowed, valid while the verdict lives.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_verdict_session_id(const resume_verdict *verdict, size_t *ret_len);

/**
 * Says whether ServerHello carries an empty session_ticket extension and a NewSessionTicket
 * follows: both or neither (RFC 5077 section 3.3, I-31). If resume_server_issue_ticket() then
 * gives none, a ticket of no bytes must be sent (I-32).
 *
 * @param verdict the verdict; NULL gives false.
 * @return true or false. Never true for a client that did not send the extension (I-30).
 * @since 0.1
 */
RESUME_API bool resume_verdict_new_session_ticket(const resume_verdict *verdict);

/**
 * The lifetime to tell the client in that NewSessionTicket, as far as it is known now;
 * resume_server_issue_ticket() gives the exact one (RFC 5077 section 3.3, I-43).
 *
 * @param verdict the verdict; NULL gives 0.
 * @return seconds; 0 if no ticket follows.
 * @since 0.1
 */
RESUME_API uint32_t resume_verdict_lifetime_hint(const resume_verdict *verdict);

/**
 * Says whether ServerHello carries extended_master_secret: if the client sent it, and on resumption
 * the session has it (RFC 7627 sections 5.1 and 5.3, I-137).
 *
 * @param verdict the verdict; NULL gives false.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_verdict_extended_master_secret(const resume_verdict *verdict);

/**
 * The context under which a session of this connection is to be issued, for
 * resume_session_options_set_context().
 *
 * @param verdict the verdict; NULL gives NULL.
 * @param ret_len receives the length, 0 to 32; may be NULL.
 * @return borrowed, valid while the verdict lives.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_verdict_context(const resume_verdict *verdict, size_t *ret_len);

/**
 * The fatal alert to send.
 *
 * @param verdict the verdict; NULL gives 0.
 * @return 40 (handshake_failure) if the status is RESUME_ABORT (RFC 7627 section 5.3), else 0.
 * @since 0.1
 */
RESUME_API int32_t resume_verdict_alert(const resume_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_VERDICT_H */
