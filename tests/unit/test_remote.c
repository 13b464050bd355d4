/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What remote stores share, over a driver of the test's own that is told how to behave: who waits
 * for the backend and who does not, what is sent once and what again, and what is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "store/remote.h"

#include "fork_fixture.h"

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
    memset(entries, 0, sizeof entries);
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

static resume_status look_up(resume_store *store, bool take, uint8_t n) {
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

static resume_status drop(resume_store *store, uint8_t n) {
    const uint8_t id[2] = {1, n};
    return resume_store_remove(store, id, 2);
}

static void test_puts_do_not_wait_and_takes_do(void **state) {
    (void)state;
    resume_store *store = opened("fake:?timeout=10s");
    atomic_store(&delay_ms, 30);
    uint64_t begin = rsm_clock_us();
    assert_int_equal(put(store, 1), RESUME_OK);
    assert_true(rsm_clock_us() - begin < 25000);
    assert_int_equal(look_up(store, false, 1), RESUME_OK); /* out of the queue */
    assert_int_equal(atomic_load(&gets), 0);
    assert_int_equal(look_up(store, true, 1), RESUME_OK); /* I-87: the backend decides */
    assert_int_equal(atomic_load(&takes), 1);
    assert_int_equal(look_up(store, true, 1), RESUME_MISS);
    atomic_store(&delay_ms, 0);
    assert_int_equal(put(store, 2), RESUME_OK);
    assert_int_equal(drop(store, 2), RESUME_OK);
    assert_int_equal(drop(store, 2), RESUME_MISS);
    assert_int_equal(look_up(store, false, 2), RESUME_MISS);
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 0);
    assert_int_equal(stat_of(store, RESUME_STORE_DROPPED), 0);
    assert_true(atomic_load(&prepares) > 0);
    resume_store_unref(store);
}

/* I-110 */
static void test_the_time_in_the_queue_counts(void **state) {
    (void)state;
    struct rsm_behind_item item = {.queued_us = 1000000, .ttl_ms = 500};
    assert_int_equal(rsm_remote_ttl_ms(&item, 1000000), 500);
    assert_int_equal(rsm_remote_ttl_ms(&item, 1000999), 500);
    assert_int_equal(rsm_remote_ttl_ms(&item, 1100000), 400);
    assert_int_equal(rsm_remote_ttl_ms(&item, 1500000), 0);
    assert_int_equal(rsm_remote_ttl_ms(&item, 9500000), 0);
    assert_int_equal(rsm_remote_ttl_ms(&item, 5), 500); /* no clock goes back; if it did */
    resume_store *store = opened("fake:");
    const uint8_t id[2] = {1, 1};
    assert_int_equal(put(store, 1), RESUME_OK);
    until(store, RESUME_STORE_QUEUED, 0);
    assert_true(entries[0].ttl_ms > 50000 && entries[0].ttl_ms <= 60000);
    assert_int_equal(resume_store_put_record(store, id, 2, id, 2, UINT64_MAX, NOW), RESUME_OK);
    until(store, RESUME_STORE_QUEUED, 0);
    assert_true(entries[0].ttl_ms < UINT64_C(1) << 52); /* what every backend can add to now */
    resume_store_unref(store);
}

/* Once it is known that the backend is dead, only the background thread asks it (I-107, I-108). */
static void test_breaker(void **state) {
    (void)state;
    const enum rsm_answer failures[] = {RSM_ANSWER_BUSY, RSM_ANSWER_LOST, RSM_ANSWER_TIMEOUT};
    for (size_t i = 0; i < 3; i++) {
        setup(NULL);
        resume_store *store = opened("fake:?timeout=1s");
        atomic_store(&ping_answer, RSM_ANSWER_LOST);
        atomic_store(&call_answer, (int)failures[i]);
        for (int n = 0; n < 3; n++) {
            assert_int_equal(look_up(store, false, 1), RESUME_MISS);
        }
        assert_int_equal(stat_of(store, RESUME_STORE_BREAKER_OPENS), 1);
        assert_true(stat_of(store, RESUME_STORE_BREAKER) > 0);
        for (int n = 0; n < 50; n++) {
            assert_int_equal(look_up(store, false, 1), RESUME_MISS);
            assert_int_equal(look_up(store, true, 1), RESUME_MISS);
            assert_int_equal(put(store, 1), RESUME_E_IO);
            assert_int_equal(drop(store, 1), RESUME_E_IO);
            sleep_ms(5);
        }
        assert_int_equal(atomic_load(&gets), 3);
        assert_int_equal(atomic_load(&takes) + atomic_load(&stored) + atomic_load(&removes), 0);
        assert_true(atomic_load(&pings) > 0);
        assert_int_equal(stat_of(store, RESUME_STORE_SKIPPED), 200);
        assert_int_equal(stat_of(store, RESUME_STORE_DROPPED), 50);
        assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 3 + 200);
        atomic_store(&call_answer, RSM_ANSWER_OK);
        atomic_store(&ping_answer, RSM_ANSWER_OK);
        until(store, RESUME_STORE_BREAKER, 0);
        assert_int_equal(put(store, 1), RESUME_OK);
        assert_int_equal(look_up(store, true, 1), RESUME_OK);
        resume_store_unref(store);
    }
}

