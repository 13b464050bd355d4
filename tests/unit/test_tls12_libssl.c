/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key schedule with OpenSSL as the judge: in its handshakes, full and resumed, with and without
 * EMS, the master secret, both Finished and the keys of both directions must be what we derive from
 * the messages. A record of each side is opened with our keys.
 */
#include "handshake_fixture.h"

#include <resume/tls12.h>

#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define OK(call) assert_int_equal((call), RESUME_OK)

#define CLIENT_KEY_EXCHANGE 16
#define FINISHED            20
#define TAPE_MAX            16384

static struct identity rsa_identity;

/* All handshake messages of one connection, with their headers, in order. */
struct tape {
    uint8_t data[TAPE_MAX];
    size_t len;
};

struct message {
    uint8_t type;
    size_t before; /* the handshake up to this message ... */
    size_t behind; /* ... and with it */
    const uint8_t *body;
    size_t body_len;
};

static void record(int written, int version, int content, const void *data, size_t len, SSL *ssl,
                   void *arg) {
    struct tape *tape = arg;
    (void)written;
    (void)version;
    (void)ssl;
    if (content == SSL3_RT_HANDSHAKE) {
        assert_in_range(len, 4, TAPE_MAX - tape->len);
        memcpy(tape->data + tape->len, data, len);
        tape->len += len;
    }
}

/* The nth message of a type; type 0 if there is none. */
static struct message find(const struct tape *tape, uint8_t type, int nth) {
    struct message message = {.type = 0};
    for (size_t at = 0; at < tape->len;) {
        const uint8_t *p = tape->data + at;
        size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (p[0] == type && nth-- == 0) {
            return (struct message){type, at, at + 4 + len, p + 4, len};
        }
        at += 4 + len;
    }
    return message;
}

/* One connection, and what was derived from its messages. */
struct view {
    uint16_t suite;
    const EVP_MD *hash;
    uint8_t master[RESUME_TLS12_MASTER_SECRET_SIZE]; /* libssl's */
    uint8_t client_random[RESUME_TLS12_RANDOM_SIZE];
    uint8_t server_random[RESUME_TLS12_RANDOM_SIZE];
};

static struct view view_of(const SSL *ssl) {
    struct view view;
    resume_hash hash = 0;
    view.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
    OK(resume_tls12_suite(view.suite, &hash, NULL, NULL, NULL));
    view.hash = hash == RESUME_HASH_SHA384 ? EVP_sha384() : EVP_sha256();
    assert_int_equal(SSL_SESSION_get_master_key(SSL_get_session(ssl), view.master, 48), 48);
    assert_int_equal(SSL_get_client_random(ssl, view.client_random, 32), 32);
    assert_int_equal(SSL_get_server_random(ssl, view.server_random, 32), 32);
    return view;
}

static unsigned transcript(const struct view *view, const struct tape *tape, size_t len,
                           uint8_t *out) {
    unsigned out_len = 0;
    assert_int_equal(EVP_Digest(tape->data, len, out, &out_len, view->hash, NULL), 1);
    return out_len;
}

/* In a full handshake the client's Finished comes first, in a resumed one the server's. */
static void check_finished(const struct view *view, const struct tape *tape, bool resumed) {
    for (int nth = 0; nth < 2; nth++) {
        int32_t role = (nth == 0) == resumed ? RESUME_ROLE_SERVER : RESUME_ROLE_CLIENT;
        struct message finished = find(tape, FINISHED, nth);
        uint8_t hash[EVP_MAX_MD_SIZE];
        uint8_t made[RESUME_TLS12_VERIFY_DATA_SIZE];
        assert_int_equal(finished.body_len, sizeof made);
        unsigned len = transcript(view, tape, finished.before, hash);
        OK(resume_tls12_finished(view->suite, view->master, role, hash, len, made));
        assert_memory_equal(made, finished.body, sizeof made);
        OK(resume_tls12_finished_verify(view->suite, view->master, role, hash, len, finished.body,
                                        finished.body_len));
        assert_int_equal(resume_tls12_finished_verify(view->suite, view->master, !role, hash, len,
                                                      finished.body, finished.body_len),
                         RESUME_FORGED);
    }
}

