/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ticket of RFC 5077 section 4 to the letter: encrypted_state is a vector, and so its length
 * stands before it, under the MAC (I-153). Key sizes and contexts are those of codec_rfc5077.c.
 */
#include "core/codec.h"

#include "crypto/cbc_hmac.h"

static resume_status seal(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *plain, size_t plain_len, uint8_t *out,
                          struct rsm_codec_warm **ret_warm) {
    (void)codec;
    resume_status status =
        rsm_codec_warm(thread, RSM_WARM_CBC_HMAC, key, &rsm_codec_cbc_hmac, ret_warm);
    if (status != RESUME_OK) {
        return status;
    }
    return rsm_cbc_hmac_seal_struct((*ret_warm)->context, key->name, plain, plain_len, out);
}

static resume_status open_ticket(const resume_codec *codec, struct rsm_thread *thread,
                                 resume_key *key, const uint8_t *data, size_t data_len,
                                 const struct rsm_frame *frame, uint8_t *plain, size_t *ret_len) {
    (void)codec;
    (void)frame;
    struct rsm_codec_warm *warm = NULL;
    resume_status status =
        rsm_codec_warm(thread, RSM_WARM_CBC_HMAC, key, &rsm_codec_cbc_hmac, &warm);
    if (status != RESUME_OK) {
        return status;
    }
    return rsm_cbc_hmac_open_struct(warm->context, data, data_len, plain, ret_len);
}

const struct rsm_codec_frame rsm_codec_rfc5077_struct = {
    .head = RSM_CBC_STRUCT_HEAD,
    .payload = RESUME_PAYLOAD_STATE_PLAINTEXT,
    .size = rsm_frame_size_rfc5077_struct,
    .parse = rsm_frame_parse_rfc5077_struct,
    .seal = seal,
    .open = open_ticket,
};
