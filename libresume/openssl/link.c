/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link of a connection: made by the ClientHello callback, which runs before libssl looks for
 * a session and so is the place to set the context that isolates server names and policies.
 */
#include "adapter.h"

#include <string.h>

static atomic_int link_index = -1;

static void forget_lookup(struct rsm_lookup *lookup) {
    lookup->found = resume_session_unref(lookup->found);
    lookup->done = false;
    lookup->id_len = 0;
}

RSM_HOT void rsm_link_finish(struct rsm_link *link, const SSL *ssl) {
    rsm_link_settle(link, ssl);
    forget_lookup(&link->lookup);
    link->offered = NULL; /* gone with the hello */
    link->offered_len = 0;
}

static void on_link_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl,
                         void *argp) {
    (void)data;
    (void)idx;
    (void)argl;
    (void)argp;
    struct rsm_link *link = ptr;
    if (link) {
        rsm_link_finish(link, parent); /* SSL_free() does this first: the SSL is still whole */
        resume_key_unref(link->sealing_key);
        resume_connection_unref(link->connection);
        rsm_attachment_unref(link->attachment);
        OPENSSL_free(link);
    }
}

/* SSL_dup() would otherwise copy the pointer, and two SSLs free one link. */
int rsm_link_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr, int idx, long argl,
                 void *argp) {
    (void)to;
    (void)from;
    (void)idx;
    (void)argl;
    (void)argp;
    *ptr = NULL;
    return 1;
}

bool rsm_link_prepare(void) {
    if (atomic_load(&link_index) < 0) {
        atomic_store(&link_index, SSL_get_ex_new_index(0, NULL, NULL, rsm_link_dup, on_link_free));
    }
    return atomic_load(&link_index) >= 0;
}

RSM_HOT struct rsm_link *rsm_link_of(const SSL *ssl) {
    int index = atomic_load_explicit(&link_index, memory_order_acquire);
    return index >= 0 ? SSL_get_ex_data(ssl, index) : NULL;
}

static struct rsm_link *make_link(SSL *ssl) {
    struct rsm_link *link = OPENSSL_malloc(sizeof *link);
    if (!link) {
        return NULL;
    }
    memset(link, 0, offsetof(struct rsm_link, server_name));
    if (resume_connection_new(&link->connection) != RESUME_OK ||
        !SSL_set_ex_data(ssl, link_index, link)) {
        resume_connection_unref(link->connection);
        OPENSSL_free(link);
        return NULL;
    }
    return link;
}

void rsm_link_restart(struct rsm_link *link) {
    rsm_link_finish(link, NULL);
    link->hellos = 0;
    link->stored = false;
}

/* The link of a new ClientHello, or NULL without memory. */
static struct rsm_link *renew(SSL *ssl, struct rsm_attachment *attachment) {
    struct rsm_link *link = rsm_link_of(ssl);
    link = link ? link : make_link(ssl);
    if (!link) {
        return NULL;
    }
    link->hellos++;
    link->pending = false; /* after a HelloRetryRequest the second hello's outcome is the one */
    if (link->attachment != attachment) {
        rsm_attachment_unref(link->attachment);
        link->attachment = rsm_attachment_ref(attachment);
        forget_lookup(&link->lookup);
    }
    link->sealing_key = resume_key_unref(link->sealing_key);
    link->context_len = 0;
    link->client_auth_len = 0;
    link->server_name_len = 0;
    link->offered = NULL;
    link->offered_len = 0;
    link->refuse = true; /* until the hello has been read */
    link->open_reason = RESUME_REASON_MALFORMED;
    link->authenticated_ms = 0;
    link->opened_ms = 0;
    return link;
}

RSM_HOT void rsm_link_expect(struct rsm_link *link, int32_t path, resume_reason reason,
                             uint64_t age_ms) {
    rsm_link_settle(link, NULL); /* TLS 1.3 clients may offer several */
    link->pending = true;
    link->path = path;
    link->reason = reason;
    link->age_ms = age_ms;
}

