/* SPDX-License-Identifier: Apache-2.0 */
/* Rings from key files of other servers and back: roles, what is refused, and the file on disk. */
#include "keys_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/resume-dialects-XXXXXX";
static char path[64];
static char url[128];
static uint8_t file[RESUME_KEYRING_FILE_MAX];
static size_t file_len;

static int make_directory(void **state) {
    (void)state;
    if (!mkdtemp(directory)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/keys", directory);
    return 0;
}

static int remove_directory(void **state) {
    (void)state;
    unlink(path);
    return rmdir(directory);
}

/* Two older keys (1, 2), the one that seals (3), and two next ones (4, 5). */
static resume_keyring *full_ring(size_t len) {
    resume_keyring *ring = empty_ring();
    for (uint64_t i = 1; i <= 5; i++) {
        uint64_t from = NOW + i * HOUR - 3 * HOUR;
        assert_int_equal(add_key(ring, i, len, from, from + HOUR, from + 9 * HOUR, NOW), RESUME_OK);
    }
    return ring;
}

static void write_out(resume_keyring *ring, const char *dialect) {
    assert_int_equal(
        resume_keyring_export(ring, dialect, -1, NULL, NOW, file, sizeof file, &file_len),
        RESUME_OK);
}

static resume_keyring *read_in(const char *dialect, uint64_t now) {
    resume_keyring *ring = NULL;
    assert_int_equal(resume_keyring_import(file, file_len, dialect, NULL, now, &ring), RESUME_OK);
    return ring;
}

static void expect_sealing(resume_keyring *ring, uint64_t now, uint64_t seed) {
    uint8_t name[16];
    resume_key *key = NULL;
    key_name(seed, name);
    assert_int_equal(resume_keyring_sealing_key(ring, now, &key), RESUME_OK);
    assert_memory_equal(resume_key_name(key), name, sizeof name);
    resume_key_unref(key);
}

/* "34": these open, and no other. */
static void expect_keys(resume_keyring *ring, const char *seeds) {
    assert_int_equal(resume_keyring_count(ring), strlen(seeds));
    for (; *seeds; seeds++) {
        uint8_t name[16];
        resume_key *key = NULL;
        key_name((uint64_t)(*seeds - '0'), name);
        resume_status status = resume_keyring_find(ring, name, sizeof name, NOW, &key);
        assert_true(status == RESUME_OK || status == RESUME_RENEW);
        resume_key_unref(key);
    }
}

static void test_the_same_key_seals_everywhere(void **state) {
    (void)state;
    static const struct {
        const char *dialect;
        size_t len;
        const char *keys;
    } cases[] = {
        {"nginx", 48, "3"},       {"nginx", 80, "3"},   {"openssl", 80, "3"},
        {"openssl10", 48, "3"},   {"apache", 48, "3"},  {"haproxy", 48, "234"},
        {"haproxy", 80, "234"},   {"envoy", 80, "3"},   {"nghttpx", 48, "3"},
        {"nghttpx", 80, "3"},     {"h2o", 48, "12345"}, {"h2o", 80, "12345"},
        {"dnsdist", 80, "12345"}, {"ats", 48, "12345"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static uint8_t first[RESUME_KEYRING_FILE_MAX];
        resume_keyring *ring = full_ring(cases[i].len);
        write_out(ring, cases[i].dialect);
        memcpy(first, file, file_len);
        resume_keyring *again = read_in(cases[i].dialect, NOW);
        expect_sealing(again, NOW, 3);
        expect_keys(again, cases[i].keys);
        write_out(again, cases[i].dialect);
        assert_memory_equal(file, first, file_len); /* also where the order says nothing else */
        resume_keyring_unref(again);
        resume_keyring_unref(ring);
    }
}

/* Of these times the others know nothing; h2o's file carries them. */
static void test_h2o_keeps_the_times(void **state) {
    (void)state;
    resume_keyring *ring = full_ring(80);
    write_out(ring, "h2o");
    resume_keyring *again = read_in("h2o", NOW);
    expect_sealing(again, NOW + HOUR - 1, 3);
    expect_sealing(again, NOW + HOUR, 4);
    expect_sealing(again, NOW + 3 * HOUR, 5);
    resume_keyring_unref(again);
    again = read_in("h2o", NOW + 8 * HOUR); /* 1 and 2 are over by then */
    expect_keys(again, "345");
    resume_keyring_unref(again);
    resume_keyring *none = NULL;
    assert_int_equal(resume_keyring_import(file, file_len, "h2o", NULL, NOW + 12 * HOUR, &none),
                     RESUME_EXPIRED);
    resume_keyring_unref(ring);
}

/* A key of a moment's difference is one second older in whole seconds, and a coming one never
 * early. */
static void test_h2o_whole_seconds(void **state) {
    (void)state;
    resume_keyring *ring = empty_ring();
    assert_int_equal(add_key(ring, 1, 80, NOW - 2, NEVER, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 2, 80, NOW - 1, NOW - 1, NEVER, NOW), RESUME_OK);
    assert_int_equal(add_key(ring, 3, 80, NOW + 1, NEVER, NEVER, NOW), RESUME_OK);
    write_out(ring, "h2o");
    resume_keyring *again = read_in("h2o", NOW);
    expect_sealing(again, NOW + 999, 1);
    expect_sealing(again, NOW + 1000, 3);
    resume_keyring_unref(again);
    resume_keyring_unref(ring);
}

static void expect_why(const char *dialect, const uint8_t *data, size_t len, resume_status expected,
                       const char *part_of_why) {
    resume_keyring_options *options = NULL;
    resume_keyring *ring = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_import(data, len, dialect, options, NOW, &ring), expected);
    assert_null(ring);
    if (!strstr(resume_keyring_options_why(options), part_of_why)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_why, resume_keyring_options_why(options));
    }
    resume_keyring_options_unref(options);
}

