/* SPDX-License-Identifier: Apache-2.0 */
/* Rings from URLs: random: and file:, their parameters, what they refuse and how they say it. */
#include "keys_fixture.h"

#include "core/keyring_source.h"
#include "core/ratchet.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/resume-keys-XXXXXX";
static char url[1024];

static const char *path_of(const char *name) {
    static char paths[4][128];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void write_bytes(const char *name, const uint8_t *bytes, size_t len, unsigned mode) {
    const char *path = path_of(name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* mtime in ms, as the source reads it */
static void set_mtime(const char *name, uint64_t ms) {
    struct timespec times[2] = {
        {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000},
        {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}};
    assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void write_key(const char *name, uint64_t seed, size_t len) {
    uint8_t bytes[80];
    key_bytes(seed, bytes, len);
    write_bytes(name, bytes, len, 0600);
    set_mtime(name, NOW - HOUR);
}

static int make_directory(void **state) {
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "fifo", "link"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(path_of(names[i]));
    }
    return rmdir(directory);
}

static const char *file_url(const char *name, const char *rest) {
    snprintf(url, sizeof url, "file:%s%s", path_of(name), rest);
    return url;
}

static void expect_refused_at(const char *text, uint64_t now, resume_status expected,
                              const char *part_of_why) {
    resume_keyring *ring = NULL;
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_from_url(text, options, now, &ring), expected);
    assert_null(ring);
    if (!strstr(resume_keyring_options_why(options), part_of_why)) {
        fail_msg("%s: \"%s\" is not in \"%s\"", text, part_of_why,
                 resume_keyring_options_why(options));
    }
    resume_keyring_options_unref(options);
}

static void expect_refused(const char *text, resume_status expected, const char *part_of_why) {
    expect_refused_at(text, NOW, expected, part_of_why);
}

/* The key that seals must have these secrets. */
static void expect_key(resume_keyring *ring, const uint8_t *cipher_key, const uint8_t *mac_key,
                       size_t size) {
    resume_key *key = NULL;
    size_t len = 0;
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_memory_equal(resume_key_cipher_key(key, &len), cipher_key, size);
    assert_int_equal(len, size);
    assert_memory_equal(resume_key_mac_key(key, NULL), mac_key, size);
    resume_key_unref(key);
}

static void test_bad_urls_name_what_is_wrong_and_what_is_known(void **state) {
    (void)state;
    write_key("a", 1, 80);
    expect_refused("vault:x", RESUME_E_INVALID, "vault");
    expect_refused("vault:x", RESUME_E_INVALID, "random:, file:, derive:");
    expect_refused("random", RESUME_E_INVALID, "scheme");
    expect_refused("", RESUME_E_INVALID, "scheme");
    expect_refused("random:/x", RESUME_E_INVALID, "no path");
    expect_refused("random:?seal", RESUME_E_INVALID, "key=value");
    expect_refused("random:?dialect=nginx", RESUME_E_INVALID, "dialect");
    expect_refused("random:?dialect=nginx", RESUME_E_INVALID, "seal, open");
    expect_refused("random:?seal=12", RESUME_E_INVALID, "12h");
    expect_refused("random:?seal=25h", RESUME_E_INVALID, "24h"); /* I-63 */
    expect_refused("random:?seal=0s", RESUME_E_INVALID, "100ms");
    expect_refused("random:?open=8d", RESUME_E_INVALID, "7d"); /* I-73 */
    expect_refused("random:?seal=1s", RESUME_E_INVALID, "32 times");
    expect_refused("random:?seal=1h&seal=2h", RESUME_E_INVALID, "seal");
    expect_refused("file:relative", RESUME_E_INVALID, "absolute");
    expect_refused("file:", RESUME_E_INVALID, "absolute");
    expect_refused(file_url("a", "?dialect=apache"), RESUME_E_INVALID, "apache");
    expect_refused(file_url("a", "?dialect=apache"), RESUME_E_INVALID, "nginx, openssl");
    expect_refused(file_url("a", "?old=b"), RESUME_E_INVALID, "absolute");
    expect_refused(file_url("a", "?new=/b"), RESUME_E_INVALID, "dialect, old, seal, open");
}

static void test_periods_of_urls_and_options(void **state) {
    (void)state;
    resume_key *key = NULL;
    resume_keyring *ring = NULL;
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_options_set_seal_period(options, 99), RESUME_E_INVALID);
    assert_non_null(strstr(resume_keyring_options_why(options), "24h"));
    assert_int_equal(resume_keyring_options_set_seal_period(options, 24 * HOUR + 1), -1);
    assert_int_equal(resume_keyring_options_set_open_period(options, 7 * 24 * HOUR + 1), -1);
    assert_int_equal(resume_keyring_options_set_seal_period(NULL, HOUR), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_options_set_open_period(NULL, HOUR), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_options_set_max_seals(NULL, 1), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_options_new(NULL), RESUME_E_INVALID);
    assert_int_equal(resume_keyring_options_set_seal_period(options, HOUR), RESUME_OK);
    assert_int_equal(resume_keyring_options_set_open_period(options, 2 * HOUR), RESUME_OK);
    assert_int_equal(resume_keyring_from_url("random:?open=5h", options, NOW, &ring), RESUME_OK);
    assert_string_equal(resume_keyring_options_why(options), "");
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_until(key), NOW + HOUR);     /* the options' */
    assert_int_equal(resume_key_open_until(key), NOW + 6 * HOUR); /* the URL's */
    resume_key_unref(key);
    resume_keyring_unref(ring);
    assert_null(resume_keyring_options_unref(options));
    assert_string_equal(resume_keyring_options_why(NULL), "");
}

