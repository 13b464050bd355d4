/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ClientHello of a client that wants to resume (RFC 5246 section 7.4.1.2). libresume parses
 * ClientHellos; writing one is the business of a TLS stack, because most of it is not resumption.
 */
#ifndef ABBREVIATED_CLIENT_HELLO_H
#define ABBREVIATED_CLIENT_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLIENT_HELLO_MAX = 0x11000 }; /* a ticket of 65,535 bytes does not fit into extensions */

struct client_hello {
    const uint8_t *random; /* 32 bytes */
    const uint8_t *session_id;
    size_t session_id_len;
    uint16_t cipher_suite;
    const char *server_name; /* NULL: none */
    const uint8_t *ticket;   /* NULL: no such extension */
    size_t ticket_len;
    bool extended_master_secret;
};

/* Writes the handshake message; false if it does not fit. */
bool client_hello_write(const struct client_hello *hello, uint8_t *buf, size_t buf_cap,
                        size_t *ret_len);

#endif /* ABBREVIATED_CLIENT_HELLO_H */
