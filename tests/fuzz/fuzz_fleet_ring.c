/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a fleet's ring: any bytes as the record, which never opens, and the same bytes as
 * what was sealed under the right secret, which may (I-157). What opens can be rotated, sealed and
 * opened again.
 */
#include "store/fleet_ring.h"

#include <stdlib.h>
#include <string.h>

#define NOW UINT64_C(1700000000000)

static const uint8_t root[RSM_XAES_KEY] = {7, 1, 9};

static void check(bool holds) {
    if (!holds) {
        abort();
    }
}

static size_t sealed(const uint8_t *data, size_t size, uint8_t *record) {
    uint8_t aad[RSM_FLEET_HEAD + 1];
    struct rsm_xaes *xaes = NULL;
    memcpy(record, "rsmk\1\0\0\0\0\0\0\0\3", RSM_FLEET_HEAD);
    memcpy(aad, record, RSM_FLEET_HEAD);
    aad[RSM_FLEET_HEAD] = 'f';
    uint8_t *nonce = record + RSM_FLEET_HEAD;
    uint8_t *cipher = nonce + RSM_XAES_NONCE;
    check(rsm_xaes_new(root, &xaes) == RESUME_OK);
    check(rsm_xaes_seal(xaes, aad, sizeof aad, data, size, nonce, cipher, cipher + size) ==
          RESUME_OK);
    rsm_xaes_free(xaes);
    return RSM_FLEET_HEAD + RSM_XAES_NONCE + size + RSM_XAES_TAG;
}

static void use(struct rsm_fleet_ring *ring) {
    static const struct rsm_fleet_plan plan = {.seal_ms = 1000, .open_ms = 9000, .lead_ms = 700};
    static struct rsm_fleet_ring back;
    uint8_t record[RSM_FLEET_RECORD];
    size_t len = 0;
    check(ring->generation == 3 && ring->count <= RSM_FLEET_KEYS);
    for (size_t i = 0; i < ring->count; i++) {
        check(i == 0 || ring->keys[i - 1].seal_from <= ring->keys[i].seal_from);
        check(ring->keys[i].seal_from <= ring->keys[i].seal_until);
        check(ring->keys[i].seal_until <= ring->keys[i].open_until);
    }
    resume_status status = rsm_fleet_ring_turn(ring, &plan, NOW);
    check(status == RESUME_OK || status == RESUME_MISS);
    check(ring->count >= 1 && ring->count <= RSM_FLEET_KEYS);
    check(ring->keys[ring->count - 1].seal_from > NOW);
    check(rsm_fleet_ring_seal(ring, root, "f", record, &len) == RESUME_OK);
    check(rsm_fleet_ring_open(record, len, root, "f", &back) == RESUME_OK);
    check(memcmp(ring->keys, back.keys, ring->count * sizeof ring->keys[0]) == 0);
    check(ring->count == back.count && ring->generation == back.generation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct rsm_fleet_ring ring;
    uint8_t record[RSM_FLEET_RECORD];
    memset(&ring, 0, sizeof ring);
    check(rsm_fleet_ring_open(data, size, root, "f", &ring) > RESUME_OK);
    if (size == 0 || size > RSM_FLEET_PLAIN) {
        return 0;
    }
    memset(&ring, 0, sizeof ring);
    size_t len = sealed(data, size, record);
    resume_status status = rsm_fleet_ring_open(record, len, root, "f", &ring);
    check(status == RESUME_OK || status == RESUME_MALFORMED);
    if (status == RESUME_OK) {
        use(&ring);
    }
    return 0;
}
