/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of all remote stores: defaults, borders, and mistakes that are named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/remote_url.h"

#include <string.h>

static char why[RSM_WHY_SIZE];

static resume_status settings_of(const char *text, struct rsm_remote_settings *settings) {
    struct rsm_url url;
    why[0] = '\0';
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_OK);
    resume_status status = rsm_remote_settings_read(&url, why, settings);
    if (status == RESUME_OK) {
        status = rsm_remote_url_done(&url, "own, ", why);
    }
    rsm_url_free(&url);
    return status;
}

static void test_defaults_and_values(void **state) {
    (void)state;
    struct rsm_remote_settings s;
    assert_int_equal(settings_of("x://h", &s), RESUME_OK);
    assert_int_equal(s.timeout_us, 20000);
    assert_int_equal(s.pool, 8);
    assert_int_equal(s.queue_bytes, 4U << 20);
    assert_int_equal(s.queue_slots, 4096);
    assert_int_equal(s.record_max, 65535);
    assert_int_equal(settings_of("x://h?timeout=10s&pool=64&queue=0&max=256", &s), RESUME_OK);
    assert_int_equal(s.timeout_us, 10000000);
    assert_int_equal(s.pool, 64);
    assert_int_equal(s.queue_bytes, 0);
    assert_int_equal(s.record_max, 256);
    assert_int_equal(settings_of("x://h?timeout=1ms&pool=1&queue=128K", &s), RESUME_OK);
    assert_int_equal(s.queue_slots, 128);
}

static void test_mistakes(void **state) {
    (void)state;
    const char *cases[][2] = {
        {"x://h?timeout=0ms", "timeout=0ms of x: is not between 1 and 10000"},
        {"x://h?timeout=10001ms", "10001ms"},
        {"x://h?timeout=20", "is not a duration"},
        {"x://h?pool=0", "pool=0"},
        {"x://h?pool=65", "pool=65"},
        {"x://h?queue=127K", "at least 128K"},
        {"x://h?queue=2G", "queue=2G"},
        {"x://h?max=255", "max=255"},
        {"x://h?max=64K", "max=64K"},
        {"x://h?pool=1&pool=1", "repeated"},
        {"x://h?what=1", "known: own, secret, timeout, pool, queue, max"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsm_remote_settings s;
        assert_int_equal(settings_of(cases[i][0], &s), RESUME_E_INVALID);
        assert_non_null(strstr(why, cases[i][1]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_and_values),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
