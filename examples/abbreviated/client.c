/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's walk through RFC 5246 figure 2, and RFC 5077 figure 2 with a ticket:
 *
 *     ClientHello        -->      session ID, or ticket and an ID that we make up
 *                        <--      ServerHello, with our ID: it resumes
 *                        <--      [NewSessionTicket, if ServerHello has the empty extension]
 *                        <--      ChangeCipherSpec, Finished
 *     ChangeCipherSpec
 *     Finished           -->
 *     application data   <->      application data
 *
 * No certificate is shown or verified: that the server knows the master secret is the proof that
 * it is the one of the full handshake. Whether that one is still trusted today is the caller's
 * question.
 */
#include "client.h"
#include "alert.h"
#include "client_hello.h"
#include "clock.h"
#include "connection.h"
#include "keys.h"
#include "saved_session.h"
#include "show.h"
#include "socket.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXTENSION_RENEGOTIATION_INFO = 0xFF01 };

struct client {
    const struct wishes *wishes;
    const resume_session *session;
    const struct suite *suite;
    struct connection *connection;
    uint8_t random[RESUME_HELLO_RANDOM_SIZE];
    uint8_t session_id[RESUME_SESSION_ID_MAX];
    size_t session_id_len;
    const uint8_t *ticket; /* NULL: by session ID */
    size_t ticket_len;
};

/* Chooses what to offer; with a tampered copy where that was asked for. */
static enum outcome choose_offer(struct client *client, struct saved_session *saved) {
    const uint8_t *id = resume_session_session_id(saved->session, &client->session_id_len);
    client->session = saved->session;
    client->suite = suite_of(resume_session_cipher_suite(saved->session));
    if (resume_session_version(saved->session) != 0x0303 || !client->suite) {
        tell("the session is not one of TLS 1.2 with AES-GCM");
        return FAILED;
    }
    bool by_ticket = client->wishes->by_ticket || (saved->ticket && !client->wishes->by_session_id);
    if (by_ticket && !saved->ticket) {
        tell("the session has no ticket");
        return FAILED;
    }
    if (by_ticket) {
        /* RFC 5077 section 3.4: an ID of our own, so that its echo tells that the ticket is good.
         * It is fresh, for a session ID would link this connection to the last one. */
        client->session_id_len = sizeof client->session_id;
        client->ticket = saved->ticket;
        client->ticket_len = saved->ticket_len;
        if (RAND_bytes(client->session_id, sizeof client->session_id) != 1) {
            return FAILED;
        }
    } else if (!id || client->session_id_len == 0) {
        tell("the session has no session ID");
        return FAILED;
    } else {
        memcpy(client->session_id, id, client->session_id_len);
    }
    if (client->wishes->tamper == TAMPER_SESSION_ID) {
        client->session_id[client->session_id_len - 1] ^= 1;
    }
    if (client->wishes->tamper == TAMPER_TICKET) {
        if (!by_ticket) {
            tell("there is no ticket to tamper with");
            return FAILED;
        }
        saved->ticket[saved->ticket_len / 2] ^= 1; /* inside encrypted_state */
    }
    return RAND_bytes(client->random, sizeof client->random) == 1 ? DONE : FAILED;
}

static enum outcome send_hello(struct client *client) {
    struct client_hello hello = {
        .random = client->random,
        .session_id = client->session_id,
        .session_id_len = client->session_id_len,
        .cipher_suite = client->suite->number,
        .server_name = client->wishes->server_name,
        .ticket = client->ticket,
        .ticket_len = client->ticket_len,
        /* RFC 7627 section 5.3: whoever offers to resume sends it, whatever the session has. */
        .extended_master_secret = !client->wishes->no_ems,
    };
    uint8_t *buf = malloc(CLIENT_HELLO_MAX);
    size_t len = 0;
    enum outcome end = FAILED;
    if (buf && client_hello_write(&hello, buf, CLIENT_HELLO_MAX, &len)) {
        end = connection_send(client->connection, buf, len);
        show("    cipher suite %s", client->suite->name);
        show("    extended_master_secret %s", hello.extended_master_secret ? "offered" : "absent");
        show_bytes("random", client->random, sizeof client->random);
        show_bytes("session_id", client->session_id, client->session_id_len);
        show_bytes("session_ticket", client->ticket, client->ticket_len);
    } else {
        tell("the ClientHello does not fit");
    }
    free(buf);
    return end;
}

