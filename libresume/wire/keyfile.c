/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of dialects, and those that are plain bytes. See keyfile.h.
 *
 * The order of the secrets is each product's own: nginx turns it round between its two sizes, and
 * OpenSSL's 48 bytes of 1.0 differ from nginx's 48.
 */
#include "wire/keyfile.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "base/url.h"

#include <stdio.h>

#define AES16_HMAC16                                                                               \
    { 48, 16, 16, 32 }
#define HMAC16_AES16                                                                               \
    { 48, 16, 32, 16 }
#define AES32_HMAC32                                                                               \
    { 80, 32, 16, 48 }
#define HMAC32_AES32                                                                               \
    { 80, 32, 48, 16 }
#define NO_LAYOUT                                                                                  \
    { 0, 0, 0, 0 }

static resume_status parse_raw(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                               char *why);
static resume_status write_raw(const struct rsm_keyfile_dialect *dialect,
                               const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                               char *why);

static const struct rsm_keyfile_dialect dialects[] = {
    {"nginx",
     "48 or 80",
     RSM_KEYFILE_FIRST,
     1,
     1,
     {HMAC32_AES32, AES16_HMAC16},
     parse_raw,
     write_raw},
    {"openssl", "80", RSM_KEYFILE_FIRST, 1, 1, {HMAC32_AES32, NO_LAYOUT}, parse_raw, write_raw},
    {"openssl10", "48", RSM_KEYFILE_FIRST, 1, 1, {HMAC16_AES16, NO_LAYOUT}, parse_raw, write_raw},
    {"apache", "48", RSM_KEYFILE_FIRST, 1, 1, {HMAC16_AES16, NO_LAYOUT}, parse_raw, write_raw},
    {"haproxy",
     "48 or 80",
     RSM_KEYFILE_PENULTIMATE,
     3,
     3,
     {AES32_HMAC32, AES16_HMAC16},
     rsm_keyfile_parse_base64,
     rsm_keyfile_write_base64},
    {"envoy", "80", RSM_KEYFILE_FIRST, 1, 1, {HMAC32_AES32, NO_LAYOUT}, parse_raw, write_raw},
    {"nghttpx",
     "48 or 80",
     RSM_KEYFILE_FIRST,
     1,
     1,
     {AES32_HMAC32, AES16_HMAC16},
     parse_raw,
     write_raw},
    {"h2o",
     "16 and 64 or 32 and 64",
     RSM_KEYFILE_BY_TIME,
     1,
     RSM_KEYFILE_KEYS,
     {NO_LAYOUT, NO_LAYOUT},
     rsm_keyfile_parse_h2o,
     rsm_keyfile_write_h2o},
    {"go",
     "32",
     RSM_KEYFILE_FIRST,
     1,
     RSM_KEYFILE_KEYS,
     {NO_LAYOUT, NO_LAYOUT},
     rsm_keyfile_parse_seed_lines,
     rsm_keyfile_write_seed_line},
    {"go-raw",
     "32",
     RSM_KEYFILE_FIRST,
     1,
     RSM_KEYFILE_KEYS,
     {NO_LAYOUT, NO_LAYOUT},
     rsm_keyfile_parse_seeds,
     rsm_keyfile_write_seed},
    {"dnsdist",
     "80",
     RSM_KEYFILE_LAST,
     1,
     RSM_KEYFILE_KEYS,
     {AES32_HMAC32, NO_LAYOUT},
     parse_raw,
     write_raw},
    {"ats",
     "48",
     RSM_KEYFILE_FIRST,
     1,
     RSM_KEYFILE_KEYS,
     {HMAC16_AES16, NO_LAYOUT},
     parse_raw,
     write_raw},
};

#define DIALECTS (sizeof dialects / sizeof dialects[0])

const struct rsm_keyfile_dialect *rsm_keyfile_dialect_at(size_t index) {
    return index < DIALECTS ? &dialects[index] : NULL;
}

const struct rsm_keyfile_dialect *rsm_keyfile_dialect(const char *name) {
    for (size_t i = 0; i < DIALECTS; i++) {
        if (strcmp(name, dialects[i].name) == 0) {
            return &dialects[i];
        }
    }
    return NULL;
}

