/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of the caller's own functions. What they keep is an envelope, sealed if there is a codec:
 *
 *     version 1 | expires_ms 8, big-endian | look-up key 32 | record
 *
 * It is checked when it comes back, so that whatever a backend does, a look-up gives the record
 * that was put under this ID or a miss.
 */
#include "store/custom.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <stdio.h>

#define ENVELOPE_VERSION 1U
#define ENVELOPE_HEAD    (1U + 8U + RESUME_BACKEND_KEY_SIZE)
#define SMALL            4096U
/* What version 0.1 had; a struct that ends before is none of ours. */
#define BACKEND_SIZE_FIRST (offsetof(struct resume_backend, free) + sizeof(resume_backend_free_fn))
#define BACKEND_SIZE_MAX   4096U

struct custom {
    struct resume_store base;
    struct resume_backend backend;
    const struct rsm_custom_extras *extras;
    resume_codec *codec; /* NULL: records in clear */
    struct rsm_hmac_key lookup;
};

/* A buffer on the stack that can become one on the heap; holds secrets. */
struct scratch {
    uint8_t *data;
    size_t cap;
    size_t len;
    uint8_t small[SMALL];
};

static void scratch_init(struct scratch *s) {
    s->data = s->small;
    s->cap = SMALL;
    s->len = 0;
}

static void scratch_done(struct scratch *s) {
    rsm_wipe(s->data, s->len < s->cap ? s->len : s->cap);
    if (s->data != s->small) {
        rsm_free(s->data);
    }
}

static bool scratch_need(struct scratch *s, size_t cap) {
    if (cap <= s->cap) {
        return true;
    }
    uint8_t *data = rsm_malloc(cap);
    if (!data) {
        return false;
    }
    scratch_done(s);
    s->data = data;
    s->cap = cap;
    s->len = 0;
    return true;
}

static struct custom *custom_of(resume_store *store) {
    return (struct custom *)store;
}

static resume_status failed(struct custom *custom, resume_status status) {
    rsm_store_count(&custom->base, RESUME_STORE_ERRORS);
    return status;
}

static resume_status lookup_key(const struct custom *custom, const uint8_t *id, size_t id_len,
                                uint8_t *key) {
    return rsm_hmac_with(&custom->lookup, id, id_len, key);
}

static resume_status wrap(const struct custom *custom, const uint8_t *key, const uint8_t *data,
                          size_t data_len, uint64_t expires_ms, uint64_t now_ms,
                          struct scratch *plain, struct scratch *sealed) {
    if (!scratch_need(plain, ENVELOPE_HEAD + data_len)) {
        return RESUME_E_NOMEM;
    }
    plain->len = ENVELOPE_HEAD + data_len;
    plain->data[0] = ENVELOPE_VERSION;
    rsm_put64(plain->data + 1, expires_ms);
    memcpy(plain->data + 9, key, RESUME_BACKEND_KEY_SIZE);
    memcpy(plain->data + ENVELOPE_HEAD, data, data_len);
    if (!custom->codec) {
        return RESUME_OK;
    }
    if (!scratch_need(sealed, resume_codec_sealed_size(custom->codec, plain->len))) {
        return RESUME_E_NOMEM;
    }
    return resume_codec_seal_bytes(custom->codec, plain->data, plain->len, now_ms, sealed->data,
                                   sealed->cap, &sealed->len);
}

static resume_status give_away(struct custom *custom, const uint8_t *key,
                               const struct scratch *record, uint64_t expires_ms, uint64_t now_ms) {
    resume_status status = custom->backend.put(custom->backend.arg, key, RESUME_BACKEND_KEY_SIZE,
                                               record->data, record->len, expires_ms, now_ms);
    if (status == RESUME_OK || status == RESUME_EXISTS || status == RESUME_TOO_LARGE) {
        return status;
    }
    return failed(custom, RESUME_E_IO);
}

static resume_status custom_put(resume_store *store, const uint8_t *id, size_t id_len,
                                const uint8_t *data, size_t data_len, uint64_t expires_ms,
                                uint64_t now_ms) {
    struct custom *custom = custom_of(store);
    if (!custom->backend.put) {
        return RESUME_UNSUPPORTED;
    }
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    struct scratch plain;
    struct scratch sealed;
    scratch_init(&plain);
    scratch_init(&sealed);
    resume_status status = lookup_key(custom, id, id_len, key);
    if (status == RESUME_OK) {
        status = wrap(custom, key, data, data_len, expires_ms, now_ms, &plain, &sealed);
    }
    if (status == RESUME_OK) {
        status = give_away(custom, key, custom->codec ? &sealed : &plain, expires_ms, now_ms);
    }
    scratch_done(&plain);
    scratch_done(&sealed);
    return status;
}

