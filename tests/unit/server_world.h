/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world of server, session and connection, and for each reason the world that brings it about.
 * For test_server.c, which holds the rules to them.
 */
#ifndef SERVER_WORLD_H
#define SERVER_WORLD_H

#include "server_fixture.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* What the trace hook was told last, and how often it was called. */
struct trace {
    unsigned calls;
    int32_t path;
    resume_reason reason;
    uint64_t time;
    uint64_t age;
    pthread_t thread;
};

static void on_event(void *arg, const resume_event *event) {
    struct trace *trace = arg;
    trace->calls++;
    trace->path = resume_event_path(event);
    trace->reason = resume_event_reason(event);
    trace->time = resume_event_time(event);
    trace->age = resume_event_age(event);
    trace->thread = pthread_self();
}

/* A server with all that there is, and what a client might send it. */
struct world {
    struct trace trace;
    resume_policy *policy;
    resume_keyring *ring; /* borrowed */
    resume_server *server;
    resume_connection *connection;
    struct recipe recipe;
    uint8_t ticket[RESUME_TICKET_MAX];
    size_t ticket_len;
    uint64_t now;
};

static struct world *world_with(uint16_t version, resume_keyring *ring, resume_store *store,
                                resume_policy *policy) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->ring = ring;
    w->server = server_of(ring, store, policy, on_event, &w->trace);
    w->connection = connection_of(version);
    w->recipe = recipe_of(version);
    w->now = NOW;
    return w;
}

static struct world *world_of(uint16_t version) {
    return world_with(version, ring_of_one(), memory_store(), NULL);
}

static void end(struct world *w) {
    resume_server_unref(w->server);
    resume_connection_unref(w->connection);
    free(w);
}

/* Seals a session past the server's rules of issuing, as an older or laxer host would have. */
static void seal(struct world *w) {
    resume_codec *codec = native_codec(w->ring);
    resume_session *session = session_of(&w->recipe);
    OK(resume_codec_seal(codec, session, w->now, w->ticket, sizeof w->ticket, &w->ticket_len));
    resume_session_unref(session);
    resume_codec_unref(codec);
}

static void seal_bytes(struct world *w, const uint8_t *data, size_t len) {
    resume_codec *codec = native_codec(w->ring);
    OK(resume_codec_seal_bytes(codec, data, len, w->now, w->ticket, sizeof w->ticket,
                               &w->ticket_len));
    resume_codec_unref(codec);
}

static void put(struct world *w) {
    resume_session *session = session_of(&w->recipe);
    OK(resume_store_put(resume_server_store(w->server), session, w->now));
    resume_session_unref(session);
}

/* An answer belongs to its reason, and an answer without a session leaves the output alone. */
static resume_status judge(resume_status status, resume_reason reason, resume_session *session) {
    bool yes = status == RESUME_OK || status == RESUME_RENEW;
    assert_int_equal(session != NULL, yes);
    assert_int_equal(yes, reason == RESUME_REASON_RESUMED || reason == RESUME_REASON_RENEWED);
    assert_int_equal(status == RESUME_RENEW, reason == RESUME_REASON_RENEWED);
    assert_int_equal(status == RESUME_ABORT, reason == RESUME_REASON_EMS_MISSING_IN_HELLO ||
                                                 reason == RESUME_REASON_EMS_MISSING_IN_BOTH);
    resume_session_unref(session);
    return status;
}

static resume_reason offer_ticket(struct world *w) {
    resume_session *session = NULL;
    resume_reason reason = -1;
    resume_status status = resume_server_open_ticket(w->server, w->connection, w->ticket,
                                                     w->ticket_len, w->now, &session, &reason);
    assert_true(status >= 0);
    judge(status, reason, session);
    return reason;
}

static resume_reason offer_id_of(struct world *w, const uint8_t *id, size_t len) {
    resume_session *session = NULL;
    resume_reason reason = -1;
    resume_status status =
        resume_server_find_session(w->server, w->connection, id, len, w->now, &session, &reason);
    assert_true(status >= 0);
    judge(status, reason, session);
    return reason;
}

static resume_reason offer_id(struct world *w) {
    return offer_id_of(w, some_id, sizeof some_id);
}

/*
 * Every reason. A producer makes one happen through the public calls and says on which path.
 */
typedef struct world *producer_fn(int32_t *ret_path);