/* Only with RSA key exchange: the server's key opens what the client sent. */
static void check_master(const struct view *view, const struct tape *tape, bool extended) {
    struct message exchange = find(tape, CLIENT_KEY_EXCHANGE, 0);
    uint8_t premaster[512];
    size_t len = sizeof premaster;
    uint8_t made[RESUME_TLS12_MASTER_SECRET_SIZE];
    uint8_t hash[EVP_MAX_MD_SIZE];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(rsa_identity.key, NULL);
    assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_decrypt(ctx, premaster, &len, exchange.body + 2, exchange.body_len - 2), 1);
    assert_int_equal(len, 48);
    EVP_PKEY_CTX_free(ctx);
    if (extended) {
        unsigned hash_len = transcript(view, tape, exchange.behind, hash);
        OK(resume_tls12_extended_master_secret(view->suite, premaster, len, hash, hash_len, made));
    } else {
        OK(resume_tls12_master_secret(view->suite, premaster, len, view->client_random,
                                      view->server_random, made));
    }
    assert_memory_equal(made, view->master, sizeof made);
}

/* ---- a record of each side ----------------------------------------------------------------------
 */

struct keys {
    const uint8_t *mac_key, *key, *iv;
    size_t mac_key_len, iv_len;
};

/* Sequence number (the record behind Finished), type, version, length of the plain text. */
static void header(size_t plain_len, uint8_t *out) {
    const uint8_t made[13] = {0, 0, 0, 0, 0, 0, 0, 1, SSL3_RT_ALERT, 3, 3, 0, (uint8_t)plain_len};
    memcpy(out, made, sizeof made);
}

static size_t open_aead(const EVP_CIPHER *cipher, const struct keys *keys, const uint8_t *data,
                        size_t len, uint8_t *plain) {
    size_t explicit_len = 12 - keys->iv_len;
    size_t plain_len = len - explicit_len - 16;
    uint8_t nonce[12] = {0};
    uint8_t head[13];
    uint8_t tag[16];
    int n = 0;
    memcpy(nonce, keys->iv, keys->iv_len);
    memcpy(nonce + keys->iv_len, data, explicit_len);
    nonce[11] ^= explicit_len ? 0 : 1; /* RFC 7905: the sequence number */
    memcpy(tag, data + len - 16, sizeof tag);
    header(plain_len, head);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(ctx, cipher, NULL, keys->key, nonce), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, NULL, &n, head, sizeof head), 1);
    assert_int_equal(EVP_DecryptUpdate(ctx, plain, &n, data + explicit_len, (int)plain_len), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag), 1);
    assert_int_equal(EVP_DecryptFinal_ex(ctx, plain + n, &n), 1);
    EVP_CIPHER_CTX_free(ctx);
    return plain_len;
}

static size_t open_cbc(const EVP_CIPHER *cipher, const EVP_MD *md, const struct keys *keys,
                       const uint8_t *data, size_t len, uint8_t *plain) {
    size_t block = (size_t)EVP_CIPHER_get_block_size(cipher);
    uint8_t macked[13 + 64];
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    int n = 0;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(ctx, cipher, NULL, keys->key, data), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_DecryptUpdate(ctx, plain, &n, data + block, (int)(len - block)), 1);
    EVP_CIPHER_CTX_free(ctx);
    size_t plain_len = (size_t)n - 1 - plain[n - 1] - keys->mac_key_len;
    assert_in_range(plain_len, 1, 64);
    header(plain_len, macked);
    memcpy(macked + 13, plain, plain_len);
    HMAC(md, keys->mac_key, (int)keys->mac_key_len, macked, 13 + plain_len, mac, &mac_len);
    assert_int_equal(mac_len, keys->mac_key_len);
    assert_memory_equal(mac, plain + plain_len, mac_len);
    return plain_len;
}

