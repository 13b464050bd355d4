/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket-key files of other servers: which bytes of a file are name, AES key and HMAC key. All
 * dialects are random bytes without a mark, so the caller names the dialect; nothing is guessed.
 * Pure: reads no file and judges no key.
 */
#ifndef RSM_WIRE_KEYFILE_H
#define RSM_WIRE_KEYFILE_H

#include <resume/status.h>

/* The longest file of any dialect. */
#define RSM_KEYFILE_MAX 80U

struct rsm_keyfile_dialect;

/* Parts of a key file; pointers into the caller's bytes. */
struct rsm_keyfile {
    const uint8_t *name;       /* 16 bytes */
    const uint8_t *cipher_key; /* key_len bytes */
    const uint8_t *mac_key;    /* key_len bytes */
    size_t key_len;            /* 16 or 32 */
};

/* NULL for a name that is not known. */
const struct rsm_keyfile_dialect *rsm_keyfile_dialect(const char *name);

/* "nginx, openssl": for messages. */
const char *rsm_keyfile_dialects(void);

/* "48 or 80": the sizes that the dialect knows, for messages. */
const char *rsm_keyfile_sizes(const struct rsm_keyfile_dialect *dialect);

/* RESUME_OK, or RESUME_MALFORMED for a size that the dialect does not have. */
resume_status rsm_keyfile_parse(const struct rsm_keyfile_dialect *dialect, const uint8_t *data,
                                size_t data_len, struct rsm_keyfile *ret_file);

#endif
