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
#define LAYOUT      1U  /* of all that lies behind the header: raised with each change of part.h */
#define OPEN_WAIT   100 /* times 10 ms for the lock file */

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
    uint8_t sum[RSM_SHA256_SIZE];       /* SHA-256 of all before it */
    uint8_t mac[RSM_HMAC_SIZE];         /* HMAC of all before it, under the secret */
};
_Static_assert(sizeof(struct header) <= HEADER_SIZE, "the header has a page");

static resume_status refuse_io(const char *what, const char *path, char *why) {
    char text[64] = "";
    const char *reason = strerror_r(errno, text, sizeof text);
    snprintf(why, RSM_WHY_SIZE, "cannot %s %.120s: %s", what, path, reason);
    return errno == ENOMEM ? RESUME_E_NOMEM : RESUME_E_IO;
}

static size_t size_for(const struct rsm_table_config *config) {
    size_t region = (size_t)rsm_table_region_size(config);
    return region ? HEADER_SIZE + config->shards * sizeof(struct rsm_robust_line) + region : 0;
}

static resume_status sign(struct header *header, const uint8_t *secret, size_t secret_len) {
    const uint8_t *bytes = (const uint8_t *)header;
    resume_status status = rsm_sha256(bytes, offsetof(struct header, sum), header->sum);
    return status ? status
                  : rsm_hmac_sha256(secret, secret_len, bytes, offsetof(struct header, mac),
                                    header->mac);
}

static resume_status write_header(struct header *header, const struct rsm_table_config *config,
                                  size_t size, const uint8_t *secret, size_t secret_len) {
    memset(header, 0, sizeof *header);
    memcpy(header->magic, MAGIC, sizeof header->magic);
    header->word = 0x01020304;
    header->layout = LAYOUT;
    header->lock_size = sizeof(struct rsm_robust_line);
    header->shards = config->shards;
    header->size = size;
    header->bytes = config->bytes;
    header->count = config->count;
    resume_status status = rsm_random((uint8_t *)header->hash_key, sizeof header->hash_key);
    if (!secret_len) {
        status = status ? status : rsm_random(header->secret, sizeof header->secret);
    }
    return status ? status : sign(header, secret, secret_len);
}

/* RESUME_OK; RESUME_UNSUPPORTED: not ours to use, but ours to replace; RESUME_E_INVALID: somebody
 * else's. */
static resume_status check_header(const struct header *header,
                                  const struct rsm_table_config *config, size_t size,
                                  const uint8_t *secret, size_t secret_len) {
    struct header again;
    memcpy(&again, header, sizeof again);
    resume_status status = sign(&again, secret, secret_len);
    rsm_wipe(again.secret, sizeof again.secret);
    if (status != RESUME_OK) {
        return status;
    }
    bool whole = memcmp(header->magic, MAGIC, sizeof header->magic) == 0 &&
                 rsm_equal_ct(again.sum, header->sum, sizeof again.sum);
    bool same = header->word == 0x01020304 && header->layout == LAYOUT &&
                header->lock_size == sizeof(struct rsm_robust_line) &&
                header->shards == config->shards && header->bytes == config->bytes &&
                header->count == config->count && header->size == size;
    if (!whole || !same) {
        return RESUME_UNSUPPORTED;
    }
    return rsm_equal_ct(again.mac, header->mac, sizeof again.mac) ? RESUME_OK : RESUME_E_INVALID;
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

static bool make_locks(struct rsm_segment *segment) {
    struct rsm_robust_line *locks = (struct rsm_robust_line *)(void *)(segment->map + HEADER_SIZE);
    for (uint32_t i = 0; i < segment->config.shards; i++) {
        if (!rsm_robust_init(&locks[i].lock)) {
            return false;
        }
    }
    return true;
}

static resume_status map(struct rsm_segment *segment, int fd, const char *path, char *why) {
    int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
    void *at = rsm_alloc_refuses()
                   ? MAP_FAILED
                   : mmap(NULL, segment->size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED) {
        errno = errno ? errno : ENOMEM;
        return refuse_io("map", path, why);
    }
    segment->map = at;
    (void)madvise(at, segment->size, MADV_DONTDUMP); /* a wish */
    return RESUME_OK;
}

/* Fills new, zeroed memory. */
static resume_status fill(struct rsm_segment *segment, const uint8_t *secret, size_t secret_len,
                          char *why) {
    if (!make_locks(segment)) {
        snprintf(why, RSM_WHY_SIZE, "this system has no robust mutexes that processes share");
        return RESUME_E_UNSUPPORTED;
    }
    struct header *header = (struct header *)(void *)segment->map;
    return write_header(header, &segment->config, segment->size, secret, secret_len);
}

static resume_status open_anonymous(struct rsm_segment *segment, const uint8_t *secret,
                                    size_t secret_len, char *why) {
    resume_status status = map(segment, -1, "anonymous memory", why);
    return status ? status : fill(segment, secret, secret_len, why);
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
    return status ? status : fill(segment, secret, secret_len, why);
}

static resume_status make_new(struct rsm_segment *segment, const char *path, const uint8_t *secret,
                              size_t secret_len, char *why) {
    size_t len = strlen(path) + sizeof ".XXXXXX";
    char *fresh = rsm_malloc(len);
    if (!fresh) {
        return RESUME_E_NOMEM;
    }
    snprintf(fresh, len, "%s.XXXXXX", path);
    int fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
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

/* An open file that is locked, or -1. */
static int lock_beside(const char *path, char *why) {
    size_t len = strlen(path) + sizeof ".lock";
    char *name = rsm_malloc(len);
    if (!name) {
        errno = ENOMEM;
        (void)refuse_io("lock", path, why);
        return -1;
    }
    snprintf(name, len, "%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        const struct timespec pause = {0, 10000000};
        if (i == OPEN_WAIT || (errno != EWOULDBLOCK && errno != EINTR)) {
            (void)refuse_io("lock", name, why);
            close(fd);
            rsm_free(name);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    if (fd < 0) {
        (void)refuse_io("make", name, why);
    }
    rsm_free(name);
    return fd;
}

static resume_status open_file(struct rsm_segment *segment, const char *path, const uint8_t *secret,
                               size_t secret_len, char *why) {
    int lock = lock_beside(path, why);
    if (lock < 0) {
        return RESUME_E_IO;
    }
    resume_status status = open_existing(segment, path, secret, secret_len, why);
    if (status == RESUME_MISS || status == RESUME_UNSUPPORTED) {
        segment->replaced = status == RESUME_UNSUPPORTED;
        status = make_new(segment, path, secret, secret_len, why);
    }
    close(lock);
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
