/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_keyring: the ticket keys, each with a name, a secret and three instants, and their
 * rotation. Not the format of tickets (codec.h) and not a certificate store.
 *
 * A key is in one of four states; every border belongs to the later one:
 *
 *     added <= now < seal_from          opens only (the next key, known before it seals)
 *     seal_from <= now < seal_until     seals and opens
 *     seal_until <= now < open_until    opens only
 *     open_until <= now                 leaves the ring; its bytes are wiped
 *
 * If several keys may seal, the one with the latest seal_from does; among equals the one whose
 * name is greatest in byte order. So the choice follows from ring and time alone.
 *
 * Threads: a keyring is internally locked; keys are immutable and counted. Sealing and opening take
 * no shared lock. Forks: a ring made before a fork works in the children; a `random:` ring rotates
 * to the same keys at the same times in all of them. Memory: key bytes stand in locked pages that
 * core dumps leave out (best effort) and are wiped when the last reference goes. Signals: no call
 * is async-signal-safe.
 */
#ifndef RESUME_KEYRING_H
#define RESUME_KEYRING_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_key resume_key;
typedef struct resume_keyring resume_keyring;
typedef struct resume_keyring_options resume_keyring_options;

/** Wipes and frees what resume_key_set_extra() was given; on any thread, never under a lock of
 * libresume's. It must not use the key. */
typedef void (*resume_key_extra_free_fn)(void *extra);

enum {
    RESUME_KEY_NAME_SIZE = 16,      /* bytes of a key's name */
    RESUME_KEYRING_MAX = 64,        /* keys that a ring holds at most */
    RESUME_KEYRING_FILE_MAX = 32768 /* bytes of a key file of any dialect */
};

/* What a key is in its ring at some time, see resume_keyring_role(). */
enum {
    RESUME_KEY_NEXT = 1,    /* will seal: it opens, so that whoever is ahead is understood */
    RESUME_KEY_CURRENT = 2, /* seals and opens */
    RESUME_KEY_RETIRING = 3 /* opens what it sealed, until it leaves the ring */
};

/**
 * Makes options with the defaults: seal 12 hours, open 24 hours more, 2^32 tickets a key.
 *
 * @param ret_options receives the options; free them with resume_keyring_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_keyring_options_new(resume_keyring_options **ret_options);

/**
 * Frees options. Rings made from them are not touched.
 *
 * @param options the options or NULL.
 * @return NULL, so that a caller can write `options = resume_keyring_options_unref(options)`.
 * @since 0.1
 */
RESUME_API resume_keyring_options *resume_keyring_options_unref(resume_keyring_options *options);

/**
 * Sets how long a generated key seals before the next one takes over.
 *
 * One TLS 1.2 ticket key opens all sessions of its life, so a thief of the key reads all of them:
 * more than 24 hours is refused. A URL's `seal=` parameter wins over this.
 *
 * @param options the options.
 * @param period_ms milliseconds, 100 to 86400000 (24 hours); default 12 hours.
 * @return RESUME_OK or RESUME_E_INVALID, then with a text from resume_keyring_options_why().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_keyring_options_set_seal_period(resume_keyring_options *options, uint64_t period_ms);

/**
 * Sets how long a generated key goes on opening after it stopped sealing.
 *
 * This bounds the life of a ticket: at least this long, at most this and the seal period together.
 * A URL's `open=` parameter wins over this.
 *
 * @param options the options.
 * @param period_ms milliseconds, 0 to 604800000 (7 days, RFC 8446 section 4.6.1), and at most 32
 *        times the seal period; default 24 hours.
 * @return RESUME_OK or RESUME_E_INVALID, then with a text from resume_keyring_options_why().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_keyring_options_set_open_period(resume_keyring_options *options, uint64_t period_ms);

/**
 * Sets how many tickets one key may seal in this process.
 *
 * When a generated key (`random:`) reaches the number, the ring rotates early; any other key stops
 * sealing and goes on opening. From 262144 on each thread counts in steps of 256, so the number
 * may be passed by 255 tickets for each thread.
 *
 * @param options the options.
 * @param max_seals tickets; 0 is without limit; default 2^32.
 * @return RESUME_OK or RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_keyring_options_set_max_seals(resume_keyring_options *options, uint64_t max_seals);

/**
 * Says why the last call that was given these options failed.
 *
 * @param options the options.
 * @return a text that names what was wrong and what is known, "" after success. Never NULL. It
 *         belongs to the options and lives until the next call with them.
 * @since 0.1
 */
