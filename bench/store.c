/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: against the session cache inside libssl's SSL_CTX, in one process, in turn, medians.
 * Prints one JSON object a line. Both hold the same number of sessions of 200 bytes under random
 * 32-byte IDs; the IDs to look up are drawn beforehand and read in order.
 *
 * libssl's look-up is lookup_sess_in_cache(): a retrieval from the hash table under the context's
 * read lock, and one more reference on the session. That function is inside libssl, so its steps
 * are taken here with the same public calls. Its put is SSL_CTX_add_session() itself.
 *
 * "The floor" is what no store that finds records of any size by their ID can do without: one line
 * of an index that the ID leads to, one record that the line leads to, both of the same number and
 * size as the store's, on huge pages, and a copy. Nothing is hashed, compared, checked or counted.
 * What the floor reaches against the cache is what the machine's memory allows.
 */
#include "bench.h"

#include <resume/store.h>

#include <openssl/lhash.h>
#include <openssl/ssl.h>

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ID_SIZE     32U
#define RECORD_SIZE 200U
#define SERVER_NAME "a.long.enough.server.name.bench.example.co" /* makes it 200 bytes */
#define NOW         UINT64_C(1700000000000)
#define DRAWN       (1U << 20) /* look-ups drawn beforehand */
#define REPEATS_MAX 7
#define FLOOR_SLOTS 16U  /* numbers of records in a line of the floor's index */
#define FLOOR_EACH  256U /* a record of RECORD_SIZE with its ID and a head */

static int repeats = REPEATS_MAX;
static size_t large = 1000000;

struct world {
    size_t count;
    uint8_t *drawn; /* IDs to look up */
    resume_store *store;
    resume_session *model;
    SSL_CTX *ctx;
    CRYPTO_RWLOCK *lock;
    uint8_t *floor; /* index and records, floor_size bytes in all */
    size_t floor_size;
    atomic_uint_fast64_t fresh; /* the next session to put */
    double peer_bytes;          /* heap that the peer took for each session */
};

/* A session of RECORD_SIZE bytes in libresume's format. */
static resume_session *make_session(const uint8_t *id) {
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    uint8_t secret[48];
    memset(secret, 7, sizeof secret);
    check(resume_session_options_new(&options) == RESUME_OK, "options");
    int bad = resume_session_options_set_version(options, 0x0303);
    bad |= resume_session_options_set_cipher_suite(options, 0xc02f);
    bad |= resume_session_options_set_extended_master_secret(options, true);
    bad |= resume_session_options_set_secret(options, secret, sizeof secret);
    bad |= resume_session_options_set_session_id(options, id, ID_SIZE);
    bad |= resume_session_options_set_context(options, secret, 32);
    bad |= resume_session_options_set_server_name(options, SERVER_NAME, sizeof SERVER_NAME - 1);
    bad |= resume_session_options_set_alpn(options, (const uint8_t *)"h2", 2);
    bad |= resume_session_options_set_created(options, NOW);
    bad |= resume_session_options_set_lifetime(options, 86400);
    check(!bad && resume_session_new(options, &session) == RESUME_OK, "session");
    resume_session_options_unref(options);
    return session;
}

static SSL_SESSION *make_peer_session(const uint8_t *id, long timeout) {
    SSL_SESSION *session = SSL_SESSION_new();
    uint8_t secret[48];
    memset(secret, 7, sizeof secret);
    check(session && SSL_SESSION_set1_id(session, id, ID_SIZE) == 1 &&
              SSL_SESSION_set1_master_key(session, secret, sizeof secret) == 1 &&
              SSL_SESSION_set1_hostname(session, SERVER_NAME) == 1 &&
              SSL_SESSION_set_protocol_version(session, TLS1_2_VERSION) == 1,
          "SSL_SESSION");
    SSL_SESSION_set_timeout(session, timeout);
    return session;
}

static int put_own(struct world *w, uint64_t n) {
    uint8_t id[ID_SIZE];
    uint8_t record[RECORD_SIZE];
    make_id(n, id);
    memset(record, (int)(n % 251) + 1, sizeof record);
    return resume_store_put_record(w->store, id, sizeof id, record, sizeof record,
                                   NOW + 86400000U + n % 3600U, NOW);
}

/* Real sessions, so that resume_store_get() has something to build: one model's bytes with each
 * ID in its place. */
