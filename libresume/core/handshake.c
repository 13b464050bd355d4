/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public calls around ServerHello and NewSessionTicket: arguments, buffers, the handle. The
 * bytes are in wire/server_hello.c and wire/new_session_ticket.c.
 */
#include <resume/handshake.h>

#include "base/alloc.h"
#include "base/ref.h"
#include "wire/new_session_ticket.h"
#include "wire/server_hello.h"

struct resume_server_hello {
    struct rsm_ref ref;
    resume_fault fault;
    struct rsm_server_hello parsed; /* all zero: empty */
};

static bool is_bytes(const uint8_t *data, size_t len) {
    return data || !len;
}

/* Says how long the message is; OK if it is to be written as well, or was only asked for. */
static resume_status measure(const uint8_t *buf, size_t buf_cap, size_t need, size_t *ret_len) {
    *ret_len = need;
    return buf && buf_cap < need ? RESUME_E_BUFFER : RESUME_OK;
}

resume_status resume_server_hello_write(const uint8_t *random, const uint8_t *session_id,
                                        size_t session_id_len, uint16_t cipher_suite,
                                        bool extended_master_secret, bool session_ticket,
                                        const uint8_t *extensions, size_t extensions_len,
                                        uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    const struct rsm_server_hello hello = {
        .cipher_suite = cipher_suite,
        .extended_master_secret = extended_master_secret,
        .session_ticket = session_ticket,
        .random = random,
        .session_id = {session_id, session_id_len},
        .extensions = {extensions, extensions_len},
    };
    if (!random || !is_bytes(session_id, session_id_len) ||
        session_id_len > RESUME_SESSION_ID_MAX || !is_bytes(extensions, extensions_len) ||
        !is_bytes(buf, buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    size_t need = rsm_server_hello_size(&hello);
    if (!need) {
        return RESUME_TOO_LARGE;
    }
    if (!rsm_server_hello_accepts(hello.extensions)) {
        return RESUME_E_INVALID;
    }
    resume_status status = measure(buf, buf_cap, need, ret_len);
    if (status == RESUME_OK && buf) {
        rsm_server_hello_write(&hello, buf);
    }
    return status;
}

resume_status resume_server_hello_new(resume_server_hello **ret_server_hello) {
    if (!ret_server_hello) {
        return RESUME_E_INVALID;
    }
    resume_server_hello *server_hello = rsm_calloc(1, sizeof *server_hello);
    if (!server_hello) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&server_hello->ref);
    *ret_server_hello = server_hello;
    return RESUME_OK;
}

resume_server_hello *resume_server_hello_ref(resume_server_hello *server_hello) {
    if (server_hello) {
        rsm_ref_get(&server_hello->ref);
    }
    return server_hello;
}

resume_server_hello *resume_server_hello_unref(resume_server_hello *server_hello) {
    if (server_hello && rsm_ref_put(&server_hello->ref)) {
        rsm_free(server_hello);
    }
    return NULL;
}

resume_status resume_server_hello_parse(resume_server_hello *server_hello, const uint8_t *data,
                                        size_t data_len) {
    if (!server_hello || !data) {
        return RESUME_E_INVALID;
    }
    server_hello->parsed = (struct rsm_server_hello){0};
    server_hello->fault = rsm_server_hello_parse(data, data_len, &server_hello->parsed);
    return server_hello->fault ? RESUME_MALFORMED : RESUME_OK;
}

resume_fault resume_server_hello_fault(const resume_server_hello *server_hello) {
    return server_hello ? server_hello->fault : RESUME_FAULT_NONE;
}

uint16_t resume_server_hello_version(const resume_server_hello *server_hello) {
    return server_hello ? server_hello->parsed.version : 0;
}

const uint8_t *resume_server_hello_random(const resume_server_hello *server_hello) {
    return server_hello ? server_hello->parsed.random : NULL;
}

const uint8_t *resume_server_hello_session_id(const resume_server_hello *server_hello,
                                              size_t *ret_len) {
    if (ret_len) {
        *ret_len = server_hello ? server_hello->parsed.session_id.len : 0;
    }
    return server_hello ? server_hello->parsed.session_id.data : NULL;
}

uint16_t resume_server_hello_cipher_suite(const resume_server_hello *server_hello) {
    return server_hello ? server_hello->parsed.cipher_suite : 0;
}

uint8_t resume_server_hello_compression(const resume_server_hello *server_hello) {
    return server_hello ? server_hello->parsed.compression : 0;
}

bool resume_server_hello_extended_master_secret(const resume_server_hello *server_hello) {
    return server_hello && server_hello->parsed.extended_master_secret;
}

bool resume_server_hello_session_ticket(const resume_server_hello *server_hello) {
    return server_hello && server_hello->parsed.session_ticket;
}

const uint8_t *resume_server_hello_extension(const resume_server_hello *server_hello,
                                             uint16_t extension, size_t *ret_len) {
    struct rsm_slice value = {0};
    if (server_hello) {
        value = rsm_extensions_find(server_hello->parsed.extensions, extension);
    }
    if (ret_len) {
        *ret_len = value.len;
    }
    return value.data;
}

resume_status resume_new_session_ticket_write(uint32_t lifetime_hint, const uint8_t *ticket,
                                              size_t ticket_len, uint8_t *buf, size_t buf_cap,
                                              size_t *ret_len) {
    if (!is_bytes(ticket, ticket_len) || !is_bytes(buf, buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    if (ticket_len > RSM_TICKET_MAX) {
        return RESUME_TOO_LARGE;
    }
    resume_status status = measure(buf, buf_cap, RSM_NEW_SESSION_TICKET_HEAD + ticket_len, ret_len);
    if (status == RESUME_OK && buf) {
        rsm_new_session_ticket_write(lifetime_hint, (struct rsm_slice){ticket, ticket_len}, buf);
    }
    return status;
}

resume_status resume_new_session_ticket_parse(const uint8_t *data, size_t data_len,
                                              uint32_t *ret_lifetime_hint,
                                              const uint8_t **ret_ticket, size_t *ret_ticket_len,
                                              resume_fault *ret_fault) {
    if (!data || !ret_lifetime_hint || !ret_ticket || !ret_ticket_len) {
        return RESUME_E_INVALID;
    }
    struct rsm_slice ticket = {0};
    resume_fault fault = rsm_new_session_ticket_parse(data, data_len, ret_lifetime_hint, &ticket);
    if (ret_fault) {
        *ret_fault = fault;
    }
    if (fault) {
        return RESUME_MALFORMED;
    }
    *ret_ticket = ticket.data;
    *ret_ticket_len = ticket.len;
    return RESUME_OK;
}
