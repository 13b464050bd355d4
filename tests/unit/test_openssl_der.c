/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's session format, rule by rule, with records made here. What OpenSSL itself makes of it
 * is tried in test_openssl_libssl.c.
 */
#include "session_fixture.h"

#include "wire/der.h"
#include "wire/openssl_der.h"

#define NOW UINT64_C(1700000100000)

static resume_session *ours_of(const struct vector *der) {
    resume_session *session = NULL;
    assert_int_equal(resume_session_from_openssl(der->data, der->len, NOW, &session), RESUME_OK);
    return session;
}

static struct vector written(const resume_session *session) {
    struct vector der = {.len = 0};
    assert_int_equal(resume_session_to_openssl(session, der.data, VECTOR_MAX, &der.len), RESUME_OK);
    return der;
}

struct record {
    uint64_t structure;
    uint64_t version;
    size_t cipher_len;
    size_t id_len;
    size_t secret_len;
};

#define TLS12_RECORD ((struct record){1, 0x0303, 2, 32, 48})

/* A record with these bytes where the context tags stand. */
static struct vector record_of(struct record r, const char *tagged, size_t tagged_len) {
    static const uint8_t bytes[512] = {0xc0, 0x2f, 1};
    struct rsm_buffer body = {0};
    struct rsm_buffer whole = {0};
    struct vector der;
    rsm_der_put_number(&body, 0, r.structure);
    rsm_der_put_number(&body, 0, r.version);
    rsm_der_put(&body, RSM_DER_OCTET_STRING, bytes, r.cipher_len);
    rsm_der_put(&body, RSM_DER_OCTET_STRING, bytes, r.id_len);
    rsm_der_put(&body, RSM_DER_OCTET_STRING, bytes, r.secret_len);
    rsm_buffer_append(&body, tagged, tagged_len);
    rsm_der_put(&whole, RSM_DER_SEQUENCE, body.data, body.len);
    assert_true(!whole.failed && whole.len <= VECTOR_MAX);
    memcpy(der.data, whole.data, whole.len);
    der.len = whole.len;
    rsm_buffer_free(&body);
    rsm_buffer_free(&whole);
    return der;
}

static resume_status status_of(struct record r, const char *tagged, size_t tagged_len) {
    struct vector der = record_of(r, tagged, tagged_len);
    resume_session *session = NULL;
    resume_status status = resume_session_from_openssl(der.data, der.len, NOW, &session);
    assert_int_equal(session != NULL, status == RESUME_OK);
    resume_session_unref(session);
    return status;
}

#define WITH(tagged)   status_of(TLS12_RECORD, tagged, sizeof(tagged) - 1)
#define RECORD(tagged) record_of(TLS12_RECORD, tagged, sizeof(tagged) - 1)

static void I_38_the_fixed_fields_are_checked(void **state) { /* I-38, I-156 */
    (void)state;
    assert_int_equal(status_of(TLS12_RECORD, "", 0), RESUME_OK);
    assert_int_equal(status_of((struct record){1, 0x0303, 2, 0, 48}, "", 0), RESUME_OK);
    assert_int_equal(status_of((struct record){1, 0x0304, 2, 32, 32}, "", 0), RESUME_OK);
    assert_int_equal(status_of((struct record){2, 0x0303, 2, 32, 48}, "", 0), RESUME_UNSUPPORTED);
    assert_int_equal(status_of((struct record){1, 0x0302, 2, 32, 48}, "", 0), RESUME_UNSUPPORTED);
    assert_int_equal(status_of((struct record){1, 0xfefd, 2, 32, 48}, "", 0), RESUME_UNSUPPORTED);
    assert_int_equal(status_of((struct record){1, 0x0303, 3, 32, 48}, "", 0), RESUME_MALFORMED);
    assert_int_equal(status_of((struct record){1, 0x0303, 2, 33, 48}, "", 0), RESUME_MALFORMED);
    assert_int_equal(status_of((struct record){1, 0x0303, 2, 32, 47}, "", 0), RESUME_MALFORMED);
    assert_int_equal(status_of((struct record){1, 0x0303, 2, 32, 0}, "", 0), RESUME_MALFORMED);
    assert_int_equal(status_of((struct record){1, 0x0304, 2, 32, 256}, "", 0), RESUME_MALFORMED);
}

