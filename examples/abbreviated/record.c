/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of TLS 1.2, one at a time.
 */
#include "record.h"
#include "alert.h"
#include "show.h"
#include "socket.h"

#include <openssl/crypto.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NONCE = RECORD_SALT + RECORD_EXPLICIT_NONCE, AAD = 13 };

static void put64(uint8_t *p, uint64_t v) {
    for (int i = 7; i >= 0; i--) {
        p[i] = (uint8_t)v;
        v >>= 8;
    }
}

static void put_header(uint8_t *p, int type, size_t len) {
    p[0] = (uint8_t)type;
    p[1] = 3;
    p[2] = 3;
    p[3] = (uint8_t)(len >> 8);
    p[4] = (uint8_t)len;
}

bool protection_start(struct protection *protection, const struct suite *suite, bool seal,
                      const uint8_t *key, const uint8_t *salt) {
    protection_clear(protection);
    memcpy(protection->salt, salt, RECORD_SALT);
    protection->cipher = EVP_CIPHER_CTX_new();
    return protection->cipher && EVP_CipherInit_ex(protection->cipher, suite->cipher(), NULL, key,
                                                   NULL, seal ? 1 : 0) == 1;
}

void protection_clear(struct protection *protection) {
    EVP_CIPHER_CTX_free(protection->cipher); /* wipes its key */
    OPENSSL_cleanse(protection, sizeof *protection);
    protection->cipher = NULL;
}

/*
 * What seal and open have in common: the nonce is the salt and what stands in the record (RFC 5288
 * section 3), the additional data are sequence number and header, with the plaintext's length
 * (RFC 5246 section 6.2.3.3). The text is changed in place.
 */
static bool run_cipher(struct protection *protection, int type, const uint8_t *explicit_nonce,
                       uint8_t *text, size_t text_len) {
    uint8_t nonce[NONCE];
    uint8_t aad[AAD];
    int out = 0;
    memcpy(nonce, protection->salt, RECORD_SALT);
    memcpy(nonce + RECORD_SALT, explicit_nonce, RECORD_EXPLICIT_NONCE);
    put64(aad, protection->sequence++);
    put_header(aad + 8, type, text_len);
    return EVP_CipherInit_ex(protection->cipher, NULL, NULL, NULL, nonce, -1) == 1 &&
           EVP_CipherUpdate(protection->cipher, NULL, &out, aad, AAD) == 1 &&
           EVP_CipherUpdate(protection->cipher, text, &out, text, (int)text_len) == 1;
}

/* The explicit nonce may be anything that never repeats under a key; the sequence number is. */
static bool seal(struct protection *protection, int type, uint8_t *fragment, size_t text_len) {
    uint8_t *text = fragment + RECORD_EXPLICIT_NONCE;
    int out = 0;
    put64(fragment, protection->sequence);
    return run_cipher(protection, type, fragment, text, text_len) &&
           EVP_CipherFinal_ex(protection->cipher, text + text_len, &out) == 1 &&
           EVP_CIPHER_CTX_ctrl(protection->cipher, EVP_CTRL_AEAD_GET_TAG, RECORD_TAG,
                               text + text_len) == 1;
}

static bool open_sealed(struct protection *protection, int type, uint8_t *fragment,
                        size_t text_len) {
    uint8_t *text = fragment + RECORD_EXPLICIT_NONCE;
    int out = 0;
    return run_cipher(protection, type, fragment, text, text_len) &&
           EVP_CIPHER_CTX_ctrl(protection->cipher, EVP_CTRL_AEAD_SET_TAG, RECORD_TAG,
                               text + text_len) == 1 &&
           EVP_CipherFinal_ex(protection->cipher, text + text_len, &out) == 1;
}

static enum outcome write_one(struct records *records, int type, const uint8_t *data, size_t len) {
    uint8_t buf[RECORD_HEADER + RECORD_EXPLICIT_NONCE + RECORD_PLAINTEXT_MAX + RECORD_TAG];
    bool sealed = records->out.cipher != NULL;
    size_t fragment_len = len + (sealed ? RECORD_EXPLICIT_NONCE + RECORD_TAG : 0);
    put_header(buf, type, fragment_len);
    memcpy(buf + RECORD_HEADER + (sealed ? RECORD_EXPLICIT_NONCE : 0), data, len);
    if (sealed && !seal(&records->out, type, buf + RECORD_HEADER, len)) {
        tell("libcrypto did not seal a record");
        OPENSSL_cleanse(buf, sizeof buf);
        return FAILED;
    }
    if (!socket_send(records->fd, buf, RECORD_HEADER + fragment_len)) {
        tell("the peer takes no more");
        return FAILED;
    }
    return DONE;
}

enum outcome records_write(struct records *records, int type, const uint8_t *data, size_t len) {
    do {
        size_t part = len < RECORD_PLAINTEXT_MAX ? len : RECORD_PLAINTEXT_MAX;
        enum outcome end = write_one(records, type, data, part);
        if (end != DONE) {
            return end;
        }
        data += part;
        len -= part;
    } while (len > 0);
    return DONE;
}

enum outcome records_read(struct records *records, struct record *ret_record) {
    uint8_t *header = records->buf;
    uint8_t *fragment = records->buf + RECORD_HEADER;
    if (socket_receive(records->fd, header, RECORD_HEADER) != 1) {
        tell("the peer says nothing more");
        return FAILED;
    }
    size_t len = (size_t)header[3] << 8 | header[4];
    if (header[1] != 3) {
        return records_refuse(records, ALERT_PROTOCOL_VERSION, "a record that is not TLS");
    }
    if (len > RECORD_CIPHERTEXT_MAX) {
        return records_refuse(records, ALERT_RECORD_OVERFLOW, "a record of %zu bytes", len);
    }
    if (len > 0 && socket_receive(records->fd, fragment, len) != 1) {
        tell("the peer says nothing more, inside a record");
        return FAILED;
    }
    if (records->in.cipher) {
        if (len < RECORD_EXPLICIT_NONCE + RECORD_TAG ||
            !open_sealed(&records->in, header[0], fragment,
                         len - RECORD_EXPLICIT_NONCE - RECORD_TAG)) {
            return records_refuse(records, ALERT_BAD_RECORD_MAC, "a record that does not open");
        }
        fragment += RECORD_EXPLICIT_NONCE;
        len -= RECORD_EXPLICIT_NONCE + RECORD_TAG;
    }
    if (len > RECORD_PLAINTEXT_MAX) {
        return records_refuse(records, ALERT_RECORD_OVERFLOW, "%zu bytes in a record", len);
    }
    *ret_record = (struct record){.type = header[0], .data = fragment, .len = len};
    return DONE;
}

enum outcome records_refuse(struct records *records, int alert, const char *format, ...) {
    char why[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    tell("%s: we send fatal alert %s (%d)", why, alert_name(alert), alert);
    const uint8_t message[2] = {ALERT_FATAL, (uint8_t)alert};
    /* The connection is over either way. */
    (void)write_one(records, RECORD_ALERT, message, sizeof message);
    return REFUSED;
}
