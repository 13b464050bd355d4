/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's tls-ticket-keys: one base64 key a line, at least three, all of one size. HAProxy keeps
 * the last three: an older one, the one that seals, and the next. See keyfile.h.
 */
#include "wire/keyfile.h"

#include "base/bytes.h"
#include "base/encode.h"
#include "base/url.h"

#include <stdio.h>

#define KEY_MAX  80U
#define TEXT_MAX RSM_BASE64_LEN(KEY_MAX)

static resume_status refuse(size_t line, const char *what, char *why) {
    snprintf(why, RSM_WHY_SIZE, "line %zu: %s", line, what);
    return RESUME_MALFORMED;
}

static resume_status parse_line(const uint8_t *line, size_t len, size_t number,
                                struct rsm_keyfile *file, struct rsm_keyfile_key *key, char *why) {
    uint8_t bytes[TEXT_MAX / 4 * 3];
    size_t size = 0;
    if (len == 0) {
        return refuse(number, "empty; write one base64 key a line", why);
    }
    if (len > TEXT_MAX) {
        return refuse(number, "longer than a key of 80 bytes in base64", why);
    }
    bool good = rsm_base64_decode(line, len, bytes, &size);
    const struct rsm_keyfile_layout *layout =
        good ? rsm_keyfile_layout_of_len(file->dialect, size) : NULL;
    if (layout) {
        rsm_keyfile_cut(layout, bytes, key);
        key->line = number;
    }
    rsm_wipe(bytes, sizeof bytes);
    if (!good) {
        return refuse(number, "not base64; make a key with openssl rand -base64 -A 80", why);
    }
    if (!layout) {
        snprintf(why, RSM_WHY_SIZE, "line %zu: a key of %zu bytes; %s has %s", number, size,
                 file->dialect->name, file->dialect->sizes);
        return RESUME_MALFORMED;
    }
    return RESUME_OK;
}

/* Of more keys than there is room for the last ones stay, as they do in HAProxy. */
static struct rsm_keyfile_key *next_place(struct rsm_keyfile *file) {
    if (file->count < file->room) {
        return &file->keys[file->count];
    }
    memmove(file->keys, file->keys + 1, (file->room - 1) * sizeof file->keys[0]);
    file->count--;
    return &file->keys[file->count];
}

resume_status rsm_keyfile_parse_base64(const uint8_t *data, size_t len, struct rsm_keyfile *file,
                                       char *why) {
    struct rsm_keyfile_lines lines = {data, len, 0};
    const uint8_t *line = NULL;
    size_t line_len = 0;
    size_t size = 0;
    while (rsm_keyfile_next_line(&lines, &line, &line_len)) {
        struct rsm_keyfile_key *key = next_place(file);
        resume_status status = parse_line(line, line_len, lines.number, file, key, why);
        if (status != RESUME_OK) {
            return status;
        }
        if (size != 0 && key->cipher_len != size) {
            return refuse(lines.number, "a key of another size than on the line before", why);
        }
        size = key->cipher_len;
        file->count++;
    }
    return RESUME_OK;
}

resume_status rsm_keyfile_write_base64(const struct rsm_keyfile_dialect *dialect,
                                       const struct rsm_keyfile_key *key, struct rsm_buffer *out,
                                       char *why) {
    const struct rsm_keyfile_layout *layout = rsm_keyfile_layout_of_key(dialect, key);
    if (!layout) {
        return rsm_keyfile_no_place(dialect, key, why);
    }
    uint8_t bytes[KEY_MAX];
    char text[TEXT_MAX + 1];
    rsm_keyfile_join(layout, key, bytes);
    rsm_base64_encode(bytes, layout->len, text);
    text[RSM_BASE64_LEN(layout->len)] = '\n';
    rsm_buffer_append(out, text, RSM_BASE64_LEN(layout->len) + 1);
    rsm_wipe(bytes, sizeof bytes);
    rsm_wipe(text, sizeof text);
    return RESUME_OK;
}
