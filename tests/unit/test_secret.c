/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for secrets: where it stands, that it is wiped, and what a child has of it.
 */
#include "fork_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/secret.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>

static uint8_t *shared;

static void test_pieces_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 63, 64, 65, 96, 200, 4096};
    uint8_t *pieces[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = sizes[i % 7];
        pieces[i] = rsm_secret_alloc(size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        assert_true(rsm_is_zero_ct(pieces[i], size));
        memset(pieces[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < sizes[i % 7]; j++) {
            assert_int_equal(pieces[i][j], (uint8_t)(i + 1));
        }
    }
    for (size_t i = 0; i < 200; i += 2) {
        rsm_secret_free(pieces[i]);
    }
    for (size_t i = 0; i < 200; i += 2) {
        pieces[i] = rsm_secret_alloc(sizes[i % 7]);
        assert_true(rsm_is_zero_ct(pieces[i], sizes[i % 7]));
    }
    for (size_t i = 0; i < 200; i++) {
        rsm_secret_free(pieces[i]);
    }
}

static void test_sizes_at_the_border(void **state) {
    (void)state;
    assert_null(rsm_secret_alloc(0));
    assert_null(rsm_secret_alloc(RSM_SECRET_MAX + 1));
    assert_null(rsm_secret_alloc(SIZE_MAX));
    uint8_t *large = rsm_secret_alloc(RSM_SECRET_MAX);
    assert_non_null(large);
    large[0] = large[RSM_SECRET_MAX - 1] = 1;
    rsm_secret_free(large);
    rsm_secret_free(NULL);
}

/* I-163. The page stays mapped because of the neighbour. */
static void test_freed_piece_is_wiped(void **state) {
    (void)state;
    uint8_t *neighbour = rsm_secret_alloc(64);
    uint8_t *piece = rsm_secret_alloc(96);
    const volatile uint8_t *seen = piece;
    memset(piece, 0xa5, 96);
    rsm_secret_free(piece);
    for (size_t i = 0; i < 96; i++) {
        assert_int_equal(seen[i], 0);
    }
    rsm_secret_free(neighbour);
}

/* True if the mapping of that address has the flag in /proc/self/smaps. */
static bool mapping_has(const void *address, const char *flag) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    bool found = false;
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            inside = from <= (uintptr_t)address && (uintptr_t)address < to;
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            found = strstr(line, flag) != NULL;
        }
    }
    fclose(maps);
    return found;
}

/* Sanitizers make mlock() do nothing, and a low RLIMIT_MEMLOCK makes it fail. */
static bool locking_works(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    bool works = mlock(page, 4096) == 0 && mapping_has(page, " lo");
    munmap(page, 4096);
    return works;
}

/* I-163: not in core dumps, and not in swap where the system lets us. */
static void test_pages_are_locked_and_not_dumped(void **state) {
    (void)state;
    uint8_t *piece = rsm_secret_alloc(32);
    assert_true(mapping_has(piece, " dd"));
    if (locking_works()) {
        assert_true(rsm_secret_locked());
        assert_true(mapping_has(piece, " lo"));
    }
    rsm_secret_free(piece);
}

static void look_at_shared(uint8_t *buf, size_t len) {
    (void)len;
    buf[0] = shared[31];
    buf[1] = !locking_works() || mapping_has(shared, " lo");
    buf[2] = mapping_has(shared, " dd");
    rsm_secret_free(shared);
    buf[3] = rsm_secret_alloc(32) != NULL;
}

/* I-164: children need the keys, as well kept as here. */
static void test_child_has_the_secret_and_locks_it(void **state) {
    (void)state;
    uint8_t answers[4] = {0};
    shared = rsm_secret_alloc(32);
    shared[31] = 77;
    run_child(BY_LIBC, look_at_shared, answers, sizeof answers);
    assert_int_equal(answers[0], 77);
    assert_true(answers[1] && answers[2] && answers[3]);
    assert_int_equal(shared[31], 77);
    rsm_secret_free(shared);
}

static void test_no_memory(void **state) {
    (void)state;
    void *held[4];
    for (unsigned long n = 1; n <= 2; n++) {
        rsm_alloc_fail_once(n);
        assert_null(rsm_secret_alloc(RSM_SECRET_MAX)); /* needs pages of its own */
        rsm_alloc_fail_from(0);
    }
    for (size_t i = 0; i < 4; i++) {
        held[i] = rsm_secret_alloc(64);
        assert_non_null(held[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        rsm_secret_free(held[i]);
    }
}

static void *churn(void *arg) {
    uint8_t mark = *(uint8_t *)arg;
    for (size_t i = 0; i < 500; i++) {
        size_t size = 1 + i * 37 % 700;
        uint8_t *piece = rsm_secret_alloc(size);
        if (!piece || !rsm_is_zero_ct(piece, size)) {
            return arg;
        }
        memset(piece, mark, size);
        if (piece[size / 2] != mark) {
            return arg;
        }
        rsm_secret_free(piece);
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t id[4];
    uint8_t marks[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&id[i], NULL, churn, &marks[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *failed = NULL;
        pthread_join(id[i], &failed);
        assert_null(failed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_sizes_at_the_border),
        cmocka_unit_test(test_freed_piece_is_wiped),
        cmocka_unit_test(test_pages_are_locked_and_not_dumped),
        cmocka_unit_test(test_child_has_the_secret_and_locks_it),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
