/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a client trusts: nothing is kept that was not verified (I-113), and what was kept is judged
 * by the settings of the connection that wants to offer it (I-118).
 */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string.h>

static struct identity root;
static struct identity stranger;
static struct identity middle;
static struct identity leaf;

/* identity_new() makes no authority below another one. */
static void make_authority(struct identity *identity, const struct identity *issuer) {
    X509 *certificate = identity->certificate;
    int at = X509_get_ext_by_NID(certificate, NID_basic_constraints, -1);
    X509_EXTENSION_free(X509_delete_ext(certificate, at));
    X509_EXTENSION *extension =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, issuer->key, EVP_sha256()) > 0);
}

static int set_up(void **state) {
    (void)state;
    root = identity_new("root", NULL, -3600, 864000);
    stranger = identity_new("stranger", NULL, -3600, 864000);
    middle = identity_new("middle", &root, -3600, 864000);
    make_authority(&middle, &root);
    leaf = identity_new("a.example", &middle, -3600, 86400);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    identity_free(&root);
    identity_free(&stranger);
    identity_free(&middle);
    identity_free(&leaf);
    return 0;
}

struct world {
    SSL_CTX *server;
    SSL_CTX *ctx;
    resume_client *client;
    resume_peer *peer;
};

static void trust(SSL_CTX *ctx, const struct identity *anchor) {
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), anchor->certificate), 1);
}

/* A client that verifies and trusts that one. */
static SSL_CTX *verifying(const struct way *way, resume_client *client,
                          const struct identity *anchor) {
    SSL_CTX *ctx = client_ctx(way);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (anchor) {
        trust(ctx, anchor);
    }
    OK(resume_openssl_client_attach(ctx, client));
    return ctx;
}

/* The server sends leaf and middle; the client knows the root. */
static struct world world_of(const struct way *way) {
    struct world w = {.server = attached_ctx(way, NULL)};
    use_identity(w.server, &leaf);
    assert_int_equal(SSL_CTX_add1_chain_cert(w.server, middle.certificate), 1);
    OK(resume_client_new(NULL, &w.client));
    OK(resume_peer_new("a.example", 443, &w.peer));
    w.ctx = verifying(way, w.client, &root);
    return w;
}

static void world_end(struct world *w) {
    SSL_CTX_free(w->server);
    SSL_CTX_free(w->ctx);
    resume_client_unref(w->client);
    resume_peer_unref(w->peer);
}

static struct visit run(struct world *w, SSL_CTX *ctx, bool offers) {
    struct visit visit = visit_begin(w->server, ctx, "a.example", NULL);
    assert_int_equal(resume_openssl_client_offer(visit.client, w->peer),
                     offers ? RESUME_OK : RESUME_MISS);
    assert_int_equal(ERR_peek_error(), 0);
    visit_run(&visit);
    return visit;
}

static void expect(struct world *w, SSL_CTX *ctx, bool offers, bool ok) {
    struct visit visit = run(w, ctx, offers);
    assert_int_equal(visit.ok, ok);
    assert_int_equal(visit.reused, offers);
    visit_end(&visit);
    ERR_clear_error();
}

static void I_118_a_whole_chain_resumes_again_and_again(void **state) { /* I-118 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        expect(&w, w.ctx, false, true);
        for (int i = 0; i < 4; i++) { /* the chain goes on with each renewal */
            expect(&w, w.ctx, true, true);
        }
        world_end(&w);
    }
}

static int accept_any(int ok, X509_STORE_CTX *check) {
    (void)ok;
    (void)check;
    return 1;
}

static void I_113_what_was_not_verified_is_not_kept(void **state) { /* I-113 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *distrusting = verifying(way, w.client, &stranger);
        SSL_CTX *careless = verifying(way, w.client, &stranger);
        SSL_CTX_set_verify(careless, SSL_VERIFY_PEER, accept_any);
        expect(&w, distrusting, false, false);
        assert_int_equal(resume_client_count(w.client), 0);
        /* The callback let it pass, and the result still says what is wrong. */
        expect(&w, careless, false, true);
        assert_int_equal(resume_client_count(w.client), 0);
        SSL_CTX_free(distrusting);
        SSL_CTX_free(careless);
        world_end(&w);
    }
}

