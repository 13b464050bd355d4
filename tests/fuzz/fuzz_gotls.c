/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as Go's SessionState: an answer, never a failure; what is accepted is written and reads
 * as the same session. The same bytes as a native session: what is written reads back with the
 * fields that the structure has, never younger and never with more rights.
 */
#include <resume/session.h>

#include <stdlib.h>
#include <string.h>

static uint8_t out[2 * RESUME_SESSION_SIZE_MAX];

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static resume_session *written_and_read(const resume_session *session, int32_t layout) {
    resume_session *again = NULL;
    size_t len = 0;
    resume_status status = resume_session_to_gotls(session, layout, NULL, 0, out, sizeof out, &len);
    require(status == RESUME_OK || status == RESUME_UNSUPPORTED);
    if (status == RESUME_OK) {
        status = resume_session_from_gotls(out, len, &again);
        require(status == RESUME_OK || status == RESUME_TOO_LARGE);
    }
    return again;
}

static void as_state(const uint8_t *data, size_t size) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_gotls(data, size, &session);
    require(status >= 0 && (session != NULL) == (status == RESUME_OK));
    if (session) {
        resume_session *again = written_and_read(session, RESUME_GOTLS_LAYOUT_2);
        if (again) {
            /* A chain that is not written again is the one difference that may be. */
            require(resume_session_verify_result(session) != 0 ||
                    resume_session_peer_certificate_count(session) > 0 ||
                    resume_session_alpn(session, NULL) || resume_session_equal(session, again));
        }
        resume_session_unref(again);
    }
    resume_session_unref(session);
}

static void as_native(const uint8_t *data, size_t size) {
    resume_session *session = NULL;
    if (resume_session_from_native(data, size, &session) == RESUME_OK) {
        for (int32_t layout = RESUME_GOTLS_LAYOUT_1; layout <= RESUME_GOTLS_LAYOUT_2; layout++) {
            resume_session *again = written_and_read(session, layout);
            if (again) {
                require(resume_session_created(again) <= resume_session_created(session));
                require(resume_session_resumable(session));
                require(resume_session_extended_master_secret(again) ==
                        (resume_session_version(session) == 0x0303 &&
                         resume_session_extended_master_secret(session)));
                require(resume_session_peer_certificate_count(again) ==
                        resume_session_peer_certificate_count(session));
            }
            resume_session_unref(again);
        }
    }
    resume_session_unref(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    as_state(data, size);
    as_native(data, size);
    return 0;
}
