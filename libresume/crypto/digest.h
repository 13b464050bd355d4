/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, SHA-384 and SHA-512 (FIPS 180-4), at once or, but for SHA-512, from a midstate: what is
 * left of the hash after some first block, kept so that a later hash with the same first block
 * starts behind it. Not a MAC: see hmac.h.
 */
#ifndef RSM_CRYPTO_DIGEST_H
#define RSM_CRYPTO_DIGEST_H

#include <resume/status.h>

#define RSM_SHA256_SIZE  32U
#define RSM_SHA256_BLOCK 64U
#define RSM_SHA384_SIZE  48U
#define RSM_SHA384_BLOCK 128U
#define RSM_SHA512_SIZE  64U

/* As secret as the block it comes from. */
struct rsm_sha256_mid {
    uint32_t words[8];
};

struct rsm_sha384_mid {
    uint64_t words[8];
};

/* Bytes that are hashed behind one another as if they lay so; data may be NULL with length 0. */
struct rsm_piece {
    const uint8_t *data;
    size_t len;
};

/* out has RSM_SHA256_SIZE bytes. RESUME_OK or RESUME_E_CRYPTO; so all here. */
RESUME_MUST_USE resume_status rsm_sha256(const uint8_t *data, size_t len, uint8_t *out);

/* Takes one block of RSM_SHA256_BLOCK bytes. */
RESUME_MUST_USE resume_status rsm_sha256_begin(const uint8_t *block,
                                               struct rsm_sha256_mid *ret_mid);

/* The hash of the block followed by data. Wipes what it kept in between. */
RESUME_MUST_USE resume_status rsm_sha256_finish(const struct rsm_sha256_mid *mid,
                                                const uint8_t *data, size_t len, uint8_t *out);

/* The same for pieces; out may be one of them. */
RESUME_MUST_USE resume_status rsm_sha256_finish_pieces(const struct rsm_sha256_mid *mid,
                                                       const struct rsm_piece *pieces, size_t count,
                                                       uint8_t *out);

/* The three for SHA-384: RSM_SHA384_SIZE, RSM_SHA384_BLOCK. */
RESUME_MUST_USE resume_status rsm_sha384(const uint8_t *data, size_t len, uint8_t *out);
RESUME_MUST_USE resume_status rsm_sha384_begin(const uint8_t *block,
                                               struct rsm_sha384_mid *ret_mid);
RESUME_MUST_USE resume_status rsm_sha384_finish_pieces(const struct rsm_sha384_mid *mid,
                                                       const struct rsm_piece *pieces, size_t count,
                                                       uint8_t *out);

/* SHA-512; out has RSM_SHA512_SIZE bytes. */
RESUME_MUST_USE resume_status rsm_sha512(const uint8_t *data, size_t len, uint8_t *out);

#endif
