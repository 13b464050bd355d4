/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memcached: a look-up against the same question asked by libmemcached alone, call by call in turn,
 * medians. Prints one JSON object a line. Starts a memcached of its own on a free port, and ends
 * it.
 */
#include "remote.h"

#include <libmemcached/memcached.h>

#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>

static int rounds = ROUNDS_MAX;
static double mine[ROUNDS_MAX];
static double theirs[ROUNDS_MAX];
static pid_t server;

static void end_server(void) {
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        server = 0;
    }
}

static memcached_st *raw_connection(int port) {
    memcached_st *raw = memcached_create(NULL);
    check(raw && memcached_behavior_set(raw, MEMCACHED_BEHAVIOR_NO_BLOCK, 1) == MEMCACHED_SUCCESS &&
              memcached_behavior_set(raw, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1) == MEMCACHED_SUCCESS &&
              memcached_server_add(raw, "127.0.0.1", (in_port_t)port) == MEMCACHED_SUCCESS,
          "libmemcached");
    return raw;
}

static memcached_st *start_server(int port) {
    char text[8];
    const struct passwd *user = getpwuid(getuid());
    snprintf(text, sizeof text, "%d", port);
    server = fork();
    check(server >= 0 && user, "fork");
    if (server == 0) {
        execlp("memcached", "memcached", "-l", "127.0.0.1", "-p", text, "-U", "0", "-t", "1", "-u",
               user->pw_name, (char *)NULL);
        _exit(127);
    }
    atexit(end_server);
    memcached_st *raw = raw_connection(port);
    for (int i = 0; i < 1000; i++) {
        if (memcached_set(raw, "raw", 3, "x", 1, 0, 0) == MEMCACHED_SUCCESS) {
            return raw;
        }
        memcached_free(raw);
        sleep_ms(10);
        raw = raw_connection(port);
    }
    check(0, "starting memcached");
    return raw;
}

/* The length of what the store keeps: the same value is got without it. */
#define SEALED_SIZE (RECORD_SIZE + 98U)

static void raw_get(memcached_st *raw) {
    memcached_return_t rc = MEMCACHED_SUCCESS;
    uint32_t flags = 0;
    size_t len = 0;
    char *value = memcached_get(raw, "raw", 3, &len, &flags, &rc);
    check(value && len == SEALED_SIZE, "get");
    free(value);
}

int main(void) {
    char url[128];
    char value[SEALED_SIZE];
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        rounds = 500;
    }
    int port = free_port();
    memcached_st *raw = start_server(port);
    memset(value, 7, sizeof value);
    check(memcached_set(raw, "raw", 3, value, sizeof value, 0, 0) == MEMCACHED_SUCCESS, "set");
    snprintf(url, sizeof url, "memcached://127.0.0.1:%d?timeout=1s", port);
    resume_store *store = open_store(url);
    check(put(store, 7) == RESUME_OK, "put");
    wait_until_sent(store);
    for (int i = -500; i < rounds; i++) {
        double begin = now_ns();
        check(get(store, 7), "get");
        double middle = now_ns();
        raw_get(raw);
        if (i >= 0) {
            mine[i] = middle - begin;
            theirs[i] = now_ns() - middle;
        }
    }
    double own = median(mine, rounds) / 1e3;
    double peer = median(theirs, rounds) / 1e3;
    row("memcached get over TCP", own, "us", "libmemcached alone", peer, own / peer, "\"<= 1.10\"",
        own / peer <= 1.10);
    resume_store_unref(store);
    memcached_free(raw);
    return 0;
}
