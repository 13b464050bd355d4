/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores of the caller's own functions: what they are given, what each missing one means, and that
 * nothing they do or return makes more than a miss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store_fixture.h"

#include "base/alloc.h"

#include <stdlib.h>

/* A backend with one slot, that can be told to misbehave. */
struct slot {
    uint8_t key[RESUME_BACKEND_KEY_SIZE];
    uint8_t data[RESUME_BACKEND_RECORD_MAX];
    size_t len; /* 0: empty */
    uint64_t expires_ms;
    unsigned puts, gets, takes, removes, sweeps, frees;
    resume_status answer; /* not RESUME_OK: given by every function */
    bool any_key;         /* returns what it has, whatever was asked for */
    size_t claimed_len;   /* not 0: the length that it claims */
};

static resume_status slot_put(void *arg, const uint8_t *key, size_t key_len, const uint8_t *data,
                              size_t data_len, uint64_t expires_ms, uint64_t now_ms) {
    struct slot *slot = arg;
    slot->puts++;
    assert_int_equal(key_len, RESUME_BACKEND_KEY_SIZE);
    assert_true(data_len <= RESUME_BACKEND_RECORD_MAX);
    assert_true(expires_ms > now_ms);
    if (slot->answer != RESUME_OK) {
        return slot->answer;
    }
    memcpy(slot->key, key, key_len);
    memcpy(slot->data, data, data_len);
    slot->len = data_len;
    slot->expires_ms = expires_ms;
    return RESUME_OK;
}

static resume_status slot_read(struct slot *slot, const uint8_t *key, uint8_t *buf, size_t buf_cap,
                               size_t *ret_len) {
    if (slot->answer != RESUME_OK) {
        return slot->answer;
    }
    if (slot->len == 0 || (!slot->any_key && memcmp(key, slot->key, sizeof slot->key) != 0)) {
        return RESUME_MISS;
    }
    *ret_len = slot->claimed_len ? slot->claimed_len : slot->len;
    if (buf_cap < slot->len) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, slot->data, slot->len);
    return RESUME_OK;
}

static resume_status slot_get(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                              uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct slot *slot = arg;
    (void)key_len;
    (void)now_ms;
    slot->gets++;
    return slot_read(slot, key, buf, buf_cap, ret_len);
}

static resume_status slot_take(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                               uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    struct slot *slot = arg;
    (void)key_len;
    (void)now_ms;
    slot->takes++;
    resume_status status = slot_read(slot, key, buf, buf_cap, ret_len);
    slot->len = status == RESUME_OK ? 0 : slot->len;
    return status;
}

static resume_status slot_remove(void *arg, const uint8_t *key, size_t key_len) {
    struct slot *slot = arg;
    slot->removes++;
    if (slot->answer != RESUME_OK) {
        return slot->answer;
    }
    bool there = slot->len && memcmp(key, slot->key, key_len) == 0;
    slot->len = there ? 0 : slot->len;
    return there ? RESUME_OK : RESUME_MISS;
}

static resume_status slot_sweep(void *arg, uint64_t now_ms, size_t max) {
    struct slot *slot = arg;
    slot->sweeps++;
    slot->len = max && slot->expires_ms <= now_ms ? 0 : slot->len;
    return slot->answer;
}

static void slot_free(void *arg) {
    struct slot *slot = arg;
    slot->frees++;
}

static struct resume_backend backend_of(struct slot *slot) {
    return (struct resume_backend){.size = sizeof(struct resume_backend),
                                   .arg = slot,
                                   .put = slot_put,
                                   .get = slot_get,
                                   .take = slot_take,
                                   .remove = slot_remove,
                                   .sweep = slot_sweep,
                                   .free = slot_free};
}

static resume_store *store_of(const struct resume_backend *backend, resume_store_options *options) {
    resume_store *store = NULL;
    assert_int_equal(resume_store_from_backend(backend, options, &store), RESUME_OK);
    return store;
}

static int setup(void **state) {
    *state = calloc(1, sizeof(struct slot));
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    free(*state);
    return 0;
}

