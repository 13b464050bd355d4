/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files with secrets: which are opened, and that replacing one is all or nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/resume-file-XXXXXX";
static char path[128];

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/secret", directory);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static unsigned entries(void) {
    DIR *dir = opendir(directory);
    unsigned count = 0;
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count - 2;
}

static void expect_content(const char *text) {
    struct rsm_file file;
    uint8_t buf[64];
    char why[RSM_WHY_SIZE];
    size_t len = 0;
    assert_int_equal(rsm_file_open_secret(path, why, &file), RESUME_OK);
    assert_int_equal(file.size, strlen(text));
    assert_int_equal(rsm_file_read(&file, path, buf, sizeof buf, why, &len), RESUME_OK);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(buf, text, len);
    rsm_file_close(&file);
    assert_int_equal(file.fd, -1);
}

static void a_file_is_replaced_as_a_whole(void **state) {
    (void)state;
    struct stat st;
    mode_t mask = umask(0);
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"first", 5, NULL), RESUME_OK);
    umask(0777);
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"second one", 10, NULL), RESUME_OK);
    umask(mask);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600); /* whatever the umask */
    expect_content("second one");
    assert_int_equal(entries(), 1); /* nothing is left beside it */
}

static void a_failure_leaves_what_was_there(void **state) {
    (void)state;
    char why[RSM_WHY_SIZE] = "";
    char below[160];
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"kept", 4, why), RESUME_OK);
    rsm_alloc_fail_once(1);
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"x", 1, why), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    expect_content("kept");
    snprintf(below, sizeof below, "%s/none/file", directory);
    assert_int_equal(rsm_file_replace(below, (const uint8_t *)"x", 1, why), RESUME_E_IO);
    assert_non_null(strstr(why, "No such file"));
    /* The name belongs to a directory: the file beside it goes away again. */
    snprintf(below, sizeof below, "%s/dir", directory);
    assert_int_equal(mkdir(below, 0700), 0);
    assert_int_equal(rsm_file_replace(below, (const uint8_t *)"x", 1, why), RESUME_E_IO);
    assert_int_equal(rmdir(below), 0);
    assert_int_equal(entries(), 1);
}

static void only_an_own_private_file_is_opened(void **state) {
    (void)state;
    static const unsigned modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777};
    struct rsm_file file = {.fd = -5};
    char why[RSM_WHY_SIZE] = "";
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"x", 1, why), RESUME_OK);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(rsm_file_open_secret(path, why, &file), RESUME_E_INVALID);
        assert_non_null(strstr(why, "chmod 600"));
        assert_int_equal(rsm_file_open_secret(path, NULL, &file), RESUME_E_INVALID);
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(rsm_file_open_secret(directory, why, &file), RESUME_E_INVALID);
    assert_non_null(strstr(why, "not a regular file"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0); /* must not hang */
    assert_int_equal(rsm_file_open_secret(path, why, &file), RESUME_E_INVALID);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rsm_file_open_secret(path, why, &file), RESUME_MISS);
    assert_non_null(strstr(why, "No such file"));
    assert_int_equal(file.fd, -5);
}

static void a_small_buffer_gets_the_beginning(void **state) {
    (void)state;
    struct rsm_file file;
    uint8_t buf[3];
    size_t len = 0;
    assert_int_equal(rsm_file_replace(path, (const uint8_t *)"longer", 6, NULL), RESUME_OK);
    assert_int_equal(rsm_file_open_secret(path, NULL, &file), RESUME_OK);
    assert_int_equal(rsm_file_read(&file, path, buf, sizeof buf, NULL, &len), RESUME_OK);
    assert_int_equal(len, 3);
    assert_memory_equal(buf, "lon", 3);
    rsm_file_close(&file);
    char why[RSM_WHY_SIZE] = "";
    assert_int_equal(rsm_file_read(&file, path, buf, sizeof buf, why, &len), RESUME_E_IO);
    assert_non_null(strstr(why, "cannot read"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_as_a_whole),
        cmocka_unit_test(a_failure_leaves_what_was_there),
        cmocka_unit_test(only_an_own_private_file_is_opened),
        cmocka_unit_test(a_small_buffer_gets_the_beginning),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
