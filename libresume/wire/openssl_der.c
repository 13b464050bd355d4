/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing SSL_SESSION_ASN1. Context tags are explicit and ascend; the numbers below
 * are OpenSSL's. Where OpenSSL has no field for what a session holds (the exact time of the full
 * handshake, tagged application data), a container inside its application data carries it.
 */
#include "wire/openssl_der.h"

#include "wire/der.h"

enum {
    TAG_KEY_ARG = 0,
    TAG_TIME = 1,
    TAG_TIMEOUT = 2,
    TAG_PEER = 3,
    TAG_SESSION_ID_CONTEXT = 4,
    TAG_VERIFY_RESULT = 5,
    TAG_HOSTNAME = 6,
    TAG_LIFETIME_HINT = 9,
    TAG_TICKET = 10,
    TAG_FLAGS = 13,
    TAG_AGE_ADD = 14,
    TAG_MAX_EARLY_DATA = 15,
    TAG_ALPN = 16,
    TAG_APPDATA = 18,
    TAG_GROUP = 19
};

#define FLAG_EXTMS            0x1U
#define APPDATA_AUTHENTICATED RSM_APPDATA_RESERVED
#define APPDATA_OPAQUE        0U
#define DEFAULT_TIMEOUT_S     3U /* OpenSSL's own where a session has none */
#define TIME_MAX_S            (UINT64_MAX / 1000)
#define TICKET_MAX            65535U

static const uint8_t container_magic[4] = {'r', 's', 'm', 1};

/* What was read; pointers into the input. */
struct parsed {
    struct rsm_native_fields fields;
    struct rsm_der certificate;
    struct rsm_der appdata;
    struct rsm_openssl_ticket ticket;
    uint64_t time_s; /* 0: none */
    uint64_t timeout_s;
};

/* ---- reading ---------------------------------------------------------------------------------*/

static bool number_in(const struct rsm_der *outer, uint64_t max, uint64_t *ret_number) {
    struct rsm_der inner;
    return rsm_der_inner(outer, RSM_DER_INTEGER, &inner) && rsm_der_number(&inner, ret_number) &&
           *ret_number <= max;
}

static bool bytes_in(const struct rsm_der *outer, size_t max, const uint8_t **ret_data,
                     size_t *ret_len) {
    struct rsm_der inner;
    if (!rsm_der_inner(outer, RSM_DER_OCTET_STRING, &inner) || inner.len > max) {
        return false;
    }
    *ret_data = inner.data;
    *ret_len = inner.len;
    return true;
}

static resume_status well(bool ok) {
    return ok ? RESUME_OK : RESUME_MALFORMED;
}

static resume_status read_flags(const struct rsm_der *element, struct parsed *p) {
    uint64_t number = 0;
    if (!number_in(element, UINT32_MAX, &number)) {
        return RESUME_MALFORMED;
    }
    p->fields.flags = number & FLAG_EXTMS ? RSM_NATIVE_EMS : 0;
    return number & ~(uint64_t)FLAG_EXTMS ? RESUME_UNSUPPORTED : RESUME_OK;
}

/* OpenSSL's field is wider than the wire's; what does not fit is as long as can be. */
static bool read_hint(const struct rsm_der *element, uint32_t *ret_hint) {
    struct rsm_der inner;
    uint64_t number = 0;
    if (!rsm_der_inner(element, RSM_DER_INTEGER, &inner)) {
        return false;
    }
    bool fits = rsm_der_number(&inner, &number) && number <= UINT32_MAX;
    *ret_hint = fits ? (uint32_t)number : UINT32_MAX;
    return true;
}

