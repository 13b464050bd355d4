/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's file: what comes back, what it does not show, and that a bad one changes nothing.
 */
#include "client_fixture.h"

#include "base/bytes.h"
#include "core/client.h"
#include "core/sealed_file.h"
#include "wire/client_content.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/resume-client-XXXXXX";
static char path[128];
static resume_keyring *ring;

static int set_up(void **state) {
    (void)state;
    ring = ring_of_one(1, 80);
    if (!mkdtemp(directory)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/sessions", directory);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    resume_keyring_unref(ring);
    unlink(path);
    return rmdir(directory);
}

static void everything_comes_back(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_client *next = client_plain();
    resume_peer *a = peer_named("a.example");
    resume_peer *b = peer_named("b.example");
    resume_peer *c = peer_named("c.example");
    resume_session *by_id = session_like((struct shape){.seed = 9});
    resume_saved *saved = NULL;
    put_ticket(client, a, 1, TLS13);
    put_ticket(client, a, 2, TLS13);
    put_ticket(client, b, 3, TLS12);
    OK(resume_client_put(client, c, by_id, NULL, 0, 0, NOW));
    OK(resume_client_save(client, path, ring, NOW));
    put_ticket(next, a, 8, TLS13); /* goes: its key is of another secret */
    OK(resume_client_load(next, path, ring, NOW + 1000));
    assert_int_equal(resume_client_count(next), 4);
    assert_int_equal(stat_of(next, RESUME_CLIENT_PEERS), 3);
    assert_int_equal(stat_of(next, RESUME_CLIENT_BYTES), stat_of(client, RESUME_CLIENT_BYTES));
    assert_int_equal(stat_of(next, RESUME_CLIENT_PUTS), 1); /* of its own */
    OK(resume_client_take(next, a, NOW + 1000, &saved));
    assert_true(is_seed(saved, 2));
    assert_int_equal(resume_saved_received(saved), NOW);
    assert_int_equal(resume_saved_expires(saved), NOW + 1000ULL * HINT);
    assert_int_equal(resume_saved_lifetime_hint(saved), HINT);
    OK(resume_client_return(next, a, saved, NOW + 1000));
    resume_saved_unref(saved);
    put_ticket(next, a, 4, TLS13); /* newer than all that was loaded */
    expect_taken(next, a, 4, NOW);
    expect_taken(next, a, 2, NOW);
    expect_taken(next, a, 1, NOW);
    expect_taken(next, b, 3, NOW);
    OK(resume_client_take(next, c, NOW, &saved));
    assert_true(resume_session_equal(resume_saved_session(saved), by_id));
    assert_null(resume_saved_ticket(saved, NULL));
    resume_saved_unref(saved);
    resume_session_unref(by_id);
    resume_peer_unref(a);
    resume_peer_unref(b);
    resume_peer_unref(c);
    resume_client_unref(client);
    resume_client_unref(next);
}

static void I_116_the_expired_stay_behind_and_this_policy_rules(void **state) { /* I-116 */
    (void)state;
    resume_client *client = client_plain();
    resume_client *next = NULL;
    resume_client_options *options = NULL;
    resume_policy *policy = NULL;
    resume_peer *a = peer_named("a.example");
    resume_saved *saved = NULL;
    OK(put_shape(client, a, (struct shape){.seed = 1, .version = TLS13}, 100, NOW));
    OK(put_shape(client, a, (struct shape){.seed = 2, .version = TLS13}, 5000, NOW));
    OK(put_shape(client, a, (struct shape){.seed = 3, .version = TLS12}, 0, NOW));
    OK(resume_client_save(client, path, ring, NOW));
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_lifetime(policy, TLS12, 60));
    OK(resume_policy_set_lifetime(policy, TLS13, 200));
    OK(resume_client_options_new(&options));
    OK(resume_client_options_set_policy(options, policy));
    OK(resume_client_new(options, &next));
    OK(resume_client_load(next, path, ring, NOW + 150000));
    assert_int_equal(resume_client_count(next), 1);
    assert_int_equal(stat_of(next, RESUME_CLIENT_EXPIRED), 2);
    OK(resume_client_take(next, a, NOW + 150000, &saved));
    assert_true(is_seed(saved, 2));
    assert_int_equal(resume_saved_expires(saved), NOW + 200000);
    resume_saved_unref(saved);
    /* A clock that was wrong when they were received makes them no younger. */
    OK(resume_client_load(next, path, ring, NOW - HOUR));
    OK(resume_client_take(next, a, NOW - HOUR, &saved));
    assert_int_equal(resume_saved_expires(saved), NOW - HOUR + 60000);
    resume_saved_unref(saved);
    resume_client_options_unref(options);
    resume_policy_unref(policy);
    resume_peer_unref(a);
    resume_client_unref(client);
    resume_client_unref(next);
}

