/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's file from a hostile hand: the bytes as the file, the bytes as the content of a file
 * that is well sealed (I-157), and such a file with one byte changed. What is refused changes
 * nothing; what is accepted saves and loads again to the same sessions.
 */
#include "core/client.h"
#include "core/sealed_file.h"
#include "ring.h"

static resume_client *client_new(void) {
    resume_client_options *options = NULL;
    resume_client *client = NULL;
    check(resume_client_options_new(&options) == RESUME_OK);
    check(resume_client_options_set_max_sessions(options, 8) == RESUME_OK);
    check(resume_client_options_set_max_tickets(options, 2) == RESUME_OK);
    check(resume_client_new(options, &client) == RESUME_OK);
    resume_client_options_unref(options);
    return client;
}

static uint64_t number(resume_client *client, int32_t which) {
    uint64_t value = 0;
    check(resume_client_stats(client, which, &value) == RESUME_OK);
    return value;
}

static void again(resume_client *client, resume_keyring *ring) {
    struct rsm_buffer bytes = {0};
    resume_client *next = client_new();
    check(rsm_client_to_bytes(client, ring, NOW, &bytes) == RESUME_OK);
    check(rsm_client_from_bytes(next, bytes.data, bytes.len, ring, NOW) == RESUME_OK);
    for (int32_t which = RESUME_CLIENT_SESSIONS; which <= RESUME_CLIENT_BYTES; which++) {
        check(number(client, which) == number(next, which));
    }
    resume_client_unref(next);
    rsm_buffer_free(&bytes);
}

static resume_status load(resume_keyring *ring, const uint8_t *data, size_t size) {
    resume_client *client = client_new();
    uint8_t *copy = malloc(size ? size : 1); /* ends where the bytes end */
    check(copy != NULL);
    if (size) {
        memcpy(copy, data, size);
    }
    resume_status status = rsm_client_from_bytes(client, copy, size, ring, NOW);
    check(status >= 0); /* hostile bytes are never our failure */
    check(resume_client_count(client) <= 8);
    if (status == RESUME_OK) {
        again(client, ring);
    } else {
        check(resume_client_count(client) == 0);
    }
    free(copy);
    resume_client_unref(client);
    return status;
}

static void run(resume_keyring *ring, size_t at, uint8_t flip, const uint8_t *data, size_t size) {
    struct rsm_buffer file = {0};
    (void)load(ring, data, size);
    if (size == 0) {
        return;
    }
    check(rsm_sealed_file_seal(ring, "libresume client file", data, size, NOW, &file) == RESUME_OK);
    (void)load(ring, file.data, file.len);
    file.data[at % file.len] ^= flip;
    if (flip) {
        check(load(ring, file.data, file.len) != RESUME_OK);
    }
    rsm_buffer_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 3) {
        resume_keyring *ring = ring_new("fuzz-client-key!");
        run(ring, (size_t)data[0] << 8 | data[1], data[2], data + 3, size - 3);
        resume_keyring_unref(ring);
    }
    return 0;
}
