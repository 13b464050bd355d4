/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's options: bounds, and the text that says what was wrong.
 */
#include "client_fixture.h"

static void expect_why(const resume_client_options *options, const char *part) {
    if (!strstr(resume_client_options_why(options), part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, resume_client_options_why(options));
    }
}

static void bounds_are_kept_and_named(void **state) {
    (void)state;
    resume_client_options *options = NULL;
    OK(resume_client_options_new(&options));
    assert_string_equal(resume_client_options_why(options), "");
    assert_int_equal(resume_client_options_set_max_sessions(options, 0), RESUME_E_INVALID);
    expect_why(options, "sessions: 0");
    assert_int_equal(
        resume_client_options_set_max_sessions(options, RESUME_CLIENT_SESSIONS_MAX + 1),
        RESUME_E_INVALID);
    expect_why(options, "1048577");
    OK(resume_client_options_set_max_sessions(options, RESUME_CLIENT_SESSIONS_MAX));
    assert_string_equal(resume_client_options_why(options), "");
    assert_int_equal(resume_client_options_set_max_bytes(options, 4095), RESUME_E_INVALID);
    expect_why(options, "4096");
    assert_int_equal(resume_client_options_set_max_bytes(options, UINT64_MAX), RESUME_E_INVALID);
    OK(resume_client_options_set_max_bytes(options, RESUME_CLIENT_BYTES_MAX));
    assert_int_equal(resume_client_options_set_max_tickets(options, 0), RESUME_E_INVALID);
    assert_int_equal(resume_client_options_set_max_tickets(options, 65), RESUME_E_INVALID);
    expect_why(options, "tickets of one peer: 65");
    OK(resume_client_options_set_max_tickets(options, 64));
    resume_client *client = NULL;
    OK(resume_client_new(options, &client));
    resume_client_options_unref(options);
    resume_client_unref(client);
}

static void a_change_after_making_has_no_effect(void **state) {
    (void)state;
    resume_client_options *options = NULL;
    resume_policy *policy = NULL;
    resume_client *client = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_lifetime(policy, TLS13, 50));
    OK(resume_client_options_new(&options));
    OK(resume_client_options_set_policy(options, policy));
    OK(resume_client_options_set_policy(options, policy));
    OK(resume_client_new(options, &client));
    OK(resume_policy_set_lifetime(policy, TLS13, 60));
    assert_int_equal(resume_policy_lifetime(resume_client_policy(client), TLS13), 50);
    assert_null(resume_client_options_unref(options));
    resume_policy_unref(policy);
    resume_client_unref(client);
}

static void misuse_is_refused(void **state) {
    (void)state;
    resume_client_options *options = NULL;
    assert_int_equal(resume_client_options_new(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_client_options_set_max_sessions(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_client_options_set_max_bytes(NULL, 8192), RESUME_E_INVALID);
    assert_int_equal(resume_client_options_set_max_tickets(NULL, 1), RESUME_E_INVALID);
    OK(resume_client_options_new(&options));
    assert_int_equal(resume_client_options_set_policy(options, NULL), RESUME_E_INVALID);
    assert_string_equal(resume_client_options_why(NULL), "");
    assert_null(resume_client_options_unref(NULL));
    resume_client_options_unref(options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_are_kept_and_named),
        cmocka_unit_test(a_change_after_making_has_no_effect),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
