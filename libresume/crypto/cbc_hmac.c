/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing and opening with contexts that are never initialized again. EVP gives a CBC context its
 * IV by an initialization, which costs as much as several blocks. It is not needed: CBC encrypts
 * E(P xor C), where C is the block before or the IV, and a context that has worked holds its last
 * block of ciphertext as C. That block is public and remembered here, so a first plaintext block of
 * P xor IV xor C makes the context compute E(P xor IV), just what the new IV asks for; decryption
 * corrects its first block likewise afterwards. Padding is done here, so one call does it all.
 */
#include "crypto/cbc_hmac.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

#include <openssl/evp.h>

#include <limits.h>

/* A context and the C of the comment above. */
struct chain {
    EVP_CIPHER_CTX *ctx;
    bool known; /* false: at first and after a failure */
    uint8_t last[RSM_CBC_BLOCK];
};

struct rsm_cbc_hmac {
    struct rsm_hmac_key mac;
    struct chain encrypt, decrypt;
};

static bool chain_init(struct chain *chain, const uint8_t *key, size_t key_len, int encrypts) {
    const EVP_CIPHER *cipher = key_len == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
    return EVP_CipherInit_ex2(chain->ctx, cipher, key, chain->last, encrypts, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(chain->ctx, 0) == 1;
}

/* Brings a chain to a known block. */
static bool chain_restart(struct chain *chain) {
    memset(chain->last, 0, sizeof chain->last);
    chain->known = EVP_CipherInit_ex2(chain->ctx, NULL, NULL, chain->last, -1, NULL) == 1;
    return chain->known;
}

/* data and out may be the same; len is a positive multiple of the block. */
static bool chain_run(struct chain *chain, const uint8_t *data, size_t len, uint8_t *out) {
    int written = 0;
    chain->known =
        EVP_CipherUpdate(chain->ctx, out, &written, data, (int)len) == 1 && (size_t)written == len;
    return chain->known;
}

static void remember(struct chain *chain, const uint8_t *block) {
    memcpy(chain->last, block, sizeof chain->last);
}

static void xor_block(uint8_t *to, const uint8_t *a, const uint8_t *b) {
    for (size_t i = 0; i < RSM_CBC_BLOCK; i++) {
        to[i] = (uint8_t)(to[i] ^ a[i] ^ b[i]);
    }
}

void rsm_cbc_hmac_free(struct rsm_cbc_hmac *context) {
    if (context) {
        EVP_CIPHER_CTX_free(context->encrypt.ctx);
        EVP_CIPHER_CTX_free(context->decrypt.ctx);
        rsm_secret_free(context);
    }
}

static resume_status init(struct rsm_cbc_hmac *context, const uint8_t *cipher_key,
                          size_t cipher_key_len, const uint8_t *mac_key, size_t mac_key_len) {
    context->encrypt.ctx = EVP_CIPHER_CTX_new();
    context->decrypt.ctx = EVP_CIPHER_CTX_new();
    if (!context->encrypt.ctx || !context->decrypt.ctx) {
        return RESUME_E_NOMEM;
    }
    if (!chain_init(&context->encrypt, cipher_key, cipher_key_len, 1) ||
        !chain_init(&context->decrypt, cipher_key, cipher_key_len, 0)) {
        return RESUME_E_CRYPTO;
    }
    return rsm_hmac_key_init(mac_key, mac_key_len, &context->mac);
}

resume_status rsm_cbc_hmac_new(const uint8_t *cipher_key, size_t cipher_key_len,
                               const uint8_t *mac_key, size_t mac_key_len,
                               struct rsm_cbc_hmac **ret_context) {
    if (cipher_key_len != 16 && cipher_key_len != 32) {
        return RESUME_E_INVALID;
    }
    struct rsm_cbc_hmac *context = rsm_secret_alloc(sizeof *context);
    if (!context) {
        return RESUME_E_NOMEM;
    }
    resume_status status = init(context, cipher_key, cipher_key_len, mac_key, mac_key_len);
    if (status != RESUME_OK) {
        rsm_cbc_hmac_free(context);
        return status;
    }
    *ret_context = context;
    return RESUME_OK;
}

/* body holds len bytes of padded plaintext and then their ciphertext. */
static bool encrypt(struct chain *chain, const uint8_t *iv, uint8_t *body, size_t len) {
    if (!chain->known && !chain_restart(chain)) {
        return false;
    }
    xor_block(body, iv, chain->last);
    if (!chain_run(chain, body, len, body)) {
        return false;
    }
    remember(chain, body + len - RSM_CBC_BLOCK);
    return true;
}

/* Both layouts; head is a constant in each caller. A length is behind the IV if it leaves room. */
static inline resume_status seal_at(struct rsm_cbc_hmac *context, const uint8_t *name,
                                    const uint8_t *plain, size_t plain_len, size_t head,
                                    uint8_t *out) {
    uint8_t *iv = out + RSM_CBC_NAME;
    uint8_t *body = out + head;
    size_t padding = RSM_CBC_BLOCK - plain_len % RSM_CBC_BLOCK;
    size_t body_len = plain_len + padding;
    if (body != plain && plain_len) {
        memcpy(body, plain, plain_len);
    }
    memset(body + plain_len, (int)padding, padding);
    memcpy(out, name, RSM_CBC_NAME);
    if (head > RSM_CBC_HEAD) {
        rsm_put16(out + RSM_CBC_HEAD, (uint16_t)body_len);
    }
    resume_status status = rsm_random(iv, RSM_CBC_BLOCK);
    if (status == RESUME_OK && !encrypt(&context->encrypt, iv, body, body_len)) {
        status = RESUME_E_CRYPTO;
    }
    if (status == RESUME_OK) {
        status = rsm_hmac_with(&context->mac, out, head + body_len, body + body_len);
    }
    if (status != RESUME_OK) {
        rsm_wipe(body, body_len);
    }
    return status;
}

resume_status rsm_cbc_hmac_seal(struct rsm_cbc_hmac *context, const uint8_t *name,
                                const uint8_t *plain, size_t plain_len, uint8_t *out) {
    if (plain_len > INT_MAX - 2 * RSM_CBC_BLOCK) {
        return RESUME_E_INVALID;
    }
    return seal_at(context, name, plain, plain_len, RSM_CBC_HEAD, out);
}

resume_status rsm_cbc_hmac_seal_struct(struct rsm_cbc_hmac *context, const uint8_t *name,
                                       const uint8_t *plain, size_t plain_len, uint8_t *out) {
    if (plain_len > UINT16_MAX - RSM_CBC_BLOCK) {
        return RESUME_E_INVALID;
    }
    return seal_at(context, name, plain, plain_len, RSM_CBC_STRUCT_HEAD, out);
}

/* Hides a value from the compiler, which then cannot make a branch of what follows. */
static inline uint32_t opaque(uint32_t value) {
    __asm__("" : "+r"(value));
    return value;
}

/* All ones if a < b, for numbers below 2^31. */
static inline uint32_t less_ct(uint32_t a, uint32_t b) {
    return opaque(0U - ((a - b) >> 31));
}

size_t rsm_cbc_padding_ct(const uint8_t *plain, size_t len) {
    uint32_t padding = plain[len - 1];
    uint32_t wrong = less_ct(padding, 1) | less_ct(RSM_CBC_BLOCK, padding);
    for (uint32_t i = 0; i < RSM_CBC_BLOCK; i++) {
        wrong |= less_ct(i, padding) & (plain[len - 1 - i] ^ padding);
    }
    return padding & ~less_ct(0, wrong & 0x7fffffffU);
}

/* plain may be body. */
static bool decrypt(struct chain *chain, const uint8_t *iv, const uint8_t *body, size_t len,
                    uint8_t *plain) {
    if (!chain->known && !chain_restart(chain)) {
        return false;
    }
    uint8_t before[RSM_CBC_BLOCK];
    memcpy(before, chain->last, sizeof before);
    remember(chain, body + len - RSM_CBC_BLOCK);
    if (!chain_run(chain, body, len, plain)) {
        return false;
    }
    xor_block(plain, iv, before);
    return true;
}

/* Both layouts, of a ticket whose lengths are good. */
static inline resume_status open_at(struct rsm_cbc_hmac *context, const uint8_t *ticket,
                                    size_t ticket_len, size_t head, uint8_t *plain,
                                    size_t *ret_len) {
    size_t signed_len = ticket_len - RSM_CBC_MAC;
    size_t body_len = signed_len - head;
    uint8_t mac[RSM_CBC_MAC];
    resume_status status = rsm_hmac_with(&context->mac, ticket, signed_len, mac);
    if (status != RESUME_OK) {
        return status;
    }
    if (!rsm_equal_ct(mac, ticket + signed_len, RSM_CBC_MAC)) {
        return RESUME_FORGED;
    }
    size_t padding = 0;
    status = RESUME_E_CRYPTO;
    if (decrypt(&context->decrypt, ticket + RSM_CBC_NAME, ticket + head, body_len, plain)) {
        padding = rsm_cbc_padding_ct(plain, body_len);
        status = padding ? RESUME_OK : RESUME_FORGED;
    }
    if (status != RESUME_OK) {
        rsm_wipe(plain, body_len);
        return status;
    }
    *ret_len = body_len - padding;
    return RESUME_OK;
}

resume_status rsm_cbc_hmac_open(struct rsm_cbc_hmac *context, const uint8_t *ticket,
                                size_t ticket_len, uint8_t *plain, size_t *ret_len) {
    if (ticket_len < RSM_CBC_MIN || ticket_len > INT_MAX || ticket_len % RSM_CBC_BLOCK != 0) {
        return RESUME_MALFORMED; /* all other parts are multiples of the block, too */
    }
    return open_at(context, ticket, ticket_len, RSM_CBC_HEAD, plain, ret_len);
}

resume_status rsm_cbc_hmac_open_struct(struct rsm_cbc_hmac *context, const uint8_t *ticket,
                                       size_t ticket_len, uint8_t *plain, size_t *ret_len) {
    const size_t around = RSM_CBC_STRUCT_HEAD + RSM_CBC_MAC;
    if (ticket_len < around + RSM_CBC_BLOCK || ticket_len > around + UINT16_MAX ||
        (ticket_len - around) % RSM_CBC_BLOCK != 0 ||
        rsm_get16(ticket + RSM_CBC_HEAD) != ticket_len - around) {
        return RESUME_MALFORMED;
    }
    return open_at(context, ticket, ticket_len, RSM_CBC_STRUCT_HEAD, plain, ret_len);
}
