/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The automatic client: connections that nobody told their peer resume by themselves, and those
 * that somebody else takes care of are left alone. What keeps peers apart is in
 * test_client_settings.c.
 */
#include "tls.h"

#include <openssl/err.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct world {
    SSL_CTX *server;
    SSL_CTX *ctx;
    resume_client *client;
};

static void attach(SSL_CTX *ctx, resume_client *client, const char *label) {
    OK(resume_openssl_client_attach_auto(ctx, client, (const uint8_t *)label, strlen(label)));
}

static struct world world_of(const struct way *way) {
    struct world w = {attached_ctx(way, NULL), client_ctx(way), NULL};
    OK(resume_client_new(NULL, &w.client));
    attach(w.ctx, w.client, "");
    return w;
}

static void world_end(struct world *w) {
    SSL_CTX_free(w->server);
    SSL_CTX_free(w->ctx);
    resume_client_unref(w->client);
}

/* A whole connection to a name, which nobody but libssl knows of. */
static bool goes(struct world *w, SSL_CTX *ctx, const char *name) {
    ERR_clear_error();
    return resumes(w->server, ctx, name, NULL);
}

static void I_116_every_way_resumes_by_itself(void **state) { /* I-116 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        assert_false(goes(&w, w.ctx, "a.example"));
        for (int i = 0; i < 4; i++) {
            assert_true(goes(&w, w.ctx, "a.example"));
        }
        world_end(&w);
    }
}

static void I_116_tls13_tickets_are_offered_once(void **state) { /* I-116 */
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    assert_false(goes(&w, w.ctx, "a.example"));
    struct visit visits[4];
    for (int i = 0; i < 4; i++) { /* four begin before any of them has ended */
        visits[i] = visit_begin(w.server, w.ctx, "a.example", NULL);
        SSL_do_handshake(visits[i].client);
    }
    int reused = 0;
    for (int i = 0; i < 4; i++) {
        visit_run(&visits[i]);
        assert_true(visits[i].ok);
        reused += visits[i].reused;
        visit_end(&visits[i]);
    }
    assert_int_equal(reused, 2); /* as many as libssl's server issues */
    world_end(&w);
}

