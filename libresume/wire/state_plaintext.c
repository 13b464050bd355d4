/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing StatePlaintext. Every length is held against the bytes that are there, since
 * whoever holds a ticket key can write any bytes at all (I-157). Writing needs no memory: the
 * structure is never longer than the native form of the same session.
 */
#include "wire/state_plaintext.h"

#include <resume/session.h>

#include "base/bytes.h"

#define TLS12 0x0303U
/* The structure has a timestamp and no lifetime: RFC 5246 appendix F.1.4 has a day as the most. */
#define LIFETIME_S 86400U

static uint8_t *put24(uint8_t *out, size_t number) {
    out[0] = (uint8_t)(number >> 16);
    rsm_put16(out + 1, (uint16_t)number);
    return out + 3;
}

static uint8_t *put(uint8_t *out, const uint8_t *data, size_t len) {
    memcpy(out, data, len);
    return out + len;
}

/* The next certificate of a list; NULL at its end, and with the reader bad where there is none:
 * ASN.1Cert has at least one byte. */
static const uint8_t *take_certificate(struct rsm_reader *list, size_t *ret_len) {
    if (list->left == 0) {
        return NULL;
    }
    *ret_len = rsm_take24(list);
    list->bad = list->bad || *ret_len == 0;
    return rsm_take(list, *ret_len);
}

static bool are_certificates(const uint8_t *data, size_t len) {
    struct rsm_reader list = rsm_reader_of(data, len);
    size_t one = 0;
    while (take_certificate(&list, &one)) {
    }
    return !list.bad;
}

/* ClientIdentity; false for an unknown type or lengths that do not fit. */
static bool take_identity(struct rsm_reader *r, struct rsm_state_plaintext *state) {
    state->client = rsm_take8(r);
    switch (state->client) {
    case RSM_CLIENT_ANONYMOUS:
        return true;
    case RSM_CLIENT_CERTIFICATE_BASED:
        state->identity_len = rsm_take24(r);
        state->identity = rsm_take(r, state->identity_len);
        return state->identity && are_certificates(state->identity, state->identity_len);
    case RSM_CLIENT_PSK:
        state->identity_len = rsm_take16(r);
        state->identity = rsm_take(r, state->identity_len);
        return state->identity != NULL;
    default:
        return false;
    }
}

resume_status rsm_state_plaintext_parse(const uint8_t *data, size_t len,
                                        struct rsm_state_plaintext *ret_state) {
    if (len < RSM_STATE_MIN) {
        return RESUME_MALFORMED;
    }
    struct rsm_reader r = rsm_reader_of(data, len);
    struct rsm_state_plaintext state = {0};
    if (rsm_take16(&r) != TLS12) {
        return RESUME_UNSUPPORTED;
    }
    state.cipher_suite = rsm_take16(&r);
    state.compression = rsm_take8(&r);
    state.secret = rsm_take(&r, RSM_STATE_SECRET);
    if (!take_identity(&r, &state)) {
        return RESUME_MALFORMED;
    }
    state.timestamp = rsm_take32(&r);
    if (r.bad || r.left || state.cipher_suite == 0 ||
        rsm_is_zero_ct(state.secret, RSM_STATE_SECRET)) {
        return RESUME_MALFORMED; /* I-11, I-155, I-156 */
    }
    *ret_state = state;
    return RESUME_OK;
}

/* Certificates and PSK identity as native fields. */
static void read_identity(const struct rsm_state_plaintext *state, struct rsm_buffer *certificates,
                          struct rsm_buffer *appdata) {
    if (state->client == RSM_CLIENT_PSK) {
        rsm_native_put_appdata(appdata, RESUME_APPDATA_PSK_IDENTITY, state->identity,
                               state->identity_len);
    } else if (state->client == RSM_CLIENT_CERTIFICATE_BASED) {
        struct rsm_reader list = rsm_reader_of(state->identity, state->identity_len);
        const uint8_t *der = NULL;
        size_t len = 0;
        while ((der = take_certificate(&list, &len))) {
            rsm_native_put_field(certificates, RSM_FIELD_CRITICAL | RSM_FIELD_CERTIFICATE, der,
                                 len);
        }
    }
}

