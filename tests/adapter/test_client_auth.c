/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client certificates: a session made under one rule does not resume under another, whichever
 * setting differs, and none resumes without the certificate that is demanded now.
 */
#include "tls.h"

static struct identity ca;
static struct identity other_ca;
static struct identity person;

static int make_identities(void **state) {
    (void)state;
    ca = identity_new("ca", NULL, -3600, 86400);
    other_ca = identity_new("other ca", NULL, -3600, 86400);
    person = identity_new("person", &ca, -3600, 86400);
    return 0;
}

static int free_identities(void **state) {
    (void)state;
    identity_free(&ca);
    identity_free(&other_ca);
    identity_free(&person);
    return 0;
}

/* What a server asks of clients. All zero asks nothing. */
struct rule {
    int mode;
    int depth;
    int level;
    unsigned long flags;
    const struct identity *named;   /* CA in the request */
    const struct identity *trusted; /* one more trust anchor */
};

static void apply(SSL_CTX *ctx, const struct rule *rule) {
    SSL_CTX_set_verify(ctx, rule->mode, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca.certificate), 1);
    if (rule->depth) {
        SSL_CTX_set_verify_depth(ctx, rule->depth);
    }
    if (rule->level) {
        X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(ctx), rule->level);
    }
    if (rule->flags) {
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), rule->flags);
    }
    if (rule->named) {
        assert_int_equal(SSL_CTX_add_client_CA(ctx, rule->named->certificate), 1);
    }
    if (rule->trusted) {
        assert_int_equal(
            X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), rule->trusted->certificate), 1);
    }
}

static SSL_CTX *ruled_ctx(const struct way *way, const struct wish *wish, const struct rule *rule) {
    SSL_CTX *ctx = server_ctx(way);
    apply(ctx, rule);
    resume_server *server = server_for(way, wish);
    OK(resume_openssl_attach(ctx, server, NULL));
    resume_server_unref(server);
    return ctx;
}

/* Whether a session made under one rule, with the certificate or without, resumes under another.
 * Keys and store are the same. */
static bool crosses(const struct way *way, const struct rule *from, const struct rule *to,
                    bool with_certificate) {
    const struct wish wish = {.keyring = keyring_new(), .store = store_new()};
    SSL_CTX *first = ruled_ctx(way, &wish, from);
    SSL_CTX *second = ruled_ctx(way, &wish, to);
    SSL_CTX *client = client_ctx(way);
    if (with_certificate) {
        use_identity(client, &person);
    }
    SSL_SESSION *session = session_from(first, client, "a.example");
    struct visit visit = visit_begin(second, client, "a.example", session);
    visit_run(&visit);
    bool crossed = visit.reused;
    /* Turned away for want of a certificate, not because of what was offered. */
    bool demanded = to->mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    assert_true(visit.ok || (demanded && !with_certificate));
    visit_end(&visit);
    SSL_SESSION_free(session);
    resume_keyring_unref(wish.keyring);
    resume_store_unref(wish.store);
    SSL_CTX_free(first);
    SSL_CTX_free(second);
    SSL_CTX_free(client);
    return crossed;
}

#define REQUEST SSL_VERIFY_PEER
#define REQUIRE (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT)

static void one_setting(const struct rule *from, const struct rule *to) {
    FOR_EACH_WAY(way) {
        assert_true(crosses(way, from, from, true));
        assert_true(crosses(way, to, to, true));
        assert_false(crosses(way, from, to, true));
        assert_false(crosses(way, to, from, true));
    }
}

static void mode_binds(void **state) { /* I-123 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUEST}, &(struct rule){.mode = REQUIRE});
}

static void depth_binds(void **state) { /* I-123, I-130 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUIRE, .depth = 3},
                &(struct rule){.mode = REQUIRE, .depth = 4});
}

static void names_in_the_request_bind(void **state) { /* I-123, I-130 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUIRE}, &(struct rule){.mode = REQUIRE, .named = &ca});
    one_setting(&(struct rule){.mode = REQUIRE, .named = &ca},
                &(struct rule){.mode = REQUIRE, .named = &other_ca});
}

static void trust_anchors_bind(void **state) { /* I-123, I-130 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUIRE},
                &(struct rule){.mode = REQUIRE, .trusted = &other_ca});
}

static void flags_bind(void **state) { /* I-123 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUIRE},
                &(struct rule){.mode = REQUIRE, .flags = X509_V_FLAG_PARTIAL_CHAIN});
}

static void security_level_binds(void **state) { /* I-123 */
    (void)state;
    one_setting(&(struct rule){.mode = REQUIRE, .level = 1},
                &(struct rule){.mode = REQUIRE, .level = 2});
}

