/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, rings and sessions for the tests of keys and codecs. Bytes that look random but are the
 * same in every run.
 */
#ifndef KEYS_FIXTURE_H
#define KEYS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <resume/codec.h>
#include <resume/keyring.h>
#include <resume/session.h>

#include <string.h>

#define NOW    UINT64_C(1700000000000)
#define MINUTE UINT64_C(60000)
#define HOUR   UINT64_C(3600000)
#define NEVER  UINT64_MAX

/* splitmix64: well mixed and reproducible. */
static inline void noise(uint64_t seed, uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)((z ^ z >> 31) >> 24);
    }
}

/* name 16 | AES | HMAC of a good key. */
static inline void key_bytes(uint64_t seed, uint8_t *out, size_t len) {
    noise(seed * 1000 + 17, out, len);
}

/* Adds a key of 48 or 80 bytes. */
static inline resume_status add_key(resume_keyring *ring, uint64_t seed, size_t len, uint64_t from,
                                    uint64_t until, uint64_t open_until, uint64_t now) {
    uint8_t key[80];
    size_t half = (len - 16) / 2;
    key_bytes(seed, key, len);
    return resume_keyring_add(ring, key, 16, key + 16, half, key + 16 + half, half, from, until,
                              open_until, now);
}

static inline void key_name(uint64_t seed, uint8_t *name) {
    uint8_t key[80];
    key_bytes(seed, key, sizeof key);
    memcpy(name, key, 16);
}

static inline resume_keyring *empty_ring(void) {
    resume_keyring *ring = NULL;
    assert_int_equal(resume_keyring_new(NULL, &ring), RESUME_OK);
    return ring;
}

static inline resume_keyring *ring_from(const char *url, uint64_t now) {
    resume_keyring *ring = NULL;
    assert_int_equal(resume_keyring_from_url(url, NULL, now, &ring), RESUME_OK);
    return ring;
}

/* A ring with one key that has no end. */
static inline resume_keyring *ring_of_one(uint64_t seed, size_t len) {
    resume_keyring *ring = empty_ring();
    assert_int_equal(add_key(ring, seed, len, 0, NEVER, NEVER, NOW), RESUME_OK);
    return ring;
}

static inline resume_codec *codec_of(resume_keyring *ring, resume_frame frame) {
    resume_codec_options *options = NULL;
    resume_codec *codec = NULL;
    assert_int_equal(resume_codec_options_new(&options), RESUME_OK);
    assert_int_equal(resume_codec_options_set_frame(options, frame), RESUME_OK);
    assert_int_equal(resume_codec_new(ring, options, &codec), RESUME_OK);
    resume_codec_options_unref(options);
    return codec;
}

static inline resume_session *session_with(uint64_t seed, bool extended, uint32_t lifetime,
                                           uint16_t tag, size_t appdata_len) {
    static uint8_t appdata[60000];
    uint8_t secret[48];
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    noise(seed, secret, sizeof secret);
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_version(options, 0x0303), RESUME_OK);
    assert_int_equal(resume_session_options_set_cipher_suite(options, 0xc02f), RESUME_OK);
    assert_int_equal(resume_session_options_set_secret(options, secret, sizeof secret), RESUME_OK);
    assert_int_equal(resume_session_options_set_extended_master_secret(options, extended),
                     RESUME_OK);
    assert_int_equal(resume_session_options_set_created(options, NOW), RESUME_OK);
    assert_int_equal(resume_session_options_set_lifetime(options, lifetime), RESUME_OK);
    if (appdata_len) {
        assert_int_equal(resume_session_options_add_appdata(options, tag, appdata, appdata_len),
                         RESUME_OK);
    }
    assert_int_equal(resume_session_new(options, &session), RESUME_OK);
    resume_session_options_unref(options);
    return session;
}

/* appdata_len > 0 makes it long. */
static inline resume_session *session_of(uint64_t seed, size_t appdata_len) {
    return session_with(seed, true, 7200, RESUME_APPDATA_OPAQUE, appdata_len);
}

/* One that every payload carries whole, RFC 5077's too; identity_len > 0 makes it long. */
static inline resume_session *plain_session_of(uint64_t seed, size_t identity_len) {
    return session_with(seed, false, 86400, RESUME_APPDATA_PSK_IDENTITY, identity_len);
}

#endif
