/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads' caches: what they keep, that purges and exits reach it, what a child has of it.
 */
#include "fork_fixture.h"
#include "secrecy.h"

#include "base/alloc.h"
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define KIND 7U

struct item {
    struct rsm_warm warm;
    atomic_uint *destroyed;
};

static atomic_uint destroyed;

static void item_destroy(struct rsm_warm *warm) {
    struct item *item = (struct item *)warm;
    atomic_fetch_add(item->destroyed, 1);
    free(item);
}

static struct rsm_warm *item_new(uint32_t kind, uint64_t serial) {
    struct item *item = calloc(1, sizeof *item);
    if (!item) {
        abort();
    }
    item->warm.kind = kind;
    item->warm.serial = serial;
    item->warm.destroy = item_destroy;
    item->destroyed = &destroyed;
    return &item->warm;
}

static void keep(uint32_t kind, uint64_t serial) {
    struct rsm_thread *thread = rsm_thread_enter();
    if (!thread) {
        abort();
    }
    rsm_thread_keep(thread, item_new(kind, serial));
    rsm_thread_leave(thread);
}

static bool has(uint32_t kind, uint64_t serial) {
    struct rsm_thread *thread = rsm_thread_enter();
    if (!thread) {
        abort();
    }
    bool found = rsm_thread_find(thread, kind, serial) != NULL;
    rsm_thread_leave(thread);
    return found;
}

static int start(void **state) {
    (void)state;
    atomic_store(&destroyed, 0);
    return 0;
}

static void test_finds_what_it_keeps(void **state) {
    (void)state;
    struct rsm_thread *thread = rsm_thread_enter();
    assert_non_null(thread);
    struct rsm_warm *a = item_new(KIND, 1);
    struct rsm_warm *b = item_new(KIND + 1, 1);
    struct rsm_warm *c = item_new(KIND, (UINT64_C(1) << 56) - 1);
    rsm_thread_keep(thread, a);
    rsm_thread_keep(thread, b);
    rsm_thread_keep(thread, c);
    assert_ptr_equal(rsm_thread_find(thread, KIND, 1), a);
    assert_ptr_equal(rsm_thread_find(thread, KIND + 1, 1), b);
    assert_ptr_equal(rsm_thread_find(thread, KIND, c->serial), c);
    assert_null(rsm_thread_find(thread, KIND, 2));
    assert_null(rsm_thread_find(thread, KIND + 2, 1));
    struct rsm_warm *again = item_new(KIND, 1);
    rsm_thread_keep(thread, again);
    assert_int_equal(atomic_load(&destroyed), 1);
    assert_ptr_equal(rsm_thread_find(thread, KIND, 1), again);
    rsm_thread_leave(thread);
    rsm_thread_purge(1);
    assert_int_equal(atomic_load(&destroyed), 3);
    assert_false(has(KIND, 1) || has(KIND + 1, 1));
    rsm_thread_purge((UINT64_C(1) << 56) - 1);
    assert_int_equal(atomic_load(&destroyed), 4);
}

/* What is looked for often survives a stream of others. */
static void test_full_cache_keeps_what_is_in_use(void **state) {
    (void)state;
    for (uint64_t serial = 1; serial <= RSM_WARM_SLOTS; serial++) {
        keep(KIND, serial);
    }
    for (int i = 0; i < 6; i++) {
        assert_true(has(KIND, RSM_WARM_SLOTS));
    }
    for (uint64_t serial = 100; serial < 200; serial++) {
        keep(KIND, serial);
        assert_true(has(KIND, serial));
        assert_true(has(KIND, RSM_WARM_SLOTS));
    }
    assert_int_equal(atomic_load(&destroyed), 100);
    for (uint64_t serial = 1; serial < 200; serial++) {
        rsm_thread_purge(serial);
    }
    assert_int_equal(atomic_load(&destroyed), RSM_WARM_SLOTS + 100);
}

static void test_nested_visits(void **state) {
    (void)state;
    struct rsm_thread *outer = rsm_thread_enter();
    struct rsm_thread *inner = rsm_thread_enter();
    assert_ptr_equal(outer, inner);
    rsm_thread_keep(inner, item_new(KIND, 1));
    rsm_thread_leave(inner);
    assert_non_null(rsm_thread_find(outer, KIND, 1));
    rsm_thread_leave(outer);
    rsm_thread_purge(1);
    assert_int_equal(atomic_load(&destroyed), 1);
}