/* A refusal of one question says nothing about the next. */
static void test_refusals_do_not_open_it(void **state) {
    (void)state;
    resume_store *store = opened("fake:");
    atomic_store(&call_answer, RSM_ANSWER_REFUSED);
    for (int n = 0; n < 20; n++) {
        assert_int_equal(look_up(store, false, 1), RESUME_MISS);
        assert_int_equal(drop(store, 1), RESUME_E_IO);
    }
    assert_int_equal(stat_of(store, RESUME_STORE_BREAKER_OPENS), 0);
    assert_int_equal(atomic_load(&connects), 1); /* and the connection is kept */
    atomic_store(&call_answer, RSM_ANSWER_OK);
    atomic_store(&put_answer, RSM_ANSWER_REFUSED);
    assert_int_equal(put(store, 1), RESUME_OK);
    until(store, RESUME_STORE_DROPPED, 1);
    assert_int_equal(stat_of(store, RESUME_STORE_BREAKER_OPENS), 0);
    resume_store_unref(store);
}

/* What may have reached the backend is not sent twice; what cannot have, is kept. */
static void test_what_is_sent_again(void **state) {
    (void)state;
    resume_store *store = opened("fake:");
    atomic_store(&ping_answer, RSM_ANSWER_LOST);
    atomic_store(&call_answer, RSM_ANSWER_LOST);
    assert_int_equal(put(store, 1), RESUME_OK);
    until(store, RESUME_STORE_DROPPED, 1);
    assert_int_equal(stat_of(store, RESUME_STORE_QUEUED), 0);
    atomic_store(&call_answer, RSM_ANSWER_OK);
    assert_int_equal(put(store, 9), RESUME_OK); /* works again: one failure opens nothing */
    until(store, RESUME_STORE_QUEUED, 0);
    atomic_store(&call_answer, RSM_ANSWER_LOST); /* and closes what connections there are */
    assert_int_equal(put(store, 2), RESUME_OK);
    until(store, RESUME_STORE_DROPPED, 2);
    atomic_store(&call_answer, RSM_ANSWER_OK);
    atomic_store(&connect_answer, RSM_ANSWER_UNREACHABLE);
    assert_int_equal(put(store, 3), RESUME_OK);
    until(store, RESUME_STORE_BREAKER_OPENS, 1);
    assert_int_equal(stat_of(store, RESUME_STORE_QUEUED), 1);
    atomic_store(&connect_answer, RSM_ANSWER_OK);
    atomic_store(&ping_answer, RSM_ANSWER_OK);
    until(store, RESUME_STORE_QUEUED, 0);
    assert_int_equal(look_up(store, false, 1), RESUME_MISS);
    assert_int_equal(look_up(store, false, 3), RESUME_OK);
    assert_int_equal(stat_of(store, RESUME_STORE_DROPPED), 2);
    resume_store_unref(store);
}

static void test_deadline_of_a_take_behind_puts(void **state) {
    (void)state;
    resume_store *store = opened("fake:?timeout=40ms");
    atomic_store(&delay_ms, 10000);
    assert_int_equal(put(store, 1), RESUME_OK);
    uint64_t begin = rsm_clock_us();
    assert_int_equal(look_up(store, true, 1), RESUME_MISS);
    assert_true(rsm_clock_us() - begin < 400000);
    begin = rsm_clock_us();
    resume_store_unref(store); /* and of the end: two of them */
    assert_true(rsm_clock_us() - begin < 500000);
}

static void test_long_records(void **state) {
    (void)state;
    resume_store *store = opened("fake:?queue=1M");
    static uint8_t data[RESUME_RECORD_MAX];
    static uint8_t buf[RESUME_RECORD_MAX];
    size_t len = 0;
    memset(data, 7, sizeof data);
    const size_t sizes[] = {3000, 5000, 60000, sizeof data};
    for (size_t i = 0; i < 4; i++) {
        for (int queued = 0; queued < 2; queued++) {
            assert_int_equal(
                resume_store_put_record(store, some_id, 32, data, sizes[i], NOW + 9, NOW),
                RESUME_OK);
            if (!queued) {
                until(store, RESUME_STORE_QUEUED, 0);
            }
            assert_int_equal(
                resume_store_get_record(store, some_id, 32, NOW, buf, sizeof buf, &len), RESUME_OK);
            assert_int_equal(len, sizes[i]);
            /* Too small a buffer: it goes back. */
            assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, 10, &len),
                             RESUME_E_BUFFER);
            assert_int_equal(
                resume_store_take_record(store, some_id, 32, NOW, buf, sizeof buf, &len),
                RESUME_OK);
            assert_memory_equal(buf, data, sizes[i]);
        }
    }
    resume_store_unref(store);
    store = opened("fake:?max=1K");
    assert_int_equal(resume_store_put_record(store, some_id, 32, data, 1024, NOW + 9, NOW),
                     RESUME_TOO_LARGE);
    resume_store_unref(store);
}

