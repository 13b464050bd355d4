/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshakes of libssl with itself, in memory: two contexts, certificates made on the spot, no
 * sockets, no files. For tests that ask OpenSSL what its sessions look like; not for the adapter,
 * which is tried over real connections.
 */
#ifndef HANDSHAKE_FIXTURE_H
#define HANDSHAKE_FIXTURE_H

#include "session_fixture.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static char host_name[] = "www.example.org";

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

/* Takes the key. */
static inline struct identity identity_with(EVP_PKEY *key, const char *name) {
    struct identity made = {key, X509_new()};
    assert_non_null(made.key);
    assert_non_null(made.certificate);
    X509_NAME *subject = X509_get_subject_name(made.certificate);
    assert_true(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                           -1, -1, 0));
    assert_true(X509_set_version(made.certificate, X509_VERSION_3));
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), 1));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(made.certificate), -3600));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(made.certificate), 86400));
    assert_true(X509_set_issuer_name(made.certificate, subject));
    assert_true(X509_set_pubkey(made.certificate, made.key));
    assert_true(X509_sign(made.certificate, made.key, EVP_sha256()) > 0);
    return made;
}

static inline struct identity identity_of(const char *name) {
    return identity_with(EVP_EC_gen("P-256"), name);
}

static inline void identity_free(struct identity *identity) {
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
}

struct pair {
    SSL_CTX *server_ctx;
    SSL_CTX *client_ctx;
    SSL *server;
    SSL *client;
};

/* Accepts any certificate: what is tested is whether it is carried on. */
static inline int accept_any(int ok, X509_STORE_CTX *store) {
    (void)ok;
    (void)store;
    return 1;
}

static inline int accept_name(SSL *ssl, int *alert, void *arg) {
    (void)ssl;
    (void)alert;
    (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static inline int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                            const unsigned char *offer, unsigned int offer_len, void *arg) {
    (void)ssl;
    (void)arg;
    *out = offer + 1;
    *out_len = 2;
    return offer_len == 3 ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline SSL_CTX *context_of(const SSL_METHOD *method, int version,
                                  const struct identity *identity) {
    SSL_CTX *ctx = SSL_CTX_new(method);
    assert_non_null(ctx);
    assert_true(SSL_CTX_set_min_proto_version(ctx, version));
    assert_true(SSL_CTX_set_max_proto_version(ctx, version));
    if (identity) {
        assert_int_equal(SSL_CTX_use_certificate(ctx, identity->certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(ctx, identity->key), 1);
    }
    return ctx;
}

static inline struct pair pair_of(int version, const struct identity *server,
                                  const struct identity *client) {
    struct pair pair = {.server_ctx = context_of(TLS_server_method(), version, server),
                        .client_ctx = context_of(TLS_client_method(), version, client)};
    if (client) {
        SSL_CTX_set_verify(pair.server_ctx, SSL_VERIFY_PEER, accept_any);
        assert_true(SSL_CTX_set_session_id_context(pair.server_ctx, (const unsigned char *)"a", 1));
    }
    return pair;
}

/* The server names the host and picks h2. */
static inline void pair_use_names(struct pair *pair) {
    SSL_CTX_set_tlsext_servername_callback(pair->server_ctx, accept_name);
    SSL_CTX_set_alpn_select_cb(pair->server_ctx, choose_h2, NULL);
    assert_int_equal(SSL_CTX_set_alpn_protos(pair->client_ctx, (const unsigned char *)"\2h2", 3),
                     0);
}

/* A handshake, the tickets behind it, and a clean end; true if it resumed. */
static inline bool shake(struct pair *pair, SSL_SESSION *offered) {
    BIO *server_bio = NULL;
    BIO *client_bio = NULL;
    char byte;
    SSL_free(pair->server);
    SSL_free(pair->client);
    pair->server = SSL_new(pair->server_ctx);
    pair->client = SSL_new(pair->client_ctx);
    assert_true(BIO_new_bio_pair(&server_bio, 65536, &client_bio, 65536));
    SSL_set_bio(pair->server, server_bio, server_bio);
    SSL_set_bio(pair->client, client_bio, client_bio);
    SSL_set_accept_state(pair->server);
    SSL_set_connect_state(pair->client);
    assert_true(SSL_set_tlsext_host_name(pair->client, host_name));
    if (offered) {
        assert_int_equal(SSL_set_session(pair->client, offered), 1);
    }
    for (int i = 0;
         i < 10 && !(SSL_is_init_finished(pair->client) && SSL_is_init_finished(pair->server));
         i++) {
        SSL_do_handshake(pair->client);
        SSL_do_handshake(pair->server);
    }
    assert_true(SSL_is_init_finished(pair->client) && SSL_is_init_finished(pair->server));
    assert_true(SSL_read(pair->client, &byte, 1) <= 0); /* takes the tickets of TLS 1.3 */
    assert_true(SSL_read(pair->server, &byte, 1) <= 0);
    SSL_shutdown(pair->client);
    SSL_shutdown(pair->server);
    assert_int_equal(SSL_session_reused(pair->client), SSL_session_reused(pair->server));
    return SSL_session_reused(pair->server);
}

static inline void pair_free(struct pair *pair) {
    SSL_free(pair->server);
    SSL_free(pair->client);
    SSL_CTX_free(pair->server_ctx);
    SSL_CTX_free(pair->client_ctx);
}

#endif
