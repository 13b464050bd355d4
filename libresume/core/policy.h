/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy's values, for the decision and the server. Not for other floors.
 */
#ifndef RSM_CORE_POLICY_H
#define RSM_CORE_POLICY_H

#include <resume/policy.h>

#include "base/ref.h"

#define RSM_TLS12 0x0303
#define RSM_TLS13 0x0304

#define RSM_POLICY_SUITES_MAX 32
#define RSM_LABEL_MAX         255

struct rsm_context {
    uint8_t data[RESUME_CONTEXT_SIZE];
    size_t len;
};

struct rsm_lifetimes {
    uint32_t session;        /* seconds */
    uint32_t authentication; /* seconds */
};

struct resume_policy {
    struct rsm_ref ref;
    uint32_t modes;
    struct rsm_lifetimes tls12;
    struct rsm_lifetimes tls13;
    uint32_t renew_after; /* percent of the session's lifetime */
    uint64_t skew_ms;
    int32_t ems;
    bool isolate_server_name;
    bool client_certificate_guard;
    bool single_use;
    bool forward_secrecy;
    bool sha256_first;
    uint8_t label[RSM_LABEL_MAX];
    size_t label_len;
    struct rsm_context issue_context; /* len 0: the digest */
    struct rsm_context accepted[RESUME_POLICY_CONTEXTS_MAX];
    size_t accepted_count;
    uint16_t suites[RSM_POLICY_SUITES_MAX]; /* none: all */
    size_t suite_count;
};

/* The lifetimes of a version, or NULL for a version that does not resume. */
const struct rsm_lifetimes *rsm_policy_lifetimes(const resume_policy *policy, uint16_t version);

/* A copy with one reference of its own, or NULL without memory; of the defaults if policy is
 * NULL. */
resume_policy *rsm_policy_copy(const resume_policy *policy);

/* Host names compare without the case of ASCII letters (RFC 4343), in every locale. */
static inline uint8_t rsm_name_lower(uint8_t c) {
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* The path that a session takes: version, and ticket or stored. */
bool rsm_path_is_ticket(int32_t path);
uint16_t rsm_path_version(int32_t path);

#endif
