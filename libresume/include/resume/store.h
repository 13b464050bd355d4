/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_store: sessions by session ID, in this process's memory (memory:), in memory that the
 * processes of a host share (shm:), in a server that many hosts share (redis:), or wherever
 * functions of the caller's own keep them (backend.h). Not the decision whether a session may
 * resume: that is server.h.
 *
 * A store keeps copies: a session that was put may be dropped at once, a session that was got is
 * the caller's own. What is stored is never changed in place; a put under a known ID replaces.
 * The calls on sessions stand on calls on records, which are any 1 to RESUME_RECORD_MAX bytes
 * under an ID of 1 to RESUME_STORE_ID_MAX bytes.
 *
 * Threads: stores are internally locked; every call may be made by many threads at once. In
 * memory: and shm: stores look-ups take no lock. Ownership: a store holds references on what it was
 * built from and may be dropped in any order, from any thread. Forks: a memory: store that was made
 * before a fork is a separate store in each process from then on; do not fork while another
 * thread is inside a call, or do not use the store in the child then. A shm: store is the same
 * store in the child, whatever other threads did. A remote store may be used
 * in the child whatever other threads did: it has connections, a queue and a thread of its own
 * there. Signals: no call is async-signal-safe.
 *
 * The forms of resume_store_from_url():
 *
 * `memory:` with any of
 *
 *     bytes=64M       all that the store takes, index and overhead included; default 64M, or with
 *                     count alone room for that many sessions of 200 bytes; at least 16K
 *     count=1000000   most entries; default as many as the bytes hold
 *     ttl=2h          most time that an entry stays, whatever its own lifetime; default no limit
 *     shards=16       parts with a lock each, a power of two up to 256; default by the bytes
 *
 * A full store evicts: the entry that was not looked up for longest goes, roughly.
 *
 * `shm:/path`, one for all processes that open the path, or `shm:` alone, for this process and the
 * children that it forks later. It has the same parameters, which all who share must give alike,
 * and
 *
 *     secret=/path    as below; without one the segment has a secret of its own, in the file, which
 *                     mode 0600 keeps
 *
 * A process that dies or stops at any instruction harms nobody: no record is ever half of one, and
 * nobody waits longer than 10 ms. A file of another size or layout, or a damaged one, is replaced;
 * another user's, one that others may reach and one with another secret are refused. Linux only.
 *
 * `redis://[[user]:password@]host[:port][/db]`, Redis or Valkey, or over a Unix socket
 * `redis+unix://[[user]:password@]/path`, with any of
 *
 *     secret=/path    file of at least 32 random bytes, the same for all who share the store, mode
 *                     0600; without it resume_store_options_set_secret() is needed
 *     timeout=20ms    most time that one call takes, connecting included; 1ms to 10s
 *     prefix=resume:  what every key in the backend begins with
 *     pool=8          most connections of this process, beside one for puts; up to 64
 *     queue=4M        most bytes of records that wait to be sent; 0: a put waits for the backend
 *     max=65535       bytes of the longest record that is kept, sealed
 *     db=0            number of the database
 *
 * Nothing connects before the first use, and a dead backend is no failure at opening. Puts are
 * queued and sent by a thread of the store's own; RESUME_OK then means queued. A call that fails
 * three times in a row opens the breaker: from then on calls are answered at once, with a miss or
 * RESUME_E_IO, until the thread has reached the backend again. Every record is sealed.
 *
 * `tiered:?l1=URL&l2=URL`, a first level, memory: or shm:, before a second that processes share,
 * redis: for example; inside both URLs & is written %26 and % is written %25. l1_ttl=60s is the
 * most time that a copy stays in the first level. Look-ups fill the first level, equal ones at once
 * ask the second only once; puts and removals go to both; takes are decided by the second alone,
 * and miss while it is down. Within a process nobody is given a session that was taken, removed or
 * replaced before; another process may still get it (never take it) out of its own first level, for
 * l1_ttl. A put that the second level fails to keep is RESUME_OK if the first one has it.
 */
#ifndef RESUME_STORE_H
#define RESUME_STORE_H

