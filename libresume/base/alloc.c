/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap with a switch that makes chosen allocations fail. The switch is one relaxed load when off.
 */
#include "base/alloc.h"

#include "base/bytes.h"
#include "base/hot.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool counting;
static atomic_bool sticky;
static atomic_ulong fail_at;
static atomic_ulong asked;

static void arm(unsigned long nth, int stays) {
    atomic_store(&asked, 0);
    atomic_store(&fail_at, nth);
    atomic_store(&sticky, stays != 0);
    atomic_store(&counting, true);
}

void rsm_alloc_fail_from(unsigned long nth) {
    arm(nth, 1);
}

void rsm_alloc_fail_once(unsigned long nth) {
    arm(nth, 0);
}

unsigned long rsm_alloc_count(void) {
    return atomic_load(&asked);
}

bool rsm_alloc_refuses(void) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) {
        return false;
    }
    unsigned long number = atomic_fetch_add(&asked, 1) + 1;
    unsigned long at = atomic_load(&fail_at);
    if (at == 0) {
        return false;
    }
    return atomic_load(&sticky) ? number >= at : number == at;
}

RSM_HOT void *rsm_malloc(size_t size) {
    return rsm_alloc_refuses() ? NULL : malloc(size ? size : 1);
}

RSM_HOT void *rsm_calloc(size_t count, size_t size) {
    return rsm_alloc_refuses() ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *rsm_realloc(void *ptr, size_t size) {
    return rsm_alloc_refuses() ? NULL : realloc(ptr, size ? size : 1);
}

void *rsm_calloc_aligned(size_t alignment, size_t size) {
    if (size > SIZE_MAX - (alignment - 1)) { /* rounded up it would be a small block */
        return NULL;
    }
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    void *ptr = rsm_alloc_refuses() ? NULL : aligned_alloc(alignment, rounded);
    if (ptr) {
        memset(ptr, 0, rounded);
    }
    return ptr;
}

RSM_HOT void rsm_free(void *ptr) {
    free(ptr);
}

void rsm_free_wiped(void *ptr, size_t size) {
    if (ptr) {
        rsm_wipe(ptr, size);
        free(ptr);
    }
}

char *rsm_strndup(const char *text, size_t len) {
    if (len == SIZE_MAX) {
        return NULL;
    }
    char *copy = rsm_malloc(len + 1);
    if (copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}
