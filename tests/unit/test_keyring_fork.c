/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One `random:` ring, four forked children: they rotate without talking, at their own pace and with
 * clocks that differ a little, and each opens what any other sealed (I-65); no nonce repeats among
 * them (I-67, I-165).
 */
#include "keys_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILDREN = 4,
    EPOCHS = 7,
    TICKETS = 40, /* of each child, frame and epoch */
    TICKET = 512
};

static const resume_frame frames[] = {RESUME_FRAME_RFC5077, RESUME_FRAME_AEAD};

struct sealed {
    uint8_t bytes[TICKET];
    size_t len;
};

struct shared {
    pthread_barrier_t barrier;
    struct sealed tickets[EPOCHS][CHILDREN][2];
    uint8_t nonces[EPOCHS * CHILDREN * TICKETS][2][24];
};

static struct shared *shared;

static void make_shared(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pthread_barrierattr_t attr;
    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->barrier, &attr, CHILDREN);
    pthread_barrierattr_destroy(&attr);
}

/* Clocks differ by up to three minutes; a ring that is asked before its time knows the next key. */
static uint64_t clock_of(unsigned epoch, unsigned child) {
    return NOW + 10 * MINUTE + epoch * 12 * HOUR + child * MINUTE;
}

/* The third child sleeps through the middle of it. */
static bool asleep(unsigned epoch, unsigned child) {
    return child == 2 && epoch >= 2 && epoch <= 4;
}

static bool seal_all(resume_codec *const codecs[2], const resume_session *session, unsigned epoch,
                     unsigned child) {
    for (size_t f = 0; f < 2; f++) {
        struct sealed *sealed = &shared->tickets[epoch][child][f];
        for (unsigned i = 0; i < TICKETS; i++) {
            if (resume_codec_seal(codecs[f], session, clock_of(epoch, child), sealed->bytes, TICKET,
                                  &sealed->len) != RESUME_OK) {
                return false;
            }
            size_t at = (epoch * CHILDREN + child) * TICKETS + i;
            memcpy(shared->nonces[at][f], sealed->bytes + (f ? 17 : 16), f ? 24 : 16);
        }
    }
    return true;
}

/* What was sealed up to two epochs ago opens; what is older than the key's life does not. */
static bool open_all(resume_codec *const codecs[2], const resume_session *session, unsigned epoch,
                     unsigned child) {
    for (unsigned then = 0; then <= epoch; then++) {
        for (unsigned other = 0; other < CHILDREN; other++) {
            for (size_t f = 0; f < 2; f++) {
                const struct sealed *sealed = &shared->tickets[then][other][f];
                resume_session *back = NULL;
                if (sealed->len == 0) {
                    continue;
                }
                resume_status status = resume_codec_open(codecs[f], sealed->bytes, sealed->len,
                                                         clock_of(epoch, child), &back);
                resume_status expected = then == epoch       ? RESUME_OK
                                         : then + 2 >= epoch ? RESUME_RENEW
                                                             : RESUME_EXPIRED;
                bool same = !back || resume_session_equal(back, session);
                resume_session_unref(back);
                if (!same || (status != expected &&
                              /* one that slept never had the keys of that time */
                              !(expected == RESUME_EXPIRED && status == RESUME_MISS))) {
                    fprintf(stderr, "child %u epoch %u: ticket of %u, %u: %d\n", child, epoch,
                            other, then, (int)status);
                    return false;
                }
            }
        }
    }
    return true;
}

static int run_child(resume_codec *const codecs[2], const resume_session *session, unsigned child) {
    bool good = true;
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
        bool awake = !asleep(epoch, child);
        good = (!awake || seal_all(codecs, session, epoch, child)) && good;
        pthread_barrier_wait(&shared->barrier);
        good = (!awake || open_all(codecs, session, epoch, child)) && good;
        pthread_barrier_wait(&shared->barrier);
    }
    return good ? 0 : 1;
}

static int compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof shared->nonces[0][0]);
}

static void expect_no_nonce_twice(void) {
    static uint8_t flat[EPOCHS * CHILDREN * TICKETS][24];
    static const uint8_t unused[24];
    for (size_t f = 0; f < 2; f++) {
        for (size_t i = 0; i < EPOCHS * CHILDREN * TICKETS; i++) {
            memcpy(flat[i], shared->nonces[i][f], 24);
        }
        qsort(flat, EPOCHS * CHILDREN * TICKETS, 24, compare);
        for (size_t i = 1; i < EPOCHS * CHILDREN * TICKETS; i++) {
            if (memcmp(flat[i], unused, 24) != 0) {
                assert_memory_not_equal(flat[i], flat[i - 1], 24);
            }
        }
    }
}

