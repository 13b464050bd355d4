/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key files: every dialect takes exactly its sizes and cuts them without gap or overlap, and what
 * the audit passes is a key that a ring takes, finds and seals with.
 */
#include <resume/keyring.h>

#include "wire/keyfile.h"

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static void try_ring(const struct rsm_keyfile *file, resume_status audit) {
    resume_keyring *ring = NULL;
    resume_key *key = NULL;
    check(resume_keyring_new(NULL, &ring) == RESUME_OK);
    resume_status status =
        resume_keyring_add(ring, file->name, 16, file->cipher_key, file->key_len, file->mac_key,
                           file->key_len, 0, UINT64_MAX, UINT64_MAX, NOW);
    check(status == audit);
    if (status == RESUME_OK) {
        check(resume_keyring_find(ring, file->name, 16, NOW, &key) == RESUME_OK);
        check(memcmp(resume_key_cipher_key(key, NULL), file->cipher_key, file->key_len) == 0);
        check(memcmp(resume_key_mac_key(key, NULL), file->mac_key, file->key_len) == 0);
        resume_key_unref(key);
    } else {
        check(resume_keyring_count(ring) == 0);
    }
    resume_keyring_unref(ring);
}

static void try_dialect(const char *name, const uint8_t *data, size_t size) {
    struct rsm_keyfile file;
    const char *reason = NULL;
    resume_status status = rsm_keyfile_parse(rsm_keyfile_dialect(name), data, size, &file);
    if (status != RESUME_OK) {
        check(status == RESUME_MALFORMED && size != 80);
        return;
    }
    size_t low = (size_t)((file.cipher_key < file.mac_key ? file.cipher_key : file.mac_key) - data);
    size_t high =
        (size_t)((file.cipher_key < file.mac_key ? file.mac_key : file.cipher_key) - data);
    check(file.name == data && low == 16 && high == 16 + file.key_len);
    check(high + file.key_len == size);
    status = resume_key_audit(data, size, &reason);
    check(status == RESUME_OK || status == RESUME_WEAK_KEY);
    check((reason[0] == '\0') == (status == RESUME_OK));
    try_ring(&file, status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_dialect("nginx", data, size);
    try_dialect("openssl", data, size);
    if (size > 80) { /* longer input still reaches the two sizes that exist */
        try_dialect("nginx", data, 80);
        try_dialect("nginx", data, 48);
    }
    return 0;
}
