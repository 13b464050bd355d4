/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the adapter issues: lifetimes, keys that rotate, the time of authentication over renewals,
 * and the application's own data. Time is moved by sealing sessions that were made earlier.
 */
#include "tls.h"

#include <string.h>
#include <time.h>

#define HOUR 3600
#define DAY  (24 * HOUR)

static uint64_t now_ms(void) {
    return (uint64_t)time(NULL) * 1000;
}

/* What the client's ticket holds. */
static resume_session *opened(resume_keyring *keyring, SSL_SESSION *session) {
    resume_codec *codec = NULL;
    resume_session *inside = NULL;
    const unsigned char *ticket = NULL;
    size_t len = 0;
    SSL_SESSION_get0_ticket(session, &ticket, &len);
    OK(resume_codec_new(keyring, NULL, &codec));
    resume_status status = resume_codec_open(codec, ticket, len, now_ms(), &inside);
    assert_true(status == RESUME_OK || status == RESUME_RENEW);
    resume_codec_unref(codec);
    return inside;
}

/* The session as if it had been made so many seconds ago, after a full handshake that lies further
 * back. */
static SSL_SESSION *aged(resume_keyring *keyring, SSL_SESSION *session, uint64_t created,
                         uint64_t authenticated) {
    static uint8_t ticket[70000];
    resume_session *inside = opened(keyring, session);
    resume_session_options *options = NULL;
    resume_session *old = NULL;
    resume_codec *codec = NULL;
    size_t len = 0;
    OK(resume_session_options_new(&options));
    OK(resume_session_options_set_from(options, inside));
    OK(resume_session_options_set_created(options, now_ms() - created * 1000));
    OK(resume_session_options_set_authenticated(options, now_ms() - authenticated * 1000));
    OK(resume_session_new(options, &old));
    OK(resume_codec_new(keyring, NULL, &codec));
    OK(resume_codec_seal(codec, old, now_ms(), ticket, sizeof ticket, &len));
    resume_codec_unref(codec);
    resume_session_unref(inside);
    resume_session_unref(old);
    resume_session_options_unref(options);
    return session_with_ticket(session, ticket, len);
}

static void age(resume_keyring *keyring, SSL_SESSION **session, uint64_t created,
                uint64_t authenticated) {
    SSL_SESSION *old = aged(keyring, *session, created, authenticated);
    SSL_SESSION_free(*session);
    *session = old;
}

static const struct way *ticket_ways[] = {&ways[TICKET12], &ways[TICKET13]};

