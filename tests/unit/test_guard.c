/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering and leaving parts: what a death, a doubt, a stopped and a lost owner each mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shm_fixture.h"
#include "store/guard.h"
#include "table_check.h"

#define NOW    UINT64_C(1700000000000)
#define LATER  (NOW + 3600000)
#define BYTES  65536U
#define RECORD 100U

struct world {
    struct rsm_table *table;
    void *region;
    struct rsm_robust_line *lock;
};

static int make_world(void **state, bool shared) {
    struct rsm_table_config config = {.bytes = BYTES, .shards = 1, .key = {1, 2, 3, 4, 5}};
    struct world *w = calloc(1, sizeof *w);
    if (!w) {
        return -1;
    }
    w->lock = mmap(NULL, 4096 + BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    w->region = (uint8_t *)w->lock + 4096;
    *state = w;
    resume_status status = shared ? rsm_table_over(&config, w->region, w->lock, &w->table)
                                  : rsm_table_new(&config, &w->table);
    return status == RESUME_OK ? 0 : -1;
}

static int setup(void **state) {
    return make_world(state, true);
}

static int setup_own(void **state) {
    return make_world(state, false);
}

static int teardown(void **state) {
    struct world *w = *state;
    rsm_table_free(w->table);
    munmap(w->lock, 4096 + BYTES);
    free(w);
    return 0;
}

static resume_status put(struct world *w, uint8_t n) {
    uint8_t id[32] = {n, 1};
    uint8_t data[RECORD];
    memset(data, n, sizeof data);
    return rsm_table_put(w->table, id, sizeof id, data, sizeof data, LATER, NOW);
}

static resume_status get(struct world *w, uint8_t n) {
    uint8_t id[32] = {n, 1};
    uint8_t data[RECORD];
    size_t len = 0;
    resume_status status = rsm_table_get(w->table, id, sizeof id, NOW, data, sizeof data, &len);
    assert_true(status != RESUME_OK || (len == RECORD && data[0] == n && data[RECORD - 1] == n));
    return status;
}

static uint64_t emptied(struct world *w) {
    struct rsm_table_numbers numbers;
    rsm_table_numbers(w->table, &numbers);
    return numbers.emptied;
}

static pid_t child_inside(struct world *w, int then) {
    pid_t pid = fork();
    if (pid == 0) {
        struct rsm_part *part = rsm_part_enter(w->table->parts);
        raise(then);
        rsm_part_leave(part);
        _exit(part ? 0 : 1);
    }
    return pid;
}

/* I-99, I-101: after a death the part is empty, counted once, and of use. */
static void test_death_inside_empties(void **state) {
    struct world *w = *state;
    for (uint64_t deaths = 1; deaths <= 5; deaths++) {
        assert_int_equal(put(w, 7), RESUME_OK);
        assert_ended(child_inside(w, SIGKILL), SIGKILL);
        assert_int_equal(get(w, 7), RESUME_OK); /* readers do not care */
        assert_int_equal(put(w, 8), RESUME_OK);
        assert_int_equal(emptied(w), deaths);
        assert_int_equal(get(w, 7), RESUME_MISS);
        assert_int_equal(get(w, 8), RESUME_OK);
        check_table(w->table);
    }
}

/* I-101: doubt empties when the part is left, and readers never see half of it. */
static void test_doubt_empties(void **state) {
    struct world *w = *state;
    assert_int_equal(put(w, 7), RESUME_OK);
    {
        RSM_INSIDE(w->table->parts);
        assert_non_null(rsm_inside);
        assert_false(rsm_part_doubt(rsm_inside));
        assert_int_equal(get(w, 7), RESUME_OK);
    }
    assert_int_equal(get(w, 7), RESUME_MISS);
    assert_int_equal(emptied(w), 1);
    assert_false(w->table->parts->doubt);
    assert_int_equal(put(w, 7), RESUME_OK);
    check_table(w->table);
}

/* I-105: a reader that began before sees another sequence number after. */
static void test_emptying_moves_every_sequence_on(void **state) {
    struct world *w = *state;
    struct rsm_part *part = w->table->parts;
    uint32_t before[1024];
    assert_true(part->bucket_count <= 1024);
    atomic_store(&part->buckets[0].sequence, 41); /* as a death in the middle leaves it */
    for (uint32_t i = 0; i < part->bucket_count; i++) {
        before[i] = atomic_load(&part->buckets[i].sequence);
    }
    rsm_part_doubt(rsm_part_enter(part));
    rsm_part_leave(part);
    for (uint32_t i = 0; i < part->bucket_count; i++) {
        uint32_t after = atomic_load(&part->buckets[i].sequence);
        assert_true(after != before[i] && after % 2 == 0);
    }
}

/* I-101: a bucket that says it is being changed, while nobody is inside: look-ups would take the
 * lock for ever. */
static void test_a_bucket_left_odd_is_doubt(void **state) {
    struct world *w = *state;
    struct rsm_part *part = w->table->parts;
    assert_int_equal(put(w, 7), RESUME_OK);
    for (uint32_t i = 0; i < part->bucket_count; i++) {
        atomic_fetch_add(&part->buckets[i].sequence, 1);
    }
    assert_int_equal(get(w, 7), RESUME_MISS);
    assert_int_equal(emptied(w), 1);
    assert_int_equal(put(w, 7), RESUME_OK);
    assert_int_equal(get(w, 7), RESUME_OK);
    check_table(w->table);
}

/* I-103: a stopped owner costs a wait once in a while; all is well when it goes on. */
static void test_a_stopped_owner_delays_a_little(void **state) {
    struct world *w = *state;
    assert_int_equal(put(w, 7), RESUME_OK);
    pid_t pid = child_inside(w, SIGSTOP);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    uint64_t begun = elapsed_ms();
    unsigned calls = 0;
    for (; calls < 50; calls++) {
        assert_int_equal(put(w, 8), RESUME_E_STATE);
        assert_int_equal(get(w, 7), RESUME_OK);
    }
    /* One wait of 10 ms in a second; a loaded machine may add to it, not 50 of them. */
    assert_true(elapsed_ms() - begun < 400);
    kill(pid, SIGCONT);
    assert_ended(pid, 0);
    assert_int_equal(put(w, 8), RESUME_OK);
    assert_int_equal(emptied(w), 0);
    check_table(w->table);
}

static void seize_now(struct world *w) {
    struct rsm_part *part = w->table->parts;
    atomic_store(&part->held_since_ms, 0);
    atomic_store(&part->pause_until_ms, 0);
}

/* I-98, I-102: an owner that never was is waited for ten seconds, in which look-ups go on. */
static void test_an_owner_that_never_was_loses_the_lock(void **state) {
    struct world *w = *state;
    assert_int_equal(put(w, 7), RESUME_OK);
    atomic_store(&w->lock->lock.word, 0x3FFFFFFEU);
    assert_int_equal(put(w, 8), RESUME_E_STATE);
    assert_int_equal(put(w, 8), RESUME_E_STATE);
    /* Another thread has noticed it later than this one began to wait. */
    atomic_fetch_add(&w->table->parts->held_since_ms, 60000);
    assert_int_equal(put(w, 8), RESUME_E_STATE);
    assert_int_equal(get(w, 7), RESUME_OK);
    seize_now(w);
    assert_int_equal(put(w, 8), RESUME_OK);
    assert_int_equal(emptied(w), 1);
    check_table(w->table);
}

/* An owner from whom it was seized comes back: it harms nobody, and what both wrote goes. */
static void test_a_seized_owner_comes_back(void **state) {
    struct world *w = *state;
    pid_t pid = child_inside(w, SIGSTOP);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_int_equal(put(w, 7), RESUME_E_STATE);
    seize_now(w);
    assert_int_equal(put(w, 7), RESUME_OK);
    assert_int_equal(emptied(w), 1);
    kill(pid, SIGCONT);
    assert_ended(pid, 0);
    assert_int_equal(emptied(w), 2);
    assert_int_equal(get(w, 7), RESUME_MISS);
    assert_int_equal(put(w, 7), RESUME_OK);
    check_table(w->table);
}

/* The same part without a shared lock: doubt works, and no record stays. */
static void test_own_memory_is_wiped_in_doubt(void **state) {
    struct world *w = *state;
    assert_int_equal(put(w, 7), RESUME_OK);
    rsm_part_doubt(rsm_part_enter(w->table->parts));
    rsm_part_leave(w->table->parts);
    assert_int_equal(get(w, 7), RESUME_MISS);
    const struct rsm_part *part = w->table->parts;
    for (size_t i = 0; i < (size_t)part->granules * RSM_GRANULE_WORDS; i++) {
        assert_int_equal(rsm_word(part->arena + i), 0);
    }
    rsm_part_leave(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_death_inside_empties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_doubt_empties, setup, teardown),
        cmocka_unit_test_setup_teardown(test_emptying_moves_every_sequence_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_bucket_left_odd_is_doubt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stopped_owner_delays_a_little, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_owner_that_never_was_loses_the_lock, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_seized_owner_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_memory_is_wiped_in_doubt, setup_own, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