/* I-78 through a backend; I-88: each call of the store is one call of the backend. */
static void test_round_trip_and_call_counts(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = store_of(&backend, NULL);
    resume_session *session = make_session(some_id, 32, 7, 0, true);
    resume_session *found = NULL;
    memset(&backend, 0xFF, sizeof backend); /* it was copied */
    assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
    assert_int_equal(slot->expires_ms, NOW + LIFETIME * 1000);
    assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
    assert_true(resume_session_equal(found, session));
    found = resume_session_unref(found);
    assert_int_equal(resume_store_take(store, some_id, 32, NOW, &found), RESUME_OK);
    assert_true(resume_session_equal(found, session));
    assert_int_equal(resume_store_remove(store, some_id, 32), RESUME_MISS);
    assert_int_equal(resume_store_sweep(store, NOW, 5), RESUME_OK);
    assert_int_equal(slot->puts, 1);
    assert_int_equal(slot->gets, 1);
    assert_int_equal(slot->takes, 1);
    assert_int_equal(slot->removes, 1);
    assert_int_equal(slot->sweeps, 1);
    assert_int_equal(stat_of(store, RESUME_STORE_HITS), 2);
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 0);
    assert_int_equal(stat_of(store, RESUME_STORE_ENTRIES), 0);
    resume_session_unref(found);
    resume_session_unref(session);
    resume_store_ref(store);
    resume_store_unref(store);
    assert_int_equal(slot->frees, 0);
    resume_store_unref(store);
    assert_int_equal(slot->frees, 1);
}

/* I-93: a backend is not told the ID, but a key made with the store's secret: the same secret
 * finds the record, another does not. */
static void test_lookup_keys(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store_options *options = NULL;
    uint8_t secret[32] = {1};
    uint8_t buf[64];
    size_t len = 0;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_options_set_lookup_key(options, secret, 32), RESUME_OK);
    resume_store *first = store_of(&backend, options);
    resume_store *same = store_of(&backend, options);
    resume_store *stranger = store_of(&backend, NULL);
    assert_int_equal(
        resume_store_put_record(first, some_id, 32, (const uint8_t *)"x", 1, NOW + 1, NOW),
        RESUME_OK);
    assert_null(memmem(slot->key, sizeof slot->key, some_id, 8));
    assert_null(memmem(slot->data, slot->len, some_id, 8));
    assert_int_equal(resume_store_get_record(same, some_id, 32, NOW, buf, 64, &len), RESUME_OK);
    assert_int_equal(len, 1);
    assert_int_equal(resume_store_get_record(stranger, some_id, 32, NOW, buf, 64, &len),
                     RESUME_MISS);
    slot->any_key = true; /* and a record under another key is not taken for it */
    assert_int_equal(resume_store_get_record(stranger, some_id, 32, NOW, buf, 64, &len),
                     RESUME_MISS);
    assert_int_equal(stat_of(stranger, RESUME_STORE_ERRORS), 1);
    resume_store_options_unref(options);
    resume_store_unref(first);
    resume_store_unref(same);
    resume_store_unref(stranger);
}

/* Each function may be missing, and then the store says so in a defined way. */
static void test_missing_functions(void **state) {
    (void)state;
    struct resume_backend nothing = {.size = sizeof nothing};
    resume_store *store = store_of(&nothing, NULL);
    resume_session *session = make_session(some_id, 32, 7, 0, true);
    resume_session *found = NULL;
    assert_int_equal(resume_store_put(store, session, NOW), RESUME_UNSUPPORTED);
    assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
    assert_int_equal(resume_store_take(store, some_id, 32, NOW, &found), RESUME_UNSUPPORTED);
    assert_int_equal(resume_store_remove(store, some_id, 32), RESUME_UNSUPPORTED);
    assert_int_equal(resume_store_sweep(store, NOW, 1), RESUME_OK);
    assert_int_equal(stat_of(store, RESUME_STORE_REFUSED), 1);
    assert_int_equal(stat_of(store, RESUME_STORE_MISSES), 2);
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 0);
    resume_session_unref(session);
    assert_null(resume_store_unref(store));
}

/* A take is never made of a get and a removal: two could win (I-87). */
static void test_take_is_not_emulated(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    backend.take = NULL;
    resume_store *store = store_of(&backend, NULL);
    uint8_t buf[8];
    size_t len = 0;
    assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 8, NOW + 1, NOW),
                     RESUME_OK);
    assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, 8, &len),
                     RESUME_UNSUPPORTED);
    assert_int_equal(slot->gets + slot->removes, 0);
    assert_true(slot->len > 0);
    resume_store_unref(store);
}

