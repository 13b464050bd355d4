/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks: where they begin, what the system was told about them, and that all of it is given
 * back, the cut-off edges included.
 */
#include "memory_fixture.h"

#include "base/alloc.h"
#include "base/region.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define MIB       ((size_t)1 << 20)

/* Zeros from end to end, and writable. Touches one word of each page: the rest is the system's. */
static void use(uint8_t *region, size_t size) {
    assert_int_equal(region[size - 1], 0);
    for (size_t at = 0; at < size; at += 4096) {
        assert_int_equal(region[at], 0);
        region[at] = 1;
    }
    region[size - 1] = 1;
}

static void test_zeroed_and_aligned(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 4095, 4096, 4097, 4 * MIB - 1, 4 * MIB, 5 * MIB + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int twice = 0; twice < 2; twice++) { /* the second may get the pages of the first */
            uint8_t *region = rsm_region_new(sizes[i]);
            assert_non_null(region);
            assert_int_equal((uintptr_t)region % 64, 0);
            use(region, sizes[i]);
            rsm_region_free(region, sizes[i]);
        }
    }
}

/* From two huge pages on, several times, so that it is not by chance; also one that is only rounded
 * up to them. */
static void test_large_ones_begin_at_a_huge_page(void **state) {
    (void)state;
    static const size_t sizes[] = {4 * MIB, 4 * MIB - 1, 5 * MIB + 1, 7 * MIB};
    void *regions[16];
    void *pads[16];
    for (size_t i = 0; i < 16; i++) {
        pads[i] = rsm_region_new(4096 * (1 + i));
        regions[i] = rsm_region_new(sizes[i % 4]);
        assert_non_null(regions[i]);
        assert_int_equal((uintptr_t)regions[i] % HUGE_PAGE, 0);
    }
    for (size_t i = 0; i < 16; i++) {
        rsm_region_free(regions[i], sizes[i % 4]);
        rsm_region_free(pads[i], 4096 * (1 + i));
    }
}

/* The address space grows by the blocks, not by the edges that were cut off, and shrinks again. */
static void test_edges_are_given_back(void **state) {
    (void)state;
    enum { COUNT = 64 };
    static void *regions[COUNT];
    const size_t size = 5 * MIB + 1; /* 5 MiB and a page */
    size_t before = address_space();
    for (size_t i = 0; i < COUNT; i++) {
        regions[i] = rsm_region_new(size);
        assert_non_null(regions[i]);
    }
    size_t with = address_space() - before;
    assert_in_range(with, COUNT * size, COUNT * size + 16 * MIB); /* the edges would be 128 MiB */
    for (size_t i = 0; i < COUNT; i++) {
        rsm_region_free(regions[i], size);
    }
    assert_true(address_space() < before + 16 * MIB);
}

/* What /proc/self/smaps says of the mapping at an address: its line and its flags. */
static bool mapping_at(uintptr_t at, char line[256], char flags[256]) {
    FILE *smaps = fopen("/proc/self/smaps", "r");
    bool inside = false;
    bool found = false;
    char text[256];
    assert_non_null(smaps);
    while (!found && fgets(text, sizeof text, smaps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(text, "%lx-%lx ", &from, &to) == 2) {
            inside = at >= from && at < to;
            memcpy(line, text, sizeof text);
        } else if (inside && strncmp(text, "VmFlags:", 8) == 0) {
            memcpy(flags, text, sizeof text);
            found = true;
        }
    }
    fclose(smaps);
    return found;
}

/* I-163: left out of core dumps, from the first page to the last; and the process's own. */
static void test_private_and_not_dumped(void **state) {
    (void)state;
    static const size_t sizes[] = {4097, 5 * MIB};
    for (size_t i = 0; i < 2; i++) {
        char line[256] = "";
        char flags[256] = "";
        uint8_t *region = rsm_region_new(sizes[i]);
        assert_non_null(region);
        for (size_t at = 0; at < sizes[i]; at += sizes[i] - 1) {
            assert_true(mapping_at((uintptr_t)region + at, line, flags));
            assert_non_null(strstr(line, " rw-p "));
            assert_non_null(strstr(flags, " dd"));
        }
        rsm_region_free(region, sizes[i]);
    }
}

/* I-95, and sizes that no machine has or that rounding up would make small. */
static void test_no_memory(void **state) {
    (void)state;
    assert_null(rsm_region_new(0));
    assert_null(rsm_region_new((size_t)1 << 60));
    for (size_t below = 0; below < 2 * HUGE_PAGE; below += 4095) {
        assert_null(rsm_region_new(SIZE_MAX - below));
    }
    rsm_alloc_fail_once(1);
    assert_null(rsm_region_new(4096));
    rsm_alloc_fail_once(0);
    rsm_region_free(NULL, 4096);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_and_aligned),
        cmocka_unit_test(test_large_ones_begin_at_a_huge_page),
        cmocka_unit_test(test_edges_are_given_back),
        cmocka_unit_test(test_private_and_not_dumped),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
