/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's walk through RFC 5246 figure 2, and RFC 5077 figure 2 with a ticket. libresume
 * decides and says what to send; here it is sent:
 *
 *     ClientHello        -->      resume_server_offer(): resume, full handshake, or abort
 *                        <--      ServerHello
 *                        <--      [NewSessionTicket, if the verdict wants one]
 *                        <--      ChangeCipherSpec, Finished
 *     ChangeCipherSpec
 *     Finished           -->
 *     application data   <->      application data
 *
 * There is no certificate here: where the verdict is a full handshake, this server ends.
 */
#include "server.h"
#include "alert.h"
#include "clock.h"
#include "connection.h"
#include "keys.h"
#include "resumption.h"
#include "show.h"
#include "socket.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    EXTENSION_RENEGOTIATION_INFO = 0xFF01,
    RENEGOTIATION_INFO_SCSV = 0x00FF,
    HELLO_BYTES = 2 * RESUME_HELLO_SIZE_MAX, /* room for record headers; nobody needs so many */
    TICKET_BYTES = 0x10000,
};

/* One connection. */
struct visit {
    const struct wishes *wishes;
    resume_server *server;
    struct connection *connection;
    resume_hello *hello;
    resume_connection *facts;
    resume_verdict *verdict;
    uint8_t random[RESUME_HELLO_RANDOM_SIZE];
    uint8_t *bytes; /* that the hello points into */
};

static void show_client_hello(const resume_hello *hello) {
    size_t len = 0;
    (void)resume_hello_message(hello, &len);
    show("<-- ClientHello, %zu bytes", len);
    const uint8_t *data = resume_hello_server_name(hello, &len);
    show("    server_name %.*s", (int)len, data ? (const char *)data : "");
    show("    extended_master_secret %s",
         resume_hello_extended_master_secret(hello) ? "offered" : "absent");
    show_bytes("random", resume_hello_random(hello), RESUME_HELLO_RANDOM_SIZE);
    data = resume_hello_session_id(hello, &len);
    show_bytes("session_id", data, len);
    data = resume_hello_cipher_suites(hello, &len);
    show_bytes("cipher_suites", data, len);
    data = resume_hello_session_ticket(hello, &len);
    if (data) {
        show_bytes("session_ticket", data, len);
    }
}

/* The parser wants all records of the message at once; a hello may be split over several. */
static enum outcome receive_hello(struct visit *visit) {
    struct records *records = &visit->connection->records;
    size_t have = 0;
    size_t used = 0;
    resume_status status = RESUME_MORE;
    while (status == RESUME_MORE) {
        size_t got = socket_receive_some(records->fd, visit->bytes + have, HELLO_BYTES - have);
        if (got == 0) {
            tell("no ClientHello");
            return FAILED;
        }
        have += got;
        status = resume_hello_parse_records(visit->hello, visit->bytes, have, &used);
    }
    if (status == RESUME_MALFORMED) {
        resume_fault fault = resume_hello_fault(visit->hello);
        return records_refuse(records, resume_fault_alert(fault), "ClientHello: %s",
                              resume_fault_name(fault));
    }
    if (status != RESUME_OK) {
        tell("ClientHello: %s", resume_status_name(status));
        return FAILED;
    }
    show_client_hello(visit->hello);
    if (have > used) {
        return records_refuse(records, ALERT_UNEXPECTED_MESSAGE, "more than a ClientHello");
    }
    if (!resume_hello_offers_version(visit->hello, 0x0303)) {
        return records_refuse(records, ALERT_PROTOCOL_VERSION, "TLS 1.2 is not offered");
    }
    return DONE;
}

/* The one decision of libresume's that all this is about. */
static enum outcome decide(struct visit *visit) {
    struct records *records = &visit->connection->records;
    resume_status status = resume_connection_new(&visit->facts);
    if (status == RESUME_OK) {
        status = resume_connection_set_version(visit->facts, 0x0303);
    }
    if (status == RESUME_OK) {
        status = resume_server_offer(visit->server, visit->hello, visit->facts, clock_now_ms(),
                                     &visit->verdict);
    }
    if (status < 0) {
        return records_refuse(records, ALERT_INTERNAL_ERROR, "%s", resume_status_name(status));
    }
    const char *reason = resume_reason_name(resume_verdict_reason(visit->verdict));
    show("    verdict: %s, %s", resume_path_name(resume_verdict_path(visit->verdict)), reason);
    if (status == RESUME_ABORT) {
        return records_refuse(records, resume_verdict_alert(visit->verdict),
                              "RFC 7627 section 5.3 forbids to go on: %s", reason);
    }
    if (status == RESUME_FULL) {
        return records_refuse(records, ALERT_HANDSHAKE_FAILURE,
                              "full handshake, which needs a certificate: %s", reason);
    }
    return DONE;
}

