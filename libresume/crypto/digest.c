/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 and SHA-384 by libcrypto's SHA256_ and SHA384_ calls. They are deprecated in favour of
 * EVP, and used here because EVP has no way to copy a midstate without a heap allocation and
 * several indirect calls, which cost more than hashing a ticket does. The code below them is the
 * same, in assembler. The one file that speaks to them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/digest.h"

#include "base/bytes.h"
#include "base/hot.h"

#include <openssl/sha.h>

_Static_assert(sizeof(((SHA256_CTX *)0)->h) == sizeof(struct rsm_sha256_mid), "eight words");
_Static_assert(sizeof(((SHA512_CTX *)0)->h) == sizeof(struct rsm_sha384_mid), "eight words");

RSM_HOT resume_status rsm_sha256(const uint8_t *data, size_t len, uint8_t *out) {
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

/* The buffer inside is written before it is read. */
static void sha256_resume(const struct rsm_sha256_mid *mid, SHA256_CTX *ctx) {
    memcpy(ctx->h, mid->words, sizeof mid->words);
    ctx->Nl = RSM_SHA256_BLOCK * 8;
    ctx->Nh = 0;
    ctx->num = 0;
    ctx->md_len = SHA256_DIGEST_LENGTH;
}

resume_status rsm_sha256_finish(const struct rsm_sha256_mid *mid, const uint8_t *data, size_t len,
                                uint8_t *out) {
    SHA256_CTX ctx;
    sha256_resume(mid, &ctx);
    bool done = (len == 0 || SHA256_Update(&ctx, data, len) == 1) && SHA256_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

resume_status rsm_sha256_finish_pieces(const struct rsm_sha256_mid *mid,
                                       const struct rsm_piece *pieces, size_t count, uint8_t *out) {
    SHA256_CTX ctx;
    sha256_resume(mid, &ctx);
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        done = pieces[i].len == 0 || SHA256_Update(&ctx, pieces[i].data, pieces[i].len) == 1;
    }
    done = done && SHA256_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

/* ---- SHA-384 ------------------------------------------------------------------------------------
 */

resume_status rsm_sha384(const uint8_t *data, size_t len, uint8_t *out) {
    SHA512_CTX ctx;
    bool done = SHA384_Init(&ctx) == 1 && (len == 0 || SHA384_Update(&ctx, data, len) == 1) &&
                SHA384_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

resume_status rsm_sha384_begin(const uint8_t *block, struct rsm_sha384_mid *ret_mid) {
    SHA512_CTX ctx;
    bool done = SHA384_Init(&ctx) == 1 && SHA384_Update(&ctx, block, RSM_SHA384_BLOCK) == 1;
    if (done) {
        memcpy(ret_mid->words, ctx.h, sizeof ret_mid->words);
    }
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

resume_status rsm_sha384_finish_pieces(const struct rsm_sha384_mid *mid,
                                       const struct rsm_piece *pieces, size_t count, uint8_t *out) {
    SHA512_CTX ctx; /* as above */
    memcpy(ctx.h, mid->words, sizeof mid->words);
    ctx.Nl = RSM_SHA384_BLOCK * 8;
    ctx.Nh = 0;
    ctx.num = 0;
    ctx.md_len = SHA384_DIGEST_LENGTH;
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        done = pieces[i].len == 0 || SHA384_Update(&ctx, pieces[i].data, pieces[i].len) == 1;
    }
    done = done && SHA384_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}

/* ---- SHA-512 ------------------------------------------------------------------------------------
 */

resume_status rsm_sha512(const uint8_t *data, size_t len, uint8_t *out) {
    SHA512_CTX ctx;
    bool done = SHA512_Init(&ctx) == 1 && (len == 0 || SHA512_Update(&ctx, data, len) == 1) &&
                SHA512_Final(out, &ctx) == 1;
    rsm_wipe(&ctx, sizeof ctx);
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}
