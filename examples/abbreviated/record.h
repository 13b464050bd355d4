/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record layer of TLS 1.2 (RFC 5246 section 6.2) with AES-GCM (RFC 5288 section 3): in clear
 * until a direction is given its key, sealed from then on. It knows nothing of what is in records.
 */
#ifndef ABBREVIATED_RECORD_H
#define ABBREVIATED_RECORD_H

#include "outcome.h"
#include "suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Content types. */
enum {
    RECORD_CHANGE_CIPHER_SPEC = 20,
    RECORD_ALERT = 21,
    RECORD_HANDSHAKE = 22,
    RECORD_APPLICATION_DATA = 23,
};

enum {
    RECORD_HEADER = 5,
    RECORD_SALT = 4,           /* the part of the nonce that the key block gives */
    RECORD_EXPLICIT_NONCE = 8, /* the part that stands in each record */
    RECORD_TAG = 16,           /* of GCM */
    RECORD_PLAINTEXT_MAX = 1 << 14,
    RECORD_CIPHERTEXT_MAX = RECORD_PLAINTEXT_MAX + 2048,
};

/* One direction. */
struct protection {
    EVP_CIPHER_CTX *cipher; /* NULL: in clear */
    uint8_t salt[RECORD_SALT];
    uint64_t sequence;
};

struct records {
    int fd;
    struct protection in;
    struct protection out;
    uint8_t buf[RECORD_HEADER + RECORD_CIPHERTEXT_MAX];
};

struct record {
    int type;
    const uint8_t *data; /* valid until the next read */
    size_t len;
};

/* Gives a direction its key and salt; false if libcrypto fails. */
bool protection_start(struct protection *protection, const struct suite *suite, bool seal,
                      const uint8_t *key, const uint8_t *salt);
void protection_clear(struct protection *protection);

enum outcome records_read(struct records *records, struct record *ret_record);

/* In as many records as it takes. */
enum outcome records_write(struct records *records, int type, const uint8_t *data, size_t len);

/* Sends a fatal alert and tells why. Always REFUSED, so that `return records_refuse(...)` ends. */
enum outcome records_refuse(struct records *records, int alert, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* ABBREVIATED_RECORD_H */
