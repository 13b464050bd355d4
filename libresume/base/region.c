/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks by mmap. A block of several huge pages begins at a huge page's border, or the first and
 * the last of them would be made of small pages.
 */
#include "base/region.h"

#include "base/alloc.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

static void *map(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

/* Maps one huge page too much and cuts off what is before and behind the aligned part. */
static void *map_aligned(size_t size) {
    uint8_t *raw = map(size + HUGE_PAGE);
    if (!raw) {
        return NULL;
    }
    size_t before = (HUGE_PAGE - (uintptr_t)raw % HUGE_PAGE) % HUGE_PAGE;
    if (before) {
        munmap(raw, before);
    }
    munmap(raw + before + size, HUGE_PAGE - before);
    return raw + before;
}

static size_t whole_pages(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return size > SIZE_MAX - 2 * HUGE_PAGE ? 0 : (size + page - 1) / page * page;
}

void *rsm_region_new(size_t size) {
    size = whole_pages(size);
    if (size == 0 || rsm_alloc_refuses()) {
        return NULL;
    }
    void *region = size >= 2 * HUGE_PAGE ? map_aligned(size) : map(size);
    if (region) {
        /* Both are wishes: without them the block is slower, or longer in a core dump. */
        (void)madvise(region, size, MADV_DONTDUMP);
        (void)(size >= 2 * HUGE_PAGE && madvise(region, size, MADV_HUGEPAGE));
    }
    return region;
}

void rsm_region_free(void *region, size_t size) {
    if (region) {
        munmap(region, whole_pages(size));
    }
}
