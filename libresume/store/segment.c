/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments by mmap. Whoever opens a file holds a lock file beside it meanwhile, so that of many
 * workers that start at once one makes the segment and all get the same one; the kernel gives the
 * lock back when its holder dies.
 */
#include "store/segment.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/robust.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADER_SIZE 4096U
#define MAGIC       "RSMSHM\r\n"
#define OPEN_WAIT   1000 /* times 10 ms for the lock file: making gigabytes takes a second or two */

/* Of all that lies behind the header: raised with each change of part.h, robust.h and of custom.c's
 * envelope. Tests build another one. */
#ifndef RSM_SEGMENT_LAYOUT
#define RSM_SEGMENT_LAYOUT 1U
#endif

/* In the machine's own byte order: the word tells when it is another's. */
struct header {
    char magic[8];
    uint32_t word; /* 0x01020304 */
    uint32_t layout;
    uint32_t lock_size;
    uint32_t shards;
    uint64_t size;
    uint64_t bytes;
    uint64_t count;
    uint64_t hash_key[RSM_MULHASH_KEY];
    uint8_t secret[RSM_SEGMENT_SECRET]; /* zeros if the users have one of their own */
    uint8_t mac[RSM_HMAC_SIZE];         /* HMAC of all before it, under the users' secret */
    uint8_t sum[RSM_SHA256_SIZE];       /* SHA-256 of all before it: tells damage from the above */
};
_Static_assert(sizeof(struct header) <= HEADER_SIZE, "the header has a page");

static resume_status refuse_io(const char *what, const char *path, char *why) {
    int error = errno;
    char text[64] = "";
    const char *reason = strerror_r(error, text, sizeof text);
    snprintf(why, RSM_WHY_SIZE, "cannot %s %.120s: %.64s", what, path, reason);
    return error == ENOMEM ? RESUME_E_NOMEM : RESUME_E_IO;
}

