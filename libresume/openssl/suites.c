/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of an SSL_CTX's TLS 1.3 cipher suites: libssl chooses the suite before it looks at a
 * ticket, and resumes only a session of the same hash.
 */
#include "adapter.h"

#include <string.h>

static bool is_tls13(const SSL_CIPHER *suite) {
    return SSL_CIPHER_get_protocol_id(suite) >> 8 == 0x13;
}

/* As servers in Go order them: AES before ChaCha20, which this machine's AES instructions beat. */
static int rank(const SSL_CIPHER *suite) {
    switch (SSL_CIPHER_get_protocol_id(suite)) {
    case 0x1301: /* TLS_AES_128_GCM_SHA256 */
        return 0;
    case 0x1303: /* TLS_CHACHA20_POLY1305_SHA256 */
        return 1;
    case 0x1302: /* TLS_AES_256_GCM_SHA384 */
        return 3;
    default:
        return 2;
    }
}

static bool append(char *list, size_t cap, const char *name) {
    size_t used = strlen(list);
    size_t len = strlen(name);
    if (used + len + 2 > cap) {
        return false;
    }
    if (used) {
        list[used++] = ':';
    }
    memcpy(list + used, name, len + 1);
    return true;
}

/* The names of those enabled, in order; only those of one rank unless it is negative. */
static bool join(const SSL_CTX *ctx, int wanted, char *list, size_t cap) {
    const STACK_OF(SSL_CIPHER) *enabled = SSL_CTX_get_ciphers(ctx);
    bool all = true;
    for (int i = 0; i < sk_SSL_CIPHER_num(enabled); i++) {
        const SSL_CIPHER *suite = sk_SSL_CIPHER_value(enabled, i);
        if (is_tls13(suite) && (wanted < 0 || rank(suite) == wanted)) {
            all = append(list, cap, SSL_CIPHER_get_name(suite)) && all;
        }
    }
    return all;
}

bool rsm_suites_sha256_first(SSL_CTX *ctx, struct rsm_before *before) {
    char wanted[RSM_SUITE_NAMES] = "";
    before->suites[0] = '\0';
    bool ok = join(ctx, -1, before->suites, sizeof before->suites);
    for (int r = 0; r < 4; r++) {
        ok = join(ctx, r, wanted, sizeof wanted) && ok;
    }
    if (!ok || (wanted[0] && SSL_CTX_set_ciphersuites(ctx, wanted) != 1)) {
        return false;
    }
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
    return true;
}

void rsm_suites_set_back(SSL_CTX *ctx, const struct rsm_before *before) {
    if (before->suites[0]) {
        (void)SSL_CTX_set_ciphersuites(ctx, before->suites);
    }
}
