/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters that the URLs of all remote stores have.
 */
#ifndef RSM_STORE_REMOTE_URL_H
#define RSM_STORE_REMOTE_URL_H

#include "base/url.h"

struct rsm_remote_settings {
    uint64_t timeout_us;
    unsigned pool;
    uint64_t queue_bytes; /* 0: puts are sent at once */
    uint32_t queue_slots;
    size_t record_max;
};

RESUME_MUST_USE resume_status rsm_remote_settings_read(struct rsm_url *url, char *why,
                                                       struct rsm_remote_settings *ret_settings);

enum { RSM_REMOTE_PREFIX_MAX = 100 };

/* The parameter prefix, or "resume:"; prefix has RSM_REMOTE_PREFIX_MAX + 1 bytes. */
RESUME_MUST_USE resume_status rsm_remote_prefix_read(struct rsm_url *url, char *why, char *prefix);

/* rsm_url_done() with the driver's own parameters ("prefix, " for example) and those above. */
RESUME_MUST_USE resume_status rsm_remote_url_done(const struct rsm_url *url, const char *params,
                                                  char *why);

#endif
