/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real TLS in memory for the adapter's tests: certificates made on the spot, a server and a client
 * of libssl on a BIO pair, and the four ways to resume. No sockets, no files, no sleeps.
 */
#ifndef ADAPTER_TLS_H
#define ADAPTER_TLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <resume/openssl.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdbool.h>
#include <time.h>

#define FOR_EACH_WAY(way) for (const struct way *way = ways; way < ways + WAYS; way++)

#define OK(call) assert_int_equal((call), RESUME_OK)

/* A way to resume: version, and ticket or store. */
struct way {
    int version;
    uint32_t mode;
    int32_t path;
    const char *name;
};

enum { TICKET12, ID12, TICKET13, STORED13, WAYS };
extern const struct way ways[WAYS];

/* How a test wants its server; all zero is the default. */
struct wish {
    resume_keyring *keyring; /* NULL: one of its own */
    resume_store *store;     /* NULL: one of its own */
    resume_policy *policy;   /* NULL: the default. Its modes are set to the way's. */
};

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

/* A certificate for name, signed by issuer (NULL: by itself), good from then until then, in
 * seconds from now. */
struct identity identity_new(const char *name, const struct identity *issuer, long from,
                             long until);
void identity_free(struct identity *identity);

resume_keyring *keyring_new(void);
resume_store *store_new(void);
resume_server *server_for(const struct way *way, const struct wish *wish);

/* SSL_CTXs that speak the way's version only. The server has a certificate. */
SSL_CTX *server_ctx(const struct way *way);
SSL_CTX *client_ctx(const struct way *way);
/* With a server of its own attached, which it alone keeps alive. */
SSL_CTX *attached_ctx(const struct way *way, const struct wish *wish);
/* The client has this certificate. */
void use_identity(SSL_CTX *ctx, const struct identity *identity);

/* One connection. */
struct visit {
    SSL *server;
    SSL *client;
    bool ok;     /* the handshake succeeded at both ends */
    bool reused; /* it resumed; both ends agree */
};

struct visit visit_begin(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION *offer);
/* The server name that a client will send. */
void set_name(SSL *client, const char *name);
/* Runs the handshake and takes what tickets come. */
void visit_run(struct visit *visit);
/* A message each way. */
void visit_talk(struct visit *visit);
/* What the client would offer next time; free it with SSL_SESSION_free(). NULL if nothing. */
SSL_SESSION *visit_session(const struct visit *visit);
void visit_end(struct visit *visit);

/* Whole connections. The handshake must succeed. */
bool resumes(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION *offer);
SSL_SESSION *session_from(SSL_CTX *server, SSL_CTX *client, const char *name);
/* Offers a session and takes the next one in its place, or keeps it if none came. */
bool resumes_on(SSL_CTX *server, SSL_CTX *client, const char *name, SSL_SESSION **session);

/* The client's copy of a session; its ticket replaced if ticket is not NULL. */
SSL_SESSION *session_copy(SSL_SESSION *session);
SSL_SESSION *session_with_ticket(SSL_SESSION *session, const uint8_t *ticket, size_t ticket_len);

/* What a server counted. */
uint64_t counted(SSL_CTX *ctx, const struct way *way, resume_reason reason);
/* Says on the test's log which outcomes there were. */
void explain(SSL_CTX *ctx, const struct way *way);

#endif