const char *rsm_keyfile_dialects(void) {
    return "nginx, openssl, openssl10, apache, haproxy, envoy, nghttpx, h2o, go, go-raw, dnsdist, "
           "ats";
}

struct rsm_keyfile *rsm_keyfile_new(const struct rsm_keyfile_dialect *dialect) {
    size_t size = sizeof(struct rsm_keyfile) + dialect->most * sizeof(struct rsm_keyfile_key);
    struct rsm_keyfile *file = rsm_secret_alloc(size);
    if (file) {
        file->dialect = dialect;
        file->room = dialect->most;
    }
    return file;
}

const struct rsm_keyfile_layout *
rsm_keyfile_layout_of_len(const struct rsm_keyfile_dialect *dialect, size_t len) {
    for (size_t i = 0; i < RSM_KEYFILE_LAYOUTS; i++) {
        if (len != 0 && dialect->layouts[i].len == len) {
            return &dialect->layouts[i];
        }
    }
    return NULL;
}

const struct rsm_keyfile_layout *
rsm_keyfile_layout_of_key(const struct rsm_keyfile_dialect *dialect,
                          const struct rsm_keyfile_key *key) {
    for (size_t i = 0; i < RSM_KEYFILE_LAYOUTS; i++) {
        const struct rsm_keyfile_layout *layout = &dialect->layouts[i];
        if (layout->len && layout->key_len == key->cipher_len && layout->key_len == key->mac_len) {
            return layout;
        }
    }
    return NULL;
}

void rsm_keyfile_cut(const struct rsm_keyfile_layout *layout, const uint8_t *bytes,
                     struct rsm_keyfile_key *ret_key) {
    memcpy(ret_key->name, bytes, RSM_KEYFILE_NAME);
    memcpy(ret_key->cipher_key, bytes + layout->cipher_at, layout->key_len);
    memcpy(ret_key->mac_key, bytes + layout->mac_at, layout->key_len);
    ret_key->cipher_len = ret_key->mac_len = layout->key_len;
}

void rsm_keyfile_join(const struct rsm_keyfile_layout *layout, const struct rsm_keyfile_key *key,
                      uint8_t *out) {
    memcpy(out, key->name, RSM_KEYFILE_NAME);
    memcpy(out + layout->cipher_at, key->cipher_key, layout->key_len);
    memcpy(out + layout->mac_at, key->mac_key, layout->key_len);
}

resume_status rsm_keyfile_no_place(const struct rsm_keyfile_dialect *dialect,
                                   const struct rsm_keyfile_key *key, char *why) {
    snprintf(why, RSM_WHY_SIZE,
             "%s has no place for an AES key of %zu bytes with an HMAC key of %zu: its keys have "
             "%s bytes, the 16 of the name with them",
             dialect->name, key->cipher_len, key->mac_len, dialect->sizes);
    return RESUME_UNSUPPORTED;
}

/* ---- bytes: keys of one size behind one another ------------------------------------------------
 */

static resume_status refuse_size(const struct rsm_keyfile_dialect *dialect, size_t len, char *why) {
    if (len > RSM_KEYFILE_MAX) {
        snprintf(why, RSM_WHY_SIZE, "longer than any key file; %s wants %s bytes", dialect->name,
                 dialect->sizes);
    } else {
        snprintf(why, RSM_WHY_SIZE, "%zu bytes; a key of %s has %s%s", len, dialect->name,
                 dialect->sizes, dialect->most > 1 ? ", and a file some of them" : "");
    }
    return RESUME_MALFORMED;
}

static resume_status parse_raw(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                               char *why) {
    const struct rsm_keyfile_dialect *dialect = file->dialect;
    const struct rsm_keyfile_layout *layout =
        dialect->most > 1 ? &dialect->layouts[0] : rsm_keyfile_layout_of_len(dialect, len);
    if (!layout || len == 0 || len % layout->len != 0) {
        return refuse_size(dialect, len, why);
    }
    if (len / layout->len > file->room) {
        snprintf(why, RSM_WHY_SIZE, "more than %zu keys", file->room);
        return RESUME_MALFORMED;
    }
    for (; file->count < len / layout->len; file->count++) {
        rsm_keyfile_cut(layout, data + file->count * layout->len, &file->keys[file->count]);
    }
    return RESUME_OK;
}

