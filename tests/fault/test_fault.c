/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation failure (I-95): each flow runs again and again, its nth allocation failing, until it
 * runs through. Every try must end cleanly: an answer or RESUME_E_NOMEM, outputs untouched, nothing
 * leaked (the sanitizer build and valgrind watch that). Not a test of what the flows compute.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"

#include <resume/resume.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW       UINT64_C(1700000000000)
#define ENOUGH    4096 /* no flow here makes that many allocations */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

/* Calls, and leaves the flow if memory ran out; anything else that is negative is a bug. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status == RESUME_E_NOMEM) {                                                            \
            goto out;                                                                              \
        }                                                                                          \
        if (status < 0) {                                                                          \
            fprintf(stderr, "%s: %s\n", #call, resume_status_name(status));                        \
            goto out;                                                                              \
        }                                                                                          \
    } while (0)

/* The same for a call that makes an object: it touches the output only if it succeeds. */
#define MAKE(object, call)                                                                         \
    do {                                                                                           \
        (object) = UNTOUCHED;                                                                      \
        status = (call);                                                                           \
        bool touched = (object) != UNTOUCHED;                                                      \
        if (!touched) {                                                                            \
            (object) = NULL;                                                                       \
        }                                                                                          \
        if (status != RESUME_OK && status != RESUME_RENEW) {                                       \
            status = refused(#call, status, touched);                                              \
            goto out;                                                                              \
        }                                                                                          \
    } while (0)

static resume_status refused(const char *call, resume_status status, bool touched) {
    if (status != RESUME_E_NOMEM || touched) {
        fprintf(stderr, "%s: %s%s\n", call, resume_status_name(status),
                touched ? ", output touched" : "");
        return RESUME_E_STATE;
    }
    return status;
}

static const uint8_t id[32] = {1, 2, 3, 4, 5, 6, 7, 8};
static char key_path[64];

static resume_status set_session(resume_session_options *options) {
    static const uint8_t secret[48] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    static const uint8_t leaf[5] = {0x30, 3, 2, 1, 1};
    resume_status status;
    TRY(resume_session_options_set_version(options, 0x0303));
    TRY(resume_session_options_set_cipher_suite(options, 0xc02f));
    TRY(resume_session_options_set_secret(options, secret, sizeof secret));
    TRY(resume_session_options_set_extended_master_secret(options, true));
    TRY(resume_session_options_set_session_id(options, id, sizeof id));
    TRY(resume_session_options_set_created(options, NOW));
    TRY(resume_session_options_set_lifetime(options, 3600));
    TRY(resume_session_options_set_server_name(options, "example.org", 11));
    TRY(resume_session_options_set_context(options, id, sizeof id));
    TRY(resume_session_options_set_alpn(options, (const uint8_t *)"h2", 2));
    TRY(resume_session_options_add_peer_certificate(options, leaf, sizeof leaf));
    TRY(resume_session_options_add_appdata(options, 7, leaf, sizeof leaf));
out:
    return status;
}

/* A session that every format has room for. */
static resume_status make_plain_session(resume_session **ret_session) {
    static const uint8_t secret[48] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    resume_status status;
    MAKE(options, resume_session_options_new(&options));
    TRY(resume_session_options_set_version(options, 0x0303));
    TRY(resume_session_options_set_cipher_suite(options, 0xc02f));
    TRY(resume_session_options_set_secret(options, secret, sizeof secret));
    TRY(resume_session_options_set_created(options, NOW));
    TRY(resume_session_options_set_lifetime(options, 3600));
    TRY(resume_session_options_add_appdata(options, RESUME_APPDATA_PSK_IDENTITY, id, sizeof id));
    MAKE(session, resume_session_new(options, &session));
    *ret_session = session;
out:
    resume_session_options_unref(options);
    return status;
}

static resume_status make_session(resume_session **ret_session) {
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    resume_status status;
    MAKE(options, resume_session_options_new(&options));
    TRY(set_session(options));
    MAKE(session, resume_session_new(options, &session));
    *ret_session = session;
out:
    resume_session_options_unref(options);
    return status;
}

/* ---- the flows ------------------------------------------------------------------------------- */

static resume_status flow_session(void) {
    resume_session *session = NULL;
    resume_session *copy = NULL;
    resume_session *back = NULL;
    resume_session_options *options = NULL;
    const uint8_t *native = NULL;
    uint8_t der[4096];
    size_t len = 0;
    resume_status status;
    TRY(make_session(&session));
    TRY(resume_session_to_native(session, &native, &len));
    MAKE(copy, resume_session_from_native(native, len, &copy));
    len = 12345;
    status = resume_session_to_openssl(session, der, sizeof der, &len);
    if (status < 0 && len != 12345) {
        status = RESUME_E_STATE;
    }
    TRY(status);
    MAKE(back, resume_session_from_openssl(der, len, NOW, &back));
    MAKE(options, resume_session_options_new(&options));
    TRY(resume_session_options_set_from(options, back));
out:
    resume_session_options_unref(options);
    resume_session_unref(back);
    resume_session_unref(copy);
    resume_session_unref(session);
    return status;
}

static resume_status flow_state_plaintext(void) {
    resume_session *session = NULL;
    resume_session *back = NULL;
    uint8_t data[256];
    size_t len = 0;
    resume_status status;
    TRY(make_plain_session(&session));
    TRY(resume_session_to_state_plaintext(session, data, sizeof data, &len));
    MAKE(back, resume_session_from_state_plaintext(data, len, &back));
out:
    resume_session_unref(back);
    resume_session_unref(session);
    return status;
}

static resume_status flow_ring_random(void) {
    static const uint8_t name[16] = "fault test name";
    static const uint8_t key[32] = {0x8f, 0x13, 0x77, 0xa1, 0x0b, 0xc4, 0x5e, 0x29,
                                    0xd6, 0x90, 0x3a, 0xee, 0x61, 0x58, 0x0c, 0xb7,
                                    0x42, 0xf5, 0x1d, 0x86, 0xcb, 0x34, 0x99, 0x7e,
                                    0x05, 0xe8, 0xb2, 0x6f, 0x50, 0xda, 0x27, 0x93};
    static const uint8_t mac[32] = {0x31, 0x6a, 0xd7, 0x08, 0xf2, 0x95, 0x4c, 0xbe,
                                    0x7d, 0x20, 0xe3, 0x56, 0x89, 0x1b, 0xa4, 0xcf,
                                    0x68, 0x0e, 0xb5, 0x72, 0x9d, 0x43, 0xfa, 0x17,
                                    0xdc, 0x81, 0x3e, 0xa9, 0x54, 0xc6, 0x2f, 0xe0};
    resume_keyring_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_key *sealing = NULL;
    resume_status status;
    MAKE(options, resume_keyring_options_new(&options));
    TRY(resume_keyring_options_set_seal_period(options, 1000));
    TRY(resume_keyring_options_set_open_period(options, 9000));
    MAKE(ring, resume_keyring_from_url("random:", options, NOW, &ring));
    TRY(resume_keyring_add(ring, name, sizeof name, key, sizeof key, mac, sizeof mac, NOW,
                           NOW + 500, NOW + 9000, NOW));
    TRY(resume_keyring_rotate(ring, NOW + 10));
    TRY(resume_keyring_tick(ring, NOW + 5000));
    MAKE(sealing, resume_keyring_sealing_key(ring, NOW + 5000, &sealing));
out:
    resume_key_unref(sealing);
    resume_keyring_unref(ring);
    resume_keyring_options_unref(options);
    return status;
}

static resume_status flow_ring_file(void) {
    char url[128];
    resume_keyring *ring = NULL;
    resume_status status;
    snprintf(url, sizeof url, "file:%s?dialect=nginx", key_path);
    MAKE(ring, resume_keyring_from_url(url, NULL, NOW, &ring));
    TRY(resume_keyring_reload(ring, NOW));
    /* A reload that fails leaves the ring as it was. */
    if (resume_keyring_count(ring) != 1) {
        status = RESUME_E_STATE;
    }
out:
    resume_keyring_unref(ring);
    return status;
}

static resume_status flow_ring_import(void) {
    static uint8_t text[RESUME_KEYRING_FILE_MAX];
    char path[128];
    resume_keyring *ring = NULL;
    resume_keyring *again = NULL;
    resume_status status;
    size_t len = 0;
    snprintf(path, sizeof path, "%s.h2o", key_path);
    MAKE(ring, resume_keyring_from_url("random:", NULL, NOW, &ring));
    TRY(resume_keyring_export(ring, "h2o", -1, NULL, NOW, text, sizeof text, &len));
    MAKE(again, resume_keyring_import(text, len, "h2o", NULL, NOW, &again));
    TRY(resume_keyring_save(again, "nginx", -1, path, NULL, NOW));
out:
    unlink(path);
    resume_keyring_unref(again);
    resume_keyring_unref(ring);
    return status;
}

static resume_status flow_codec(int32_t frame) {
    static uint8_t ticket[4096];
    resume_codec_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_codec *codec = NULL;
    resume_session *session = NULL;
    resume_session *opened = NULL;
    size_t len = 12345;
    resume_status status;
    TRY(frame == RESUME_FRAME_RFC5077_STRUCT ? make_plain_session(&session)
                                             : make_session(&session));
    MAKE(ring, resume_keyring_from_url("random:", NULL, NOW, &ring));
    MAKE(options, resume_codec_options_new(&options));
    TRY(resume_codec_options_set_frame(options, frame));
    MAKE(codec, resume_codec_new(ring, options, &codec));
    status = resume_codec_seal(codec, session, NOW, ticket, sizeof ticket, &len);
    if (status < 0 && len != 12345) {
        status = RESUME_E_STATE;
    }
    TRY(status);
    MAKE(opened, resume_codec_open(codec, ticket, len, NOW, &opened));
out:
    resume_session_unref(opened);
    resume_session_unref(session);
    resume_codec_unref(codec);
    resume_codec_options_unref(options);
    resume_keyring_unref(ring);
    return status;
}

static resume_status flow_codec_rfc5077(void) {
    return flow_codec(RESUME_FRAME_RFC5077);
}

static resume_status flow_codec_rfc5077_struct(void) {
    return flow_codec(RESUME_FRAME_RFC5077_STRUCT);
}

static resume_status flow_codec_aead(void) {
    return flow_codec(RESUME_FRAME_AEAD);
}

static resume_status flow_store_at(const char *url) {
    resume_store *store = NULL;
    resume_session *session = NULL;
    resume_session *found = NULL;
    resume_session *taken = NULL;
    resume_status status;
    TRY(make_session(&session));
    MAKE(store, resume_store_from_url(url, NULL, &store));
    TRY(resume_store_put(store, session, NOW));
    MAKE(found, resume_store_get(store, id, sizeof id, NOW, &found));
    MAKE(taken, resume_store_take(store, id, sizeof id, NOW, &taken));
out:
    resume_session_unref(taken);
    resume_session_unref(found);
    resume_session_unref(session);
    resume_store_unref(store);
    return status;
}

static resume_status flow_store(void) {
    return flow_store_at("memory:?bytes=1M");
}

static resume_status flow_shm(void) {
    return flow_store_at("shm:?bytes=1M");
}

/* What the second level could not keep the first one has, and what neither has is a miss. */
static resume_status flow_tiered(void) {
    static const char url[] = "tiered:?l1=memory:?bytes=1M&l2=shm:?bytes=1M&l1_ttl=1m";
    resume_store *store = NULL;
    resume_session *session = NULL;
    resume_session *found = NULL;
    resume_session *again = NULL;
    resume_session *taken = NULL;
    resume_status status;
    TRY(make_session(&session));
    MAKE(store, resume_store_from_url(url, NULL, &store));
    TRY(resume_store_put(store, session, NOW));
    MAKE(found, resume_store_get(store, id, sizeof id, NOW, &found));
    TRY(resume_store_get(store, id, sizeof id, NOW + 60000, &again)); /* the copy is gone */
    TRY(resume_store_take(store, id, sizeof id, NOW, &taken));
out:
    resume_session_unref(taken);
    resume_session_unref(again);
    resume_session_unref(found);
    resume_session_unref(session);
    resume_store_unref(store);
    return status < 0 ? status : RESUME_OK;
}

static resume_status make_server(resume_server **ret_server) {
    resume_keyring *ring = NULL;
    resume_store *store = NULL;
    resume_policy *policy = NULL;
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    resume_status status;
    MAKE(ring, resume_keyring_from_url("random:", NULL, NOW, &ring));
    MAKE(store, resume_store_from_url("memory:?bytes=1M", NULL, &store));
    MAKE(policy, resume_policy_new(&policy));
    TRY(resume_policy_set_label(policy, (const uint8_t *)"fault", 5));
    MAKE(options, resume_server_options_new(&options));
    TRY(resume_server_options_set_keyring(options, ring));
    TRY(resume_server_options_set_store(options, store));
    TRY(resume_server_options_set_policy(options, policy));
    MAKE(server, resume_server_new(options, &server));
    *ret_server = server;
out:
    resume_server_options_unref(options);
    resume_policy_unref(policy);
    resume_store_unref(store);
    resume_keyring_unref(ring);
    return status;
}

/* A server short of memory goes on with a full handshake and says why. */
static resume_status offered(resume_status status, resume_reason reason) {
    if (status != RESUME_FULL) {
        return status;
    }
    if (reason == RESUME_REASON_FAILED || reason == RESUME_REASON_STORE_FAILED) {
        return RESUME_E_NOMEM;
    }
    fprintf(stderr, "%s\n", resume_reason_name(reason));
    return RESUME_E_STATE;
}

/* A hello in two records, which has to be put together, and a ServerHello. */
static resume_status flow_hello(void) {
    static const uint8_t head[] = "\x16\x03\x01\x00\x05\x01\x00\x00\x29\x03"
                                  "\x16\x03\x01\x00\x28\x03";
    uint8_t wire[10 + 5 + 40] = {0};
    uint8_t message[128];
    resume_hello *hello = NULL;
    resume_server_hello *server_hello = NULL;
    size_t len = 12345;
    resume_status status;
    memcpy(wire, head, sizeof head - 1);
    memcpy(wire + sizeof wire - 6, "\x00\x02\xc0\x2f\x01\x00", 6);
    MAKE(hello, resume_hello_new(&hello));
    status = resume_hello_parse_records(hello, wire, sizeof wire, &len);
    if ((status != RESUME_OK && status != RESUME_E_NOMEM) ||
        (status == RESUME_E_NOMEM && (len != 12345 || resume_hello_random(hello)))) {
        status = RESUME_E_STATE;
    }
    TRY(status);
    TRY(resume_server_hello_write(id, id, sizeof id, 0xc02f, true, true, NULL, 0, message,
                                  sizeof message, &len));
    MAKE(server_hello, resume_server_hello_new(&server_hello));
    TRY(resume_server_hello_parse(server_hello, message, len));
out:
    resume_server_hello_unref(server_hello);
    resume_hello_unref(hello);
    return status;
}

static resume_status flow_server(void) {
    static const uint8_t suites[] = {0xc0, 0x2f, 0xc0, 0x30};
    static uint8_t ticket[4096];
    resume_server *server = NULL;
    resume_session *session = NULL;
    resume_session *opened = NULL;
    resume_session *found = NULL;
    resume_connection *connection = NULL;
    resume_reason reason = RESUME_REASON_FAILED;
    size_t len = 0;
    uint32_t lifetime = 0;
    resume_status status;
    TRY(make_server(&server));
    TRY(make_session(&session));
    MAKE(connection, resume_connection_new(&connection));
    TRY(resume_connection_set_version(connection, 0x0303));
    TRY(resume_connection_set_server_name(connection, (const uint8_t *)"example.org", 11));
    TRY(resume_connection_set_context(connection, id, sizeof id));
    TRY(resume_connection_set_cipher_suites(connection, suites, sizeof suites));
    TRY(resume_connection_set_extended_master_secret(connection, true));
    TRY(resume_connection_set_client_auth(connection, RESUME_CLIENT_AUTH_REQUEST));
    TRY(resume_server_issue_ticket(server, session, NOW, ticket, sizeof ticket, &len, &lifetime));
    TRY(resume_server_store_session(server, session, NOW));
    status = resume_server_open_ticket(server, connection, ticket, len, NOW, &opened, &reason);
    TRY(offered(status, reason));
    status = resume_server_find_session(server, connection, id, sizeof id, NOW, &found, &reason);
    TRY(offered(status, reason));
out:
    resume_session_unref(found);
    resume_session_unref(opened);
    resume_session_unref(session);
    resume_connection_unref(connection);
    resume_server_unref(server);
    return status;
}

static resume_status make_peer(resume_peer **ret_peer) {
    resume_peer *peer = NULL;
    resume_status status;
    MAKE(peer, resume_peer_new("example.org", 443, &peer));
    TRY(resume_peer_set_server_name(peer, "example.org", 11));
    TRY(resume_peer_set_alpn(peer, (const uint8_t *)"\x02h2", 3));
    TRY(resume_peer_set_label(peer, id, sizeof id));
    *ret_peer = peer;
    peer = NULL;
out:
    resume_peer_unref(peer);
    return status;
}

static resume_status flow_client(void) {
    resume_client_options *options = NULL;
    resume_policy *policy = NULL;
    resume_client *client = NULL;
    resume_peer *peer = NULL;
    resume_session *session = NULL;
    resume_saved *saved = NULL;
    resume_status status;
    TRY(make_session(&session));
    TRY(make_peer(&peer));
    MAKE(policy, resume_policy_new(&policy));
    MAKE(options, resume_client_options_new(&options));
    TRY(resume_client_options_set_policy(options, policy));
    MAKE(client, resume_client_new(options, &client));
    TRY(resume_client_put(client, peer, session, id, sizeof id, 300, NOW));
    MAKE(saved, resume_client_take(client, peer, NOW, &saved));
    TRY(resume_client_return(client, peer, saved, NOW));
    TRY(resume_client_forget_saved(client, peer, saved));
out:
    resume_saved_unref(saved);
    resume_session_unref(session);
    resume_peer_unref(peer);
    resume_client_unref(client);
    resume_client_options_unref(options);
    resume_policy_unref(policy);
    return status;
}

static resume_status flow_client_file(void) {
    char path[96];
    resume_keyring *ring = NULL;
    resume_client *client = NULL;
    resume_client *next = NULL;
    resume_peer *peer = NULL;
    resume_session *session = NULL;
    resume_status status;
    snprintf(path, sizeof path, "%s.client", key_path);
    TRY(make_session(&session));
    TRY(make_peer(&peer));
    MAKE(ring, resume_keyring_from_url("random:", NULL, NOW, &ring));
    MAKE(client, resume_client_new(NULL, &client));
    MAKE(next, resume_client_new(NULL, &next));
    TRY(resume_client_put(client, peer, session, id, sizeof id, 300, NOW));
    TRY(resume_client_put(next, peer, session, NULL, 0, 300, NOW));
    TRY(resume_client_save(client, path, ring, NOW));
    status = resume_client_load(next, path, ring, NOW);
    /* A load that fails leaves the client as it was. */
    if (resume_client_count(next) != 1) {
        status = RESUME_E_STATE;
    }
out:
    unlink(path);
    resume_session_unref(session);
    resume_peer_unref(peer);
    resume_client_unref(client);
    resume_client_unref(next);
    resume_keyring_unref(ring);
    return status;
}

static resume_status flow_facts(void) {
    static const uint8_t secret[48] = {1};
    resume_server *server = NULL;
    resume_connection *connection = NULL;
    resume_facts *facts = NULL;
    resume_reason reason = RESUME_REASON_FAILED;
    resume_status status;
    TRY(make_server(&server));
    MAKE(connection, resume_connection_new(&connection));
    TRY(resume_connection_set_version(connection, 0x0303));
    TRY(resume_connection_set_context(connection, id, sizeof id));
    TRY(resume_connection_set_extended_master_secret(connection, true));
    MAKE(facts, resume_facts_new(&facts));
    TRY(resume_facts_set_version(facts, 0x0303));
    TRY(resume_facts_set_cipher_suite(facts, 0xc02f));
    TRY(resume_facts_set_secret(facts, secret, sizeof secret));
    TRY(resume_facts_set_extended_master_secret(facts, true));
    TRY(resume_facts_set_created(facts, NOW));
    TRY(resume_facts_set_lifetime(facts, 300));
    TRY(resume_facts_set_context(facts, id, sizeof id));
    status = resume_server_check_facts(server, facts, connection, RESUME_PATH_TLS12_TICKET, NOW,
                                       &reason);
    TRY(offered(status, reason));
out:
    resume_facts_unref(facts);
    resume_connection_unref(connection);
    resume_server_unref(server);
    return status;
}

static resume_status flow_key_block(void) {
    static const uint8_t secret[48] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    resume_key_block *full = NULL;
    resume_key_block *resumed = NULL;
    resume_status status;
    MAKE(full, resume_key_block_new(0xc02f, secret, id, id, &full));
    MAKE(resumed, resume_key_block_new(0xc028, secret, id, secret, &resumed));
out:
    resume_key_block_unref(resumed);
    resume_key_block_unref(full);
    return status;
}

/* ---- the walk
 * -------------------------------------------------------------------------------- */

struct attempt {
    resume_status (*flow)(void);
    resume_status status;
};

static void *attempt_thread(void *arg) {
    struct attempt *attempt = arg;
    attempt->status = attempt->flow();
    return NULL;
}

/* On a thread of its own, so that what is made once a thread is made, and can fail, each time.
 */
static resume_status attempt(resume_status (*flow)(void)) {
    struct attempt one = {flow, RESUME_E_STATE};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, attempt_thread, &one), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return one.status;
}

