/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing ServerHello. No allocation.
 */
#include "wire/server_hello.h"

#define TLS12 0x0303
#define TLS13 0x0304

/* Version, random, length of the session ID; then cipher suite and compression method. */
#define FIXED          (2U + RESUME_HELLO_RANDOM_SIZE + 1U + 2U + 1U)
#define EXTENSIONS_MAX 0xFFFFU
#define BODY_MAX       (FIXED + RESUME_SESSION_ID_MAX + 2U + EXTENSIONS_MAX)
#define EMPTY          4U /* an extension without a value */

static resume_fault parse_fields(struct rsm_reader *body, struct rsm_server_hello *hello) {
    hello->version = rsm_take16(body);
    hello->random = rsm_take(body, RESUME_HELLO_RANDOM_SIZE);
    hello->session_id.len = rsm_take8(body);
    if (hello->session_id.len > RESUME_SESSION_ID_MAX) {
        return RESUME_FAULT_SESSION_ID; /* I-38 */
    }
    hello->session_id.data = rsm_take(body, hello->session_id.len);
    hello->cipher_suite = rsm_take16(body);
    hello->compression = rsm_take8(body);
    return body->bad ? RESUME_FAULT_TRUNCATED : rsm_message_extensions(body, &hello->extensions);
}

static resume_fault parse_version(struct rsm_slice value, uint16_t *ret_version) {
    if (value.len != 2) {
        return RESUME_FAULT_SUPPORTED_VERSIONS;
    }
    *ret_version = rsm_get16(value.data);
    return *ret_version < TLS13 ? RESUME_FAULT_SELECTED_VERSION : RESUME_FAULT_NONE;
}

static resume_fault parse_extension(const struct rsm_extension *extension,
                                    struct rsm_server_hello *hello) {
    switch (extension->type) {
    case RSM_EXTENSION_EXTENDED_MASTER_SECRET:
        hello->extended_master_secret = true;
        return extension->value.len ? RESUME_FAULT_EXTENDED_MASTER_SECRET : RESUME_FAULT_NONE;
    case RSM_EXTENSION_SESSION_TICKET:
        hello->session_ticket = true;
        return extension->value.len ? RESUME_FAULT_SESSION_TICKET : RESUME_FAULT_NONE;
    case RSM_EXTENSION_SUPPORTED_VERSIONS:
        return parse_version(extension->value, &hello->version);
    default:
        return RESUME_FAULT_NONE;
    }
}

static resume_fault parse_extensions(struct rsm_server_hello *hello) {
    struct rsm_walk walk = rsm_walk_of(hello->extensions);
    struct rsm_extension extension;
    resume_fault fault = RESUME_FAULT_NONE;
    while (!fault && rsm_walk_next(&walk, &extension)) {
        fault = parse_extension(&extension, hello);
    }
    return fault ? fault : walk.fault;
}

resume_fault rsm_server_hello_parse(const uint8_t *data, size_t data_len,
                                    struct rsm_server_hello *ret_hello) {
    struct rsm_server_hello hello = {0};
    struct rsm_reader body;
    resume_fault fault =
        rsm_message_open(data, data_len, RSM_MESSAGE_SERVER_HELLO, BODY_MAX, &body);
    fault = fault ? fault : parse_fields(&body, &hello);
    fault = fault ? fault : parse_extensions(&hello);
    if (!fault) {
        *ret_hello = hello;
    }
    return fault;
}

static size_t extensions_size(const struct rsm_server_hello *hello) {
    return (hello->extended_master_secret ? EMPTY : 0) + (hello->session_ticket ? EMPTY : 0) +
           hello->extensions.len;
}

size_t rsm_server_hello_size(const struct rsm_server_hello *hello) {
    if (hello->extensions.len > EXTENSIONS_MAX || extensions_size(hello) > EXTENSIONS_MAX) {
        return 0;
    }
    size_t list = extensions_size(hello);
    return RSM_MESSAGE_HEADER + FIXED + hello->session_id.len + (list ? 2 + list : 0);
}

static uint8_t *put(uint8_t *out, const uint8_t *data, size_t len) {
    if (len) {
        memcpy(out, data, len);
    }
    return out + len;
}

static uint8_t *put16(uint8_t *out, size_t number) {
    rsm_put16(out, (uint16_t)number);
    return out + 2;
}

static uint8_t *put_empty(uint8_t *out, uint16_t type) {
    return put16(put16(out, type), 0);
}

void rsm_server_hello_write(const struct rsm_server_hello *hello, uint8_t *out) {
    size_t list = extensions_size(hello);
    rsm_message_header(out, RSM_MESSAGE_SERVER_HELLO,
                       rsm_server_hello_size(hello) - RSM_MESSAGE_HEADER);
    out = put16(out + RSM_MESSAGE_HEADER, TLS12);
    out = put(out, hello->random, RESUME_HELLO_RANDOM_SIZE);
    *out++ = (uint8_t)hello->session_id.len;
    out = put(out, hello->session_id.data, hello->session_id.len);
    out = put16(out, hello->cipher_suite);
    *out++ = hello->compression;
    if (list) { /* an empty list is left out, as before there were extensions */
        out = put16(out, list);
        out = hello->extended_master_secret ? put_empty(out, RSM_EXTENSION_EXTENDED_MASTER_SECRET)
                                            : out;
        out = hello->session_ticket ? put_empty(out, RSM_EXTENSION_SESSION_TICKET) : out;
        put(out, hello->extensions.data, hello->extensions.len);
    }
}

bool rsm_server_hello_accepts(struct rsm_slice extensions) {
    struct rsm_walk walk = rsm_walk_of(extensions);
    struct rsm_extension extension;
    while (rsm_walk_next(&walk, &extension)) {
        if (extension.type == RSM_EXTENSION_EXTENDED_MASTER_SECRET ||
            extension.type == RSM_EXTENSION_SESSION_TICKET ||
            extension.type == RSM_EXTENSION_SUPPORTED_VERSIONS) {
            return false;
        }
    }
    return !walk.fault;
}