static void *first_visit(void *arg) {
    *(struct rsm_thread **)arg = rsm_thread_enter();
    return NULL;
}

static void test_no_memory(void **state) {
    (void)state;
    pthread_t id;
    struct rsm_thread *thread = (struct rsm_thread *)&id;
    rsm_alloc_fail_from(1);
    pthread_create(&id, NULL, first_visit, &thread);
    pthread_join(id, NULL);
    rsm_alloc_fail_from(0);
    assert_null(thread);
}

static void *keep_one(void *arg) {
    (void)arg;
    keep(KIND, 5);
    return NULL;
}

static void test_thread_exit_destroys(void **state) {
    (void)state;
    pthread_t id;
    pthread_create(&id, NULL, keep_one, NULL);
    pthread_join(id, NULL);
    assert_int_equal(atomic_load(&destroyed), 1);
    rsm_thread_purge(5);
    assert_int_equal(atomic_load(&destroyed), 1);
}

/* A thread that keeps serial 5 and 6 and is then either inside its cache or not. */
struct guest {
    pthread_t id;
    bool inside;
    atomic_uint step; /* 1: it is ready; 2: it may go on; 3: it is about to leave */
    unsigned destroyed_while_inside;
};

static void await(atomic_uint *step, unsigned value) {
    while (atomic_load(step) < value) {
        sched_yield();
    }
}

static void *guest_run(void *arg) {
    struct guest *guest = arg;
    struct rsm_thread *thread = rsm_thread_enter();
    if (!thread) {
        abort();
    }
    rsm_thread_keep(thread, item_new(KIND, 5));
    rsm_thread_keep(thread, item_new(KIND, 6));
    if (!guest->inside) {
        rsm_thread_leave(thread);
    }
    atomic_store(&guest->step, 1);
    await(&guest->step, 2);
    if (guest->inside) {
        for (int i = 0; i < 100; i++) {
            sched_yield();
        }
        guest->destroyed_while_inside = atomic_load(&destroyed);
        rsm_thread_leave(thread);
    }
    return NULL;
}

static void guest_start(struct guest *guest, bool inside) {
    memset(guest, 0, sizeof *guest);
    guest->inside = inside;
    assert_int_equal(pthread_create(&guest->id, NULL, guest_run, guest), 0);
    await(&guest->step, 1);
}

static void guest_end(struct guest *guest) {
    atomic_store(&guest->step, 2);
    pthread_join(guest->id, NULL);
}

/* I-163: a retired key leaves nothing behind in any thread. */
static void test_purge_reaches_other_threads(void **state) {
    (void)state;
    struct guest guest;
    guest_start(&guest, false);
    rsm_thread_purge(5);
    assert_int_equal(atomic_load(&destroyed), 1);
    guest_end(&guest);
    assert_int_equal(atomic_load(&destroyed), 2);
}

static void test_purge_waits_for_a_thread_inside(void **state) {
    (void)state;
    struct guest guest;
    guest_start(&guest, true);
    atomic_store(&guest.step, 2); /* it leaves while the purge is at work, or before */
    rsm_thread_purge(5);
    assert_true(atomic_load(&destroyed) >= 1);
    pthread_join(guest.id, NULL);
    assert_int_equal(guest.destroyed_while_inside, 0);
    assert_int_equal(atomic_load(&destroyed), 2);
}

/* Own entries stay, others' are gone or put aside, and purges end. */
static void child_of_threads(uint8_t *buf, size_t len) {
    (void)len;
    buf[0] = (uint8_t)atomic_load(&destroyed);
    buf[1] = has(KIND, 9);
    rsm_thread_purge(5);
    rsm_thread_purge(6);
    buf[2] = (uint8_t)atomic_load(&destroyed);
    rsm_thread_purge(9);
    buf[3] = (uint8_t)atomic_load(&destroyed);
    buf[4] = has(KIND, 9);
    keep(KIND, 10);
    buf[5] = has(KIND, 10);
}

static void fork_beside(int way, bool inside, unsigned gone) {
    struct guest guest;
    uint8_t seen[6] = {0};
    keep(KIND, 9);
    guest_start(&guest, inside);
    run_child(way, child_of_threads, seen, sizeof seen);
    assert_int_equal(seen[0], way == BY_LIBC ? gone : 0);
    assert_true(seen[1]);
    assert_int_equal(seen[2], gone);
    assert_int_equal(seen[3], gone + 1);
    assert_false(seen[4]);
    assert_true(seen[5]);
    guest_end(&guest);
    rsm_thread_purge(9);
    assert_int_equal(atomic_load(&destroyed), 3);
}

