/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client's sessions to a sealed file and back. The lock is held while they are copied, never
 * while the disk works.
 */
#include "core/client.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/file.h"
#include "core/sealed_file.h"
#include "core/session.h"
#include "wire/client_content.h"

/* Authenticated with each chunk: nothing else that a ring seals opens as a client's file (I-133).
 */
static const char purpose[] = "libresume client file";

static void put_record(const resume_saved *saved, struct rsm_buffer *out) {
    const struct rsm_client_record record = {
        .key = saved->key,
        .received_ms = saved->received_ms,
        .expires_ms = saved->expires_ms,
        .lifetime_hint = saved->lifetime_hint,
        .session = saved->session->native,
        .session_len = (uint16_t)saved->session->len,
        .ticket = saved->ticket,
        .ticket_len = (uint16_t)saved->ticket_len,
    };
    rsm_client_content_put(out, &record);
}

/* From the peer asked for first to the one asked for last, the oldest of each first: whoever puts
 * them in again in this order has the same cache. */
static void write_content(resume_client *client, struct rsm_buffer *out) {
    RSM_LOCKED(&client->lock);
    const struct rsm_client_cache *cache = &client->cache;
    rsm_client_content_begin(out, client->salt.bytes,
                             (uint32_t)cache->stats[RESUME_CLIENT_SESSIONS]);
    for (const struct rsm_client_slot *slot = cache->oldest; slot; slot = slot->newer) {
        for (uint32_t i = 0; i < slot->count; i++) {
            put_record(slot->items[i], out);
        }
    }
}

resume_status rsm_client_to_bytes(resume_client *client, resume_keyring *keyring, uint64_t now_ms,
                                  struct rsm_buffer *ret_bytes) {
    struct rsm_buffer content = {0};
    write_content(client, &content);
    resume_status status = content.failed ? RESUME_E_NOMEM
                                          : rsm_sealed_file_seal(keyring, purpose, content.data,
                                                                 content.len, now_ms, ret_bytes);
    rsm_buffer_free(&content);
    return status;
}

resume_status resume_client_save(resume_client *client, const char *path, resume_keyring *keyring,
                                 uint64_t now_ms) {
    if (!client || !path || !path[0] || !keyring) {
        return RESUME_E_INVALID;
    }
    struct rsm_buffer bytes = {0};
    resume_status status = rsm_client_to_bytes(client, keyring, now_ms, &bytes);
    if (status == RESUME_OK) {
        status = rsm_file_replace(path, bytes.data, bytes.len, NULL);
    }
    rsm_buffer_free(&bytes);
    return status;
}

/* What this client would not keep is left out and counted; RESUME_OK then too. */
static resume_status add_saved(const resume_client *client, struct rsm_client_cache *cache,
                               resume_saved *saved, uint64_t now_ms) {
    resume_status status = rsm_client_admit(client, saved, now_ms);
    status = status ? status : rsm_client_cache_add(cache, saved, now_ms);
    if (status == RESUME_OK) {
        return RESUME_OK;
    }
    resume_saved_unref(saved);
    if (status > 0) {
        cache->stats[status == RESUME_EXPIRED ? RESUME_CLIENT_EXPIRED : RESUME_CLIENT_REFUSED] += 1;
    }
    return status > 0 ? RESUME_OK : status;
}

static resume_status add_record(const resume_client *client, struct rsm_client_cache *cache,
                                const struct rsm_client_record *record, uint64_t serial,
                                uint64_t now_ms) {
    resume_session *session = NULL;
    resume_status status = rsm_session_adopt_copy(record->session, record->session_len, &session);
    if (status != RESUME_OK) {
        return status;
    }
    resume_saved *saved = rsm_saved_new(session, record->ticket, record->ticket_len);
    resume_session_unref(session);
    if (!saved) {
        return RESUME_E_NOMEM;
    }
    memcpy(saved->key, record->key, sizeof saved->key);
    saved->received_ms = record->received_ms;
    saved->expires_ms = record->expires_ms;
    saved->lifetime_hint = record->lifetime_hint;
    saved->serial = serial;
    return add_saved(client, cache, saved, now_ms);
}

