/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and stores for the tests of stores.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <resume/session.h>
#include <resume/store.h>

#include <string.h>

#define NOW      UINT64_C(1700000000000)
#define LIFETIME 300U /* seconds */

static const uint8_t some_id[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* appdata_len > 0 makes it long; a session ID of 0 bytes is none. */
static inline resume_session *make_session(const uint8_t *id, size_t id_len, uint8_t fill,
                                           size_t appdata_len, bool resumable) {
    static uint8_t appdata[60000];
    uint8_t secret[48];
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    memset(secret, fill, sizeof secret);
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_version(options, 0x0303), RESUME_OK);
    assert_int_equal(resume_session_options_set_cipher_suite(options, 0xc02f), RESUME_OK);
    assert_int_equal(resume_session_options_set_secret(options, secret, sizeof secret), RESUME_OK);
    if (id_len) {
        assert_int_equal(resume_session_options_set_session_id(options, id, id_len), RESUME_OK);
    }
    if (appdata_len) {
        assert_int_equal(resume_session_options_add_appdata(options, 1, appdata, appdata_len),
                         RESUME_OK);
    }
    assert_int_equal(resume_session_options_set_created(options, NOW), RESUME_OK);
    assert_int_equal(resume_session_options_set_lifetime(options, LIFETIME), RESUME_OK);
    assert_int_equal(resume_session_options_set_resumable(options, resumable), RESUME_OK);
    assert_int_equal(resume_session_new(options, &session), RESUME_OK);
    resume_session_options_unref(options);
    return session;
}

static inline resume_store *make_store(const char *url) {
    resume_store *store = NULL;
    assert_int_equal(resume_store_from_url(url, NULL, &store), RESUME_OK);
    return store;
}

static inline uint64_t stat_of(const resume_store *store, int32_t which) {
    uint64_t value = UINT64_MAX;
    assert_int_equal(resume_store_stats(store, which, &value), RESUME_OK);
    return value;
}

#endif
