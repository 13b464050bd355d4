/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's setters and defaults, and the context digest. Not the decision (core/decision.c).
 */
#include "core/policy.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"
#include "crypto/digest.h"

#include <resume/server.h>

#define DAY_S  86400U
#define WEEK_S 604800U

static void set_defaults(resume_policy *policy) {
    *policy = (resume_policy){
        .modes = RESUME_MODE_TICKETS | RESUME_MODE_SESSION_IDS,
        .tls12 = {DAY_S, DAY_S},
        .tls13 = {WEEK_S, WEEK_S},
        .renew_after = 100,
        .skew_ms = 60000,
        .ems = RESUME_EMS_STRICT,
        .isolate_server_name = true,
        .client_certificate_guard = true,
    };
    rsm_ref_init(&policy->ref);
}

resume_status resume_policy_new(resume_policy **ret_policy) {
    if (!ret_policy) {
        return RESUME_E_INVALID;
    }
    resume_policy *policy = rsm_policy_copy(NULL);
    if (!policy) {
        return RESUME_E_NOMEM;
    }
    *ret_policy = policy;
    return RESUME_OK;
}

resume_policy *resume_policy_ref(resume_policy *policy) {
    if (policy) {
        rsm_ref_get(&policy->ref);
    }
    return policy;
}

resume_policy *resume_policy_unref(resume_policy *policy) {
    if (policy && rsm_ref_put(&policy->ref)) {
        rsm_free(policy);
    }
    return NULL;
}

resume_policy *rsm_policy_copy(const resume_policy *policy) {
    resume_policy *copy = rsm_malloc(sizeof *copy);
    if (copy && policy) {
        /* Not the count: other threads may be at it. */
        const size_t values = offsetof(resume_policy, modes);
        memcpy((uint8_t *)copy + values, (const uint8_t *)policy + values, sizeof *copy - values);
        rsm_ref_init(&copy->ref);
    } else if (copy) {
        set_defaults(copy);
    }
    return copy;
}

resume_status resume_policy_set_modes(resume_policy *policy, uint32_t modes) {
    if (!policy || (modes & ~(uint32_t)(RESUME_MODE_TICKETS | RESUME_MODE_SESSION_IDS))) {
        return RESUME_E_INVALID;
    }
    policy->modes = modes;
    return RESUME_OK;
}

uint32_t resume_policy_modes(const resume_policy *policy) {
    return policy ? policy->modes : 0;
}

RSM_HOT const struct rsm_lifetimes *rsm_policy_lifetimes(const resume_policy *policy,
                                                         uint16_t version) {
    if (version == RSM_TLS12) {
        return &policy->tls12;
    }
    return version == RSM_TLS13 ? &policy->tls13 : NULL;
}

static uint32_t *lifetime_slot(resume_policy *policy, uint16_t version, uint32_t seconds,
                               bool authentication) {
    uint32_t cap = version == RSM_TLS12 ? DAY_S : WEEK_S;
    if (!policy || seconds == 0 || seconds > cap ||
        (version != RSM_TLS12 && version != RSM_TLS13)) {
        return NULL;
    }
    struct rsm_lifetimes *lifetimes = version == RSM_TLS12 ? &policy->tls12 : &policy->tls13;
    return authentication ? &lifetimes->authentication : &lifetimes->session;
}

resume_status resume_policy_set_lifetime(resume_policy *policy, uint16_t version,
                                         uint32_t seconds) {
    uint32_t *slot = lifetime_slot(policy, version, seconds, false);
    if (!slot) {
        return RESUME_E_INVALID;
    }
    *slot = seconds;
    return RESUME_OK;
}

uint32_t resume_policy_lifetime(const resume_policy *policy, uint16_t version) {
    const struct rsm_lifetimes *found = policy ? rsm_policy_lifetimes(policy, version) : NULL;
    return found ? found->session : 0;
}

resume_status resume_policy_set_authentication_lifetime(resume_policy *policy, uint16_t version,
                                                        uint32_t seconds) {
    uint32_t *slot = lifetime_slot(policy, version, seconds, true);
    if (!slot) {
        return RESUME_E_INVALID;
    }
    *slot = seconds;
    return RESUME_OK;
}

uint32_t resume_policy_authentication_lifetime(const resume_policy *policy, uint16_t version) {
    const struct rsm_lifetimes *found = policy ? rsm_policy_lifetimes(policy, version) : NULL;
    return found ? found->authentication : 0;
}

resume_status resume_policy_set_renew_after(resume_policy *policy, uint32_t percent) {
    if (!policy || percent == 0 || percent > 100) {
        return RESUME_E_INVALID;
    }
    policy->renew_after = percent;
    return RESUME_OK;
}

resume_status resume_policy_set_isolate_server_name(resume_policy *policy, bool isolate) {
    if (!policy) {
        return RESUME_E_INVALID;
    }
    policy->isolate_server_name = isolate;
    return RESUME_OK;
}

