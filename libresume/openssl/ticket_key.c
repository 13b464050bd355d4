/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which key opens or seals a ticket: what both forms of libssl's key callback share.
 */
#include "adapter.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

#define KEY_NAME_SIZE 16
#define IV_SIZE       16

/* Fetched once: libssl's own path fetches its algorithms for each ticket. They live as long as
 * the process, like the library itself (-z nodelete). */
static EVP_CIPHER *aes_128_cbc;
static EVP_CIPHER *aes_256_cbc;
static EVP_MD *sha_256;

bool rsm_ticket_algorithms(void) {
    aes_128_cbc = aes_128_cbc ? aes_128_cbc : EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    aes_256_cbc = aes_256_cbc ? aes_256_cbc : EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
    sha_256 = sha_256 ? sha_256 : EVP_MD_fetch(NULL, "SHA2-256", NULL);
    return aes_128_cbc && aes_256_cbc && sha_256;
}

RSM_HOT const EVP_CIPHER *rsm_ticket_cipher(size_t key_len) {
    return key_len == 16 ? aes_128_cbc : aes_256_cbc;
}

RSM_HOT const EVP_MD *rsm_ticket_digest(void) {
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

static void use(struct rsm_ticket_keys *keys, resume_key *key) {
    keys->key = key;
    keys->cipher_key = resume_key_cipher_key(key, &keys->cipher_len);
    keys->mac_key = resume_key_mac_key(key, &keys->mac_len);
}

static int begin_open(SSL *ssl, struct rsm_link *link, const uint8_t *name,
                      struct rsm_ticket_keys *keys) {
    resume_server *server = link->attachment->server;
    uint64_t now_ms = rsm_now_ms();
    link->opened_ms = now_ms;
    resume_key *key = NULL;
    resume_status status =
        resume_keyring_find(resume_server_keyring(server), name, KEY_NAME_SIZE, now_ms, &key);
    if (status != RESUME_OK && status != RESUME_RENEW) {
        link->open_reason = reason_of(status);
        return 0;
    }
    /* If libssl now finds the MAC wrong, this is why the ticket does not open. */
    link->open_reason = RESUME_REASON_FORGED;
    uint64_t from_ms = resume_key_seal_from(key);
    (void)!resume_server_observe(server, RESUME_HISTOGRAM_KEY_AGE,
                                 now_ms > from_ms ? now_ms - from_ms : 0);
    use(keys, key);
    /* 1 in TLS 1.3 would mean that no new ticket is sent, and each is for one use. */
    bool renew = status == RESUME_RENEW || SSL_version(ssl) == TLS1_3_VERSION;
    return renew ? 2 : 1;
}

/* Before 3.0.6 libssl took "no key" in TLS 1.3 as leave to send a message that no client can parse
 * (OpenSSL issue 18977). There the ticket is one that nobody can open, and its
 * lifetime a second. */
static bool needs_throwaway(SSL *ssl) {
    return SSL_version(ssl) == TLS1_3_VERSION && OpenSSL_version_num() < 0x30000060UL;
}

static int begin_throwaway(uint8_t *name, uint8_t *iv, struct rsm_ticket_keys *keys) {
    if (RAND_bytes(name, KEY_NAME_SIZE) != 1 || RAND_bytes(iv, IV_SIZE) != 1 ||
        RAND_priv_bytes(keys->throwaway, sizeof keys->throwaway) != 1) {
        return -1;
    }
    keys->cipher_key = keys->throwaway;
    keys->mac_key = keys->throwaway + 32;
    keys->cipher_len = keys->mac_len = 32;
    return 1;
}

static int begin_seal(SSL *ssl, struct rsm_link *link, uint8_t *name, uint8_t *iv,
                      struct rsm_ticket_keys *keys) {
    /* libssl has encoded the session by now: from here on the application sees its own data. */
    (void)rsm_appdata_unpack(SSL_get_session(ssl));
    if (!link || !link->sealing_key ||
        resume_server_random(link->attachment->server, iv, IV_SIZE) != RESUME_OK) {
        return needs_throwaway(ssl) ? begin_throwaway(name, iv, keys) : 0;
    }
    use(keys, link->sealing_key);
    link->sealing_key = NULL;
    memcpy(name, resume_key_name(keys->key), KEY_NAME_SIZE);
    return 1;
}

RSM_HOT int rsm_ticket_key_begin(SSL *ssl, uint8_t *name, uint8_t *iv, int enc,
                                 struct rsm_ticket_keys *ret_keys) {
    struct rsm_link *link = rsm_link_of(ssl);
    memset(ret_keys, 0, offsetof(struct rsm_ticket_keys, throwaway));
    if (enc) {
        return begin_seal(ssl, link, name, iv, ret_keys);
    }
    return link && !link->refuse ? begin_open(ssl, link, name, ret_keys) : 0;
}

static void count_sealed(SSL *ssl, resume_key *key) {
    const struct rsm_link *link = rsm_link_of(ssl);
    if (key && link) {
        resume_key_count_seal(key);
        (void)!resume_server_count(link->attachment->server, rsm_link_path(ssl, true),
                                   RESUME_REASON_ISSUED, 0, rsm_now_ms());
    }
}

RSM_HOT int rsm_ticket_key_end(SSL *ssl, struct rsm_ticket_keys *keys, int enc, int answer,
                               bool set) {
    if (answer > 0 && !set) {
        answer = enc && needs_throwaway(ssl) ? -1 : 0;
    }
    if (enc && answer > 0) {
        count_sealed(ssl, keys->key);
    }
    if (!keys->key && keys->cipher_key) {
        OPENSSL_cleanse(keys->throwaway, sizeof keys->throwaway);
    }
    keys->key = resume_key_unref(keys->key);
    return answer;
}