RESUME_API const char *resume_keyring_options_why(const resume_keyring_options *options);

/**
 * Makes an empty ring for keys that the caller adds.
 *
 * An empty ring neither seals nor opens: handshakes go on without tickets.
 *
 * @param options the options or NULL for the defaults; only max_seals matters here.
 * @param ret_keyring receives one reference; drop it with resume_keyring_unref().
 * @return RESUME_OK, RESUME_E_INVALID, RESUME_E_NOMEM or RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_new(resume_keyring_options *options,
                                                            resume_keyring **ret_keyring);

/**
 * Makes a ring from a URL.
 *
 * `random:?seal=12h&open=24h` generates its keys and rotates by itself; tickets die with the
 * process and its forked children. `file:/etc/fleet.key?dialect=nginx&old=/etc/fleet.old` reads
 * key files; `old` may be repeated, those keys only open. resume_keyring_dialect_name() lists the
 * dialects; changed files are taken by themselves (not with `watch=no`). They must be regular,
 * owned by the caller or root, mode 0600 or less. `derive:/etc/fleet.secret?step=12h&overlap=24h`
 * computes its keys from a secret and the time.
 * `redis://host/0?secret=/etc/fleet.secret` shares one ring with a fleet; Redis may be down.
 *
 * @param url the URL, NUL-terminated.
 * @param options the options or NULL for the defaults; they receive the reason of a failure.
 * @param now_ms the time.
 * @param ret_keyring receives one reference; drop it with resume_keyring_unref().
 * @return RESUME_OK; RESUME_WEAK_KEY or RESUME_EXISTS for a refused key; RESUME_EXPIRED for a file
 *         whose key has no time left; RESUME_E_INVALID for a faulty URL or a file of wrong size,
 *         owner or mode; RESUME_E_IO, RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_from_url(const char *url,
                                                                 resume_keyring_options *options,
                                                                 uint64_t now_ms,
                                                                 resume_keyring **ret_keyring);

/**
 * Makes a ring from the content of a key file of another server.
 *
 * The dialect says which bytes are which and which key seals: the first (`nginx`, `openssl`,
 * `openssl10`, `apache`, `envoy`, `nghttpx`, `go`, `go-raw`, `ats`), the last (`dnsdist`), the last
 * but one (`haproxy`), or the key's own times (`h2o`). The other keys only open. Without times in
 * the file a key has no end. For files on disk that change, use a `file:` URL.
 *
 * @param data,data_len the file's bytes; the caller wipes them.
 * @param dialect its name, never guessed from the bytes.
 * @param options the options or NULL for the defaults; they receive the reason of a failure, with
 *        the line in a text, and no secret. Of the options only max_seals matters.
 * @param now_ms the time.
 * @param ret_keyring receives one reference; drop it with resume_keyring_unref().
 * @return RESUME_OK; RESUME_WEAK_KEY or RESUME_EXISTS for a refused key; RESUME_EXPIRED if no key
 *         has time left; RESUME_E_INVALID for an unknown dialect or bytes that are not of it;
 *         RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_import(const uint8_t *data, size_t data_len,
                                                               const char *dialect,
                                                               resume_keyring_options *options,
                                                               uint64_t now_ms,
                                                               resume_keyring **ret_keyring);

/**
 * Writes keys as the key file of another server. The result is a secret: wipe it after use.
 *
 * A dialect whose file holds one key gets the key that seals; the others get the ring. `haproxy`
 * gets three: an older key, the one that seals, and the next. `go` has only keys that came from it.
 *
 * @param keyring the ring.
 * @param dialect as in resume_keyring_import().
 * @param index a key's place, as in resume_keyring_key_at(), to write that one alone; -1 for what
 *        is said above.
 * @param options receive the reason of a failure; may be NULL.
 * @param now_ms the time.
 * @param buf,buf_cap receives the file; RESUME_KEYRING_FILE_MAX bytes always suffice; NULL with 0
 *        asks for the length.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return RESUME_OK; RESUME_NO_KEY if no key seals; RESUME_MISS for an index past the end;
 *         RESUME_UNSUPPORTED if the dialect has no place for these keys; RESUME_E_BUFFER,
 *         RESUME_E_INVALID, RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_export(resume_keyring *keyring,
                                                               const char *dialect, int index,
                                                               resume_keyring_options *options,
                                                               uint64_t now_ms, uint8_t *buf,
                                                               size_t buf_cap, size_t *ret_len);

/**
 * Writes what resume_keyring_export() gives into a file that only its owner may read (0600).
 *
 * The file is written beside, synced and renamed, so that readers see the old keys or the new ones,
 * never a part; on failure what was there stays.
 *
 * @param keyring,dialect,index,options,now_ms as in resume_keyring_export().
 * @param path where the file goes.
 * @return RESUME_OK; as resume_keyring_export(); RESUME_E_IO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_save(resume_keyring *keyring,
                                                             const char *dialect, int index,
                                                             const char *path,
                                                             resume_keyring_options *options,
                                                             uint64_t now_ms);

/**
 * Names the dialects of key files, one by one.
 *
 * @param index from 0 on.
 * @return the name, a static text; NULL past the end.
 * @since 0.1
 */
