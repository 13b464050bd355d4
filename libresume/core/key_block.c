/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key block of a TLS 1.2 connection: one piece of memory, made once, read in parts.
 */
#include <resume/tls12.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/ref.h"
#include "crypto/tls12_prf.h"

#define PARTS    RESUME_KEY_BLOCK_ALL
#define KEYS_MAX (2 * (48U + 32U)) /* AES-256-CBC with SHA-384 */

struct resume_key_block {
    struct rsm_ref ref;
    uint8_t starts[PARTS + 1]; /* the last is where the last part ends */
    uint8_t bytes[KEYS_MAX];
};

/* Parts come in pairs, the client's before the server's. */
static resume_status divide(resume_key_block *key_block, uint16_t cipher_suite,
                            resume_hash *ret_hash) {
    size_t lens[PARTS / 2];
    resume_status status = resume_tls12_suite(cipher_suite, ret_hash, &lens[0], &lens[1], &lens[2]);
    if (status != RESUME_OK) {
        return status;
    }
    size_t end = 0;
    for (size_t i = 0; i < PARTS; i++) {
        key_block->starts[i] = (uint8_t)end;
        end += lens[i / 2];
    }
    key_block->starts[PARTS] = (uint8_t)end;
    return end <= KEYS_MAX ? RESUME_OK : RESUME_UNSUPPORTED;
}

static resume_status fill(resume_key_block *key_block, uint16_t cipher_suite,
                          const uint8_t *master_secret, const uint8_t *client_random,
                          const uint8_t *server_random) {
    static const char label[] = "key expansion";
    resume_hash hash = 0;
    resume_status status = divide(key_block, cipher_suite, &hash);
    if (status != RESUME_OK) {
        return status;
    }
    /* The server's comes first here, and only here. */
    uint8_t randoms[2 * RESUME_TLS12_RANDOM_SIZE];
    memcpy(randoms, server_random, RESUME_TLS12_RANDOM_SIZE);
    memcpy(randoms + RESUME_TLS12_RANDOM_SIZE, client_random, RESUME_TLS12_RANDOM_SIZE);
    const struct rsm_piece name = {(const uint8_t *)label, sizeof label - 1};
    const struct rsm_piece seed = {randoms, sizeof randoms};
    return rsm_tls12_prf(hash, master_secret, RESUME_TLS12_MASTER_SECRET_SIZE, name, seed,
                         key_block->bytes, key_block->starts[PARTS]);
}

resume_status resume_key_block_new(uint16_t cipher_suite, const uint8_t *master_secret,
                                   const uint8_t *client_random, const uint8_t *server_random,
                                   resume_key_block **ret_key_block) {
    if (!master_secret || !client_random || !server_random || !ret_key_block) {
        return RESUME_E_INVALID;
    }
    resume_key_block *key_block = rsm_calloc(1, sizeof *key_block);
    if (!key_block) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&key_block->ref);
    resume_status status =
        fill(key_block, cipher_suite, master_secret, client_random, server_random);
    if (status != RESUME_OK) {
        resume_key_block_unref(key_block);
        return status;
    }
    *ret_key_block = key_block;
    return RESUME_OK;
}

resume_key_block *resume_key_block_ref(resume_key_block *key_block) {
    if (key_block) {
        rsm_ref_get(&key_block->ref);
    }
    return key_block;
}

resume_key_block *resume_key_block_unref(resume_key_block *key_block) {
    if (key_block && rsm_ref_put(&key_block->ref)) {
        rsm_free_wiped(key_block, sizeof *key_block);
    }
    return NULL;
}

const uint8_t *resume_key_block_part(const resume_key_block *key_block, int32_t part,
                                     size_t *ret_len) {
    const uint8_t *at = NULL;
    size_t len = 0;
    if (key_block && part >= 0 && part <= RESUME_KEY_BLOCK_ALL) {
        size_t first = part == RESUME_KEY_BLOCK_ALL ? 0 : (size_t)part;
        size_t behind = part == RESUME_KEY_BLOCK_ALL ? PARTS : first + 1;
        len = (size_t)(key_block->starts[behind] - key_block->starts[first]);
        at = len ? key_block->bytes + key_block->starts[first] : NULL;
    }
    if (ret_len) {
        *ret_len = len;
    }
    return at;
}
