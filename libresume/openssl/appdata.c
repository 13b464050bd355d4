/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL has no field for the time of the full handshake, and in TLS 1.3 each renewal resets the
 * one time that it has. So that time travels in the session's application data, in the container
 * of docs/format.md: "rsm" 01, then entries of tag(2) length(2) value. What the application put
 * there itself is kept as the entry of tag 0 (I-159), and shown to it alone when it asks.
 */
#include "adapter.h"

#include <string.h>

#define TAG_OPAQUE        0x0000
#define TAG_AUTHENTICATED 0xFFFF

static const uint8_t magic[4] = {'r', 's', 'm', 1};

struct entry {
    uint16_t tag;
    uint16_t len;
    const uint8_t *value;
};

/* Reads the entry at *at and moves on; false at the end or where the bytes make no entry. */
static bool next_entry(const uint8_t *data, size_t len, size_t *at, struct entry *ret_entry) {
    if (len - *at < 4) {
        return false;
    }
    const uint8_t *p = data + *at;
    struct entry entry = {(uint16_t)(p[0] << 8 | p[1]), (uint16_t)(p[2] << 8 | p[3]), p + 4};
    if (len - *at - 4 < entry.len) {
        return false;
    }
    *at += 4 + (size_t)entry.len;
    *ret_entry = entry;
    return true;
}

/* What the data of a session is. */
enum { PLAIN, OURS, SHARED };

/* PLAIN: no container; OURS: one of nothing but the application's data and our time; SHARED: one
 * with another layer's entries. */
static RSM_HOT int kind_of(const uint8_t *data, size_t len) {
    if (len < sizeof magic || memcmp(data, magic, sizeof magic) != 0) {
        return PLAIN;
    }
    struct entry entry;
    size_t at = sizeof magic;
    int kind = OURS;
    while (next_entry(data, len, &at, &entry)) {
        if (entry.tag != TAG_AUTHENTICATED && entry.tag != TAG_OPAQUE) {
            kind = SHARED;
        }
    }
    return at == len ? kind : PLAIN;
}

static bool find(const uint8_t *data, size_t len, uint16_t tag, struct entry *ret_entry) {
    for (size_t at = sizeof magic; next_entry(data, len, &at, ret_entry);) {
        if (ret_entry->tag == tag) {
            return true;
        }
    }
    return false;
}

static const uint8_t *data_of(SSL_SESSION *session, size_t *ret_len) {
    void *data = NULL;
    *ret_len = 0;
    return SSL_SESSION_get0_ticket_appdata(session, &data, ret_len) && *ret_len ? data : NULL;
}

RSM_HOT uint64_t rsm_appdata_authenticated(SSL_SESSION *session) {
    struct entry entry;
    size_t len = 0;
    const uint8_t *data = data_of(session, &len);
    uint64_t ms = (uint64_t)SSL_SESSION_get_time(session) * 1000;
    if (kind_of(data, len) != PLAIN && find(data, len, TAG_AUTHENTICATED, &entry) &&
        entry.len == 8) {
        ms = 0;
        for (size_t i = 0; i < 8; i++) {
            ms = ms << 8 | entry.value[i];
        }
    }
    return ms;
}

static size_t put_entry(uint8_t *out, uint16_t tag, const uint8_t *value, size_t len) {
    out[0] = (uint8_t)(tag >> 8);
    out[1] = (uint8_t)tag;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    memcpy(out + 4, value, len);
    return 4 + len;
}

/* The container of what is there and, unless it is 0, of the time. */
static size_t put_container(uint8_t *out, const uint8_t *old, size_t old_len,
                            uint64_t authenticated_ms) {
    size_t len = sizeof magic;
    memcpy(out, magic, sizeof magic);
    if (kind_of(old, old_len) == SHARED) {
        struct entry entry;
        for (size_t at = sizeof magic; next_entry(old, old_len, &at, &entry);) {
            if (entry.tag != TAG_AUTHENTICATED) {
                len += put_entry(out + len, entry.tag, entry.value, entry.len);
            }
        }
    } else if (old_len) {
        len += put_entry(out + len, TAG_OPAQUE, old, old_len);
    }
    if (authenticated_ms) {
        uint8_t time[8];
        for (size_t i = 0; i < sizeof time; i++) {
            time[i] = (uint8_t)(authenticated_ms >> (56 - 8 * i));
        }
        len += put_entry(out + len, TAG_AUTHENTICATED, time, sizeof time);
    }
    return len;
}

bool rsm_appdata_pack(SSL_SESSION *session, uint64_t authenticated_ms) {
    size_t old_len = 0;
    const uint8_t *old = data_of(session, &old_len);
    /* What unpacking left whole may stay so; what merely looks like ours is the application's. */
    if (!authenticated_ms && kind_of(old, old_len) != OURS) {
        return true;
    }
    if (old_len > UINT16_MAX - 64) {
        return false;
    }
    uint8_t *data = OPENSSL_malloc(sizeof magic + 4 + old_len + 4 + 8);
    if (!data) {
        return false;
    }
    size_t len = put_container(data, old, old_len, authenticated_ms);
    bool ok = SSL_SESSION_set1_ticket_appdata(session, data, len) == 1;
    OPENSSL_free(data);
    return ok;
}

RSM_HOT bool rsm_appdata_unpack(SSL_SESSION *session) {
    struct entry entry;
    size_t len = 0;
    const uint8_t *data = data_of(session, &len);
    if (kind_of(data, len) != OURS) {
        return true;
    }
    if (!find(data, len, TAG_OPAQUE, &entry) || entry.len == 0) {
        return SSL_SESSION_set1_ticket_appdata(session, NULL, 0) == 1;
    }
    /* A copy, since setting frees what the entry points into. */
    uint8_t *own = OPENSSL_memdup(entry.value, entry.len);
    bool ok = own && SSL_SESSION_set1_ticket_appdata(session, own, entry.len) == 1;
    OPENSSL_free(own);
    return ok;
}
