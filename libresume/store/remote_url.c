/* SPDX-License-Identifier: Apache-2.0 */
#include "store/remote_url.h"

#include <resume/backend.h>

#include "store/pool.h"

#include <stdio.h>
#include <string.h>

#define QUEUE_MIN   (UINT64_C(128) << 10)
#define QUEUE_MAX   (UINT64_C(1) << 30)
#define QUEUE_RATIO 1024U /* bytes for each slot */

typedef resume_status parse_fn(const char *text, uint64_t *ret_value, char *why);

/* A value between two others; untouched if the parameter is not there. */
static resume_status read_between(struct rsm_url *url, const char *key, parse_fn *parse,
                                  uint64_t least, uint64_t most, char *why, uint64_t *value) {
    const char *text = rsm_url_param(url, key);
    if (!text) {
        return RESUME_OK;
    }
    uint64_t found = 0;
    resume_status status = parse(text, &found, why);
    if (status == RESUME_OK && (found < least || found > most)) {
        snprintf(why, RSM_WHY_SIZE, "%s=%.40s of %.20s: is not between %llu and %llu", key, text,
                 url->scheme, (unsigned long long)least, (unsigned long long)most);
        status = RESUME_E_INVALID;
    }
    if (status == RESUME_OK) {
        *value = found;
    }
    return status;
}

static resume_status read_queue(struct rsm_url *url, char *why,
                                struct rsm_remote_settings *settings) {
    uint64_t bytes = UINT64_C(4) << 20;
    resume_status status = read_between(url, "queue", rsm_parse_bytes, 0, QUEUE_MAX, why, &bytes);
    if (status == RESUME_OK && bytes && bytes < QUEUE_MIN) {
        snprintf(why, RSM_WHY_SIZE,
                 "queue=%llu of %.20s: is too small; at least 128K, or 0 for puts that wait",
                 (unsigned long long)bytes, url->scheme);
        status = RESUME_E_INVALID;
    }
    settings->queue_bytes = bytes;
    settings->queue_slots = 1;
    while (settings->queue_slots < bytes / QUEUE_RATIO) {
        settings->queue_slots *= 2;
    }
    return status;
}

resume_status rsm_remote_settings_read(struct rsm_url *url, char *why,
                                       struct rsm_remote_settings *ret_settings) {
    struct rsm_remote_settings settings = {0};
    uint64_t timeout_ms = 20;
    uint64_t pool = 8;
    uint64_t max = RESUME_BACKEND_RECORD_MAX;
    resume_status status =
        read_between(url, "timeout", rsm_parse_duration, 1, 10000, why, &timeout_ms);
    if (status == RESUME_OK) {
        status = read_between(url, "pool", rsm_parse_count, 1, RSM_POOL_MAX, why, &pool);
    }
    if (status == RESUME_OK) {
        status =
            read_between(url, "max", rsm_parse_bytes, 256, RESUME_BACKEND_RECORD_MAX, why, &max);
    }
    if (status == RESUME_OK) {
        status = read_queue(url, why, &settings);
    }
    settings.timeout_us = timeout_ms * 1000U;
    settings.pool = (unsigned)pool;
    settings.record_max = (size_t)max;
    *ret_settings = settings;
    return status;
}

resume_status rsm_remote_prefix_read(struct rsm_url *url, char *why, char *prefix) {
    const char *text = rsm_url_param(url, "prefix");
    text = text ? text : "resume:";
    size_t len = strlen(text);
    bool good = len <= RSM_REMOTE_PREFIX_MAX;
    for (size_t i = 0; good && i < len; i++) {
        good = text[i] > ' ' && text[i] < 0x7f;
    }
    if (!good) {
        snprintf(why, RSM_WHY_SIZE, "a prefix is printable, without spaces, of at most %d bytes",
                 RSM_REMOTE_PREFIX_MAX);
        return RESUME_E_INVALID;
    }
    memcpy(prefix, text, len + 1);
    return RESUME_OK;
}

resume_status rsm_remote_url_done(const struct rsm_url *url, const char *params, char *why) {
    char known[RSM_WHY_SIZE];
    snprintf(known, sizeof known, "%ssecret, timeout, pool, queue, max", params);
    return rsm_url_done(url, known, why);
}
