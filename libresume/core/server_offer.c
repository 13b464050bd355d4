/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_server_offer(): from a parsed ClientHello to the verdict, for stacks that have no
 * resumption of their own. The rules are in core/decision.c, opening and looking up in
 * core/server.c; here stands what RFC 5077 section 3 says about both offers together.
 */
#include "core/server.h"

#include "core/connection.h"
#include "core/decision.h"
#include "core/verdict.h"
#include "crypto/random.h"

#include <string.h>

/* The hello's part of the facts. */
static resume_status set_facts(resume_connection *connection, const resume_hello *hello) {
    size_t name_len = 0;
    const uint8_t *name = resume_hello_server_name(hello, &name_len);
    size_t suites_len = 0;
    const uint8_t *suites = resume_hello_cipher_suites(hello, &suites_len);
    resume_status status = resume_connection_set_server_name(connection, name, name_len);
    status = status ? status : resume_connection_set_cipher_suites(connection, suites, suites_len);
    return status ? status
                  : resume_connection_set_extended_master_secret(
                        connection, resume_hello_extended_master_secret(hello));
}

/* Where client certificates are asked for, only the stack knows what the context must cover: none
 * set then means that nothing resumes (I-24, I-123). */
static resume_status set_context(const resume_policy *policy, resume_connection *connection) {
    struct rsm_context *context = &connection->context;
    if (context->len || connection->client_auth != RESUME_CLIENT_AUTH_NONE) {
        return RESUME_OK;
    }
    return resume_policy_context(policy, connection->server_name, connection->server_name_len, NULL,
                                 0, context->data, sizeof context->data, &context->len);
}

/* Ticket or session ID, never both: a client that presents a ticket makes its session ID up, to
 * see it come back (RFC 5077 section 3.4). */
static resume_status try_offers(resume_server *server, const resume_hello *hello,
                                const resume_connection *connection, uint64_t now_ms,
                                resume_verdict *verdict) {
    size_t ticket_len = 0;
    const uint8_t *ticket = resume_hello_session_ticket(hello, &ticket_len);
    size_t id_len = 0;
    const uint8_t *id = resume_hello_session_id(hello, &id_len);
    if (connection->version == RSM_TLS12 && ticket_len) {
        verdict->path = RESUME_PATH_TLS12_TICKET;
        return resume_server_open_ticket(server, connection, ticket, ticket_len, now_ms,
                                         &verdict->session, &verdict->reason);
    }
    if (connection->version == RSM_TLS12 && id_len) {
        verdict->path = RESUME_PATH_TLS12_SESSION_ID;
        return resume_server_find_session(server, connection, id, id_len, now_ms, &verdict->session,
                                          &verdict->reason);
    }
    verdict->reason = RESUME_REASON_NOT_OFFERED;
    rsm_server_outcome(server, RESUME_PATH_NONE, verdict->reason, now_ms, 0);
    return RESUME_FULL;
}

/* libcrypto gave no digest: still a good handshake, a full one. */
static resume_status without_context(resume_server *server, uint64_t now_ms,
                                     resume_verdict *verdict) {
    verdict->reason = RESUME_REASON_FAILED;
    rsm_server_outcome(server, RESUME_PATH_NONE, verdict->reason, now_ms, 0);
    return RESUME_FULL;
}

/* May the session of this handshake resume later at all? Without a context it belongs nowhere, and
 * without extended_master_secret the policy must allow it (I-81). */
static bool is_issuable(const resume_policy *policy, const resume_connection *connection) {
    bool ems = connection->extended_master_secret || policy->ems == RESUME_EMS_ALLOW_LEGACY;
    return connection->version == RSM_TLS12 && ems && connection->context.len > 0;
}

/* Whether a ticket will follow, and for how long: only to a client that sent the extension (I-30),
 * and only if the session of this handshake may be issued at all. */
static uint32_t lifetime_hint(resume_server *server, const resume_hello *hello,
                              const resume_connection *connection, const resume_verdict *verdict,
                              uint64_t now_ms) {
    bool resumes = verdict->status == RESUME_OK || verdict->status == RESUME_RENEW;
    bool wanted = resumes ? verdict->status == RESUME_RENEW : verdict->status == RESUME_FULL;
    uint32_t seconds = 0;
    if (!wanted || !is_issuable(server->policy, connection) ||
        !resume_hello_session_ticket(hello, NULL)) {
        return 0;
    }
    uint64_t authenticated = resumes ? resume_session_authenticated(verdict->session) : now_ms;
    resume_status status =
        resume_server_lifetime(server, RESUME_PATH_TLS12_TICKET, authenticated, now_ms, &seconds);
    return status == RESUME_OK ? seconds : 0;
}

static void set_session_id(const resume_server *server, const resume_hello *hello,
                           const resume_connection *connection, resume_verdict *verdict) {
    if (verdict->session) {
        const uint8_t *id = resume_hello_session_id(hello, &verdict->session_id_len);
        memcpy(verdict->session_id, id, verdict->session_id_len);
        return;
    }
    bool keeps = verdict->status == RESUME_FULL && !verdict->lifetime_hint &&
                 is_issuable(server->policy, connection) &&
                 rsm_decide_path(server->policy, RESUME_PATH_TLS12_SESSION_ID);
    /* Without random bytes there is no ID, and the session is not kept: still a good handshake. */
    if (keeps && rsm_random(verdict->session_id, sizeof verdict->session_id) == RESUME_OK) {
        verdict->session_id_len = sizeof verdict->session_id;
    }
}

static bool answers_ems(const resume_connection *connection, const resume_verdict *verdict) {
    return connection->version == RSM_TLS12 && connection->extended_master_secret &&
           verdict->status != RESUME_ABORT;
}

resume_status resume_server_offer(resume_server *server, const resume_hello *hello,
                                  const resume_connection *connection, uint64_t now_ms,
                                  resume_verdict **ret_verdict) {
    if (!server || !resume_hello_random(hello) || !connection || !ret_verdict) {
        return RESUME_E_INVALID;
    }
    resume_verdict *verdict = rsm_verdict_new();
    if (!verdict) {
        return RESUME_E_NOMEM;
    }
    /* Facts of this hello alone: a context computed for it must not serve the next one. */
    resume_connection facts = {.version = connection->version,
                               .client_auth = connection->client_auth,
                               .context = connection->context};
    resume_status status = set_facts(&facts, hello);
    if (status == RESUME_OK) {
        status = set_context(server->policy, &facts) == RESUME_OK
                     ? try_offers(server, hello, &facts, now_ms, verdict)
                     : without_context(server, now_ms, verdict);
    }
    if (status < 0) {
        resume_verdict_unref(verdict);
        return status;
    }
    verdict->status = status;
    verdict->context = facts.context;
    verdict->lifetime_hint = lifetime_hint(server, hello, &facts, verdict, now_ms);
    verdict->extended_master_secret = answers_ems(&facts, verdict);
    set_session_id(server, hello, &facts, verdict);
    *ret_verdict = verdict;
    return status;
}
