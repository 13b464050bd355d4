/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link of a connection: made by the ClientHello callback, which runs before libssl looks for
 * a session and so is the place to set the context that isolates server names and policies.
 */
#include "adapter.h"

#include <string.h>

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int link_index = -1;

static void on_link_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl,
                         void *argp) {
    (void)parent;
    (void)data;
    (void)idx;
    (void)argl;
    (void)argp;
    struct rsm_link *link = ptr;
    if (link) {
        rsm_link_settle(link, NULL);
        resume_key_unref(link->sealing_key);
        resume_connection_unref(link->connection);
        rsm_attachment_unref(link->attachment);
        OPENSSL_free(link);
    }
}

static void make_index(void) {
    link_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_link_free);
}

struct rsm_link *rsm_link_of(const SSL *ssl) {
    return link_index >= 0 ? SSL_get_ex_data(ssl, link_index) : NULL;
}

static struct rsm_link *make_link(SSL *ssl) {
    struct rsm_link *link = OPENSSL_zalloc(sizeof *link);
    if (!link) {
        return NULL;
    }
    if (resume_connection_new(&link->connection) != RESUME_OK ||
        !SSL_set_ex_data(ssl, link_index, link)) {
        resume_connection_unref(link->connection);
        OPENSSL_free(link);
        return NULL;
    }
    return link;
}

struct rsm_link *rsm_link_renew(SSL *ssl, struct rsm_attachment *attachment) {
    pthread_once(&index_once, make_index);
    if (link_index < 0) {
        return NULL;
    }
    struct rsm_link *link = rsm_link_of(ssl);
    link = link ? link : make_link(ssl);
    if (!link) {
        return NULL;
    }
    rsm_link_settle(link, ssl);
    if (link->attachment != attachment) {
        rsm_attachment_unref(link->attachment);
        link->attachment = rsm_attachment_ref(attachment);
    }
    link->sealing_key = resume_key_unref(link->sealing_key);
    link->context_len = 0;
    link->server_name_len = 0;
    link->refuse = true; /* until the hello has been read */
    link->open_reason = RESUME_REASON_MALFORMED;
    link->authenticated_ms = 0;
    return link;
}

void rsm_link_expect(struct rsm_link *link, int32_t path, resume_reason reason, uint64_t age_ms) {
    rsm_link_settle(link, NULL); /* TLS 1.3 clients may offer several */
    link->pending = true;
    link->path = path;
    link->reason = reason;
    link->age_ms = age_ms;
}

/* What libssl checks after us: EMS in TLS 1.2, the hash of the chosen suite in TLS 1.3. */
static resume_reason declined_by_libssl(int32_t path) {
    return path == RESUME_PATH_TLS12_TICKET ? RESUME_REASON_EMS_MISSING_IN_SESSION
                                            : RESUME_REASON_CIPHER_SUITE_NOT_OFFERED;
}

void rsm_link_settle(struct rsm_link *link, const SSL *ssl) {
    if (!link->pending) {
        return;
    }
    bool accepted = link->reason == RESUME_REASON_RESUMED || link->reason == RESUME_REASON_RENEWED;
    if (accepted && (!ssl || !SSL_session_reused(ssl))) {
        link->reason = declined_by_libssl(link->path);
    }
    link->pending = false;
    (void)!resume_server_count(link->attachment->server, link->path, link->reason, link->age_ms,
                               rsm_now_ms());
}

int32_t rsm_link_path(const SSL *ssl, bool ticket) {
    if (SSL_version(ssl) == TLS1_3_VERSION) {
        return ticket ? RESUME_PATH_TLS13_TICKET : RESUME_PATH_TLS13_STORED;
    }
    return ticket ? RESUME_PATH_TLS12_TICKET : RESUME_PATH_TLS12_SESSION_ID;
}

static int32_t client_auth_of(const SSL *ssl) {
    int mode = SSL_get_verify_mode(ssl);
    if (!(mode & SSL_VERIFY_PEER)) {
        return RESUME_CLIENT_AUTH_NONE;
    }
    return mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT ? RESUME_CLIENT_AUTH_REQUIRE
                                                  : RESUME_CLIENT_AUTH_REQUEST;
}

static bool has_extension(SSL *ssl, unsigned int number) {
    const unsigned char *data = NULL;
    size_t len = 0;
    return SSL_client_hello_get0_ext(ssl, number, &data, &len) == 1;
}

void rsm_link_facts(struct rsm_link *link, SSL *ssl) {
    resume_connection *connection = link->connection;
    bool ok =
        resume_connection_reset(connection) == RESUME_OK &&
        resume_connection_set_version(connection, (uint16_t)SSL_version(ssl)) == RESUME_OK &&
        resume_connection_set_context(connection, link->context, link->context_len) == RESUME_OK &&
        resume_connection_set_server_name(connection, link->server_name, link->server_name_len) ==
            RESUME_OK &&
        resume_connection_set_client_auth(connection, client_auth_of(ssl)) == RESUME_OK &&
        resume_connection_set_extended_master_secret(
            connection, has_extension(ssl, TLSEXT_TYPE_extended_master_secret)) == RESUME_OK &&
        resume_connection_set_cipher_suites(connection, link->suites, link->suites_len) ==
            RESUME_OK;
    link->refuse = link->refuse || !ok;
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

static bool set_context(SSL *ssl, struct rsm_link *link) {
    uint8_t auth[RSM_DIGEST_SIZE];
    int auth_len = rsm_client_auth_digest(&link->attachment->client_auth, ssl, auth);
    const resume_policy *policy = resume_server_policy(link->attachment->server);
    const uint8_t *name = link->server_name_len ? link->server_name : NULL;
    if (auth_len < 0 ||
        resume_policy_context(policy, name, link->server_name_len, auth_len ? auth : NULL,
                              (size_t)auth_len, link->context, sizeof link->context,
                              &link->context_len) != RESUME_OK) {
        return false;
    }
    return SSL_set_session_id_context(ssl, link->context, (unsigned int)link->context_len) == 1;
}

/* TLS 1.3 clients fill the session ID with random bytes (RFC 8446 appendix D.4), so there only a
 * ticket or PSK is an offer. */
static bool offers_nothing(SSL *ssl) {
    const unsigned char *data = NULL;
    size_t len = 0;
    if (has_extension(ssl, TLSEXT_TYPE_psk)) {
        return false;
    }
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_session_ticket, &data, &len) && len > 0) {
        return false;
    }
    return SSL_client_hello_get0_session_id(ssl, &data) == 0 ||
           has_extension(ssl, TLSEXT_TYPE_supported_versions);
}

int resume_openssl_client_hello(SSL *ssl, int *ret_alert, void *arg) {
    (void)ret_alert;
    (void)arg;
    struct rsm_attachment *attachment = ssl ? rsm_attachment_of(SSL_get_SSL_CTX(ssl)) : NULL;
    struct rsm_link *link = attachment ? rsm_link_renew(ssl, attachment) : NULL;
    if (link) {
        /* Later callbacks find these consumed by libssl's own reading. */
        link->suites_len = SSL_client_hello_get0_ciphers(ssl, &link->suites);
        bool named = read_server_name(ssl, link);
        link->refuse = !set_context(ssl, link) || !named;
        if (offers_nothing(ssl)) {
            (void)!resume_server_count(attachment->server, RESUME_PATH_NONE,
                                       RESUME_REASON_NOT_OFFERED, 0, rsm_now_ms());
        }
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}
