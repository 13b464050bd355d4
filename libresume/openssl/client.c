/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching a client to an SSL_CTX, and the offer before a handshake. What happens in it is
 * client_link.c's.
 */
#include "client.h"

#include <string.h>
#include <strings.h>

/* Made by the first attach; tried again by the next one if memory was short. */
static pthread_mutex_t prepare_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int ctx_index = -1;

static void unref(struct rsm_client_attachment *attachment) {
    if (attachment && atomic_fetch_sub_explicit(&attachment->refs, 1, memory_order_acq_rel) == 1) {
        resume_client_unref(attachment->client);
        OPENSSL_free(attachment);
    }
}

static void on_ctx_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl,
                        void *argp) {
    (void)parent;
    (void)data;
    (void)idx;
    (void)argl;
    (void)argp;
    unref(ptr);
}

static bool prepare(void) {
    pthread_mutex_lock(&prepare_lock);
    if (atomic_load(&ctx_index) < 0) {
        atomic_store(&ctx_index, SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_ctx_free));
    }
    bool ok = rsm_client_link_prepare() && atomic_load(&ctx_index) >= 0;
    pthread_mutex_unlock(&prepare_lock);
    return ok;
}

struct rsm_client_attachment *rsm_client_attachment_of(const SSL_CTX *ctx) {
    int index = atomic_load_explicit(&ctx_index, memory_order_acquire);
    return ctx && index >= 0 ? SSL_CTX_get_ex_data(ctx, index) : NULL;
}

static void on_start(const SSL *ssl) {
    const struct rsm_client_attachment *attachment = rsm_client_attachment_of(SSL_get_SSL_CTX(ssl));
    if (attachment && attachment->automatic) {
        /* libssl's own pointer is not const: the callback's type is older than its uses. */
        rsm_client_auto_begin((SSL *)(uintptr_t)ssl, attachment);
    }
}

static void on_info(const SSL *ssl, int where, int value) {
    if (where & SSL_CB_HANDSHAKE_START) {
        on_start(ssl);
        return;
    }
    bool fatal = (where & SSL_CB_ALERT) && (value >> 8) == SSL3_AL_FATAL;
    bool done = where & SSL_CB_HANDSHAKE_DONE;
    struct rsm_client_link *link = fatal || done ? rsm_client_link_of(ssl) : NULL;
    if (link && fatal) {
        rsm_client_link_alert(link);
    } else if (link) {
        rsm_client_link_done(link, ssl);
    }
}

static void on_info_chained(const SSL *ssl, int where, int value) {
    on_info(ssl, where, value);
    const struct rsm_client_attachment *attachment = rsm_client_attachment_of(SSL_get_SSL_CTX(ssl));
    if (attachment && attachment->info) {
        attachment->info(ssl, where, value);
    }
}

static struct rsm_client_attachment *make_attachment(SSL_CTX *ctx, resume_client *client,
                                                     const struct rsm_client_attachment *old) {
    struct rsm_client_attachment *attachment = OPENSSL_zalloc(sizeof *attachment);
    if (attachment) {
        atomic_init(&attachment->refs, 1);
        attachment->client = resume_client_ref(client);
        attachment->cache_mode = old ? old->cache_mode : (int)SSL_CTX_get_session_cache_mode(ctx);
        attachment->timeout = old ? old->timeout : SSL_CTX_get_timeout(ctx);
        attachment->info = old ? old->info : SSL_CTX_get_info_callback(ctx);
    }
    return attachment;
}

