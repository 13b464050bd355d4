/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's main job by all four ways: resumption and its counts, contexts and processes that
 * share, server names, cipher suites, damaged tickets, and SSLs that are used again.
 */
#include "tls.h"

#include <string.h>

static void I_01_02_sessions_resume_again_and_again(void **state) { /* I-01, I-02, I-139 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        for (int i = 0; i < 10; i++) {
            assert_true(resumes_on(server, client, "a.example", &session));
        }
        /* TLS 1.3 renews what is self-contained; a handle of a stored session is new each time. */
        bool tls13 = way->version == TLS1_3_VERSION;
        assert_int_equal(counted(server, way, RESUME_REASON_RESUMED), tls13 ? 0 : 10);
        assert_int_equal(counted(server, way, RESUME_REASON_RENEWED), tls13 ? 10 : 0);
        /* Two tickets after a full handshake in TLS 1.3, one after each resumption. */
        assert_int_equal(counted(server, way, RESUME_REASON_ISSUED), tls13 ? 12 : 1);
        assert_int_equal(resume_server_counter(resume_openssl_server(server), RESUME_PATH_NONE,
                                               RESUME_REASON_NOT_OFFERED),
                         1);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void I_02_a_session_serves_more_than_once(void **state) { /* I-02 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        for (int i = 0; i < 3; i++) {
            assert_true(resumes(server, client, "a.example", session));
        }
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void single_use_is_single(void **state) { /* I-147 */
    (void)state;
    FOR_EACH_WAY(way) {
        resume_policy *policy = NULL;
        OK(resume_policy_new(&policy));
        OK(resume_policy_set_single_use(policy, true));
        SSL_CTX *server = attached_ctx(way, &(struct wish){.policy = policy});
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        bool ticket = way->mode == RESUME_MODE_TICKETS;
        assert_true(resumes(server, client, "a.example", session));
        assert_true(resumes(server, client, "a.example", session) == ticket);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        resume_policy_unref(policy);
    }
}

static void contexts_share_a_server(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        resume_server *shared = server_for(way, NULL);
        SSL_CTX *first = server_ctx(way);
        SSL_CTX *second = server_ctx(way);
        SSL_CTX *client = client_ctx(way);
        OK(resume_openssl_attach(first, shared, NULL));
        OK(resume_openssl_attach(second, shared, NULL));
        SSL_SESSION *session = session_from(first, client, "a.example");
        assert_true(resumes_on(second, client, "a.example", &session));
        assert_true(resumes_on(first, client, "a.example", &session));
        SSL_SESSION_free(session);
        resume_server_unref(shared);
        SSL_CTX_free(first);
        SSL_CTX_free(second);
        SSL_CTX_free(client);
    }
}

/* As two processes with one key file, or one store, would. */
static void servers_share_a_keyring_or_store(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        const struct wish wish = {.keyring = keyring_new(), .store = store_new()};
        SSL_CTX *first = attached_ctx(way, &wish);
        SSL_CTX *second = attached_ctx(way, &wish);
        SSL_CTX *stranger = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(first, client, "a.example");
        assert_true(resumes_on(second, client, "a.example", &session));
        assert_false(resumes(stranger, client, "a.example", session)); /* I-16 */
        assert_int_equal(counted(stranger, way,
                                 way->mode == RESUME_MODE_TICKETS ? RESUME_REASON_UNKNOWN_KEY
                                                                  : RESUME_REASON_NOT_IN_STORE),
                         1);
        SSL_SESSION_free(session);
        resume_keyring_unref(wish.keyring);
        resume_store_unref(wish.store);
        SSL_CTX_free(first);
        SSL_CTX_free(second);
        SSL_CTX_free(stranger);
        SSL_CTX_free(client);
    }
}

