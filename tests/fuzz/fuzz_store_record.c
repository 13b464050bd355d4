/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a backend returns, and as a record of a memory: store: never a negative
 * status from a look-up, never a record that was not put.
 */
#include <resume/store.h>

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static const uint8_t id[32] = {1, 2, 3};

struct input {
    const uint8_t *data;
    size_t size;
};

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

/* Envelopes begin with the look-up key behind 9 bytes; the fuzzer cannot know it, so where the
 * input has the place it is filled in, or nothing behind that check would be reached. */
static resume_status answer(void *arg, const uint8_t *key, size_t key_len, uint64_t now_ms,
                            uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    const struct input *input = arg;
    (void)now_ms;
    *ret_len = input->size;
    if (input->size > buf_cap) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, input->data, input->size);
    if (input->size >= 9 + key_len) {
        memcpy(buf + 9, key, key_len);
    }
    return RESUME_OK;
}

static void as_backend(const struct input *input) {
    struct resume_backend backend = {.size = sizeof backend, .get = answer, .take = answer};
    struct input copy = *input;
    resume_store *store = NULL;
    resume_session *session = NULL;
    static uint8_t buf[RESUME_BACKEND_RECORD_MAX];
    size_t len = 0;
    backend.arg = &copy;
    if (resume_store_from_backend(&backend, NULL, &store) != RESUME_OK) {
        return;
    }
    resume_status status = resume_store_get(store, id, sizeof id, NOW, &session);
    require(status == RESUME_OK || status == RESUME_MISS || status == RESUME_EXPIRED);
    require((status == RESUME_OK) == (session != NULL));
    resume_session_unref(session);
    status = resume_store_take_record(store, id, sizeof id, NOW, buf, sizeof buf, &len);
    require(status == RESUME_OK || status == RESUME_MISS || status == RESUME_EXPIRED);
    require(status != RESUME_OK ||
            (len == input->size - 41 && memcmp(buf, input->data + 41, len) == 0));
    resume_store_unref(store);
}

static void in_memory(const struct input *input) {
    static uint8_t buf[RESUME_RECORD_MAX];
    resume_store *store = NULL;
    resume_session *session = NULL;
    size_t len = 0;
    if (resume_store_from_url("memory:?bytes=1M", NULL, &store) != RESUME_OK) {
        return;
    }
    resume_status put =
        resume_store_put_record(store, id, sizeof id, input->data, input->size, NOW + 1, NOW);
    require(put == (input->size > RESUME_RECORD_MAX ? RESUME_TOO_LARGE : RESUME_OK));
    if (put == RESUME_OK) {
        require(resume_store_get_record(store, id, sizeof id, NOW, buf, sizeof buf, &len) ==
                RESUME_OK);
        require(len == input->size && memcmp(buf, input->data, len) == 0);
        require(resume_store_get(store, id, sizeof id, NOW, &session) >= 0);
        resume_session_unref(session);
    }
    resume_store_unref(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    if (size > 0) {
        as_backend(&input);
        in_memory(&input);
    }
    return 0;
}
