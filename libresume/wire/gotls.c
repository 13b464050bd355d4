/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing SessionState. Every length is held against the bytes that are there: whoever
 * holds a ticket key can write any bytes at all (I-157).
 *
 * What the structure has no field for travels in its Extra, one entry for each piece: "rsm", 1, the
 * piece's tag, the piece. crypto/tls keeps Extra as it is. Other layers' entries are kept as well.
 */
#include "wire/gotls.h"

#include <resume/session.h>

#include "base/bytes.h"

#define TLS12           0x0303U
#define TLS13           0x0304U
#define TYPE_SERVER     1U
#define LIFETIME12_S    86400U  /* RFC 5246 appendix F.1.4; the structure has no lifetime */
#define LIFETIME13_S    604800U /* RFC 8446 section 4.6.1 */
#define TIME_MAX_S      (UINT64_MAX / 1000)
#define NOT_VERIFIED    1 /* X509_V_ERR_UNSPECIFIED */
#define ENTRY_HEAD      (sizeof entry_magic + 2U)
#define ENTRY_AUTH_TIME RSM_APPDATA_RESERVED

static const uint8_t entry_magic[4] = {'r', 's', 'm', 1};

/* The suites that crypto/tls implements (cipher_suites.go); others are a full handshake there. */
static const uint16_t suites12[] = {0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xc009, 0xc00a,
                                    0xc013, 0xc014, 0xc023, 0xc027, 0x009c, 0x009d, 0x002f, 0x0035,
                                    0x003c, 0x000a, 0xc012, 0x0005, 0xc007, 0xc011};
static const uint16_t suites13[] = {0x1301, 0x1302, 0x1303};

/* What was read; pointers into the input, and runs of native fields. */
struct parsed {
    struct rsm_native_fields fields;
    struct rsm_buffer certificates;
    struct rsm_buffer appdata;
};

/* ---- reading ---------------------------------------------------------------------------------*/

/* The next piece of a list, behind its length of 3 bytes. NULL at the end, and with the reader bad
 * where the length does not fit. */
static const uint8_t *take_piece(struct rsm_reader *list, size_t *ret_len) {
    if (list->left == 0) {
        return NULL;
    }
    *ret_len = rsm_take24(list);
    return rsm_take(list, *ret_len);
}

/* A list behind its length of 3 bytes. */
static struct rsm_reader take_list(struct rsm_reader *r) {
    size_t len = rsm_take24(r);
    const uint8_t *data = rsm_take(r, len);
    return rsm_reader_of(data ? data : (const uint8_t *)"", data ? len : 0);
}

/* An entry of Extra; false for one of ours that is none. */
static bool read_entry(const uint8_t *entry, size_t len, struct parsed *p) {
    if (len < ENTRY_HEAD || memcmp(entry, entry_magic, sizeof entry_magic) != 0) {
        rsm_native_put_appdata(&p->appdata, RESUME_APPDATA_GO_EXTRA, entry, len);
        return true;
    }
    uint16_t tag = rsm_get16(entry + sizeof entry_magic);
    if (tag != ENTRY_AUTH_TIME) {
        rsm_native_put_appdata(&p->appdata, tag, entry + ENTRY_HEAD, len - ENTRY_HEAD);
        return true;
    }
    p->fields.authenticated = len == ENTRY_HEAD + 8U ? rsm_get64(entry + ENTRY_HEAD) : 0;
    return len == ENTRY_HEAD + 8U;
}

static bool read_extra(struct rsm_reader *r, struct parsed *p) {
    struct rsm_reader list = take_list(r);
    const uint8_t *entry = NULL;
    size_t len = 0;
    bool well = true;
    while (well && (entry = take_piece(&list, &len))) {
        well = read_entry(entry, len, p);
    }
    return well && !list.bad;
}

/* RFC 8446's certificate_list: each certificate with its extensions, which are the leaf's OCSP
 * response and SCTs and are left behind. */
static bool read_certificates(struct rsm_reader *r, struct parsed *p) {
    struct rsm_reader list = take_list(r);
    const uint8_t *certificate = NULL;
    size_t len = 0;
    while ((certificate = take_piece(&list, &len))) {
        uint16_t extensions = rsm_take16(&list);
        (void)rsm_take(&list, extensions);
        rsm_native_put_field(&p->certificates, RSM_FIELD_CRITICAL | RSM_FIELD_CERTIFICATE,
                             certificate, len);
        if (len == 0) {
            return false;
        }
    }
    return !list.bad;
}

