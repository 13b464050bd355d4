/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tickets and stored sessions have in common on their way in: the facts that the server
 * decides on, the checks that need libssl, and how an accepted session becomes the connection's.
 */
#include "adapter.h"

#include <openssl/x509.h>

#include <string.h>
#include <strings.h>

static int32_t client_auth_of(const SSL *ssl) {
    int mode = SSL_get_verify_mode(ssl);
    if (!(mode & SSL_VERIFY_PEER)) {
        return RESUME_CLIENT_AUTH_NONE;
    }
    return mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT ? RESUME_CLIENT_AUTH_REQUIRE
                                                  : RESUME_CLIENT_AUTH_REQUEST;
}

static bool is_enabled(SSL *ssl, uint16_t suite) {
    const STACK_OF(SSL_CIPHER) *enabled = SSL_get_ciphers(ssl);
    for (int i = 0; i < sk_SSL_CIPHER_num(enabled); i++) {
        if (SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(enabled, i)) == suite) {
            return true;
        }
    }
    return false;
}

/* The suites of the hello that are enabled here too: libssl resumes a TLS 1.2 session with a suite
 * that the server has since taken off its list (I-04). */
static size_t common_suites(SSL *ssl, struct rsm_link *link, const uint8_t *offered, size_t len) {
    size_t used = 0;
    for (size_t i = 0; i + 1 < len && used < sizeof link->suites; i += 2) {
        if (is_enabled(ssl, (uint16_t)(offered[i] << 8 | offered[i + 1]))) {
            link->suites[used++] = offered[i];
            link->suites[used++] = offered[i + 1];
        }
    }
    return used;
}

/* In TLS 1.3 libssl has chosen the suite before it looks at tickets. */
static size_t chosen_suite(SSL *ssl, struct rsm_link *link) {
    const SSL_CIPHER *chosen = SSL_get_pending_cipher(ssl);
    uint16_t suite = chosen ? SSL_CIPHER_get_protocol_id(chosen) : 0;
    link->suites[0] = (uint8_t)(suite >> 8);
    link->suites[1] = (uint8_t)suite;
    return 2;
}

static resume_status set_suites(SSL *ssl, struct rsm_link *link, uint16_t suite) {
    const uint8_t *offered = link->offered;
    size_t len = link->offered_len;
    if (SSL_version(ssl) == TLS1_3_VERSION) {
        offered = link->suites;
        len = chosen_suite(ssl, link);
    } else if (!suite || !is_enabled(ssl, suite)) {
        len = common_suites(ssl, link, offered, len);
        offered = link->suites;
    }
    return resume_connection_set_cipher_suites(link->connection, offered, len);
}

RSM_HOT void rsm_admit_facts(SSL *ssl, struct rsm_link *link, uint16_t suite) {
    resume_connection *connection = link->connection;
    bool ok =
        resume_connection_reset(connection) == RESUME_OK &&
        resume_connection_set_version(connection, (uint16_t)SSL_version(ssl)) == RESUME_OK &&
        resume_connection_set_context(connection, link->context, link->context_len) == RESUME_OK &&
        resume_connection_set_server_name(connection, link->server_name, link->server_name_len) ==
            RESUME_OK &&
        resume_connection_set_client_auth(connection, client_auth_of(ssl)) == RESUME_OK &&
        resume_connection_set_extended_master_secret(connection, link->extended_master_secret) ==
            RESUME_OK &&
        set_suites(ssl, link, suite) == RESUME_OK;
    link->refuse = link->refuse || !ok;
}

RSM_HOT resume_reason rsm_admit_check(SSL_SESSION *session) {
    const X509 *peer = SSL_SESSION_get0_peer(session);
    /* 0 is a time that cannot be read. */
    if (peer && (X509_cmp_current_time(X509_get0_notAfter(peer)) <= 0 ||
                 X509_cmp_current_time(X509_get0_notBefore(peer)) >= 0)) {
        return RESUME_REASON_CLIENT_CERTIFICATE_INVALID;
    }
    return RESUME_REASON_RESUMED;
}

/* Without a servername callback libssl records no name, and isolation by name would rest on the
 * context alone, which stock servers do not share. And it reports a resumed TLS 1.2 session's name
 * as the connection's, whatever the hello said. */
RSM_HOT bool rsm_admit_name(const struct rsm_link *link, SSL_SESSION *session) {
    const char *name = SSL_SESSION_get0_hostname(session);
    char wanted[sizeof link->server_name + 1];
    memcpy(wanted, link->server_name, link->server_name_len);
    wanted[link->server_name_len] = '\0';
    /* Nearly always letter by letter; only the other comparison has to load a table. */
    bool same = name ? strcmp(name, wanted) == 0 || strcasecmp(name, wanted) == 0
                     : link->server_name_len == 0;
    return same || SSL_SESSION_set1_hostname(session, link->server_name_len ? wanted : NULL) == 1;
}

/* libssl compares contexts after us; a session of another one that the policy accepts passes if
 * the connection bears it. Issuing goes back to our own. */
RSM_HOT bool rsm_admit_session(SSL *ssl, struct rsm_link *link, SSL_SESSION *session) {
    unsigned int len = 0;
    const unsigned char *context = SSL_SESSION_get0_id_context(session, &len);
    return SSL_set_session_id_context(ssl, context, len) == 1 && rsm_admit_name(link, session) &&
           rsm_appdata_unpack(session);
}

uint32_t rsm_admit_lifetime(SSL_SESSION *session, uint32_t seconds) {
    const X509 *peer = SSL_SESSION_get0_peer(session);
    int days = 0;
    int rest = 0;
    if (!peer || !ASN1_TIME_diff(&days, &rest, NULL, X509_get0_notAfter(peer))) {
        return seconds;
    }
    int64_t left = (int64_t)days * 86400 + rest;
    return left <= 0 ? 0 : left < (int64_t)seconds ? (uint32_t)left : seconds;
}
