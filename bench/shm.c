/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shm: against memory:, in turn, medians, and with one to four processes; and against a cache as
 * one writes it by hand, a red-black tree (glibc's tsearch) under one mutex. Prints one JSON object
 * a line. All hold the same number of records of 200 bytes under random 32-byte IDs.
 *
 * What shm: does beyond memory: is shown apart. "The table alone" is the shared table without the
 * look-up key (HMAC-SHA256) and the seal (XAES-256-GCM), which no URL gives. "The floor" is the
 * same look-up between one HMAC-SHA256 of the ID from a midstate and one AES-256-GCM of a sealed
 * record's length in a warm EVP context, and nothing else: less cannot be had with both.
 */
#include "bench.h"

#include <resume/store.h>

#include "crypto/hmac.h"
#include "store/segment.h"
#include "store/table_region.h"

#include <openssl/evp.h>

#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SERVER_NAME "a.long.enough.server.name.bench.example.co" /* makes a session 200 bytes */
#define ID_SIZE     32U
#define RECORD_SIZE 200U
#define NOW         UINT64_C(1700000000000)
#define LATER       (NOW + 86400000U)
#define DRAWN       (1U << 20)
#define REPEATS_MAX 7
#define PROCESSES   4U
#define SEALED_SIZE 241U /* a record in its envelope */

static int repeats = REPEATS_MAX;
static double turn_ns = 2e8;

struct item {
    uint8_t id[ID_SIZE];
    uint8_t record[RECORD_SIZE];
};

struct world {
    size_t count;
    uint8_t *drawn;
    resume_store *memory;
    resume_store *shm;
    struct rsm_segment segment;
    struct rsm_table *table;
    struct rsm_hmac_key lookup;
    EVP_CIPHER_CTX *gcm;
    struct item *items; /* the tree's */
    void *root;
    pthread_mutex_t lock;
    double *rates; /* of each process, shared */
    _Atomic uint32_t *ready;
};

static int by_id(const void *a, const void *b) {
    return memcmp(a, b, ID_SIZE);
}

static resume_store *make_store(const char *scheme, size_t each, size_t count) {
    char url[64];
    resume_store *store = NULL;
    snprintf(url, sizeof url, "%s?bytes=%zu", scheme, count * each + (8U << 20));
    check(resume_store_from_url(url, NULL, &store) == RESUME_OK, scheme);
    return store;
}

static void make_table(struct world *w) {
    char why[RSM_WHY_SIZE] = "";
    struct rsm_table_config config = {.bytes = w->count * 280 + (8U << 20), .shards = 64};
    check(rsm_segment_open(NULL, &config, NULL, 0, why, &w->segment) == RESUME_OK, why);
    check(rsm_table_over(&w->segment.config, w->segment.region, w->segment.locks, &w->table) ==
              RESUME_OK,
          "table");
}

/* A session of RECORD_SIZE bytes in libresume's format, under the ID of number 0. */
static resume_session *make_model(void) {
    resume_session_options *options = NULL;
    resume_session *session = NULL;
    uint8_t secret[48];
    uint8_t id[ID_SIZE];
    memset(secret, 7, sizeof secret);
    make_id(0, id);
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

/* The model's bytes with each ID in its place. */
static void fill(struct world *w) {
    const uint8_t *native = NULL;
    size_t len = 0;
    uint8_t first[ID_SIZE];
    resume_session *model = make_model();
    check(resume_session_to_native(model, &native, &len) == RESUME_OK && len == RECORD_SIZE,
          "model");
    make_id(0, first);
    const uint8_t *inside = memmem(native, len, first, sizeof first);
    check(inside != NULL, "ID inside the native bytes");
    for (uint64_t n = 0; n < w->count; n++) {
        struct item *item = &w->items[n];
        make_id(n, item->id);
        memcpy(item->record, native, RECORD_SIZE);
        memcpy(item->record + (inside - native), item->id, ID_SIZE);
        check(resume_store_put_record(w->memory, item->id, ID_SIZE, item->record, RECORD_SIZE,
                                      LATER, NOW) == RESUME_OK &&
                  resume_store_put_record(w->shm, item->id, ID_SIZE, item->record, RECORD_SIZE,
                                          LATER, NOW) == RESUME_OK &&
                  rsm_table_put(w->table, item->id, ID_SIZE, item->record, RECORD_SIZE, LATER,
                                NOW) == RESUME_OK &&
                  tsearch(item, &w->root, by_id) != NULL,
              "put");
    }
    resume_session_unref(model);
}

static void make_primitives(struct world *w) {
    uint8_t key[32];
    memset(key, 9, sizeof key);
    w->gcm = EVP_CIPHER_CTX_new();
    check(w->gcm && EVP_DecryptInit_ex(w->gcm, EVP_aes_256_gcm(), NULL, key, NULL) == 1 &&
              rsm_hmac_key_init(key, sizeof key, &w->lookup) == RESUME_OK,
          "primitives");
}

static void make_world(struct world *w, size_t count) {
    *w = (struct world){.count = count, .lock = PTHREAD_MUTEX_INITIALIZER};
    w->drawn = malloc((size_t)DRAWN * ID_SIZE);
    w->items = malloc(count * sizeof *w->items);
    w->rates = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(w->drawn && w->items && w->rates != MAP_FAILED, "malloc");
    w->ready = (_Atomic uint32_t *)(void *)(w->rates + 2 * PROCESSES);
    for (uint64_t i = 0; i < DRAWN; i++) {
        make_id(mix(i + 77) % count, w->drawn + i * ID_SIZE);
    }
    w->memory = make_store("memory:", 280, count);
    w->shm = make_store("shm:", 420, count);
    make_table(w);
    make_primitives(w);
    fill(w);
}

static void nothing(void *item) {
    (void)item;
}

static void free_world(struct world *w) {
    tdestroy(w->root, nothing);
    EVP_CIPHER_CTX_free(w->gcm);
    rsm_table_free(w->table);
    rsm_segment_close(&w->segment);
    resume_store_unref(w->memory);
    resume_store_unref(w->shm);
    free(w->drawn);
    free(w->items);
    munmap(w->rates, 4096);
}

static const uint8_t *drawn(const struct world *w, size_t i) {
    return w->drawn + i % DRAWN * ID_SIZE;
}

static size_t get_from(resume_store *store, const uint8_t *id) {
    uint8_t buf[RECORD_SIZE];
    size_t len = 0;
    return resume_store_get_record(store, id, ID_SIZE, NOW, buf, sizeof buf, &len) == RESUME_OK;
}

/* Never the same bytes twice, which memory: would not put again. */
static size_t put_into(resume_store *store, const uint8_t *id, size_t i) {
    static uint64_t salt;
    uint8_t record[RECORD_SIZE];
    memset(record, (int)(i % 251), sizeof record);
    salt++;
    memcpy(record, &salt, sizeof salt);
    return resume_store_put_record(store, id, ID_SIZE, record, sizeof record, LATER, NOW) ==
           RESUME_OK;
}

static size_t get_memory(struct world *w, size_t i) {
    return get_from(w->memory, drawn(w, i));
}

static size_t get_shm(struct world *w, size_t i) {
    return get_from(w->shm, drawn(w, i));
}

static size_t session_from(resume_store *store, const uint8_t *id) {
    resume_session *session = NULL;
    resume_status status = resume_store_get(store, id, ID_SIZE, NOW, &session);
    resume_session_unref(session);
    return status == RESUME_OK;
}

static size_t session_memory(struct world *w, size_t i) {
    return session_from(w->memory, drawn(w, i));
}

static size_t session_shm(struct world *w, size_t i) {
    return session_from(w->shm, drawn(w, i));
}

static size_t put_memory(struct world *w, size_t i) {
    return put_into(w->memory, drawn(w, i), i);
}

static size_t put_shm(struct world *w, size_t i) {
    return put_into(w->shm, drawn(w, i), i);
}

static size_t get_table(struct world *w, size_t i) {
    uint8_t buf[RECORD_SIZE];
    size_t len = 0;
    return rsm_table_get(w->table, drawn(w, i), ID_SIZE, NOW, buf, sizeof buf, &len) == RESUME_OK;
}

/* The ID's HMAC leads nowhere in this table, so it is made and not used; nor is the tag right: that
 * it is wrong shows at the end, after the same work. */
static size_t get_floor(struct world *w, size_t i) {
    uint8_t sealed[SEALED_SIZE] = {0};
    uint8_t plain[SEALED_SIZE];
    uint8_t key[RSM_HMAC_SIZE];
    size_t len = 0;
    int n = 0;
    check(rsm_hmac_with(&w->lookup, drawn(w, i), ID_SIZE, key) == RESUME_OK, "HMAC");
    size_t found = rsm_table_get(w->table, drawn(w, i), ID_SIZE, NOW, sealed, sizeof sealed,
                                 &len) == RESUME_OK;
    check(EVP_DecryptInit_ex(w->gcm, NULL, NULL, NULL, sealed) == 1 &&
              EVP_CIPHER_CTX_ctrl(w->gcm, EVP_CTRL_AEAD_SET_TAG, 16, sealed + 16) == 1 &&
              EVP_DecryptUpdate(w->gcm, NULL, &n, key, sizeof key) == 1 &&
              EVP_DecryptUpdate(w->gcm, plain, &n, sealed, SEALED_SIZE) == 1 &&
              EVP_DecryptFinal_ex(w->gcm, plain, &n) == 0,
          "AES-GCM");
    return found;
}

static size_t get_tree(struct world *w, size_t i) {
    uint8_t buf[RECORD_SIZE];
    pthread_mutex_lock(&w->lock);
    struct item **found = tfind(drawn(w, i), &w->root, by_id);
    if (found) {
        memcpy(buf, (*found)->record, sizeof buf);
    }
    pthread_mutex_unlock(&w->lock);
    return found != NULL;
}

static size_t put_tree(struct world *w, size_t i) {
    pthread_mutex_lock(&w->lock);
    struct item **found = tfind(drawn(w, i), &w->root, by_id);
    if (found) {
        memset((*found)->record, (int)(i % 251), RECORD_SIZE);
    }
    pthread_mutex_unlock(&w->lock);
    return found != NULL;
}

typedef size_t step_fn(struct world *w, size_t i);

/* Millions of steps a second of this process. */
static double work(struct world *w, step_fn *step, size_t begin) {
    double begun = now_ns();
    double spent = 0;
    size_t done = 0;
    size_t i = 0;
    do {
        for (size_t end = i + 160; i < end; i++) {
            done += step(w, begin + i);
        }
        spent = now_ns() - begun;
    } while (spent < turn_ns);
    check(done > i / 2, "finding anything");
    return (double)i / spent * 1e3;
}

/* A forked process has no page of the shared memory in its page tables: that is no look-up's cost.
 */
static void warm_up(struct world *w) {
    for (size_t i = 0; i < DRAWN && i < 4 * w->count; i++) {
        (void)get_shm(w, i);
    }
}

/* Of several processes together. */
static double rate(struct world *w, step_fn *step, unsigned processes) {
    double sum = 0;
    if (processes == 1) {
        return work(w, step, 0);
    }
    *w->ready = 0;
    for (unsigned p = 0; p < processes; p++) {
        pid_t pid = fork();
        check(pid >= 0, "fork");
        if (pid == 0) {
            warm_up(w);
            ++*w->ready;
            while (*w->ready < processes) {
                sched_yield();
            }
            w->rates[p] = work(w, step, p * (DRAWN / PROCESSES));
            _exit(0);
        }
    }
    for (unsigned p = 0; p < processes; p++) {
        int status = -1;
        check(wait(&status) > 0 && status == 0, "a process");
    }
    for (unsigned p = 0; p < processes; p++) {
        sum += w->rates[p];
    }
    return sum;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Two kinds of steps in turn; the medians, and how often the first is better. */
static void compare(struct world *w, const char *name, const char *peer, step_fn *own,
                    unsigned own_processes, step_fn *other, unsigned other_processes,
                    double target) {
    double mine[REPEATS_MAX];
    double theirs[REPEATS_MAX];
    char wanted[32] = "null";
    for (int r = 0; r < repeats; r++) {
        mine[r] = rate(w, own, own_processes);
        theirs[r] = rate(w, other, other_processes);
    }
    qsort(mine, (size_t)repeats, sizeof *mine, by_value);
    qsort(theirs, (size_t)repeats, sizeof *theirs, by_value);
    double value = mine[repeats / 2];
    double peer_value = theirs[repeats / 2];
    double ratio = value / peer_value;
    if (target > 0) {
        snprintf(wanted, sizeof wanted, "\">= %.2f\"", target);
    }
    printf(
        "{\"name\": \"%s, %zu entries\", \"value\": %.3f, \"unit\": \"Mop/s\", \"peer\": \"%s\", "
        "\"peer_value\": %.3f, \"ratio\": %.2f, \"target\": %s, \"ok\": %s}\n",
        name, w->count, value, peer, peer_value, ratio, wanted,
        target <= 0       ? "null"
        : ratio >= target ? "true"
                          : "false");
    fflush(stdout);
}

int main(void) {
    struct world w;
    size_t count = 1000000;
    if (getenv("LIBRESUME_BENCH_QUICK")) {
        repeats = 1;
        turn_ns = 2e7;
        count = 20000;
    }
    make_world(&w, count);
    /* "Within 1.5 times" is a rate of two thirds. */
    compare(&w, "shm get, record", "memory: get, record", get_shm, 1, get_memory, 1, 1 / 1.5);
    compare(&w, "shm get, session", "memory: get, session", session_shm, 1, session_memory, 1,
            1 / 1.5);
    compare(&w, "shm get, the table alone", "memory: get", get_table, 1, get_memory, 1, 0);
    compare(&w, "shm get, the floor", "memory: get", get_floor, 1, get_memory, 1, 0);
    compare(&w, "shm get", "the floor", get_shm, 1, get_floor, 1, 0);
    compare(&w, "shm get, two processes", "one process", get_shm, 2, get_shm, 1, 1.9);
    compare(&w, "shm get, four processes", "one process", get_shm, 4, get_shm, 1, 0);
    compare(&w, "shm get", "mutex and red-black tree", get_shm, 1, get_tree, 1, 0);
    compare(&w, "shm put", "memory: put", put_shm, 1, put_memory, 1, 0);
    compare(&w, "shm put, two processes", "one process", put_shm, 2, put_shm, 1, 0);
    compare(&w, "shm put, four processes", "one process", put_shm, 4, put_shm, 1, 0);
    compare(&w, "shm put", "mutex and red-black tree", put_shm, 1, put_tree, 1, 0);
    free_world(&w);
    return 0;
}