/*
 * RFC 5746 section 3.6: who knows of safe renegotiation says so by a suite that is none, or by the
 * extension, which in a first handshake is empty; it is answered with the empty one.
 */
static enum outcome renegotiation_info(struct visit *visit, const uint8_t **ret_data,
                                       size_t *ret_len) {
    static const uint8_t answer[] = {0xFF, 0x01, 0, 1, 0};
    size_t len = 0;
    const uint8_t *asked = resume_hello_extension(visit->hello, EXTENSION_RENEGOTIATION_INFO, &len);
    if (asked && (len != 1 || asked[0] != 0)) {
        return records_refuse(&visit->connection->records, ALERT_HANDSHAKE_FAILURE,
                              "renegotiation in a first handshake");
    }
    bool knows = asked || resume_hello_offers_cipher_suite(visit->hello, RENEGOTIATION_INFO_SCSV);
    *ret_data = answer;
    *ret_len = knows ? sizeof answer : 0;
    return DONE;
}

static enum outcome send_server_hello(struct visit *visit) {
    const resume_verdict *verdict = visit->verdict;
    const resume_session *session = resume_verdict_session(verdict);
    uint8_t message[256];
    size_t message_len = 0;
    size_t id_len = 0;
    const uint8_t *id = resume_verdict_session_id(verdict, &id_len);
    const uint8_t *extensions = NULL;
    size_t extensions_len = 0;
    enum outcome end = renegotiation_info(visit, &extensions, &extensions_len);
    if (end != DONE) {
        return end;
    }
    if (RAND_bytes(visit->random, sizeof visit->random) != 1 ||
        resume_server_hello_write(visit->random, id, id_len, resume_session_cipher_suite(session),
                                  resume_verdict_extended_master_secret(verdict),
                                  resume_verdict_new_session_ticket(verdict), extensions,
                                  extensions_len, message, sizeof message,
                                  &message_len) != RESUME_OK) {
        return records_refuse(&visit->connection->records, ALERT_INTERNAL_ERROR, "ServerHello");
    }
    end = connection_send(visit->connection, message, message_len);
    show("    cipher suite %s", visit->connection->suite->name);
    show("    extended_master_secret %s, session_ticket %s",
         resume_verdict_extended_master_secret(verdict) ? "yes" : "no",
         resume_verdict_new_session_ticket(verdict) ? "yes" : "no");
    show_bytes("random", visit->random, sizeof visit->random);
    show_bytes("session_id", id, id_len);
    return end;
}

/* RFC 5077 section 3.3: ServerHello has promised one; if none can be made, it is empty. */
static enum outcome send_ticket(struct visit *visit) {
    uint8_t *ticket = malloc(TICKET_BYTES);
    uint8_t *message = malloc(TICKET_BYTES);
    size_t ticket_len = 0;
    size_t message_len = 0;
    uint32_t hint = 0;
    enum outcome end = FAILED;
    if (ticket && message) {
        if (resume_server_issue_ticket(visit->server, resume_verdict_session(visit->verdict),
                                       clock_now_ms(), ticket, TICKET_BYTES - 16, &ticket_len,
                                       &hint) != RESUME_OK) {
            ticket_len = 0;
            hint = 0;
        }
        if (resume_new_session_ticket_write(hint, ticket, ticket_len, message, TICKET_BYTES,
                                            &message_len) == RESUME_OK) {
            end = connection_send(visit->connection, message, message_len);
            show("    lifetime hint %u s", (unsigned)hint);
            show_bytes("ticket", ticket, ticket_len);
        }
    }
    free(ticket);
    free(message);
    return end;
}

/* ServerHello up to our Finished: one flight, for the client has nothing to say in between. */
static enum outcome send_flight(struct visit *visit) {
    const resume_session *session = resume_verdict_session(visit->verdict);
    size_t hello_len = 0;
    const uint8_t *hello = resume_hello_message(visit->hello, &hello_len);
    enum outcome end =
        connection_set_suite(visit->connection, suite_of(resume_session_cipher_suite(session)));
    if (end == DONE) {
        end = connection_add(visit->connection, hello, hello_len);
    }
    if (end == DONE) {
        end = send_server_hello(visit);
    }
    if (end == DONE && resume_verdict_new_session_ticket(visit->verdict)) {
        end = send_ticket(visit);
    }
    if (end == DONE) {
        end = keys_derive(visit->connection, session, resume_hello_random(visit->hello),
                          visit->random, false);
    }
    if (end == DONE) {
        end = connection_send_change_cipher_spec(visit->connection);
    }
    if (end == DONE) {
        end = finished_send(visit->connection, session, false,
                            visit->wishes->tamper == TAMPER_FINISHED);
    }
    return end;
}

