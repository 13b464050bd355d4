/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ticket key: locked bytes, three instants, a count. See key.h.
 */
#include "core/key.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/hot.h"
#include "base/secret.h"
#include "crypto/hkdf.h"

static atomic_uint_fast64_t last_serial;

uint64_t rsm_serial_next(void) {
    return (uint64_t)atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1;
}

/* One root for the AEAD frame, from both secrets, so that it is as strong as the whole key and
 * tells nothing about the keys of the RFC 5077 frame. */
static resume_status derive_root(struct rsm_key_secret *secret, size_t size, size_t mac_size) {
    static const char info[] = "libresume xaes-256-gcm key";
    uint8_t ikm[32 + RSM_KEY_MAC_MAX];
    memcpy(ikm, secret->cipher_key, size);
    memcpy(ikm + size, secret->mac_key, mac_size);
    resume_status status = rsm_hkdf_sha256(ikm, size + mac_size, NULL, 0, (const uint8_t *)info,
                                           sizeof info - 1, secret->root, sizeof secret->root);
    rsm_wipe(ikm, sizeof ikm);
    return status;
}

static void key_free(resume_key *key) {
    struct rsm_key_extra *extra = atomic_load_explicit(&key->extra, memory_order_acquire);
    if (extra) {
        extra->destroy(extra->data);
        rsm_free(extra);
    }
    rsm_secret_free(key->secret);
    rsm_free(key);
}

resume_status rsm_key_new(const struct rsm_key_spec *spec, resume_key **ret_key) {
    resume_key *key = rsm_calloc_aligned(_Alignof(resume_key), sizeof *key);
    if (!key) {
        return RESUME_E_NOMEM;
    }
    key->secret = rsm_secret_alloc(sizeof *key->secret);
    if (!key->secret) {
        rsm_free(key);
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&key->ref);
    atomic_init(&key->seals, 0);
    atomic_init(&key->extra, NULL);
    key->size = spec->size;
    key->mac_size = rsm_key_spec_mac_size(spec);
    key->origin = spec->origin;
    memcpy(key->name, spec->name, RSM_KEY_NAME);
    memcpy(key->secret->cipher_key, spec->cipher_key, spec->size);
    memcpy(key->secret->mac_key, spec->mac_key, key->mac_size);
    if (spec->seed) {
        memcpy(key->secret->seed, spec->seed, RSM_KEY_SEED);
        key->has_seed = true;
    }
    key->seal_from = spec->seal_from;
    key->seal_until = spec->seal_until;
    key->open_until = spec->open_until;
    resume_status status = derive_root(key->secret, key->size, key->mac_size);
    if (status != RESUME_OK) {
        key_free(key);
        return status;
    }
    key->serial = rsm_serial_next();
    *ret_key = key;
    return RESUME_OK;
}

resume_status rsm_key_with_times(const resume_key *key, uint64_t seal_from, uint64_t seal_until,
                                 uint64_t open_until, resume_key **ret_key) {
    struct rsm_key_spec spec = {
        .name = key->name,
        .cipher_key = key->secret->cipher_key,
        .mac_key = key->secret->mac_key,
        .seed = key->has_seed ? key->secret->seed : NULL,
        .size = key->size,
        .mac_size = key->mac_size,
        .seal_from = seal_from,
        .seal_until = seal_until,
        .open_until = open_until,
        .origin = key->origin,
    };
    resume_status status = rsm_key_new(&spec, ret_key);
    if (status == RESUME_OK) {
        rsm_key_add_seals(*ret_key, resume_key_seals(key));
    }
    return status;
}

bool rsm_key_is(const resume_key *key, const struct rsm_key_spec *spec) {
    return key->size == spec->size && key->mac_size == rsm_key_spec_mac_size(spec) &&
           memcmp(key->name, spec->name, RSM_KEY_NAME) == 0 &&
           rsm_equal_ct(key->secret->cipher_key, spec->cipher_key, spec->size) &&
           rsm_equal_ct(key->secret->mac_key, spec->mac_key, key->mac_size);
}