static resume_status read_tagged(unsigned tag, const struct rsm_der *element, struct parsed *p) {
    struct rsm_native_fields *f = &p->fields;
    uint64_t number = 0;
    bool ok = false;
    switch (tag) {
    case TAG_TIME:
        ok = number_in(element, INT64_MAX, &number);
        p->time_s = number < TIME_MAX_S ? number : TIME_MAX_S; /* I-74 */
        return well(ok);
    case TAG_TIMEOUT:
        return well(number_in(element, INT64_MAX, &p->timeout_s));
    case TAG_PEER:
        return well(rsm_der_inner(element, RSM_DER_SEQUENCE, &p->certificate));
    case TAG_SESSION_ID_CONTEXT:
        return well(bytes_in(element, RSM_CONTEXT_MAX, &f->context, &f->context_len));
    case TAG_VERIFY_RESULT:
        ok = number_in(element, INT32_MAX, &number);
        f->verify_result = (int32_t)number;
        return well(ok);
    case TAG_HOSTNAME:
        return well(bytes_in(element, RSM_NAME_MAX, &f->server_name, &f->server_name_len));
    case TAG_FLAGS:
        return read_flags(element, p);
    case TAG_AGE_ADD:
        ok = number_in(element, UINT32_MAX, &number);
        f->age_add = (uint32_t)number;
        return well(ok);
    case TAG_MAX_EARLY_DATA:
        ok = number_in(element, UINT32_MAX, &number);
        f->max_early_data = (uint32_t)number;
        return well(ok);
    case TAG_ALPN:
        return well(bytes_in(element, RSM_NAME_MAX, &f->alpn, &f->alpn_len));
    case TAG_APPDATA:
        return well(rsm_der_inner(element, RSM_DER_OCTET_STRING, &p->appdata));
    case TAG_GROUP:
        ok = number_in(element, UINT16_MAX, &number);
        f->group = (uint16_t)number;
        return well(ok);
    case TAG_LIFETIME_HINT:
        return well(read_hint(element, &p->ticket.lifetime_hint));
    case TAG_TICKET:
        return well(bytes_in(element, SIZE_MAX, &p->ticket.data, &p->ticket.len));
    case TAG_KEY_ARG: /* its tag is implicit: read_sequence() */
        return RESUME_MALFORMED;
    default: /* external PSK, compression, SRP, maximum fragment length, raw public keys, later */
        return RESUME_UNSUPPORTED;
    }
}

/* INTEGER 1, version, cipher, session_id, master_key. */
static resume_status read_fixed(struct rsm_reader *body, struct parsed *p) {
    struct rsm_der structure;
    struct rsm_der version;
    struct rsm_der cipher;
    struct rsm_der session_id;
    struct rsm_der secret;
    uint64_t structure_number = 0;
    uint64_t version_number = 0;
    if (!rsm_der_take(body, &structure) || !rsm_der_number(&structure, &structure_number) ||
        !rsm_der_take(body, &version) || !rsm_der_number(&version, &version_number) ||
        !rsm_der_take(body, &cipher) || cipher.tag != RSM_DER_OCTET_STRING || cipher.len != 2 ||
        !rsm_der_take(body, &session_id) || session_id.tag != RSM_DER_OCTET_STRING ||
        session_id.len > RSM_ID_MAX || !rsm_der_take(body, &secret) ||
        secret.tag != RSM_DER_OCTET_STRING || secret.len > RSM_SECRET_MAX) {
        return RESUME_MALFORMED;
    }
    if (structure_number != 1 || (version_number != 0x0303 && version_number != 0x0304)) {
        return RESUME_UNSUPPORTED;
    }
    p->fields.version = (uint16_t)version_number;
    p->fields.cipher_suite = rsm_get16(cipher.data);
    p->fields.session_id = session_id.data;
    p->fields.session_id_len = session_id.len;
    p->fields.secret = secret.data;
    p->fields.secret_len = secret.len;
    return RESUME_OK;
}

