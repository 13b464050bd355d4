/* SPDX-License-Identifier: Apache-2.0 */
/*
 * derive: the same keys on every host from one secret and the time; clocks that differ and jump;
 * refused secrets; what is in memory after retirement is test_key_retirement's and the core dump
 * test's.
 */
#include "keys_fixture.h"

#include "base/alloc.h"
#include "core/key.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* name | AES | HMAC | root of XAES-256-GCM: computed by other means than this library. */
#define VECTOR                                                                                     \
    "4a549a445c3516637f50020674344f3e1adc67ff06031edc0336055afd0dcefb500723920a981db1"             \
    "7f39390fbbd605bf3a740aba5c281fa079b7a28d7c8bb37218c5a025253803cef0e7c5f71690d82a"             \
    "43fcb5fb6e8a2522d6af78759fe6ac3e36d6b9b49e06eb3594088229160a9a00"

static char path[] = "/tmp/resume-secret-XXXXXX";
static uint8_t secret[48];

static void write_secret(const uint8_t *bytes, size_t len, unsigned mode) {
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int make_secret(void **state) {
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    noise(99, secret, sizeof secret);
    write_secret(secret, sizeof secret, 0600);
    return 0;
}

static int remove_secret(void **state) {
    (void)state;
    return unlink(path);
}

static const char *url_with(const char *params) {
    static char url[512];
    snprintf(url, sizeof url, "derive:%s%s", path, params);
    return url;
}

static resume_keyring *host(const char *params, uint64_t now) {
    return ring_from(url_with(params), now);
}

static void expect_refused(const char *params, resume_status expected, const char *part_of_why) {
    resume_keyring *ring = NULL;
    resume_keyring_options *options = NULL;
    assert_int_equal(resume_keyring_options_new(&options), RESUME_OK);
    assert_int_equal(resume_keyring_from_url(url_with(params), options, NOW, &ring), expected);
    if (!strstr(resume_keyring_options_why(options), part_of_why)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_why, resume_keyring_options_why(options));
    }
    resume_keyring_options_unref(options);
}

static void sealing_name(resume_keyring *ring, uint64_t now, uint8_t *name) {
    resume_key *key = NULL;
    assert_int_equal(resume_keyring_sealing_key(ring, now, &key), RESUME_OK);
    memcpy(name, resume_key_name(key), 16);
    resume_key_unref(key);
}

static resume_status find(resume_keyring *ring, const uint8_t *name, uint64_t now) {
    resume_key *key = NULL;
    resume_status status = resume_keyring_find(ring, name, 16, now, &key);
    resume_key_unref(key);
    return status;
}

