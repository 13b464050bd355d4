/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key schedule of TLS 1.2 as pure functions: pseudorandom function, master secret, extended
 * master secret, key block and Finished, for TLS stacks that have no resumption of their own.
 * Nothing is remembered between calls, and nothing decided: whether a session may resume is
 * server.h's matter. Not a record layer, not a transcript, and not TLS 1.3 or 1.1.
 *
 * An abbreviated handshake (RFC 5246 section 7.3) takes the master secret out of the session,
 * makes a new key block from it and both new randoms, and exchanges Finished values over the
 * messages of this handshake, the server's first.
 *
 * Threads: every call may be made by many threads at once, also with one key block, which never
 * changes. Forks: plain memory, nothing to observe. Secrets that a call holds in between are wiped
 * before it returns; what it gives out is the caller's to wipe.
 */
#ifndef RESUME_TLS12_H
#define RESUME_TLS12_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The hash of a suite: its PRF and its transcript. */
typedef int32_t resume_hash;

enum {
    RESUME_HASH_SHA256 = 1, /* 32 bytes */
    RESUME_HASH_SHA384 = 2  /* 48 bytes */
};

/* Whose Finished. */
enum { RESUME_ROLE_CLIENT = 0, RESUME_ROLE_SERVER = 1 };

/** Sizes, in bytes. */
enum {
    RESUME_TLS12_MASTER_SECRET_SIZE = 48,
    RESUME_TLS12_RANDOM_SIZE = 32, /* of client_random and of server_random */
    RESUME_TLS12_VERIFY_DATA_SIZE = 12,
    RESUME_TLS12_LABEL_MAX = 255 /* longest label of resume_tls12_prf() */
};

/* The parts of a key block, in the order in which they lie in it. */
enum {
    RESUME_KEY_BLOCK_CLIENT_MAC_KEY = 0, /* what the client writes with, the server reads with */
    RESUME_KEY_BLOCK_SERVER_MAC_KEY = 1,
    RESUME_KEY_BLOCK_CLIENT_KEY = 2,
    RESUME_KEY_BLOCK_SERVER_KEY = 3,
    RESUME_KEY_BLOCK_CLIENT_IV = 4, /* the implicit part of an AEAD's nonce */
    RESUME_KEY_BLOCK_SERVER_IV = 5,
    RESUME_KEY_BLOCK_ALL = 6 /* the whole block */
};

typedef struct resume_key_block resume_key_block;