#ifndef RESUME_FFI
#include <resume/backend.h>
#include <resume/codec.h>
#include <resume/session.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_store resume_store;
typedef struct resume_store_options resume_store_options;

enum {
    RESUME_STORE_ID_MAX = 32,  /* bytes of a session ID (RFC 5246 section 7.4.1.2) */
    RESUME_RECORD_MAX = 0xFF00 /* bytes of a record; no native session is longer */
};

/** What resume_store_stats() can tell. */
enum {
    RESUME_STORE_ENTRIES = 0,          /* sessions now in the store */
    RESUME_STORE_BYTES = 1,            /* bytes that they take, their share of overhead included */
    RESUME_STORE_CAPACITY_BYTES = 2,   /* bytes that the store takes and never exceeds */
    RESUME_STORE_CAPACITY_ENTRIES = 3, /* entries that it never exceeds */
    RESUME_STORE_HITS = 4,             /* look-ups (get and take) that found something */
    RESUME_STORE_MISSES = 5,           /* look-ups that did not, for whatever reason */
    RESUME_STORE_PUTS = 6,             /* entries put or replaced */
    RESUME_STORE_EVICTIONS = 7,        /* entries that had to go to make room */
    RESUME_STORE_EXPIRED = 8,          /* entries that went because their time was over */
    RESUME_STORE_REMOVES = 9,          /* entries removed or taken by a caller */
    RESUME_STORE_REFUSED = 10,         /* puts that were answered with anything but "put" */
    RESUME_STORE_ERRORS = 11,          /* failures of the backend, and records it spoilt */
    /* Remote stores only, 0 in others; each process counts for itself. */
    RESUME_STORE_QUEUED = 12,         /* puts that wait now to be sent */
    RESUME_STORE_DROPPED = 13,        /* puts that never got there: no room, no backend, refused */
    RESUME_STORE_CONNECTIONS = 14,    /* connections now open */
    RESUME_STORE_TIMEOUTS = 15,       /* calls that the deadline ended */
    RESUME_STORE_UNREACHABLE = 16,    /* connections that could not be made */
    RESUME_STORE_DISCONNECTS = 17,    /* connections that broke or carried garbage */
    RESUME_STORE_SKIPPED = 18,        /* calls that were not made because the breaker is open */
    RESUME_STORE_BREAKER = 19,        /* 0 closed (all well), 1 open, 2 half open (a probe goes) */
    RESUME_STORE_BREAKER_OPENS = 20,  /* how often it opened */
    RESUME_STORE_REPLIES_DENIED = 21, /* error replies: wrong password, missing permission */
    RESUME_STORE_REPLIES_MOVED = 22,  /* error replies: ask another node of a cluster */
    RESUME_STORE_REPLIES_READONLY = 23, /* error replies: a replica */
    RESUME_STORE_REPLIES_FULL = 24,     /* error replies: out of memory */
    RESUME_STORE_REPLIES_BUSY = 25,     /* error replies: loading, busy, without its master */
    RESUME_STORE_REPLIES_OTHER = 26,    /* error replies: anything else */
    /* shm: only; of all the processes together. */
    RESUME_STORE_EMPTIED = 27,  /* shards emptied: a writer died inside, or bytes were damaged */
    RESUME_STORE_REPLACED = 28, /* 1 if the file that was there was replaced at opening */
    /* tiered: only. */
    RESUME_STORE_L1_HITS = 29, /* look-ups that the first level answered */
    RESUME_STORE_L2_HITS = 30, /* look-ups that the second level answered; its takes, too */
    RESUME_STORE_SHARED = 31,  /* look-ups that waited for an equal one and asked nobody */
    RESUME_STORE_L1_ONLY = 32, /* puts that the first level alone has, the second one failed */
    RESUME_STORE_STAT_COUNT = 33
};

/** What a store's trace hook is told. Every process has a breaker of its own. */
enum {
    RESUME_STORE_EVENT_OPENED = 1, /* the breaker opened, or a probe failed and it stays open */
    RESUME_STORE_EVENT_PROBE = 2,  /* half open: the background thread asks the backend */
    RESUME_STORE_EVENT_CLOSED = 3  /* the backend is back */
};

