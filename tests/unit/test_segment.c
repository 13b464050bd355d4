/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments: whose file is taken, what is refused, what is replaced, who shares what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "shm_fixture.h"
#include "store/segment.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/resource.h>

#define HEADER_USED 224 /* bytes that mean something, see struct header in segment.c */

static const struct rsm_table_config some_config = {.bytes = 256 << 10, .shards = 2};
static const uint8_t some_secret[32] = {1, 2, 3};

static resume_status open_at(const char *path, char *why, struct rsm_segment *segment) {
    why[0] = '\0';
    return rsm_segment_open(path, &some_config, some_secret, sizeof some_secret, why, segment);
}

static void must_open(const char *path, bool replaced, struct rsm_segment *segment) {
    char why[RSM_WHY_SIZE];
    resume_status status = open_at(path, why, segment);
    if (status != RESUME_OK) {
        fail_msg("%s", why);
    }
    assert_int_equal(segment->replaced, replaced);
}

static void must_refuse(const char *path, resume_status wanted, const char *text) {
    char why[RSM_WHY_SIZE];
    struct rsm_segment segment = {0};
    assert_int_equal(open_at(path, why, &segment), wanted);
    if (!strstr(why, text)) {
        fail_msg("\"%s\" lacks \"%s\"", why, text);
    }
    assert_null(segment.map);
}

static uint8_t *word_of(struct rsm_segment *segment) {
    return segment->region;
}

static void make(const char *path) {
    struct rsm_segment segment;
    must_open(path, false, &segment);
    rsm_segment_close(&segment);
}

static void test_two_opens_share_one_file(void **state) {
    struct shm_place *place = *state;
    struct rsm_segment one;
    struct rsm_segment two;
    struct stat st;
    must_open(place->path, false, &one);
    must_open(place->path, false, &two);
    assert_true(one.map != two.map);
    word_of(&one)[5] = 42;
    assert_int_equal(word_of(&two)[5], 42);
    assert_memory_equal(one.config.key, two.config.key, sizeof one.config.key);
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal((size_t)st.st_size, one.size);
    assert_true((uint64_t)st.st_blocks * 512U >= one.size); /* reserved */
    rsm_segment_close(&one);
    rsm_segment_close(&two);
}

