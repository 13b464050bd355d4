/* SPDX-License-Identifier: Apache-2.0 */
/* I-50, I-52, I-53: weak key material is refused, each kind with its reason; good material passes.
 */
#include "keys_fixture.h"

#include <stdio.h>

struct key {
    uint8_t bytes[80];
    size_t len;
};

static struct key good(size_t len) {
    struct key key = {.len = len};
    key_bytes(len, key.bytes, len);
    return key;
}

static size_t half(const struct key *key) {
    return (key->len - 16) / 2;
}

static void expect(const struct key *key, const char *part_of_reason) {
    const char *reason = NULL;
    assert_int_equal(resume_key_audit(key->bytes, key->len, &reason), RESUME_WEAK_KEY);
    assert_non_null(reason);
    if (!strstr(reason, part_of_reason)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_reason, reason);
    }
}

/* The same fault in either secret and in both sizes. */
static void expect_fill(void (*fill)(uint8_t *p, size_t len, unsigned with), unsigned with,
                        const char *part_of_reason) {
    for (size_t len = 48; len <= 80; len += 32) {
        for (size_t secret = 0; secret < 2; secret++) {
            struct key key = good(len);
            fill(key.bytes + 16 + secret * half(&key), half(&key), with);
            expect(&key, part_of_reason);
        }
    }
}

static void fill_byte(uint8_t *p, size_t len, unsigned with) {
    memset(p, (int)with, len);
}

static void fill_counting(uint8_t *p, size_t len, unsigned with) {
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)((with >> 8) + i * (with & 0xff));
    }
}

static void fill_word(uint8_t *p, size_t len, unsigned with) {
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(with >> (24 - 8 * (i % 4)));
    }
}

static void fill_text(uint8_t *p, size_t len, unsigned with) {
    static const char *const texts[] = {"MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
                                        "9f3c01d7e2a84b56c0d1f2e3948576a1b2c3d4e5f607",
                                        "correct horse battery staple, they said once"};
    memcpy(p, texts[with], len);
}

static void fill_few(uint8_t *p, size_t len, unsigned with) {
    for (size_t i = 0; i < len; i++) {
        p[i] = (uint8_t)(0x80 + (i * i * 7 + i / 3) % (len >= 32 ? with * 2 : with));
    }
}

static void fill_head_zero(uint8_t *p, size_t len, unsigned with) {
    (void)len;
    memset(p, 0, with);
}

static void fill_tail_zero(uint8_t *p, size_t len, unsigned with) {
    memset(p + len - with, 0, with);
}

static void test_good_keys_pass(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        uint8_t key[80];
        const char *reason = "?";
        key_bytes(seed, key, sizeof key);
        assert_int_equal(resume_key_audit(key, 80, &reason), RESUME_OK);
        assert_string_equal(reason, "");
        assert_int_equal(resume_key_audit(key, 48, &reason), RESUME_OK);
    }
}

static void test_constant(void **state) {
    (void)state;
    expect_fill(fill_byte, 0, "zero");
    static const uint8_t values[] = {0xff, 0xa5, 0xab, 0xcc, 0xcd, 0xdd, 0xfd, 0x31, 0x01};
    for (size_t i = 0; i < sizeof values; i++) {
        expect_fill(fill_byte, values[i], "equal");
    }
}

static void test_counting(void **state) {
    (void)state;
    static const uint8_t starts[] = {0x00, 0x01, 0x10, 0x11, 0x20, 0x21, 0xff};
    static const uint8_t steps[] = {1, 0x11, 0xff};
    for (size_t i = 0; i < sizeof starts; i++) {
        for (size_t j = 0; j < sizeof steps; j++) {
            expect_fill(fill_counting, (unsigned)starts[i] << 8 | steps[j], "counting");
        }
    }
}

static void test_repeated_words(void **state) {
    (void)state;
    static const uint32_t words[] = {0xdeadbeef, 0xcafebabe, 0xbaadf00d, 0xfeedface, 0xabcdabcd};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        expect_fill(fill_word, words[i], "repeat");
    }
}