/* What libssl checks after us and the common case of ticket.c does not: EMS in TLS 1.2. */
static resume_reason declined_by_libssl(const SSL *ssl) {
    return ssl && SSL_is_init_finished(ssl) ? RESUME_REASON_EMS_MISSING_IN_SESSION
                                            : RESUME_REASON_FAILED;
}

void rsm_link_settle(struct rsm_link *link, const SSL *ssl) {
    if (!link->pending) {
        return;
    }
    bool accepted = link->reason == RESUME_REASON_RESUMED || link->reason == RESUME_REASON_RENEWED;
    if (accepted && !(ssl && SSL_session_reused(ssl))) {
        link->reason = declined_by_libssl(ssl);
    }
    link->pending = false;
    (void)!resume_server_count(link->attachment->server, link->path, link->reason, link->age_ms,
                               rsm_now_ms());
}

RSM_HOT bool rsm_link_is_stateful(const SSL *ssl) {
    return SSL_get_options(ssl) & SSL_OP_NO_TICKET;
}

RSM_HOT int32_t rsm_link_path(const SSL *ssl, bool ticket) {
    if (SSL_version(ssl) == TLS1_3_VERSION) {
        return ticket ? RESUME_PATH_TLS13_TICKET : RESUME_PATH_TLS13_STORED;
    }
    return ticket ? RESUME_PATH_TLS12_TICKET : RESUME_PATH_TLS12_SESSION_ID;
}

static bool has_extension(SSL *ssl, unsigned int number) {
    const unsigned char *data = NULL;
    size_t len = 0;
    return SSL_client_hello_get0_ext(ssl, number, &data, &len) == 1;
}

/* The host name of the server_name extension (RFC 6066 section 3): one entry of type 0. False if
 * the extension is there and odd; no name and true if it is absent. */
static bool read_server_name(SSL *ssl, struct rsm_link *link) {
    const unsigned char *p = NULL;
    size_t len = 0;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &len)) {
        return true;
    }
    if (len < 5 || (size_t)(p[0] << 8 | p[1]) != len - 2 || p[2] != TLSEXT_NAMETYPE_host_name) {
        return false;
    }
    size_t name_len = (size_t)(p[3] << 8 | p[4]);
    if (name_len != len - 5 || name_len == 0 || name_len > sizeof link->server_name ||
        memchr(p + 5, 0, name_len)) {
        return false;
    }
    memcpy(link->server_name, p + 5, name_len);
    link->server_name_len = name_len;
    return true;
}

/* The context that a thread computed last, and from what: most connections ask for it again. What
 * an attachment's policy says never changes, and its serial is no other's. Small, as what threads
 * own has to be (tests/abi), so longer names are not remembered. */
struct last_context {
    uint64_t serial; /* of the attachment; 0: nothing yet */
    uint8_t context_len;
    uint8_t client_auth_len;
    uint8_t server_name_len;
    uint8_t server_name[61];
    uint8_t client_auth[RSM_DIGEST_SIZE];
    uint8_t context[RESUME_CONTEXT_SIZE];
};

static _Thread_local struct last_context last_context;

static bool is_for(const struct last_context *last, const struct rsm_link *link) {
    return last->serial == link->attachment->serial &&
           last->client_auth_len == link->client_auth_len &&
           last->server_name_len == link->server_name_len &&
           memcmp(last->server_name, link->server_name, link->server_name_len) == 0 &&
           memcmp(last->client_auth, link->client_auth, (size_t)link->client_auth_len) == 0;
}

static void remember(struct last_context *last, const struct rsm_link *link) {
    if (link->server_name_len > sizeof last->server_name) {
        return;
    }
    last->serial = link->attachment->serial;
    last->context_len = (uint8_t)link->context_len;
    memcpy(last->context, link->context, link->context_len);
    last->client_auth_len = (uint8_t)link->client_auth_len;
    memcpy(last->client_auth, link->client_auth, (size_t)link->client_auth_len);
    last->server_name_len = (uint8_t)link->server_name_len;
    memcpy(last->server_name, link->server_name, link->server_name_len);
}