/* I-52, I-54, I-55 */
static void test_what_import_refuses(void **state) {
    (void)state;
    uint8_t bytes[160] = {0};
    expect_why("iis", bytes, 48, RESUME_E_INVALID, "nginx, openssl, openssl10, apache, haproxy");
    expect_why("apache", bytes, 80, RESUME_E_INVALID, "80 bytes; a key of apache has 48");
    expect_why("haproxy", bytes, 0, RESUME_E_INVALID, "at least 3");
    expect_why("nginx", bytes, 80, RESUME_WEAK_KEY, "key 1: weak: all bytes are zero");
    expect_why("go-raw", bytes, 32, RESUME_WEAK_KEY, "key 1: weak: all bytes are zero");
    expect_why("go-raw", (const uint8_t *)"aZ3kQ9xLmP0vRtYw8bNcH5dJfG7sKuE2", 32, RESUME_WEAK_KEY,
               "printable");
    key_bytes(1, bytes, 80);
    key_bytes(1, bytes + 80, 80);
    expect_why("dnsdist", bytes, 160, RESUME_EXISTS, "key 2: the name or a secret");
}

static void expect_no_export(resume_keyring *ring, const char *dialect, int index,
                             resume_status expected, const char *part_of_why) {
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    file_len = 7;
    assert_int_equal(
        resume_keyring_export(ring, dialect, index, options, NOW, file, sizeof file, &file_len),
        expected);
    assert_int_equal(file_len, 7);
    if (!strstr(resume_keyring_options_why(options), part_of_why)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_why, resume_keyring_options_why(options));
    }
    resume_keyring_options_unref(options);
}

