/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcached's URLs, and how long a host that does not answer is left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/memcached_config.h"

#include <stdio.h>
#include <string.h>

static char why[RSM_WHY_SIZE];
static struct rsm_memcached_config config;

static resume_status read_url(const char *text) {
    struct rsm_url url;
    why[0] = '\0';
    assert_int_equal(rsm_url_parse(text, &url, why), RESUME_OK);
    resume_status status = rsm_memcached_config_read(&url, why, &config);
    if (status == RESUME_OK) {
        status = rsm_url_done(&url, "prefix, unix", why);
    }
    rsm_url_free(&url);
    return status;
}

static void refused(const char *text, const char *word) {
    assert_int_equal(read_url(text), RESUME_E_INVALID);
    assert_non_null(strstr(why, word));
    assert_int_equal(config.count, 0);
}

static void hosts_and_sockets(void **state) {
    (void)state;
    char host[RSM_DIAL_HOST_MAX + 1];
    unsigned port = 0;
    assert_int_equal(read_url("memcached://127.0.0.1,[::1]:11212?prefix=app:"), RESUME_OK);
    assert_int_equal(config.count, 2);
    assert_string_equal(config.prefix, "app:");
    assert_true(rsm_dial_text(&config.hosts[0].dial, 0, host, &port));
    assert_string_equal(host, "127.0.0.1");
    assert_int_equal(port, 11211);
    assert_true(rsm_dial_text(&config.hosts[1].dial, 0, host, &port));
    assert_string_equal(host, "::1");
    assert_int_equal(port, 11212);
    rsm_memcached_config_destroy(&config);
    assert_int_equal(read_url("memcached:?unix=/run/memcached.sock"), RESUME_OK);
    assert_string_equal(config.path, "/run/memcached.sock");
    assert_string_equal(config.prefix, "resume:");
    rsm_memcached_config_destroy(&config);
}

static void what_is_refused_and_why(void **state) {
    (void)state;
    char many[400] = "memcached://127.0.0.1";
    refused("memcached:", "write memcached://");
    refused("memcached://", "write memcached://");
    refused("memcached:host", "write memcached://");
    refused("memcached://h?unix=/run/x", "hosts or a socket");
    refused("memcached:?unix=relative", "not the path");
    refused("memcached://h,,i", "not a host");
    refused("memcached://h:0", "not a host");
    refused("memcached://h?prefix=a%20b", "prefix");
    for (int i = 0; i < RSM_MEMCACHED_HOSTS; i++) {
        strcat(many, ",127.0.0.1");
    }
    refused(many, "more than 16");
}

static void a_host_that_does_not_answer(void **state) {
    (void)state;
    const uint64_t s = 1000000;
    assert_int_equal(read_url("memcached://127.0.0.1,127.0.0.2"), RESUME_OK);
    assert_true(rsm_memcached_host_up(&config.hosts[0], 10 * s));
    assert_false(rsm_memcached_told(&config, 0, false, 10 * s));
    assert_false(rsm_memcached_host_up(&config.hosts[0], 11 * s - 1));
    assert_true(rsm_memcached_host_up(&config.hosts[0], 11 * s));
    assert_true(rsm_memcached_host_up(&config.hosts[1], 10 * s));
    assert_false(rsm_memcached_told(&config, 0, false, 11 * s)); /* twice as long now */
    assert_false(rsm_memcached_host_up(&config.hosts[0], 13 * s - 1));
    assert_true(rsm_memcached_told(&config, 1, false, 12 * s)); /* that was the last */
    assert_false(rsm_memcached_told(&config, 0, true, 0));
    assert_true(rsm_memcached_host_up(&config.hosts[0], 12 * s));
    for (uint64_t now = 20 * s; now < 2000 * s; now += 100 * s) {
        (void)rsm_memcached_told(&config, 0, false, now);
        assert_true(rsm_memcached_host_up(&config.hosts[0], now + 30 * s)); /* at most */
    }
    rsm_memcached_config_destroy(&config);
}

static void alone_it_is_all_there_is(void **state) {
    (void)state;
    assert_int_equal(read_url("memcached://127.0.0.1"), RESUME_OK);
    assert_true(rsm_memcached_told(&config, 0, false, 10));
    rsm_memcached_config_destroy(&config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_and_sockets),
        cmocka_unit_test(what_is_refused_and_why),
        cmocka_unit_test(a_host_that_does_not_answer),
        cmocka_unit_test(alone_it_is_all_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
