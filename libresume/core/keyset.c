/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots of a ring's keys. See keyset.h.
 */
#include "core/keyset.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"

struct rsm_keyset *rsm_keyset_copy(const struct rsm_keyset *from) {
    struct rsm_keyset *set = rsm_calloc(1, sizeof *set);
    if (!set) {
        return NULL;
    }
    rsm_ref_init(&set->ref);
    set->due_ms = UINT64_MAX;
    if (!from) {
        return set;
    }
    set->due_ms = from->due_ms;
    set->before_ms = from->before_ms;
    set->max_seals = from->max_seals;
    set->count = from->count;
    for (size_t i = 0; i < from->count; i++) {
        set->keys[i] = resume_key_ref(from->keys[i]);
    }
    set->retired_count = from->retired_count;
    memcpy(set->retired, from->retired, sizeof set->retired);
    return set;
}

struct rsm_keyset *rsm_keyset_ref(struct rsm_keyset *set) {
    if (set) {
        rsm_ref_get(&set->ref);
    }
    return set;
}

struct rsm_keyset *rsm_keyset_unref(struct rsm_keyset *set) {
    if (set && rsm_ref_put(&set->ref)) {
        for (size_t i = 0; i < set->count; i++) {
            resume_key_unref(set->keys[i]);
        }
        rsm_free(set);
    }
    return NULL;
}

static bool stands_before(const resume_key *a, const resume_key *b) {
    if (a->seal_from != b->seal_from) {
        return a->seal_from > b->seal_from;
    }
    return memcmp(a->name, b->name, RSM_KEY_NAME) > 0;
}

static bool collides(const resume_key *a, const resume_key *b) {
    struct rsm_key_spec spec = {.name = b->name,
                                .cipher_key = b->secret->cipher_key,
                                .mac_key = b->secret->mac_key,
                                .size = b->size,
                                .mac_size = b->mac_size};
    return memcmp(a->name, b->name, RSM_KEY_NAME) == 0 || rsm_key_shares_secret(a, &spec);
}

static void insert(struct rsm_keyset *draft, resume_key *key) {
    size_t at = draft->count++;
    while (at > 0 && stands_before(key, draft->keys[at - 1])) {
        draft->keys[at] = draft->keys[at - 1];
        at--;
    }
    draft->keys[at] = key;
}

resume_status rsm_keyset_add(struct rsm_keyset *draft, resume_key *key) {
    for (size_t i = 0; i < draft->count; i++) {
        if (collides(draft->keys[i], key)) {
            return RESUME_EXISTS;
        }
    }
    if (draft->count == RSM_KEYSET_MAX) {
        return RESUME_TOO_LARGE;
    }
    insert(draft, key);
    return RESUME_OK;
}

/* Without its reference and without its name among the retired. */
static void take_out(struct rsm_keyset *draft, size_t index) {
    draft->count--;
    for (size_t i = index; i < draft->count; i++) {
        draft->keys[i] = draft->keys[i + 1];
    }
    draft->keys[draft->count] = NULL;
}

void rsm_keyset_remove(struct rsm_keyset *draft, size_t index) {
    resume_key *key = draft->keys[index];
    memcpy(draft->retired[draft->retired_count++ % RSM_KEYSET_RETIRED], key->name, RSM_KEY_NAME);
    take_out(draft, index);
    resume_key_unref(key);
}

void rsm_keyset_replace(struct rsm_keyset *draft, size_t index, resume_key *key) {
    resume_key *old = draft->keys[index];
    take_out(draft, index);
    insert(draft, key);
    resume_key_unref(old);
}

void rsm_keyset_exchange(struct rsm_keyset *draft, struct rsm_keyset *other) {
    for (size_t i = 0; i < RSM_KEYSET_MAX; i++) {
        resume_key *key = draft->keys[i];
        draft->keys[i] = other->keys[i];
        other->keys[i] = key;
    }
    size_t count = draft->count;
    draft->count = other->count;
    other->count = count;
    size_t retired_count = draft->retired_count;
    draft->retired_count = other->retired_count;
    other->retired_count = retired_count;
    uint8_t retired[sizeof draft->retired];
    memcpy(retired, draft->retired, sizeof retired);
    memcpy(draft->retired, other->retired, sizeof retired);
    memcpy(other->retired, retired, sizeof retired);
}

void rsm_keyset_expire(struct rsm_keyset *draft, uint64_t now_ms) {
    for (size_t i = draft->count; i-- > 0;) {
        uint64_t end = draft->keys[i]->open_until;
        if (end != UINT64_MAX && end <= now_ms) {
            rsm_keyset_remove(draft, i);
        }
    }
}

/* Among keys that end together, as after forced rotations, the one that stopped sealing first. */
static bool ends_before(const resume_key *a, const resume_key *b) {
    return a->open_until != b->open_until ? a->open_until < b->open_until
                                          : a->seal_until < b->seal_until;
}

size_t rsm_keyset_oldest_generated(const struct rsm_keyset *set) {
    size_t oldest = RSM_KEYSET_MAX;
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->origin == RSM_KEY_GENERATED &&
            (oldest == RSM_KEYSET_MAX || ends_before(set->keys[i], set->keys[oldest]))) {
            oldest = i;
        }
    }
    return oldest;
}

uint64_t rsm_keyset_next_expiry(const struct rsm_keyset *set) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i]->open_until < first) {
            first = set->keys[i]->open_until;
        }
    }
    return first;
}

RSM_HOT bool rsm_keyset_is_due(const struct rsm_keyset *set, uint64_t now_ms) {
    return (now_ms >= set->due_ms && set->due_ms != UINT64_MAX) || now_ms < set->before_ms;
}

static bool is_used_up(const struct rsm_keyset *set, const resume_key *key) {
    return set->max_seals != 0 && resume_key_seals(key) >= set->max_seals;
}

RSM_HOT resume_key *rsm_keyset_sealing(const struct rsm_keyset *set, uint64_t now_ms) {
    for (size_t i = 0; i < set->count; i++) {
        if (rsm_key_seals_at(set->keys[i], now_ms) && !is_used_up(set, set->keys[i])) {
            return set->keys[i];
        }
    }
    return NULL;
}

bool rsm_keyset_is_used_up(const struct rsm_keyset *set, uint64_t now_ms) {
    for (size_t i = 0; i < set->count; i++) {
        const resume_key *key = set->keys[i];
        if (key->origin == RSM_KEY_GENERATED && rsm_key_seals_at(key, now_ms) &&
            is_used_up(set, key)) {
            return true;
        }
    }
    return false;
}

RSM_HOT resume_key *rsm_keyset_find(const struct rsm_keyset *set, const uint8_t *name) {
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->keys[i]->name, name, RSM_KEY_NAME) == 0) {
            return set->keys[i];
        }
    }
    return NULL;
}

bool rsm_keyset_has(const struct rsm_keyset *set, const resume_key *key) {
    for (size_t i = 0; i < set->count; i++) {
        if (set->keys[i] == key) {
            return true;
        }
    }
    return false;
}

bool rsm_keyset_was_retired(const struct rsm_keyset *set, const uint8_t *name) {
    size_t kept = set->retired_count < RSM_KEYSET_RETIRED ? set->retired_count : RSM_KEYSET_RETIRED;
    for (size_t i = 0; i < kept; i++) {
        if (memcmp(set->retired[i], name, RSM_KEY_NAME) == 0) {
            return true;
        }
    }
    return false;
}
