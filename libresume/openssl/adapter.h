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
#include <stdbool.h>
#include <stddef.h>

#define RSM_DIGEST_SIZE 32
#define RSM_SUITE_NAMES 256

/* Runs in every resumed handshake: laid side by side, because the caches are cold there. */
#if defined(__GNUC__)
#define RSM_HOT __attribute__((hot))
#else
#define RSM_HOT
#endif

typedef void (*rsm_info_fn)(const SSL *ssl, int where, int value);

/* The settings that decide which client certificates a server accepts. */
struct rsm_client_auth_settings {
    int mode;
    int depth;
    int level;
    int ca_count;
    unsigned long flags;
    const STACK_OF(X509_NAME) * names;
    X509_STORE *store;
};

/* The digest of an SSL_CTX's own settings, computed when they are first met. */
struct rsm_client_auth {
    pthread_mutex_t lock;
    struct rsm_client_auth_settings settings; /* mode 0: nothing computed yet */
    uint8_t digest[RSM_DIGEST_SIZE];
};

/* An SSL_CTX as it was before the attachment. */
struct rsm_before {
    uint64_t options;
    int cache_mode;
    long timeout;
    size_t num_tickets;
    rsm_info_fn info;
    char suites[RSM_SUITE_NAMES]; /* of TLS 1.3, if their order was changed; else "" */
};

struct rsm_attachment {
    atomic_uint refs;
    uint64_t serial; /* from 1 on, and never used again */
    resume_server *server;
    resume_openssl_client_hello_fn next_hello;
    void *next_arg;
    struct rsm_client_auth client_auth;
    struct rsm_before before;
};

/* What the store said about an ID, kept because a ClientHello that follows a HelloRetryRequest asks
 * again: it must not be counted twice, nor find its single-use session gone. */
struct rsm_lookup {
    resume_session *found; /* NULL: nothing that may resume */
    bool done;
    uint8_t id_len;
    uint8_t id[32];
};

#define RSM_SUITES_MAX 64

/* One handshake. Lives as long as its SSL and is reset by each ClientHello. What each handshake
 * needs comes first, to lie on few cache lines. */
struct rsm_link {
    struct rsm_attachment *attachment;
    resume_connection *connection;
    uint8_t context[RESUME_CONTEXT_SIZE]; /* under which this connection's sessions are issued */
    size_t context_len;
    const unsigned char *offered; /* the hello's suites, which libssl has eaten when it asks us */
    size_t offered_len;
    int client_auth_len;
    unsigned hellos;             /* in this handshake; the second follows a HelloRetryRequest */
    bool extended_master_secret; /* this connection has it if it is TLS 1.2 */
    bool refuse;                 /* nothing may resume: the hello was odd, or memory short */
    bool pending;                /* an outcome that is not counted yet */
    bool stored;                 /* this connection's session is in the store */
    int32_t path;                /* of the outcome */
    resume_reason reason;        /* of the outcome */
    resume_reason open_reason;   /* why a ticket that libssl could not open did not open */
    uint64_t age_ms;             /* of the session of the outcome */
    uint64_t authenticated_ms;   /* of the session that resumes; 0 while none does */
    uint64_t opened_ms;          /* when libssl asked for the ticket's key; 0 before */
    resume_key *sealing_key;     /* chosen when the lifetime was, so that both fit */
    struct rsm_lookup lookup;
    size_t server_name_len;
    /* Read up to their lengths only, and so not cleared: */
    uint8_t server_name[255];
    uint8_t client_auth[RSM_DIGEST_SIZE]; /* what the context says of client certificates */
    uint8_t suites[2 * RSM_SUITES_MAX]; /* of the facts, where they are not the hello's own list */
};

/* attachment.c */
struct rsm_attachment *rsm_attachment_of(const SSL_CTX *ctx);
struct rsm_attachment *rsm_attachment_ref(struct rsm_attachment *attachment);
void rsm_attachment_unref(struct rsm_attachment *attachment);
/* Are session IDs looked up in a store? */
bool rsm_attachment_finds(const struct rsm_attachment *attachment);

/* suites.c */
/* Moves the TLS 1.3 suites with SHA-256 to the front, and notes the order that was. False if there
 * is no memory; then nothing has changed. */
