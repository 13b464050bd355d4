/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `random:` source: keys from a ratchet, one for each seal period, the next one always ready
 * before its time, so that siblings whose clocks differ a little open each other's tickets.
 */
#include "core/keyring_source.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "core/ratchet.h"

#include <stdio.h>

/* A clock this little before the first key waits; one set back further starts a new schedule. */
#define SLACK_MS 60000U
/* After more missed periods than these all keys are long dead and the schedule starts anew. */
#define MISSED_MAX 65536U

/* In locked memory. */
struct random_state {
    struct rsm_ratchet ratchet;
    struct rsm_periods periods;
    uint64_t last_from; /* seal_from of the newest key */
    bool started;
};

static resume_status random_begin(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                                  void **ret_state) {
    if (url->path[0] != '\0') {
        snprintf(why, RSM_WHY_SIZE, "random: takes no path, only parameters: random:?seal=12h");
        return RESUME_E_INVALID;
    }
    struct random_state *state = rsm_secret_alloc(sizeof *state);
    if (!state) {
        return RESUME_E_NOMEM;
    }
    *state = (struct random_state){.periods = *periods};
    resume_status status = rsm_ratchet_init(&state->ratchet);
    if (status != RESUME_OK) {
        rsm_secret_free(state);
        return status;
    }
    *ret_state = state;
    return RESUME_OK;
}

static void random_end(void *state) {
    rsm_secret_free(state);
}

static struct random_state *copy_of(const struct random_state *state) {
    struct random_state *copy = rsm_secret_alloc(sizeof *copy);
    if (copy) {
        *copy = *state;
    }
    return copy;
}

/* A ring filled by many forced rotations gives up its oldest generated key. */
static resume_status add_key(struct rsm_keyset *draft, resume_key *key) {
    resume_status status = rsm_keyset_add(draft, key);
    if (status == RESUME_TOO_LARGE) {
        size_t oldest = rsm_keyset_oldest_generated(draft);
        if (oldest != RSM_KEYSET_MAX) {
            rsm_keyset_remove(draft, oldest);
            status = rsm_keyset_add(draft, key);
        }
    }
    return status == RESUME_EXISTS ? RESUME_E_CRYPTO : status; /* the ratchet cannot repeat */
}

/* One step of the ratchet, and the key unless its time is over already. */
static resume_status generate(struct random_state *state, struct rsm_keyset *draft, uint64_t from,
                              uint64_t now_ms) {
    uint64_t seal_until = rsm_add_sat(from, state->periods.seal_ms);
    uint64_t open_until = rsm_add_sat(seal_until, state->periods.open_ms);
    resume_status status = rsm_ratchet_step(&state->ratchet);
    state->last_from = from;
    state->started = true;
    if (status == RESUME_OK && open_until > now_ms) {
        const uint8_t *bytes = state->ratchet.key;
        struct rsm_key_spec spec = {bytes, bytes + 16, bytes + 48, 32,
                                    from,  seal_until, open_until, RSM_KEY_GENERATED};
        resume_key *key = NULL;
        status = rsm_key_new(&spec, &key);
        if (status == RESUME_OK) {
            status = add_key(draft, key);
            if (status != RESUME_OK) {
                resume_key_unref(key);
            }
        }
    }
    rsm_ratchet_forget(&state->ratchet);
    return status;
}

static uint64_t earliest_generated(const struct rsm_keyset *set) {
    uint64_t earliest = UINT64_MAX;
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->origin == RSM_KEY_GENERATED && set->keys[i]->seal_from < earliest) {
            earliest = set->keys[i]->seal_from;
        }
    }
    return earliest;
}

/* A new schedule from now on, without the keys of the old one: they would outlive their periods. */
static resume_status restart(struct random_state *state, struct rsm_keyset *draft,
                             uint64_t now_ms) {
    for (size_t i = draft->count; i-- > 0;) {
        if (draft->keys[i]->origin == RSM_KEY_GENERATED) {
            rsm_keyset_remove(draft, i);
        }
    }
    resume_status status = generate(state, draft, now_ms, now_ms);
    if (status == RESUME_OK) {
        status = generate(state, draft, rsm_add_sat(now_ms, state->periods.seal_ms), now_ms);
    }
    return status;
}

