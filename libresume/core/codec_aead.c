/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The AEAD frame: XAES-256-GCM (C2SP) under a root key that is derived from both secrets of the
 * ticket key; key name, version and context are its associated data (I-68, I-153).
 */
#include "core/codec.h"

#include "crypto/xaes.h"

#include <string.h>

static resume_status context_make(const resume_key *key, void **ret_context) {
    struct rsm_xaes *context = NULL;
    resume_status status = rsm_xaes_new(key->secret->root, &context);
    if (status == RESUME_OK) {
        *ret_context = context;
    }
    return status;
}

static void context_drop(void *context) {
    rsm_xaes_free(context);
}

static const struct rsm_codec_context context = {context_make, context_drop};

static resume_status seal(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *plain, size_t plain_len, uint8_t *out,
                          struct rsm_codec_warm **ret_warm) {
    resume_status status = rsm_codec_warm(thread, RSM_WARM_XAES, key, &context, ret_warm);
    if (status != RESUME_OK) {
        return status;
    }
    uint8_t aad[RSM_FRAME_AAD_MAX];
    size_t aad_len = rsm_frame_aad(key->name, codec->context, codec->context_len, aad);
    uint8_t *body = out + RSM_FRAME_AEAD_HEAD;
    status = rsm_xaes_seal((*ret_warm)->context, aad, aad_len, plain, plain_len,
                           out + RSM_FRAME_NAME + 1, body, body + plain_len);
    memcpy(out, key->name, RSM_FRAME_NAME);
    out[RSM_FRAME_NAME] = RSM_FRAME_AEAD_VERSION;
    return status;
}

static resume_status open_ticket(const resume_codec *codec, struct rsm_thread *thread,
                                 resume_key *key, const uint8_t *data, size_t data_len,
                                 const struct rsm_frame *frame, uint8_t *plain, size_t *ret_len) {
    (void)data;
    (void)data_len;
    struct rsm_codec_warm *warm = NULL;
    resume_status status = rsm_codec_warm(thread, RSM_WARM_XAES, key, &context, &warm);
    if (status != RESUME_OK) {
        return status;
    }
    uint8_t aad[RSM_FRAME_AAD_MAX];
    size_t aad_len = rsm_frame_aad(frame->name, codec->context, codec->context_len, aad);
    status = rsm_xaes_open(warm->context, frame->nonce, aad, aad_len, frame->body, frame->body_len,
                           frame->tag, plain);
    if (status == RESUME_OK) {
        *ret_len = frame->body_len;
    }
    return status;
}

const struct rsm_codec_frame rsm_codec_aead = {
    .head = RSM_FRAME_AEAD_HEAD,
    .payload = RESUME_PAYLOAD_NATIVE,
    .size = rsm_frame_size_aead,
    .parse = rsm_frame_parse_aead,
    .seal = seal,
    .open = open_ticket,
};
