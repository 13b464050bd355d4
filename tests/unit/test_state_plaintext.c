/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 5077's StatePlaintext, against vectors written by hand; each rule of what is refused and of
 * what has no room; damage; and round trips of sessions that a generator makes.
 */
#include "session_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "wire/state_plaintext.h"

#define STAMP     UINT64_C(1700000000) /* the vectors' */
#define CLIENT_AT 53U                  /* client_authentication_type */

/* ---- helpers ---------------------------------------------------------------------------------*/

static resume_status read_state(const uint8_t *data, size_t len, resume_session **ret_session) {
    uint8_t *copy = exact_copy(data, len);
    *ret_session = NULL;
    resume_status status = resume_session_from_state_plaintext(copy, len, ret_session);
    /* The parser says the same by itself, but for what a session cannot hold. */
    struct rsm_state_plaintext parsed;
    resume_status alone = rsm_state_plaintext_parse(copy, len, &parsed);
    bool unknown = alone == RESUME_OK && parsed.client == RSM_CLIENT_CERTIFICATE_BASED &&
                   parsed.identity_len == 0;
    assert_int_equal(status == RESUME_TOO_LARGE ? status : alone, unknown ? RESUME_OK : status);
    memset(copy, 0xee, len); /* a session owns its bytes */
    free(copy);
    assert_int_equal(*ret_session != NULL, status == RESUME_OK);
    return status;
}

static resume_session *session_of(const char *name) {
    struct vector vector = vector_of(name);
    resume_session *session = NULL;
    assert_int_equal(read_state(vector.data, vector.len, &session), RESUME_OK);
    return session;
}

static resume_status status_of(const uint8_t *data, size_t len) {
    resume_session *session = NULL;
    resume_status status = read_state(data, len, &session);
    resume_session_unref(session);
    return status;
}

static void assert_writes(const resume_session *session, const uint8_t *data, size_t len) {
    uint8_t *out = malloc(len + 1);
    size_t written = 0;
    assert_non_null(out);
    out[len] = 0xee;
    assert_int_equal(resume_session_to_state_plaintext(session, out, len, &written), RESUME_OK);
    assert_int_equal(written, len);
    assert_memory_equal(out, data, len);
    assert_int_equal(out[len], 0xee);
    free(out);
}

/* Options of the session in state_anonymous, to be changed by a test. */
static resume_session_options *options_new(void) {
    resume_session_options *options = NULL;
    resume_session *session = session_of("state_anonymous");
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_from(options, session), RESUME_OK);
    resume_session_unref(session);
    return options;
}

/* Builds, writes, frees; the answer of the writer. What fails leaves the outputs alone. */
static resume_status written_status(resume_session_options *options) {
    uint8_t out[256];
    resume_session *session = NULL;
    size_t len = 12345;
    memset(out, 0xee, sizeof out);
    assert_int_equal(resume_session_new(options, &session), RESUME_OK);
    resume_status status = resume_session_to_state_plaintext(session, out, sizeof out, &len);
    if (status != RESUME_OK) {
        assert_int_equal(len, 12345);
        assert_int_equal(out[0], 0xee);
    }
    resume_session_unref(session);
    resume_session_options_unref(options);
    return status;
}

/* The head of state_anonymous, then this identity, then a timestamp. */
static resume_status with_identity(const char *identity, size_t identity_len) {
    struct vector vector = vector_of("state_anonymous");
    assert_in_range(identity_len, 0, 512);
    memcpy(vector.data + CLIENT_AT, identity, identity_len);
    memset(vector.data + CLIENT_AT + identity_len, 1, 4);
    return status_of(vector.data, CLIENT_AT + identity_len + 4);
}

#define IDENTITY(bytes) with_identity(bytes, sizeof(bytes) - 1)

/* ---- the vectors -----------------------------------------------------------------------------*/