/* What shake() left unread: the other side's close_notify. */
static void check_record(SSL *reader, const resume_key_block *block, bool from_client) {
    const SSL_CIPHER *suite = SSL_get_current_cipher(reader);
    const EVP_CIPHER *cipher = EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(suite));
    uint8_t data[256];
    uint8_t plain[256];
    struct keys keys;
    int32_t side = from_client ? 0 : 1;
    keys.mac_key =
        resume_key_block_part(block, RESUME_KEY_BLOCK_CLIENT_MAC_KEY + side, &keys.mac_key_len);
    keys.key = resume_key_block_part(block, RESUME_KEY_BLOCK_CLIENT_KEY + side, NULL);
    keys.iv = resume_key_block_part(block, RESUME_KEY_BLOCK_CLIENT_IV + side, &keys.iv_len);
    int len = BIO_read(SSL_get_rbio(reader), data, sizeof data);
    assert_in_range(len, 5 + 2 + 16, sizeof data);
    assert_int_equal(data[0], SSL3_RT_ALERT);
    assert_int_equal(data[3] << 8 | data[4], len - 5);
    size_t plain_len = SSL_CIPHER_is_aead(suite)
                           ? open_aead(cipher, &keys, data + 5, (size_t)len - 5, plain)
                           : open_cbc(cipher, EVP_get_digestbynid(SSL_CIPHER_get_digest_nid(suite)),
                                      &keys, data + 5, (size_t)len - 5, plain);
    assert_int_equal(plain_len, 2);
    assert_int_equal(plain[0], SSL3_AL_WARNING);
    assert_int_equal(plain[1], SSL3_AD_CLOSE_NOTIFY);
}

static resume_key_block *check_keys(const struct view *view, const struct pair *pair) {
    resume_key_block *block = NULL;
    OK(resume_key_block_new(view->suite, view->master, view->client_random, view->server_random,
                            &block));
    check_record(pair->server, block, true);
    check_record(pair->client, block, false);
    return block;
}

/* ---- handshakes ---------------------------------------------------------------------------------
 */

static void full_and_resumed(const char *suite, bool extended) {
    struct tape tape = {.len = 0};
    struct pair pair = pair_of(TLS1_2_VERSION, &rsa_identity, NULL);
    bool rsa = strncmp(suite, "AES", 3) == 0;
    SSL_CTX_set_msg_callback(pair.server_ctx, record);
    SSL_CTX_set_msg_callback_arg(pair.server_ctx, &tape);
    SSL_CTX_set_options(pair.server_ctx, SSL_OP_NO_ENCRYPT_THEN_MAC);
    if (!extended) {
        SSL_CTX_set_options(pair.server_ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    }
    assert_int_equal(SSL_CTX_set_cipher_list(pair.client_ctx, suite), 1);
    assert_int_equal(SSL_CTX_set_cipher_list(pair.server_ctx, suite), 1);

    assert_false(shake(&pair, NULL));
    struct view full = view_of(pair.server);
    assert_int_equal(SSL_get_extms_support(pair.server), extended);
    if (rsa) {
        check_master(&full, &tape, extended);
    }
    check_finished(&full, &tape, false);
    resume_key_block *old = check_keys(&full, &pair);

    SSL_SESSION *session = SSL_get1_session(pair.client);
    tape.len = 0;
    assert_true(shake(&pair, session));
    struct view resumed = view_of(pair.server);
    assert_memory_equal(resumed.master, full.master, sizeof full.master);
    check_finished(&resumed, &tape, true);
    resume_key_block *new = check_keys(&resumed, &pair);
    size_t len = 0;
    const uint8_t *old_keys = resume_key_block_part(old, RESUME_KEY_BLOCK_ALL, &len);
    assert_memory_not_equal(old_keys, resume_key_block_part(new, RESUME_KEY_BLOCK_ALL, NULL), len);
    resume_key_block_unref(new);
    resume_key_block_unref(old);
    SSL_SESSION_free(session);
    pair_free(&pair);
}

static void libssl_derives_the_same(void **state) {
    (void)state;
    static const char *const suites[] = {
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "AES128-SHA",
        "AES256-SHA256",
        "ECDHE-RSA-AES256-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-CHACHA20-POLY1305",
    };
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        full_and_resumed(suites[i], true);
        full_and_resumed(suites[i], false);
    }
}

static int make_identity(void **state) {
    (void)state;
    rsa_identity = identity_with(EVP_RSA_gen(2048), "server");
    return 0;
}

static int drop_identity(void **state) {
    (void)state;
    identity_free(&rsa_identity);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libssl_derives_the_same),
    };
    return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
