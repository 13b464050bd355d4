/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a native session: an answer, never a failure; what is accepted is canonical, since
 * building it anew from its fields gives the same bytes; every field can be read.
 */
#include <resume/session.h>

#include "base/bytes.h"
#include "core/session.h"

#include <stdlib.h>

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

/* Bytes that the sanitizer watches: each one is read. */
static unsigned touch(const uint8_t *data, size_t len) {
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += data[i];
    }
    return sum;
}

static void read_all(const resume_session *session) {
    size_t len = 0;
    unsigned sum = 0;
    const uint8_t *data = resume_session_secret(session, &len);
    require(len == 32 || len == 48);
    require(touch(data, len) != 0); /* I-11 */
    data = resume_session_session_id(session, &len);
    require(len <= 32 && (data != NULL) == (len > 0));
    sum += touch(data, len);
    data = resume_session_context(session, &len);
    require(len <= 32 && (data != NULL) == (len > 0));
    sum += touch(data, len);
    data = resume_session_server_name(session, &len);
    require(len <= 255);
    for (size_t i = 0; i < len; i++) {
        require(data[i] > ' ' && data[i] < 0x7f);
    }
    data = resume_session_alpn(session, &len);
    require(len <= 255);
    sum += touch(data, len);
    for (size_t i = 0; i < resume_session_peer_certificate_count(session); i++) {
        data = resume_session_peer_certificate(session, i, &len);
        require(data && len > 0);
        sum += touch(data, len);
    }
    for (size_t i = 0; i < resume_session_appdata_count(session); i++) {
        uint16_t tag = 0xFFFF;
        data = resume_session_appdata(session, i, &tag, &len);
        require(data && tag != 0xFFFF);
        sum += touch(data, len);
    }
    require(sum < UINT32_MAX && resume_session_lifetime(session) > 0);
    require(resume_session_cipher_suite(session) != 0);
    require(resume_session_expires(session) > resume_session_created(session) ||
            resume_session_expires(session) == UINT64_MAX);
}

/* Only fields of later versions are missing from what is built anew. */
static void build_anew(const resume_session *session, const uint8_t *data, size_t size) {
    resume_session_options *options = NULL;
    resume_session *again = NULL;
    const uint8_t *bytes = NULL;
    size_t len = 0;
    require(resume_session_options_new(&options) == RESUME_OK);
    require(resume_session_options_set_from(options, session) == RESUME_OK);
    require(resume_session_new(options, &again) == RESUME_OK);
    require(resume_session_to_native(again, &bytes, &len) == RESUME_OK);
    require(len <= size && rsm_equal_ct(bytes, data, len)); /* unknown ones stand at the end */
    require(len == size || rsm_get16(data + len) > RSM_FIELD_APPDATA);
    resume_session_unref(again);
    resume_session_options_unref(options);
}

static void as_openssl(const resume_session *session) {
    static uint8_t der[RESUME_SESSION_SIZE_MAX];
    resume_session *again = NULL;
    size_t len = 0;
    resume_status status = resume_session_to_openssl(session, der, sizeof der, &len);
    require(status >= 0);
    if (status != RESUME_OK) {
        return;
    }
    status = resume_session_from_openssl(der, len, 1000, &again);
    require(status == RESUME_OK || status == RESUME_TOO_LARGE);
    if (again) {
        /* Whole seconds, and never 0: at most that moves the end of life up. */
        uint64_t end = rsm_add_sat(resume_session_expires(session), 1000);
        require(resume_session_version(again) == resume_session_version(session));
        require(resume_session_expires(again) <= end);
    }
    resume_session_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_native(data, size, &session);
    require(status == RESUME_OK || status == RESUME_MALFORMED || status == RESUME_UNSUPPORTED);
    require((session != NULL) == (status == RESUME_OK));
    if (session) {
        const uint8_t *bytes = NULL;
        size_t len = 0;
        require(resume_session_to_native(session, &bytes, &len) == RESUME_OK);
        require(len == size && rsm_equal_ct(bytes, data, size));
        read_all(session);
        build_anew(session, data, size);
        as_openssl(session);
    }
    resume_session_unref(session);
    return 0;
}
