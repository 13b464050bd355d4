/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of this library that keep their records elsewhere are backends under custom.c's envelope
 * too, so that the rules for what leaves the process stand in one place. This is what they may say
 * beyond struct resume_backend.
 */
#ifndef RSM_STORE_CUSTOM_H
#define RSM_STORE_CUSTOM_H

#include "core/store.h"

struct rsm_custom_extras {
    uint64_t (*number)(const void *arg, int32_t which); /* see rsm_store_ops; NULL: none */
    bool drops_expired; /* what it calls expired is gone and counted */
    bool takes_whole;   /* a take cannot leave what does not fit: it gets the largest buffer */
};

/* resume_store_from_backend() with them. extras is kept, options is read. why has RSM_WHY_SIZE. */
resume_status rsm_custom_new(const struct resume_backend *backend,
                             const struct rsm_custom_extras *extras,
                             const resume_store_options *options, char *why,
                             resume_store **ret_store);

#endif
