/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue of puts: its bounds, its order, what can be found in it and what leaves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/behind.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"

#include "fork_fixture.h"

#include <pthread.h>
#include <stdlib.h>

#define SLOTS 16U
#define SIZE  1000U

static struct rsm_behind queue;

static int setup(void **state) {
    (void)state;
    return rsm_behind_init(&queue, SLOTS, SIZE) == RESUME_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    rsm_behind_destroy(&queue);
    return 0;
}

/* Keys of one and the same chain, if asked for. */
static const uint8_t *key_of(unsigned n, bool same_chain) {
    static _Thread_local uint8_t key[RSM_BEHIND_KEY];
    memset(key, 0, sizeof key);
    rsm_put32(key, same_chain ? 7 : n);
    rsm_put32(key + 8, n);
    return key;
}

static bool push(unsigned n, size_t len) {
    uint8_t data[SIZE + 8];
    memset(data, (int)n, sizeof data);
    return rsm_behind_push(&queue, key_of(n, true), data, len, 1000 + n, 10 + n);
}

static bool finds(unsigned n, size_t len) {
    uint8_t buf[SIZE];
    size_t found = 0;
    if (rsm_behind_find(&queue, key_of(n, true), buf, sizeof buf, &found) != RESUME_OK) {
        return false;
    }
    for (size_t i = 0; i < found; i++) {
        assert_int_equal(buf[i], (uint8_t)n);
    }
    assert_int_equal(found, len);
    return true;
}

static size_t take_all(void) {
    struct rsm_behind_item items[SLOTS];
    size_t n = rsm_behind_batch(&queue, items, SLOTS, SIZE);
    rsm_behind_done(&queue, n);
    return n;
}

static void test_in_order_and_found(void **state) {
    (void)state;
    struct rsm_behind_item items[SLOTS];
    for (unsigned n = 0; n < 5; n++) {
        assert_false(finds(n, 10));
        assert_true(push(n, 10 + n));
        assert_true(finds(n, 10 + n));
    }
    assert_int_equal(rsm_behind_batch(&queue, items, 3, SIZE), 3);
    for (unsigned n = 0; n < 3; n++) {
        assert_memory_equal(items[n].key, key_of(n, true), RSM_BEHIND_KEY);
        assert_int_equal(items[n].len, 10 + n);
        assert_int_equal(items[n].data[9 + n], n);
        assert_int_equal(items[n].ttl_ms, 1000 + n);
        assert_int_equal(items[n].queued_us, 10 + n);
        assert_true(finds(n, 10 + n)); /* until it has been sent */
    }
    rsm_behind_done(&queue, 2);
    assert_false(finds(0, 10));
    assert_false(finds(1, 11));
    assert_true(finds(2, 12)); /* stays */
    assert_int_equal(rsm_behind_count(&queue), 3);
    assert_int_equal(rsm_behind_batch(&queue, items, SLOTS, 13), 1); /* bytes, but one at least */
    assert_int_equal(items[0].len, 12);
    rsm_behind_done(&queue, 1);
    assert_int_equal(rsm_behind_batch(&queue, items, SLOTS, 1), 1);
    rsm_behind_done(&queue, 0);
    assert_int_equal(rsm_behind_batch(&queue, items, SLOTS, SIZE), 2);
    rsm_behind_done(&queue, 2);
    assert_int_equal(rsm_behind_batch(&queue, items, SLOTS, SIZE), 0);
}

static void test_the_newest_is_found(void **state) {
    (void)state;
    uint8_t buf[4];
    size_t len = 0;
    const uint8_t *key = key_of(1, false);
    for (uint8_t i = 0; i < 5; i++) {
        assert_true(rsm_behind_push(&queue, key, &i, 1, 1, 1));
        assert_int_equal(rsm_behind_find(&queue, key, buf, sizeof buf, &len), RESUME_OK);
        assert_int_equal(buf[0], i);
    }
    assert_int_equal(rsm_behind_find(&queue, key, buf, 0, &len), RESUME_E_BUFFER);
    assert_int_equal(len, 1);
    assert_int_equal(take_all(), 5);
    assert_int_equal(rsm_behind_find(&queue, key, buf, sizeof buf, &len), RESUME_MISS);
}

static void test_bounds(void **state) {
    (void)state;
    assert_false(push(1, 0));
    assert_false(push(1, SIZE + 1));
    for (unsigned n = 0; n < SLOTS; n++) {
        assert_true(push(n, 1));
    }
    assert_false(push(99, 1)); /* by count */
    assert_int_equal(take_all(), SLOTS);
    assert_true(push(1, SIZE));
    assert_false(push(2, 1)); /* by bytes */
    assert_true(finds(1, SIZE));
    assert_int_equal(take_all(), 1);
    assert_true(push(2, SIZE));
}

/* Against a plain model: random sizes, pushes and sends; nothing overwrites what still waits. */
static void test_rings_go_round(void **state) {
    (void)state;
    unsigned next = 0;
    unsigned oldest = 0;
    size_t lens[100000];
    uint64_t refused = 0;
    srand(7);
    while (next < 100000) {
        size_t len = 1U + (size_t)rand() % 300;
        size_t waiting = 0;
        for (unsigned n = oldest; n < next; n++) {
            waiting += lens[n];
        }
        if (push(next, len)) {
            lens[next++] = len;
        } else {
            refused++;
            /* Only when it is full, or nearly: a record lies in one piece. */
            assert_true(next - oldest == SLOTS || waiting + 2 * len > SIZE - 300);
        }
        for (unsigned n = oldest; n < next && next % 64 == 0; n++) {
            assert_true(finds(n, lens[n]));
        }
        if (rand() % 3 == 0) {
            struct rsm_behind_item items[SLOTS];
            size_t n = rsm_behind_batch(&queue, items, 1U + (size_t)rand() % 6, SIZE);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(items[i].len, lens[oldest + i]);
                assert_int_equal(items[i].data[0], (uint8_t)(oldest + i));
                assert_int_equal(items[i].data[items[i].len - 1], (uint8_t)(oldest + i));
            }
            size_t sent = n ? (size_t)rand() % (n + 1) : 0;
            rsm_behind_done(&queue, sent);
            oldest += (unsigned)sent;
        }
        assert_int_equal(rsm_behind_count(&queue), next - oldest);
    }
    assert_true(refused > 100);
}

