/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which key opens or seals a ticket: what both forms of libssl's key callback share.
 */
#include "adapter.h"

#include <openssl/evp.h>

#include <string.h>

#define KEY_NAME_SIZE 16
#define IV_SIZE       16

/* Fetched once: libssl's own path fetches its algorithms for each ticket. They live as long as
 * the process, like the library itself (-z nodelete). */
static EVP_CIPHER *aes_128_cbc;
static EVP_CIPHER *aes_256_cbc;
static EVP_MD *sha_256;
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

static void fetch(void) {
    aes_128_cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    aes_256_cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    sha_256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

bool rsm_ticket_algorithms(void) {
    pthread_once(&fetch_once, fetch);
    return aes_128_cbc && aes_256_cbc && sha_256;
}

const EVP_CIPHER *rsm_ticket_cipher(size_t key_len) {
    return key_len == 16 ? aes_128_cbc : aes_256_cbc;
}

const EVP_MD *rsm_ticket_digest(void) {
    return sha_256;
}

static resume_reason reason_of(resume_status status) {
    switch (status) {
    case RESUME_MISS:
        return RESUME_REASON_UNKNOWN_KEY;
    case RESUME_EXPIRED:
        return RESUME_REASON_KEY_EXPIRED;
    default:
        return RESUME_REASON_FAILED;
    }
}

resume_key *rsm_ticket_key_to_open(SSL *ssl, const uint8_t *name, int *ret_answer) {
    struct rsm_link *link = rsm_link_of(ssl);
    if (!link || link->refuse) {
        return NULL;
    }
    resume_server *server = link->attachment->server;
    uint64_t now_ms = rsm_now_ms();
    resume_key *key = NULL;
    resume_status status =
        resume_keyring_find(resume_server_keyring(server), name, KEY_NAME_SIZE, now_ms, &key);
    if (status != RESUME_OK && status != RESUME_RENEW) {
        link->open_reason = reason_of(status);
        return NULL;
    }
    /* If libssl now finds the MAC wrong, this is why the ticket does not open. */
    link->open_reason = RESUME_REASON_FORGED;
    uint64_t from_ms = resume_key_seal_from(key);
    (void)!resume_server_observe(server, RESUME_HISTOGRAM_KEY_AGE,
                                 now_ms > from_ms ? now_ms - from_ms : 0);
    /* 1 in TLS 1.3 would mean that no new ticket is sent, and each is for one use. */
    bool renew = status == RESUME_RENEW || SSL_version(ssl) == TLS1_3_VERSION;
    *ret_answer = renew ? 2 : 1;
    return key;
}

resume_key *rsm_ticket_key_to_seal(SSL *ssl, uint8_t *name, uint8_t *iv) {
    struct rsm_link *link = rsm_link_of(ssl);
    if (!link || !link->sealing_key) {
        return NULL;
    }
    if (resume_server_random(link->attachment->server, iv, IV_SIZE) != RESUME_OK) {
        return NULL;
    }
    resume_key *key = link->sealing_key;
    link->sealing_key = NULL;
    memcpy(name, resume_key_name(key), KEY_NAME_SIZE);
    resume_key_count_seal(key);
    return key;
}