/** Why a breaker opened: the last of the failures. */
enum {
    RESUME_STORE_CAUSE_NONE = 0,         /* of a probe and of a closing */
    RESUME_STORE_CAUSE_UNREACHABLE = 1,  /* refused, or no such host */
    RESUME_STORE_CAUSE_TIMEOUT = 2,      /* the deadline ended a call or a connection attempt */
    RESUME_STORE_CAUSE_DISCONNECTED = 3, /* closed in the middle, or garbage came */
    RESUME_STORE_CAUSE_ERROR_REPLY = 4,  /* loading, busy, without its master, login refused */
    RESUME_STORE_CAUSE_OWN = 5           /* of this process: no memory, no free connection */
};

/**
 * Told when a store's breaker changes, without any lock held. For logs and metrics.
 *
 * @param arg what resume_store_options_set_trace() was given.
 * @param store the scheme of the store's URL, such as "redis"; valid during the call only.
 * @param event RESUME_STORE_EVENT_OPENED and so on.
 * @param cause RESUME_STORE_CAUSE_TIMEOUT and so on.
 */
typedef void (*resume_store_trace_fn)(void *arg, const char *store, int32_t event, int32_t cause);

/**
 * Makes options for resume_store_from_url() and resume_store_from_backend().
 *
 * @param ret_options receives the options; free them with resume_store_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL) or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_store_options_new(resume_store_options **ret_options);

/**
 * Frees options. Stores made from them are not touched.
 *
 * @param options the options or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_store_options *resume_store_options_unref(resume_store_options *options);

/**
 * Sets the secret that look-up keys are made with: a backend never sees a session ID, only
 * HMAC-SHA256(secret, ID). Without this call the secret is random and every process has its own;
 * processes that share a backend must share the secret. Not for memory:, which shows its keys to
 * nobody.
 *
 * @param options the options.
 * @param data,data_len the secret, 16 to 64 bytes; copied, wiped when no longer needed.
 * @return RESUME_OK, RESUME_E_INVALID (then with a text) or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_options_set_lookup_key(
    resume_store_options *options, const uint8_t *data, size_t data_len);

/**
 * Sets the secret of a remote store, which the URL's `secret=` may name as a file instead: from it
 * come the look-up key and a key that seals every record, as far as the calls beside this one have
 * not set them. All processes that share the store need the same one. Not for memory:.
 *
 * @param options the options.
 * @param data,data_len the secret, 32 to 1024 bytes; copied, wiped when no longer needed.
 * @return RESUME_OK, or RESUME_E_INVALID (with a text if the secret is none).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_options_set_secret(
    resume_store_options *options, const uint8_t *data, size_t data_len);

/**
 * Has every record sealed before a backend sees it, with the look-up key inside the seal: what a
 * backend returns forged, swapped or under a retired key is a miss. Without this call a backend
 * is given records in clear, secrets included. Not for memory:, whose records stay in the process.
 *
 * @param options the options.
 * @param codec seals and opens; best with RESUME_FRAME_AEAD. A reference is taken.
 * @return RESUME_OK or RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_store_options_set_codec(resume_store_options *options, resume_codec *codec);

/**
 * Sets the trace hook of remote stores, also of those inside a tiered: one; others never call it.
 * The same changes are counted: RESUME_STORE_BREAKER, RESUME_STORE_BREAKER_OPENS.
 *
 * It is called on the store's own thread (probes and what came of them, most openings of servers
 * that only put) or on the thread whose look-up failed, in a handshake then: so it must be quick.
 * Calls of several threads may overlap. It may ask for numbers; it must not drop the store's last
 * reference, which waits for it. In a forked child it is called as in the parent.
 *
 * @param options the options.
 * @param trace the function, or NULL for none.
 * @param arg passed through; must outlive the stores. Once the last reference of a store is
 *        dropped, its hook is not called any more.
 * @return RESUME_OK, RESUME_E_INVALID (NULL options).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_options_set_trace(
    resume_store_options *options, resume_store_trace_fn trace, void *arg);

/**
 * Says why the last call that was given these options failed.
 *
 * @param options the options.
 * @return a text, "" after success. Never NULL. It belongs to the options.
 * @since 0.1
 */