static void test_four_children_of_one_ring(void **state) {
    (void)state;
    make_shared();
    resume_keyring *ring = ring_from("random:", NOW);
    resume_codec *codecs[2] = {codec_of(ring, frames[0]), codec_of(ring, frames[1])};
    resume_session *session = session_of(1, 0);
    size_t len = 0;
    uint8_t out[TICKET];
    /* The parent's caches are warm, so that a careless child would go on with its nonces. */
    for (size_t f = 0; f < 2; f++) {
        assert_int_equal(resume_codec_seal(codecs[f], session, NOW, out, sizeof out, &len), 0);
    }
    pid_t pids[CHILDREN];
    for (unsigned child = 0; child < CHILDREN; child++) {
        pids[child] = fork();
        assert_true(pids[child] >= 0);
        if (pids[child] == 0) {
            _exit(run_child(codecs, session, child));
        }
    }
    for (unsigned child = 0; child < CHILDREN; child++) {
        int status = -1;
        assert_int_equal(waitpid(pids[child], &status, 0), pids[child]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    expect_no_nonce_twice();
    resume_session_unref(session);
    resume_codec_unref(codecs[0]);
    resume_codec_unref(codecs[1]);
    resume_keyring_unref(ring);
    pthread_barrier_destroy(&shared->barrier);
    munmap(shared, sizeof *shared);
}

/* A sibling that rotated early is still understood (one key ahead), and understands. */
static void test_a_forced_rotation_in_one_child(void **state) {
    (void)state;
    int pipes[2];
    struct sealed sealed = {.len = 0};
    resume_keyring *ring = ring_from("random:", NOW);
    resume_codec *codec = codec_of(ring, RESUME_FRAME_RFC5077);
    resume_session *session = session_of(1, 0);
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        bool good = resume_keyring_rotate(ring, NOW + HOUR) == RESUME_OK &&
                    resume_codec_seal(codec, session, NOW + HOUR, sealed.bytes, TICKET,
                                      &sealed.len) == RESUME_OK;
        good = good && write(pipes[1], &sealed, sizeof sealed) == sizeof sealed;
        _exit(good ? 0 : 1);
    }
    int status = -1;
    resume_session *back = NULL;
    assert_int_equal(read(pipes[0], &sealed, sizeof sealed), sizeof sealed);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(resume_codec_open(codec, sealed.bytes, sealed.len, NOW + HOUR, &back),
                     RESUME_RENEW);
    assert_true(resume_session_equal(back, session));
    resume_session_unref(back);
    close(pipes[0]);
    close(pipes[1]);
    resume_session_unref(session);
    resume_codec_unref(codec);
    resume_keyring_unref(ring);
}

/* Forks at any moment of other threads' rotations leave no lock held in the child. */
struct busy {
    resume_keyring *ring;
    volatile bool stop;
};

static void *rotate_all_the_time(void *data) {
    struct busy *busy = data;
    while (!__atomic_load_n(&busy->stop, __ATOMIC_RELAXED)) {
        (void)!resume_keyring_rotate(busy->ring, NOW);
    }
    return NULL;
}

static void test_forks_while_another_thread_rotates(void **state) {
    (void)state;
    struct busy busy = {.ring = ring_from("random:", NOW - HOUR)};
    resume_codec *codec = codec_of(busy.ring, RESUME_FRAME_AEAD);
    resume_session *session = session_of(1, 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, rotate_all_the_time, &busy), 0);
    for (unsigned i = 0; i < 50; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            uint8_t out[TICKET];
            size_t len = 0;
            alarm(20); /* a held lock ends the child */
            bool good = resume_keyring_rotate(busy.ring, NOW) == RESUME_OK &&
                        resume_codec_seal(codec, session, NOW, out, sizeof out, &len) == RESUME_OK;
            _exit(good ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    __atomic_store_n(&busy.stop, true, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    resume_session_unref(session);
    resume_codec_unref(codec);
    resume_keyring_unref(busy.ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_four_children_of_one_ring),
        cmocka_unit_test(test_a_forced_rotation_in_one_child),
        cmocka_unit_test(test_forks_while_another_thread_rotates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