static void test_puts_that_wait(void **state) {
    (void)state;
    resume_store *store = opened("fake:?queue=0");
    assert_int_equal(put(store, 1), RESUME_OK);
    assert_int_equal(atomic_load(&stored), 1);
    assert_int_equal(look_up(store, true, 1), RESUME_OK);
    assert_int_equal(drop(store, 1), RESUME_MISS);
    atomic_store(&put_answer, RSM_ANSWER_REFUSED);
    assert_int_equal(put(store, 1), RESUME_E_IO);
    assert_int_equal(stat_of(store, RESUME_STORE_DROPPED), 1);
    assert_int_equal(stat_of(store, RESUME_STORE_QUEUED), 0);
    resume_store_unref(store);
}

static resume_store *shared;

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    buf[0] = (uint8_t)stat_of(shared, RESUME_STORE_QUEUED);
    buf[1] = (uint8_t)stat_of(shared, RESUME_STORE_BREAKER);
    atomic_store(&delay_ms, 0);
    atomic_store(&call_answer, RSM_ANSWER_OK);
    int before = atomic_load(&connects);
    buf[2] = (uint8_t)put(shared, 3);
    buf[3] = (uint8_t)look_up(shared, true, 3);
    buf[4] = (uint8_t)(atomic_load(&connects) > before); /* none of its parent's */
    resume_store_unref(shared);
}

/* A child, also of a raw clone(): own connections, own thread, empty queue, closed breaker. */
static void test_children(void **state) {
    (void)state;
    for (int way = BY_LIBC; way <= BY_CLONE; way++) {
        setup(NULL);
        shared = opened("fake:?timeout=9s");
        assert_int_equal(put(shared, 1), RESUME_OK);
        until(shared, RESUME_STORE_QUEUED, 0);
        atomic_store(&delay_ms, 200);
        assert_int_equal(put(shared, 2), RESUME_OK);
        sleep_ms(20); /* the thread is at it */
        uint8_t seen[5] = {9, 9, 9, 9, 9};
        const uint8_t wanted[5] = {0, 0, RESUME_OK, RESUME_OK, 1};
        run_child(way, in_child, seen, sizeof seen);
        assert_memory_equal(seen, wanted, sizeof wanted);
        until(shared, RESUME_STORE_QUEUED, 0);
        assert_int_equal(look_up(shared, false, 2), RESUME_OK);
        resume_store_unref(shared);
    }
}

static atomic_int won;

static void *mixed(void *arg) {
    uint8_t n = (uint8_t)(uintptr_t)arg;
    for (int i = 0; i < 300; i++) {
        (void)put(shared, n);
        (void)look_up(shared, false, (uint8_t)(n + 1));
        if (look_up(shared, true, n) != RESUME_OK) {
            return (void *)1;
        }
        (void)drop(shared, n);
        if (look_up(shared, true, 200) == RESUME_OK) {
            atomic_fetch_add(&won, 1);
        }
    }
    return NULL;
}

static void test_many_threads(void **state) {
    (void)state;
    pthread_t threads[8];
    shared = opened("fake:?timeout=10s&pool=3");
    assert_int_equal(put(shared, 200), RESUME_OK);
    atomic_store(&won, 0);
    for (uintptr_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, mixed, (void *)(i * 2)), 0);
    }
    for (int i = 0; i < 8; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(atomic_load(&won), 1);
    assert_int_equal(stat_of(shared, RESUME_STORE_ERRORS), 0);
    resume_store_unref(shared);
}

/* I-95 */
static void test_no_memory(void **state) {
    (void)state;
    resume_status status = RESUME_E_NOMEM;
    for (unsigned long n = 1; status != RESUME_OK; n++) {
        resume_store *store = NULL;
        assert_true(n < 200);
        rsm_alloc_fail_once(n);
        status = open_with("fake:", &store);
        rsm_alloc_fail_once(0);
        assert_true(status == RESUME_OK || (status == RESUME_E_NOMEM && !store));
        resume_store_unref(store);
    }
    assert_int_equal(open_with("fake:?what=1", &shared), RESUME_E_INVALID);
}

#define WITH(test) cmocka_unit_test_setup(test, setup)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_puts_do_not_wait_and_takes_do),
        WITH(test_the_time_in_the_queue_counts),
        WITH(test_breaker),
        WITH(test_refusals_do_not_open_it),
        WITH(test_what_is_sent_again),
        WITH(test_deadline_of_a_take_behind_puts),
        WITH(test_long_records),
        WITH(test_puts_that_wait),
        WITH(test_children),
        WITH(test_many_threads),
        WITH(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
