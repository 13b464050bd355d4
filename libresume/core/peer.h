/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer's inside: its parts, and the one digest that a client looks at.
 */
#ifndef RSM_CORE_PEER_H
#define RSM_CORE_PEER_H

#include <resume/client.h>

#include "base/ref.h"
#include "crypto/digest.h"

struct rsm_peer_part {
    uint8_t *data;
    size_t len;
};

struct rsm_peer_parts {
    struct rsm_peer_part host;
    uint16_t port;
    struct rsm_peer_part server_name;
    struct rsm_peer_part alpn;
    struct rsm_peer_part label;
};

struct resume_peer {
    struct rsm_ref ref;
    struct rsm_peer_parts parts;
    uint8_t digest[RSM_SHA256_SIZE]; /* of the parts, each behind its length */
};

#endif