/* libssl's own client cache never gives anything out by itself; it would only keep copies. */
static void install(SSL_CTX *ctx, const struct rsm_client_attachment *attachment) {
    const resume_policy *policy = resume_client_policy(attachment->client);
    uint32_t tls12 = resume_policy_lifetime(policy, TLS1_2_VERSION);
    uint32_t tls13 = resume_policy_lifetime(policy, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    /* The default of two hours would cut every hint short; the client caps each session itself. */
    SSL_CTX_set_timeout(ctx, (long)(tls12 > tls13 ? tls12 : tls13));
    SSL_CTX_sess_set_new_cb(ctx, rsm_client_link_new);
    SSL_CTX_set_info_callback(ctx, attachment->info ? on_info_chained : on_info);
}

resume_status resume_openssl_client_attach(SSL_CTX *ctx, resume_client *client) {
    if (!ctx || !client) {
        return RESUME_E_INVALID;
    }
    if (resume_openssl_server(ctx)) {
        return RESUME_E_STATE; /* I-133 */
    }
    if (!prepare()) {
        return RESUME_E_NOMEM;
    }
    struct rsm_client_attachment *old = rsm_client_attachment_of(ctx);
    struct rsm_client_attachment *attachment = make_attachment(ctx, client, old);
    if (!attachment || !SSL_CTX_set_ex_data(ctx, ctx_index, attachment)) {
        unref(attachment);
        return RESUME_E_NOMEM;
    }
    install(ctx, attachment);
    unref(old);
    return RESUME_OK;
}

resume_status resume_openssl_client_detach(SSL_CTX *ctx) {
    if (!ctx) {
        return RESUME_E_INVALID;
    }
    struct rsm_client_attachment *attachment = rsm_client_attachment_of(ctx);
    if (!attachment) {
        return RESUME_MISS;
    }
    SSL_CTX_sess_set_new_cb(ctx, NULL);
    SSL_CTX_set_session_cache_mode(ctx, attachment->cache_mode);
    SSL_CTX_set_timeout(ctx, attachment->timeout);
    SSL_CTX_set_info_callback(ctx, attachment->info);
    SSL_CTX_set_ex_data(ctx, ctx_index, NULL);
    unref(attachment);
    return RESUME_OK;
}

resume_client *resume_openssl_client(SSL_CTX *ctx) {
    struct rsm_client_attachment *attachment = rsm_client_attachment_of(ctx);
    return attachment ? attachment->client : NULL;
}

static bool is_enabled(SSL *ssl, uint16_t suite) {
    const STACK_OF(SSL_CIPHER) *enabled = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(enabled); i++) {
        if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(enabled, i)) == suite) {
            return true;
        }
    }
    return false;
}

/* What libssl would offer all the same, to a handshake that must fail then: a suite that it no
 * longer offers, or a session with EMS without it (I-117). */
static bool is_consistent(SSL *ssl, const resume_session *session) {
    if (resume_session_version(session) != TLS1_2_VERSION) {
        return true;
    }
    bool ems = !(SSL_get_options(ssl) & SSL_OP_NO_EXTENDED_MASTER_SECRET);
    return is_enabled(ssl, resume_session_cipher_suite(session)) &&
           (ems || !resume_session_extended_master_secret(session));
}

/* RFC 6066 section 3: no session under another name. libssl notes a name that the server knew. */
static bool is_same_name(SSL *ssl, SSL_SESSION *session) {
    const char *noted = SSL_SESSION_get0_hostname(session);
    const char *sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return !noted || (sent && strcasecmp(noted, sent) == 0);
}

static resume_status offer(SSL *ssl, const resume_saved *saved) {
    const resume_session *session = resume_saved_session(saved);
    SSL_SESSION *made = NULL;
    if (!is_consistent(ssl, session) || !rsm_client_trusts(ssl, session)) {
        return RESUME_MISS;
    }
    resume_status status = resume_openssl_import_saved(saved, &made);
    if (status != RESUME_OK) {
        return status > 0 ? RESUME_MISS : status;
    }
    /* libssl fails the handshake if the server resumes and its own context has changed; what keeps
     * configurations apart here is the peer. */
    unsigned int len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(made, &len);
    if (!is_same_name(ssl, made)) {
        status = RESUME_MISS;
    } else if (!SSL_set_session_id_context(ssl, context, len) || !SSL_set_session(ssl, made)) {
        status = RESUME_E_NOMEM;
    }
    SSL_SESSION_free(made);
    return status;
}

resume_status resume_openssl_client_offer(SSL *ssl, resume_peer *peer) {
    if (!ssl || !peer) {
        return RESUME_E_INVALID;
    }
    resume_client *client = resume_openssl_client(SSL_get_SSL_CTX(ssl));
    if (!client || !SSL_in_before(ssl)) {
        return RESUME_E_STATE;
    }
    struct rsm_client_link *link = rsm_client_link_renew(ssl, client, peer);
    if (!link) {
        return RESUME_E_NOMEM;
    }
    resume_saved *saved = NULL;
    resume_status status = RESUME_OK;
    while ((status = resume_client_take(client, peer, rsm_now_ms(), &saved)) == RESUME_OK) {
        status = offer(ssl, saved);
        if (status == RESUME_OK) {
            link->offered = saved;
            link->resumed = resume_session_ref(resume_saved_session(saved));
            return RESUME_OK;
        }
        /* A TLS 1.2 session that may not be offered now would be found again. */
        (void)!resume_client_forget_saved(client, peer, saved);
        saved = resume_saved_unref(saved);
        if (status < 0) {
            return status;
        }
    }
    return status;
}
