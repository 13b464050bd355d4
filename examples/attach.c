/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libresume attached to an SSL_CTX: a server and a client in memory, and two handshakes, of which
 * the second resumes. Not a server: no sockets, and no look at what libssl says went wrong.
 *
 *     cc attach.c $(pkg-config --cflags --libs libresume-openssl)
 */
#include <resume/openssl.h>
#include <resume/resume.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <time.h>

static void use_certificate(SSL_CTX *ctx) {
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(ctx, certificate);
    SSL_CTX_use_PrivateKey(ctx, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int attach(SSL_CTX *ctx) {
    resume_keyring *keys = NULL;
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    int done = resume_keyring_from_url("random:", NULL, (uint64_t)time(NULL) * 1000, &keys) == 0 &&
               resume_server_options_new(&options) == RESUME_OK &&
               resume_server_options_set_keyring(options, keys) == RESUME_OK &&
               resume_server_new(options, &server) == RESUME_OK &&
               resume_openssl_attach(ctx, server, NULL) == RESUME_OK;
    resume_server_unref(server);
    resume_server_options_unref(options);
    resume_keyring_unref(keys);
    return done;
}

/* Whether the handshake resumed *session, which is then the new one. */
static int handshake(SSL_CTX *server_ctx, SSL_CTX *client_ctx, SSL_SESSION **session) {
    SSL *server = SSL_new(server_ctx);
    SSL *client = SSL_new(client_ctx);
    BIO *a = NULL;
    BIO *b = NULL;
    char byte = 'x';
    BIO_new_bio_pair(&a, 65536, &b, 65536);
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    if (*session) {
        SSL_set_session(client, *session);
    }
    for (int i = 0; i < 4; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(server);
    }
    SSL_write(server, &byte, 1);
    SSL_read(client, &byte, 1);
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(client);
    int resumed = SSL_session_reused(server);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(client);
    SSL_free(server);
    return resumed;
}

static const char *yes(int it_is) {
    return it_is ? "yes" : "no";
}

int main(void) {
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    SSL_CTX *client = SSL_CTX_new(TLS_client_method());
    SSL_SESSION *session = NULL;
    use_certificate(server);
    int attached = attach(server);
    int first = handshake(server, client, &session);
    int second = handshake(server, client, &session);
    printf("attached: %s, resumed: %s, then %s\n", yes(attached), yes(first), yes(second));
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return second ? 0 : 1;
}
