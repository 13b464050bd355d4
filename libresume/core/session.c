/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_session: building from bytes, reading fields, dropping. Options are in
 * session_options.c.
 */
#include "core/session.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"
#include "wire/gotls.h"
#include "wire/openssl_der.h"
#include "wire/state_plaintext.h"

resume_status rsm_session_adopt_copy(const uint8_t *native, size_t len,
                                     resume_session **ret_session) {
    struct rsm_native_view view;
    resume_status status = rsm_native_parse(native, len, &view);
    if (status != RESUME_OK) {
        return status;
    }
    resume_session *session = rsm_malloc(sizeof *session + len);
    if (!session) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&session->ref);
    session->len = (uint32_t)len;
    session->view = view;
    memcpy(session->native, native, len);
    *ret_session = session;
    return RESUME_OK;
}

resume_session *resume_session_ref(resume_session *session) {
    if (session) {
        rsm_ref_get(&session->ref);
    }
    return session;
}

RSM_HOT resume_session *resume_session_unref(resume_session *session) {
    if (session && rsm_ref_put(&session->ref)) {
        rsm_free_wiped(session, sizeof *session + session->len);
    }
    return NULL;
}

resume_status resume_session_from_native(const uint8_t *data, size_t data_len,
                                         resume_session **ret_session) {
    if (!data || !ret_session) {
        return RESUME_E_INVALID;
    }
    return rsm_session_adopt_copy(data, data_len, ret_session);
}

resume_status resume_session_to_native(const resume_session *session, const uint8_t **ret_data,
                                       size_t *ret_len) {
    if (!session || !ret_data || !ret_len) {
        return RESUME_E_INVALID;
    }
    *ret_data = session->native;
    *ret_len = session->len;
    return RESUME_OK;
}

resume_status rsm_session_from_fields(const struct rsm_native_fields *fields,
                                      resume_session **ret_session) {
    struct rsm_buffer native = {0};
    rsm_native_write(fields, &native);
    resume_status status = RESUME_E_NOMEM;
    if (!native.failed) {
        status = native.len > RSM_NATIVE_MAX
                     ? RESUME_TOO_LARGE
                     : rsm_session_adopt_copy(native.data, native.len, ret_session);
    }
    rsm_buffer_free(&native);
    return status;
}

static const uint8_t *bytes_of(const resume_session *session, struct rsm_span span,
                               size_t *ret_len) {
    if (ret_len) {
        *ret_len = span.len;
    }
    return span.at ? session->native + span.at : NULL;
}

void rsm_session_fields(const resume_session *session, struct rsm_native_fields *ret_fields) {
    const struct rsm_native_view *view = &session->view;
    *ret_fields = (struct rsm_native_fields){
        .flags = view->flags,
        .compression = view->compression,
        .version = view->version,
        .cipher_suite = view->cipher_suite,
        .group = view->group,
        .lifetime = view->lifetime,
        .age_add = view->age_add,
        .max_early_data = view->max_early_data,
        .verify_result = view->verify_result,
        .created = view->created,
        .authenticated = view->authenticated,
    };
    struct rsm_native_fields *f = ret_fields;
    f->secret = bytes_of(session, view->secret, &f->secret_len);
    f->session_id = bytes_of(session, view->session_id, &f->session_id_len);
    f->server_name = bytes_of(session, view->server_name, &f->server_name_len);
    f->alpn = bytes_of(session, view->alpn, &f->alpn_len);
    f->context = bytes_of(session, view->context, &f->context_len);
    f->certificates = bytes_of(session, view->certificates, &f->certificates_len);
    f->appdata = bytes_of(session, view->appdata, &f->appdata_len);
}

/* A session of what a reader wrote, if it did; frees that. */
static resume_status adopt(resume_status read, struct rsm_buffer *native,
                           resume_session **ret_session) {
    resume_status status = read;
    if (status == RESUME_OK) {
        status = native->len > RSM_NATIVE_MAX
                     ? RESUME_TOO_LARGE
                     : rsm_session_adopt_copy(native->data, native->len, ret_session);
    }
    rsm_buffer_free(native);
    return status;
}

resume_status resume_session_from_openssl(const uint8_t *data, size_t data_len, uint64_t now_ms,
                                          resume_session **ret_session) {
    if (!data || !ret_session) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer native = {0};
    resume_status read = rsm_openssl_der_read(data, data_len, now_ms, &native);
    return adopt(read, &native, ret_session);
}

