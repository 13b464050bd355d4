/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of resumption, each a small function that gives RESUME_REASON_RESUMED or the reason
 * why not. They stand here once, for session IDs and tickets, TLS 1.2 and 1.3 (I-12, I-13).
 */
#include "core/decision.h"

#include "base/bytes.h"
#include "base/hot.h"

#define PASS RESUME_REASON_RESUMED

RSM_HOT bool rsm_decide_path(const resume_policy *policy, int32_t path) {
    if (rsm_path_is_ticket(path)) {
        bool forbidden = policy->forward_secrecy && rsm_path_version(path) == RSM_TLS12;
        return (policy->modes & RESUME_MODE_TICKETS) && !forbidden;
    }
    return rsm_path_version(path) && (policy->modes & RESUME_MODE_SESSION_IDS);
}

static resume_reason check_time(const resume_policy *policy, const struct rsm_facts *facts,
                                uint64_t now_ms) {
    uint64_t created = facts->created;
    uint64_t authenticated = facts->authenticated;
    const struct rsm_lifetimes *caps = rsm_policy_lifetimes(policy, facts->version);
    uint64_t latest = created > authenticated ? created : authenticated;
    if (latest > rsm_add_sat(now_ms, policy->skew_ms)) {
        return RESUME_REASON_FROM_FUTURE;
    }
    /* Capped by today's policy as well: a session from a laxer time or host gains nothing. */
    uint64_t capped = rsm_add_sat(created, rsm_mul_sat(caps->session, 1000));
    if (now_ms >= rsm_add_sat(facts->created, 1000ULL * facts->lifetime) || now_ms >= capped) {
        return RESUME_REASON_EXPIRED;
    }
    if (now_ms >= rsm_add_sat(authenticated, rsm_mul_sat(caps->authentication, 1000))) {
        return RESUME_REASON_AUTHENTICATION_EXPIRED;
    }
    return PASS;
}

/* The hash of the TLS 1.3 suites of RFC 8446 appendix B.4, in bits; 0 for any other suite, which
 * then resumes as itself only. */
static unsigned hash_of(uint16_t suite) {
    if (suite == 0x1302) {
        return 384;
    }
    return suite == 0x1301 || (suite >= 0x1303 && suite <= 0x1305) ? 256 : 0;
}

static bool same_hash(uint16_t a, uint16_t b) {
    return hash_of(a) != 0 && hash_of(a) == hash_of(b);
}

static bool is_offered(const resume_connection *connection, uint16_t suite, bool hash_only) {
    if (!connection->suites) {
        return true;
    }
    for (size_t i = 0; i < connection->suites_len; i += 2) {
        uint16_t offered = rsm_get16(connection->suites + i);
        if (offered == suite || (hash_only && same_hash(offered, suite))) {
            return true;
        }
    }
    return false;
}

bool rsm_decide_suite(const resume_policy *policy, uint16_t suite) {
    bool allowed = policy->suite_count == 0;
    for (size_t i = 0; i < policy->suite_count && !allowed; i++) {
        allowed = policy->suites[i] == suite;
    }
    return allowed;
}

static resume_reason check_suite(const resume_policy *policy, const struct rsm_facts *facts,
                                 const resume_connection *connection) {
    uint16_t suite = facts->cipher_suite;
    if (!is_offered(connection, suite, facts->version == RSM_TLS13)) {
        return RESUME_REASON_CIPHER_SUITE_NOT_OFFERED;
    }
    if (!rsm_decide_suite(policy, suite)) {
        return RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED;
    }
    /* Compression is long dead (RFC 3749 fell to CRIME); no session with it comes back. */
    return facts->compression ? RESUME_REASON_COMPRESSION : PASS;
}

static resume_reason check_name(const resume_policy *policy, const struct rsm_facts *facts,
                                const resume_connection *connection) {
    if (!policy->isolate_server_name) {
        return PASS;
    }
    bool same = facts->server_name_len == connection->server_name_len;
    for (size_t i = 0; same && i < facts->server_name_len; i++) {
        same = rsm_name_lower(facts->server_name[i]) == rsm_name_lower(connection->server_name[i]);
    }
    return same ? PASS : RESUME_REASON_SERVER_NAME_MISMATCH;
}

static bool context_is(const struct rsm_context *context, const uint8_t *data, size_t len) {
    return context->len == len && (len == 0 || memcmp(context->data, data, len) == 0);
}