static resume_status read_sequence(const uint8_t *data, size_t len, struct parsed *p) {
    struct rsm_reader outer = rsm_reader_of(data, len);
    struct rsm_der sequence;
    if (!rsm_der_take(&outer, &sequence) || outer.left != 0 || sequence.tag != RSM_DER_SEQUENCE) {
        return RESUME_MALFORMED;
    }
    struct rsm_reader body = rsm_reader_of(sequence.data, sequence.len);
    resume_status status = read_fixed(&body, p);
    unsigned next = 0;
    while (status == RESUME_OK && body.left > 0) {
        struct rsm_der element;
        if (!rsm_der_take(&body, &element)) {
            return RESUME_MALFORMED;
        }
        unsigned tag = element.tag & 0x1FU;
        if (tag < next) {
            return RESUME_MALFORMED;
        }
        next = tag + 1;
        if (element.tag == RSM_DER_IMPLICIT(TAG_KEY_ARG)) {
            continue; /* SSL 2 left it behind; OpenSSL ignores it too */
        }
        if (element.tag != RSM_DER_EXPLICIT(tag)) {
            return RESUME_MALFORMED;
        }
        status = read_tagged(tag, &element, p);
    }
    return status;
}

/* ---- application data ------------------------------------------------------------------------*/

/* Unpacks a container into appdata fields and the time of authentication; false if it is none. */
static bool unpack(const struct rsm_der *blob, struct rsm_buffer *out, uint64_t *authenticated) {
    struct rsm_reader reader = rsm_reader_of(blob->data, blob->len);
    const uint8_t *magic = rsm_take(&reader, sizeof container_magic);
    if (!magic || memcmp(magic, container_magic, sizeof container_magic) != 0) {
        return false;
    }
    bool timed = false;
    while (reader.left > 0) {
        uint16_t tag = rsm_take16(&reader);
        uint16_t len = rsm_take16(&reader);
        const uint8_t *value = rsm_take(&reader, len);
        if (reader.bad || (tag == APPDATA_AUTHENTICATED && (len != 8 || timed))) {
            return false;
        }
        if (tag == APPDATA_AUTHENTICATED) {
            timed = true;
            *authenticated = rsm_get64(value);
        } else {
            rsm_native_put_appdata(out, tag, value, len);
        }
    }
    return true;
}

static void read_appdata(const struct rsm_der *blob, struct rsm_buffer *out,
                         uint64_t *authenticated) {
    if (!blob->data) {
        return;
    }
    uint64_t time = *authenticated;
    if (unpack(blob, out, &time)) {
        *authenticated = time;
    } else {
        out->len = 0; /* what it unpacked before it broke off */
        rsm_native_put_appdata(out, APPDATA_OPAQUE, blob->data, blob->len);
    }
}

/* True if OpenSSL's one field holds the session's application data as it is. */
static bool is_plain(const uint8_t *native, const struct rsm_native_view *view) {
    if (view->authenticated / 1000 != view->created / 1000 || view->appdata_count > 1) {
        return false;
    }
    if (view->appdata_count == 0) {
        return true;
    }
    struct rsm_span only = rsm_native_nth(native, view->appdata, 0);
    /* A blob that looks like a container needs one around it. */
    bool clash = only.len >= 2 + sizeof container_magic &&
                 memcmp(native + only.at + 2, container_magic, sizeof container_magic) == 0;
    return rsm_get16(native + only.at) == APPDATA_OPAQUE && !clash;
}

static void write_container(const uint8_t *native, const struct rsm_native_view *view,
                            struct rsm_buffer *out) {
    rsm_buffer_append(out, container_magic, sizeof container_magic);
    /* One walk over the run: there may be thousands of empty pieces. */
    struct rsm_span rest = view->appdata;
    for (size_t i = 0; i < view->appdata_count; i++) {
        struct rsm_span piece = rsm_native_nth(native, rest, 0);
        rest.at = (uint16_t)(piece.at + piece.len);
        rsm_buffer_append(out, native + piece.at, 2);
        rsm_buffer_u16(out, (uint16_t)(piece.len - 2));
        rsm_buffer_append(out, native + piece.at + 2, piece.len - 2U);
    }
    rsm_buffer_u16(out, APPDATA_AUTHENTICATED);
    rsm_buffer_u16(out, 8);
    rsm_buffer_u64(out, view->authenticated);
}