/* Calls the backend, a second time with room for anything if it asks for more. */
static resume_status fetch(struct custom *custom, resume_backend_get_fn get, const uint8_t *key,
                           uint64_t now_ms, struct scratch *record) {
    size_t len = 0;
    resume_status status = get(custom->backend.arg, key, RESUME_BACKEND_KEY_SIZE, now_ms,
                               record->data, record->cap, &len);
    if (status == RESUME_E_BUFFER) {
        if (!scratch_need(record, RESUME_BACKEND_RECORD_MAX)) {
            return RESUME_E_NOMEM;
        }
        len = 0;
        status = get(custom->backend.arg, key, RESUME_BACKEND_KEY_SIZE, now_ms, record->data,
                     record->cap, &len);
    }
    /* It may have written anything, whatever it says. */
    record->len = len > 0 && len <= record->cap ? len : record->cap;
    if (status == RESUME_MISS || status == RESUME_EXPIRED) {
        return status;
    }
    if (status != RESUME_OK || record->len != len) {
        return failed(custom, RESUME_E_IO);
    }
    return RESUME_OK;
}

/* The envelope in clear: in `record` itself, or opened into `plain`. */
static resume_status unwrap(struct custom *custom, const struct scratch *record, uint64_t now_ms,
                            struct scratch *plain, const struct scratch **ret_envelope) {
    if (!custom->codec) {
        *ret_envelope = record;
        return RESUME_OK;
    }
    if (!scratch_need(plain, record->len)) {
        return RESUME_E_NOMEM;
    }
    resume_status status = resume_codec_open_bytes(custom->codec, record->data, record->len, now_ms,
                                                   plain->data, plain->cap, &plain->len);
    *ret_envelope = plain;
    if (status == RESUME_OK || status == RESUME_RENEW) {
        return RESUME_OK;
    }
    return status == RESUME_E_NOMEM ? status : failed(custom, RESUME_MISS);
}

/* Is this the record that was put under this key, and not over? */
static resume_status check(struct custom *custom, const struct scratch *envelope,
                           const uint8_t *key, uint64_t now_ms) {
    const uint8_t *at = envelope->data;
    if (envelope->len <= ENVELOPE_HEAD || at[0] != ENVELOPE_VERSION ||
        !rsm_equal_ct(at + 9, key, RESUME_BACKEND_KEY_SIZE)) {
        return failed(custom, RESUME_MISS);
    }
    return rsm_get64(at + 1) > now_ms ? RESUME_OK : RESUME_EXPIRED;
}

/* Copies the record out. If the caller's buffer is too small a taken record goes back: it has left
 * the backend, so nobody else has it either. */
static resume_status deliver(struct custom *custom, bool taken, const uint8_t *key,
                             const struct scratch *record, const struct scratch *envelope,
                             uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    size_t len = envelope->len - ENVELOPE_HEAD;
    *ret_len = len;
    if (len <= buf_cap) {
        memcpy(buf, envelope->data + ENVELOPE_HEAD, len);
        return RESUME_OK;
    }
    if (taken && custom->backend.put) {
        (void)give_away(custom, key, record, rsm_get64(envelope->data + 1), now_ms);
    }
    return RESUME_E_BUFFER;
}

/* A lazy backend kept it beyond its time (I-83). */
static void drop_expired(struct custom *custom, bool taken, const uint8_t *key) {
    rsm_store_count(&custom->base, RESUME_STORE_EXPIRED);
    if (!taken && custom->backend.remove) {
        resume_status status =
            custom->backend.remove(custom->backend.arg, key, RESUME_BACKEND_KEY_SIZE);
        if (status != RESUME_OK && status != RESUME_MISS) {
            (void)failed(custom, status);
        }
    }
}

static resume_status look_up(struct custom *custom, bool take, const uint8_t *id, size_t id_len,
                             uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len,
                             uint64_t *ret_expires_ms) {
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    struct scratch record;
    struct scratch plain;
    const struct scratch *envelope = NULL;
    scratch_init(&record);
    scratch_init(&plain);
    resume_status status = lookup_key(custom, id, id_len, key);
    if (take && custom->extras->takes_whole && !scratch_need(&record, RESUME_BACKEND_RECORD_MAX)) {
        status = RESUME_E_NOMEM;
    }
    if (status == RESUME_OK) {
        resume_backend_get_fn get = take ? custom->backend.take : custom->backend.get;
        status = fetch(custom, get, key, now_ms, &record);
    }
    bool gone = status == RESUME_EXPIRED && custom->extras->drops_expired;
    if (status == RESUME_OK) {
        status = unwrap(custom, &record, now_ms, &plain, &envelope);
    }
    if (status == RESUME_OK) {
        status = check(custom, envelope, key, now_ms);
    }
    if (status == RESUME_OK) {
        status = deliver(custom, take, key, &record, envelope, now_ms, buf, buf_cap, ret_len);
        *ret_expires_ms = rsm_get64(envelope->data + 1);
    } else if (status == RESUME_EXPIRED && !gone) {
        drop_expired(custom, take, key);
    }
    scratch_done(&record);
    scratch_done(&plain);
    return status;
}

static resume_status custom_get_until(resume_store *store, const uint8_t *id, size_t id_len,
                                      uint64_t now_ms, uint8_t *buf, size_t buf_cap,
                                      size_t *ret_len, uint64_t *ret_expires_ms) {
    struct custom *custom = custom_of(store);
    return custom->backend.get
               ? look_up(custom, false, id, id_len, now_ms, buf, buf_cap, ret_len, ret_expires_ms)
               : RESUME_MISS;
}

