/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing the native session format. One pass, no allocation; every value is checked,
 * since whoever holds a ticket key can write any bytes at all (I-157).
 */
#include "wire/native.h"

#include "base/bytes.h"

#define TLS12 0x0303
#define TLS13 0x0304

static bool secret_fits(uint16_t version, size_t len) {
    return version == TLS12 ? len == 48 : len == 32 || len == 48;
}

/* The fixed part and the secret. */
static resume_status parse_header(const uint8_t *data, size_t len, struct rsm_native_view *view) {
    if (len < RSM_NATIVE_HEADER || len > RSM_NATIVE_MAX) {
        return RESUME_MALFORMED;
    }
    if (data[0] != RSM_NATIVE_FORMAT ||
        (data[1] & ~(unsigned)(RSM_NATIVE_EMS | RSM_NATIVE_NOT_RESUMABLE))) {
        return RESUME_UNSUPPORTED;
    }
    view->flags = data[1];
    view->version = rsm_get16(data + 2);
    view->cipher_suite = rsm_get16(data + 4);
    view->compression = data[6];
    view->secret = (struct rsm_span){RSM_NATIVE_HEADER, data[7]};
    view->created = rsm_get64(data + 8);
    view->authenticated = rsm_get64(data + 16);
    view->lifetime = rsm_get32(data + 24);
    if (view->version != TLS12 && view->version != TLS13) {
        return RESUME_UNSUPPORTED;
    }
    bool sane = secret_fits(view->version, view->secret.len) &&
                view->secret.len <= len - RSM_NATIVE_HEADER && view->lifetime != 0 &&
                view->cipher_suite != 0 &&
                !(view->version == TLS13 && (view->flags & RSM_NATIVE_EMS));
    if (!sane || rsm_is_zero_ct(data + RSM_NATIVE_HEADER, view->secret.len)) {
        return RESUME_MALFORMED; /* I-11, I-156 */
    }
    return RESUME_OK;
}

static bool keep(struct rsm_span *slot, struct rsm_span value, size_t max) {
    if (slot->at || value.len == 0 || value.len > max) {
        return false;
    }
    *slot = value;
    return true;
}

/* Extends a run over the field that stands at field_at. The fields of one type follow each other,
 * since types ascend. */
static bool extend(struct rsm_span *run, size_t field_at, struct rsm_span value, size_t min,
                   uint16_t *count) {
    if (value.len < min) {
        return false;
    }
    if (!run->at) {
        run->at = (uint16_t)field_at;
    }
    run->len = (uint16_t)(value.at + value.len - run->at);
    (*count)++;
    return true;
}

static bool take_u32(const uint8_t *data, struct rsm_span value, uint32_t *ret_number) {
    /* The canonical form leaves a zero out. */
    if (value.len != 4 || rsm_get32(data + value.at) == 0) {
        return false;
    }
    *ret_number = rsm_get32(data + value.at);
    return true;
}

static resume_status known(bool ok) {
    return ok ? RESUME_OK : RESUME_MALFORMED;
}

static resume_status parse_field(const uint8_t *data, uint16_t type, size_t field_at,
                                 struct rsm_span value, struct rsm_native_view *view) {
    uint32_t number = 0;
    switch (type) {
    case RSM_FIELD_SESSION_ID:
        return known(keep(&view->session_id, value, RSM_ID_MAX));
    case RSM_FIELD_CRITICAL | RSM_FIELD_SERVER_NAME:
        return known(keep(&view->server_name, value, RSM_NAME_MAX) &&
                     rsm_is_printable(data + value.at, value.len));
    case RSM_FIELD_ALPN:
        return known(keep(&view->alpn, value, RSM_NAME_MAX));
    case RSM_FIELD_CRITICAL | RSM_FIELD_CONTEXT:
        return known(keep(&view->context, value, RSM_CONTEXT_MAX));
    case RSM_FIELD_CRITICAL | RSM_FIELD_CERTIFICATE:
        return known(extend(&view->certificates, field_at, value, 1, &view->certificate_count));
    case RSM_FIELD_CRITICAL | RSM_FIELD_VERIFY_RESULT:
        if (!take_u32(data, value, &number) || view->verify_result || number > INT32_MAX) {
            return RESUME_MALFORMED;
        }
        view->verify_result = (int32_t)number;
        return RESUME_OK;
    case RSM_FIELD_AGE_ADD:
        return known(!view->age_add && take_u32(data, value, &view->age_add));
    case RSM_FIELD_MAX_EARLY_DATA:
        return known(!view->max_early_data && take_u32(data, value, &view->max_early_data));
    case RSM_FIELD_GROUP:
        if (view->group || value.len != 2 || rsm_get16(data + value.at) == 0) {
            return RESUME_MALFORMED;
        }
        view->group = rsm_get16(data + value.at);
        return RESUME_OK;
    case RSM_FIELD_APPDATA:
        return known(extend(&view->appdata, field_at, value, 2, &view->appdata_count) &&
                     rsm_get16(data + value.at) != RSM_APPDATA_RESERVED);
    default:
        /* A known number has one criticality only; otherwise a stray 0x0005 could stand inside the
         * run of certificates. */
        if ((type & ~RSM_FIELD_CRITICAL) <= RSM_FIELD_APPDATA) {
            return RESUME_MALFORMED;
        }
        return type & RSM_FIELD_CRITICAL ? RESUME_UNSUPPORTED : RESUME_OK; /* I-159 */
    }
}

