/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XAES-256-GCM over EVP. Deriving a key and expanding it costs more than sealing a ticket, so a
 * context seals many tickets under one derived key, and remembers the keys of tickets that it
 * opened. Only a ticket whose tag was right is worth remembering: forged ones push nothing out.
 */
#include "crypto/xaes.h"

#include "base/bytes.h"
#include "base/fork.h"
#include "base/secret.h"
#include "crypto/random.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <limits.h>

#define BLOCK  16U
#define PREFIX 12U
/* As many keys as threads and hosts seal for this one, roughly; and one that is tried out. */
#define OPENERS 8U
#define TRIAL   OPENERS

struct opener {
    EVP_CIPHER_CTX *ctx; /* made when first used */
    bool keyed;
    uint8_t prefix[PREFIX];
};

struct rsm_xaes {
    EVP_CIPHER_CTX *root; /* AES-256-ECB */
    uint8_t k1[BLOCK];
    EVP_CIPHER_CTX *seal;
    uint8_t nonce[RSM_XAES_NONCE]; /* the next */
    uint32_t left;                 /* seals of this run */
    uint64_t generation;           /* of the process that drew the nonce */
    uint32_t next_out;
    struct opener openers[OPENERS + 1];
};

/* ---- keys ---------------------------------------------------------------------------------------
 */

static bool encrypt_root(struct rsm_xaes *xaes, const uint8_t *data, int len, uint8_t *out) {
    int written = 0;
    return EVP_EncryptUpdate(xaes->root, out, &written, data, len) == 1 && written == len;
}

/* The first CMAC subkey (NIST SP 800-38B): the encrypted zero block, doubled in GF(2^128). */
static bool derive_k1(struct rsm_xaes *xaes) {
    static const uint8_t zero[BLOCK];
    uint8_t l[BLOCK];
    bool done = encrypt_root(xaes, zero, BLOCK, l);
    if (done) {
        for (size_t i = 0; i < BLOCK; i++) {
            uint32_t next = i + 1 < BLOCK ? l[i + 1] : 0;
            xaes->k1[i] = (uint8_t)((uint32_t)l[i] << 1 | next >> 7);
        }
        xaes->k1[BLOCK - 1] ^= (uint8_t)(0x87U & (0U - (uint32_t)(l[0] >> 7)));
    }
    rsm_wipe(l, sizeof l);
    return done;
}

/* Two CMACs of one block each: counter, "X", zero and the first half of the nonce. */
static bool derive(struct rsm_xaes *xaes, const uint8_t *nonce, uint8_t *key) {
    uint8_t blocks[2 * BLOCK];
    for (uint8_t n = 0; n < 2; n++) {
        uint8_t *m = blocks + n * BLOCK;
        const uint8_t head[4] = {0, (uint8_t)(n + 1), 'X', 0};
        memcpy(m, head, sizeof head);
        memcpy(m + sizeof head, nonce, PREFIX);
        for (size_t i = 0; i < BLOCK; i++) {
            m[i] ^= xaes->k1[i];
        }
    }
    bool done = encrypt_root(xaes, blocks, sizeof blocks, key);
    rsm_wipe(blocks, sizeof blocks);
    return done;
}

static bool set_key(struct rsm_xaes *xaes, EVP_CIPHER_CTX *ctx, const uint8_t *nonce) {
    uint8_t key[RSM_XAES_KEY];
    bool done = derive(xaes, nonce, key) && EVP_CipherInit_ex2(ctx, NULL, key, NULL, -1, NULL) == 1;
    rsm_wipe(key, sizeof key);
    return done;
}

static resume_status gcm_new(int encrypts, EVP_CIPHER_CTX **ret_ctx) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (!ctx) {
        return RESUME_E_NOMEM;
    }
    if (EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), NULL, NULL, encrypts, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        return RESUME_E_CRYPTO;
    }
    *ret_ctx = ctx;
    return RESUME_OK;
}

void rsm_xaes_free(struct rsm_xaes *xaes) {
    if (xaes) {
        EVP_CIPHER_CTX_free(xaes->root);
        EVP_CIPHER_CTX_free(xaes->seal);
        for (size_t i = 0; i <= OPENERS; i++) {
            EVP_CIPHER_CTX_free(xaes->openers[i].ctx);
        }
        rsm_secret_free(xaes);
    }
}

