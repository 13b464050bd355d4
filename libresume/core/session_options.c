/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session is built from. Setters copy; resume_session_new() judges, so that fields may be
 * set in any order.
 */
#include "core/session.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

#define WHY_SIZE 160

struct resume_session_options {
    struct rsm_native_fields fields; /* its pointers are set by resume_session_new() only */
    bool has_created;
    bool has_authenticated;
    uint8_t secret[RSM_SECRET_MAX];
    uint8_t session_id[RSM_ID_MAX];
    uint8_t context[RSM_CONTEXT_MAX];
    uint8_t server_name[RSM_NAME_MAX];
    uint8_t alpn[RSM_NAME_MAX];
    struct rsm_buffer certificates;
    struct rsm_buffer appdata;
    char why[WHY_SIZE];
};

static resume_status fail(resume_session_options *options, resume_status status, const char *why) {
    if (options) {
        snprintf(options->why, sizeof options->why, "%s", why);
    }
    return status;
}

resume_status resume_session_options_new(resume_session_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_session_options *options = rsm_malloc(sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    /* The arrays are read up to their lengths only, and this stands on the path of handshakes. */
    options->fields = (struct rsm_native_fields){0};
    options->has_created = false;
    options->has_authenticated = false;
    options->certificates = (struct rsm_buffer){0};
    options->appdata = (struct rsm_buffer){0};
    options->why[0] = '\0';
    *ret_options = options;
    return RESUME_OK;
}

resume_session_options *resume_session_options_unref(resume_session_options *options) {
    if (options) {
        rsm_buffer_free(&options->certificates);
        rsm_buffer_free(&options->appdata);
        rsm_wipe(options->secret, sizeof options->secret); /* an earlier one may be longer */
        rsm_free(options);
    }
    return NULL;
}

const char *resume_session_options_why(const resume_session_options *options) {
    return options ? options->why : "";
}

resume_status resume_session_options_set_version(resume_session_options *options,
                                                 uint16_t version) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.version = version;
    return RESUME_OK;
}

resume_status resume_session_options_set_cipher_suite(resume_session_options *options,
                                                      uint16_t cipher_suite) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.cipher_suite = cipher_suite;
    return RESUME_OK;
}

resume_status resume_session_options_set_compression(resume_session_options *options,
                                                     uint8_t compression) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.compression = compression;
    return RESUME_OK;
}

static void set_flag(resume_session_options *options, unsigned flag, bool on) {
    unsigned flags = options->fields.flags & ~flag;
    options->fields.flags = (uint8_t)(on ? flags | flag : flags);
}

resume_status resume_session_options_set_extended_master_secret(resume_session_options *options,
                                                                bool extended) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    set_flag(options, RSM_NATIVE_EMS, extended);
    return RESUME_OK;
}

resume_status resume_session_options_set_resumable(resume_session_options *options,
                                                   bool resumable) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    set_flag(options, RSM_NATIVE_NOT_RESUMABLE, !resumable);
    return RESUME_OK;
}

resume_status resume_session_options_set_created(resume_session_options *options,
                                                 uint64_t created_ms) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.created = created_ms;
    options->has_created = true;
    return RESUME_OK;
}

resume_status resume_session_options_set_authenticated(resume_session_options *options,
                                                       uint64_t authenticated_ms) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.authenticated = authenticated_ms;
    options->has_authenticated = true;
    return RESUME_OK;
}

resume_status resume_session_options_set_lifetime(resume_session_options *options,
                                                  uint32_t seconds) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.lifetime = seconds;
    return RESUME_OK;
}

resume_status resume_session_options_set_verify_result(resume_session_options *options,
                                                       int32_t result) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.verify_result = result;
    return RESUME_OK;
}

resume_status resume_session_options_set_age_add(resume_session_options *options,
                                                 uint32_t age_add) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.age_add = age_add;
    return RESUME_OK;
}

resume_status resume_session_options_set_max_early_data(resume_session_options *options,
                                                        uint32_t size) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.max_early_data = size;
    return RESUME_OK;
}

