/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a session: what the setters take, what no session can have, and reuse. That the
 * decision is the same as on a resume_session is in test_decision.c, rule by rule.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/facts.h"

static const uint8_t secret[65] = {1};
static const uint8_t zeros[48];

/* All that is needed, for a version. */
static resume_facts *facts_of(uint16_t version) {
    resume_facts *facts = NULL;
    OK(resume_facts_new(&facts));
    OK(resume_facts_set_version(facts, version));
    OK(resume_facts_set_cipher_suite(facts, version == TLS13 ? 0x1301 : 0xC02F));
    OK(resume_facts_set_secret(facts, secret, 48));
    OK(resume_facts_set_created(facts, NOW));
    OK(resume_facts_set_lifetime(facts, 300));
    return facts;
}

static bool are_good(const resume_facts *facts) {
    struct rsm_facts good = {0};
    return rsm_facts_are_good(facts, &good);
}

static void assert_knows_nothing(const resume_facts *facts) {
    const struct rsm_facts *told = &facts->told;
    assert_int_equal(told->version, 0);
    assert_int_equal(told->cipher_suite, 0);
    assert_int_equal(told->compression, 0);
    assert_false(told->extended_master_secret);
    assert_false(told->not_resumable);
    assert_false(told->has_certificate);
    assert_int_equal(told->verify_result, 0);
    assert_int_equal(told->lifetime, 0);
    assert_int_equal(told->created, 0);
    assert_int_equal(told->authenticated, 0);
    assert_null(told->server_name);
    assert_int_equal(told->server_name_len, 0);
    assert_null(told->context);
    assert_int_equal(told->context_len, 0);
    assert_int_equal(facts->secret_len, 0);
    assert_false(facts->has_created);
    assert_false(facts->has_authenticated);
}

static void new_knows_nothing(void **state) {
    (void)state;
    resume_facts *facts = NULL;
    OK(resume_facts_new(&facts));
    assert_knows_nothing(facts);
    assert_false(are_good(facts));
    resume_facts_unref(facts);
}

/* I-95: no memory is an answer, and the output stays as it was. */
static void I_95_new_without_memory(void **state) {
    (void)state;
    resume_facts *facts = NULL;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_facts_new(&facts), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_null(facts);
}

/* I-166: a cleared object can be used again, and nothing of the last session is left. */
static void I_166_reset_forgets_everything(void **state) {
    (void)state;
    resume_facts *facts = facts_of(TLS12);
    OK(resume_facts_set_compression(facts, 1));
    OK(resume_facts_set_extended_master_secret(facts, true));
    OK(resume_facts_set_resumable(facts, false));
    OK(resume_facts_set_authenticated(facts, NOW));
    OK(resume_facts_set_client_certificate(facts, true, 7));
    OK(resume_facts_set_server_name(facts, (const uint8_t *)"a.example", 9));
    OK(resume_facts_set_context(facts, some_context, sizeof some_context));
    OK(resume_facts_reset(facts));
    assert_knows_nothing(facts);
    resume_facts_unref(facts);
}