static resume_status init(struct rsm_xaes *xaes, const uint8_t *root) {
    xaes->root = EVP_CIPHER_CTX_new();
    if (!xaes->root) {
        return RESUME_E_NOMEM;
    }
    if (EVP_EncryptInit_ex2(xaes->root, EVP_aes_256_ecb(), root, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(xaes->root, 0) != 1 || !derive_k1(xaes)) {
        return RESUME_E_CRYPTO;
    }
    return gcm_new(1, &xaes->seal);
}

resume_status rsm_xaes_new(const uint8_t *root, struct rsm_xaes **ret_xaes) {
    struct rsm_xaes *xaes = rsm_secret_alloc(sizeof *xaes);
    if (!xaes) {
        return RESUME_E_NOMEM;
    }
    resume_status status = init(xaes, root);
    if (status != RESUME_OK) {
        rsm_xaes_free(xaes);
        return status;
    }
    *ret_xaes = xaes;
    return RESUME_OK;
}

/* ---- sealing ------------------------------------------------------------------------------------
 */

static bool lengths_fit(size_t aad_len, size_t data_len) {
    return aad_len <= INT_MAX && data_len <= INT_MAX;
}

static OSSL_PARAM tag_param(uint8_t *tag) {
    OSSL_PARAM param = OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, RSM_XAES_TAG);
    return param;
}

/* With a key that is set. Parameters go to libcrypto without EVP_CIPHER_CTX_ctrl(), which looks up
 * their names first. An update of no bytes would be an end, so there is none. */
static resume_status seal(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *aad,
                          size_t aad_len, const uint8_t *plain, size_t plain_len, uint8_t *cipher,
                          uint8_t *tag) {
    int n = 0;
    OSSL_PARAM params[2] = {tag_param(tag), OSSL_PARAM_END};
    if (EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce + PREFIX, NULL) == 1 &&
        (aad_len == 0 || EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1) &&
        (plain_len == 0 || EVP_EncryptUpdate(ctx, cipher, &n, plain, (int)plain_len) == 1) &&
        EVP_EncryptFinal_ex(ctx, tag, &n) == 1 && EVP_CIPHER_CTX_get_params(ctx, params) == 1) {
        return RESUME_OK;
    }
    rsm_wipe(cipher, plain_len);
    return RESUME_E_CRYPTO;
}

/* A new start: whatever came before, here or in a parent, is elsewhere among 2^192 nonces. */
static resume_status begin_run(struct rsm_xaes *xaes, uint64_t generation) {
    xaes->left = 0;
    resume_status status = rsm_random(xaes->nonce, sizeof xaes->nonce);
    if (status != RESUME_OK) {
        return status;
    }
    if (!set_key(xaes, xaes->seal, xaes->nonce)) {
        return RESUME_E_CRYPTO;
    }
    xaes->left = RSM_XAES_RUN;
    xaes->generation = generation;
    return RESUME_OK;
}

/* The last 8 bytes count, and go on from 0 at their end. */
static void next_nonce(struct rsm_xaes *xaes, uint8_t *nonce) {
    uint8_t *counter = xaes->nonce + RSM_XAES_NONCE - 8;
    memcpy(nonce, xaes->nonce, RSM_XAES_NONCE);
    rsm_put64(counter, rsm_get64(counter) + 1);
    xaes->left--;
}

resume_status rsm_xaes_seal(struct rsm_xaes *xaes, const uint8_t *aad, size_t aad_len,
                            const uint8_t *plain, size_t plain_len, uint8_t *nonce, uint8_t *cipher,
                            uint8_t *tag) {
    if (!lengths_fit(aad_len, plain_len)) {
        return RESUME_E_INVALID;
    }
    uint64_t generation = rsm_fork_generation();
    if (xaes->left == 0 || xaes->generation != generation) {
        resume_status status = begin_run(xaes, generation);
        if (status != RESUME_OK) {
            rsm_wipe(cipher, plain_len);
            return status;
        }
    }
    next_nonce(xaes, nonce);
    return seal(xaes->seal, nonce, aad, aad_len, plain, plain_len, cipher, tag);
}

