/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The times of keys out of files. See key_loaded.h.
 */
#include "core/key_loaded.h"

#include "base/bytes.h"

static uint64_t from_seconds(uint64_t seconds) {
    return seconds >= RSM_KEYFILE_NO_END ? UINT64_MAX : seconds * 1000;
}

void rsm_key_loaded(const struct rsm_keyfile_key *key, enum rsm_keyfile_role role,
                    const struct rsm_key_times *times, struct rsm_key_spec *ret_spec) {
    struct rsm_key_spec spec = {.name = key->name,
                                .cipher_key = key->cipher_key,
                                .mac_key = key->mac_key,
                                .seed = key->has_seed ? key->seed : NULL,
                                .size = key->cipher_len,
                                .mac_size = key->mac_len,
                                .origin = RSM_KEY_ADDED};
    switch (role) {
    case RSM_KEYFILE_TIMED:
        spec.seal_from = from_seconds(key->not_before_s);
        spec.seal_until = spec.open_until = from_seconds(key->not_after_s);
        break;
    case RSM_KEYFILE_SEALS:
        spec.seal_from = times->from_ms;
        spec.seal_until = times->seal_until;
        spec.open_until = times->open_until;
        break;
    case RSM_KEYFILE_OPENS:
        spec.seal_from = spec.seal_until = rsm_sub_sat(times->from_ms, key->age * 1000);
        spec.open_until = times->open_until;
        break;
    case RSM_KEYFILE_NEXT:
        spec.seal_from = spec.seal_until = spec.open_until = times->open_until;
        break;
    }
    *ret_spec = spec;
}