static bool compute_context(struct rsm_link *link) {
    const resume_policy *policy = resume_server_policy(link->attachment->server);
    const uint8_t *name = link->server_name_len ? link->server_name : NULL;
    const uint8_t *auth = link->client_auth_len > 0 ? link->client_auth : NULL;
    return resume_policy_context(policy, name, link->server_name_len, auth,
                                 (size_t)link->client_auth_len, link->context, sizeof link->context,
                                 &link->context_len) == RESUME_OK;
}

static RSM_HOT bool set_context(SSL *ssl, struct rsm_link *link) {
    link->client_auth_len = rsm_client_auth_digest(link->attachment, ssl, link->client_auth);
    if (link->client_auth_len < 0) {
        return false;
    }
    struct last_context *last = &last_context;
    if (is_for(last, link)) {
        memcpy(link->context, last->context, last->context_len);
        link->context_len = last->context_len;
    } else if (compute_context(link)) {
        remember(last, link);
    } else {
        return false;
    }
    return SSL_set_session_id_context(ssl, link->context, (unsigned int)link->context_len) == 1;
}

bool rsm_link_still_holds(struct rsm_link *link, SSL *ssl) {
    uint8_t now[RSM_DIGEST_SIZE];
    int len = rsm_client_auth_digest(link->attachment, ssl, now);
    return link->context_len > 0 && len >= 0 && len == link->client_auth_len &&
           memcmp(now, link->client_auth, (size_t)len) == 0;
}

/* True if this connection will be TLS 1.3: offered (RFC 8446 section 4.2.1) and enabled here. */
static bool meets_in_tls13(SSL *ssl) {
    const unsigned char *data = NULL;
    size_t len = 0;
    uint64_t max = (uint64_t)SSL_get_max_proto_version(ssl); /* 0: whatever libssl has */
    if ((max != 0 && max < TLS1_3_VERSION) || (SSL_get_options(ssl) & SSL_OP_NO_TLSv1_3) ||
        !SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &data, &len)) {
        return false;
    }
    for (size_t i = 1; i + 1 < len; i += 2) { /* behind the list's length */
        if ((data[i] << 8 | data[i + 1]) == TLS1_3_VERSION) {
            return true;
        }
    }
    return false;
}

/* TLS 1.3 clients fill the session ID with random bytes (RFC 8446 appendix D.4), so there only a
 * ticket or PSK is an offer; and so where nobody looks IDs up. */
static bool offers_nothing(SSL *ssl, const struct rsm_attachment *attachment) {
    const unsigned char *data = NULL;
    size_t len = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &data, &len) && len > 0) {
        return false;
    }
    if (has_extension(ssl, TLSEXT_TYPE_psk)) {
        return false;
    }
    return SSL_client_hello_get0_session_id(ssl, &data) == 0 || !rsm_attachment_finds(attachment) ||
           meets_in_tls13(ssl);
}

RSM_HOT void rsm_link_hello(SSL *ssl, struct rsm_attachment *attachment) {
    struct rsm_link *link = renew(ssl, attachment);
    if (!link) {
        return;
    }
    bool named = read_server_name(ssl, link);
    link->refuse = !set_context(ssl, link) || !named;
    link->extended_master_secret = has_extension(ssl, TLSEXT_TYPE_extended_master_secret) &&
                                   !(SSL_get_options(ssl) & SSL_OP_NO_EXTENDED_MASTER_SECRET);
    link->offered_len = SSL_client_hello_get0_ciphers(ssl, &link->offered);
    if (link->hellos == 1 && offers_nothing(ssl, attachment)) {
        (void)!resume_server_count(attachment->server, RESUME_PATH_NONE, RESUME_REASON_NOT_OFFERED,
                                   0, rsm_now_ms());
    }
}

int resume_openssl_client_hello(SSL *ssl, int *ret_alert, void *arg) {
    (void)ret_alert;
    (void)arg;
    struct rsm_attachment *attachment = ssl ? rsm_attachment_of(SSL_get_SSL_CTX(ssl)) : NULL;
    if (attachment) {
        rsm_link_hello(ssl, attachment);
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}
