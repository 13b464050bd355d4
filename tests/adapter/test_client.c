/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side in real handshakes: what is kept, what is offered, and what is forgotten.
 * Whom a client trusts is in test_client_trust.c.
 */
#include "tls.h"

#include <openssl/err.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static resume_client *client_new(void) {
    resume_client *client = NULL;
    OK(resume_client_new(NULL, &client));
    return client;
}

static resume_peer *peer_of(const char *label) {
    resume_peer *peer = NULL;
    OK(resume_peer_new("a.example", 443, &peer));
    OK(resume_peer_set_server_name(peer, "a.example", 9));
    OK(resume_peer_set_label(peer, (const uint8_t *)label, strlen(label)));
    return peer;
}

/* A client's SSL_CTX with that cache. */
static SSL_CTX *ctx_with(const struct way *way, resume_client *client) {
    SSL_CTX *ctx = client_ctx(way);
    OK(resume_openssl_client_attach(ctx, client));
    return ctx;
}

/* All that most tests need. */
struct world {
    const struct way *way;
    SSL_CTX *server;
    SSL_CTX *ctx;
    resume_client *client;
    resume_peer *peer;
};

static struct world world_of(const struct way *way) {
    struct world w = {way, attached_ctx(way, NULL), NULL, client_new(), peer_of("")};
    w.ctx = ctx_with(way, w.client);
    return w;
}

static void world_end(struct world *w) {
    SSL_CTX_free(w->server);
    SSL_CTX_free(w->ctx);
    resume_client_unref(w->client);
    resume_peer_unref(w->peer);
}

static struct visit begin(SSL_CTX *server, SSL_CTX *ctx, resume_peer *peer, bool offers) {
    struct visit visit = visit_begin(server, ctx, "a.example", NULL);
    ERR_clear_error(); /* of earlier connections */
    assert_int_equal(resume_openssl_client_offer(visit.client, peer),
                     offers ? RESUME_OK : RESUME_MISS);
    assert_int_equal(ERR_peek_error(), 0);
    return visit;
}

/* A whole connection, which must go well. */
static void visit(SSL_CTX *server, SSL_CTX *ctx, resume_peer *peer, bool offers, bool reused) {
    struct visit visit = begin(server, ctx, peer, offers);
    visit_run(&visit);
    assert_true(visit.ok);
    visit_talk(&visit);
    assert_int_equal(visit.reused, reused);
    visit_end(&visit);
}

static void visit_world(struct world *w, bool offers, bool reused) {
    visit(w->server, w->ctx, w->peer, offers, reused);
}

static resume_saved *take(struct world *w) {
    resume_saved *saved = NULL;
    OK(resume_client_take(w->client, w->peer, (uint64_t)time(NULL) * 1000, &saved));
    return saved;
}

static void every_way_resumes_again_and_again(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        visit_world(&w, false, false);
        for (int i = 0; i < 4; i++) {
            visit_world(&w, true, true);
        }
        world_end(&w);
    }
}

static void I_116_a_tls13_ticket_is_offered_once(void **state) { /* I-116 */
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    visit_world(&w, false, false);
    assert_int_equal(resume_client_count(w.client), 2); /* libssl issues two */
    struct visit first = begin(w.server, w.ctx, w.peer, true);
    struct visit second = begin(w.server, w.ctx, w.peer, true);
    struct visit third = begin(w.server, w.ctx, w.peer, false);
    assert_int_equal(resume_client_count(w.client), 0);
    visit_run(&first);
    visit_run(&second);
    visit_run(&third);
    assert_true(first.reused && second.reused);
    assert_true(third.ok && !third.reused);
    visit_end(&first);
    visit_end(&second);
    visit_end(&third);
    assert_int_equal(resume_client_count(w.client), 4);
    world_end(&w);
}

static void what_was_never_sent_goes_back(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        visit_world(&w, false, false);
        size_t count = resume_client_count(w.client);
        struct visit unsent = begin(w.server, w.ctx, w.peer, true);
        /* A second offer on one SSL takes the place of the first. */
        OK(resume_openssl_client_offer(unsent.client, w.peer));
        SSL_free(unsent.client);
        SSL_free(unsent.server);
        assert_int_equal(resume_client_count(w.client), count);
        visit_world(&w, true, true);
        world_end(&w);
    }
}

