/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HKDF by libcrypto's EVP_KDF.
 */
#include "crypto/hkdf.h"

#include "base/bytes.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* OSSL_PARAM has no const: libcrypto only reads these. */
static OSSL_PARAM octets(const char *name, const uint8_t *data, size_t len) {
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, len);
}

resume_status rsm_hkdf_sha256(const uint8_t *ikm, size_t ikm_len, const uint8_t *salt,
                              size_t salt_len, const uint8_t *info, size_t info_len, uint8_t *out,
                              size_t out_len) {
    static char sha256[] = "SHA256";
    if (!ikm || ikm_len == 0 || out_len == 0 || out_len > RSM_HKDF_OUT_MAX ||
        info_len > RSM_HKDF_INFO_MAX) {
        rsm_wipe(out, out_len);
        return RESUME_E_INVALID;
    }
    OSSL_PARAM params[5];
    OSSL_PARAM *next = params;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0);
    *next++ = octets(OSSL_KDF_PARAM_KEY, ikm, ikm_len);
    if (salt_len) {
        *next++ = octets(OSSL_KDF_PARAM_SALT, salt, salt_len);
    }
    if (info_len) {
        *next++ = octets(OSSL_KDF_PARAM_INFO, info, info_len);
    }
    *next = OSSL_PARAM_construct_end();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool done = ctx && EVP_KDF_derive(ctx, out, out_len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    if (!done) {
        rsm_wipe(out, out_len);
    }
    return done ? RESUME_OK : RESUME_E_CRYPTO;
}
