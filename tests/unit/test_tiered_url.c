/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tiered: as a URL: which levels there may be, what they are given, and that mistakes are named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#define OK(call) assert_int_equal((call), RESUME_OK)
#define EXPIRES  (NOW + 300000U)

static resume_status put(resume_store *store) {
    return resume_store_put_record(store, some_id, 32, some_id, 32, EXPIRES, NOW);
}

static resume_status get(resume_store *store, uint64_t now_ms) {
    uint8_t data[64];
    size_t len = 0;
    return resume_store_get_record(store, some_id, 32, now_ms, data, sizeof data, &len);
}

/* The inner URLs come with their own parameters, percent-encoded. */
static void test_levels_of_memory_and_shm(void **state) {
    (void)state;
    const char *urls[] = {
        "tiered:?l1=memory:&l2=shm:",
        "tiered:?l2=shm%3A%3Fbytes%3D1M%26shards%3D2&l1=memory%3A%3Fbytes%3D1M%26count%3D100",
        "tiered:?l1=shm:?bytes=1M&l2=shm:?bytes=2M&l1_ttl=5s",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        resume_store *store = make_store(urls[i]);
        resume_session *session = make_session(some_id, 32, 7, 0, true);
        resume_session *back = NULL;
        OK(resume_store_put(store, session, NOW));
        OK(resume_store_get(store, some_id, 32, NOW, &back));
        assert_true(resume_session_equal(session, back));
        assert_int_equal(stat_of(store, RESUME_STORE_L1_HITS), 1);
        resume_session_unref(back);
        OK(resume_store_take(store, some_id, 32, NOW, &back));
        resume_session_unref(back);
        assert_int_equal(get(store, NOW), RESUME_MISS);
        resume_session_unref(session);
        resume_store_unref(store);
    }
}

static void test_parameters_reach_their_level(void **state) {
    (void)state;
    resume_store *store = make_store("tiered:?l1=memory:?bytes=1M%26count=77&l2=shm:?bytes=2M");
    assert_int_equal(stat_of(store, RESUME_STORE_CAPACITY_ENTRIES), 77);
    resume_store_unref(store);
}

/* A copy lives a minute, or as long as is asked for. */
static void test_l1_ttl(void **state) {
    (void)state;
    const struct {
        const char *url;
        uint64_t ttl_ms;
    } cases[] = {
        {"tiered:?l1=memory:?bytes=1M&l2=shm:?bytes=1M", 60000},
        {"tiered:?l1=memory:?bytes=1M&l2=shm:?bytes=1M&l1_ttl=5s", 5000},
        {"tiered:?l1=memory:?bytes=1M&l2=shm:?bytes=1M&l1_ttl=1000d", 299999},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = make_store(cases[i].url);
        OK(put(store));
        OK(get(store, NOW + cases[i].ttl_ms - 1));
        assert_int_equal(stat_of(store, RESUME_STORE_L2_HITS), 0);
        OK(get(store, NOW + cases[i].ttl_ms));
        assert_int_equal(stat_of(store, RESUME_STORE_L2_HITS), cases[i].ttl_ms < 299999);
        assert_int_not_equal(get(store, EXPIRES), RESUME_OK);
        resume_store_unref(store);
    }
}

/* The secret is for the levels that seal; memory: is given none, and does not refuse. */
static void test_options_go_to_the_levels(void **state) {
    (void)state;
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    uint8_t secret[40];
    for (uint8_t i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)(i * 7U + 1U);
    }
    OK(resume_store_options_new(&options));
    OK(resume_store_options_set_secret(options, secret, sizeof secret));
    OK(resume_store_from_url("tiered:?l1=memory:&l2=shm:", options, &store));
    OK(put(store));
    OK(get(store, NOW));
    resume_store_unref(store);
    OK(resume_store_from_url("tiered:?l1=shm:&l2=shm:", options, &store));
    OK(put(store));
    OK(get(store, NOW));
    assert_string_equal(resume_store_options_why(options), "");
    resume_store_options_unref(options);
    resume_store_unref(store);
}

static void test_errors_say_what_is_wrong(void **state) {
    (void)state;
    const char *cases[][2] = {
        {"tiered:", "needs l1="},
        {"tiered:?l1=memory:", "needs l2="},
        {"tiered:?l2=shm:", "write tiered:?l1=memory:&l2=redis://host/0, with %26"},
        {"tiered:here?l1=memory:&l2=shm:", "takes no path, \"here\""},
        {"tiered:?l1=memory&l2=shm:", "l1 of tiered: no scheme"},
        {"tiered:?l1=memory:&l2=shm", "l2 of tiered: no scheme"},
        {"tiered:?l1=redis://host&l2=shm:", "l1 of tiered: the first level is memory: or shm:"},
        {"tiered:?l1=nosuch:&l2=shm:", "l1 of tiered: the first level is memory: or shm:"},
        {"tiered:?l1=memory:&l2=memory:", "l2 of tiered: the second level is a store that"},
        {"tiered:?l1=memory:&l2=tiered:%3Fl1=memory:%26l2=shm:",
         "l2 of tiered: the second level is a store that"},
        {"tiered:?l1=memory:&l2=nosuch:", "l2 of tiered: unknown store \"nosuch:\"; known:"},
        {"tiered:?l1=memory:?size=1M&l2=shm:",
         "l1 of tiered: unknown or repeated parameter \"size\" of memory:"},
        {"tiered:?l1=memory:&l2=shm:?bytes=1X", "l2 of tiered: \"1X\" is not a size"},
        {"tiered:?l1=memory:&l2=shm:here", "l2 of tiered: \"here\" is not an absolute path"},
        {"tiered:?l1=memory:&l2=shm:?bytes=1M&shards=2",
         "parameter \"shards\" of tiered:; known: l1, l2, l1_ttl (write %26 for every &"},
        {"tiered:?l1=memory:&l2=shm:&l2=shm:", "repeated parameter \"l2\""},
        {"tiered:?l1=memory:&l2=shm:&l1_ttl=90", "\"90\" is not a duration"},
        {"tiered:?l1=memory:&l2=shm:&l1_ttl=0s", "l1_ttl=0s of tiered: must be more than 0"},
        {"tiered:?l1=memory:&l2=shm:?timeout=fast", "l2 of tiered: \"fast\" is not a duration"},
        {"tiered:?l1=memory:&l2=shm:?timeout=1s", "parameter \"timeout\" of shm:"},
        {"tiered:?l1=memory:&l2=shm:%2", "broken percent escape"},
        {"tiered:?l1=memory:&l2=shm:%252", "l2 of tiered: broken percent escape"},
    };
    resume_store_options *options = NULL;
    OK(resume_store_options_new(&options));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = NULL;
        assert_int_equal(resume_store_from_url(cases[i][0], options, &store), RESUME_E_INVALID);
        assert_null(store);
        if (!strstr(resume_store_options_why(options), cases[i][1])) {
            fail_msg("%s: %s", cases[i][0], resume_store_options_why(options));
        }
    }
    resume_store_options_unref(options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_of_memory_and_shm),
        cmocka_unit_test(test_parameters_reach_their_level),
        cmocka_unit_test(test_l1_ttl),
        cmocka_unit_test(test_options_go_to_the_levels),
        cmocka_unit_test(test_errors_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
