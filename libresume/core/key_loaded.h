/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a key of a key file to a key of a ring: when it seals, by its role in the file. Not the
 * judgement of the key, and not the file (wire/keyfile.h).
 */
#ifndef RSM_CORE_KEY_LOADED_H
#define RSM_CORE_KEY_LOADED_H

#include "core/key.h"
#include "wire/keyfile.h"

/* Of the key that seals. */
struct rsm_key_times {
    uint64_t from_ms;
    uint64_t seal_until;
    uint64_t open_until;
};

/* Fills the spec, which borrows from the key. A key that only opens begins one second earlier for
 * each that is newer, so that whole seconds keep the order; the next key begins when its time ends,
 * which puts it before all others and lets it never seal. `role` may be another than the key's. */
void rsm_key_loaded(const struct rsm_keyfile_key *key, enum rsm_keyfile_role role,
                    const struct rsm_key_times *times, struct rsm_key_spec *ret_spec);

#endif