RESUME_API const char *resume_store_options_why(const resume_store_options *options);

/**
 * Makes a store from its description; the forms and their parameters stand at the top of this
 * header.
 *
 * @param url the description, NUL-terminated.
 * @param options options, or NULL; receives the reason of a failure.
 * @param ret_store receives the store; drop it with resume_store_unref().
 * @return RESUME_OK; RESUME_E_INVALID for an unknown scheme, parameter, unit or a value out of
 *         range, or without a secret where one is needed, or with a path that cannot be trusted,
 * named by resume_store_options_why(); RESUME_E_UNSUPPORTED for a scheme that this build or system
 *         lacks; RESUME_E_IO for a secret or a segment that cannot be read or made; RESUME_E_NOMEM;
 * RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_from_url(const char *url,
                                                               resume_store_options *options,
                                                               resume_store **ret_store);

/**
 * Makes a store from functions.
 *
 * @param backend copied; may be gone after the call.
 * @param options the secret for look-up keys and the codec, see above; NULL: a random secret,
 *        records in clear. Receives the reason of a failure.
 * @param ret_store receives the store; drop it with resume_store_unref(), which calls `free`. If
 *        this call fails, `free` is not called.
 * @return RESUME_OK; RESUME_E_INVALID, also for a size that no version has or a non-zero part
 *         that this version does not know; RESUME_E_NOMEM; RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_from_backend(
    const struct resume_backend *backend, resume_store_options *options, resume_store **ret_store);

/**
 * Adds a reference.
 *
 * @param store the store or NULL.
 * @return store.
 * @since 0.1
 */
RESUME_API resume_store *resume_store_ref(resume_store *store);

