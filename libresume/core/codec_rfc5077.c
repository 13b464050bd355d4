/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of RFC 5077 section 4 as OpenSSL, nginx and others have it, without the length of the
 * ciphertext: AES-CBC, then HMAC-SHA256 over all before it. AES-128 for keys of 48 bytes, AES-256
 * for 80.
 */
#include "core/codec.h"

#include "crypto/cbc_hmac.h"

static resume_status context_make(const resume_key *key, void **ret_context) {
    struct rsm_cbc_hmac *context = NULL;
    resume_status status = rsm_cbc_hmac_new(key->secret->cipher_key, key->size,
                                            key->secret->mac_key, key->size, &context);
    if (status == RESUME_OK) {
        *ret_context = context;
    }
    return status;
}

static void context_drop(void *context) {
    rsm_cbc_hmac_free(context);
}

const struct rsm_codec_context rsm_codec_cbc_hmac = {context_make, context_drop};

static resume_status seal(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *plain, size_t plain_len, uint8_t *out,
                          struct rsm_codec_warm **ret_warm) {
    (void)codec;
    resume_status status =
        rsm_codec_warm(thread, RSM_WARM_CBC_HMAC, key, &rsm_codec_cbc_hmac, ret_warm);
    if (status != RESUME_OK) {
        return status;
    }
    return rsm_cbc_hmac_seal((*ret_warm)->context, key->name, plain, plain_len, out);
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
    return rsm_cbc_hmac_open(warm->context, data, data_len, plain, ret_len);
}

const struct rsm_codec_frame rsm_codec_rfc5077 = {
    .head = RSM_CBC_HEAD,
    .payload = RESUME_PAYLOAD_OPENSSL,
    .size = rsm_frame_size_rfc5077,
    .parse = rsm_frame_parse_rfc5077,
    .seal = seal,
    .open = open_ticket,
};