static resume_status read_content(const resume_client *client, struct rsm_client_content *content,
                                  struct rsm_client_cache *cache, uint64_t now_ms,
                                  uint64_t *ret_serial) {
    struct rsm_client_record record;
    resume_status status = RESUME_OK;
    uint64_t serial = 1;
    while (status == RESUME_OK) {
        status = rsm_client_content_next(content, &record);
        if (status == RESUME_MISS) {
            *ret_serial = serial;
            return RESUME_OK;
        }
        if (status == RESUME_OK) {
            status = add_record(client, cache, &record, serial++, now_ms);
        }
    }
    return status;
}

/* The counters go on; those that say what is there now are the new cache's. */
static void adopt(resume_client *client, struct rsm_client_cache *cache,
                  const struct rsm_client_salt *salt, uint64_t serial) {
    RSM_LOCKED(&client->lock);
    struct rsm_client_cache old = client->cache;
    for (int32_t which = RESUME_CLIENT_PUTS; which < RESUME_CLIENT_STAT_COUNT; which++) {
        cache->stats[which] += old.stats[which];
    }
    client->cache = *cache;
    client->salt = *salt;
    client->next_serial = serial;
    client->forgotten = 0; /* what was taken before has keys of another salt, or is in the file */
    *cache = old;
}

static resume_status read_into(resume_client *client, const uint8_t *data, size_t data_len,
                               uint64_t now_ms) {
    struct rsm_client_content content;
    struct rsm_client_cache cache;
    struct rsm_client_salt salt;
    uint64_t serial = 0;
    resume_status status = rsm_client_content_open(data, data_len, &content);
    if (status != RESUME_OK) {
        return status;
    }
    status = rsm_client_salt_init(&salt, content.salt);
    status = status ? status : rsm_client_cache_init(&cache, &client->limits);
    if (status == RESUME_OK) {
        status = read_content(client, &content, &cache, now_ms, &serial);
        if (status == RESUME_OK) {
            adopt(client, &cache, &salt, serial);
        }
        rsm_client_cache_drop(&cache);
    }
    rsm_wipe(&salt, sizeof salt);
    return status;
}

resume_status rsm_client_from_bytes(resume_client *client, const uint8_t *data, size_t data_len,
                                    resume_keyring *keyring, uint64_t now_ms) {
    struct rsm_buffer content = {0};
    resume_status status = rsm_sealed_file_open(keyring, purpose, data, data_len, now_ms, &content);
    if (status == RESUME_OK) {
        status = read_into(client, content.data, content.len, now_ms);
    }
    rsm_buffer_free(&content);
    return status;
}

static resume_status load(resume_client *client, const struct rsm_file *file, const char *path,
                          resume_keyring *keyring, uint64_t now_ms) {
    if (file->size > RESUME_CLIENT_BYTES_MAX) {
        return RESUME_TOO_LARGE;
    }
    size_t len = 0;
    size_t size = (size_t)file->size;
    uint8_t *data = rsm_malloc(size + 1);
    if (!data) {
        return RESUME_E_NOMEM;
    }
    resume_status status = rsm_file_read(file, path, data, size, NULL, &len);
    if (status == RESUME_OK) {
        status = rsm_client_from_bytes(client, data, len, keyring, now_ms);
    }
    rsm_free(data);
    return status;
}

resume_status resume_client_load(resume_client *client, const char *path, resume_keyring *keyring,
                                 uint64_t now_ms) {
    if (!client || !path || !path[0] || !keyring) {
        return RESUME_E_INVALID;
    }
    struct rsm_file file;
    resume_status status = rsm_file_open_secret(path, NULL, &file);
    if (status == RESUME_OK) {
        status = load(client, &file, path, keyring, now_ms);
        rsm_file_close(&file);
    }
    return status;
}