static void test_fork_beside_an_idle_thread(void **state) {
    (void)state;
    fork_beside(BY_LIBC, false, 2);
}

static void test_fork_beside_a_thread_inside(void **state) {
    (void)state;
    fork_beside(BY_LIBC, true, 0);
}

static void test_raw_fork_beside_a_thread_inside(void **state) {
    (void)state;
    fork_beside(BY_CLONE, true, 0);
}

static void test_raw_fork_beside_an_idle_thread(void **state) {
    (void)state;
    fork_beside(BY_CLONE, false, 0);
}

static void *purge_five(void *arg) {
    rsm_thread_purge(5);
    return arg;
}

static void child_does_nothing(uint8_t *buf, size_t len) {
    (void)buf;
    (void)len;
}

/* A purge that waits for a thread inside holds no lock: the fork goes on, and the thread may need
 * the forking one before it leaves. */
static void test_fork_while_a_purge_waits(void **state) {
    (void)state;
    struct guest guest;
    pthread_t purger;
    guest_start(&guest, true);
    assert_int_equal(pthread_create(&purger, NULL, purge_five, NULL), 0);
    for (int i = 0; i < 50; i++) {
        run_child(BY_LIBC, child_does_nothing, NULL, 0);
    }
    guest_end(&guest);
    pthread_join(purger, NULL);
    assert_int_equal(atomic_load(&destroyed), 2);
}

/* What a ring does inside the cache: takes a lock that a fork takes before the registry's. */
static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool stop;

static void ring_before_fork(void) {
    pthread_mutex_lock(&ring_lock);
}

static void ring_after_fork(void) {
    pthread_mutex_unlock(&ring_lock);
}

static void *visit_often(void *arg) {
    uint64_t serial = *(uint64_t *)arg;
    while (!atomic_load(&stop)) {
        struct rsm_thread *thread = rsm_thread_enter();
        if (!thread) {
            abort();
        }
        if (!rsm_thread_find(thread, KIND, serial)) {
            pthread_mutex_lock(&ring_lock);
            pthread_mutex_unlock(&ring_lock);
            rsm_thread_keep(thread, item_new(KIND, serial));
        }
        rsm_thread_leave(thread);
    }
    return NULL;
}

static void child_purges(uint8_t *buf, size_t len) {
    rsm_thread_purge(1);
    buf[0] = (uint8_t)len;
}

/* Visits, purges and forks at once neither race nor wait for one another in a ring. */
static void test_visits_purges_and_forks_together(void **state) {
    (void)state;
    pthread_t id[2];
    uint64_t serials[2] = {1, 2};
    pthread_atfork(ring_before_fork, ring_after_fork, ring_after_fork);
    atomic_store(&stop, false);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&id[i], NULL, visit_often, &serials[i]), 0);
    }
    unsigned turns = IN_VALGRIND ? 8 : 60; /* which runs one thread at a time */
    for (unsigned i = 0; i < turns; i++) {
        uint8_t answer = 0;
        rsm_thread_purge(1 + i % 2);
        if (i % 4 == 0) {
            run_child(BY_LIBC, child_purges, &answer, 1);
            assert_int_equal(answer, 1);
        }
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(id[i], NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_finds_what_it_keeps, start),
        cmocka_unit_test_setup(test_full_cache_keeps_what_is_in_use, start),
        cmocka_unit_test_setup(test_nested_visits, start),
        cmocka_unit_test_setup(test_no_memory, start),
        cmocka_unit_test_setup(test_thread_exit_destroys, start),
        cmocka_unit_test_setup(test_purge_reaches_other_threads, start),
        cmocka_unit_test_setup(test_purge_waits_for_a_thread_inside, start),
        cmocka_unit_test_setup(test_fork_beside_an_idle_thread, start),
        cmocka_unit_test_setup(test_fork_beside_a_thread_inside, start),
        cmocka_unit_test_setup(test_raw_fork_beside_a_thread_inside, start),
        cmocka_unit_test_setup(test_raw_fork_beside_an_idle_thread, start),
        cmocka_unit_test_setup(test_fork_while_a_purge_waits, start),
        cmocka_unit_test_setup(test_visits_purges_and_forks_together, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
