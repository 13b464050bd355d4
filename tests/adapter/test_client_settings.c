/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the peers of an automatic client apart: one row for each setting that a session
 * depends on (I-114, I-118).
 */
#include "tls.h"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <string.h>

#define NOW 1800000000000ULL

static resume_client *client;
static resume_session *session;
static struct identity own;
static struct identity other;

/* A TLS 1.2 session to put; what is in it does not matter here. */
static resume_session *any_session(void) {
    static const uint8_t id[32] = {1, 2, 3};
    static const uint8_t secret[48] = {4, 5, 6};
    resume_session_options *options = NULL;
    resume_session *made = NULL;
    OK(resume_session_options_new(&options));
    OK(resume_session_options_set_version(options, TLS1_2_VERSION));
    OK(resume_session_options_set_cipher_suite(options, 0xC02F));
    OK(resume_session_options_set_extended_master_secret(options, true));
    OK(resume_session_options_set_secret(options, secret, sizeof secret));
    OK(resume_session_options_set_session_id(options, id, sizeof id));
    OK(resume_session_options_set_created(options, NOW));
    OK(resume_session_options_set_authenticated(options, NOW));
    OK(resume_session_options_set_lifetime(options, 3600));
    OK(resume_session_new(options, &made));
    resume_session_options_unref(options);
    return made;
}

static int set_up(void **state) {
    (void)state;
    own = identity_new("client", NULL, -3600, 86400);
    other = identity_new("client", NULL, -3600, 86400);
    session = any_session();
    OK(resume_client_new(NULL, &client));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    identity_free(&own);
    identity_free(&other);
    resume_session_unref(session);
    resume_client_unref(client);
    return 0;
}

static SSL *ssl_new(void) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    OK(resume_openssl_client_attach_auto(ctx, client, NULL, 0));
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set_connect_state(ssl);
    set_name(ssl, "a.example");
    return ssl;
}

static resume_peer *peer_of(SSL *ssl) {
    resume_peer *peer = NULL;
    OK(resume_openssl_client_peer(ssl, NULL, 443, &peer));
    SSL_free(ssl);
    return peer;
}

/* Whether what is put for the one is found for the other. Takes both. */
static bool same(SSL *a, SSL *b) {
    resume_peer *first = peer_of(a);
    resume_peer *second = peer_of(b);
    OK(resume_client_clear(client));
    OK(resume_client_put(client, first, session, NULL, 0, 300, NOW));
    bool found = resume_client_forget(client, second) == RESUME_OK;
    resume_peer_unref(first);
    resume_peer_unref(second);
    return found;
}

static int accept_any(int ok, X509_STORE_CTX *check) {
    (void)ok;
    (void)check;
    return 1;
}

static void verify(SSL *ssl) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
}

static void verify_by_callback(SSL *ssl) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, accept_any);
}

static void depth(SSL *ssl) {
    SSL_set_verify_depth(ssl, 3);
}

static void flags(SSL *ssl) {
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl), X509_V_FLAG_X509_STRICT);
}