RESUME_API const char *resume_keyring_dialect_name(size_t index);

/**
 * Adds a reference.
 *
 * @param keyring the ring or NULL.
 * @return the same ring, or NULL.
 * @since 0.1
 */
RESUME_API resume_keyring *resume_keyring_ref(resume_keyring *keyring);

/**
 * Drops a reference. With the last one the ring's keys are wiped, except those that the caller
 * still holds.
 *
 * @param keyring the ring or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_keyring *resume_keyring_unref(resume_keyring *keyring);

/**
 * Adds a key. The bytes are copied into locked memory; the caller wipes its own.
 *
 * A key may come before its time: it opens at once and seals from seal_from on. It must come to
 * every host before anyone seals with it. A refused key leaves the ring unchanged; ask
 * resume_key_audit() for the reason. Keys whose time is over leave the ring in the same call.
 *
 * @param keyring the ring.
 * @param name,name_len 1 to 16 bytes; a shorter name is padded with zeros.
 * @param cipher_key,cipher_key_len AES key, 16 or 32 bytes.
 * @param mac_key,mac_key_len HMAC-SHA256 key, of the same length or of 64 bytes.
 * @param seal_from,seal_until,open_until Unix milliseconds, in this order; equal seal times make a
 *        key that only opens; UINT64_MAX is no end.
 * @param now_ms the time.
 * @return RESUME_OK; RESUME_WEAK_KEY; RESUME_EXISTS if the ring has that name or that secret;
 *         RESUME_EXPIRED if open_until is not after now_ms; RESUME_TOO_LARGE if the ring is full;
 *         RESUME_E_INVALID for lengths or an order of times that no key has; RESUME_E_NOMEM,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_add(
    resume_keyring *keyring, const uint8_t *name, size_t name_len, const uint8_t *cipher_key,
    size_t cipher_key_len, const uint8_t *mac_key, size_t mac_key_len, uint64_t seal_from,
    uint64_t seal_until, uint64_t open_until, uint64_t now_ms);

/**
 * Lets the next key seal now, before its time. For `random:` rings.
 *
 * The key that sealed until now opens on as planned: what it protects is not safer than before.
 * Forked siblings open what the new key seals if they are not more than one rotation behind.
 *
 * @param keyring the ring.
 * @param now_ms the time; the new key's periods count from it.
 * @return RESUME_OK; RESUME_E_STATE for a ring that does not generate its keys; RESUME_E_INVALID,
 *         RESUME_E_NOMEM or RESUME_E_CRYPTO, and then the ring is unchanged.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_rotate(resume_keyring *keyring,
                                                               uint64_t now_ms);

/**
 * Does the ring's scheduled work: rotates, retires keys and wipes them.
 *
 * Sealing and opening do the same when it is due, so a busy server need not call this; an idle
 * one should, once a minute or so, because a key is wiped only when somebody looks at the time.
 *
 * @param keyring the ring.
 * @param now_ms the time.
 * @return RESUME_OK; on RESUME_E_INVALID, RESUME_E_NOMEM or RESUME_E_CRYPTO the ring is unchanged
 *         and the next call tries again.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_tick(resume_keyring *keyring,
                                                             uint64_t now_ms);

/**
 * Reads a `file:` ring's files anew. All or nothing: on any failure the ring is unchanged.
 *
 * Not needed for files that are watched (the default): sealing, opening and ticks look at most once
 * a second whether they changed. See resume_keyring_last_failure() for files that were refused.
 *
 * A key that is still in the files keeps its identity and its count. A key that is no longer in
 * them is retired and wiped at once. Keys added with resume_keyring_add() stay.
 *
 * @param keyring the ring.
 * @param now_ms the time.
 * @return RESUME_OK; RESUME_E_STATE for a ring without files; else as resume_keyring_from_url().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_reload(resume_keyring *keyring,
                                                               uint64_t now_ms);

/**
 * Counts the keys in the ring, in whatever state. For `random:` this includes the next key.
 *
 * @param keyring the ring; NULL has none.
 * @return the number of keys, at most RESUME_KEYRING_MAX. It may change at once in other threads.
 * @since 0.1
 */
