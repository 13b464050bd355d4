/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as OpenSSL's SSL_SESSION: an answer, never a failure; what is accepted is written,
 * read again and the same, and from then on the bytes stay the same. OpenSSL reads what we write,
 * unless it holds what only OpenSSL looks into (an unknown suite, a certificate that is none).
 */
#include <resume/session.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void openssl_agrees(const uint8_t *der, size_t len) {
    const unsigned char *p = der;
    SSL_SESSION *theirs = d2i_SSL_SESSION(NULL, &p, (long)len);
    if (theirs) {
        unsigned char *again = NULL;
        int again_len = i2d_SSL_SESSION(theirs, &again);
        require(p == der + len);
        require(again_len > 0 && (size_t)again_len == len && memcmp(again, der, len) == 0);
        OPENSSL_free(again);
    }
    SSL_SESSION_free(theirs);
    ERR_clear_error();
}

/* A client's ticket is found, and written again as libssl would. */
static void ticket_goes_along(const resume_session *session, const uint8_t *data, size_t size) {
    static uint8_t der[RESUME_SESSION_SIZE_MAX + 65536 + 64];
    const uint8_t *ticket = NULL;
    const uint8_t *again = NULL;
    size_t ticket_len = 0;
    size_t again_len = 0;
    size_t len = 0;
    uint32_t hint = 0;
    uint32_t again_hint = 0;
    require(resume_session_ticket_from_openssl(data, size, &ticket, &ticket_len, &hint) ==
            RESUME_OK);
    require(ticket_len == 0 || (ticket > data && ticket + ticket_len <= data + size));
    if (ticket_len > 65535 ||
        resume_session_to_openssl_with_ticket(session, ticket, ticket_len, hint, der, sizeof der,
                                              &len) != RESUME_OK) {
        return;
    }
    require(resume_session_ticket_from_openssl(der, len, &again, &again_len, &again_hint) ==
            RESUME_OK);
    require(again_len == ticket_len && again_hint == hint &&
            (!ticket_len || memcmp(again, ticket, ticket_len) == 0));
    openssl_agrees(der, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t first[RESUME_SESSION_SIZE_MAX];
    static uint8_t second[RESUME_SESSION_SIZE_MAX];
    resume_session *session = NULL;
    resume_session *again = NULL;
    size_t first_len = 0;
    size_t second_len = 0;
    resume_status status = resume_session_from_openssl(data, size, NOW, &session);
    require(status == RESUME_OK || status == RESUME_MALFORMED || status == RESUME_UNSUPPORTED ||
            status == RESUME_TOO_LARGE);
    require((session != NULL) == (status == RESUME_OK));
    if (!session) {
        return 0;
    }
    ticket_goes_along(session, data, size);
    status = resume_session_to_openssl(session, first, sizeof first, &first_len);
    require(status == RESUME_OK || status == RESUME_TOO_LARGE);
    if (status == RESUME_OK) {
        require(resume_session_from_openssl(first, first_len, NOW, &again) == RESUME_OK);
        require(resume_session_equal(session, again));
        require(resume_session_to_openssl(again, second, sizeof second, &second_len) == RESUME_OK);
        require(second_len == first_len && memcmp(first, second, first_len) == 0);
        openssl_agrees(first, first_len);
    }
    resume_session_unref(again);
    resume_session_unref(session);
    return 0;
}
