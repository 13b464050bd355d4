/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A remote store in forked children: nothing of the parent's is used there (I-109), whatever its
 * threads were doing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fork_fixture.h"
#include "remote_fixture.h"
#include "thread_fork.h"

static resume_store *shared;

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    buf[0] = (uint8_t)stat_of(shared, RESUME_STORE_QUEUED);
    buf[1] = (uint8_t)stat_of(shared, RESUME_STORE_BREAKER);
    atomic_store(&delay_ms, 0);
    atomic_store(&call_answer, RSM_ANSWER_OK);
    int before = atomic_load(&connects);
    buf[2] = (uint8_t)put(shared, 3);
    buf[3] = (uint8_t)look_up(shared, true, 3);
    buf[4] = (uint8_t)(atomic_load(&connects) > before); /* none of its parent's */
    resume_store_unref(shared);
}

/* A child, also of a raw clone(): own connections, own thread, empty queue, closed breaker. */
static void test_children(void **state) {
    (void)state;
    for (int way = BY_LIBC; way <= BY_CLONE; way++) {
        setup(NULL);
        shared = opened("fake:?timeout=9s");
        assert_int_equal(put(shared, 1), RESUME_OK);
        until(shared, RESUME_STORE_QUEUED, 0);
        atomic_store(&delay_ms, 200);
        assert_int_equal(put(shared, 2), RESUME_OK);
        sleep_ms(20); /* the thread is at it */
        uint8_t seen[5] = {9, 9, 9, 9, 9};
        const uint8_t wanted[5] = {0, 0, RESUME_OK, RESUME_OK, 1};
        run_child(way, in_child, seen, sizeof seen);
        assert_memory_equal(seen, wanted, sizeof wanted);
        until(shared, RESUME_STORE_QUEUED, 0);
        assert_int_equal(look_up(shared, false, 2), RESUME_OK);
        resume_store_unref(shared);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_children)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
