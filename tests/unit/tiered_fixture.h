/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second level that does as it is told: keeps records, counts calls, fails, and holds a call
 * back until it is let go. Its calls may come from any thread, so nothing here asserts.
 */
#ifndef TIERED_FIXTURE_H
#define TIERED_FIXTURE_H

#include <resume/backend.h>
#include <resume/store.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define SHELF_SLOTS 64

enum { CALL_NONE, CALL_PUT, CALL_GET, CALL_TAKE, CALL_REMOVE };

struct shelf_record {
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    uint8_t data[RESUME_BACKEND_RECORD_MAX];
    size_t len; /* 0: empty */
};

struct shelf {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct shelf_record records[SHELF_SLOTS];
    int hold;      /* the next call of this kind is held back, after it has read and before it has
                      written anything; the calls after it are not */
    unsigned held; /* calls that are now held back */
    resume_status answer; /* not RESUME_OK: given by every call */
    atomic_uint puts, gets, takes, removes, sweeps, frees;
};

/* With the lock. */
static inline void shelf_pass(struct shelf *shelf, int call) {
    if (shelf->hold != call) {
        return;
    }
    shelf->hold = CALL_NONE;
    shelf->held++;
    pthread_cond_broadcast(&shelf->changed);
    while (shelf->held) {
        pthread_cond_wait(&shelf->changed, &shelf->lock);
    }
}

static inline void shelf_hold_next(struct shelf *shelf, int call) {
    pthread_mutex_lock(&shelf->lock);
    shelf->hold = call;
    pthread_mutex_unlock(&shelf->lock);
}

static inline void shelf_await_held(struct shelf *shelf) {
    pthread_mutex_lock(&shelf->lock);
    while (!shelf->held) {
        pthread_cond_wait(&shelf->changed, &shelf->lock);
    }
    pthread_mutex_unlock(&shelf->lock);
}

static inline void shelf_let_go(struct shelf *shelf) {
    pthread_mutex_lock(&shelf->lock);
    shelf->held = 0;
    pthread_cond_broadcast(&shelf->changed);
    pthread_mutex_unlock(&shelf->lock);
}

/* The record of the key, or NULL. With the lock. */
static inline struct shelf_record *shelf_find(struct shelf *shelf, const uint8_t *key) {
    for (size_t i = 0; i < SHELF_SLOTS; i++) {
        struct shelf_record *record = &shelf->records[i];
        if (record->len && memcmp(record->key, key, sizeof record->key) == 0) {
            return record;
        }
    }
    return NULL;
}

static inline resume_status shelf_keep(struct shelf *shelf, const uint8_t *key, const uint8_t *data,
                                       size_t len) {
    struct shelf_record *record = shelf_find(shelf, key);
    for (size_t i = 0; !record && i < SHELF_SLOTS; i++) {
        record = shelf->records[i].len ? NULL : &shelf->records[i];
    }
    if (!record) {
        return RESUME_E_IO;
    }
    memcpy(record->key, key, sizeof record->key);
    memcpy(record->data, data, len);
    record->len = len;
    return RESUME_OK;
}

static inline resume_status shelf_put(void *arg, const uint8_t *key, size_t key_len,
                                      const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                      uint64_t now_ms) {
    struct shelf *shelf = arg;
    (void)key_len;
    (void)expires_ms;
    (void)now_ms;
    atomic_fetch_add(&shelf->puts, 1);
    pthread_mutex_lock(&shelf->lock);
    shelf_pass(shelf, CALL_PUT);
    resume_status status =
        shelf->answer == RESUME_OK ? shelf_keep(shelf, key, data, data_len) : shelf->answer;
    pthread_mutex_unlock(&shelf->lock);
    return status;
}

/* With the lock. */
static inline resume_status shelf_read(struct shelf *shelf, bool take, const uint8_t *key,
                                       uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct shelf_record *record = shelf_find(shelf, key);
    if (shelf->answer != RESUME_OK || !record) {
        return shelf->answer != RESUME_OK ? shelf->answer : RESUME_MISS;
    }
    *ret_len = record->len;
    if (record->len > buf_cap) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, record->data, record->len);
    record->len = take ? 0 : record->len;
    return RESUME_OK;
}

static inline resume_status shelf_get(void *arg, const uint8_t *key, size_t key_len,
                                      uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                      size_t *ret_len) {
    struct shelf *shelf = arg;
    (void)key_len;
    (void)now_ms;
    atomic_fetch_add(&shelf->gets, 1);
    pthread_mutex_lock(&shelf->lock);
    resume_status status = shelf_read(shelf, false, key, buf, buf_cap, ret_len);
    shelf_pass(shelf, CALL_GET);
    pthread_mutex_unlock(&shelf->lock);
    return status;
}

static inline resume_status shelf_take(void *arg, const uint8_t *key, size_t key_len,
                                       uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                       size_t *ret_len) {
    struct shelf *shelf = arg;
    (void)key_len;
    (void)now_ms;
    atomic_fetch_add(&shelf->takes, 1);
    pthread_mutex_lock(&shelf->lock);
    shelf_pass(shelf, CALL_TAKE);
    resume_status status = shelf_read(shelf, true, key, buf, buf_cap, ret_len);
    pthread_mutex_unlock(&shelf->lock);
    return status;
}

static inline resume_status shelf_remove(void *arg, const uint8_t *key, size_t key_len) {
    struct shelf *shelf = arg;
    (void)key_len;
    atomic_fetch_add(&shelf->removes, 1);
    pthread_mutex_lock(&shelf->lock);
    shelf_pass(shelf, CALL_REMOVE);
    struct shelf_record *record = shelf_find(shelf, key);
    resume_status status = record ? RESUME_OK : RESUME_MISS;
    if (shelf->answer != RESUME_OK) {
        status = shelf->answer;
    } else if (record) {
        record->len = 0;
    }
    pthread_mutex_unlock(&shelf->lock);
    return status;
}

static inline resume_status shelf_sweep(void *arg, uint64_t now_ms, size_t max) {
    struct shelf *shelf = arg;
    (void)now_ms;
    (void)max;
    atomic_fetch_add(&shelf->sweeps, 1);
    return shelf->answer;
}

static inline void shelf_free(void *arg) {
    struct shelf *shelf = arg;
    atomic_fetch_add(&shelf->frees, 1);
}

static inline struct resume_backend shelf_backend(struct shelf *shelf) {
    return (struct resume_backend){.size = sizeof(struct resume_backend),
                                   .arg = shelf,
                                   .put = shelf_put,
                                   .get = shelf_get,
                                   .take = shelf_take,
                                   .remove = shelf_remove,
                                   .sweep = shelf_sweep,
                                   .free = shelf_free};
}

#endif
