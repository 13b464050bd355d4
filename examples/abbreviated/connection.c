/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshake messages, alerts and application data on top of records.
 */
#include "connection.h"
#include "alert.h"
#include "show.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *message_name(int type) {
    switch (type) {
    case MESSAGE_HELLO_REQUEST:
        return "HelloRequest";
    case MESSAGE_CLIENT_HELLO:
        return "ClientHello";
    case MESSAGE_SERVER_HELLO:
        return "ServerHello";
    case MESSAGE_NEW_SESSION_TICKET:
        return "NewSessionTicket";
    case MESSAGE_CERTIFICATE:
        return "Certificate";
    case MESSAGE_FINISHED:
        return "Finished";
    default:
        return "another message";
    }
}

static size_t message_len(const uint8_t *message) {
    return MESSAGE_HEADER +
           ((size_t)message[1] << 16 | (size_t)message[2] << 8 | (size_t)message[3]);
}

struct connection *connection_new(int fd) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection) {
        connection->records.fd = fd;
    }
    return connection;
}

struct connection *connection_free(struct connection *connection) {
    if (connection) {
        close(connection->records.fd);
        protection_clear(&connection->records.in);
        protection_clear(&connection->records.out);
        protection_clear(&connection->next_in);
        protection_clear(&connection->next_out);
        EVP_MD_CTX_free(connection->transcript);
        OPENSSL_cleanse(connection, sizeof *connection); /* application data */
        free(connection);
    }
    return NULL;
}

enum outcome connection_set_suite(struct connection *connection, const struct suite *suite) {
    connection->suite = suite;
    connection->transcript = EVP_MD_CTX_new();
    if (!connection->transcript ||
        EVP_DigestInit_ex(connection->transcript, suite->digest(), NULL) != 1) {
        tell("libcrypto has no hash");
        return FAILED;
    }
    return DONE;
}

enum outcome connection_add(struct connection *connection, const uint8_t *message, size_t len) {
    if (EVP_DigestUpdate(connection->transcript, message, len) != 1) {
        tell("libcrypto does not hash");
        return FAILED;
    }
    return DONE;
}

enum outcome connection_send(struct connection *connection, const uint8_t *message, size_t len) {
    show("--> %s, %zu bytes", message_name(message[0]), len);
    enum outcome end = connection_add(connection, message, len);
    return end == DONE ? records_write(&connection->records, RECORD_HANDSHAKE, message, len) : end;
}

/*
 * Alerts that end nothing are passed over (RFC 5246 section 7.2.2); close_notify comes back as an
 * empty record of type alert.
 */
static enum outcome receive_alert(struct connection *connection, const struct record *record,
                                  struct record *ret_record) {
    if (record->len != 2) {
        return records_refuse(&connection->records, ALERT_DECODE_ERROR, "an alert of %zu bytes",
                              record->len);
    }
    int alert = record->data[1];
    bool fatal = record->data[0] == ALERT_FATAL;
    if (fatal) {
        tell("the peer sends fatal alert %s (%d)", alert_name(alert), alert);
        return ALERTED;
    }
    show("<-- Alert: warning, %s (%d)", alert_name(alert), alert);
    if (alert == ALERT_CLOSE_NOTIFY) {
        *ret_record = (struct record){.type = RECORD_ALERT};
    }
    return DONE;
}

/* The next record, or close_notify as type RECORD_ALERT. */
static enum outcome next_record(struct connection *connection, struct record *ret_record) {
    struct record record;
    ret_record->type = 0;
    while (ret_record->type == 0) {
        enum outcome end = records_read(&connection->records, &record);
        if (end == DONE && record.type == RECORD_ALERT) {
            end = receive_alert(connection, &record, ret_record);
        } else if (end == DONE) {
            *ret_record = record;
        }
        if (end != DONE) {
            return end;
        }
    }
    return DONE;
}

/* Puts one more record of handshake bytes behind those that wait. */
static enum outcome receive_more(struct connection *connection) {
    struct record record;
    enum outcome end = next_record(connection, &record);
    if (end != DONE) {
        return end;
    }
    if (record.type == RECORD_ALERT) {
        tell("the peer closes in the middle of the handshake");
        return FAILED;
    }
    if (record.type != RECORD_HANDSHAKE || record.len == 0) {
        return records_refuse(&connection->records, ALERT_UNEXPECTED_MESSAGE,
                              "a record of type %d in place of a handshake message", record.type);
    }
    memmove(connection->pending, connection->pending + connection->pending_used,
            connection->pending_len - connection->pending_used);
    connection->pending_len -= connection->pending_used;
    connection->pending_used = 0;
    memcpy(connection->pending + connection->pending_len, record.data, record.len);
    connection->pending_len += record.len;
    return DONE;
}

