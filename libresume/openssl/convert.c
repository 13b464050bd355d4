/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSL_SESSION to resume_session and back, by way of OpenSSL's DER, the one form that both know.
 */
#include "adapter.h"

resume_status resume_openssl_export(SSL_SESSION *session, uint64_t now_ms,
                                    resume_session **ret_session) {
    if (!session || !ret_session) {
        return RESUME_E_INVALID;
    }
    unsigned char *der = NULL;
    int len = i2d_SSL_SESSION(session, &der);
    if (len <= 0) {
        return len == 0 ? RESUME_UNSUPPORTED : RESUME_E_NOMEM;
    }
    resume_status status = resume_session_from_openssl(der, (size_t)len, now_ms, ret_session);
    OPENSSL_clear_free(der, (size_t)len);
    return status;
}

resume_status resume_openssl_import(const resume_session *session, SSL_SESSION **ret_session) {
    if (!session || !ret_session) {
        return RESUME_E_INVALID;
    }
    size_t len = 0;
    resume_status status = resume_session_to_openssl(session, NULL, 0, &len);
    if (status != RESUME_OK) {
        return status;
    }
    unsigned char *der = OPENSSL_malloc(len);
    if (!der) {
        return RESUME_E_NOMEM;
    }
    status = resume_session_to_openssl(session, der, len, &len);
    SSL_SESSION *made = NULL;
    if (status == RESUME_OK) {
        const unsigned char *p = der;
        made = d2i_SSL_SESSION(NULL, &p, (long)len);
        status = made ? RESUME_OK : RESUME_UNSUPPORTED;
    }
    OPENSSL_clear_free(der, len);
    if (made) {
        *ret_session = made;
    }
    return status;
}
