/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attach and detach: an SSL_CTX's callbacks, options and cache mode, and what they were before.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>

struct resume_openssl_options {
    resume_openssl_client_hello_fn next;
    void *arg;
    char why[256];
};

/* Made by the first attach; tried again by the next one if memory was short. */
static pthread_mutex_t prepare_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int ctx_index = -1;

resume_status resume_openssl_options_new(resume_openssl_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_openssl_options *options = OPENSSL_zalloc(sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    *ret_options = options;
    return RESUME_OK;
}

resume_openssl_options *resume_openssl_options_unref(resume_openssl_options *options) {
    OPENSSL_free(options);
    return NULL;
}

resume_status resume_openssl_options_set_client_hello(resume_openssl_options *options,
                                                      resume_openssl_client_hello_fn next,
                                                      void *arg) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    options->next = next;
    options->arg = arg;
    return RESUME_OK;
}

const char *resume_openssl_options_why(const resume_openssl_options *options) {
    return options ? options->why : "";
}

static resume_status fail(resume_openssl_options *options, resume_status status, const char *why) {
    if (options) {
        snprintf(options->why, sizeof options->why, "%s", why);
    }
    return status;
}

static void on_ctx_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int idx, long argl,
                        void *argp) {
    (void)parent;
    (void)data;
    (void)idx;
    (void)argl;
    (void)argp;
    rsm_attachment_unref(ptr);
}

static bool prepare(void) {
    pthread_mutex_lock(&prepare_lock);
    if (atomic_load(&ctx_index) < 0) {
        atomic_store(&ctx_index, SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, on_ctx_free));
    }
    bool ok = rsm_ticket_algorithms() && rsm_link_prepare() && atomic_load(&ctx_index) >= 0;
    pthread_mutex_unlock(&prepare_lock);
    return ok;
}

struct rsm_attachment *rsm_attachment_of(const SSL_CTX *ctx) {
    int index = atomic_load_explicit(&ctx_index, memory_order_acquire);
    return ctx && index >= 0 ? SSL_CTX_get_ex_data(ctx, index) : NULL;
}

RSM_HOT struct rsm_attachment *rsm_attachment_ref(struct rsm_attachment *attachment) {
    atomic_fetch_add_explicit(&attachment->refs, 1, memory_order_relaxed);
    return attachment;
}

void rsm_attachment_unref(struct rsm_attachment *attachment) {
    if (attachment && atomic_fetch_sub_explicit(&attachment->refs, 1, memory_order_acq_rel) == 1) {
        resume_server_unref(attachment->server);
        pthread_mutex_destroy(&attachment->client_auth.lock);
        OPENSSL_free(attachment);
    }
}

RSM_HOT bool rsm_attachment_finds(const struct rsm_attachment *attachment) {
    const resume_policy *policy = resume_server_policy(attachment->server);
    return resume_policy_modes(policy) & RESUME_MODE_SESSION_IDS;
}

static struct rsm_before state_of(SSL_CTX *ctx) {
    return (struct rsm_before){
        .options = SSL_CTX_get_options(ctx),
        .cache_mode = (int)SSL_CTX_get_session_cache_mode(ctx),
        .timeout = SSL_CTX_get_timeout(ctx),
        .num_tickets = SSL_CTX_get_num_tickets(ctx),
        .info = SSL_CTX_get_info_callback(ctx),
    };
}

static struct rsm_attachment *make_attachment(resume_server *server,
                                              const resume_openssl_options *options,
                                              const struct rsm_before *before) {
    struct rsm_attachment *attachment = OPENSSL_zalloc(sizeof *attachment);
    if (!attachment) {
        return NULL;
    }
    static atomic_uint_fast64_t last_serial;
    atomic_init(&attachment->refs, 1);
    attachment->serial = (uint64_t)atomic_fetch_add(&last_serial, 1) + 1;
    pthread_mutex_init(&attachment->client_auth.lock, NULL);
    attachment->server = resume_server_ref(server);
    attachment->next_hello = options ? options->next : NULL;
    attachment->next_arg = options ? options->arg : NULL;
    attachment->before = *before;
    return attachment;
}

/* The application's callback runs first: it may choose another SSL_CTX or other rules for client
 * certificates, which the session is then bound to. An SSL_CTX without attachment of its own is
 * served by the one that the connection began with, whose callbacks libssl goes on using. */
static RSM_HOT int on_client_hello(SSL *ssl, int *alert, void *arg) {
    struct rsm_attachment *attachment = arg;
    int answer = attachment->next_hello ? attachment->next_hello(ssl, alert, attachment->next_arg)
                                        : SSL_CLIENT_HELLO_SUCCESS;
    if (answer == SSL_CLIENT_HELLO_SUCCESS) {
        struct rsm_attachment *chosen = rsm_attachment_of(SSL_get_SSL_CTX(ssl));
        rsm_link_hello(ssl, chosen ? chosen : attachment);
    }
    return answer;
}

static RSM_HOT __attribute__((noinline)) void heed(const SSL *ssl, int where, int value) {
    struct rsm_link *link = rsm_link_of(ssl);
    if (!link) {
        return;
    }
    if (where & SSL_CB_HANDSHAKE_START) {
        rsm_link_restart(link);
    } else if (where & SSL_CB_HANDSHAKE_DONE) {
        rsm_link_finish(link, ssl);
    } else if (value >> 8 == SSL3_AL_FATAL) {
        rsm_stored_forget(ssl, link);
    }
}

/* Called a dozen times in each handshake, and each time what libssl did meanwhile has taken the
 * code's place in the first cache: so what does not matter sees one line of it. */
static RSM_HOT __attribute__((aligned(64))) void on_info(const SSL *ssl, int where, int value) {
    if (where & (SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE | SSL_CB_ALERT)) {
        heed(ssl, where, value);
    }
}