bool rsm_gotls_are_chains(const uint8_t *data, size_t len) {
    struct rsm_reader list = rsm_reader_of(data, len);
    while (list.left > 0 && !list.bad) {
        struct rsm_reader chain = take_list(&list);
        size_t one = 0;
        while (take_piece(&chain, &one)) {
        }
        list.bad = list.bad || chain.bad;
    }
    return !list.bad;
}

/* Go has verified the certificate if it kept a chain. */
static bool read_chains(struct rsm_reader *r, struct parsed *p) {
    size_t len = rsm_take24(r);
    const uint8_t *chains = rsm_take(r, len);
    if (!chains || !rsm_gotls_are_chains(chains, len) || (len > 0 && p->certificates.len == 0)) {
        return false;
    }
    p->fields.verify_result = p->certificates.len > 0 && len == 0 ? NOT_VERIFIED : 0;
    return true;
}

/* version, type, suite, created_at, secret. */
static resume_status read_fixed(struct rsm_reader *r, struct rsm_native_fields *f) {
    f->version = rsm_take16(r);
    uint8_t type = rsm_take8(r);
    f->cipher_suite = rsm_take16(r);
    uint64_t created_s = rsm_take64(r);
    f->secret_len = rsm_take8(r);
    f->secret = rsm_take(r, f->secret_len);
    if (r->bad || f->secret_len == 0 || f->secret_len > RSM_SECRET_MAX) {
        return RESUME_MALFORMED;
    }
    if ((f->version != TLS12 && f->version != TLS13) || type != TYPE_SERVER) {
        return RESUME_UNSUPPORTED;
    }
    f->created = 1000 * (created_s < TIME_MAX_S ? created_s : TIME_MAX_S);
    f->authenticated = f->created;
    f->lifetime = f->version == TLS12 ? LIFETIME12_S : LIFETIME13_S;
    return RESUME_OK;
}

static bool take_bool(struct rsm_reader *r, bool *ret_value) {
    uint8_t value = rsm_take8(r);
    *ret_value = value == 1;
    return value <= 1;
}

/* In layout 1 a TLS 1.2 session ends before the group. What comes behind is for later versions. */
static bool read_tail(struct rsm_reader *r, bool early_data, struct rsm_native_fields *f) {
    if (early_data) { /* QUIC's; not carried, the name is */
        f->alpn_len = rsm_take8(r);
        f->alpn = rsm_take(r, f->alpn_len);
    }
    if (f->version == TLS12 && r->left > 0) {
        f->group = rsm_take16(r);
    }
    return !r->bad;
}

static resume_status read_state(const uint8_t *data, size_t len, struct parsed *p) {
    struct rsm_reader r = rsm_reader_of(data, len);
    resume_status status = read_fixed(&r, &p->fields);
    if (status != RESUME_OK) {
        return status;
    }
    bool ems = false;
    bool early_data = false;
    bool well = read_extra(&r, p) && take_bool(&r, &ems) && take_bool(&r, &early_data) &&
                read_certificates(&r, p) && read_chains(&r, p) &&
                read_tail(&r, early_data, &p->fields);
    if (p->certificates.failed || p->appdata.failed) {
        return RESUME_E_NOMEM;
    }
    if (!well) {
        return RESUME_MALFORMED;
    }
    /* TLS 1.3 has it always; OpenSSL fails every handshake with a session that says so. */
    p->fields.flags = ems && p->fields.version == TLS12 ? RSM_NATIVE_EMS : 0;
    return RESUME_OK;
}

