/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys for records that leave the process: from one secret come the same ones everywhere, others
 * from another, and without a secret nothing goes out (I-93, I-94).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/at_rest.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

static const char secret[] = "only for tests: forty-two bytes of a secret";
static char why[RSM_WHY_SIZE];

static resume_status options_of(const char *url, const resume_store_options *options,
                                resume_store_options **ret_options) {
    struct rsm_url parsed;
    resume_status status = rsm_url_parse(url, &parsed, why);
    if (status == RESUME_OK) {
        status = rsm_at_rest_options(&parsed, options, why, ret_options);
        rsm_url_free(&parsed);
    }
    return status;
}

static resume_store_options *with_secret(const char *text) {
    resume_store_options *options = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_options_set_secret(options, (const uint8_t *)text, strlen(text)),
                     RESUME_OK);
    return options;
}

static resume_store_options *made(const resume_store_options *options) {
    resume_store_options *own = NULL;
    assert_int_equal(options_of("redis://h", options, &own), RESUME_OK);
    return own;
}

static void test_the_same_secret_makes_the_same_keys(void **state) {
    (void)state;
    resume_store_options *a = with_secret(secret);
    resume_store_options *b = with_secret("another secret, as long as it has to be here");
    resume_store_options *one = made(a);
    resume_store_options *two = made(a);
    resume_store_options *three = made(b);
    uint8_t sealed[256];
    uint8_t plain[256];
    size_t len = 0;
    size_t back = 0;
    assert_int_equal(one->lookup_len, 32);
    assert_memory_equal(one->lookup, two->lookup, 32);
    assert_memory_not_equal(one->lookup, three->lookup, 32);
    assert_memory_not_equal(one->lookup, secret, 32);
    /* Any time will do: the key has no schedule, a record no longer life than its session. */
    for (uint64_t now = 1; now; now = now == 1 ? UINT64_C(4000000000000) : 0) {
        assert_int_equal(resume_codec_seal_bytes(one->codec, (const uint8_t *)secret, 20, now,
                                                 sealed, sizeof sealed, &len),
                         RESUME_OK);
        assert_null(memmem(sealed, len, secret, 8));
        assert_int_equal(
            resume_codec_open_bytes(two->codec, sealed, len, now + 5, plain, sizeof plain, &back),
            RESUME_OK);
        assert_int_equal(back, 20);
        assert_memory_equal(plain, secret, 20);
        assert_int_equal(
            resume_codec_open_bytes(three->codec, sealed, len, now, plain, sizeof plain, &back),
            RESUME_MISS);
    }
    resume_store_options_unref(a);
    resume_store_options_unref(b);
    resume_store_options_unref(one);
    resume_store_options_unref(two);
    resume_store_options_unref(three);
}

/* What the caller has set stays; a codec and a look-up key together need no secret. */
static void test_own_keys(void **state) {
    (void)state;
    resume_store_options *seal = with_secret(secret);
    resume_store_options *other = made(seal);
    resume_store_options *options = NULL;
    resume_store_options *own = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(options_of("redis://h", options, &own), RESUME_E_INVALID);
    assert_non_null(strstr(why, "redis: needs a secret"));
    assert_int_equal(resume_store_options_set_codec(options, other->codec), RESUME_OK);
    assert_int_equal(options_of("redis://h", options, &own), RESUME_E_INVALID);
    assert_int_equal(resume_store_options_set_lookup_key(options, (const uint8_t *)secret, 20),
                     RESUME_OK);
    own = made(options);
    assert_ptr_equal(own->codec, other->codec);
    assert_int_equal(own->lookup_len, 20);
    resume_store_options_unref(own);
    assert_int_equal(resume_store_options_set_secret(options, (const uint8_t *)secret, 40),
                     RESUME_OK);
    own = made(options);
    assert_ptr_equal(own->codec, other->codec);
    assert_int_equal(own->lookup_len, 20);
    resume_store_options_unref(own);
    resume_store_options_unref(other);
    resume_store_options_unref(options);
    resume_store_options_unref(seal);
}

static void test_bad_secrets(void **state) {
    (void)state;
    static uint8_t bytes[1100];
    resume_store_options *options = NULL;
    resume_store_options *own = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 7);
    }
    assert_int_equal(resume_store_options_set_secret(options, bytes, 31), RESUME_E_INVALID);
    assert_non_null(strstr(resume_store_options_why(options), "shorter than 32"));
    assert_int_equal(resume_store_options_set_secret(options, bytes, 1025), RESUME_E_INVALID);
    assert_int_equal(resume_store_options_set_secret(options, bytes, 1024), RESUME_OK);
    assert_string_equal(resume_store_options_why(options), "");
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(resume_store_options_set_secret(options, bytes, 32), RESUME_E_INVALID);
    assert_non_null(strstr(resume_store_options_why(options), "too few"));
    assert_int_equal(resume_store_options_set_secret(NULL, bytes, 32), RESUME_E_INVALID);
    assert_int_equal(resume_store_options_set_secret(options, NULL, 32), RESUME_E_INVALID);
    assert_int_equal(options_of("redis://h?secret=relative", NULL, &own), RESUME_E_INVALID);
    assert_non_null(strstr(why, "absolute"));
    assert_int_equal(options_of("redis://h?secret=/nowhere/at/all", NULL, &own), RESUME_E_IO);
    assert_int_equal(options_of("redis://h", NULL, &own), RESUME_E_INVALID);
    assert_null(own);
    resume_store_options_unref(options);
}

/* I-95 */
static void test_no_memory(void **state) {
    (void)state;
    resume_store_options *options = with_secret(secret);
    resume_status status = RESUME_E_NOMEM;
    for (unsigned long n = 1; status != RESUME_OK; n++) {
        resume_store_options *own = NULL;
        assert_true(n < 200);
        rsm_alloc_fail_once(n);
        status = options_of("redis://h", options, &own);
        rsm_alloc_fail_once(0);
        assert_true(status == RESUME_OK || (status == RESUME_E_NOMEM && !own));
        resume_store_options_unref(own);
    }
    resume_store_options_unref(options);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_secret_makes_the_same_keys),
        cmocka_unit_test(test_own_keys),
        cmocka_unit_test(test_bad_secrets),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
