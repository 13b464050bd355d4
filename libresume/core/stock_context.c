/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session-id contexts of stock servers, so that a fleet can issue or accept theirs. Each server
 * is a row of the table; how they make them was read from their sources and seen in their tickets.
 */
#include "core/policy.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/url.h"
#include "crypto/certificate.h"

typedef resume_status stock_fn(struct rsm_url *url, uint8_t *out, size_t *ret_len);

static resume_status haproxy(struct rsm_url *url, uint8_t *out, size_t *ret_len) {
    static const char constant[] = "haproxy"; /* as of 2.6 */
    char why[RSM_WHY_SIZE];
    if (url->path[0] != '\0' || rsm_url_done(url, "none", why) != RESUME_OK) {
        return RESUME_E_INVALID;
    }
    memcpy(out, constant, sizeof constant - 1);
    *ret_len = sizeof constant - 1;
    return RESUME_OK;
}

/* The certificates of a list "a.pem,b.pem", the last one first, as nginx keeps them. Takes the list
 * apart. */
static resume_status hash_certificates(char *list, struct rsm_buffer *into) {
    resume_status status = RESUME_OK;
    char *comma = NULL;
    while (status == RESUME_OK && (comma = strrchr(list, ',')) != NULL) {
        status = rsm_certificate_first(comma + 1, into);
        *comma = '\0';
    }
    return status == RESUME_OK ? rsm_certificate_first(list, into) : status;
}

/* SHA-1 over "HTTP", the fingerprint of each certificate, and that of each CA name which is sent to
 * clients (ngx_ssl_session_id_context() of nginx). */
static resume_status nginx(struct rsm_url *url, uint8_t *out, size_t *ret_len) {
    char why[RSM_WHY_SIZE];
    struct rsm_buffer hashed = {0};
    const char *ca = rsm_url_param(url, "client_certificate");
    if (url->path[0] == '\0' || rsm_url_done(url, "client_certificate", why) != RESUME_OK) {
        return RESUME_E_INVALID;
    }
    rsm_buffer_append(&hashed, "HTTP", 4);
    resume_status status = hash_certificates(url->path, &hashed);
    status = status == RESUME_OK && ca ? rsm_certificate_subjects(ca, &hashed) : status;
    status = status ? status : rsm_sha1(hashed.data, hashed.len, out);
    rsm_buffer_free(&hashed);
    *ret_len = RSM_SHA1_SIZE;
    return status;
}

static const struct {
    const char *name;
    stock_fn *make;
} stocks[] = {
    {"haproxy", haproxy},
    {"nginx", nginx},
};

static stock_fn *stock_of(const char *name) {
    for (size_t i = 0; i < sizeof stocks / sizeof *stocks; i++) {
        if (strcmp(stocks[i].name, name) == 0) {
            return stocks[i].make;
        }
    }
    return NULL;
}

resume_status resume_policy_stock_context(const char *stock, uint8_t *buf, size_t buf_cap,
                                          size_t *ret_len) {
    char why[RSM_WHY_SIZE];
    uint8_t made[RESUME_CONTEXT_SIZE];
    size_t len = 0;
    struct rsm_url url;
    if (!stock || !buf || !ret_len) {
        return RESUME_E_INVALID;
    }
    resume_status status = rsm_url_parse(stock, &url, why);
    if (status != RESUME_OK) {
        return status;
    }
    stock_fn *make = stock_of(url.scheme);
    status = make ? make(&url, made, &len) : RESUME_E_INVALID;
    rsm_url_free(&url);
    if (status != RESUME_OK) {
        return status;
    }
    *ret_len = len;
    if (buf_cap < len) {
        return RESUME_E_BUFFER;
    }
    memcpy(buf, made, len);
    return RESUME_OK;
}
