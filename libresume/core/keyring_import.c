/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring from the content of another server's key file. Not from the file itself: that is the
 * `file:` source.
 */
#include "core/keyring.h"

#include "base/secret.h"
#include "core/key_audit.h"
#include "core/key_loaded.h"

#include <stdio.h>

static resume_status refuse_key(resume_status status, size_t place, const struct rsm_key_spec *spec,
                                char *why) {
    const char *reason = status == RESUME_WEAK_KEY ? rsm_key_audit(spec) : NULL;
    if (status == RESUME_EXISTS) {
        reason = "the name or a secret of a key before it";
    }
    snprintf(why, RSM_WHY_SIZE, "key %zu: %s%s", place + 1,
             status == RESUME_WEAK_KEY ? "weak: " : "",
             reason ? reason : resume_status_name(status));
    return status;
}

static resume_status add_keys(const struct rsm_keyfile *file, uint64_t now_ms, char *why,
                              resume_keyring *ring) {
    const struct rsm_key_times times = {now_ms, UINT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < file->count; i++) {
        struct rsm_key_spec spec;
        rsm_key_loaded(&file->keys[i], file->keys[i].role, &times, &spec);
        resume_status status = rsm_keyring_add_spec(ring, &spec, now_ms);
        if (status != RESUME_OK && status != RESUME_EXPIRED) {
            return refuse_key(status, i, &spec, why);
        }
    }
    if (resume_keyring_count(ring) == 0) {
        snprintf(why, RSM_WHY_SIZE, "no key in it has time left");
        return RESUME_EXPIRED;
    }
    return RESUME_OK;
}

static resume_status import(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                            const resume_keyring_options *options, uint64_t now_ms, char *why,
                            resume_keyring **ret_ring) {
    char reason[RSM_WHY_SIZE] = "";
    resume_status status = rsm_keyfile_parse(data, len, file, reason);
    if (status == RESUME_MALFORMED) {
        snprintf(why, RSM_WHY_SIZE, "no key file of %s: %.200s", file->dialect->name, reason);
        return RESUME_E_INVALID;
    }
    resume_keyring *ring = NULL;
    if (status == RESUME_OK) {
        status = rsm_keyring_make(options, NULL, &ring);
    }
    if (status == RESUME_OK) {
        status = add_keys(file, now_ms, why, ring);
    }
    if (status != RESUME_OK) {
        resume_keyring_unref(ring);
        return status;
    }
    *ret_ring = ring;
    return RESUME_OK;
}

static resume_status import_named(const uint8_t *data, size_t len, const char *name,
                                  const resume_keyring_options *options, uint64_t now_ms, char *why,
                                  resume_keyring **ret_ring) {
    const struct rsm_keyfile_dialect *dialect = rsm_keyfile_dialect(name);
    if (!dialect) {
        return rsm_keyring_no_dialect(name, why);
    }
    struct rsm_keyfile *file = rsm_keyfile_new(dialect);
    if (!file) {
        return RESUME_E_NOMEM;
    }
    resume_status status = import(data, len, file, options, now_ms, why, ret_ring);
    rsm_secret_free(file);
    return status;
}

resume_status rsm_keyring_no_dialect(const char *name, char *why) {
    snprintf(why, RSM_WHY_SIZE, "unknown dialect \"%.40s\" of a key file; known: %s", name,
             rsm_keyfile_dialects());
    return RESUME_E_INVALID;
}

void rsm_keyring_tell(resume_keyring_options *options, resume_status status, const char *why) {
    if (options) {
        const char *text = why[0] || status == RESUME_OK ? why : resume_status_name(status);
        snprintf(options->why, sizeof options->why, "%s", text);
    }
}

resume_status resume_keyring_import(const uint8_t *data, size_t data_len, const char *dialect,
                                    resume_keyring_options *options, uint64_t now_ms,
                                    resume_keyring **ret_keyring) {
    if (!data || !dialect || !ret_keyring || now_ms > RSM_NOW_MAX) {
        return RESUME_E_INVALID;
    }
    char why[RSM_WHY_SIZE] = "";
    resume_status status = import_named(data, data_len, dialect, options, now_ms, why, ret_keyring);
    rsm_keyring_tell(options, status, why);
    return status;
}

const char *resume_keyring_dialect_name(size_t index) {
    const struct rsm_keyfile_dialect *dialect = rsm_keyfile_dialect_at(index);
    return dialect ? dialect->name : NULL;
}
