/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ticket frames. See frame.h.
 */
#include "wire/frame.h"

#include "base/bytes.h"

#define BLOCK  16U
#define IV     16U
#define LENGTH 2U
#define MAC    32U

/* length_len: 0, or 2 for a length in front of the ciphertext. */
static resume_status parse_cbc(const uint8_t *data, size_t data_len, size_t length_len,
                               struct rsm_frame *ret_frame) {
    const size_t around = RSM_FRAME_NAME + IV + length_len + MAC;
    if (data_len < around + BLOCK || data_len > RSM_FRAME_MAX || (data_len - around) % BLOCK) {
        return RESUME_MALFORMED;
    }
    struct rsm_reader r = rsm_reader_of(data, data_len);
    struct rsm_frame frame;
    frame.name = rsm_take(&r, RSM_FRAME_NAME);
    frame.nonce = rsm_take(&r, IV);
    frame.body_len = data_len - around;
    if (length_len && rsm_take16(&r) != frame.body_len) {
        return RESUME_MALFORMED;
    }
    frame.body = rsm_take(&r, frame.body_len);
    frame.tag = rsm_take(&r, MAC);
    *ret_frame = frame;
    return RESUME_OK;
}

resume_status rsm_frame_parse_rfc5077(const uint8_t *data, size_t data_len,
                                      struct rsm_frame *ret_frame) {
    return parse_cbc(data, data_len, 0, ret_frame);
}

resume_status rsm_frame_parse_rfc5077_struct(const uint8_t *data, size_t data_len,
                                             struct rsm_frame *ret_frame) {
    return parse_cbc(data, data_len, LENGTH, ret_frame);
}

resume_status rsm_frame_parse_aead(const uint8_t *data, size_t data_len,
                                   struct rsm_frame *ret_frame) {
    const size_t around = RSM_FRAME_AEAD_HEAD + RSM_FRAME_AEAD_TAG;
    if (data_len <= around || data_len > RSM_FRAME_MAX) {
        return RESUME_MALFORMED;
    }
    struct rsm_reader r = rsm_reader_of(data, data_len);
    struct rsm_frame frame;
    frame.name = rsm_take(&r, RSM_FRAME_NAME);
    if (rsm_take8(&r) != RSM_FRAME_AEAD_VERSION) {
        return RESUME_UNSUPPORTED;
    }
    frame.nonce = rsm_take(&r, RSM_FRAME_AEAD_NONCE);
    frame.body_len = data_len - around;
    frame.body = rsm_take(&r, frame.body_len);
    frame.tag = rsm_take(&r, RSM_FRAME_AEAD_TAG);
    *ret_frame = frame;
    return RESUME_OK;
}

static size_t size_cbc(size_t plain_len, size_t around) {
    if (plain_len > SIZE_MAX - around - BLOCK) {
        return SIZE_MAX;
    }
    return around + (plain_len / BLOCK + 1) * BLOCK; /* the padding has at least one byte */
}

size_t rsm_frame_size_rfc5077(size_t plain_len) {
    return size_cbc(plain_len, RSM_FRAME_NAME + IV + MAC);
}

size_t rsm_frame_size_rfc5077_struct(size_t plain_len) {
    return size_cbc(plain_len, RSM_FRAME_NAME + IV + LENGTH + MAC);
}

size_t rsm_frame_size_aead(size_t plain_len) {
    const size_t around = RSM_FRAME_AEAD_HEAD + RSM_FRAME_AEAD_TAG;
    return plain_len > SIZE_MAX - around ? SIZE_MAX : plain_len + around;
}

size_t rsm_frame_aad(const uint8_t *name, const uint8_t *context, size_t context_len,
                     uint8_t *aad) {
    memcpy(aad, name, RSM_FRAME_NAME);
    aad[RSM_FRAME_NAME] = RSM_FRAME_AEAD_VERSION;
    if (context_len) {
        memcpy(aad + RSM_FRAME_NAME + 1, context, context_len);
    }
    return RSM_FRAME_NAME + 1 + context_len;
}