static resume_status custom_get(resume_store *store, const uint8_t *id, size_t id_len,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    uint64_t expires_ms = 0;
    return custom_get_until(store, id, id_len, now_ms, buf, buf_cap, ret_len, &expires_ms);
}

/* Get and remove in its place would let two takers win (I-87). */
static resume_status custom_take(resume_store *store, const uint8_t *id, size_t id_len,
                                 uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct custom *custom = custom_of(store);
    uint64_t expires_ms = 0;
    return custom->backend.take
               ? look_up(custom, true, id, id_len, now_ms, buf, buf_cap, ret_len, &expires_ms)
               : RESUME_UNSUPPORTED;
}

static resume_status custom_remove(resume_store *store, const uint8_t *id, size_t id_len) {
    struct custom *custom = custom_of(store);
    if (!custom->backend.remove) {
        return RESUME_UNSUPPORTED;
    }
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    resume_status status = lookup_key(custom, id, id_len, key);
    if (status != RESUME_OK) {
        return status;
    }
    status = custom->backend.remove(custom->backend.arg, key, RESUME_BACKEND_KEY_SIZE);
    return status == RESUME_OK || status == RESUME_MISS ? status : failed(custom, RESUME_E_IO);
}

static resume_status custom_sweep(resume_store *store, uint64_t now_ms, size_t max) {
    struct custom *custom = custom_of(store);
    if (!custom->backend.sweep) {
        return RESUME_OK;
    }
    resume_status status = custom->backend.sweep(custom->backend.arg, now_ms, max);
    return status == RESUME_OK ? status : failed(custom, RESUME_E_IO);
}

static uint64_t custom_number(const resume_store *store, int32_t which) {
    const struct custom *custom = (const struct custom *)store;
    return custom->extras->number ? custom->extras->number(custom->backend.arg, which) : 0;
}

static void custom_free(struct custom *custom) {
    resume_codec_unref(custom->codec);
    rsm_free_wiped(custom, sizeof *custom);
}

static void custom_destroy(resume_store *store) {
    struct custom *custom = custom_of(store);
    if (custom->backend.free) {
        custom->backend.free(custom->backend.arg);
    }
    custom_free(custom);
}

static const struct rsm_store_ops ops = {
    .put = custom_put,
    .get = custom_get,
    .get_until = custom_get_until,
    .take = custom_take,
    .remove = custom_remove,
    .sweep = custom_sweep,
    .number = custom_number,
    .destroy = custom_destroy,
};

/* The zero-tail rule: what the caller's struct has and ours has not must be zero. */
static bool copy_backend(const struct resume_backend *from, struct resume_backend *to) {
    size_t size = from->size;
    if (size < BACKEND_SIZE_FIRST || size > BACKEND_SIZE_MAX) {
        return false;
    }
    const uint8_t *bytes = (const uint8_t *)from;
    for (size_t i = sizeof *to; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    memset(to, 0, sizeof *to);
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    return true;
}

static resume_status set_up(struct custom *custom, const resume_store_options *options) {
    uint8_t random[32];
    rsm_store_init(&custom->base, &ops);
    if (options && options->codec) {
        custom->codec = resume_codec_ref(options->codec);
    }
    if (options && options->lookup_len) {
        return rsm_hmac_key_init(options->lookup, options->lookup_len, &custom->lookup);
    }
    resume_status status = rsm_random(random, sizeof random);
    if (status == RESUME_OK) {
        status = rsm_hmac_key_init(random, sizeof random, &custom->lookup);
    }
    rsm_wipe(random, sizeof random);
    return status;
}

resume_status rsm_custom_new(const struct resume_backend *backend,
                             const struct rsm_custom_extras *extras,
                             const resume_store_options *options, char *why,
                             resume_store **ret_store) {
    struct custom *custom = rsm_calloc_aligned(128, sizeof *custom);
    if (!custom) {
        return RESUME_E_NOMEM;
    }
    custom->extras = extras;
    resume_status status = RESUME_E_INVALID;
    if (copy_backend(backend, &custom->backend)) {
        status = set_up(custom, options);
    } else {
        snprintf(why, RSM_WHY_SIZE,
                 "a backend of size %zu, or with parts that this version does not know; set size "
                 "to sizeof(struct resume_backend) and the rest to zero",
                 backend->size);
    }
    if (status != RESUME_OK) {
        custom_free(custom);
        return status;
    }
    *ret_store = &custom->base;
    return RESUME_OK;
}

resume_status resume_store_from_backend(const struct resume_backend *backend,
                                        resume_store_options *options, resume_store **ret_store) {
    static const struct rsm_custom_extras none;
    char local[RSM_WHY_SIZE];
    char *why = options ? options->why : local;
    why[0] = '\0';
    return backend && ret_store ? rsm_custom_new(backend, &none, options, why, ret_store)
                                : RESUME_E_INVALID;
}
