/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 fingerprints of certificates in PEM files: of the first, of every subject once, and what a
 * file without any gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate_fixture.h"

#include "base/alloc.h"
#include "crypto/certificate.h"

#include <openssl/err.h>

#include <string.h>

static void sha1_of_abc(void **state) { /* FIPS 180-4's own example */
    (void)state;
    static const uint8_t expected[RSM_SHA1_SIZE] = {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81,
                                                    0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50,
                                                    0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    uint8_t out[RSM_SHA1_SIZE];
    assert_int_equal(rsm_sha1((const uint8_t *)"abc", 3, out), RESUME_OK);
    assert_memory_equal(out, expected, sizeof out);
}

static void first_and_subjects(void **state) {
    (void)state;
    struct rsm_buffer first = {0};
    struct rsm_buffer names = {0};
    char path[64];
    uint8_t digest[RSM_SHA1_SIZE];
    const char *subjects[] = {"one", "two", "one"};
    write_certificates(path, subjects, 3, digest);
    assert_int_equal(rsm_certificate_first(path, &first), RESUME_OK);
    assert_int_equal(first.len, RSM_SHA1_SIZE);
    assert_memory_equal(first.data, digest, sizeof digest);
    assert_int_equal(rsm_certificate_subjects(path, &names), RESUME_OK);
    assert_int_equal(names.len, 2 * RSM_SHA1_SIZE);
    assert_memory_not_equal(names.data, names.data + RSM_SHA1_SIZE, RSM_SHA1_SIZE);
    assert_int_equal(remove(path), 0);
    rsm_buffer_free(&first);
    rsm_buffer_free(&names);
}

static void no_certificate_no_file(void **state) {
    (void)state;
    struct rsm_buffer into = {0};
    char path[64];
    write_certificates(path, NULL, 0, NULL);
    assert_int_equal(rsm_certificate_first(path, &into), RESUME_MALFORMED);
    assert_int_equal(rsm_certificate_subjects(path, &into), RESUME_MALFORMED);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rsm_certificate_first(path, &into), RESUME_E_IO);
    assert_int_equal(rsm_certificate_subjects(path, &into), RESUME_E_IO);
    assert_int_equal(into.len, 0);
    assert_int_equal(ERR_peek_error(), 0); /* a caller's queue of errors is left alone */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_of_abc),
        cmocka_unit_test(first_and_subjects),
        cmocka_unit_test(no_certificate_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