resume_status rsm_xaes_seal_with(struct rsm_xaes *xaes, const uint8_t *nonce, const uint8_t *aad,
                                 size_t aad_len, const uint8_t *plain, size_t plain_len,
                                 uint8_t *cipher, uint8_t *tag) {
    if (!lengths_fit(aad_len, plain_len)) {
        return RESUME_E_INVALID;
    }
    xaes->left = 0; /* the schedule of the run under way is replaced */
    if (!set_key(xaes, xaes->seal, nonce)) {
        rsm_wipe(cipher, plain_len);
        return RESUME_E_CRYPTO;
    }
    return seal(xaes->seal, nonce, aad, aad_len, plain, plain_len, cipher, tag);
}

/* ---- opening ------------------------------------------------------------------------------------
 */

static struct opener *find(struct rsm_xaes *xaes, const uint8_t *nonce) {
    for (size_t i = 0; i < OPENERS; i++) {
        struct opener *opener = &xaes->openers[i];
        if (opener->keyed && memcmp(opener->prefix, nonce, PREFIX) == 0) {
            return opener;
        }
    }
    return NULL;
}

static resume_status key_trial(struct rsm_xaes *xaes, const uint8_t *nonce) {
    struct opener *trial = &xaes->openers[TRIAL];
    if (!trial->ctx) {
        resume_status status = gcm_new(0, &trial->ctx);
        if (status != RESUME_OK) {
            return status;
        }
    }
    if (!set_key(xaes, trial->ctx, nonce)) {
        return RESUME_E_CRYPTO;
    }
    memcpy(trial->prefix, nonce, PREFIX);
    return RESUME_OK;
}

/* Takes over the key that was tried out, in turn. */
static void admit_trial(struct rsm_xaes *xaes) {
    struct opener *place = &xaes->openers[xaes->next_out++ % OPENERS];
    struct opener trial = xaes->openers[TRIAL];
    xaes->openers[TRIAL] = *place;
    xaes->openers[TRIAL].keyed = false;
    *place = trial;
    place->keyed = true;
}

static resume_status open_under(EVP_CIPHER_CTX *ctx, const uint8_t *nonce, const uint8_t *aad,
                                size_t aad_len, const uint8_t *cipher, size_t cipher_len,
                                const uint8_t *tag, uint8_t *plain) {
    uint8_t expected[RSM_XAES_TAG];
    memcpy(expected, tag, sizeof expected); /* a parameter is not const */
    OSSL_PARAM params[2] = {tag_param(expected), OSSL_PARAM_END};
    int n = 0;
    if (EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce + PREFIX, params) != 1 ||
        (aad_len && EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) != 1) ||
        (cipher_len && EVP_DecryptUpdate(ctx, plain, &n, cipher, (int)cipher_len) != 1)) {
        rsm_wipe(plain, cipher_len);
        return RESUME_E_CRYPTO;
    }
    if (EVP_DecryptFinal_ex(ctx, expected, &n) != 1) {
        rsm_wipe(plain, cipher_len);
        return RESUME_FORGED;
    }
    return RESUME_OK;
}

resume_status rsm_xaes_open(struct rsm_xaes *xaes, const uint8_t *nonce, const uint8_t *aad,
                            size_t aad_len, const uint8_t *cipher, size_t cipher_len,
                            const uint8_t *tag, uint8_t *plain) {
    if (!lengths_fit(aad_len, cipher_len)) {
        return RESUME_E_INVALID;
    }
    struct opener *known = find(xaes, nonce);
    if (!known) {
        resume_status status = key_trial(xaes, nonce);
        if (status != RESUME_OK) {
            rsm_wipe(plain, cipher_len);
            return status;
        }
    }
    EVP_CIPHER_CTX *ctx = known ? known->ctx : xaes->openers[TRIAL].ctx;
    resume_status status = open_under(ctx, nonce, aad, aad_len, cipher, cipher_len, tag, plain);
    if (status == RESUME_OK && !known) {
        admit_trial(xaes);
    }
    return status;
}
