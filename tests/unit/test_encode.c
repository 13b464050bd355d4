/* SPDX-License-Identifier: Apache-2.0 */
/* Hex and base64: RFC 4648's own vectors, every value both ways, and one spelling only. */
#include "keys_fixture.h"

#include "base/encode.h"

/* RFC 4648 section 10 */
static void test_base64_of_the_rfc(void **state) {
    (void)state;
    static const char *const texts[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t len = 0; len < 7; len++) {
        char text[9] = "";
        uint8_t back[6];
        size_t back_len = 99;
        rsm_base64_encode((const uint8_t *)"foobar", len, text);
        assert_string_equal(text, texts[len]);
        assert_int_equal(RSM_BASE64_LEN(len), strlen(text));
        assert_true(rsm_base64_decode((const uint8_t *)text, strlen(text), back, &back_len));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, "foobar", len);
    }
}

static void test_every_byte_both_ways(void **state) {
    (void)state;
    uint8_t all[256], back[258];
    char text[RSM_HEX_LEN(256)];
    size_t len = 0;
    for (size_t i = 0; i < 256; i++) {
        all[i] = (uint8_t)i;
    }
    rsm_hex_encode(all, sizeof all, text);
    assert_memory_equal(text + 2 * 0xa7, "a7a8a9", 6);
    assert_true(rsm_hex_decode((const uint8_t *)text, sizeof text, back));
    assert_memory_equal(back, all, sizeof all);
    assert_true(rsm_hex_decode((const uint8_t *)"AbCd", 4, back));
    assert_memory_equal(back, "\xab\xcd", 2);
    for (size_t from = 0; from < 3; from++) { /* every value at every place of a group */
        rsm_base64_encode(all + from, sizeof all - from, text);
        size_t text_len = RSM_BASE64_LEN(sizeof all - from);
        assert_true(rsm_base64_decode((const uint8_t *)text, text_len, back, &len));
        assert_int_equal(len, sizeof all - from);
        assert_memory_equal(back, all + from, len);
    }
}

/* Of the 256 characters exactly the digits are digits. */
static void test_alphabets(void **state) {
    (void)state;
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t back[3];
    size_t len = 0;
    for (int c = 1; c < 256; c++) {
        const uint8_t hex[2] = {'0', (uint8_t)c};
        const uint8_t group[4] = {(uint8_t)c, 'A', 'A', 'A'};
        assert_true(rsm_hex_decode(hex, 2, back) == (strchr("0123456789abcdefABCDEF", c) != NULL));
        assert_true(rsm_base64_decode(group, 4, back, &len) == (strchr(base64, c) != NULL));
    }
}

static void test_one_spelling_only(void **state) {
    (void)state;
    static const char *const bad[] = {
        "Zg", "Zg=", "Zh==", "Zm9=", "=Zg=", "Z===", "Zg==Zg==", "Zm 9", "Zm-_", "Zm9v\n"};
    uint8_t back[9];
    size_t len = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(rsm_base64_decode((const uint8_t *)bad[i], strlen(bad[i]), back, &len));
    }
    assert_false(rsm_hex_decode((const uint8_t *)"abc", 3, back));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_of_the_rfc),
        cmocka_unit_test(test_every_byte_both_ways),
        cmocka_unit_test(test_alphabets),
        cmocka_unit_test(test_one_spelling_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