static void what_breaks_off_is_not_offered_again(void **state) { /* I-25 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        visit_world(&w, false, false);
        size_t count = resume_client_count(w.client);
        struct visit broken = begin(w.server, w.ctx, w.peer, true);
        SSL_do_handshake(broken.client);
        SSL_free(broken.client);
        SSL_free(broken.server);
        assert_int_equal(resume_client_count(w.client), count - 1);
        world_end(&w);
    }
}

/* What no TLS peer sends; the client answers with a fatal alert. */
static void send_garbage(struct visit *visit) {
    char byte;
    char noise[64];
    memset(noise, 0x7F, sizeof noise);
    assert_int_equal(BIO_write(SSL_get_wbio(visit->server), noise, sizeof noise), sizeof noise);
    assert_true(SSL_read(visit->client, &byte, 1) <= 0);
    assert_int_equal(SSL_get_error(visit->client, -1), SSL_ERROR_SSL);
    ERR_clear_error();
}

static void a_fatal_alert_forgets(void **state) { /* I-25, I-27 */
    (void)state;
    FOR_EACH_WAY(way) {
        for (int resumed = 0; resumed < 2; resumed++) {
            struct world w = world_of(way);
            resume_peer *other = peer_of("other");
            visit(w.server, w.ctx, other, false, false);
            if (resumed) {
                visit_world(&w, false, false);
            }
            struct visit visit = begin(w.server, w.ctx, w.peer, resumed);
            visit_run(&visit);
            assert_true(visit.ok && visit.reused == resumed);
            send_garbage(&visit);
            visit_end(&visit);
            visit_world(&w, false, false);
            struct visit untouched = begin(w.server, w.ctx, other, true);
            visit_end(&untouched);
            resume_peer_unref(other);
            world_end(&w);
        }
    }
}

static void a_server_that_declines_is_believed(void **state) {
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        struct world w = world_of(&ways[i]);
        SSL_CTX *forgetful = server_ctx(w.way);
        SSL_CTX_set_options(forgetful, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(forgetful, SSL_SESS_CACHE_OFF);
        visit_world(&w, false, false);
        visit(forgetful, w.ctx, w.peer, true, false);
        visit(forgetful, w.ctx, w.peer, false, false);
        SSL_CTX_free(forgetful);
        world_end(&w);
    }
}

static void I_114_labels_do_not_mix(void **state) { /* I-114 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        resume_peer *proxy = peer_of("proxy");
        visit_world(&w, false, false);
        visit(w.server, w.ctx, proxy, false, false);
        visit(w.server, w.ctx, proxy, true, true);
        visit_world(&w, true, true);
        resume_peer_unref(proxy);
        world_end(&w);
    }
}

static void a_file_carries_them_to_another_process(void **state) {
    (void)state;
    char path[] = "/tmp/resume-adapter-XXXXXX";
    resume_keyring *keyring = keyring_new();
    uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        resume_client *next = client_new();
        SSL_CTX *ctx = ctx_with(way, next);
        visit_world(&w, false, false);
        OK(resume_client_save(w.client, path, keyring, now_ms));
        OK(resume_client_load(next, path, keyring, now_ms));
        visit(w.server, ctx, w.peer, true, true);
        visit(w.server, ctx, w.peer, true, true);
        SSL_CTX_free(ctx);
        resume_client_unref(next);
        world_end(&w);
    }
    unlink(path);
    resume_keyring_unref(keyring);
}

static void I_45_the_hint_is_the_servers(void **state) { /* I-45 */
    (void)state;
    static const int ticket_ways[] = {TICKET12, TICKET13};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_of(&ways[ticket_ways[i]]);
        SSL_CTX *server = server_ctx(w.way);
        SSL_CTX_set_timeout(server, 100000); /* over libssl's own two hours */
        visit(server, w.ctx, w.peer, false, false);
        resume_saved *saved = take(&w);
        assert_int_equal(resume_saved_lifetime_hint(saved), 100000);
        uint64_t life = resume_saved_expires(saved) - resume_saved_received(saved);
        assert_in_range(life, i ? 99998000 : 86398000, i ? 100000000 : 86400000);
        resume_saved_unref(saved);
        SSL_CTX_free(server);
        world_end(&w);
    }
}

static void a_renewed_ticket_replaces_the_old_one(void **state) { /* RFC 5077 section 3.3 */
    (void)state;
    const struct way *way = &ways[TICKET12];
    resume_keyring *keyring = keyring_new();
    struct world w = world_of(way);
    SSL_CTX *server = attached_ctx(way, &(struct wish){.keyring = keyring});
    visit(server, w.ctx, w.peer, false, false);
    resume_saved *before = take(&w);
    OK(resume_keyring_rotate(keyring, (uint64_t)time(NULL) * 1000));
    visit(server, w.ctx, w.peer, true, true);
    resume_saved *after = take(&w);
    size_t before_len = 0;
    size_t after_len = 0;
    const uint8_t *old = resume_saved_ticket(before, &before_len);
    const uint8_t *new = resume_saved_ticket(after, &after_len);
    assert_true(before_len > 16 && after_len > 16 && memcmp(old, new, 16) != 0);
    assert_int_equal(resume_client_count(w.client), 1);
    visit(server, w.ctx, w.peer, true, true);
    resume_saved_unref(before);
    resume_saved_unref(after);
    resume_keyring_unref(keyring);
    SSL_CTX_free(server);
    world_end(&w);
}

