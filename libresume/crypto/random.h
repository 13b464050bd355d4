/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes for keys, IVs, nonces, session IDs and ticket_age_add: libcrypto's private generator
 * behind a store of each thread's own, because one call of it for 16 bytes costs 50 times as much
 * as taking them from the store. Each byte is given once and wiped where it stood. The store is
 * locked, not dumped, and empty in a forked child (I-164, I-165). Not a generator of its own.
 */
#ifndef RSM_CRYPTO_RANDOM_H
#define RSM_CRYPTO_RANDOM_H

#include <resume/status.h>

/* Fills buf; RESUME_OK, or RESUME_E_CRYPTO if libcrypto's generator failed: buf is then zeros. */
RESUME_MUST_USE resume_status rsm_random(uint8_t *buf, size_t len);

#endif