resume_status rsm_gotls_read(const uint8_t *data, size_t len, struct rsm_buffer *ret_native) {
    struct parsed p = {0};
    if (len > RSM_NATIVE_MAX) {
        return RESUME_TOO_LARGE;
    }
    resume_status status = read_state(data, len, &p);
    if (status == RESUME_OK) {
        p.fields.certificates = p.certificates.data;
        p.fields.certificates_len = p.certificates.len;
        p.fields.appdata = p.appdata.data;
        p.fields.appdata_len = p.appdata.len;
        rsm_native_write(&p.fields, ret_native);
        bool failed = ret_native->failed || p.certificates.failed || p.appdata.failed;
        status = failed ? RESUME_E_NOMEM : RESUME_OK;
    }
    rsm_buffer_free(&p.certificates);
    rsm_buffer_free(&p.appdata);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------*/

static void put24(struct rsm_buffer *out, size_t number) {
    rsm_buffer_u8(out, (uint8_t)(number >> 16));
    rsm_buffer_u16(out, (uint16_t)number);
}

/* A list or a piece, behind its length of 3 bytes; frees it. */
static void put_list(struct rsm_buffer *out, struct rsm_buffer *list) {
    put24(out, list->len);
    rsm_buffer_append(out, list->data, list->len);
    out->failed = out->failed || list->failed;
    rsm_buffer_free(list);
}

static bool go_has(const struct rsm_native_view *view) {
    const uint16_t *suites = view->version == TLS12 ? suites12 : suites13;
    size_t count = view->version == TLS12 ? sizeof suites12 / sizeof *suites12
                                          : sizeof suites13 / sizeof *suites13;
    for (size_t i = 0; i < count; i++) {
        if (suites[i] == view->cipher_suite) {
            return true;
        }
    }
    return false;
}

static void put_entry(struct rsm_buffer *out, uint16_t tag, const uint8_t *data, size_t len) {
    bool foreign = tag == RESUME_APPDATA_GO_EXTRA;
    put24(out, foreign ? len : ENTRY_HEAD + len);
    if (!foreign) {
        rsm_buffer_append(out, entry_magic, sizeof entry_magic);
        rsm_buffer_u16(out, tag);
    }
    rsm_buffer_append(out, data, len);
}

static void write_extra(const uint8_t *native, const struct rsm_native_view *view,
                        struct rsm_buffer *out) {
    struct rsm_buffer list = {0};
    struct rsm_span rest = view->appdata; /* one walk: there may be thousands */
    for (size_t i = 0; i < view->appdata_count; i++) {
        struct rsm_span piece = rsm_native_nth(native, rest, 0);
        rest.at = (uint16_t)(piece.at + piece.len);
        put_entry(&list, rsm_get16(native + piece.at), native + piece.at + 2, piece.len - 2U);
    }
    if (view->authenticated / 1000 != view->created / 1000) {
        uint8_t time[8];
        rsm_put64(time, view->authenticated);
        put_entry(&list, ENTRY_AUTH_TIME, time, sizeof time);
    }
    put_list(out, &list);
}

static void write_certificates(const uint8_t *native, const struct rsm_native_view *view,
                               struct rsm_buffer *out) {
    struct rsm_buffer list = {0};
    struct rsm_span rest = view->certificates;
    for (size_t i = 0; i < view->certificate_count; i++) {
        struct rsm_span one = rsm_native_nth(native, rest, 0);
        rest.at = (uint16_t)(one.at + one.len);
        put24(&list, one.len);
        rsm_buffer_append(&list, native + one.at, one.len);
        rsm_buffer_u16(&list, 0); /* no extensions */
    }
    put_list(out, &list);
}

resume_status rsm_gotls_write(const uint8_t *native, const struct rsm_native_view *view,
                              int32_t layout, const uint8_t *chains, size_t chains_len,
                              struct rsm_buffer *ret_state) {
    struct rsm_buffer *out = ret_state;
    if ((view->flags & RSM_NATIVE_NOT_RESUMABLE) || view->compression || !go_has(view)) {
        return RESUME_UNSUPPORTED;
    }
    rsm_buffer_u16(out, view->version);
    rsm_buffer_u8(out, TYPE_SERVER);
    rsm_buffer_u16(out, view->cipher_suite);
    rsm_buffer_u64(out, view->created / 1000); /* rounded down: no session becomes younger */
    rsm_buffer_u8(out, (uint8_t)view->secret.len);
    rsm_buffer_append(out, native + view->secret.at, view->secret.len);
    write_extra(native, view, out);
    rsm_buffer_u8(out, view->version == TLS12 && (view->flags & RSM_NATIVE_EMS) ? 1 : 0);
    rsm_buffer_u8(out, 0); /* no early data */
    write_certificates(native, view, out);
    put24(out, chains_len);
    rsm_buffer_append(out, chains, chains_len);
    if (view->version == TLS12 && layout == RESUME_GOTLS_LAYOUT_2) {
        rsm_buffer_u16(out, view->group);
    }
    return out->failed ? RESUME_E_NOMEM : RESUME_OK;
}