/* Which bytes of a file are which. */
static void test_dialects(void **state) {
    (void)state;
    uint8_t k[80];
    resume_keyring *ring = NULL;
    key_bytes(1, k, 80);
    write_key("a", 1, 80);
    ring = ring_from(file_url("a", ""), NOW);
    expect_key(ring, k + 48, k + 16, 32); /* name | HMAC | AES */
    resume_keyring_unref(ring);
    ring = ring_from(file_url("a", "?dialect=openssl"), NOW);
    expect_key(ring, k + 48, k + 16, 32);
    resume_keyring_unref(ring);
    write_key("a", 1, 48);
    ring = ring_from(file_url("a", "?dialect=nginx"), NOW);
    expect_key(ring, k + 16, k + 32, 16); /* name | AES | HMAC */
    resume_keyring_unref(ring);
    expect_refused(file_url("a", "?dialect=openssl"), RESUME_E_INVALID, "80");
}

/* I-55 */
static void test_sizes(void **state) {
    (void)state;
    uint8_t bytes[200];
    key_bytes(1, bytes, sizeof bytes);
    static const size_t sizes[] = {0, 1, 47, 49, 64, 79, 81, 96, 160, 200};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        write_bytes("a", bytes, sizes[i], 0600);
        expect_refused(file_url("a", ""), RESUME_E_INVALID, "48 or 80");
    }
}

static void test_modes_and_kinds_of_files(void **state) {
    (void)state;
    uint8_t bytes[80];
    key_bytes(1, bytes, sizeof bytes);
    static const unsigned bad[] = {0640, 0604, 0620, 0602, 0644, 0666, 0610, 0601};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_bytes("a", bytes, sizeof bytes, bad[i]);
        expect_refused(file_url("a", ""), RESUME_E_INVALID, "chmod 600");
    }
    write_bytes("a", bytes, sizeof bytes, 0400);
    resume_keyring_unref(ring_from(file_url("a", ""), NOW));
    assert_int_equal(symlink(path_of("a"), path_of("link")), 0); /* mounted secrets are links */
    resume_keyring_unref(ring_from(file_url("link", ""), NOW));
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0); /* and this one must not hang */
    expect_refused(file_url("fifo", ""), RESUME_E_INVALID, "regular");
    snprintf(url, sizeof url, "file:%s", directory);
    expect_refused(url, RESUME_E_INVALID, "regular");
    expect_refused(file_url("missing", ""), RESUME_E_IO, "No such file");
}

