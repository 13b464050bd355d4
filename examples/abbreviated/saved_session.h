/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session that a real full handshake made, from a file in OpenSSL's format, PEM or DER: what
 * `openssl s_client -sess_out FILE` writes, or resume_session_to_openssl().
 */
#ifndef ABBREVIATED_SAVED_SESSION_H
#define ABBREVIATED_SAVED_SESSION_H

#include "outcome.h"

#include <resume/resume.h>

#include <stddef.h>
#include <stdint.h>

struct saved_session {
    resume_session *session;
    uint8_t *ticket; /* NULL if the server gave none */
    size_t ticket_len;
};

enum outcome saved_session_read(const char *path, uint64_t now_ms, struct saved_session *ret_saved);
void saved_session_clear(struct saved_session *saved);

#endif /* ABBREVIATED_SAVED_SESSION_H */