RESUME_API size_t resume_keyring_count(resume_keyring *keyring);

/**
 * Takes a key by its place. Places change when the ring changes.
 *
 * @param keyring the ring.
 * @param index 0 to resume_keyring_count() - 1; the keys stand by seal_from, the latest first.
 * @param ret_key receives one reference; drop it with resume_key_unref().
 * @return RESUME_OK, RESUME_MISS for an index past the end, or RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_key_at(resume_keyring *keyring,
                                                               size_t index, resume_key **ret_key);

/**
 * Says what a key is in a ring: with resume_keyring_key_at(), the key's times and
 * resume_key_seals() this is all there is to see of a rotation.
 *
 * Scheduled work is done first if it is due. Of several keys whose times let them seal one is
 * current (see the top of this header), the others are retiring, as is one that has sealed its
 * number of tickets.
 *
 * @param keyring the ring.
 * @param key a key.
 * @param now_ms the time.
 * @param ret_role receives RESUME_KEY_NEXT, RESUME_KEY_CURRENT or RESUME_KEY_RETIRING.
 * @return RESUME_OK; RESUME_MISS if the key is not, or no longer, in the ring; RESUME_E_INVALID or
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_role(resume_keyring *keyring,
                                                             const resume_key *key, uint64_t now_ms,
                                                             int32_t *ret_role);

/**
 * Counts how often new keys could not be had: a reload that failed, a changed key file that was
 * refused, a fleet's ring that could not be read. The keys that were there have gone on.
 *
 * @param keyring the ring; NULL has none.
 * @return the number of failures in this process since the ring was made.
 * @since 0.1
 */
RESUME_API uint64_t resume_keyring_failures(resume_keyring *keyring);

/**
 * Says why new keys could not be had the last time, as long as that is so.
 *
 * @param keyring the ring.
 * @param buf,buf_cap receives the text, without NUL; 256 bytes always suffice.
 * @param ret_len receives its length; 0 if the last attempt succeeded.
 * @return RESUME_OK; RESUME_E_BUFFER, and then ret_len says how long it is; RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_last_failure(resume_keyring *keyring,
                                                                     uint8_t *buf, size_t buf_cap,
                                                                     size_t *ret_len);

/**
 * Takes the key that seals now. Scheduled work is done first if it is due.
 *
 * @param keyring the ring.
 * @param now_ms the time.
 * @param ret_key receives one reference; drop it with resume_key_unref().
 * @return RESUME_OK, RESUME_NO_KEY if none may seal, RESUME_E_INVALID or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_sealing_key(resume_keyring *keyring,
                                                                    uint64_t now_ms,
                                                                    resume_key **ret_key);

/**
 * Finds the key of a ticket by the name that stands in front of it (RFC 5077 section 4).
 *
 * @param keyring the ring.
 * @param name,name_len the name, 1 to 16 bytes; a shorter one is padded with zeros.
 * @param now_ms the time.
 * @param ret_key receives one reference on RESUME_OK and RESUME_RENEW, else nothing.
 * @return RESUME_OK if this key seals now; RESUME_RENEW if it opens but another one seals (or
 * none); RESUME_MISS; RESUME_EXPIRED if the key was here and its time is over; RESUME_E_INVALID,
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_keyring_find(resume_keyring *keyring,
                                                             const uint8_t *name, size_t name_len,
                                                             uint64_t now_ms, resume_key **ret_key);

/**
 * Judges key material before use: what a guess would find is refused with a reason.
 *
 * Refused are among others: one byte repeated, few different bytes, counting sequences, repeated
 * words, keys of published examples, a short key padded with zeros, equal halves, the name used as
 * a key, and printable text. (Hebrok et al., USENIX Security 2023: 1.9 % of large sites had an
 * all-zero key; CVE-2020-13777.)
 *
 * @param key,key_len name 16 bytes and then both secrets, 48 or 80 bytes in all; their order does
 *        not matter.
 * @param ret_reason receives a static text: the reason, or "" if the key is good. May be NULL.
 * @return RESUME_OK, RESUME_WEAK_KEY, or RESUME_E_INVALID for another length.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_key_audit(const uint8_t *key, size_t key_len,
                                                          const char **ret_reason);

/**
 * Adds a reference. While the caller holds one, the key's bytes are not wiped.
 *
 * @param key the key or NULL.
 * @return the same key, or NULL.
 * @since 0.1
 */
