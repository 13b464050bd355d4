/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2o's ticket keys: a YAML list of maps, each with name, cipher, hash, key, not_before and
 * not_after (Unix seconds). Read is the one form in which h2o and its users write them: "- " or
 * blanks before "field: value", with or without quotes, comments on lines of their own. Any other
 * YAML is refused, not interpreted. The HMAC key has the size of the digest's block, 64 bytes; one
 * of ours is filled up with zeros, which HMAC (RFC 2104) does anyway. See keyfile.h.
 */
#include "wire/keyfile.h"

#include "base/bytes.h"
#include "base/encode.h"
#include "base/url.h"

#include <inttypes.h>
#include <stdio.h>

#define SECRETS_MAX (32U + RSM_KEYFILE_MAC_MAX)

enum field { NAME, CIPHER, HASH, KEY, NOT_BEFORE, NOT_AFTER, FIELDS };

static const char *const field_names[FIELDS] = {"name", "cipher",     "hash",
                                                "key",  "not_before", "not_after"};

struct text {
    const uint8_t *p;
    size_t len;
};

/* One list item as it is read. */
struct item {
    size_t line;   /* of its "- "; 0: none is open */
    size_t indent; /* of its fields */
    struct text values[FIELDS];
    size_t lines[FIELDS]; /* 0: not there yet */
};

static resume_status refuse(size_t line, const char *what, char *why) {
    snprintf(why, RSM_WHY_SIZE, "line %zu: %s", line, what);
    return RESUME_MALFORMED;
}