static void walk(resume_status (*flow)(void), void (*arm)(unsigned long)) {
    unsigned long failed = 0;
    assert_true(attempt(flow) >= 0);
    for (unsigned long nth = 1;; nth++) {
        assert_in_range(nth, 1, ENOUGH);
        arm(nth);
        resume_status status = attempt(flow);
        unsigned long asked = rsm_alloc_count();
        rsm_alloc_fail_once(0);
        if (status < 0) {
            assert_int_equal(status, RESUME_E_NOMEM);
            failed++;
        }
        if (asked < nth) {
            break;
        }
    }
    assert_true(failed > 0);
    /* What failed before has broken nothing. */
    assert_true(attempt(flow) >= 0);
}

static void test_flow(void **state) {
    resume_status (*flow)(void) = ((struct attempt *)*state)->flow;
    walk(flow, rsm_alloc_fail_once);
    walk(flow, rsm_alloc_fail_from);
}

static int write_key(void **state) {
    uint8_t key[80];
    uint32_t word = 2463534242U;
    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        key[i] = (uint8_t)(word >> 24);
    }
    snprintf(key_path, sizeof key_path, "/tmp/resume-fault-XXXXXX");
    int fd = mkstemp(key_path);
    if (fd < 0) {
        return -1;
    }
    ssize_t written = write(fd, key, sizeof key);
    return close(fd) == 0 && written == (ssize_t)sizeof key ? 0 : -1;
}

