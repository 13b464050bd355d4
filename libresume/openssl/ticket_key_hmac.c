/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key callback in its HMAC_CTX form. OpenSSL 3 calls it deprecated, but its other form makes
 * libssl fetch HMAC and SHA-256 anew for each ticket, which costs more than all the rest.
 * ticket_key_evp.c is for a libssl without this one.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "adapter.h"

#include <openssl/hmac.h>

static bool set_keys(const resume_key *key, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                     HMAC_CTX *mac, int enc) {
    size_t cipher_len = 0;
    size_t mac_len = 0;
    const uint8_t *cipher_key = resume_key_cipher_key(key, &cipher_len);
    const uint8_t *mac_key = resume_key_mac_key(key, &mac_len);
    return HMAC_Init_ex(mac, mac_key, (int)mac_len, rsm_ticket_digest(), NULL) == 1 &&
           EVP_CipherInit_ex(cipher, rsm_ticket_cipher(cipher_len), NULL, cipher_key, iv, enc) == 1;
}

static int on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                  HMAC_CTX *mac, int enc) {
    int answer = 1;
    resume_key *key =
        enc ? rsm_ticket_key_to_seal(ssl, name, iv) : rsm_ticket_key_to_open(ssl, name, &answer);
    if (!key) {
        return 0;
    }
    bool ok = set_keys(key, iv, cipher, mac, enc);
    resume_key_unref(key);
    return ok ? answer : 0;
}

void rsm_ticket_key_install(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, on_key);
}

void rsm_ticket_key_remove(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_cb(ctx, NULL);
}
