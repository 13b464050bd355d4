/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock for deadlines goes on, and waiting under a lock ends by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/cond.h"

static void test_it_goes_on(void **state) {
    (void)state;
    uint64_t last = rsm_clock_us();
    assert_true(last > 0);
    for (int i = 0; i < 100000; i++) {
        uint64_t now = rsm_clock_us();
        assert_true(now >= last);
        last = now;
    }
}

static void test_a_wait_ends_at_the_deadline(void **state) {
    (void)state;
    struct rsm_lock lock;
    struct rsm_cond cond;
    rsm_lock_init(&lock);
    rsm_cond_init(&cond);
    rsm_lock_take(&lock);
    uint64_t begin = rsm_clock_us();
    while (rsm_cond_wait(&cond, &lock, begin + 20000)) {
    }
    uint64_t took = rsm_clock_us() - begin;
    assert_true(took >= 19900 && took < 5000000);
    assert_false(rsm_cond_wait(&cond, &lock, 1)); /* long past */
    rsm_lock_release(&lock);
    rsm_cond_destroy(&cond);
    rsm_lock_destroy(&lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_goes_on),
        cmocka_unit_test(test_a_wait_ends_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