static void foreign_features_are_unsupported(void **state) {
    (void)state;
    static const uint8_t tags[] = {7, 8, 11, 12, 17, 20, 21, 30};
    for (size_t i = 0; i < sizeof tags; i++) {
        char element[] = {(char)(0xa0 | tags[i]), 3, 4, 1, 'x'};
        assert_int_equal(status_of(TLS12_RECORD, element, sizeof element), RESUME_UNSUPPORTED);
    }
    assert_int_equal(WITH("\xad\x03\x02\x01\x03"), RESUME_UNSUPPORTED); /* another flag */
    assert_int_equal(WITH("\xad\x03\x02\x01\x01"), RESUME_OK);
}

static void what_openssl_ignores_is_ignored(void **state) {
    (void)state;
    assert_int_equal(WITH("\x80\x01k"), RESUME_OK);                             /* key_arg */
    assert_int_equal(WITH("\xa9\x03\x02\x01\x05\xaa\x03\x04\x01t"), RESUME_OK); /* hint, ticket */
    assert_int_equal(WITH("\xa9\x03\x04\x01\x05"), RESUME_MALFORMED);
    assert_int_equal(WITH("\xaa\x01\xff"), RESUME_MALFORMED);
}

static void tagged_fields_are_checked(void **state) { /* I-155, I-156 */
    (void)state;
    assert_int_equal(WITH("\xa2\x03\x02\x01\x05\xa1\x03\x02\x01\x05"),
                     RESUME_MALFORMED); /* order */
    assert_int_equal(WITH("\xa1\x03\x02\x01\x05\xa1\x03\x02\x01\x05"),
                     RESUME_MALFORMED);                               /* twice */
    assert_int_equal(WITH("\xa0\x03\x04\x01k"), RESUME_MALFORMED);    /* [0] is implicit */
    assert_int_equal(WITH("\x82\x01\x05"), RESUME_MALFORMED);         /* the others are not */
    assert_int_equal(WITH("\x02\x01\x05"), RESUME_MALFORMED);         /* universal */
    assert_int_equal(WITH("\xa1\x03\x02\x01\xff"), RESUME_MALFORMED); /* time < 0 */
    assert_int_equal(WITH("\xa2\x03\x02\x01\xff"), RESUME_MALFORMED); /* timeout < 0 */
    assert_int_equal(WITH("\xa1\x04\x02\x02\x00\x05"), RESUME_MALFORMED);
    assert_int_equal(WITH("\xa1\x06\x02\x01\x05\x02\x01\x05"), RESUME_MALFORMED);
    assert_int_equal(WITH("\xa3\x02\x31\x00"), RESUME_MALFORMED); /* no certificate */
    assert_int_equal(WITH("\xa5\x07\x02\x05\x00\xff\xff\xff\xff"), RESUME_MALFORMED);
    assert_int_equal(WITH("\xa6\x05\x04\x03"
                          "a b"),
                     RESUME_MALFORMED); /* a host name with a blank */
    assert_int_equal(WITH("\xa6\x05\x04\x03"
                          "a\0b"),
                     RESUME_MALFORMED);
    assert_int_equal(WITH("\xae\x07\x02\x05\x00\xff\xff\xff\xff"), RESUME_OK);
    assert_int_equal(WITH("\xae\x07\x02\x05\x01\x00\x00\x00\x00"), RESUME_MALFORMED);
    assert_int_equal(WITH("\xb3\x05\x02\x03\x01\x00\x00"), RESUME_MALFORMED);
    char context[4 + 33] = "\xa4\x22\x04\x20";
    assert_int_equal(status_of(TLS12_RECORD, context, 4 + 32), RESUME_OK);
    context[1]++;
    context[3]++;
    assert_int_equal(status_of(TLS12_RECORD, context, 4 + 33), RESUME_MALFORMED);
}

/* created and lifetime of a record with these tags. */
static void assert_times(struct vector der, uint64_t created_ms, uint32_t lifetime) {
    resume_session *session = ours_of(&der);
    assert_int_equal(resume_session_created(session), created_ms);
    assert_int_equal(resume_session_lifetime(session), lifetime);
    struct vector again = written(session);
    resume_session *reread = ours_of(&again);
    assert_true(resume_session_equal(session, reread));
    resume_session_unref(reread);
    resume_session_unref(session);
}

