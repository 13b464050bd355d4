/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libresume's key schedule, put to use: which secret, which label, which randoms, which messages.
 */
#include "keys.h"
#include "alert.h"
#include "show.h"

#include <openssl/crypto.h>

#include <string.h>

static const char *const side_names[] = {
    [RESUME_ROLE_CLIENT] = "client",
    [RESUME_ROLE_SERVER] = "server",
};

static const uint8_t *master_secret_of(const resume_session *session) {
    return resume_session_secret(session, NULL); /* 48 bytes: it is a session of TLS 1.2 */
}

static void show_key_block(const resume_key_block *block) {
    static const struct {
        const char *name;
        int32_t part;
    } parts[] = {
        {"key_block", RESUME_KEY_BLOCK_ALL},
        {"client_write_key", RESUME_KEY_BLOCK_CLIENT_KEY},
        {"server_write_key", RESUME_KEY_BLOCK_SERVER_KEY},
        {"client_write_IV", RESUME_KEY_BLOCK_CLIENT_IV},
        {"server_write_IV", RESUME_KEY_BLOCK_SERVER_IV},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t len = 0;
        const uint8_t *data = resume_key_block_part(block, parts[i].part, &len);
        show_bytes(parts[i].name, data, len);
    }
}

/* Each side writes with its own key; an AEAD has no MAC keys (RFC 5246 section 6.3). */
static bool take_keys(struct connection *connection, const resume_key_block *block,
                      bool we_are_client) {
    struct protection *client = we_are_client ? &connection->next_out : &connection->next_in;
    struct protection *server = we_are_client ? &connection->next_in : &connection->next_out;
    return protection_start(client, connection->suite, we_are_client,
                            resume_key_block_part(block, RESUME_KEY_BLOCK_CLIENT_KEY, NULL),
                            resume_key_block_part(block, RESUME_KEY_BLOCK_CLIENT_IV, NULL)) &&
           protection_start(server, connection->suite, !we_are_client,
                            resume_key_block_part(block, RESUME_KEY_BLOCK_SERVER_KEY, NULL),
                            resume_key_block_part(block, RESUME_KEY_BLOCK_SERVER_IV, NULL));
}

enum outcome keys_derive(struct connection *connection, const resume_session *session,
                         const uint8_t *client_random, const uint8_t *server_random,
                         bool we_are_client) {
    resume_key_block *block = NULL;
    resume_status status = resume_key_block_new(
        connection->suite->number, master_secret_of(session), client_random, server_random, &block);
    if (status != RESUME_OK) {
        tell("key block: %s", resume_status_name(status));
        return FAILED;
    }
    show("key_block = PRF(master_secret, \"key expansion\", server_random + client_random)");
    show_bytes("master_secret", master_secret_of(session), RESUME_TLS12_MASTER_SECRET_SIZE);
    show_bytes("server_random", server_random, RESUME_TLS12_RANDOM_SIZE);
    show_bytes("client_random", client_random, RESUME_TLS12_RANDOM_SIZE);
    show_key_block(block);
    bool ok = take_keys(connection, block, we_are_client);
    resume_key_block_unref(block);
    if (!ok) {
        tell("libcrypto has no AES-GCM");
    }
    return ok ? DONE : FAILED;
}

/* The hash of all messages so far; the transcript itself goes on. */
static bool hash_messages(const struct connection *connection, uint8_t *hash, size_t *ret_len) {
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    unsigned len = 0;
    bool ok = copy && EVP_MD_CTX_copy_ex(copy, connection->transcript) == 1 &&
              EVP_DigestFinal_ex(copy, hash, &len) == 1;
    EVP_MD_CTX_free(copy);
    *ret_len = len;
    if (!ok) {
        tell("libcrypto does not hash");
    }
    return ok;
}

static void show_finished(int32_t role, const uint8_t *hash, size_t hash_len,
                          const uint8_t *verify_data) {
    show("    verify_data = PRF(master_secret, \"%s finished\", Hash(messages))", side_names[role]);
    show_bytes("Hash(messages)", hash, hash_len);
    show_bytes("verify_data", verify_data, VERIFY_DATA);
}

enum outcome finished_send(struct connection *connection, const resume_session *session,
                           bool we_are_client, bool spoil) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t hash_len = 0;
    uint8_t message[MESSAGE_HEADER + VERIFY_DATA] = {MESSAGE_FINISHED, 0, 0, VERIFY_DATA};
    uint8_t *verify_data = message + MESSAGE_HEADER;
    int32_t role = we_are_client ? RESUME_ROLE_CLIENT : RESUME_ROLE_SERVER;
    if (!hash_messages(connection, hash, &hash_len) ||
        resume_tls12_finished(connection->suite->number, master_secret_of(session), role, hash,
                              hash_len, verify_data) != RESUME_OK) {
        return FAILED;
    }
    verify_data[0] ^= spoil ? 1 : 0;
    enum outcome end = connection_send(connection, message, sizeof message);
    show_finished(role, hash, hash_len, verify_data);
    return end;
}

enum outcome finished_receive(struct connection *connection, const resume_session *session,
                              bool we_are_client) {
    uint8_t hash[EVP_MAX_MD_SIZE];
    size_t hash_len = 0;
    struct message message;
    int32_t role = we_are_client ? RESUME_ROLE_SERVER : RESUME_ROLE_CLIENT;
    enum outcome end = connection_expect(connection, MESSAGE_FINISHED, &message);
    if (end != DONE) {
        return end;
    }
    if (message.len != MESSAGE_HEADER + VERIFY_DATA) {
        return records_refuse(&connection->records, ALERT_DECODE_ERROR, "Finished of %zu bytes",
                              message.len);
    }
    if (!hash_messages(connection, hash, &hash_len)) {
        return FAILED;
    }
    const uint8_t *verify_data = message.data + MESSAGE_HEADER;
    show_finished(role, hash, hash_len, verify_data);
    resume_status status =
        resume_tls12_finished_verify(connection->suite->number, master_secret_of(session), role,
                                     hash, hash_len, verify_data, VERIFY_DATA);
    if (status == RESUME_FORGED) {
        return records_refuse(&connection->records, ALERT_DECRYPT_ERROR,
                              "the %s's Finished is wrong", side_names[role]);
    }
    if (status != RESUME_OK) {
        tell("Finished: %s", resume_status_name(status));
        return FAILED;
    }
    return connection_add(connection, message.data, message.len); /* ours, if it follows, has it */
}
