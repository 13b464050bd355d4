/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contexts of stock servers, by name; tests/interop compares them with what the servers say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate_fixture.h"

#include <resume/policy.h>

static uint8_t context[RESUME_CONTEXT_SIZE];
static size_t len;

static resume_status make(const char *stock) {
    len = 99;
    return resume_policy_stock_context(stock, context, sizeof context, &len);
}

static void haproxy_is_a_constant(void **state) {
    (void)state;
    assert_int_equal(make("haproxy:"), RESUME_OK);
    assert_int_equal(len, 7);
    assert_memory_equal(context, "haproxy", 7);
    assert_int_equal(make("haproxy:/etc/a.pem"), RESUME_E_INVALID);
    assert_int_equal(make("haproxy:?a=b"), RESUME_E_INVALID);
    assert_int_equal(resume_policy_stock_context("haproxy:", context, 6, &len), RESUME_E_BUFFER);
    assert_int_equal(len, 7);
}

static void sha1_of(const uint8_t *data, size_t size, uint8_t *out) {
    assert_int_equal(EVP_Digest(data, size, out, NULL, EVP_sha1(), NULL), 1);
}

/* Over "HTTP" and the fingerprints, the last certificate first. */
static void nginx_hashes_its_certificates(void **state) {
    (void)state;
    char a[64];
    char b[64];
    char url[256];
    uint8_t hashed[4 + 40] = {'H', 'T', 'T', 'P'};
    uint8_t expected[20];
    write_certificates(a, (const char *[]){"a"}, 1, hashed + 24);
    write_certificates(b, (const char *[]){"b"}, 1, hashed + 4);
    snprintf(url, sizeof url, "nginx:%s", b);
    assert_int_equal(make(url), RESUME_OK);
    sha1_of(hashed, 24, expected);
    assert_int_equal(len, 20);
    assert_memory_equal(context, expected, 20);
    snprintf(url, sizeof url, "nginx:%s,%s", a, b);
    assert_int_equal(make(url), RESUME_OK);
    sha1_of(hashed, sizeof hashed, expected);
    assert_memory_equal(context, expected, 20);
    snprintf(url, sizeof url, "nginx:%s?client_certificate=%s", b, a);
    assert_int_equal(make(url), RESUME_OK);
    assert_memory_not_equal(context, expected, 20);
    assert_int_equal(remove(a) | remove(b), 0);
    assert_int_equal(make(url), RESUME_E_IO);
}

static void what_is_no_stock_server(void **state) {
    (void)state;
    assert_int_equal(make(NULL), RESUME_E_INVALID);
    assert_int_equal(make(""), RESUME_E_INVALID);
    assert_int_equal(make("apache:"), RESUME_E_INVALID);
    assert_int_equal(make("nginx:"), RESUME_E_INVALID);
    assert_int_equal(make("nginx:/a?ca=/b"), RESUME_E_INVALID);
    assert_int_equal(make("nginx:/dev/null"), RESUME_MALFORMED);
    assert_int_equal(len, 99);
    assert_int_equal(resume_policy_stock_context("haproxy:", NULL, 32, &len), RESUME_E_INVALID);
    assert_int_equal(resume_policy_stock_context("haproxy:", context, 32, NULL), RESUME_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(haproxy_is_a_constant),
        cmocka_unit_test(nginx_hashes_its_certificates),
        cmocka_unit_test(what_is_no_stock_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
