/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libresume reads the session. The ticket is no part of a session but of the client's memory of
 * it: OpenSSL keeps it in the same SEQUENCE under tag [10], as an OCTET STRING.
 */
#include "saved_session.h"
#include "show.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>

#include <string.h>

enum { TICKET_TAG = 10 };

static enum outcome read_file(const char *path, uint8_t **ret_der, size_t *ret_len) {
    BIO *file = BIO_new_file(path, "rb");
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    if (!file) {
        tell("%s: cannot be read", path);
        return FAILED;
    }
    bool ok = PEM_read_bio(file, &name, &header, &der, &len) == 1;
    if (ok && strcmp(name, PEM_STRING_SSL_SESSION) != 0) {
        OPENSSL_clear_free(der, (size_t)len);
        ok = false;
    } else if (!ok && BIO_reset(file) == 0) { /* no PEM: DER as it stands */
        der = OPENSSL_malloc(RESUME_SESSION_SIZE_MAX);
        len = der ? BIO_read(file, der, RESUME_SESSION_SIZE_MAX) : 0;
        ok = len > 0;
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    BIO_free(file);
    if (!ok) {
        tell("%s: no session of OpenSSL's in it", path);
        return FAILED;
    }
    *ret_der = der;
    *ret_len = (size_t)len;
    return DONE;
}

/* The next element: steps behind its header. */
static bool next_element(const unsigned char **p, const unsigned char *end, int *ret_tag,
                         int *ret_class, long *ret_len) {
    return (ASN1_get_object(p, ret_len, ret_tag, ret_class, end - *p) & 0x80) == 0;
}

/* Copies what stands in [10], if it is there; libresume has checked the rest. */
static bool copy_ticket(const uint8_t *der, size_t der_len, struct saved_session *saved) {
    const unsigned char *p = der;
    const unsigned char *end = der + der_len;
    int tag = 0;
    int class = 0;
    long len = 0;
    if (!next_element(&p, end, &tag, &class, &len)) { /* the SEQUENCE itself */
        return false;
    }
    while (p < end) {
        if (!next_element(&p, end, &tag, &class, &len)) {
            return false;
        }
        if (class == V_ASN1_CONTEXT_SPECIFIC && tag == TICKET_TAG) {
            if (!next_element(&p, end, &tag, &class, &len) || tag != V_ASN1_OCTET_STRING) {
                return false;
            }
            saved->ticket = len > 0 ? OPENSSL_memdup(p, (size_t)len) : NULL;
            saved->ticket_len = (size_t)len;
            return len == 0 || saved->ticket != NULL;
        }
        p += len;
    }
    return true;
}

enum outcome saved_session_read(const char *path, uint64_t now_ms,
                                struct saved_session *ret_saved) {
    uint8_t *der = NULL;
    size_t der_len = 0;
    enum outcome end = read_file(path, &der, &der_len);
    if (end != DONE) {
        return end;
    }
    struct saved_session saved = {0};
    resume_status status = resume_session_from_openssl(der, der_len, now_ms, &saved.session);
    bool ok = status == RESUME_OK && copy_ticket(der, der_len, &saved);
    OPENSSL_clear_free(der, der_len);
    if (!ok) {
        tell("%s: %s", path, resume_status_name(status ? status : RESUME_MALFORMED));
        saved_session_clear(&saved);
        return FAILED;
    }
    *ret_saved = saved;
    return DONE;
}

void saved_session_clear(struct saved_session *saved) {
    resume_session_unref(saved->session);
    OPENSSL_clear_free(saved->ticket, saved->ticket_len);
    *saved = (struct saved_session){0};
}
