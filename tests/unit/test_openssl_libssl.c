/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's session format with OpenSSL as the judge: sessions of its own handshakes go through
 * ours and must come back byte for byte, and what we write it must read, write and resume. The
 * rules of the format by themselves are in test_openssl_der.c.
 */
#include "handshake_fixture.h"

#define NOW UINT64_C(1700000100000)

static struct identity server_identity;
static struct identity client_identity;

static struct vector der_of(SSL_SESSION *session) {
    struct vector der = {.len = 0};
    unsigned char *p = der.data;
    int len = i2d_SSL_SESSION(session, NULL);
    assert_in_range(len, 1, VECTOR_MAX);
    der.len = (size_t)i2d_SSL_SESSION(session, &p);
    return der;
}

static SSL_SESSION *openssl_read(const struct vector *der) {
    const unsigned char *p = der->data;
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &p, (long)der->len);
    assert_non_null(session);
    assert_ptr_equal(p, der->data + der->len);
    return session;
}

static resume_session *ours_of(const struct vector *der) {
    resume_session *session = NULL;
    assert_int_equal(resume_session_from_openssl(der->data, der->len, NOW, &session), RESUME_OK);
    return session;
}

static struct vector written(const resume_session *session) {
    struct vector der = {.len = 0};
    assert_int_equal(resume_session_to_openssl(session, der.data, VECTOR_MAX, &der.len), RESUME_OK);
    return der;
}

static void assert_same(const struct vector *a, const struct vector *b) {
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->data, b->data, a->len);
}

/* Their bytes -> our native bytes -> their bytes. */
static struct vector through_native(const struct vector *der) {
    resume_session *first = ours_of(der);
    resume_session *second = NULL;
    const uint8_t *native = NULL;
    size_t len = 0;
    assert_int_equal(resume_session_to_native(first, &native, &len), RESUME_OK);
    assert_int_equal(resume_session_from_native(native, len, &second), RESUME_OK);
    struct vector again = written(second);
    resume_session_unref(first);
    resume_session_unref(second);
    return again;
}

static void assert_fields(const resume_session *ours, SSL_SESSION *theirs) {
    unsigned char secret[64];
    const unsigned char *bytes = NULL;
    unsigned int id_len = 0;
    size_t len = 0;
    size_t alpn_len = 0;
    size_t secret_len = SSL_SESSION_get_master_key(theirs, secret, sizeof secret);
    assert_memory_equal(resume_session_secret(ours, &len), secret, secret_len);
    assert_int_equal(len, secret_len);
    assert_int_equal(resume_session_version(ours), SSL_SESSION_get_protocol_version(theirs));
    assert_int_equal(resume_session_cipher_suite(ours),
                     SSL_CIPHER_get_protocol_id(SSL_SESSION_get0_cipher(theirs)));
    assert_int_equal(resume_session_created(ours), 1000 * SSL_SESSION_get_time(theirs));
    assert_int_equal(resume_session_authenticated(ours), resume_session_created(ours));
    assert_int_equal(resume_session_lifetime(ours), SSL_SESSION_get_timeout(theirs));
    assert_int_equal(resume_session_max_early_data(ours), SSL_SESSION_get_max_early_data(theirs));
    bytes = SSL_SESSION_get_id(theirs, &id_len);
    const uint8_t *id = resume_session_session_id(ours, &len);
    assert_int_equal(len, id_len);
    assert_true(len == 0 || memcmp(id, bytes, len) == 0);
    SSL_SESSION_get0_alpn_selected(theirs, &bytes, &alpn_len);
    const uint8_t *alpn = resume_session_alpn(ours, &len);
    assert_int_equal(len, alpn_len);
    assert_true(len == 0 || memcmp(alpn, bytes, len) == 0);
    const char *host = SSL_SESSION_get0_hostname(theirs);
    const uint8_t *name = resume_session_server_name(ours, &len);
    assert_int_equal(len, host ? strlen(host) : 0);
    assert_true(len == 0 || memcmp(name, host, len) == 0);
}

static void assert_leaf(const resume_session *ours, X509 *certificate) {
    unsigned char *der = NULL;
    size_t len = 0;
    int der_len = i2d_X509(certificate, &der);
    assert_int_equal(resume_session_peer_certificate_count(ours), 1);
    assert_memory_equal(resume_session_peer_certificate(ours, 0, &len), der, (size_t)der_len);
    assert_int_equal(len, der_len);
    OPENSSL_free(der);
}

