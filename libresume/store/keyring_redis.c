/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `redis:` source of keyrings: one ring for a fleet, kept in Redis, sealed under the fleet's
 * secret. A ring takes over what fleet.c has found when it ticks; it never waits for Redis, but for
 * the first poll when it is made. Redis gone: the keys that are there go on by their own times.
 */
#include "core/keyring_source.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "core/key_audit.h"
#include "store/fleet.h"

#include <stdio.h>

#define POLL_MS     5000U
#define POLL_MIN_MS 10U
#define POLL_MAX_MS 60000U
#define TIMEOUT_MS  1000U
/* All keys that a fleet needs at once must fit into its ring: see rsm_fleet_ring_turn(). */
#define LEAD_PER_SEAL 5U
#define BACK_MS       60000U

struct redis_state {
    struct rsm_fleet *fleet;
    uint64_t version; /* of what the ring has taken; 0: nothing yet */
};

static void redis_end(void *data) {
    struct redis_state *state = data;
    if (state) {
        rsm_fleet_disown(state->fleet);
        rsm_free(state);
    }
}

/* ---- the URL -----------------------------------------------------------------------------------
 */

struct settings {
    const char *name;
    uint64_t poll_ms, timeout_ms;
};

/* How long the slowest host takes to get what was just written: its poll has just begun and takes
 * its whole time, and so does the next one until it is there. */
static uint64_t lead_of(const struct settings *settings) {
    return 2 * settings->poll_ms + settings->timeout_ms;
}

static resume_status take_duration(struct rsm_url *url, const char *key, uint64_t least,
                                   uint64_t most, char *why, uint64_t *value_ms) {
    const char *text = rsm_url_param(url, key);
    resume_status status = text ? rsm_parse_duration(text, value_ms, why) : RESUME_OK;
    if (status == RESUME_OK && (*value_ms < least || *value_ms > most)) {
        snprintf(why, RSM_WHY_SIZE, "%s= is %llu ms to %llu ms", key, (unsigned long long)least,
                 (unsigned long long)most);
        status = RESUME_E_INVALID;
    }
    return status;
}

static resume_status take_settings(struct rsm_url *url, const struct rsm_periods *periods,
                                   char *why, struct settings *settings) {
    *settings = (struct settings){.poll_ms = POLL_MS, .timeout_ms = TIMEOUT_MS};
    settings->name = rsm_url_param(url, "name");
    settings->name = settings->name ? settings->name : "fleet";
    size_t len = strlen(settings->name);
    if (len == 0 || len > RSM_FLEET_NAME_MAX ||
        !rsm_is_printable((const uint8_t *)settings->name, len)) {
        snprintf(why, RSM_WHY_SIZE, "name= is printable, without spaces, of 1 to %u bytes",
                 RSM_FLEET_NAME_MAX);
        return RESUME_E_INVALID;
    }
    resume_status status =
        take_duration(url, "poll", POLL_MIN_MS, POLL_MAX_MS, why, &settings->poll_ms);
    if (status == RESUME_OK) {
        status = take_duration(url, "timeout", 1, POLL_MAX_MS, why, &settings->timeout_ms);
    }
    if (status == RESUME_OK && lead_of(settings) > LEAD_PER_SEAL * periods->seal_ms) {
        snprintf(
            why, RSM_WHY_SIZE,
            "keys of %llu ms follow each other too fast for hosts that may take %llu ms to see "
            "one: raise seal=, or lower poll= or timeout=",
            (unsigned long long)periods->seal_ms, (unsigned long long)lead_of(settings));
        status = RESUME_E_INVALID;
    }
    return status;
}

static resume_status take_secret(struct rsm_url *url, char *why,
                                 struct rsm_fleet_secret **ret_secret) {
    const char *path = rsm_url_param(url, "secret");
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (!path) {
        snprintf(why, RSM_WHY_SIZE,
                 "keys in Redis are sealed under a secret that the fleet shares: "
                 "write redis://host/0?secret=/etc/fleet.secret");
        return RESUME_E_INVALID;
    }
    struct rsm_fleet_secret *secret = rsm_secret_alloc(sizeof *secret);
    resume_status status = secret ? rsm_fleet_secret_read(path, why, &bytes, &len) : RESUME_E_NOMEM;
    if (status == RESUME_OK) {
        status = rsm_fleet_root(bytes, len, secret->root);
    }
    rsm_secret_free(bytes);
    if (status != RESUME_OK) {
        rsm_secret_free(secret);
        return status;
    }
    *ret_secret = secret;
    return RESUME_OK;
}

static resume_status make_fleet(struct rsm_url *url, char *why, struct rsm_fleet **ret_fleet) {
    struct rsm_fleet_secret *secret = NULL;
    resume_status status = take_secret(url, why, &secret);
    if (status != RESUME_OK) {
        return status;
    }
    struct rsm_redis_config *config = rsm_secret_alloc(sizeof *config);
    status = config ? rsm_redis_config_read(url, why, config) : RESUME_E_NOMEM;
    if (status != RESUME_OK) {
        rsm_secret_free(config);
        rsm_secret_free(secret);
        return status;
    }
    return rsm_fleet_new(config, secret, ret_fleet);
}

static void set_up(struct rsm_fleet *fleet, const struct settings *settings,
                   const struct rsm_periods *periods) {
    fleet->plan = (struct rsm_fleet_plan){
        .seal_ms = periods->seal_ms, .open_ms = periods->open_ms, .lead_ms = lead_of(settings)};
    fleet->poll_us = settings->poll_ms * 1000;
    fleet->timeout_us = settings->timeout_ms * 1000;
    snprintf(fleet->name, sizeof fleet->name, "%s", settings->name);
    snprintf(fleet->record_name, sizeof fleet->record_name, "%skeys:%s", fleet->config->prefix,
             settings->name);
}

