/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building sessions: every setter reaches its getter, every missing or impossible field is refused
 * with a reason that names it, and options outlive both outcomes.
 */
#include "session_fixture.h"

#include "base/alloc.h"

#define CREATED   UINT64_C(1700000000000)
#define UNTOUCHED ((resume_session *)(uintptr_t)0x5a5a)
#define OK(call)  assert_int_equal(call, RESUME_OK)

static const uint8_t secret[48] = {1, 2, 3};

static resume_session_options *empty_options(void) {
    resume_session_options *o = NULL;
    OK(resume_session_options_new(&o));
    return o;
}

/* All that must be set. */
static resume_session_options *options_of(uint16_t version) {
    resume_session_options *o = empty_options();
    OK(resume_session_options_set_version(o, version));
    OK(resume_session_options_set_cipher_suite(o, version == 0x0304 ? 0x1302 : 0xc030));
    OK(resume_session_options_set_secret(o, secret, sizeof secret));
    OK(resume_session_options_set_created(o, CREATED));
    OK(resume_session_options_set_lifetime(o, 300));
    return o;
}

static resume_session *built(resume_session_options *o) {
    resume_session *s = NULL;
    OK(resume_session_new(o, &s));
    assert_string_equal(resume_session_options_why(o), "");
    return s;
}

static void refused(resume_session_options *o, resume_status status, const char *field) {
    resume_session *s = UNTOUCHED;
    assert_int_equal(resume_session_new(o, &s), status);
    assert_ptr_equal(s, UNTOUCHED);
    assert_non_null(strstr(resume_session_options_why(o), field));
}

static void the_least_session_is_the_vector(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls12_minimal");
    resume_session_options *o = options_of(0x0303);
    const uint8_t *data = NULL;
    size_t len = 0;
    OK(resume_session_options_set_cipher_suite(o, 0xc02f));
    OK(resume_session_options_set_secret(o, vector.data + 28, 48));
    OK(resume_session_options_set_extended_master_secret(o, true));
    resume_session *s = built(o);
    OK(resume_session_to_native(s, &data, &len));
    assert_int_equal(len, vector.len);
    assert_memory_equal(data, vector.data, len);
    resume_session_options_unref(o);
    resume_session_unref(s);
}

static void every_setter_reaches_the_vector(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls13_full");
    resume_session_options *o = options_of(0x0304);
    const uint8_t *data = NULL;
    uint8_t ctx[32];
    uint8_t id[32];
    uint8_t psk[32];
    size_t len = 0;
    for (uint8_t i = 0; i < 32; i++) {
        id[i] = i;
        psk[i] = (uint8_t)(0x80 + i);
        ctx[i] = (uint8_t)(0xc0 + i);
    }
    OK(resume_session_options_set_cipher_suite(o, 0x1301));
    OK(resume_session_options_set_compression(o, 0));
    OK(resume_session_options_set_secret(o, psk, 32));
    OK(resume_session_options_set_session_id(o, id, 32));
    OK(resume_session_options_set_created(o, CREATED + 123));
    OK(resume_session_options_set_authenticated(o, UINT64_C(1699996400456)));
    OK(resume_session_options_set_lifetime(o, 7200));
    OK(resume_session_options_set_server_name(o, "www.example.org", 15));
    OK(resume_session_options_set_alpn(o, (const uint8_t *)"h2", 2));
    OK(resume_session_options_set_context(o, ctx, 32));
    OK(resume_session_options_add_peer_certificate(o, (const uint8_t *)"\x30\x03\x02\x01\x05", 5));
    OK(resume_session_options_add_peer_certificate(
        o, (const uint8_t *)"\x30\x06\x02\x01\x07\x02\x01\x09", 8));
    OK(resume_session_options_set_verify_result(o, 10));
    OK(resume_session_options_set_age_add(o, 0x01020304));
    OK(resume_session_options_set_max_early_data(o, 16384));
    OK(resume_session_options_set_group(o, 0x1d));
    OK(resume_session_options_set_resumable(o, false));
    OK(resume_session_options_set_resumable(o, true));
    OK(resume_session_options_add_appdata(o, RESUME_APPDATA_OPAQUE, (const uint8_t *)"opaque", 6));
    OK(resume_session_options_add_appdata(o, 0x100, NULL, 0));
    OK(resume_session_options_add_appdata(o, 0x101, (const uint8_t *)"\xff\0\xff", 3));
    resume_session *s = built(o);
    OK(resume_session_to_native(s, &data, &len));
    assert_int_equal(len, vector.len);
    assert_memory_equal(data, vector.data, len);
    resume_session_options_unref(o);
    resume_session_unref(s);
}