static enum outcome receive_flight(struct visit *visit) {
    enum outcome end = connection_receive_change_cipher_spec(visit->connection);
    if (end == DONE) {
        end = finished_receive(visit->connection, resume_verdict_session(visit->verdict), false);
    }
    return end;
}

/* Reads a request up to its empty line, answers how the connection came about, and closes. */
static enum outcome answer(struct visit *visit) {
    char body[256];
    char text[512];
    struct record record;
    uint8_t last[4] = {0};
    while (memcmp(last, "\r\n\r\n", sizeof last) != 0) {
        enum outcome end = connection_read(visit->connection, &record);
        if (end != DONE || record.len == 0) {
            return end == DONE ? connection_close_notify(visit->connection) : end;
        }
        for (size_t i = 0; i < record.len && memcmp(last, "\r\n\r\n", sizeof last) != 0; i++) {
            memmove(last, last + 1, sizeof last - 1);
            last[sizeof last - 1] = record.data[i];
        }
    }
    int body_len = snprintf(body, sizeof body, "resumed=1 version=TLSv1.2 path=%s reason=%s\n",
                            resume_path_name(resume_verdict_path(visit->verdict)),
                            resume_reason_name(resume_verdict_reason(visit->verdict)));
    int len = snprintf(text, sizeof text,
                       "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s",
                       body_len, body);
    enum outcome end = connection_write(visit->connection, (const uint8_t *)text, (size_t)len);
    if (end == DONE) {
        end = connection_close_notify(visit->connection);
    }
    while (end == DONE) { /* until the client has read it all */
        end = connection_read(visit->connection, &record);
        if (end == DONE && record.len == 0) {
            break;
        }
    }
    /* A client may hang up after our close_notify without one of its own. */
    return end == FAILED ? DONE : end;
}

/*
 * RFC 5246 section 7.2.2: a session whose connection ended in a fatal alert, sent or received, is
 * never resumed again. A ticket cannot be called back: that is what its lifetime is for.
 */
static void forget(struct visit *visit) {
    size_t id_len = 0;
    const uint8_t *id = resume_hello_session_id(visit->hello, &id_len);
    if (resume_verdict_path(visit->verdict) == RESUME_PATH_TLS12_SESSION_ID &&
        resume_server_forget(visit->server, id, id_len) == RESUME_OK) {
        tell("the session is forgotten (RFC 5246 section 7.2.2)");
    }
}

static enum outcome shake_hands(struct visit *visit) {
    enum outcome end = receive_hello(visit);
    if (end == DONE) {
        end = decide(visit);
    }
    if (end != DONE) {
        return end; /* nothing was resumed, so nothing has to be forgotten */
    }
    end = send_flight(visit);
    if (end == DONE) {
        end = receive_flight(visit);
    }
    if (end == DONE) {
        tell("resumed by %s: %s, %s extended master secret",
             resume_path_name(resume_verdict_path(visit->verdict)), visit->connection->suite->name,
             resume_verdict_extended_master_secret(visit->verdict) ? "with" : "without");
        end = answer(visit);
    }
    if (end == ALERTED || end == REFUSED) {
        forget(visit);
    }
    return end;
}

static void serve(const struct wishes *wishes, resume_server *server, int fd) {
    struct visit visit = {.wishes = wishes, .server = server};
    visit.connection = connection_new(fd);
    visit.bytes = malloc(HELLO_BYTES);
    if (!visit.connection) {
        close(fd);
    } else if (visit.bytes && resume_hello_new(&visit.hello) == RESUME_OK) {
        shake_hands(&visit);
    }
    resume_verdict_unref(visit.verdict);
    resume_connection_unref(visit.facts);
    resume_hello_unref(visit.hello);
    connection_free(visit.connection);
    free(visit.bytes);
}

enum outcome server_run(const struct wishes *wishes) {
    resume_server *server = NULL;
    unsigned port = 0;
    enum outcome end = resumption_new(wishes, &server);
    if (end != DONE) {
        return end;
    }
    int listener = socket_listen(wishes->address, &port);
    if (listener < 0) {
        resume_server_unref(server);
        return FAILED;
    }
    printf("%u\n", port);
    fflush(stdout);
    for (long i = 0; wishes->connections == 0 || i < wishes->connections; i++) {
        int fd = socket_accept(listener);
        if (fd >= 0) {
            serve(wishes, server, fd);
        }
    }
    close(listener);
    resume_server_unref(server);
    return DONE;
}