static void expect_same_bytes(SSL_SESSION *theirs, SSL_SESSION *ours) {
    unsigned char *a = NULL;
    unsigned char *b = NULL;
    int a_len = i2d_SSL_SESSION(theirs, &a);
    int b_len = i2d_SSL_SESSION(ours, &b);
    assert_true(a_len > 0);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, (size_t)a_len);
    OPENSSL_free(a);
    OPENSSL_free(b);
}

static void sessions_come_back_byte_for_byte(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        struct visit visit = begin(w.server, w.ctx, w.peer, false);
        SSL_SESSION *back = NULL;
        visit_run(&visit);
        assert_true(visit.ok);
        resume_saved *saved = take(&w); /* the newest, which the SSL has too */
        OK(resume_openssl_import_saved(saved, &back));
        expect_same_bytes(SSL_get_session(visit.client), back);
        /* The other way in, for who cannot attach. */
        resume_client *other = client_new();
        uint64_t now_ms = (uint64_t)time(NULL) * 1000;
        resume_saved *again = NULL;
        OK(resume_openssl_client_put(other, w.peer, back, now_ms));
        OK(resume_client_take(other, w.peer, now_ms, &again));
        SSL_SESSION_free(back);
        OK(resume_openssl_import_saved(again, &back));
        expect_same_bytes(SSL_get_session(visit.client), back);
        SSL_SESSION_free(back);
        resume_saved_unref(again);
        resume_saved_unref(saved);
        resume_client_unref(other);
        visit_end(&visit);
        world_end(&w);
    }
}

static void I_117_what_would_fail_the_handshake_is_not_offered(void **state) { /* I-117 */
    (void)state;
    for (int i = TICKET12; i <= ID12; i++) {
        struct world w = world_of(&ways[i]);
        SSL_CTX *without_ems = ctx_with(w.way, w.client);
        SSL_CTX *without_suite = ctx_with(w.way, w.client);
        SSL_CTX_set_options(without_ems, SSL_OP_NO_EXTENDED_MASTER_SECRET);
        visit_world(&w, false, false);
        visit(w.server, without_ems, w.peer, false, false);
        assert_int_equal(SSL_CTX_set_cipher_list(w.ctx, "ECDHE-ECDSA-AES128-GCM-SHA256"), 1);
        assert_int_equal(SSL_CTX_set_cipher_list(without_suite, "ECDHE-ECDSA-AES256-GCM-SHA384"),
                         1);
        visit_world(&w, false, false);
        visit(w.server, without_suite, w.peer, false, false);
        SSL_CTX_free(without_ems);
        SSL_CTX_free(without_suite);
        world_end(&w);
    }
}

static void an_own_context_that_changed_fails_no_handshake(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *other = ctx_with(way, w.client);
        assert_int_equal(SSL_CTX_set_session_id_context(other, (const unsigned char *)"x", 1), 1);
        visit_world(&w, false, false);
        visit(w.server, other, w.peer, true, true);
        visit_world(&w, true, true);
        SSL_CTX_free(other);
        world_end(&w);
    }
}