/**
 * Drops a reference; the last one frees the store and all it holds.
 *
 * @param store the store or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_store *resume_store_unref(resume_store *store);

/**
 * Puts a copy of a session under its own session ID, until the session expires or must make room.
 *
 * @param store the store; internally locked.
 * @param session has a session ID and may be resumed.
 * @param now_ms the time now, Unix milliseconds.
 * @return RESUME_OK, put or replaced; RESUME_EXISTS, the same session is there already;
 *         RESUME_EXPIRED, its time is over; RESUME_TOO_LARGE, the store keeps none so long;
 *         RESUME_UNSUPPORTED, marked as not resumable, or the backend takes nothing;
 *         RESUME_NO_KEY, no key to seal it with; RESUME_E_INVALID, also without a session ID;
 *         RESUME_E_NOMEM; RESUME_E_IO, the backend failed; RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_put(resume_store *store,
                                                          const resume_session *session,
                                                          uint64_t now_ms);

/**
 * Looks a session up. It stays in the store.
 *
 * @param store the store; internally locked.
 * @param id,id_len the session ID, 1 to RESUME_STORE_ID_MAX bytes.
 * @param now_ms the time now, Unix milliseconds; an entry is gone from its expiry on.
 * @param ret_session receives a session of the caller's own; drop it with resume_session_unref().
 * @return RESUME_OK; RESUME_MISS, not there, also when a backend failed or what it holds is
 *         spoilt (counted in RESUME_STORE_ERRORS); RESUME_EXPIRED; RESUME_E_INVALID;
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_get(resume_store *store, const uint8_t *id,
                                                          size_t id_len, uint64_t now_ms,
                                                          resume_session **ret_session);

/**
 * Looks a session up and removes it in one step: of any number of concurrent takes of one ID
 * exactly one gets it (what single use needs, RFC 8446 section 8.1).
 *
 * @param store the store; internally locked.
 * @param id,id_len the session ID, 1 to RESUME_STORE_ID_MAX bytes.
 * @param now_ms the time now, Unix milliseconds.
 * @param ret_session receives a session of the caller's own; drop it with resume_session_unref().
 * @return as resume_store_get(); RESUME_UNSUPPORTED, the backend has no atomic take. After
 *         RESUME_E_NOMEM the session may be gone.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_take(resume_store *store, const uint8_t *id,
                                                           size_t id_len, uint64_t now_ms,
                                                           resume_session **ret_session);

/**
 * Removes a session. Removing what is not there is harmless.
 *
 * @param store the store; internally locked.
 * @param id,id_len the exact session ID, 1 to RESUME_STORE_ID_MAX bytes.
 * @return RESUME_OK, removed; RESUME_MISS, it was not there; RESUME_UNSUPPORTED, the backend
 *         removes nothing; RESUME_E_INVALID; RESUME_E_IO, the backend failed.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_remove(resume_store *store, const uint8_t *id,
                                                             size_t id_len);

/**
 * Puts a record, any bytes, under an ID: for session formats of the caller's own. Do not mix
 * with sessions under the same IDs: resume_store_get() takes what is no session for a miss.
 *
 * @param store the store; internally locked.
 * @param id,id_len 1 to RESUME_STORE_ID_MAX bytes; lengths count, "a" is not "a\0".
 * @param data,data_len the record, 1 to RESUME_RECORD_MAX bytes (longer: RESUME_TOO_LARGE).
 * @param expires_ms from when on it is gone, Unix milliseconds.
 * @param now_ms the time now, Unix milliseconds.
 * @return as resume_store_put().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_store_put_record(resume_store *store, const uint8_t *id, size_t id_len, const uint8_t *data,
                        size_t data_len, uint64_t expires_ms, uint64_t now_ms);

/**
 * Looks a record up and copies it into the caller's buffer. A memory: store allocates nothing.
 *
 * @param store the store; internally locked.
 * @param id,id_len the ID.
 * @param now_ms the time now, Unix milliseconds.
 * @param buf,buf_cap the buffer, apart from the ID; RESUME_RECORD_MAX bytes are always enough. On
 *        any other answer than RESUME_OK its content is undefined.
 * @param ret_len receives the record's length, with RESUME_OK and with RESUME_E_BUFFER.
 * @return as resume_store_get(); RESUME_E_BUFFER, the buffer is too small.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_get_record(resume_store *store,
                                                                 const uint8_t *id, size_t id_len,
                                                                 uint64_t now_ms, uint8_t *buf,
                                                                 size_t buf_cap, size_t *ret_len);

/**
 * Looks a record up and removes it in one step, as resume_store_take() does.
 *
 * @param store the store; internally locked.
 * @param id,id_len the ID.
 * @param now_ms the time now, Unix milliseconds.
 * @param buf,buf_cap the buffer, see resume_store_get_record().
 * @param ret_len receives the record's length, with RESUME_OK and with RESUME_E_BUFFER.
 * @return as resume_store_take(); RESUME_E_BUFFER, the buffer is too small and the record is
 *         still in the store.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_take_record(resume_store *store,
                                                                  const uint8_t *id, size_t id_len,
                                                                  uint64_t now_ms, uint8_t *buf,
                                                                  size_t buf_cap, size_t *ret_len);

/**
 * Drops expired entries. Not needed for correctness, and puts do a little of it by themselves;
 * call it now and then so that the secrets of expired sessions leave the memory.
 *
 * @param store the store; internally locked, for a few entries at a time.
 * @param now_ms the time now, Unix milliseconds.
 * @param max most entries to look at; the next call goes on where this one stopped.
 * @return RESUME_OK, RESUME_E_INVALID, or RESUME_E_IO if the backend failed.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_sweep(resume_store *store, uint64_t now_ms,
                                                            size_t max);

/**
 * Reads one number about the store. Numbers of a store in use may be a little behind.
 *
 * @param store the store.
 * @param which RESUME_STORE_ENTRIES and so on. A backend's entries and bytes are unknown: 0.
 * @param ret_value receives the number.
 * @return RESUME_OK, or RESUME_E_INVALID for an unknown number or NULL.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_store_stats(const resume_store *store,
                                                            int32_t which, uint64_t *ret_value);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_STORE_H */
