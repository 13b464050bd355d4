/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of the caller's own: functions that keep bytes under a key, wherever they like.
 * Not for callers of a store: they see store.h only, where resume_store_from_backend() is.
 *
 * What the functions are given: a look-up key of RESUME_BACKEND_KEY_SIZE bytes, made from the
 * session ID and the store's secret, and a record of at most RESUME_BACKEND_RECORD_MAX bytes that
 * holds the expiry, the look-up key and the session; sealed if the store has a codec, else in
 * clear, secrets included. The library checks all of it when a record comes back, so that a
 * backend may be lazy about expiry and a spoilt, swapped or (with a codec) forged record is a
 * miss. A failing backend costs full handshakes, never failed ones.
 *
 * Threads: the functions are called by whichever threads use the store, several at once. The
 * library holds no lock then; the functions may call the library, but not the same store.
 * Ownership: what a function is given is valid during the call only; it copies what it keeps.
 */
#ifndef RESUME_BACKEND_H
#define RESUME_BACKEND_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RESUME_BACKEND_KEY_SIZE = 32,
    RESUME_BACKEND_RECORD_MAX = 0xFFFF /* what fits a ticket's frame */
};

/**
 * Keeps a record under a key, in place of what was there.
 *
 * @param arg what the struct holds.
 * @param expires_ms when the record may go; Unix milliseconds.
 * @param now_ms the time now, Unix milliseconds.
 * @return RESUME_OK; RESUME_EXISTS if the very same record was there; RESUME_TOO_LARGE;
 *         anything else is a failure (counted; the caller of the store gets RESUME_E_IO).
 */
typedef resume_status (*resume_backend_put_fn)(void *arg, const uint8_t *key, size_t key_len,
                                               const uint8_t *data, size_t data_len,
                                               uint64_t expires_ms, uint64_t now_ms);

/**
 * Finds a record and copies it into the buffer; as `take`, also removes it, in one atomic step.
 *
 * @param arg what the struct holds.
 * @param now_ms the time now, Unix milliseconds.
 * @param ret_len receives the record's length, with RESUME_OK and with RESUME_E_BUFFER.
 * @return RESUME_OK; RESUME_MISS; RESUME_EXPIRED; RESUME_E_BUFFER if buf_cap is too small, the
 *         record then stays and the call is made again with RESUME_BACKEND_RECORD_MAX bytes;
 *         anything else is a failure (counted; the caller of the store gets RESUME_MISS).
 */
typedef resume_status (*resume_backend_get_fn)(void *arg, const uint8_t *key, size_t key_len,
                                               uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                               size_t *ret_len);

/**
 * Removes a record.
 *
 * @param arg what the struct holds.
 * @return RESUME_OK; RESUME_MISS; anything else is a failure (counted; the caller of the store
 *         gets RESUME_E_IO).
 */
typedef resume_status (*resume_backend_remove_fn)(void *arg, const uint8_t *key, size_t key_len);

/**
 * Drops expired records, looking at no more than max of them.
 *
 * @param arg what the struct holds.
 * @return RESUME_OK; anything else is a failure.
 */
typedef resume_status (*resume_backend_sweep_fn)(void *arg, uint64_t now_ms, size_t max);

/**
 * Called once, when the last reference to the store is dropped, by the thread that drops it.
 *
 * @param arg what the struct holds.
 */
typedef void (*resume_backend_free_fn)(void *arg);

/**
 * The functions. Set `size` to sizeof(struct resume_backend) and what you do not use to zero:
 * a library that is older than these headers takes the struct if what it does not know is zero.
 */
struct resume_backend {
    size_t size;
    void *arg;                       /* given to every function; may be NULL */
    resume_backend_put_fn put;       /* NULL: read-only, puts are RESUME_UNSUPPORTED */
    resume_backend_get_fn get;       /* NULL: write-only, look-ups are RESUME_MISS */
    resume_backend_get_fn take;      /* NULL: takes are RESUME_UNSUPPORTED, never get + remove */
    resume_backend_remove_fn remove; /* NULL: removals are RESUME_UNSUPPORTED */
    resume_backend_sweep_fn sweep;   /* NULL: the backend needs none, sweeps are RESUME_OK */
    resume_backend_free_fn free;     /* NULL: nothing to free */
};

#ifdef __cplusplus
}
#endif

#endif /* RESUME_BACKEND_H */
