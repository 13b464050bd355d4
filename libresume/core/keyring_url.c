/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring from a URL: parse it, find its source, load its keys, or say what was wrong.
 */
#include "core/keyring.h"

#include <stdio.h>

static resume_status start(struct rsm_url *url, const struct rsm_periods *periods,
                           resume_keyring *ring, uint64_t now_ms, char *why) {
    resume_status status = ring->source->begin(url, periods, why, &ring->state);
    if (status == RESUME_OK) {
        status = rsm_url_done(url, ring->source->params, why);
    }
    if (status != RESUME_OK) {
        return status;
    }
    return rsm_keyring_start(ring, now_ms, why);
}

static resume_status from_parsed(struct rsm_url *url, const resume_keyring_options *options,
                                 uint64_t now_ms, char *why, resume_keyring **ret_keyring) {
    struct rsm_periods periods = options->periods;
    const struct rsm_keyring_source *source = rsm_keyring_source_find(url->scheme, why);
    if (!source) {
        return RESUME_E_INVALID;
    }
    resume_keyring *ring = NULL;
    resume_status status = rsm_periods_from_url(url, &periods, why);
    if (status == RESUME_OK) {
        status = rsm_keyring_make(options, source, &ring);
    }
    if (status == RESUME_OK) {
        status = start(url, &periods, ring, now_ms, why);
    }
    if (status != RESUME_OK) {
        resume_keyring_unref(ring);
        return status;
    }
    *ret_keyring = ring;
    return RESUME_OK;
}

static resume_status from_url(const char *url, resume_keyring_options *options, uint64_t now_ms,
                              resume_keyring **ret_keyring) {
    struct rsm_url parsed;
    resume_status status = rsm_url_parse(url, &parsed, options->why);
    if (status == RESUME_OK) {
        status = from_parsed(&parsed, options, now_ms, options->why, ret_keyring);
        rsm_url_free(&parsed);
    }
    if (status == RESUME_OK) {
        options->why[0] = '\0';
    } else if (options->why[0] == '\0') {
        snprintf(options->why, sizeof options->why, "%s", resume_status_name(status));
    }
    return status;
}

resume_status resume_keyring_from_url(const char *url, resume_keyring_options *options,
                                      uint64_t now_ms, resume_keyring **ret_keyring) {
    if (!url || !ret_keyring || now_ms > RSM_NOW_MAX) {
        return RESUME_E_INVALID;
    }
    if (options) {
        options->why[0] = '\0';
        return from_url(url, options, now_ms, ret_keyring);
    }
    resume_keyring_options *defaults = NULL;
    resume_status status = resume_keyring_options_new(&defaults);
    if (status == RESUME_OK) {
        status = from_url(url, defaults, now_ms, ret_keyring);
        resume_keyring_options_unref(defaults);
    }
    return status;
}
