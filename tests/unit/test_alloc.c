/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door to the heap: what its calls promise beyond malloc's, and the switch that fails chosen
 * allocations, on which all tests of I-95 rely.
 */
#include "memory_fixture.h"

#include "base/alloc.h"

#include <pthread.h>

enum { KINDS = 6, THREADS = 4, EACH = 400000 };

static bool all_are(const uint8_t *data, size_t len, uint8_t value) {
    for (size_t i = 0; i < len; i++) {
        if (data[i] != value) {
            return false;
        }
    }
    return true;
}

/* One allocation of each kind; true if it was given. */
static bool ask(unsigned kind) {
    void *ptr = NULL;
    switch (kind) {
    case 0:
        ptr = rsm_malloc(10);
        break;
    case 1:
        ptr = rsm_calloc(2, 10);
        break;
    case 2:
        ptr = rsm_realloc(NULL, 10);
        break;
    case 3:
        ptr = rsm_calloc_aligned(64, 10);
        break;
    case 4:
        ptr = rsm_strndup("text", 4);
        break;
    default:
        return !rsm_alloc_refuses();
    }
    bool given = ptr != NULL;
    rsm_free(ptr);
    return given;
}

/* Runs first: nothing is armed yet, and nothing is counted. */
static void test_off_counts_nothing(void **state) {
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        assert_true(ask(kind));
    }
    assert_int_equal(rsm_alloc_count(), 0);
}

static void test_once_fails_one(void **state) {
    (void)state;
    for (unsigned nth = 1; nth <= KINDS; nth++) {
        rsm_alloc_fail_once(nth);
        assert_int_equal(rsm_alloc_count(), 0);
        for (unsigned kind = 0; kind < 2 * KINDS; kind++) {
            assert_int_equal(ask(kind % KINDS), kind + 1 != nth);
            assert_int_equal(rsm_alloc_count(), kind + 1);
        }
    }
    rsm_alloc_fail_once(0);
}

static void test_from_fails_all_after(void **state) {
    (void)state;
    for (unsigned nth = 1; nth <= KINDS; nth++) {
        rsm_alloc_fail_from(nth);
        assert_int_equal(rsm_alloc_count(), 0);
        for (unsigned kind = 0; kind < 2 * KINDS; kind++) {
            assert_int_equal(ask(kind % KINDS), kind + 1 < nth);
        }
        assert_int_equal(rsm_alloc_count(), 2 * KINDS); /* refused ones were asked for, too */
    }
    rsm_alloc_fail_from(0);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        assert_true(ask(kind));
    }
    assert_int_equal(rsm_alloc_count(), KINDS);
    rsm_alloc_fail_once(0);
}

/* The switch is process-wide: over all threads exactly one allocation fails, and none is counted
 * twice. */
static pthread_barrier_t start;

static void *ask_often(void *data) {
    unsigned *refused = data;
    pthread_barrier_wait(&start);
    for (unsigned i = 0; i < EACH; i++) {
        *refused += rsm_alloc_refuses();
    }
    return NULL;
}

static void test_threads_share_the_switch(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    unsigned refused[THREADS] = {0};
    unsigned sum = 0;
    pthread_barrier_init(&start, NULL, THREADS);
    rsm_alloc_fail_once(THREADS * EACH); /* the very last, whoever asks for it */
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &refused[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += refused[i];
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(sum, 1);
    assert_int_equal(rsm_alloc_count(), THREADS * EACH);
    rsm_alloc_fail_once(0);
}

/* None is a size like others: NULL means no memory and nothing else. */
static void test_nothing_is_something(void **state) {
    (void)state;
    void *ptr = rsm_malloc(0);
    assert_non_null(ptr);
    ptr = rsm_realloc(ptr, 0);
    assert_non_null(ptr);
    rsm_free(ptr);
    ptr = rsm_calloc(0, 8);
    assert_non_null(ptr);
    rsm_free(ptr);
    ptr = rsm_calloc(8, 0);
    assert_non_null(ptr);
    rsm_free(ptr);
    rsm_free(NULL);
    rsm_free_wiped(NULL, 64);
}

static void test_realloc_keeps(void **state) {
    (void)state;
    uint8_t *ptr = rsm_malloc(16);
    assert_non_null(ptr);
    memset(ptr, 7, 16);
    rsm_alloc_fail_once(1);
    assert_null(rsm_realloc(ptr, 5000)); /* refused: the old block stands */
    rsm_alloc_fail_once(0);
    assert_true(all_are(ptr, 16, 7));
    ptr = rsm_realloc(ptr, 5000);
    assert_non_null(ptr);
    assert_true(all_are(ptr, 16, 7));
    rsm_free(ptr);
}

static void test_calloc_is_zero(void **state) {
    (void)state;
    dirty_heap(true);
    uint8_t *ptr = rsm_calloc(3, 1000);
    dirty_heap(false);
    assert_non_null(ptr);
    assert_true(all_are(ptr, 3000, 0));
    rsm_free(ptr);
}

/* Also for a size that is no multiple of the alignment: the block is then rounded up, and all of it
 * is there. */
static void test_aligned(void **state) {
    (void)state;
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        for (size_t size = alignment - 1; size <= 3 * alignment + 1; size += alignment + 1) {
            dirty_heap(true);
            uint8_t *ptr = rsm_calloc_aligned(alignment, size);
            dirty_heap(false);
            size_t rounded = (size + alignment - 1) / alignment * alignment;
            assert_non_null(ptr);
            assert_int_equal((uintptr_t)ptr % alignment, 0);
            assert_true(all_are(ptr, rounded, 0));
            memset(ptr, 0xFF, rounded);
            rsm_free(ptr);
        }
    }
}

/* Sizes whose rounding, or whose byte more, wraps around to a small block. */
static void test_no_size_wraps_around(void **state) {
    (void)state;
    for (size_t below = 0; below < 63; below++) {
        assert_null(rsm_calloc_aligned(64, SIZE_MAX - below));
    }
    assert_null(rsm_strndup("x", SIZE_MAX));
}

/* I-163 */
static void test_wiped_when_freed(void **state) {
    (void)state;
    dirty_heap(false);
    for (size_t size = 64; size <= 4096; size *= 4) {
        uint8_t after[4096];
        uint8_t *ptr = rsm_malloc(size);
        uintptr_t at = (uintptr_t)ptr;
        assert_non_null(ptr);
        memset(ptr, 0xC3, size);
        rsm_free_wiped(ptr, size);
        assert_true(peek(at, after, size));
        /* The heap writes its links into the first words. */
        assert_true(all_are(after + 32, size - 32, 0));
    }
}

static void test_strndup(void **state) {
    (void)state;
    static const char text[] = {'a', 'b', '\0', 'c', 'd'};
    char *copy = rsm_strndup(text, 4); /* by length, not up to the NUL */
    assert_non_null(copy);
    assert_memory_equal(copy, "ab\0c", 5);
    rsm_free(copy);
    copy = rsm_strndup(text, 0);
    assert_non_null(copy);
    assert_int_equal(copy[0], '\0');
    rsm_free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_counts_nothing),
        cmocka_unit_test(test_once_fails_one),
        cmocka_unit_test(test_from_fails_all_after),
        cmocka_unit_test(test_threads_share_the_switch),
        cmocka_unit_test(test_nothing_is_something),
        cmocka_unit_test(test_realloc_keeps),
        cmocka_unit_test(test_calloc_is_zero),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_no_size_wraps_around),
        cmocka_unit_test(test_wiped_when_freed),
        cmocka_unit_test(test_strndup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