static void limits_hold_for_what_is_loaded(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_client *small = client_limited(2, 0, 1);
    resume_peer *peers[4];
    for (unsigned i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%u", i);
        peers[i] = peer_named(name);
        put_ticket(client, peers[i], 2 * i, TLS13);
        put_ticket(client, peers[i], 2 * i + 1, TLS13);
    }
    (void)stat_of(client, RESUME_CLIENT_SESSIONS);
    expect_taken(client, peers[0], 1, NOW); /* now the one asked for last */
    OK(resume_client_save(client, path, ring, NOW));
    OK(resume_client_load(small, path, ring, NOW));
    assert_int_equal(resume_client_count(small), 2);
    expect_taken(small, peers[0], 0, NOW);
    expect_taken(small, peers[3], 7, NOW);
    expect_nothing(small, peers[1], NOW);
    for (unsigned i = 0; i < 4; i++) {
        resume_peer_unref(peers[i]);
    }
    resume_client_unref(client);
    resume_client_unref(small);
}

static void I_115_long_tickets_and_many_of_them_fit(void **state) { /* I-115 */
    (void)state;
    static uint8_t ticket[65535];
    resume_client *client = client_plain();
    resume_client *next = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_session *session = session_like((struct shape){.version = TLS13, .appdata_len = 60000});
    resume_saved *saved = NULL;
    size_t len = 0;
    noise(3, ticket, sizeof ticket);
    for (int i = 0; i < 4; i++) {
        ticket[0] = (uint8_t)i;
        OK(resume_client_put(client, peer, session, ticket, sizeof ticket, HINT, NOW));
    }
    OK(resume_client_save(client, path, ring, NOW));
    OK(resume_client_load(next, path, ring, NOW));
    for (int i = 3; i >= 0; i--) {
        ticket[0] = (uint8_t)i;
        OK(resume_client_take(next, peer, NOW, &saved));
        assert_memory_equal(resume_saved_ticket(saved, &len), ticket, sizeof ticket);
        assert_int_equal(len, sizeof ticket);
        assert_true(resume_session_equal(resume_saved_session(saved), session));
        resume_saved_unref(saved);
    }
    resume_session_unref(session);
    resume_peer_unref(peer);
    resume_client_unref(client);
    resume_client_unref(next);
}

static void an_empty_client_is_a_file_too(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_client *next = client_plain();
    resume_peer *peer = peer_named("a.example");
    struct stat st;
    OK(resume_client_save(client, path, ring, NOW));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    put_ticket(next, peer, 1, TLS12);
    OK(resume_client_load(next, path, ring, NOW));
    assert_int_equal(resume_client_count(next), 0);
    resume_peer_unref(peer);
    resume_client_unref(client);
    resume_client_unref(next);
}

static bool holds(const uint8_t *data, size_t len, const char *text) {
    return memmem(data, len, text, strlen(text)) != NULL;
}

