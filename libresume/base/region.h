/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large blocks of memory straight from the system: zeroed, on huge pages where the system has
 * them, touched (and so paid for) only as they are used, left out of core dumps.
 * Not for small objects (base/alloc.h), not for keys (base/secret.h).
 */
#ifndef RSM_BASE_REGION_H
#define RSM_BASE_REGION_H

#include <stddef.h>

/* NULL if there is no memory. Aligned to 64 bytes at least; private to the process. */
void *rsm_region_new(size_t size);

/* Gives the pages back; the system clears them before anyone gets them. Takes NULL. */
void rsm_region_free(void *region, size_t size);

#endif
