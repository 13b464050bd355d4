/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_client: what may go in, for how long it stays, and what comes out. The cache itself is in
 * client_cache.c, the file in client_file.c.
 */
#include "core/client.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "core/peer.h"
#include "core/policy.h"
#include "crypto/random.h"

resume_status rsm_client_salt_init(struct rsm_client_salt *salt, const uint8_t *bytes) {
    memcpy(salt->bytes, bytes, sizeof salt->bytes);
    return rsm_hmac_key_init(bytes, sizeof salt->bytes, &salt->key);
}

static resume_status fill(resume_client *client, const resume_client_options *options) {
    uint8_t salt[RSM_CLIENT_SALT];
    rsm_ref_init(&client->ref);
    rsm_lock_init(&client->lock);
    client->next_serial = 1;
    client->limits = options ? options->limits : rsm_client_default_limits();
    client->policy = rsm_policy_copy(options ? options->policy : NULL);
    resume_status status = client->policy ? RESUME_OK : RESUME_E_NOMEM;
    status = status ? status : rsm_client_cache_init(&client->cache, &client->limits);
    status = status ? status : rsm_random(salt, sizeof salt);
    status = status ? status : rsm_client_salt_init(&client->salt, salt);
    rsm_wipe(salt, sizeof salt);
    return status;
}

resume_status resume_client_new(const resume_client_options *options, resume_client **ret_client) {
    if (!ret_client) {
        return RESUME_E_INVALID;
    }
    resume_client *client = rsm_calloc(1, sizeof *client);
    if (!client) {
        return RESUME_E_NOMEM;
    }
    resume_status status = fill(client, options);
    if (status != RESUME_OK) {
        resume_client_unref(client);
        return status;
    }
    *ret_client = client;
    return RESUME_OK;
}

resume_client *resume_client_ref(resume_client *client) {
    if (client) {
        rsm_ref_get(&client->ref);
    }
    return client;
}

resume_client *resume_client_unref(resume_client *client) {
    if (client && rsm_ref_put(&client->ref)) {
        if (client->cache.buckets) {
            rsm_client_cache_drop(&client->cache);
        }
        resume_policy_unref(client->policy);
        rsm_lock_destroy(&client->lock);
        rsm_free_wiped(client, sizeof *client);
    }
    return NULL;
}

const resume_policy *resume_client_policy(const resume_client *client) {
    return client ? client->policy : NULL;
}

/* What the cache knows a peer by: without the salt nobody can tell which peer that is (I-119). */
static resume_status key_of(const resume_client *client, const resume_peer *peer, uint8_t *key) {
    return rsm_hmac_with(&client->salt.key, peer->digest, sizeof peer->digest, key);
}

/* What may be offered at all under this policy. */
static bool accepts(const resume_policy *policy, const resume_session *session, size_t ticket_len) {
    bool tls13 = resume_session_version(session) == RSM_TLS13;
    size_t id_len = 0;
    resume_session_session_id(session, &id_len);
    /* What a TLS 1.3 ticket holds is the server's secret: either mode may have made it. */
    uint32_t any = RESUME_MODE_TICKETS | RESUME_MODE_SESSION_IDS;
    uint32_t mode = tls13 ? any : ticket_len ? RESUME_MODE_TICKETS : RESUME_MODE_SESSION_IDS;
    bool offerable = ticket_len > 0 || (!tls13 && id_len > 0);
    /* I-136: neither side having EMS, a client should abort such a handshake. */
    bool ems = tls13 || resume_session_extended_master_secret(session) ||
               policy->ems == RESUME_EMS_ALLOW_LEGACY;
    return resume_session_resumable(session) && resume_session_compression(session) == 0 &&
           offerable && (policy->modes & mode) && ems;
}