/**
 * What a cipher suite is made of.
 *
 * Known are all AEAD and CBC suites that IANA lists for TLS 1.2. Not those that are not AEAD or
 * CBC (NULL, RC4, GOST), the export suites, and DES and IDEA, which RFC 5246 section 1.2 removed.
 * A CBC suite has no IV here: RFC 5246 section 6.3 takes IVs out of the key block for AEADs alone,
 * since section 6.2.3.2 gives each CBC record an IV of its own. The PRF's hash is SHA-384 where the
 * suite's name ends so, and else SHA-256, whatever hash the suite's MAC has.
 *
 * @param cipher_suite IANA number, such as 0xC02F.
 * @param ret_hash receives RESUME_HASH_*; each output may be NULL, but not all.
 * @param ret_mac_key_len receives the length of a MAC key in bytes; 0 for an AEAD.
 * @param ret_key_len receives the length of a cipher key in bytes.
 * @param ret_iv_len receives the fixed_iv_length in bytes: 4 for GCM and CCM (RFC 5288 section 3,
 *        RFC 6655 section 3), 12 for ChaCha20-Poly1305 (RFC 7905 section 2), 0 for CBC.
 * @return RESUME_OK, RESUME_UNSUPPORTED (any other number), RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_tls12_suite(uint16_t cipher_suite,
                                                            resume_hash *ret_hash,
                                                            size_t *ret_mac_key_len,
                                                            size_t *ret_key_len,
                                                            size_t *ret_iv_len);

/**
 * The pseudorandom function, PRF(secret, label, seed), for what the calls below do not make, such
 * as exporters (RFC 5705 section 4).
 *
 * Source: RFC 5246 section 5.
 *
 * @param hash RESUME_HASH_*, that of the suite.
 * @param secret the secret.
 * @param secret_len 1 byte or more: what comes from no secret is none.
 * @param label ASCII, ends with a NUL, which is not part of it; 0 to RESUME_TLS12_LABEL_MAX bytes.
 * @param seed the seed, any bytes; NULL if there are none.
 * @param seed_len its length in bytes.
 * @param buf receives buf_len bytes; overlaps no input. Zeros on RESUME_E_CRYPTO.
 * @param buf_len how many bytes to make, 1 or more.
 * @return RESUME_OK, RESUME_E_INVALID (nothing written), RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_tls12_prf(resume_hash hash, const uint8_t *secret,
                                                          size_t secret_len, const char *label,
                                                          const uint8_t *seed, size_t seed_len,
                                                          uint8_t *buf, size_t buf_len);

/**
 * The master secret, for handshakes in which not both sides sent extended_master_secret.
 *
 * Source: RFC 5246 section 8.1. Prefer resume_tls12_extended_master_secret(): this one is not bound
 * to the handshake, which is what the triple handshake attack lives on (RFC 7627 section 1).
 *
 * @param cipher_suite the negotiated suite.
 * @param premaster the premaster secret as its key exchange defines it (for DH without leading zero
 *        bytes, RFC 5246 section 8.1.2; for ECDH with them, RFC 8422 section 5.10).
 * @param premaster_len 1 byte or more.
 * @param client_random ClientHello.random, RESUME_TLS12_RANDOM_SIZE bytes.
 * @param server_random ServerHello.random, RESUME_TLS12_RANDOM_SIZE bytes.
 * @param ret_master_secret receives RESUME_TLS12_MASTER_SECRET_SIZE bytes.
 * @return RESUME_OK, RESUME_UNSUPPORTED (see resume_tls12_suite()), RESUME_E_INVALID,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_tls12_master_secret(
    uint16_t cipher_suite, const uint8_t *premaster, size_t premaster_len,
    const uint8_t *client_random, const uint8_t *server_random, uint8_t *ret_master_secret);

/**
 * The master secret, for handshakes in which both sides sent extended_master_secret.
 *
 * Source: RFC 7627 section 4.
 *
 * @param cipher_suite the negotiated suite.
 * @param premaster the premaster secret, as for resume_tls12_master_secret().
 * @param premaster_len 1 byte or more.
 * @param session_hash the suite's hash of all handshake messages, with their four-byte headers,
 *        from the ClientHello up to and including the ClientKeyExchange (section 3).
 * @param session_hash_len that hash's size: 32 or 48 bytes.
 * @param ret_master_secret receives RESUME_TLS12_MASTER_SECRET_SIZE bytes.
 * @return RESUME_OK, RESUME_UNSUPPORTED (see resume_tls12_suite()), RESUME_E_INVALID,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_tls12_extended_master_secret(
    uint16_t cipher_suite, const uint8_t *premaster, size_t premaster_len,
    const uint8_t *session_hash, size_t session_hash_len, uint8_t *ret_master_secret);

/**
 * Makes a connection's key block, and divides it among both sides as the suite demands.
 *
 * Source: RFC 5246 section 6.3. A resumed session has an old master secret; its keys are new since
 * both randoms are, so randoms are never reused.
 *
 * @param cipher_suite the negotiated suite, which in a resumed session is the session's.
 * @param master_secret RESUME_TLS12_MASTER_SECRET_SIZE bytes; not kept.
 * @param client_random this handshake's ClientHello.random, RESUME_TLS12_RANDOM_SIZE bytes.
 * @param server_random this handshake's ServerHello.random, RESUME_TLS12_RANDOM_SIZE bytes.
 * @param ret_key_block receives one reference; drop it with resume_key_block_unref().
 * @return RESUME_OK, RESUME_UNSUPPORTED (see resume_tls12_suite()), RESUME_E_INVALID,
 *         RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_key_block_new(uint16_t cipher_suite,
                                                              const uint8_t *master_secret,
                                                              const uint8_t *client_random,
                                                              const uint8_t *server_random,
                                                              resume_key_block **ret_key_block);

/**
 * Adds a reference.
 *
 * @param key_block the key block; NULL gives NULL.
 * @return key_block.
 * @since 0.1
 */
