/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks of remote stores share: records to put and get, rows to print.
 */
#ifndef BENCH_REMOTE_H
#define BENCH_REMOTE_H

#include "bench.h"

#include <resume/store.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECORD_SIZE 200U
#define NOW         UINT64_C(1700000000000)
#define LATER       (NOW + 86400000U)
#define ROUNDS_MAX  20000

static const uint8_t bench_secret[] = "of this benchmark alone: a secret, long enough";

static inline void sleep_ms(int ms) {
    struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

static inline int free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0,
          "a free port");
    close(fd);
    return ntohs(at.sin_port);
}

static inline int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static inline void row(const char *name, double value, const char *unit, const char *peer,
                       double peer_value, double ratio, const char *target, int ok) {
    printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\", \"peer\": \"%s\", "
           "\"peer_value\": %.1f, \"ratio\": %.3f, \"target\": %s, \"ok\": %s}\n",
           name, value, unit, peer, peer_value, ratio, target,
           ok < 0 ? "null"
           : ok   ? "true"
                  : "false");
    fflush(stdout);
}

static inline resume_store_options *make_options(void) {
    resume_store_options *options = NULL;
    check(resume_store_options_new(&options) == RESUME_OK &&
              resume_store_options_set_secret(options, bench_secret, sizeof bench_secret - 1) ==
                  RESUME_OK,
          "options");
    return options;
}

static inline resume_store *open_store(const char *url) {
    resume_store_options *options = make_options();
    resume_store *store = NULL;
    if (resume_store_from_url(url, options, &store) != RESUME_OK) {
        fprintf(stderr, "bench/remote: %s\n", resume_store_options_why(options));
        exit(1);
    }
    resume_store_options_unref(options);
    return store;
}

static inline resume_status put(resume_store *store, unsigned n) {
    uint8_t id[32] = {0};
    uint8_t record[RECORD_SIZE];
    memcpy(id, &n, sizeof n);
    memset(record, (int)n, sizeof record);
    return resume_store_put_record(store, id, sizeof id, record, sizeof record, LATER, NOW);
}

static inline int get(resume_store *store, unsigned n) {
    uint8_t id[32] = {0};
    uint8_t record[RECORD_SIZE];
    size_t len = 0;
    memcpy(id, &n, sizeof n);
    return resume_store_get_record(store, id, sizeof id, NOW, record, sizeof record, &len) ==
               RESUME_OK &&
           len == sizeof record;
}

static inline void wait_until_sent(resume_store *store) {
    uint64_t queued = 1;
    while (queued) {
        check(resume_store_stats(store, RESUME_STORE_QUEUED, &queued) == RESUME_OK, "stats");
        sleep_ms(1);
    }
}

#endif
