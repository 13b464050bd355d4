/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_client inside: the cache under its lock, and the secret that its keys are made with.
 */
#ifndef RSM_CORE_CLIENT_H
#define RSM_CORE_CLIENT_H

#include <resume/client.h>

#include "base/buffer.h"
#include "base/lock.h"
#include "base/ref.h"
#include "base/url.h"
#include "core/client_cache.h"
#include "crypto/hmac.h"

#define RSM_CLIENT_SALT 32U

struct resume_client_options {
    struct rsm_client_limits limits;
    resume_policy *policy; /* NULL: the default */
    char why[RSM_WHY_SIZE];
};

/* The secret of a cache, and its prepared form. */
struct rsm_client_salt {
    uint8_t bytes[RSM_CLIENT_SALT];
    struct rsm_hmac_key key;
};

struct resume_client {
    struct rsm_ref ref;
    resume_policy *policy; /* a copy of its own */
    struct rsm_client_limits limits;
    struct rsm_lock lock;
    /* Under the lock. */
    struct rsm_client_salt salt;
    struct rsm_client_cache cache;
    uint64_t next_serial;
    uint64_t forgotten; /* what was put before that serial and taken does not come back */
};

/* The defaults, for options and for a client without. */
struct rsm_client_limits rsm_client_default_limits(void);

/* RESUME_OK or RESUME_E_CRYPTO. */
resume_status rsm_client_salt_init(struct rsm_client_salt *salt, const uint8_t *bytes);

/* Gives what was received (session, ticket, hint, time of receipt) its end, no later than the one
 * it has: RESUME_OK, RESUME_EXPIRED, or RESUME_UNSUPPORTED for what the policy keeps out. */
resume_status rsm_client_admit(const resume_client *client, resume_saved *saved, uint64_t now_ms);

/* The bytes of a client's file to its sessions, and back: all of client_file.c but the file. */
resume_status rsm_client_to_bytes(resume_client *client, resume_keyring *keyring, uint64_t now_ms,
                                  struct rsm_buffer *ret_bytes);
resume_status rsm_client_from_bytes(resume_client *client, const uint8_t *data, size_t data_len,
                                    resume_keyring *keyring, uint64_t now_ms);

#endif
