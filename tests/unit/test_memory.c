/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: as its URL describes it: bounds, defaults, limit of time, and the words of its errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#include "base/alloc.h"
#include "store/table.h"

#include <stdio.h>

static resume_status put(resume_store *store, uint64_t n, uint64_t expires_ms, uint64_t now_ms) {
    uint8_t id[32] = {0};
    uint8_t data[200] = {0};
    memcpy(id, &n, sizeof n);
    memcpy(data, &n, sizeof n);
    return resume_store_put_record(store, id, sizeof id, data, sizeof data, expires_ms, now_ms);
}

/* The whole region is inside the bytes asked for, whatever their number and the shards'. */
static void test_bytes_are_the_bound(void **state) {
    (void)state;
    const struct {
        const char *url;
        uint64_t bytes;
    } cases[] = {{"memory:", 64 << 20},
                 {"memory:?bytes=16K", 16 << 10},
                 {"memory:?bytes=1000001", 1000001},
                 {"memory:?bytes=3M&shards=2", 3 << 20},
                 {"memory:?bytes=100M&shards=256", 100 << 20}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = make_store(cases[i].url);
        uint64_t bytes = stat_of(store, RESUME_STORE_CAPACITY_BYTES);
        assert_true(bytes <= cases[i].bytes);
        assert_true(bytes + 256 * 128 > cases[i].bytes);
        assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 0);
        assert_int_equal(stat_of(store, RESUME_STORE_BYTES), 0);
        resume_store_unref(store);
    }
}

/* I-79, I-96: a full store holds a session of 200 bytes in at most 285, and no more of them
 * than its bytes allow. */
static void test_bytes_for_each_entry(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=4M");
    for (uint64_t n = 0; n < 40000; n++) {
        assert_int_equal(put(store, n, NOW + 1, NOW), RESUME_OK);
    }
    uint64_t entries = stat_of(store, RESUME_STORE_ENTRIES);
    uint64_t bytes = stat_of(store, RESUME_STORE_CAPACITY_BYTES);
    assert_true(bytes / entries <= 285);
    assert_true(stat_of(store, RESUME_STORE_BYTES) <= bytes);
    assert_int_equal(stat_of(store, RESUME_STORE_EVICTIONS), 40000 - entries);
    resume_store_unref(store);
}

/* I-79: count alone makes room for as many, and is never passed; with many shards too. */
static void test_count_is_the_bound(void **state) {
    (void)state;
    const char *urls[] = {"memory:?count=1", "memory:?count=5", "memory:?count=3000",
                          "memory:?count=3000&shards=16", "memory:?count=3000&bytes=10M"};
    const uint64_t counts[] = {1, 5, 3000, 3000, 3000};
    for (size_t i = 0; i < 5; i++) {
        resume_store *store = make_store(urls[i]);
        assert_int_equal(stat_of(store, RESUME_STORE_CAPACITY_ENTRIES), counts[i]);
        for (uint64_t n = 0; n < 3 * counts[i]; n++) {
            assert_int_equal(put(store, n, NOW + 1, NOW), RESUME_OK);
            assert_true(stat_of(store, RESUME_STORE_ENTRIES) <= counts[i]);
        }
        assert_true(stat_of(store, RESUME_STORE_ENTRIES) >= counts[i] - counts[i] / 100);
        resume_store_unref(store);
    }
}

/* The store's limit of time cuts a session's, and never lengthens it. I-74: it saturates. */
static void test_ttl(void **state) {
    (void)state;
    resume_store *store = make_store("memory:?bytes=1M&ttl=90s");
    uint8_t id[32] = {0};
    uint8_t buf[200];
    size_t len = 0;
    assert_int_equal(put(store, 0, NOW + 200000, NOW), RESUME_OK);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW + 89999, buf, 200, &len),
                     RESUME_OK);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW + 90000, buf, 200, &len),
                     RESUME_EXPIRED);
    assert_int_equal(put(store, 0, NOW + 10, NOW), RESUME_OK);
    assert_int_equal(resume_store_get_record(store, id, 32, NOW + 10, buf, 200, &len),
                     RESUME_EXPIRED);
    assert_int_equal(put(store, 0, UINT64_MAX, UINT64_MAX - 1), RESUME_OK);
    resume_store_unref(store);
}

/* Every mistake is named, and what would have been right is said. */
static void test_errors_say_what_is_wrong(void **state) {
    (void)state;
    const char *cases[][2] = {
        {"memory", "no scheme"},
        {"disk://host", "unknown store \"disk:\"; known: memory: shm:"},
        {"memory:here", "no path"},
        {"memory:?size=1M", "known: bytes, count, ttl, shards"},
        {"memory:?bytes=1M&bytes=2M", "repeated"},
        {"memory:?bytes=1X", "\"1X\" is not a size"},
        {"memory:?bytes=0", "more than 0"},
        {"memory:?bytes=1K", "16384 bytes"},
        {"memory:?bytes=16000000T", "is not a size"},
        {"memory:?bytes=8000000000G", "more than can be"},
        {"memory:?count=many", "is not a count"},
        {"memory:?count=3&shards=4", "less than one for each"},
        {"memory:?ttl=90", "is not a duration"},
        {"memory:?shards=3", "power of two"},
        {"memory:?shards=512", "power of two up to 256"},
    };
    resume_store_options *options = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = NULL;
        assert_int_equal(resume_store_from_url(cases[i][0], options, &store), RESUME_E_INVALID);
        assert_null(store);
        if (!strstr(resume_store_options_why(options), cases[i][1])) {
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i][0],
                     resume_store_options_why(options), cases[i][1]);
        }
        assert_int_equal(resume_store_from_url(cases[i][0], NULL, &store), RESUME_E_INVALID);
    }
    resume_store *store = NULL;
    assert_int_equal(resume_store_from_url("memory:?bytes=1M", options, &store), RESUME_OK);
    assert_string_equal(resume_store_options_why(options), "");
    assert_string_equal(resume_store_options_why(NULL), "");
    resume_store_unref(store);
    resume_store_options_unref(options);
}

/* Options that a memory store cannot honour are refused, not forgotten. */
static void test_options_for_backends_are_refused(void **state) {
    (void)state;
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_options_set_lookup_key(options, some_id, 15), RESUME_E_INVALID);
    assert_non_null(strstr(resume_store_options_why(options), "15 bytes"));
    assert_int_equal(resume_store_options_set_lookup_key(options, some_id, 16), RESUME_OK);
    assert_int_equal(resume_store_from_url("memory:", options, &store), RESUME_E_INVALID);
    assert_non_null(strstr(resume_store_options_why(options), "no look-up key"));
    assert_null(resume_store_options_unref(options));
    assert_null(resume_store_options_unref(NULL));
}

/* I-95 */
static void test_no_memory(void **state) {
    (void)state;
    resume_store *store = NULL;
    resume_status status = RESUME_E_NOMEM;
    for (unsigned long nth = 1; status == RESUME_E_NOMEM && nth < 100; nth++) {
        rsm_alloc_fail_once(nth);
        status = resume_store_from_url("memory:?bytes=1M&ttl=9s", NULL, &store);
        rsm_alloc_fail_once(0);
        assert_true((status == RESUME_OK) == (store != NULL));
    }
    assert_int_equal(status, RESUME_OK);
    resume_store_unref(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_the_bound),
        cmocka_unit_test(test_bytes_for_each_entry),
        cmocka_unit_test(test_count_is_the_bound),
        cmocka_unit_test(test_ttl),
        cmocka_unit_test(test_errors_say_what_is_wrong),
        cmocka_unit_test(test_options_for_backends_are_refused),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
