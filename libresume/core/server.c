/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's answers to offers: open or look up, decide, count. Issuing is in server_issue.c.
 */
#include "core/server.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"
#include "core/codec.h"
#include "core/decision.h"
#include "core/store.h"
#include "crypto/random.h"

static const char *const reason_names[RESUME_REASON_COUNT] = {
    [RESUME_REASON_RESUMED] = "resumed",
    [RESUME_REASON_RENEWED] = "renewed",
    [RESUME_REASON_NOT_OFFERED] = "not_offered",
    [RESUME_REASON_MODE_OFF] = "mode_off",
    [RESUME_REASON_UNKNOWN_KEY] = "unknown_key",
    [RESUME_REASON_KEY_EXPIRED] = "key_expired",
    [RESUME_REASON_FORGED] = "forged",
    [RESUME_REASON_MALFORMED] = "malformed",
    [RESUME_REASON_UNSUPPORTED] = "unsupported",
    [RESUME_REASON_NOT_IN_STORE] = "not_in_store",
    [RESUME_REASON_STORE_FAILED] = "store_failed",
    [RESUME_REASON_EXPIRED] = "expired",
    [RESUME_REASON_AUTHENTICATION_EXPIRED] = "authentication_expired",
    [RESUME_REASON_FROM_FUTURE] = "from_future",
    [RESUME_REASON_VERSION_MISMATCH] = "version_mismatch",
    [RESUME_REASON_CIPHER_SUITE_NOT_OFFERED] = "cipher_suite_not_offered",
    [RESUME_REASON_CIPHER_SUITE_NOT_ALLOWED] = "cipher_suite_not_allowed",
    [RESUME_REASON_COMPRESSION] = "compression",
    [RESUME_REASON_SERVER_NAME_MISMATCH] = "server_name_mismatch",
    [RESUME_REASON_CONTEXT_MISMATCH] = "context_mismatch",
    [RESUME_REASON_CLIENT_CERTIFICATE_MISSING] = "client_certificate_missing",
    [RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED] = "client_certificate_unwanted",
    [RESUME_REASON_CLIENT_CERTIFICATE_INVALID] = "client_certificate_invalid",
    [RESUME_REASON_EMS_MISSING_IN_HELLO] = "ems_missing_in_hello",
    [RESUME_REASON_EMS_MISSING_IN_SESSION] = "ems_missing_in_session",
    [RESUME_REASON_EMS_MISSING_IN_BOTH] = "ems_missing_in_both",
    [RESUME_REASON_NOT_RESUMABLE] = "not_resumable",
    [RESUME_REASON_FAILED] = "failed",
    [RESUME_REASON_ISSUED] = "issued",
    [RESUME_REASON_NOT_ISSUED_NO_KEY] = "not_issued_no_key",
    [RESUME_REASON_NOT_ISSUED_TOO_LARGE] = "not_issued_too_large",
    [RESUME_REASON_NOT_ISSUED_BY_POLICY] = "not_issued_by_policy",
    [RESUME_REASON_NOT_ISSUED_FAILED] = "not_issued_failed",
};

static const char *const path_names[RESUME_PATH_COUNT] = {
    [RESUME_PATH_NONE] = "none",
    [RESUME_PATH_TLS12_TICKET] = "tls12_ticket",
    [RESUME_PATH_TLS12_SESSION_ID] = "tls12_session_id",
    [RESUME_PATH_TLS13_TICKET] = "tls13_ticket",
    [RESUME_PATH_TLS13_STORED] = "tls13_stored",
};

static bool is_path(int32_t path) {
    return path >= 0 && path < RESUME_PATH_COUNT;
}

static bool is_reason(resume_reason reason) {
    return reason >= 0 && reason < RESUME_REASON_COUNT;
}

const char *resume_reason_name(resume_reason reason) {
    return is_reason(reason) ? reason_names[reason] : "unknown";
}

int32_t resume_reason_count(void) {
    return RESUME_REASON_COUNT;
}