static int remove_key(void **state) {
    (void)state;
    return unlink(key_path);
}

int main(void) {
    static struct attempt session = {flow_session, 0};
    static struct attempt ring_random = {flow_ring_random, 0};
    static struct attempt ring_file = {flow_ring_file, 0};
    static struct attempt ring_import = {flow_ring_import, 0};
    static struct attempt codec_rfc5077 = {flow_codec_rfc5077, 0};
    static struct attempt state_plaintext = {flow_state_plaintext, 0};
    static struct attempt codec_struct = {flow_codec_rfc5077_struct, 0};
    static struct attempt codec_aead = {flow_codec_aead, 0};
    static struct attempt store = {flow_store, 0};
    static struct attempt shm = {flow_shm, 0};
    static struct attempt hello = {flow_hello, 0};
    static struct attempt tiered = {flow_tiered, 0};
    static struct attempt server = {flow_server, 0};
    static struct attempt client = {flow_client, 0};
    static struct attempt client_file = {flow_client_file, 0};
    static struct attempt facts = {flow_facts, 0};
    static struct attempt key_block = {flow_key_block, 0};
    const struct CMUnitTest tests[] = {
        {"session", test_flow, NULL, NULL, &session},
        {"keyring random:", test_flow, NULL, NULL, &ring_random},
        {"keyring file:", test_flow, NULL, NULL, &ring_file},
        {"keyring import and export", test_flow, NULL, NULL, &ring_import},
        {"codec, RFC 5077 frame", test_flow, NULL, NULL, &codec_rfc5077},
        {"StatePlaintext", test_flow, NULL, NULL, &state_plaintext},
        {"codec, RFC 5077 frame to the letter", test_flow, NULL, NULL, &codec_struct},
        {"codec, AEAD frame", test_flow, NULL, NULL, &codec_aead},
        {"store memory:", test_flow, NULL, NULL, &store},
        {"store shm:", test_flow, NULL, NULL, &shm},
        {"hello", test_flow, NULL, NULL, &hello},
        {"store tiered:", test_flow, NULL, NULL, &tiered},
        {"server", test_flow, NULL, NULL, &server},
        {"client", test_flow, NULL, NULL, &client},
        {"client's file", test_flow, NULL, NULL, &client_file},
        {"facts", test_flow, NULL, NULL, &facts},
        {"key block", test_flow, NULL, NULL, &key_block},
    };
    return cmocka_run_group_tests(tests, write_key, remove_key);
}
