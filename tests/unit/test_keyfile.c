/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects of key files: which bytes are which, and which sizes exist. */
#include "keys_fixture.h"

#include "wire/keyfile.h"

static void test_layouts(void **state) {
    (void)state;
    static const struct {
        const char *dialect;
        size_t len, key_len, cipher_at, mac_at;
    } cases[] = {
        {"nginx", 48, 16, 16, 32}, /* AES first */
        {"nginx", 80, 32, 48, 16}, /* HMAC first */
        {"openssl", 80, 32, 48, 16},
    };
    uint8_t bytes[81] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct rsm_keyfile_dialect *dialect = rsm_keyfile_dialect(cases[i].dialect);
        struct rsm_keyfile file;
        assert_non_null(dialect);
        assert_int_equal(rsm_keyfile_parse(dialect, bytes, cases[i].len, &file), RESUME_OK);
        assert_ptr_equal(file.name, bytes);
        assert_ptr_equal(file.cipher_key, bytes + cases[i].cipher_at);
        assert_ptr_equal(file.mac_key, bytes + cases[i].mac_at);
        assert_int_equal(file.key_len, cases[i].key_len);
    }
}

/* I-55 */
static void test_any_other_size_is_refused(void **state) {
    (void)state;
    uint8_t bytes[200] = {0};
    struct rsm_keyfile file;
    const struct rsm_keyfile_dialect *nginx = rsm_keyfile_dialect("nginx");
    const struct rsm_keyfile_dialect *openssl = rsm_keyfile_dialect("openssl");
    for (size_t len = 0; len <= sizeof bytes; len++) {
        assert_int_equal(rsm_keyfile_parse(nginx, bytes, len, &file),
                         len == 48 || len == 80 ? RESUME_OK : RESUME_MALFORMED);
        assert_int_equal(rsm_keyfile_parse(openssl, bytes, len, &file),
                         len == 80 ? RESUME_OK : RESUME_MALFORMED);
    }
}

static void test_unknown_dialects(void **state) {
    (void)state;
    assert_null(rsm_keyfile_dialect("haproxy"));
    assert_null(rsm_keyfile_dialect(""));
    assert_null(rsm_keyfile_dialect("NGINX"));
    assert_non_null(strstr(rsm_keyfile_dialects(), "nginx"));
    assert_non_null(strstr(rsm_keyfile_dialects(), "openssl"));
    assert_string_equal(rsm_keyfile_sizes(rsm_keyfile_dialect("nginx")), "48 or 80");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),
        cmocka_unit_test(test_any_other_size_is_refused),
        cmocka_unit_test(test_unknown_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
