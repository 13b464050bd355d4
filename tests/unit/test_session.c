/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_session: what goes in comes out of every getter and of both formats; NULL and hostile
 * bytes get an answer; outputs stay untouched on failure.
 */
#include "session_fixture.h"

#include "base/alloc.h"
#include "core/session.h"

#define NOW       UINT64_C(1700000100000)
#define UNTOUCHED ((resume_session *)(uintptr_t)0x5a5a)

static resume_session *session_of(const char *name) {
    struct vector vector = vector_of(name);
    resume_session *session = NULL;
    uint8_t *copy = exact_copy(vector.data, vector.len);
    if (strncmp(name, "native", 6) == 0) {
        assert_int_equal(resume_session_from_native(copy, vector.len, &session), RESUME_OK);
    } else {
        assert_int_equal(resume_session_from_openssl(copy, vector.len, NOW, &session), RESUME_OK);
    }
    memset(copy, 0xee, vector.len); /* a session owns its bytes (I-15, I-92) */
    free(copy);
    return session;
}

static void I_14_every_getter(void **state) { /* I-14 */
    (void)state;
    resume_session *s = session_of("native_tls13_full");
    size_t len = 0;
    uint16_t tag = 0;
    assert_int_equal(resume_session_version(s), 0x0304);
    assert_int_equal(resume_session_cipher_suite(s), 0x1301);
    assert_int_equal(resume_session_compression(s), 0);
    assert_false(resume_session_extended_master_secret(s));
    assert_true(resume_session_resumable(s));
    assert_int_equal(resume_session_created(s), UINT64_C(1700000000123));
    assert_int_equal(resume_session_authenticated(s), UINT64_C(1699996400456));
    assert_int_equal(resume_session_lifetime(s), 7200);
    assert_int_equal(resume_session_expires(s), UINT64_C(1700007200123));
    assert_int_equal(resume_session_age_add(s), 0x01020304);
    assert_int_equal(resume_session_max_early_data(s), 16384);
    assert_int_equal(resume_session_group(s), 0x1d);
    assert_int_equal(resume_session_verify_result(s), 10);
    assert_int_equal(resume_session_secret(s, &len)[0], 0x80);
    assert_int_equal(len, 32);
    assert_int_equal(resume_session_session_id(s, &len)[31], 0x1f);
    assert_int_equal(len, 32);
    assert_memory_equal(resume_session_server_name(s, &len), "www.example.org", 15);
    assert_int_equal(len, 15);
    assert_memory_equal(resume_session_alpn(s, &len), "h2", 2);
    assert_int_equal(len, 2);
    assert_int_equal(resume_session_context(s, &len)[0], 0xc0);
    assert_int_equal(len, 32);
    assert_int_equal(resume_session_peer_certificate_count(s), 2);
    assert_int_equal(resume_session_peer_certificate(s, 0, &len)[4], 5);
    assert_int_equal(len, 5);
    assert_int_equal(resume_session_peer_certificate(s, 1, NULL)[7], 9);
    assert_int_equal(resume_session_appdata_count(s), 3);
    assert_memory_equal(resume_session_appdata(s, 0, &tag, &len), "opaque", 6);
    assert_int_equal(tag, RESUME_APPDATA_OPAQUE);
    assert_non_null(resume_session_appdata(s, 1, &tag, &len)); /* empty stays empty */
    assert_int_equal(len, 0);
    assert_int_equal(tag, 0x100);
    assert_memory_equal(resume_session_appdata(s, 2, NULL, &len), "\xff\0\xff", 3);
    resume_session_unref(s);
}