RESUME_API resume_key *resume_key_ref(resume_key *key);

/**
 * Drops a reference; with the last one the key's bytes are wiped.
 *
 * @param key the key or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_key *resume_key_unref(resume_key *key);

/**
 * The key's name, which stands in clear in front of each ticket.
 *
 * @param key the key.
 * @return RESUME_KEY_NAME_SIZE bytes that live as long as the key; NULL for NULL.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_key_name(const resume_key *key);

/**
 * The AES key. A secret: for adapters that must give it to a TLS stack.
 *
 * @param key the key.
 * @param ret_len receives 16 or 32 (0 for NULL); may be NULL.
 * @return bytes that live as long as the key, in locked memory; NULL for NULL.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_key_cipher_key(const resume_key *key, size_t *ret_len);

/**
 * The HMAC-SHA256 key. A secret: for adapters that must give it to a TLS stack.
 *
 * @param key the key.
 * @param ret_len receives 16, 32 or 64 (0 for NULL); may be NULL.
 * @return bytes that live as long as the key, in locked memory; NULL for NULL.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_key_mac_key(const resume_key *key, size_t *ret_len);

/**
 * The instant from which the key seals.
 *
 * @param key the key.
 * @return Unix milliseconds; 0 for NULL.
 * @since 0.1
 */
RESUME_API uint64_t resume_key_seal_from(const resume_key *key);

/**
 * The instant at which the key no longer seals. After an early rotation the ring's choice of the
 * sealing key decides: the key with the later seal_from seals.
 *
 * @param key the key.
 * @return Unix milliseconds, UINT64_MAX for no end; 0 for NULL.
 * @since 0.1
 */
RESUME_API uint64_t resume_key_seal_until(const resume_key *key);

/**
 * The instant at which the key no longer opens and leaves the ring. No ticket lives longer.
 *
 * @param key the key.
 * @return Unix milliseconds, UINT64_MAX for no end; 0 for NULL.
 * @since 0.1
 */
RESUME_API uint64_t resume_key_open_until(const resume_key *key);

/**
 * How many tickets this process sealed with the key, counted as
 * resume_keyring_options_set_max_seals() says. A forked child starts with the parent's number.
 *
 * @param key the key.
 * @return the number of tickets; 0 for NULL.
 * @since 0.1
 */
RESUME_API uint64_t resume_key_seals(const resume_key *key);

/**
 * Counts one ticket sealed by other means than resume_codec: for adapters whose TLS stack seals
 * with the key's bytes itself.
 *
 * @param key the key; NULL counts nothing. May be called from any thread.
 * @since 0.1
 */
RESUME_API void resume_key_count_seal(resume_key *key);

/**
 * A number for caches of contexts made from the key: unique in the process and never used again,
 * unlike the key's address.
 *
 * @param key the key.
 * @return the number, from 1 on; 0 for NULL.
 * @since 0.1
 */
RESUME_API uint64_t resume_key_serial(const resume_key *key);

/**
 * Hangs on a key what an adapter has made from it, such as contexts that are keyed already, so that
 * it is made once for each key and goes when the key goes.
 *
 * One for each key: of several threads at once the first one wins. Many threads may read it at the
 * same time afterwards, so it must not change.
 *
 * @param key the key.
 * @param extra as secret as the key; the key's after RESUME_OK, the caller's otherwise.
 * @param destroy called with extra once, when the last reference to the key goes; stands for its
 *        owner, too: see resume_key_extra().
 * @return RESUME_OK, RESUME_EXISTS (there is one already), RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_key_set_extra(resume_key *key, void *extra,
                                                              resume_key_extra_free_fn destroy);

/**
 * What was hung on a key with this very destroy function.
 *
 * @param key the key; NULL gives NULL.
 * @param destroy as in resume_key_set_extra(): what somebody else hung there is not given.
 * @return borrowed while the caller holds a reference to the key; NULL if there is none.
 * @since 0.1
 */
RESUME_API void *resume_key_extra(const resume_key *key, resume_key_extra_free_fn destroy);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_KEYRING_H */
