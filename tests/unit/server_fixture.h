/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions, connections and servers for the tests of the rules: a recipe that resumes, to be spoilt
 * in one place by each test. Real objects only.
 */
#ifndef SERVER_FIXTURE_H
#define SERVER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <resume/server.h>

#include <stdbool.h>
#include <string.h>

#define NOW    UINT64_C(1700000000000)
#define SECOND UINT64_C(1000)
#define HOUR   UINT64_C(3600000)
#define DAY    (24 * HOUR)
#define NEVER  UINT64_MAX

#define TLS12 0x0303
#define TLS13 0x0304

#define OK(call) assert_int_equal((call), RESUME_OK)

static const uint8_t some_id[32] = {7, 1, 2, 3, 4, 5, 6, 7, 8, 9};
static const uint8_t some_context[32] = {0xC0, 1, 2, 3};

/* What a session is made of. */
struct recipe {
    uint16_t version;
    uint16_t suite;
    uint8_t compression;
    bool ems;
    bool certificate;
    bool not_resumable;
    int32_t verify_result;
    uint64_t created;
    uint64_t authenticated;
    uint32_t lifetime;
    const char *name;       /* NULL: none */
    const uint8_t *context; /* NULL: none */
    size_t context_len;
    const uint8_t *id; /* 32 bytes, NULL: none */
    size_t appdata_len;
};

static inline struct recipe recipe_of(uint16_t version) {
    return (struct recipe){
        .version = version,
        .suite = version == TLS13 ? 0x1301 : 0xC02F,
        .ems = version == TLS12,
        .created = NOW,
        .authenticated = NOW,
        .lifetime = 7200,
        .name = "a.example",
        .context = some_context,
        .context_len = sizeof some_context,
        .id = some_id,
    };
}

static inline resume_session *session_of(const struct recipe *r) {
    static const uint8_t certificate[] = {0x30, 0x03, 0x02, 0x01, 0x05};
    static const uint8_t appdata[64000];
    uint8_t secret[48];
    resume_session_options *o = NULL;
    resume_session *session = NULL;
    memset(secret, 0x5A, sizeof secret);
    OK(resume_session_options_new(&o));
    OK(resume_session_options_set_version(o, r->version));
    OK(resume_session_options_set_cipher_suite(o, r->suite));
    OK(resume_session_options_set_secret(o, secret, r->version == TLS13 ? 32 : 48));
    OK(resume_session_options_set_compression(o, r->compression));
    OK(resume_session_options_set_extended_master_secret(o, r->ems));
    OK(resume_session_options_set_created(o, r->created));
    OK(resume_session_options_set_authenticated(o, r->authenticated));
    OK(resume_session_options_set_lifetime(o, r->lifetime));
    OK(resume_session_options_set_verify_result(o, r->verify_result));
    OK(resume_session_options_set_resumable(o, !r->not_resumable));
    OK(resume_session_options_set_context(o, r->context, r->context_len));
    OK(resume_session_options_set_server_name(o, r->name, r->name ? strlen(r->name) : 0));
    OK(resume_session_options_set_session_id(o, r->id, r->id ? 32 : 0));
    if (r->certificate) {
        OK(resume_session_options_add_peer_certificate(o, certificate, sizeof certificate));
    }
    if (r->appdata_len) {
        OK(resume_session_options_add_appdata(o, 0x100, appdata, r->appdata_len));
    }
    OK(resume_session_new(o, &session));
    resume_session_options_unref(o);
    return session;
}

/* The facts under which a session of recipe_of() resumes. */
static inline resume_connection *connection_of(uint16_t version) {
    static const uint8_t suites[] = {0xC0, 0x30, 0xC0, 0x2F, 0x13, 0x01, 0x13, 0x02};
    static const uint8_t name[] = "a.example";
    resume_connection *connection = NULL;
    OK(resume_connection_new(&connection));
    OK(resume_connection_set_version(connection, version));
    OK(resume_connection_set_server_name(connection, name, sizeof name - 1));
    OK(resume_connection_set_context(connection, some_context, sizeof some_context));
    OK(resume_connection_set_cipher_suites(connection, suites, sizeof suites));
    OK(resume_connection_set_extended_master_secret(connection, version == TLS12));
    return connection;
}

/* A ring with keys that look random and are the same in every run. */
static inline void ring_add(resume_keyring *ring, uint8_t number, uint64_t seal_from,
                            uint64_t seal_until, uint64_t open_until, uint64_t now_ms) {
    uint8_t key[80];
    uint64_t x = 88172645463325252ULL + number;
    for (size_t i = 0; i < sizeof key; i++) { /* xorshift64 */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        key[i] = (uint8_t)(x >> 32);
    }
    key[0] = number;
    OK(resume_keyring_add(ring, key, 16, key + 16, 32, key + 48, 32, seal_from, seal_until,
                          open_until, now_ms));
}

static inline resume_keyring *ring_of_one(void) {
    resume_keyring *ring = NULL;
    OK(resume_keyring_new(NULL, &ring));
    ring_add(ring, 1, NOW - HOUR, NEVER, NEVER, NOW);
    return ring;
}

/* Native payload: it carries every field, so that every rule can be tried through a ticket. */
static inline resume_codec *native_codec(resume_keyring *ring) {
    resume_codec_options *options = NULL;
    resume_codec *codec = NULL;
    OK(resume_codec_options_new(&options));
    OK(resume_codec_options_set_payload(options, RESUME_PAYLOAD_NATIVE));
    OK(resume_codec_new(ring, options, &codec));
    resume_codec_options_unref(options);
    return codec;
}

static inline resume_store *memory_store(void) {
    resume_store *store = NULL;
    OK(resume_store_from_url("memory:?bytes=1M", NULL, &store));
    return store;
}

static inline resume_policy *new_policy(void) {
    resume_policy *policy = NULL;
    OK(resume_policy_new(&policy));
    return policy;
}

/* Takes over the caller's references; any of them may be NULL. */
static inline resume_server *server_of(resume_keyring *ring, resume_store *store,
                                       resume_policy *policy, resume_trace_fn trace, void *arg) {
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    OK(resume_server_options_new(&options));
    if (ring) {
        resume_codec *codec = native_codec(ring);
        OK(resume_server_options_set_codec(options, codec));
        resume_codec_unref(codec);
    }
    if (store) {
        OK(resume_server_options_set_store(options, store));
    }
    if (policy) {
        OK(resume_server_options_set_policy(options, policy));
    }
    OK(resume_server_options_set_trace(options, trace, arg));
    OK(resume_server_new(options, &server));
    resume_server_options_unref(options);
    resume_keyring_unref(ring);
    resume_store_unref(store);
    resume_policy_unref(policy);
    return server;
}

/* The sum of all counters of a server: how many outcomes there were. */
static inline uint64_t outcomes_of(const resume_server *server) {
    uint64_t sum = 0;
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        for (resume_reason reason = 0; reason < resume_reason_count(); reason++) {
            sum += resume_server_counter(server, path, reason);
        }
    }
    return sum;
}

#endif
