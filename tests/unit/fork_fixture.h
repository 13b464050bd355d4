/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children for the tests of what must not cross a fork: by fork(), and by a raw clone() that runs
 * none of the handlers of pthread_atfork().
 */
#ifndef FORK_FIXTURE_H
#define FORK_FIXTURE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BY_LIBC, BY_CLONE };

typedef void child_fn(uint8_t *buf, size_t len);

static inline pid_t fork_by(int way) {
    return way == BY_CLONE ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
}

/* A child that fills len bytes, which the parent gets; fd is to be read. */
static inline pid_t start_child(int way, child_fn *fill, size_t len, int *ret_fd) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork_by(way);
    if (pid == 0) {
        uint8_t *buf = calloc(1, len ? len : 1);
        if (!buf) {
            _exit(2);
        }
        fill(buf, len);
        size_t done = 0;
        while (done < len) {
            ssize_t n = write(ends[1], buf + done, len - done);
            if (n <= 0) {
                _exit(3);
            }
            done += (size_t)n;
        }
        free(buf);
        _exit(0);
    }
    assert_true(pid > 0);
    close(ends[1]);
    *ret_fd = ends[0];
    return pid;
}

static inline void end_child(pid_t pid, int fd, uint8_t *buf, size_t len) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = read(fd, buf + done, len - done);
        assert_true(n > 0);
        done += (size_t)n;
    }
    close(fd);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void run_child(int way, child_fn *fill, uint8_t *buf, size_t len) {
    int fd = -1;
    pid_t pid = start_child(way, fill, len, &fd);
    end_child(pid, fd, buf, len);
}

/* Fails if two of count pieces of size bytes are equal. */
static inline void assert_all_differ(const uint8_t *pieces, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            assert_memory_not_equal(pieces + i * size, pieces + j * size, size);
        }
    }
}

#endif
