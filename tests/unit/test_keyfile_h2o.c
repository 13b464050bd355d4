/* SPDX-License-Identifier: Apache-2.0 */
/* h2o's YAML: what it holds, both ways, and that every other YAML is refused with its line. */
#include "keys_fixture.h"

#include "base/secret.h"
#include "base/url.h"
#include "wire/keyfile.h"

#include <stdio.h>

#define NAME_HEX "000102030405060708090a0b0c0d0e0f"
#define HEX_16   "101112131415161718191a1b1c1d1e1f"
#define OTHER_16 "505152535455565758595a5b5c5d5e5f"
#define ZEROS_16 "00000000000000000000000000000000"
#define AES_32   HEX_16 OTHER_16
#define MAC_64   OTHER_16 HEX_16 OTHER_16 HEX_16
#define MAC_OURS OTHER_16 HEX_16 ZEROS_16 ZEROS_16
#define HEAD     "- name: " NAME_HEX "\n  cipher: aes-256-cbc\n  hash: sha256\n"
#define TAIL     "  not_before: 1700000000\n  not_after: 1700003600\n"
#define KEY(mac) "  key: " AES_32 mac "\n"
#define GOOD                                                                                       \
    HEAD KEY(MAC_64)                                                                               \
    TAIL

static struct rsm_keyfile *new_file(void) {
    struct rsm_keyfile *file = rsm_keyfile_new(rsm_keyfile_dialect("h2o"));
    assert_non_null(file);
    return file;
}

static struct rsm_keyfile *parse(const char *text) {
    struct rsm_keyfile *file = new_file();
    char why[RSM_WHY_SIZE] = "";
    if (rsm_keyfile_parse((const uint8_t *)text, strlen(text), file, why) != RESUME_OK) {
        fail_msg("%s", why);
    }
    return file;
}

static void expect_refused(const char *text, const char *part_of_why) {
    struct rsm_keyfile *file = new_file();
    char why[RSM_WHY_SIZE] = "";
    resume_status status = rsm_keyfile_parse((const uint8_t *)text, strlen(text), file, why);
    assert_int_equal(status, RESUME_MALFORMED);
    if (!strstr(why, part_of_why)) {
        fail_msg("\"%s\" is not in \"%s\"", part_of_why, why);
    }
    assert_null(strstr(why, "101112")); /* nothing of a key */
    rsm_secret_free(file);
}

static void expect_written(const struct rsm_keyfile *file, const char *text) {
    struct rsm_buffer out = {0};
    char why[RSM_WHY_SIZE];
    assert_int_equal(rsm_keyfile_write(file, &out, why), RESUME_OK);
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(out.data, text, out.len);
    rsm_buffer_free(&out);
}

static void test_a_key_of_h2o(void **state) {
    (void)state;
    struct rsm_keyfile *file = parse(GOOD);
    const struct rsm_keyfile_key *key = &file->keys[0];
    assert_int_equal(file->count, 1);
    assert_int_equal(key->role, RSM_KEYFILE_TIMED);
    assert_int_equal(key->cipher_len, 32);
    assert_int_equal(key->mac_len, 64);
    assert_int_equal(key->name[15], 0x0f);
    assert_int_equal(key->cipher_key[0], 0x10); /* AES first */
    assert_int_equal(key->mac_key[0], 0x50);
    assert_int_equal(key->mac_key[63], 0x1f);
    assert_int_equal(key->not_before_s, 1700000000);
    assert_int_equal(key->not_after_s, 1700003600);
    expect_written(file, GOOD);
    rsm_secret_free(file);
}

/* HMAC fills a short key up with zeros, so ours fit and come back as they were. */
static void test_a_key_of_ours(void **state) {
    (void)state;
    struct rsm_keyfile *file = parse(HEAD KEY(MAC_OURS) TAIL);
    assert_int_equal(file->keys[0].mac_len, 32);
    expect_written(file, HEAD KEY(MAC_OURS) TAIL);
    rsm_secret_free(file);
    static const char small[] = "- name: " NAME_HEX "\n  cipher: aes-128-cbc\n  hash: sha256\n"
                                "  key: " HEX_16 OTHER_16 ZEROS_16 ZEROS_16 ZEROS_16 "\n" TAIL;
    file = parse(small);
    assert_int_equal(file->keys[0].cipher_len, 16);
    assert_int_equal(file->keys[0].mac_len, 16);
    expect_written(file, small);
    rsm_secret_free(file);
}

