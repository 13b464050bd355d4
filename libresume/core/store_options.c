/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of stores, and the choice of a kind by the URL's scheme.
 */
#include "core/store.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

#define SECRET_MIN 16U

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
    if (data_len < SECRET_MIN || data_len > RSM_STORE_SECRET_MAX) {
        snprintf(options->why, sizeof options->why,
                 "a look-up key of %zu bytes; it takes %u to %u random ones", data_len, SECRET_MIN,
                 RSM_STORE_SECRET_MAX);
        return RESUME_E_INVALID;
    }
    options->why[0] = '\0';
    memcpy(options->secret, data, data_len);
    options->secret_len = data_len;
    return RESUME_OK;
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