static void host_flags(SSL *ssl) {
    X509_VERIFY_PARAM_set_hostflags(SSL_get0_param(ssl), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

static void verification_level(SSL *ssl) {
    X509_VERIFY_PARAM_set_auth_level(SSL_get0_param(ssl), 3);
}

static void security_level(SSL *ssl) {
    SSL_set_security_level(ssl, 0);
}

static void host(SSL *ssl) {
    assert_int_equal(SSL_set1_host(ssl, "a.example"), 1);
}

static void other_host(SSL *ssl) {
    assert_int_equal(SSL_set1_host(ssl, "b.example"), 1);
}

static void two_hosts(SSL *ssl) {
    host(ssl);
    assert_int_equal(SSL_add1_host(ssl, "b.example"), 1);
}

static void address(SSL *ssl) {
    assert_int_equal(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "192.0.2.1"), 1);
}

static void mail(SSL *ssl) {
    assert_int_equal(X509_VERIFY_PARAM_set1_email(SSL_get0_param(ssl), "a@a.example", 0), 1);
}

static void transparency(SSL *ssl) {
    assert_int_equal(SSL_enable_ct(ssl, SSL_CT_VALIDATION_STRICT), 1);
}

static void lowest(SSL *ssl) {
    assert_int_equal(SSL_set_min_proto_version(ssl, TLS1_2_VERSION), 1);
}

static void highest(SSL *ssl) {
    assert_int_equal(SSL_set_max_proto_version(ssl, TLS1_2_VERSION), 1);
}

static void options(SSL *ssl) {
    SSL_set_options(ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
}

static void suites(SSL *ssl) {
    assert_int_equal(SSL_set_cipher_list(ssl, "ECDHE-RSA-AES128-GCM-SHA256"), 1);
}

static void suites13(SSL *ssl) {
    assert_int_equal(SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256"), 1);
}

static void certificate(SSL *ssl) { /* CVE-2016-5419, CVE-2016-5420 */
    assert_int_equal(SSL_use_certificate(ssl, own.certificate), 1);
}

static void other_certificate(SSL *ssl) {
    assert_int_equal(SSL_use_certificate(ssl, other.certificate), 1);
}

static void no_name(SSL *ssl) {
    host(ssl);
    SSL_set_tlsext_host_name(ssl, NULL);
}

static void other_name(SSL *ssl) {
    set_name(ssl, "b.example");
}

static void (*const settings[])(SSL *) = {
    verify,
    verify_by_callback,
    depth,
    flags,
    host_flags,
    verification_level,
    security_level,
    host,
    other_host,
    two_hosts,
    address,
    mail,
    transparency,

    lowest,
    highest,
    options,
    suites,
    suites13,
    certificate,
    other_certificate,
    no_name,
    other_name,
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static SSL *with(size_t setting) {
    SSL *ssl = ssl_new();
    if (setting < SETTINGS) {
        settings[setting](ssl);
    }
    return ssl;
}

static void I_114_118_each_setting_has_its_own_sessions(void **state) { /* I-114, I-118 */
    (void)state;
    for (size_t i = 0; i <= SETTINGS; i++) {
        for (size_t j = 0; j <= SETTINGS; j++) {
            if (same(with(i), with(j)) != (i == j)) {
                print_error("settings %zu and %zu\n", i, j);
                fail();
            }
        }
    }
}

static void names_compare_without_case(void **state) {
    (void)state;
    SSL *lower = ssl_new();
    SSL *upper = ssl_new();
    host(lower);
    assert_int_equal(SSL_set1_host(upper, "A.EXAMPLE"), 1);
    set_name(upper, "A.Example");
    assert_true(same(lower, upper));
}

static void I_114_unlike_labels_have_their_own_sessions(void **state) { /* I-114: CVE-2021-22890 */
    (void)state;
    static const uint8_t label[] = {0, 1};
    for (size_t i = 0; i <= sizeof label; i++) {
        SSL *labelled = ssl_new();
        OK(resume_openssl_client_attach_auto(SSL_get_SSL_CTX(labelled), client, label, i));
        assert_int_equal(same(labelled, ssl_new()), i == 0);
    }
}

/* Anchors are judged when a session is offered; in the digest they would change whenever libcrypto
 * reads one more from a directory. */
static void trust_anchors_are_not_in_it(void **state) {
    (void)state;
    SSL *trusting = ssl_new();
    X509_STORE *store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(trusting));
    assert_int_equal(X509_STORE_add_cert(store, own.certificate), 1);
    assert_true(same(trusting, ssl_new()));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_114_118_each_setting_has_its_own_sessions),
        cmocka_unit_test(names_compare_without_case),
        cmocka_unit_test(I_114_unlike_labels_have_their_own_sessions),
        cmocka_unit_test(trust_anchors_are_not_in_it),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