/* A server's session of a real handshake: both ways, byte for byte. */
static void check_handshake(int version, bool client_certificate, bool names, bool ems) {
    struct pair pair =
        pair_of(version, &server_identity, client_certificate ? &client_identity : NULL);
    if (names) {
        pair_use_names(&pair);
        assert_true(SSL_CTX_set_max_early_data(pair.server_ctx, 16384));
    }
    if (!ems) {
        SSL_CTX_set_options(pair.client_ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    }
    assert_false(shake(&pair, NULL));
    SSL_SESSION *theirs = SSL_get1_session(pair.server);
    struct vector der = der_of(theirs);
    resume_session *ours = ours_of(&der);
    assert_fields(ours, theirs);
    assert_int_equal(resume_session_extended_master_secret(ours),
                     version == TLS1_2_VERSION && ems); /* I-138 */
    assert_true(version == TLS1_2_VERSION || resume_session_age_add(ours) != 0);
    assert_true(version == TLS1_2_VERSION || resume_session_group(ours) != 0);
    if (client_certificate) {
        assert_leaf(ours, client_identity.certificate);
        assert_int_equal(resume_session_verify_result(ours), SSL_get_verify_result(pair.server));
    } else {
        assert_int_equal(resume_session_peer_certificate_count(ours), 0);
    }
    struct vector again = through_native(&der);
    assert_same(&again, &der);
    SSL_SESSION *reread = openssl_read(&again);
    again = der_of(reread);
    assert_same(&again, &der);
    SSL_SESSION_free(reread);
    SSL_SESSION_free(theirs);
    resume_session_unref(ours);
    pair_free(&pair);
}

static void I_14_15_sessions_of_tls12(void **state) { /* I-14, I-15 */
    (void)state;
    check_handshake(TLS1_2_VERSION, false, false, true);
    check_handshake(TLS1_2_VERSION, false, true, true);
    check_handshake(TLS1_2_VERSION, true, true, true);
    check_handshake(TLS1_2_VERSION, true, false, false);
}

static void I_14_15_sessions_of_tls13(void **state) { /* I-14, I-15 */
    (void)state;
    check_handshake(TLS1_3_VERSION, false, false, true);
    check_handshake(TLS1_3_VERSION, false, true, true);
    check_handshake(TLS1_3_VERSION, true, true, true);
    check_handshake(TLS1_3_VERSION, true, false, true);
}

/* The session and the ticket apart, and together again: the bytes that libssl wrote. */
static void assert_client_bytes(const struct vector *der) {
    resume_session *ours = ours_of(der);
    const uint8_t *ticket = NULL;
    size_t ticket_len = 0;
    uint32_t hint = 0;
    struct vector again = {.len = 0};
    assert_int_equal(
        resume_session_ticket_from_openssl(der->data, der->len, &ticket, &ticket_len, &hint),
        RESUME_OK);
    assert_true(ticket_len > 100 && hint > 0);
    assert_int_equal(resume_session_to_openssl_with_ticket(ours, ticket, ticket_len, hint,
                                                           again.data, VECTOR_MAX, &again.len),
                     RESUME_OK);
    assert_same(der, &again);
    resume_session_unref(ours);
}

/* A client's session has the ticket and its hint too, which stay behind. */
static void sessions_of_a_client(void **state) {
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair = pair_of(versions[i], &server_identity, NULL);
        shake(&pair, NULL);
        SSL_SESSION *theirs = SSL_get1_session(pair.client);
        assert_true(SSL_SESSION_has_ticket(theirs));
        struct vector der = der_of(theirs);
        resume_session *ours = ours_of(&der);
        assert_client_bytes(&der);
        assert_leaf(ours, server_identity.certificate);
        struct vector again = written(ours);
        SSL_SESSION *reread = openssl_read(&again);
        assert_false(SSL_SESSION_has_ticket(reread));
        assert_fields(ours, reread);
        SSL_SESSION_free(reread);
        SSL_SESSION_free(theirs);
        resume_session_unref(ours);
        pair_free(&pair);
    }
}

/* A store that holds our bytes only. */
static struct vector stored;

static int keep_session(SSL *ssl, SSL_SESSION *session) {
    (void)ssl;
    struct vector der = der_of(session);
    stored = through_native(&der);
    return 0;
}

static SSL_SESSION *find_session(SSL *ssl, const unsigned char *id, int id_len, int *copy) {
    (void)ssl;
    *copy = 0;
    resume_session *ours = ours_of(&stored);
    size_t len = 0;
    const uint8_t *have = resume_session_session_id(ours, &len);
    bool same = len == (size_t)id_len && memcmp(have, id, len) == 0;
    resume_session_unref(ours);
    return same ? openssl_read(&stored) : NULL;
}