static void I_118_changed_anchors_end_it(void **state) { /* I-118, I-130 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *distrusting = verifying(way, w.client, &stranger);
        expect(&w, w.ctx, false, true);
        expect(&w, distrusting, false, false);
        assert_int_equal(resume_client_count(w.client), 0);
        SSL_CTX_free(distrusting);
        world_end(&w);
    }
}

static void a_session_kept_without_verifying_is_no_proof(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *blind = client_ctx(way);
        OK(resume_openssl_client_attach(blind, w.client));
        expect(&w, blind, false, true);
        struct visit visit = run(&w, blind, true);
        assert_true(visit.reused);
        /* Who judges for himself sees the first connection's certificate and result. */
        assert_true(SSL_get_verify_result(visit.client) != X509_V_OK);
        assert_int_equal(X509_cmp(SSL_get0_peer_certificate(visit.client), leaf.certificate), 0);
        visit_end(&visit);
        expect(&w, w.ctx, false, true); /* had verified nothing: a full handshake */
        SSL_CTX_free(blind);
        world_end(&w);
    }
}

/* An offer on a connection whose settings the caller has changed. */
static resume_status offer_with(struct world *w, const char *host, time_t at) {
    SSL *ssl = SSL_new(w->ctx);
    SSL_set_connect_state(ssl);
    if (host) {
        assert_int_equal(SSL_set1_host(ssl, host), 1);
    }
    if (at) {
        X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), at);
    }
    resume_status status = resume_openssl_client_offer(ssl, w->peer);
    assert_int_equal(ERR_peek_error(), 0);
    SSL_free(ssl); /* nothing was sent: what was offered goes back */
    return status;
}

static void I_118_an_expired_leaf_or_another_name_ends_it(void **state) { /* I-118 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        expect(&w, w.ctx, false, true);
        OK(offer_with(&w, NULL, 0));
        OK(offer_with(&w, "a.example", time(NULL) + 3600));
        assert_int_equal(offer_with(&w, NULL, time(NULL) + 2 * 86400), RESUME_MISS);
        expect(&w, w.ctx, false, true);
        assert_int_equal(offer_with(&w, "b.example", 0), RESUME_MISS);
        assert_int_equal(resume_client_count(w.client), 0);
        world_end(&w);
    }
}

static int asked;

static int refuse_all(int ok, X509_STORE_CTX *check) {
    (void)ok;
    assert_non_null(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
    asked++;
    X509_STORE_CTX_set_error(check, X509_V_ERR_CERT_REVOKED);
    return 0;
}

static void I_118_the_verify_callback_is_asked_again(void **state) { /* I-118 */
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    expect(&w, w.ctx, false, true);
    SSL_CTX_set_verify(w.ctx, SSL_VERIFY_PEER, refuse_all);
    asked = 0;
    assert_int_equal(offer_with(&w, NULL, 0), RESUME_MISS);
    assert_true(asked > 0);
    world_end(&w);
}

static void a_changed_server_certificate_starts_anew(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *first = w.server;
        struct identity next = identity_new("a.example", &root, -3600, 86400);
        expect(&w, w.ctx, false, true);
        w.server = attached_ctx(way, NULL); /* with keys of its own */
        use_identity(w.server, &next);
        struct visit visit = run(&w, w.ctx, true);
        assert_true(visit.ok && !visit.reused);
        assert_int_equal(X509_cmp(SSL_get0_peer_certificate(visit.client), next.certificate), 0);
        visit_end(&visit);
        visit = run(&w, w.ctx, true);
        assert_true(visit.ok && visit.reused);
        assert_int_equal(X509_cmp(SSL_get0_peer_certificate(visit.client), next.certificate), 0);
        visit_end(&visit);
        identity_free(&next);
        SSL_CTX_free(first);
        world_end(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_118_a_whole_chain_resumes_again_and_again),
        cmocka_unit_test(I_113_what_was_not_verified_is_not_kept),
        cmocka_unit_test(I_118_changed_anchors_end_it),
        cmocka_unit_test(a_session_kept_without_verifying_is_no_proof),
        cmocka_unit_test(I_118_an_expired_leaf_or_another_name_ends_it),
        cmocka_unit_test(I_118_the_verify_callback_is_asked_again),
        cmocka_unit_test(a_changed_server_certificate_starts_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
