/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of two levels: a near one, in this process or on this host, before one that many hosts
 * share. The second level is the authority, the first answers sooner.
 */
#ifndef RSM_STORE_TIERED_H
#define RSM_STORE_TIERED_H

#include "core/store.h"

/* References on both levels are taken. `first` runs no code of the caller's: its calls are made
 * with a lock held. `l1_ttl_ms` is how long a copy may stay there, `wait_us` how long a look-up may
 * wait for an equal one. RESUME_OK; RESUME_E_INVALID if the second level cannot tell when its
 * records expire; RESUME_E_NOMEM. */
resume_status rsm_tiered_new(resume_store *first, resume_store *second, uint64_t l1_ttl_ms,
                             uint64_t wait_us, resume_store **ret_store);

#endif
