/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of key files: which bytes are which, which sizes exist, which key seals, and both ways.
 */
#include "keys_fixture.h"

#include "base/secret.h"
#include "base/url.h"
#include "wire/keyfile.h"

#include <stdio.h>

static struct rsm_keyfile *new_file(const char *dialect) {
    const struct rsm_keyfile_dialect *found = rsm_keyfile_dialect(dialect);
    assert_non_null(found);
    struct rsm_keyfile *file = rsm_keyfile_new(found);
    assert_non_null(file);
    return file;
}

static resume_status status_of(const char *dialect, const void *bytes, size_t len) {
    struct rsm_keyfile *file = new_file(dialect);
    char why[RSM_WHY_SIZE] = "";
    resume_status status = rsm_keyfile_parse(bytes, len, file, why);
    assert_true((status == RESUME_OK) == (why[0] == '\0'));
    rsm_secret_free(file);
    return status;
}

static void expect_refused(const char *dialect, const char *text, const char *part_of_why) {
    struct rsm_keyfile *file = new_file(dialect);
    char why[RSM_WHY_SIZE] = "";
    assert_int_equal(rsm_keyfile_parse((const uint8_t *)text, strlen(text), file, why),
                     RESUME_MALFORMED);
    if (!strstr(why, part_of_why)) {
        fail_msg("%s: \"%s\" is not in \"%s\"", dialect, part_of_why, why);
    }
    rsm_secret_free(file);
}

/* Parses, and writes the same bytes again. */
static struct rsm_keyfile *both_ways(const char *dialect, const void *bytes, size_t len) {
    struct rsm_keyfile *file = new_file(dialect);
    struct rsm_buffer out = {0};
    char why[RSM_WHY_SIZE] = "";
    assert_int_equal(rsm_keyfile_parse(bytes, len, file, why), RESUME_OK);
    assert_int_equal(rsm_keyfile_write(file, &out, why), RESUME_OK);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, bytes, len);
    rsm_buffer_free(&out);
    return file;
}

static void test_layouts(void **state) {
    (void)state;
    static const struct {
        const char *dialect;
        size_t len, key_len, cipher_at, mac_at;
    } cases[] = {
        {"nginx", 48, 16, 16, 32}, /* AES first */
        {"nginx", 80, 32, 48, 16}, /* HMAC first */
        {"openssl", 80, 32, 48, 16}, {"envoy", 80, 32, 48, 16},   {"openssl10", 48, 16, 32, 16},
        {"apache", 48, 16, 32, 16},  {"nghttpx", 48, 16, 16, 32}, {"nghttpx", 80, 32, 16, 48},
        {"dnsdist", 80, 32, 16, 48}, {"ats", 48, 16, 32, 16},
    };
    uint8_t bytes[80];
    key_bytes(1, bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rsm_keyfile *file = both_ways(cases[i].dialect, bytes, cases[i].len);
        const struct rsm_keyfile_key *key = &file->keys[0];
        assert_int_equal(file->count, 1);
        assert_int_equal(key->role, RSM_KEYFILE_SEALS);
        assert_int_equal(key->cipher_len, cases[i].key_len);
        assert_int_equal(key->mac_len, cases[i].key_len);
        assert_memory_equal(key->name, bytes, 16);
        assert_memory_equal(key->cipher_key, bytes + cases[i].cipher_at, key->cipher_len);
        assert_memory_equal(key->mac_key, bytes + cases[i].mac_at, key->mac_len);
        rsm_secret_free(file);
    }
}

/* I-55 */
static void test_any_other_size_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *dialect;
        size_t small, large;
    } cases[] = {{"nginx", 48, 80},  {"openssl", 80, 80}, {"openssl10", 48, 48},
                 {"apache", 48, 48}, {"envoy", 80, 80},   {"nghttpx", 48, 80}};
    uint8_t bytes[200] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t len = 0; len <= sizeof bytes; len++) {
            bool good = len == cases[i].small || len == cases[i].large;
            assert_int_equal(status_of(cases[i].dialect, bytes, len),
                             good ? RESUME_OK : RESUME_MALFORMED);
        }
    }
    for (size_t len = 0; len <= sizeof bytes; len++) {
        assert_int_equal(status_of("ats", bytes, len),
                         len && len % 48 == 0 ? RESUME_OK : RESUME_MALFORMED);
        assert_int_equal(status_of("dnsdist", bytes, len),
                         len && len % 80 == 0 ? RESUME_OK : RESUME_MALFORMED);
        assert_int_equal(status_of("go-raw", bytes, len),
                         len && len % 32 == 0 ? RESUME_OK : RESUME_MALFORMED);
    }
    static uint8_t many[65 * 80];
    assert_int_equal(status_of("ats", many, (size_t)65 * 48), RESUME_MALFORMED);
    assert_int_equal(status_of("ats", many, (size_t)64 * 48), RESUME_OK);
}