static void I_114_118_names_do_not_mix(void **state) { /* I-114, I-118 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        assert_false(goes(&w, w.ctx, "a.example"));
        assert_false(goes(&w, w.ctx, "b.example"));
        assert_true(goes(&w, w.ctx, "a.example"));
        assert_true(goes(&w, w.ctx, "B.Example"));
        world_end(&w);
    }
}

static void I_114_labels_do_not_mix(void **state) { /* I-114: CVE-2021-22890 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *proxy = client_ctx(way);
        attach(proxy, w.client, "proxy");
        assert_false(goes(&w, w.ctx, "a.example"));
        assert_false(goes(&w, proxy, "a.example"));
        assert_true(goes(&w, proxy, "a.example"));
        SSL_CTX *same = client_ctx(way);
        attach(same, w.client, "");
        assert_true(goes(&w, same, "a.example"));
        SSL_CTX_free(proxy);
        SSL_CTX_free(same);
        world_end(&w);
    }
}

static void who_names_nobody_is_left_alone(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        assert_false(goes(&w, w.ctx, NULL));
        assert_false(goes(&w, w.ctx, NULL));
        assert_int_equal(resume_client_count(w.client), 0);
        world_end(&w);
    }
}

static void an_own_session_is_left_alone(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        SSL_CTX *plain = client_ctx(way);
        SSL_SESSION *own = session_from(w.server, plain, "a.example");
        assert_true(resumes(w.server, w.ctx, "a.example", own));
        assert_int_equal(resume_client_count(w.client), 0);
        assert_false(goes(&w, w.ctx, "a.example"));
        size_t count = resume_client_count(w.client);
        assert_true(resumes(w.server, w.ctx, "a.example", own));
        assert_int_equal(resume_client_count(w.client), count);
        SSL_SESSION_free(own);
        SSL_CTX_free(plain);
        world_end(&w);
    }
}

static void who_was_told_its_peer_keeps_it(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        resume_peer *peer = NULL;
        OK(resume_peer_new("told", 1, &peer));
        for (int i = 0; i < 3; i++) {
            struct visit visit = visit_begin(w.server, w.ctx, "a.example", NULL);
            assert_int_equal(resume_openssl_client_offer(visit.client, peer),
                             i ? RESUME_OK : RESUME_MISS);
            visit_run(&visit);
            assert_true(visit.ok);
            assert_int_equal(visit.reused, i > 0);
            visit_end(&visit);
        }
        assert_false(goes(&w, w.ctx, "a.example"));
        resume_peer_unref(peer);
        world_end(&w);
    }
}

/* A handshake on an SSL that had one before. */
static void again(struct visit *visit, SSL_CTX *server, const char *name) {
    BIO *server_bio = NULL;
    BIO *client_bio = NULL;
    SSL_free(visit->server);
    visit->server = SSL_new(server);
    SSL_clear(visit->client);
    assert_true(BIO_new_bio_pair(&server_bio, 1 << 17, &client_bio, 1 << 17));
    SSL_set_bio(visit->server, server_bio, server_bio);
    SSL_set_bio(visit->client, client_bio, client_bio);
    SSL_set_accept_state(visit->server);
    SSL_set_connect_state(visit->client);
    set_name(visit->client, name);
    visit_run(visit);
    assert_true(visit->ok);
}

static void I_118_an_ssl_may_be_used_again(void **state) {
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        struct visit visit = visit_begin(w.server, w.ctx, "a.example", NULL);
        visit_run(&visit);
        assert_true(visit.ok && !visit.reused);
        SSL_set_shutdown(visit.client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        again(&visit, w.server, "a.example");
        assert_true(visit.reused);
        SSL_set_shutdown(visit.client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        again(&visit, w.server, "b.example"); /* I-118: what came from a stays with a */
        assert_false(visit.reused);
        visit_end(&visit);
        assert_true(goes(&w, w.ctx, "a.example"));
        assert_true(goes(&w, w.ctx, "b.example"));
        world_end(&w);
    }
}

static void I_116_a_handshake_that_broke_off_uses_its_ticket_up(void **state) { /* I-116 */
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    assert_false(goes(&w, w.ctx, "a.example"));
    size_t count = resume_client_count(w.client);
    struct visit visit = visit_begin(w.server, w.ctx, "a.example", NULL);
    SSL_do_handshake(visit.client);
    assert_int_equal(resume_client_count(w.client), count - 1);
    SSL_clear(visit.client);
    SSL_set_connect_state(visit.client);
    SSL_do_handshake(visit.client); /* offers the other one; the first does not come back */
    assert_int_equal(resume_client_count(w.client), count - 2);
    visit_end(&visit);
    world_end(&w);
}

static void a_server_that_forgot_gets_a_full_handshake(void **state) { /* I-22 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        assert_false(goes(&w, w.ctx, "a.example"));
        SSL_CTX_free(w.server);
        w.server = attached_ctx(way, NULL);
        assert_false(goes(&w, w.ctx, "a.example"));
        assert_int_equal(ERR_peek_error(), 0);
        assert_true(goes(&w, w.ctx, "a.example"));
        world_end(&w);
    }
}

static void a_hello_retry_changes_nothing(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET13]);
    char servers[] = "P-384"; /* libssl's macro casts const away */
    char clients[] = "X25519:P-384";
    assert_int_equal(SSL_CTX_set1_groups_list(w.server, servers), 1);
    assert_int_equal(SSL_CTX_set1_groups_list(w.ctx, clients), 1);
    assert_false(goes(&w, w.ctx, "a.example"));
    for (int i = 0; i < 3; i++) {
        assert_true(goes(&w, w.ctx, "a.example"));
    }
    world_end(&w);
}

static uint64_t takes(resume_client *client) {
    uint64_t hits = 0;
    uint64_t misses = 0;
    OK(resume_client_stats(client, RESUME_CLIENT_HITS, &hits));
    OK(resume_client_stats(client, RESUME_CLIENT_MISSES, &misses));
    return hits + misses;
}

static void renegotiation_is_left_alone(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    SSL_CTX_set_options(w.server, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    assert_false(goes(&w, w.ctx, "a.example"));
    struct visit visit = visit_begin(w.server, w.ctx, "a.example", NULL);
    visit_run(&visit);
    assert_true(visit.ok && visit.reused);
    uint64_t before = takes(w.client);
    assert_int_equal(SSL_renegotiate(visit.client), 1);
    for (int i = 0; i < 4; i++) {
        char byte;
        SSL_do_handshake(visit.client);
        SSL_read(visit.server, &byte, 1);
    }
    assert_int_equal(SSL_num_renegotiations(visit.client), 1);
    assert_true(SSL_is_init_finished(visit.client) && !SSL_session_reused(visit.client));
    assert_int_equal(takes(w.client), before);
    visit_end(&visit);
    assert_true(goes(&w, w.ctx, "a.example"));
    world_end(&w);
}

struct crowd {
    struct world *world;
    atomic_int failed;
    atomic_int reused;
};

/* cmocka's assertions are for the main thread only. */
static void *visitor(void *arg) {
    struct crowd *crowd = arg;
    for (int round = 0; round < 12; round++) {
        struct visit visit = {SSL_new(crowd->world->server), SSL_new(crowd->world->ctx), false,
                              false};
        BIO *server_bio = NULL;
        BIO *client_bio = NULL;
        char byte;
        BIO_new_bio_pair(&server_bio, 1 << 17, &client_bio, 1 << 17);
        SSL_set_bio(visit.server, server_bio, server_bio);
        SSL_set_bio(visit.client, client_bio, client_bio);
        SSL_set_accept_state(visit.server);
        SSL_set_connect_state(visit.client);
        set_name(visit.client, round % 2 ? "a.example" : "b.example");
        for (int i = 0; i < 6; i++) {
            SSL_do_handshake(visit.client);
            SSL_do_handshake(visit.server);
        }
        SSL_read(visit.client, &byte, 1);
        bool ok = SSL_is_init_finished(visit.client) && SSL_is_init_finished(visit.server);
        atomic_fetch_add(&crowd->failed, !ok);
        atomic_fetch_add(&crowd->reused, ok && SSL_session_reused(visit.client));
        SSL_free(visit.client);
        SSL_free(visit.server);
    }
    return NULL;
}

static void many_threads_share_a_context(void **state) { /* I-168 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct world w = world_of(way);
        struct crowd crowd = {.world = &w};
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, visitor, &crowd), 0);
        }
        for (size_t i = 0; i < 4; i++) {
            pthread_join(threads[i], NULL);
        }
        assert_int_equal(crowd.failed, 0);
        assert_true(crowd.reused >= 24);
        world_end(&w);
    }
}

static void servers_are_left_alone(void **state) { /* I-133 */
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    SSL_CTX *both = server_ctx(&ways[TICKET12]);
    SSL_CTX *plain = client_ctx(&ways[TICKET12]);
    attach(both, w.client, "");
    assert_false(resumes(both, plain, "a.example", NULL));
    assert_int_equal(resume_client_count(w.client), 0);
    SSL_CTX_free(both);
    SSL_CTX_free(plain);
    world_end(&w);
}

static void detached_means_left_alone(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    assert_false(goes(&w, w.ctx, "a.example"));
    OK(resume_openssl_client_detach(w.ctx));
    assert_false(goes(&w, w.ctx, "a.example"));
    OK(resume_openssl_client_attach(w.ctx, w.client)); /* not automatically */
    assert_false(goes(&w, w.ctx, "a.example"));
    attach(w.ctx, w.client, "");
    assert_true(goes(&w, w.ctx, "a.example"));
    world_end(&w);
}

static int infos;

static void on_info(const SSL *ssl, int where, int value) {
    (void)ssl;
    (void)value;
    infos += (where & SSL_CB_HANDSHAKE_START) != 0;
}

static void the_applications_info_callback_is_chained(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    OK(resume_openssl_client_detach(w.ctx));
    SSL_CTX_set_info_callback(w.ctx, on_info);
    attach(w.ctx, w.client, "");
    infos = 0;
    assert_false(goes(&w, w.ctx, "a.example"));
    assert_true(goes(&w, w.ctx, "a.example"));
    assert_int_equal(infos, 2);
    world_end(&w);
}

/* A socket of this machine that is connected to another one; the port it goes to. */
static int connected(uint16_t *ret_port, int *ret_other) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, len), 0);
    *ret_other = accept(listening, NULL, NULL);
    *ret_port = ntohs(address.sin_port);
    close(listening);
    return fd;
}