static void what_must_be_set_is_named(void **state) { /* I-156 */
    (void)state;
    resume_session_options *o = empty_options();
    refused(o, RESUME_E_INVALID, "created");
    OK(resume_session_options_set_created(o, CREATED));
    refused(o, RESUME_E_INVALID, "version");
    OK(resume_session_options_set_version(o, 0x0303));
    refused(o, RESUME_E_INVALID, "cipher_suite");
    OK(resume_session_options_set_cipher_suite(o, 0xc02f));
    refused(o, RESUME_E_INVALID, "secret");
    OK(resume_session_options_set_secret(o, secret, sizeof secret));
    refused(o, RESUME_E_INVALID, "lifetime");
    OK(resume_session_options_set_lifetime(o, 1));
    resume_session *s = built(o); /* a refusal spoils nothing */
    assert_int_equal(resume_session_authenticated(s), CREATED);
    resume_session_unref(s);
    resume_session_options_unref(o);
}

static void I_11_what_cannot_be_is_named(void **state) { /* I-11, I-156 */
    (void)state;
    static const uint8_t zeros[48];
    resume_session_options *o = options_of(0x0303);
    OK(resume_session_options_set_secret(o, zeros, sizeof zeros));
    refused(o, RESUME_E_INVALID, "secret: all zero");
    OK(resume_session_options_set_secret(o, secret, 32));
    refused(o, RESUME_E_INVALID, "secret");
    OK(resume_session_options_set_secret(o, secret, 48));
    OK(resume_session_options_set_version(o, 0x0302));
    refused(o, RESUME_E_INVALID, "version");
    OK(resume_session_options_set_version(o, 0x0304));
    OK(resume_session_options_set_extended_master_secret(o, true));
    refused(o, RESUME_E_INVALID, "extended_master_secret");
    OK(resume_session_options_set_extended_master_secret(o, false));
    OK(resume_session_options_set_secret(o, secret, 33));
    refused(o, RESUME_E_INVALID, "secret");
    OK(resume_session_options_set_secret(o, secret, 32));
    OK(resume_session_options_set_verify_result(o, -1));
    refused(o, RESUME_E_INVALID, "verify_result");
    OK(resume_session_options_set_verify_result(o, 0));
    OK(resume_session_options_set_server_name(o, "a b", 3));
    refused(o, RESUME_E_INVALID, "server_name");
    OK(resume_session_options_set_server_name(o, "a\0b", 3));
    refused(o, RESUME_E_INVALID, "server_name");
    OK(resume_session_options_set_server_name(o, NULL, 0));
    resume_session_unref(built(o));
    resume_session_options_unref(o);
}

