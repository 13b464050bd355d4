/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing a ClientHello in one pass over its fields and one over its extensions; no allocation.
 * A field that runs beyond the message is RESUME_FAULT_TRUNCATED, one that breaks its own rules
 * has a fault of its own.
 */
#include "wire/hello.h"

#define TLS13 0x0304

#define BODY_MAX ((size_t)RESUME_HELLO_SIZE_MAX - RSM_MESSAGE_HEADER)

_Static_assert(RESUME_HELLO_SIZE_MAX == RSM_MESSAGE_HEADER + 2 + RESUME_HELLO_RANDOM_SIZE + 1 +
                                            RESUME_SESSION_ID_MAX + 2 + 0xFFFE + 1 + 0xFF + 2 +
                                            0xFFFF,
               "every vector full");

/* The extensions that have to be seen before they can be judged. */
struct found {
    struct rsm_slice psk;
    struct rsm_slice psk_modes;
    struct rsm_slice early_data;
    bool psk_last;
};

resume_fault rsm_message_open(const uint8_t *data, size_t data_len, uint8_t type, size_t body_max,
                              struct rsm_reader *ret_body) {
    if (data_len && data[0] != type) {
        return RESUME_FAULT_MESSAGE_TYPE;
    }
    if (data_len < RSM_MESSAGE_HEADER) {
        return RESUME_FAULT_TRUNCATED;
    }
    size_t len = (size_t)data[1] << 16 | rsm_get16(data + 2);
    size_t there = data_len - RSM_MESSAGE_HEADER;
    if (len > body_max) {
        return RESUME_FAULT_MESSAGE_LENGTH;
    }
    if (len != there) {
        return len > there ? RESUME_FAULT_TRUNCATED : RESUME_FAULT_TRAILING;
    }
    *ret_body = rsm_reader_of(data + RSM_MESSAGE_HEADER, len);
    return RESUME_FAULT_NONE;
}

void rsm_message_header(uint8_t *out, uint8_t type, size_t body_len) {
    out[0] = type;
    out[1] = (uint8_t)(body_len >> 16);
    rsm_put16(out + 2, (uint16_t)body_len);
}

resume_fault rsm_message_extensions(struct rsm_reader *body, struct rsm_slice *ret_list) {
    if (!body->left) {
        return RESUME_FAULT_NONE;
    }
    size_t len = rsm_take16(body);
    if (body->bad || len > body->left) {
        return RESUME_FAULT_TRUNCATED;
    }
    if (len < body->left) {
        return RESUME_FAULT_TRAILING;
    }
    *ret_list = (struct rsm_slice){rsm_take(body, len), len};
    return RESUME_FAULT_NONE;
}

static resume_fault parse_fields(struct rsm_reader *body, struct rsm_hello *hello) {
    hello->version = rsm_take16(body);
    hello->random = rsm_take(body, RESUME_HELLO_RANDOM_SIZE);
    hello->session_id.len = rsm_take8(body);
    if (hello->session_id.len > RESUME_SESSION_ID_MAX) {
        return RESUME_FAULT_SESSION_ID; /* I-38 */
    }
    hello->session_id.data = rsm_take(body, hello->session_id.len);
    hello->cipher_suites.len = rsm_take16(body);
    if (!body->bad && (!hello->cipher_suites.len || hello->cipher_suites.len % 2)) {
        return RESUME_FAULT_CIPHER_SUITES;
    }
    hello->cipher_suites.data = rsm_take(body, hello->cipher_suites.len);
    hello->compression_methods.len = rsm_take8(body);
    hello->compression_methods.data = rsm_take(body, hello->compression_methods.len);
    if (body->bad) {
        return RESUME_FAULT_TRUNCATED;
    }
    if (!hello->compression_methods.len ||
        !memchr(hello->compression_methods.data, 0, hello->compression_methods.len)) {
        return RESUME_FAULT_COMPRESSION;
    }
    return rsm_message_extensions(body, &hello->extensions);
}

/* What can be judged where it stands. */
static resume_fault parse_extension(const struct rsm_extension *extension, struct rsm_hello *hello,
                                    struct found *found) {
    found->psk_last = false;
    switch (extension->type) {
    case RSM_EXTENSION_SERVER_NAME:
        return rsm_server_name_parse(extension->value, &hello->server_name);
    case RSM_EXTENSION_ALPN:
        return rsm_alpn_parse(extension->value, &hello->alpn);
    case RSM_EXTENSION_EXTENDED_MASTER_SECRET:
        hello->extended_master_secret = true;
        return extension->value.len ? RESUME_FAULT_EXTENDED_MASTER_SECRET : RESUME_FAULT_NONE;
    case RSM_EXTENSION_SESSION_TICKET:
        hello->session_ticket = extension->value;
        return RESUME_FAULT_NONE;
    case RSM_EXTENSION_SUPPORTED_VERSIONS:
        return rsm_versions_parse(extension->value, &hello->versions);
    case RSM_EXTENSION_PRE_SHARED_KEY:
        found->psk = extension->value;
        found->psk_last = true;
        return RESUME_FAULT_NONE;
    case RSM_EXTENSION_EARLY_DATA:
        found->early_data = extension->value;
        return RESUME_FAULT_NONE;
    case RSM_EXTENSION_PSK_MODES:
        found->psk_modes = extension->value;
        return RESUME_FAULT_NONE;
    default:
        return RESUME_FAULT_NONE;
    }
}

/* What a server of TLS 1.3 has to refuse (RFC 8446 sections 4.2.9 to 4.2.11). To a client that does
 * not offer TLS 1.3 these are unknown extensions, as to every older server. */
static resume_fault judge_tls13(const struct found *found, struct rsm_hello *hello) {
    resume_fault fault = RESUME_FAULT_NONE;
    if (!rsm_list16_has(hello->versions, TLS13)) {
        return RESUME_FAULT_NONE;
    }
    if (found->psk.data && !found->psk_last) {
        return RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST;
    }
    if (found->psk_modes.data) {
        fault = rsm_psk_modes_parse(found->psk_modes, &hello->psk_modes);
    }
    if (!fault && found->psk.data) {
        fault = found->psk_modes.data ? rsm_psk_parse(found->psk, &hello->psks)
                                      : RESUME_FAULT_MISSING_EXTENSION;
    }
    if (!fault && found->early_data.data) {
        hello->early_data = true;
        fault = found->early_data.len ? RESUME_FAULT_EARLY_DATA
                : found->psk.data     ? RESUME_FAULT_NONE
                                      : RESUME_FAULT_MISSING_EXTENSION;
    }
    return fault;
}

static resume_fault parse_extensions(struct rsm_hello *hello) {
    struct rsm_walk walk = rsm_walk_of(hello->extensions);
    struct rsm_extension extension;
    struct found found = {0};
    resume_fault fault = RESUME_FAULT_NONE;
    while (!fault && rsm_walk_next(&walk, &extension)) {
        fault = parse_extension(&extension, hello, &found);
    }
    fault = fault ? fault : walk.fault;
    return fault ? fault : judge_tls13(&found, hello);
}

resume_fault rsm_hello_parse(const uint8_t *data, size_t data_len, struct rsm_hello *ret_hello) {
    struct rsm_hello hello = {.message = {data, data_len}};
    struct rsm_reader body;
    resume_fault fault =
        rsm_message_open(data, data_len, RSM_MESSAGE_CLIENT_HELLO, BODY_MAX, &body);
    fault = fault ? fault : parse_fields(&body, &hello);
    fault = fault ? fault : parse_extensions(&hello);
    if (!fault) {
        *ret_hello = hello;
    }
    return fault;
}
