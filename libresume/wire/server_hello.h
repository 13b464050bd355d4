/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ServerHello (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3): parsing any, writing that of
 * TLS 1.2. Pure; the handle is in core/handshake.c.
 */
#ifndef RSM_WIRE_SERVER_HELLO_H
#define RSM_WIRE_SERVER_HELLO_H

#include "wire/hello.h"

struct rsm_server_hello {
    uint16_t version; /* of supported_versions if that is there */
    uint16_t cipher_suite;
    uint8_t compression;
    bool extended_master_secret;
    bool session_ticket;
    const uint8_t *random;
    struct rsm_slice session_id;
    struct rsm_slice extensions; /* all when read, those of the caller when written */
};

/* Parses a whole message; RESUME_FAULT_NONE, or a fault with the output untouched. */
resume_fault rsm_server_hello_parse(const uint8_t *data, size_t data_len,
                                    struct rsm_server_hello *ret_hello);

/* How long the message becomes; 0 if the extensions are too long for their list. */
size_t rsm_server_hello_size(const struct rsm_server_hello *hello);

/* Writes rsm_server_hello_size() bytes. */
void rsm_server_hello_write(const struct rsm_server_hello *hello, uint8_t *out);

/* Whether a TLS 1.2 server may add these extensions of the caller's to its own. */
bool rsm_server_hello_accepts(struct rsm_slice extensions);

#endif
