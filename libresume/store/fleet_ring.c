/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a fleet's ring and its rotation. See fleet_ring.h.
 */
#include "store/fleet_ring.h"

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

#define DAY_MS UINT64_C(86400000)

static const uint8_t magic[5] = {'r', 's', 'm', 'k', 1};

resume_status rsm_fleet_root(const uint8_t *secret, size_t secret_len, uint8_t *root) {
    static const char info[] = "libresume fleet ring";
    return rsm_hkdf_sha256(secret, secret_len, NULL, 0, (const uint8_t *)info, sizeof info - 1,
                           root, RSM_XAES_KEY);
}

/* ---- rotation ----------------------------------------------------------------------------------
 */

static void drop(struct rsm_fleet_ring *ring, size_t index) {
    ring->count--;
    for (size_t i = index; i < ring->count; i++) {
        ring->keys[i] = ring->keys[i + 1];
    }
    rsm_wipe(&ring->keys[ring->count], sizeof ring->keys[0]);
}

static resume_status append(struct rsm_fleet_ring *ring, const struct rsm_fleet_plan *plan,
                            uint64_t from) {
    if (ring->count == RSM_FLEET_KEYS) {
        drop(ring, 0);
    }
    struct rsm_fleet_key *key = &ring->keys[ring->count];
    resume_status status = rsm_random(key->bytes, sizeof key->bytes);
    if (status == RESUME_OK && rsm_is_zero_ct(key->bytes, sizeof key->bytes)) {
        status = RESUME_E_CRYPTO;
    }
    key->seal_from = from;
    key->seal_until = rsm_add_sat(from, plan->seal_ms);
    key->open_until = rsm_add_sat(key->seal_until, plan->open_ms);
    ring->count += status == RESUME_OK;
    return status;
}

void rsm_fleet_ring_expire(struct rsm_fleet_ring *ring, uint64_t now_ms) {
    for (size_t i = ring->count; i-- > 0;) {
        if (ring->keys[i].open_until <= now_ms) {
            drop(ring, i);
        }
    }
}

static uint64_t newest_from(const struct rsm_fleet_ring *ring) {
    return ring->count ? ring->keys[ring->count - 1].seal_from : 0;
}

/* One key to come is enough, unless keys follow each other faster than hosts can look: then all of
 * the coming lead. Made a while before that is over, so that a late host leaves no gap. */
static uint64_t horizon(const struct rsm_fleet_plan *plan, uint64_t now_ms) {
    return plan->lead_ms > plan->seal_ms / 2 ? rsm_add_sat(now_ms, plan->lead_ms) : now_ms;
}

resume_status rsm_fleet_ring_turn(struct rsm_fleet_ring *ring, const struct rsm_fleet_plan *plan,
                                  uint64_t now_ms) {
    uint64_t end = horizon(plan, now_ms);
    if (ring->count && newest_from(ring) > end) {
        return RESUME_MISS;
    }
    resume_status status = RESUME_OK;
    uint64_t soonest = rsm_add_sat(now_ms, plan->lead_ms);
    uint64_t from = ring->count ? ring->keys[ring->count - 1].seal_until : 0;
    rsm_fleet_ring_expire(ring, now_ms);
    do {
        from = from > soonest ? from : soonest;
        status = append(ring, plan, from);
        from = rsm_add_sat(from, plan->seal_ms);
    } while (status == RESUME_OK && newest_from(ring) <= end);
    ring->generation++;
    return status;
}

/* ---- the record --------------------------------------------------------------------------------
 */

static size_t associated(const uint8_t *record, const char *name, uint8_t *aad) {
    size_t name_len = strnlen(name, RSM_FLEET_NAME_MAX);
    memcpy(aad, record, RSM_FLEET_HEAD);
    memcpy(aad + RSM_FLEET_HEAD, name, name_len);
    return RSM_FLEET_HEAD + name_len;
}

static size_t write_plain(const struct rsm_fleet_ring *ring, uint8_t *plain) {
    uint8_t *at = plain;
    *at++ = (uint8_t)ring->count;
    for (size_t i = 0; i < ring->count; i++) {
        memcpy(at, ring->keys[i].bytes, RSM_FLEET_KEY);
        rsm_put64(at + RSM_FLEET_KEY, ring->keys[i].seal_from);
        rsm_put64(at + RSM_FLEET_KEY + 8, ring->keys[i].seal_until);
        rsm_put64(at + RSM_FLEET_KEY + 16, ring->keys[i].open_until);
        at += RSM_FLEET_KEY + 24;
    }
    return (size_t)(at - plain);
}

