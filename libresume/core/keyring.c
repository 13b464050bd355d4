/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring: who may change the current keyset, how it is exchanged under running codecs, and what
 * is wiped afterwards. See keyring.h.
 */
#include "core/keyring.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/secret.h"
#include "core/key_audit.h"

#include <stdio.h>

/* All rings, so that a fork finds each of them unlocked and whole. */
static struct rsm_lock rings_lock = RSM_LOCK_INIT;
static resume_keyring *rings;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void before_fork(void) {
    rsm_lock_take(&rings_lock);
    for (resume_keyring *ring = rings; ring; ring = ring->next) {
        rsm_lock_take(&ring->lock);
    }
}

static void after_fork(void) {
    for (resume_keyring *ring = rings; ring; ring = ring->next) {
        rsm_lock_release(&ring->lock);
    }
    rsm_lock_release(&rings_lock);
}

static void after_fork_in_child(void) {
    for (resume_keyring *ring = rings; ring; ring = ring->next) {
        atomic_store_explicit(&ring->ticking, false, memory_order_relaxed);
    }
    after_fork();
}

static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static void ring_link(resume_keyring *ring) {
    RSM_LOCKED(&rings_lock);
    ring->next = rings;
    if (rings) {
        rings->prev = ring;
    }
    rings = ring;
}

static void ring_unlink(resume_keyring *ring) {
    RSM_LOCKED(&rings_lock);
    if (ring->prev) {
        ring->prev->next = ring->next;
    } else {
        rings = ring->next;
    }
    if (ring->next) {
        ring->next->prev = ring->prev;
    }
}

/* Makes the lower floors register their fork handlers before the ring does: handlers run in
 * reverse order, so a fork takes the ring's lock first, as every other path does. */
static resume_status wake_lower_floors(void) {
    rsm_secret_watch_forks();
    struct rsm_thread *thread = rsm_thread_enter();
    if (!thread) {
        return RESUME_E_NOMEM;
    }
    rsm_thread_leave(thread);
    return RESUME_OK;
}

resume_status rsm_keyring_make(const resume_keyring_options *options,
                               const struct rsm_keyring_source *source, resume_keyring **ret_ring) {
    resume_status status = wake_lower_floors();
    if (status != RESUME_OK) {
        return status;
    }
    pthread_once(&fork_once, watch_forks);
    resume_keyring *ring = rsm_calloc_aligned(_Alignof(resume_keyring), sizeof *ring);
    if (!ring) {
        return RESUME_E_NOMEM;
    }
    ring->set = rsm_keyset_copy(NULL);
    if (!ring->set) {
        rsm_free(ring);
        return RESUME_E_NOMEM;
    }
    ring->set->max_seals = options ? options->max_seals : UINT64_C(1) << 32;
    rsm_ref_init(&ring->ref);
    rsm_lock_init(&ring->lock);
    ring->serial = rsm_serial_next();
    ring->source = source;
    atomic_init(&ring->generation, 1);
    atomic_init(&ring->ticking, false);
    atomic_init(&ring->failures, 0);
    ring_link(ring);
    *ret_ring = ring;
    return RESUME_OK;
}

/* Removes what threads keep of the keys that `kept` (NULL: nothing) no longer has, and then the old
 * set itself. Must not run under a lock: it waits for each thread's cache. */
static void retire(resume_keyring *ring, struct rsm_keyset *old, const struct rsm_keyset *kept) {
    rsm_thread_purge(ring->serial);
    for (size_t i = 0; i < old->count; i++) {
        if (!kept || !rsm_keyset_has(kept, old->keys[i])) {
            rsm_thread_purge(old->keys[i]->serial);
        }
    }
    rsm_keyset_unref(old);
}

resume_keyring *resume_keyring_ref(resume_keyring *keyring) {
    if (keyring) {
        rsm_ref_get(&keyring->ref);
    }
    return keyring;
}

resume_keyring *resume_keyring_unref(resume_keyring *keyring) {
    if (keyring && rsm_ref_put(&keyring->ref)) {
        ring_unlink(keyring);
        retire(keyring, keyring->set, NULL);
        if (keyring->state) {
            keyring->source->end(keyring->state);
        }
        rsm_lock_destroy(&keyring->lock);
        rsm_free(keyring);
    }
    return NULL;
}

/* What one call does to the draft beside the due work. */
struct edit {
    resume_status (*run)(const resume_keyring *ring, const struct edit *edit, const void *state,
                         struct rsm_keyset *draft, uint64_t now_ms, void **ret_state);
    resume_key *key; /* to add */
    char *why;       /* of a reload */
    bool loads;      /* success ends an earlier failure */
};

