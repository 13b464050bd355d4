/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 by libcrypto's SHA256_ calls. They are deprecated in favour of EVP, and used here because
 * EVP has no way to copy a midstate without a heap allocation and several indirect calls, which
 * cost more than hashing a ticket does. The code below them is the same, in assembler. The one file
 * that speaks to them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include "base/bytes.h"

#include <openssl/sha.h>

_Static_assert(sizeof(((SHA256_CTX *)0)->h) == sizeof(struct rsm_sha256_mid), "eight words");

resume_status rsm_sha256(const uint8_t *data, size_t len, uint8_t *out) {
    SHA256_CTX ctx;
    bool done = SHA256_Init(&ctx) == 1 && (len == 0 || SHA256_Update(&ctx, data, len) == 1) &&
                SHA256_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

resume_status rsm_sha256_begin(const uint8_t *block, struct rsm_sha256_mid *ret_mid) {
    SHA256_CTX ctx;
    bool done = SHA256_Init(&ctx) == 1 && SHA256_Update(&ctx, block, RSM_SHA256_BLOCK) == 1;
    if (done) {
        memcpy(ret_mid->words, ctx.h, sizeof ret_mid->words);
    }
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

resume_status rsm_sha256_finish(const struct rsm_sha256_mid *mid, const uint8_t *data, size_t len,
                                uint8_t *out) {
    SHA256_CTX ctx; /* the buffer inside is written before it is read */
    memcpy(ctx.h, mid->words, sizeof mid->words);
    ctx.Nl = RSM_SHA256_BLOCK * 8;
    ctx.Nh = 0;
    ctx.num = 0;
    ctx.md_len = SHA256_DIGEST_LENGTH;
    bool done = (len == 0 || SHA256_Update(&ctx, data, len) == 1) && SHA256_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}
