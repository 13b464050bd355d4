/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs share that torment a store of shared memory: records that tell whose they are,
 * the file seen from the outside, and the row that each proof prints:
 *
 *     {"name": ..., "rounds": ..., "failures": ..., "detail": ..., "ok": ...}
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <resume/store.h>

#include "store/segment.h"
#include "store/table_region.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOW    UINT64_C(1700000000000)
#define LATER  (NOW + 3600000U)
#define RECORD 200U

struct row {
    const char *name;
    unsigned long rounds;
    unsigned long failures;
    char detail[400];
};

/* The first ones go to stderr as well. */
static inline __attribute__((format(printf, 2, 3))) void failed(struct row *row, const char *format,
                                                                ...) {
    if (row->failures++ < 10) {
        va_list args;
        va_start(args, format);
        fprintf(stderr, "%s, round %lu: ", row->name, row->rounds);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
    }
}

static inline int print_row(const struct row *row) {
    bool ok = row->failures == 0 && row->rounds > 0;
    printf(
        "{\"name\": \"%s\", \"rounds\": %lu, \"failures\": %lu, \"detail\": \"%s\", \"ok\": %s}\n",
        row->name, row->rounds, row->failures, row->detail, ok ? "true" : "false");
    fflush(stdout);
    return ok ? 0 : 1;
}

static inline void must(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "torture: %s: %s\n", what, strerror(errno));
        exit(2);
    }
}

static inline uint64_t now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000U + (uint64_t)at.tv_nsec / 1000U;
}

static inline uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static inline void id_of(uint64_t n, uint8_t id[32]) {
    for (unsigned i = 0; i < 4; i++) {
        uint64_t word = (n + 1) * UINT64_C(0x9E3779B97F4A7C15) * (2 * i + 1);
        memcpy(id + 8 * i, &word, 8);
    }
}

/* A record that says whose it is, and in which version. */
static inline void record_of(uint64_t n, uint8_t version, uint8_t data[RECORD]) {
    memset(data, version, RECORD);
    id_of(n, data);
    data[RECORD - 1] = (uint8_t)n;
}

static inline resume_status put_until(resume_store *store, uint64_t n, uint8_t version,
                                      uint64_t expires_ms) {
    uint8_t id[32];
    uint8_t data[RECORD];
    id_of(n, id);
    record_of(n, version, data);
    return resume_store_put_record(store, id, sizeof id, data, sizeof data, expires_ms, NOW);
}

static inline resume_status put(resume_store *store, uint64_t n, uint8_t version) {
    return put_until(store, n, version, LATER);
}

/* RESUME_FORGED if what came back is not this ID's record, whole. */
static inline resume_status look(resume_store *store, uint64_t n, bool take, uint64_t now_ms,
                                 uint8_t *ret_version) {
    uint8_t id[32];
    uint8_t data[RECORD];
    uint8_t wanted[RECORD];
    size_t len = 0;
    id_of(n, id);
    resume_status status =
        take ? resume_store_take_record(store, id, sizeof id, now_ms, data, sizeof data, &len)
             : resume_store_get_record(store, id, sizeof id, now_ms, data, sizeof data, &len);
    if (status != RESUME_OK) {
        return status;
    }
    record_of(n, data[40], wanted);
    *ret_version = data[40];
    return len == RECORD && memcmp(data, wanted, RECORD) == 0 ? RESUME_OK : RESUME_FORGED;
}

static inline uint64_t stat_of(const resume_store *store, int32_t which) {
    uint64_t value = UINT64_MAX;
    must(resume_store_stats(store, which, &value) == RESUME_OK, "statistics");
    return value;
}

static inline resume_store *open_store(const char *url) {
    resume_store *store = NULL;
    resume_store_options *options = NULL;
    must(resume_store_options_new(&options) == RESUME_OK, "options");
    if (resume_store_from_url(url, options, &store) != RESUME_OK) {
        fprintf(stderr, "torture: %s: %s\n", url, resume_store_options_why(options));
        exit(2);
    }
    resume_store_options_unref(options);
    return store;
}

/* A segment's file seen from the outside. */
struct outside {
    uint8_t *at;
    size_t size;
    struct rsm_robust_line *locks;
    struct rsm_table *table;
};

static inline struct outside look_at(const char *path, uint64_t bytes, uint32_t shards) {
    struct rsm_table_config config = {.bytes = bytes, .shards = shards};
    struct outside o = {0};
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    must(fd >= 0 && fstat(fd, &st) == 0, path);
    o.size = (size_t)st.st_size;
    o.at = mmap(NULL, o.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    must(o.at != MAP_FAILED, "mmap");
    close(fd);
    o.locks = (struct rsm_robust_line *)(void *)(o.at + 4096);
    must(rsm_table_over(&config, o.locks + shards, o.locks, &o.table) == RESUME_OK, "table");
    return o;
}

static inline void make_folder(char folder[64]) {
    snprintf(folder, 64, "%s/resume-torture.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    must(mkdtemp(folder) != NULL, "folder");
}

static inline void remove_folder(const char *folder) {
    static const char *const names[] = {"sessions", "sessions.lock", "sessions.new"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

#endif
