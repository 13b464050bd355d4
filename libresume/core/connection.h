/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of a connection, for the decision.
 */
#ifndef RSM_CORE_CONNECTION_H
#define RSM_CORE_CONNECTION_H

#include <resume/connection.h>

#include "base/ref.h"
#include "core/policy.h"

struct resume_connection {
    struct rsm_ref ref;
    uint16_t version;           /* 0: not set */
    const uint8_t *server_name; /* borrowed */
    size_t server_name_len;
    struct rsm_context context;
    const uint8_t *suites; /* borrowed, NULL: not checked */
    size_t suites_len;
    int32_t client_auth;
    bool extended_master_secret;
};

#endif
