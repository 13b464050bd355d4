/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of secrets: read whole, and refused when they are not the owner's alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/secret_file.h"

#include "base/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/secret-file-XXXXXX";
static char path[64];

static int setup(void **state) {
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/secret", folder);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(size_t len, mode_t mode) {
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < len; i++) {
        fputc((int)(i % 256), file);
    }
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static resume_status read_it(size_t cap, size_t *ret_len, char *why) {
    static uint8_t buf[5000];
    uint64_t written = 0;
    resume_status status = rsm_secret_file_read(path, why, buf, cap, ret_len, &written);
    if (status == RESUME_OK) {
        for (size_t i = 0; i < *ret_len; i++) {
            assert_int_equal(buf[i], i % 256);
        }
        assert_true(written > UINT64_C(1600000000000)); /* some time after 2020 */
    }
    return status;
}

static void test_lengths(void **state) {
    (void)state;
    char why[RSM_WHY_SIZE] = "";
    const size_t sizes[] = {0, 1, 80, 4096, 4999, 5000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t len = 12345;
        write_file(sizes[i], 0600);
        assert_int_equal(read_it(5000, &len, why), RESUME_OK);
        assert_int_equal(len, sizes[i]);
    }
    size_t len = 0;
    assert_int_equal(read_it(100, &len, why), RESUME_OK); /* the caller sees that it is full */
    assert_int_equal(len, 100);
}

static void refuses(resume_status status, const char *text) {
    char why[RSM_WHY_SIZE] = "";
    size_t len = 777;
    assert_int_equal(read_it(100, &len, why), status);
    assert_int_equal(len, 777);
    assert_non_null(strstr(why, text));
    assert_non_null(strstr(why, path));
}

static void test_refusals(void **state) {
    (void)state;
    const mode_t modes[] = {0640, 0604, 0660, 0601, 0610};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_file(32, modes[i]);
        refuses(RESUME_E_INVALID, "chmod 600");
    }
    unlink(path);
    refuses(RESUME_E_IO, "cannot open");
    assert_int_equal(mkdir(path, 0700), 0);
    refuses(RESUME_E_INVALID, "not a regular file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* does not hang */
    refuses(RESUME_E_INVALID, "not a regular file");
    if (geteuid() == 0) {
        write_file(32, 0600);
        assert_int_equal(chown(path, 12345, 12345), 0);
        refuses(RESUME_E_INVALID, "another user");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
