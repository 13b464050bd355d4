/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: what is appended stands there in order, and a failure sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buffer.h"

#include <string.h>

static void test_grows(void **state) {
    (void)state;
    struct rsm_buffer buffer = {0};
    for (unsigned i = 0; i < 1000; i++) {
        rsm_buffer_u16(&buffer, (uint16_t)i);
    }
    assert_false(buffer.failed);
    assert_int_equal(buffer.len, 2000);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(buffer.data[2 * i] << 8 | buffer.data[2 * i + 1], i);
    }
    rsm_buffer_free(&buffer);
    assert_null(buffer.data);
}

static void test_numbers(void **state) {
    (void)state;
    static const uint8_t wanted[] = {1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 'x'};
    struct rsm_buffer buffer = {0};
    rsm_buffer_u8(&buffer, 1);
    rsm_buffer_u32(&buffer, 2);
    rsm_buffer_u64(&buffer, 3);
    rsm_buffer_append(&buffer, "x", 1);
    rsm_buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer.len, sizeof wanted);
    assert_memory_equal(buffer.data, wanted, sizeof wanted);
    rsm_buffer_free(&buffer);
}

/* I-95 */
static void test_failure_sticks(void **state) {
    (void)state;
    uint8_t block[300] = {0};
    struct rsm_buffer buffer = {0};
    rsm_buffer_append(&buffer, block, 10);
    rsm_alloc_fail_once(1);
    rsm_buffer_append(&buffer, block, sizeof block);
    rsm_alloc_fail_once(0);
    assert_true(buffer.failed);
    assert_int_equal(buffer.len, 10);
    rsm_buffer_append(&buffer, block, 1);
    assert_int_equal(buffer.len, 10);
    rsm_buffer_free(&buffer);
    rsm_buffer_append(&buffer, block, SIZE_MAX);
    assert_true(buffer.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