static SSL *ssl_on(SSL_CTX *ctx, int fd, const char *name) {
    SSL *ssl = SSL_new(ctx);
    SSL_set_connect_state(ssl);
    if (fd >= 0) {
        SSL_set_fd(ssl, fd);
    }
    if (name) {
        set_name(ssl, name);
    }
    return ssl;
}

/* Puts some session under the peer of a connection, and nothing else. */
static resume_status put_any(struct world *w, SSL *ssl, uint16_t port) {
    resume_peer *peer = NULL;
    resume_session *session = NULL;
    SSL_CTX *plain = client_ctx(&ways[ID12]);
    SSL_CTX *server = attached_ctx(&ways[ID12], NULL);
    SSL_SESSION *theirs = session_from(server, plain, "a.example");
    uint64_t now_ms = (uint64_t)time(NULL) * 1000;
    OK(resume_openssl_export(theirs, now_ms, &session));
    OK(resume_openssl_client_peer(ssl, NULL, port, &peer));
    OK(resume_client_clear(w->client));
    resume_status status = resume_client_put(w->client, peer, session, NULL, 0, 300, now_ms);
    SSL_SESSION_free(theirs);
    resume_session_unref(session);
    resume_peer_unref(peer);
    SSL_CTX_free(plain);
    SSL_CTX_free(server);
    return status;
}

