/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One suite is offered, the session's: a server that resumes may choose no other (RFC 5246 section
 * 7.4.1.3). The curves and signatures are for a server that does not resume: without them it would
 * end the handshake, and not show that it declines.
 */
#include "client_hello.h"
#include "connection.h"
#include "writer.h"

#include <string.h>

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_EC_POINT_FORMATS = 11,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_SESSION_TICKET = 35,
};

/* TLS_EMPTY_RENEGOTIATION_INFO_SCSV: no suite but a sign (RFC 5746 section 3.3). */
enum { RENEGOTIATION_INFO_SCSV = 0x00FF };

static void write_extension(struct writer *w, size_t type, const uint8_t *data, size_t data_len) {
    write_number(w, 2, type);
    size_t extension = write_open(w, 2);
    write_bytes(w, data, data_len);
    write_close(w, 2, extension);
}

/* RFC 6066 section 3: a list with one name, of type host_name (0). */
static void write_server_name(struct writer *w, const char *name) {
    write_number(w, 2, EXTENSION_SERVER_NAME);
    size_t extension = write_open(w, 2);
    size_t list = write_open(w, 2);
    write_number(w, 1, 0);
    size_t host_name = write_open(w, 2);
    write_bytes(w, (const uint8_t *)name, strlen(name));
    write_close(w, 2, host_name);
    write_close(w, 2, list);
    write_close(w, 2, extension);
}

static void write_extensions(struct writer *w, const struct client_hello *hello) {
    static const uint8_t groups[] = {0, 6, 0x00, 0x1D, 0x00, 0x17, 0x00, 0x18};
    static const uint8_t formats[] = {1, 0};
    static const uint8_t signatures[] = {0,    14,   0x04, 0x03, 0x05, 0x03, 0x08, 0x04,
                                         0x08, 0x05, 0x08, 0x06, 0x04, 0x01, 0x05, 0x01};
    size_t extensions = write_open(w, 2);
    if (hello->server_name) {
        write_server_name(w, hello->server_name);
    }
    write_extension(w, EXTENSION_SUPPORTED_GROUPS, groups, sizeof groups);
    write_extension(w, EXTENSION_EC_POINT_FORMATS, formats, sizeof formats);
    write_extension(w, EXTENSION_SIGNATURE_ALGORITHMS, signatures, sizeof signatures);
    if (hello->extended_master_secret) {
        write_extension(w, EXTENSION_EXTENDED_MASTER_SECRET, NULL, 0); /* RFC 7627 section 5.1 */
    }
    if (hello->ticket) { /* RFC 5077 section 3.2; the ticket has no length of its own */
        write_extension(w, EXTENSION_SESSION_TICKET, hello->ticket, hello->ticket_len);
    }
    write_close(w, 2, extensions);
}

bool client_hello_write(const struct client_hello *hello, uint8_t *buf, size_t buf_cap,
                        size_t *ret_len) {
    struct writer w = {.buf = buf, .cap = buf_cap};
    write_number(&w, 1, MESSAGE_CLIENT_HELLO);
    size_t body = write_open(&w, 3);
    write_number(&w, 2, 0x0303);
    write_bytes(&w, hello->random, 32);
    size_t session_id = write_open(&w, 1);
    write_bytes(&w, hello->session_id, hello->session_id_len);
    write_close(&w, 1, session_id);
    size_t suites = write_open(&w, 2);
    write_number(&w, 2, hello->cipher_suite);
    write_number(&w, 2, RENEGOTIATION_INFO_SCSV);
    write_close(&w, 2, suites);
    size_t compression = write_open(&w, 1);
    write_number(&w, 1, 0);
    write_close(&w, 1, compression);
    write_extensions(&w, hello);
    write_close(&w, 3, body);
    *ret_len = w.len;
    return !w.full;
}
