/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a ring: through the calling thread's cached keyset, without a shared lock. Only a look-up
 * that found nothing waits for another thread's rotation.
 */
#include "base/hot.h"
#include "core/keyring.h"

#include "base/alloc.h"
#include "base/bytes.h"

/* What a thread knows of a ring. The set is borrowed: the ring drops a set only after it has purged
 * every thread's cache of it, and that waits for threads inside theirs. No reference is needed, so
 * a cache that a fork left behind in the child keeps no key alive there. */
struct cached {
    struct rsm_warm warm;
    uint64_t generation;
    const struct rsm_keyset *set;
};

static void cached_free(struct rsm_warm *warm) {
    rsm_free((struct cached *)warm);
}

/* Takes the ring's lock: the slow path, once for each thread and rotation. */
static struct cached *refill(resume_keyring *ring, struct rsm_thread *thread) {
    struct cached *cached = rsm_calloc(1, sizeof *cached);
    if (!cached) {
        return NULL;
    }
    rsm_lock_take(&ring->lock);
    cached->generation = atomic_load_explicit(&ring->generation, memory_order_relaxed);
    cached->set = ring->set;
    rsm_lock_release(&ring->lock);
    cached->warm.kind = RSM_WARM_KEYSET;
    cached->warm.serial = ring->serial;
    cached->warm.destroy = cached_free;
    rsm_thread_keep(thread, &cached->warm);
    return cached;
}

static const struct rsm_keyset *current(resume_keyring *ring, struct rsm_thread *thread) {
    struct cached *cached = (struct cached *)rsm_thread_find(thread, RSM_WARM_KEYSET, ring->serial);
    uint64_t generation = atomic_load_explicit(&ring->generation, memory_order_acquire);
    if (!cached || cached->generation != generation) {
        cached = refill(ring, thread);
    }
    return cached ? cached->set : NULL;
}

static RSM_HOT resume_status enter(resume_keyring *ring, struct rsm_keyring_use *use) {
    use->thread = rsm_thread_enter();
    if (!use->thread) {
        return RESUME_E_NOMEM;
    }
    use->set = current(ring, use->thread);
    if (!use->set) {
        rsm_thread_leave(use->thread);
        return RESUME_E_NOMEM;
    }
    return RESUME_OK;
}

void rsm_keyring_leave(struct rsm_keyring_use *use) {
    rsm_thread_leave(use->thread);
}

/* One thread does the due work; the others go on with the set they have, whose keys know their own
 * borders and whose next key is there already (I-66). A failure is no news: see I-60. */
resume_status rsm_keyring_enter(resume_keyring *ring, uint64_t now_ms,
                                struct rsm_keyring_use *use) {
    resume_status status = enter(ring, use);
    if (status != RESUME_OK || !rsm_keyset_is_due(use->set, now_ms) ||
        atomic_exchange_explicit(&ring->ticking, true, memory_order_acquire)) {
        return status;
    }
    rsm_keyring_leave(use);
    rsm_keyring_catch_up(ring, now_ms);
    atomic_store_explicit(&ring->ticking, false, memory_order_release);
    return enter(ring, use);
}

static bool may_find_more(const struct rsm_keyset *set, uint64_t now_ms) {
    return rsm_keyset_is_due(set, now_ms) || rsm_keyset_is_used_up(set, now_ms);
}

resume_status rsm_keyring_enter_to_seal(resume_keyring *ring, uint64_t now_ms,
                                        struct rsm_keyring_use *use, resume_key **ret_key) {
    for (int attempt = 0;; attempt++) {
        resume_status status = rsm_keyring_enter(ring, now_ms, use);
        if (status != RESUME_OK) {
            return status;
        }
        resume_key *key = rsm_keyset_sealing(use->set, now_ms);
        if (key) {
            *ret_key = key;
            return RESUME_OK;
        }
        bool again = attempt == 0 && may_find_more(use->set, now_ms);
        rsm_keyring_leave(use);
        if (!again) {
            return RESUME_NO_KEY;
        }
        rsm_keyring_catch_up(ring, now_ms);
    }
}

/* OK, RENEW, MISS or EXPIRED, from this set alone. */
static resume_status look_up(const struct rsm_keyset *set, const uint8_t *name, uint64_t now_ms,
                             resume_key **ret_key) {
    resume_key *key = rsm_keyset_find(set, name);
    if (!key) {
        return rsm_keyset_was_retired(set, name) ? RESUME_EXPIRED : RESUME_MISS;
    }
    if (key->open_until != UINT64_MAX && key->open_until <= now_ms) {
        return RESUME_EXPIRED;
    }
    *ret_key = key;
    return key == rsm_keyset_sealing(set, now_ms) ? RESUME_OK : RESUME_RENEW;
}

