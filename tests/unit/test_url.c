/* SPDX-License-Identifier: Apache-2.0 */
/* The URLs that configure keyrings and stores: parts, escapes, units, and errors that say why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/url.h"

#include <string.h>

static char why[RSM_WHY_SIZE];

static struct rsm_url parse(const char *text) {
    struct rsm_url url;
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_OK);
    return url;
}

static void refused(const char *text, const char *word) {
    struct rsm_url url;
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_E_INVALID);
    assert_non_null(strstr(why, word));
}

static void test_parts(void **state) {
    (void)state;
    struct rsm_url url = parse("file:/etc/a%20b.key?dialect=nginx&old=/x&old=%2Fy&empty=");
    assert_string_equal(url.scheme, "file");
    assert_string_equal(url.path, "/etc/a b.key");
    assert_string_equal(rsm_url_param(&url, "dialect"), "nginx");
    assert_string_equal(rsm_url_param(&url, "old"), "/x");
    assert_string_equal(rsm_url_param(&url, "old"), "/y");
    assert_null(rsm_url_param(&url, "old"));
    assert_string_equal(rsm_url_param(&url, "empty"), "");
    assert_int_equal(rsm_url_done(&url, "dialect, old", why), RESUME_OK);
    rsm_url_free(&url);
    url = parse("random:");
    assert_string_equal(url.path, "");
    assert_int_equal(url.param_count, 0);
    rsm_url_free(&url);
}

static void test_broken_urls(void **state) {
    (void)state;
    refused("", "scheme");
    refused("random", "scheme");
    refused(":x", "scheme");
    refused("file:%", "escape");
    refused("file:%4", "escape");
    refused("file:%zz", "escape");
    refused("file:a%00b", "escape");
    refused("memory:?bytes", "key=value");
    refused("memory:?=1", "key=value");
    refused("m:?a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1", "more than");
}

static void test_unknown_parameters_are_named(void **state) {
    (void)state;
    struct rsm_url url = parse("memory:?bites=64M");
    assert_int_equal(rsm_url_done(&url, "bytes, count", why), RESUME_E_INVALID);
    assert_non_null(strstr(why, "bites"));
    assert_non_null(strstr(why, "bytes, count"));
    rsm_url_free(&url);
}

static void test_units(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_int_equal(rsm_parse_bytes("64M", &value, why), RESUME_OK);
    assert_true(value == 64ULL << 20);
    assert_int_equal(rsm_parse_bytes("65536", &value, why), RESUME_OK);
    assert_true(value == 65536);
    assert_int_equal(rsm_parse_duration("20ms", &value, why), RESUME_OK);
    assert_true(value == 20);
    assert_int_equal(rsm_parse_duration("12h", &value, why), RESUME_OK);
    assert_true(value == 43200000);
    assert_int_equal(rsm_parse_duration("7d", &value, why), RESUME_OK);
    assert_true(value == 604800000);
    assert_int_equal(rsm_parse_count("18446744073709551615", &value, why), RESUME_OK);
    assert_true(value == UINT64_MAX);
}

/* I-74: too large is refused, never wrapped; a refused value leaves the output alone. */
static void test_broken_values(void **state) {
    (void)state;
    static const char *const broken[] = {"",
                                         "M",
                                         "-1",
                                         " 1",
                                         "1 ",
                                         "1m",
                                         "64MB",
                                         "1.5G",
                                         "18446744073709551616",
                                         "18446744073709551615K"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        uint64_t value = 77;
        assert_int_equal(rsm_parse_bytes(broken[i], &value, why), RESUME_E_INVALID);
        assert_true(value == 77);
        assert_non_null(strstr(why, "size"));
    }
    uint64_t value = 77;
    assert_int_equal(rsm_parse_duration("12", &value, why), RESUME_E_INVALID);
    assert_int_equal(rsm_parse_duration("12w", &value, why), RESUME_E_INVALID);
    assert_int_equal(rsm_parse_count("1K", &value, why), RESUME_E_INVALID);
    assert_true(value == 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_broken_urls),
        cmocka_unit_test(test_unknown_parameters_are_named),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_broken_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