static void assert_fixed_fields(const resume_session *s, uint16_t suite) {
    size_t len = 0;
    assert_int_equal(resume_session_version(s), 0x0303);
    assert_int_equal(resume_session_cipher_suite(s), suite);
    assert_int_equal(resume_session_compression(s), 0);
    assert_false(resume_session_extended_master_secret(s)); /* I-138 */
    assert_true(resume_session_resumable(s));
    assert_int_equal(resume_session_created(s), 1000 * STAMP);
    assert_int_equal(resume_session_authenticated(s), 1000 * STAMP);
    assert_int_equal(resume_session_lifetime(s), 86400);
    assert_int_equal(resume_session_verify_result(s), 0);
    const uint8_t *secret = resume_session_secret(s, &len);
    assert_int_equal(len, 48);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(secret[i], 0x40 + i);
    }
    assert_null(resume_session_session_id(s, NULL));
    assert_null(resume_session_server_name(s, NULL));
    assert_null(resume_session_alpn(s, NULL));
    assert_null(resume_session_context(s, NULL));
    assert_int_equal(resume_session_group(s), 0);
}

static void an_anonymous_client(void **state) {
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    resume_session *s = session_of("state_anonymous");
    assert_int_equal(vector.len, RSM_STATE_MIN);
    assert_fixed_fields(s, 0xc02f);
    assert_int_equal(resume_session_peer_certificate_count(s), 0);
    assert_int_equal(resume_session_appdata_count(s), 0);
    assert_writes(s, vector.data, vector.len);
    resume_session_unref(s);
}

static void a_client_with_certificates(void **state) {
    (void)state;
    struct vector vector = vector_of("state_certificates");
    resume_session *s = session_of("state_certificates");
    size_t len = 0;
    assert_int_equal(vector.len, 58 + 3 + 19);
    assert_fixed_fields(s, 0xc02f);
    assert_int_equal(resume_session_peer_certificate_count(s), 2);
    assert_memory_equal(resume_session_peer_certificate(s, 0, &len), "\x30\x03\x02\x01\x05", 5);
    assert_int_equal(len, 5);
    assert_memory_equal(resume_session_peer_certificate(s, 1, &len),
                        "\x30\x06\x02\x01\x07\x02\x01\x09", 8);
    assert_int_equal(len, 8);
    assert_int_equal(resume_session_appdata_count(s), 0);
    assert_writes(s, vector.data, vector.len);
    resume_session_unref(s);
}

static void a_client_with_a_psk(void **state) {
    (void)state;
    struct vector vector = vector_of("state_psk");
    resume_session *s = session_of("state_psk");
    size_t len = 0;
    uint16_t tag = 0;
    assert_int_equal(vector.len, 58 + 2 + 8);
    assert_fixed_fields(s, 0x00a8);
    assert_int_equal(resume_session_peer_certificate_count(s), 0);
    assert_int_equal(resume_session_appdata_count(s), 1);
    assert_memory_equal(resume_session_appdata(s, 0, &tag, &len), "client-7", 8);
    assert_int_equal(len, 8);
    assert_int_equal(tag, RESUME_APPDATA_PSK_IDENTITY);
    assert_writes(s, vector.data, vector.len);
    resume_session_unref(s);
}