/* Whether two connections have one peer: what is put for the one is found for the other. */
static bool same_peer(struct world *w, SSL *a, uint16_t port_a, SSL *b, uint16_t port_b) {
    resume_peer *peer = NULL;
    OK(put_any(w, a, port_a));
    OK(resume_openssl_client_peer(b, NULL, port_b, &peer));
    bool same = resume_client_forget(w->client, peer) == RESUME_OK;
    resume_peer_unref(peer);
    return same;
}

static void I_114_the_socket_tells_the_port_and_the_address(void **state) { /* I-114 */
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    uint16_t port = 0;
    uint16_t other_port = 0;
    int ends[2];
    int fds[2] = {connected(&port, &ends[0]), connected(&other_port, &ends[1])};
    SSL *named = ssl_on(w.ctx, fds[0], "a.example");
    SSL *other = ssl_on(w.ctx, fds[1], "a.example");
    SSL *memory = ssl_on(w.ctx, -1, "a.example");
    SSL *unnamed = ssl_on(w.ctx, fds[0], NULL);
    SSL *unnamed_other = ssl_on(w.ctx, fds[1], NULL);
    assert_true(same_peer(&w, named, 0, named, port));
    assert_true(same_peer(&w, named, 0, memory, port));
    assert_false(same_peer(&w, named, 0, memory, 0));
    assert_false(same_peer(&w, named, 0, other, 0));
    assert_false(same_peer(&w, named, 0, unnamed, 0));
    assert_true(same_peer(&w, unnamed, 0, unnamed, port));
    assert_false(same_peer(&w, unnamed, 0, unnamed_other, 0));
    resume_peer *told = NULL;
    SSL *nowhere = ssl_on(w.ctx, -1, NULL);
    OK(resume_openssl_client_peer(nowhere, "127.0.0.1", port, &told));
    OK(put_any(&w, unnamed, 0));
    OK(resume_client_forget(w.client, told));
    resume_peer_unref(told);
    SSL_free(nowhere);
    SSL *all[] = {named, other, memory, unnamed, unnamed_other};
    for (size_t i = 0; i < 5; i++) {
        SSL_free(all[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        close(fds[i]);
        close(ends[i]);
    }
    world_end(&w);
}

static void a_peer_needs_an_automatic_client_and_a_target(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    resume_peer *peer = NULL;
    SSL *ssl = ssl_on(w.ctx, -1, NULL);
    int pair[2];
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, &peer), RESUME_MISS);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    SSL_set_fd(ssl, pair[0]);
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, &peer), RESUME_MISS);
    SSL_set1_host(ssl, "a.example");
    OK(resume_openssl_client_peer(ssl, NULL, 443, &peer));
    resume_peer_unref(peer);
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    SSL_set1_host(ssl, name);
    peer = NULL;
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, &peer), RESUME_E_INVALID);
    assert_null(peer);
    assert_int_equal(resume_openssl_client_peer(NULL, NULL, 443, &peer), RESUME_E_INVALID);
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, NULL), RESUME_E_INVALID);
    OK(resume_openssl_client_attach(w.ctx, w.client));
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, &peer), RESUME_E_STATE);
    OK(resume_openssl_client_detach(w.ctx));
    assert_int_equal(resume_openssl_client_peer(ssl, NULL, 443, &peer), RESUME_E_STATE);
    SSL_free(ssl);
    close(pair[0]);
    close(pair[1]);
    world_end(&w);
}

