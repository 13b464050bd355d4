/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources of keyrings by URL scheme, and the periods that they share. See keyring_source.h.
 */
#include "core/keyring_source.h"

#include "base/file.h"
#include "base/secret.h"
#include "core/key_audit.h"

#include <stdio.h>
#include <string.h>

#define SEAL_MIN_MS UINT64_C(100)
#define DAY_MS      UINT64_C(86400000)
#define OPEN_MAX_MS (7 * DAY_MS)
/* So that all keys of a schedule fit into a ring, with room for forced rotations. */
#define OPEN_PER_SEAL 32U

#define SECRET_MIN 32U
#define SECRET_MAX 4096U

const struct rsm_keyring_source *rsm_keyring_source_find(const char *scheme, char *why) {
    size_t len =
        (size_t)snprintf(why, RSM_WHY_SIZE, "unknown keyring scheme \"%.40s:\"; known:", scheme);
    for (size_t i = 0; rsm_keyring_sources[i]; i++) {
        if (strcmp(scheme, rsm_keyring_sources[i]->scheme) == 0) {
            why[0] = '\0';
            return rsm_keyring_sources[i];
        }
        len += (size_t)snprintf(why + len, RSM_WHY_SIZE - len, "%s %s:", i ? "," : "",
                                rsm_keyring_sources[i]->scheme);
    }
    return NULL;
}

resume_status rsm_periods_check_each(const struct rsm_periods *periods, char *why) {
    if (periods->seal_ms < SEAL_MIN_MS || periods->seal_ms > DAY_MS) {
        snprintf(why, RSM_WHY_SIZE, "a key seals for 100ms to 24h, not for %llu ms",
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

static resume_status judge_secret(const char *path, const uint8_t *secret, size_t len, char *why) {
    if (len < SECRET_MIN || len > SECRET_MAX) {
        snprintf(why, RSM_WHY_SIZE, "%.120s holds no secret of %u to %u bytes; make one with: %s",
                 path, SECRET_MIN, SECRET_MAX, "openssl rand 48");
        return RESUME_E_INVALID;
    }
    const char *reason = rsm_secret_audit(secret, len);
    if (!reason) {
        return RESUME_OK;
    }
    snprintf(why, RSM_WHY_SIZE, "weak secret in %.100s: %s", path, reason);
    return RESUME_WEAK_KEY;
}

resume_status rsm_fleet_secret_read(const char *path, char *why, uint8_t **ret_secret,
                                    size_t *ret_len) {
    struct rsm_file file;
    size_t len = 0;
    if (path[0] != '/') {
        snprintf(why, RSM_WHY_SIZE, "\"%.100s\" is not an absolute path of a secret", path);
        return RESUME_E_INVALID;
    }
    uint8_t *secret = rsm_secret_alloc(SECRET_MAX + 1);
    if (!secret) {
        return RESUME_E_NOMEM;
    }
    resume_status status = rsm_file_open_secret(path, why, &file);
    if (status == RESUME_OK) {
        status = rsm_file_read(&file, path, secret, SECRET_MAX + 1, why, &len);
        rsm_file_close(&file);
    }
    if (status == RESUME_OK) {
        status = judge_secret(path, secret, len, why);
    }
    if (status != RESUME_OK) {
        rsm_secret_free(secret);
        return status == RESUME_MISS ? RESUME_E_IO : status;
    }
    *ret_secret = secret;
    *ret_len = len;
    return RESUME_OK;
}
