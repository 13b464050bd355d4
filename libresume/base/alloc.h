/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's only door to the heap, so that tests can fail each allocation in turn.
 * Not for key bytes: those live in base/secret.h.
 */
#ifndef RSM_BASE_ALLOC_H
#define RSM_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

void *rsm_malloc(size_t size);
void *rsm_calloc(size_t count, size_t size);
void *rsm_realloc(void *ptr, size_t size);
/* Zeroed, aligned to a power of two; freed with rsm_free. */
void *rsm_calloc_aligned(size_t alignment, size_t size);
void rsm_free(void *ptr);

/* Wipes size bytes before it frees; takes NULL. */
void rsm_free_wiped(void *ptr, size_t size);

char *rsm_strndup(const char *text, size_t len);

/* For memory that comes from elsewhere (mmap): counts as an allocation, true if it must fail. */
bool rsm_alloc_refuses(void);

/* Test hook: the nth allocation from now on (1 = the next) and all after it fail; 0 = none fails.
 * Process-wide. */
void rsm_alloc_fail_from(unsigned long nth);
/* Test hook: the nth allocation from now fails, later ones succeed; 0 = none fails. */
void rsm_alloc_fail_once(unsigned long nth);
/* Test hook: how many allocations were asked for since the last call of a hook above. */
unsigned long rsm_alloc_count(void);

#endif
