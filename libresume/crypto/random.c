/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page of random bytes for each thread, given out from its end towards its beginning. The kernel
 * empties the page in a forked child, and the fork's number is looked at besides.
 */
#include "crypto/random.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/fork.h"

#include <openssl/rand.h>

#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>

#define POOL_SIZE 4096U
#define POOL_ROOM (POOL_SIZE - sizeof(uint64_t))

struct pool {
    uint64_t left; /* 0 in a child: the page is cleared */
    uint8_t bytes[POOL_ROOM];
};

struct own {
    struct pool *pool;
    uint64_t generation; /* of the process that filled the pool; 0: never filled */
};

static _Thread_local struct own own;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_exit;
static bool have_key;

static void pool_free(void *data) {
    own.pool = NULL;
    own.generation = 0;
    rsm_wipe(data, POOL_SIZE);
    munmap(data, POOL_SIZE);
}

static void make_key(void) {
    have_key = pthread_key_create(&at_exit, pool_free) == 0;
}

static struct pool *pool_new(void) {
    pthread_once(&once, make_key);
    if (!have_key || rsm_alloc_refuses()) {
        return NULL;
    }
    void *page = mmap(NULL, POOL_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return NULL;
    }
    if (pthread_setspecific(at_exit, page) != 0) {
        munmap(page, POOL_SIZE);
        return NULL;
    }
    rsm_fork_clears(page, POOL_SIZE);
    (void)madvise(page, POOL_SIZE, MADV_DONTDUMP);
    own.pool = page;
    return own.pool;
}

/* The slow way, in pieces that libcrypto takes. */
static resume_status draw(uint8_t *buf, size_t len) {
    for (size_t done = 0; done < len;) {
        size_t piece = len - done < INT_MAX ? len - done : INT_MAX;
        if (RAND_priv_bytes(buf + done, (int)piece) != 1) {
            rsm_wipe(buf, len);
            return RESUME_E_CRYPTO;
        }
        done += piece;
    }
    return RESUME_OK;
}

/* libcrypto notices a fork by the process id alone. A child that has its parent's (the first
 * process of a new namespace, made by the first one of another) would repeat it: RAND_poll() brings
 * in fresh bytes from the system. */
static resume_status notice_fork(uint64_t generation) {
    if (own.generation != 0 && own.generation != generation && RAND_poll() != 1) {
        return RESUME_E_CRYPTO;
    }
    if (own.generation != generation && own.pool) {
        (void)mlock(own.pool, POOL_SIZE); /* children do not inherit it */
    }
    own.generation = generation;
    return RESUME_OK;
}

static resume_status fill(uint64_t generation) {
    struct pool *pool = own.pool ? own.pool : pool_new();
    if (pool) {
        pool->left = 0;
    }
    resume_status status = notice_fork(generation);
    if (status == RESUME_OK && pool) {
        status = draw(pool->bytes, sizeof pool->bytes);
        pool->left = status == RESUME_OK ? sizeof pool->bytes : 0;
    }
    return status;
}

static void give(struct pool *pool, uint8_t *buf, size_t len) {
    pool->left -= len;
    uint8_t *from = pool->bytes + pool->left;
    memcpy(buf, from, len);
    memset(from, 0, len);
}

static resume_status refilled(uint8_t *buf, size_t len, uint64_t generation) {
    resume_status status = fill(generation);
    if (status != RESUME_OK) {
        rsm_wipe(buf, len);
        return status;
    }
    if (!own.pool || len > own.pool->left) {
        return draw(buf, len);
    }
    give(own.pool, buf, len);
    return RESUME_OK;
}

resume_status rsm_random(uint8_t *buf, size_t len) {
    uint64_t generation = rsm_fork_generation();
    struct pool *pool = own.pool;
    if (pool && own.generation == generation && len <= pool->left) {
        give(pool, buf, len);
        return RESUME_OK;
    }
    return refilled(buf, len, generation);
}
