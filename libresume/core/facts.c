/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setters of a session's facts, and whether they make a session.
 */
#include "core/facts.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"
#include "core/policy.h"
#include "wire/native.h"

RSM_HOT resume_status resume_facts_new(resume_facts **ret_facts) {
    if (!ret_facts) {
        return RESUME_E_INVALID;
    }
    resume_facts *facts = rsm_malloc(sizeof *facts);
    if (!facts) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&facts->ref);
    (void)!resume_facts_reset(facts);
    *ret_facts = facts;
    return RESUME_OK;
}

resume_facts *resume_facts_ref(resume_facts *facts) {
    if (facts) {
        rsm_ref_get(&facts->ref);
    }
    return facts;
}

RSM_HOT resume_facts *resume_facts_unref(resume_facts *facts) {
    if (facts && rsm_ref_put(&facts->ref)) {
        rsm_free(facts);
    }
    return NULL;
}

resume_status resume_facts_reset(resume_facts *facts) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told = (struct rsm_facts){0};
    facts->secret_len = 0;
    facts->has_created = false;
    facts->has_authenticated = false;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_version(resume_facts *facts, uint16_t version) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.version = version;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_cipher_suite(resume_facts *facts, uint16_t cipher_suite) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.cipher_suite = cipher_suite;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_compression(resume_facts *facts, uint8_t compression) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.compression = compression;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_secret(resume_facts *facts, const uint8_t *data,
                                              size_t data_len) {
    if (!facts || data_len > RSM_SECRET_MAX || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    facts->secret_len = data_len && !rsm_is_zero_ct(data, data_len) ? data_len : 0;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_extended_master_secret(resume_facts *facts, bool extended) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.extended_master_secret = extended;
    return RESUME_OK;
}

resume_status resume_facts_set_resumable(resume_facts *facts, bool resumable) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.not_resumable = !resumable;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_created(resume_facts *facts, uint64_t created_ms) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.created = created_ms;
    facts->has_created = true;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_authenticated(resume_facts *facts,
                                                     uint64_t authenticated_ms) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.authenticated = authenticated_ms;
    facts->has_authenticated = true;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_lifetime(resume_facts *facts, uint32_t seconds) {
    if (!facts) {
        return RESUME_E_INVALID;
    }
    facts->told.lifetime = seconds;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_server_name(resume_facts *facts, const uint8_t *data,
                                                   size_t data_len) {
    if (!facts || data_len > RSM_NAME_MAX || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    facts->told.server_name = data_len ? data : NULL;
    facts->told.server_name_len = data_len;
    return RESUME_OK;
}

RSM_HOT resume_status resume_facts_set_context(resume_facts *facts, const uint8_t *data,
                                               size_t data_len) {
    if (!facts || data_len > RSM_CONTEXT_MAX || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    facts->told.context = data_len ? data : NULL;
    facts->told.context_len = data_len;
    return RESUME_OK;
}

resume_status resume_facts_set_client_certificate(resume_facts *facts, bool present,
                                                  int32_t verify_result) {
    if (!facts || verify_result < 0) {
        return RESUME_E_INVALID;
    }
    facts->told.has_certificate = present;
    facts->told.verify_result = verify_result;
    return RESUME_OK;
}

void rsm_facts_of(const resume_session *session, struct rsm_facts *ret_facts) {
    *ret_facts = (struct rsm_facts){
        .version = resume_session_version(session),
        .cipher_suite = resume_session_cipher_suite(session),
        .compression = resume_session_compression(session),
        .extended_master_secret = resume_session_extended_master_secret(session),
        .not_resumable = !resume_session_resumable(session),
        .has_certificate = resume_session_peer_certificate_count(session) > 0,
        .verify_result = resume_session_verify_result(session),
        .lifetime = resume_session_lifetime(session),
        .created = resume_session_created(session),
        .authenticated = resume_session_authenticated(session),
    };
    ret_facts->server_name = resume_session_server_name(session, &ret_facts->server_name_len);
    ret_facts->context = resume_session_context(session, &ret_facts->context_len);
}

RSM_HOT bool rsm_facts_are_good(const resume_facts *facts, struct rsm_facts *ret_facts) {
    const struct rsm_facts *told = &facts->told;
    bool tls12 = told->version == RSM_TLS12 && facts->secret_len == 48;
    bool tls13 = told->version == RSM_TLS13 && !told->extended_master_secret &&
                 (facts->secret_len == 32 || facts->secret_len == 48);
    if (!(tls12 || tls13) || told->cipher_suite == 0 || !facts->has_created ||
        told->lifetime == 0 || !rsm_is_printable(told->server_name, told->server_name_len)) {
        return false;
    }
    *ret_facts = *told;
    if (!facts->has_authenticated) {
        ret_facts->authenticated = told->created;
    }
    return true;
}
