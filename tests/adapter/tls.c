/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See tls.h.
 */
#include "tls.h"

#include <openssl/x509v3.h>

#include <stdio.h>
#include <string.h>

const struct way ways[WAYS] = {
    [TICKET12] = {TLS1_2_VERSION, RESUME_MODE_TICKETS, RESUME_PATH_TLS12_TICKET, "1.2 ticket"},
    [ID12] = {TLS1_2_VERSION, RESUME_MODE_SESSION_IDS, RESUME_PATH_TLS12_SESSION_ID, "1.2 ID"},
    [TICKET13] = {TLS1_3_VERSION, RESUME_MODE_TICKETS, RESUME_PATH_TLS13_TICKET, "1.3 ticket"},
    [STORED13] = {TLS1_3_VERSION, RESUME_MODE_SESSION_IDS, RESUME_PATH_TLS13_STORED, "1.3 stored"},
};

struct identity identity_new(const char *name, const struct identity *issuer, long from,
                             long until) {
    static long serial = 1;
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    X509 *certificate = made.certificate;
    X509_NAME *subject = X509_get_subject_name(certificate);
    assert_true(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name,
                                           -1, -1, 0));
    assert_true(X509_set_version(certificate, X509_VERSION_3));
    assert_true(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), from));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), until));
    X509_EXTENSION *constraints =
        X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, issuer ? "CA:FALSE" : "CA:TRUE");
    assert_true(X509_add_ext(certificate, constraints, -1));
    X509_EXTENSION_free(constraints);
    const X509 *above = issuer ? issuer->certificate : certificate;
    assert_true(X509_set_issuer_name(certificate, X509_get_subject_name(above)));
    assert_true(X509_set_pubkey(certificate, made.key));
    assert_true(X509_sign(certificate, issuer ? issuer->key : made.key, EVP_sha256()) > 0);
    return made;
}

void identity_free(struct identity *identity) {
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    *identity = (struct identity){NULL, NULL};
}

resume_keyring *keyring_new(void) {
    resume_keyring *keyring = NULL;
    OK(resume_keyring_from_url("random:", NULL, (uint64_t)time(NULL) * 1000, &keyring));
    return keyring;
}

resume_store *store_new(void) {
    resume_store *store = NULL;
    OK(resume_store_from_url("memory:?bytes=1M", NULL, &store));
    return store;
}

resume_server *server_for(const struct way *way, const struct wish *wish) {
    resume_server_options *options = NULL;
    resume_server *server = NULL;
    resume_policy *policy = wish && wish->policy ? resume_policy_ref(wish->policy) : NULL;
    if (!policy) {
        OK(resume_policy_new(&policy));
    }
    resume_keyring *keyring =
        wish && wish->keyring ? resume_keyring_ref(wish->keyring) : keyring_new();
    resume_store *store = wish && wish->store ? resume_store_ref(wish->store) : store_new();
    OK(resume_policy_set_modes(policy, way->mode));
    OK(resume_server_options_new(&options));
    OK(resume_server_options_set_policy(options, policy));
    OK(resume_server_options_set_keyring(options, keyring));
    OK(resume_server_options_set_store(options, store));
    OK(resume_server_new(options, &server));
    resume_server_options_unref(options);
    resume_keyring_unref(keyring);
    resume_store_unref(store);
    resume_policy_unref(policy);
    return server;
}

static SSL_CTX *ctx_of(const SSL_METHOD *method, const struct way *way) {
    SSL_CTX *ctx = SSL_CTX_new(method);
    assert_non_null(ctx);
    assert_true(SSL_CTX_set_min_proto_version(ctx, way->version));
    assert_true(SSL_CTX_set_max_proto_version(ctx, way->version));
    return ctx;
}

void use_identity(SSL_CTX *ctx, const struct identity *identity) {
    assert_int_equal(SSL_CTX_use_certificate(ctx, identity->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, identity->key), 1);
}

SSL_CTX *server_ctx(const struct way *way) {
    static struct identity identity;
    if (!identity.key) {
        identity = identity_new("server", NULL, -3600, 86400);
    }
    SSL_CTX *ctx = ctx_of(TLS_server_method(), way);
    use_identity(ctx, &identity);
    return ctx;
}

SSL_CTX *client_ctx(const struct way *way) {
    return ctx_of(TLS_client_method(), way);
}

SSL_CTX *attached_ctx(const struct way *way, const struct wish *wish) {
    SSL_CTX *ctx = server_ctx(way);
    resume_server *server = server_for(way, wish);
    OK(resume_openssl_attach(ctx, server, NULL));
    resume_server_unref(server);
    return ctx;
}

void set_name(SSL *client, const char *name) {
    char copy[256]; /* libssl's macro casts const away */
    snprintf(copy, sizeof copy, "%s", name);
    SSL_set_tlsext_host_name(client, copy);
}

struct visit visit_begin(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION *offer) {
    struct visit visit = {SSL_new(server), SSL_new(client), false, false};
    BIO *server_bio = NULL;
    BIO *client_bio = NULL;
    assert_non_null(visit.server);
    assert_non_null(visit.client);
    assert_true(BIO_new_bio_pair(&server_bio, 1 << 17, &client_bio, 1 << 17));
    SSL_set_bio(visit.server, server_bio, server_bio);
    SSL_set_bio(visit.client, client_bio, client_bio);
    SSL_set_accept_state(visit.server);
    SSL_set_connect_state(visit.client);
    if (name) {
        set_name(visit.client, name);
    }
    if (offer) {
        SSL_SESSION *copy = session_copy(offer); /* libssl may mark what was offered */
        assert_int_equal(SSL_set_session(visit.client, copy), 1);
        SSL_SESSION_free(copy);
    }
    return visit;
}

