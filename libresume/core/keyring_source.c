/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources of keyrings by URL scheme, and the periods that they share. See keyring_source.h.
 */
#include "core/keyring_source.h"

#include <stdio.h>
#include <string.h>

#define SECOND_MS   UINT64_C(1000)
#define DAY_MS      UINT64_C(86400000)
#define OPEN_MAX_MS (7 * DAY_MS)
/* So that all keys of a schedule fit into a ring, with room for forced rotations. */
#define OPEN_PER_SEAL 32U

static const struct rsm_keyring_source *const sources[] = {
    &rsm_keyring_random,
    &rsm_keyring_file,
};

const struct rsm_keyring_source *rsm_keyring_source_find(const char *scheme, char *why) {
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(scheme, sources[i]->scheme) == 0) {
            return sources[i];
        }
    }
    snprintf(why, RSM_WHY_SIZE, "unknown keyring scheme \"%.40s:\"; known: random:, file:", scheme);
    return NULL;
}

resume_status rsm_periods_check_each(const struct rsm_periods *periods, char *why) {
    if (periods->seal_ms < SECOND_MS || periods->seal_ms > DAY_MS) {
        snprintf(why, RSM_WHY_SIZE, "a key seals for 1s to 24h, not for %llu ms",
                 (unsigned long long)periods->seal_ms);
        return RESUME_E_INVALID;
    }
    if (periods->open_ms > OPEN_MAX_MS) {
        snprintf(why, RSM_WHY_SIZE, "a key opens for at most 7d after it sealed, not for %llu ms",
                 (unsigned long long)periods->open_ms);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

resume_status rsm_periods_check(const struct rsm_periods *periods, char *why) {
    resume_status status = rsm_periods_check_each(periods, why);
    if (status != RESUME_OK) {
        return status;
    }
    if (periods->open_ms > OPEN_PER_SEAL * periods->seal_ms) {
        snprintf(why, RSM_WHY_SIZE, "the open period is more than %u times the seal period",
                 OPEN_PER_SEAL);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

static resume_status one_period(struct rsm_url *url, const char *key, struct rsm_periods *periods,
                                uint64_t *period_ms, char *why) {
    const char *text = rsm_url_param(url, key);
    if (!text) {
        return RESUME_OK;
    }
    periods->in_url = true;
    return rsm_parse_duration(text, period_ms, why);
}

resume_status rsm_periods_from_url(struct rsm_url *url, struct rsm_periods *periods, char *why) {
    resume_status status = one_period(url, "seal", periods, &periods->seal_ms, why);
    if (status == RESUME_OK) {
        status = one_period(url, "open", periods, &periods->open_ms, why);
    }
    return status == RESUME_OK ? rsm_periods_check(periods, why) : status;
}