static void show_server_hello(const resume_server_hello *hello) {
    size_t id_len = 0;
    const uint8_t *id = resume_server_hello_session_id(hello, &id_len);
    const struct suite *suite = suite_of(resume_server_hello_cipher_suite(hello));
    show("    version 0x%04x, cipher suite %s", resume_server_hello_version(hello),
         suite ? suite->name : "another");
    show("    extended_master_secret %s, session_ticket %s",
         resume_server_hello_extended_master_secret(hello) ? "yes" : "no",
         resume_server_hello_session_ticket(hello) ? "yes" : "no");
    show_bytes("random", resume_server_hello_random(hello), RESUME_HELLO_RANDOM_SIZE);
    show_bytes("session_id", id, id_len);
}

/*
 * Another session ID than ours: the server begins a full handshake, with its Certificate next.
 * That is not our business, so we cancel, which is no failure (RFC 5246 section 7.2.2).
 */
static enum outcome declined(struct client *client) {
    static const uint8_t canceled[2] = {ALERT_WARNING, ALERT_USER_CANCELED};
    struct message message;
    enum outcome end = connection_expect(client->connection, MESSAGE_CERTIFICATE, &message);
    if (end != DONE) {
        return end;
    }
    tell("full handshake: the server declined the %s", client->ticket ? "ticket" : "session ID");
    end = records_write(&client->connection->records, RECORD_ALERT, canceled, sizeof canceled);
    if (end == DONE) {
        end = connection_close_notify(client->connection);
    }
    return end == DONE ? DECLINED : end;
}

/* Whether a ServerHello that echoes our ID may be believed. */
static enum outcome check_server_hello(struct client *client, const resume_server_hello *hello) {
    struct records *records = &client->connection->records;
    size_t info_len = 0;
    const uint8_t *info =
        resume_server_hello_extension(hello, EXTENSION_RENEGOTIATION_INFO, &info_len);
    if (resume_server_hello_cipher_suite(hello) != client->suite->number) {
        return records_refuse(records, ALERT_ILLEGAL_PARAMETER,
                              "the server resumes with another cipher suite");
    }
    /* RFC 7627 section 5.3: as the session is, so must the ServerHello be. */
    if (resume_server_hello_extended_master_secret(hello) !=
        resume_session_extended_master_secret(client->session)) {
        return records_refuse(records, ALERT_HANDSHAKE_FAILURE,
                              "session and ServerHello differ in extended_master_secret");
    }
    if (resume_server_hello_session_ticket(hello) && !client->ticket) {
        return records_refuse(records, ALERT_UNSUPPORTED_EXTENSION,
                              "a session_ticket that was not asked for");
    }
    /* RFC 5746 section 3.4: an empty renegotiated_connection, or it is not us it talks to. */
    if (!info || info_len != 1 || info[0] != 0) {
        return records_refuse(records, ALERT_HANDSHAKE_FAILURE, "no renegotiation_info");
    }
    return DONE;
}

static enum outcome understand_server_hello(struct client *client, const struct message *message,
                                            resume_server_hello *hello) {
    struct records *records = &client->connection->records;
    if (resume_server_hello_parse(hello, message->data, message->len) != RESUME_OK) {
        resume_fault fault = resume_server_hello_fault(hello);
        return records_refuse(records, resume_fault_alert(fault), "ServerHello: %s",
                              resume_fault_name(fault));
    }
    show_server_hello(hello);
    if (resume_server_hello_version(hello) != 0x0303) {
        return records_refuse(records, ALERT_PROTOCOL_VERSION, "another version than TLS 1.2");
    }
    if (resume_server_hello_compression(hello) != 0) {
        return records_refuse(records, ALERT_ILLEGAL_PARAMETER, "compression");
    }
    size_t id_len = 0;
    const uint8_t *id = resume_server_hello_session_id(hello, &id_len);
    if (id_len != client->session_id_len || memcmp(id, client->session_id, id_len) != 0) {
        return declined(client);
    }
    return check_server_hello(client, hello);
}