static void names_are_apart(void **state) { /* I-23, I-120, I-121, I-122 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *named = session_from(server, client, "a.example");
        SSL_SESSION *nameless = session_from(server, client, NULL);
        assert_false(resumes(server, client, "b.example", named));
        assert_false(resumes(server, client, NULL, named));
        assert_false(resumes(server, client, "a.example", nameless));
        assert_int_equal(counted(server, way, RESUME_REASON_CONTEXT_MISMATCH), 3);
        assert_true(resumes(server, client, "A.Example", named)); /* names have no case */
        assert_true(resumes(server, client, NULL, nameless));
        SSL_SESSION_free(named);
        SSL_SESSION_free(nameless);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

/* Of the lengths around that up to which a thread remembers a name's context. */
static void long_names_are_apart(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        for (size_t len = 60; len <= 63; len++) {
            char name[64] = {0};
            char other[64] = {0};
            memset(name, 'a', len);
            name[30] = '.'; /* labels are short */
            memcpy(other, name, len);
            other[len - 1] = 'b';
            SSL_SESSION *session = session_from(server, client, name);
            assert_false(resumes(server, client, other, session));
            assert_true(resumes(server, client, name, session));
            SSL_SESSION_free(session);
        }
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

/* With a context of its own choice the policy isolates by the name in the session. */
static void names_are_apart_under_an_imposed_context(void **state) { /* I-120, I-121 */
    (void)state;
    FOR_EACH_WAY(way) {
        resume_policy *policy = NULL;
        OK(resume_policy_new(&policy));
        OK(resume_policy_set_issue_context(policy, (const uint8_t *)"fleet", 5));
        SSL_CTX *server = attached_ctx(way, &(struct wish){.policy = policy});
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *named = session_from(server, client, "a.example");
        SSL_SESSION *nameless = session_from(server, client, NULL);
        assert_true(resumes(server, client, "a.example", named));
        assert_true(resumes(server, client, NULL, nameless));
        assert_false(resumes(server, client, "b.example", named));
        assert_false(resumes(server, client, NULL, named));
        assert_false(resumes(server, client, "a.example", nameless));
        assert_int_equal(counted(server, way, RESUME_REASON_SERVER_NAME_MISMATCH), 3);
        SSL_SESSION_free(named);
        SSL_SESSION_free(nameless);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        resume_policy_unref(policy);
    }
}

static void names_are_shared_if_asked(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        resume_policy *policy = NULL;
        OK(resume_policy_new(&policy));
        OK(resume_policy_set_isolate_server_name(policy, false));
        SSL_CTX *server = attached_ctx(way, &(struct wish){.policy = policy});
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        struct visit visit = visit_begin(server, client, "b.example", session);
        visit_run(&visit);
        assert_true(visit.ok && visit.reused);
        /* The name is the hello's, not the one in the session. */
        assert_string_equal(SSL_get_servername(visit.server, TLSEXT_NAMETYPE_host_name),
                            "b.example");
        visit_end(&visit);
        assert_true(resumes(server, client, NULL, session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        resume_policy_unref(policy);
    }
}

static void a_foreign_context_is_accepted_if_asked(void **state) { /* I-126 */
    (void)state;
    FOR_EACH_WAY(way) {
        resume_policy *theirs = NULL;
        resume_policy *ours = NULL;
        OK(resume_policy_new(&theirs));
        OK(resume_policy_new(&ours));
        OK(resume_policy_set_issue_context(theirs, (const uint8_t *)"theirs", 6));
        const struct wish foreign = {keyring_new(), store_new(), theirs};
        const struct wish strict = {foreign.keyring, foreign.store, NULL};
        struct wish open = {foreign.keyring, foreign.store, ours};
        SSL_CTX *their_ctx = attached_ctx(way, &foreign);
        SSL_CTX *strict_ctx = attached_ctx(way, &strict);
        OK(resume_policy_accept_context(ours, (const uint8_t *)"theirs", 6));
        SSL_CTX *open_ctx = attached_ctx(way, &open);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(their_ctx, client, "a.example");
        assert_false(resumes(strict_ctx, client, "a.example", session));
        assert_int_equal(counted(strict_ctx, way, RESUME_REASON_CONTEXT_MISMATCH), 1);
        assert_true(resumes_on(open_ctx, client, "a.example", &session));
        assert_true(resumes_on(open_ctx, client, "a.example", &session));
        SSL_SESSION_free(session);
        resume_keyring_unref(foreign.keyring);
        resume_store_unref(foreign.store);
        resume_policy_unref(theirs);
        resume_policy_unref(ours);
        SSL_CTX_free(their_ctx);
        SSL_CTX_free(strict_ctx);
        SSL_CTX_free(open_ctx);
        SSL_CTX_free(client);
    }
}

static void restrict_suites(SSL_CTX *ctx, const struct way *way, const char *tls12,
                            const char *tls13) {
    assert_int_equal(way->version == TLS1_2_VERSION ? SSL_CTX_set_cipher_list(ctx, tls12)
                                                    : SSL_CTX_set_ciphersuites(ctx, tls13),
                     1);
}

static void I_04_06_a_suite_not_offered_is_a_full_handshake(void **state) { /* I-04, I-06 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_CTX *other = client_ctx(way);
        restrict_suites(client, way, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256");
        restrict_suites(other, way, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384");
        SSL_SESSION *session = session_from(server, client, "a.example");
        assert_false(resumes(server, other, "a.example", session));
        assert_int_equal(counted(server, way, RESUME_REASON_CIPHER_SUITE_NOT_OFFERED), 1);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        SSL_CTX_free(other);
    }
}

static void I_04_a_suite_no_longer_enabled_is_a_full_handshake(void **state) { /* I-04 */
    (void)state;
    FOR_EACH_WAY(way) {
        const struct wish wish = {.keyring = keyring_new(), .store = store_new()};
        SSL_CTX *before = attached_ctx(way, &wish);
        SSL_CTX *after = attached_ctx(way, &wish);
        SSL_CTX *client = client_ctx(way);
        restrict_suites(before, way, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256");
        restrict_suites(after, way, "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384");
        SSL_SESSION *session = session_from(before, client, "a.example");
        assert_false(resumes(after, client, "a.example", session));
        assert_int_equal(counted(after, way, RESUME_REASON_CIPHER_SUITE_NOT_OFFERED), 1);
        SSL_SESSION_free(session);
        resume_keyring_unref(wish.keyring);
        resume_store_unref(wish.store);
        SSL_CTX_free(before);
        SSL_CTX_free(after);
        SSL_CTX_free(client);
    }
}

static void I_03_another_version_is_a_full_handshake(void **state) { /* I-03, I-19 */
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct way *tls12 = &ways[i ? ID12 : TICKET12];
        const struct way *tls13 = &ways[i ? STORED13 : TICKET13];
        const struct wish wish = {.keyring = keyring_new(), .store = store_new()};
        SSL_CTX *old = attached_ctx(tls12, &wish);
        SSL_CTX *new = attached_ctx(tls13, &wish);
        SSL_CTX *client = client_ctx(tls13);
        assert_true(SSL_CTX_set_min_proto_version(client, TLS1_2_VERSION));
        SSL_SESSION *from_old = session_from(old, client, "a.example");
        SSL_SESSION *from_new = session_from(new, client, "a.example");
        assert_false(resumes(new, client, "a.example", from_old));
        assert_false(resumes(old, client, "a.example", from_new));
        SSL_SESSION_free(from_old);
        SSL_SESSION_free(from_new);
        resume_keyring_unref(wish.keyring);
        resume_store_unref(wish.store);
        SSL_CTX_free(old);
        SSL_CTX_free(new);
        SSL_CTX_free(client);
    }
}

static void I_09_resumption_survives_a_retry(void **state) { /* I-09 */
    (void)state;
    for (int i = TICKET13; i <= STORED13; i++) {
        const struct way *way = &ways[i];
        resume_policy *policy = NULL;
        OK(resume_policy_new(&policy));
        OK(resume_policy_set_single_use(policy, true));
        SSL_CTX *server = attached_ctx(way, &(struct wish){.policy = policy});
        SSL_CTX *client = client_ctx(way);
        char servers[] = "P-384";
        char clients[] = "X25519:P-384"; /* its key share is for a group that is not wanted */
        assert_int_equal(SSL_CTX_set1_groups_list(server, servers), 1);
        assert_int_equal(SSL_CTX_set1_groups_list(client, clients), 1);
        SSL_SESSION *session = session_from(server, client, "a.example");
        assert_true(resumes_on(server, client, "a.example", &session));
        assert_true(resumes_on(server, client, "a.example", &session));
        /* Two hellos a handshake, one outcome. */
        assert_int_equal(counted(server, way, RESUME_REASON_RENEWED), 2);
        assert_int_equal(counted(server, way, RESUME_REASON_NOT_IN_STORE), 0);
        assert_int_equal(resume_server_counter(resume_openssl_server(server), RESUME_PATH_NONE,
                                               RESUME_REASON_NOT_OFFERED),
                         1);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
        resume_policy_unref(policy);
    }
}

static void damaged_tickets_are_full_handshakes(void **state) { /* I-16, I-17, I-18, I-154 */
    (void)state;
    for (int i = 0; i < WAYS; i++) {
        const struct way *way = &ways[i];
        if (way->mode != RESUME_MODE_TICKETS) {
            continue;
        }
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        const unsigned char *ticket = NULL;
        size_t len = 0;
        SSL_SESSION_get0_ticket(session, &ticket, &len);
        uint8_t *bad = malloc(len + 1);
        for (size_t at = 0; at < len; at += 7) { /* a bit in every part of the frame */
            memcpy(bad, ticket, len);
            bad[at] ^= 0x10;
            SSL_SESSION *offered = session_with_ticket(session, bad, len);
            assert_false(resumes(server, client, "a.example", offered));
            SSL_SESSION_free(offered);
        }
        for (size_t cut = 1; cut < len; cut += 11) {
            SSL_SESSION *offered = session_with_ticket(session, ticket, cut);
            assert_false(resumes(server, client, "a.example", offered));
            SSL_SESSION_free(offered);
        }
        memcpy(bad, ticket, len);
        bad[len] = 0;
        SSL_SESSION *longer = session_with_ticket(session, bad, len + 1);
        assert_false(resumes(server, client, "a.example", longer));
        assert_true(counted(server, way, RESUME_REASON_FORGED) > 10);
        assert_true(counted(server, way, RESUME_REASON_UNKNOWN_KEY) >= 3);
        assert_true(counted(server, way, RESUME_REASON_MALFORMED) >= 1);
        assert_true(resumes(server, client, "a.example", session));
        free(bad);
        SSL_SESSION_free(longer);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void a_cleared_ssl_serves_again(void **state) { /* I-166 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = session_from(server, client, "a.example");
        struct visit visit = visit_begin(server, client, "a.example", session);
        for (int i = 0; i < 3; i++) {
            visit_run(&visit);
            assert_true(visit.ok && visit.reused);
            SSL_SESSION *next = visit_session(&visit);
            SSL_shutdown(visit.client);
            SSL_shutdown(visit.server);
            assert_int_equal(SSL_clear(visit.server), 1);
            assert_int_equal(SSL_clear(visit.client), 1);
            BIO_reset(SSL_get_rbio(visit.server));
            BIO_reset(SSL_get_rbio(visit.client));
            assert_int_equal(SSL_set_session(visit.client, next), 1);
            SSL_SESSION_free(next);
        }
        visit_end(&visit);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

static void a_duplicated_ssl_has_a_link_of_its_own(void **state) { /* I-173 */
    (void)state;
    const struct way *way = &ways[TICKET13];
    SSL_CTX *server = attached_ctx(way, NULL);
    SSL_CTX *client = client_ctx(way);
    struct visit visit = visit_begin(server, client, "a.example", NULL);
    visit_run(&visit);
    assert_true(visit.ok);
    SSL_shutdown(visit.server);
    SSL_clear(visit.server);
    SSL *copy = SSL_dup(visit.server);
    assert_non_null(copy);
    SSL_free(copy);
    visit_end(&visit);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

/* Both ends learn of it while they wait for data. */
static void run_again(struct visit *visit) {
    char byte;
    for (int i = 0; i < 6; i++) {
        SSL_do_handshake(visit->client);
        SSL_read(visit->server, &byte, 1);
        SSL_read(visit->client, &byte, 1);
    }
    assert_true(SSL_is_init_finished(visit->client) && SSL_is_init_finished(visit->server));
    visit->reused = SSL_session_reused(visit->server);
}

static void I_48_renegotiation_keeps_the_rules(void **state) { /* I-48 */
    (void)state;
    const struct way *way = &ways[TICKET12];
    SSL_CTX *server = attached_ctx(way, NULL);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    SSL_CTX_set_options(server, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    struct visit visit = visit_begin(server, client, "a.example", session);
    visit_run(&visit);
    assert_true(visit.ok && visit.reused);
    assert_int_equal(SSL_renegotiate_abbreviated(visit.client), 1);
    run_again(&visit);
    assert_true(visit.reused);
    assert_int_equal(SSL_renegotiate(visit.client), 1);
    run_again(&visit);
    assert_false(visit.reused);
    visit_talk(&visit);
    visit_end(&visit);
    assert_int_equal(counted(server, way, RESUME_REASON_RESUMED), 2);
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

/* Of all outcomes that are counted when a client looks for a session. */
static uint64_t all_counted(SSL_CTX *ctx) {
    uint64_t sum = 0;
    for (int32_t path = 0; path < RESUME_PATH_COUNT; path++) {
        for (resume_reason reason = 0; reason < RESUME_REASON_ISSUED; reason++) {
            sum += resume_server_counter(resume_openssl_server(ctx), path, reason);
        }
    }
    return sum;
}

/* A client that also speaks TLS 1.3 sends a session ID of random bytes; at a server that does not,
 * it is looked up as any other. */
static void each_handshake_counts_once(void **state) {
    (void)state;
    for (int way = TICKET12; way <= ID12; way++) {
        SSL_CTX *server = attached_ctx(&ways[way], NULL);
        SSL_CTX *client = client_ctx(&ways[way]);
        assert_int_equal(SSL_CTX_set_max_proto_version(client, 0), 1);
        SSL_SESSION *session = session_from(server, client, "a.example");
        assert_int_equal(all_counted(server), 1);
        assert_true(resumes(server, client, "a.example", session));
        assert_int_equal(all_counted(server), 2);
        assert_int_equal(counted(server, &ways[way], RESUME_REASON_RESUMED), 1);
        SSL_SESSION_free(session);
        SSL_CTX_free(client);
        SSL_CTX_free(server);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_handshake_counts_once),
        cmocka_unit_test(I_01_02_sessions_resume_again_and_again),
        cmocka_unit_test(I_02_a_session_serves_more_than_once),
        cmocka_unit_test(single_use_is_single),
        cmocka_unit_test(contexts_share_a_server),
        cmocka_unit_test(servers_share_a_keyring_or_store),
        cmocka_unit_test(names_are_apart),
        cmocka_unit_test(long_names_are_apart),
        cmocka_unit_test(names_are_apart_under_an_imposed_context),
        cmocka_unit_test(names_are_shared_if_asked),
        cmocka_unit_test(a_foreign_context_is_accepted_if_asked),
        cmocka_unit_test(I_04_06_a_suite_not_offered_is_a_full_handshake),
        cmocka_unit_test(I_04_a_suite_no_longer_enabled_is_a_full_handshake),
        cmocka_unit_test(I_03_another_version_is_a_full_handshake),
        cmocka_unit_test(I_09_resumption_survives_a_retry),
        cmocka_unit_test(damaged_tickets_are_full_handshakes),
        cmocka_unit_test(a_cleared_ssl_serves_again),
        cmocka_unit_test(a_duplicated_ssl_has_a_link_of_its_own),
        cmocka_unit_test(I_48_renegotiation_keeps_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
