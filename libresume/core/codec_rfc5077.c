/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two frames of RFC 5077 section 4: as OpenSSL, nginx and others have it, without the length of
 * the ciphertext; and to the letter, where encrypted_state is a vector and so its length stands
 * before it, under the MAC (I-153). AES-CBC, then HMAC-SHA256 over all before it. AES-128 for keys
 * of 48 bytes, AES-256 for 80. A key's contexts serve both.
 */
#include "core/codec.h"

#include "crypto/cbc_hmac.h"

static resume_status context_make(const resume_key *key, void **ret_context) {
    struct rsm_cbc_hmac *context = NULL;
    resume_status status = rsm_cbc_hmac_new(key->secret->cipher_key, key->size,
                                            key->secret->mac_key, key->mac_size, &context);
    if (status == RESUME_OK) {
        *ret_context = context;
    }
    return status;
}

static void context_drop(void *context) {
    rsm_cbc_hmac_free(context);
}

static const struct rsm_codec_context cbc_hmac = {context_make, context_drop};

typedef resume_status seal_fn(struct rsm_cbc_hmac *context, const uint8_t *name,
                              const uint8_t *plain, size_t plain_len, uint8_t *out);
typedef resume_status open_fn(struct rsm_cbc_hmac *context, const uint8_t *data, size_t data_len,
                              uint8_t *plain, size_t *ret_len);

/* Inline, so that each frame calls its own function directly. */
static inline resume_status seal_by(seal_fn *how, struct rsm_thread *thread, resume_key *key,
                                    const uint8_t *plain, size_t plain_len, uint8_t *out,
                                    struct rsm_codec_warm **ret_warm) {
    resume_status status = rsm_codec_warm(thread, RSM_WARM_CBC_HMAC, key, &cbc_hmac, ret_warm);
    return status ? status : how((*ret_warm)->context, key->name, plain, plain_len, out);
}

static inline resume_status open_by(open_fn *how, struct rsm_thread *thread, resume_key *key,
                                    const uint8_t *data, size_t data_len, uint8_t *plain,
                                    size_t *ret_len) {
    struct rsm_codec_warm *warm = NULL;
    resume_status status = rsm_codec_warm(thread, RSM_WARM_CBC_HMAC, key, &cbc_hmac, &warm);
    return status ? status : how(warm->context, data, data_len, plain, ret_len);
}

static resume_status seal(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *plain, size_t plain_len, uint8_t *out,
                          struct rsm_codec_warm **ret_warm) {
    (void)codec;
    return seal_by(rsm_cbc_hmac_seal, thread, key, plain, plain_len, out, ret_warm);
}

static resume_status open_ticket(const resume_codec *codec, struct rsm_thread *thread,
                                 resume_key *key, const uint8_t *data, size_t data_len,
                                 const struct rsm_frame *frame, uint8_t *plain, size_t *ret_len) {
    (void)codec;
    (void)frame;
    return open_by(rsm_cbc_hmac_open, thread, key, data, data_len, plain, ret_len);
}

static resume_status seal_struct(const resume_codec *codec, struct rsm_thread *thread,
                                 resume_key *key, const uint8_t *plain, size_t plain_len,
                                 uint8_t *out, struct rsm_codec_warm **ret_warm) {
    (void)codec;
    return seal_by(rsm_cbc_hmac_seal_struct, thread, key, plain, plain_len, out, ret_warm);
}

static resume_status open_struct(const resume_codec *codec, struct rsm_thread *thread,
                                 resume_key *key, const uint8_t *data, size_t data_len,
                                 const struct rsm_frame *frame, uint8_t *plain, size_t *ret_len) {
    (void)codec;
    (void)frame;
    return open_by(rsm_cbc_hmac_open_struct, thread, key, data, data_len, plain, ret_len);
}

const struct rsm_codec_frame rsm_codec_rfc5077 = {
    .head = RSM_CBC_HEAD,
    .payload = RESUME_PAYLOAD_OPENSSL,
    .size = rsm_frame_size_rfc5077,
    .parse = rsm_frame_parse_rfc5077,
    .seal = seal,
    .open = open_ticket,
};

const struct rsm_codec_frame rsm_codec_rfc5077_struct = {
    .head = RSM_CBC_STRUCT_HEAD,
    .payload = RESUME_PAYLOAD_STATE_PLAINTEXT,
    .size = rsm_frame_size_rfc5077_struct,
    .parse = rsm_frame_parse_rfc5077_struct,
    .seal = seal_struct,
    .open = open_struct,
};