static void I_119_even_the_opened_file_names_no_host(void **state) { /* I-119 */
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("very-secret.example");
    struct rsm_buffer file = {0};
    struct rsm_buffer again = {0};
    struct rsm_buffer content = {0};
    OK(resume_peer_set_server_name(peer, "sni-secret.example", 18));
    OK(resume_peer_set_label(peer, (const uint8_t *)"label-secret", 12));
    put_ticket(client, peer, 1, TLS12);
    OK(rsm_client_to_bytes(client, ring, NOW, &file));
    OK(rsm_client_to_bytes(client, ring, NOW, &again));
    assert_int_equal(file.len, again.len);
    assert_true(memcmp(file.data, again.data, file.len) != 0);
    OK(rsm_sealed_file_open(ring, "libresume client file", file.data, file.len, NOW, &content));
    assert_true(holds(content.data, content.len, (const char *)client->salt.bytes) ||
                memcmp(content.data, client->salt.bytes, RSM_CLIENT_SALT) == 0);
    static const char *const secrets[] = {"secret.example", "label-secret"};
    for (size_t i = 0; i < 2; i++) {
        assert_false(holds(file.data, file.len, secrets[i]));
        assert_false(holds(content.data, content.len, secrets[i]));
    }
    rsm_buffer_free(&file);
    rsm_buffer_free(&again);
    rsm_buffer_free(&content);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

/* The answer to these bytes; whatever it is but RESUME_OK, the client is as it was. */
static resume_status load_bytes(const uint8_t *data, size_t len) {
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("kept.example");
    put_ticket(client, peer, 77, TLS12);
    resume_status status = rsm_client_from_bytes(client, data, len, ring, NOW);
    if (status != RESUME_OK) {
        assert_int_equal(resume_client_count(client), 1);
        expect_taken(client, peer, 77, NOW);
    }
    resume_peer_unref(peer);
    resume_client_unref(client);
    return status;
}

static void a_damaged_file_changes_nothing(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_peer *peer = peer_named("a.example");
    struct rsm_buffer file = {0};
    put_ticket(client, peer, 1, TLS12);
    OK(rsm_client_to_bytes(client, ring, NOW, &file));
    OK(load_bytes(file.data, file.len));
    for (size_t i = 0; i < file.len; i++) {
        resume_status cut = load_bytes(file.data, i);
        assert_true(cut == RESUME_MALFORMED || cut == RESUME_FORGED);
        file.data[i] ^= 0x40;
        assert_true(load_bytes(file.data, file.len) > 0);
        file.data[i] ^= 0x40;
    }
    rsm_buffer_free(&file);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

/* A content well sealed. */
static resume_status load_content(const struct rsm_buffer *content) {
    struct rsm_buffer file = {0};
    OK(rsm_sealed_file_seal(ring, "libresume client file", content->data, content->len, NOW,
                            &file));
    resume_status status = load_bytes(file.data, file.len);
    rsm_buffer_free(&file);
    return status;
}

static void content_that_is_none_is_refused_though_well_sealed(void **state) { /* I-157 */
    (void)state;
    static const uint8_t bytes[32] = {1};
    resume_session *session = session_like((struct shape){.seed = 1});
    const uint8_t *native = NULL;
    size_t native_len = 0;
    OK(resume_session_to_native(session, &native, &native_len));
    struct rsm_client_record record = {.key = bytes,
                                       .received_ms = NOW,
                                       .expires_ms = NOW + HOUR,
                                       .session = native,
                                       .session_len = (uint16_t)native_len};
    struct rsm_buffer content = {0};
    rsm_buffer_u8(&content, 1);
    assert_int_equal(load_content(&content), RESUME_MALFORMED);
    rsm_buffer_free(&content);
    rsm_client_content_begin(&content, bytes, 2);
    rsm_client_content_put(&content, &record);
    assert_int_equal(load_content(&content), RESUME_MALFORMED); /* one is missing */
    rsm_client_content_put(&content, &record);
    assert_int_equal(load_content(&content), RESUME_OK);
    rsm_buffer_u8(&content, 0);
    assert_int_equal(load_content(&content), RESUME_MALFORMED);
    rsm_buffer_free(&content);
    record.session_len--; /* a session that is none */
    rsm_client_content_begin(&content, bytes, 1);
    rsm_client_content_put(&content, &record);
    assert_int_equal(load_content(&content), RESUME_MALFORMED);
    rsm_buffer_free(&content);
    record.session_len = 0;
    rsm_client_content_begin(&content, bytes, 1);
    rsm_client_content_put(&content, &record);
    assert_int_equal(load_content(&content), RESUME_MALFORMED);
    rsm_buffer_free(&content);
    resume_session_unref(session);
}

static void the_file_itself_has_its_answers(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_keyring *other = ring_of_one(2, 80);
    resume_keyring *empty = empty_ring();
    resume_peer *peer = peer_named("a.example");
    put_ticket(client, peer, 1, TLS12);
    unlink(path);
    assert_int_equal(resume_client_load(client, path, ring, NOW), RESUME_MISS);
    assert_int_equal(resume_client_save(client, path, empty, NOW), RESUME_NO_KEY);
    assert_int_equal(access(path, F_OK), -1);
    OK(resume_client_save(client, path, ring, NOW));
    assert_int_equal(resume_client_load(client, path, other, NOW), RESUME_NO_KEY);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(resume_client_load(client, path, ring, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_load(client, directory, ring, NOW), RESUME_E_INVALID);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(resume_client_load(client, path, ring, NOW), RESUME_MALFORMED);
    assert_int_equal(truncate(path, (off_t)RESUME_CLIENT_BYTES_MAX + 1), 0); /* sparse */
    assert_int_equal(resume_client_load(client, path, ring, NOW), RESUME_TOO_LARGE);
    unlink(path);
    assert_int_equal(resume_client_save(client, "/dev/null/x", ring, NOW), RESUME_E_IO);
    assert_int_equal(resume_client_save(client, "", ring, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_save(client, NULL, ring, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_save(client, path, NULL, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_load(NULL, path, ring, NOW), RESUME_E_INVALID);
    assert_int_equal(resume_client_load(client, "", ring, NOW), RESUME_E_INVALID);
    expect_taken(client, peer, 1, NOW);
    resume_keyring_unref(other);
    resume_keyring_unref(empty);
    resume_peer_unref(peer);
    resume_client_unref(client);
}

static void what_was_taken_before_a_load_does_not_come_back(void **state) {
    (void)state;
    resume_client *client = client_plain();
    resume_client *other = client_plain();
    resume_peer *peer = peer_named("a.example");
    resume_saved *saved = NULL;
    put_ticket(client, peer, 1, TLS13);
    put_ticket(other, peer, 2, TLS13);
    OK(resume_client_take(client, peer, NOW, &saved));
    OK(resume_client_save(other, path, ring, NOW));
    OK(resume_client_load(client, path, ring, NOW));
    assert_int_equal(resume_client_return(client, peer, saved, NOW), RESUME_MISS);
    expect_taken(client, peer, 2, NOW);
    expect_nothing(client, peer, NOW);
    resume_saved_unref(saved);
    resume_peer_unref(peer);
    resume_client_unref(client);
    resume_client_unref(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(I_116_the_expired_stay_behind_and_this_policy_rules),
        cmocka_unit_test(limits_hold_for_what_is_loaded),
        cmocka_unit_test(I_115_long_tickets_and_many_of_them_fit),
        cmocka_unit_test(an_empty_client_is_a_file_too),
        cmocka_unit_test(I_119_even_the_opened_file_names_no_host),
        cmocka_unit_test(a_damaged_file_changes_nothing),
        cmocka_unit_test(content_that_is_none_is_refused_though_well_sealed),
        cmocka_unit_test(the_file_itself_has_its_answers),
        cmocka_unit_test(what_was_taken_before_a_load_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