/* The vector of docs/keys.md, and the same computed here from the words of that page. */
static void test_the_derivation_byte_for_byte(void **state) {
    (void)state;
    static const uint8_t info[] = "libresume derive\x01\x03web\0\0\0\0\x02\x93\x2e\0"
                                  "\0\0\0\0\0\0\x99\xb7";
    uint8_t expected[80];
    size_t len = sizeof expected;
    EVP_PKEY_CTX *kdf = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    for (unsigned i = 0; i < sizeof secret; i++) {
        secret[i] = (uint8_t)(i * i + 7 * i + 0x31);
    }
    write_secret(secret, sizeof secret, 0600);
    assert_int_equal(EVP_PKEY_derive_init(kdf), 1);
    assert_int_equal(EVP_PKEY_CTX_set_hkdf_md(kdf, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_hkdf_key(kdf, secret, sizeof secret), 1);
    assert_int_equal(EVP_PKEY_CTX_add1_hkdf_info(kdf, info, sizeof info - 1), 1);
    assert_int_equal(EVP_PKEY_derive(kdf, expected, &len), 1);
    EVP_PKEY_CTX_free(kdf);

    resume_keyring *ring = host("?step=12h&label=web", NOW);
    resume_key *key = NULL;
    assert_int_equal(NOW / (12 * HOUR), 0x99b7);
    assert_int_equal(resume_keyring_sealing_key(ring, NOW, &key), RESUME_OK);
    assert_memory_equal(resume_key_name(key), expected, 16);
    assert_memory_equal(resume_key_cipher_key(key, NULL), expected + 16, 32);
    assert_memory_equal(resume_key_mac_key(key, NULL), expected + 48, 32);
    assert_int_equal(resume_key_seal_from(key), 0x99b7 * 12 * HOUR);
    assert_int_equal(resume_key_seal_until(key), 0x99b8 * 12 * HOUR);
    assert_int_equal(resume_key_open_until(key), 0x99b8 * 12 * HOUR + 24 * HOUR);
    const uint8_t *root = key->secret->root;
    char text[2 * 112 + 1];
    for (size_t i = 0; i < 112; i++) {
        snprintf(text + 2 * i, 3, "%02x", i < 80 ? expected[i] : root[i - 80]);
    }
    assert_string_equal(text, VECTOR);
    resume_key_unref(key);
    resume_keyring_unref(ring);
}

/* I-65: four hosts, clocks up to a minute apart, steps of every length. */
static void test_hosts_understand_each_other(void **state) {
    (void)state;
    static const struct {
        const char *params;
        uint64_t step, apart;
    } cases[] = {{"", 12 * HOUR, MINUTE},
                 {"?step=1h&overlap=2h", HOUR, MINUTE},
                 {"?step=1m&overlap=5m", MINUTE, MINUTE},
                 {"?step=10s&overlap=2m", 10000, MINUTE},
                 {"?step=200ms&overlap=5s", 200, 3000}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint64_t apart = cases[c].apart;
        resume_keyring *behind = host(cases[c].params, NOW);
        resume_keyring *ahead = host(cases[c].params, NOW + apart);
        for (uint64_t i = 0; i < 100; i++) {
            uint64_t now = NOW + i * cases[c].step / 7;
            uint8_t name[16];
            sealing_name(ahead, now + apart, name);
            resume_status status = find(behind, name, now);
            assert_true(status == RESUME_OK || status == RESUME_RENEW);
            sealing_name(behind, now, name);
            status = find(ahead, name, now + apart);
            assert_true(status == RESUME_OK || status == RESUME_RENEW);
        }
        resume_keyring_unref(behind);
        resume_keyring_unref(ahead);
    }
}

/* A ticket opens until its key's end on hosts that started later, and not a moment longer. */
static void test_borders(void **state) {
    (void)state;
    uint64_t start = NOW / HOUR * HOUR;
    uint8_t name[16];
    resume_keyring *first = host("?step=1h&overlap=3h", start);
    sealing_name(first, start, name);
    for (uint64_t i = 0; i < 4; i++) {
        resume_keyring *later = host("?step=1h&overlap=3h", start + i * HOUR);
        assert_int_equal(find(later, name, start + i * HOUR), i ? RESUME_RENEW : RESUME_OK);
        assert_int_equal(resume_keyring_count(later), 5); /* next, current, three retiring */
        resume_keyring_unref(later);
    }
    assert_int_equal(find(first, name, start + 4 * HOUR - 1), RESUME_RENEW);
    assert_int_equal(find(first, name, start + 4 * HOUR), RESUME_EXPIRED);
    resume_keyring *late = host("?step=1h&overlap=3h", start + 4 * HOUR);
    assert_int_equal(find(late, name, start + 4 * HOUR), RESUME_MISS);
    resume_keyring_unref(late);
    resume_keyring_unref(first);
}

/* A clock that jumps, by whatever, and comes back finds the schedule where it was. */
static void test_jumping_clocks(void **state) {
    (void)state;
    static const int64_t jumps[] = {1,
                                    -1,
                                    HOUR,
                                    -(int64_t)HOUR,
                                    50 * 24 * HOUR,
                                    -(int64_t)(50 * 24 * HOUR),
                                    12 * 24 * 365 * HOUR,
                                    -(int64_t)NOW};
    resume_keyring *ring = host("?step=1h&overlap=3h", NOW);
    uint8_t home[16];
    sealing_name(ring, NOW, home);
    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
        uint64_t there = (uint64_t)((int64_t)NOW + jumps[i]);
        uint8_t here[16];
        uint8_t fresh[16];
        resume_keyring *other = host("?step=1h&overlap=3h", there);
        sealing_name(ring, there, here);
        sealing_name(other, there, fresh);
        assert_memory_equal(here, fresh, 16);
        sealing_name(ring, NOW, here);
        assert_memory_equal(here, home, 16);
        assert_true(resume_keyring_count(ring) <= 7);
        resume_keyring_unref(other);
    }
    resume_keyring_unref(ring);
}