/* A failing backend: misses and counts, never a failure of a look-up. */
static void test_failures_are_counted_misses(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = store_of(&backend, NULL);
    const resume_status failures[] = {
        RESUME_E_IO, RESUME_E_INVALID, RESUME_E_NOMEM, RESUME_FORGED, RESUME_ABORT, 12345, -12345};
    uint64_t errors = 0;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        resume_session *found = NULL;
        slot->answer = failures[i];
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
        assert_int_equal(resume_store_take(store, some_id, 32, NOW, &found), RESUME_MISS);
        assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 8, NOW + 1, NOW),
                         RESUME_E_IO);
        assert_int_equal(resume_store_remove(store, some_id, 32), RESUME_E_IO);
        assert_int_equal(resume_store_sweep(store, NOW, 1), RESUME_E_IO);
        errors += 5;
        assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), errors);
        assert_null(found);
    }
    /* It asks for more room for ever: asked twice, then a miss. */
    resume_session *found = NULL;
    slot->answer = RESUME_E_BUFFER;
    slot->gets = 0;
    assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
    assert_int_equal(slot->gets, 2);
    const resume_status answers[] = {RESUME_EXISTS, RESUME_TOO_LARGE};
    for (size_t i = 0; i < 2; i++) { /* answers are no failures */
        slot->answer = answers[i];
        assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 8, NOW + 1, NOW),
                         answers[i]);
    }
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), errors + 1);
    resume_store_unref(store);
}

/* Whatever bytes come back, cut short, changed or of a wrong length: a miss. */
static void test_spoilt_records(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = store_of(&backend, NULL);
    resume_session *session = make_session(some_id, 32, 7, 0, true);
    resume_session *found = NULL;
    slot->any_key = true;
    assert_int_equal(resume_store_put(store, session, NOW), RESUME_OK);
    size_t whole = slot->len;
    for (size_t len = 1; len < whole; len++) {
        slot->len = len;
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
    }
    slot->len = whole;
    const size_t lies[] = {SIZE_MAX, RESUME_BACKEND_RECORD_MAX + 1, 5000, 41};
    for (size_t i = 0; i < 4; i++) {
        slot->claimed_len = lies[i];
        assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
    }
    slot->claimed_len = 0;
    for (size_t i = 0; i < 41; i += 4) { /* version and key; bytes 1 to 8 are the expiry */
        if (i == 0 || i > 8) {
            slot->data[i] ^= 0x40;
            assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_MISS);
            slot->data[i] ^= 0x40;
        }
    }
    assert_null(found);
    assert_int_equal(resume_store_get(store, some_id, 32, NOW, &found), RESUME_OK);
    assert_true(resume_session_equal(found, session));
    resume_session_unref(found);
    resume_session_unref(session);
    resume_store_unref(store);
}

/* I-71, I-83: a backend that keeps for ever is watched; what is over is removed from it. */
static void test_lazy_expiry(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = store_of(&backend, NULL);
    uint8_t buf[8];
    size_t len = 0;
    assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 8, NOW + 10, NOW),
                     RESUME_OK);
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW + 9, buf, 8, &len), RESUME_OK);
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW + 10, buf, 8, &len),
                     RESUME_EXPIRED);
    assert_int_equal(slot->removes, 1);
    assert_int_equal(slot->len, 0);
    assert_int_equal(stat_of(store, RESUME_STORE_EXPIRED), 1);
    resume_store_unref(store);
}

/* I-90: a short buffer at a take loses nothing; long records come through whole. */
static void test_buffers(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = store_of(&backend, NULL);
    static uint8_t data[RESUME_RECORD_MAX];
    static uint8_t buf[RESUME_RECORD_MAX];
    size_t len = 0;
    memset(data, 0x5A, sizeof data);
    const size_t sizes[] = {100, 4055, 4056, 20000, sizeof data};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        assert_int_equal(resume_store_put_record(store, some_id, 32, data, size, NOW + 1, NOW),
                         RESUME_OK);
        assert_int_equal(resume_store_get_record(store, some_id, 32, NOW, buf, size - 1, &len),
                         RESUME_E_BUFFER);
        assert_int_equal(len, size);
        assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, size - 1, &len),
                         RESUME_E_BUFFER);
        assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, size, &len),
                         RESUME_OK);
        assert_int_equal(len, size);
        assert_memory_equal(buf, data, size);
        assert_int_equal(slot->len, 0);
    }
    resume_store_unref(store);
}

/* The rule of the struct's size: shorter than the first version, absurd, or with something that
 * this version does not know is refused; longer with zeros is taken. */