static void test_what_export_refuses(void **state) {
    (void)state;
    resume_keyring *empty = empty_ring();
    resume_keyring *one = ring_of_one(1, 80);
    expect_no_export(empty, "nginx", -1, RESUME_NO_KEY, "no key of the ring seals");
    expect_no_export(empty, "h2o", -1, RESUME_NO_KEY, "no key of the ring seals");
    expect_no_export(empty, "nginx", 0, RESUME_MISS, "place 0");
    expect_no_export(one, "nginx", 1, RESUME_MISS, "the ring has 1");
    expect_no_export(one, "apache", -1, RESUME_UNSUPPORTED, "AES key of 32 bytes");
    expect_no_export(one, "go", -1, RESUME_UNSUPPORTED, "seed");
    expect_no_export(one, "haproxy", -1, RESUME_UNSUPPORTED, "no next key");
    expect_no_export(one, "haproxy", 0, RESUME_UNSUPPORTED, "1 keys");
    expect_no_export(one, "iis", -1, RESUME_E_INVALID, "nginx");
    assert_int_equal(add_key(one, 2, 80, NOW + 1, NEVER, NEVER, NOW), RESUME_OK);
    expect_no_export(one, "haproxy", -1, RESUME_UNSUPPORTED, "no older key");
    assert_int_equal(add_key(one, 3, 48, NOW + 2, NEVER, NEVER, NOW), RESUME_OK);
    expect_no_export(one, "haproxy", -1, RESUME_UNSUPPORTED, "different sizes");
    resume_keyring_unref(one);
    resume_keyring_unref(empty);
}

static void test_lengths_and_places(void **state) {
    (void)state;
    resume_keyring *ring = full_ring(80);
    uint8_t name[16];
    size_t len = 0;
    assert_int_equal(resume_keyring_export(ring, "nginx", -1, NULL, NOW, NULL, 0, &len),
                     RESUME_E_BUFFER);
    assert_int_equal(len, 80);
    assert_int_equal(resume_keyring_export(ring, "nginx", 4, NULL, NOW, file, 80, &len), RESUME_OK);
    key_name(1, name);
    assert_memory_equal(file, name, sizeof name);
    assert_int_equal(resume_keyring_export(ring, "nginx", -2, NULL, NOW, file, 80, &len),
                     RESUME_E_INVALID);
    assert_string_equal(resume_keyring_dialect_name(0), "nginx");
    assert_null(resume_keyring_dialect_name(99));
    resume_keyring_unref(ring);
}

/* The seed goes along when the key gets other times, and is all that Go's files need. */
static void test_go_seeds(void **state) {
    (void)state;
    static uint8_t seeds[96];
    noise(9, seeds, sizeof seeds);
    memcpy(file, seeds, sizeof seeds);
    file_len = sizeof seeds;
    resume_keyring *ring = read_in("go-raw", NOW);
    write_out(ring, "go-raw");
    assert_int_equal(file_len, sizeof seeds);
    assert_memory_equal(file, seeds, sizeof seeds);
    write_out(ring, "go");
    resume_keyring *again = read_in("go", NOW);
    write_out(again, "ats");
    assert_int_equal(file_len, 144);
    resume_keyring_unref(again);
    resume_keyring_unref(ring);
}

/* An HMAC key of 64 bytes, as h2o makes them, seals and opens, and has no place elsewhere. */
static void test_h2o_hmac_keys(void **state) {
    (void)state;
    uint8_t key[112];
    resume_keyring *ring = empty_ring();
    key_bytes(1, key, sizeof key);
    assert_int_equal(
        resume_keyring_add(ring, key, 16, key + 16, 32, key + 48, 64, 0, NEVER, NEVER, NOW),
        RESUME_OK);
    assert_int_equal(
        resume_keyring_add(ring, key + 1, 16, key + 2, 32, key + 48, 64, 0, NEVER, NEVER, NOW),
        RESUME_EXISTS);
    assert_int_equal(
        resume_keyring_add(ring, key, 16, key + 16, 32, key + 48, 48, 0, NEVER, NEVER, NOW),
        RESUME_E_INVALID);
    expect_no_export(ring, "nginx", -1, RESUME_UNSUPPORTED, "HMAC key of 64");
    write_out(ring, "h2o");
    resume_keyring *again = read_in("h2o", NOW);
    resume_codec *ours = codec_of(ring, RESUME_FRAME_RFC5077);
    resume_codec *theirs = codec_of(again, RESUME_FRAME_RFC5077);
    resume_session *session = session_of(1, 0);
    resume_session *opened = NULL;
    uint8_t ticket[1024];
    size_t len = 0;
    assert_int_equal(resume_codec_seal(ours, session, NOW, ticket, sizeof ticket, &len), RESUME_OK);
    assert_int_equal(resume_codec_open(theirs, ticket, len, NOW, &opened), RESUME_OK);
    assert_true(resume_session_equal(session, opened));
    resume_session_unref(session);
    resume_session_unref(opened);
    resume_codec_unref(ours);
    resume_codec_unref(theirs);
    resume_keyring_unref(again);
    resume_keyring_unref(ring);
}