static void test_an_owner_that_is_neither_root_nor_we(void **state) {
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    write_key("a", 1, 80);
    assert_int_equal(chown(path_of("a"), 12345, 0), 0);
    expect_refused(file_url("a", ""), RESUME_E_INVALID, "another user");
}

/* I-52, CVE-2020-13777 */
static void test_weak_files(void **state) {
    (void)state;
    uint8_t bytes[80] = {0};
    write_bytes("a", bytes, sizeof bytes, 0600);
    expect_refused(file_url("a", ""), RESUME_WEAK_KEY, "zero");
    memcpy(bytes,
           "MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5",
           80);
    write_bytes("a", bytes, sizeof bytes, 0600);
    expect_refused(file_url("a", ""), RESUME_WEAK_KEY, "text");
}

/* I-64 */
static void test_old_files_only_open(void **state) {
    (void)state;
    uint8_t name[16];
    char rest[300];
    resume_key *key = NULL;
    write_key("a", 1, 80);
    write_key("b", 2, 80);
    write_key("c", 3, 48);
    snprintf(rest, sizeof rest, "?old=%s&old=%s", path_of("b"), path_of("c"));
    resume_keyring *ring = ring_from(file_url("a", rest), NOW);
    assert_int_equal(resume_keyring_count(ring), 3);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        key_name(seed, name);
        if (seed == 3) {
            uint8_t bytes[48];
            key_bytes(3, bytes, 48);
            memcpy(name, bytes, 16);
        }
        assert_int_equal(resume_keyring_find(ring, name, 16, NOW, &key),
                         seed == 1 ? RESUME_OK : RESUME_RENEW);
        assert_true(resume_key_open_until(key) == UINT64_MAX);
        resume_key_unref(key);
    }
    resume_keyring_unref(ring);
    write_key("b", 1, 80);
    expect_refused(file_url("a", rest), RESUME_EXISTS, "already");
}

/* I-70: with periods, the times are the file's, whenever it is loaded. */
static void test_file_periods_count_from_the_file(void **state) {
    (void)state;
    char rest[300];
    resume_key *key = NULL;
    uint64_t written = NOW - HOUR; /* of write_key() */
    write_key("a", 1, 80);
    write_key("b", 2, 80);
    snprintf(rest, sizeof rest, "?seal=2h&open=3h&old=%s", path_of("b"));
    resume_keyring *ring = ring_from(file_url("a", rest), NOW);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_int_equal(resume_key_seal_from(key), written);
    assert_int_equal(resume_key_seal_until(key), written + 2 * HOUR);
    assert_int_equal(resume_key_open_until(key), written + 5 * HOUR);
    resume_key_unref(key);
    key = NULL;
    assert_int_equal(resume_keyring_sealing_key(ring, NOW + HOUR, &key), RESUME_NO_KEY);
    assert_int_equal(resume_keyring_count(ring), 2);
    assert_int_equal(resume_keyring_tick(ring, NOW + 4 * HOUR), RESUME_OK);
    assert_int_equal(resume_keyring_count(ring), 0);
    resume_keyring_unref(ring);
    expect_refused_at(file_url("a", rest), NOW + 4 * HOUR, RESUME_EXPIRED, "no time left");
    /* An old file whose time is over is no reason to refuse. */
    set_mtime("b", NOW - 5 * HOUR);
    ring = ring_from(file_url("a", rest), NOW);
    assert_int_equal(resume_keyring_count(ring), 1);
    resume_keyring_unref(ring);
}