static void test_struct_size(void **state) {
    struct slot *slot = *state;
    struct {
        struct resume_backend backend;
        uint64_t tail[4];
    } future = {backend_of(slot), {0, 0, 0, 0}};
    resume_store_options *options = NULL;
    resume_store *store = NULL;
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    for (size_t size = sizeof future.backend; size <= sizeof future; size++) {
        future.backend.size = size;
        resume_store_unref(store_of(&future.backend, options));
    }
    future.tail[3] = 1;
    const size_t bad[] = {0, 1, sizeof future.backend - 1, sizeof future, 4097, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        future.backend.size = bad[i];
        assert_int_equal(resume_store_from_backend(&future.backend, options, &store),
                         RESUME_E_INVALID);
        assert_non_null(strstr(resume_store_options_why(options), "set size"));
    }
    future.backend.size = sizeof future - 8; /* the one is beyond it */
    resume_store_unref(store_of(&future.backend, options));
    assert_int_equal(resume_store_from_backend(NULL, options, &store), RESUME_E_INVALID);
    assert_null(store);
    resume_store_options_unref(options);
}

/* I-94: with a codec the backend sees nothing in clear, and what it changes or moves to another
 * key is a miss. */
static void test_sealed_records(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store_options *options = NULL;
    resume_keyring *ring = NULL;
    resume_codec_options *codec_options = NULL;
    resume_codec *codec = NULL;
    uint8_t buf[64];
    size_t len = 0;
    assert_int_equal(resume_keyring_from_url("random:", NULL, NOW, &ring), RESUME_OK);
    assert_int_equal(resume_codec_options_new(&codec_options), RESUME_OK);
    assert_int_equal(resume_codec_options_set_frame(codec_options, RESUME_FRAME_AEAD), RESUME_OK);
    assert_int_equal(resume_codec_new(ring, codec_options, &codec), RESUME_OK);
    assert_int_equal(resume_store_options_new(&options), RESUME_OK);
    assert_int_equal(resume_store_options_set_codec(options, codec), RESUME_OK);
    resume_store *store = store_of(&backend, options);
    resume_codec_unref(codec); /* I-173: the store holds what it needs */
    resume_codec_options_unref(codec_options);
    resume_keyring_unref(ring);
    resume_store_options_unref(options);
    assert_int_equal(resume_store_put_record(store, some_id, 32, some_id, 32, NOW + 10, NOW),
                     RESUME_OK);
    assert_null(memmem(slot->data, slot->len, some_id, 8));
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW, buf, 64, &len), RESUME_OK);
    assert_int_equal(len, 32);
    assert_memory_equal(buf, some_id, 32);
    slot->any_key = true;
    assert_int_equal(resume_store_get_record(store, some_id, 31, NOW, buf, 64, &len), RESUME_MISS);
    for (size_t i = 0; i < slot->len; i++) {
        slot->data[i] ^= 1;
        assert_int_equal(resume_store_get_record(store, some_id, 32, NOW, buf, 64, &len),
                         RESUME_MISS);
        slot->data[i] ^= 1;
    }
    assert_int_equal(stat_of(store, RESUME_STORE_ERRORS), 1 + slot->len);
    assert_int_equal(resume_store_get_record(store, some_id, 32, NOW + 10, buf, 64, &len),
                     RESUME_EXPIRED);
    resume_store_unref(store);
}

/* I-95: memory fails at each step; `free` is not called for a store that was not made. */
static void test_no_memory(void **state) {
    struct slot *slot = *state;
    struct resume_backend backend = backend_of(slot);
    resume_store *store = NULL;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_store_from_backend(&backend, NULL, &store), RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_int_equal(slot->frees, 0);
    store = store_of(&backend, NULL);
    static uint8_t data[20000];
    static uint8_t buf[20000];
    size_t len = 0;
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_store_put_record(store, some_id, 32, data, sizeof data, NOW + 1, NOW),
                     RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_int_equal(slot->puts, 0);
    assert_int_equal(resume_store_put_record(store, some_id, 32, data, sizeof data, NOW + 1, NOW),
                     RESUME_OK);
    rsm_alloc_fail_once(1);
    assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, sizeof buf, &len),
                     RESUME_E_NOMEM);
    rsm_alloc_fail_once(0);
    assert_int_equal(resume_store_take_record(store, some_id, 32, NOW, buf, sizeof buf, &len),
                     RESUME_OK); /* it was not lost */
    resume_store_unref(store);
}

#define WITH_SLOT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SLOT(test_round_trip_and_call_counts),
        WITH_SLOT(test_lookup_keys),
        WITH_SLOT(test_missing_functions),
        WITH_SLOT(test_take_is_not_emulated),
        WITH_SLOT(test_failures_are_counted_misses),
        WITH_SLOT(test_spoilt_records),
        WITH_SLOT(test_lazy_expiry),
        WITH_SLOT(test_buffers),
        WITH_SLOT(test_struct_size),
        WITH_SLOT(test_sealed_records),
        WITH_SLOT(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