static void I_01_14_openssl_resumes_from_our_bytes(void **state) { /* I-01, I-14 */
    (void)state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < 4; i++) {
        struct pair pair =
            pair_of(versions[i / 2], &server_identity, i % 2 ? &client_identity : NULL);
        SSL_CTX_set_options(pair.server_ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(pair.server_ctx,
                                       SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(pair.server_ctx, keep_session);
        SSL_CTX_sess_set_get_cb(pair.server_ctx, find_session);
        assert_false(shake(&pair, NULL));
        SSL_SESSION *offered = SSL_get1_session(pair.client);
        assert_true(shake(&pair, offered));
        X509 *peer = SSL_get0_peer_certificate(pair.server);
        assert_int_equal(peer != NULL, i % 2);
        assert_true(!peer || X509_cmp(peer, client_identity.certificate) == 0);
        SSL_SESSION_free(offered);
        pair_free(&pair);
    }
}

static void openssl_reads_the_vectors(void **state) {
    (void)state;
    static const char *const names[] = {"openssl_tls12", "openssl_tls13", "openssl_container"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct vector der = vector_of(names[i]);
        SSL_SESSION *theirs = openssl_read(&der);
        struct vector again = der_of(theirs);
        assert_same(&again, &der);
        SSL_SESSION_free(theirs);
    }
}

static void I_14_application_data_of_openssl(void **state) { /* I-14 */
    (void)state;
    static const char *const blobs[] = {"x", "application's own", "rsm", "rsm\1", "rsm\1\1\1"};
    for (size_t i = 0; i < sizeof blobs / sizeof blobs[0]; i++) {
        struct vector der = vector_of("openssl_tls13");
        SSL_SESSION *theirs = openssl_read(&der);
        size_t len = strlen(blobs[i]);
        assert_true(SSL_SESSION_set1_ticket_appdata(theirs, blobs[i], len));
        der = der_of(theirs);
        resume_session *ours = ours_of(&der);
        if (strcmp(blobs[i], "rsm\1") == 0) {
            assert_int_equal(resume_session_appdata_count(ours), 0); /* an empty container */
        } else {
            size_t our_len = 0;
            assert_int_equal(resume_session_appdata_count(ours), 1);
            assert_memory_equal(resume_session_appdata(ours, 0, NULL, &our_len), blobs[i], len);
            assert_int_equal(our_len, len);
        }
        struct vector written_der = written(ours);
        resume_session *again = ours_of(&written_der);
        assert_true(resume_session_equal(ours, again));
        resume_session_unref(again);
        resume_session_unref(ours);
        SSL_SESSION_free(theirs);
    }
}

/* The application data of a session as OpenSSL sees it, for given times. */
static void assert_blob(uint64_t authenticated_ms, uint16_t tag, const char *data, const char *blob,
                        size_t blob_len) {
    struct vector base = vector_of("native_tls12_minimal");
    resume_session_options *options = NULL;
    resume_session *plain = NULL;
    resume_session *session = NULL;
    void *seen = NULL;
    size_t len = 0;
    assert_int_equal(resume_session_from_native(base.data, base.len, &plain), RESUME_OK);
    assert_int_equal(resume_session_options_new(&options), RESUME_OK);
    assert_int_equal(resume_session_options_set_from(options, plain), RESUME_OK);
    assert_int_equal(resume_session_options_set_authenticated(options, authenticated_ms),
                     RESUME_OK);
    assert_int_equal(
        resume_session_options_add_appdata(options, tag, (const uint8_t *)data, strlen(data)),
        RESUME_OK);
    assert_int_equal(resume_session_new(options, &session), RESUME_OK);
    struct vector der = written(session);
    SSL_SESSION *theirs = openssl_read(&der);
    assert_true(SSL_SESSION_get0_ticket_appdata(theirs, &seen, &len));
    assert_int_equal(len, blob_len);
    assert_memory_equal(seen, blob, len);
    SSL_SESSION_free(theirs);
    resume_session_unref(session);
    resume_session_unref(plain);
    resume_session_options_unref(options);
}

static void I_36_a_container_only_where_it_is_needed(void **state) { /* I-36, I-159 */
    (void)state;
    const uint64_t created = UINT64_C(1700000000000); /* 0x18bcfe56800 */
    assert_blob(created, 0, "opaque", "opaque", 6);
    assert_blob(created + 999, 0, "opaque", "opaque", 6); /* the same second */
    assert_blob(created - 1, 0, "ab", "rsm\1\0\0\0\2ab\xff\xff\0\x08\0\0\1\x8b\xcf\xe5\x67\xff",
                22);
    assert_blob(created, 0x100, "ab", "rsm\1\1\0\0\2ab\xff\xff\0\x08\0\0\1\x8b\xcf\xe5\x68\0", 22);
    assert_blob(created, 0, "rsm\1", "rsm\1\0\0\0\4rsm\1\xff\xff\0\x08\0\0\1\x8b\xcf\xe5\x68\0",
                24);
}

static int make_identities(void **state) {
    (void)state;
    server_identity = identity_of(host_name);
    client_identity = identity_of("client");
    return 0;
}

static int free_identities(void **state) {
    (void)state;
    identity_free(&server_identity);
    identity_free(&client_identity);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_14_15_sessions_of_tls12),
        cmocka_unit_test(I_14_15_sessions_of_tls13),
        cmocka_unit_test(sessions_of_a_client),
        cmocka_unit_test(I_01_14_openssl_resumes_from_our_bytes),
        cmocka_unit_test(openssl_reads_the_vectors),
        cmocka_unit_test(I_14_application_data_of_openssl),
        cmocka_unit_test(I_36_a_container_only_where_it_is_needed),
    };
    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
