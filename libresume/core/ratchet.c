/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of seeds of a `random:` ring. See ratchet.h.
 */
#include "core/ratchet.h"

#include "base/bytes.h"
#include "crypto/hkdf.h"
#include "crypto/random.h"

resume_status rsm_ratchet_init(struct rsm_ratchet *ratchet) {
    resume_status status = rsm_random(ratchet->seed, sizeof ratchet->seed);
    if (status == RESUME_OK && rsm_is_zero_ct(ratchet->seed, sizeof ratchet->seed)) {
        status = RESUME_E_CRYPTO; /* a source that answers but gives nothing (CVE-2020-13777) */
    }
    rsm_ratchet_forget(ratchet);
    return status;
}

void rsm_ratchet_forget(struct rsm_ratchet *ratchet) {
    rsm_wipe(ratchet->key, sizeof ratchet->key);
}

static resume_status expand(const struct rsm_ratchet *ratchet, const char *info, uint8_t *out,
                            size_t out_len) {
    return rsm_hkdf_sha256(ratchet->seed, sizeof ratchet->seed, NULL, 0, (const uint8_t *)info,
                           strlen(info), out, out_len);
}

resume_status rsm_ratchet_step(struct rsm_ratchet *ratchet) {
    uint8_t next[sizeof ratchet->seed];
    resume_status status =
        expand(ratchet, "libresume random key", ratchet->key, sizeof ratchet->key);
    if (status == RESUME_OK) {
        status = expand(ratchet, "libresume random next", next, sizeof next);
    }
    if (status == RESUME_OK) {
        memcpy(ratchet->seed, next, sizeof next);
    }
    rsm_wipe(next, sizeof next);
    return status;
}
