/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks of pages, cut into cells of 64 bytes. What is known of the cells stands outside the pages,
 * so that a stray write to a secret cannot break the allocator, and the pages hold secrets only.
 */
#include "base/secret.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/lock.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#define CELL       64U
#define CHUNK_SIZE ((size_t)16 << 10)

struct chunk {
    struct chunk *next;
    uint8_t *pages;
    size_t size;
    size_t cells;
    size_t used;
    /* Of a piece's first cell: how many cells it has. 0 for a free cell; within pieces unused. */
    uint16_t span[];
};

static struct rsm_lock lock = RSM_LOCK_INIT;
static struct chunk *chunks;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_bool refused;

/* RLIMIT_MEMLOCK may be small: without the lock everything else still holds. */
static void pin(const struct chunk *chunk) {
    if (mlock(chunk->pages, chunk->size) != 0) {
        atomic_store_explicit(&refused, true, memory_order_relaxed);
    }
}

static void before_fork(void) {
    rsm_lock_take(&lock);
}

static void after_fork(void) {
    rsm_lock_release(&lock);
}

/* Children inherit the pages, but not that they are locked. */
static void after_fork_in_child(void) {
    for (const struct chunk *chunk = chunks; chunk; chunk = chunk->next) {
        pin(chunk);
    }
    rsm_lock_release(&lock);
}

static void watch(void) {
    (void)pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

void rsm_secret_watch_forks(void) {
    pthread_once(&once, watch);
}

static struct chunk *chunk_new(size_t wanted) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = ((wanted > CHUNK_SIZE ? wanted : CHUNK_SIZE) + page - 1) / page * page;
    size_t cells = size / CELL;
    struct chunk *chunk = rsm_calloc(1, sizeof *chunk + cells * sizeof chunk->span[0]);
    if (!chunk) {
        return NULL;
    }
    void *pages = rsm_alloc_refuses() ? MAP_FAILED
                                      : mmap(NULL, size, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        rsm_free(chunk);
        return NULL;
    }
    chunk->pages = pages;
    chunk->size = size;
    chunk->cells = cells;
    pin(chunk);
    (void)madvise(pages, size, MADV_DONTDUMP);
    chunk->next = chunks;
    chunks = chunk;
    return chunk;
}

static void *take(struct chunk *chunk, size_t wanted) {
    size_t run = 0;
    for (size_t i = 0; i < chunk->cells;) {
        if (chunk->span[i]) {
            i += chunk->span[i];
            run = 0;
            continue;
        }
        i++;
        if (++run == wanted) {
            size_t first = i - wanted;
            chunk->span[first] = (uint16_t)wanted;
            chunk->used += wanted;
            return chunk->pages + first * CELL;
        }
    }
    return NULL;
}

void *rsm_secret_alloc(size_t size) {
    if (size == 0 || size > RSM_SECRET_MAX) {
        return NULL;
    }
    size_t wanted = (size + CELL - 1) / CELL;
    rsm_secret_watch_forks();
    RSM_LOCKED(&lock);
    for (struct chunk *chunk = chunks; chunk; chunk = chunk->next) {
        void *piece = take(chunk, wanted);
        if (piece) {
            return piece;
        }
    }
    struct chunk *chunk = chunk_new(size);
    return chunk ? take(chunk, wanted) : NULL;
}

static struct chunk **chunk_of(const uint8_t *piece) {
    for (struct chunk **at = &chunks; *at; at = &(*at)->next) {
        if (piece >= (*at)->pages && piece < (*at)->pages + (*at)->size) {
            return at;
        }
    }
    return NULL;
}

void rsm_secret_free(void *ptr) {
    uint8_t *piece = ptr;
    if (!piece) {
        return;
    }
    RSM_LOCKED(&lock);
    struct chunk **at = chunk_of(piece);
    if (!at) {
        return;
    }
    struct chunk *chunk = *at;
    size_t first = (size_t)(piece - chunk->pages) / CELL;
    rsm_wipe(piece, chunk->span[first] * (size_t)CELL);
    chunk->used -= chunk->span[first];
    chunk->span[first] = 0;
    /* The last one stays: rotations free a key and make the next. */
    if (chunk->used == 0 && (chunks->next || chunk->size > CHUNK_SIZE)) {
        *at = chunk->next;
        munmap(chunk->pages, chunk->size);
        rsm_free(chunk);
    }
}

bool rsm_secret_locked(void) {
    return !atomic_load_explicit(&refused, memory_order_relaxed);
}