enum outcome connection_receive(struct connection *connection, struct message *ret_message) {
    for (;;) {
        const uint8_t *next = connection->pending + connection->pending_used;
        size_t left = connection->pending_len - connection->pending_used;
        size_t len = left >= MESSAGE_HEADER ? message_len(next) : 0;
        if (len > MESSAGE_MAX) {
            return records_refuse(&connection->records, ALERT_DECODE_ERROR,
                                  "a message of %zu bytes", len);
        }
        if (len > 0 && len <= left) {
            connection->pending_used += len;
            *ret_message = (struct message){.type = next[0], .data = next, .len = len};
            show("<-- %s, %zu bytes", message_name(next[0]), len);
            return DONE;
        }
        enum outcome end = receive_more(connection);
        if (end != DONE) {
            return end;
        }
    }
}

enum outcome connection_expect(struct connection *connection, int type,
                               struct message *ret_message) {
    enum outcome end = connection_receive(connection, ret_message);
    if (end == DONE && ret_message->type != type) {
        return records_refuse(&connection->records, ALERT_UNEXPECTED_MESSAGE,
                              "%s (type %d) in place of %s", message_name(ret_message->type),
                              ret_message->type, message_name(type));
    }
    return end;
}

/* No handshake message, therefore not in the transcript (RFC 5246 section 7.1). */
enum outcome connection_send_change_cipher_spec(struct connection *connection) {
    static const uint8_t one = 1;
    show("--> ChangeCipherSpec: what follows from us is sealed");
    enum outcome end = records_write(&connection->records, RECORD_CHANGE_CIPHER_SPEC, &one, 1);
    connection->records.out = connection->next_out;
    connection->next_out = (struct protection){0};
    return end;
}

enum outcome connection_receive_change_cipher_spec(struct connection *connection) {
    struct record record;
    enum outcome end = next_record(connection, &record);
    if (end != DONE) {
        return end;
    }
    /* A message must not be cut in two by a change of keys. */
    if (record.type != RECORD_CHANGE_CIPHER_SPEC || record.len != 1 || record.data[0] != 1 ||
        connection->pending_used != connection->pending_len) {
        return records_refuse(&connection->records, ALERT_UNEXPECTED_MESSAGE,
                              "a record of type %d in place of ChangeCipherSpec", record.type);
    }
    show("<-- ChangeCipherSpec: what follows from the peer is sealed");
    connection->records.in = connection->next_in;
    connection->next_in = (struct protection){0};
    return DONE;
}

enum outcome connection_write(struct connection *connection, const uint8_t *data, size_t len) {
    show("--> application data, %zu bytes", len);
    return records_write(&connection->records, RECORD_APPLICATION_DATA, data, len);
}

/* We never renegotiate; a wish for it is declined with a warning (RFC 5246 section 7.2.2). */
static enum outcome decline_renegotiation(struct connection *connection) {
    static const uint8_t warning[2] = {ALERT_WARNING, ALERT_NO_RENEGOTIATION};
    show("--> Alert: warning, no_renegotiation");
    return records_write(&connection->records, RECORD_ALERT, warning, sizeof warning);
}

enum outcome connection_read(struct connection *connection, struct record *ret_record) {
    for (;;) {
        enum outcome end = next_record(connection, ret_record);
        if (end == DONE && ret_record->type == RECORD_HANDSHAKE) {
            end = decline_renegotiation(connection);
        } else if (end == DONE && ret_record->type == RECORD_APPLICATION_DATA) {
            show("<-- application data, %zu bytes", ret_record->len);
            if (ret_record->len > 0) {
                return DONE;
            }
        } else if (end == DONE && ret_record->type != RECORD_ALERT) {
            return records_refuse(&connection->records, ALERT_UNEXPECTED_MESSAGE,
                                  "a record of type %d beside application data", ret_record->type);
        } else {
            return end;
        }
        if (end != DONE) {
            return end;
        }
    }
}

enum outcome connection_close_notify(struct connection *connection) {
    static const uint8_t warning[2] = {ALERT_WARNING, ALERT_CLOSE_NOTIFY};
    show("--> Alert: warning, close_notify");
    return records_write(&connection->records, RECORD_ALERT, warning, sizeof warning);
}
