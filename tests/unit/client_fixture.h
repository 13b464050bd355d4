/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients, peers and sessions for the tests of the client's cache. The same in every run.
 */
#ifndef CLIENT_FIXTURE_H
#define CLIENT_FIXTURE_H

#include "keys_fixture.h"

#include <resume/client.h>

#include <stdbool.h>
#include <stdio.h>

#define TLS12 0x0303
#define TLS13 0x0304

#define DAY  (24 * HOUR)
#define HINT 7200U

#define OK(call) assert_int_equal((call), RESUME_OK)

/* What a test wants of a session; zero is the usual. */
struct shape {
    uint64_t seed;
    uint16_t version;       /* 0: TLS 1.2 */
    bool legacy;            /* TLS 1.2 without EMS */
    bool not_resumable;     /* marked so */
    bool without_id;        /* no session ID */
    uint8_t compression;    /* a number */
    uint32_t lifetime;      /* 0: 30 days */
    uint64_t created;       /* 0: NOW */
    uint64_t authenticated; /* 0: created */
    size_t appdata_len;     /* makes it long */
};

static inline resume_session *session_like(struct shape shape) {
    static uint8_t appdata[60000];
    uint8_t secret[48];
    uint8_t id[32];
    uint16_t version = shape.version ? shape.version : TLS12;
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    noise(shape.seed + 1, secret, sizeof secret);
    noise(shape.seed + 100000, id, sizeof id);
    OK(resume_session_options_new(&options));
    OK(resume_session_options_set_version(options, version));
    OK(resume_session_options_set_cipher_suite(options, version == TLS13 ? 0x1302 : 0xc02f));
    OK(resume_session_options_set_secret(options, secret, sizeof secret));
    OK(resume_session_options_set_extended_master_secret(options,
                                                         version == TLS12 && !shape.legacy));
    OK(resume_session_options_set_resumable(options, !shape.not_resumable));
    OK(resume_session_options_set_compression(options, shape.compression));
    OK(resume_session_options_set_created(options, shape.created ? shape.created : NOW));
    if (shape.authenticated) {
        OK(resume_session_options_set_authenticated(options, shape.authenticated));
    }
    OK(resume_session_options_set_lifetime(options, shape.lifetime ? shape.lifetime : 2592000));
    if (!shape.without_id) {
        OK(resume_session_options_set_session_id(options, id, sizeof id));
    }
    if (shape.appdata_len) {
        OK(resume_session_options_add_appdata(options, 0, appdata, shape.appdata_len));
    }
    OK(resume_session_new(options, &session));
    resume_session_options_unref(options);
    return session;
}

static inline resume_peer *peer_named(const char *host) {
    resume_peer *peer = NULL;
    OK(resume_peer_new(host, 443, &peer));
    return peer;
}

static inline resume_client *client_plain(void) {
    resume_client *client = NULL;
    OK(resume_client_new(NULL, &client));
    return client;
}

static inline resume_client *client_limited(uint32_t sessions, uint64_t bytes, uint32_t tickets) {
    resume_client_options *options = NULL;
    resume_client *client = NULL;
    OK(resume_client_options_new(&options));
    if (sessions) {
        OK(resume_client_options_set_max_sessions(options, sessions));
    }
    if (bytes) {
        OK(resume_client_options_set_max_bytes(options, bytes));
    }
    if (tickets) {
        OK(resume_client_options_set_max_tickets(options, tickets));
    }
    OK(resume_client_new(options, &client));
    resume_client_options_unref(options);
    return client;
}

/* A ticket of 40 bytes that names its seed. */
static inline void ticket_of(uint64_t seed, uint8_t *ticket) {
    noise(seed + 7777, ticket, 40);
}

static inline resume_status put_shape(resume_client *client, const resume_peer *peer,
                                      struct shape shape, uint32_t hint, uint64_t now) {
    uint8_t ticket[40];
    resume_session *session = session_like(shape);
    ticket_of(shape.seed, ticket);
    resume_status status =
        resume_client_put(client, peer, session, ticket, sizeof ticket, hint, now);
    resume_session_unref(session);
    return status;
}

static inline void put_ticket(resume_client *client, const resume_peer *peer, uint64_t seed,
                              uint16_t version) {
    OK(put_shape(client, peer, (struct shape){.seed = seed, .version = version}, HINT, NOW));
}

static inline bool is_seed(const resume_saved *saved, uint64_t seed) {
    uint8_t ticket[40];
    size_t len = 0;
    const uint8_t *found = resume_saved_ticket(saved, &len);
    ticket_of(seed, ticket);
    return len == sizeof ticket && memcmp(found, ticket, len) == 0;
}

/* What a take at that time gives must be that one. */
static inline void expect_taken(resume_client *client, const resume_peer *peer, uint64_t seed,
                                uint64_t now) {
    resume_saved *saved = NULL;
    OK(resume_client_take(client, peer, now, &saved));
    assert_true(is_seed(saved, seed));
    resume_saved_unref(saved);
}

static inline void expect_nothing(resume_client *client, const resume_peer *peer, uint64_t now) {
    resume_saved *saved = NULL;
    assert_int_equal(resume_client_take(client, peer, now, &saved), RESUME_MISS);
    assert_null(saved);
}

static inline uint64_t stat_of(resume_client *client, int32_t which) {
    uint64_t value = 0;
    OK(resume_client_stats(client, which, &value));
    return value;
}

#endif
