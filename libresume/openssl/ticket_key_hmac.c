/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key callback in its HMAC_CTX form. OpenSSL 3 calls it deprecated, but its other form makes
 * libssl fetch HMAC and SHA-256 anew for each ticket, which costs more than all the rest.
 * ticket_key_evp.c is for a libssl without this one.
 *
 * Contexts that are keyed already hang on each key that opened a ticket, to be copied: that costs
 * less than keying new ones. They go with the key and are never changed, so many threads may copy
 * at once.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "adapter.h"

#include <openssl/hmac.h>

struct keyed {
    HMAC_CTX *mac;
    EVP_CIPHER_CTX *opens; /* for decryption */
};

static bool set_mac(const struct rsm_ticket_keys *keys, HMAC_CTX *mac) {
    return HMAC_Init_ex(mac, keys->mac_key, (int)keys->mac_len, rsm_ticket_digest(), NULL) == 1;
}

static bool set_cipher(const struct rsm_ticket_keys *keys, const uint8_t *iv,
                       EVP_CIPHER_CTX *cipher, int enc) {
    return EVP_CipherInit_ex(cipher, rsm_ticket_cipher(keys->cipher_len), NULL, keys->cipher_key,
                             iv, enc) == 1;
}

/* Both wipe what they free. */
static void free_keyed(void *extra) {
    struct keyed *keyed = extra;
    HMAC_CTX_free(keyed->mac);
    EVP_CIPHER_CTX_free(keyed->opens);
    OPENSSL_free(keyed);
}

/* Makes them for the next ticket of this key; without memory that one tries again. */
static void make_keyed(const struct rsm_ticket_keys *keys) {
    struct keyed *keyed = OPENSSL_zalloc(sizeof *keyed);
    if (!keyed) {
        return;
    }
    keyed->mac = HMAC_CTX_new();
    keyed->opens = EVP_CIPHER_CTX_new();
    bool ok = keyed->mac && keyed->opens && set_mac(keys, keyed->mac) &&
              set_cipher(keys, NULL, keyed->opens, 0);
    if (!ok || resume_key_set_extra(keys->key, keyed, free_keyed) != RESUME_OK) {
        free_keyed(keyed);
    }
}

static bool copy_keyed(const struct keyed *keyed, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                       HMAC_CTX *mac) {
    return HMAC_CTX_copy(mac, keyed->mac) == 1 && EVP_CIPHER_CTX_copy(cipher, keyed->opens) == 1 &&
           EVP_CipherInit_ex(cipher, NULL, NULL, NULL, iv, 0) == 1;
}

static bool set_keys(const struct rsm_ticket_keys *keys, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                     HMAC_CTX *mac, int enc) {
    const struct keyed *keyed = resume_key_extra(keys->key, free_keyed);
    if (keyed && !enc) {
        return copy_keyed(keyed, iv, cipher, mac);
    }
    if (!enc) {
        make_keyed(keys);
    }
    return set_mac(keys, mac) && set_cipher(keys, iv, cipher, enc);
}

static RSM_HOT int on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                          HMAC_CTX *mac, int enc) {
    struct rsm_ticket_keys keys;
    int answer = rsm_ticket_key_begin(ssl, name, iv, enc, &keys);
    bool set = answer > 0 && set_keys(&keys, iv, cipher, mac, enc);
    return rsm_ticket_key_end(ssl, &keys, enc, answer, set);
}

void rsm_ticket_key_install(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, on_key);
}

void rsm_ticket_key_remove(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, NULL);
}
