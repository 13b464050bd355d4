/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClientHellos that libssl sends, as records: what the parser reads is what libssl's own server
 * reads out of the same bytes, in its ClientHello callback.
 */
#include "handshake_fixture.h"

#include <resume/hello.h>

#include "base/bytes.h"

struct capture {
    uint8_t wire[8192];
    size_t wire_len;
    size_t used;
    resume_hello *hello;
    int compared;
    int extensions;
};

static void assert_same(const uint8_t *got, size_t got_len, const uint8_t *want, size_t want_len) {
    assert_int_equal(got_len, want_len);
    assert_memory_equal(got, want, want_len);
}

/* What a call reads, whose last argument is &len: two statements, since arguments have no order. */
#define ASSERT_READS(call, want, want_len)                                                         \
    do {                                                                                           \
        const uint8_t *got_ = (call);                                                              \
        assert_same(got_, len, (want), (want_len));                                                \
    } while (0)

static void compare_extensions(SSL *ssl, struct capture *capture) {
    int *present = NULL;
    size_t count = 0;
    assert_int_equal(SSL_client_hello_get1_extensions_present(ssl, &present, &count), 1);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *want = NULL;
        size_t want_len = 0;
        size_t len = 0;
        assert_int_equal(SSL_client_hello_get0_ext(ssl, (unsigned)present[i], &want, &want_len), 1);
        const uint8_t *got = resume_hello_extension(capture->hello, (uint16_t)present[i], &len);
        assert_non_null(got);
        assert_same(got, len, want, want_len);
        capture->extensions++;
    }
    OPENSSL_free(present);
}