const char *resume_path_name(int32_t path) {
    return is_path(path) ? path_names[path] : "unknown";
}

RSM_HOT const resume_policy *resume_server_policy(const resume_server *server) {
    return server ? server->policy : NULL;
}

RSM_HOT resume_keyring *resume_server_keyring(const resume_server *server) {
    return server ? server->keyring : NULL;
}

resume_store *resume_server_store(const resume_server *server) {
    return server ? server->store : NULL;
}

void rsm_server_outcome(resume_server *server, int32_t path, resume_reason reason, uint64_t now_ms,
                        uint64_t age_ms) {
    rsm_counters_outcome(&server->counters, path, reason);
    if (reason == RESUME_REASON_RESUMED || reason == RESUME_REASON_RENEWED) {
        rsm_counters_age(&server->counters, RESUME_HISTOGRAM_TICKET_AGE, age_ms);
    }
    if (server->trace) {
        resume_event event = {path, reason, now_ms, age_ms};
        server->trace(server->trace_arg, &event);
    }
}

static resume_status refuse(resume_server *server, int32_t path, resume_reason reason,
                            uint64_t now_ms, resume_reason *ret_reason) {
    rsm_server_outcome(server, path, reason, now_ms, 0);
    *ret_reason = reason;
    return RESUME_FULL;
}

static resume_status decide(const resume_server *server, const resume_session *session,
                            const resume_connection *connection, int32_t path, uint64_t now_ms,
                            resume_reason *ret_reason) {
    struct rsm_facts facts;
    rsm_facts_of(session, &facts);
    return rsm_decide(server->policy, &facts, connection, path, now_ms, ret_reason);
}

resume_status resume_server_check(resume_server *server, const resume_session *session,
                                  const resume_connection *connection, int32_t path,
                                  uint64_t now_ms, resume_reason *ret_reason) {
    if (!server || !session || !connection || !is_path(path) || !ret_reason) {
        return RESUME_E_INVALID;
    }
    return decide(server, session, connection, path, now_ms, ret_reason);
}

RSM_HOT resume_status resume_server_check_facts(resume_server *server, const resume_facts *facts,
                                                const resume_connection *connection, int32_t path,
                                                uint64_t now_ms, resume_reason *ret_reason) {
    if (!server || !facts || !connection || !is_path(path) || !ret_reason) {
        return RESUME_E_INVALID;
    }
    struct rsm_facts good;
    if (!rsm_facts_are_good(facts, &good)) {
        *ret_reason = RESUME_REASON_UNSUPPORTED;
        return RESUME_FULL;
    }
    return rsm_decide(server->policy, &good, connection, path, now_ms, ret_reason);
}

static uint64_t age_of(const resume_session *session, uint64_t now_ms) {
    return rsm_sub_sat(now_ms, resume_session_created(session));
}

/* Why a ticket did not open, as a reason. Failures of ours are a full handshake, too. */
static resume_reason reason_of_open(resume_status status) {
    switch (status) {
    case RESUME_MISS:
        return RESUME_REASON_UNKNOWN_KEY;
    case RESUME_EXPIRED:
        return RESUME_REASON_KEY_EXPIRED;
    case RESUME_FORGED:
        return RESUME_REASON_FORGED;
    case RESUME_MALFORMED:
        return RESUME_REASON_MALFORMED;
    case RESUME_UNSUPPORTED:
        return RESUME_REASON_UNSUPPORTED;
    default:
        return RESUME_REASON_FAILED;
    }
}

/* A ticket of a key that seals no more is renewed whatever the policy's renewal point, if there is
 * a key to seal the new one with (I-35). */
static bool can_renew(resume_server *server, const resume_session *session, int32_t path,
                      uint64_t now_ms) {
    uint32_t seconds = 0;
    return resume_server_lifetime(server, path, resume_session_authenticated(session), now_ms,
                                  &seconds) == RESUME_OK;
}

