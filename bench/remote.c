/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis: what a put costs the handshake, and a look-up against the same question asked by hiredis
 * alone, call by call in turn, medians. Prints one JSON object a line. Starts a redis-server of its
 * own on a Unix socket and a free port, and ends it.
 */
#include "bench.h"

#include <resume/store.h>

#include <hiredis/hiredis.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_SIZE 200U
#define NOW         UINT64_C(1700000000000)
#define LATER       (NOW + 86400000U)
#define ROUNDS_MAX  20000

static int rounds = ROUNDS_MAX;
static double mine[ROUNDS_MAX];
static double theirs[ROUNDS_MAX];
static const uint8_t secret[] = "of this benchmark alone: a secret, long enough";

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

static void sleep_ms(int ms) {
    struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

static int free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0,
          "a free port");
    close(fd);
    return ntohs(at.sin_port);
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

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static void row(const char *name, double value, const char *unit, const char *peer,
                double peer_value, double ratio, const char *target, int ok) {
    printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"peer\": \"%s\", "
           "\"peer_value\": %.1f, \"ratio\": %.3f, \"target\": %s, \"ok\": %s}\n",
           name, value, unit, peer, peer_value, ratio, target,
           ok < 0 ? "null"
           : ok   ? "true"
                  : "false");
    fflush(stdout);
}

static resume_store_options *make_options(void) {
    resume_store_options *options = NULL;
    check(resume_store_options_new(&options) == RESUME_OK &&
              resume_store_options_set_secret(options, secret, sizeof secret) == RESUME_OK,
          "options");
    return options;
}

static resume_store *open_store(const char *url) {
    resume_store_options *options = make_options();
    resume_store *store = NULL;
    if (resume_store_from_url(url, options, &store) != RESUME_OK) {
        fprintf(stderr, "bench/remote: %s\n", resume_store_options_why(options));
        exit(1);
    }
    resume_store_options_unref(options);
    return store;
}

static resume_status put(resume_store *store, unsigned n) {
    uint8_t id[32] = {0};
    uint8_t record[RECORD_SIZE];
    memcpy(id, &n, sizeof n);
    memset(record, (int)n, sizeof record);
    return resume_store_put_record(store, id, sizeof id, record, sizeof record, LATER, NOW);
}

static int get(resume_store *store, unsigned n) {
    uint8_t id[32] = {0};
    uint8_t record[RECORD_SIZE];
    size_t len = 0;
    memcpy(id, &n, sizeof n);
    return resume_store_get_record(store, id, sizeof id, NOW, record, sizeof record, &len) ==
               RESUME_OK &&
           len == sizeof record;
}

static void wait_until_sent(resume_store *store) {
    uint64_t queued = 1;
    while (queued) {
        check(resume_store_stats(store, RESUME_STORE_QUEUED, &queued) == RESUME_OK, "stats");
        sleep_ms(1);
    }
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