static void test_taken_back(void **state) {
    (void)state;
    struct rsm_behind_item items[SLOTS];
    assert_false(rsm_behind_cancel(&queue, key_of(1, true)));
    assert_true(push(1, 10));
    assert_true(push(2, 20));
    assert_true(push(1, 30));
    assert_int_equal(rsm_behind_batch(&queue, items, 1, SIZE), 1); /* with the sender: too late */
    assert_true(rsm_behind_cancel(&queue, key_of(1, true)));
    assert_true(finds(1, 10));
    assert_false(rsm_behind_cancel(&queue, key_of(1, true)));
    rsm_behind_done(&queue, 1);
    assert_false(finds(1, 10));
    assert_true(finds(2, 20));
    assert_int_equal(rsm_behind_batch(&queue, items, SLOTS, SIZE), 2);
    assert_int_equal(items[0].len, 20);
    assert_int_equal(items[1].len, 0); /* nothing to send */
    rsm_behind_done(&queue, 2);
    assert_int_equal(rsm_behind_count(&queue), 0);
}

static void *send_later(void *arg) {
    struct timespec t = {.tv_nsec = 20000000};
    (void)arg;
    nanosleep(&t, NULL);
    take_all();
    return NULL;
}

static void test_waiting_until_it_is_sent(void **state) {
    (void)state;
    pthread_t thread;
    uint64_t begin = rsm_clock_us();
    assert_true(rsm_behind_settle(&queue, key_of(1, true), 0));
    assert_true(push(1, 10));
    assert_true(rsm_behind_settle(&queue, key_of(2, true), begin));
    assert_false(rsm_behind_settle(&queue, key_of(1, true), begin + 10000));
    assert_int_equal(pthread_create(&thread, NULL, send_later, NULL), 0);
    assert_true(rsm_behind_settle(&queue, key_of(1, true), begin + 10000000));
    pthread_join(thread, NULL);
}

static void in_child(uint8_t *buf, size_t len) {
    (void)len;
    rsm_behind_forget(&queue);
    buf[0] = rsm_behind_count(&queue) == 0;
    buf[1] = !finds(1, 600);
    buf[2] = push(3, SIZE);
    buf[3] = take_all() == 1;
}

static void test_a_child_forgets(void **state) {
    (void)state;
    uint8_t seen[4] = {0};
    struct rsm_behind_item items[SLOTS];
    assert_true(push(1, 600));
    assert_true(push(2, 200));
    assert_int_equal(rsm_behind_batch(&queue, items, 1, SIZE), 1);
    rsm_lock_take(&queue.lock); /* as another thread of the parent held it */
    run_child(BY_LIBC, in_child, seen, sizeof seen);
    rsm_lock_release(&queue.lock);
    assert_memory_equal(seen, "\1\1\1\1", 4);
    assert_true(finds(1, 600));
}

static atomic_uint sent_count;

static void *push_many(void *arg) {
    unsigned from = (unsigned)(uintptr_t)arg;
    for (unsigned n = from; n < from + 20000; n++) {
        while (!push(n, 1 + n % 100)) {
            sched_yield();
        }
    }
    return NULL;
}

static void *send_all(void *arg) {
    (void)arg;
    while (atomic_load(&sent_count) < 80000) {
        struct rsm_behind_item items[SLOTS];
        size_t n = rsm_behind_batch(&queue, items, SLOTS, SIZE);
        for (size_t i = 0; i < n; i++) {
            uint32_t which = rsm_get32(items[i].key + 8);
            if (items[i].len != 1 + which % 100 ||
                items[i].data[items[i].len - 1] != (uint8_t)which) {
                abort();
            }
        }
        rsm_behind_done(&queue, n);
        atomic_fetch_add(&sent_count, (unsigned)n);
        if (n == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void test_many_threads_and_one_sender(void **state) {
    (void)state;
    pthread_t threads[5];
    for (uintptr_t i = 0; i < 4; i++) {
        void *from = (void *)(i * 20000);
        assert_int_equal(pthread_create(&threads[i], NULL, push_many, from), 0);
    }
    assert_int_equal(pthread_create(&threads[4], NULL, send_all, NULL), 0);
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&sent_count), 80000);
    assert_int_equal(rsm_behind_count(&queue), 0);
}

/* I-95 */
static void test_no_memory(void **state) {
    (void)state;
    for (unsigned long n = 1; n <= 3; n++) {
        struct rsm_behind other;
        rsm_alloc_fail_once(n);
        assert_int_equal(rsm_behind_init(&other, SLOTS, SIZE), RESUME_E_NOMEM);
        rsm_alloc_fail_once(0);
        rsm_behind_destroy(&other);
    }
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(test_in_order_and_found),
        WITH(test_the_newest_is_found),
        WITH(test_bounds),
        WITH(test_rings_go_round),
        WITH(test_taken_back),
        WITH(test_waiting_until_it_is_sent),
        WITH(test_a_child_forgets),
        WITH(test_many_threads_and_one_sender),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