resume_status resume_server_open_ticket(resume_server *server, const resume_connection *connection,
                                        const uint8_t *data, size_t data_len, uint64_t now_ms,
                                        resume_session **ret_session, resume_reason *ret_reason) {
    if (!server || !connection || (!data && data_len) || !ret_session || !ret_reason) {
        return RESUME_E_INVALID;
    }
    int32_t path =
        connection->version == RSM_TLS13 ? RESUME_PATH_TLS13_TICKET : RESUME_PATH_TLS12_TICKET;
    if (data_len == 0) {
        return refuse(server, path, RESUME_REASON_NOT_OFFERED, now_ms, ret_reason);
    }
    if (!rsm_decide_path(server->policy, path)) {
        return refuse(server, path, RESUME_REASON_MODE_OFF, now_ms, ret_reason);
    }
    resume_session *session = NULL;
    uint64_t seal_from = 0;
    resume_status opened =
        rsm_codec_open(server->codec, data, data_len, now_ms, &session, &seal_from);
    if (opened != RESUME_OK && opened != RESUME_RENEW) {
        return refuse(server, path, reason_of_open(opened), now_ms, ret_reason);
    }
    rsm_counters_age(&server->counters, RESUME_HISTOGRAM_KEY_AGE, rsm_sub_sat(now_ms, seal_from));
    resume_status status = decide(server, session, connection, path, now_ms, ret_reason);
    if (path == RESUME_PATH_TLS12_TICKET && (status == RESUME_RENEW || opened == RESUME_RENEW) &&
        (status == RESUME_OK || status == RESUME_RENEW)) {
        bool renews = can_renew(server, session, path, now_ms);
        status = renews ? RESUME_RENEW : RESUME_OK;
        *ret_reason = renews ? RESUME_REASON_RENEWED : RESUME_REASON_RESUMED;
    }
    rsm_server_outcome(server, path, *ret_reason, now_ms, age_of(session, now_ms));
    if (status != RESUME_OK && status != RESUME_RENEW) {
        resume_session_unref(session);
        return status;
    }
    *ret_session = session;
    return status;
}

static resume_reason reason_of_lookup(resume_status status) {
    switch (status) {
    case RESUME_MISS:
        return RESUME_REASON_NOT_IN_STORE;
    case RESUME_EXPIRED:
        return RESUME_REASON_EXPIRED;
    case RESUME_FORGED:
        return RESUME_REASON_FORGED;
    case RESUME_MALFORMED:
        return RESUME_REASON_MALFORMED;
    case RESUME_UNSUPPORTED:
        return RESUME_REASON_UNSUPPORTED;
    case RESUME_E_NOMEM:
        return RESUME_REASON_FAILED;
    default:
        return RESUME_REASON_STORE_FAILED;
    }
}

/* Takes the session out for its one use: RESUME_REASON_RESUMED, or why that failed. */
static resume_reason take_back(resume_server *server, const uint8_t *session_id,
                               size_t session_id_len, uint64_t now_ms) {
    resume_session *taken = NULL;
    resume_status status =
        rsm_store_find(server->store, true, session_id, session_id_len, now_ms, &taken);
    resume_session_unref(taken);
    if (status == RESUME_OK) {
        return RESUME_REASON_RESUMED;
    }
    /* It was there a moment ago, so "unsupported" is the store that cannot take (I-112). */
    return status == RESUME_UNSUPPORTED ? RESUME_REASON_STORE_FAILED : reason_of_lookup(status);
}