resume_status resume_session_options_set_group(resume_session_options *options, uint16_t group) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->fields.group = group;
    return RESUME_OK;
}

/* Copies into one of the options' arrays; the length says what of it is set. */
static resume_status set_bytes(resume_session_options *options, uint8_t *array, size_t max,
                               const void *data, size_t len, size_t *ret_len, const char *why) {
    if (len > max || (!data && len)) {
        return fail(options, RESUME_E_INVALID, why);
    }
    if (len) {
        memcpy(array, data, len);
    }
    *ret_len = len;
    return RESUME_OK;
}

resume_status resume_session_options_set_secret(resume_session_options *options,
                                                const uint8_t *data, size_t data_len) {
    return options ? set_bytes(options, options->secret, RSM_SECRET_MAX, data, data_len,
                               &options->fields.secret_len, "secret: longer than 64 bytes, or NULL")
                   : RESUME_E_INVALID;
}

resume_status resume_session_options_set_session_id(resume_session_options *options,
                                                    const uint8_t *data, size_t data_len) {
    return options ? set_bytes(options, options->session_id, RSM_ID_MAX, data, data_len,
                               &options->fields.session_id_len,
                               "session_id: longer than 32 bytes, or NULL")
                   : RESUME_E_INVALID;
}

resume_status resume_session_options_set_server_name(resume_session_options *options,
                                                     const char *data, size_t data_len) {
    return options ? set_bytes(options, options->server_name, RSM_NAME_MAX, data, data_len,
                               &options->fields.server_name_len,
                               "server_name: longer than 255 bytes, or NULL")
                   : RESUME_E_INVALID;
}

resume_status resume_session_options_set_alpn(resume_session_options *options, const uint8_t *data,
                                              size_t data_len) {
    return options ? set_bytes(options, options->alpn, RSM_NAME_MAX, data, data_len,
                               &options->fields.alpn_len, "alpn: longer than 255 bytes, or NULL")
                   : RESUME_E_INVALID;
}

resume_status resume_session_options_set_context(resume_session_options *options,
                                                 const uint8_t *data, size_t data_len) {
    return options
               ? set_bytes(options, options->context, RSM_CONTEXT_MAX, data, data_len,
                           &options->fields.context_len, "context: longer than 32 bytes, or NULL")
               : RESUME_E_INVALID;
}

/* What add_*() share: whether a field of len bytes still fits, and what an append came to. A field
 * that was appended in part is taken back. */
static bool fits(const struct rsm_buffer *run, size_t len) {
    return run->len + len <= RSM_NATIVE_MAX;
}

static resume_status appended(resume_session_options *options, struct rsm_buffer *run,
                              size_t len_before) {
    if (run->failed) {
        run->failed = false;
        run->len = len_before;
        return fail(options, RESUME_E_NOMEM, "out of memory");
    }
    return RESUME_OK;
}

static resume_status too_large(resume_session_options *options) {
    return fail(options, RESUME_TOO_LARGE, "the session would be larger than 65280 bytes");
}

resume_status resume_session_options_add_peer_certificate(resume_session_options *options,
                                                          const uint8_t *data, size_t data_len) {
    if (!options || !data || data_len == 0 || data_len > 65000) {
        return fail(options, RESUME_E_INVALID, "peer certificate: not 1 to 65000 bytes");
    }
    struct rsm_buffer *run = &options->certificates;
    size_t before = run->len;
    if (!fits(run, data_len + 4)) {
        return too_large(options);
    }
    rsm_native_put_field(run, RSM_FIELD_CRITICAL | RSM_FIELD_CERTIFICATE, data, data_len);
    return appended(options, run, before);
}

resume_status resume_session_options_add_appdata(resume_session_options *options, uint16_t tag,
                                                 const uint8_t *data, size_t data_len) {
    if (!options || tag == RSM_APPDATA_RESERVED || (!data && data_len) || data_len > 65000) {
        return fail(options, RESUME_E_INVALID, "appdata: tag 0xFFFF, or longer than 65000 bytes");
    }
    struct rsm_buffer *run = &options->appdata;
    size_t before = run->len;
    if (!fits(run, data_len + 6)) {
        return too_large(options);
    }
    rsm_native_put_appdata(run, tag, data, data_len);
    return appended(options, run, before);
}

