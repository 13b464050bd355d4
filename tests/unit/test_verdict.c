/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a verdict: what each call gives for each state of one. How verdicts come about is in
 * test_server_offer.c.
 */
#include "server_fixture.h"

#include "base/alloc.h"
#include "core/verdict.h"

static void a_new_one_is_a_full_handshake(void **state) {
    (void)state;
    resume_verdict *verdict = rsm_verdict_new();
    size_t len = 99;
    assert_int_equal(resume_verdict_status(verdict), RESUME_FULL);
    assert_int_equal(resume_verdict_reason(verdict), RESUME_REASON_FAILED);
    assert_int_equal(resume_verdict_path(verdict), RESUME_PATH_NONE);
    assert_null(resume_verdict_session(verdict));
    assert_false(resume_verdict_new_session_ticket(verdict));
    assert_int_equal(resume_verdict_lifetime_hint(verdict), 0);
    assert_false(resume_verdict_extended_master_secret(verdict));
    assert_int_equal(resume_verdict_alert(verdict), 0);
    assert_non_null(resume_verdict_session_id(verdict, &len));
    assert_int_equal(len, 0);
    len = 99;
    assert_non_null(resume_verdict_context(verdict, &len));
    assert_int_equal(len, 0);
    resume_verdict_unref(verdict);
}

static void it_gives_what_was_put_in(void **state) {
    (void)state;
    struct recipe recipe = recipe_of(TLS12);
    resume_verdict *verdict = rsm_verdict_new();
    size_t len = 0;
    verdict->status = RESUME_RENEW;
    verdict->reason = RESUME_REASON_RENEWED;
    verdict->path = RESUME_PATH_TLS12_TICKET;
    verdict->session = session_of(&recipe);
    verdict->lifetime_hint = 7;
    verdict->extended_master_secret = true;
    memcpy(verdict->session_id, some_id, 16);
    verdict->session_id_len = 16;
    memcpy(verdict->context.data, some_context, sizeof some_context);
    verdict->context.len = sizeof some_context;
    assert_int_equal(resume_verdict_status(verdict), RESUME_RENEW);
    assert_int_equal(resume_verdict_reason(verdict), RESUME_REASON_RENEWED);
    assert_int_equal(resume_verdict_path(verdict), RESUME_PATH_TLS12_TICKET);
    assert_ptr_equal(resume_verdict_session(verdict), verdict->session);
    assert_true(resume_verdict_new_session_ticket(verdict));
    assert_int_equal(resume_verdict_lifetime_hint(verdict), 7);
    assert_true(resume_verdict_extended_master_secret(verdict));
    assert_memory_equal(resume_verdict_session_id(verdict, &len), some_id, 16);
    assert_int_equal(len, 16);
    assert_memory_equal(resume_verdict_context(verdict, &len), some_context, len);
    assert_int_equal(len, sizeof some_context);
    resume_verdict_unref(verdict);
}

/* The alert is RFC 7627's, and no other outcome has one. */
static void only_an_abort_has_an_alert(void **state) {
    (void)state;
    static const resume_status others[] = {RESUME_OK, RESUME_RENEW, RESUME_FULL};
    resume_verdict *verdict = rsm_verdict_new();
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        verdict->status = others[i];
        assert_int_equal(resume_verdict_alert(verdict), 0);
    }
    verdict->status = RESUME_ABORT;
    assert_int_equal(resume_verdict_alert(verdict), 40);
    resume_verdict_unref(verdict);
}

/* I-173: it and its session may be dropped in any order. */
static void references(void **state) {
    (void)state;
    struct recipe recipe = recipe_of(TLS12);
    resume_verdict *verdict = rsm_verdict_new();
    verdict->session = session_of(&recipe);
    resume_session *kept = resume_session_ref(verdict->session);
    assert_ptr_equal(resume_verdict_ref(verdict), verdict);
    assert_null(resume_verdict_unref(verdict));
    assert_ptr_equal(resume_verdict_session(verdict), kept);
    assert_null(resume_verdict_unref(verdict));
    assert_int_equal(resume_session_version(kept), TLS12);
    resume_session_unref(kept);
}

static void without_memory(void **state) {
    (void)state;
    rsm_alloc_fail_from(1);
    resume_verdict *verdict = rsm_verdict_new();
    rsm_alloc_fail_from(0);
    assert_null(verdict);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_one_is_a_full_handshake),
        cmocka_unit_test(it_gives_what_was_put_in),
        cmocka_unit_test(only_an_abort_has_an_alert),
        cmocka_unit_test(references),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