static void drop_state(const resume_keyring *ring, void *state) {
    if (state) {
        ring->source->end(state);
    }
}

/* Retires, lets the source rotate, and then edits. *ret_state: as in keyring_source.h. */
static resume_status prepare(const resume_keyring *ring, const struct edit *edit, uint64_t now_ms,
                             struct rsm_keyset *draft, struct rsm_keyring_news *news,
                             void **ret_state) {
    void *ticked = NULL;
    void *edited = NULL;
    resume_status status = RESUME_OK;
    draft->due_ms = UINT64_MAX;
    draft->before_ms = 0;
    rsm_keyset_expire(draft, now_ms);
    if (ring->source && ring->source->tick) {
        status = ring->source->tick(ring->state, draft, now_ms, news, &ticked);
    }
    if (status == RESUME_OK && edit->run) {
        status = edit->run(ring, edit, ticked ? ticked : ring->state, draft, now_ms, &edited);
    }
    if (status != RESUME_OK) {
        drop_state(ring, ticked);
        return status;
    }
    if (edited) {
        drop_state(ring, ticked);
        ticked = edited;
    }
    uint64_t expiry = rsm_keyset_next_expiry(draft);
    draft->due_ms = expiry < draft->due_ms ? expiry : draft->due_ms;
    *ret_state = ticked;
    return RESUME_OK;
}

static void note(resume_keyring *ring, const struct edit *edit, resume_status status,
                 const struct rsm_keyring_news *news) {
    bool failed = edit->loads ? status != RESUME_OK : news->failed;
    if (failed) {
        const char *why = edit->loads ? edit->why : news->why;
        snprintf(ring->trouble, sizeof ring->trouble, "%s",
                 why[0] ? why : resume_status_name(status));
        atomic_fetch_add_explicit(&ring->failures, 1, memory_order_relaxed);
    } else if (edit->loads || news->loaded) {
        ring->trouble[0] = '\0';
    }
}

/* All of a change or nothing. */
static resume_status change(resume_keyring *ring, const struct edit *edit, uint64_t now_ms) {
    if (now_ms > RSM_NOW_MAX) {
        return RESUME_E_INVALID;
    }
    rsm_lock_take(&ring->lock);
    struct rsm_keyset *old = ring->set;
    struct rsm_keyset *draft = rsm_keyset_copy(old);
    void *state = NULL;
    struct rsm_keyring_news news = {0};
    resume_status status =
        draft ? prepare(ring, edit, now_ms, draft, &news, &state) : RESUME_E_NOMEM;
    note(ring, edit, status, &news);
    if (status != RESUME_OK) {
        rsm_lock_release(&ring->lock);
        rsm_keyset_unref(draft);
        return status;
    }
    rsm_keyset_ref(draft); /* for retire(), as the ring may change again meanwhile */
    ring->set = draft;
    if (state) {
        drop_state(ring, ring->state);
        ring->state = state;
    }
    atomic_fetch_add_explicit(&ring->generation, 1, memory_order_release);
    rsm_lock_release(&ring->lock);
    retire(ring, old, draft);
    rsm_keyset_unref(draft);
    return RESUME_OK;
}

static bool is_due_locked(resume_keyring *ring, uint64_t now_ms) {
    RSM_LOCKED(&ring->lock);
    return rsm_keyset_is_due(ring->set, now_ms);
}

static bool is_used_up_locked(resume_keyring *ring, uint64_t now_ms) {
    RSM_LOCKED(&ring->lock);
    return !rsm_keyset_sealing(ring->set, now_ms) && rsm_keyset_is_used_up(ring->set, now_ms);
}

static resume_status do_due_work(resume_keyring *ring, uint64_t now_ms) {
    const struct edit nothing = {0};
    return is_due_locked(ring, now_ms) ? change(ring, &nothing, now_ms) : RESUME_OK;
}

resume_status resume_keyring_tick(resume_keyring *keyring, uint64_t now_ms) {
    if (!keyring || now_ms > RSM_NOW_MAX) {
        return RESUME_E_INVALID;
    }
    return do_due_work(keyring, now_ms);
}

static resume_status run_rotate(const resume_keyring *ring, const struct edit *edit,
                                const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                                void **ret_state) {
    (void)edit;
    if (!ring->source) {
        return RESUME_E_STATE;
    }
    return ring->source->rotate(state, draft, now_ms, ret_state);
}

