/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build without hiredis knows the schemes and says what is missing. The file that stands in then
 * is taken in here, in front of the one in the archive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/redis_none.c"

#include <string.h>

static void test_it_says_what_is_missing(void **state) {
    (void)state;
    const char *urls[] = {"redis://h", "redis+unix:///run/x", "rediss://h?secret=/x"};
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(resume_store_from_url(urls[i], options, &store), RESUME_E_UNSUPPORTED);
        assert_non_null(strstr(resume_store_options_why(options), "libhiredis-dev"));
        assert_null(store);
    }
    resume_store_options_unref(options);
    struct rsm_url url;
    char why[RSM_WHY_SIZE] = "";
    void *ring = NULL;
    assert_int_equal(rsm_url_parse("redis://h", &url, why), RESUME_OK);
    assert_int_equal(rsm_keyring_redis.begin(&url, NULL, why, &ring), RESUME_E_UNSUPPORTED);
    assert_non_null(strstr(why, "libhiredis-dev"));
    rsm_url_free(&url);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_says_what_is_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
