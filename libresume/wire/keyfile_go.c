/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's session ticket keys: seeds of 32 bytes, as tls.Config.SetSessionTicketKeys takes them. A key
 * is the first 48 bytes of the seed's SHA-512: name 16, AES 16, HMAC 16. As text (`go`) one seed a
 * line in hex or base64, whose lengths differ; as bytes (`go-raw`) one behind another. The way back
 * to a seed does not exist, so only keys that came from one are written. See keyfile.h.
 */
#include "wire/keyfile.h"

#include "base/bytes.h"
#include "base/encode.h"
#include "base/url.h"
#include "crypto/digest.h"

#include <stdio.h>

#define SEED        RSM_KEYFILE_SEED
#define HEX_LINE    RSM_HEX_LEN(SEED)
#define BASE64_LINE RSM_BASE64_LEN(SEED)
#define DECODED     33U /* what 44 digits of base64 hold at most */

resume_status rsm_keyfile_from_seed(const uint8_t *seed, struct rsm_keyfile_key *ret_key) {
    uint8_t hash[RSM_SHA512_SIZE];
    resume_status status = rsm_sha512(seed, SEED, hash);
    if (status == RESUME_OK) {
        memcpy(ret_key->name, hash, RSM_KEYFILE_NAME);
        memcpy(ret_key->cipher_key, hash + 16, 16);
        memcpy(ret_key->mac_key, hash + 32, 16);
        memcpy(ret_key->seed, seed, SEED);
        ret_key->cipher_len = ret_key->mac_len = 16;
        ret_key->has_seed = true;
    }
    rsm_wipe(hash, sizeof hash);
    return status;
}

static bool decode(const uint8_t *line, size_t len, uint8_t *seed) {
    if (len == HEX_LINE) {
        return rsm_hex_decode(line, len, seed);
    }
    uint8_t bytes[DECODED];
    size_t size = 0;
    bool good = len == BASE64_LINE && rsm_base64_decode(line, len, bytes, &size) && size == SEED;
    if (good) {
        memcpy(seed, bytes, SEED);
    }
    rsm_wipe(bytes, sizeof bytes);
    return good;
}

resume_status rsm_keyfile_parse_seed_lines(const uint8_t *data, size_t len,
                                           struct rsm_keyfile *file, char *why) {
    struct rsm_keyfile_lines lines = {data, len, 0};
    const uint8_t *line = NULL;
    size_t line_len = 0;
    while (rsm_keyfile_next_line(&lines, &line, &line_len)) {
        uint8_t seed[SEED];
        if (file->count == file->room) {
            snprintf(why, RSM_WHY_SIZE, "line %zu: more than %zu keys", lines.number, file->room);
            return RESUME_MALFORMED;
        }
        struct rsm_keyfile_key *key = &file->keys[file->count];
        bool good = decode(line, line_len, seed);
        resume_status status = good ? rsm_keyfile_from_seed(seed, key) : RESUME_MALFORMED;
        rsm_wipe(seed, sizeof seed);
        if (!good) {
            snprintf(why, RSM_WHY_SIZE,
                     "line %zu: neither 64 hex digits nor 44 of base64: a seed of Go has 32 bytes",
                     lines.number);
        }
        if (status != RESUME_OK) {
            return status;
        }
        key->line = lines.number;
        file->count++;
    }
    return RESUME_OK;
}

resume_status rsm_keyfile_parse_seeds(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                      char *why) {
    if (len == 0 || len % SEED != 0 || len / SEED > file->room) {
        snprintf(why, RSM_WHY_SIZE, "%zu bytes; a file of %s has 1 to %zu seeds of 32", len,
                 file->dialect->name, file->room);
        return RESUME_MALFORMED;
    }
    for (; file->count < len / SEED; file->count++) {
        resume_status status =
            rsm_keyfile_from_seed(data + file->count * SEED, &file->keys[file->count]);
        if (status != RESUME_OK) {
            return status;
        }
    }
    return RESUME_OK;
}

static resume_status need_seed(const struct rsm_keyfile_dialect *dialect,
                               const struct rsm_keyfile_key *key, char *why) {
    if (key->has_seed) {
        return RESUME_OK;
    }
    snprintf(why, RSM_WHY_SIZE,
             "%s writes seeds, and a key has one only if it was read from go or go-raw: begin with "
             "32 random bytes as go-raw, and write the others from them",
             dialect->name);
    return RESUME_UNSUPPORTED;
}

resume_status rsm_keyfile_write_seed_line(const struct rsm_keyfile_dialect *dialect,
                                          const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                          char *why) {
    resume_status status = need_seed(dialect, key, why);
    if (status == RESUME_OK) {
        char text[BASE64_LINE + 1];
        rsm_base64_encode(key->seed, SEED, text);
        text[BASE64_LINE] = '\n';
        rsm_buffer_append(out, text, sizeof text);
        rsm_wipe(text, sizeof text);
    }
    return status;
}

resume_status rsm_keyfile_write_seed(const struct rsm_keyfile_dialect *dialect,
                                     const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                     char *why) {
    resume_status status = need_seed(dialect, key, why);
    if (status == RESUME_OK) {
        rsm_buffer_append(out, key->seed, SEED);
    }
    return status;
}