static bool over(SSL *ssl, int result) {
    int error = SSL_get_error(ssl, result);
    return result != 1 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

void visit_run(struct visit *visit) {
    char byte;
    for (int i = 0; i < 10; i++) {
        bool client_over = over(visit->client, SSL_do_handshake(visit->client));
        bool server_over = over(visit->server, SSL_do_handshake(visit->server));
        if (client_over || server_over) {
            /* The other end has yet to read the alert. */
            SSL_do_handshake(visit->client);
            SSL_do_handshake(visit->server);
            return;
        }
        if (SSL_is_init_finished(visit->client) && SSL_is_init_finished(visit->server)) {
            break;
        }
    }
    /* TLS 1.3's tickets come behind the handshake; a malformed one is an error here. */
    int result = SSL_read(visit->client, &byte, 1);
    visit->ok = SSL_is_init_finished(visit->client) && SSL_is_init_finished(visit->server) &&
                !over(visit->client, result);
    visit->reused = visit->ok && SSL_session_reused(visit->server);
    if (visit->ok) {
        assert_int_equal(SSL_session_reused(visit->client), SSL_session_reused(visit->server));
    }
}

void visit_talk(struct visit *visit) {
    char got[4] = {0};
    assert_int_equal(SSL_write(visit->client, "ask", 3), 3);
    assert_int_equal(SSL_read(visit->server, got, 3), 3);
    assert_int_equal(SSL_write(visit->server, "say", 3), 3);
    assert_int_equal(SSL_read(visit->client, got, 3), 3);
    assert_string_equal(got, "say");
}

SSL_SESSION *visit_session(const struct visit *visit) {
    SSL_SESSION *session = SSL_get0_session(visit->client);
    return session && SSL_SESSION_is_resumable(session) ? session_copy(session) : NULL;
}

void visit_end(struct visit *visit) {
    SSL_shutdown(visit->client);
    SSL_shutdown(visit->server);
    SSL_free(visit->client);
    SSL_free(visit->server);
}

bool resumes(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION *offer) {
    struct visit visit = visit_begin(server, client, name, offer);
    visit_run(&visit);
    assert_true(visit.ok);
    visit_talk(&visit);
    visit_end(&visit);
    return visit.reused;
}

SSL_SESSION *session_from(SSL_CTX *server, SSL_CTX *client, const char *name) {
    struct visit visit = visit_begin(server, client, name, NULL);
    visit_run(&visit);
    assert_true(visit.ok);
    assert_false(visit.reused);
    SSL_SESSION *session = visit_session(&visit);
    visit_end(&visit);
    return session;
}

bool resumes_on(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION **session) {
    struct visit visit = visit_begin(server, client, name, *session);
    visit_run(&visit);
    assert_true(visit.ok);
    visit_talk(&visit);
    SSL_SESSION *next = visit_session(&visit);
    visit_end(&visit);
    if (next) {
        SSL_SESSION_free(*session);
        *session = next;
    }
    return visit.reused;
}

SSL_SESSION *session_copy(SSL_SESSION *session) {
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der);
    assert_true(len > 0);
    const unsigned char *p = der;
    SSL_SESSION *copy = d2i_SSL_SESSION(NULL, &p, len);
    assert_non_null(copy);
    OPENSSL_free(der);
    return copy;
}

/* Length of a DER element's header and of all of it. */
static size_t element(const uint8_t *p, size_t *ret_header) {
    size_t bytes = p[1] & 0x80 ? p[1] & 0x7fU : 0;
    size_t len = bytes ? 0 : p[1];
    for (size_t i = 0; i < bytes; i++) {
        len = len << 8 | p[2 + i];
    }
    *ret_header = 2 + bytes;
    return 2 + bytes + len;
}

static size_t put_header(uint8_t *out, uint8_t tag, size_t len) {
    out[0] = tag;
    out[1] = 0x82;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    return 4;
}

SSL_SESSION *session_with_ticket(SSL_SESSION *session, const uint8_t *ticket, size_t ticket_len) {
    static uint8_t out[70000];
    unsigned char *der = NULL;
    int der_len = i2d_SSL_SESSION(session, &der);
    size_t header = 0;
    size_t used = 4;
    assert_true(der_len > 0);
    element(der, &header);
    for (size_t at = header, len = 0; at < (size_t)der_len; at += len) {
        size_t inner = 0;
        len = element(der + at, &inner);
        if (der[at] == 0xAA) { /* [10], the ticket: re-encoded without shortest lengths */
            used += put_header(out + used, 0xAA, ticket_len + 4);
            used += put_header(out + used, 0x04, ticket_len);
            memcpy(out + used, ticket, ticket_len);
            used += ticket_len;
        } else {
            memcpy(out + used, der + at, len);
            used += len;
        }
    }
    put_header(out, 0x30, used - 4);
    OPENSSL_free(der);
    const unsigned char *p = out;
    SSL_SESSION *made = d2i_SSL_SESSION(NULL, &p, (long)used);
    assert_non_null(made);
    return made;
}

uint64_t counted(SSL_CTX *ctx, const struct way *way, resume_reason reason) {
    return resume_server_counter(resume_openssl_server(ctx), way->path, reason);
}

void explain(SSL_CTX *ctx, const struct way *way) {
    for (resume_reason reason = 0; reason < resume_reason_count(); reason++) {
        if (counted(ctx, way, reason)) {
            print_message("%s: %s %u\n", way->name, resume_reason_name(reason),
                          (unsigned)counted(ctx, way, reason));
        }
    }
}