/* Into the transcript comes the ServerHello before its successor overwrites it. */
static enum outcome receive_server_hello(struct client *client, resume_server_hello *hello,
                                         bool *ret_ticket_follows) {
    struct message message;
    enum outcome end = connection_expect(client->connection, MESSAGE_SERVER_HELLO, &message);
    if (end == DONE) {
        end = connection_add(client->connection, message.data, message.len);
    }
    if (end == DONE) {
        end = understand_server_hello(client, &message, hello);
    }
    if (end == DONE) {
        *ret_ticket_follows = resume_server_hello_session_ticket(hello);
        end = keys_derive(client->connection, client->session, client->random,
                          resume_server_hello_random(hello), true);
    }
    return end;
}

/*
 * RFC 5077 section 3.3: the ticket replaces the old one, but only after the server's Finished was
 * checked. This client has no second connection to use it for.
 */
static enum outcome receive_ticket(struct client *client) {
    struct message message;
    const uint8_t *ticket = NULL;
    size_t ticket_len = 0;
    uint32_t hint = 0;
    resume_fault fault = RESUME_FAULT_NONE;
    enum outcome end = connection_expect(client->connection, MESSAGE_NEW_SESSION_TICKET, &message);
    if (end != DONE) {
        return end;
    }
    if (resume_new_session_ticket_parse(message.data, message.len, &hint, &ticket, &ticket_len,
                                        &fault) != RESUME_OK) {
        return records_refuse(&client->connection->records, resume_fault_alert(fault),
                              "NewSessionTicket: %s", resume_fault_name(fault));
    }
    show("    lifetime hint %u s", (unsigned)hint);
    show_bytes("ticket", ticket, ticket_len);
    return connection_add(client->connection, message.data, message.len);
}

static enum outcome shake_hands(struct client *client) {
    resume_server_hello *hello = NULL;
    bool ticket_follows = false;
    enum outcome end = connection_set_suite(client->connection, client->suite);
    if (end == DONE) {
        end = send_hello(client);
    }
    if (end == DONE) {
        end = resume_server_hello_new(&hello) == RESUME_OK ? DONE : FAILED;
    }
    if (end == DONE) {
        end = receive_server_hello(client, hello, &ticket_follows);
    }
    resume_server_hello_unref(hello);
    if (end == DONE && ticket_follows) {
        end = receive_ticket(client);
    }
    if (end == DONE) {
        end = connection_receive_change_cipher_spec(client->connection);
    }
    if (end == DONE) {
        end = finished_receive(client->connection, client->session, true);
    }
    if (end == DONE) {
        end = connection_send_change_cipher_spec(client->connection);
    }
    if (end == DONE) {
        end = finished_send(client->connection, client->session, true,
                            client->wishes->tamper == TAMPER_FINISHED);
    }
    return end;
}

static enum outcome ask(struct client *client) {
    char request[512];
    const char *name = client->wishes->server_name;
    int len = snprintf(request, sizeof request, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n",
                       name ? name : "localhost");
    enum outcome end = connection_write(client->connection, (const uint8_t *)request, (size_t)len);
    while (end == DONE) {
        struct record record;
        end = connection_read(client->connection, &record);
        if (end == DONE && record.len == 0) { /* the peer has said that this is all */
            return connection_close_notify(client->connection);
        }
        if (end == DONE) {
            fwrite(record.data, 1, record.len, stdout);
        }
    }
    tell("no close_notify: the answer may have been cut off (RFC 5246 section 7.2.1)");
    return end;
}

static enum outcome run(struct client *client, struct saved_session *saved) {
    enum outcome end = choose_offer(client, saved);
    if (end != DONE) {
        return end;
    }
    int fd = socket_connect(client->wishes->address);
    client->connection = fd >= 0 ? connection_new(fd) : NULL;
    if (!client->connection) {
        return FAILED;
    }
    end = shake_hands(client);
    if (end == DONE) {
        tell("resumed by %s: %s, %s extended master secret",
             client->ticket ? "ticket" : "session ID", client->suite->name,
             resume_session_extended_master_secret(client->session) ? "with" : "without");
        end = ask(client);
    }
    if (end == ALERTED || end == REFUSED) {
        tell("the session must not be offered again (RFC 5246 section 7.2.2)");
    }
    client->connection = connection_free(client->connection);
    return end;
}

enum outcome client_run(const struct wishes *wishes) {
    struct saved_session saved = {0};
    struct client client = {.wishes = wishes};
    enum outcome end = saved_session_read(wishes->session_path, clock_now_ms(), &saved);
    if (end == DONE) {
        end = run(&client, &saved);
    }
    saved_session_clear(&saved);
    return fflush(stdout) == 0 ? end : FAILED;
}