static void expect_roles(const struct rsm_keyfile *file, const char *roles) {
    assert_int_equal(file->count, strlen(roles));
    for (size_t i = 0; i < file->count; i++) {
        enum rsm_keyfile_role role = roles[i] == 's'   ? RSM_KEYFILE_SEALS
                                     : roles[i] == 'n' ? RSM_KEYFILE_NEXT
                                     : roles[i] == 't' ? RSM_KEYFILE_TIMED
                                                       : RSM_KEYFILE_OPENS;
        assert_int_equal(file->keys[i].role, role);
    }
}

static void test_which_key_seals(void **state) {
    (void)state;
    uint8_t bytes[240];
    key_bytes(3, bytes, sizeof bytes);
    struct rsm_keyfile *file = both_ways("ats", bytes, 144);
    expect_roles(file, "soo");
    rsm_secret_free(file);
    file = both_ways("dnsdist", bytes, 240);
    expect_roles(file, "oos");
    rsm_secret_free(file);
}

/* ---- HAProxy: made with openssl base64 -A from bytes 00 01 02 .. 4f, 50 51 .., a0 a1 .. */
#define LINE_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
#define LINE_B "UFFSU1RVVldYWVpbXF1eX2BhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ent8fX5/"
#define LINE_C "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGx8jJysvMzc7P"
#define LINE_80                                                                                    \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNE" \
    "RUZHSElKS0xNTk8="

static void test_haproxy(void **state) {
    (void)state;
    static const char three[] = LINE_A "\n" LINE_B "\n" LINE_C "\n";
    struct rsm_keyfile *file = both_ways("haproxy", three, sizeof three - 1);
    expect_roles(file, "osn");
    assert_int_equal(file->keys[1].name[0], 0x50);
    assert_int_equal(file->keys[1].cipher_key[0], 0x60); /* AES first in both sizes */
    assert_int_equal(file->keys[1].mac_key[0], 0x70);
    rsm_secret_free(file);
    static const char large[] = LINE_80 "\n" LINE_80 "\n" LINE_80 "\n";
    file = both_ways("haproxy", large, sizeof large - 1);
    assert_int_equal(file->keys[2].cipher_key[31], 0x2f);
    assert_int_equal(file->keys[2].mac_key[31], 0x4f);
    rsm_secret_free(file);
    /* The last three of more; line ends of any kind. */
    static const char four[] = LINE_80 "\r\n" LINE_80 "\n" LINE_80 "\n" LINE_80;
    file = new_file("haproxy");
    char why[RSM_WHY_SIZE];
    assert_int_equal(rsm_keyfile_parse((const uint8_t *)four, sizeof four - 1, file, why),
                     RESUME_OK);
    expect_roles(file, "osn");
    assert_int_equal(file->keys[0].line, 2);
    rsm_secret_free(file);
}

static void test_haproxy_refuses(void **state) {
    (void)state;
    expect_refused("haproxy", "", "at least 3");
    expect_refused("haproxy", LINE_A "\n" LINE_B "\n", "2 keys");
    expect_refused("haproxy", LINE_A "\n" LINE_80 "\n" LINE_B, "line 2: a key of another size");
    expect_refused("haproxy", LINE_A "\n\n" LINE_B, "line 2: empty");
    expect_refused("haproxy", LINE_A "\n" LINE_A LINE_B "\n", "line 2: longer");
    expect_refused("haproxy", "AAEC\n", "line 1: a key of 3 bytes");
    expect_refused("haproxy", LINE_A " \n", "line 1: not base64");
    expect_refused("haproxy", "# keys\n", "line 1: not base64");
}

