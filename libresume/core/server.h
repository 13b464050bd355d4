/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's inside, shared by server.c, server_options.c and server_issue.c.
 */
#ifndef RSM_CORE_SERVER_H
#define RSM_CORE_SERVER_H

#include <resume/server.h>

#include "base/ref.h"
#include "base/url.h"
#include "core/counters.h"
#include "core/policy.h"

struct resume_server_options {
    resume_keyring *keyring;
    resume_codec *codec;
    resume_store *store;
    resume_policy *policy;
    resume_trace_fn trace;
    void *trace_arg;
    char why[RSM_WHY_SIZE];
};

struct resume_server {
    struct rsm_counters counters;
    struct rsm_ref ref;
    resume_codec *codec;     /* NULL: no tickets */
    resume_keyring *keyring; /* the codec's */
    resume_store *store;     /* NULL: no session IDs */
    resume_policy *policy;
    resume_trace_fn trace;
    void *trace_arg;
};

struct resume_event {
    int32_t path;
    resume_reason reason;
    uint64_t now_ms;
    uint64_t age_ms;
};

/* Counts, and tells the trace hook. */
void rsm_server_outcome(resume_server *server, int32_t path, resume_reason reason, uint64_t now_ms,
                        uint64_t age_ms);

#endif
