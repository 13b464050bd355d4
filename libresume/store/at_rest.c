/* SPDX-License-Identifier: Apache-2.0 */
#include "store/at_rest.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/secret.h"
#include "crypto/hkdf.h"

#include <stdio.h>

#define SALT    "libresume store v1"
#define CONTEXT "libresume record v1"

/* What HKDF makes, in locked memory. */
struct derived {
    uint8_t name[RESUME_KEY_NAME_SIZE];
    uint8_t cipher_key[32];
    uint8_t mac_key[32];
    uint8_t lookup[32];
};

struct secret {
    uint8_t bytes[RSM_STORE_SECRET_MAX + 1]; /* one more, to see longer files */
    size_t len;
};

static resume_status expand(const struct secret *secret, const char *info, uint8_t *out,
                            size_t out_len) {
    return rsm_hkdf_sha256(secret->bytes, secret->len, (const uint8_t *)SALT, sizeof SALT - 1,
                           (const uint8_t *)info, strlen(info), out, out_len);
}

static resume_status derive(const struct secret *secret, struct derived *derived) {
    resume_status status = expand(secret, "lookup", derived->lookup, sizeof derived->lookup);
    if (status == RESUME_OK) {
        status = expand(secret, "record name", derived->name, sizeof derived->name);
    }
    if (status == RESUME_OK) {
        status = expand(secret, "record cipher", derived->cipher_key, sizeof derived->cipher_key);
    }
    if (status == RESUME_OK) {
        status = expand(secret, "record mac", derived->mac_key, sizeof derived->mac_key);
    }
    return status;
}

/* One key without an end and without a limit of seals: XAES takes 2^64 of them. */
static resume_status make_ring(const struct derived *derived, resume_keyring **ret_ring) {
    resume_keyring_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_status status = resume_keyring_options_new(&options);
    if (status == RESUME_OK) {
        status = resume_keyring_options_set_max_seals(options, 0);
    }
    if (status == RESUME_OK) {
        status = resume_keyring_new(options, &ring);
    }
    resume_keyring_options_unref(options);
    if (status == RESUME_OK) {
        status = resume_keyring_add(ring, derived->name, sizeof derived->name, derived->cipher_key,
                                    sizeof derived->cipher_key, derived->mac_key,
                                    sizeof derived->mac_key, 0, UINT64_MAX, UINT64_MAX, 0);
    }
    if (status != RESUME_OK) {
        resume_keyring_unref(ring);
        return status;
    }
    *ret_ring = ring;
    return RESUME_OK;
}

static resume_status make_codec(const struct derived *derived, resume_codec **ret_codec) {
    resume_codec_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_status status = make_ring(derived, &ring);
    if (status == RESUME_OK) {
        status = resume_codec_options_new(&options);
    }
    if (status == RESUME_OK) {
        status = resume_codec_options_set_frame(options, RESUME_FRAME_AEAD);
    }
    if (status == RESUME_OK) {
        status =
            resume_codec_options_set_context(options, (const uint8_t *)CONTEXT, sizeof CONTEXT - 1);
    }
    if (status == RESUME_OK) {
        status = resume_codec_new(ring, options, ret_codec);
    }
    resume_codec_options_unref(options);
    resume_keyring_unref(ring);
    return status;
}

static resume_status read_file(const char *path, char *why, struct secret *secret) {
    if (path[0] != '/') {
        snprintf(why, RSM_WHY_SIZE, "secret=%.100s is not an absolute path", path);
        return RESUME_E_INVALID;
    }
    struct rsm_file file;
    resume_status status = rsm_file_open_secret(path, why, &file);
    if (status != RESUME_OK) {
        return status == RESUME_MISS ? RESUME_E_IO : status;
    }
    status = rsm_file_read(&file, path, secret->bytes, sizeof secret->bytes, why, &secret->len);
    rsm_file_close(&file);
    if (status != RESUME_OK) {
        return status;
    }
    const char *reason = rsm_store_secret_audit(secret->bytes, secret->len);
    if (reason) {
        snprintf(why, RSM_WHY_SIZE, "the secret in %.100s: %s", path, reason);
        return RESUME_E_INVALID;
    }
    return RESUME_OK;
}

static resume_status refuse(const struct rsm_url *url, char *why) {
    snprintf(why, RSM_WHY_SIZE,
             "%.20s: needs a secret: its records leave this process and are sealed with it; all "
             "processes that share the store name one file: openssl rand -out FILE 32, chmod 600, "
             "then secret=FILE",
             url->scheme);
    return RESUME_E_INVALID;
}

static resume_status fill(struct secret *secret, struct derived *derived,
                          resume_store_options *options) {
    resume_status status = derive(secret, derived);
    if (status == RESUME_OK && !options->lookup_len) {
        memcpy(options->lookup, derived->lookup, sizeof derived->lookup);
        options->lookup_len = sizeof derived->lookup;
    }
    if (status == RESUME_OK && !options->codec) {
        status = make_codec(derived, &options->codec);
    }
    return status;
}

static resume_status gather(struct rsm_url *url, char *why, struct secret *secret,
                            struct derived *derived, resume_store_options *options) {
    const char *path = rsm_url_param(url, "secret");
    if (path) {
        resume_status status = read_file(path, why, secret);
        if (status != RESUME_OK) {
            return status;
        }
    } else if (options->secret_len) {
        memcpy(secret->bytes, options->secret, options->secret_len);
        secret->len = options->secret_len;
    } else {
        /* A codec and a look-up key of the caller's own are all that the secret would give. */
        return options->codec && options->lookup_len ? RESUME_OK : refuse(url, why);
    }
    return fill(secret, derived, options);
}

resume_status rsm_at_rest_options(struct rsm_url *url, const resume_store_options *options,
                                  char *why, resume_store_options **ret_options) {
    resume_store_options *own = NULL;
    struct derived *derived = rsm_secret_alloc(sizeof *derived);
    struct secret *secret = rsm_secret_alloc(sizeof *secret);
    resume_status status = derived && secret ? resume_store_options_new(&own) : RESUME_E_NOMEM;
    if (status == RESUME_OK) {
        if (options) {
            *own = *options;
            resume_codec_ref(own->codec);
        }
        status = gather(url, why, secret, derived, own);
    }
    rsm_secret_free(derived);
    rsm_secret_free(secret);
    if (status != RESUME_OK) {
        resume_store_options_unref(own);
        return status;
    }
    *ret_options = own;
    return RESUME_OK;
}
