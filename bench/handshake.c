/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server time of a resumed handshake: an SSL_CTX with libresume attached against the same SSL_CTX
 * without, in one process, in turn; or, given a name and a URL, with that store against memory:.
 * Prints one JSON object a line. Client and server talk through memory, and only the server's steps
 * are timed.
 *
 * A turn is a hundred handshakes. If they took turns one by one, each would find the processor's
 * branch predictor taught by the other, as happens in no server: that cost both of them up to 2 us
 * in two runs of three.
 */
#include "bench.h"

#include <resume/openssl.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS_MAX 4000 /* turns are whole in it and in the warm-up */
#define WARMUP     200
#define TURN       100

static int rounds = ROUNDS_MAX;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void use_certificate(SSL_CTX *ctx) {
    static EVP_PKEY *key;
    static X509 *certificate;
    if (!key) {
        key = EVP_RSA_gen(2048);
        certificate = X509_new();
        check(key && certificate, "making a key");
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
        X509_set_pubkey(certificate, key);
        check(X509_sign(certificate, key, EVP_sha256()) > 0, "signing");
    }
    check(SSL_CTX_use_certificate(ctx, certificate) == 1, "SSL_CTX_use_certificate");
    check(SSL_CTX_use_PrivateKey(ctx, key) == 1, "SSL_CTX_use_PrivateKey");
}

static SSL_CTX *make_ctx(const SSL_METHOD *method, int version) {
    SSL_CTX *ctx = SSL_CTX_new(method);
    check(ctx && SSL_CTX_set_min_proto_version(ctx, version) &&
              SSL_CTX_set_max_proto_version(ctx, version),
          "SSL_CTX_new");
    return ctx;
}

/* One handshake; returns the server's time in microseconds. The session that the client gets is
 * put into *session, which held the one to offer, or NULL. */
