/* SPDX-License-Identifier: Apache-2.0 */
/* Names of statuses and what the library says of itself: every value has a name of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <resume/abi.h>

#include <stdio.h>
#include <string.h>

static void test_every_status_has_its_own_name(void **state) {
    (void)state;
    for (resume_status a = RESUME_E_UNSUPPORTED; a <= RESUME_MORE; a++) {
        assert_string_not_equal(resume_status_name(a), "unknown status");
        for (resume_status b = RESUME_E_UNSUPPORTED; b < a; b++) {
            assert_string_not_equal(resume_status_name(a), resume_status_name(b));
        }
    }
    assert_string_equal(resume_status_name(RESUME_E_UNSUPPORTED - 1), "unknown status");
    assert_string_equal(resume_status_name(RESUME_MORE + 1), "unknown status");
}

static void test_version_as_number_and_text_agree(void **state) {
    (void)state;
    char text[32];
    uint32_t version = resume_abi_version();
    snprintf(text, sizeof text, "%u.%u.%u", version / 10000, version / 100 % 100, version % 100);
    assert_string_equal(resume_abi_version_text(), text);
}

static void test_features(void **state) {
    (void)state;
    assert_true(resume_abi_has("frame-rfc5077") && resume_abi_has("store-memory"));
    assert_false(resume_abi_has("frame") || resume_abi_has("") || resume_abi_has(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_status_has_its_own_name),
        cmocka_unit_test(test_version_as_number_and_text_agree),
        cmocka_unit_test(test_features),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