static resume_status write_raw(const struct rsm_keyfile_dialect *dialect,
                               const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                               char *why) {
    const struct rsm_keyfile_layout *layout = rsm_keyfile_layout_of_key(dialect, key);
    if (!layout) {
        return rsm_keyfile_no_place(dialect, key, why);
    }
    uint8_t bytes[80];
    rsm_keyfile_join(layout, key, bytes);
    rsm_buffer_append(out, bytes, layout->len);
    rsm_wipe(bytes, sizeof bytes);
    return RESUME_OK;
}

/* ---- both ways ---------------------------------------------------------------------------------
 */

bool rsm_keyfile_next_line(struct rsm_keyfile_lines *lines, const uint8_t **ret_line,
                           size_t *ret_len) {
    if (lines->left == 0) {
        return false;
    }
    const uint8_t *end = memchr(lines->p, '\n', lines->left);
    size_t len = end ? (size_t)(end - lines->p) : lines->left;
    *ret_line = lines->p;
    *ret_len = len && lines->p[len - 1] == '\r' ? len - 1 : len;
    lines->p += len + (end != NULL);
    lines->left -= len + (end != NULL);
    lines->number++;
    return true;
}

static void set_roles(struct rsm_keyfile *file) {
    if (file->dialect->sealer == RSM_KEYFILE_BY_TIME) {
        return; /* the parser did */
    }
    size_t seals = 0;
    if (file->dialect->sealer == RSM_KEYFILE_LAST) {
        seals = file->count - 1;
    } else if (file->dialect->sealer == RSM_KEYFILE_PENULTIMATE) {
        seals = file->count - 2;
    }
    for (size_t i = 0; i < file->count; i++) {
        file->keys[i].role = RSM_KEYFILE_OPENS;
        file->keys[i].age = i < seals ? seals - i : i - seals;
    }
    file->keys[seals].role = RSM_KEYFILE_SEALS;
    if (file->dialect->sealer == RSM_KEYFILE_PENULTIMATE) {
        file->keys[seals + 1].role = RSM_KEYFILE_NEXT;
    }
}

resume_status rsm_keyfile_parse(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                char *why) {
    if (len > RSM_KEYFILE_MAX) {
        return refuse_size(file->dialect, len, why);
    }
    resume_status status = file->dialect->parse(data, len, file, why);
    if (status != RESUME_OK) {
        return status;
    }
    if (file->count < file->dialect->least) {
        snprintf(why, RSM_WHY_SIZE, "%zu keys; a file of %s has at least %zu", file->count,
                 file->dialect->name, file->dialect->least);
        return RESUME_MALFORMED;
    }
    set_roles(file);
    return RESUME_OK;
}

resume_status rsm_keyfile_write(const struct rsm_keyfile *file, struct rsm_buffer *out, char *why) {
    const struct rsm_keyfile_dialect *dialect = file->dialect;
    if (file->count < dialect->least || file->count > dialect->most) {
        snprintf(why, RSM_WHY_SIZE, "%zu keys; a file of %s has %zu to %zu", file->count,
                 dialect->name, dialect->least, dialect->most);
        return RESUME_UNSUPPORTED;
    }
    for (size_t i = 0; i < file->count; i++) {
        if (dialect->layouts[0].len && file->keys[i].cipher_len != file->keys[0].cipher_len) {
            snprintf(why, RSM_WHY_SIZE,
                     "keys of different sizes; all keys in a file of %s have one", dialect->name);
            return RESUME_UNSUPPORTED;
        }
        resume_status status = dialect->write(dialect, &file->keys[i], out, why);
        if (status != RESUME_OK) {
            return status;
        }
    }
    return out->failed ? RESUME_E_NOMEM : RESUME_OK;
}