static void null_is_invalid(void **state) {
    (void)state;
    assert_int_equal(resume_facts_new(NULL), RESUME_E_INVALID);
    assert_null(resume_facts_ref(NULL));
    assert_null(resume_facts_unref(NULL));
    assert_int_equal(resume_facts_reset(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_version(NULL, TLS12), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_cipher_suite(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_compression(NULL, 0), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_secret(NULL, secret, 48), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_extended_master_secret(NULL, true), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_resumable(NULL, true), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_created(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_authenticated(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_lifetime(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_server_name(NULL, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_context(NULL, secret, 1), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_client_certificate(NULL, true, 0), RESUME_E_INVALID);
}

/* I-156: lengths beyond the arrays of any session are refused, and change nothing. */
static void I_156_lengths_are_checked(void **state) {
    (void)state;
    static const uint8_t name[256] = "a.example";
    resume_facts *facts = facts_of(TLS12);
    OK(resume_facts_set_server_name(facts, name, 255));
    assert_int_equal(resume_facts_set_server_name(facts, name, 256), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_server_name(facts, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(facts->told.server_name_len, 255);
    OK(resume_facts_set_context(facts, name, 32));
    assert_int_equal(resume_facts_set_context(facts, name, 33), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_context(facts, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(facts->told.context_len, 32);
    assert_int_equal(resume_facts_set_secret(facts, secret, 65), RESUME_E_INVALID);
    assert_int_equal(resume_facts_set_secret(facts, NULL, 1), RESUME_E_INVALID);
    assert_int_equal(facts->secret_len, 48);
    assert_int_equal(resume_facts_set_client_certificate(facts, true, -1), RESUME_E_INVALID);
    assert_false(facts->told.has_certificate);
    OK(resume_facts_set_server_name(facts, NULL, 0));
    assert_null(facts->told.server_name);
    resume_facts_unref(facts);
}

/* I-11, I-156: secrets of zeros or of a length that the version does not have make no session. */
static void I_11_secret_must_fit(void **state) {
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        resume_facts *tls12 = facts_of(TLS12);
        resume_facts *tls13 = facts_of(TLS13);
        OK(resume_facts_set_secret(tls12, secret, len));
        OK(resume_facts_set_secret(tls13, secret, len));
        assert_int_equal(are_good(tls12), len == 48);
        assert_int_equal(are_good(tls13), len == 32 || len == 48);
        OK(resume_facts_set_secret(tls12, zeros, len < 48 ? len : 48));
        assert_false(are_good(tls12));
        resume_facts_unref(tls12);
        resume_facts_unref(tls13);
    }
}

static void spoil(unsigned which, resume_facts *facts) {
    switch (which) {
    case 0:
        OK(resume_facts_set_version(facts, 0x0302));
        return;
    case 1:
        OK(resume_facts_set_version(facts, 0x0305));
        return;
    case 2:
        OK(resume_facts_set_cipher_suite(facts, 0));
        return;
    case 3:
        OK(resume_facts_set_lifetime(facts, 0));
        return;
    case 4:
        facts->has_created = false;
        return;
    default:
        OK(resume_facts_set_server_name(facts, (const uint8_t *)"a\0b", 3));
        return;
    }
}

/* I-156: what resume_session_new() refuses is no session here either. */
static void I_156_no_such_session(void **state) {
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        resume_facts *tls12 = facts_of(TLS12);
        resume_facts *tls13 = facts_of(TLS13);
        assert_true(are_good(tls12));
        assert_true(are_good(tls13));
        spoil(i, tls12);
        spoil(i, tls13);
        assert_false(are_good(tls12));
        assert_false(are_good(tls13));
        resume_facts_unref(tls12);
        resume_facts_unref(tls13);
    }
    resume_facts *tls13 = facts_of(TLS13);
    OK(resume_facts_set_extended_master_secret(tls13, true));
    assert_false(are_good(tls13));
    resume_facts_unref(tls13);
}

/* I-36: without a time of its own, authentication was when the session was made. */
static void I_36_authenticated_by_default(void **state) {
    (void)state;
    struct rsm_facts good = {0};
    resume_facts *facts = facts_of(TLS12);
    assert_true(rsm_facts_are_good(facts, &good));
    assert_int_equal(good.authenticated, NOW);
    OK(resume_facts_set_authenticated(facts, 0));
    assert_true(rsm_facts_are_good(facts, &good));
    assert_int_equal(good.authenticated, 0);
    resume_facts_unref(facts);
}

static void references_count(void **state) {
    (void)state;
    resume_facts *facts = facts_of(TLS12);
    assert_ptr_equal(resume_facts_ref(facts), facts);
    assert_null(resume_facts_unref(facts));
    assert_true(are_good(facts)); /* still there */
    resume_facts_unref(facts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_knows_nothing),
        cmocka_unit_test(I_95_new_without_memory),
        cmocka_unit_test(I_166_reset_forgets_everything),
        cmocka_unit_test(null_is_invalid),
        cmocka_unit_test(I_156_lengths_are_checked),
        cmocka_unit_test(I_11_secret_must_fit),
        cmocka_unit_test(I_156_no_such_session),
        cmocka_unit_test(I_36_authenticated_by_default),
        cmocka_unit_test(references_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