static void wrong_arguments_are_refused(void **state) {
    (void)state;
    struct world w = world_of(&ways[TICKET12]);
    SSL_CTX *ctx = client_ctx(&ways[TICKET12]);
    assert_int_equal(resume_openssl_client_attach_auto(NULL, w.client, NULL, 0), RESUME_E_INVALID);
    assert_int_equal(resume_openssl_client_attach_auto(ctx, NULL, NULL, 0), RESUME_E_INVALID);
    assert_int_equal(resume_openssl_client_attach_auto(ctx, w.client, NULL, 1), RESUME_E_INVALID);
    assert_null(resume_openssl_client(ctx));
    assert_int_equal(resume_openssl_client_attach_auto(w.server, w.client, NULL, 0),
                     RESUME_E_STATE);
    SSL_CTX_free(ctx);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(I_116_every_way_resumes_by_itself),
        cmocka_unit_test(I_116_tls13_tickets_are_offered_once),
        cmocka_unit_test(I_114_118_names_do_not_mix),
        cmocka_unit_test(I_114_labels_do_not_mix),
        cmocka_unit_test(who_names_nobody_is_left_alone),
        cmocka_unit_test(an_own_session_is_left_alone),
        cmocka_unit_test(who_was_told_its_peer_keeps_it),
        cmocka_unit_test(I_118_an_ssl_may_be_used_again),
        cmocka_unit_test(I_116_a_handshake_that_broke_off_uses_its_ticket_up),
        cmocka_unit_test(a_server_that_forgot_gets_a_full_handshake),
        cmocka_unit_test(a_hello_retry_changes_nothing),
        cmocka_unit_test(renegotiation_is_left_alone),
        cmocka_unit_test(many_threads_share_a_context),
        cmocka_unit_test(servers_are_left_alone),
        cmocka_unit_test(detached_means_left_alone),
        cmocka_unit_test(the_applications_info_callback_is_chained),
        cmocka_unit_test(I_114_the_socket_tells_the_port_and_the_address),
        cmocka_unit_test(a_peer_needs_an_automatic_client_and_a_target),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
