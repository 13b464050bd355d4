/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a keyring: periods and the cap on seals, and the reason of the last failure.
 */
#include "core/keyring.h"

#include "base/alloc.h"

#define HOUR_MS UINT64_C(3600000)

resume_status resume_keyring_options_new(resume_keyring_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_keyring_options *options = rsm_calloc(1, sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    options->periods.seal_ms = 12 * HOUR_MS;
    options->periods.open_ms = 24 * HOUR_MS;
    options->max_seals = UINT64_C(1) << 32;
    *ret_options = options;
    return RESUME_OK;
}

resume_keyring_options *resume_keyring_options_unref(resume_keyring_options *options) {
    rsm_free(options);
    return NULL;
}

static resume_status set_periods(resume_keyring_options *options, uint64_t seal_ms,
                                 uint64_t open_ms) {
    struct rsm_periods periods = {.seal_ms = seal_ms, .open_ms = open_ms};
    resume_status status = rsm_periods_check_each(&periods, options->why);
    if (status == RESUME_OK) {
        options->periods = periods;
        options->why[0] = '\0';
    }
    return status;
}

resume_status resume_keyring_options_set_seal_period(resume_keyring_options *options,
                                                     uint64_t period_ms) {
    return options ? set_periods(options, period_ms, options->periods.open_ms) : RESUME_E_INVALID;
}

resume_status resume_keyring_options_set_open_period(resume_keyring_options *options,
                                                     uint64_t period_ms) {
    return options ? set_periods(options, options->periods.seal_ms, period_ms) : RESUME_E_INVALID;
}

resume_status resume_keyring_options_set_max_seals(resume_keyring_options *options,
                                                   uint64_t max_seals) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->max_seals = max_seals;
    options->why[0] = '\0';
    return RESUME_OK;
}

const char *resume_keyring_options_why(const resume_keyring_options *options) {
    return options ? options->why : "";
}