static void test_forms_that_mean_the_same(void **state) {
    (void)state;
    struct rsm_keyfile *file = parse(
        "--- \n# our keys\n\n-   not_after: '1700003600'\r\n    # more\n    name:  \"" NAME_HEX
        "\"  \n    hash: SHA256\n    cipher: AES-256-CBC\n    not_before: 1700000000\n"
        "    key: " AES_32 MAC_64);
    assert_int_equal(file->keys[0].line, 4);
    expect_written(file, GOOD);
    rsm_secret_free(file);
    file = parse(GOOD GOOD);
    assert_int_equal(file->count, 2);
    rsm_secret_free(file);
}

static void test_other_yaml_is_refused(void **state) {
    (void)state;
    expect_refused("", "0 keys");
    expect_refused("# nothing\n", "0 keys");
    expect_refused("[]\n", "line 1");
    expect_refused("keys:\n", "line 1");
    expect_refused(" " GOOD, "line 1");
    expect_refused("- {name: x}\n", "line 1: not \"field: value\"");
    expect_refused("-\n  name: x\n", "line 1");
    expect_refused(HEAD "   key: x\n", "line 4: neither");
    expect_refused(HEAD "\tkey: x\n", "line 4: neither");
    expect_refused(GOOD "---\n" GOOD, "line 7");
    expect_refused(GOOD "  colour: red\n", "line 7: not");
    expect_refused(GOOD "  hash: sha256\n", "line 7: a second \"hash\"");
    expect_refused(HEAD "  key:" HEX_16 "\n", "line 4: no blank");
    expect_refused(HEAD "  key: |\n    " HEX_16 "\n", "line 5: neither");
}

static void test_faulty_values_are_named(void **state) {
    (void)state;
    expect_refused(HEAD TAIL, "line 1: the key has no \"key\"");
    expect_refused(GOOD HEAD TAIL, "line 7: the key has no \"key\"");
    expect_refused(HEAD KEY(MAC_64) "  not_before: 1\n", "no \"not_after\"");
    expect_refused(HEAD "  key: " AES_32 HEX_16 "\n" TAIL, "line 4: a key of 96 hex digits");
    expect_refused(HEAD "  key: xx" HEX_16 AES_32 MAC_64 "\n" TAIL, "line 4: a key of 226");
    expect_refused(HEAD "  key: *" AES_32 MAC_64 "\n" TAIL, "line 4: a key of 193");
    expect_refused(HEAD "  key:\n" TAIL, "line 4: a key of 0 hex digits");
    expect_refused(HEAD "  key: g"
                        "01112131415161718191a1b1c1d1e1f" OTHER_16 MAC_64 "\n" TAIL,
                   "line 4: the key is not hex");
    expect_refused(HEAD KEY(MAC_64) "  not_before: 1.5\n  not_after: 2\n", "line 5: not_before");
    expect_refused(HEAD KEY(MAC_64) "  not_before: 9\n  not_after: 2\n",
                   "line 6: not_after is before");
    expect_refused(HEAD KEY(MAC_64) "  not_before: 1\n  not_after: 1700003600000000\n",
                   "line 6: not_after is no number");
    expect_refused("- name: 00\n  cipher: aes-256-cbc\n  hash: sha256\n" KEY(MAC_64) TAIL,
                   "line 1: a name is 32");
    expect_refused("- name: " NAME_HEX "\n  cipher: bf-cbc\n  hash: sha256\n" KEY(MAC_64) TAIL,
                   "line 2: a cipher");
    expect_refused("- name: " NAME_HEX "\n  cipher: aes-256-cbc\n  hash: sha1\n" KEY(MAC_64) TAIL,
                   "line 3: a hash");
}

static void test_more_keys_than_a_ring_holds(void **state) {
    (void)state;
    static char text[66 * sizeof GOOD];
    size_t len = 0;
    for (int i = 0; i < 65; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", GOOD);
    }
    expect_refused(text, "more than 64");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_of_h2o),
        cmocka_unit_test(test_a_key_of_ours),
        cmocka_unit_test(test_forms_that_mean_the_same),
        cmocka_unit_test(test_other_yaml_is_refused),
        cmocka_unit_test(test_faulty_values_are_named),
        cmocka_unit_test(test_more_keys_than_a_ring_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
