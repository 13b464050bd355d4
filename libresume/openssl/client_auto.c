/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The automatic client: for connections that others open (a language's TLS module, an HTTP
 * library), whose SSL nobody can hand to resume_openssl_client_offer(). libssl's info callback
 * tells when a handshake begins, before a session is chosen and the ClientHello is written: all
 * settings are made by then, and a session can still be set.
 */
#include "client.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HOST_SIZE 256 /* with the NUL */

/* Whom a connection goes to; "" and 0 if nothing tells. */
struct target {
    char host[HOST_SIZE];
    uint16_t port;
};

static bool set_host(struct target *target, const char *host) {
    size_t len = strlen(host);
    if (len >= sizeof target->host) {
        return false;
    }
    memcpy(target->host, host, len + 1);
    return true;
}

/* The other end of the socket, if there is one: the address with its scope, and the port. */
static void ask_socket(const SSL *ssl, struct target *target) {
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof address;
    char port[8];
    int fd = SSL_get_fd(ssl);
    if (fd >= 0 && getpeername(fd, (struct sockaddr *)&address, &len) == 0 &&
        (address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
        getnameinfo((struct sockaddr *)&address, len, target->host, sizeof target->host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
        target->port = (uint16_t)strtoul(port, NULL, 10);
    } else {
        target->host[0] = '\0';
    }
}

/* The name in the ClientHello says most. Without one, what will be verified; and where nothing is
 * verified, the address is all there is. */
static resume_status find_target(SSL *ssl, const char *address, uint16_t port,
                                 struct target *target) {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    name = name ? name : X509_VERIFY_PARAM_get0_host(param, 0);
    char *ip = name ? NULL : X509_VERIFY_PARAM_get1_ip_asc(param);
    const char *chosen = name ? name : ip ? ip : address;
    ask_socket(ssl, target);
    target->port = port ? port : target->port;
    bool fits = !chosen || set_host(target, chosen);
    OPENSSL_free(ip);
    return !fits ? RESUME_E_INVALID : target->host[0] ? RESUME_OK : RESUME_MISS;
}

static resume_status make_peer(SSL *ssl, const char *address, uint16_t port, const uint8_t *label,
                               resume_peer **ret_peer) {
    struct target target = {.port = 0};
    uint8_t digest[RSM_DIGEST_SIZE];
    resume_peer *peer = NULL;
    resume_status status = find_target(ssl, address, port, &target);
    if (status != RESUME_OK) {
        return status;
    }
    if (!rsm_client_settings_digest(ssl, label, digest)) {
        return RESUME_E_CRYPTO;
    }
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    status = resume_peer_new(target.host, target.port, &peer);
    status = status || !name ? status : resume_peer_set_server_name(peer, name, strlen(name));
    status = status ? status : resume_peer_set_label(peer, digest, sizeof digest);
    if (status != RESUME_OK) {
        resume_peer_unref(peer);
        return status;
    }
    *ret_peer = peer;
    return RESUME_OK;
}

resume_status resume_openssl_client_attach_auto(SSL_CTX *ctx, resume_client *client,
                                                const uint8_t *label, size_t label_len) {
    uint8_t digest[RSM_DIGEST_SIZE];
    if (!label && label_len) {
        return RESUME_E_INVALID;
    }
    if (EVP_Digest(label_len ? label : digest, label_len, digest, NULL, EVP_sha256(), NULL) != 1) {
        return RESUME_E_CRYPTO;
    }
    resume_status status = resume_openssl_client_attach(ctx, client);
    if (status == RESUME_OK) {
        struct rsm_client_attachment *attachment = rsm_client_attachment_of(ctx);
        memcpy(attachment->label, digest, sizeof digest);
        attachment->automatic = true;
    }
    return status;
}

resume_status resume_openssl_client_peer(SSL *ssl, const char *address, uint16_t port,
                                         resume_peer **ret_peer) {
    if (!ssl || !ret_peer) {
        return RESUME_E_INVALID;
    }
    const struct rsm_client_attachment *attachment = rsm_client_attachment_of(SSL_get_SSL_CTX(ssl));
    if (!attachment || !attachment->automatic) {
        return RESUME_E_STATE;
    }
    return make_peer(ssl, address, port, attachment->label, ret_peer);
}

/* A link that nobody's offer made is an earlier handshake's on this SSL, whose session libssl has
 * kept over SSL_clear(). Without one, a session can only be the application's. */
static bool is_ours_to_offer(SSL *ssl) {
    const struct rsm_client_link *link = rsm_client_link_of(ssl);
    return !SSL_is_server(ssl) && SSL_in_before(ssl) &&
           (link ? link->automatic : SSL_get_session(ssl) == NULL);
}

/* Nothing that happens here may fail the handshake, or leave an error for SSL_get_error(). */
void rsm_client_auto_begin(SSL *ssl, const struct rsm_client_attachment *attachment) {
    resume_peer *peer = NULL;
    if (!is_ours_to_offer(ssl)) {
        return;
    }
    ERR_set_mark();
    if (rsm_client_link_of(ssl)) {
        rsm_client_link_drop(ssl);
        SSL_set_session(ssl, NULL);
    }
    if (make_peer(ssl, NULL, 0, attachment->label, &peer) == RESUME_OK) {
        (void)!resume_openssl_client_offer(ssl, peer);
        struct rsm_client_link *link = rsm_client_link_of(ssl);
        if (link) {
            link->automatic = true;
        }
        resume_peer_unref(peer);
    }
    ERR_pop_to_mark();
}