bool rsm_key_shares_secret(const resume_key *key, const struct rsm_key_spec *spec) {
    bool cipher = key->size == spec->size &&
                  rsm_equal_ct(key->secret->cipher_key, spec->cipher_key, spec->size);
    bool mac = key->mac_size == rsm_key_spec_mac_size(spec) &&
               rsm_equal_ct(key->secret->mac_key, spec->mac_key, key->mac_size);
    return cipher || mac;
}

bool rsm_key_seals_at(const resume_key *key, uint64_t now_ms) {
    return key->seal_from <= now_ms && now_ms < key->seal_until;
}

void rsm_key_add_seals(resume_key *key, uint64_t count) {
    atomic_fetch_add_explicit(&key->seals, count, memory_order_relaxed);
}

RSM_HOT resume_key *resume_key_ref(resume_key *key) {
    if (key) {
        rsm_ref_get(&key->ref);
    }
    return key;
}

RSM_HOT resume_key *resume_key_unref(resume_key *key) {
    if (key && rsm_ref_put(&key->ref)) {
        key_free(key);
    }
    return NULL;
}

const uint8_t *resume_key_name(const resume_key *key) {
    return key ? key->name : NULL;
}

static const uint8_t *secret_of(const uint8_t *bytes, size_t len, size_t *ret_len) {
    if (ret_len) {
        *ret_len = len;
    }
    return bytes;
}

static const uint8_t *no_secret(size_t *ret_len) {
    if (ret_len) {
        *ret_len = 0;
    }
    return NULL;
}

RSM_HOT const uint8_t *resume_key_cipher_key(const resume_key *key, size_t *ret_len) {
    return key ? secret_of(key->secret->cipher_key, key->size, ret_len) : no_secret(ret_len);
}

RSM_HOT const uint8_t *resume_key_mac_key(const resume_key *key, size_t *ret_len) {
    return key ? secret_of(key->secret->mac_key, key->mac_size, ret_len) : no_secret(ret_len);
}

RSM_HOT uint64_t resume_key_seal_from(const resume_key *key) {
    return key ? key->seal_from : 0;
}

uint64_t resume_key_seal_until(const resume_key *key) {
    return key ? key->seal_until : 0;
}

RSM_HOT uint64_t resume_key_open_until(const resume_key *key) {
    return key ? key->open_until : 0;
}

RSM_HOT uint64_t resume_key_seals(const resume_key *key) {
    return key ? (uint64_t)atomic_load_explicit(&key->seals, memory_order_relaxed) : 0;
}

void resume_key_count_seal(resume_key *key) {
    if (key) {
        rsm_key_add_seals(key, 1);
    }
}

resume_status resume_key_set_extra(resume_key *key, void *extra, resume_key_extra_free_fn destroy) {
    if (!key || !extra || !destroy) {
        return RESUME_E_INVALID;
    }
    struct rsm_key_extra *mine = rsm_malloc(sizeof *mine);
    if (!mine) {
        return RESUME_E_NOMEM;
    }
    *mine = (struct rsm_key_extra){extra, destroy};
    struct rsm_key_extra *none = NULL;
    if (!atomic_compare_exchange_strong_explicit(&key->extra, &none, mine, memory_order_acq_rel,
                                                 memory_order_acquire)) {
        rsm_free(mine);
        return RESUME_EXISTS;
    }
    return RESUME_OK;
}

RSM_HOT void *resume_key_extra(const resume_key *key, resume_key_extra_free_fn destroy) {
    const struct rsm_key_extra *extra =
        key ? atomic_load_explicit(&key->extra, memory_order_acquire) : NULL;
    return extra && extra->destroy == destroy ? extra->data : NULL;
}

uint64_t resume_key_serial(const resume_key *key) {
    return key ? key->serial : 0;
}