static int accept_name(SSL *ssl, int *alert, void *arg) {
    (void)ssl;
    (void)alert;
    (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static void no_session_under_another_name(void **state) { /* RFC 6066 section 3 */
    (void)state;
    static const int ticket_ways[] = {TICKET12, TICKET13};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_of(&ways[ticket_ways[i]]);
        SSL_CTX *server = server_ctx(w.way);
        SSL_CTX_set_tlsext_servername_callback(server, accept_name);
        visit(server, w.ctx, w.peer, false, false);
        /* The caller's mistake: another name than the peer says. */
        struct visit other = visit_begin(server, w.ctx, "b.example", NULL);
        assert_int_equal(resume_openssl_client_offer(other.client, w.peer), RESUME_MISS);
        visit_run(&other);
        assert_true(other.ok);
        visit_end(&other);
        SSL_CTX_free(server);
        world_end(&w);
    }
}

static unsigned infos;

static void count_info(const SSL *ssl, int where, int value) {
    (void)ssl;
    (void)where;
    (void)value;
    infos++;
}

static void attach_and_detach(void **state) {
    (void)state;
    const struct way *way = &ways[TICKET12];
    struct world w = world_of(way);
    SSL_CTX *ctx = client_ctx(way);
    resume_client *second = client_new();
    SSL_CTX_set_info_callback(ctx, count_info);
    long timeout = SSL_CTX_get_timeout(ctx);
    long mode = SSL_CTX_get_session_cache_mode(ctx);
    assert_int_equal(resume_openssl_client_detach(ctx), RESUME_MISS);
    assert_null(resume_openssl_client(ctx));
    OK(resume_openssl_client_attach(ctx, second));
    OK(resume_openssl_client_attach(ctx, w.client));
    assert_ptr_equal(resume_openssl_client(ctx), w.client);
    visit(w.server, ctx, w.peer, false, false);
    visit(w.server, ctx, w.peer, true, true);
    assert_true(infos > 0);
    OK(resume_openssl_client_detach(ctx));
    assert_int_equal(SSL_CTX_get_timeout(ctx), timeout);
    assert_int_equal(SSL_CTX_get_session_cache_mode(ctx), mode);
    assert_true(SSL_CTX_get_info_callback(ctx) == count_info);
    assert_null(SSL_CTX_sess_get_new_cb(ctx));
    struct visit alone = visit_begin(w.server, ctx, "a.example", NULL);
    assert_int_equal(resume_openssl_client_offer(alone.client, w.peer), RESUME_E_STATE);
    visit_run(&alone);
    assert_true(alone.ok);
    visit_end(&alone);
    resume_client_unref(second);
    SSL_CTX_free(ctx);
    world_end(&w);
}

static void a_server_and_a_client_do_not_share_an_ssl_ctx(void **state) { /* I-133 */
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    resume_openssl_options *options = NULL;
    OK(resume_openssl_options_new(&options));
    assert_int_equal(resume_openssl_client_attach(w.server, w.client), RESUME_E_STATE);
    assert_int_equal(resume_openssl_attach(w.ctx, resume_openssl_server(w.server), options),
                     RESUME_E_STATE);
    assert_non_null(strstr(resume_openssl_options_why(options), "client"));
    visit_world(&w, false, false);
    visit_world(&w, true, true);
    resume_openssl_options_unref(options);
    world_end(&w);
}

static void a_connection_without_a_peer_keeps_nothing(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        struct visit visit = visit_begin(w.server, w.ctx, "a.example", NULL);
        visit_run(&visit);
        assert_true(visit.ok);
        /* Too late now. */
        assert_int_equal(resume_openssl_client_offer(visit.client, w.peer), RESUME_E_STATE);
        visit_end(&visit);
        assert_int_equal(resume_client_count(w.client), 0);
        world_end(&w);
    }
}

static void references_may_go_in_any_order(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    visit_world(&w, false, false);
    struct visit visit = begin(w.server, w.ctx, w.peer, true);
    SSL *copy = SSL_dup(visit.client); /* has no link */
    resume_client_unref(w.client);
    resume_peer_unref(w.peer);
    SSL_CTX_free(w.ctx);
    visit_run(&visit);
    assert_true(visit.ok && visit.reused);
    visit_end(&visit);
    SSL_free(copy);
    SSL_CTX_free(w.server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_resumes_again_and_again),
        cmocka_unit_test(I_116_a_tls13_ticket_is_offered_once),
        cmocka_unit_test(what_was_never_sent_goes_back),
        cmocka_unit_test(what_breaks_off_is_not_offered_again),
        cmocka_unit_test(a_fatal_alert_forgets),
        cmocka_unit_test(a_server_that_declines_is_believed),
        cmocka_unit_test(I_114_labels_do_not_mix),
        cmocka_unit_test(a_file_carries_them_to_another_process),
        cmocka_unit_test(I_45_the_hint_is_the_servers),
        cmocka_unit_test(a_renewed_ticket_replaces_the_old_one),
        cmocka_unit_test(sessions_come_back_byte_for_byte),
        cmocka_unit_test(I_117_what_would_fail_the_handshake_is_not_offered),
        cmocka_unit_test(an_own_context_that_changed_fails_no_handshake),
        cmocka_unit_test(no_session_under_another_name),
        cmocka_unit_test(attach_and_detach),
        cmocka_unit_test(a_server_and_a_client_do_not_share_an_ssl_ctx),
        cmocka_unit_test(a_connection_without_a_peer_keeps_nothing),
        cmocka_unit_test(references_may_go_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
