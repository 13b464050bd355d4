/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a ring's keys come from: one const table a URL scheme. A source edits the draft of the next
 * keyset and may hand back a new state; the ring takes both or neither, so a failure changes
 * nothing. A source may wait for a local file, for nothing else: it runs under the ring's lock.
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

/* What a source has to say beside its status: a tick that failed to get newer keys keeps those that
 * are there and returns RESUME_OK, so this is how somebody learns of it. */
struct rsm_keyring_news {
    bool loaded; /* keys were got, so an earlier failure is over */
    bool failed; /* then why says what went wrong */
    char why[RSM_WHY_SIZE];
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
                          struct rsm_keyring_news *news, void **ret_state);
    resume_status (*rotate)(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                            void **ret_state);
    resume_status (*reload)(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                            char *why);
};

extern const struct rsm_keyring_source rsm_keyring_random;
extern const struct rsm_keyring_source rsm_keyring_file;
extern const struct rsm_keyring_source rsm_keyring_derive;

/* All, NULL at the end: a table of the room above, where some of them are (store/keyring_kinds.c).
 */
extern const struct rsm_keyring_source *const rsm_keyring_sources[];

/* NULL if unknown; then why names the known ones. */
const struct rsm_keyring_source *rsm_keyring_source_find(const char *scheme, char *why);

/* A file of 32 to 4096 random bytes that the hosts of a fleet share, into locked memory;
 * rsm_secret_free() it. RESUME_OK; RESUME_WEAK_KEY; RESUME_E_INVALID for its size, owner or mode;
 * RESUME_E_IO, RESUME_E_NOMEM. why is set on failure, but not for RESUME_E_NOMEM. */
resume_status rsm_fleet_secret_read(const char *path, char *why, uint8_t **ret_secret,
                                    size_t *ret_len);

/* RESUME_E_INVALID and why if a period is out of its range; the second also looks at their ratio,
 * which holds only when both are set. */
resume_status rsm_periods_check_each(const struct rsm_periods *periods, char *why);
resume_status rsm_periods_check(const struct rsm_periods *periods, char *why);

/* Takes seal= and open= out of the URL. */
resume_status rsm_periods_from_url(struct rsm_url *url, struct rsm_periods *periods, char *why);

#endif