static void on_info_chained(const SSL *ssl, int where, int value) {
    on_info(ssl, where, value);
    const struct rsm_attachment *attachment = rsm_attachment_of(SSL_get_SSL_CTX(ssl));
    if (attachment && attachment->before.info) {
        attachment->before.info(ssl, where, value);
    }
}

/* Without stored sessions libssl's cache is off, so that no ID is handed out that nobody keeps;
 * with them it is external only: libssl's own cache flushes under one lock (OpenSSL issue 8687). */
static void set_modes(SSL_CTX *ctx, const resume_policy *policy) {
    uint32_t modes = resume_policy_modes(policy);
    bool stored = modes & RESUME_MODE_SESSION_IDS;
    long cache =
        stored ? SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR
               : SSL_SESS_CACHE_OFF;
    SSL_CTX_set_session_cache_mode(ctx, cache);
    if (modes & RESUME_MODE_TICKETS) {
        SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
    } else {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        if (!stored) {
            SSL_CTX_set_num_tickets(ctx, 0);
        }
    }
    /* The longest that may be asked for; each session then gets its own. */
    uint32_t tls12 = resume_policy_lifetime(policy, TLS1_2_VERSION);
    uint32_t tls13 = resume_policy_lifetime(policy, TLS1_3_VERSION);
    SSL_CTX_set_timeout(ctx, (long)(tls12 > tls13 ? tls12 : tls13));
}

static void set_back(SSL_CTX *ctx, const struct rsm_before *before) {
    const uint64_t ours = SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE;
    SSL_CTX_clear_options(ctx, ours);
    SSL_CTX_set_options(ctx, before->options & ours);
    rsm_suites_set_back(ctx, before);
    SSL_CTX_set_session_cache_mode(ctx, before->cache_mode);
    SSL_CTX_set_timeout(ctx, before->timeout);
    SSL_CTX_set_num_tickets(ctx, before->num_tickets);
    SSL_CTX_set_info_callback(ctx, before->info);
}

static void install(SSL_CTX *ctx, struct rsm_attachment *attachment) {
    set_modes(ctx, resume_server_policy(attachment->server));
    SSL_CTX_set_client_hello_cb(ctx, on_client_hello, attachment);
    SSL_CTX_set_session_ticket_cb(ctx, rsm_ticket_generate, rsm_ticket_decide, NULL);
    SSL_CTX_sess_set_new_cb(ctx, rsm_stored_new);
    SSL_CTX_sess_set_get_cb(ctx, rsm_stored_get);
    SSL_CTX_set_info_callback(ctx, attachment->before.info ? on_info_chained : on_info);
    rsm_ticket_key_install(ctx);
}

resume_status resume_openssl_attach(SSL_CTX *ctx, resume_server *server,
                                    resume_openssl_options *options) {
    if (!ctx || !server) {
        return fail(options, RESUME_E_INVALID, "attach needs an SSL_CTX and a server");
    }
    if (rsm_client_attachment_of(ctx)) {
        return fail(options, RESUME_E_STATE, "a client is attached to this SSL_CTX"); /* I-133 */
    }
    if (SSL_CTX_get_max_early_data(ctx) > 0) {
        return fail(options, RESUME_E_INVALID,
                    "early data is on, and libssl then resumes from its internal cache only; "
                    "call SSL_CTX_set_max_early_data(ctx, 0) first");
    }
    if (!prepare()) {
        return fail(options, RESUME_E_CRYPTO,
                    "libcrypto gave no AES-CBC, no SHA-256 or no ex_data index");
    }
    struct rsm_attachment *old = rsm_attachment_of(ctx);
    /* A server that verifies clients needs a context, or each offer fails (I-24). Connections get
     * theirs from the ClientHello; this one stands for those that never get that far. */
    static const unsigned char fallback[] = "libresume";
    struct rsm_before before = old ? old->before : state_of(ctx);
    struct rsm_attachment *attachment = make_attachment(server, options, &before);
    if (!attachment || !SSL_CTX_set_session_id_context(ctx, fallback, sizeof fallback - 1) ||
        !SSL_CTX_set_ex_data(ctx, ctx_index, attachment)) {
        rsm_attachment_unref(attachment);
        return fail(options, RESUME_E_NOMEM, "out of memory");
    }
    set_back(ctx, &before);
    install(ctx, attachment);
    rsm_attachment_unref(old);
    if (resume_policy_sha256_first(resume_server_policy(server)) &&
        !rsm_suites_sha256_first(ctx, &attachment->before)) {
        (void)!resume_openssl_detach(ctx);
        return fail(options, RESUME_E_NOMEM, "the order of the cipher suites cannot be changed");
    }
    return fail(options, RESUME_OK, "");
}

resume_status resume_openssl_detach(SSL_CTX *ctx) {
    if (!ctx) {
        return RESUME_E_INVALID;
    }
    struct rsm_attachment *attachment = rsm_attachment_of(ctx);
    if (!attachment) {
        return RESUME_MISS;
    }
    SSL_CTX_set_client_hello_cb(ctx, NULL, NULL);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, NULL, NULL);
    SSL_CTX_sess_set_new_cb(ctx, NULL);
    SSL_CTX_sess_set_get_cb(ctx, NULL);
    rsm_ticket_key_remove(ctx);
    set_back(ctx, &attachment->before);
    SSL_CTX_set_ex_data(ctx, ctx_index, NULL);
    rsm_attachment_unref(attachment);
    return RESUME_OK;
}

resume_server *resume_openssl_server(SSL_CTX *ctx) {
    struct rsm_attachment *attachment = rsm_attachment_of(ctx);
    return attachment ? attachment->server : NULL;
}