static void expired_is_a_full_handshake(void **state) { /* I-17, I-73 */
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct way *way = ticket_ways[i];
        const struct wish wish = {.keyring = keyring_new()};
        SSL_CTX *server = attached_ctx(way, &wish);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        age(wish.keyring, &session, 8 * DAY, 8 * DAY);
        assert_false(resumes(server, client, "a.example", session));
        assert_int_equal(counted(server, way, RESUME_REASON_EXPIRED), 1);
        SSL_SESSION_free(session);
        resume_keyring_unref(wish.keyring);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void I_36_renewals_keep_the_time_of_authentication(void **state) { /* I-36 */
    (void)state;
    const struct way *way = &ways[TICKET13];
    const struct wish wish = {.keyring = keyring_new()};
    SSL_CTX *server = attached_ctx(way, &wish);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    age(wish.keyring, &session, HOUR, 2 * DAY);
    uint64_t authenticated = now_ms() - 2 * DAY * UINT64_C(1000);
    for (int i = 0; i < 3; i++) {
        assert_true(resumes_on(server, client, "a.example", &session));
        resume_session *inside = opened(wish.keyring, session);
        assert_in_range(resume_session_authenticated(inside), authenticated - 5000,
                        authenticated + 5000);
        assert_in_range(resume_session_created(inside), now_ms() - 5000, now_ms() + 1000);
        resume_session_unref(inside);
    }
    age(wish.keyring, &session, HOUR, 7 * DAY + 1);
    assert_false(resumes(server, client, "a.example", session));
    assert_int_equal(counted(server, way, RESUME_REASON_AUTHENTICATION_EXPIRED), 1);
    SSL_SESSION_free(session);
    resume_keyring_unref(wish.keyring);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void
I_35_36_a_renewed_tls12_ticket_ends_when_the_old_one_did(void **state) { /* I-35, I-36 */
    (void)state;
    const struct way *way = &ways[TICKET12];
    const struct wish wish = {.keyring = keyring_new()};
    SSL_CTX *server = attached_ctx(way, &wish);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    age(wish.keyring, &session, 2 * HOUR, 3 * HOUR);
    resume_session *before = opened(wish.keyring, session);
    OK(resume_keyring_rotate(wish.keyring, now_ms()));
    assert_true(resumes_on(server, client, "a.example", &session));
    assert_int_equal(counted(server, way, RESUME_REASON_ISSUED), 2);
    resume_session *after = opened(wish.keyring, session);
    assert_true(resume_session_expires(after) <= resume_session_expires(before));
    assert_int_equal(resume_session_created(after), resume_session_created(before));
    assert_in_range(resume_session_authenticated(after),
                    resume_session_authenticated(before) - 1000,
                    resume_session_authenticated(before));
    resume_session_unref(before);
    resume_session_unref(after);
    SSL_SESSION_free(session);
    resume_keyring_unref(wish.keyring);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void I_35_keys_rotate_under_a_live_context(void **state) { /* I-35, I-64 */
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct way *way = ticket_ways[i];
        const struct wish wish = {.keyring = keyring_new()};
        SSL_CTX *server = attached_ctx(way, &wish);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        for (int turn = 0; turn < 3; turn++) {
            resume_key *key = NULL;
            const unsigned char *ticket = NULL;
            size_t len = 0;
            OK(resume_keyring_rotate(wish.keyring, now_ms()));
            assert_true(resumes_on(server, client, "a.example", &session));
            OK(resume_keyring_sealing_key(wish.keyring, now_ms(), &key));
            SSL_SESSION_get0_ticket(session, &ticket, &len);
            assert_memory_equal(ticket, resume_key_name(key), 16); /* renewed */
            resume_key_unref(key);
        }
        SSL_SESSION_free(session);
        resume_keyring_unref(wish.keyring);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void I_35_renewal_point_of_the_policy(void **state) { /* I-35 */
    (void)state;
    const struct way *way = &ways[TICKET12];
    resume_policy *policy = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_renew_after(policy, 50));
    const struct wish wish = {.keyring = keyring_new(), .policy = policy};
    SSL_CTX *server = attached_ctx(way, &wish);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    age(wish.keyring, &session, 10 * HOUR, 10 * HOUR);
    assert_true(resumes_on(server, client, "a.example", &session));
    assert_int_equal(counted(server, way, RESUME_REASON_ISSUED), 1);
    age(wish.keyring, &session, 13 * HOUR, 13 * HOUR);
    assert_true(resumes_on(server, client, "a.example", &session));
    assert_int_equal(counted(server, way, RESUME_REASON_ISSUED), 2);
    SSL_SESSION_free(session);
    resume_keyring_unref(wish.keyring);
    resume_policy_unref(policy);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static unsigned long hint_of(const struct way *way, const struct wish *wish) {
    SSL_CTX *server = attached_ctx(way, wish);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return hint;
}

static resume_keyring *ring_until(uint64_t seconds) {
    static const char material[] =
        "\x8f\x31\xe0\x57\xc2\x19\x4b\xd6\x7a\x05\x93\xee\x28\xb1\x6c\xf4"
        "\x13\x99\x42\xda\x70\x0e\xc5\x8b\x36\xf1\x5d\xa8\x04\x67\xbe\x2f"
        "\xe9\x50\x1a\xc7\x84\x3d\xf6\x0b\x92\x68\xdf\x21\x7c\xb5\x4e\x13"
        "\x06\xcb\x9f\x74\x38\xe1\x5a\x83\xd0\x2d\xf7\x46\xbc\x19\x65\xaa"
        "\x5b\xe4\x0f\x97\x23\xcd\x78\x81\x3e\xf0\x14\xa9\x62\xdb\x0c\x55";
    uint8_t key[80];
    memcpy(key, material, sizeof key);
    resume_keyring *ring = NULL;
    uint64_t now = now_ms();
    OK(resume_keyring_new(NULL, &ring));
    OK(resume_keyring_add(ring, key, 16, key + 16, 32, key + 48, 32, now - 1000,
                          now + seconds * 500, now + seconds * 1000, now));
    return ring;
}

static void I_43_44_45_the_client_is_told_what_holds(void **state) { /* I-43, I-44, I-45 */
    (void)state;
    const struct way *tls12 = &ways[TICKET12];
    const struct way *tls13 = &ways[TICKET13];
    assert_in_range(hint_of(tls12, NULL), DAY - 5, DAY);
    /* The key of a random: ring opens for 36 hours in all. */
    assert_in_range(hint_of(tls13, NULL), 30 * HOUR, 36 * HOUR);
    resume_keyring *ring = ring_until(1000);
    assert_in_range(hint_of(tls12, &(struct wish){.keyring = ring}), 990, 1000);
    assert_in_range(hint_of(tls13, &(struct wish){.keyring = ring}), 990, 1000);
    resume_policy *policy = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_lifetime(policy, TLS1_2_VERSION, 300));
    OK(resume_policy_set_lifetime(policy, TLS1_3_VERSION, 400));
    const struct wish wish = {.keyring = ring, .policy = policy};
    assert_int_equal(hint_of(tls12, &wish), 300);
    assert_int_equal(hint_of(tls13, &wish), 400);
    assert_int_equal(hint_of(&ways[STORED13], &wish), 400);
    OK(resume_policy_set_authentication_lifetime(policy, TLS1_2_VERSION, 200));
    OK(resume_policy_set_authentication_lifetime(policy, TLS1_3_VERSION, 100));
    assert_int_equal(hint_of(tls12, &wish), 200);
    assert_int_equal(hint_of(tls13, &wish), 100);
    resume_policy_unref(policy);
    resume_keyring_unref(ring);
}

/* A ticket of 1.2 weakens forward secrecy; those of 1.3 do not. */
static void I_46_forward_secrecy_forbids_tls12_tickets(void **state) { /* I-46 */
    (void)state;
    resume_policy *policy = NULL;
    OK(resume_policy_new(&policy));
    OK(resume_policy_set_forward_secrecy(policy, true));
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, &(struct wish){.policy = policy});
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        assert_true(!session == (way == &ways[TICKET12]));
        assert_true(!session || resumes(server, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
    resume_policy_unref(policy);
}

static void I_31_33_without_keys_nothing_is_issued(void **state) { /* I-21, I-31, I-33 */
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct way *way = ticket_ways[i];
        const struct wish wish = {.keyring = keyring_new()};
        resume_keyring *empty = NULL;
        OK(resume_keyring_new(NULL, &empty));
        SSL_CTX *server = attached_ctx(way, &(struct wish){.keyring = empty});
        SSL_CTX *elsewhere = attached_ctx(way, &wish);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        assert_null(session);
        session = session_from(elsewhere, client, "a.example");
        assert_false(resumes(server, client, "a.example", session));
        assert_int_equal(counted(server, way, RESUME_REASON_UNKNOWN_KEY), 1);
        assert_true(counted(server, way, RESUME_REASON_NOT_ISSUED_NO_KEY) >= 2);
        assert_int_equal(counted(server, way, RESUME_REASON_ISSUED), 0);
        SSL_SESSION_free(session);
        resume_keyring_unref(empty);
        resume_keyring_unref(wish.keyring);
        SSL_CTX_free(server);
        SSL_CTX_free(elsewhere);
        SSL_CTX_free(client);
    }
}

/* The application's data: set in its certificate callback on a full handshake. */
static const uint8_t *appdata;
static size_t appdata_len;

static int set_appdata(SSL *ssl, void *arg) {
    (void)arg;
    return SSL_session_reused(ssl) ||
           SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), appdata, appdata_len);
}

static void check_appdata(SSL *ssl) {
    void *data = NULL;
    size_t len = 0;
    assert_int_equal(SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &data, &len), 1);
    assert_int_equal(len, appdata_len);
    if (len) {
        assert_memory_equal(data, appdata, len);
    }
}