static void times_that_are_absent_or_absurd(void **state) { /* I-74 */
    (void)state;
    assert_times(RECORD(""), NOW, 3);
    assert_times(RECORD("\xa1\x03\x02\x01\x00\xa2\x03\x02\x01\x00"), NOW, 3);
    assert_times(RECORD("\xa1\x03\x02\x01\x07\xa2\x03\x02\x01\x09"), 7000, 9);
    assert_times(RECORD("\xa1\x0a\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff"
                        "\xa2\x0a\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff"),
                 UINT64_MAX / 1000 * 1000, UINT32_MAX);
}

static void a_time_near_zero_does_not_become_now(void **state) { /* I-76 */
    (void)state;
    struct vector native = vector_of("native_tls12_minimal");
    resume_session *session = NULL;
    memset(native.data + 8, 0, 16);
    assert_int_equal(resume_session_from_native(native.data, native.len, &session), RESUME_OK);
    struct vector der = written(session);
    resume_session *again = ours_of(&der);
    assert_int_equal(resume_session_created(again), 1000);
    resume_session_unref(session);
    resume_session_unref(again);
}

/* What a session makes of [18] with these bytes; each is shorter than 128. */
static resume_session *with_appdata(const char *blob, size_t len) {
    char element[4 + 128] = {(char)0xb2, (char)(len + 2), 4, (char)len};
    assert_in_range(len, 0, 125);
    memcpy(element + 4, blob, len);
    struct vector der = record_of(TLS12_RECORD, element, 4 + len);
    return ours_of(&der);
}

static void assert_opaque(const char *blob, size_t blob_len) {
    resume_session *session = with_appdata(blob, blob_len);
    uint16_t tag = 0xffff;
    size_t len = SIZE_MAX;
    assert_int_equal(resume_session_appdata_count(session), 1);
    const uint8_t *data = resume_session_appdata(session, 0, &tag, &len);
    assert_int_equal(tag, RESUME_APPDATA_OPAQUE);
    assert_int_equal(len, blob_len);
    assert_memory_equal(data, blob, blob_len);
    assert_int_equal(resume_session_authenticated(session), NOW);
    resume_session_unref(session);
}

#define OPAQUE(blob) assert_opaque(blob, sizeof(blob) - 1)
#define TIME_ENTRY   "\xff\xff\x00\x08\0\0\0\0\0\0\0\x09"

static void I_14_a_broken_container_is_the_applications_own(void **state) { /* I-14, I-157 */
    (void)state;
    OPAQUE(""); /* empty stays empty */
    OPAQUE("rsm\2");
    OPAQUE("rsm\1\1");
    OPAQUE("rsm\1\1\0\0\2ab\1"); /* one good entry before it breaks off */
    OPAQUE("rsm\1\1\0\0\2ab\1\0\xff\xff");
    OPAQUE("rsm\1" TIME_ENTRY TIME_ENTRY);
    OPAQUE("rsm\1" TIME_ENTRY "\xff\xff\0\0");
    OPAQUE("rsm\1\xff\xff\0\x07\0\0\0\0\0\0\0");
}

static void I_36_a_container_is_unpacked(void **state) { /* I-36, I-159 */
    (void)state;
    static const char blob[] = "rsm\1\1\0\0\2ab" TIME_ENTRY "\2\0\0\0";
    resume_session *session = with_appdata(blob, sizeof blob - 1);
    uint16_t tag = 0;
    size_t len = 0;
    assert_int_equal(resume_session_appdata_count(session), 2);
    assert_memory_equal(resume_session_appdata(session, 0, &tag, &len), "ab", 2);
    assert_int_equal(tag, 0x100);
    assert_non_null(resume_session_appdata(session, 1, &tag, &len));
    assert_int_equal(tag, 0x200);
    assert_int_equal(len, 0);
    assert_int_equal(resume_session_authenticated(session), 9);
    resume_session_unref(session);
}

static void too_long_is_an_answer(void **state) {
    (void)state;
    struct rsm_buffer out = {0};
    const size_t most = RSM_NATIVE_MAX + 65535; /* a session, and a client's ticket behind it */
    uint8_t *zeros = calloc(1, most + 1);
    assert_non_null(zeros);
    assert_int_equal(rsm_openssl_der_read(zeros, most + 1, NOW, &out), RESUME_TOO_LARGE);
    assert_int_equal(rsm_openssl_der_read(zeros, most, NOW, &out), RESUME_MALFORMED);
    assert_int_equal(rsm_openssl_der_read(zeros, RSM_NATIVE_MAX, NOW, &out), RESUME_MALFORMED);
    assert_int_equal(out.len, 0);
    free(zeros);
}

