/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock that outlives its owner: deaths, waits, owners that never were, and that it excludes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/robust.h"
#include "shm_fixture.h"

#include <pthread.h>

struct shared {
    struct rsm_robust_line line;
    _Atomic uint32_t step;
    uint64_t sum; /* under the lock */
};

static int setup(void **state) {
    void *at = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                    -1, 0);
    *state = at;
    return at == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state) {
    return munmap(*state, sizeof(struct shared));
}

/* A child that has taken the lock and sits there. */
static pid_t holder(struct shared *shared) {
    pid_t pid = fork();
    if (pid == 0) {
        if (rsm_robust_take(&shared->line.lock, 0) == RSM_ROBUST_BUSY) {
            _exit(1);
        }
        atomic_store(&shared->step, 1);
        for (;;) {
            pause();
        }
    }
    assert_true(pid > 0);
    while (!atomic_load(&shared->step)) {
        usleep(100);
    }
    atomic_store(&shared->step, 0);
    return pid;
}

static void test_zeros_are_a_free_lock(void **state) {
    struct shared *shared = *state;
    struct rsm_robust *lock = &shared->line.lock;
    assert_true(rsm_robust_works());
    for (unsigned i = 0; i < 3; i++) {
        uint64_t before = rsm_robust_hold(lock);
        assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_TAKEN);
        assert_true(rsm_robust_hold(lock) != before);
        assert_true(rsm_robust_release(lock));
        assert_false(rsm_robust_release(lock));
    }
}

/* I-98, I-104: whoever dies inside, also in the recovery from another death, is told of. */
static void test_each_death_is_told(void **state) {
    struct shared *shared = *state;
    struct rsm_robust *lock = &shared->line.lock;
    for (unsigned deaths = 0; deaths < 20; deaths++) {
        pid_t pid = holder(shared);
        kill(pid, SIGKILL);
        assert_ended(pid, SIGKILL);
    }
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_OWNER_DIED);
    assert_true(rsm_robust_release(lock));
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_TAKEN);
    assert_true(rsm_robust_release(lock));
}

static void *take_and_end(void *arg) {
    struct shared *shared = arg;
    (void)!rsm_robust_take(&shared->line.lock, 0);
    return NULL;
}

static void test_a_thread_that_ends_inside_counts_as_dead(void **state) {
    struct shared *shared = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, take_and_end, shared), 0);
    pthread_join(thread, NULL);
    assert_int_equal(rsm_robust_take(&shared->line.lock, 1000), RSM_ROBUST_OWNER_DIED);
    assert_true(rsm_robust_release(&shared->line.lock));
}

/* I-103: a wait is bounded, and whoever waits gets it when the owner dies. */
static void test_waits_are_bounded(void **state) {
    struct shared *shared = *state;
    struct rsm_robust *lock = &shared->line.lock;
    pid_t pid = holder(shared);
    uint64_t begun = elapsed_ms();
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_BUSY);
    assert_int_equal(rsm_robust_take(lock, 10), RSM_ROBUST_BUSY);
    assert_true(elapsed_ms() - begun >= 10);
    pid_t killer = fork();
    if (killer == 0) {
        usleep(20000);
        _exit(kill(pid, SIGKILL));
    }
    assert_int_equal(rsm_robust_take(lock, 30000), RSM_ROBUST_OWNER_DIED);
    assert_true(rsm_robust_release(lock));
    assert_ended(killer, 0);
    assert_ended(pid, SIGKILL);
}

/* I-102: any word is a free lock, a dead owner's, or one that can be seized. */
static void test_foreign_words(void **state) {
    struct shared *shared = *state;
    struct rsm_robust *lock = &shared->line.lock;
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t word = i * UINT32_C(0x9E3779B9) ^ (i % 3 ? 0 : UINT32_C(0x3FFFFFFF));
        atomic_store(&lock->word, word);
        atomic_store(&lock->turn, word * 3U);
        enum rsm_robust_taken taken = rsm_robust_take(lock, 0);
        if (taken == RSM_ROBUST_BUSY) {
            uint64_t hold = rsm_robust_hold(lock);
            assert_int_equal(rsm_robust_seize(lock, hold + 1), RSM_ROBUST_BUSY);
            taken = rsm_robust_seize(lock, hold);
            assert_int_equal(taken, RSM_ROBUST_OWNER_DIED);
        }
        assert_true(rsm_robust_release(lock));
        assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_TAKEN);
        assert_true(rsm_robust_release(lock));
    }
}

/* From whom it was seized may not release it, or another thread's hold. */
static void test_a_seized_lock_is_not_released_by_its_old_owner(void **state) {
    struct shared *shared = *state;
    struct rsm_robust *lock = &shared->line.lock;
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_TAKEN);
    uint64_t hold = rsm_robust_hold(lock);
    pid_t pid = fork();
    if (pid == 0) {
        bool seized = rsm_robust_seize(lock, hold) == RSM_ROBUST_OWNER_DIED;
        atomic_store(&shared->step, 1);
        while (atomic_load(&shared->step) == 1) {
            usleep(100);
        }
        _exit(seized && rsm_robust_release(lock) ? 0 : 1);
    }
    while (!atomic_load(&shared->step)) {
        usleep(100);
    }
    assert_false(rsm_robust_release(lock));
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_BUSY);
    atomic_store(&shared->step, 2);
    assert_ended(pid, 0);
    assert_int_equal(rsm_robust_take(lock, 0), RSM_ROBUST_TAKEN);
    assert_true(rsm_robust_release(lock));
}

enum { TURNS = 20000, CROWD = 4 };

static void *add(void *arg) {
    struct shared *shared = arg;
    for (unsigned i = 0; i < TURNS; i++) {
        while (rsm_robust_take(&shared->line.lock, 1000) != RSM_ROBUST_TAKEN) {
        }
        shared->sum++;
        (void)!rsm_robust_release(&shared->line.lock);
    }
    return NULL;
}

static void test_it_excludes_threads_and_processes(void **state) {
    struct shared *shared = *state;
    pid_t children[2];
    pthread_t threads[CROWD];
    for (unsigned i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            (void)add(shared);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add, shared), 0);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_ended(children[0], 0);
    assert_ended(children[1], 0);
    assert_int_equal(shared->sum, (2 + CROWD) * TURNS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_zeros_are_a_free_lock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_death_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_thread_that_ends_inside_counts_as_dead, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_waits_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_seized_lock_is_not_released_by_its_old_owner, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_it_excludes_threads_and_processes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
