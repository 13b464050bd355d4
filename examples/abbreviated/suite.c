/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of cipher suites.
 */
#include "suite.h"

static const struct suite suites[] = {
    {0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", EVP_aes_128_gcm, EVP_sha256},
    {0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", EVP_aes_256_gcm, EVP_sha384},
    {0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", EVP_aes_128_gcm, EVP_sha256},
    {0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", EVP_aes_256_gcm, EVP_sha384},
    {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", EVP_aes_128_gcm, EVP_sha256},
    {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", EVP_aes_256_gcm, EVP_sha384},
    {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", EVP_aes_128_gcm, EVP_sha256},
    {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", EVP_aes_256_gcm, EVP_sha384},
};

const struct suite *suite_at(size_t index) {
    return index < sizeof suites / sizeof suites[0] ? &suites[index] : NULL;
}

const struct suite *suite_of(uint16_t number) {
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (suites[i].number == number) {
            return &suites[i];
        }
    }
    return NULL;
}