static void what_is_absent_is_null(void **state) {
    (void)state;
    resume_session *s = session_of("native_tls12_minimal");
    size_t len = 7;
    uint16_t tag = 0x1234;
    assert_null(resume_session_session_id(s, &len));
    assert_int_equal(len, 0);
    assert_null(resume_session_server_name(s, NULL));
    assert_null(resume_session_alpn(s, NULL));
    assert_null(resume_session_context(s, NULL));
    len = 7;
    assert_null(resume_session_peer_certificate(s, 0, &len));
    assert_int_equal(len, 0);
    len = 7;
    assert_null(resume_session_appdata(s, SIZE_MAX, &tag, &len));
    assert_int_equal(len, 0);
    assert_int_equal(tag, 0x1234);
    assert_true(resume_session_extended_master_secret(s));
    resume_session_unref(s);
    s = session_of("native_not_resumable");
    assert_false(resume_session_resumable(s));
    assert_false(resume_session_extended_master_secret(s));
    assert_int_equal(resume_session_compression(s), 1);
    resume_session_unref(s);
}

static void null_is_invalid_or_nothing(void **state) {
    (void)state;
    resume_session *s = session_of("native_tls12_minimal");
    resume_session *out = UNTOUCHED;
    const uint8_t *data = NULL;
    uint8_t byte = 1;
    size_t len = 7;
    assert_int_equal(resume_session_from_native(NULL, 4, &out), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_native(&byte, 1, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_openssl(NULL, 4, NOW, &out), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_openssl(&byte, 1, NOW, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_native(NULL, &data, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_native(s, NULL, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_native(s, &data, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_openssl(NULL, NULL, 0, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_openssl(s, NULL, 0, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_openssl(s, NULL, 9, &len), RESUME_E_INVALID);
    assert_ptr_equal(out, UNTOUCHED);
    assert_int_equal(len, 7);
    assert_null(resume_session_ref(NULL));
    assert_null(resume_session_unref(NULL));
    assert_false(resume_session_equal(s, NULL));
    assert_false(resume_session_equal(NULL, NULL));
    assert_null(resume_session_secret(NULL, &len));
    assert_int_equal(len, 0);
    assert_null(resume_session_appdata(NULL, 0, NULL, NULL));
    assert_null(resume_session_peer_certificate(NULL, 0, NULL));
    assert_int_equal(resume_session_expires(NULL), 0);
    assert_false(resume_session_resumable(NULL));
    resume_session_unref(s);
}

static void references_are_counted(void **state) {
    (void)state;
    resume_session *s = session_of("native_tls12_minimal");
    assert_ptr_equal(resume_session_ref(s), s);
    assert_null(resume_session_unref(s));
    assert_int_equal(resume_session_version(s), 0x0303);
    assert_null(resume_session_unref(s));
}

static void equality_is_of_all_fields(void **state) {
    (void)state;
    struct vector vector = vector_of("native_tls13_full");
    resume_session *a = session_of("native_tls13_full");
    resume_session *b = session_of("native_tls13_full");
    resume_session *c = session_of("native_tls12_minimal");
    assert_true(resume_session_equal(a, b));
    assert_false(resume_session_equal(a, c));
    resume_session_unref(c);
    vector.data[vector.len - 1] ^= 1;
    assert_int_equal(resume_session_from_native(vector.data, vector.len, &c), RESUME_OK);
    assert_false(resume_session_equal(a, c));
    resume_session_unref(a);
    resume_session_unref(b);
    resume_session_unref(c);
}

static void the_end_of_life_saturates(void **state) { /* I-74 */
    (void)state;
    struct vector vector = vector_of("native_tls12_minimal");
    resume_session *s = NULL;
    memset(vector.data + 8, 0xff, 8);
    memset(vector.data + 24, 0xff, 4);
    assert_int_equal(resume_session_from_native(vector.data, vector.len, &s), RESUME_OK);
    assert_int_equal(resume_session_expires(s), UINT64_MAX);
    resume_session_unref(s);
}

static void native_bytes_come_back(void **state) { /* I-78 */
    (void)state;
    static const char *const names[] = {"native_tls12_minimal", "native_tls13_full",
                                        "native_not_resumable", "native_unknown_optional"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        resume_session *s = session_of(names[i]);
        const uint8_t *data = NULL;
        size_t len = 0;
        assert_int_equal(resume_session_to_native(s, &data, &len), RESUME_OK);
        assert_int_equal(len, vector.len);
        assert_memory_equal(data, vector.data, len);
        resume_session_unref(s);
    }
}

static void openssl_bytes_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"openssl_tls12", "openssl_tls13", "openssl_container"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        resume_session *s = session_of(names[i]);
        uint8_t buf[VECTOR_MAX];
        size_t len = 0;
        assert_int_equal(resume_session_to_openssl(s, NULL, 0, &len), RESUME_OK);
        assert_int_equal(len, vector.len);
        len = 0;
        memset(buf, 0x77, sizeof buf);
        assert_int_equal(resume_session_to_openssl(s, buf, vector.len - 1, &len), RESUME_E_BUFFER);
        assert_int_equal(len, vector.len);
        assert_int_equal(buf[0], 0x77); /* nothing of the secret in a buffer too small (I-90) */
        assert_int_equal(resume_session_to_openssl(s, buf, vector.len, &len), RESUME_OK);
        assert_int_equal(len, vector.len);
        assert_memory_equal(buf, vector.data, len);
        resume_session_unref(s);
    }
}

static void openssl_cannot_hold_every_session(void **state) {
    (void)state;
    size_t len = 7;
    resume_session *s = session_of("native_not_resumable");
    assert_int_equal(resume_session_to_openssl(s, NULL, 0, &len), RESUME_UNSUPPORTED);
    resume_session_unref(s);
    struct vector vector = vector_of("native_tls13_full");
    uint8_t *leaf = vector.data;
    while (memcmp(leaf, "\x80\x05\x00\x05", 4) != 0) {
        leaf++;
    }
    leaf[4] = 0x31; /* a SET where a certificate has a SEQUENCE */
    assert_int_equal(resume_session_from_native(vector.data, vector.len, &s), RESUME_OK);
    assert_int_equal(resume_session_to_openssl(s, NULL, 0, &len), RESUME_UNSUPPORTED);
    resume_session_unref(s);
    assert_int_equal(len, 7);
}

/* ---- hostile bytes ---------------------------------------------------------------------------*/

/* All of a session that was read from hostile bytes is touched. */
static void touch(const resume_session *s) {
    size_t len = 0;
    unsigned sum = 0;
    for (size_t i = 0; i < resume_session_peer_certificate_count(s); i++) {
        const uint8_t *data = resume_session_peer_certificate(s, i, &len);
        sum += data[0] + data[len - 1];
    }
    for (size_t i = 0; i < resume_session_appdata_count(s); i++) {
        const uint8_t *data = resume_session_appdata(s, i, NULL, &len);
        sum += len ? data[0] + data[len - 1] : 0U;
    }
    assert_non_null(resume_session_secret(s, &len));
    assert_true(sum <= UINT32_MAX && len >= 32);
}

static resume_status read_native(const uint8_t *data, size_t len) {
    resume_session *s = UNTOUCHED;
    resume_status status = resume_session_from_native(data, len, &s);
    if (status != RESUME_OK) {
        assert_ptr_equal(s, UNTOUCHED);
        return status;
    }
    const uint8_t *again = NULL;
    size_t again_len = 0;
    touch(s);
    assert_int_equal(resume_session_to_native(s, &again, &again_len), RESUME_OK);
    assert_int_equal(again_len, len);
    assert_memory_equal(again, data, len);
    assert_true(is_answer(resume_session_to_openssl(s, NULL, 0, &len)));
    resume_session_unref(s);
    return RESUME_OK;
}

/* What was read is written, read again, and the same. */
static resume_status read_openssl(const uint8_t *data, size_t len) {
    resume_session *s = UNTOUCHED;
    resume_session *again = NULL;
    uint8_t buf[VECTOR_MAX];
    resume_status status = resume_session_from_openssl(data, len, NOW, &s);
    if (status != RESUME_OK) {
        assert_ptr_equal(s, UNTOUCHED);
        return status;
    }
    touch(s);
    assert_int_equal(resume_session_to_openssl(s, buf, sizeof buf, &len), RESUME_OK);
    assert_int_equal(resume_session_from_openssl(buf, len, NOW, &again), RESUME_OK);
    assert_true(resume_session_equal(s, again));
    resume_session_unref(s);
    resume_session_unref(again);
    return RESUME_OK;
}

static void damaged_native_bytes(void **state) { /* I-18, I-154, I-155, I-157 */
    (void)state;
    static const char *const names[] = {"native_tls12_minimal", "native_tls13_full",
                                        "native_unknown_optional"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        truncate_all(&vector, read_native);
        assert_true(flip_all(&vector, read_native) > 0);
    }
}

static void damaged_openssl_bytes(void **state) { /* I-18, I-154, I-155, I-157 */
    (void)state;
    static const char *const names[] = {"openssl_tls12", "openssl_tls13", "openssl_container"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        assert_int_equal(truncate_all(&vector, read_openssl), 0);
        assert_true(flip_all(&vector, read_openssl) > 0);
        vector.data[vector.len++] = 0; /* one byte behind the SEQUENCE */
        assert_int_equal(read_openssl(vector.data, vector.len), RESUME_MALFORMED);
    }
}

static void I_11_zero_secrets_are_refused(void **state) { /* I-11 */
    (void)state;
    struct vector native = vector_of("native_tls12_minimal");
    struct vector der = vector_of("openssl_tls12");
    resume_session *s = UNTOUCHED;
    memset(native.data + 28, 0, 48);
    assert_int_equal(resume_session_from_native(native.data, native.len, &s), RESUME_MALFORMED);
    uint8_t *secret = der.data;
    while (memcmp(secret, "\x04\x30", 2) != 0) {
        secret++;
    }
    memset(secret + 2, 0, 48);
    assert_int_equal(resume_session_from_openssl(der.data, der.len, NOW, &s), RESUME_MALFORMED);
    assert_ptr_equal(s, UNTOUCHED);
}

static void no_memory_is_said_so(void **state) { /* I-95 */
    (void)state;
    static const char *const names[] = {"native_tls13_full", "openssl_container"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector vector = vector_of(names[i]);
        resume_status status = RESUME_E_NOMEM;
        resume_session *s = UNTOUCHED;
        for (unsigned long nth = 1; status == RESUME_E_NOMEM; nth++) {
            assert_ptr_equal(s, UNTOUCHED);
            rsm_alloc_fail_once(nth);
            status = i == 0 ? resume_session_from_native(vector.data, vector.len, &s)
                            : resume_session_from_openssl(vector.data, vector.len, NOW, &s);
        }
        rsm_alloc_fail_once(0);
        assert_int_equal(status, RESUME_OK);
        size_t len = 7;
        rsm_alloc_fail_once(1);
        assert_int_equal(resume_session_to_openssl(s, NULL, 0, &len), RESUME_E_NOMEM);
        rsm_alloc_fail_once(0);
        assert_int_equal(len, 7);
        resume_session_unref(s);
    }
}

static void reading_native_bytes_allocates_once(void **state) { /* speed: the store's and codec's */
    (void)state;
    struct vector vector = vector_of("native_tls13_full");
    resume_session *s = NULL;
    rsm_alloc_fail_once(0);
    assert_int_equal(rsm_session_adopt_copy(vector.data, vector.len, &s), RESUME_OK);
    assert_int_equal(rsm_alloc_count(), 1);
    resume_session_unref(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_14_every_getter),
        cmocka_unit_test(what_is_absent_is_null),
        cmocka_unit_test(null_is_invalid_or_nothing),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(equality_is_of_all_fields),
        cmocka_unit_test(the_end_of_life_saturates),
        cmocka_unit_test(native_bytes_come_back),
        cmocka_unit_test(openssl_bytes_come_back),
        cmocka_unit_test(openssl_cannot_hold_every_session),
        cmocka_unit_test(damaged_native_bytes),
        cmocka_unit_test(damaged_openssl_bytes),
        cmocka_unit_test(I_11_zero_secrets_are_refused),
        cmocka_unit_test(no_memory_is_said_so),
        cmocka_unit_test(reading_native_bytes_allocates_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
