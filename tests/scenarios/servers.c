/* SPDX-License-Identifier: Apache-2.0 */
/* 004 and 006: what ends and what is held apart; and servers for the others, see servers.h. */
#include "servers.h"

#include "scenarios.h"
#include "stores.h"

#include <string.h>

resume_policy *policy_of(struct world *w, const char *label) {
    resume_policy *policy = NULL;
    struct bytes bytes = given(w, label);
    need(resume_policy_new(&policy));
    need(resume_policy_set_label(policy, bytes.data, bytes.len));
    return keep_policy(w, policy);
}

resume_server *server_over(struct world *w, const char *ring, resume_policy *policy) {
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    need(resume_server_options_new(&options));
    need(resume_server_options_set_keyring(options, ring_of(w, ring)));
    need(resume_server_options_set_policy(options, policy));
    need(resume_server_new(options, &server));
    resume_server_options_unref(options);
    return keep_server(w, server);
}

resume_server *server_of(struct world *w) {
    return server_over(w, "ring-80", policy_of(w, "label"));
}

struct bytes issue(struct world *w, resume_server *server, const char *name) {
    struct bytes ticket = {room(w, RESUME_TICKET_MAX), 0};
    need(resume_server_issue_ticket(server, session_of(w, name), w->now, ticket.data,
                                    RESUME_TICKET_MAX, &ticket.len, NULL));
    return ticket;
}

struct bytes context_of(struct world *w, const resume_policy *policy, const char *server_name) {
    struct bytes context = {room(w, RESUME_CONTEXT_SIZE), 0};
    need(resume_policy_context(policy, (const uint8_t *)server_name,
                               server_name ? strlen(server_name) : 0, NULL, 0, context.data,
                               RESUME_CONTEXT_SIZE, &context.len));
    return context;
}

static resume_connection *connection_of(const struct offer *offer, struct bytes context) {
    static const uint8_t suites_12[] = {0xC0, 0x2F};
    static const uint8_t suites_13[] = {0x13, 0x01};
    uint16_t version = offer->version ? offer->version : 0x0303;
    resume_connection *connection = NULL;
    need(resume_connection_new(&connection));
    need(resume_connection_set_version(connection, version));
    need(resume_connection_set_server_name(connection, (const uint8_t *)offer->server_name,
                                           offer->server_name ? strlen(offer->server_name) : 0));
    need(resume_connection_set_context(connection, context.data, context.len));
    need(resume_connection_set_cipher_suites(connection, version == 0x0303 ? suites_12 : suites_13,
                                             2));
    need(resume_connection_set_extended_master_secret(connection, true));
    need(resume_connection_set_client_auth(connection, offer->client_auth));
    return connection;
}

const char *outcome(struct world *w, resume_server *server, struct offer offer) {
    struct bytes context = context_of(w, resume_server_policy(server), offer.server_name);
    resume_connection *connection = connection_of(&offer, context);
    resume_session *session = NULL;
    resume_reason reason = RESUME_REASON_FAILED;
    resume_status status =
        resume_server_open_ticket(server, connection, offer.ticket.data, offer.ticket.len,
                                  w->now + offer.later, &session, &reason);
    resume_session_unref(session);
    resume_connection_unref(connection);
    return print(w, "%s %s", word(w, status), resume_reason_name(reason));
}

static void expire_keys(struct world *w) {
    resume_codec *codec = codec_of(w, "ring-timed?dialect=h2o");
    struct bytes ticket = seal(w, codec, given(w, "payload"));
    see(w, "%s", open_at(w, codec, ticket, w->now + w->hour - 1));
    see(w, "%s", open_at(w, codec, ticket, w->now + w->hour));
    uint8_t byte = 1;
    uint8_t buf[256];
    size_t len = 0;
    see(w, "%s",
        word(w, resume_codec_seal_bytes(codec, &byte, 1, w->now + w->hour, buf, sizeof buf, &len)));
    resume_keyring *late = NULL;
    const char *url = print(w, "file:%s/ring-timed?dialect=h2o", w->folder);
    see(w, "%s", word(w, resume_keyring_from_url(url, NULL, w->now + w->hour, &late)));
    codec = codec_of(w, "ring-80");
    see(w, "%s", open_session_at(w, codec, seal_session(w, codec, "session-12"), w->now + w->hour));
}

void expire(struct world *w) {
    resume_store *kept = store_of(w, "memory:");
    put(w, kept, "session-12", w->now);
    see(w, "%s", get(w, kept, w->now + w->hour - 1));
    see(w, "%s", get(w, kept, w->now + w->hour));
    see(w, "%s", put(w, kept, "session-12", w->now + w->hour));
    expire_keys(w);
    resume_policy *policy = policy_of(w, "label");
    need(resume_policy_set_lifetime(policy, 0x0303, 3600));
    need(resume_policy_set_lifetime(policy, 0x0304, 3600));
    resume_server *server = server_over(w, "ring-80", policy);
    struct offer offer = {.ticket = issue(w, server, "session-12"), .server_name = "a.example"};
    offer.later = w->hour - 1;
    see(w, "%s", outcome(w, server, offer));
    offer.later = w->hour;
    see(w, "%s", outcome(w, server, offer));
}

static void see_contexts(struct world *w) {
    const char *const names[] = {"a.example", "A.Example", "b.example", NULL};
    resume_policy *policy = policy_of(w, "label");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        see(w, "%s", hex(w, context_of(w, policy, names[i]).data, RESUME_CONTEXT_SIZE));
    }
    resume_policy *other = policy_of(w, "label-other");
    see(w, "%s", hex(w, context_of(w, other, "a.example").data, RESUME_CONTEXT_SIZE));
    need(resume_policy_set_isolate_server_name(policy, false));
    see(w, "%s %s", hex(w, context_of(w, policy, "a.example").data, RESUME_CONTEXT_SIZE),
        hex(w, context_of(w, policy, "b.example").data, RESUME_CONTEXT_SIZE));
}

/* A server that issues what a stock server would. */
static resume_server *stock_server(struct world *w) {
    resume_policy *policy = policy_of(w, "label");
    struct bytes context = given(w, "context-a");
    need(resume_policy_set_issue_context(policy, context.data, context.len));
    return server_over(w, "ring-80", policy);
}

void isolation(struct world *w) {
    see_contexts(w);
    struct offer a = {.ticket = issue(w, server_of(w), "session-12"), .server_name = "a.example"};
    struct offer b = {.ticket = a.ticket, .server_name = "b.example"};
    resume_server *server = server_of(w);
    see(w, "%s", outcome(w, server, a));
    see(w, "%s", outcome(w, server, b));
    see(w, "%s", outcome(w, server, (struct offer){.ticket = a.ticket}));
    see(w, "%s", outcome(w, server_over(w, "ring-80", policy_of(w, "label-other")), a));
    see(w, "%s", outcome(w, stock_server(w), b));
    a.client_auth = RESUME_CLIENT_AUTH_REQUIRE;
    see(w, "%s", outcome(w, stock_server(w), a));
    a.client_auth = RESUME_CLIENT_AUTH_NONE;
    a.version = b.version = 0x0304;
    a.ticket = b.ticket = issue(w, server_of(w), "session-13");
    see(w, "%s", outcome(w, server, a));
    see(w, "%s", outcome(w, server, b));
}