/* ---- Go: the derived bytes are those of `sha512sum` of the seed 00 01 .. 1f. */
#define SEED_HEX    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SEED_BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void test_go(void **state) {
    (void)state;
    static const uint8_t hash[48] = {0x3d, 0x94, 0xee, 0xa4, 0x9c, 0x58, 0x0a, 0xef, 0x81, 0x69,
                                     0x35, 0x76, 0x2b, 0xe0, 0x49, 0x55, 0x9d, 0x6d, 0x14, 0x40,
                                     0xde, 0xde, 0x12, 0xe6, 0xa1, 0x25, 0xf1, 0x84, 0x1f, 0xff,
                                     0x8e, 0x6f, 0xa9, 0xd7, 0x18, 0x62, 0xa3, 0xe5, 0x74, 0x6b,
                                     0x57, 0x1b, 0xe3, 0xd1, 0x87, 0xb0, 0x04, 0x10};
    static const char text[] = SEED_BASE64 "\n";
    struct rsm_keyfile *file = both_ways("go", text, sizeof text - 1);
    expect_roles(file, "s");
    assert_memory_equal(file->keys[0].name, hash, 16);
    assert_memory_equal(file->keys[0].cipher_key, hash + 16, 16);
    assert_memory_equal(file->keys[0].mac_key, hash + 32, 16);
    rsm_secret_free(file);
    uint8_t seeds[64];
    noise(5, seeds, sizeof seeds);
    file = both_ways("go-raw", seeds, sizeof seeds);
    expect_roles(file, "so");
    rsm_secret_free(file);
    assert_int_equal(status_of("go", SEED_HEX "\n" SEED_BASE64, 109), RESUME_OK);
    expect_refused("go", "", "0 keys");
    expect_refused("go", SEED_HEX "\n" SEED_HEX "0\n", "line 2: neither");
    expect_refused("go", SEED_HEX "\n\n", "line 2: neither");
    expect_refused("go", "x" SEED_HEX, "line 1: neither");
}

/* A key that is not made from a seed has none to write. */
static void test_go_needs_a_seed(void **state) {
    (void)state;
    struct rsm_keyfile *file = new_file("go");
    struct rsm_buffer out = {0};
    char why[RSM_WHY_SIZE] = "";
    file->count = 1;
    file->keys[0].cipher_len = file->keys[0].mac_len = 16;
    assert_int_equal(rsm_keyfile_write(file, &out, why), RESUME_UNSUPPORTED);
    assert_non_null(strstr(why, "seed"));
    rsm_secret_free(file);
}

static void test_no_place(void **state) {
    (void)state;
    struct rsm_keyfile *file = new_file("ats");
    struct rsm_buffer out = {0};
    char why[RSM_WHY_SIZE] = "";
    file->count = 1;
    file->keys[0].cipher_len = file->keys[0].mac_len = 32;
    assert_int_equal(rsm_keyfile_write(file, &out, why), RESUME_UNSUPPORTED);
    assert_non_null(strstr(why, "48"));
    file->count = 2;
    file->keys[0].cipher_len = file->keys[0].mac_len = 16;
    assert_int_equal(rsm_keyfile_write(file, &out, why), RESUME_UNSUPPORTED);
    assert_non_null(strstr(why, "different sizes"));
    rsm_buffer_free(&out);
    rsm_secret_free(file);
}

static void test_names_of_dialects(void **state) {
    (void)state;
    char all[256] = "";
    for (size_t i = 0; rsm_keyfile_dialect_at(i); i++) {
        const char *name = rsm_keyfile_dialect_at(i)->name;
        assert_ptr_equal(rsm_keyfile_dialect(name), rsm_keyfile_dialect_at(i));
        size_t len = strlen(all);
        snprintf(all + len, sizeof all - len, "%s%s", len ? ", " : "", name);
    }
    assert_string_equal(all, rsm_keyfile_dialects());
    assert_null(rsm_keyfile_dialect(""));
    assert_null(rsm_keyfile_dialect("NGINX"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),           cmocka_unit_test(test_any_other_size_is_refused),
        cmocka_unit_test(test_which_key_seals),   cmocka_unit_test(test_haproxy),
        cmocka_unit_test(test_haproxy_refuses),   cmocka_unit_test(test_go),
        cmocka_unit_test(test_go_needs_a_seed),   cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_names_of_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
