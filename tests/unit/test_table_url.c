/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes of tables from URLs: what is read, what is added, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/table_url.h"

#include <stdio.h>
#include <string.h>

static resume_status wish(const char *text, struct rsm_table_wishes *wishes, char *why) {
    struct rsm_url url;
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_OK);
    resume_status status = rsm_table_wishes_read(&url, RSM_TABLE_RECORD, why, wishes);
    if (status == RESUME_OK) {
        status = rsm_url_done(&url, "bytes, count, ttl, shards", why);
    }
    rsm_url_free(&url);
    return status;
}

static void test_what_is_said_is_taken(void **state) {
    (void)state;
    char why[RSM_WHY_SIZE] = "";
    struct rsm_table_wishes w;
    assert_int_equal(wish("x:?bytes=3M&count=900&ttl=2h&shards=8", &w, why), RESUME_OK);
    assert_int_equal(w.bytes, 3 << 20);
    assert_int_equal(w.count, 900);
    assert_int_equal(w.ttl_ms, 7200000);
    assert_int_equal(w.shards, 8);
    struct rsm_table_config config = rsm_table_wishes_config(&w);
    assert_int_equal(config.bytes, 3 << 20);
    assert_int_equal(config.count, 900);
    assert_int_equal(config.shards, 8);
    assert_int_equal(config.key[0], 0);
}

/* Whatever is left out, the outcome is a table that can be made and holds what was asked for. */
static void test_what_is_left_out_is_added(void **state) {
    (void)state;
    char why[RSM_WHY_SIZE] = "";
    struct rsm_table_wishes w;
    assert_int_equal(wish("x:", &w, why), RESUME_OK);
    assert_int_equal(w.bytes, 64 << 20);
    assert_int_equal(w.shards, 64);
    assert_int_equal(w.ttl_ms, UINT64_MAX);
    assert_int_equal(wish("x:?bytes=3M", &w, why), RESUME_OK);
    assert_int_equal(w.shards, 2);
    assert_int_equal(wish("x:?bytes=16K", &w, why), RESUME_OK);
    assert_int_equal(w.shards, 1);
    for (uint64_t count = 1; count <= 10000000; count *= 10) {
        char url[64];
        snprintf(url, sizeof url, "x:?count=%llu", (unsigned long long)count);
        assert_int_equal(wish(url, &w, why), RESUME_OK);
        assert_int_equal(w.bytes, rsm_table_bytes_for(count, RSM_TABLE_RECORD));
        assert_true(w.shards == 1 || count / w.shards >= 256);
        struct rsm_table_config config = rsm_table_wishes_config(&w);
        assert_in_range(rsm_table_region_size(&config), w.bytes - 128 * w.shards, w.bytes);
    }
}

static void test_what_cannot_be_is_refused(void **state) {
    (void)state;
    const char *cases[][2] = {
        {"x:?bytes=0", "more than 0"},
        {"x:?count=0", "more than 0"},
        {"x:?ttl=0s", "more than 0"},
        {"x:?shards=0", "more than 0"},
        {"x:?bytes=1", "too small"},
        {"x:?bytes=16383", "too small"},
        {"x:?bytes=64K&shards=8", "too small"},
        {"x:?shards=3", "power of two up to 256"},
        {"x:?shards=512", "power of two up to 256"},
        {"x:?count=3&shards=4", "less than one for each"},
        {"x:?bytes=1M&bytes=2M", "repeated"},
        {"x:?ttl=5", "not a duration"},
        {"x:?size=1M", "known: bytes, count, ttl, shards"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[RSM_WHY_SIZE] = "";
        struct rsm_table_wishes w;
        assert_int_equal(wish(cases[i][0], &w, why), RESUME_E_INVALID);
        if (!strstr(why, cases[i][1])) {
            fail_msg("%s: \"%s\" lacks \"%s\"", cases[i][0], why, cases[i][1]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_taken),
        cmocka_unit_test(test_what_is_left_out_is_added),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