static int compare(SSL *ssl, int *alert, void *arg) {
    (void)alert;
    struct capture *capture = arg;
    const resume_hello *hello = capture->hello;
    const unsigned char *want = NULL;
    size_t len = 0;
    assert_int_equal(resume_hello_version(hello), SSL_client_hello_get0_legacy_version(ssl));
    assert_int_equal(SSL_client_hello_get0_random(ssl, &want), 32);
    assert_memory_equal(resume_hello_random(hello), want, 32);
    size_t want_len = SSL_client_hello_get0_session_id(ssl, &want);
    ASSERT_READS(resume_hello_session_id(hello, &len), want, want_len);
    want_len = SSL_client_hello_get0_ciphers(ssl, &want);
    ASSERT_READS(resume_hello_cipher_suites(hello, &len), want, want_len);
    want_len = SSL_client_hello_get0_compression_methods(ssl, &want);
    ASSERT_READS(resume_hello_compression_methods(hello, &len), want, want_len);
    compare_extensions(ssl, capture);
    capture->compared++;
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* The client's first flight, parsed, and then read by libssl's server. */
static void capture_hello(struct pair *pair, SSL_SESSION *offered, bool early,
                          struct capture *capture) {
    size_t written = 0;
    SSL *client = SSL_new(pair->client_ctx);
    BIO *out = BIO_new(BIO_s_mem());
    SSL_set_bio(client, BIO_new(BIO_s_mem()), out);
    assert_true(SSL_set_tlsext_host_name(client, host_name));
    assert_true(!offered || SSL_set_session(client, offered) == 1);
    SSL_set_connect_state(client);
    assert_true(!early || SSL_write_early_data(client, "early", 5, &written) == 1);
    SSL_do_handshake(client);
    int len = BIO_read(out, capture->wire, sizeof capture->wire);
    assert_true(len > 0);
    capture->wire_len = (size_t)len;
    assert_int_equal(resume_hello_new(&capture->hello), RESUME_OK);
    assert_int_equal(resume_hello_parse_records(capture->hello, capture->wire, capture->wire_len,
                                                &capture->used),
                     RESUME_OK);
    SSL_CTX_set_client_hello_cb(pair->server_ctx, compare, capture);
    SSL *server = SSL_new(pair->server_ctx);
    BIO *in = BIO_new(BIO_s_mem());
    assert_int_equal(BIO_write(in, capture->wire, len), len);
    SSL_set_bio(server, in, BIO_new(BIO_s_mem()));
    SSL_set_accept_state(server);
    SSL_do_handshake(server);
    assert_int_equal(capture->compared, 1);
    SSL_free(server);
    SSL_free(client);
    SSL_CTX_set_client_hello_cb(pair->server_ctx, NULL, NULL);
}

static void assert_names(const resume_hello *hello) {
    size_t len = 0;
    const uint8_t *name = resume_hello_server_name(hello, &len);
    assert_non_null(name);
    assert_same(name, len, (const uint8_t *)host_name, strlen(host_name));
    const uint8_t *alpn = resume_hello_alpn(hello, &len);
    assert_non_null(alpn);
    assert_same(alpn, len, (const uint8_t *)"\2h2", 3);
    assert_true(resume_hello_extended_master_secret(hello));
}

static struct pair pair_with_names(int version, struct identity *identity) {
    *identity = identity_of(host_name);
    struct pair pair = pair_of(version, identity, NULL);
    pair_use_names(&pair);
    return pair;
}

static void tls12_without_a_session(void **state) {
    (void)state;
    struct identity identity;
    struct capture capture = {0};
    struct pair pair = pair_with_names(TLS1_2_VERSION, &identity);
    size_t len = 7;
    capture_hello(&pair, NULL, false, &capture);
    assert_names(capture.hello);
    assert_int_equal(capture.used, capture.wire_len);
    assert_true(capture.extensions > 5);
    assert_true(resume_hello_offers_version(capture.hello, 0x0303));
    assert_false(resume_hello_offers_version(capture.hello, 0x0304));
    assert_non_null(resume_hello_session_ticket(capture.hello, &len)); /* would take one */
    assert_int_equal(len, 0);
    assert_int_equal(resume_hello_psk_count(capture.hello), 0);
    resume_hello_unref(capture.hello);
    pair_free(&pair);
    identity_free(&identity);
}

static void tls12_that_wants_no_ticket(void **state) {
    (void)state;
    struct identity identity;
    struct capture capture = {0};
    struct pair pair = pair_with_names(TLS1_2_VERSION, &identity);
    SSL_CTX_set_options(pair.client_ctx, SSL_OP_NO_TICKET);
    assert_false(shake(&pair, NULL));
    SSL_SESSION *session = SSL_get1_session(pair.client);
    unsigned int id_len = 0;
    const uint8_t *id = SSL_SESSION_get_id(session, &id_len);
    size_t len = 7;
    capture_hello(&pair, session, false, &capture);
    assert_names(capture.hello);
    assert_null(resume_hello_session_ticket(capture.hello, &len));
    assert_int_equal(id_len, 32);
    ASSERT_READS(resume_hello_session_id(capture.hello, &len), id, id_len);
    resume_hello_unref(capture.hello);
    SSL_SESSION_free(session);
    pair_free(&pair);
    identity_free(&identity);
}

static void tls12_with_a_ticket(void **state) {
    (void)state;
    struct identity identity;
    struct capture capture = {0};
    struct pair pair = pair_with_names(TLS1_2_VERSION, &identity);
    const unsigned char *ticket = NULL;
    size_t ticket_len = 0;
    size_t len = 0;
    assert_false(shake(&pair, NULL));
    SSL_SESSION *session = SSL_get1_session(pair.client);
    SSL_SESSION_get0_ticket(session, &ticket, &ticket_len);
    assert_true(ticket_len > 100);
    capture_hello(&pair, session, false, &capture);
    assert_names(capture.hello);
    ASSERT_READS(resume_hello_session_ticket(capture.hello, &len), ticket, ticket_len);
    resume_hello_session_id(capture.hello, &len);
    assert_int_equal(len, 32); /* RFC 5077 section 3.4: made up by the client */
    resume_hello_unref(capture.hello);
    SSL_SESSION_free(session);
    pair_free(&pair);
    identity_free(&identity);
}

static void tls13_with_a_psk(bool early) {
    struct identity identity;
    struct capture capture = {0};
    struct pair pair = pair_with_names(TLS1_3_VERSION, &identity);
    const unsigned char *ticket = NULL;
    const uint8_t *got = NULL;
    const uint8_t *binder = NULL;
    size_t ticket_len = 0;
    size_t len = 0;
    size_t binder_len = 0;
    uint32_t age = 0;
    SSL_CTX_set_max_early_data(pair.server_ctx, 1024);
    assert_false(shake(&pair, NULL));
    SSL_SESSION *session = SSL_get1_session(pair.client);
    SSL_SESSION_get0_ticket(session, &ticket, &ticket_len);
    assert_true(ticket_len >= 32);
    capture_hello(&pair, session, early, &capture);
    assert_names(capture.hello);
    assert_true(resume_hello_offers_version(capture.hello, 0x0304));
    assert_int_equal(resume_hello_psk_count(capture.hello), 1);
    assert_int_equal(resume_hello_psk(capture.hello, 0, &got, &len, &age, &binder, &binder_len),
                     RESUME_OK);
    assert_same(got, len, ticket, ticket_len);
    assert_int_equal(binder_len, 48); /* libssl prefers AES-256-GCM with SHA-384 */
    assert_true(resume_hello_psk_modes(capture.hello) & RESUME_PSK_DHE_KE);
    assert_int_equal(resume_hello_early_data(capture.hello), early);
    const uint8_t *message = resume_hello_message(capture.hello, &len);
    assert_int_equal(resume_hello_truncated_size(capture.hello), len - 2 - 1 - 48);
    assert_ptr_equal(binder, message + len - 48);
    /* What follows belongs to nobody here: early data, behind a ChangeCipherSpec. */
    assert_int_equal(capture.used < capture.wire_len, early);
    resume_hello_unref(capture.hello);
    SSL_SESSION_free(session);
    pair_free(&pair);
    identity_free(&identity);
}

static void tls13_with_psk(void **state) {
    (void)state;
    tls13_with_a_psk(false);
}

static void tls13_with_early_data(void **state) {
    (void)state;
    tls13_with_a_psk(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls12_without_a_session), cmocka_unit_test(tls12_that_wants_no_ticket),
        cmocka_unit_test(tls12_with_a_ticket),     cmocka_unit_test(tls13_with_psk),
        cmocka_unit_test(tls13_with_early_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
