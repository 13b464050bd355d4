/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis: against a small server inside the test, so that the sanitizers see what hiredis and we
 * make of its replies, right ones and wrong ones. A real server is in tests/stores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX 8
#define BUF_SIZE  200000U
#define KEPT      512U

struct word {
    const char *text;
    size_t len;
};

struct kept {
    char key[80];
    char value[512];
    size_t len;
};

static struct {
    char path[64];
    int listener;
    pthread_t thread;
    pthread_mutex_t lock;
    struct kept kept[KEPT];
    size_t count;
    atomic_int commands[128]; /* by first letter, and 'D' for GETDEL, 'X' for DEL */
    atomic_uint spoil;        /* not 0: seed of what becomes of replies */
    atomic_bool no_getdel;
    _Atomic(const char *) fixed; /* the answer to everything */
    char seen[1024];             /* the last AUTH and SELECT */
} server;

/* ---- a server -----------------------------------------------------------------------------------
 */

static struct kept *kept_of(const struct word *key) {
    for (size_t i = 0; i < server.count; i++) {
        if (strlen(server.kept[i].key) == key->len &&
            memcmp(server.kept[i].key, key->text, key->len) == 0) {
            return &server.kept[i];
        }
    }
    return NULL;
}

static size_t value_reply(const struct kept *kept, char *out) {
    if (!kept || !kept->len) {
        memcpy(out, "$-1\r\n", 5);
        return 5;
    }
    size_t at = (size_t)sprintf(out, "$%zu\r\n", kept->len);
    memcpy(out + at, kept->value, kept->len);
    memcpy(out + at + kept->len, "\r\n", 2);
    return at + kept->len + 2;
}

static size_t text_reply(const char *text, char *out) {
    size_t len = strlen(text);
    memcpy(out, text, len);
    return len;
}

static size_t store_value(const struct word *w, char *out) {
    struct kept *kept = kept_of(&w[1]);
    if (!kept) {
        kept = &server.kept[server.count++ % KEPT];
        server.count = server.count < KEPT ? server.count : KEPT;
        memset(kept, 0, sizeof *kept);
        memcpy(kept->key, w[1].text, w[1].len);
    }
    kept->len = w[2].len < sizeof kept->value ? w[2].len : sizeof kept->value;
    memcpy(kept->value, w[2].text, kept->len);
    return text_reply("+OK\r\n", out);
}

static bool is(const struct word *word, const char *text) {
    return word->len == strlen(text) && memcmp(word->text, text, word->len) == 0;
}

static void note(const struct word *w, int n) {
    for (int i = 0; i < n; i++) {
        strncat(server.seen, " ", sizeof server.seen - strlen(server.seen) - 1);
        strncat(server.seen, w[i].text, w[i].len);
    }
}

static size_t answer(const struct word *w, int n, char *out) {
    const char *fixed = atomic_load(&server.fixed);
    if (is(&w[0], "AUTH") || is(&w[0], "SELECT")) {
        note(w, n);
    } else if (fixed) {
        return text_reply(fixed, out);
    }
    if (is(&w[0], "GET")) {
        return value_reply(kept_of(&w[1]), out);
    }
    if (is(&w[0], "SET")) {
        return store_value(w, out);
    }
    bool take = is(&w[0], "GETDEL");
    if (take && atomic_load(&server.no_getdel)) {
        return text_reply("-ERR unknown command 'GETDEL', with args\r\n", out);
    }
    if (take || is(&w[0], "EVAL") || is(&w[0], "DEL")) {
        atomic_fetch_add(&server.commands[take ? 'D' : is(&w[0], "EVAL") ? 'E' : 'X'], 1);
        struct kept *kept = kept_of(&w[is(&w[0], "EVAL") ? 3 : 1]);
        bool there = kept && kept->len;
        size_t len = is(&w[0], "DEL") ? text_reply(there ? ":1\r\n" : ":0\r\n", out)
                                      : value_reply(kept, out);
        if (kept) {
            kept->len = 0;
        }
        return len;
    }
    return text_reply(is(&w[0], "PING") ? "+PONG\r\n" : "+OK\r\n", out);
}