resume_status resume_session_from_state_plaintext(const uint8_t *data, size_t data_len,
                                                  resume_session **ret_session) {
    if (!data || !ret_session) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer native = {0};
    resume_status read = rsm_state_plaintext_read(data, data_len, &native);
    return adopt(read, &native, ret_session);
}

/* Hands out what a writer wrote, if it did; frees that. */
static resume_status give(resume_status written, struct rsm_buffer *bytes, uint8_t *buf,
                          size_t buf_cap, size_t *ret_len) {
    resume_status status = written;
    if (status == RESUME_OK) {
        *ret_len = bytes->len;
        if (buf && buf_cap < bytes->len) {
            status = RESUME_E_BUFFER;
        } else if (buf) {
            memcpy(buf, bytes->data, bytes->len);
        }
    }
    rsm_buffer_free(bytes);
    return status;
}

/* max is without the ticket. */
static resume_status to_openssl(const resume_session *session,
                                const struct rsm_openssl_ticket *ticket, size_t max, uint8_t *buf,
                                size_t buf_cap, size_t *ret_len) {
    struct rsm_buffer der = {0};
    resume_status status = rsm_openssl_der_write(session->native, &session->view, ticket, &der);
    if (status == RESUME_OK && der.len > max) {
        status = RESUME_TOO_LARGE;
    }
    return give(status, &der, buf, buf_cap, ret_len);
}

resume_status resume_session_to_openssl(const resume_session *session, uint8_t *buf, size_t buf_cap,
                                        size_t *ret_len) {
    if (!session || !ret_len || (!buf && buf_cap)) {
        return RESUME_E_INVALID;
    }
    return to_openssl(session, NULL, RESUME_SESSION_SIZE_MAX, buf, buf_cap, ret_len);
}

resume_status resume_session_to_openssl_with_ticket(const resume_session *session,
                                                    const uint8_t *ticket, size_t ticket_len,
                                                    uint32_t lifetime_hint_s, uint8_t *buf,
                                                    size_t buf_cap, size_t *ret_len) {
    if (!session || !ret_len || (!buf && buf_cap) || (!ticket && ticket_len) ||
        ticket_len > UINT16_MAX) {
        return RESUME_E_INVALID;
    }
    const struct rsm_openssl_ticket copy = {ticket, ticket_len, lifetime_hint_s};
    return to_openssl(session, &copy, RESUME_SESSION_SIZE_MAX + ticket_len, buf, buf_cap, ret_len);
}

resume_status resume_session_ticket_from_openssl(const uint8_t *data, size_t data_len,
                                                 const uint8_t **ret_data, size_t *ret_len,
                                                 uint32_t *ret_lifetime_hint_s) {
    struct rsm_openssl_ticket ticket;
    if (!data || !ret_data || !ret_len || !ret_lifetime_hint_s) {
        return RESUME_E_INVALID;
    }
    resume_status status = rsm_openssl_der_read_ticket(data, data_len, &ticket);
    if (status == RESUME_OK) {
        *ret_data = ticket.len ? ticket.data : NULL;
        *ret_len = ticket.len;
        *ret_lifetime_hint_s = ticket.lifetime_hint;
    }
    return status;
}

resume_status resume_session_to_state_plaintext(const resume_session *session, uint8_t *buf,
                                                size_t buf_cap, size_t *ret_len) {
    if (!session || !ret_len || (!buf && buf_cap)) {
        return RESUME_E_INVALID;
    }
    size_t len = 0;
    resume_status status = rsm_state_plaintext_measure(session->native, &session->view, &len);
    if (status != RESUME_OK) {
        return status;
    }
    *ret_len = len;
    if (buf && buf_cap < len) {
        return RESUME_E_BUFFER;
    }
    if (buf) {
        rsm_state_plaintext_write(session->native, &session->view, buf);
    }
    return RESUME_OK;
}

resume_status resume_session_from_gotls(const uint8_t *data, size_t data_len,
                                        resume_session **ret_session) {
    if (!data || !ret_session) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer native = {0};
    resume_status read = rsm_gotls_read(data, data_len, &native);
    return adopt(read, &native, ret_session);
}