resume_status rsm_fleet_ring_seal(const struct rsm_fleet_ring *ring, const uint8_t *root,
                                  const char *name, uint8_t *record, size_t *ret_len) {
    uint8_t aad[RSM_FLEET_HEAD + RSM_FLEET_NAME_MAX];
    struct rsm_xaes *xaes = NULL;
    uint8_t *plain = rsm_secret_alloc(RSM_FLEET_PLAIN);
    resume_status status = plain ? rsm_xaes_new(root, &xaes) : RESUME_E_NOMEM;
    if (status == RESUME_OK) {
        uint8_t *nonce = record + RSM_FLEET_HEAD;
        uint8_t *cipher = nonce + RSM_XAES_NONCE;
        memcpy(record, magic, sizeof magic);
        rsm_put64(record + sizeof magic, ring->generation);
        size_t aad_len = associated(record, name, aad);
        size_t len = write_plain(ring, plain);
        status = rsm_xaes_seal(xaes, aad, aad_len, plain, len, nonce, cipher, cipher + len);
        *ret_len = RSM_FLEET_HEAD + RSM_XAES_NONCE + len + RSM_XAES_TAG;
    }
    rsm_xaes_free(xaes);
    rsm_secret_free(plain);
    return status;
}

/* Whoever has the secret wrote it, but maybe not this version of the library (I-157). */
static bool is_good(const struct rsm_fleet_key *key, uint64_t after) {
    return key->seal_from >= after && key->seal_from <= key->seal_until &&
           key->seal_until <= key->open_until && key->seal_until - key->seal_from <= DAY_MS &&
           key->open_until - key->seal_until <= 7 * DAY_MS;
}

static resume_status read_plain(const uint8_t *plain, size_t len, struct rsm_fleet_ring *ring) {
    struct rsm_reader reader = rsm_reader_of(plain, len);
    uint64_t after = 0;
    ring->count = rsm_take8(&reader);
    if (ring->count > RSM_FLEET_KEYS) {
        return RESUME_MALFORMED;
    }
    for (size_t i = 0; i < ring->count; i++) {
        struct rsm_fleet_key *key = &ring->keys[i];
        const uint8_t *bytes = rsm_take(&reader, RSM_FLEET_KEY);
        key->seal_from = rsm_take64(&reader);
        key->seal_until = rsm_take64(&reader);
        key->open_until = rsm_take64(&reader);
        if (!bytes || !is_good(key, after)) {
            return RESUME_MALFORMED;
        }
        memcpy(key->bytes, bytes, RSM_FLEET_KEY);
        after = key->seal_from;
    }
    return reader.bad || reader.left ? RESUME_MALFORMED : RESUME_OK;
}

resume_status rsm_fleet_ring_open(const uint8_t *record, size_t record_len, const uint8_t *root,
                                  const char *name, struct rsm_fleet_ring *ret_ring) {
    const size_t around = RSM_FLEET_HEAD + RSM_XAES_NONCE + RSM_XAES_TAG;
    uint8_t aad[RSM_FLEET_HEAD + RSM_FLEET_NAME_MAX];
    struct rsm_xaes *xaes = NULL;
    if (record_len < around + 1 || record_len > RSM_FLEET_RECORD ||
        memcmp(record, magic, sizeof magic - 1) != 0) {
        return RESUME_MALFORMED;
    }
    if (record[sizeof magic - 1] != magic[sizeof magic - 1]) {
        return RESUME_UNSUPPORTED;
    }
    uint8_t *plain = rsm_secret_alloc(RSM_FLEET_PLAIN);
    resume_status status = plain ? rsm_xaes_new(root, &xaes) : RESUME_E_NOMEM;
    if (status == RESUME_OK) {
        const uint8_t *nonce = record + RSM_FLEET_HEAD;
        const uint8_t *cipher = nonce + RSM_XAES_NONCE;
        size_t len = record_len - around;
        size_t aad_len = associated(record, name, aad);
        status = rsm_xaes_open(xaes, nonce, aad, aad_len, cipher, len, cipher + len, plain);
        if (status == RESUME_OK) {
            ret_ring->generation = rsm_get64(record + sizeof magic);
            status = read_plain(plain, len, ret_ring);
        }
    }
    rsm_xaes_free(xaes);
    rsm_secret_free(plain);
    return status;
}