/* One command in RESP off the buffer: its length, or 0 for more. */
static size_t parse(const char *buf, size_t len, struct word *words, int *ret_n) {
    char *end = NULL;
    const char *at = buf;
    if (len < 4 || !memmem(buf, len, "\r\n", 2)) {
        return 0;
    }
    int n = (int)strtol(at + 1, &end, 10);
    at = end + 2;
    assert_true(n > 0 && n <= WORDS_MAX);
    for (int i = 0; i < n; i++) {
        size_t left = len - (size_t)(at - buf);
        if ((size_t)(at - buf) > len || !memmem(at, left, "\r\n", 2)) {
            return 0;
        }
        size_t size = (size_t)strtol(at + 1, &end, 10);
        at = end + 2;
        words[i] = (struct word){at, size};
        at += size + 2;
        if ((size_t)(at - buf) > len) {
            return 0;
        }
    }
    *ret_n = n;
    return (size_t)(at - buf);
}

/* Cuts, flips, doubles, or leaves; false: closes. */
static bool spoil(unsigned *seed, char *out, size_t *len) {
    switch (rand_r(seed) % 6) {
    case 0:
        *len = (size_t)rand_r(seed) % (*len + 1);
        return false;
    case 1:
        out[(size_t)rand_r(seed) % *len] ^= (char)(1 << rand_r(seed) % 8);
        return true;
    case 2:
        memcpy(out + *len, out, *len);
        *len *= 2;
        return true;
    case 3:
        *len = (size_t)rand_r(seed) % (*len + 1); /* and is silent then */
        return true;
    default:
        return true;
    }
}

static void *serve(void *arg) {
    int fd = (int)(intptr_t)arg;
    char *buf = malloc(BUF_SIZE + 1);
    char *out = malloc(BUF_SIZE);
    size_t len = 0;
    bool open = buf && out;
    while (open) {
        ssize_t n = recv(fd, buf + len, BUF_SIZE - len, 0);
        if (n <= 0) {
            break;
        }
        len += (size_t)n;
        buf[len] = '\0';
        struct word words[WORDS_MAX];
        int count = 0;
        size_t used = 0;
        while (open && (used = parse(buf, len, words, &count)) > 0) {
            pthread_mutex_lock(&server.lock);
            size_t out_len = answer(words, count, out);
            unsigned seed = atomic_load(&server.spoil);
            if (seed && out_len) {
                open = spoil(&seed, out, &out_len);
                atomic_store(&server.spoil, seed ? seed : 1);
            }
            pthread_mutex_unlock(&server.lock);
            open &= send(fd, out, out_len, MSG_NOSIGNAL) == (ssize_t)out_len;
            len -= used;
            for (size_t i = 0; i <= len; i++) { /* valgrind takes a memmove() here for a memcpy() */
                buf[i] = buf[used + i];
            }
        }
    }
    free(buf);
    free(out);
    close(fd);
    return NULL;
}

static void *accept_all(void *arg) {
    (void)arg;
    for (;;) {
        pthread_t thread;
        int fd = accept(server.listener, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0) {
            abort();
        }
        pthread_detach(thread);
    }
}

static int setup(void **state) {
    (void)state;
    memset(&server, 0, sizeof server);
    pthread_mutex_init(&server.lock, NULL);
    snprintf(server.path, sizeof server.path, "/tmp/test-redis-%d", (int)getpid());
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, server.path, strlen(server.path));
    unlink(server.path);
    server.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(server.listener, (struct sockaddr *)&at, sizeof at) == 0 &&
                   listen(server.listener, 16) == 0 &&
                   pthread_create(&server.thread, NULL, accept_all, NULL) == 0
               ? 0
               : -1;
}

static int teardown(void **state) {
    (void)state;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    unlink(server.path);
    return 0;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static resume_store *opened(const char *login, const char *params) {
    static const uint8_t secret[] = "only for tests: forty-two bytes of a secret";
    char url[512];
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    snprintf(url, sizeof url, "redis://%s?unix=%s&%s", login, server.path, params);
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_options_set_secret(options, secret, sizeof secret), RESUME_OK);
    assert_int_equal(resume_store_from_url(url, options, &store), RESUME_OK);
    resume_store_options_unref(options);
    return store;
}

static void make_id(unsigned n, uint8_t *id) {
    memset(id, 7, 32);
    memcpy(id, &n, sizeof n);
}

static resume_status put(resume_store *store, unsigned n) {
    uint8_t id[32];
    make_id(n, id);
    return resume_store_put_record(store, id, 32, id, 32, NOW + 60000, NOW);
}

