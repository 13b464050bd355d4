/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision: may the session of these facts resume on this connection? A pure function of its
 * arguments. Counting and tracing are the server's.
 */
#ifndef RSM_CORE_DECISION_H
#define RSM_CORE_DECISION_H

#include <resume/server.h>

#include "core/connection.h"
#include "core/facts.h"
#include "core/policy.h"

/* RESUME_OK, RESUME_RENEW, RESUME_FULL or RESUME_ABORT, with its reason. */
resume_status rsm_decide(const resume_policy *policy, const struct rsm_facts *facts,
                         const resume_connection *connection, int32_t path, uint64_t now_ms,
                         resume_reason *ret_reason);

/* True if the policy lets sessions of this cipher suite resume. */
bool rsm_decide_suite(const resume_policy *policy, uint16_t suite);

/* True if the policy lets anything resume, or be issued, by this path. */
bool rsm_decide_path(const resume_policy *policy, int32_t path);

#endif
