/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's SessionState, against what Go itself wrote: both layouts, certificates and their chains,
 * Extra, what has no room, and damage.
 */
#include "session_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"

#define CREATED_MS UINT64_C(1700000000000)

static resume_status read_state(const uint8_t *data, size_t len) {
    resume_session *session = NULL;
    resume_status status = resume_session_from_gotls(data, len, &session);
    assert_int_equal(session != NULL, status == RESUME_OK);
    resume_session_unref(session);
    return status;
}

static resume_session *session_of(const char *name) {
    struct vector vector = vector_of(name);
    uint8_t *copy = exact_copy(vector.data, vector.len);
    resume_session *session = NULL;
    assert_int_equal(resume_session_from_gotls(copy, vector.len, &session), RESUME_OK);
    free(copy);
    return session;
}

static size_t write_state(const resume_session *session, int32_t layout, const uint8_t *chains,
                          size_t chains_len, uint8_t *out) {
    size_t len = 0;
    size_t need = 0;
    assert_int_equal(resume_session_to_gotls(session, layout, chains, chains_len, NULL, 0, &need),
                     RESUME_OK);
    assert_int_equal(
        resume_session_to_gotls(session, layout, chains, chains_len, out, need - 1, &len),
        RESUME_E_BUFFER);
    assert_int_equal(len, need);
    assert_int_equal(resume_session_to_gotls(session, layout, chains, chains_len, out, need, &len),
                     RESUME_OK);
    return len;
}

static void gos_own_bytes_come_back(void **state) {
    (void)state;
    const char *names[] = {"gotls_tls12", "gotls_tls13"};
    for (size_t i = 0; i < 2; i++) {
        struct vector vector = vector_of(names[i]);
        resume_session *session = session_of(names[i]);
        uint8_t out[VECTOR_MAX];
        assert_int_equal(resume_session_version(session), i == 0 ? 0x0303 : 0x0304);
        assert_int_equal(resume_session_created(session), CREATED_MS);
        assert_int_equal(resume_session_authenticated(session), CREATED_MS);
        assert_int_equal(resume_session_lifetime(session), i == 0 ? 86400 : 604800);
        assert_int_equal(resume_session_verify_result(session), 0);
        size_t len = write_state(session, RESUME_GOTLS_LAYOUT_2, NULL, 0, out);
        assert_int_equal(len, vector.len);
        assert_memory_equal(out, vector.data, len);
        assert_int_equal(resume_session_extended_master_secret(session), i == 0);
        resume_session_unref(session);
    }
}

/* OpenSSL fails every handshake with a TLS 1.3 session that says it has it. */
static void extended_master_secret_is_of_tls12_alone(void **state) {
    (void)state;
    struct vector vector = vector_of("gotls_tls13");
    resume_session *session = NULL;
    vector.data[17 + 32] = 1; /* behind secret and Extra */
    assert_int_equal(resume_session_from_gotls(vector.data, vector.len, &session), RESUME_OK);
    assert_false(resume_session_extended_master_secret(session));
    resume_session_unref(session);
}

static void a_clients_chain_and_extra(void **state) {
    (void)state;
    struct vector vector = vector_of("gotls_tls12_client");
    resume_session *session = session_of("gotls_tls12_client");
    static const uint8_t chain[] = {0, 0, 0}; /* the leaf alone, which is left out */
    uint8_t out[VECTOR_MAX];
    uint16_t tag = 0;
    size_t len = 0;
    assert_int_equal(resume_session_peer_certificate_count(session), 1);
    assert_int_equal(resume_session_verify_result(session), 0);
    assert_int_equal(resume_session_appdata_count(session), 1);
    const uint8_t *extra = resume_session_appdata(session, 0, &tag, &len);
    assert_int_equal(tag, RESUME_APPDATA_GO_EXTRA);
    assert_int_equal(len, 13);
    assert_memory_equal(extra, "another layer", 13);
    assert_int_equal(write_state(session, RESUME_GOTLS_LAYOUT_2, chain, sizeof chain, out),
                     vector.len);
    assert_memory_equal(out, vector.data, vector.len);
    /* Without a chain the next reader does not take the certificate for verified. */
    resume_session *again = NULL;
    len = write_state(session, RESUME_GOTLS_LAYOUT_2, NULL, 0, out);
    assert_int_equal(resume_session_from_gotls(out, len, &again), RESUME_OK);
    assert_int_equal(resume_session_verify_result(again), 1);
    resume_session_unref(again);
    resume_session_unref(session);
}

