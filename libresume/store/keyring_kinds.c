/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sources of keyrings that have a URL. Up here because some of them talk as stores do. A new
 * one is a file with a const table and a line here.
 */
#include "core/keyring_source.h"

const struct rsm_keyring_source *const rsm_keyring_sources[] = {
    &rsm_keyring_random,
    &rsm_keyring_file,
    &rsm_keyring_derive,
    NULL,
};