static void I_38_setters_check_lengths(void **state) { /* I-38 */
    (void)state;
    static uint8_t long_bytes[65001];
    resume_session_options *o = options_of(0x0303);
    const uint8_t *b = long_bytes;
    assert_int_equal(resume_session_options_set_secret(o, b, 65), RESUME_E_INVALID);
    assert_non_null(strstr(resume_session_options_why(o), "secret"));
    assert_int_equal(resume_session_options_set_session_id(o, b, 33), RESUME_E_INVALID);
    assert_non_null(strstr(resume_session_options_why(o), "session_id"));
    assert_int_equal(resume_session_options_set_server_name(o, (const char *)b, 256),
                     RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_alpn(o, b, 256), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_context(o, b, 33), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_context(o, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_peer_certificate(o, b, 0), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_peer_certificate(o, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_peer_certificate(o, b, 65001), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_appdata(o, 0x100, b, 65001), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_appdata(o, 0x100, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_appdata(o, 0xffff, b, 1), RESUME_E_INVALID);
    resume_session *s = built(o); /* nothing of that stuck */
    assert_null(resume_session_session_id(s, NULL));
    assert_int_equal(resume_session_appdata_count(s), 0);
    resume_session_unref(s);
    resume_session_options_unref(o);
}

static void I_34_a_session_has_to_fit(void **state) { /* I-34 */
    (void)state;
    static uint8_t bytes[65000];
    resume_session_options *o = options_of(0x0303);
    OK(resume_session_options_add_peer_certificate(o, bytes, 65000));
    assert_int_equal(resume_session_options_add_peer_certificate(o, bytes, 1000), RESUME_TOO_LARGE);
    resume_session *s = built(o);
    assert_int_equal(resume_session_peer_certificate_count(s), 1);
    resume_session_unref(s);
    /* 76 bytes before it, 65004 of certificate, and 200 left: 6 of head, 194 of data. */
    OK(resume_session_options_add_appdata(o, 0x100, bytes, 194));
    s = built(o);
    const uint8_t *data = NULL;
    size_t len = 0;
    OK(resume_session_to_native(s, &data, &len));
    assert_int_equal(len, RESUME_SESSION_SIZE_MAX);
    resume_session_unref(s);
    OK(resume_session_options_set_context(o, secret, 1));
    refused(o, RESUME_TOO_LARGE, "65280");
    resume_session_options_unref(o);
}

static void I_36_a_renewal_copies_all(void **state) { /* I-36 */
    (void)state;
    struct vector vector = vector_of("native_tls13_full");
    resume_session *first = NULL;
    resume_session_options *o = options_of(0x0303); /* all of it goes */
    OK(resume_session_options_set_extended_master_secret(o, true));
    OK(resume_session_options_add_appdata(o, 0x200, NULL, 0));
    OK(resume_session_from_native(vector.data, vector.len, &first));
    OK(resume_session_options_set_from(o, first));
    resume_session *same = built(o);
    assert_true(resume_session_equal(first, same));
    resume_session_unref(first); /* the options hold copies */
    OK(resume_session_options_set_created(o, CREATED + 60000));
    resume_session *renewed = built(o);
    assert_int_equal(resume_session_created(renewed), CREATED + 60000);
    assert_int_equal(resume_session_authenticated(renewed), UINT64_C(1699996400456));
    assert_int_equal(resume_session_appdata_count(renewed), 3);
    resume_session_unref(renewed);
    resume_session_unref(same);
    resume_session_options_unref(o);
}

static void null_is_invalid(void **state) {
    (void)state;
    resume_session_options *o = options_of(0x0303);
    resume_session *s = UNTOUCHED;
    assert_int_equal(resume_session_options_new(NULL), RESUME_E_INVALID);
    assert_null(resume_session_options_unref(NULL));
    assert_string_equal(resume_session_options_why(NULL), "");
    assert_int_equal(resume_session_new(NULL, &s), RESUME_E_INVALID);
    assert_int_equal(resume_session_new(o, NULL), RESUME_E_INVALID);
    assert_ptr_equal(s, UNTOUCHED);
    assert_int_equal(resume_session_options_set_from(o, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_version(NULL, 0x0303), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_cipher_suite(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_compression(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_secret(NULL, secret, 48), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_extended_master_secret(NULL, true),
                     RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_session_id(NULL, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_created(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_authenticated(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_lifetime(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_server_name(NULL, "a", 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_alpn(NULL, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_context(NULL, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_peer_certificate(NULL, secret, 1),
                     RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_verify_result(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_age_add(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_max_early_data(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_group(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_add_appdata(NULL, 1, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_session_options_set_resumable(NULL, true), RESUME_E_INVALID);
    resume_session_options_unref(o);
}

static void without_memory_nothing_changes(void **state) { /* I-95 */
    (void)state;
    static uint8_t bytes[1000];
    resume_session_options *o = options_of(0x0303);
    resume_session *small = built(o);
    resume_session *full = NULL;
    struct vector vector = vector_of("native_tls13_full");
    OK(resume_session_from_native(vector.data, vector.len, &full));
    OK(resume_session_options_add_appdata(o, 0x100, bytes, 10));
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_session_options_add_appdata(o, 0x100, bytes, 1000), RESUME_E_NOMEM);
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_session_options_add_peer_certificate(o, bytes, 9), RESUME_E_NOMEM);
    for (unsigned long nth = 1; nth <= 2; nth++) {
        rsm_alloc_fail_once(nth);
        assert_int_equal(resume_session_options_set_from(o, full), RESUME_E_NOMEM);
        rsm_alloc_fail_once(nth);
        refused(o, RESUME_E_NOMEM, "");
    }
    rsm_alloc_fail_once(0);
    resume_session *s = built(o);
    assert_int_equal(resume_session_version(s), 0x0303);
    assert_int_equal(resume_session_appdata_count(s), 1);
    assert_int_equal(resume_session_peer_certificate_count(s), 0);
    OK(resume_session_options_add_appdata(o, 0x101, bytes, 1000)); /* the run is whole */
    resume_session *more = built(o);
    assert_int_equal(resume_session_appdata_count(more), 2);
    resume_session_unref(more);
    resume_session_unref(s);
    resume_session_unref(small);
    resume_session_unref(full);
    resume_session_options_unref(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_session_is_the_vector),
        cmocka_unit_test(every_setter_reaches_the_vector),
        cmocka_unit_test(what_must_be_set_is_named),
        cmocka_unit_test(I_11_what_cannot_be_is_named),
        cmocka_unit_test(I_38_setters_check_lengths),
        cmocka_unit_test(I_34_a_session_has_to_fit),
        cmocka_unit_test(I_36_a_renewal_copies_all),
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