static void fill_with_sessions(struct world *w) {
    uint8_t id[ID_SIZE];
    const uint8_t *native = NULL;
    size_t len = 0;
    uint8_t copy[1024];
    make_id(0, id);
    w->model = make_session(id);
    check(resume_session_to_native(w->model, &native, &len) == RESUME_OK && len == RECORD_SIZE,
          "model");
    const uint8_t *inside = memmem(native, len, id, sizeof id);
    check(inside != NULL, "ID inside the native bytes");
    for (uint64_t n = 0; n < w->count; n++) {
        memcpy(copy, native, len);
        make_id(n, id);
        memcpy(copy + (inside - native), id, sizeof id);
        check(resume_store_put_record(w->store, id, sizeof id, copy, len, NOW + 86400000U, NOW) ==
                  RESUME_OK,
              "put");
    }
}

static resume_store *make_store(size_t count) {
    char url[64];
    resume_store *store = NULL;
    /* A little more than the number, so that none of those looked up has been evicted. */
    snprintf(url, sizeof url, "memory:?bytes=%zu", count * 280 + (8U << 20));
    check(resume_store_from_url(url, NULL, &store) == RESUME_OK, "store");
    return store;
}

static SSL_CTX *make_ctx(size_t count) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    check(ctx != NULL, "SSL_CTX");
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_AUTO_CLEAR);
    SSL_CTX_sess_set_cache_size(ctx, (long)count);
    return ctx;
}

static size_t floor_lines(size_t count) {
    return count * 2 / FLOOR_SLOTS + 1; /* half full, as the store's buckets are */
}

static uint8_t *floor_records(const struct world *w) {
    return w->floor + floor_lines(w->count) * FLOOR_SLOTS * sizeof(uint32_t);
}

