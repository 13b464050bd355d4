/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `file:` rings take changed files by themselves: atomic renames, bad files that leave the old keys
 * in force (I-60), forked children, and clocks that are set back.
 */
#include "keys_fixture.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/resume-watch-XXXXXX";
static char paths[3][64]; /* key, old key, beside */

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    for (unsigned i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%u", directory, i);
    }
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        unlink(paths[i]);
    }
    return rmdir(directory);
}

/* As an operator's tool does it: beside, and then renamed. */
static void put(unsigned which, const uint8_t *bytes, size_t len, unsigned mode) {
    int fd = open(paths[2], O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    assert_int_equal(rename(paths[2], paths[which]), 0);
}

static void put_key(unsigned which, uint64_t seed) {
    uint8_t bytes[80];
    key_bytes(seed, bytes, sizeof bytes);
    put(which, bytes, sizeof bytes, 0600);
}

static resume_keyring *watching(const char *rest) {
    char url[256];
    snprintf(url, sizeof url, "file:%s?old=%s%s", paths[0], paths[1], rest);
    return ring_from(url, NOW);
}

static uint64_t sealer(resume_keyring *ring, uint64_t now) {
    resume_key *key = NULL;
    uint64_t found = 0;
    assert_int_equal(resume_keyring_sealing_key(ring, now, &key), RESUME_OK);
    for (uint64_t seed = 1; seed < 9; seed++) {
        uint8_t name[16];
        key_name(seed, name);
        found = memcmp(name, resume_key_name(key), 16) == 0 ? seed : found;
    }
    resume_key_unref(key);
    return found;
}

static void expect_failure(resume_keyring *ring, uint64_t failures, const char *part) {
    uint8_t text[256];
    size_t len = 0;
    assert_int_equal(resume_keyring_failures(ring), failures);
    assert_int_equal(resume_keyring_last_failure(ring, text, sizeof text - 1, &len), RESUME_OK);
    text[len] = '\0';
    if (part ? !strstr((const char *)text, part) : len > 0) {
        fail_msg("\"%s\" instead of \"%s\"", (const char *)text, part ? part : "");
    }
}

static void test_a_renamed_file_is_taken_within_a_second(void **state) {
    (void)state;
    put_key(0, 1);
    put_key(1, 2);
    resume_keyring *ring = watching("");
    assert_int_equal(sealer(ring, NOW), 1);
    put_key(1, 1);
    put_key(0, 3);
    assert_int_equal(sealer(ring, NOW + 999), 1); /* no look at the files for each ticket */
    assert_int_equal(sealer(ring, NOW + 1000), 3);
    uint8_t name[16];
    resume_key *key = NULL;
    key_name(1, name);
    assert_int_equal(resume_keyring_find(ring, name, 16, NOW + 1000, &key), RESUME_RENEW);
    resume_key_unref(key);
    key_name(2, name); /* which no file has any more */
    assert_int_equal(resume_keyring_find(ring, name, 16, NOW + 1000, &key), RESUME_EXPIRED);
    expect_failure(ring, 0, NULL);
    put_key(1, 4);
    put_key(0, 5);
    assert_int_equal(sealer(ring, NOW - HOUR), 5); /* the clock was set back */
    resume_keyring_unref(ring);
}

static void test_a_bad_file_is_told_and_changes_nothing(void **state) {
    (void)state;
    uint8_t bytes[80] = {0};
    put_key(0, 1);
    put_key(1, 2);
    resume_keyring *ring = watching("");
    put(0, bytes, 80, 0600);
    assert_int_equal(sealer(ring, NOW + 1000), 1);
    expect_failure(ring, 1, "zero");
    assert_int_equal(sealer(ring, NOW + 2000), 1); /* the same file: not counted again */
    expect_failure(ring, 1, "zero");
    key_bytes(7, bytes, 80);
    put(0, bytes, 79, 0600);
    assert_int_equal(sealer(ring, NOW + 3000), 1);
    expect_failure(ring, 2, "48 or 80");
    put(0, bytes, 80, 0644);
    assert_int_equal(sealer(ring, NOW + 4000), 1);
    expect_failure(ring, 3, "chmod 600");
    put_key(0, 2); /* between two renames: the same key twice */
    assert_int_equal(sealer(ring, NOW + 5000), 1);
    expect_failure(ring, 4, "already");
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(sealer(ring, NOW + 6000), 1);
    expect_failure(ring, 5, "No such file");
    assert_int_equal(sealer(ring, NOW + 7000), 1);
    expect_failure(ring, 5, "No such file");
    put(0, bytes, 80, 0640);
    assert_int_equal(sealer(ring, NOW + 8000), 1);
    assert_int_equal(chmod(paths[0], 0600), 0); /* mended in its place */
    assert_int_equal(sealer(ring, NOW + 9000), 7);
    expect_failure(ring, 6, NULL);
    put(1, bytes, 1, 0600);
    assert_int_equal(resume_keyring_reload(ring, NOW + 9001), RESUME_E_INVALID);
    expect_failure(ring, 7, "48 or 80"); /* a call that fails tells it, too */
    put_key(1, 2);
    assert_int_equal(resume_keyring_reload(ring, NOW + 9002), RESUME_OK);
    expect_failure(ring, 7, NULL);
    resume_keyring_unref(ring);
}

static void test_without_watch_only_reload_takes_files(void **state) {
    (void)state;
    put_key(0, 1);
    put_key(1, 2);
    resume_keyring *ring = watching("&watch=no");
    put_key(0, 3);
    assert_int_equal(sealer(ring, NOW + HOUR), 1);
    assert_int_equal(resume_keyring_reload(ring, NOW + HOUR), RESUME_OK);
    assert_int_equal(sealer(ring, NOW + HOUR), 3);
    resume_keyring_unref(ring);
    char url[256];
    snprintf(url, sizeof url, "file:%s?watch=maybe", paths[0]);
    assert_int_equal(resume_keyring_from_url(url, NULL, NOW, &ring), RESUME_E_INVALID);
}

/* Each child looks for itself, and none takes the news away from another. */
static void test_forked_children_take_it_too(void **state) {
    (void)state;
    int go[2];
    put_key(0, 1);
    put_key(1, 2);
    resume_keyring *ring = watching("");
    assert_int_equal(pipe(go), 0);
    pid_t pids[4];
    for (unsigned i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            char byte = 0;
            bool good = sealer(ring, NOW + 1) == 1 && read(go[0], &byte, 1) == 1;
            _exit(good && sealer(ring, NOW + 1001) == 3 ? 0 : 1);
        }
    }
    put_key(0, 3);
    assert_int_equal(write(go[1], "four", 4), 4);
    for (unsigned i = 0; i < 4; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    close(go[0]);
    close(go[1]);
    resume_keyring_unref(ring);
}

/* Whichever allocation fails, the old keys go on, and the next look succeeds. */
static void test_no_memory_anywhere(void **state) {
    (void)state;
    put_key(0, 1);
    put_key(1, 2);
    resume_keyring *ring = watching("");
    uint64_t now = NOW;
    for (unsigned at = 0; at < 24; at++) {
        uint64_t seed = 3 + at % 2;
        uint64_t before = sealer(ring, now);
        put_key(0, seed);
        now += 1000;
        rsm_alloc_fail_once(at + 1);
        (void)!resume_keyring_tick(ring, now);
        rsm_alloc_fail_once(0);
        uint64_t seen = sealer(ring, now);
        assert_true(seen == before || seen == seed);
        now += 1000;
        assert_int_equal(sealer(ring, now), seed);
        expect_failure(ring, resume_keyring_failures(ring), NULL);
    }
    resume_keyring_unref(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_renamed_file_is_taken_within_a_second),
        cmocka_unit_test(test_a_bad_file_is_told_and_changes_nothing),
        cmocka_unit_test(test_without_watch_only_reload_takes_files),
        cmocka_unit_test(test_forked_children_take_it_too),
        cmocka_unit_test(test_no_memory_anywhere),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
