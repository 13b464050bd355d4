/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis: what a put costs the handshake, and a look-up against the same question asked by hiredis
 * alone, call by call in turn, medians. Prints one JSON object a line. Starts a redis-server of its
 * own on a Unix socket and a free port, and ends it.
 */
#include "remote.h"

#include <hiredis/hiredis.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int rounds = ROUNDS_MAX;
static double mine[ROUNDS_MAX];
static double theirs[ROUNDS_MAX];

static struct {
    char folder[32];
    char path[64];
    int port;
    pid_t pid;
} server;

static void end_server(void) {
    if (server.pid > 0) {
        kill(server.pid, SIGTERM);
        waitpid(server.pid, NULL, 0);
        server.pid = 0;
        unlink(server.path);
        rmdir(server.folder);
    }
}

static void start_server(void) {
    char port[8];
    strcpy(server.folder, "/tmp/bench-remote-XXXXXX");
    check(mkdtemp(server.folder) != NULL, "a folder");
    snprintf(server.path, sizeof server.path, "%s/socket", server.folder);
    server.port = free_port();
    snprintf(port, sizeof port, "%d", server.port);
    server.pid = fork();
    check(server.pid >= 0, "fork");
    if (server.pid == 0) {
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1",
               "--unixsocket", server.path, "--save", "", "--appendonly", "no", "--loglevel",
               "warning", "--logfile", "/dev/null", "--dir", server.folder, (char *)NULL);
        _exit(127);
    }
    atexit(end_server);
    for (int i = 0; i < 1000; i++) {
        redisContext *c = redisConnectUnix(server.path);
        int up = c && !c->err;
        redisFree(c);
        if (up) {
            return;
        }
        sleep_ms(10);
    }
    check(0, "starting redis-server");
}

/* What sealing alone costs: a backend that keeps nothing. */
static resume_status keep_nothing(void *arg, const uint8_t *key, size_t key_len,
                                  const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                  uint64_t now_ms) {
    (void)arg;
    (void)key;
    (void)key_len;
    (void)data;
    (void)data_len;
    (void)expires_ms;
    (void)now_ms;
    return RESUME_OK;
}

static resume_store *open_sealing(void) {
    resume_keyring *ring = NULL;
    resume_codec_options *codec_options = NULL;
    resume_codec *codec = NULL;
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    struct resume_backend backend = {.size = sizeof backend, .put = keep_nothing};
    check(resume_keyring_from_url("random:", NULL, NOW, &ring) == RESUME_OK &&
              resume_codec_options_new(&codec_options) == RESUME_OK &&
              resume_codec_options_set_frame(codec_options, RESUME_FRAME_AEAD) == RESUME_OK &&
              resume_codec_new(ring, codec_options, &codec) == RESUME_OK &&
              resume_store_options_new(&options) == RESUME_OK &&
              resume_store_options_set_codec(options, codec) == RESUME_OK &&
              resume_store_from_backend(&backend, options, &store) == RESUME_OK,
          "the sealing store");
    resume_codec_unref(codec);
    resume_codec_options_unref(codec_options);
    resume_keyring_unref(ring);
    resume_store_options_unref(options);
    return store;
}

static double timed_put(resume_store *store, unsigned n) {
    double begin = now_ns();
    resume_status status = put(store, n);
    double took = now_ns() - begin;
    check(status == RESUME_OK, "put");
    return took;
}

/* gap_us: what a server does between two handshakes, here nothing but time. */
static void bench_put(const char *name, const char *url, double gap_us, int count) {
    resume_store *store = open_store(url);
    resume_store *sealing = open_sealing();
    for (unsigned i = 0; i < 200; i++) {
        check(put(store, i) == RESUME_OK && put(sealing, i) == RESUME_OK, "put");
    }
    wait_until_sent(store);
    for (int i = 0; i < count; i++) {
        double begin = now_ns();
        /* Whoever comes second finds the processor's caches warm: in turn. */
        if (i % 2) {
            mine[i] = timed_put(store, (unsigned)i);
            theirs[i] = timed_put(sealing, (unsigned)i);
        } else {
            theirs[i] = timed_put(sealing, (unsigned)i);
            mine[i] = timed_put(store, (unsigned)i);
        }
        while (now_ns() - begin < gap_us * 1e3) {
        }
    }
    double value = median(mine, count);
    double peer = median(theirs, count);
    row(name, value, "ns", "sealing the record", peer, value / peer, "\"< 2000 ns\"", value < 2000);
    wait_until_sent(store);
    resume_store_unref(store);
    resume_store_unref(sealing);
}

/* The server's name of the one record that is there. */
static void name_of_record(redisContext *raw, char *name, size_t cap) {
    redisReply *reply = redisCommand(raw, "RANDOMKEY");
    check(reply && reply->type == REDIS_REPLY_STRING && reply->len < cap, "RANDOMKEY");
    memcpy(name, reply->str, reply->len + 1);
    freeReplyObject(reply);
}

static void flush_all(redisContext *raw) {
    redisReply *reply = redisCommand(raw, "FLUSHALL");
    check(reply && reply->type == REDIS_REPLY_STATUS, "FLUSHALL");
    freeReplyObject(reply);
}

static void raw_get(redisContext *raw, const char *name) {
    redisReply *reply = redisCommand(raw, "GET %s", name);
    check(reply && reply->type == REDIS_REPLY_STRING && reply->len > RECORD_SIZE, "GET");
    freeReplyObject(reply);
}

static void bench_get(const char *name, const char *url, redisContext *raw) {
    char key[128];
    check(raw && !raw->err, "connecting");
    flush_all(raw);
    resume_store *store = open_store(url);
    check(put(store, 7) == RESUME_OK, "put");
    wait_until_sent(store);
    name_of_record(raw, key, sizeof key);
    for (int i = -500; i < rounds; i++) {
        double begin = now_ns();
        check(get(store, 7), "get");
        double middle = now_ns();
        raw_get(raw, key);
        if (i >= 0) {
            mine[i] = middle - begin;
            theirs[i] = now_ns() - middle;
        }
    }
    double value = median(mine, rounds) / 1e3;
    double peer = median(theirs, rounds) / 1e3;
    row(name, value, "us", "hiredis alone", peer, value / peer, "\"<= 1.10\"",
        value / peer <= 1.10);
    resume_store_unref(store);
    redisFree(raw);
}

int main(void) {
    char tcp[128];
    char local[192];
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        rounds = 500;
    }
    start_server();
    snprintf(tcp, sizeof tcp, "redis://127.0.0.1:%d?timeout=1s", server.port);
    snprintf(local, sizeof local, "redis+unix://%s?timeout=1s", server.path);
    bench_put("redis put, queued, one after the other", tcp, 0, rounds / 10);
    bench_put("redis put, queued, every 200 us", tcp, 200, rounds / 10);
    bench_get("redis get over TCP", tcp, redisConnect("127.0.0.1", server.port));
    bench_get("redis get over a Unix socket", local, redisConnectUnix(server.path));
    end_server();
    return 0;
}
