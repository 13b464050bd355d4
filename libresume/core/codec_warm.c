/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread's warm contexts for a key: cipher schedules made once, and the seals that the thread has
 * not reported yet. Kept in the thread's cache, where a retiring ring finds and purges them.
 */
#include "core/codec.h"

#include "base/alloc.h"

static void warm_free(struct rsm_warm *base) {
    struct rsm_codec_warm *warm = (struct rsm_codec_warm *)base;
    if (warm->unreported) {
        rsm_key_add_seals(warm->key, warm->unreported);
    }
    warm->make->drop(warm->context);
    rsm_free(warm);
}

static resume_status warm_new(uint32_t kind, resume_key *key,
                              const struct rsm_codec_context *context,
                              struct rsm_codec_warm **ret_warm) {
    struct rsm_codec_warm *warm = rsm_calloc(1, sizeof *warm);
    if (!warm) {
        return RESUME_E_NOMEM;
    }
    resume_status status = context->make(key, &warm->context);
    if (status != RESUME_OK) {
        rsm_free(warm);
        return status;
    }
    warm->warm.kind = kind;
    warm->warm.serial = key->serial;
    warm->warm.destroy = warm_free;
    warm->key = key;
    warm->make = context;
    *ret_warm = warm;
    return RESUME_OK;
}

resume_status rsm_codec_warm(struct rsm_thread *thread, uint32_t kind, resume_key *key,
                             const struct rsm_codec_context *context,
                             struct rsm_codec_warm **ret_warm) {
    struct rsm_codec_warm *warm =
        (struct rsm_codec_warm *)rsm_thread_find(thread, kind, key->serial);
    resume_status status = RESUME_OK;
    if (!warm) {
        status = warm_new(kind, key, context, &warm);
        if (status == RESUME_OK) {
            rsm_thread_keep(thread, &warm->warm);
        }
    }
    if (status == RESUME_OK) {
        *ret_warm = warm;
    }
    return status;
}

void rsm_codec_count(struct rsm_codec_warm *warm, uint64_t max_seals) {
    bool exact = max_seals != 0 && max_seals < RSM_SEAL_EXACT;
    if (exact || ++warm->unreported == RSM_SEAL_BATCH) {
        rsm_key_add_seals(warm->key, exact ? 1 : RSM_SEAL_BATCH);
        warm->unreported = 0;
    }
}
