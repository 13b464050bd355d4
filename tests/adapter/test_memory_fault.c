/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation of libssl and the adapter on one side of a handshake fails once (I-95): the
 * handshake is full, or fails cleanly, and the next one is as if nothing had been.
 */
#include "tls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <stdlib.h>

static long until_failure; /* 0: none fails */
static bool failed;

static bool fails(void) {
    if (until_failure > 0 && --until_failure == 0) {
        failed = true;
        return true;
    }
    return false;
}

static void *on_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(size);
}

static void *on_realloc(void *ptr, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(ptr, size);
}

static void on_free(void *ptr, const char *file, int line) {
    (void)file;
    (void)line;
    free(ptr);
}

/* The server's steps alone run short of memory. */
static void run_short(struct visit *visit, long nth) {
    char byte;
    failed = false;
    for (int i = 0; i < 5; i++) {
        SSL_do_handshake(visit->client);
        until_failure = nth;
        SSL_do_handshake(visit->server);
        nth = until_failure;
        until_failure = 0;
    }
    SSL_read(visit->client, &byte, 1);
    visit->ok = SSL_is_init_finished(visit->client) && SSL_is_init_finished(visit->server);
    visit->reused = visit->ok && SSL_session_reused(visit->server);
    ERR_clear_error();
}

/* Walks until a handshake needs no more allocations than were granted. */
static void walk(const struct way *way, bool resume) {
    SSL_CTX *server = attached_ctx(way, NULL);
    SSL_CTX *client = client_ctx(way);
    SSL_SESSION *session = session_from(server, client, "a.example");
    long declined = 0;
    bool more = true;
    for (long nth = 1; more; nth++) {
        struct visit visit = visit_begin(server, client, "a.example", resume ? session : NULL);
        run_short(&visit, nth);
        more = failed;
        declined += more && visit.ok && resume && !visit.reused;
        if (!more) {
            assert_true(visit.ok && visit.reused == resume);
        }
        SSL_free(visit.server);
        SSL_free(visit.client);
        if (!visit.ok && way->mode == RESUME_MODE_SESSION_IDS) {
            /* A resumption that failed has taken the stored session with it (I-25). */
            SSL_SESSION_free(session);
            session = session_from(server, client, "a.example");
        }
        if (nth % 50 == 0) {
            assert_true(resumes(server, client, "a.example", session));
        }
    }
    /* Some failures were ours, and they cost a full handshake only. */
    assert_true(!resume || declined > 0);
    assert_true(resumes(server, client, "a.example", session));
    SSL_SESSION_free(session);
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

static void full_handshakes(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        walk(way, false);
    }
}

static void resumed_handshakes(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        walk(way, true);
    }
}

/* The client's steps alone run short of memory, from the automatic offer on. */
static void run_client_short(struct visit *visit, long nth) {
    char byte;
    failed = false;
    for (int i = 0; i < 5; i++) {
        until_failure = nth;
        SSL_do_handshake(visit->client);
        SSL_read(visit->client, &byte, 1);
        nth = until_failure;
        until_failure = 0;
        SSL_do_handshake(visit->server);
    }
    visit->ok = SSL_is_init_finished(visit->client) && SSL_is_init_finished(visit->server);
    visit->reused = visit->ok && SSL_session_reused(visit->client);
    ERR_clear_error();
}

static void automatic_clients(void **state) { /* I-22, I-95 */
    (void)state;
    FOR_EACH_WAY(way) {
        SSL_CTX *server = attached_ctx(way, NULL);
        SSL_CTX *ctx = client_ctx(way);
        resume_client *client = NULL;
        OK(resume_client_new(NULL, &client));
        OK(resume_openssl_client_attach_auto(ctx, client, NULL, 0));
        long declined = 0;
        bool more = true;
        for (long nth = 1; more; nth++) {
            if (resume_client_count(client) == 0) {
                assert_false(resumes(server, ctx, "a.example", NULL));
            }
            struct visit visit = visit_begin(server, ctx, "a.example", NULL);
            run_client_short(&visit, nth);
            more = failed;
            declined += more && visit.ok && !visit.reused;
            assert_true(more || (visit.ok && visit.reused));
            SSL_free(visit.server);
            SSL_free(visit.client);
        }
        assert_true(declined > 0); /* some failures were ours, and cost a full handshake only */
        resume_client_unref(client);
        SSL_CTX_free(server);
        SSL_CTX_free(ctx);
    }
}

static void attaching_clients(void **state) {
    (void)state;
    resume_client *client = NULL;
    OK(resume_client_new(NULL, &client));
    bool more = true;
    for (long nth = 1; more; nth++) {
        SSL_CTX *ctx = client_ctx(&ways[TICKET13]);
        failed = false;
        until_failure = nth;
        resume_status status = resume_openssl_client_attach_auto(ctx, client, NULL, 0);
        until_failure = 0;
        more = failed;
        assert_true(status == RESUME_OK ||
                    (more && (status == RESUME_E_NOMEM || status == RESUME_E_CRYPTO)));
        assert_true((status == RESUME_OK) == (resume_openssl_client(ctx) == client));
        SSL_CTX_free(ctx);
    }
    resume_client_unref(client);
}

static void attaching(void **state) {
    (void)state;
    const struct way *way = &ways[TICKET13];
    resume_server *server = server_for(way, NULL);
    SSL_CTX *ctx = server_ctx(way);
    bool more = true;
    for (long nth = 1; more; nth++) {
        failed = false;
        until_failure = nth;
        resume_status status = resume_openssl_attach(ctx, server, NULL);
        until_failure = 0;
        more = failed;
        assert_true(status == RESUME_OK ||
                    (more && (status == RESUME_E_NOMEM || status == RESUME_E_CRYPTO)));
        assert_true(status != RESUME_OK || resume_openssl_server(ctx) == server);
    }
    resume_server_unref(server);
    SSL_CTX_free(ctx);
}

int main(void) {
    if (!CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attaching),          cmocka_unit_test(attaching_clients),
        cmocka_unit_test(automatic_clients),  cmocka_unit_test(full_handshakes),
        cmocka_unit_test(resumed_handshakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
