/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `derive:` source: every host computes the same keys from one secret and the time, so a fleet
 * shares its keys without a word between hosts. Time is cut into epochs of one step; key e is
 *
 *     name 16 | AES-256 32 | HMAC-SHA256 32 = HKDF-SHA256(secret, no salt, info)
 *     info = "libresume derive" | 1 | length of label, 1 byte | label | step in ms, 8 | e, 8
 *
 * (numbers big-endian; docs/keys.md has a vector) and seals while now / step = e. Which keys are in
 * the ring follows from the time alone, so clocks that jump do no lasting harm. Not forward secret:
 * who has the secret has all keys, past and future.
 */
#include "core/keyring_source.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hkdf.h"

#include <stdio.h>

#define KEY_SIZE  80U
#define LABEL_MAX 64U
/* Keys of so much time to come are in the ring, but at most so many: clocks differ. */
#define EARLY_MS  60000U
#define EARLY_MAX 16U

struct derive_state {
    uint8_t *secret; /* in locked memory */
    size_t secret_len;
    char *label;
    uint64_t step_ms;
    uint64_t overlap_ms;
};

static void derive_end(void *data) {
    struct derive_state *state = data;
    if (state) {
        rsm_secret_free(state->secret);
        rsm_free(state->label);
        rsm_free(state);
    }
}

static resume_status take_period(struct rsm_url *url, const char *key, char *why,
                                 uint64_t *period_ms) {
    const char *text = rsm_url_param(url, key);
    return text ? rsm_parse_duration(text, period_ms, why) : RESUME_OK;
}

static resume_status take_periods(struct derive_state *state, struct rsm_url *url,
                                  const struct rsm_periods *periods, char *why) {
    struct rsm_periods own = *periods;
    if (periods->in_url) {
        snprintf(why, RSM_WHY_SIZE, "derive: has step= and overlap= instead of seal= and open=");
        return RESUME_E_INVALID;
    }
    resume_status status = take_period(url, "step", why, &own.seal_ms);
    if (status == RESUME_OK) {
        status = take_period(url, "overlap", why, &own.open_ms);
    }
    if (status == RESUME_OK) {
        status = rsm_periods_check(&own, why);
    }
    state->step_ms = own.seal_ms;
    state->overlap_ms = own.open_ms;
    return status;
}

static resume_status take_label(struct derive_state *state, struct rsm_url *url, char *why) {
    const char *label = rsm_url_param(url, "label");
    label = label ? label : "";
    size_t len = strlen(label);
    if (len > LABEL_MAX || !rsm_is_printable((const uint8_t *)label, len)) {
        snprintf(why, RSM_WHY_SIZE, "a label is printable, without spaces, of at most %u bytes",
                 LABEL_MAX);
        return RESUME_E_INVALID;
    }
    state->label = rsm_strndup(label, len);
    return state->label ? RESUME_OK : RESUME_E_NOMEM;
}

static resume_status derive_begin(struct rsm_url *url, const struct rsm_periods *periods, char *why,
                                  void **ret_state) {
    struct derive_state *state = rsm_calloc(1, sizeof *state);
    if (!state) {
        return RESUME_E_NOMEM;
    }
    resume_status status = take_periods(state, url, periods, why);
    if (status == RESUME_OK) {
        status = take_label(state, url, why);
    }
    if (status == RESUME_OK) {
        status = rsm_fleet_secret_read(url->path, why, &state->secret, &state->secret_len);
    }
    if (status != RESUME_OK) {
        derive_end(state);
        return status;
    }
    *ret_state = state;
    return RESUME_OK;
}

static resume_status derive(const struct derive_state *state, uint64_t epoch, uint8_t *key) {
    static const char purpose[16] = {'l', 'i', 'b', 'r', 'e', 's', 'u', 'm',
                                     'e', ' ', 'd', 'e', 'r', 'i', 'v', 'e'};
    uint8_t info[sizeof purpose + 2 + LABEL_MAX + 16];
    size_t label_len = strlen(state->label);
    uint8_t *at = info + sizeof purpose;
    memcpy(info, purpose, sizeof purpose);
    *at++ = 1;
    *at++ = (uint8_t)label_len;
    memcpy(at, state->label, label_len);
    at += label_len;
    rsm_put64(at, state->step_ms);
    rsm_put64(at + 8, epoch);
    return rsm_hkdf_sha256(state->secret, state->secret_len, NULL, 0, info,
                           (size_t)(at + 16 - info), key, KEY_SIZE);
}

