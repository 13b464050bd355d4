/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's inside: the attachment of an SSL_CTX, the link of an SSL, and the callbacks that
 * meet in them. The adapter sees libresume's public headers and libssl, nothing else.
 */
#ifndef RSM_OPENSSL_ADAPTER_H
#define RSM_OPENSSL_ADAPTER_H

#include <resume/openssl.h>

#include <openssl/ssl.h>

#include <pthread.h>
#include <stdatomic.h>

#define RSM_DIGEST_SIZE 32

typedef void (*rsm_info_fn)(const SSL *ssl, int where, int value);

/* What was computed from the client-authentication settings, and the settings it stands for. */
struct rsm_client_auth {
    pthread_mutex_t lock;
    int mode; /* SSL_VERIFY_NONE: nothing computed yet */
    int depth;
    unsigned long flags;
    int ca_count;
    const X509_STORE *store;
    uint8_t digest[RSM_DIGEST_SIZE];
};

struct rsm_attachment {
    atomic_uint refs;
    resume_server *server;
    resume_openssl_client_hello_fn next_hello;
    void *next_arg;
    struct rsm_client_auth client_auth;
    /* As the SSL_CTX was before. */
    uint64_t options;
    int cache_mode;
    long timeout;
    rsm_info_fn info;
};

/* One handshake. Lives as long as its SSL and is reset by each ClientHello. */
struct rsm_link {
    struct rsm_attachment *attachment;
    resume_connection *connection;
    uint8_t context[RESUME_CONTEXT_SIZE]; /* under which this connection's sessions are issued */
    size_t context_len;
    uint8_t server_name[255];
    size_t server_name_len;
    const unsigned char *suites; /* of the hello, borrowed while libssl processes it */
    size_t suites_len;
    bool refuse;               /* nothing may resume: the hello was odd, or memory short */
    bool pending;              /* an outcome that is not counted yet */
    int32_t path;              /* of the outcome */
    resume_reason reason;      /* of the outcome */
    resume_reason open_reason; /* why a ticket that libssl could not open did not open */
    uint64_t age_ms;           /* of the session of the outcome */
    uint64_t authenticated_ms; /* of the session that resumes; 0 while none does */
    resume_key *sealing_key;   /* chosen when the lifetime was, so that both fit */
};

/* attachment.c */
struct rsm_attachment *rsm_attachment_of(const SSL_CTX *ctx);
struct rsm_attachment *rsm_attachment_ref(struct rsm_attachment *attachment);
void rsm_attachment_unref(struct rsm_attachment *attachment);

/* link.c */
struct rsm_link *rsm_link_of(const SSL *ssl);
/* The link of a new ClientHello, or NULL without memory. */
struct rsm_link *rsm_link_renew(SSL *ssl, struct rsm_attachment *attachment);
/* Holds an outcome back until the handshake shows what libssl made of it. */
void rsm_link_expect(struct rsm_link *link, int32_t path, resume_reason reason, uint64_t age_ms);
/* Counts the outcome that is held back. */
void rsm_link_settle(struct rsm_link *link, const SSL *ssl);
/* The facts that the rules need, from the ClientHello that is being processed. */
void rsm_link_facts(struct rsm_link *link, SSL *ssl);
int32_t rsm_link_path(const SSL *ssl, bool ticket);

/* client_auth.c: 0, or RSM_DIGEST_SIZE bytes that stand for all that was set about client
 * certificates. Negative without memory. */
int rsm_client_auth_digest(struct rsm_client_auth *cache, SSL *ssl, uint8_t *digest);

/* ticket_key.c */
resume_key *rsm_ticket_key_to_open(SSL *ssl, const uint8_t *name, int *ret_answer);
resume_key *rsm_ticket_key_to_seal(SSL *ssl, uint8_t *name, uint8_t *iv);
const EVP_CIPHER *rsm_ticket_cipher(size_t key_len);
const EVP_MD *rsm_ticket_digest(void);
bool rsm_ticket_algorithms(void); /* fetches both once; false if libcrypto lacks one */

/* ticket_key_hmac.c or ticket_key_evp.c, whichever form of callback this libssl has */
void rsm_ticket_key_install(SSL_CTX *ctx);
void rsm_ticket_key_remove(SSL_CTX *ctx);

/* ticket.c */
int rsm_ticket_generate(SSL *ssl, void *arg);
SSL_TICKET_RETURN rsm_ticket_decide(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t name_len, SSL_TICKET_STATUS status, void *arg);

/* stored.c */
int rsm_stored_new(SSL *ssl, SSL_SESSION *session);
SSL_SESSION *rsm_stored_get(SSL *ssl, const unsigned char *id, int id_len, int *copy);
void rsm_stored_info(const SSL *ssl, int where, int value);

/* appdata.c: the time of authentication inside an SSL_SESSION's application data, beside the
 * application's own. */
uint64_t rsm_appdata_authenticated(SSL_SESSION *session);
bool rsm_appdata_set_authenticated(SSL_SESSION *session, uint64_t authenticated_ms);
void rsm_appdata_show_application(SSL_SESSION *session);

/* clock.c */
uint64_t rsm_now_ms(void);

#endif
