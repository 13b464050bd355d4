/* SPDX-License-Identifier: Apache-2.0 */
/* Constant-time comparison, wiping, big-endian numbers, saturating sums and the bounded reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static void test_equal_sees_each_byte(void **state) {
    (void)state;
    uint8_t a[67];
    uint8_t b[67];
    for (size_t len = 0; len <= sizeof a; len++) {
        memset(a, 0x5A, sizeof a);
        memset(b, 0x5A, sizeof b);
        assert_true(rsm_equal_ct(a, b, len));
        for (size_t i = 0; i < len; i++) {
            b[i] ^= (uint8_t)(1U << (i % 8));
            assert_false(rsm_equal_ct(a, b, len));
            b[i] = a[i];
        }
    }
}

static void test_zero_sees_each_byte(void **state) {
    (void)state;
    uint8_t data[67] = {0};
    for (size_t len = 0; len <= sizeof data; len++) {
        assert_true(rsm_is_zero_ct(data, len));
        for (size_t i = 0; i < len; i++) {
            data[i] = (uint8_t)(1U << (i % 8));
            assert_false(rsm_is_zero_ct(data, len));
            data[i] = 0;
        }
    }
}

static void test_wipe(void **state) {
    (void)state;
    uint8_t data[33];
    memset(data, 0xFF, sizeof data);
    rsm_wipe(data, sizeof data - 1);
    assert_true(rsm_is_zero_ct(data, sizeof data - 1));
    assert_int_equal(data[32], 0xFF);
    rsm_wipe(NULL, 0);
}

static void test_numbers_are_big_endian(void **state) {
    (void)state;
    static const uint8_t wire[] = {0x01, 0x02, 0x03, 0x04, 0x85, 0x06, 0x07, 0xF8};
    uint8_t back[8];
    assert_int_equal(rsm_get16(wire), 0x0102);
    assert_int_equal(rsm_get32(wire), 0x01020304);
    assert_true(rsm_get64(wire) == UINT64_C(0x01020304850607F8));
    rsm_put64(back, rsm_get64(wire));
    assert_memory_equal(back, wire, sizeof wire);
}

/* I-74 */
static void test_sums_stop_at_the_ends(void **state) {
    (void)state;
    assert_true(rsm_add_sat(UINT64_MAX, 1) == UINT64_MAX);
    assert_true(rsm_add_sat(UINT64_MAX - 1, 1) == UINT64_MAX);
    assert_true(rsm_mul_sat(UINT64_MAX / 1000 + 1, 1000) == UINT64_MAX);
    assert_true(rsm_mul_sat(UINT64_MAX / 1000, 1000) == UINT64_MAX / 1000 * 1000);
    assert_true(rsm_mul_sat(0, UINT64_MAX) == 0 && rsm_mul_sat(UINT64_MAX, 0) == 0);
    assert_true(rsm_sub_sat(1, 2) == 0 && rsm_sub_sat(2, 1) == 1);
}

static void test_reader_stays_bad(void **state) {
    (void)state;
    static const uint8_t wire[] = {1, 2, 3, 4, 5};
    struct rsm_reader reader = rsm_reader_of(wire, sizeof wire);
    assert_int_equal(rsm_take8(&reader), 1);
    assert_int_equal(rsm_take16(&reader), 0x0203);
    assert_int_equal(rsm_take32(&reader), 0);
    assert_true(reader.bad);
    assert_int_equal(reader.left, 2);
    assert_null(rsm_take(&reader, 0));
    assert_int_equal(rsm_take8(&reader), 0);
}

static void test_printable_is_without_space(void **state) {
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const uint8_t text[3] = {'a', (uint8_t)byte, 'z'};
        assert_int_equal(rsm_is_printable(text, sizeof text), byte > 0x20 && byte < 0x7F);
    }
    assert_true(rsm_is_printable(NULL, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_sees_each_byte),
        cmocka_unit_test(test_zero_sees_each_byte),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_sums_stop_at_the_ends),
        cmocka_unit_test(test_reader_stays_bad),
        cmocka_unit_test(test_printable_is_without_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
