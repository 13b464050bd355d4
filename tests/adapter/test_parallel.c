/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attached SSL_CTX in many threads while its keys rotate, and in forked children. The threads
 * are for the thread sanitizer; what they assert here is that every handshake succeeds.
 */
#include "tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS  12

struct shared {
    const struct way *way;
    SSL_CTX *server;
    resume_keyring *keyring;
    SSL_SESSION *common; /* every thread offers it, at the same time */
    atomic_int failed;
    atomic_int reused;
    atomic_bool done;
};

/* cmocka's assertions are for the main thread only. */
static SSL_SESSION *attempt(struct shared *shared, SSL_CTX *client, SSL_SESSION *offer) {
    struct visit visit = {SSL_new(shared->server), SSL_new(client), false, false};
    BIO *server_bio = NULL;
    BIO *client_bio = NULL;
    char byte;
    BIO_new_bio_pair(&server_bio, 1 << 17, &client_bio, 1 << 17);
    SSL_set_bio(visit.server, server_bio, server_bio);
    SSL_set_bio(visit.client, client_bio, client_bio);
    SSL_set_accept_state(visit.server);
    SSL_set_connect_state(visit.client);
    set_name(visit.client, "a.example");
    if (offer) {
        SSL_set_session(visit.client, offer);
    }
    for (int i = 0; i < 6; i++) {
        SSL_do_handshake(visit.client);
        SSL_do_handshake(visit.server);
    }
    SSL_read(visit.client, &byte, 1);
    bool ok = SSL_is_init_finished(visit.client) && SSL_is_init_finished(visit.server);
    atomic_fetch_add(ok ? &shared->reused : &shared->failed,
                     ok ? SSL_session_reused(visit.server) : 1);
    SSL_SESSION *next = ok ? SSL_get1_session(visit.client) : NULL;
    SSL_shutdown(visit.client);
    SSL_shutdown(visit.server);
    SSL_free(visit.client);
    SSL_free(visit.server);
    return next;
}

static void *visits(void *arg) {
    struct shared *shared = arg;
    SSL_CTX *client = client_ctx(shared->way);
    SSL_SESSION *own = NULL;
    for (int i = 0; i < ROUNDS; i++) {
        SSL_SESSION *copy = SSL_SESSION_dup(shared->common);
        SSL_SESSION_free(attempt(shared, client, copy));
        SSL_SESSION_free(copy);
        SSL_SESSION *next = attempt(shared, client, own);
        SSL_SESSION_free(own);
        own = next;
    }
    SSL_SESSION_free(own);
    SSL_CTX_free(client);
    return NULL;
}

static void *rotates(void *arg) {
    struct shared *shared = arg;
    uint64_t now = (uint64_t)time(NULL) * 1000;
    for (int i = 0; i < 10 && !atomic_load(&shared->done); i++) {
        if (resume_keyring_rotate(shared->keyring, now) != RESUME_OK) {
            atomic_fetch_add(&shared->failed, 1);
        }
        sched_yield();
    }
    return NULL;
}

static void threads_share_a_context(void **state) { /* I-167, I-168, I-170 */
    (void)state;
    FOR_EACH_WAY(way) {
        struct shared shared = {.way = way, .keyring = keyring_new()};
        pthread_t threads[THREADS + 1];
        shared.server = attached_ctx(way, &(struct wish){.keyring = shared.keyring});
        SSL_CTX *client = client_ctx(way);
        shared.common = session_from(shared.server, client, "a.example");
        for (int i = 0; i <= THREADS; i++) {
            assert_int_equal(
                pthread_create(&threads[i], NULL, i < THREADS ? visits : rotates, &shared), 0);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
        }
        atomic_store(&shared.done, true);
        pthread_join(threads[THREADS], NULL);
        assert_int_equal(shared.failed, 0);
        /* All but each thread's first own visit. */
        assert_int_equal(shared.reused, THREADS * (2 * ROUNDS - 1));
        SSL_SESSION_free(shared.common);
        SSL_CTX_free(client);
        SSL_CTX_free(shared.server);
        resume_keyring_unref(shared.keyring);
    }
}

/* A child's visit: offers what stands in the pipe, writes what it got. Its exit status says whether
 * it resumed. */
static void child(SSL_CTX *server, SSL_CTX *client, SSL_SESSION *offer, int out) {
    struct visit visit = visit_begin(server, client, "a.example", offer);
    visit_run(&visit);
    SSL_SESSION *session = visit.ok ? visit_session(&visit) : NULL;
    unsigned char *der = NULL;
    int len = session ? i2d_SSL_SESSION(session, &der) : 0;
    bool written = len > 0 && write(out, der, (size_t)len) == len;
    _exit(!visit.ok || !written ? 2 : visit.reused ? 0 : 1);
}

static int run_child(SSL_CTX *server, SSL_CTX *client, SSL_SESSION *offer, SSL_SESSION **ret) {
    unsigned char der[8192];
    int ends[2];
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        child(server, client, offer, ends[1]);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], der, sizeof der);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && len > 0);
    const unsigned char *p = der;
    *ret = d2i_SSL_SESSION(NULL, &p, (long)len);
    return WEXITSTATUS(status);
}

static void children_resume_each_others_tickets(void **state) { /* I-65, I-165 */
    (void)state;
    for (int i = 0; i < WAYS; i++) {
        if (ways[i].mode != RESUME_MODE_TICKETS) {
            continue; /* memory: is each process's own */
        }
        SSL_CTX *server = attached_ctx(&ways[i], NULL);
        SSL_CTX *client = client_ctx(&ways[i]);
        SSL_SESSION *parents = session_from(server, client, "a.example");
        SSL_SESSION *first = NULL;
        SSL_SESSION *second = NULL;
        SSL_SESSION *last = NULL;
        assert_int_equal(run_child(server, client, NULL, &first), 1);
        assert_int_equal(run_child(server, client, parents, &last), 0);
        SSL_SESSION_free(last);
        assert_int_equal(run_child(server, client, first, &second), 0);
        assert_true(resumes(server, client, "a.example", second));
        SSL_SESSION_free(parents);
        SSL_SESSION_free(first);
        SSL_SESSION_free(second);
        SSL_CTX_free(server);
        SSL_CTX_free(client);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_context),
        cmocka_unit_test(children_resume_each_others_tickets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
