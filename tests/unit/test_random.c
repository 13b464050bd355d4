/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes: none given twice, in this process, its threads and its children (I-165), and none
 * given at all when libcrypto has none.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: the only way to make the generator fail */

#include "fork_fixture.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/fork.h"
#include "crypto/random.h"

#include <openssl/rand.h>

#include <pthread.h>

#define PIECE 16U
#define DRAWS 64U

static void draw_pieces(uint8_t *buf, size_t len) {
    for (size_t at = 0; at < len; at += PIECE) {
        if (rsm_random(buf + at, PIECE) != RESUME_OK) {
            memset(buf, 0, len);
        }
    }
}

static void test_draws_differ(void **state) {
    (void)state;
    static uint8_t pieces[1000 * PIECE]; /* several fillings */
    draw_pieces(pieces, sizeof pieces);
    assert_all_differ(pieces, 1000, PIECE);
}

/* Each bit of each byte of a draw is set about half the time, whatever the length of the draw. */
static void test_draws_fill_the_buffer(void **state) {
    (void)state;
    static const size_t lens[] = {1, 3, 12, 24, 32, 48, 2000, 4088, 4089, 10000};
    static uint8_t buf[10001];
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        static unsigned ones[10000];
        memset(ones, 0, sizeof ones);
        for (unsigned turn = 0; turn < 40; turn++) {
            memset(buf, 0xee, sizeof buf);
            assert_int_equal(rsm_random(buf, lens[i]), RESUME_OK);
            assert_int_equal(buf[lens[i]], 0xee);
            for (size_t j = 0; j < lens[i]; j++) {
                ones[j] += (unsigned)__builtin_popcount(buf[j]);
            }
        }
        for (size_t j = 0; j < lens[i]; j++) {
            assert_in_range(ones[j], 90, 230); /* 160, give or take 8 times sigma */
        }
    }
    assert_int_equal(rsm_random(buf, 0), RESUME_OK);
}

static void *draw_in_thread(void *buf) {
    draw_pieces(buf, DRAWS * PIECE);
    return NULL;
}

static void test_threads_differ(void **state) {
    (void)state;
    static uint8_t pieces[4][DRAWS * PIECE];
    pthread_t id[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&id[i], NULL, draw_in_thread, pieces[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(id[i], NULL);
    }
    assert_all_differ(pieces[0], 4 * DRAWS, PIECE);
}

/* Draws, then hands on to a child of its own. */
static void draw_and_fork(uint8_t *buf, size_t len) {
    draw_pieces(buf, len / 2);
    run_child(BY_LIBC, draw_pieces, buf + len / 2, len / 2);
}

/* Parent, five children at once, and a grandchild. */
static void family_differs(void) {
    static const int ways[] = {BY_LIBC, BY_CLONE, BY_LIBC, BY_CLONE};
    static uint8_t pieces[7][DRAWS * PIECE];
    uint8_t warm_up[PIECE];
    pid_t pid[5];
    int fd[5];
    assert_int_equal(rsm_random(warm_up, sizeof warm_up), RESUME_OK); /* a filled store */
    for (size_t i = 0; i < 4; i++) {
        pid[i] = start_child(ways[i], draw_pieces, sizeof pieces[i], &fd[i]);
    }
    pid[4] = start_child(BY_CLONE, draw_and_fork, 2 * sizeof pieces[4], &fd[4]);
    draw_pieces(pieces[6], sizeof pieces[6]);
    for (size_t i = 0; i < 4; i++) {
        end_child(pid[i], fd[i], pieces[i], sizeof pieces[i]);
    }
    end_child(pid[4], fd[4], pieces[4], 2 * sizeof pieces[4]);
    assert_all_differ(pieces[0], 7 * DRAWS, PIECE);
    assert_false(rsm_is_zero_ct(pieces[0], PIECE));
}

static void test_family_differs(void **state) {
    (void)state;
    family_differs();
}

static void *family_of_thread(void *arg) {
    family_differs();
    return arg;
}

/* In a thread of its own, whose store no kernel clears. */
static void test_family_differs_without_the_kernels_help(void **state) {
    pthread_t id;
    rsm_fork_by_pid(true);
    assert_int_equal(pthread_create(&id, NULL, family_of_thread, state), 0);
    pthread_join(id, NULL);
    rsm_fork_by_pid(false);
}

static void *draw_without_memory(void *arg) {
    uint8_t *pieces = arg;
    rsm_alloc_fail_from(1);
    draw_pieces(pieces, 4 * PIECE);
    rsm_alloc_fail_from(0);
    return NULL;
}

/* No page for a store: slower, not worse. */
static void test_no_memory(void **state) {
    (void)state;
    uint8_t pieces[4 * PIECE] = {0};
    pthread_t id;
    assert_int_equal(pthread_create(&id, NULL, draw_without_memory, pieces), 0);
    pthread_join(id, NULL);
    assert_false(rsm_is_zero_ct(pieces, PIECE));
    assert_all_differ(pieces, 4, PIECE);
}

static int no_bytes(unsigned char *buf, int len) {
    memset(buf, 0x55, (size_t)len);
    return 0;
}

static void *draw_from_nothing(void *arg) {
    uint8_t *buf = arg;
    memset(buf, 0xee, 5000);
    if (rsm_random(buf, 32) != RESUME_E_CRYPTO || !rsm_is_zero_ct(buf, 32) ||
        rsm_random(buf, 5000) != RESUME_E_CRYPTO || !rsm_is_zero_ct(buf, 5000)) {
        return NULL;
    }
    return arg;
}

/* In a thread of its own, whose store is empty. */
static void test_generator_fails(void **state) {
    (void)state;
    static uint8_t buf[5000];
    static const RAND_METHOD failing = {.bytes = no_bytes, .pseudorand = no_bytes};
    pthread_t id;
    void *answer = NULL;
    const RAND_METHOD *usual = RAND_get_rand_method();
    assert_int_equal(RAND_set_rand_method(&failing), 1);
    assert_int_equal(pthread_create(&id, NULL, draw_from_nothing, buf), 0);
    pthread_join(id, &answer);
    assert_int_equal(RAND_set_rand_method(usual), 1);
    assert_ptr_equal(answer, buf);
    assert_int_equal(rsm_random(buf, 5000), RESUME_OK);
    assert_false(rsm_is_zero_ct(buf, 32));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_differ),
        cmocka_unit_test(test_draws_fill_the_buffer),
        cmocka_unit_test(test_threads_differ),
        cmocka_unit_test(test_family_differs),
        cmocka_unit_test(test_family_differs_without_the_kernels_help),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_generator_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
