/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict's inside: filled by core/server_offer.c, immutable afterwards.
 */
#ifndef RSM_CORE_VERDICT_H
#define RSM_CORE_VERDICT_H

#include <resume/verdict.h>

#include "base/ref.h"
#include "core/policy.h"

#define RSM_SESSION_ID_MAX 32

struct resume_verdict {
    struct rsm_ref ref;
    resume_status status;
    resume_reason reason;
    int32_t path;
    uint32_t lifetime_hint; /* seconds; 0: no NewSessionTicket */
    bool extended_master_secret;
    resume_session *session; /* NULL unless it resumes */
    uint8_t session_id[RSM_SESSION_ID_MAX];
    size_t session_id_len;
    struct rsm_context context;
};

/* A full handshake for no reason yet, or NULL without memory. */
resume_verdict *rsm_verdict_new(void);

#endif