static void layout_1_ends_before_the_group(void **state) {
    (void)state;
    struct vector vector = vector_of("gotls_tls12");
    resume_session *session = session_of("gotls_tls12");
    resume_session *again = NULL;
    uint8_t out[VECTOR_MAX];
    assert_int_not_equal(resume_session_group(session), 0);
    size_t len = write_state(session, RESUME_GOTLS_LAYOUT_1, NULL, 0, out);
    assert_int_equal(len, vector.len - 2);
    assert_memory_equal(out, vector.data, len);
    assert_int_equal(resume_session_from_gotls(out, len, &again), RESUME_OK);
    assert_int_equal(resume_session_group(again), 0);
    assert_int_equal(read_state(vector.data, vector.len - 1), RESUME_MALFORMED);
    vector.data[vector.len] = 7; /* of a later version of Go */
    assert_int_equal(read_state(vector.data, vector.len + 1), RESUME_OK);
    resume_session_unref(again);
    resume_session_unref(session);
}

/* The time of authentication and the application's own pieces have no field, and travel in Extra.
 */
static void what_has_no_field_travels_in_extra(void **state) {
    (void)state;
    resume_session_options *options = NULL;
    resume_session *session = session_of("gotls_tls13");
    resume_session *told = NULL;
    resume_session *again = NULL;
    uint8_t out[VECTOR_MAX];
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_from(options, session), RESUME_OK);
    assert_int_equal(resume_session_options_set_authenticated(options, CREATED_MS - 5000),
                     RESUME_OK);
    assert_int_equal(
        resume_session_options_add_appdata(options, 0x0101, (const uint8_t *)"mine", 4), RESUME_OK);
    assert_int_equal(resume_session_new(options, &told), RESUME_OK);
    size_t len = write_state(told, RESUME_GOTLS_LAYOUT_2, NULL, 0, out);
    assert_int_equal(resume_session_from_gotls(out, len, &again), RESUME_OK);
    assert_true(resume_session_equal(told, again));
    resume_session_options_unref(options);
    resume_session_unref(session);
    resume_session_unref(told);
    resume_session_unref(again);
}

static void with_suite(uint16_t suite, resume_status expected) {
    resume_session_options *options = NULL;
    resume_session *session = session_of("gotls_tls12");
    resume_session *other = NULL;
    size_t len = 99;
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_from(options, session), RESUME_OK);
    assert_int_equal(resume_session_options_set_cipher_suite(options, suite), RESUME_OK);
    assert_int_equal(resume_session_new(options, &other), RESUME_OK);
    assert_int_equal(resume_session_to_gotls(other, RESUME_GOTLS_LAYOUT_1, NULL, 0, NULL, 0, &len),
                     expected);
    assert_int_equal(len == 99, expected != RESUME_OK);
    resume_session_options_unref(options);
    resume_session_unref(session);
    resume_session_unref(other);
}

static void suites_that_go_lacks(void **state) {
    (void)state;
    with_suite(0xc02f, RESUME_OK);
    with_suite(0x009e, RESUME_UNSUPPORTED); /* DHE */
    with_suite(0xc0ac, RESUME_UNSUPPORTED); /* CCM */
    with_suite(0x1301, RESUME_UNSUPPORTED); /* of the other version */
}