RESUME_API resume_key_block *resume_key_block_ref(resume_key_block *key_block);

/**
 * Drops a reference; the last one wipes and frees the key block.
 *
 * @param key_block the key block, or NULL.
 * @return NULL, so that `k = resume_key_block_unref(k);` leaves no dangling pointer.
 * @since 0.1
 */
RESUME_API resume_key_block *resume_key_block_unref(resume_key_block *key_block);

/**
 * One part of a key block.
 *
 * @param key_block the key block; NULL gives NULL.
 * @param part RESUME_KEY_BLOCK_*; any other value gives NULL.
 * @param ret_len receives the length in bytes, 0 with NULL; may be NULL.
 * @return borrowed bytes, valid while the key block lives; NULL for a part that the suite has none
 *         of (MAC keys of an AEAD, IVs of a CBC suite).
 * @since 0.1
 */
RESUME_API const uint8_t *resume_key_block_part(const resume_key_block *key_block, int32_t part,
                                                size_t *ret_len);

/**
 * The verify_data of a Finished message.
 *
 * Source: RFC 5246 section 7.4.9.
 *
 * @param cipher_suite the negotiated suite.
 * @param master_secret RESUME_TLS12_MASTER_SECRET_SIZE bytes.
 * @param role RESUME_ROLE_CLIENT or RESUME_ROLE_SERVER: who sends it.
 * @param handshake_hash the suite's hash of all handshake messages before this one, with their
 *        four-byte headers, without ChangeCipherSpec and HelloRequest; the other side's Finished is
 *        among them if it came first (the server's in an abbreviated handshake).
 * @param handshake_hash_len that hash's size: 32 or 48 bytes.
 * @param ret_verify_data receives RESUME_TLS12_VERIFY_DATA_SIZE bytes.
 * @return RESUME_OK, RESUME_UNSUPPORTED (see resume_tls12_suite()), RESUME_E_INVALID,
 *         RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_tls12_finished(
    uint16_t cipher_suite, const uint8_t *master_secret, int32_t role,
    const uint8_t *handshake_hash, size_t handshake_hash_len, uint8_t *ret_verify_data);

/**
 * Checks the verify_data of a Finished message that came in; in time that does not depend on where
 * it differs. The connection ends with decrypt_error if it does (RFC 5246 section 7.4.9).
 *
 * @param cipher_suite the negotiated suite.
 * @param master_secret RESUME_TLS12_MASTER_SECRET_SIZE bytes.
 * @param role RESUME_ROLE_CLIENT or RESUME_ROLE_SERVER: who sent it.
 * @param handshake_hash as for resume_tls12_finished().
 * @param handshake_hash_len the hash's size: 32 or 48 bytes.
 * @param verify_data what came in; NULL only with length 0.
 * @param verify_data_len any length; all but RESUME_TLS12_VERIFY_DATA_SIZE are RESUME_FORGED.
 * @return RESUME_OK, RESUME_FORGED, RESUME_UNSUPPORTED (see resume_tls12_suite()),
 *         RESUME_E_INVALID, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_tls12_finished_verify(uint16_t cipher_suite, const uint8_t *master_secret, int32_t role,
                             const uint8_t *handshake_hash, size_t handshake_hash_len,
                             const uint8_t *verify_data, size_t verify_data_len);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_TLS12_H */