resume_status resume_session_options_set_from(resume_session_options *options,
                                              const resume_session *session) {
    if (!options || !session) {
        return RESUME_E_INVALID;
    }
    struct rsm_native_fields from;
    rsm_session_fields(session, &from);
    struct rsm_buffer certificates = {0};
    struct rsm_buffer appdata = {0};
    rsm_buffer_append(&certificates, from.certificates, from.certificates_len);
    rsm_buffer_append(&appdata, from.appdata, from.appdata_len);
    if (certificates.failed || appdata.failed) {
        rsm_buffer_free(&certificates);
        rsm_buffer_free(&appdata);
        return fail(options, RESUME_E_NOMEM, "out of memory");
    }
    rsm_buffer_free(&options->certificates);
    rsm_buffer_free(&options->appdata);
    options->certificates = certificates;
    options->appdata = appdata;
    options->has_created = true;
    options->has_authenticated = true;
    options->fields = from;
    memcpy(options->secret, from.secret, from.secret_len);
    if (from.session_id_len) {
        memcpy(options->session_id, from.session_id, from.session_id_len);
    }
    if (from.server_name_len) {
        memcpy(options->server_name, from.server_name, from.server_name_len);
    }
    if (from.alpn_len) {
        memcpy(options->alpn, from.alpn, from.alpn_len);
    }
    if (from.context_len) {
        memcpy(options->context, from.context, from.context_len);
    }
    return RESUME_OK;
}

/* What resume_session_new() refuses, in words; NULL if all is well. The format's own check
 * (wire/native.c) is the one that counts; this one explains. */
static const char *complaint(const struct rsm_native_fields *f) {
    if (f->version != 0x0303 && f->version != 0x0304) {
        return "version: set 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3)";
    }
    if (f->cipher_suite == 0) {
        return "cipher_suite: not set";
    }
    if (f->version == 0x0303 && f->secret_len != 48) {
        return "secret: a TLS 1.2 master secret has 48 bytes";
    }
    if (f->version == 0x0304 && f->secret_len != 32 && f->secret_len != 48) {
        return "secret: a TLS 1.3 PSK has 32 or 48 bytes";
    }
    if (rsm_is_zero_ct(f->secret, f->secret_len)) {
        return "secret: all zero";
    }
    if (f->version == 0x0304 && (f->flags & RSM_NATIVE_EMS)) {
        return "extended_master_secret: only TLS 1.2 has it";
    }
    if (f->lifetime == 0) {
        return "lifetime: not set";
    }
    if (f->verify_result < 0) {
        return "verify_result: negative";
    }
    return NULL;
}

resume_status resume_session_new(resume_session_options *options, resume_session **ret_session) {
    if (!options || !ret_session) {
        return RESUME_E_INVALID;
    }
    struct rsm_native_fields fields = options->fields;
    fields.secret = options->secret;
    fields.session_id = options->session_id;
    fields.server_name = options->server_name;
    fields.alpn = options->alpn;
    fields.context = options->context;
    fields.certificates = options->certificates.data;
    fields.certificates_len = options->certificates.len;
    fields.appdata = options->appdata.data;
    fields.appdata_len = options->appdata.len;
    if (!options->has_authenticated) {
        fields.authenticated = fields.created;
    }
    const char *wrong = options->has_created ? complaint(&fields) : "created: not set";
    if (wrong) {
        return fail(options, RESUME_E_INVALID, wrong);
    }
    resume_status status = rsm_session_from_fields(&fields, ret_session);
    if (status == RESUME_TOO_LARGE) {
        return too_large(options);
    }
    if (status > 0) {
        return fail(options, RESUME_E_INVALID, "server_name: not printable ASCII");
    }
    return fail(options, status, status == RESUME_OK ? "" : resume_status_name(status));
}
