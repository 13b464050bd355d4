/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the decision reads of a session, wherever it is kept: in a resume_session, or in the TLS
 * stack's own object and told through resume_facts.
 */
#ifndef RSM_CORE_FACTS_H
#define RSM_CORE_FACTS_H

#include <resume/facts.h>
#include <resume/session.h>

#include "base/ref.h"

/* A good session's facts: see rsm_facts_are_good(). Pointers are borrowed. */
struct rsm_facts {
    uint16_t version;
    uint16_t cipher_suite;
    uint8_t compression;
    bool extended_master_secret;
    bool not_resumable;
    bool has_certificate;
    int32_t verify_result;
    uint32_t lifetime; /* seconds */
    uint64_t created;
    uint64_t authenticated;
    const uint8_t *server_name;
    size_t server_name_len;
    const uint8_t *context;
    size_t context_len;
};

struct resume_facts {
    struct rsm_ref ref;
    struct rsm_facts told;
    size_t secret_len; /* 0: none, or one of zeros */
    bool has_created;
    bool has_authenticated;
};

/* The facts of a session, borrowed from it. */
void rsm_facts_of(const resume_session *session, struct rsm_facts *ret_facts);

/* What was told, if there can be such a session: false where resume_session_new() refuses one. */
bool rsm_facts_are_good(const resume_facts *facts, struct rsm_facts *ret_facts);

#endif
