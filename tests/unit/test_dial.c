/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of servers as text, and connections within a deadline.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/dial.h"

#include "base/clock.h"
#include "base/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char why[RSM_WHY_SIZE];

static resume_status host(struct rsm_dial *dial, const char *text) {
    return rsm_dial_init_host(dial, text, strlen(text), 6379, why);
}

static void test_good_hosts(void **state) {
    (void)state;
    const char *cases[][3] = {
        {"cache", "cache", "6379"},
        {"cache:1", "cache", "1"},
        {"a.b.example:65535", "a.b.example", "65535"},
        {"127.0.0.1:7000", "", "7000"},
        {"[::1]", "", "6379"},
        {"[2001:db8::1]:80", "", "80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsm_dial dial;
        assert_int_equal(host(&dial, cases[i][0]), RESUME_OK);
        assert_string_equal(dial.host, cases[i][1]); /* an address needs no resolution */
        assert_string_equal(dial.port, cases[i][2]);
        assert_int_equal(dial.count, cases[i][1][0] ? 0 : 1);
        rsm_dial_destroy(&dial);
    }
}

static void test_bad_hosts(void **state) {
    (void)state;
    char longest[RSM_DIAL_HOST_MAX + 3];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *cases[] = {"",       ":1",    "h:",    "h:0",  "h:65536",  "h:99999999",
                           "h:-1",   "h:1x",  "h:x",   "[::1", "[]",       "[::1]1",
                           "[::1]:", "h:1:2", longest, "::1",  "h:1234567"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsm_dial dial;
        why[0] = '\0';
        assert_int_equal(host(&dial, cases[i]), RESUME_E_INVALID);
        assert_non_null(strstr(why, "is not a host"));
    }
}

static void test_paths(void **state) {
    (void)state;
    struct rsm_dial dial;
    char longest[109];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[108] = '\0';
    assert_int_equal(rsm_dial_init_path(&dial, longest, why), RESUME_E_INVALID);
    assert_int_equal(rsm_dial_init_path(&dial, "relative", why), RESUME_E_INVALID);
    assert_non_null(strstr(why, "Unix socket"));
    longest[107] = '\0';
    assert_int_equal(rsm_dial_init_path(&dial, longest, why), RESUME_OK);
    rsm_dial_destroy(&dial);
}

static int listener(uint16_t *ret_port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void test_connects_and_is_refused(void **state) {
    (void)state;
    char text[32];
    uint16_t port = 0;
    int fd = -1;
    int server = listener(&port);
    struct rsm_dial dial;
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    assert_int_equal(host(&dial, text), RESUME_OK);
    assert_int_equal(rsm_dial_connect(&dial, rsm_clock_us() + 2000000, &fd), RSM_ANSWER_OK);
    assert_true(fd >= 0);
    uint64_t begin = rsm_clock_us();
    assert_false(rsm_dial_wait(fd, POLLIN, begin + 20000));
    assert_true(rsm_clock_us() - begin >= 20000);
    assert_true(rsm_dial_wait(fd, POLLOUT, 1)); /* ready at once, though it is late */
    close(fd);
    close(server);
    fd = -1;
    assert_int_equal(rsm_dial_connect(&dial, rsm_clock_us() + 2000000, &fd),
                     RSM_ANSWER_UNREACHABLE);
    assert_int_equal(fd, -1);
    rsm_dial_destroy(&dial);
}

static void *resolve_later(void *arg) {
    struct timespec t = {.tv_nsec = 20000000};
    nanosleep(&t, NULL);
    rsm_dial_resolve(arg);
    return NULL;
}

/* Who connects waits for the resolution until the deadline, and does none itself. */
static void test_waits_for_the_name(void **state) {
    (void)state;
    char text[32];
    uint16_t port = 0;
    int fd = -1;
    pthread_t thread;
    int server = listener(&port);
    struct rsm_dial dial;
    snprintf(text, sizeof text, "localhost:%u", port);
    assert_int_equal(host(&dial, text), RESUME_OK);
    assert_int_equal(rsm_dial_connect(&dial, rsm_clock_us() + 20000, &fd), RSM_ANSWER_TIMEOUT);
    assert_int_equal(pthread_create(&thread, NULL, resolve_later, &dial), 0);
    assert_int_equal(rsm_dial_connect(&dial, rsm_clock_us() + 20000000, &fd), RSM_ANSWER_OK);
    pthread_join(thread, NULL);
    close(fd);
    close(server);
    assert_int_equal(rsm_dial_connect(&dial, rsm_clock_us() + 2000000, &fd),
                     RSM_ANSWER_UNREACHABLE);
    assert_true(dial.stale); /* looked up again, but not all the time */
    uint64_t last = dial.last_us;
    rsm_dial_resolve(&dial);
    assert_int_equal(dial.last_us, last);
    assert_true(dial.count > 0);
    rsm_dial_forget(&dial); /* a child may at once */
    rsm_dial_resolve(&dial);
    assert_true(dial.last_us > last);
    assert_false(dial.stale);
    rsm_dial_destroy(&dial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_hosts),
        cmocka_unit_test(test_bad_hosts),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_connects_and_is_refused),
        cmocka_unit_test(test_waits_for_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