static void asking_and_not_asking_are_apart(void **state) { /* I-24, I-127, I-128 */
    (void)state;
    const struct rule open = {.mode = SSL_VERIFY_NONE};
    const struct rule closed = {.mode = REQUIRE};
    FOR_EACH_WAY(way) {
        assert_true(crosses(way, &open, &open, false));
        assert_false(crosses(way, &open, &closed, false));
        assert_false(crosses(way, &open, &closed, true));
        assert_false(crosses(way, &closed, &open, true));
        assert_true(crosses(way, &closed, &closed, true));
    }
}

/* The same where both have one context, as with stock servers: the guard alone decides. */
static void the_guard_holds_under_one_context(void **state) { /* I-127, I-128 */
    (void)state;
    FOR_EACH_WAY(way) {
        resume_policy *policy = NULL;
        OK(resume_policy_new(&policy));
        OK(resume_policy_set_issue_context(policy, (const uint8_t *)"fleet", 5));
        const struct wish wish = {keyring_new(), store_new(), policy};
        SSL_CTX *open = ruled_ctx(way, &wish, &(struct rule){.mode = SSL_VERIFY_NONE});
        SSL_CTX *closed = ruled_ctx(way, &wish, &(struct rule){.mode = REQUIRE});
        SSL_CTX *bare = client_ctx(way);
        SSL_CTX *known = client_ctx(way);
        use_identity(known, &person);
        SSL_SESSION *anonymous = session_from(open, bare, "a.example");
        SSL_SESSION *named = session_from(closed, known, "a.example");
        struct visit visit = visit_begin(closed, bare, "a.example", anonymous);
        visit_run(&visit);
        assert_false(visit.ok);
        visit_end(&visit);
        assert_int_equal(counted(closed, way, RESUME_REASON_CLIENT_CERTIFICATE_MISSING), 1);
        assert_false(resumes(closed, known, "a.example", anonymous));
        assert_false(resumes(open, bare, "a.example", named));
        assert_int_equal(counted(open, way, RESUME_REASON_CLIENT_CERTIFICATE_UNWANTED), 1);
        assert_true(resumes(closed, known, "a.example", named));
        SSL_SESSION_free(anonymous);
        SSL_SESSION_free(named);
        resume_keyring_unref(wish.keyring);
        resume_store_unref(wish.store);
        resume_policy_unref(policy);
        SSL_CTX_free(open);
        SSL_CTX_free(closed);
        SSL_CTX_free(bare);
        SSL_CTX_free(known);
    }
}