resume_status resume_server_find_session(resume_server *server, const resume_connection *connection,
                                         const uint8_t *session_id, size_t session_id_len,
                                         uint64_t now_ms, resume_session **ret_session,
                                         resume_reason *ret_reason) {
    if (!server || !connection || (!session_id && session_id_len) || !ret_session || !ret_reason) {
        return RESUME_E_INVALID;
    }
    int32_t path =
        connection->version == RSM_TLS13 ? RESUME_PATH_TLS13_STORED : RESUME_PATH_TLS12_SESSION_ID;
    if (session_id_len == 0) {
        return refuse(server, path, RESUME_REASON_NOT_OFFERED, now_ms, ret_reason);
    }
    if (!rsm_decide_path(server->policy, path)) {
        return refuse(server, path, RESUME_REASON_MODE_OFF, now_ms, ret_reason);
    }
    if (session_id_len > 32) { /* no session has such an ID (RFC 5246 section 7.4.1.2) */
        return refuse(server, path, RESUME_REASON_NOT_IN_STORE, now_ms, ret_reason);
    }
    resume_session *session = NULL;
    resume_status found =
        rsm_store_find(server->store, false, session_id, session_id_len, now_ms, &session);
    if (found != RESUME_OK) {
        return refuse(server, path, reason_of_lookup(found), now_ms, ret_reason);
    }
    resume_reason reason = RESUME_REASON_FAILED;
    resume_status status = decide(server, session, connection, path, now_ms, &reason);
    bool accepted = status == RESUME_OK || status == RESUME_RENEW;
    /* Taken only now: a client whose offer is refused must not be able to burn a session that is
     * not his (I-26). The loser of a race for the one use goes on with a full handshake. */
    if (accepted && server->policy->single_use) {
        resume_reason taken = take_back(server, session_id, session_id_len, now_ms);
        accepted = taken == RESUME_REASON_RESUMED;
        status = accepted ? status : RESUME_FULL;
        reason = accepted ? reason : taken;
    }
    rsm_server_outcome(server, path, reason, now_ms, age_of(session, now_ms));
    *ret_reason = reason;
    if (!accepted) {
        resume_session_unref(session);
        return status;
    }
    *ret_session = session;
    return status;
}

resume_status resume_server_forget(resume_server *server, const uint8_t *session_id,
                                   size_t session_id_len) {
    if (!server || !session_id || session_id_len == 0 || session_id_len > 32) {
        return RESUME_E_INVALID;
    }
    return server->store ? resume_store_remove(server->store, session_id, session_id_len)
                         : RESUME_MISS;
}

RSM_HOT resume_status resume_server_count(resume_server *server, int32_t path, resume_reason reason,
                                          uint64_t age_ms, uint64_t now_ms) {
    if (!server || !is_path(path) || !is_reason(reason)) {
        return RESUME_E_INVALID;
    }
    rsm_server_outcome(server, path, reason, now_ms, age_ms);
    return RESUME_OK;
}

RSM_HOT resume_status resume_server_observe(resume_server *server, int32_t histogram,
                                            uint64_t age_ms) {
    if (!server || histogram < 0 || histogram >= RESUME_HISTOGRAM_COUNT) {
        return RESUME_E_INVALID;
    }
    rsm_counters_age(&server->counters, histogram, age_ms);
    return RESUME_OK;
}

uint64_t resume_server_counter(const resume_server *server, int32_t path, resume_reason reason) {
    if (!server || !is_path(path) || !is_reason(reason)) {
        return 0;
    }
    return rsm_counters_read(&server->counters, path, reason);
}

uint64_t resume_server_histogram(const resume_server *server, int32_t histogram, size_t bucket) {
    if (!server || histogram < 0 || histogram >= RESUME_HISTOGRAM_COUNT ||
        bucket >= RESUME_HISTOGRAM_BUCKETS) {
        return 0;
    }
    return rsm_counters_bucket(&server->counters, histogram, bucket);
}

resume_status resume_server_random(resume_server *server, uint8_t *buf, size_t buf_len) {
    if (!server || !buf || buf_len == 0 || buf_len > 4096) {
        return RESUME_E_INVALID;
    }
    return rsm_random(buf, buf_len);
}

int32_t resume_event_path(const resume_event *event) {
    return event ? event->path : RESUME_PATH_NONE;
}

resume_reason resume_event_reason(const resume_event *event) {
    return event ? event->reason : RESUME_REASON_FAILED;
}

uint64_t resume_event_time(const resume_event *event) {
    return event ? event->now_ms : 0;
}

uint64_t resume_event_age(const resume_event *event) {
    return event ? event->age_ms : 0;
}
