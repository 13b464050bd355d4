/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a ring's keys come from: one const table a URL scheme. A source edits the draft of the next
 * keyset and may hand back a new state; the ring takes both or neither, so a failure changes
 * nothing.
 */
#ifndef RSM_CORE_KEYRING_SOURCE_H
#define RSM_CORE_KEYRING_SOURCE_H

#include "base/url.h"
#include "core/keyset.h"

/* How long keys seal and then open; from the options and the URL. */
struct rsm_periods {
    uint64_t seal_ms;
    uint64_t open_ms;
    bool in_url; /* the URL set at least one of them */
};

struct rsm_keyring_source {
    const char *scheme;
    const char *params; /* the known ones, for messages */

    /* Takes its parameters out of the URL. why has RSM_WHY_SIZE bytes and is set on failure. */
    resume_status (*begin)(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                           void **ret_state);
    void (*end)(void *state);

    /* Edits. *ret_state stays NULL if the state need not change. The draft's due_ms and before_ms
     * are reset before; the ring itself retires keys. A tick comes before each rotate and reload;
     * reload also loads for the first time. */
    resume_status (*tick)(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                          void **ret_state);
    resume_status (*rotate)(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                            void **ret_state);
    resume_status (*reload)(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                            char *why);
};

extern const struct rsm_keyring_source rsm_keyring_random;
extern const struct rsm_keyring_source rsm_keyring_file;

/* NULL if unknown; then why names the known ones. */
const struct rsm_keyring_source *rsm_keyring_source_find(const char *scheme, char *why);

/* RESUME_E_INVALID and why if a period is out of its range; the second also looks at their ratio,
 * which holds only when both are set. */
resume_status rsm_periods_check_each(const struct rsm_periods *periods, char *why);
resume_status rsm_periods_check(const struct rsm_periods *periods, char *why);

/* Takes seal= and open= out of the URL. */
resume_status rsm_periods_from_url(struct rsm_url *url, struct rsm_periods *periods, char *why);

#endif