static resume_status look_up(resume_store *store, bool take, unsigned n) {
    uint8_t id[32];
    uint8_t buf[64];
    size_t len = 0;
    make_id(n, id);
    resume_status status = take
                               ? resume_store_take_record(store, id, 32, NOW, buf, sizeof buf, &len)
                               : resume_store_get_record(store, id, 32, NOW, buf, sizeof buf, &len);
    if (status == RESUME_OK) { /* never another's */
        assert_int_equal(len, 32);
        assert_memory_equal(buf, id, 32);
    }
    return status;
}

static resume_status drop(resume_store *store, unsigned n) {
    uint8_t id[32];
    make_id(n, id);
    return resume_store_remove(store, id, 32);
}

static void test_commands(void **state) {
    (void)state;
    for (int old = 0; old < 2; old++) {
        atomic_store(&server.no_getdel, old);
        resume_store *store = opened("", "timeout=10s");
        for (unsigned n = 0; n < 100; n++) {
            assert_int_equal(put(store, n), RESUME_OK);
            assert_int_equal(look_up(store, false, n), RESUME_OK);
            assert_int_equal(look_up(store, true, n), RESUME_OK);
            assert_int_equal(look_up(store, true, n), RESUME_MISS);
            assert_int_equal(drop(store, n), RESUME_MISS);
            assert_int_equal(put(store, n), RESUME_OK);
            assert_int_equal(drop(store, n), RESUME_OK);
            assert_int_equal(look_up(store, false, n), RESUME_MISS);
        }
        assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 0);
        resume_store_unref(store);
    }
    assert_int_equal(atomic_load(&server.commands['D']), 200); /* known to be unknown after one */
    assert_int_equal(atomic_load(&server.commands['E']), 200);
}

static void test_login(void **state) {
    (void)state;
    resume_store *store = opened("me:p%40ss@", "db=3&timeout=10s");
    assert_int_equal(look_up(store, false, 1), RESUME_MISS);
    assert_string_equal(server.seen, " AUTH me p@ss SELECT 3");
    resume_store_unref(store);
    server.seen[0] = '\0';
    store = opened(":pass@", "timeout=10s");
    assert_int_equal(look_up(store, false, 1), RESUME_MISS);
    assert_string_equal(server.seen, " AUTH pass");
    resume_store_unref(store);
}

/* Each error reply has a number of its own; those that every question would get open the breaker.
 */