static resume_reason check_context(const resume_policy *policy, const struct rsm_facts *facts,
                                   const resume_connection *connection) {
    const uint8_t *context = facts->context;
    size_t len = facts->context_len;
    /* Where client certificates are asked for, no context is no isolation (I-24, I-123). */
    if (len == 0 && connection->client_auth != RESUME_CLIENT_AUTH_NONE) {
        return RESUME_REASON_CONTEXT_MISMATCH;
    }
    if (context_is(&connection->context, context, len) ||
        (policy->issue_context.len && context_is(&policy->issue_context, context, len))) {
        return PASS;
    }
    for (size_t i = 0; i < policy->accepted_count; i++) {
        if (context_is(&policy->accepted[i], context, len)) {
            return PASS;
        }
    }
    return RESUME_REASON_CONTEXT_MISMATCH;
}

static resume_reason check_client_certificate(const resume_policy *policy,
                                              const struct rsm_facts *facts,
                                              const resume_connection *connection) {
    bool has = facts->has_certificate;
    if (!policy->client_certificate_guard) {
        return PASS;
    }
    if (connection->client_auth == RESUME_CLIENT_AUTH_REQUIRE && !has) {
        return RESUME_REASON_CLIENT_CERTIFICATE_MISSING;
    }
    if (connection->client_auth == RESUME_CLIENT_AUTH_NONE && has) {
        return RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED;
    }
    if (connection->client_auth == RESUME_CLIENT_AUTH_REQUIRE && facts->verify_result != 0) {
        return RESUME_REASON_CLIENT_CERTIFICATE_INVALID;
    }
    return PASS;
}

/* RFC 7627 section 5.3, the rows of its table for a server. */
static resume_reason check_ems(const resume_policy *policy, const struct rsm_facts *facts,
                               const resume_connection *connection) {
    if (facts->version != RSM_TLS12) {
        return PASS;
    }
    bool in_session = facts->extended_master_secret;
    bool in_hello = connection->extended_master_secret;
    if (in_session && !in_hello) {
        return RESUME_REASON_EMS_MISSING_IN_HELLO;
    }
    if (!in_session && in_hello) {
        return RESUME_REASON_EMS_MISSING_IN_SESSION;
    }
    if (!in_session && policy->ems == RESUME_EMS_STRICT) {
        return RESUME_REASON_EMS_MISSING_IN_BOTH;
    }
    return PASS;
}

/* Isolation comes before all that may abort: nobody learns of, or stumbles over, a session that
 * is not for this server. */
static resume_reason first_reason(const resume_policy *policy, const struct rsm_facts *facts,
                                  const resume_connection *connection, int32_t path,
                                  uint64_t now_ms) {
    if (!rsm_decide_path(policy, path)) {
        return RESUME_REASON_MODE_OFF;
    }
    if (facts->version != connection->version || rsm_path_version(path) != connection->version) {
        return RESUME_REASON_VERSION_MISMATCH;
    }
    if (facts->not_resumable) {
        return RESUME_REASON_NOT_RESUMABLE;
    }
    resume_reason reason = check_context(policy, facts, connection);
    reason = reason == PASS ? check_name(policy, facts, connection) : reason;
    reason = reason == PASS ? check_time(policy, facts, now_ms) : reason;
    reason = reason == PASS ? check_client_certificate(policy, facts, connection) : reason;
    reason = reason == PASS ? check_suite(policy, facts, connection) : reason;
    return reason == PASS ? check_ems(policy, facts, connection) : reason;
}

static bool wants_renewal(const resume_policy *policy, const struct rsm_facts *facts, int32_t path,
                          uint64_t now_ms) {
    if (path == RESUME_PATH_TLS12_SESSION_ID) {
        return false; /* the ID stays what it is */
    }
    if (rsm_path_version(path) == RSM_TLS13) {
        return true; /* tickets are used once (RFC 8446 section C.4) */
    }
    uint64_t age = rsm_sub_sat(now_ms, facts->created);
    return policy->renew_after < 100 &&
           age >= rsm_mul_sat(facts->lifetime, 10ULL * policy->renew_after);
}

RSM_HOT resume_status rsm_decide(const resume_policy *policy, const struct rsm_facts *facts,
                                 const resume_connection *connection, int32_t path, uint64_t now_ms,
                                 resume_reason *ret_reason) {
    resume_reason reason = first_reason(policy, facts, connection, path, now_ms);
    if (reason == PASS && wants_renewal(policy, facts, path, now_ms)) {
        reason = RESUME_REASON_RENEWED;
    }
    *ret_reason = reason;
    switch (reason) {
    case RESUME_REASON_RESUMED:
        return RESUME_OK;
    case RESUME_REASON_RENEWED:
        return RESUME_RENEW;
    case RESUME_REASON_EMS_MISSING_IN_HELLO:
    case RESUME_REASON_EMS_MISSING_IN_BOTH:
        return RESUME_ABORT;
    default:
        return RESUME_FULL;
    }
}
