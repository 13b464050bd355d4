/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The background thread in a forked child: it has its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/worker.h"

#include "base/clock.h"

#include "fork_fixture.h"
#include "thread_fork.h"

#include <time.h>

static struct rsm_worker worker;
static atomic_int rounds;

static void sleep_ms(int ms) {
    struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

static uint64_t work(void *arg) {
    (void)arg;
    atomic_fetch_add(&rounds, 1);
    return UINT64_MAX;
}

static void nothing(void *arg) {
    (void)arg;
}

static void wait_for_round(int before) {
    for (int i = 0; i < 20000 && atomic_load(&rounds) == before; i++) {
        sleep_ms(1);
    }
}

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    rsm_worker_forget(&worker);
    buf[0] = (uint8_t)atomic_load(&worker.running);
    int before = atomic_load(&rounds);
    buf[1] = (uint8_t)rsm_worker_wake(&worker);
    wait_for_round(before);
    buf[2] = (uint8_t)(atomic_load(&rounds) > before);
    rsm_worker_stop(&worker, rsm_clock_us() + 20000000);
    buf[3] = (uint8_t)!atomic_load(&worker.running);
}

static void test_a_child_has_its_own(void **state) {
    (void)state;
    uint8_t seen[4] = {9, 9, 9, 9};
    const uint8_t wanted[4] = {0, 1, 1, 1};
    rsm_worker_init(&worker, work, nothing, nothing, NULL);
    assert_true(rsm_worker_wake(&worker));
    wait_for_round(0);
    run_child(BY_LIBC, in_child, seen, sizeof seen);
    assert_memory_equal(seen, wanted, sizeof wanted);
    rsm_worker_stop(&worker, rsm_clock_us() + 20000000);
    assert_false(atomic_load(&worker.running));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_child_has_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
