/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_saved: a session with its ticket. See saved.h.
 */
#include "core/saved.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "core/policy.h"
#include "core/session.h"

resume_saved *rsm_saved_new(resume_session *session, const uint8_t *ticket, size_t ticket_len) {
    resume_saved *saved = rsm_calloc(1, sizeof *saved + ticket_len);
    if (!saved) {
        return NULL;
    }
    rsm_ref_init(&saved->ref);
    saved->session = resume_session_ref(session);
    saved->ticket_len = ticket_len;
    if (ticket_len) {
        memcpy(saved->ticket, ticket, ticket_len);
    }
    return saved;
}

bool rsm_saved_is_single_use(const resume_saved *saved) {
    return saved->session->view.version == RSM_TLS13;
}

bool rsm_saved_same(const resume_saved *saved, const resume_saved *other) {
    return saved == other || (saved->ticket_len == other->ticket_len &&
                              rsm_equal_ct(saved->ticket, other->ticket, saved->ticket_len) &&
                              resume_session_equal(saved->session, other->session));
}

size_t rsm_saved_size(const resume_saved *saved) {
    return sizeof *saved + saved->ticket_len + sizeof *saved->session + saved->session->len;
}

resume_saved *resume_saved_ref(resume_saved *saved) {
    if (saved) {
        rsm_ref_get(&saved->ref);
    }
    return saved;
}

resume_saved *resume_saved_unref(resume_saved *saved) {
    if (saved && rsm_ref_put(&saved->ref)) {
        resume_session_unref(saved->session);
        rsm_free_wiped(saved, sizeof *saved + saved->ticket_len);
    }
    return NULL;
}

resume_session *resume_saved_session(const resume_saved *saved) {
    return saved ? saved->session : NULL;
}

const uint8_t *resume_saved_ticket(const resume_saved *saved, size_t *ret_len) {
    if (ret_len) {
        *ret_len = saved ? saved->ticket_len : 0;
    }
    return saved && saved->ticket_len ? saved->ticket : NULL;
}

uint32_t resume_saved_lifetime_hint(const resume_saved *saved) {
    return saved ? saved->lifetime_hint : 0;
}

uint64_t resume_saved_received(const resume_saved *saved) {
    return saved ? saved->received_ms : 0;
}

uint64_t resume_saved_expires(const resume_saved *saved) {
    return saved ? saved->expires_ms : 0;
}
