/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and replacing files that hold secrets. See file.h.
 */
#include "base/file.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rsm_file_stamp rsm_file_stamp(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0) {
        return (struct rsm_file_stamp){.there = false};
    }
    return (struct rsm_file_stamp){.there = true,
                                   .device = (uint64_t)st.st_dev,
                                   .inode = (uint64_t)st.st_ino,
                                   .size = (uint64_t)st.st_size,
                                   .written_s = st.st_mtim.tv_sec,
                                   .written_ns = st.st_mtim.tv_nsec,
                                   .changed_s = st.st_ctim.tv_sec,
                                   .changed_ns = st.st_ctim.tv_nsec};
}

bool rsm_file_stamp_equal(const struct rsm_file_stamp *a, const struct rsm_file_stamp *b) {
    return a->there == b->there && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->written_s == b->written_s && a->written_ns == b->written_ns &&
           a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

static resume_status refuse_io(const char *path, const char *what, char *why) {
    char text[64] = "";
    const char *reason = strerror_r(errno, text, sizeof text);
    if (why) {
        snprintf(why, RSM_WHY_SIZE, "cannot %s %.120s: %s", what, path, reason);
    }
    return RESUME_E_IO;
}

/* Asked of the open file, so that nobody can put another one in its place in between. */
static resume_status check(const char *path, const struct stat *st, char *why) {
    char text[RSM_WHY_SIZE] = "";
    if (!S_ISREG(st->st_mode)) {
        snprintf(text, sizeof text, "%.120s is not a regular file", path);
    } else if (st->st_uid != geteuid() && st->st_uid != 0) {
        snprintf(text, sizeof text, "%.120s belongs to another user than this process and root",
                 path);
    } else if (st->st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(text, sizeof text,
                 "%.120s has mode %04o and holds a secret: others may reach it; chmod 600 it", path,
                 (unsigned)(st->st_mode & 07777));
    } else {
        return RESUME_OK;
    }
    if (why) {
        memcpy(why, text, sizeof text);
    }
    return RESUME_E_INVALID;
}

static uint64_t mtime_ms(const struct stat *st) {
    if (st->st_mtim.tv_sec < 0) {
        return 0;
    }
    return rsm_add_sat(rsm_mul_sat((uint64_t)st->st_mtim.tv_sec, 1000),
                       (uint64_t)st->st_mtim.tv_nsec / 1000000);
}

/* O_NONBLOCK: a FIFO put at the path must not hang the server. */
resume_status rsm_file_open_secret(const char *path, char *why, struct rsm_file *ret_file) {
    struct rsm_file file = {
        .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
    };
    if (file.fd < 0) {
        resume_status status = errno == ENOENT ? RESUME_MISS : RESUME_E_IO;
        refuse_io(path, "open", why);
        return status;
    }
    struct stat st;
    resume_status status =
        fstat(file.fd, &st) == 0 ? check(path, &st, why) : refuse_io(path, "look at", why);
    if (status != RESUME_OK) {
        rsm_file_close(&file);
        return status;
    }
    file.size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
    file.written_ms = mtime_ms(&st);
    *ret_file = file;
    return RESUME_OK;
}

resume_status rsm_file_read(const struct rsm_file *file, const char *path, uint8_t *buf,
                            size_t buf_cap, char *why, size_t *ret_len) {
    size_t len = 0;
    while (len < buf_cap) {
        ssize_t got = read(file->fd, buf + len, buf_cap - len);
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

void rsm_file_close(struct rsm_file *file) {
    close(file->fd);
    file->fd = -1;
}

static bool write_all(int fd, const uint8_t *data, size_t len) {
    while (len > 0) {
        ssize_t put = write(fd, data, len);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        if (put > 0) {
            data += put;
            len -= (size_t)put;
        }
    }
    return true;
}

/* Synced before it gets its name, or a crash could leave the name with nothing behind it. */
static bool fill(int fd, const uint8_t *data, size_t len) {
    bool ok = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, data, len) && fsync(fd) == 0;
    int error = errno;
    ok = close(fd) == 0 && ok;
    errno = ok ? 0 : error;
    return ok;
}

resume_status rsm_file_replace(const char *path, const uint8_t *data, size_t len, char *why) {
    static const char suffix[] = ".XXXXXX";
    size_t path_len = strlen(path);
    char *beside = rsm_malloc(path_len + sizeof suffix);
    if (!beside) {
        return RESUME_E_NOMEM;
    }
    memcpy(beside, path, path_len);
    memcpy(beside + path_len, suffix, sizeof suffix);
    resume_status status = RESUME_OK;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        status = refuse_io(path, "create a file beside", why);
    } else if (!fill(fd, data, len) || rename(beside, path) != 0) {
        status = refuse_io(path, "write", why);
        unlink(beside);
    }
    rsm_free(beside);
    return status;
}
