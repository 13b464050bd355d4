/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side for ssl.SSLContext: attaching, and the peer that Python's own connections have.
 * python_attach.c proves that the SSL_CTX may be touched. What is attached runs in C inside the
 * handshake, where Python does not hold the GIL.
 */
#include "python_support.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdint.h>

PyObject *rsm_py_attach_client(PyObject *ssl_context, resume_client *client, const uint8_t *label,
                               size_t label_len) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    if (ctx == NULL) {
        return NULL;
    }
    resume_status status = resume_openssl_client_attach_auto(ctx, client, label, label_len);
    return status == RESUME_E_STATE
               ? rsm_py_raise(status, "a server is attached to this SSL context")
               : rsm_py_status(status);
}

PyObject *rsm_py_detach_client(PyObject *ssl_context) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    return ctx == NULL ? NULL : rsm_py_status(resume_openssl_client_detach(ctx));
}

resume_client *rsm_py_client_of(PyObject *ssl_context) {
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    return ctx == NULL ? NULL : resume_openssl_client(ctx);
}

/* As _ssl does it for server_hostname: a name goes into the ClientHello, an address does not, and
 * what is checked is the one or the other. */
static bool aim(SSL *ssl, const char *host, const ASN1_OCTET_STRING *ip, bool verified) {
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (ip != NULL) {
        return !verified || X509_VERIFY_PARAM_set1_ip(param, ASN1_STRING_get0_data(ip),
                                                      (size_t)ASN1_STRING_length(ip)) == 1;
    }
    /* What SSL_set_tlsext_host_name() is, without its cast. */
    void *named = (void *)(uintptr_t)host;
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, named) == 1 &&
           (!verified || X509_VERIFY_PARAM_set1_host(param, host, 0) == 1);
}

static resume_status make_peer(SSL_CTX *ctx, const char *host, bool verified, uint16_t port,
                               resume_peer **ret_peer) {
    resume_status status = RESUME_E_INVALID;
    SSL *ssl = SSL_new(ctx);
    ERR_set_mark(); /* what is no address is an error there */
    ASN1_OCTET_STRING *ip = a2i_IPADDRESS(host);
    if (ssl == NULL) {
        status = RESUME_E_NOMEM;
    } else if (host[0] != '\0' && aim(ssl, host, ip, verified)) {
        status = resume_openssl_client_peer(ssl, ip == NULL ? NULL : host, port, ret_peer);
    }
    ERR_pop_to_mark();
    ASN1_OCTET_STRING_free(ip);
    SSL_free(ssl);
    return status;
}

resume_peer *rsm_py_client_peer(PyObject *ssl_context, const char *host, bool verified,
                                uint16_t port) {
    resume_peer *peer = NULL;
    SSL_CTX *ctx = rsm_py_ssl_ctx(ssl_context);
    if (ctx == NULL) {
        return NULL;
    }
    resume_status status =
        host == NULL ? RESUME_E_INVALID : make_peer(ctx, host, verified, port, &peer);
    if (status != RESUME_OK) {
        rsm_py_raise(status, status == RESUME_E_STATE ? "no client is attached to this SSL context"
                                                      : "no host that a connection could go to");
    }
    return peer;
}
