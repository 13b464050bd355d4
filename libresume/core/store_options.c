/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of stores, and the choice of a kind by the URL's scheme.
 */
#include "core/store.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

#define LOOKUP_MIN 16U
#define VALUES_MIN 10U /* of 32 random bytes fewer differ once in 10^16 */

resume_status resume_store_options_new(resume_store_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_store_options *options = rsm_calloc(1, sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    *ret_options = options;
    return RESUME_OK;
}

resume_store_options *resume_store_options_unref(resume_store_options *options) {
    if (options) {
        resume_codec_unref(options->codec);
        rsm_free_wiped(options, sizeof *options);
    }
    return NULL;
}

resume_status resume_store_options_set_lookup_key(resume_store_options *options,
                                                  const uint8_t *data, size_t data_len) {
    if (!options || !data) {
        return RESUME_E_INVALID;
    }
    if (data_len < LOOKUP_MIN || data_len > RSM_STORE_LOOKUP_MAX) {
        snprintf(options->why, sizeof options->why,
                 "a look-up key of %zu bytes; it takes %u to %u random ones", data_len, LOOKUP_MIN,
                 RSM_STORE_LOOKUP_MAX);
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    memcpy(options->lookup, data, data_len);
    options->lookup_len = data_len;
    return RESUME_OK;
}

resume_status resume_store_options_set_secret(resume_store_options *options, const uint8_t *data,
                                              size_t data_len) {
    if (!options || !data) {
        return RESUME_E_INVALID;
    }
    const char *reason = rsm_store_secret_audit(data, data_len);
    if (reason) {
        snprintf(options->why, sizeof options->why, "a secret for a store: %s", reason);
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    rsm_wipe(options->secret, sizeof options->secret);
    memcpy(options->secret, data, data_len);
    options->secret_len = data_len;
    return RESUME_OK;
}

/* Only what nobody can have meant; it may be text, so that openssl rand -base64 will do. */
const char *rsm_store_secret_audit(const uint8_t *data, size_t data_len) {
    bool seen[256] = {false};
    size_t values = 0;
    if (data_len < RSM_STORE_SECRET_MIN) {
        return "shorter than 32 bytes; openssl rand -out FILE 32 makes one";
    }
    if (data_len > RSM_STORE_SECRET_MAX) {
        return "longer than 1024 bytes";
    }
    for (size_t i = 0; i < data_len; i++) {
        values += !seen[data[i]];
        seen[data[i]] = true;
    }
    return values < VALUES_MIN ? "too few different bytes; openssl rand -out FILE 32 makes one"
                               : NULL;
}

resume_status resume_store_options_set_codec(resume_store_options *options, resume_codec *codec) {
    if (!options || !codec) {
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    resume_codec_ref(codec);
    resume_codec_unref(options->codec);
    options->codec = codec;
    return RESUME_OK;
}

resume_status resume_store_options_set_trace(resume_store_options *options,
                                             resume_store_trace_fn trace, void *arg) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    options->trace = trace;
    options->trace_arg = arg;
    return RESUME_OK;
}

const char *resume_store_options_why(const resume_store_options *options) {
    return options ? options->why : "";
}

static void say_unknown(const char *scheme, char *why) {
    int at = snprintf(why, RSM_WHY_SIZE, "unknown store \"%.60s:\"; known:", scheme);
    for (size_t i = 0; rsm_store_kinds[i] && at > 0 && at < RSM_WHY_SIZE; i++) {
        at += snprintf(why + at, RSM_WHY_SIZE - (size_t)at, " %s:", rsm_store_kinds[i]->scheme);
    }
}

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    for (size_t i = 0; rsm_store_kinds[i]; i++) {
        if (strcmp(rsm_store_kinds[i]->scheme, url->scheme) == 0) {
            return rsm_store_kinds[i]->make(url, options, why, ret_store);
        }
    }
    say_unknown(url->scheme, why);
    return RESUME_E_INVALID;
}

resume_status resume_store_from_url(const char *url, resume_store_options *options,
                                    resume_store **ret_store) {
    if (!url || !ret_store) {
        return RESUME_E_INVALID;
    }
    char local[RSM_WHY_SIZE];
    char *why = options ? options->why : local;
    why[0] = '\0';
    struct rsm_url parsed;
    resume_status status = rsm_url_parse(url, &parsed, why);
    if (status == RESUME_OK) {
        status = make(&parsed, options, why, ret_store);
        rsm_url_free(&parsed);
    }
    return status;
}