static bool is(struct text text, const char *word) {
    return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

static size_t blanks(struct text text) {
    size_t count = 0;
    while (count < text.len && text.p[count] == ' ') {
        count++;
    }
    return count;
}

static struct text skip(struct text text, size_t count) {
    return (struct text){text.p + count, text.len - count};
}

static struct text without_tail(struct text text) {
    while (text.len && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static struct text without_quotes(struct text text) {
    bool quoted = text.len >= 2 && (text.p[0] == '"' || text.p[0] == '\'') &&
                  text.p[text.len - 1] == text.p[0];
    return quoted ? (struct text){text.p + 1, text.len - 2} : text;
}

/* Digits without leading zeros, at most 12: seconds until long after this code. */
static bool parse_seconds(struct text text, uint64_t *ret_seconds) {
    if (text.len == 0 || text.len > 12 || (text.p[0] == '0' && text.len > 1)) {
        return false;
    }
    uint64_t seconds = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        seconds = seconds * 10 + (uint64_t)(text.p[i] - '0');
    }
    *ret_seconds = seconds;
    return true;
}

/* A MAC key of h2o's that is one of ours and zeros is one of ours. */
static size_t real_mac_len(const uint8_t *mac_key, size_t cipher_len) {
    bool filled = rsm_is_zero_ct(mac_key + cipher_len, RSM_KEYFILE_MAC_MAX - cipher_len);
    return filled ? cipher_len : RSM_KEYFILE_MAC_MAX;
}

static resume_status take_secrets(const struct item *item, struct rsm_keyfile_key *key, char *why) {
    struct text cipher = item->values[CIPHER];
    bool large = is(cipher, "aes-256-cbc") || is(cipher, "AES-256-CBC");
    if (!large && !is(cipher, "aes-128-cbc") && !is(cipher, "AES-128-CBC")) {
        return refuse(item->lines[CIPHER], "a cipher other than aes-256-cbc and aes-128-cbc", why);
    }
    if (!is(item->values[HASH], "sha256") && !is(item->values[HASH], "SHA256")) {
        return refuse(item->lines[HASH], "a hash other than sha256", why);
    }
    struct text text = item->values[KEY];
    size_t cipher_len = large ? 32 : 16;
    uint8_t bytes[SECRETS_MAX];
    if (text.len != RSM_HEX_LEN(cipher_len + RSM_KEYFILE_MAC_MAX)) {
        snprintf(why, RSM_WHY_SIZE,
                 "line %zu: a key of %zu hex digits; this cipher with sha256 has %zu",
                 item->lines[KEY], text.len, RSM_HEX_LEN(cipher_len + RSM_KEYFILE_MAC_MAX));
        return RESUME_MALFORMED;
    }
    bool good = rsm_hex_decode(text.p, text.len, bytes);
    memcpy(key->cipher_key, bytes, cipher_len);
    memcpy(key->mac_key, bytes + cipher_len, RSM_KEYFILE_MAC_MAX);
    rsm_wipe(bytes, sizeof bytes);
    key->cipher_len = cipher_len;
    key->mac_len = real_mac_len(key->mac_key, cipher_len);
    return good ? RESUME_OK : refuse(item->lines[KEY], "the key is not hex", why);
}

static resume_status take_item(const struct item *item, struct rsm_keyfile_key *key, char *why) {
    for (size_t i = 0; i < FIELDS; i++) {
        if (item->lines[i] == 0) {
            snprintf(why, RSM_WHY_SIZE, "line %zu: the key has no \"%s\"", item->line,
                     field_names[i]);
            return RESUME_MALFORMED;
        }
    }
    struct text name = item->values[NAME];
    if (name.len != RSM_HEX_LEN(RSM_KEYFILE_NAME) || !rsm_hex_decode(name.p, name.len, key->name)) {
        return refuse(item->lines[NAME], "a name is 32 hex digits", why);
    }
    if (!parse_seconds(item->values[NOT_BEFORE], &key->not_before_s)) {
        return refuse(item->lines[NOT_BEFORE], "not_before is no number of Unix seconds", why);
    }
    if (!parse_seconds(item->values[NOT_AFTER], &key->not_after_s)) {
        return refuse(item->lines[NOT_AFTER], "not_after is no number of Unix seconds", why);
    }
    if (key->not_after_s < key->not_before_s) {
        return refuse(item->lines[NOT_AFTER], "not_after is before not_before", why);
    }
    key->role = RSM_KEYFILE_TIMED;
    key->line = item->line;
    return take_secrets(item, key, why);
}

static resume_status close_item(struct item *item, struct rsm_keyfile *file, char *why) {
    if (item->line == 0) {
        return RESUME_OK;
    }
    if (file->count == file->room) {
        snprintf(why, RSM_WHY_SIZE, "line %zu: more than %zu keys", item->line, file->room);
        return RESUME_MALFORMED;
    }
    resume_status status = take_item(item, &file->keys[file->count], why);
    file->count += status == RESUME_OK;
    *item = (struct item){0};
    return status;
}

/* "field: value" */
static resume_status take_field(struct text line, size_t number, struct item *item, char *why) {
    const uint8_t *colon = memchr(line.p, ':', line.len);
    struct text name = {line.p, colon ? (size_t)(colon - line.p) : line.len};
    size_t which = 0;
    while (which < FIELDS && !is(name, field_names[which])) {
        which++;
    }
    if (!colon || which == FIELDS) {
        return refuse(number,
                      "not \"field: value\" with one of the fields name, cipher, hash, key, "
                      "not_before, not_after",
                      why);
    }
    struct text rest = skip(line, name.len + 1);
    size_t gap = blanks(rest);
    if (gap == 0 && rest.len) {
        return refuse(number, "no blank behind the colon", why);
    }
    if (item->lines[which]) {
        snprintf(why, RSM_WHY_SIZE, "line %zu: a second \"%s\" in one key", number,
                 field_names[which]);
        return RESUME_MALFORMED;
    }
    item->values[which] = without_quotes(skip(rest, gap));
    item->lines[which] = number;
    return RESUME_OK;
}

static bool begins_item(struct text line) {
    return line.len >= 2 && line.p[0] == '-' && line.p[1] == ' ';
}

static resume_status take_line(struct text line, size_t number, struct item *item,
                               struct rsm_keyfile *file, char *why) {
    line = without_tail(line);
    size_t indent = blanks(line);
    if (indent == line.len || line.p[indent] == '#') {
        return RESUME_OK;
    }
    if (is(line, "---") && item->line == 0 && file->count == 0) {
        return RESUME_OK;
    }
    if (begins_item(line)) {
        resume_status status = close_item(item, file, why);
        if (status != RESUME_OK) {
            return status;
        }
        item->line = number;
        item->indent = 1 + blanks(skip(line, 1));
        return take_field(skip(line, item->indent), number, item, why);
    }
    if (item->line == 0 || indent != item->indent) {
        return refuse(number,
                      "neither \"- field: value\" nor a further field as far to the right as the "
                      "first one",
                      why);
    }
    return take_field(skip(line, indent), number, item, why);
}

resume_status rsm_keyfile_parse_h2o(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                    char *why) {
    struct rsm_keyfile_lines lines = {data, len, 0};
    struct item item = {0};
    struct text line;
    while (rsm_keyfile_next_line(&lines, &line.p, &line.len)) {
        resume_status status = take_line(line, lines.number, &item, file, why);
        if (status != RESUME_OK) {
            return status;
        }
    }
    return close_item(&item, file, why);
}

static void append_hex(struct rsm_buffer *out, const uint8_t *data, size_t len) {
    char text[RSM_HEX_LEN(SECRETS_MAX)];
    rsm_hex_encode(data, len, text);
    rsm_buffer_append(out, text, RSM_HEX_LEN(len));
    rsm_wipe(text, sizeof text);
}

resume_status rsm_keyfile_write_h2o(const struct rsm_keyfile_dialect *dialect,
                                    const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                    char *why) {
    (void)dialect;
    (void)why;
    uint8_t mac_key[RSM_KEYFILE_MAC_MAX] = {0};
    char text[96];
    memcpy(mac_key, key->mac_key, key->mac_len);
    rsm_buffer_append(out, "- name: ", 8);
    append_hex(out, key->name, RSM_KEYFILE_NAME);
    int len = snprintf(text, sizeof text, "\n  cipher: aes-%u-cbc\n  hash: sha256\n  key: ",
                       key->cipher_len == 32 ? 256U : 128U);
    rsm_buffer_append(out, text, (size_t)len);
    append_hex(out, key->cipher_key, key->cipher_len);
    append_hex(out, mac_key, sizeof mac_key);
    len = snprintf(text, sizeof text, "\n  not_before: %" PRIu64 "\n  not_after: %" PRIu64 "\n",
                   key->not_before_s, key->not_after_s);
    rsm_buffer_append(out, text, (size_t)len);
    rsm_wipe(mac_key, sizeof mac_key);
    return RESUME_OK;
}
