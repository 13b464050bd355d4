/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialects of ticket-key files as a table of layouts. See keyfile.h.
 *
 * nginx turns the order of the secrets round between its two sizes; OpenSSL's own 80 bytes
 * (SSL_CTX_set_tlsext_ticket_keys) are laid out as nginx's 80.
 */
#include "wire/keyfile.h"

#include "base/bytes.h"

#define LAYOUTS 2U
#define NAME    16U

struct layout {
    size_t file_len; /* 0: no such layout */
    size_t key_len;
    size_t cipher_at;
    size_t mac_at;
};

struct rsm_keyfile_dialect {
    const char *name;
    const char *sizes;
    struct layout layouts[LAYOUTS];
};

static const struct rsm_keyfile_dialect dialects[] = {
    {"nginx", "48 or 80", {{80, 32, 48, 16}, {48, 16, 16, 32}}},
    {"openssl", "80", {{80, 32, 48, 16}, {0, 0, 0, 0}}},
};

const struct rsm_keyfile_dialect *rsm_keyfile_dialect(const char *name) {
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        if (strcmp(name, dialects[i].name) == 0) {
            return &dialects[i];
        }
    }
    return NULL;
}

const char *rsm_keyfile_dialects(void) {
    return "nginx, openssl";
}

const char *rsm_keyfile_sizes(const struct rsm_keyfile_dialect *dialect) {
    return dialect->sizes;
}

resume_status rsm_keyfile_parse(const struct rsm_keyfile_dialect *dialect, const uint8_t *data,
                                size_t data_len, struct rsm_keyfile *ret_file) {
    for (size_t i = 0; i < LAYOUTS; i++) {
        const struct layout *layout = &dialect->layouts[i];
        if (layout->file_len != 0 && layout->file_len == data_len) {
            *ret_file = (struct rsm_keyfile){data, data + layout->cipher_at, data + layout->mac_at,
                                             layout->key_len};
            return RESUME_OK;
        }
    }
    return RESUME_MALFORMED;
}
