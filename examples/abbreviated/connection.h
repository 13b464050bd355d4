/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection, seen as handshake messages and application data: messages that share records or
 * are split over them, the transcript for Finished, ChangeCipherSpec, alerts.
 */
#ifndef ABBREVIATED_CONNECTION_H
#define ABBREVIATED_CONNECTION_H

#include "record.h"

/* Handshake messages (RFC 5246 section 7.4, RFC 5077 section 3.3). */
enum {
    MESSAGE_HELLO_REQUEST = 0,
    MESSAGE_CLIENT_HELLO = 1,
    MESSAGE_SERVER_HELLO = 2,
    MESSAGE_NEW_SESSION_TICKET = 4,
    MESSAGE_CERTIFICATE = 11,
    MESSAGE_FINISHED = 20,
};

enum {
    MESSAGE_HEADER = 4,    /* type, and length in three bytes */
    MESSAGE_MAX = 1 << 17, /* what we care to take; a ticket may need half of it */
    VERIFY_DATA = 12,      /* RFC 5246 section 7.4.9 */
};

struct connection {
    struct records records;
    const struct suite *suite;  /* known once the session is */
    EVP_MD_CTX *transcript;     /* of all messages so far */
    struct protection next_in;  /* in force from the peer's ChangeCipherSpec on */
    struct protection next_out; /* in force from ours on */
    size_t pending_len;         /* bytes of messages that were read */
    size_t pending_used;        /* how many of them were given to the caller */
    uint8_t pending[MESSAGE_MAX + RECORD_PLAINTEXT_MAX];
};

struct message {
    int type;
    const uint8_t *data; /* with its header; valid until the next receive */
    size_t len;
};

/* NULL if there is no memory. The socket becomes the connection's. */
struct connection *connection_new(int fd);
/* Wipes its keys, closes its socket, gives NULL. */
struct connection *connection_free(struct connection *connection);

/* Starts the transcript with the suite's hash. */
enum outcome connection_set_suite(struct connection *connection, const struct suite *suite);
/* Adds a message to it; connection_send() does so by itself. */
enum outcome connection_add(struct connection *connection, const uint8_t *message, size_t len);

enum outcome connection_send(struct connection *connection, const uint8_t *message, size_t len);
enum outcome connection_receive(struct connection *connection, struct message *ret_message);

/* The next message is of this type and nothing else. */
enum outcome connection_expect(struct connection *connection, int type,
                               struct message *ret_message);

enum outcome connection_send_change_cipher_spec(struct connection *connection);
/* The peer's, and nothing else; its records are sealed from here on. */
enum outcome connection_receive_change_cipher_spec(struct connection *connection);

enum outcome connection_write(struct connection *connection, const uint8_t *data, size_t len);
/* One record of application data; no bytes at all: the peer sent close_notify. */
enum outcome connection_read(struct connection *connection, struct record *ret_record);
enum outcome connection_close_notify(struct connection *connection);

#endif /* ABBREVIATED_CONNECTION_H */