static size_t size_in_pages(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

static size_t size_for(const struct rsm_table_config *config) {
    size_t region = (size_t)rsm_table_region_size(config);
    return region ? HEADER_SIZE + config->shards * sizeof(struct rsm_robust_line) + region : 0;
}

static resume_status make_mac(const struct header *header, const uint8_t *secret, size_t secret_len,
                              uint8_t *mac) {
    return rsm_hmac_sha256(secret, secret_len, (const uint8_t *)header,
                           offsetof(struct header, mac), mac);
}

static resume_status make_sum(const struct header *header, uint8_t *sum) {
    return rsm_sha256((const uint8_t *)header, offsetof(struct header, sum), sum);
}

static resume_status write_header(struct header *header, const struct rsm_table_config *config,
                                  size_t size, const uint8_t *secret, size_t secret_len) {
    memset(header, 0, sizeof *header);
    memcpy(header->magic, MAGIC, sizeof header->magic);
    header->word = 0x01020304;
    header->layout = RSM_SEGMENT_LAYOUT;
    header->lock_size = sizeof(struct rsm_robust_line);
    header->shards = config->shards;
    header->size = size;
    header->bytes = config->bytes;
    header->count = config->count;
    resume_status status = rsm_random((uint8_t *)header->hash_key, sizeof header->hash_key);
    if (!secret_len) {
        status = status ? status : rsm_random(header->secret, sizeof header->secret);
    }
    status = status ? status : make_mac(header, secret, secret_len, header->mac);
    return status ? status : make_sum(header, header->sum);
}

/* RESUME_OK; RESUME_UNSUPPORTED: not to be used, but ours to replace; RESUME_E_INVALID: made with
 * another secret. */
static resume_status check_header(const struct header *header,
                                  const struct rsm_table_config *config, size_t size,
                                  const uint8_t *secret, size_t secret_len) {
    uint8_t sum[RSM_SHA256_SIZE];
    uint8_t mac[RSM_HMAC_SIZE];
    resume_status status = make_sum(header, sum);
    status = status ? status : make_mac(header, secret, secret_len, mac);
    if (status != RESUME_OK) {
        return status;
    }
    bool whole = memcmp(header->magic, MAGIC, sizeof header->magic) == 0 &&
                 rsm_equal_ct(sum, header->sum, sizeof sum);
    bool same = header->word == 0x01020304 && header->layout == RSM_SEGMENT_LAYOUT &&
                header->lock_size == sizeof(struct rsm_robust_line) &&
                header->shards == config->shards && header->bytes == config->bytes &&
                header->count == config->count && header->size == size;
    if (!whole || !same) {
        return RESUME_UNSUPPORTED;
    }
    return rsm_equal_ct(mac, header->mac, sizeof mac) ? RESUME_OK : RESUME_E_INVALID;
}

/* Where the pieces are, of a segment whose header is good. */
static void lay_out(struct rsm_segment *segment) {
    const struct header *header = (const struct header *)(const void *)segment->map;
    struct rsm_robust_line *locks = (struct rsm_robust_line *)(void *)(segment->map + HEADER_SIZE);
    segment->locks = locks;
    segment->region = locks + segment->config.shards;
    memcpy(segment->config.key, header->hash_key, sizeof segment->config.key);
    memcpy(segment->secret, header->secret, sizeof segment->secret);
}

/* Processes of one host may sit anywhere; a border of a huge page lets the kernel use some. */
static void *map_aligned(size_t size, int flags, int fd) {
    const size_t huge = (size_t)2 << 20;
    if (size < 2 * huge || size > SIZE_MAX - huge) {
        return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    }
    uint8_t *raw = mmap(NULL, size + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) {
        return MAP_FAILED;
    }
    size_t before = (huge - (uintptr_t)raw % huge) % huge;
    void *at = mmap(raw + before, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
    size_t end = before + size_in_pages(size);
    if (at == MAP_FAILED) {
        munmap(raw, size + huge);
        return MAP_FAILED;
    }
    if (before) {
        munmap(raw, before);
    }
    if (end < size_in_pages(size + huge)) {
        munmap(raw + end, size_in_pages(size + huge) - end);
    }
    return at;
}

static resume_status map(struct rsm_segment *segment, int fd, const char *path, char *why) {
    int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
    void *at = MAP_FAILED;
    if (rsm_alloc_refuses()) {
        errno = ENOMEM;
    } else {
        at = map_aligned(segment->size, flags, fd);
    }
    if (at == MAP_FAILED) {
        resume_status status = refuse_io("map", path, why);
        return status ? status : RESUME_E_IO; /* never 0, but clang-tidy does not see it */
    }
    segment->map = at;
    /* Wishes: without them it is in core dumps, and slower. */
    (void)madvise(at, segment->size, MADV_DONTDUMP);
    (void)madvise(at, segment->size, MADV_HUGEPAGE);
    return RESUME_OK;
}

/* Fills new, zeroed memory: zeros are free locks and empty shards. */
static resume_status fill(struct rsm_segment *segment, const uint8_t *secret, size_t secret_len) {
    struct header *header = (struct header *)(void *)segment->map;
    return write_header(header, &segment->config, segment->size, secret, secret_len);
}

static resume_status open_anonymous(struct rsm_segment *segment, const uint8_t *secret,
                                    size_t secret_len, char *why) {
    resume_status status = map(segment, -1, "anonymous memory", why);
    return status ? status : fill(segment, secret, secret_len);
}

/* Asked of the open file, so that nobody can put another one in its place in between. */
static resume_status check_file(int fd, const char *path, struct stat *st, char *why) {
    if (fstat(fd, st) != 0) {
        return refuse_io("look at", path, why);
    }
    if (!S_ISREG(st->st_mode)) {
        snprintf(why, RSM_WHY_SIZE, "%.120s is not a regular file", path);
    } else if (st->st_uid != geteuid()) {
        snprintf(why, RSM_WHY_SIZE,
                 "%.120s belongs to another user: run as that user, or name another file", path);
    } else if (st->st_mode & (S_IRWXG | S_IRWXO)) {
        snprintf(why, RSM_WHY_SIZE, "%.120s has mode %04o: others may reach it; chmod 600 it", path,
                 (unsigned)(st->st_mode & 07777));
    } else {
        return RESUME_OK;
    }
    return RESUME_E_INVALID;
}

/* RESUME_OK, RESUME_MISS (no file), RESUME_UNSUPPORTED (to be replaced), or an error. */
static resume_status open_existing(struct rsm_segment *segment, const char *path,
                                   const uint8_t *secret, size_t secret_len, char *why) {
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? RESUME_MISS : refuse_io("open", path, why);
    }
    struct stat st;
    resume_status status = check_file(fd, path, &st, why);
    if (status == RESUME_OK && (st.st_size < 0 || (uint64_t)st.st_size != segment->size)) {
        status = RESUME_UNSUPPORTED;
    }
    if (status == RESUME_OK) {
        status = map(segment, fd, path, why);
    }
    close(fd);
    if (status == RESUME_OK) {
        const struct header *header = (const struct header *)(const void *)segment->map;
        status = check_header(header, &segment->config, segment->size, secret, secret_len);
        if (status == RESUME_E_INVALID) {
            snprintf(why, RSM_WHY_SIZE,
                     "%.120s was made with another secret: give all of its users the same one",
                     path);
        }
    }
    if (status != RESUME_OK) {
        rsm_segment_close(segment);
    }
    return status;
}

/* Reserves the bytes: a full file system is an error here, and not a SIGBUS later. */
static resume_status make_file(struct rsm_segment *segment, int fd, const char *path,
                               const uint8_t *secret, size_t secret_len, char *why) {
    int error = posix_fallocate(fd, 0, (off_t)segment->size);
    if (error) {
        errno = error;
        return refuse_io("reserve the space of", path, why);
    }
    resume_status status = map(segment, fd, path, why);
    return status ? status : fill(segment, secret, secret_len);
}

/* A name beside the segment's own; the caller frees it. NULL, and why, without memory. */
static char *name_beside(const char *path, const char *suffix, char *why) {
    size_t len = strlen(path) + strlen(suffix) + 1;
    char *name = rsm_malloc(len);
    if (name) {
        snprintf(name, len, "%s%s", path, suffix);
    } else {
        errno = ENOMEM;
        (void)refuse_io("make", path, why);
    }
    return name;
}

/* Under the lock, so the name is nobody else's; who died here before left one to be removed. */
static resume_status make_new(struct rsm_segment *segment, const char *path, const uint8_t *secret,
                              size_t secret_len, char *why) {
    char *fresh = name_beside(path, ".new", why);
    if (!fresh) {
        return RESUME_E_NOMEM;
    }
    unlink(fresh);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    resume_status status = fd < 0 ? refuse_io("make", fresh, why)
                                  : make_file(segment, fd, fresh, secret, secret_len, why);
    if (status == RESUME_OK && rename(fresh, path) != 0) {
        status = refuse_io("make", path, why);
    }
    if (fd >= 0) {
        close(fd);
        if (status != RESUME_OK) {
            unlink(fresh);
            rsm_segment_close(segment);
        }
    }
    rsm_free(fresh);
    return status;
}

/* An open file that is locked, or a status. */
static resume_status lock_file(const char *name, char *why, int *ret_fd) {
    struct stat st;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0) {
        return refuse_io("make", name, why);
    }
    resume_status status = check_file(fd, name, &st, why);
    for (int i = 0; status == RESUME_OK && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        const struct timespec pause = {0, 10000000};
        if (i == OPEN_WAIT || (errno != EWOULDBLOCK && errno != EINTR)) {
            status = refuse_io("lock", name, why);
        } else {
            nanosleep(&pause, NULL);
        }
    }
    if (status != RESUME_OK) {
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return RESUME_OK;
}

/* Unlocked by hand: a child that another thread forks meanwhile has the descriptor too, and with it
 * the lock, for as long as it lives. */
static void unlock_file(int fd) {
    (void)flock(fd, LOCK_UN);
    close(fd);
}

static resume_status open_file(struct rsm_segment *segment, const char *path, const uint8_t *secret,
                               size_t secret_len, char *why) {
    int lock = -1;
    char *name = name_beside(path, ".lock", why);
    resume_status status = name ? lock_file(name, why, &lock) : RESUME_E_NOMEM;
    rsm_free(name);
    if (status != RESUME_OK) {
        return status;
    }
    status = open_existing(segment, path, secret, secret_len, why);
    if (status == RESUME_MISS || status == RESUME_UNSUPPORTED) {
        segment->replaced = status == RESUME_UNSUPPORTED;
        status = make_new(segment, path, secret, secret_len, why);
    }
    unlock_file(lock);
    return status;
}

resume_status rsm_segment_open(const char *path, const struct rsm_table_config *config,
                               const uint8_t *secret, size_t secret_len, char *why,
                               struct rsm_segment *ret_segment) {
    struct rsm_segment segment = {.config = *config};
    segment.size = size_for(config);
    if (segment.size == 0) {
        snprintf(why, RSM_WHY_SIZE, "no segment can have %llu bytes in %u shards",
                 (unsigned long long)config->bytes, (unsigned)config->shards);
        return RESUME_E_INVALID;
    }
    if (!rsm_robust_works()) {
        snprintf(why, RSM_WHY_SIZE,
                 "this system does not tell when a process dies with a lock (robust futexes)");
        return RESUME_E_UNSUPPORTED;
    }
    resume_status status = path ? open_file(&segment, path, secret, secret_len, why)
                                : open_anonymous(&segment, secret, secret_len, why);
    if (status != RESUME_OK) {
        rsm_segment_close(&segment);
        return status;
    }
    lay_out(&segment);
    *ret_segment = segment;
    rsm_wipe(&segment, sizeof segment);
    return RESUME_OK;
}

void rsm_segment_close(struct rsm_segment *segment) {
    if (segment->map) {
        munmap(segment->map, segment->size);
        segment->map = NULL;
    }
    rsm_wipe(segment->secret, sizeof segment->secret);
    rsm_wipe(segment->config.key, sizeof segment->config.key);
}
