/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of a codec, and which of them go together.
 */
#include "core/codec.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

resume_status resume_codec_options_new(resume_codec_options **ret_options) {
    if (!ret_options) {
        return RESUME_E_INVALID;
    }
    resume_codec_options *options = rsm_calloc(1, sizeof *options);
    if (!options) {
        return RESUME_E_NOMEM;
    }
    options->frame = RESUME_FRAME_RFC5077;
    *ret_options = options;
    return RESUME_OK;
}

resume_codec_options *resume_codec_options_unref(resume_codec_options *options) {
    rsm_free(options);
    return NULL;
}

static resume_status refuse(resume_codec_options *options, const char *why) {
    snprintf(options->why, sizeof options->why, "%s", why);
    return RESUME_E_INVALID;
}

resume_status resume_codec_options_set_frame(resume_codec_options *options, resume_frame frame) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    if (frame < RESUME_FRAME_RFC5077 || frame > RESUME_FRAME_RFC5077_STRUCT) {
        return refuse(options, "unknown frame; known: RESUME_FRAME_RFC5077, RESUME_FRAME_AEAD, "
                               "RESUME_FRAME_RFC5077_STRUCT");
    }
    options->frame = frame;
    options->why[0] = '\0';
    return RESUME_OK;
}

resume_status resume_codec_options_set_payload(resume_codec_options *options,
                                               resume_payload payload) {
    if (!options) {
        return RESUME_E_INVALID;
    }
    if (payload < RESUME_PAYLOAD_NATIVE || payload > RESUME_PAYLOAD_STATE_PLAINTEXT) {
        return refuse(options, "unknown payload; known: RESUME_PAYLOAD_NATIVE, "
                               "RESUME_PAYLOAD_OPENSSL, RESUME_PAYLOAD_STATE_PLAINTEXT");
    }
    options->payload = payload;
    options->why[0] = '\0';
    return RESUME_OK;
}

resume_status resume_codec_options_set_context(resume_codec_options *options, const uint8_t *data,
                                               size_t data_len) {
    if (!options || (!data && data_len)) {
        return RESUME_E_INVALID;
    }
    if (data_len > sizeof options->context) {
        return refuse(options, "a context has at most 255 bytes");
    }
    if (data_len) {
        memcpy(options->context, data, data_len);
    }
    options->context_len = data_len;
    options->why[0] = '\0';
    return RESUME_OK;
}

const char *resume_codec_options_why(const resume_codec_options *options) {
    return options ? options->why : "";
}

resume_status rsm_codec_options_check(resume_codec_options *options) {
    if (options->context_len && options->frame != RESUME_FRAME_AEAD) {
        return refuse(options, "the RFC 5077 frames cannot authenticate a context; take "
                               "RESUME_FRAME_AEAD or leave the context away");
    }
    options->why[0] = '\0';
    return RESUME_OK;
}