RSM_HOT resume_status rsm_keyring_enter_to_open(resume_keyring *ring, const uint8_t *name,
                                                uint64_t now_ms, struct rsm_keyring_use *use,
                                                resume_key **ret_key) {
    for (int attempt = 0;; attempt++) {
        resume_status status = rsm_keyring_enter(ring, now_ms, use);
        if (status != RESUME_OK) {
            return status;
        }
        status = look_up(use->set, name, now_ms, ret_key);
        if (status == RESUME_OK || status == RESUME_RENEW) {
            return status;
        }
        bool again = attempt == 0 && status == RESUME_MISS && may_find_more(use->set, now_ms);
        rsm_keyring_leave(use);
        if (!again) {
            return status;
        }
        rsm_keyring_catch_up(ring, now_ms);
    }
}

resume_status resume_keyring_sealing_key(resume_keyring *keyring, uint64_t now_ms,
                                         resume_key **ret_key) {
    if (!keyring || !ret_key) {
        return RESUME_E_INVALID;
    }
    struct rsm_keyring_use use;
    resume_key *key = NULL;
    resume_status status = rsm_keyring_enter_to_seal(keyring, now_ms, &use, &key);
    if (status == RESUME_OK) {
        *ret_key = resume_key_ref(key);
        rsm_keyring_leave(&use);
    }
    return status;
}

RSM_HOT resume_status resume_keyring_find(resume_keyring *keyring, const uint8_t *name,
                                          size_t name_len, uint64_t now_ms, resume_key **ret_key) {
    if (!keyring || !name || name_len == 0 || name_len > RSM_KEY_NAME || !ret_key) {
        return RESUME_E_INVALID;
    }
    uint8_t padded[RSM_KEY_NAME] = {0};
    memcpy(padded, name, name_len);
    struct rsm_keyring_use use;
    resume_key *key = NULL;
    resume_status status = rsm_keyring_enter_to_open(keyring, padded, now_ms, &use, &key);
    if (status == RESUME_OK || status == RESUME_RENEW) {
        *ret_key = resume_key_ref(key);
        rsm_keyring_leave(&use);
    }
    return status;
}

size_t resume_keyring_count(resume_keyring *keyring) {
    if (!keyring) {
        return 0;
    }
    RSM_LOCKED(&keyring->lock);
    return keyring->set->count;
}

resume_status resume_keyring_key_at(resume_keyring *keyring, size_t index, resume_key **ret_key) {
    if (!keyring || !ret_key) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&keyring->lock);
    if (index >= keyring->set->count) {
        return RESUME_MISS;
    }
    *ret_key = resume_key_ref(keyring->set->keys[index]);
    return RESUME_OK;
}

resume_status resume_keyring_role(resume_keyring *keyring, const resume_key *key, uint64_t now_ms,
                                  int32_t *ret_role) {
    if (!keyring || !key || now_ms > RSM_NOW_MAX || !ret_role) {
        return RESUME_E_INVALID;
    }
    struct rsm_keyring_use use;
    resume_status status = rsm_keyring_enter(keyring, now_ms, &use);
    if (status != RESUME_OK) {
        return status;
    }
    if (!rsm_keyset_has(use.set, key)) {
        status = RESUME_MISS;
    } else if (key == rsm_keyset_sealing(use.set, now_ms)) {
        *ret_role = RESUME_KEY_CURRENT;
    } else {
        bool comes = now_ms < key->seal_from && key->seal_from < key->seal_until;
        *ret_role = comes ? RESUME_KEY_NEXT : RESUME_KEY_RETIRING;
    }
    rsm_keyring_leave(&use);
    return status;
}

uint64_t resume_keyring_failures(resume_keyring *keyring) {
    return keyring ? atomic_load_explicit(&keyring->failures, memory_order_relaxed) : 0;
}

resume_status resume_keyring_last_failure(resume_keyring *keyring, uint8_t *buf, size_t buf_cap,
                                          size_t *ret_len) {
    if (!keyring || (!buf && buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    RSM_LOCKED(&keyring->lock);
    size_t len = strlen(keyring->trouble);
    *ret_len = len;
    if (len > buf_cap) {
        return RESUME_E_BUFFER;
    }
    if (len) {
        memcpy(buf, keyring->trouble, len);
    }
    return RESUME_OK;
}