/* The epochs whose keys open at this time, or will before long. */
struct window {
    uint64_t first, now, last;
};

static struct window window_at(const struct derive_state *state, uint64_t now_ms) {
    uint64_t early = (EARLY_MS + state->step_ms - 1) / state->step_ms;
    uint64_t epoch = now_ms / state->step_ms;
    /* The first one with (e + 1) * step + overlap > now. */
    uint64_t first = rsm_sub_sat(now_ms, state->overlap_ms) / state->step_ms;
    return (struct window){first, epoch, epoch + (early < EARLY_MAX ? early : EARLY_MAX)};
}

static bool has_epoch(const struct derive_state *state, const struct rsm_keyset *set,
                      uint64_t epoch) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->origin == RSM_KEY_FLEET &&
            set->keys[i]->seal_from == epoch * state->step_ms) {
            return true;
        }
    }
    return false;
}

static resume_status add_epoch(const struct derive_state *state, struct rsm_keyset *draft,
                               uint64_t epoch, uint8_t *bytes) {
    uint64_t from = epoch * state->step_ms;
    const struct rsm_key_spec spec = {.name = bytes,
                                      .cipher_key = bytes + 16,
                                      .mac_key = bytes + 48,
                                      .size = 32,
                                      .seal_from = from,
                                      .seal_until = from + state->step_ms,
                                      .open_until = from + state->step_ms + state->overlap_ms,
                                      .origin = RSM_KEY_FLEET};
    resume_key *key = NULL;
    resume_status status = derive(state, epoch, bytes);
    if (status == RESUME_OK) {
        status = rsm_key_new(&spec, &key);
    }
    if (status == RESUME_OK) {
        status = rsm_keyset_add(draft, key);
        if (status != RESUME_OK) {
            resume_key_unref(key);
        }
    }
    return status;
}

/* After the clock was set back: what lies too far ahead now goes. */
static void drop_future(const struct derive_state *state, struct rsm_keyset *draft,
                        const struct window *window) {
    for (size_t i = draft->count; i-- > 0;) {
        if (draft->keys[i]->origin == RSM_KEY_FLEET &&
            draft->keys[i]->seal_from / state->step_ms > window->last + 1) {
            rsm_keyset_remove(draft, i);
        }
    }
}

/* A key that the caller added in the same place takes none of the others away: RESUME_EXISTS and
 * RESUME_TOO_LARGE leave out one epoch. */
static bool is_trouble(resume_status status) {
    return status != RESUME_OK && status != RESUME_EXISTS && status != RESUME_TOO_LARGE;
}

static resume_status derive_tick(const void *data, struct rsm_keyset *draft, uint64_t now_ms,
                                 struct rsm_keyring_news *news, void **ret_state) {
    (void)news;
    (void)ret_state;
    const struct derive_state *state = data;
    struct window window = window_at(state, now_ms);
    resume_status status = RESUME_OK;
    uint8_t *bytes = rsm_secret_alloc(KEY_SIZE);
    if (!bytes) {
        return RESUME_E_NOMEM;
    }
    drop_future(state, draft, &window);
    /* The present ones first, in case there is not room for all. */
    for (uint64_t e = window.now; e <= window.last && !is_trouble(status); e++) {
        status = has_epoch(state, draft, e) ? RESUME_OK : add_epoch(state, draft, e, bytes);
    }
    for (uint64_t e = window.now; e-- > window.first && !is_trouble(status);) {
        status = has_epoch(state, draft, e) ? RESUME_OK : add_epoch(state, draft, e, bytes);
    }
    rsm_secret_free(bytes);
    /* Not at once for every time before this epoch: threads read their clocks at different times.
     */
    draft->due_ms = (window.now + 1) * state->step_ms;
    draft->before_ms = rsm_sub_sat(window.now, 1) * state->step_ms;
    return is_trouble(status) ? status : RESUME_OK;
}

const struct rsm_keyring_source rsm_keyring_derive = {
    .scheme = "derive",
    .params = "step, overlap, label",
    .begin = derive_begin,
    .end = derive_end,
    .tick = derive_tick,
};
