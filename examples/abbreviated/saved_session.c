/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads what openssl s_client -sess_out wrote. The ticket is no part of a session but of the
 * client's memory of it, so it has a call of its own.
 */
#include "saved_session.h"
#include "show.h"

#include <openssl/pem.h>

#include <string.h>

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

/* Copies the ticket, if there is one. */
static resume_status copy_ticket(const uint8_t *der, size_t der_len, struct saved_session *saved) {
    const uint8_t *ticket = NULL;
    size_t len = 0;
    uint32_t hint = 0;
    resume_status status = resume_session_ticket_from_openssl(der, der_len, &ticket, &len, &hint);
    if (status != RESUME_OK || len == 0) {
        return status;
    }
    saved->ticket = OPENSSL_memdup(ticket, len);
    saved->ticket_len = len;
    return saved->ticket ? RESUME_OK : RESUME_E_NOMEM;
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
    status = status ? status : copy_ticket(der, der_len, &saved);
    OPENSSL_clear_free(der, der_len);
    if (status != RESUME_OK) {
        tell("%s: %s", path, resume_status_name(status));
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