static uint64_t min64(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Never after the session itself ends, or the hint or the policy's lifetimes say so. */
static uint64_t expiry(const resume_policy *policy, const resume_session *session,
                       uint32_t lifetime_hint_s, uint64_t received_ms) {
    uint16_t version = resume_session_version(session);
    const struct rsm_lifetimes *most = rsm_policy_lifetimes(policy, version);
    if (lifetime_hint_s == 0 && version == RSM_TLS13) {
        return 0; /* I-45 */
    }
    uint64_t seconds = lifetime_hint_s ? min64(lifetime_hint_s, most->session) : most->session;
    uint64_t handshake = resume_session_authenticated(session);
    uint64_t expires = rsm_add_sat(received_ms, 1000 * seconds);
    expires = min64(expires, resume_session_expires(session));
    return min64(expires, rsm_add_sat(handshake, 1000ULL * most->authentication));
}

resume_status rsm_client_admit(const resume_client *client, resume_saved *saved, uint64_t now_ms) {
    if (!accepts(client->policy, saved->session, saved->ticket_len)) {
        return RESUME_UNSUPPORTED;
    }
    saved->expires_ms =
        min64(saved->expires_ms, expiry(client->policy, saved->session, saved->lifetime_hint,
                                        min64(saved->received_ms, now_ms)));
    return saved->expires_ms <= now_ms ? RESUME_EXPIRED : RESUME_OK;
}

/* The client is locked. */
static resume_status put(resume_client *client, const resume_peer *peer, resume_saved *saved,
                         uint64_t now_ms) {
    resume_status status = key_of(client, peer, saved->key);
    if (status == RESUME_OK) {
        saved->serial = client->next_serial++;
        status = rsm_client_cache_add(&client->cache, saved, now_ms);
    }
    return status;
}

static resume_status make_saved(const resume_client *client, resume_session *session,
                                const uint8_t *ticket, size_t ticket_len, uint32_t lifetime_hint_s,
                                uint64_t now_ms, resume_saved **ret_saved) {
    if (ticket_len > RSM_SAVED_TICKET_MAX) {
        return RESUME_TOO_LARGE;
    }
    resume_saved *saved = rsm_saved_new(session, ticket, ticket_len);
    if (!saved) {
        return RESUME_E_NOMEM;
    }
    saved->lifetime_hint = lifetime_hint_s;
    saved->received_ms = now_ms;
    saved->expires_ms = UINT64_MAX;
    resume_status status = rsm_client_admit(client, saved, now_ms);
    if (status != RESUME_OK) {
        resume_saved_unref(saved);
        return status;
    }
    *ret_saved = saved;
    return RESUME_OK;
}

resume_status resume_client_put(resume_client *client, const resume_peer *peer,
                                resume_session *session, const uint8_t *ticket, size_t ticket_len,
                                uint32_t lifetime_hint_s, uint64_t now_ms) {
    resume_saved *saved = NULL;
    if (!client || !peer || !session || (!ticket && ticket_len)) {
        return RESUME_E_INVALID;
    }
    resume_status status =
        make_saved(client, session, ticket, ticket_len, lifetime_hint_s, now_ms, &saved);
    {
        RSM_LOCKED(&client->lock);
        status = status ? status : put(client, peer, saved, now_ms);
        client->cache.stats[status == RESUME_OK ? RESUME_CLIENT_PUTS : RESUME_CLIENT_REFUSED] += 1;
    }
    if (status != RESUME_OK) {
        resume_saved_unref(saved);
    }
    return status;
}

resume_status resume_client_take(resume_client *client, const resume_peer *peer, uint64_t now_ms,
                                 resume_saved **ret_saved) {
    uint8_t key[RSM_CLIENT_KEY];
    if (!client || !peer || !ret_saved) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&client->lock);
    resume_status status = key_of(client, peer, key);
    if (status != RESUME_OK) {
        return status;
    }
    resume_saved *saved = rsm_client_cache_take(&client->cache, key, now_ms);
    client->cache.stats[saved ? RESUME_CLIENT_HITS : RESUME_CLIENT_MISSES] += 1;
    if (!saved) {
        return RESUME_MISS;
    }
    *ret_saved = saved;
    return RESUME_OK;
}

/* The client is locked, and the key is its peer's. */
static resume_status take_back(resume_client *client, const uint8_t *key, resume_saved *saved,
                               uint64_t now_ms) {
    struct rsm_client_cache *cache = &client->cache;
    if (!rsm_equal_ct(key, saved->key, sizeof saved->key)) {
        return RESUME_MISS;
    }
    if (rsm_client_cache_has(cache, key, saved)) {
        return RESUME_EXISTS;
    }
    if (!rsm_saved_is_single_use(saved) || saved->serial < client->forgotten) {
        return RESUME_MISS;
    }
    if (saved->expires_ms <= now_ms) {
        cache->stats[RESUME_CLIENT_EXPIRED] += 1;
        return RESUME_EXPIRED;
    }
    resume_status status = rsm_client_cache_add(cache, resume_saved_ref(saved), now_ms);
    if (status != RESUME_OK) {
        resume_saved_unref(saved);
        return status;
    }
    cache->stats[RESUME_CLIENT_RETURNS] += 1;
    return RESUME_OK;
}

resume_status resume_client_return(resume_client *client, const resume_peer *peer,
                                   resume_saved *saved, uint64_t now_ms) {
    uint8_t key[RSM_CLIENT_KEY];
    if (!client || !peer || !saved) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&client->lock);
    resume_status status = key_of(client, peer, key);
    return status == RESUME_OK ? take_back(client, key, saved, now_ms) : status;
}

static resume_status forget(resume_client *client, const resume_peer *peer,
                            const resume_saved *saved) {
    uint8_t key[RSM_CLIENT_KEY];
    RSM_LOCKED(&client->lock);
    resume_status status = key_of(client, peer, key);
    if (status != RESUME_OK) {
        return status;
    }
    /* Which peers' sessions are out and may come back is not known: none of them does. */
    if (!saved) {
        client->forgotten = client->next_serial;
    }
    return rsm_client_cache_remove(&client->cache, key, saved) ? RESUME_OK : RESUME_MISS;
}

resume_status resume_client_forget(resume_client *client, const resume_peer *peer) {
    return client && peer ? forget(client, peer, NULL) : RESUME_E_INVALID;
}

resume_status resume_client_forget_saved(resume_client *client, const resume_peer *peer,
                                         const resume_saved *saved) {
    return client && peer && saved ? forget(client, peer, saved) : RESUME_E_INVALID;
}

resume_status resume_client_clear(resume_client *client) {
    if (!client) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&client->lock);
    client->forgotten = client->next_serial;
    rsm_client_cache_clear(&client->cache);
    return RESUME_OK;
}

resume_status resume_client_stats(resume_client *client, int32_t which, uint64_t *ret_value) {
    if (!client || which < 0 || which >= RESUME_CLIENT_STAT_COUNT || !ret_value) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&client->lock);
    *ret_value = client->cache.stats[which];
    return RESUME_OK;
}

size_t resume_client_count(resume_client *client) {
    uint64_t count = 0;
    return resume_client_stats(client, RESUME_CLIENT_SESSIONS, &count) == RESUME_OK ? (size_t)count
                                                                                    : 0;
}
