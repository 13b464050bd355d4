/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_peer: whom a client's connection goes to. The digest is made by the setters, so that
 * looking something up allocates nothing.
 */
#include "core/peer.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "core/policy.h"

#define NAME_MAX_LEN 255U
#define ALPN_MAX     65535U

static void put_part(struct rsm_buffer *out, const struct rsm_peer_part *part) {
    rsm_buffer_u32(out, (uint32_t)part->len);
    rsm_buffer_append(out, part->data, part->len);
}

/* Lengths stand before their bytes: no two peers share a string of them (I-114). */
static resume_status digest_of(const struct rsm_peer_parts *parts, uint8_t *digest) {
    struct rsm_buffer all = {0};
    put_part(&all, &parts->host);
    rsm_buffer_u16(&all, parts->port);
    put_part(&all, &parts->server_name);
    put_part(&all, &parts->alpn);
    put_part(&all, &parts->label);
    resume_status status = all.failed ? RESUME_E_NOMEM : rsm_sha256(all.data, all.len, digest);
    rsm_buffer_free(&all);
    return status;
}

static resume_status copy_part(const uint8_t *data, size_t len, bool lower,
                               struct rsm_peer_part *ret_part) {
    struct rsm_peer_part part = {NULL, len};
    if (len) {
        part.data = rsm_malloc(len);
        if (!part.data) {
            return RESUME_E_NOMEM;
        }
        for (size_t i = 0; i < len; i++) {
            part.data[i] = lower ? rsm_name_lower(data[i]) : data[i];
        }
    }
    *ret_part = part;
    return RESUME_OK;
}

/* All or nothing: the part and the digest change together. */
static resume_status set_part(resume_peer *peer, struct rsm_peer_part *part, const uint8_t *data,
                              size_t len, bool lower) {
    struct rsm_peer_part made;
    resume_status status = copy_part(data, len, lower, &made);
    if (status != RESUME_OK) {
        return status;
    }
    struct rsm_peer_part old = *part;
    *part = made;
    status = digest_of(&peer->parts, peer->digest);
    if (status != RESUME_OK) {
        *part = old;
        old = made;
    }
    rsm_free_wiped(old.data, old.len);
    return status;
}

resume_status resume_peer_new(const char *host, uint16_t port, resume_peer **ret_peer) {
    size_t len = host ? strnlen(host, NAME_MAX_LEN + 1) : 0;
    if (len == 0 || len > NAME_MAX_LEN || !ret_peer) {
        return RESUME_E_INVALID;
    }
    resume_peer *peer = rsm_calloc(1, sizeof *peer);
    if (!peer) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&peer->ref);
    peer->parts.port = port;
    resume_status status = set_part(peer, &peer->parts.host, (const uint8_t *)host, len, true);
    if (status != RESUME_OK) {
        resume_peer_unref(peer);
        return status;
    }
    *ret_peer = peer;
    return RESUME_OK;
}

resume_peer *resume_peer_ref(resume_peer *peer) {
    if (peer) {
        rsm_ref_get(&peer->ref);
    }
    return peer;
}

resume_peer *resume_peer_unref(resume_peer *peer) {
    if (peer && rsm_ref_put(&peer->ref)) {
        struct rsm_peer_parts *parts = &peer->parts;
        rsm_free_wiped(parts->host.data, parts->host.len);
        rsm_free_wiped(parts->server_name.data, parts->server_name.len);
        rsm_free_wiped(parts->alpn.data, parts->alpn.len);
        rsm_free_wiped(parts->label.data, parts->label.len);
        rsm_free_wiped(peer, sizeof *peer);
    }
    return NULL;
}

resume_status resume_peer_set_server_name(resume_peer *peer, const char *data, size_t data_len) {
    if (!peer || data_len > NAME_MAX_LEN || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    return set_part(peer, &peer->parts.server_name, (const uint8_t *)data, data_len, true);
}

/* ProtocolNameList (RFC 7301 section 3.1) without the length before it. */
static bool is_name_list(const uint8_t *data, size_t len) {
    struct rsm_reader reader = rsm_reader_of(data, len);
    while (reader.left > 0) {
        uint8_t name_len = rsm_take8(&reader);
        if (name_len == 0 || !rsm_take(&reader, name_len)) {
            return false;
        }
    }
    return true;
}

resume_status resume_peer_set_alpn(resume_peer *peer, const uint8_t *data, size_t data_len) {
    if (!peer || data_len > ALPN_MAX || (!data && data_len) || !is_name_list(data, data_len)) {
        return RESUME_E_INVALID;
    }
    return set_part(peer, &peer->parts.alpn, data, data_len, false);
}

resume_status resume_peer_set_label(resume_peer *peer, const uint8_t *data, size_t data_len) {
    if (!peer || data_len > RESUME_PEER_LABEL_MAX || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    return set_part(peer, &peer->parts.label, data, data_len, false);
}