static void I_14_the_certificate_is_there_again(void **state) { /* I-14 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = ruled_ctx(way, NULL, &(struct rule){.mode = REQUIRE});
        SSL_CTX *client = client_ctx(way);
        use_identity(client, &person);
        SSL_SESSION *session = session_from(server, client, "a.example");
        for (int i = 0; i < 3; i++) {
            struct visit visit = visit_begin(server, client, "a.example", session);
            visit_run(&visit);
            assert_true(visit.ok && visit.reused);
            const X509 *peer = SSL_get0_peer_certificate(visit.server);
            assert_non_null(peer);
            assert_int_equal(X509_cmp(peer, person.certificate), 0);
            assert_int_equal(SSL_get_verify_result(visit.server), X509_V_OK);
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
}

static int accept_any(int ok, X509_STORE_CTX *store) {
    (void)ok;
    (void)store;
    return 1;
}

/* A certificate that is over, which an application lets in all the same, never resumes. */
static void an_expired_certificate_does_not_resume(void **state) { /* I-129 */
    (void)state;
    struct identity late = identity_new("late", &ca, -3600, -60);
    FOR_EACH_WAY(way) {
        SSL_CTX *server = server_ctx(way);
        SSL_CTX *client = client_ctx(way);
        resume_server *attached = server_for(way, NULL);
        SSL_CTX_set_verify(server, REQUEST, accept_any);
        OK(resume_openssl_attach(server, attached, NULL));
        use_identity(client, &late);
        SSL_SESSION *session = session_from(server, client, "a.example");
        if (session) { /* an ID in TLS 1.2 is out before the store can decline */
            assert_false(resumes(server, client, "a.example", session));
        }
        assert_true(counted(server, way, RESUME_REASON_ISSUED) == 0);
        SSL_SESSION_free(session);
        resume_server_unref(attached);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
    identity_free(&late);
}

/* No ticket outlives the certificate behind it. */
static void I_43_a_ticket_ends_with_the_certificate(void **state) { /* I-43, I-129 */
    (void)state;
    struct identity brief = identity_new("brief", &ca, -3600, 600);
    for (const struct way *way = ways; way < ways + WAYS; way++) {
        if (way->mode != RESUME_MODE_TICKETS && way->version == TLS1_2_VERSION) {
            continue; /* no lifetime is told with an ID */
        }
        SSL_CTX *server = ruled_ctx(way, NULL, &(struct rule){.mode = REQUIRE});
        SSL_CTX *client = client_ctx(way);
        use_identity(client, &brief);
        SSL_SESSION *session = session_from(server, client, "a.example");
        unsigned long hint = SSL_SESSION_get_ticket_lifetime_hint(session);
        assert_true(hint > 0 && hint <= 600);
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
    identity_free(&brief);
}

/* Rules that are set on one SSL only, with lists that come and go at the same address. */
static STACK_OF(X509_NAME) * list_of(const struct identity *identity) {
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    sk_X509_NAME_push(names, X509_NAME_dup(X509_get_subject_name(identity->certificate)));
    return names;
}

static bool visits_under(SSL_CTX *server, SSL_CTX *client, const struct identity *named,
                         SSL_SESSION **session) {
    struct visit visit = visit_begin(server, client, "a.example", *session);
    SSL_set_client_CA_list(visit.server, list_of(named));
    visit_run(&visit);
    assert_true(visit.ok);
    if (!*session) {
        *session = visit_session(&visit);
    }
    visit_end(&visit);
    return visit.reused;
}

static void rules_of_one_connection_bind(void **state) { /* I-123 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = ruled_ctx(way, NULL, &(struct rule){.mode = REQUIRE});
        SSL_CTX *client = client_ctx(way);
        SSL_SESSION *session = NULL;
        use_identity(client, &person);
        assert_false(visits_under(server, client, &ca, &session));
        assert_true(visits_under(server, client, &ca, &session));
        assert_false(visits_under(server, client, &other_ca, &session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

/* Without our ClientHello callback the SSL_CTX's own context stands in, since libssl fails each
 * handshake that offers a session where certificates are asked for and no context is set. */
static void no_hello_callback_is_no_failure(void **state) { /* I-24 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = ruled_ctx(way, NULL, &(struct rule){.mode = REQUIRE});
        SSL_CTX *client = client_ctx(way);
        use_identity(client, &person);
        SSL_SESSION *session = session_from(server, client, "a.example");
        SSL_CTX_set_client_hello_cb(server, NULL, NULL);
        assert_false(resumes(server, client, "a.example", session));
        SSL_SESSION_free(session);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mode_binds),
        cmocka_unit_test(depth_binds),
        cmocka_unit_test(names_in_the_request_bind),
        cmocka_unit_test(trust_anchors_bind),
        cmocka_unit_test(flags_bind),
        cmocka_unit_test(security_level_binds),
        cmocka_unit_test(asking_and_not_asking_are_apart),
        cmocka_unit_test(the_guard_holds_under_one_context),
        cmocka_unit_test(I_14_the_certificate_is_there_again),
        cmocka_unit_test(an_expired_certificate_does_not_resume),
        cmocka_unit_test(I_43_a_ticket_ends_with_the_certificate),
        cmocka_unit_test(rules_of_one_connection_bind),
        cmocka_unit_test(no_hello_callback_is_no_failure),
    };
    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