/* Whatever the umask. */
static void test_mode_is_0600(void **state) {
    struct shm_place *place = *state;
    struct stat st;
    mode_t before = umask(0);
    make(place->path);
    umask(before);
    assert_int_equal(stat(place->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    for (mode_t bit = 1; bit <= 040; bit <<= 1) {
        assert_int_equal(chmod(place->path, 0600 | bit), 0);
        must_refuse(place->path, RESUME_E_INVALID, "others may reach it; chmod 600");
    }
}

static void test_what_is_no_file_is_refused(void **state) {
    struct shm_place *place = *state;
    char elsewhere[160];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", place->folder);
    shm_write(elsewhere, 0, "precious", 8);
    assert_int_equal(symlink(elsewhere, place->path), 0);
    must_refuse(place->path, RESUME_E_IO, "cannot open");
    assert_int_equal(unlink(place->path), 0);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    must_refuse(place->path, RESUME_E_INVALID, "not a regular file");
    assert_int_equal(unlink(place->path), 0);
    must_refuse(place->folder, RESUME_E_IO, "cannot open");
    must_refuse("/nosuch/folder/sessions", RESUME_E_IO, "No such file");
    char content[8];
    shm_read(elsewhere, 0, content, sizeof content);
    assert_memory_equal(content, "precious", 8);
    char beside[160]; /* what the last ones left; only a privileged user gets that far */
    snprintf(beside, sizeof beside, "%s.lock", place->folder);
    (void)unlink(beside);
}

/* The names beside it are looked at as the file itself is. */
static void test_names_beside_it_are_not_followed(void **state) {
    struct shm_place *place = *state;
    char lock[160];
    char fresh[160];
    char elsewhere[160];
    snprintf(lock, sizeof lock, "%s.lock", place->path);
    snprintf(fresh, sizeof fresh, "%s.new", place->path);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", place->folder);
    shm_write(elsewhere, 0, "precious", 8);
    assert_int_equal(symlink(elsewhere, lock), 0);
    must_refuse(place->path, RESUME_E_IO, "cannot make");
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(mkfifo(lock, 0600), 0);
    must_refuse(place->path, RESUME_E_INVALID, "not a regular file");
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(symlink(elsewhere, fresh), 0); /* as is what a dead creator left */
    make(place->path);
    char content[8];
    shm_read(elsewhere, 0, content, sizeof content);
    assert_memory_equal(content, "precious", 8);
    assert_int_equal(access(fresh, F_OK), -1);
}

static void test_another_users_file_is_refused(void **state) {
    struct shm_place *place = *state;
    if (geteuid() != 0) { /* only root can give a file away, and open what is another's */
        must_refuse("/etc/passwd", RESUME_E_IO, "cannot");
        return;
    }
    make(place->path);
    assert_int_equal(chown(place->path, 12345, 12345), 0);
    must_refuse(place->path, RESUME_E_INVALID, "belongs to another user");
    assert_int_equal(unlink(place->path), 0);
    char lock[160];
    snprintf(lock, sizeof lock, "%s.lock", place->path);
    assert_int_equal(chown(lock, 12345, 12345), 0);
    must_refuse(place->path, RESUME_E_INVALID, "belongs to another user");
}

/* I-106: another size, layout or shape is replaced as a whole; who has the old one goes on. */
static void test_another_shape_is_replaced(void **state) {
    struct shm_place *place = *state;
    struct rsm_segment old;
    struct rsm_segment new;
    char why[RSM_WHY_SIZE] = "";
    must_open(place->path, false, &old);
    memset(old.region, 0x55, 100);
    struct rsm_table_config shapes[] = {{.bytes = 512 << 10, .shards = 2},
                                        {.bytes = 256 << 10, .shards = 4},
                                        {.bytes = 256 << 10, .shards = 2, .count = 100}};
    for (size_t i = 0; i < 3; i++) {
        uint64_t inode = shm_inode(place->path);
        assert_int_equal(
            rsm_segment_open(place->path, &shapes[i], some_secret, sizeof some_secret, why, &new),
            RESUME_OK);
        assert_true(new.replaced);
        assert_true(shm_inode(place->path) != inode);
        assert_int_equal(word_of(&new)[0], 0);
        rsm_segment_close(&new);
    }
    assert_int_equal(truncate(place->path, 10), 0);
    must_open(place->path, true, &new);
    rsm_segment_close(&new);
    assert_int_equal(truncate(place->path, 0), 0);
    must_open(place->path, true, &new);
    rsm_segment_close(&new);
    assert_int_equal(word_of(&old)[99], 0x55);
    word_of(&old)[99] = 1;
    rsm_segment_close(&old);
}

/* I-101, I-102: a header with any bit wrong is another's, and replaced; never taken for another
 * secret's, which would keep every worker from starting. */
static void test_damage_at_each_byte_of_the_header(void **state) {
    struct shm_place *place = *state;
    struct rsm_segment segment;
    make(place->path);
    for (off_t at = 0; at < HEADER_USED; at++) {
        uint8_t byte = 0;
        shm_read(place->path, at, &byte, 1);
        byte ^= (uint8_t)(1U << at % 8);
        shm_write(place->path, at, &byte, 1);
        must_open(place->path, true, &segment);
        rsm_segment_close(&segment);
        must_open(place->path, false, &segment);
        rsm_segment_close(&segment);
    }
    uint8_t behind[8];
    shm_read(place->path, HEADER_USED, behind, sizeof behind);
    assert_memory_equal(behind, "\0\0\0\0\0\0\0\0", 8); /* or HEADER_USED is wrong */
    shm_read(place->path, HEADER_USED - 8, behind, sizeof behind);
    assert_memory_not_equal(behind, "\0\0\0\0\0\0\0\0", 8);
}

static void test_another_secret_is_refused(void **state) {
    struct shm_place *place = *state;
    char why[RSM_WHY_SIZE] = "";
    struct rsm_segment segment = {0};
    const uint8_t other[32] = {9};
    make(place->path);
    uint64_t inode = shm_inode(place->path);
    assert_int_equal(
        rsm_segment_open(place->path, &some_config, other, sizeof other, why, &segment),
        RESUME_E_INVALID);
    assert_non_null(strstr(why, "made with another secret"));
    assert_int_equal(rsm_segment_open(place->path, &some_config, NULL, 0, why, &segment),
                     RESUME_E_INVALID);
    assert_int_equal(shm_inode(place->path), inode);
    make(place->path);
}

/* Without a secret the header brings one, a new one for each segment. */
static void test_a_segment_brings_its_own_secret(void **state) {
    struct shm_place *place = *state;
    char why[RSM_WHY_SIZE] = "";
    struct rsm_segment one;
    struct rsm_segment two;
    struct rsm_segment with;
    const uint8_t zeros[RSM_SEGMENT_SECRET] = {0};
    assert_int_equal(rsm_segment_open(place->path, &some_config, NULL, 0, why, &one), RESUME_OK);
    assert_int_equal(rsm_segment_open(place->path, &some_config, NULL, 0, why, &two), RESUME_OK);
    assert_memory_equal(one.secret, two.secret, sizeof one.secret);
    assert_memory_not_equal(one.secret, zeros, sizeof zeros);
    rsm_segment_close(&two);
    assert_memory_equal(two.secret, zeros, sizeof zeros);
    assert_int_equal(rsm_segment_open(NULL, &some_config, NULL, 0, why, &two), RESUME_OK);
    assert_memory_not_equal(one.secret, two.secret, sizeof one.secret);
    must_open(NULL, false, &with);
    assert_memory_equal(with.secret, zeros, sizeof zeros);
    rsm_segment_close(&with);
    rsm_segment_close(&one);
    rsm_segment_close(&two);
}

static void test_a_full_file_system_is_an_error(void **state) {
    struct shm_place *place = *state;
    struct rlimit before;
    char fresh[160];
    snprintf(fresh, sizeof fresh, "%s.new", place->path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = {100000, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    must_refuse(place->path, RESUME_E_IO, "cannot reserve the space of");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(access(place->path, F_OK), -1);
    assert_int_equal(access(fresh, F_OK), -1);
    make(place->path);
}

/* Many that start at once get one and the same. */
static void test_many_openers_make_one(void **state) {
    struct shm_place *place = *state;
    pid_t children[16];
    struct rsm_segment segment;
    for (unsigned i = 0; i < 16; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char why[RSM_WHY_SIZE];
            if (open_at(place->path, why, &segment) != RESUME_OK || segment.replaced) {
                _exit(1);
            }
            word_of(&segment)[i] = 1;
            _exit(0);
        }
    }
    for (unsigned i = 0; i < 16; i++) {
        assert_ended(children[i], 0);
    }
    must_open(place->path, false, &segment);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(word_of(&segment)[i], 1);
    }
    rsm_segment_close(&segment);
}

/* I-98: who dies with the lock file, or holds a copy of it, keeps nobody out. */
static void test_a_dead_opener_keeps_nobody_out(void **state) {
    struct shm_place *place = *state;
    char lock[160];
    int ready[2];
    char byte = 0;
    snprintf(lock, sizeof lock, "%s.lock", place->path);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(lock, O_RDWR | O_CREAT, 0600);
        if (fd < 0 || flock(fd, LOCK_EX) != 0 || write(ready[1], "x", 1) != 1) {
            _exit(1);
        }
        usleep(50000);
        raise(SIGKILL);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    make(place->path); /* waits a little */
    assert_ended(pid, SIGKILL);
    close(ready[0]);
    close(ready[1]);
}

/* I-95 */
static void test_each_allocation_may_fail(void **state) {
    struct shm_place *place = *state;
    char why[RSM_WHY_SIZE];
    struct rsm_segment segment = {0};
    for (unsigned long nth = 1;; nth++) {
        assert_true(nth < 20);
        (void)unlink(place->path);
        rsm_alloc_fail_once(nth);
        resume_status status = open_at(place->path, why, &segment);
        bool all = rsm_alloc_count() < nth;
        rsm_alloc_fail_once(0);
        if (all) {
            assert_int_equal(status, RESUME_OK);
            break;
        }
        assert_int_equal(status, RESUME_E_NOMEM);
        assert_true(why[0] != '\0');
    }
    rsm_segment_close(&segment);
}

static void test_configs_out_of_range(void **state) {
    (void)state;
    char why[RSM_WHY_SIZE] = "";
    struct rsm_segment segment;
    const struct rsm_table_config none = {.bytes = 1000, .shards = 2};
    assert_int_equal(rsm_segment_open(NULL, &none, NULL, 0, why, &segment), RESUME_E_INVALID);
    assert_non_null(strstr(why, "1000 bytes in 2 shards"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_two_opens_share_one_file, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_mode_is_0600, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_file_is_refused, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_names_beside_it_are_not_followed, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_another_users_file_is_refused, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_another_shape_is_replaced, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_damage_at_each_byte_of_the_header, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_another_secret_is_refused, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_a_segment_brings_its_own_secret, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_a_full_file_system_is_an_error, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_many_openers_make_one, shm_setup, shm_teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_opener_keeps_nobody_out, shm_setup,
                                        shm_teardown),
        cmocka_unit_test_setup_teardown(test_each_allocation_may_fail, shm_setup, shm_teardown),
        cmocka_unit_test(test_configs_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
