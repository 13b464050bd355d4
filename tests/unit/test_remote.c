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

#include "remote_fixture.h"

static void test_puts_do_not_wait_and_takes_do(void **state) {
    (void)state;
    resume_store *store = opened("fake:?timeout=10s");
    assert_int_equal(put(store, 9), RESUME_OK); /* starts the thread */
    until(store, RESUME_STORE_QUEUED, 0);
    atomic_store(&delay_ms, 300);
    uint64_t begin = rsm_clock_us();
    assert_int_equal(put(store, 1), RESUME_OK);
    assert_true(rsm_clock_us() - begin < 250000);
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

static uint64_t ttl_of_first(void) {
    pthread_mutex_lock(&lock);
    uint64_t ttl_ms = entries[0].ttl_ms;
    pthread_mutex_unlock(&lock);
    return ttl_ms;
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
    resume_store *store = opened("fake:?timeout=9s");
    const uint8_t id[2] = {1, 1};
    assert_int_equal(put(store, 1), RESUME_OK);
    until(store, RESUME_STORE_QUEUED, 0);
    uint64_t kept_ms = ttl_of_first();
    assert_true(kept_ms > 50000 && kept_ms <= 60000);
    assert_int_equal(resume_store_put_record(store, id, 2, id, 2, UINT64_MAX, NOW), RESUME_OK);
    until(store, RESUME_STORE_QUEUED, 0);
    assert_true(ttl_of_first() < UINT64_C(1) << 52); /* what every backend can add to now */
    resume_store_unref(store);
}

/* Once it is known that the backend is dead, only the background thread asks it (I-107, I-108). */
static void test_breaker(void **state) {
    (void)state;
    const enum rsm_answer failures[] = {RSM_ANSWER_BUSY, RSM_ANSWER_LOST, RSM_ANSWER_TIMEOUT};
    for (size_t i = 0; i < 3; i++) {
        setup(NULL);
        resume_store *store = opened("fake:?timeout=9s");
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

struct told {
    atomic_int opened, probes, closed, cause;
};

static void listen(void *arg, const char *name, int32_t event, int32_t cause) {
    struct told *told = arg;
    assert_string_equal(name, "fake");
    atomic_fetch_add(&told->opened, event == RESUME_STORE_EVENT_OPENED);
    atomic_fetch_add(&told->probes, event == RESUME_STORE_EVENT_PROBE);
    atomic_fetch_add(&told->closed, event == RESUME_STORE_EVENT_CLOSED);
    if (event == RESUME_STORE_EVENT_OPENED) {
        atomic_store(&told->cause, cause);
    } else {
        assert_int_equal(cause, RESUME_STORE_CAUSE_NONE);
    }
}

static void traced(int answer, int32_t cause) {
    static struct told told; /* a thread that ends late must find it */
    memset(&told, 0, sizeof told);
    trace = listen;
    trace_arg = &told;
    setup(NULL);
    resume_store *store = opened("fake:?timeout=9s");
    atomic_store(&ping_answer, answer);
    atomic_store(&call_answer, answer);
    for (int n = 0; n < 3; n++) {
        assert_int_equal(look_up(store, false, 1), RESUME_MISS);
    }
    assert_int_equal(atomic_load(&told.opened), 1);
    for (int i = 0; atomic_load(&told.opened) < 2; i++) { /* by a probe that failed */
        assert_true(i < 20000);
        sleep_ms(1);
    }
    assert_int_equal(atomic_load(&told.cause), cause);
    assert_true(atomic_load(&told.probes) > 0);
    assert_int_equal(atomic_load(&told.closed), 0);
    atomic_store(&ping_answer, RSM_ANSWER_OK);
    until(store, RESUME_STORE_BREAKER, 0);
    resume_store_unref(store);
    assert_int_equal(atomic_load(&told.closed), 1); /* and never again */
    trace = NULL;
}

static void test_the_trace_tells_of_the_breaker(void **state) {
    (void)state;
    traced(RSM_ANSWER_TIMEOUT, RESUME_STORE_CAUSE_TIMEOUT);
    traced(RSM_ANSWER_LOST, RESUME_STORE_CAUSE_DISCONNECTED);
    traced(RSM_ANSWER_BUSY, RESUME_STORE_CAUSE_ERROR_REPLY);
    traced(RSM_ANSWER_UNREACHABLE, RESUME_STORE_CAUSE_UNREACHABLE);
    traced(RSM_ANSWER_NOMEM, RESUME_STORE_CAUSE_OWN);
    assert_int_equal(resume_store_options_set_trace(NULL, listen, NULL), RESUME_E_INVALID);
}

/* A refusal of one question says nothing about the next. */
static void test_refusals_do_not_open_it(void **state) {
    (void)state;
    resume_store *store = opened("fake:?timeout=9s");
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
    resume_store *store = opened("fake:?timeout=9s");
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
    resume_store *store = opened("fake:?queue=1M&timeout=9s");
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
    store = opened("fake:?max=1K&timeout=9s");
    assert_int_equal(resume_store_put_record(store, some_id, 32, data, 1024, NOW + 9, NOW),
                     RESUME_TOO_LARGE);
    resume_store_unref(store);
}

static void test_puts_that_wait(void **state) {
    (void)state;
    resume_store *store = opened("fake:?queue=0&timeout=9s");
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

/* Where no thread can be started, calls do all by themselves; and each other allocation of a call
 * may fail too (I-95). */
static void test_without_a_thread(void **state) {
    (void)state;
    bool by_itself = false;
    for (unsigned long n = 1;; n++) {
        assert_true(n < 100);
        setup(NULL);
        resume_store *store = opened("fake:?timeout=9s");
        rsm_alloc_fail_from(n);
        resume_status status = put(store, 1);
        by_itself = by_itself || atomic_load(&put_by_caller);
        bool known = status == RESUME_OK || status == RESUME_E_NOMEM || status == RESUME_E_IO;
        assert_true(known);
        rsm_alloc_fail_once(n);
        status = look_up(store, true, 1);
        assert_true(status == RESUME_OK || status == RESUME_E_NOMEM || status == RESUME_MISS);
        unsigned long asked = rsm_alloc_count();
        rsm_alloc_fail_once(0);
        resume_store_unref(store);
        if (asked < n && status == RESUME_OK) {
            break;
        }
    }
    assert_true(by_itself);
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
        WITH(test_the_trace_tells_of_the_breaker),
        WITH(test_refusals_do_not_open_it),
        WITH(test_what_is_sent_again),
        WITH(test_deadline_of_a_take_behind_puts),
        WITH(test_long_records),
        WITH(test_puts_that_wait),
        WITH(test_many_threads),
        WITH(test_without_a_thread),
        WITH(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