resume_status rsm_native_parse(const uint8_t *data, size_t len, struct rsm_native_view *ret_view) {
    struct rsm_native_view view = {0};
    resume_status status = parse_header(data, len, &view);
    size_t at = (size_t)RSM_NATIVE_HEADER + view.secret.len;
    unsigned last = 0;
    while (status == RESUME_OK && at < len) {
        if (len - at < 4) {
            return RESUME_MALFORMED;
        }
        uint16_t type = rsm_get16(data + at);
        uint16_t value_len = rsm_get16(data + at + 2);
        unsigned number = type & ~RSM_FIELD_CRITICAL;
        /* Ascending, so that there is one form only; equal just where a field may repeat, which
         * parse_field() checks. Number 0 is nobody's. */
        if (value_len > len - at - 4 || number < last || number == 0) {
            return RESUME_MALFORMED;
        }
        struct rsm_span value = {(uint16_t)(at + 4), value_len};
        status = parse_field(data, type, at, value, &view);
        last = number;
        at += 4 + (size_t)value_len;
    }
    if (status == RESUME_OK) {
        *ret_view = view;
    }
    return status;
}

struct rsm_span rsm_native_nth(const uint8_t *data, struct rsm_span run, size_t index) {
    size_t at = run.at;
    for (; index > 0; index--) {
        at += 4 + (size_t)rsm_get16(data + at + 2);
    }
    return (struct rsm_span){(uint16_t)(at + 4), rsm_get16(data + at + 2)};
}

void rsm_native_put_field(struct rsm_buffer *out, uint16_t type, const uint8_t *data, size_t len) {
    if (len > UINT16_MAX) {
        out->failed = true;
        return;
    }
    rsm_buffer_u16(out, type);
    rsm_buffer_u16(out, (uint16_t)len);
    rsm_buffer_append(out, data, len);
}

void rsm_native_put_appdata(struct rsm_buffer *out, uint16_t tag, const uint8_t *data, size_t len) {
    if (len > UINT16_MAX - 2) {
        out->failed = true;
        return;
    }
    rsm_buffer_u16(out, RSM_FIELD_APPDATA);
    rsm_buffer_u16(out, (uint16_t)(len + 2));
    rsm_buffer_u16(out, tag);
    rsm_buffer_append(out, data, len);
}

static void put_bytes(struct rsm_buffer *out, uint16_t type, const uint8_t *data, size_t len) {
    if (len) {
        rsm_native_put_field(out, type, data, len);
    }
}

static void put_u32(struct rsm_buffer *out, uint16_t type, uint32_t value) {
    uint8_t raw[4];
    rsm_put32(raw, value);
    put_bytes(out, type, raw, value ? sizeof raw : 0);
}

void rsm_native_write(const struct rsm_native_fields *fields, struct rsm_buffer *out) {
    uint8_t header[RSM_NATIVE_HEADER];
    header[0] = RSM_NATIVE_FORMAT;
    header[1] = fields->flags;
    rsm_put16(header + 2, fields->version);
    rsm_put16(header + 4, fields->cipher_suite);
    header[6] = fields->compression;
    header[7] = (uint8_t)fields->secret_len;
    rsm_put64(header + 8, fields->created);
    rsm_put64(header + 16, fields->authenticated);
    rsm_put32(header + 24, fields->lifetime);
    rsm_buffer_append(out, header, sizeof header);
    rsm_buffer_append(out, fields->secret, fields->secret_len);
    put_bytes(out, RSM_FIELD_SESSION_ID, fields->session_id, fields->session_id_len);
    put_bytes(out, RSM_FIELD_CRITICAL | RSM_FIELD_SERVER_NAME, fields->server_name,
              fields->server_name_len);
    put_bytes(out, RSM_FIELD_ALPN, fields->alpn, fields->alpn_len);
    put_bytes(out, RSM_FIELD_CRITICAL | RSM_FIELD_CONTEXT, fields->context, fields->context_len);
    rsm_buffer_append(out, fields->certificates, fields->certificates_len);
    put_u32(out, RSM_FIELD_CRITICAL | RSM_FIELD_VERIFY_RESULT, (uint32_t)fields->verify_result);
    put_u32(out, RSM_FIELD_AGE_ADD, fields->age_add);
    put_u32(out, RSM_FIELD_MAX_EARLY_DATA, fields->max_early_data);
    if (fields->group) {
        uint8_t raw[2];
        rsm_put16(raw, fields->group);
        put_bytes(out, RSM_FIELD_GROUP, raw, sizeof raw);
    }
    rsm_buffer_append(out, fields->appdata, fields->appdata_len);
}