bool rsm_suites_sha256_first(SSL_CTX *ctx, struct rsm_before *before);
void rsm_suites_set_back(SSL_CTX *ctx, const struct rsm_before *before);

/* link.c */
bool rsm_link_prepare(void); /* under a lock, before all else */
/* For SSL_get_ex_new_index(): a copy of an SSL has no link yet; the client's links share it. */
int rsm_link_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr, int idx, long argl,
                 void *argp);
struct rsm_link *rsm_link_of(const SSL *ssl);
/* Makes or renews the link for the ClientHello that is being processed. */
void rsm_link_hello(SSL *ssl, struct rsm_attachment *attachment);
/* Holds an outcome back until the handshake shows what libssl made of it. */
void rsm_link_expect(struct rsm_link *link, int32_t path, resume_reason reason, uint64_t age_ms);
/* Counts the outcome that is held back. */
void rsm_link_settle(struct rsm_link *link, const SSL *ssl);
/* The handshake is over. */
void rsm_link_finish(struct rsm_link *link, const SSL *ssl);
/* Another handshake begins on the same SSL: renegotiation, or SSL_clear() and reuse. */
void rsm_link_restart(struct rsm_link *link);
/* False if what was set about client certificates is no longer what the context stands for, as
 * after SSL_set_SSL_CTX() in a servername callback. */
bool rsm_link_still_holds(struct rsm_link *link, SSL *ssl);
int32_t rsm_link_path(const SSL *ssl, bool ticket);
/* True if sessions of this connection are found by ID, not by a self-contained ticket. */
bool rsm_link_is_stateful(const SSL *ssl);

/* client_auth.c: 0, or RSM_DIGEST_SIZE bytes that stand for all that was set about client
 * certificates. Negative without memory. */
int rsm_client_auth_digest(struct rsm_attachment *attachment, SSL *ssl, uint8_t *digest);

/* admit.c */
/* The facts of the ClientHello that is being processed, for the server's decision. suite is that
 * of the session if it is known already, else 0. */
void rsm_admit_facts(SSL *ssl, struct rsm_link *link, uint16_t suite);
/* What the core cannot see: RESUME_REASON_RESUMED, or why this session may not resume here. */
resume_reason rsm_admit_check(SSL_SESSION *session);
/* Makes an accepted session pass libssl's own checks and look as the application left it. */
bool rsm_admit_session(SSL *ssl, struct rsm_link *link, SSL_SESSION *session);
/* Gives the session the server name of the hello. */
bool rsm_admit_name(const struct rsm_link *link, SSL_SESSION *session);
/* At most until the client certificate ends. */
uint32_t rsm_admit_lifetime(SSL_SESSION *session, uint32_t seconds);

/* ticket_key.c */
struct rsm_ticket_keys {
    const uint8_t *cipher_key;
    size_t cipher_len;
    const uint8_t *mac_key;
    size_t mac_len;
    resume_key *key;       /* whose bytes they are; NULL for a throwaway */
    uint8_t throwaway[64]; /* of a ticket that nobody shall open */
};
/* Chooses the keys of a ticket, and name and IV of one to seal. The result is what the callback
 * answers libssl if it can use them; no keys unless positive. End it in any case. */
int rsm_ticket_key_begin(SSL *ssl, uint8_t *name, uint8_t *iv, int enc,
                         struct rsm_ticket_keys *ret_keys);
/* The final answer, after the keys were set or not. */
int rsm_ticket_key_end(SSL *ssl, struct rsm_ticket_keys *keys, int enc, int answer, bool set);
const EVP_CIPHER *rsm_ticket_cipher(size_t key_len);
const EVP_MD *rsm_ticket_digest(void);
/* Under a lock, before all else: false if libcrypto does not give them all. */
bool rsm_ticket_algorithms(void);

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
void rsm_stored_forget(const SSL *ssl, struct rsm_link *link);

/* appdata.c: the time of authentication inside an SSL_SESSION's application data, beside the
 * application's own. */
uint64_t rsm_appdata_authenticated(SSL_SESSION *session);
/* authenticated_ms 0: only what keeps the application's data apart from a container. */
bool rsm_appdata_pack(SSL_SESSION *session, uint64_t authenticated_ms);
bool rsm_appdata_unpack(SSL_SESSION *session);

/* clock.c */
uint64_t rsm_now_ms(void);

#endif
