/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's inside: one block of the view and the native bytes that it points into, so that
 * sealing and storing a session is a copy, and opening one is an allocation and one pass.
 */
#ifndef RSM_CORE_SESSION_H
#define RSM_CORE_SESSION_H

#include <resume/session.h>

#include "base/ref.h"
#include "wire/native.h"

struct resume_session {
    struct rsm_ref ref;
    uint32_t len;
    struct rsm_native_view view;
    uint8_t native[];
};

/* Copies native bytes into a session; RESUME_OK, RESUME_MALFORMED, RESUME_UNSUPPORTED,
 * RESUME_E_NOMEM. */
resume_status rsm_session_adopt_copy(const uint8_t *native, size_t len,
                                     resume_session **ret_session);

/* The session's fields, borrowed from it. */
void rsm_session_fields(const resume_session *session, struct rsm_native_fields *ret_fields);

/* A session of these fields. */
resume_status rsm_session_from_fields(const struct rsm_native_fields *fields,
                                      resume_session **ret_session);

#endif