static void write_appdata(const uint8_t *native, const struct rsm_native_view *view,
                          struct rsm_buffer *out) {
    struct rsm_buffer blob = {0};
    if (!is_plain(native, view)) {
        write_container(native, view, &blob);
    } else if (view->appdata_count) {
        struct rsm_span only = rsm_native_nth(native, view->appdata, 0);
        rsm_buffer_append(&blob, native + only.at + 2, only.len - 2U);
    }
    if (!is_plain(native, view) || view->appdata_count) {
        rsm_der_put_explicit(out, RSM_DER_EXPLICIT(TAG_APPDATA), RSM_DER_OCTET_STRING, blob.data,
                             blob.len);
    }
    out->failed = out->failed || blob.failed;
    rsm_buffer_free(&blob);
}

/* ---- the whole -------------------------------------------------------------------------------*/

static uint32_t timeout_of(uint64_t seconds) {
    if (seconds == 0) {
        return DEFAULT_TIMEOUT_S;
    }
    return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

/* The certificate as it stood, tag and length included. */
static void read_certificate(const struct rsm_der *certificate, struct rsm_buffer *out) {
    if (!certificate->data) {
        return;
    }
    /* No longer than the input, which fits. */
    rsm_buffer_u16(out, RSM_FIELD_CRITICAL | RSM_FIELD_CERTIFICATE);
    rsm_buffer_u16(out, (uint16_t)rsm_der_size(certificate->len));
    rsm_der_put(out, RSM_DER_SEQUENCE, certificate->data, certificate->len);
}

/* The client's ticket does not become part of the session, and does not count. */
static resume_status read_bounded(const uint8_t *data, size_t len, struct parsed *p) {
    if (len > RSM_NATIVE_MAX + TICKET_MAX) {
        return RESUME_TOO_LARGE;
    }
    resume_status status = read_sequence(data, len, p);
    return status == RESUME_OK && len > RSM_NATIVE_MAX + p->ticket.len ? RESUME_TOO_LARGE : status;
}

resume_status rsm_openssl_der_read_ticket(const uint8_t *data, size_t len,
                                          struct rsm_openssl_ticket *ret_ticket) {
    struct parsed p = {0};
    resume_status status = read_bounded(data, len, &p);
    if (status == RESUME_OK) {
        *ret_ticket = p.ticket;
    }
    return status;
}

resume_status rsm_openssl_der_read(const uint8_t *data, size_t len, uint64_t now_ms,
                                   struct rsm_buffer *ret_native) {
    struct parsed p = {0};
    resume_status status = read_bounded(data, len, &p);
    if (status != RESUME_OK) {
        return status;
    }
    struct rsm_buffer certificates = {0};
    struct rsm_buffer appdata = {0};
    p.fields.created = p.time_s ? 1000 * p.time_s : now_ms;
    p.fields.authenticated = p.fields.created;
    p.fields.lifetime = timeout_of(p.timeout_s);
    read_certificate(&p.certificate, &certificates);
    read_appdata(&p.appdata, &appdata, &p.fields.authenticated);
    p.fields.certificates = certificates.data;
    p.fields.certificates_len = certificates.len;
    p.fields.appdata = appdata.data;
    p.fields.appdata_len = appdata.len;
    rsm_native_write(&p.fields, ret_native);
    bool failed = ret_native->failed || certificates.failed || appdata.failed;
    rsm_buffer_free(&certificates);
    rsm_buffer_free(&appdata);
    return failed ? RESUME_E_NOMEM : RESUME_OK;
}

static void write_bytes(struct rsm_buffer *out, unsigned tag, const uint8_t *native,
                        struct rsm_span span) {
    if (span.at) {
        rsm_der_put_explicit(out, RSM_DER_EXPLICIT(tag), RSM_DER_OCTET_STRING, native + span.at,
                             span.len);
    }
}

static void write_number(struct rsm_buffer *out, unsigned tag, uint64_t number) {
    if (number) {
        rsm_der_put_number(out, RSM_DER_EXPLICIT(tag), number);
    }
}

static void write_ticket(const struct rsm_openssl_ticket *ticket, struct rsm_buffer *out) {
    if (!ticket) {
        return;
    }
    write_number(out, TAG_LIFETIME_HINT, ticket->lifetime_hint);
    if (ticket->len) {
        rsm_der_put_explicit(out, RSM_DER_EXPLICIT(TAG_TICKET), RSM_DER_OCTET_STRING, ticket->data,
                             ticket->len);
    }
}

static void write_body(const uint8_t *native, const struct rsm_native_view *view,
                       const struct rsm_openssl_ticket *ticket, struct rsm_buffer *out) {
    uint8_t suite[2];
    rsm_put16(suite, view->cipher_suite);
    rsm_der_put_number(out, 0, 1);
    rsm_der_put_number(out, 0, view->version);
    rsm_der_put(out, RSM_DER_OCTET_STRING, suite, sizeof suite);
    rsm_der_put(out, RSM_DER_OCTET_STRING, native + view->session_id.at, view->session_id.len);
    rsm_der_put(out, RSM_DER_OCTET_STRING, native + view->secret.at, view->secret.len);
    /* A time of 0 would read as "now" and prolong the session. */
    write_number(out, TAG_TIME, view->created < 1000 ? 1 : view->created / 1000);
    write_number(out, TAG_TIMEOUT, view->lifetime);
    if (view->certificate_count) {
        struct rsm_span leaf = rsm_native_nth(native, view->certificates, 0);
        uint8_t outer = RSM_DER_EXPLICIT(TAG_PEER);
        rsm_der_put(out, outer, native + leaf.at, leaf.len);
    }
    /* OpenSSL writes the context even when it is empty. */
    rsm_der_put_explicit(out, RSM_DER_EXPLICIT(TAG_SESSION_ID_CONTEXT), RSM_DER_OCTET_STRING,
                         native + view->context.at, view->context.len);
    write_number(out, TAG_VERIFY_RESULT, (uint64_t)view->verify_result);
    write_bytes(out, TAG_HOSTNAME, native, view->server_name);
    write_ticket(ticket, out);
    write_number(out, TAG_FLAGS, view->flags & RSM_NATIVE_EMS ? FLAG_EXTMS : 0);
    write_number(out, TAG_AGE_ADD, view->age_add);
    write_number(out, TAG_MAX_EARLY_DATA, view->max_early_data);
    write_bytes(out, TAG_ALPN, native, view->alpn);
    write_appdata(native, view, out);
    /* Always there since OpenSSL 3.0, even 0. */
    rsm_der_put_number(out, RSM_DER_EXPLICIT(TAG_GROUP), view->group);
}

/* A leaf that is not one DER SEQUENCE would make bytes that nobody reads. */
static bool leaf_fits(const uint8_t *native, const struct rsm_native_view *view) {
    if (view->certificate_count == 0) {
        return true;
    }
    struct rsm_span leaf = rsm_native_nth(native, view->certificates, 0);
    struct rsm_reader reader = rsm_reader_of(native + leaf.at, leaf.len);
    struct rsm_der element;
    return rsm_der_take(&reader, &element) && reader.left == 0 && element.tag == RSM_DER_SEQUENCE;
}

resume_status rsm_openssl_der_write(const uint8_t *native, const struct rsm_native_view *view,
                                    const struct rsm_openssl_ticket *ticket,
                                    struct rsm_buffer *ret_der) {
    if ((view->flags & RSM_NATIVE_NOT_RESUMABLE) || view->compression || !leaf_fits(native, view)) {
        return RESUME_UNSUPPORTED;
    }
    struct rsm_buffer body = {0};
    write_body(native, view, ticket, &body);
    rsm_der_put(ret_der, RSM_DER_SEQUENCE, body.data, body.len);
    bool failed = body.failed || ret_der->failed;
    rsm_buffer_free(&body);
    return failed ? RESUME_E_NOMEM : RESUME_OK;
}
