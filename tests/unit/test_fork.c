/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process family has one number each (I-165).
 */
#include "fork_fixture.h"

#include "base/fork.h"

static void own_number(uint8_t *buf, size_t len) {
    uint64_t number = rsm_fork_generation();
    memcpy(buf, &number, len);
}

/* Own number, then that of a child of the child. */
static void two_numbers(uint8_t *buf, size_t len) {
    own_number(buf, len / 2);
    run_child(BY_LIBC, own_number, buf + len / 2, len / 2);
}

static uint64_t number_of_child(int way) {
    uint64_t number = 0;
    run_child(way, own_number, (uint8_t *)&number, sizeof number);
    return number;
}

static void test_number_stays_in_a_process(void **state) {
    (void)state;
    uint64_t first = rsm_fork_generation();
    assert_true(first != 0);
    assert_true(rsm_fork_generation() == first);
    (void)number_of_child(BY_LIBC);
    assert_true(rsm_fork_generation() == first);
}

static void children_differ(void) {
    uint64_t own = rsm_fork_generation();
    assert_true(number_of_child(BY_LIBC) != own);
    assert_true(number_of_child(BY_CLONE) != own);
    uint64_t both[2] = {0, 0};
    run_child(BY_CLONE, two_numbers, (uint8_t *)both, sizeof both);
    assert_true(both[0] != own && both[1] != own && both[0] != both[1]);
}

static void test_children_differ(void **state) {
    (void)state;
    children_differ();
}

static void test_children_differ_without_the_kernels_help(void **state) {
    (void)state;
    uint64_t before = rsm_fork_generation();
    rsm_fork_by_pid(true);
    uint64_t number = rsm_fork_generation();
    assert_true(number != 0);
    assert_true(rsm_fork_generation() == number);
    children_differ();
    rsm_fork_by_pid(false);
    assert_true(rsm_fork_generation() == before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_stays_in_a_process),
        cmocka_unit_test(test_children_differ),
        cmocka_unit_test(test_children_differ_without_the_kernels_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