resume_status resume_session_to_gotls(const resume_session *session, int32_t layout,
                                      const uint8_t *chains, size_t chains_len, uint8_t *buf,
                                      size_t buf_cap, size_t *ret_len) {
    bool known = layout == RESUME_GOTLS_LAYOUT_1 || layout == RESUME_GOTLS_LAYOUT_2;
    if (!session || !known || !ret_len || (!buf && buf_cap) || (!chains && chains_len) ||
        chains_len > 0xFFFFFF || (chains_len && session->view.certificate_count == 0) ||
        (chains_len && !rsm_gotls_are_chains(chains, chains_len))) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer state = {0};
    resume_status status =
        rsm_gotls_write(session->native, &session->view, layout, chains, chains_len, &state);
    return give(status, &state, buf, buf_cap, ret_len);
}

bool resume_session_equal(const resume_session *session, const resume_session *other) {
    return session && other && session->len == other->len &&
           rsm_equal_ct(session->native, other->native, session->len);
}

uint16_t resume_session_version(const resume_session *session) {
    return session ? session->view.version : 0;
}

uint16_t resume_session_cipher_suite(const resume_session *session) {
    return session ? session->view.cipher_suite : 0;
}

uint8_t resume_session_compression(const resume_session *session) {
    return session ? session->view.compression : 0;
}

bool resume_session_extended_master_secret(const resume_session *session) {
    return session && (session->view.flags & RSM_NATIVE_EMS);
}

bool resume_session_resumable(const resume_session *session) {
    return session && !(session->view.flags & RSM_NATIVE_NOT_RESUMABLE);
}

uint64_t resume_session_created(const resume_session *session) {
    return session ? session->view.created : 0;
}

uint64_t resume_session_authenticated(const resume_session *session) {
    return session ? session->view.authenticated : 0;
}

uint32_t resume_session_lifetime(const resume_session *session) {
    return session ? session->view.lifetime : 0;
}

uint64_t resume_session_expires(const resume_session *session) {
    return session ? rsm_add_sat(session->view.created, 1000ULL * session->view.lifetime) : 0;
}

uint32_t resume_session_age_add(const resume_session *session) {
    return session ? session->view.age_add : 0;
}

uint32_t resume_session_max_early_data(const resume_session *session) {
    return session ? session->view.max_early_data : 0;
}

uint16_t resume_session_group(const resume_session *session) {
    return session ? session->view.group : 0;
}

int32_t resume_session_verify_result(const resume_session *session) {
    return session ? session->view.verify_result : 0;
}

size_t resume_session_peer_certificate_count(const resume_session *session) {
    return session ? session->view.certificate_count : 0;
}

size_t resume_session_appdata_count(const resume_session *session) {
    return session ? session->view.appdata_count : 0;
}

static const uint8_t *absent(size_t *ret_len) {
    if (ret_len) {
        *ret_len = 0;
    }
    return NULL;
}

const uint8_t *resume_session_secret(const resume_session *session, size_t *ret_len) {
    return session ? bytes_of(session, session->view.secret, ret_len) : absent(ret_len);
}

const uint8_t *resume_session_session_id(const resume_session *session, size_t *ret_len) {
    return session ? bytes_of(session, session->view.session_id, ret_len) : absent(ret_len);
}

const uint8_t *resume_session_server_name(const resume_session *session, size_t *ret_len) {
    return session ? bytes_of(session, session->view.server_name, ret_len) : absent(ret_len);
}

const uint8_t *resume_session_alpn(const resume_session *session, size_t *ret_len) {
    return session ? bytes_of(session, session->view.alpn, ret_len) : absent(ret_len);
}

const uint8_t *resume_session_context(const resume_session *session, size_t *ret_len) {
    return session ? bytes_of(session, session->view.context, ret_len) : absent(ret_len);
}

const uint8_t *resume_session_peer_certificate(const resume_session *session, size_t index,
                                               size_t *ret_len) {
    if (!session || index >= session->view.certificate_count) {
        return absent(ret_len);
    }
    return bytes_of(session, rsm_native_nth(session->native, session->view.certificates, index),
                    ret_len);
}

const uint8_t *resume_session_appdata(const resume_session *session, size_t index,
                                      uint16_t *ret_tag, size_t *ret_len) {
    if (!session || index >= session->view.appdata_count) {
        return absent(ret_len);
    }
    struct rsm_span span = rsm_native_nth(session->native, session->view.appdata, index);
    if (ret_tag) {
        *ret_tag = rsm_get16(session->native + span.at);
    }
    span.at = (uint16_t)(span.at + 2);
    span.len = (uint16_t)(span.len - 2);
    return bytes_of(session, span, ret_len);
}