/* Another label, step or secret: other keys, all of them. */
static void test_what_makes_other_keys(void **state) {
    (void)state;
    static const char *const others[] = {"?label=a", "?label=b", "?step=6h", "?step=6h&label=a"};
    uint8_t names[5][16];
    resume_keyring *ring = host("", NOW);
    sealing_name(ring, NOW, names[4]);
    resume_keyring_unref(ring);
    for (size_t i = 0; i < 4; i++) {
        ring = host(others[i], NOW);
        sealing_name(ring, NOW, names[i]);
        resume_keyring_unref(ring);
    }
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(names[i], names[j], 16);
        }
    }
    ring = host("?overlap=1h", NOW); /* how long keys open makes no other keys */
    uint8_t name[16];
    sealing_name(ring, NOW, name);
    assert_memory_equal(name, names[4], 16);
    assert_int_equal(resume_keyring_rotate(ring, NOW), RESUME_E_STATE);
    assert_int_equal(resume_keyring_reload(ring, NOW), RESUME_E_STATE);
    assert_int_equal(resume_keyring_failures(ring), 0);
    resume_keyring_unref(ring);
}

/* I-52, I-53 */
static void test_refusals(void **state) {
    (void)state;
    uint8_t bytes[5000];
    expect_refused("?seal=1h", RESUME_E_INVALID, "step=");
    expect_refused("?step=99ms", RESUME_E_INVALID, "100ms");
    expect_refused("?step=25h", RESUME_E_INVALID, "24h");
    expect_refused("?overlap=8d", RESUME_E_INVALID, "7d");
    expect_refused("?step=1m", RESUME_E_INVALID, "32 times");
    expect_refused("?label=a%20b", RESUME_E_INVALID, "label");
    expect_refused("?lable=a", RESUME_E_INVALID, "step, overlap, label");
    noise(5, bytes, sizeof bytes);
    write_secret(bytes, 31, 0600);
    expect_refused("", RESUME_E_INVALID, "32 to 4096");
    write_secret(bytes, 4097, 0600);
    expect_refused("", RESUME_E_INVALID, "32 to 4096");
    write_secret(bytes, 0, 0600);
    expect_refused("", RESUME_E_INVALID, "32 to 4096");
    write_secret(bytes, 48, 0640);
    expect_refused("", RESUME_E_INVALID, "chmod 600");
    memset(bytes, 0, 48);
    write_secret(bytes, 48, 0600);
    expect_refused("", RESUME_WEAK_KEY, "zero");
    write_secret((const uint8_t *)"q8VZ3xTj0pLmR7uYwE2sKd5fGh9aBnCvXiOoPlMkJ+4=", 44, 0600);
    expect_refused("", RESUME_WEAK_KEY, "printable");
    noise(5, bytes, 32);
    write_secret(bytes, 48, 0600); /* 32 good bytes and zeros */
    expect_refused("", RESUME_WEAK_KEY, "zero");
    write_secret(secret, sizeof secret, 0600);
    static const char *const bad[] = {"derive:", "derive:fleet.secret", "derive:/nowhere/secret"};
    for (size_t i = 0; i < 3; i++) {
        resume_keyring *ring = NULL;
        resume_status status = resume_keyring_from_url(bad[i], NULL, NOW, &ring);
        assert_int_equal(status, i < 2 ? RESUME_E_INVALID : RESUME_E_IO);
    }
}

/* I-60, I-95: whichever allocation fails, a ring is made or not, and one that is there recovers. */
static void test_no_memory_anywhere(void **state) {
    (void)state;
    resume_status status = RESUME_E_NOMEM;
    for (unsigned long nth = 1; status != RESUME_OK; nth++) {
        resume_keyring *ring = NULL;
        assert_true(nth < 1000);
        rsm_alloc_fail_once(nth);
        status = resume_keyring_from_url(url_with("?step=1h&overlap=3h"), NULL, NOW, &ring);
        rsm_alloc_fail_once(0);
        assert_true(status == RESUME_OK || status == RESUME_E_NOMEM || status == RESUME_E_CRYPTO);
        assert_true((ring != NULL) == (status == RESUME_OK));
        resume_keyring_unref(ring);
    }
    resume_keyring *ring = host("?step=1h&overlap=3h", NOW);
    for (uint64_t i = 1; i < 40; i++) {
        uint8_t name[16];
        uint64_t now = NOW + i * HOUR;
        rsm_alloc_fail_once(i);
        (void)!resume_keyring_tick(ring, now);
        rsm_alloc_fail_once(0);
        sealing_name(ring, now, name);
        assert_int_equal(find(ring, name, now), RESUME_OK);
    }
    resume_keyring_unref(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_understand_each_other),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_jumping_clocks),
        cmocka_unit_test(test_what_makes_other_keys),
        cmocka_unit_test(test_the_derivation_byte_for_byte),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_memory_anywhere),
    };
    return cmocka_run_group_tests(tests, make_secret, remove_secret);
}