static void test_error_replies(void **state) {
    (void)state;
    const struct {
        const char *reply;
        int32_t which;
        uint64_t opens;
    } cases[] = {
        {"-MOVED 3999 127.0.0.1:6381\r\n", RESUME_STORE_REPLIES_MOVED, 0},
        {"-ASK 3999 127.0.0.1:6381\r\n", RESUME_STORE_REPLIES_MOVED, 0},
        {"-READONLY You can't write\r\n", RESUME_STORE_REPLIES_READONLY, 0},
        {"-OOM command not allowed\r\n", RESUME_STORE_REPLIES_FULL, 0},
        {"-LOADING Redis is loading\r\n", RESUME_STORE_REPLIES_BUSY, 1},
        {"-BUSY Redis is busy\r\n", RESUME_STORE_REPLIES_BUSY, 1},
        {"-MASTERDOWN Link\r\n", RESUME_STORE_REPLIES_BUSY, 1},
        {"-CLUSTERDOWN The\r\n", RESUME_STORE_REPLIES_BUSY, 1},
        {"-NOAUTH Authentication required.\r\n", RESUME_STORE_REPLIES_DENIED, 1},
        {"-NOPERM this user\r\n", RESUME_STORE_REPLIES_DENIED, 0},
        {"-ERR unknown\r\n", RESUME_STORE_REPLIES_OTHER, 0},
        {"-MOVEDX\r\n", RESUME_STORE_REPLIES_OTHER, 0},
        {"-\r\n", RESUME_STORE_REPLIES_OTHER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = opened("", "timeout=10s");
        atomic_store(&server.fixed, cases[i].reply);
        for (unsigned n = 0; n < 3; n++) {
            assert_int_equal(look_up(store, false, n), RESUME_MISS);
        }
        assert_true(stat_of(store, cases[i].which) >= 3); /* and a probe may have had one */
        assert_int_equal(stat_of(store, RESUME_STORE_BREAKER_OPENS), cases[i].opens);
        if (!cases[i].opens) {
            assert_int_equal(drop(store, 1), RESUME_E_IO);
            assert_int_equal(put(store, 1), RESUME_OK);
            assert_int_equal(look_up(store, true, 1), RESUME_MISS);
            assert_int_equal(stat_of(store, cases[i].which), 6);
            assert_int_equal(stat_of(store, RESUME_STORE_DROPPED), 1);
            assert_int_equal(stat_of(store, RESUME_STORE_CONNECTIONS), 2);
        }
        atomic_store(&server.fixed, NULL);
        resume_store_unref(store);
    }
}

/* I-109: garbage of any kind is a miss, and the connection is closed. */
static void test_no_replies(void **state) {
    (void)state;
    const char *cases[] = {"+OK\r\n",
                           ":1\r\n",
                           "*0\r\n",
                           "*-1\r\n",
                           "*1\r\n$1\r\nx\r\n",
                           "*2\r\n*1\r\n*1\r\n$1\r\nx\r\n:1\r\n",
                           "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
                           "$-1\r\n+\r\n",
                           "$5\r\nhello",
                           "$65536\r\n",
                           "$-7\r\n",
                           "$99999999999999999999999\r\n",
                           "what?\r\n",
                           "\r\n",
                           "$\r\n"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        resume_store *store = opened("", "timeout=300ms&queue=0");
        atomic_store(&server.fixed, cases[i]);
        assert_int_equal(look_up(store, false, 1), RESUME_MISS);
        assert_int_equal(stat_of(store, RESUME_STORE_CONNECTIONS), 0);
        assert_int_equal(look_up(store, true, 1), RESUME_MISS);
        assert_int_equal(
            stat_of(store, RESUME_STORE_DISCONNECTS) + stat_of(store, RESUME_STORE_TIMEOUTS), 2);
        atomic_store(&server.fixed, NULL);
        assert_int_equal(put(store, 1), RESUME_OK); /* nothing of it is left */
        assert_int_equal(look_up(store, true, 1), RESUME_OK);
        resume_store_unref(store);
    }
}

/* Thousands of replies, spoilt at random: right, or a miss. A loaded machine may miss all of those
 * that have 5 ms; the first of each round has time, and a third of them is not spoilt. */
static void test_spoilt_replies(void **state) {
    (void)state;
    unsigned found = 0;
    for (unsigned round = 1; round <= 40; round++) {
        atomic_store(&server.spoil, 0);
        resume_store *filler = opened("", "timeout=10s&queue=0");
        for (unsigned n = 0; n < 10; n++) {
            assert_int_equal(put(filler, n), RESUME_OK);
        }
        resume_store_unref(filler);
        resume_store *patient = opened("", "timeout=200ms");
        resume_store *store = opened("", "timeout=5ms&pool=2");
        atomic_store(&server.spoil, round);
        found += look_up(patient, false, 0) == RESUME_OK;
        resume_store_unref(patient);
        for (unsigned n = 0; n < 100; n++) {
            resume_status status = look_up(store, n % 5 == 4, n % 10);
            assert_true(status == RESUME_OK || status == RESUME_MISS);
            status = n % 3 ? put(store, n % 10) : drop(store, n % 10);
            assert_true(status == RESUME_OK || status == RESUME_MISS || status == RESUME_E_IO);
        }
        resume_store_unref(store);
    }
    assert_true(found > 0);
}

static void *work(void *arg) {
    resume_store *store = arg;
    static atomic_uint next;
    for (int i = 0; i < 100; i++) {
        unsigned n = atomic_fetch_add(&next, 1) % 200;
        (void)put(store, n);
        (void)look_up(store, false, n);
        (void)look_up(store, true, n);
        (void)drop(store, n);
    }
    return NULL;
}

static void test_many_threads(void **state) {
    (void)state;
    pthread_t threads[6];
    resume_store *store = opened("", "timeout=10s&pool=3");
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, store), 0);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 0);
    assert_true(stat_of(store, RESUME_STORE_CONNECTIONS) <= 4);
    resume_store_unref(store);
}

static void test_other_schemes(void **state) {
    (void)state;
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_from_url("rediss://h", options, &store), RESUME_E_UNSUPPORTED);
    assert_non_null(strstr(resume_store_options_why(options), "redis+unix:"));
    resume_store_options_unref(options);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_commands),      WITH(test_login),          WITH(test_error_replies),
        WITH(test_no_replies),    WITH(test_spoilt_replies), WITH(test_many_threads),
        WITH(test_other_schemes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
