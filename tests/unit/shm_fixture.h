/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of its own in shared memory (or where TMPDIR says) for the tests of segments, and
 * children that end by themselves or by a signal.
 */
#ifndef SHM_FIXTURE_H
#define SHM_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shm_place {
    char folder[96];
    char path[128];
    char url[160];
};

static inline int shm_setup(void **state) {
    struct shm_place *place = calloc(1, sizeof *place);
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    if (!place) {
        return -1;
    }
    snprintf(place->folder, sizeof place->folder, "%s/resume-test.XXXXXX", root);
    if (!mkdtemp(place->folder)) {
        free(place);
        return -1;
    }
    snprintf(place->path, sizeof place->path, "%s/sessions", place->folder);
    snprintf(place->url, sizeof place->url, "shm:%s?bytes=1M&shards=4", place->path);
    *state = place;
    return 0;
}

static inline int shm_teardown(void **state) {
    struct shm_place *place = *state;
    DIR *folder = opendir(place->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder) {
        closedir(folder);
    }
    rmdir(place->folder);
    free(place);
    return 0;
}

static inline void shm_write(const char *path, off_t at, const void *data, size_t len) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, len, at), (ssize_t)len);
    close(fd);
}

static inline void shm_read(const char *path, off_t at, void *data, size_t len) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, data, len, at), (ssize_t)len);
    close(fd);
}

static inline uint64_t shm_inode(const char *path) {
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_ino;
}

static inline uint64_t elapsed_ms(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000U + (uint64_t)at.tv_nsec / 1000000U;
}

/* The child has ended: by itself with 0, or by that signal. */
static inline void assert_ended(pid_t pid, int by_signal) {
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (by_signal) {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), by_signal);
    } else {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

#endif