static double handshake(SSL_CTX *server_ctx, SSL_CTX *client_ctx, SSL_SESSION **session,
                        int must_resume) {
    SSL *server = SSL_new(server_ctx);
    SSL *client = SSL_new(client_ctx);
    BIO *a = NULL;
    BIO *b = NULL;
    check(server && client && BIO_new_bio_pair(&a, 65536, &b, 65536), "SSL_new");
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    char name[] = "bench.example"; /* libssl's macro casts const away */
    check(SSL_set_tlsext_host_name(client, name) == 1, "server name");
    if (*session) {
        check(SSL_set_session(client, *session) == 1, "SSL_set_session");
    }
    double spent = 0;
    char byte = 'x';
    int done = 0;
    for (int i = 0; i < 20 && !done; i++) {
        (void)SSL_do_handshake(client);
        double start = now_us();
        int ready = SSL_do_handshake(server);
        spent += now_us() - start;
        done = ready == 1 && SSL_is_init_finished(client);
    }
    check(done, "handshake");
    check(SSL_write(server, &byte, 1) == 1 && SSL_read(client, &byte, 1) == 1, "data");
    check(!must_resume || SSL_session_reused(server), "resumption");
    SSL_SESSION_free(*session);
    *session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    SSL_free(server);
    SSL_free(client);
    return spent;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

/* One of the two that are compared, and its handshakes' times. */
struct side {
    SSL_CTX *ctx;
    SSL_SESSION *session;
    double us[ROUNDS_MAX];
};

static void take_turn(struct side *side, SSL_CTX *client, int first) {
    for (int i = first; i < first + TURN && i < rounds; i++) {
        double us = handshake(side->ctx, client, &side->session, 1);
        if (i >= 0) {
            side->us[i] = us;
        }
    }
}

static void take_turns(struct side *one, struct side *other, SSL_CTX *client) {
    for (int first = -WARMUP; first < rounds; first += TURN) {
        take_turn(one, client, first);
        take_turn(other, client, first);
    }
}

static void free_side(struct side *side) {
    SSL_SESSION_free(side->session);
    SSL_CTX_free(side->ctx);
    *side = (struct side){0};
}

static resume_server *server_with_store(const char *url) {
    static const uint8_t secret[] = "of this benchmark alone: a secret, long enough";
    resume_server_options *options = NULL;
    resume_store_options *store_options = NULL;
    resume_store *store = NULL;
    resume_server *server = NULL;
    int own = strcmp(url, "memory:") == 0; /* which takes no secret */
    check(resume_server_options_new(&options) == RESUME_OK &&
              resume_store_options_new(&store_options) == RESUME_OK &&
              (own || resume_store_options_set_secret(store_options, secret, sizeof secret) ==
                          RESUME_OK) &&
              resume_store_from_url(url, store_options, &store) == RESUME_OK &&
              resume_server_options_set_store(options, store) == RESUME_OK &&
              resume_server_new(options, &server) == RESUME_OK,
          url);
    resume_store_options_unref(store_options);
    resume_server_options_unref(options);
    resume_store_unref(store);
    return server;
}

static void wait_until_kept(resume_server *server) {
    uint64_t queued = 1;
    while (queued) {
        check(resume_store_stats(resume_server_store(server), RESUME_STORE_QUEUED, &queued) ==
                  RESUME_OK,
              "stats");
    }
}

/* TLS 1.2 by session ID: what the store adds to a handshake that resumes. */
static void compare_store(const char *name, const char *url) {
    static struct side side[2];
    const char *urls[2] = {"memory:", url};
    SSL_CTX *client = make_ctx(TLS_client_method(), TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    for (int i = 0; i < 2; i++) {
        resume_server *server = server_with_store(urls[i]);
        side[i].ctx = make_ctx(TLS_server_method(), TLS1_2_VERSION);
        use_certificate(side[i].ctx);
        check(resume_openssl_attach(side[i].ctx, server, NULL) == RESUME_OK, "attach");
        handshake(side[i].ctx, client, &side[i].session, 0);
        wait_until_kept(server);
        resume_server_unref(server);
    }
    take_turns(&side[0], &side[1], client);
    double peer = median(side[0].us, (size_t)rounds);
    double value = median(side[1].us, (size_t)rounds);
    printf(
        "{\"name\": \"resumed handshake, TLS 1.2 session ID, %s\", \"value\": %.2f, \"unit\": "
        "\"us\", \"peer\": \"memory:\", \"peer_value\": %.2f, \"ratio\": %.3f, \"target\": null, "
        "\"ok\": null}\n",
        name, value, peer, value / peer);
    free_side(&side[0]);
    free_side(&side[1]);
    SSL_CTX_free(client);
}

static void compare(const char *name, int version, int tickets, const char *target) {
    static struct side plain;
    static struct side attached;
    SSL_CTX *client = make_ctx(TLS_client_method(), version);
    plain.ctx = make_ctx(TLS_server_method(), version);
    attached.ctx = make_ctx(TLS_server_method(), version);
    resume_server_options *options = NULL;
    resume_keyring *keyring = NULL;
    resume_store *store = NULL;
    resume_server *server = NULL;
    use_certificate(plain.ctx);
    use_certificate(attached.ctx);
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    check(resume_server_options_new(&options) == RESUME_OK, "options");
    if (tickets) {
        uint64_t now_ms = (uint64_t)time(NULL) * 1000;
        check(resume_keyring_from_url("random:", NULL, now_ms, &keyring) == RESUME_OK, "keyring");
        check(resume_server_options_set_keyring(options, keyring) == RESUME_OK, "keyring");
    } else {
        SSL_CTX_set_options(plain.ctx, SSL_OP_NO_TICKET);
        check(SSL_CTX_set_session_id_context(plain.ctx, (const unsigned char *)"b", 1), "context");
        check(resume_store_from_url("memory:", NULL, &store) == RESUME_OK, "store");
        check(resume_server_options_set_store(options, store) == RESUME_OK, "store");
    }
    check(resume_server_new(options, &server) == RESUME_OK, "server");
    check(resume_openssl_attach(attached.ctx, server, NULL) == RESUME_OK, "attach");
    handshake(plain.ctx, client, &plain.session, 0);
    handshake(attached.ctx, client, &attached.session, 0);
    take_turns(&plain, &attached, client);
    double value = median(attached.us, (size_t)rounds);
    double peer = median(plain.us, (size_t)rounds);
    printf("{\"name\": \"%s\", \"value\": %.2f, \"unit\": \"us\", \"peer\": \"OpenSSL alone\", "
           "\"peer_value\": %.2f, \"ratio\": %.3f, \"target\": %s, \"ok\": %s}\n",
           name, value, peer, value / peer, target,
           strcmp(target, "null") == 0 ? "null"
           : value / peer <= 1.0       ? "true"
                                       : "false");
    free_side(&plain);
    free_side(&attached);
    SSL_CTX_free(client);
    resume_server_unref(server);
    resume_server_options_unref(options);
    resume_keyring_unref(keyring);
    resume_store_unref(store);
}

int main(int argc, char **argv) {
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        rounds = 50;
    }
    if (argc == 3) {
        compare_store(argv[1], argv[2]);
        return 0;
    }
    compare("resumed handshake, TLS 1.2 ticket", TLS1_2_VERSION, 1, "\"<= 1.00\"");
    compare("resumed handshake, TLS 1.3 ticket", TLS1_3_VERSION, 1, "null");
    compare("resumed handshake, TLS 1.2 session ID", TLS1_2_VERSION, 0, "null");
    compare("resumed handshake, TLS 1.3 stored", TLS1_3_VERSION, 0, "null");
    return 0;
}