/* The vectors again, from options: nothing but the setters made these sessions. */
static void what_is_built_is_what_is_read(void **state) {
    (void)state;
    static const char *const names[] = {"state_anonymous", "state_certificates", "state_psk"};
    for (size_t i = 0; i < 3; i++) {
        resume_session_options *options = NULL;
        resume_session *built = NULL;
        resume_session *read = session_of(names[i]);
        uint8_t secret[48];
        for (size_t n = 0; n < sizeof secret; n++) {
            secret[n] = (uint8_t)(0x40 + n);
        }
        assert_int_equal(resume_session_options_new(&options), RESUME_OK);
        assert_int_equal(resume_session_options_set_version(options, 0x0303), 0);
        assert_int_equal(resume_session_options_set_cipher_suite(options, i == 2 ? 0xa8 : 0xc02f),
                         0);
        assert_int_equal(resume_session_options_set_secret(options, secret, sizeof secret), 0);
        assert_int_equal(resume_session_options_set_created(options, 1000 * STAMP), 0);
        assert_int_equal(resume_session_options_set_lifetime(options, 86400), 0);
        if (i == 1) {
            assert_int_equal(resume_session_options_add_peer_certificate(
                                 options, (const uint8_t *)"\x30\x03\x02\x01\x05", 5),
                             0);
            assert_int_equal(resume_session_options_add_peer_certificate(
                                 options, (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x09", 8),
                             0);
        } else if (i == 2) {
            assert_int_equal(
                resume_session_options_add_appdata(options, 1, (const uint8_t *)"client-7", 8), 0);
        }
        assert_int_equal(resume_session_new(options, &built), RESUME_OK);
        assert_true(resume_session_equal(built, read));
        resume_session_unref(built);
        resume_session_unref(read);
        resume_session_options_unref(options);
    }
}

/* ---- what a reader refuses -------------------------------------------------------------------*/

static void every_other_version_is_unsupported(void **state) { /* I-155, I-156 */
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    for (unsigned version = 0; version < 0x10000; version++) {
        rsm_put16(vector.data, (uint16_t)version);
        assert_int_equal(status_of(vector.data, vector.len),
                         version == 0x0303 ? RESUME_OK : RESUME_UNSUPPORTED);
    }
}

static void every_other_kind_of_client_is_malformed(void **state) {
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    for (unsigned kind = 1; kind < 256; kind++) {
        vector.data[CLIENT_AT] = (uint8_t)kind;
        assert_int_equal(status_of(vector.data, vector.len), RESUME_MALFORMED);
    }
}

static void I_11_a_zero_secret_is_malformed(void **state) { /* I-11 */
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    memset(vector.data + 5, 0, 48);
    assert_int_equal(status_of(vector.data, vector.len), RESUME_MALFORMED);
    for (size_t at = 5; at < 53; at++) {
        vector.data[at] = 1;
        assert_int_equal(status_of(vector.data, vector.len), RESUME_OK);
        vector.data[at] = 0;
    }
}

static void I_07_a_suite_of_zero_is_malformed(void **state) { /* I-07 */
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    memset(vector.data + 2, 0, 2);
    assert_int_equal(status_of(vector.data, vector.len), RESUME_MALFORMED);
}

static void lengths_must_fit(void **state) { /* I-154, I-155 */
    (void)state;
    assert_int_equal(IDENTITY("\0"), RESUME_OK);
    assert_int_equal(IDENTITY("\0\0"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\5\0\0\2ab"), RESUME_OK);
    assert_int_equal(IDENTITY("\1\0\0\4\0\0\2ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\6\0\0\2ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\5\0\0\1ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\5\0\0\3ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\5\1\0\2ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\1\0\5\0\0\2ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\xff\xff\xff\xff\xff\xff"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\1\0"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\2\0\0"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\3\0\0\0"), RESUME_MALFORMED); /* ASN.1Cert<1..2^24-1> */
    assert_int_equal(IDENTITY("\1\0\0\7\0\0\1a\0\0\0"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\1\0\0\10\0\0\1a\0\0\1b"), RESUME_OK);
    assert_int_equal(IDENTITY("\2\0\2ab"), RESUME_OK);
    assert_int_equal(IDENTITY("\2\0\1ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\2\0\3ab"), RESUME_MALFORMED);
    assert_int_equal(IDENTITY("\2\xff\xff"), RESUME_MALFORMED);
}

/* Well formed, and a session can hold one of them. */
static void empty_identities(void **state) {
    (void)state;
    struct rsm_state_plaintext parsed;
    struct vector vector = vector_of("state_anonymous");
    memcpy(vector.data + CLIENT_AT, "\1\0\0\0\0\0\0\7", 8);
    assert_int_equal(rsm_state_plaintext_parse(vector.data, 61, &parsed), RESUME_OK);
    assert_int_equal(parsed.client, RSM_CLIENT_CERTIFICATE_BASED);
    assert_int_equal(parsed.identity_len, 0);
    assert_int_equal(parsed.timestamp, 7);
    assert_int_equal(status_of(vector.data, 61), RESUME_UNSUPPORTED);
    memcpy(vector.data + CLIENT_AT, "\2\0\0\0\0\0\7", 7);
    resume_session *session = NULL;
    assert_int_equal(read_state(vector.data, 60, &session), RESUME_OK);
    assert_int_equal(resume_session_appdata_count(session), 1);
    assert_writes(session, vector.data, 60);
    resume_session_unref(session);
}

static void I_08_compression_is_carried(void **state) { /* I-08 */
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    resume_session *session = NULL;
    vector.data[4] = 1;
    assert_int_equal(read_state(vector.data, vector.len, &session), RESUME_OK);
    assert_int_equal(resume_session_compression(session), 1);
    assert_writes(session, vector.data, vector.len);
    resume_session_unref(session);
}

/* ---- what has no room ------------------------------------------------------------------------*/

static void I_138_what_must_not_get_lost_is_unsupported(void **state) { /* I-138 */
    (void)state;
    const uint8_t *bytes = (const uint8_t *)"context";
    assert_int_equal(written_status(options_new()), RESUME_OK);
    resume_session_options *o = options_new();
    assert_int_equal(resume_session_options_set_extended_master_secret(o, true), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_set_version(o, 0x0304), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_set_resumable(o, false), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_set_server_name(o, "a", 1), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_set_context(o, bytes, 1), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_set_verify_result(o, 10), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
}

static void application_data_is_one_psk_identity(void **state) {
    (void)state;
    static const uint16_t foreign[] = {0, 2, 0xff, 0x0100, 0xfeff};
    const uint8_t *bytes = (const uint8_t *)"identity";
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        resume_session_options *o = options_new();
        assert_int_equal(resume_session_options_add_appdata(o, foreign[i], bytes, 8), 0);
        assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    }
    resume_session_options *o = options_new();
    assert_int_equal(resume_session_options_add_appdata(o, 1, bytes, 8), 0);
    assert_int_equal(written_status(o), RESUME_OK);
    o = options_new();
    assert_int_equal(resume_session_options_add_appdata(o, 1, bytes, 8), 0);
    assert_int_equal(resume_session_options_add_appdata(o, 1, bytes, 8), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
    o = options_new();
    assert_int_equal(resume_session_options_add_appdata(o, 1, bytes, 8), 0);
    assert_int_equal(resume_session_options_add_peer_certificate(o, bytes, 8), 0);
    assert_int_equal(written_status(o), RESUME_UNSUPPORTED);
}

static void I_37_what_the_handshake_makes_anew_is_left_out(void **state) { /* I-37, I-146 */
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    resume_session_options *o = options_new();
    resume_session *session = NULL;
    assert_int_equal(resume_session_options_set_session_id(o, vector.data, 32), 0);
    assert_int_equal(resume_session_options_set_alpn(o, vector.data, 2), 0);
    assert_int_equal(resume_session_options_set_group(o, 0x1d), 0);
    assert_int_equal(resume_session_options_set_age_add(o, 9), 0);
    assert_int_equal(resume_session_options_set_max_early_data(o, 9), 0);
    assert_int_equal(resume_session_options_set_lifetime(o, 300), 0);
    assert_int_equal(resume_session_options_set_created(o, 1000 * STAMP + 70000), 0);
    assert_int_equal(resume_session_new(o, &session), RESUME_OK);
    assert_writes(session, vector.data, vector.len);
    resume_session_unref(session);
    resume_session_options_unref(o);
}

static resume_status authenticated_at(uint64_t ms, uint32_t *ret_stamp) {
    uint8_t out[RSM_STATE_MIN];
    resume_session_options *o = options_new();
    resume_session *session = NULL;
    size_t len = 0;
    memset(out, 0, sizeof out);
    assert_int_equal(resume_session_options_set_authenticated(o, ms), 0);
    assert_int_equal(resume_session_new(o, &session), RESUME_OK);
    resume_status status = resume_session_to_state_plaintext(session, out, sizeof out, &len);
    *ret_stamp = rsm_get32(out + 54);
    resume_session_unref(session);
    resume_session_options_unref(o);
    return status;
}

static void no_age_is_lost(void **state) { /* I-74, I-76 */
    (void)state;
    uint32_t stamp = 0;
    assert_int_equal(authenticated_at(0, &stamp), RESUME_OK);
    assert_int_equal(stamp, 0);
    assert_int_equal(authenticated_at(1999, &stamp), RESUME_OK);
    assert_int_equal(stamp, 1);
    assert_int_equal(authenticated_at(UINT64_C(4294967295999), &stamp), RESUME_OK);
    assert_true(stamp == UINT32_MAX);
    assert_int_equal(authenticated_at(UINT64_C(4294967296000), &stamp), RESUME_UNSUPPORTED);
    assert_int_equal(authenticated_at(UINT64_MAX, &stamp), RESUME_UNSUPPORTED);
    struct vector vector = vector_of("state_anonymous");
    resume_session *session = NULL;
    memset(vector.data + 54, 0xff, 4);
    assert_int_equal(read_state(vector.data, vector.len, &session), RESUME_OK);
    assert_true(resume_session_created(session) == UINT64_C(4294967295000));
    assert_writes(session, vector.data, vector.len);
    resume_session_unref(session);
}

/* ---- arguments, sizes, memory ----------------------------------------------------------------*/

static void null_and_small_buffers(void **state) {
    (void)state;
    struct vector vector = vector_of("state_certificates");
    resume_session *session = session_of("state_certificates");
    resume_session *none = NULL;
    size_t len = 7;
    uint8_t byte = 3;
    assert_int_equal(resume_session_from_state_plaintext(NULL, 58, &none), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_state_plaintext(&byte, 1, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_state_plaintext(&byte, 0, &none), RESUME_MALFORMED);
    assert_int_equal(resume_session_to_state_plaintext(NULL, &byte, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_state_plaintext(session, NULL, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_state_plaintext(session, NULL, 0, NULL), RESUME_E_INVALID);
    assert_null(none);
    assert_int_equal(len, 7);
    assert_int_equal(resume_session_to_state_plaintext(session, NULL, 0, &len), RESUME_OK);
    assert_int_equal(len, vector.len);
    for (size_t cap = 0; cap < vector.len; cap++) {
        uint8_t *small = malloc(cap ? cap : 1);
        assert_non_null(small);
        len = 7;
        assert_int_equal(resume_session_to_state_plaintext(session, small, cap, &len),
                         RESUME_E_BUFFER);
        assert_int_equal(len, vector.len);
        free(small);
    }
    resume_session_unref(session);
}

/* The head of state_anonymous with an identity of that many bytes and a timestamp, on the heap. */
static uint8_t *psk_state(size_t identity_len) {
    struct vector vector = vector_of("state_anonymous");
    uint8_t *data = calloc(1, RSM_STATE_MIN + 2 + identity_len);
    assert_non_null(data);
    memcpy(data, vector.data, CLIENT_AT);
    data[CLIENT_AT] = 2;
    rsm_put16(data + CLIENT_AT + 1, (uint16_t)identity_len);
    return data;
}

/* A PSK identity takes 6 bytes more in the native format, and that ends at 65,280. */
static void I_34_the_largest_session(void **state) { /* I-34 */
    (void)state;
    const size_t most = RESUME_SESSION_SIZE_MAX - 76 - 6;
    resume_session *session = NULL;
    uint8_t *data = psk_state(most);
    assert_int_equal(read_state(data, 60 + most, &session), RESUME_OK);
    assert_writes(session, data, 60 + most);
    resume_session_unref(session);
    free(data);
    data = psk_state(most + 1);
    assert_int_equal(status_of(data, 61 + most), RESUME_TOO_LARGE);
    free(data);
    data = psk_state(UINT16_MAX);
    assert_int_equal(status_of(data, 60 + UINT16_MAX), RESUME_TOO_LARGE);
    assert_int_equal(status_of(data, RESUME_SESSION_SIZE_MAX + 1), RESUME_TOO_LARGE);
    assert_int_equal(status_of(data, RESUME_SESSION_SIZE_MAX), RESUME_MALFORMED);
    free(data);
}

static void thousands_of_certificates(void **state) {
    (void)state;
    const size_t count = (RESUME_SESSION_SIZE_MAX - 76) / 5; /* of one byte each */
    struct vector vector = vector_of("state_anonymous");
    size_t len = RSM_STATE_MIN + 3 + 4 * count;
    uint8_t *data = calloc(1, len);
    resume_session *session = NULL;
    assert_non_null(data);
    memcpy(data, vector.data, CLIENT_AT);
    data[CLIENT_AT] = 1;
    rsm_put16(data + CLIENT_AT + 2, (uint16_t)(4 * count));
    for (size_t i = 0; i < count; i++) {
        data[CLIENT_AT + 4 + 4 * i + 2] = 1;
    }
    assert_int_equal(read_state(data, len, &session), RESUME_OK);
    assert_int_equal(resume_session_peer_certificate_count(session), count);
    assert_writes(session, data, len);
    resume_session_unref(session);
    free(data);
}

static void no_memory_anywhere(void **state) { /* I-95 */
    (void)state;
    static const char *const names[] = {"state_anonymous", "state_certificates", "state_psk"};
    for (size_t i = 0; i < 3; i++) {
        struct vector vector = vector_of(names[i]);
        unsigned failed = 0;
        for (unsigned long nth = 1; nth < 20; nth++) {
            resume_session *session = NULL;
            rsm_alloc_fail_once(nth);
            resume_status status =
                resume_session_from_state_plaintext(vector.data, vector.len, &session);
            rsm_alloc_fail_once(0);
            assert_true(status == RESUME_OK || status == RESUME_E_NOMEM);
            assert_int_equal(session != NULL, status == RESUME_OK);
            failed += status != RESUME_OK;
            resume_session_unref(session);
        }
        assert_in_range(failed, 2, 18);
    }
}

static void writing_allocates_nothing(void **state) {
    (void)state;
    struct vector vector = vector_of("state_certificates");
    resume_session *session = session_of("state_certificates");
    size_t len = 0;
    rsm_alloc_fail_from(1);
    resume_status status =
        resume_session_to_state_plaintext(session, vector.data, VECTOR_MAX, &len);
    unsigned long asked = rsm_alloc_count();
    rsm_alloc_fail_once(0);
    assert_int_equal(status, RESUME_OK);
    assert_int_equal(asked, 0);
    resume_session_unref(session);
}

/* ---- damage and round trips ------------------------------------------------------------------*/

/* What is read is written again as it stood. */
static resume_status checked(const uint8_t *data, size_t len) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_state_plaintext(data, len, &session);
    if (status == RESUME_OK) {
        assert_writes(session, data, len);
    }
    resume_session_unref(session);
    return status;
}

static const char *const vectors[] = {"state_anonymous", "state_certificates", "state_psk"};

static void truncated_anywhere(void **state) { /* I-154 */
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct vector vector = vector_of(vectors[i]);
        assert_int_equal(truncate_all(&vector, checked), 0);
        for (size_t len = 0; len < vector.len; len++) {
            assert_int_equal(status_of(vector.data, len), RESUME_MALFORMED);
        }
    }
}

static void followed_by_anything(void **state) { /* I-155 */
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct vector vector = vector_of(vectors[i]);
        for (unsigned byte = 0; byte < 256; byte++) {
            vector.data[vector.len] = (uint8_t)byte;
            assert_int_equal(status_of(vector.data, vector.len + 1), RESUME_MALFORMED);
        }
        for (size_t more = 1; more <= 64; more++) {
            memset(vector.data + vector.len, 0, more);
            assert_int_equal(status_of(vector.data, vector.len + more), RESUME_MALFORMED);
        }
    }
}

/* 16 bits of version and 8 of the client's kind decide; no other fixed field has a wrong value
 * that one bit makes. Lengths never fit when changed. */
static void flipped_anywhere(void **state) {
    (void)state;
    struct vector vector = vector_of("state_anonymous");
    assert_int_equal(flip_all(&vector, checked), 8 * 58 - 16 - 8);
    vector = vector_of("state_certificates");
    assert_int_equal(flip_all(&vector, checked), 8 * (80 - 2 - 1 - 3 - 3 - 3));
    vector = vector_of("state_psk");
    assert_int_equal(flip_all(&vector, checked), 8 * (68 - 2 - 1 - 2));
}

static uint64_t mix(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void fill(uint64_t *seed, uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(mix(seed) >> 32);
    }
}

/* A session that the structure has room for. */
static resume_session *random_session(uint64_t *seed) {
    uint8_t bytes[700];
    resume_session_options *o = options_new();
    resume_session *session = NULL;
    uint64_t when = 1000 * (mix(seed) >> 32);
    fill(seed, bytes, sizeof bytes);
    bytes[0] |= 1;
    assert_int_equal(resume_session_options_set_cipher_suite(o, (uint16_t)(mix(seed) | 1)), 0);
    assert_int_equal(resume_session_options_set_compression(o, (uint8_t)(mix(seed) >> 40)), 0);
    assert_int_equal(resume_session_options_set_secret(o, bytes, 48), 0);
    assert_int_equal(resume_session_options_set_created(o, when), 0);
    assert_int_equal(resume_session_options_set_authenticated(o, when), 0);
    uint64_t kind = mix(seed) % 3;
    for (uint64_t n = kind == 1 ? 1 + mix(seed) % 5 : 0; n > 0; n--) {
        assert_int_equal(resume_session_options_add_peer_certificate(o, bytes, 1 + mix(seed) % 700),
                         0);
    }
    if (kind == 2) {
        assert_int_equal(resume_session_options_add_appdata(o, RESUME_APPDATA_PSK_IDENTITY, bytes,
                                                            mix(seed) % 700),
                         0);
    }
    assert_int_equal(resume_session_new(o, &session), RESUME_OK);
    resume_session_options_unref(o);
    return session;
}

static void I_01_14_any_session_comes_back(void **state) { /* I-01, I-14 */
    (void)state;
    static uint8_t out[RESUME_SESSION_SIZE_MAX];
    uint64_t seed = 88172645463325252U;
    for (unsigned i = 0; i < 2000; i++) {
        resume_session *session = random_session(&seed);
        resume_session *again = NULL;
        size_t len = 0;
        assert_int_equal(resume_session_to_state_plaintext(session, out, sizeof out, &len), 0);
        assert_int_equal(read_state(out, len, &again), RESUME_OK);
        assert_true(resume_session_equal(session, again));
        /* Damage it in a few places: an answer, and what reads well is written again. */
        for (uint64_t n = 1 + mix(&seed) % 4; n > 0; n--) {
            out[mix(&seed) % len] ^= (uint8_t)(1U << mix(&seed) % 8);
        }
        uint8_t *copy = exact_copy(out, len);
        assert_true(is_answer(checked(copy, len)));
        free(copy);
        resume_session_unref(again);
        resume_session_unref(session);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_anonymous_client),
        cmocka_unit_test(a_client_with_certificates),
        cmocka_unit_test(a_client_with_a_psk),
        cmocka_unit_test(what_is_built_is_what_is_read),
        cmocka_unit_test(every_other_version_is_unsupported),
        cmocka_unit_test(every_other_kind_of_client_is_malformed),
        cmocka_unit_test(I_11_a_zero_secret_is_malformed),
        cmocka_unit_test(I_07_a_suite_of_zero_is_malformed),
        cmocka_unit_test(lengths_must_fit),
        cmocka_unit_test(empty_identities),
        cmocka_unit_test(I_08_compression_is_carried),
        cmocka_unit_test(I_138_what_must_not_get_lost_is_unsupported),
        cmocka_unit_test(application_data_is_one_psk_identity),
        cmocka_unit_test(I_37_what_the_handshake_makes_anew_is_left_out),
        cmocka_unit_test(no_age_is_lost),
        cmocka_unit_test(null_and_small_buffers),
        cmocka_unit_test(I_34_the_largest_session),
        cmocka_unit_test(thousands_of_certificates),
        cmocka_unit_test(no_memory_anywhere),
        cmocka_unit_test(writing_allocates_nothing),
        cmocka_unit_test(truncated_anywhere),
        cmocka_unit_test(followed_by_anything),
        cmocka_unit_test(flipped_anywhere),
        cmocka_unit_test(I_01_14_any_session_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
