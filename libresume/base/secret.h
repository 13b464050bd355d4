/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for key bytes: kept out of swap and core dumps as far as the system allows, wiped when
 * freed (I-163). Children of a fork have it too, and lock it again: they need the keys (I-164).
 * For few and small things. Not for sessions, which live on the heap and are wiped there, and not
 * reached by what libcrypto makes from a key: cipher schedules stand in its own heap, which it
 * wipes when it frees them.
 */
#ifndef RSM_BASE_SECRET_H
#define RSM_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define RSM_SECRET_MAX ((size_t)1 << 20)

/* Zeroed and aligned to 64 bytes; NULL without memory, for 0 and beyond RSM_SECRET_MAX. Takes a
 * lock of its own, as the next call does. */
void *rsm_secret_alloc(size_t size);

/* Wipes and frees; takes NULL. */
void rsm_secret_free(void *ptr);

/* True as long as every page could be locked into memory. */
bool rsm_secret_locked(void);

/* Registers the fork handlers now. For who frees secrets under a lock that a fork takes too:
 * handlers run in reverse order, and so the fork takes the caller's lock first as well. */
void rsm_secret_watch_forks(void);

#endif
