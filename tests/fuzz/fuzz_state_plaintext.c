/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as RFC 5077's StatePlaintext: an answer, never a failure; what is accepted is written
 * as it stood, since the structure has one form only. The same bytes as a native session: what has
 * room in the structure comes back as old as it was, and never with more rights.
 */
#include <resume/session.h>

#include "base/bytes.h"
#include "wire/state_plaintext.h"

#include <stdlib.h>
#include <string.h>

static uint8_t out[RESUME_SESSION_SIZE_MAX];

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void as_state(const uint8_t *data, size_t size) {
    struct rsm_state_plaintext parsed;
    resume_session *session = NULL;
    size_t len = 0;
    resume_status well = rsm_state_plaintext_parse(data, size, &parsed);
    resume_status status = resume_session_from_state_plaintext(data, size, &session);
    require((session != NULL) == (status == RESUME_OK));
    require(well == RESUME_OK || well == RESUME_MALFORMED || well == RESUME_UNSUPPORTED);
    if (status == RESUME_TOO_LARGE) {
        return;
    }
    if (well == RESUME_OK && status == RESUME_UNSUPPORTED) { /* who is it? */
        require(parsed.client == RSM_CLIENT_CERTIFICATE_BASED && parsed.identity_len == 0);
        return;
    }
    require(status == well);
    if (session) {
        require(resume_session_authenticated(session) == UINT64_C(1000) * parsed.timestamp);
        require(!rsm_is_zero_ct(resume_session_secret(session, NULL), RSM_STATE_SECRET)); /* I-11 */
        require(resume_session_to_state_plaintext(session, out, sizeof out, &len) == RESUME_OK);
        require(len == size && memcmp(out, data, len) == 0);
    }
    resume_session_unref(session);
}

/* I-138 */
static void nothing_is_lost(const resume_session *session, const resume_session *again) {
    require(!resume_session_extended_master_secret(session));
    require(resume_session_resumable(session) && resume_session_verify_result(session) == 0);
    require(!resume_session_server_name(session, NULL) && !resume_session_context(session, NULL));
    require(resume_session_version(again) == resume_session_version(session));
    require(resume_session_cipher_suite(again) == resume_session_cipher_suite(session));
    require(resume_session_compression(again) == resume_session_compression(session));
    require(memcmp(resume_session_secret(again, NULL), resume_session_secret(session, NULL), 48) ==
            0);
    require(resume_session_authenticated(again) <= resume_session_authenticated(session));
    require(resume_session_authenticated(session) - resume_session_authenticated(again) < 1000);
    require(resume_session_peer_certificate_count(again) ==
            resume_session_peer_certificate_count(session));
    require(resume_session_appdata_count(again) == resume_session_appdata_count(session));
}

static void as_native(const uint8_t *data, size_t size) {
    resume_session *session = NULL;
    resume_session *again = NULL;
    size_t len = 0;
    if (resume_session_from_native(data, size, &session) == RESUME_OK) {
        resume_status status = resume_session_to_state_plaintext(session, out, sizeof out, &len);
        require(status == RESUME_OK || status == RESUME_UNSUPPORTED);
        if (status == RESUME_OK) {
            require(len < size); /* so that a session's largest size is the structure's, too */
            require(resume_session_from_state_plaintext(out, len, &again) == RESUME_OK);
            nothing_is_lost(session, again);
        }
    }
    resume_session_unref(again);
    resume_session_unref(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_state(data, size);
    as_native(data, size);
    return 0;
}
