/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing: tickets and stored sessions, with the lifetime that this server will honour.
 */
#include "core/server.h"

#include "base/bytes.h"
#include "core/decision.h"

/* Seconds until then, rounded down so that no promise outlives its ground. */
static uint32_t seconds_until(uint64_t then_ms, uint64_t now_ms) {
    uint64_t seconds = rsm_sub_sat(then_ms, now_ms) / 1000;
    return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static resume_status key_life(resume_server *server, uint64_t now_ms, uint32_t *ret_seconds) {
    resume_key *key = NULL;
    resume_status status = resume_keyring_sealing_key(server->keyring, now_ms, &key);
    if (status == RESUME_OK) {
        *ret_seconds = seconds_until(resume_key_open_until(key), now_ms);
        resume_key_unref(key);
    }
    return status;
}

resume_status resume_server_lifetime(resume_server *server, int32_t path, uint64_t authenticated_ms,
                                     uint64_t now_ms, uint32_t *ret_lifetime) {
    if (!server || !rsm_path_version(path) || !ret_lifetime) {
        return RESUME_E_INVALID;
    }
    if (!rsm_decide_path(server->policy, path)) {
        return RESUME_FULL;
    }
    const struct rsm_lifetimes *caps = rsm_policy_lifetimes(server->policy, rsm_path_version(path));
    uint64_t until = rsm_add_sat(authenticated_ms, rsm_mul_sat(caps->authentication, 1000));
    /* A handshake in the future of this clock counts as one of now (I-76). */
    uint32_t seconds =
        smaller(smaller(caps->session, caps->authentication), seconds_until(until, now_ms));
    if (rsm_path_is_ticket(path)) {
        uint32_t of_key = 0;
        resume_status status = key_life(server, now_ms, &of_key);
        if (status != RESUME_OK) {
            return status;
        }
        seconds = smaller(seconds, of_key);
    }
    if (seconds == 0) {
        return RESUME_EXPIRED;
    }
    *ret_lifetime = seconds;
    return RESUME_OK;
}

static bool may_issue(const resume_server *server, const resume_session *session) {
    bool ems_ok = resume_session_version(session) != RSM_TLS12 ||
                  resume_session_extended_master_secret(session) ||
                  server->policy->ems == RESUME_EMS_ALLOW_LEGACY;
    /* What can never resume is not issued either (I-81). */
    return resume_session_resumable(session) && ems_ok &&
           resume_session_compression(session) == 0 &&
           rsm_decide_suite(server->policy, resume_session_cipher_suite(session));
}

/* The session as it goes out: in TLS 1.3 its time starts anew, in TLS 1.2 it runs on, so that
 * its end stays where it was. Authentication time is never touched (I-36). */
static resume_status with_lifetime(const resume_server *server, const resume_session *session,
                                   uint32_t seconds, uint64_t now_ms,
                                   resume_session **ret_session) {
    resume_session_options *options = NULL;
    resume_status status = resume_session_options_new(&options);
    if (status != RESUME_OK) {
        return status;
    }
    uint64_t created = now_ms;
    if (resume_session_version(session) == RSM_TLS12) {
        created = resume_session_created(session);
        uint64_t spent = rsm_sub_sat(now_ms, created) / 1000;
        uint64_t whole = rsm_add_sat(seconds, spent);
        /* Nor longer than the check will honour from that start (I-43). */
        seconds = smaller(smaller(resume_session_lifetime(session), server->policy->tls12.session),
                          whole > UINT32_MAX ? UINT32_MAX : (uint32_t)whole);
    }
    status = resume_session_options_set_from(options, session);
    status = status ? status : resume_session_options_set_created(options, created);
    status = status ? status
                    : resume_session_options_set_authenticated(
                          options, resume_session_authenticated(session));
    status = status ? status : resume_session_options_set_lifetime(options, seconds);
    status = status ? status : resume_session_new(options, ret_session);
    resume_session_options_unref(options);
    return status;
}

static resume_reason reason_of_issue(resume_status status) {
    switch (status) {
    case RESUME_OK:
    case RESUME_EXISTS: /* the same session is in the store already */
        return RESUME_REASON_ISSUED;
    case RESUME_NO_KEY:
        return RESUME_REASON_NOT_ISSUED_NO_KEY;
    case RESUME_TOO_LARGE:
        return RESUME_REASON_NOT_ISSUED_TOO_LARGE;
    case RESUME_FULL:
    case RESUME_EXPIRED:
    case RESUME_UNSUPPORTED:
        return RESUME_REASON_NOT_ISSUED_BY_POLICY;
    default:
        return RESUME_REASON_NOT_ISSUED_FAILED;
    }
}

/* The copy to issue, with its lifetime, or why there is none. */
static resume_status prepare(resume_server *server, const resume_session *session, int32_t path,
                             uint64_t now_ms, uint32_t *ret_seconds, resume_session **ret_copy) {
    if (!may_issue(server, session)) {
        return RESUME_FULL;
    }
    uint32_t seconds = 0;
    resume_status status = resume_server_lifetime(
        server, path, resume_session_authenticated(session), now_ms, &seconds);
    if (status != RESUME_OK) {
        return status;
    }
    status = with_lifetime(server, session, seconds, now_ms, ret_copy);
    if (status == RESUME_OK) {
        *ret_seconds = smaller(seconds, seconds_until(resume_session_expires(*ret_copy), now_ms));
    }
    return status;
}

resume_status resume_server_issue_ticket(resume_server *server, const resume_session *session,
                                         uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                         size_t *ret_len, uint32_t *ret_lifetime) {
    if (!server || !session || !buf || !ret_len) {
        return RESUME_E_INVALID;
    }
    int32_t path = resume_session_version(session) == RSM_TLS13 ? RESUME_PATH_TLS13_TICKET
                                                                : RESUME_PATH_TLS12_TICKET;
    resume_session *copy = NULL;
    uint32_t seconds = 0;
    resume_status status = prepare(server, session, path, now_ms, &seconds, &copy);
    if (status == RESUME_OK && seconds == 0) {
        status = RESUME_EXPIRED;
    }
    if (status == RESUME_OK) {
        status = resume_codec_seal(server->codec, copy, now_ms, buf, buf_cap, ret_len);
    }
    resume_session_unref(copy);
    rsm_server_outcome(server, path, reason_of_issue(status), now_ms, 0);
    if (status == RESUME_OK && ret_lifetime) {
        *ret_lifetime = seconds;
    }
    return status;
}

resume_status resume_server_store_session(resume_server *server, const resume_session *session,
                                          uint64_t now_ms) {
    size_t id_len = 0;
    if (!server || !session || !resume_session_session_id(session, &id_len)) {
        return RESUME_E_INVALID;
    }
    int32_t path = resume_session_version(session) == RSM_TLS13 ? RESUME_PATH_TLS13_STORED
                                                                : RESUME_PATH_TLS12_SESSION_ID;
    resume_session *copy = NULL;
    uint32_t seconds = 0;
    resume_status status = prepare(server, session, path, now_ms, &seconds, &copy);
    if (status == RESUME_OK && seconds == 0) {
        status = RESUME_EXPIRED;
    }
    if (status == RESUME_OK) {
        status = resume_store_put(server->store, copy, now_ms);
    }
    resume_session_unref(copy);
    rsm_server_outcome(server, path, reason_of_issue(status), now_ms, 0);
    return status;
}