static void make_floor(struct world *w) {
    size_t numbers = floor_lines(w->count) * FLOOR_SLOTS;
    w->floor_size = numbers * sizeof(uint32_t) + w->count * FLOOR_EACH;
    w->floor =
        mmap(NULL, w->floor_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(w->floor != MAP_FAILED, "mmap");
    (void)madvise(w->floor, w->floor_size, MADV_HUGEPAGE);
    memset(floor_records(w), 1, w->count * FLOOR_EACH);
    for (size_t i = 0; i < numbers; i++) {
        uint32_t number = (uint32_t)(mix(i + 1) % w->count);
        memcpy(w->floor + i * sizeof number, &number, sizeof number);
    }
}

static void make_world(struct world *w, size_t count) {
    *w = (struct world){.count = count};
    w->drawn = malloc((size_t)DRAWN * ID_SIZE);
    check(w->drawn != NULL, "malloc");
    for (uint64_t i = 0; i < DRAWN; i++) {
        make_id(mix(i + 77) % count, w->drawn + i * ID_SIZE);
    }
    w->store = make_store(count);
    fill_with_sessions(w);
    make_floor(w);
    w->ctx = make_ctx(count);
    w->lock = CRYPTO_THREAD_lock_new();
    check(w->lock != NULL, "lock");
    atomic_store(&w->fresh, count);
    size_t before = mallinfo2().uordblks;
    for (uint64_t n = 0; n < count; n++) {
        uint8_t id[ID_SIZE];
        make_id(n, id);
        /* One timeout for all: with several, filling a million would take libssl hours. */
        SSL_SESSION *session = make_peer_session(id, 86400);
        check(SSL_CTX_add_session(w->ctx, session) == 1, "SSL_CTX_add_session");
        SSL_SESSION_free(session);
    }
    w->peer_bytes = (double)(mallinfo2().uordblks - before) / (double)count;
}

static void free_world(struct world *w) {
    free(w->drawn);
    resume_store_unref(w->store);
    resume_session_unref(w->model);
    SSL_CTX_free(w->ctx);
    CRYPTO_THREAD_lock_free(w->lock);
    munmap(w->floor, w->floor_size);
}

static const uint8_t *drawn(const struct world *w, size_t i) {
    return w->drawn + (i % DRAWN) * ID_SIZE;
}

static size_t get_record(struct world *w, size_t i) {
    uint8_t buf[RECORD_SIZE * 2];
    size_t len = 0;
    return resume_store_get_record(w->store, drawn(w, i), ID_SIZE, NOW, buf, sizeof buf, &len) ==
           RESUME_OK;
}

static size_t get_floor(struct world *w, size_t i) {
    uint8_t buf[FLOOR_EACH];
    uint64_t id;
    uint32_t number;
    memcpy(&id, drawn(w, i), sizeof id);
    size_t line = (size_t)(((id & UINT32_MAX) * floor_lines(w->count)) >> 32);
    size_t slot = line * FLOOR_SLOTS + (id >> 60) % FLOOR_SLOTS;
    memcpy(&number, w->floor + slot * sizeof number, sizeof number);
    memcpy(buf, floor_records(w) + (size_t)number * FLOOR_EACH, sizeof buf);
    __asm__ volatile("" ::"r"(buf) : "memory"); /* the copy is wanted */
    return 1;
}

static size_t get_session(struct world *w, size_t i) {
    resume_session *session = NULL;
    resume_status status = resume_store_get(w->store, drawn(w, i), ID_SIZE, NOW, &session);
    resume_session_unref(session);
    return status == RESUME_OK;
}

/* lookup_sess_in_cache() of libssl, and the release after the handshake. */
static size_t get_peer(struct world *w, size_t i) {
    /* The key libssl looks up is an SSL_SESSION on the stack with version and ID; from outside
     * only a heap one can be made, so each thread keeps one. */
    static _Thread_local SSL_SESSION *key;
    if (!key) {
        key = SSL_SESSION_new();
        check(key && SSL_SESSION_set_protocol_version(key, TLS1_2_VERSION) == 1, "key");
    }
    SSL_SESSION_set1_id(key, drawn(w, i), ID_SIZE);
    CRYPTO_THREAD_read_lock(w->lock);
    SSL_SESSION *found = OPENSSL_LH_retrieve((OPENSSL_LHASH *)SSL_CTX_sessions(w->ctx), key);
    if (found) {
        SSL_SESSION_up_ref(found);
    }
    CRYPTO_THREAD_unlock(w->lock);
    SSL_SESSION_free(found);
    return found != NULL;
}

/* Nine look-ups and one put of a session that was not there, into a full store. */
static size_t mix_own(struct world *w, size_t i) {
    if (i % 10 != 9) {
        return get_record(w, i);
    }
    return put_own(w, atomic_fetch_add(&w->fresh, 1)) == RESUME_OK;
}

/* SSL_CTX_add_session() takes the context's own lock; ours, which stands for it in get_peer(), is
 * taken too, about 20 ns more. `spread`: timeouts differ, so that libssl's sorted list is walked.
 */
static size_t put_peer(struct world *w, int spread) {
    uint8_t id[ID_SIZE];
    uint64_t n = atomic_fetch_add(&w->fresh, 1);
    make_id(n, id);
    SSL_SESSION *session = make_peer_session(id, spread ? 86400 - (long)(n % 3600) : 86400);
    CRYPTO_THREAD_write_lock(w->lock);
    int added = SSL_CTX_add_session(w->ctx, session);
    CRYPTO_THREAD_unlock(w->lock);
    SSL_SESSION_free(session);
    return added == 1;
}

static size_t mix_peer_same(struct world *w, size_t i) {
    return i % 10 == 9 ? put_peer(w, 0) : get_peer(w, i);
}

static size_t mix_peer_spread(struct world *w, size_t i) {
    return i % 10 == 9 ? put_peer(w, 1) : get_peer(w, i);
}

typedef size_t step_fn(struct world *w, size_t i);

struct job {
    struct world *w;
    step_fn *step;
    pthread_barrier_t *start;
    size_t begin;
    double ns; /* how long it may go on */
    double spent;
    size_t steps;
    size_t done;
};

/* Looks at the clock every 16th step only. */
static void *work(void *arg) {
    struct job *job = arg;
    pthread_barrier_wait(job->start);
    double begun = now_ns();
    size_t i = 0;
    size_t done = 0;
    do {
        for (size_t end = i + 160; i < end; i++) {
            done += job->step(job->w, job->begin + i);
        }
        job->spent = now_ns() - begun;
    } while (job->spent < job->ns);
    job->steps = i;
    job->done = done;
    return NULL;
}

/* Millions of steps a second, all threads together. */
static double rate(struct world *w, step_fn *step, unsigned threads) {
    struct job jobs[2];
    pthread_t ids[2];
    pthread_barrier_t start;
    double sum = 0;
    pthread_barrier_init(&start, NULL, threads);
    for (unsigned t = 0; t < threads; t++) {
        jobs[t] = (struct job){w, step, &start, t * (DRAWN / 2U), 0, 0, 0, 0};
        jobs[t].ns = getenv("LIBRESUME_BENCH_QUICK") ? 2e7 : 3e8;
        check(pthread_create(&ids[t], NULL, work, &jobs[t]) == 0, "thread");
    }
    for (unsigned t = 0; t < threads; t++) {
        pthread_join(ids[t], NULL);
        check(jobs[t].done > 0, "finding anything");
        sum += (double)jobs[t].steps / jobs[t].spent * 1e3;
    }
    pthread_barrier_destroy(&start);
    return sum;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values) {
    qsort(values, (size_t)repeats, sizeof *values, by_value);
    return values[repeats / 2];
}

/* A row; ratio is how often better the value is than the peer's. target 0: none. */
static void row(const char *name, size_t count, double value, const char *unit, const char *peer,
                double peer_value, double ratio, double target) {
    char wanted[32] = "null";
    if (target > 0) {
        snprintf(wanted, sizeof wanted, "\">= %.2f\"", target);
    }
    printf("{\"name\": \"%s, %zu entries\", \"value\": %.3f, \"unit\": \"%s\", \"peer\": \"%s\", "
           "\"peer_value\": %.3f, \"ratio\": %.2f, \"target\": %s, \"ok\": %s}\n",
           name, count, value, unit, peer, peer_value, ratio, wanted,
           target <= 0       ? "null"
           : ratio >= target ? "true"
                             : "false");
    fflush(stdout);
}

/* Two steps in turn, the median of each. */
static void compare(struct world *w, const char *name, const char *peer, step_fn *own,
                    step_fn *other, unsigned threads, double target) {
    double mine[REPEATS_MAX];
    double theirs[REPEATS_MAX];
    for (int r = 0; r < repeats; r++) {
        mine[r] = rate(w, own, threads);
        theirs[r] = rate(w, other, threads);
    }
    double value = median(mine);
    double peer_value = median(theirs);
    row(name, w->count, value, "Mop/s", peer, peer_value, value / peer_value, target);
}

static void compare_threads(struct world *w, const char *name, step_fn *step, double target) {
    double one[REPEATS_MAX];
    double two[REPEATS_MAX];
    for (int r = 0; r < repeats; r++) {
        one[r] = rate(w, step, 1);
        two[r] = rate(w, step, 2);
    }
    double value = median(two);
    double peer_value = median(one);
    row(name, w->count, value, "Mop/s", "one thread", peer_value, value / peer_value, target);
}

/* Bytes for each session once the store is full and has evicted. */
static void show_memory(struct world *w) {
    uint64_t entries = 0;
    uint64_t bytes = 0;
    uint64_t evicted = 0;
    do {
        (void)put_own(w, atomic_fetch_add(&w->fresh, 1));
        check(resume_store_stats(w->store, RESUME_STORE_EVICTIONS, &evicted) == RESUME_OK, "stats");
    } while (evicted < w->count / 10);
    check(resume_store_stats(w->store, RESUME_STORE_ENTRIES, &entries) == RESUME_OK &&
              resume_store_stats(w->store, RESUME_STORE_CAPACITY_BYTES, &bytes) == RESUME_OK,
          "stats");
    double each = (double)bytes / (double)entries;
    row("memory of a full store for a session of 200 bytes", w->count, each, "bytes",
        "SSL_CTX session cache", w->peer_bytes, w->peer_bytes / each, 0);
    row("memory against the bound of 320 bytes", w->count, each, "bytes", "the bound", 320.0,
        320.0 / each, 1.0);
}

static void run(size_t count) {
    const char *peer = "SSL_CTX session cache";
    struct world w;
    int big = count >= 1000000;
    make_world(&w, count);
    compare(&w, "get, record", peer, get_record, get_peer, 1, big ? 3.0 : 0);
    compare(&w, "the floor", peer, get_floor, get_peer, 1, 0);
    compare(&w, "get, record", "the floor", get_record, get_floor, 1, 0);
    compare(&w, "get, session", peer, get_session, get_peer, 1, 0);
    compare(&w, "get, record, two threads", peer, get_record, get_peer, 2, 0);
    compare(&w, "get, session, two threads", peer, get_session, get_peer, 2, 0);
    compare_threads(&w, "get, record, two threads against one", get_record, big ? 1.9 : 0);
    compare_threads(&w, "get, session, two threads against one", get_session, 0);
    show_memory(&w); /* from here on the store is full, as the peer is */
    compare(&w, "nine gets, one put, two threads, one timeout", peer, mix_own, mix_peer_same, 2, 0);
    compare(&w, "nine gets, one put, two threads, timeouts differ", peer, mix_own, mix_peer_spread,
            2, big ? 15.0 : 0);
    free_world(&w);
}

int main(void) {
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        repeats = 1;
        large = 20000;
    }
    run(10000);
    run(large);
    return 0;
}
