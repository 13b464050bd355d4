/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the PRF is asked in TLS 1.2, with the labels and seeds of the RFCs. The key block stands in
 * key_block.c, the suites in tls12_suite.c.
 */
#include <resume/tls12.h>

#include "base/bytes.h"
#include "crypto/tls12_prf.h"

static struct rsm_piece label_of(const char *label, size_t len) {
    struct rsm_piece piece = {(const uint8_t *)label, len};
    return piece;
}

resume_status resume_tls12_prf(resume_hash hash, const uint8_t *secret, size_t secret_len,
                               const char *label, const uint8_t *seed, size_t seed_len,
                               uint8_t *buf, size_t buf_len) {
    if (!secret || !secret_len || !label || (!seed && seed_len) || !buf || !buf_len ||
        !rsm_tls12_hash_size(hash)) {
        return RESUME_E_INVALID;
    }
    size_t label_len = strnlen(label, RESUME_TLS12_LABEL_MAX + 1);
    if (label_len > RESUME_TLS12_LABEL_MAX) {
        return RESUME_E_INVALID;
    }
    const struct rsm_piece seeds = {seed, seed_len};
    return rsm_tls12_prf(hash, secret, secret_len, label_of(label, label_len), seeds, buf, buf_len);
}

/* Writes only what is whole. */
static resume_status make_master_secret(resume_hash hash, const uint8_t *premaster,
                                        size_t premaster_len, struct rsm_piece label,
                                        struct rsm_piece seed, uint8_t *ret_master_secret) {
    uint8_t made[RESUME_TLS12_MASTER_SECRET_SIZE];
    resume_status status =
        rsm_tls12_prf(hash, premaster, premaster_len, label, seed, made, sizeof made);
    if (status == RESUME_OK) {
        memcpy(ret_master_secret, made, sizeof made);
    }
    rsm_wipe(made, sizeof made);
    return status;
}

resume_status resume_tls12_master_secret(uint16_t cipher_suite, const uint8_t *premaster,
                                         size_t premaster_len, const uint8_t *client_random,
                                         const uint8_t *server_random, uint8_t *ret_master_secret) {
    static const char label[] = "master secret";
    if (!premaster || !premaster_len || !client_random || !server_random || !ret_master_secret) {
        return RESUME_E_INVALID;
    }
    resume_hash hash = 0;
    resume_status status = resume_tls12_suite(cipher_suite, &hash, NULL, NULL, NULL);
    if (status != RESUME_OK) {
        return status;
    }
    uint8_t randoms[2 * RESUME_TLS12_RANDOM_SIZE];
    memcpy(randoms, client_random, RESUME_TLS12_RANDOM_SIZE);
    memcpy(randoms + RESUME_TLS12_RANDOM_SIZE, server_random, RESUME_TLS12_RANDOM_SIZE);
    const struct rsm_piece seed = {randoms, sizeof randoms};
    return make_master_secret(hash, premaster, premaster_len, label_of(label, sizeof label - 1),
                              seed, ret_master_secret);
}

/* The hash of a suite; RESUME_E_INVALID if a transcript's hash has another size. */
static resume_status hash_of(uint16_t cipher_suite, size_t transcript_len, resume_hash *ret_hash) {
    resume_hash hash = 0;
    resume_status status = resume_tls12_suite(cipher_suite, &hash, NULL, NULL, NULL);
    if (status == RESUME_OK && transcript_len != rsm_tls12_hash_size(hash)) {
        status = RESUME_E_INVALID;
    }
    if (status == RESUME_OK) {
        *ret_hash = hash;
    }
    return status;
}

resume_status resume_tls12_extended_master_secret(uint16_t cipher_suite, const uint8_t *premaster,
                                                  size_t premaster_len, const uint8_t *session_hash,
                                                  size_t session_hash_len,
                                                  uint8_t *ret_master_secret) {
    static const char label[] = "extended master secret";
    if (!premaster || !premaster_len || !session_hash || !ret_master_secret) {
        return RESUME_E_INVALID;
    }
    resume_hash hash = 0;
    resume_status status = hash_of(cipher_suite, session_hash_len, &hash);
    if (status != RESUME_OK) {
        return status;
    }
    const struct rsm_piece seed = {session_hash, session_hash_len};
    return make_master_secret(hash, premaster, premaster_len, label_of(label, sizeof label - 1),
                              seed, ret_master_secret);
}

/* ---- Finished -----------------------------------------------------------------------------------
 */

static resume_status verify_data_of(uint16_t cipher_suite, const uint8_t *master_secret,
                                    int32_t role, const uint8_t *handshake_hash,
                                    size_t handshake_hash_len, uint8_t *out) {
    static const char client[] = "client finished";
    static const char server[] = "server finished"; /* of the same length */
    if (!master_secret || !handshake_hash ||
        (role != RESUME_ROLE_CLIENT && role != RESUME_ROLE_SERVER)) {
        return RESUME_E_INVALID;
    }
    resume_hash hash = 0;
    resume_status status = hash_of(cipher_suite, handshake_hash_len, &hash);
    if (status != RESUME_OK) {
        return status;
    }
    const struct rsm_piece seed = {handshake_hash, handshake_hash_len};
    const char *label = role == RESUME_ROLE_CLIENT ? client : server;
    return rsm_tls12_prf(hash, master_secret, RESUME_TLS12_MASTER_SECRET_SIZE,
                         label_of(label, sizeof client - 1), seed, out,
                         RESUME_TLS12_VERIFY_DATA_SIZE);
}

resume_status resume_tls12_finished(uint16_t cipher_suite, const uint8_t *master_secret,
                                    int32_t role, const uint8_t *handshake_hash,
                                    size_t handshake_hash_len, uint8_t *ret_verify_data) {
    if (!ret_verify_data) {
        return RESUME_E_INVALID;
    }
    uint8_t made[RESUME_TLS12_VERIFY_DATA_SIZE];
    resume_status status =
        verify_data_of(cipher_suite, master_secret, role, handshake_hash, handshake_hash_len, made);
    if (status == RESUME_OK) {
        memcpy(ret_verify_data, made, sizeof made);
    }
    rsm_wipe(made, sizeof made);
    return status;
}

resume_status resume_tls12_finished_verify(uint16_t cipher_suite, const uint8_t *master_secret,
                                           int32_t role, const uint8_t *handshake_hash,
                                           size_t handshake_hash_len, const uint8_t *verify_data,
                                           size_t verify_data_len) {
    if (!verify_data && verify_data_len) {
        return RESUME_E_INVALID;
    }
    uint8_t expected[RESUME_TLS12_VERIFY_DATA_SIZE];
    resume_status status = verify_data_of(cipher_suite, master_secret, role, handshake_hash,
                                          handshake_hash_len, expected);
    if (status == RESUME_OK) {
        bool fits = verify_data_len == sizeof expected;
        /* Without a branch, so that valgrind can show that there is none before the answer. */
        bool differs = !fits || !rsm_equal_ct(expected, verify_data, sizeof expected);
        status = differs * RESUME_FORGED;
    }
    rsm_wipe(expected, sizeof expected); /* it would make a forgery good */
    return status;
}