/* I-60: a reload takes all or nothing, keeps what is the same and wipes what is gone. */
static void test_reload(void **state) {
    (void)state;
    uint8_t a[16];
    uint8_t c[16];
    char rest[300];
    resume_key *key = NULL;
    uint64_t serial = 0;
    key_name(1, a);
    key_name(3, c);
    write_key("a", 1, 80);
    write_key("b", 2, 80);
    snprintf(rest, sizeof rest, "?old=%s", path_of("b"));
    resume_keyring *ring = ring_from(file_url("a", rest), NOW);
    assert_int_equal(add_key(ring, 50, 80, 0, 0, NEVER, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    serial = resume_key_serial(key);
    resume_key_unref(key);

    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_OK); /* nothing is new */
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_int_equal(resume_key_serial(key), serial);
    resume_key_unref(key);

    uint8_t zero[80] = {0}; /* a bad file changes nothing */
    write_bytes("b", zero, sizeof zero, 0600);
    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_WEAK_KEY);
    unlink(path_of("b"));
    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_E_IO);
    assert_int_equal(resume_keyring_count(ring), 3);

    write_key("a", 3, 80); /* rotation: a new key seals, the present one moves to old= */
    write_key("b", 1, 80);
    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_OK);
    assert_int_equal(resume_keyring_count(ring), 3);
    assert_int_equal(resume_keyring_find(ring, c, 16, NOW, &key), RESUME_OK);
    resume_key_unref(key);
    assert_int_equal(resume_keyring_find(ring, a, 16, NOW, &key), RESUME_RENEW);
    resume_key_unref(key);
    uint8_t b[16];
    key_name(2, b);
    key = NULL;
    assert_int_equal(resume_keyring_find(ring, b, 16, NOW, &key), RESUME_EXPIRED);
    assert_null(key);
    resume_keyring_unref(ring);
}

/* The ratchet gives what HKDF says, and a step forgets the past. */
static void hkdf(const uint8_t *seed, const char *info, uint8_t *out, size_t len) {
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    uint8_t text[64];
    size_t text_len = strlen(info);
    memcpy(text, info, text_len);
    assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_hkdf_key(ctx, seed, 32), 1);
    assert_int_equal(EVP_PKEY_CTX_add1_hkdf_info(ctx, text, (int)text_len), 1);
    assert_int_equal(EVP_PKEY_derive(ctx, out, &len), 1);
    EVP_PKEY_CTX_free(ctx);
}

static void test_ratchet(void **state) {
    (void)state;
    struct rsm_ratchet ratchet;
    uint8_t zero[80] = {0};
    assert_int_equal(rsm_ratchet_init(&ratchet), RESUME_OK);
    assert_memory_not_equal(ratchet.seed, zero, 32);
    assert_memory_equal(ratchet.key, zero, 80);
    for (unsigned i = 0; i < 3; i++) {
        uint8_t key[80];
        uint8_t next[32];
        hkdf(ratchet.seed, "libresume random key", key, sizeof key);
        hkdf(ratchet.seed, "libresume random next", next, sizeof next);
        assert_int_equal(rsm_ratchet_step(&ratchet), RESUME_OK);
        assert_memory_equal(ratchet.key, key, 80);
        assert_memory_equal(ratchet.seed, next, 32);
        assert_int_equal(resume_key_audit(ratchet.key, 80, NULL), RESUME_OK); /* I-62 */
    }
    rsm_ratchet_forget(&ratchet);
    assert_memory_equal(ratchet.key, zero, 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_urls_name_what_is_wrong_and_what_is_known),
        cmocka_unit_test(test_periods_of_urls_and_options),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_modes_and_kinds_of_files),
        cmocka_unit_test(test_an_owner_that_is_neither_root_nor_we),
        cmocka_unit_test(test_weak_files),
        cmocka_unit_test(test_old_files_only_open),
        cmocka_unit_test(test_file_periods_count_from_the_file),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_ratchet),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
