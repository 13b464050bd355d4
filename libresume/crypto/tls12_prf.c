/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PRF(secret, label, seed) = P_hash(secret, label + seed)
 * P_hash(secret, seed)     = HMAC(secret, A(1) + seed) + HMAC(secret, A(2) + seed) + ...
 * A(0) = seed, A(i) = HMAC(secret, A(i-1))
 *
 * Over our own HMAC and not libcrypto's TLS1-PRF, which would be fetched, and would allocate, at
 * each call. The secret is hashed once, into two midstates, for all the HMACs of a call.
 */
#include "crypto/tls12_prf.h"

#include "base/bytes.h"
#include "crypto/hmac.h"

#define SIZE_MAX_OF_HASHES RSM_HMAC384_SIZE

union key {
    struct rsm_hmac_key sha256;
    struct rsm_hmac384_key sha384;
};

struct hash {
    size_t size;
    resume_status (*init)(const uint8_t *secret, size_t secret_len, union key *ret_key);
    resume_status (*mac)(const union key *key, const struct rsm_piece *pieces, size_t count,
                         uint8_t *out);
};

static resume_status init_sha256(const uint8_t *secret, size_t secret_len, union key *ret_key) {
    return rsm_hmac_key_init(secret, secret_len, &ret_key->sha256);
}

static resume_status mac_sha256(const union key *key, const struct rsm_piece *pieces, size_t count,
                                uint8_t *out) {
    return rsm_hmac_with_pieces(&key->sha256, pieces, count, out);
}

static resume_status init_sha384(const uint8_t *secret, size_t secret_len, union key *ret_key) {
    return rsm_hmac384_key_init(secret, secret_len, &ret_key->sha384);
}

static resume_status mac_sha384(const union key *key, const struct rsm_piece *pieces, size_t count,
                                uint8_t *out) {
    return rsm_hmac384_with_pieces(&key->sha384, pieces, count, out);
}

static const struct hash hashes[] = {
    [RESUME_HASH_SHA256] = {RSM_HMAC_SIZE, init_sha256, mac_sha256},
    [RESUME_HASH_SHA384] = {RSM_HMAC384_SIZE, init_sha384, mac_sha384},
};

size_t rsm_tls12_hash_size(resume_hash hash) {
    bool known = hash > 0 && (size_t)hash < sizeof hashes / sizeof hashes[0];
    return known ? hashes[hash].size : 0;
}

static resume_status expand(const struct hash *hash, const union key *key, struct rsm_piece label,
                            struct rsm_piece seed, uint8_t *out, size_t out_len) {
    uint8_t a[SIZE_MAX_OF_HASHES];
    uint8_t last[SIZE_MAX_OF_HASHES];
    const struct rsm_piece pieces[] = {{a, hash->size}, label, seed};
    resume_status status = hash->mac(key, pieces + 1, 2, a);
    while (status == RESUME_OK && out_len >= hash->size) {
        status = hash->mac(key, pieces, 3, out);
        out += hash->size;
        out_len -= hash->size;
        if (status == RESUME_OK && out_len) {
            status = hash->mac(key, pieces, 1, a);
        }
    }
    if (status == RESUME_OK && out_len) {
        status = hash->mac(key, pieces, 3, last);
        if (status == RESUME_OK) {
            memcpy(out, last, out_len);
        }
        rsm_wipe(last, sizeof last);
    }
    rsm_wipe(a, sizeof a);
    return status;
}

resume_status rsm_tls12_prf(resume_hash hash, const uint8_t *secret, size_t secret_len,
                            struct rsm_piece label, struct rsm_piece seed, uint8_t *out,
                            size_t out_len) {
    const struct hash *with = &hashes[hash];
    union key key;
    resume_status status = with->init(secret, secret_len, &key);
    if (status == RESUME_OK) {
        status = expand(with, &key, label, seed, out, out_len);
    }
    rsm_wipe(&key, sizeof key);
    if (status != RESUME_OK) {
        rsm_wipe(out, out_len);
    }
    return status;
}
