/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a verdict. Not how it comes about: that is core/server_offer.c.
 */
#include "core/verdict.h"

#include "base/alloc.h"

#define ALERT_HANDSHAKE_FAILURE 40

resume_verdict *rsm_verdict_new(void) {
    resume_verdict *verdict = rsm_calloc(1, sizeof *verdict);
    if (verdict) {
        rsm_ref_init(&verdict->ref);
        verdict->status = RESUME_FULL;
        verdict->reason = RESUME_REASON_FAILED;
    }
    return verdict;
}

resume_verdict *resume_verdict_ref(resume_verdict *verdict) {
    if (verdict) {
        rsm_ref_get(&verdict->ref);
    }
    return verdict;
}

resume_verdict *resume_verdict_unref(resume_verdict *verdict) {
    if (verdict && rsm_ref_put(&verdict->ref)) {
        resume_session_unref(verdict->session);
        rsm_free(verdict);
    }
    return NULL;
}

resume_status resume_verdict_status(const resume_verdict *verdict) {
    return verdict ? verdict->status : RESUME_E_INVALID;
}

resume_reason resume_verdict_reason(const resume_verdict *verdict) {
    return verdict ? verdict->reason : RESUME_REASON_FAILED;
}

int32_t resume_verdict_path(const resume_verdict *verdict) {
    return verdict ? verdict->path : RESUME_PATH_NONE;
}

const resume_session *resume_verdict_session(const resume_verdict *verdict) {
    return verdict ? verdict->session : NULL;
}

const uint8_t *resume_verdict_session_id(const resume_verdict *verdict, size_t *ret_len) {
    if (ret_len) {
        *ret_len = verdict ? verdict->session_id_len : 0;
    }
    return verdict ? verdict->session_id : NULL;
}

bool resume_verdict_new_session_ticket(const resume_verdict *verdict) {
    return verdict && verdict->lifetime_hint;
}

uint32_t resume_verdict_lifetime_hint(const resume_verdict *verdict) {
    return verdict ? verdict->lifetime_hint : 0;
}

bool resume_verdict_extended_master_secret(const resume_verdict *verdict) {
    return verdict && verdict->extended_master_secret;
}

const uint8_t *resume_verdict_context(const resume_verdict *verdict, size_t *ret_len) {
    if (ret_len) {
        *ret_len = verdict ? verdict->context.len : 0;
    }
    return verdict ? verdict->context.data : NULL;
}

int32_t resume_verdict_alert(const resume_verdict *verdict) {
    return verdict && verdict->status == RESUME_ABORT ? ALERT_HANDSHAKE_FAILURE : 0;
}