resume_status rsm_state_plaintext_read(const uint8_t *data, size_t len,
                                       struct rsm_buffer *ret_native) {
    struct rsm_state_plaintext state;
    if (len > RSM_NATIVE_MAX) {
        return RESUME_TOO_LARGE;
    }
    resume_status status = rsm_state_plaintext_parse(data, len, &state);
    if (status != RESUME_OK) {
        return status;
    }
    /* A client that had a certificate, and nobody knows which, is neither known nor anonymous. */
    if (state.client == RSM_CLIENT_CERTIFICATE_BASED && state.identity_len == 0) {
        return RESUME_UNSUPPORTED;
    }
    struct rsm_buffer certificates = {0};
    struct rsm_buffer appdata = {0};
    read_identity(&state, &certificates, &appdata);
    const struct rsm_native_fields fields = {
        .version = TLS12,
        .cipher_suite = state.cipher_suite,
        .compression = state.compression,
        .created = UINT64_C(1000) * state.timestamp,
        .authenticated = UINT64_C(1000) * state.timestamp,
        .lifetime = LIFETIME_S,
        .secret = state.secret,
        .secret_len = RSM_STATE_SECRET,
        .certificates = certificates.data,
        .certificates_len = certificates.len,
        .appdata = appdata.data,
        .appdata_len = appdata.len,
    };
    rsm_native_write(&fields, ret_native);
    bool failed = ret_native->failed || certificates.failed || appdata.failed;
    rsm_buffer_free(&certificates);
    rsm_buffer_free(&appdata);
    return failed ? RESUME_E_NOMEM : RESUME_OK;
}

/* At most one identity, of a kind that ClientIdentity knows. */
static bool identity_fits(const uint8_t *native, const struct rsm_native_view *view) {
    if (view->appdata_count == 0) {
        return true;
    }
    return view->appdata_count == 1 && view->certificate_count == 0 &&
           rsm_get16(native + rsm_native_nth(native, view->appdata, 0).at) ==
               RESUME_APPDATA_PSK_IDENTITY;
}

resume_status rsm_state_plaintext_measure(const uint8_t *native, const struct rsm_native_view *view,
                                          size_t *ret_len) {
    /* The flags: extended master secret (I-138) and not resumable. */
    if (view->version != TLS12 || view->flags || view->server_name.at || view->context.at ||
        view->verify_result || view->authenticated / 1000 > UINT32_MAX ||
        !identity_fits(native, view)) {
        return RESUME_UNSUPPORTED;
    }
    size_t len = RSM_STATE_MIN;
    if (view->certificate_count) {
        /* A native field has 4 bytes before each certificate; here there are 3. */
        len += 3 + (size_t)view->certificates.len - view->certificate_count;
    } else if (view->appdata_count) {
        len += rsm_native_nth(native, view->appdata, 0).len; /* 2 of the tag, here of the length */
    }
    *ret_len = len;
    return RESUME_OK;
}

static uint8_t *write_certificates(const uint8_t *native, const struct rsm_native_view *view,
                                   uint8_t *out) {
    out = put24(out, (size_t)view->certificates.len - view->certificate_count);
    struct rsm_span rest = view->certificates; /* one walk: there may be thousands */
    for (size_t i = 0; i < view->certificate_count; i++) {
        struct rsm_span one = rsm_native_nth(native, rest, 0);
        rest.at = (uint16_t)(one.at + one.len);
        out = put24(out, one.len);
        out = put(out, native + one.at, one.len);
    }
    return out;
}

static uint8_t *write_identity(const uint8_t *native, const struct rsm_native_view *view,
                               uint8_t *out) {
    if (view->certificate_count) {
        *out = RSM_CLIENT_CERTIFICATE_BASED;
        return write_certificates(native, view, out + 1);
    }
    if (view->appdata_count) {
        struct rsm_span psk = rsm_native_nth(native, view->appdata, 0);
        *out = RSM_CLIENT_PSK;
        rsm_put16(out + 1, (uint16_t)(psk.len - 2));
        return put(out + 3, native + psk.at + 2, psk.len - 2U);
    }
    *out = RSM_CLIENT_ANONYMOUS;
    return out + 1;
}

void rsm_state_plaintext_write(const uint8_t *native, const struct rsm_native_view *view,
                               uint8_t *out) {
    rsm_put16(out, view->version);
    rsm_put16(out + 2, view->cipher_suite);
    out[4] = view->compression;
    out = put(out + 5, native + view->secret.at, RSM_STATE_SECRET);
    out = write_identity(native, view, out);
    /* Rounded down, so that no session becomes younger than it is. */
    rsm_put32(out, (uint32_t)(view->authenticated / 1000));
}