resume_status resume_policy_set_label(resume_policy *policy, const uint8_t *data, size_t data_len) {
    if (!policy || data_len > RSM_LABEL_MAX || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    if (data_len) {
        memcpy(policy->label, data, data_len);
    }
    policy->label_len = data_len;
    return RESUME_OK;
}

resume_status resume_policy_set_client_certificate_guard(resume_policy *policy, bool guard) {
    if (!policy) {
        return RESUME_E_INVALID;
    }
    policy->client_certificate_guard = guard;
    return RESUME_OK;
}

resume_status resume_policy_set_ems(resume_policy *policy, int32_t ems) {
    if (!policy || (ems != RESUME_EMS_STRICT && ems != RESUME_EMS_ALLOW_LEGACY)) {
        return RESUME_E_INVALID;
    }
    policy->ems = ems;
    return RESUME_OK;
}

int32_t resume_policy_ems(const resume_policy *policy) {
    return policy ? policy->ems : RESUME_EMS_STRICT;
}

resume_status resume_policy_set_skew(resume_policy *policy, uint64_t skew_ms) {
    if (!policy || skew_ms > 3600000) {
        return RESUME_E_INVALID;
    }
    policy->skew_ms = skew_ms;
    return RESUME_OK;
}

resume_status resume_policy_set_single_use(resume_policy *policy, bool single_use) {
    if (!policy) {
        return RESUME_E_INVALID;
    }
    policy->single_use = single_use;
    return RESUME_OK;
}

resume_status resume_policy_set_forward_secrecy(resume_policy *policy, bool demand) {
    if (!policy) {
        return RESUME_E_INVALID;
    }
    policy->forward_secrecy = demand;
    return RESUME_OK;
}

resume_status resume_policy_set_sha256_first(resume_policy *policy, bool first) {
    if (!policy) {
        return RESUME_E_INVALID;
    }
    policy->sha256_first = first;
    return RESUME_OK;
}

bool resume_policy_sha256_first(const resume_policy *policy) {
    return policy && policy->sha256_first;
}

resume_status resume_policy_allow_cipher_suite(resume_policy *policy, uint16_t cipher_suite) {
    if (!policy || policy->suite_count == RSM_POLICY_SUITES_MAX) {
        return RESUME_E_INVALID;
    }
    policy->suites[policy->suite_count++] = cipher_suite;
    return RESUME_OK;
}

resume_status resume_policy_set_issue_context(resume_policy *policy, const uint8_t *data,
                                              size_t data_len) {
    if (!policy || data_len > RESUME_CONTEXT_SIZE || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    if (data_len) {
        memcpy(policy->issue_context.data, data, data_len);
    }
    policy->issue_context.len = data_len;
    return RESUME_OK;
}

resume_status resume_policy_accept_context(resume_policy *policy, const uint8_t *data,
                                           size_t data_len) {
    if (!policy || !data || data_len == 0 || data_len > RESUME_CONTEXT_SIZE ||
        policy->accepted_count == RESUME_POLICY_CONTEXTS_MAX) {
        return RESUME_E_INVALID;
    }
    struct rsm_context *slot = &policy->accepted[policy->accepted_count++];
    memcpy(slot->data, data, data_len);
    slot->len = data_len;
    return RESUME_OK;
}

/* One preimage, each part with its length in front, so that no two inputs share one. */
static size_t context_preimage(const resume_policy *policy, const uint8_t *name, size_t name_len,
                               const uint8_t *auth, size_t auth_len, uint8_t *out) {
    static const char domain[] = "libresume context v1";
    uint8_t *p = out;
    memcpy(p, domain, sizeof domain);
    p += sizeof domain;
    *p++ = (uint8_t)policy->label_len;
    memcpy(p, policy->label, policy->label_len);
    p += policy->label_len;
    bool named = policy->isolate_server_name && name;
    *p++ = named ? 1 : 0;
    *p++ = named ? (uint8_t)name_len : 0;
    for (size_t i = 0; named && i < name_len; i++) {
        *p++ = rsm_name_lower(name[i]);
    }
    *p++ = (uint8_t)auth_len;
    if (auth_len) {
        memcpy(p, auth, auth_len);
        p += auth_len;
    }
    return (size_t)(p - out);
}

RSM_HOT resume_status resume_policy_context(const resume_policy *policy, const uint8_t *server_name,
                                            size_t server_name_len, const uint8_t *client_auth,
                                            size_t client_auth_len, uint8_t *buf, size_t buf_cap,
                                            size_t *ret_len) {
    if (!policy || !buf || !ret_len || server_name_len > 255 || client_auth_len > 64 ||
        (!server_name && server_name_len) || (!client_auth && client_auth_len)) {
        return RESUME_E_INVALID;
    }
    size_t need = policy->issue_context.len ? policy->issue_context.len : RESUME_CONTEXT_SIZE;
    if (buf_cap < need) {
        *ret_len = need;
        return RESUME_E_BUFFER;
    }
    if (policy->issue_context.len) {
        memcpy(buf, policy->issue_context.data, need);
    } else {
        uint8_t preimage[32 + 1 + RSM_LABEL_MAX + 2 + 255 + 1 + 64];
        size_t len = context_preimage(policy, server_name, server_name_len, client_auth,
                                      client_auth_len, preimage);
        uint8_t digest[RESUME_CONTEXT_SIZE];
        resume_status status = rsm_sha256(preimage, len, digest);
        if (status != RESUME_OK) {
            return status;
        }
        memcpy(buf, digest, sizeof digest);
    }
    *ret_len = need;
    return RESUME_OK;
}

RSM_HOT bool rsm_path_is_ticket(int32_t path) {
    return path == RESUME_PATH_TLS12_TICKET || path == RESUME_PATH_TLS13_TICKET;
}

RSM_HOT uint16_t rsm_path_version(int32_t path) {
    switch (path) {
    case RESUME_PATH_TLS12_TICKET:
    case RESUME_PATH_TLS12_SESSION_ID:
        return RSM_TLS12;
    case RESUME_PATH_TLS13_TICKET:
    case RESUME_PATH_TLS13_STORED:
        return RSM_TLS13;
    default:
        return 0;
    }
}
