/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret_file.h"

#include "base/bytes.h"
#include "base/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static resume_status refuse_io(const char *path, const char *what, char *why) {
    char text[64] = "";
    const char *reason = strerror_r(errno, text, sizeof text);
    snprintf(why, RSM_WHY_SIZE, "cannot %s %.120s: %s", what, path, reason);
    return RESUME_E_IO;
}

/* Asked of the open file, so that nobody can put another one in its place in between. */
static resume_status check_file(const char *path, const struct stat *st, char *why) {
    if (!S_ISREG(st->st_mode)) {
        snprintf(why, RSM_WHY_SIZE, "%.120s is not a regular file", path);
    } else if (st->st_uid != geteuid() && st->st_uid != 0) {
        snprintf(why, RSM_WHY_SIZE, "%.120s belongs to another user than this process and root",
                 path);
    } else if (st->st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(why, RSM_WHY_SIZE,
                 "%.120s has mode %04o and holds a secret: others may reach it; chmod 600 it", path,
                 (unsigned)(st->st_mode & 07777));
    } else {
        return RESUME_OK;
    }
    return RESUME_E_INVALID;
}

static resume_status read_all(int fd, const char *path, char *why, uint8_t *buf, size_t cap,
                              size_t *ret_len) {
    size_t len = 0;
    while (len < cap) {
        ssize_t got = read(fd, buf + len, cap - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return refuse_io(path, "read", why);
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    *ret_len = len;
    return RESUME_OK;
}

static uint64_t mtime_ms(const struct stat *st) {
    if (st->st_mtim.tv_sec < 0) {
        return 0;
    }
    return rsm_add_sat(rsm_mul_sat((uint64_t)st->st_mtim.tv_sec, 1000),
                       (uint64_t)st->st_mtim.tv_nsec / 1000000);
}

/* O_NONBLOCK: a FIFO put at the path must not hang the server. */
resume_status rsm_secret_file_read(const char *path, char *why, uint8_t *buf, size_t cap,
                                   size_t *ret_len, uint64_t *ret_written_ms) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return refuse_io(path, "open", why);
    }
    struct stat st;
    resume_status status =
        fstat(fd, &st) == 0 ? check_file(path, &st, why) : refuse_io(path, "look at", why);
    if (status == RESUME_OK) {
        status = read_all(fd, path, why, buf, cap, ret_len);
    }
    if (status == RESUME_OK && ret_written_ms) {
        *ret_written_ms = mtime_ms(&st);
    }
    close(fd);
    return status;
}
