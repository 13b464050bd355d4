/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key callback in its HMAC_CTX form. OpenSSL 3 calls it deprecated, but its other form makes
 * libssl fetch HMAC and SHA-256 anew for each ticket, which costs more than all the rest.
 * ticket_key_evp.c is for a libssl without this one.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "adapter.h"

#include <openssl/hmac.h>

static bool set_keys(const struct rsm_ticket_keys *keys, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                     HMAC_CTX *mac, int enc) {
    return HMAC_Init_ex(mac, keys->mac_key, (int)keys->mac_len, rsm_ticket_digest(), NULL) == 1 &&
           EVP_CipherInit_ex(cipher, rsm_ticket_cipher(keys->cipher_len), NULL, keys->cipher_key,
                             iv, enc) == 1;
}

static int on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
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