resume_status resume_keyring_rotate(resume_keyring *keyring, uint64_t now_ms) {
    if (!keyring) {
        return RESUME_E_INVALID;
    }
    if (!keyring->source || !keyring->source->rotate) {
        return RESUME_E_STATE;
    }
    const struct edit rotate = {.run = run_rotate};
    return change(keyring, &rotate, now_ms);
}

/* Of several threads that found the key used up, the first one rotates. */
static resume_status run_rotate_used_up(const resume_keyring *ring, const struct edit *edit,
                                        const void *state, struct rsm_keyset *draft,
                                        uint64_t now_ms, void **ret_state) {
    if (rsm_keyset_sealing(draft, now_ms) || !rsm_keyset_is_used_up(draft, now_ms)) {
        return RESUME_EXISTS;
    }
    return run_rotate(ring, edit, state, draft, now_ms, ret_state);
}

void rsm_keyring_catch_up(resume_keyring *ring, uint64_t now_ms) {
    if (is_due_locked(ring, now_ms)) {
        (void)do_due_work(ring, now_ms); /* on failure what is there goes on (I-60) */
    } else if (ring->source && ring->source->rotate && is_used_up_locked(ring, now_ms)) {
        const struct edit rotate = {.run = run_rotate_used_up};
        (void)change(ring, &rotate, now_ms);
    }
}

static resume_status run_reload(const resume_keyring *ring, const struct edit *edit,
                                const void *state, struct rsm_keyset *draft, uint64_t now_ms,
                                void **ret_state) {
    (void)ret_state;
    if (!ring->source) {
        return RESUME_E_STATE;
    }
    return ring->source->reload(state, draft, now_ms, edit->why);
}

resume_status resume_keyring_reload(resume_keyring *keyring, uint64_t now_ms) {
    if (!keyring) {
        return RESUME_E_INVALID;
    }
    if (!keyring->source || !keyring->source->reload) {
        return RESUME_E_STATE;
    }
    char why[RSM_WHY_SIZE] = "";
    const struct edit reload = {.run = run_reload, .why = why, .loads = true};
    return change(keyring, &reload, now_ms);
}

static resume_status run_add(const resume_keyring *ring, const struct edit *edit, const void *state,
                             struct rsm_keyset *draft, uint64_t now_ms, void **ret_state) {
    (void)ring;
    (void)state;
    (void)now_ms;
    (void)ret_state;
    resume_status status = rsm_keyset_add(draft, edit->key);
    if (status == RESUME_OK) {
        resume_key_ref(edit->key); /* the draft's; the caller keeps its own */
    }
    return status;
}

static bool is_key_len(size_t len) {
    return len == 16 || len == 32;
}

resume_status resume_keyring_add(resume_keyring *keyring, const uint8_t *name, size_t name_len,
                                 const uint8_t *cipher_key, size_t cipher_key_len,
                                 const uint8_t *mac_key, size_t mac_key_len, uint64_t seal_from,
                                 uint64_t seal_until, uint64_t open_until, uint64_t now_ms) {
    if (!keyring || !name || name_len == 0 || name_len > RSM_KEY_NAME || !cipher_key || !mac_key ||
        !is_key_len(cipher_key_len) || mac_key_len != cipher_key_len || seal_from > seal_until ||
        seal_until > open_until || now_ms > RSM_NOW_MAX) {
        return RESUME_E_INVALID;
    }
    uint8_t padded[RSM_KEY_NAME] = {0};
    memcpy(padded, name, name_len);
    struct rsm_key_spec spec = {.name = padded,
                                .cipher_key = cipher_key,
                                .mac_key = mac_key,
                                .size = cipher_key_len,
                                .seal_from = seal_from,
                                .seal_until = seal_until,
                                .open_until = open_until,
                                .origin = RSM_KEY_ADDED};
    if (rsm_key_audit(&spec)) {
        return RESUME_WEAK_KEY;
    }
    if (open_until != UINT64_MAX && open_until <= now_ms) {
        return RESUME_EXPIRED;
    }
    resume_key *key = NULL;
    resume_status status = rsm_key_new(&spec, &key);
    if (status == RESUME_OK) {
        const struct edit add = {.run = run_add, .key = key};
        status = change(keyring, &add, now_ms);
        resume_key_unref(key);
    }
    return status;
}

resume_status resume_keyring_new(resume_keyring_options *options, resume_keyring **ret_keyring) {
    return ret_keyring ? rsm_keyring_make(options, NULL, ret_keyring) : RESUME_E_INVALID;
}

resume_status rsm_keyring_start(resume_keyring *ring, uint64_t now_ms, char *why) {
    const struct edit load = {.run = ring->source->reload ? run_reload : NULL, .why = why};
    return change(ring, &load, now_ms);
}
