/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ClientHello (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2) as pointers into its bytes, and
 * what all handshake messages have in common: their header. Pure; the handle is in core/hello.c.
 */
#ifndef RSM_WIRE_HELLO_H
#define RSM_WIRE_HELLO_H

#include "wire/psk.h"

#define RSM_MESSAGE_HEADER 4U

#define RSM_MESSAGE_CLIENT_HELLO       1U
#define RSM_MESSAGE_SERVER_HELLO       2U
#define RSM_MESSAGE_NEW_SESSION_TICKET 4U

struct rsm_hello {
    struct rsm_slice message; /* header included */
    uint16_t version;
    const uint8_t *random;
    struct rsm_slice session_id;
    struct rsm_slice cipher_suites;
    struct rsm_slice compression_methods;
    struct rsm_slice extensions; /* NULL if there is no list */
    /* Of the extensions; those of TLS 1.3 stay empty unless it is offered. */
    struct rsm_slice server_name; /* the bare host name */
    struct rsm_slice session_ticket;
    struct rsm_slice alpn;     /* the names, without the list's length */
    struct rsm_slice versions; /* likewise */
    struct rsm_psk_list psks;
    uint32_t psk_modes;
    bool extended_master_secret;
    bool early_data;
};

/* Parses a whole message; RESUME_FAULT_NONE, or a fault with the output untouched. */
resume_fault rsm_hello_parse(const uint8_t *data, size_t data_len, struct rsm_hello *ret_hello);

/* Checks a header: the type, that the body is at most body_max bytes, and exactly those that are
 * there, which become the reader. */
resume_fault rsm_message_open(const uint8_t *data, size_t data_len, uint8_t type, size_t body_max,
                              struct rsm_reader *ret_body);

/* Writes a header; the body must be shorter than 2^24 bytes. */
void rsm_message_header(uint8_t *out, uint8_t type, size_t body_len);

/* What a hello message ends with: nothing at all, or the list of extensions and nothing after it.
 */
resume_fault rsm_message_extensions(struct rsm_reader *body, struct rsm_slice *ret_list);

#endif
