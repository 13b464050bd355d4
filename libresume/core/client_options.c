/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client is built from.
 */
#include "core/client.h"

#include "base/alloc.h"

#include <stdio.h>

#define BYTES_MIN 4096U

struct rsm_client_limits rsm_client_default_limits(void) {
    return (struct rsm_client_limits){
        .sessions = 1000,
        .tickets = 4,
        .bytes = (uint64_t)16 << 20,
    };
}

resume_status resume_client_options_new(resume_client_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_client_options *options = rsm_calloc(1, sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    options->limits = rsm_client_default_limits();
    *ret_options = options;
    return RESUME_OK;
}

resume_client_options *resume_client_options_unref(resume_client_options *options) {
    if (options) {
        resume_policy_unref(options->policy);
        rsm_free(options);
    }
    return NULL;
}

const char *resume_client_options_why(const resume_client_options *options) {
    return options ? options->why : "";
}

/* True if the value may be set; a text if not. */
static bool in_bounds(resume_client_options *options, const char *what, uint64_t value,
                      uint64_t low, uint64_t high) {
    bool ok = value >= low && value <= high;
    options->why[0] = '\0';
    if (!ok) {
        snprintf(options->why, sizeof options->why, "%s: %llu, but it takes %llu to %llu", what,
                 (unsigned long long)value, (unsigned long long)low, (unsigned long long)high);
    }
    return ok;
}

resume_status resume_client_options_set_max_sessions(resume_client_options *options,
                                                     uint32_t count) {
    if (!options || !in_bounds(options, "sessions", count, 1, RESUME_CLIENT_SESSIONS_MAX)) {
        return RESUME_E_INVALID;
    }
    options->limits.sessions = count;
    return RESUME_OK;
}

resume_status resume_client_options_set_max_bytes(resume_client_options *options, uint64_t bytes) {
    if (!options || !in_bounds(options, "bytes", bytes, BYTES_MIN, RESUME_CLIENT_BYTES_MAX)) {
        return RESUME_E_INVALID;
    }
    options->limits.bytes = bytes;
    return RESUME_OK;
}

resume_status resume_client_options_set_max_tickets(resume_client_options *options,
                                                    uint32_t count) {
    if (!options ||
        !in_bounds(options, "tickets of one peer", count, 1, RESUME_CLIENT_TICKETS_PER_PEER_MAX)) {
        return RESUME_E_INVALID;
    }
    options->limits.tickets = count;
    return RESUME_OK;
}

resume_status resume_client_options_set_policy(resume_client_options *options,
                                               resume_policy *policy) {
    if (!options || !policy) {
        return RESUME_E_INVALID;
    }
    resume_policy_ref(policy);
    resume_policy_unref(options->policy);
    options->policy = policy;
    options->why[0] = '\0';
    return RESUME_OK;
}
