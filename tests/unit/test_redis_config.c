/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redis URLs: login, place, database, prefix; and no mistake shows a password.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/redis_config.h"

#include <string.h>

static char why[RSM_WHY_SIZE];

static resume_status config_of(const char *text, struct rsm_redis_config *config) {
    struct rsm_url url;
    memset(config, 0, sizeof *config);
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_OK);
    resume_status status = rsm_redis_config_read(&url, why, config);
    rsm_url_free(&url);
    return status;
}

static void test_good_ones(void **state) {
    (void)state;
    /* URL, host, port, user, password, db, prefix */
    const char *cases[][7] = {
        {"redis://cache", "cache", "6379", "", "", "", "resume:"},
        {"redis://cache:7/3", "cache", "7", "", "", "3", "resume:"},
        {"redis://cache/", "cache", "6379", "", "", "", "resume:"},
        {"redis://:pw@cache", "cache", "6379", "", "pw", "", "resume:"},
        {"redis://me:pw@cache:7/0?prefix=a:", "cache", "7", "me", "pw", "0", "a:"},
        {"redis://me:p%40w%2F%3A%3F@cache/1", "cache", "6379", "me", "p@w/:?", "1", "resume:"},
        {"redis://cache?db=15&prefix=", "cache", "6379", "", "", "15", ""},
        {"redis:?unix=/run/r.sock&db=2", "", "", "", "", "2", "resume:"},
        {"redis://me:pw@?unix=/run/r.sock", "", "", "me", "pw", "", "resume:"},
        {"redis+unix:///run/r.sock", "", "", "", "", "", "resume:"},
        {"redis+unix://me:pw@/run/r.sock?db=4", "", "", "me", "pw", "4", "resume:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsm_redis_config c;
        assert_int_equal(config_of(cases[i][0], &c), RESUME_OK);
        assert_string_equal(c.dial.host, cases[i][1]);
        assert_string_equal(c.dial.port, cases[i][2]);
        assert_string_equal(c.user, cases[i][3]);
        assert_string_equal(c.password, cases[i][4]);
        assert_string_equal(c.db, cases[i][5]);
        assert_string_equal(c.prefix, cases[i][6]);
        if (!cases[i][2][0]) {
            assert_string_equal(((struct sockaddr_un *)&c.dial.addresses[0].to)->sun_path,
                                "/run/r.sock");
        }
        rsm_dial_destroy(&c.dial);
    }
}

static void test_bad_ones(void **state) {
    (void)state;
    char long_login[700] = "redis://:";
    memset(long_login + 9, 'p', 600);
    strcpy(long_login + 609, "@h");
    const char *cases[][2] = {
        {"redis:", "without a server"},
        {"redis:cache", "without a server"},
        {"redis+unix:/run/x", "without a server"},
        {"redis+unix://run/x", "Unix socket"},
        {"redis://", "not a host"},
        {"redis://me:pw@", "not a host"},
        {"redis://hidden@cache", "user:password@"},
        {"redis://hidden:@cache", "user:password@"},
        {long_login, "longer than 512"},
        {"redis://cache/zero", "database"},
        {"redis://cache/1000000", "database"},
        {"redis://cache?db=", "database"},
        {"redis://cache?unix=/x", "beside"},
        {"redis+unix:///y?unix=/x", "beside"},
        {"redis://cache?prefix=%01", "printable"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsm_redis_config c;
        assert_int_equal(config_of(cases[i][0], &c), RESUME_E_INVALID);
        assert_non_null(strstr(why, cases[i][1]));
        assert_null(strstr(why, "hidden"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_ones),
        cmocka_unit_test(test_bad_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
