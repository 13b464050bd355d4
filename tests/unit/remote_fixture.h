/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver of remote stores that is told how to behave, with its backend in this process.
 */
#ifndef REMOTE_FIXTURE_H
#define REMOTE_FIXTURE_H

#include "store_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "store/remote.h"

#include <pthread.h>
#include <time.h>

#define ENTRIES 256U

struct entry {
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    uint8_t data[RESUME_BACKEND_RECORD_MAX];
    size_t len;
    uint64_t ttl_ms;
};

/* The backend, as if it were elsewhere. */
static struct entry entries[ENTRIES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int connect_answer, call_answer, ping_answer, put_answer;
static atomic_int connects, gets, takes, stored, removes, pings, prepares, delay_ms;
static atomic_bool put_by_caller; /* not by the store's thread */
static pthread_t caller;
static struct rsm_remote_counts *counts;

static void sleep_ms(int ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

/* Takes as long as it is told to, but not beyond the deadline. */
static enum rsm_answer take_time(atomic_int *answer, uint64_t deadline_us) {
    int ms = atomic_load(&delay_ms);
    while (ms-- > 0) {
        if (rsm_clock_us() >= deadline_us) {
            return RSM_ANSWER_TIMEOUT;
        }
        sleep_ms(1);
    }
    return (enum rsm_answer)atomic_load(answer);
}

static resume_status fake_make(struct rsm_url *url, struct rsm_remote_counts *own, char *why,
                               void **ret_arg) {
    (void)url;
    (void)why;
    counts = own;
    *ret_arg = rsm_malloc(1);
    return *ret_arg ? RESUME_OK : RESUME_E_NOMEM;
}

static void fake_free(void *arg) {
    rsm_free(arg);
}

static void fake_forget(void *arg) {
    (void)arg;
}

static void fake_prepare(void *arg) {
    (void)arg;
    atomic_fetch_add(&prepares, 1);
}

static enum rsm_answer fake_connect(void *arg, uint64_t deadline_us, void **ret_connection) {
    (void)arg;
    atomic_fetch_add(&connects, 1);
    *ret_connection = entries;
    return take_time(&connect_answer, deadline_us);
}

static bool fake_alive(void *connection) {
    return connection == entries;
}

static void fake_close(void *connection) {
    (void)connection;
}

static void fake_abandon(void *connection, bool whole) {
    (void)connection;
    (void)whole;
}

static struct entry *entry_of(const uint8_t *key, bool add) {
    for (size_t i = 0; i < ENTRIES; i++) {
        if (entries[i].len && memcmp(entries[i].key, key, RESUME_BACKEND_KEY_SIZE) == 0) {
            return &entries[i];
        }
    }
    for (size_t i = 0; add && i < ENTRIES; i++) {
        if (!entries[i].len) {
            return &entries[i];
        }
    }
    return NULL;
}

static enum rsm_answer fake_get(void *connection, bool take, const uint8_t *key,
                                uint64_t deadline_us, uint8_t *buf, size_t cap, size_t *ret_len) {
    (void)connection;
    atomic_fetch_add(take ? &takes : &gets, 1);
    enum rsm_answer answer = take_time(&call_answer, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    pthread_mutex_lock(&lock);
    struct entry *entry = entry_of(key, false);
    answer = entry ? RSM_ANSWER_OK : RSM_ANSWER_MISS;
    if (entry) {
        *ret_len = entry->len;
        if (entry->len > cap) {
            answer = RSM_ANSWER_LARGE;
        } else {
            memcpy(buf, entry->data, entry->len);
        }
        entry->len = take ? 0 : entry->len; /* what did not fit is gone */
    }
    pthread_mutex_unlock(&lock);
    return answer;
}

static enum rsm_answer fake_put(void *connection, struct rsm_behind_item *items, size_t count,
                                uint64_t now_us, uint64_t deadline_us) {
    (void)connection;
    enum rsm_answer answer = take_time(&call_answer, deadline_us);
    pthread_mutex_lock(&lock);
    if (pthread_equal(caller, pthread_self())) {
        atomic_store(&put_by_caller, true);
    }
    for (size_t i = 0; i < count; i++) {
        items[i].answer = (int)answer;
        if (answer == RSM_ANSWER_OK && items[i].len) {
            items[i].answer = atomic_load(&put_answer);
            atomic_fetch_add(&stored, 1);
            struct entry *entry = entry_of(items[i].key, true);
            memcpy(entry->key, items[i].key, sizeof entry->key);
            memcpy(entry->data, items[i].data, items[i].len);
            entry->len = items[i].len;
            entry->ttl_ms = rsm_remote_ttl_ms(&items[i], now_us);
        }
    }
    pthread_mutex_unlock(&lock);
    return answer;
}

static enum rsm_answer fake_remove(void *connection, const uint8_t *key, uint64_t deadline_us) {
    (void)connection;
    atomic_fetch_add(&removes, 1);
    enum rsm_answer answer = take_time(&call_answer, deadline_us);
    if (answer != RSM_ANSWER_OK) {
        return answer;
    }
    pthread_mutex_lock(&lock);
    struct entry *entry = entry_of(key, false);
    answer = entry ? RSM_ANSWER_OK : RSM_ANSWER_MISS;
    if (entry) {
        entry->len = 0;
    }
    pthread_mutex_unlock(&lock);
    return answer;
}

static enum rsm_answer fake_ping(void *connection, uint64_t deadline_us) {
    (void)connection;
    atomic_fetch_add(&pings, 1);
    return take_time(&ping_answer, deadline_us);
}

static const struct rsm_remote_driver driver = {
    .params = "",
    .make = fake_make,
    .free = fake_free,
    .forget = fake_forget,
    .prepare = fake_prepare,
    .connections = {.connect = fake_connect,
                    .alive = fake_alive,
                    .close = fake_close,
                    .abandon = fake_abandon},
    .get = fake_get,
    .put = fake_put,
    .remove = fake_remove,
    .ping = fake_ping,
};

/* What the stores that are opened tell of their breaker; NULL: nobody listens. */
static resume_store_trace_fn trace;
static void *trace_arg;

static resume_status open_with(const char *text, resume_store **ret_store) {
    static const uint8_t secret[] = "only for tests: forty-two bytes of a secret";
    char why[RSM_WHY_SIZE] = "";
    struct rsm_url url;
    resume_store_options *options = NULL;
    resume_status status = resume_store_options_new(&options);
    if (status == RESUME_OK) {
        status = resume_store_options_set_secret(options, secret, sizeof secret);
    }
    if (status == RESUME_OK) {
        status = resume_store_options_set_trace(options, trace, trace_arg);
    }
    if (status == RESUME_OK) {
        status = rsm_url_parse(text, &url, why);
    }
    if (status == RESUME_OK) {
        status = rsm_remote_make(&driver, &url, options, why, ret_store);
        rsm_url_free(&url);
    }
    resume_store_options_unref(options);
    return status;
}

static resume_store *opened(const char *text) {
    resume_store *store = NULL;
    assert_int_equal(open_with(text, &store), RESUME_OK);
    return store;
}

static int setup(void **state) {
    (void)state;
    atomic_int *numbers[] = {&connect_answer, &call_answer, &ping_answer, &put_answer,
                             &connects,       &gets,        &takes,       &stored,
                             &removes,        &pings,       &prepares,    &delay_ms};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        atomic_store(numbers[i], 0);
    }
    pthread_mutex_lock(&lock); /* a thread of the last test may be late */
    caller = pthread_self();
    atomic_store(&put_by_caller, false);
    memset(entries, 0, sizeof entries);
    pthread_mutex_unlock(&lock);
    return 0;
}

static void until(const resume_store *store, int32_t which, uint64_t value) {
    for (int i = 0; stat_of(store, which) != value; i++) {
        assert_true(i < 20000);
        sleep_ms(1);
    }
}

static resume_status put(resume_store *store, uint8_t n) {
    const uint8_t id[2] = {1, n};
    const uint8_t data[40] = {n};
    return resume_store_put_record(store, id, 2, data, sizeof data, NOW + 60000, NOW);
}

static inline resume_status look_up(resume_store *store, bool take, uint8_t n) {
    const uint8_t id[2] = {1, n};
    uint8_t buf[64] = {0};
    size_t len = 0;
    resume_status status = take ? resume_store_take_record(store, id, 2, NOW, buf, sizeof buf, &len)
                                : resume_store_get_record(store, id, 2, NOW, buf, sizeof buf, &len);
    if (status == RESUME_OK) {
        assert_int_equal(len, 40);
        assert_int_equal(buf[0], n);
    }
    return status;
}

static inline resume_status drop(resume_store *store, uint8_t n) {
    const uint8_t id[2] = {1, n};
    return resume_store_remove(store, id, 2);
}

#endif