static bool was_set_back(const struct rsm_keyset *draft, uint64_t now_ms) {
    uint64_t earliest = earliest_generated(draft);
    return earliest != UINT64_MAX && earliest > rsm_add_sat(now_ms, SLACK_MS);
}

/* Steps until the newest key lies ahead. */
static resume_status advance(struct random_state *state, struct rsm_keyset *draft,
                             uint64_t now_ms) {
    uint64_t missed = rsm_sub_sat(now_ms, state->last_from) / state->periods.seal_ms;
    if (!state->started || missed > MISSED_MAX || was_set_back(draft, now_ms)) {
        return restart(state, draft, now_ms);
    }
    resume_status status = RESUME_OK;
    while (status == RESUME_OK && state->last_from <= now_ms) {
        uint64_t from = rsm_add_sat(state->last_from, state->periods.seal_ms);
        status = generate(state, draft, from, now_ms);
    }
    return status;
}

static void plan(const struct random_state *state, struct rsm_keyset *draft) {
    uint64_t earliest = earliest_generated(draft);
    draft->due_ms = state->last_from;
    draft->before_ms = earliest == UINT64_MAX ? 0 : rsm_sub_sat(earliest, SLACK_MS);
}

static resume_status random_tick(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                                 struct rsm_keyring_news *news, void **ret_state) {
    (void)news;
    const struct random_state *old = state;
    if (old->started && old->last_from > now_ms && !was_set_back(draft, now_ms)) {
        plan(old, draft);
        return RESUME_OK;
    }
    struct random_state *next = copy_of(old);
    if (!next) {
        return RESUME_E_NOMEM;
    }
    resume_status status = advance(next, draft, now_ms);
    if (status != RESUME_OK) {
        rsm_secret_free(next);
        return status;
    }
    plan(next, draft);
    *ret_state = next;
    return RESUME_OK;
}

static resume_status retime(struct rsm_keyset *draft, size_t index, uint64_t seal_from,
                            uint64_t seal_until, uint64_t open_until) {
    resume_key *key = NULL;
    resume_status status =
        rsm_key_with_times(draft->keys[index], seal_from, seal_until, open_until, &key);
    if (status == RESUME_OK) {
        rsm_keyset_replace(draft, index, key);
    }
    return status;
}

/* The present key stops sealing now, the next one starts. Each replacement keeps its place in the
 * order or moves behind, so one pass from the newest on meets every key once. */
static resume_status hand_over(struct random_state *state, struct rsm_keyset *draft,
                               uint64_t now_ms) {
    resume_status status = RESUME_OK;
    size_t next = RSM_KEYSET_MAX;
    for (size_t i = 0; i < draft->count && status == RESUME_OK; i++) {
        const resume_key *key = draft->keys[i];
        if (key->origin != RSM_KEY_GENERATED) {
            continue;
        }
        if (key->seal_from == state->last_from) {
            next = i;
        } else if (rsm_key_seals_at(key, now_ms)) {
            status = retime(draft, i, key->seal_from, now_ms, key->open_until);
        }
    }
    if (status != RESUME_OK || next == RSM_KEYSET_MAX) {
        return status;
    }
    uint64_t seal_until = rsm_add_sat(now_ms, state->periods.seal_ms);
    status =
        retime(draft, next, now_ms, seal_until, rsm_add_sat(seal_until, state->periods.open_ms));
    return status == RESUME_OK ? generate(state, draft, seal_until, now_ms) : status;
}

static resume_status random_rotate(const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                                   void **ret_state) {
    struct random_state *next = copy_of(state);
    if (!next) {
        return RESUME_E_NOMEM;
    }
    resume_status status = hand_over(next, draft, now_ms);
    if (status != RESUME_OK) {
        rsm_secret_free(next);
        return status;
    }
    plan(next, draft);
    *ret_state = next;
    return RESUME_OK;
}

const struct rsm_keyring_source rsm_keyring_random = {
    .scheme = "random",
    .params = "seal, open",
    .begin = random_begin,
    .end = random_end,
    .tick = random_tick,
    .rotate = random_rotate,
};