/* A sealed ticket that the recipe spoilt. */
static struct world *offered(struct world *w, int32_t *ret_path) {
    seal(w);
    offer_ticket(w);
    *ret_path = w->recipe.version == TLS13 ? RESUME_PATH_TLS13_TICKET : RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *by_id(struct world *w, int32_t *ret_path) {
    offer_id(w);
    *ret_path = RESUME_PATH_TLS12_SESSION_ID;
    return w;
}

static struct world *make_resumed(int32_t *ret_path) {
    return offered(world_of(TLS12), ret_path);
}

static struct world *make_renewed(int32_t *ret_path) {
    return offered(world_of(TLS13), ret_path);
}

static struct world *make_not_offered(int32_t *ret_path) {
    struct world *w = world_of(TLS13);
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS13_TICKET;
    return w;
}

static struct world *make_mode_off(int32_t *ret_path) {
    return by_id(world_with(TLS12, ring_of_one(), NULL, NULL), ret_path);
}

static struct world *make_unknown_key(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    seal(w);
    w->ticket[3] ^= 1;
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *make_key_expired(int32_t *ret_path) {
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NOW + 1, NOW + 1, NOW);
    struct world *w = world_with(TLS12, ring, NULL, NULL);
    seal(w);
    w->now++;
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *make_forged(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    seal(w);
    w->ticket[w->ticket_len - 1] ^= 1;
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *make_malformed(int32_t *ret_path) {
    struct world *w = world_of(TLS13);
    seal_bytes(w, (const uint8_t *)"\1no session", 11);
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS13_TICKET;
    return w;
}

static struct world *make_unsupported(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    seal_bytes(w, (const uint8_t *)"\2another format that is yet to come", 35);
    offer_ticket(w);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *make_not_in_store(int32_t *ret_path) {
    return by_id(world_of(TLS12), ret_path);
}

/* A store of one record that may be told to fail. */
struct small {
    bool fails;
    uint8_t record[4096];
    size_t len;
    unsigned calls;
};

static resume_status small_put(void *arg, const uint8_t *key, size_t key_len, const uint8_t *data,
                               size_t data_len, uint64_t expires_ms, uint64_t now_ms) {
    struct small *small = arg;
    (void)key, (void)key_len, (void)expires_ms, (void)now_ms;
    small->calls++;
    if (small->fails) {
        return RESUME_E_IO;
    }
    assert_true(data_len <= sizeof small->record);
    memcpy(small->record, data, data_len);
    small->len = data_len;
    return RESUME_OK;
}

static resume_status small_get(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                               uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct small *small = arg;
    (void)key, (void)key_len, (void)now_ms;
    small->calls++;
    if (small->fails || small->len == 0) {
        return small->fails ? RESUME_E_IO : RESUME_MISS;
    }
    *ret_len = small->len;
    if (buf_cap < small->len) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, small->record, small->len);
    return RESUME_OK;
}

static resume_status small_remove(void *arg, const uint8_t *key, size_t key_len) {
    struct small *small = arg;
    (void)key, (void)key_len;
    small->calls++;
    return small->fails ? RESUME_E_IO : RESUME_OK;
}

static struct small the_small;

/* Without `take`: such a store cannot do single use. */
static resume_store *small_store(void) {
    struct resume_backend backend = {.size = sizeof backend,
                                     .arg = &the_small,
                                     .put = small_put,
                                     .get = small_get,
                                     .remove = small_remove};
    resume_store *store = NULL;
    memset(&the_small, 0, sizeof the_small);
    OK(resume_store_from_backend(&backend, NULL, &store));
    return store;
}

static resume_policy *single_use(void) {
    resume_policy *policy = new_policy();
    OK(resume_policy_set_single_use(policy, true));
    return policy;
}

static struct world *make_store_failed(int32_t *ret_path) {
    struct world *w = world_with(TLS12, NULL, small_store(), single_use());
    put(w);
    return by_id(w, ret_path);
}

static struct world *make_expired(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    put(w);
    w->now += w->recipe.lifetime * SECOND;
    return by_id(w, ret_path);
}

static struct world *make_authentication_expired(int32_t *ret_path) {
    struct world *w = world_of(TLS13);
    w->recipe.authenticated = NOW - 7 * DAY;
    return offered(w, ret_path);
}

static struct world *make_from_future(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.created = NOW + HOUR;
    return offered(w, ret_path);
}

static struct world *make_version_mismatch(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe = recipe_of(TLS13);
    offered(w, ret_path);
    *ret_path = RESUME_PATH_TLS12_TICKET; /* that of the hello */
    return w;
}

static struct world *make_cipher_suite_not_offered(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.suite = 0x009C;
    return offered(w, ret_path);
}

static struct world *make_cipher_suite_not_allowed(int32_t *ret_path) {
    resume_policy *policy = new_policy();
    OK(resume_policy_allow_cipher_suite(policy, 0xC030));
    return offered(world_with(TLS12, ring_of_one(), NULL, policy), ret_path);
}

static struct world *make_compression(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.compression = 1;
    return offered(w, ret_path);
}

static struct world *make_server_name_mismatch(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.name = "b.example";
    put(w);
    return by_id(w, ret_path);
}

static struct world *make_context_mismatch(int32_t *ret_path) {
    struct world *w = world_of(TLS13);
    w->recipe.context_len = 31;
    return offered(w, ret_path);
}

static struct world *make_client_certificate_missing(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    OK(resume_connection_set_client_auth(w->connection, RESUME_CLIENT_AUTH_REQUIRE));
    return offered(w, ret_path);
}

static struct world *make_client_certificate_unwanted(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.certificate = true;
    return offered(w, ret_path);
}

static struct world *make_client_certificate_invalid(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.certificate = true;
    w->recipe.verify_result = 20;
    OK(resume_connection_set_client_auth(w->connection, RESUME_CLIENT_AUTH_REQUIRE));
    return offered(w, ret_path);
}

static struct world *make_ems_missing_in_hello(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    OK(resume_connection_set_extended_master_secret(w->connection, false));
    return offered(w, ret_path);
}

static struct world *make_ems_missing_in_session(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.ems = false;
    put(w);
    return by_id(w, ret_path);
}

static struct world *make_ems_missing_in_both(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.ems = false;
    OK(resume_connection_set_extended_master_secret(w->connection, false));
    return offered(w, ret_path);
}

static struct world *make_not_resumable(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.not_resumable = true;
    return offered(w, ret_path);
}

static struct world *make_failed(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    seal(w);
    rsm_alloc_fail_from(1);
    offer_ticket(w);
    rsm_alloc_fail_from(0);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static resume_status issue(struct world *w) {
    resume_session *session = session_of(&w->recipe);
    resume_status status = resume_server_issue_ticket(w->server, session, w->now, w->ticket,
                                                      sizeof w->ticket, &w->ticket_len, NULL);
    resume_session_unref(session);
    return status;
}

static resume_status store(struct world *w) {
    resume_session *session = session_of(&w->recipe);
    resume_status status = resume_server_store_session(w->server, session, w->now);
    resume_session_unref(session);
    return status;
}

static struct world *make_issued(int32_t *ret_path) {
    struct world *w = world_of(TLS13);
    OK(issue(w));
    *ret_path = RESUME_PATH_TLS13_TICKET;
    return w;
}

/* I-32: the key is gone. */
static struct world *make_not_issued_no_key(int32_t *ret_path) {
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    struct world *w = world_with(TLS12, ring, NULL, NULL);
    assert_int_equal(issue(w), RESUME_NO_KEY);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

/* I-90: too large for the store, not truncated. */
static struct world *make_not_issued_too_large(int32_t *ret_path) {
    resume_store *tiny = NULL;
    OK(resume_store_from_url("memory:?bytes=16K", NULL, &tiny));
    struct world *w = world_with(TLS13, NULL, tiny, NULL);
    w->recipe.appdata_len = 64000;
    assert_int_equal(store(w), RESUME_TOO_LARGE);
    *ret_path = RESUME_PATH_TLS13_STORED;
    return w;
}

static struct world *make_not_issued_by_policy(int32_t *ret_path) {
    struct world *w = world_of(TLS12);
    w->recipe.ems = false;
    assert_int_equal(issue(w), RESUME_FULL);
    *ret_path = RESUME_PATH_TLS12_TICKET;
    return w;
}

static struct world *make_not_issued_failed(int32_t *ret_path) {
    struct world *w = world_with(TLS12, NULL, small_store(), NULL);
    the_small.fails = true;
    assert_int_equal(store(w), RESUME_E_IO);
    *ret_path = RESUME_PATH_TLS12_SESSION_ID;
    return w;
}

#endif