static const char *file_url(const char *dialect, const char *rest) {
    snprintf(url, sizeof url, "file:%s?dialect=%s%s", path, dialect, rest);
    return url;
}

static void test_save_and_load(void **state) {
    (void)state;
    static const char *const dialects[] = {"nginx", "haproxy", "h2o", "dnsdist"};
    struct stat st;
    resume_keyring *ring = full_ring(80);
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        assert_int_equal(resume_keyring_save(ring, dialects[i], -1, path, NULL, NOW), RESUME_OK);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        resume_keyring *again = ring_from(file_url(dialects[i], ""), NOW);
        expect_sealing(again, NOW, 3);
        resume_keyring_unref(again);
    }
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_save(ring, "nginx", -1, "/nowhere/at/all", options, NOW),
                     RESUME_E_IO);
    assert_non_null(strstr(resume_keyring_options_why(options), "/nowhere/at/all"));
    resume_keyring_options_unref(options);
    resume_keyring_unref(ring);
}

/* HAProxy's way to rotate: a line behind, a line less in front. */
static void test_a_rotated_file_reloads(void **state) {
    (void)state;
    resume_keyring *ring = full_ring(80);
    assert_int_equal(resume_keyring_save(ring, "haproxy", -1, path, NULL, NOW), RESUME_OK);
    resume_keyring *served = ring_from(file_url("haproxy", ""), NOW);
    expect_keys(served, "234");
    assert_int_equal(resume_keyring_save(ring, "haproxy", -1, path, NULL, NOW + HOUR), RESUME_OK);
    assert_int_equal(resume_keyring_reload(served, NOW), RESUME_OK);
    expect_sealing(served, NOW, 4);
    expect_keys(served, "345");
    resume_keyring_unref(served);
    resume_keyring_unref(ring);
}

static void expect_url_refused(const char *text, resume_status expected, const char *part_of_why) {
    resume_keyring_options *options = NULL;
    resume_keyring *ring = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_from_url(text, options, NOW, &ring), expected);
    if (!strstr(resume_keyring_options_why(options), part_of_why)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_why, resume_keyring_options_why(options));
    }
    resume_keyring_options_unref(options);
}

static void test_what_the_file_source_refuses(void **state) {
    (void)state;
    resume_keyring *ring = full_ring(80);
    assert_int_equal(resume_keyring_save(ring, "h2o", -1, path, NULL, NOW), RESUME_OK);
    expect_url_refused(file_url("h2o", "&seal=1h"), RESUME_E_INVALID, "leave out seal=");
    expect_url_refused(file_url("h2o", "&old=/a"), RESUME_E_INVALID, "old= is for one key a file");
    expect_url_refused(file_url("haproxy", ""), RESUME_E_INVALID, "haproxy: line 1: ");
    expect_url_refused(file_url("nginx", ""), RESUME_E_INVALID, "48 or 80");
    assert_int_equal(chmod(path, 0640), 0);
    expect_url_refused(file_url("h2o", ""), RESUME_E_INVALID, "chmod 600");
    resume_keyring_unref(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_key_seals_everywhere),
        cmocka_unit_test(test_h2o_keeps_the_times),
        cmocka_unit_test(test_h2o_whole_seconds),
        cmocka_unit_test(test_what_import_refuses),
        cmocka_unit_test(test_what_export_refuses),
        cmocka_unit_test(test_lengths_and_places),
        cmocka_unit_test(test_go_seeds),
        cmocka_unit_test(test_h2o_hmac_keys),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_a_rotated_file_reloads),
        cmocka_unit_test(test_what_the_file_source_refuses),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