static resume_status redis_begin(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                                 void **ret_state) {
    struct settings settings;
    resume_status status = take_settings(url, periods, why, &settings);
    struct redis_state *state = status == RESUME_OK ? rsm_calloc(1, sizeof *state) : NULL;
    if (status == RESUME_OK && !state) {
        status = RESUME_E_NOMEM;
    }
    if (status == RESUME_OK) {
        status = make_fleet(url, why, &state->fleet);
    }
    if (status != RESUME_OK) {
        rsm_free(state);
        return status;
    }
    set_up(state->fleet, &settings, periods);
    *ret_state = state;
    return RESUME_OK;
}

/* ---- the ring takes what was found -------------------------------------------------------------
 */

static size_t place_of(const struct rsm_fleet_ring *ring, const resume_key *key) {
    for (size_t i = 0; i < ring->count; i++) {
        if (memcmp(ring->keys[i].bytes, key->name, RSM_KEY_NAME) == 0) {
            return i;
        }
    }
    return RSM_FLEET_KEYS;
}

/* A key that the fleet has no more goes on opening its tickets, but seals no others. */
static resume_status stop_sealing(struct rsm_keyset *draft, size_t index, uint64_t now_ms) {
    const resume_key *key = draft->keys[index];
    uint64_t until = key->seal_from > now_ms ? key->seal_from : now_ms;
    resume_key *stopped = NULL;
    if (key->seal_until <= until) {
        return RESUME_OK;
    }
    resume_status status =
        rsm_key_with_times(key, key->seal_from, until, key->open_until, &stopped);
    if (status == RESUME_OK) {
        rsm_keyset_replace(draft, index, stopped);
    }
    return status;
}

static resume_status add_key(struct rsm_keyset *draft, const struct rsm_fleet_key *found) {
    const uint8_t *bytes = found->bytes;
    const struct rsm_key_spec spec = {.name = bytes,
                                      .cipher_key = bytes + 16,
                                      .mac_key = bytes + 48,
                                      .size = 32,
                                      .seal_from = found->seal_from,
                                      .seal_until = found->seal_until,
                                      .open_until = found->open_until,
                                      .origin = RSM_KEY_FLEET};
    resume_key *key = NULL;
    if (rsm_keyset_find(draft, bytes) || rsm_key_audit(&spec)) {
        return RESUME_OK;
    }
    resume_status status = rsm_key_new(&spec, &key);
    if (status == RESUME_OK && rsm_keyset_add(draft, key) != RESUME_OK) {
        resume_key_unref(key); /* no room, or one of the caller's own: the others go on */
    }
    return status;
}

/* With the fleet's lock. */
static resume_status take_ring(const struct rsm_fleet_ring *ring, struct rsm_keyset *draft,
                               uint64_t now_ms) {
    resume_status status = RESUME_OK;
    for (size_t i = 0; i < draft->count && status == RESUME_OK; i++) {
        if (draft->keys[i]->origin == RSM_KEY_FLEET &&
            place_of(ring, draft->keys[i]) == RSM_FLEET_KEYS) {
            status = stop_sealing(draft, i, now_ms);
        }
    }
    for (size_t i = ring->count; i-- > 0 && status == RESUME_OK;) {
        if (ring->keys[i].open_until > now_ms) {
            status = add_key(draft, &ring->keys[i]);
        }
    }
    return status;
}

static resume_status take(const struct redis_state *state, struct rsm_keyset *draft,
                          uint64_t now_ms, struct rsm_keyring_news *news, void **ret_state) {
    struct rsm_fleet *fleet = state->fleet;
    RSM_LOCKED(&fleet->lock);
    rsm_fleet_ring_expire(&fleet->secret->ring, now_ms);
    if (fleet->version == state->version) {
        return RESUME_OK;
    }
    struct redis_state *next = rsm_calloc(1, sizeof *next);
    if (!next) {
        return RESUME_E_NOMEM;
    }
    resume_status status =
        fleet->has_ring ? take_ring(&fleet->secret->ring, draft, now_ms) : RESUME_OK;
    if (status != RESUME_OK) {
        rsm_free(next);
        return status;
    }
    next->fleet = rsm_fleet_own(fleet);
    next->version = fleet->version;
    news->failed = fleet->failed;
    news->loaded = !fleet->failed;
    memcpy(news->why, fleet->why, sizeof news->why);
    fleet->told = true;
    *ret_state = next;
    return RESUME_OK;
}

static resume_status redis_tick(const void *data, struct rsm_keyset *draft, uint64_t now_ms,
                                struct rsm_keyring_news *news, void **ret_state) {
    const struct redis_state *state = data;
    struct rsm_fleet *fleet = state->fleet;
    rsm_fleet_mine(fleet);
    if (state->version == 0) {
        if (rsm_fleet_poll(fleet) <= rsm_clock_us()) {
            (void)rsm_fleet_poll(fleet); /* another host just made the first key */
        }
    } else {
        rsm_fleet_start(fleet);
    }
    draft->due_ms = rsm_add_sat(now_ms, fleet->poll_us / 1000);
    draft->before_ms = rsm_sub_sat(now_ms, BACK_MS);
    return take(state, draft, now_ms, news, ret_state);
}

#define PARAMS "name, secret, poll, timeout, prefix, db, unix, seal, open"

const struct rsm_keyring_source rsm_keyring_redis = {
    .scheme = "redis",
    .params = PARAMS,
    .begin = redis_begin,
    .end = redis_end,
    .tick = redis_tick,
};

const struct rsm_keyring_source rsm_keyring_redis_unix = {
    .scheme = "redis+unix",
    .params = PARAMS,
    .begin = redis_begin,
    .end = redis_end,
    .tick = redis_tick,
};
