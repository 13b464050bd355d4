/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thing that a client may offer: immutable once made, shared by the cache and whoever took it.
 */
#ifndef RSM_CORE_SAVED_H
#define RSM_CORE_SAVED_H

#include <resume/client.h>

#include "base/ref.h"
#include "crypto/digest.h"

#define RSM_SAVED_TICKET_MAX 65535U

struct resume_saved {
    struct rsm_ref ref;
    uint32_t lifetime_hint;
    uint64_t received_ms;
    uint64_t expires_ms;
    uint64_t serial;              /* order of the puts in one client */
    uint8_t key[RSM_SHA256_SIZE]; /* of its peer, in the client that made it */
    resume_session *session;
    size_t ticket_len;
    uint8_t ticket[];
};

/* Takes a reference on the session and copies the ticket; all else is for the caller to fill in.
 * NULL without memory. */
resume_saved *rsm_saved_new(resume_session *session, const uint8_t *ticket, size_t ticket_len);

/* True for TLS 1.3, whose tickets are offered once. */
bool rsm_saved_is_single_use(const resume_saved *saved);

/* True if both would offer the same. */
bool rsm_saved_same(const resume_saved *saved, const resume_saved *other);

/* Bytes that it takes, session included. */
size_t rsm_saved_size(const resume_saved *saved);

#endif
