/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC (RFC 2104 section 2): the hash of the key's outer pad and the hash of the key's inner pad
 * and the data. Both pads fill a block each, so a key is two midstates.
 */
#include "crypto/hmac.h"

#include "base/bytes.h"

#define INNER 0x36U
#define OUTER 0x5cU

static resume_status begin_with(const uint8_t *block, uint8_t pad, struct rsm_sha256_mid *ret_mid) {
    uint8_t padded[RSM_SHA256_BLOCK];
    for (size_t i = 0; i < sizeof padded; i++) {
        padded[i] = (uint8_t)(block[i] ^ pad);
    }
    resume_status status = rsm_sha256_begin(padded, ret_mid);
    rsm_wipe(padded, sizeof padded);
    return status;
}

resume_status rsm_hmac_key_init(const uint8_t *key, size_t key_len, struct rsm_hmac_key *ret_key) {
    uint8_t block[RSM_SHA256_BLOCK] = {0};
    resume_status status = RESUME_OK;
    if (key_len > sizeof block) {
        status = rsm_sha256(key, key_len, block);
    } else if (key_len) {
        memcpy(block, key, key_len);
    }
    if (status == RESUME_OK) {
        status = begin_with(block, INNER, &ret_key->inner);
    }
    if (status == RESUME_OK) {
        status = begin_with(block, OUTER, &ret_key->outer);
    }
    rsm_wipe(block, sizeof block);
    return status;
}

resume_status rsm_hmac_with(const struct rsm_hmac_key *key, const uint8_t *data, size_t len,
                            uint8_t *out) {
    uint8_t inner[RSM_SHA256_SIZE];
    resume_status status = rsm_sha256_finish(&key->inner, data, len, inner);
    if (status == RESUME_OK) {
        status = rsm_sha256_finish(&key->outer, inner, sizeof inner, out);
    }
    return status;
}

resume_status rsm_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
                              uint8_t *out) {
    struct rsm_hmac_key prepared;
    resume_status status = rsm_hmac_key_init(key, key_len, &prepared);
    if (status == RESUME_OK) {
        status = rsm_hmac_with(&prepared, data, len, out);
    }
    rsm_wipe(&prepared, sizeof prepared);
    return status;
}

resume_status rsm_hmac_with_pieces(const struct rsm_hmac_key *key, const struct rsm_piece *pieces,
                                   size_t count, uint8_t *out) {
    uint8_t inner[RSM_SHA256_SIZE];
    resume_status status = rsm_sha256_finish_pieces(&key->inner, pieces, count, inner);
    if (status == RESUME_OK) {
        status = rsm_sha256_finish(&key->outer, inner, sizeof inner, out);
    }
    rsm_wipe(inner, sizeof inner);
    return status;
}

/* ---- SHA-384 ------------------------------------------------------------------------------------
 */

static resume_status begin384_with(const uint8_t *block, uint8_t pad,
                                   struct rsm_sha384_mid *ret_mid) {
    uint8_t padded[RSM_SHA384_BLOCK];
    for (size_t i = 0; i < sizeof padded; i++) {
        padded[i] = (uint8_t)(block[i] ^ pad);
    }
    resume_status status = rsm_sha384_begin(padded, ret_mid);
    rsm_wipe(padded, sizeof padded);
    return status;
}

resume_status rsm_hmac384_key_init(const uint8_t *key, size_t key_len,
                                   struct rsm_hmac384_key *ret_key) {
    uint8_t block[RSM_SHA384_BLOCK] = {0};
    resume_status status = RESUME_OK;
    if (key_len > sizeof block) {
        status = rsm_sha384(key, key_len, block);
    } else if (key_len) {
        memcpy(block, key, key_len);
    }
    if (status == RESUME_OK) {
        status = begin384_with(block, INNER, &ret_key->inner);
    }
    if (status == RESUME_OK) {
        status = begin384_with(block, OUTER, &ret_key->outer);
    }
    rsm_wipe(block, sizeof block);
    return status;
}

resume_status rsm_hmac384_with_pieces(const struct rsm_hmac384_key *key,
                                      const struct rsm_piece *pieces, size_t count, uint8_t *out) {
    uint8_t inner[RSM_SHA384_SIZE];
    const struct rsm_piece hashed = {inner, sizeof inner};
    resume_status status = rsm_sha384_finish_pieces(&key->inner, pieces, count, inner);
    if (status == RESUME_OK) {
        status = rsm_sha384_finish_pieces(&key->outer, &hashed, 1, out);
    }
    rsm_wipe(inner, sizeof inner);
    return status;
}
