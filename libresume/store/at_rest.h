/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys for records that leave the process, all from one secret that the fleet shares: HKDF
 * makes a secret for look-up keys and a key that seals. So a listing of the backend shows neither
 * IDs nor sessions (I-93, I-94). Not a keyring of tickets: this key has no schedule, since a record
 * lives no longer than its session and is sealed under a fresh 192-bit nonce.
 */
#ifndef RSM_STORE_AT_REST_H
#define RSM_STORE_AT_REST_H

#include "core/store.h"

/* Options for rsm_custom_new(): the caller's own with what the secret adds, in its URL (secret=) or
 * set by a call. Refused if records would leave the process in clear, or nobody could find them. */
RESUME_MUST_USE resume_status rsm_at_rest_options(struct rsm_url *url,
                                                  const resume_store_options *options, char *why,
                                                  resume_store_options **ret_options);

#endif