/* Two equal 16-byte halves of one 32-byte secret; and the scans' sixteen times '1', then zeros. */
static void test_patterns_in_half_a_secret(void **state) {
    (void)state;
    struct key key = good(80);
    memcpy(key.bytes + 32, key.bytes + 16, 16);
    expect(&key, "repeat");
    key = good(80);
    memset(key.bytes + 16, 0x31, 16);
    memset(key.bytes + 32, 0, 16);
    expect(&key, "equal");
    key = good(80);
    fill_counting(key.bytes + 64, 16, 0x2001);
    expect(&key, "counting");
}

static void test_published_examples(void **state) {
    (void)state;
    static const char *const hex[] = {
        "2b7e151628aed2a6abf7158809cf4f3c", "8e73b0f7da0e6452c810f32b809079e5",
        "603deb1015ca71be2b73aef0857d7781", "1f352c073b6108d72d9810a30914dff4"};
    for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++) {
        for (size_t at = 16; at < 80; at += 16) {
            struct key key = good(80);
            for (size_t j = 0; j < 16; j++) {
                unsigned byte = 0;
                assert_int_equal(sscanf(hex[i] + 2 * j, "%2x", &byte), 1);
                key.bytes[at + j] = (uint8_t)byte;
            }
            expect(&key, "published");
        }
    }
}

static void test_short_keys_padded(void **state) {
    (void)state;
    expect_fill(fill_tail_zero, 8, "padded");
    expect_fill(fill_head_zero, 8, "padded");
    struct key key = good(80); /* a 16-byte key in a 32-byte field */
    memset(key.bytes + 32, 0, 16);
    expect(&key, "zero");
    key = good(80); /* 31 bytes for both, the rest zero */
    memset(key.bytes + 16 + 31, 0, 33);
    expect(&key, "zero");
}

static void test_few_values(void **state) {
    (void)state;
    expect_fill(fill_few, 6, "few");
}

static void test_text(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (size_t len = 48; len <= 80; len += 32) {
            struct key key = good(len);
            fill_text(key.bytes + 16, half(&key), i);
            const char *reason = NULL;
            assert_int_equal(resume_key_audit(key.bytes, key.len, &reason), RESUME_WEAK_KEY);
            /* hex digits are few values already */
            assert_true(strstr(reason, "text") != NULL || strstr(reason, "few") != NULL);
        }
    }
    struct key key = good(80);
    fill_text(key.bytes + 16, 32, 0);
    expect(&key, "printable");
}

static void test_equal_halves_and_the_name_as_key(void **state) {
    (void)state;
    struct key key = good(48);
    memcpy(key.bytes + 32, key.bytes + 16, 16);
    expect(&key, "share");
    key = good(80);
    memcpy(key.bytes + 48, key.bytes + 16, 32);
    expect(&key, "share");
    key = good(80);
    memcpy(key.bytes + 48, key.bytes + 32, 16); /* crosswise */
    expect(&key, "share");
    for (size_t at = 16; at < 80; at += 16) {
        key = good(80);
        memcpy(key.bytes, key.bytes + at, 16);
        expect(&key, "name");
    }
    key = good(80);
    memset(key.bytes, 0, 16);
    expect(&key, "name");
}

static void test_lengths_and_arguments(void **state) {
    (void)state;
    uint8_t key[200];
    key_bytes(1, key, sizeof key);
    const char *reason = "untouched";
    for (size_t len = 0; len < sizeof key; len++) {
        resume_status expected = len == 48 || len == 80 ? RESUME_OK : RESUME_E_INVALID;
        assert_int_equal(resume_key_audit(key, len, NULL), expected);
    }
    assert_int_equal(resume_key_audit(NULL, 80, &reason), RESUME_E_INVALID);
    assert_int_equal(resume_key_audit(key, 79, &reason), RESUME_E_INVALID);
    assert_string_equal(reason, "untouched");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_keys_pass),
        cmocka_unit_test(test_constant),
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_repeated_words),
        cmocka_unit_test(test_patterns_in_half_a_secret),
        cmocka_unit_test(test_published_examples),
        cmocka_unit_test(test_short_keys_padded),
        cmocka_unit_test(test_few_values),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_equal_halves_and_the_name_as_key),
        cmocka_unit_test(test_lengths_and_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