static void each_field_is_checked(void **state) { /* I-156, I-157 */
    (void)state;
    const struct vector good = vector_of("gotls_tls12");
    const struct {
        size_t at;
        uint8_t value;
        resume_status status;
    } wrong[] = {
        {1, 0x02, RESUME_UNSUPPORTED}, /* TLS 1.1 */
        {2, 2, RESUME_UNSUPPORTED},    /* a client's */
        {13, 0, RESUME_MALFORMED},     /* no secret */
        {13, 200, RESUME_MALFORMED},   /* a secret longer than the bytes */
        {64, 1, RESUME_MALFORMED},     /* Extra longer than the bytes */
        {65, 2, RESUME_MALFORMED},     /* extended master secret is 0 or 1 */
        {66, 2, RESUME_MALFORMED},     /* early data is 0 or 1 */
        {69, 1, RESUME_MALFORMED},     /* a certificate of half a length */
        {72, 3, RESUME_MALFORMED},     /* a chain without a certificate */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct vector bad = good;
        bad.data[wrong[i].at] = wrong[i].value;
        uint8_t *copy = exact_copy(bad.data, bad.len);
        assert_int_equal(read_state(copy, bad.len), wrong[i].status);
        free(copy);
    }
    struct vector zeros = good; /* I-11 */
    memset(zeros.data + 14, 0, 48);
    assert_int_equal(read_state(zeros.data, zeros.len), RESUME_MALFORMED);
}

static void damage(void **state) { /* I-155 */
    (void)state;
    struct vector vector = vector_of("gotls_tls12_client");
    assert_int_equal(truncate_all(&vector, read_state), 1); /* that is layout 1 */
    (void)flip_all(&vector, read_state);
}

static void misuse(void **state) {
    (void)state;
    resume_session *session = session_of("gotls_tls12");
    uint8_t out[VECTOR_MAX];
    size_t len = 0;
    const uint8_t chain[] = {0, 0, 0};
    const uint8_t odd[] = {0, 0, 9};
    assert_int_equal(resume_session_from_gotls(NULL, 1, &session), RESUME_E_INVALID);
    assert_int_equal(resume_session_from_gotls(out, 1, NULL), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_gotls(NULL, 1, NULL, 0, out, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_gotls(session, 0, NULL, 0, out, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_gotls(session, 3, NULL, 0, out, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_gotls(session, 1, NULL, 3, out, 1, &len), RESUME_E_INVALID);
    assert_int_equal(resume_session_to_gotls(session, 1, chain, 3, out, 1, &len),
                     RESUME_E_INVALID); /* chains of no certificate */
    resume_session_unref(session);
    session = session_of("gotls_tls12_client");
    assert_int_equal(resume_session_to_gotls(session, 1, odd, 3, out, 1, &len), RESUME_E_INVALID);
    resume_session_unref(session);
}

static void without_memory(void **state) { /* I-95 */
    (void)state;
    struct vector vector = vector_of("gotls_tls12_client");
    resume_session *session = session_of("gotls_tls12_client");
    bool failed = true;
    for (unsigned nth = 1; failed; nth++) {
        resume_session *again = NULL;
        size_t len = 0;
        rsm_alloc_fail_once(nth);
        resume_status reading = resume_session_from_gotls(vector.data, vector.len, &again);
        resume_status writing =
            resume_session_to_gotls(session, RESUME_GOTLS_LAYOUT_2, NULL, 0, NULL, 0, &len);
        failed = reading != RESUME_OK || writing != RESUME_OK;
        assert_true(reading == RESUME_OK || reading == RESUME_E_NOMEM);
        assert_true(writing == RESUME_OK || writing == RESUME_E_NOMEM);
        resume_session_unref(again);
    }
    rsm_alloc_fail_once(0);
    resume_session_unref(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gos_own_bytes_come_back),
        cmocka_unit_test(extended_master_secret_is_of_tls12_alone),
        cmocka_unit_test(a_clients_chain_and_extra),
        cmocka_unit_test(layout_1_ends_before_the_group),
        cmocka_unit_test(what_has_no_field_travels_in_extra),
        cmocka_unit_test(suites_that_go_lacks),
        cmocka_unit_test(each_field_is_checked),
        cmocka_unit_test(damage),
        cmocka_unit_test(misuse),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
