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

static bool is_container(const uint8_t *data, size_t len) {
    return len >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

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

static size_t put_entry(uint8_t *out, uint16_t tag, const uint8_t *value, size_t len) {
    out[0] = (uint8_t)(tag >> 8);
    out[1] = (uint8_t)tag;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    memcpy(out + 4, value, len);
    return 4 + len;
}

static bool find(SSL_SESSION *session, uint16_t tag, struct entry *ret_entry) {
    void *data = NULL;
    size_t len = 0;
    if (!SSL_SESSION_get0_ticket_appdata(session, &data, &len) || !is_container(data, len)) {
        return false;
    }
    size_t at = sizeof magic;
    while (next_entry(data, len, &at, ret_entry)) {
        if (ret_entry->tag == tag) {
            return true;
        }
    }
    return false;
}

uint64_t rsm_appdata_authenticated(SSL_SESSION *session) {
    struct entry entry;
    uint64_t ms = (uint64_t)SSL_SESSION_get_time(session) * 1000;
    if (find(session, TAG_AUTHENTICATED, &entry) && entry.len == 8) {
        ms = 0;
        for (size_t i = 0; i < 8; i++) {
            ms = ms << 8 | entry.value[i];
        }
    }
    return ms;
}

bool rsm_appdata_set_authenticated(SSL_SESSION *session, uint64_t authenticated_ms) {
    void *old = NULL;
    size_t old_len = 0;
    uint8_t time[8];
    for (size_t i = 0; i < sizeof time; i++) {
        time[i] = (uint8_t)(authenticated_ms >> (56 - 8 * i));
    }
    SSL_SESSION_get0_ticket_appdata(session, &old, &old_len);
    if (old_len > 0xF000) {
        return false;
    }
    uint8_t *data = OPENSSL_malloc(sizeof magic + 4 + old_len + 4 + sizeof time);
    if (!data) {
        return false;
    }
    memcpy(data, magic, sizeof magic);
    size_t len = sizeof magic;
    if (is_container(old, old_len)) {
        struct entry entry;
        for (size_t at = sizeof magic; next_entry(old, old_len, &at, &entry);) {
            if (entry.tag != TAG_AUTHENTICATED) {
                len += put_entry(data + len, entry.tag, entry.value, entry.len);
            }
        }
    } else if (old_len) {
        len += put_entry(data + len, TAG_OPAQUE, old, old_len);
    }
    len += put_entry(data + len, TAG_AUTHENTICATED, time, sizeof time);
    bool ok = SSL_SESSION_set1_ticket_appdata(session, data, len) == 1;
    OPENSSL_free(data);
    return ok;
}

void rsm_appdata_show_application(SSL_SESSION *session) {
    void *data = NULL;
    size_t len = 0;
    struct entry entry;
    size_t at = sizeof magic;
    if (!SSL_SESSION_get0_ticket_appdata(session, &data, &len) || !is_container(data, len)) {
        return;
    }
    while (next_entry(data, len, &at, &entry)) {
        if (entry.tag != TAG_AUTHENTICATED && entry.tag != TAG_OPAQUE) {
            return; /* another layer's entries: leave the container whole for it */
        }
    }
    /* A copy, since setting frees what the entry points into. */
    uint8_t *own = NULL;
    size_t own_len = 0;
    if (find(session, TAG_OPAQUE, &entry)) {
        own = OPENSSL_memdup(entry.value, entry.len);
        own_len = own ? entry.len : 0;
    }
    SSL_SESSION_set1_ticket_appdata(session, own, own_len);
    OPENSSL_free(own);
}