static void try_appdata(const struct way *way) {
    SSL_CTX *server = attached_ctx(way, NULL);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = NULL;
    SSL_CTX_set_cert_cb(server, set_appdata, NULL);
    for (int i = 0; i < 4; i++) {
        struct visit visit = visit_begin(server, client, "a.example", session);
        visit_run(&visit);
        assert_true(visit.ok && visit.reused == (i > 0));
        check_appdata(visit.server);
        SSL_SESSION *next = visit_session(&visit);
        visit_end(&visit);
        if (next) {
            SSL_SESSION_free(session);
            session = next;
        }
    }
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void I_14_the_application_finds_its_own_data(void **state) { /* I-14, I-159 */
    (void)state;
    static uint8_t large[4000];
    memset(large, 0xA5, sizeof large);
    static const struct {
        const void *data;
        size_t len;
    } cases[] = {
        {"", 0},
        {"user=alice", 10},
        {"\0\1\0", 3},
        {large, sizeof large},
        {"rsm\1", 4},                               /* looks like the start of a container */
        {"rsm\1\0\0\0\1x", 9},                      /* is one */
        {"rsm\1\xff\xff\0\10\0\0\0\0\0\0\0\1", 16}, /* is one with a time */
        {"rsm\1\0\0\0\11x", 9},                     /* is cut short */
    };
    FOR_EACH_WAY(way) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            appdata = cases[i].data;
            appdata_len = cases[i].len;
            try_appdata(way);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expired_is_a_full_handshake),
        cmocka_unit_test(I_36_renewals_keep_the_time_of_authentication),
        cmocka_unit_test(I_35_36_a_renewed_tls12_ticket_ends_when_the_old_one_did),
        cmocka_unit_test(I_35_keys_rotate_under_a_live_context),
        cmocka_unit_test(I_35_renewal_point_of_the_policy),
        cmocka_unit_test(I_43_44_45_the_client_is_told_what_holds),
        cmocka_unit_test(I_46_forward_secrecy_forbids_tls12_tickets),
        cmocka_unit_test(I_31_33_without_keys_nothing_is_issued),
        cmocka_unit_test(I_14_the_application_finds_its_own_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
