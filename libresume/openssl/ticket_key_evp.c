/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key callback in its EVP_MAC form, for a libssl without the HMAC_CTX form, which is quicker:
 * ticket_key_hmac.c.
 */
#include "adapter.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

static bool set_keys(const struct rsm_ticket_keys *keys, const uint8_t *iv, EVP_CIPHER_CTX *cipher,
                     EVP_MAC_CTX *mac, int enc) {
    char digest[] = "SHA2-256"; /* read by EVP_MAC_init(), not kept */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_init(mac, keys->mac_key, keys->mac_len, params) == 1 &&
           EVP_CipherInit_ex(cipher, rsm_ticket_cipher(keys->cipher_len), NULL, keys->cipher_key,
                             iv, enc) == 1;
}

static int on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                  EVP_MAC_CTX *mac, int enc) {
    struct rsm_ticket_keys keys;
    int answer = rsm_ticket_key_begin(ssl, name, iv, enc, &keys);
    bool set = answer > 0 && set_keys(&keys, iv, cipher, mac, enc);
    return rsm_ticket_key_end(ssl, &keys, enc, answer, set);
}

void rsm_ticket_key_install(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_key);
}

void rsm_ticket_key_remove(SSL_CTX *ctx) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, NULL);
}