/* A session with this much application data, and that ticket, in OpenSSL's form. */
static size_t long_der(size_t appdata_len, const uint8_t *ticket, size_t ticket_len, uint8_t *der,
                       size_t der_cap) {
    static const uint8_t secret[48] = {1};
    static uint8_t appdata[RSM_NATIVE_MAX];
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    size_t len = 0;
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_version(options, 0x0303), RESUME_OK);
    assert_int_equal(resume_session_options_set_cipher_suite(options, 0xc02f), RESUME_OK);
    assert_int_equal(resume_session_options_set_secret(options, secret, sizeof secret), RESUME_OK);
    assert_int_equal(resume_session_options_set_created(options, NOW), RESUME_OK);
    assert_int_equal(resume_session_options_set_lifetime(options, 300), RESUME_OK);
    assert_int_equal(resume_session_options_add_appdata(options, 0, appdata, appdata_len),
                     RESUME_OK);
    assert_int_equal(resume_session_new(options, &session), RESUME_OK);
    assert_int_equal(
        resume_session_to_openssl_with_ticket(session, ticket, ticket_len, 77, der, der_cap, &len),
        RESUME_OK);
    resume_session_unref(session);
    resume_session_options_unref(options);
    return len;
}

static void a_clients_ticket_goes_along_and_does_not_count(void **state) { /* I-115 */
    (void)state;
    static uint8_t ticket[65535];
    static uint8_t der[131072];
    resume_session *session = NULL;
    const uint8_t *found = NULL;
    size_t found_len = 0;
    uint32_t hint = 0;
    memset(ticket, 0x5a, sizeof ticket);
    size_t len = long_der(64000, ticket, sizeof ticket, der, sizeof der);
    assert_int_equal(resume_session_ticket_from_openssl(der, len, &found, &found_len, &hint),
                     RESUME_OK);
    assert_int_equal(found_len, sizeof ticket);
    assert_memory_equal(found, ticket, sizeof ticket);
    assert_int_equal(hint, 77);
    assert_int_equal(resume_session_from_openssl(der, len, NOW, &session), RESUME_OK);
    size_t alone = 0;
    assert_int_equal(resume_session_to_openssl(session, NULL, 0, &alone), RESUME_OK);
    assert_in_range(len - alone, sizeof ticket, sizeof ticket + 32);
    size_t need = 0;
    assert_int_equal(resume_session_to_openssl_with_ticket(session, ticket, sizeof ticket, 77, der,
                                                           len - 1, &need),
                     RESUME_E_BUFFER);
    assert_int_equal(need, len);
    assert_int_equal(
        resume_session_to_openssl_with_ticket(session, ticket, 65536, 77, der, len, &need),
        RESUME_E_INVALID);
    len = long_der(64000, NULL, 0, der, sizeof der);
    assert_int_equal(resume_session_ticket_from_openssl(der, len, &found, &found_len, &hint),
                     RESUME_OK);
    assert_null(found);
    assert_int_equal(found_len, 0);
    assert_int_equal(resume_session_ticket_from_openssl(der, len - 1, &found, &found_len, &hint),
                     RESUME_MALFORMED);
    assert_int_equal(resume_session_ticket_from_openssl(NULL, 1, &found, &found_len, &hint),
                     RESUME_E_INVALID);
    resume_session_unref(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_38_the_fixed_fields_are_checked),
        cmocka_unit_test(foreign_features_are_unsupported),
        cmocka_unit_test(what_openssl_ignores_is_ignored),
        cmocka_unit_test(tagged_fields_are_checked),
        cmocka_unit_test(times_that_are_absent_or_absurd),
        cmocka_unit_test(a_time_near_zero_does_not_become_now),
        cmocka_unit_test(I_14_a_broken_container_is_the_applications_own),
        cmocka_unit_test(I_36_a_container_is_unpacked),
        cmocka_unit_test(too_long_is_an_answer),
        cmocka_unit_test(a_clients_ticket_goes_along_and_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
