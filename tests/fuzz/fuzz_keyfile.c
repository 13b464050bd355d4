/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key files of every dialect; the first byte chooses it. Whatever parses is written and parsed
 * again to the same keys, and what the audit passes makes a ring that exports those very bytes.
 */
#include <resume/keyring.h>

#include "base/secret.h"
#include "base/url.h"
#include "wire/keyfile.h"

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static void check_key(const struct rsm_keyfile_key *key) {
    check(key->cipher_len == 16 || key->cipher_len == 32);
    check(key->mac_len == key->cipher_len || key->mac_len == 64);
    check(key->role != RSM_KEYFILE_TIMED || key->not_before_s <= key->not_after_s);
}

static void check_same(const struct rsm_keyfile_key *a, const struct rsm_keyfile_key *b) {
    check(memcmp(a->name, b->name, sizeof a->name) == 0 && a->role == b->role);
    check(a->cipher_len == b->cipher_len && a->mac_len == b->mac_len);
    check(memcmp(a->cipher_key, b->cipher_key, a->cipher_len) == 0);
    check(memcmp(a->mac_key, b->mac_key, a->mac_len) == 0);
    check(a->not_before_s == b->not_before_s && a->not_after_s == b->not_after_s);
    check(a->has_seed == b->has_seed && memcmp(a->seed, b->seed, sizeof a->seed) == 0);
}

/* Parsed, written, parsed. */
static bool try_file(const struct rsm_keyfile_dialect *dialect, const uint8_t *data, size_t size) {
    struct rsm_keyfile *file = rsm_keyfile_new(dialect);
    struct rsm_keyfile *again = rsm_keyfile_new(dialect);
    struct rsm_buffer out = {0};
    char why[RSM_WHY_SIZE] = "";
    check(file && again);
    resume_status status = rsm_keyfile_parse(data, size, file, why);
    check(status == RESUME_OK || (status == RESUME_MALFORMED && why[0] != '\0'));
    if (status == RESUME_OK) {
        check(file->count >= dialect->least && file->count <= dialect->most);
        check(rsm_keyfile_write(file, &out, why) == RESUME_OK);
        check(out.len <= RSM_KEYFILE_MAX);
        check(rsm_keyfile_parse(out.data, out.len, again, why) == RESUME_OK);
        check(again->count == file->count);
        for (size_t i = 0; i < file->count; i++) {
            check_key(&file->keys[i]);
            check_same(&file->keys[i], &again->keys[i]);
        }
    }
    rsm_buffer_free(&out);
    rsm_secret_free(file);
    rsm_secret_free(again);
    return status == RESUME_OK;
}

/* What a ring took is what it gives: exported and imported, the export stays the same. */
static void try_ring(const char *dialect, const uint8_t *data, size_t size, bool parses) {
    static uint8_t first[RESUME_KEYRING_FILE_MAX], second[RESUME_KEYRING_FILE_MAX];
    resume_keyring *ring = NULL;
    resume_keyring *again = NULL;
    size_t first_len = 0, second_len = 0;
    resume_status status = resume_keyring_import(data, size, dialect, NULL, NOW, &ring);
    check(parses || status == RESUME_E_INVALID);
    check(status == RESUME_OK || ring == NULL);
    if (status != RESUME_OK) {
        check(!parses || status == RESUME_WEAK_KEY || status == RESUME_EXISTS ||
              status == RESUME_EXPIRED);
        return;
    }
    if (resume_keyring_export(ring, dialect, -1, NULL, NOW, first, sizeof first, &first_len) ==
        RESUME_OK) {
        check(resume_keyring_import(first, first_len, dialect, NULL, NOW, &again) == RESUME_OK);
        check(resume_keyring_count(again) == resume_keyring_count(ring));
        check(resume_keyring_export(again, dialect, -1, NULL, NOW, second, sizeof second,
                                    &second_len) == RESUME_OK);
        check(second_len == first_len && memcmp(first, second, first_len) == 0);
    }
    resume_keyring_unref(again);
    resume_keyring_unref(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    size_t count = 0;
    while (rsm_keyfile_dialect_at(count)) {
        count++;
    }
    if (size == 0) {
        return 0;
    }
    const struct rsm_keyfile_dialect *dialect = rsm_keyfile_dialect_at(data[0] % count);
    bool parses = try_file(dialect, data + 1, size - 1);
    try_ring(dialect->name, data + 1, size - 1, parses);
    return 0;
}
