/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing and opening: key, frame, payload, in this order, and the answers of each step. Nothing
 * here is allocated beside the session that comes out. See codec.h.
 */
#include "core/codec.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "core/keyring.h"
#include "core/session.h"

/* Payloads up to here are decrypted on the stack; longer ones (client certificates) on the heap. */
#define STACK_PLAIN 2048U

static const struct rsm_codec_frame *frame_of(resume_frame frame) {
    switch (frame) {
    case RESUME_FRAME_AEAD:
        return &rsm_codec_aead;
    case RESUME_FRAME_RFC5077_STRUCT:
        return &rsm_codec_rfc5077_struct;
    default:
        return &rsm_codec_rfc5077;
    }
}

resume_status resume_codec_new(resume_keyring *keyring, resume_codec_options *options,
                               resume_codec **ret_codec) {
    if (!keyring || !ret_codec) {
        return RESUME_E_INVALID;
    }
    resume_status status = options ? rsm_codec_options_check(options) : RESUME_OK;
    if (status != RESUME_OK) {
        return status;
    }
    resume_codec *codec = rsm_calloc(1, sizeof *codec);
    if (!codec) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&codec->ref);
    codec->keyring = resume_keyring_ref(keyring);
    codec->frame = frame_of(options ? options->frame : RESUME_FRAME_RFC5077);
    codec->payload = codec->frame->payload;
    if (options && options->payload != 0) {
        codec->payload = options->payload;
    }
    if (options) {
        codec->context_len = options->context_len;
        memcpy(codec->context, options->context, sizeof codec->context);
    }
    *ret_codec = codec;
    return RESUME_OK;
}

resume_codec *resume_codec_ref(resume_codec *codec) {
    if (codec) {
        rsm_ref_get(&codec->ref);
    }
    return codec;
}

resume_codec *resume_codec_unref(resume_codec *codec) {
    if (codec && rsm_ref_put(&codec->ref)) {
        resume_keyring_unref(codec->keyring);
        rsm_free(codec);
    }
    return NULL;
}

resume_keyring *resume_codec_keyring(const resume_codec *codec) {
    return codec ? codec->keyring : NULL;
}

size_t resume_codec_sealed_size(const resume_codec *codec, size_t data_len) {
    return codec ? codec->frame->size(data_len) : 0;
}

/* The buffer is large enough; plain may stand at its place inside it. */
static resume_status seal_plain(const resume_codec *codec, const uint8_t *plain, size_t plain_len,
                                uint64_t now_ms, uint8_t *buf) {
    struct rsm_keyring_use use;
    resume_key *key = NULL;
    resume_status status = rsm_keyring_enter_to_seal(codec->keyring, now_ms, &use, &key);
    if (status == RESUME_OK) {
        struct rsm_codec_warm *warm = NULL;
        status = codec->frame->seal(codec, use.thread, key, plain, plain_len, buf, &warm);
        if (status == RESUME_OK) {
            rsm_codec_count(warm, use.set->max_seals);
        }
        rsm_keyring_leave(&use);
    }
    return status;
}

/* RESUME_OK, RESUME_TOO_LARGE or RESUME_E_BUFFER, for a payload of this length. */
static resume_status check_size(const resume_codec *codec, size_t plain_len, size_t buf_cap,
                                size_t *ret_len) {
    size_t size = codec->frame->size(plain_len);
    if (size > RESUME_TICKET_MAX) {
        return RESUME_TOO_LARGE;
    }
    *ret_len = size;
    return size > buf_cap ? RESUME_E_BUFFER : RESUME_OK;
}

/* Writes a session in a payload's format, as resume_session_to_openssl() does. */
typedef resume_status payload_writer(const resume_session *session, uint8_t *buf, size_t buf_cap,
                                     size_t *ret_len);

/* What must be written first is written where it will be encrypted, without a copy in between. */
static resume_status seal_written(const resume_codec *codec, const resume_session *session,
                                  payload_writer *write, uint64_t now_ms, uint8_t *buf,
                                  size_t buf_cap, size_t *ret_len) {
    size_t head = codec->frame->head;
    size_t size = 0;
    size_t plain_len = 0;
    size_t room = buf_cap > head ? buf_cap - head : 0;
    resume_status status = write(session, room ? buf + head : NULL, room, &plain_len);
    if (status == RESUME_OK || status == RESUME_E_BUFFER) {
        resume_status fits = check_size(codec, plain_len, buf_cap, &size);
        if (fits == RESUME_E_BUFFER) {
            *ret_len = size;
        }
        status = fits == RESUME_OK ? status : fits;
    }
    if (status == RESUME_OK) {
        status = seal_plain(codec, buf + head, plain_len, now_ms, buf);
    }
    if (status == RESUME_OK) {
        *ret_len = size;
    } else {
        rsm_wipe(buf, buf_cap); /* a failure must not leave the session in clear */
    }
    return status;
}

static resume_status seal_bytes(const resume_codec *codec, const uint8_t *plain, size_t plain_len,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    size_t size = 0;
    resume_status status = check_size(codec, plain_len, buf_cap, &size);
    if (status == RESUME_E_BUFFER) {
        *ret_len = size;
    }
    if (status == RESUME_OK) {
        status = seal_plain(codec, plain, plain_len, now_ms, buf);
    }
    if (status == RESUME_OK) {
        *ret_len = size;
    }
    return status;
}

resume_status resume_codec_seal(const resume_codec *codec, const resume_session *session,
                                uint64_t now_ms, uint8_t *buf, size_t buf_cap, size_t *ret_len) {
    if (!codec || !session || (!buf && buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    switch (codec->payload) {
    case RESUME_PAYLOAD_OPENSSL:
        return seal_written(codec, session, resume_session_to_openssl, now_ms, buf, buf_cap,
                            ret_len);
    case RESUME_PAYLOAD_STATE_PLAINTEXT:
        return seal_written(codec, session, resume_session_to_state_plaintext, now_ms, buf, buf_cap,
                            ret_len);
    default: /* a session is its native form */
        return seal_bytes(codec, session->native, session->len, now_ms, buf, buf_cap, ret_len);
    }
}

resume_status resume_codec_seal_bytes(const resume_codec *codec, const uint8_t *data,
                                      size_t data_len, uint64_t now_ms, uint8_t *buf,
                                      size_t buf_cap, size_t *ret_len) {
    if (!codec || !data || data_len == 0 || (!buf && buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    return seal_bytes(codec, data, data_len, now_ms, buf, buf_cap, ret_len);
}

/* plain has room for frame->body_len bytes. On anything but OK and RENEW it holds nothing secret.
 */
static resume_status open_plain(const resume_codec *codec, const uint8_t *data, size_t data_len,
                                const struct rsm_frame *frame, uint64_t now_ms, uint8_t *plain,
                                size_t *ret_len, uint64_t *ret_seal_from) {
    struct rsm_keyring_use use;
    resume_key *key = NULL;
    resume_status found =
        rsm_keyring_enter_to_open(codec->keyring, frame->name, now_ms, &use, &key);
    if (found != RESUME_OK && found != RESUME_RENEW) {
        return found;
    }
    resume_status status =
        codec->frame->open(codec, use.thread, key, data, data_len, frame, plain, ret_len);
    *ret_seal_from = key->seal_from;
    rsm_keyring_leave(&use);
    return status == RESUME_OK ? found : status;
}

static resume_status parse_payload(const resume_codec *codec, const uint8_t *plain,
                                   size_t plain_len, uint64_t now_ms,
                                   resume_session **ret_session) {
    switch (codec->payload) {
    case RESUME_PAYLOAD_OPENSSL:
        return resume_session_from_openssl(plain, plain_len, now_ms, ret_session);
    case RESUME_PAYLOAD_STATE_PLAINTEXT:
        return resume_session_from_state_plaintext(plain, plain_len, ret_session);
    default:
        return rsm_session_adopt_copy(plain, plain_len, ret_session);
    }
}

static resume_status open_into(const resume_codec *codec, const uint8_t *data, size_t data_len,
                               const struct rsm_frame *frame, uint64_t now_ms, uint8_t *plain,
                               resume_session **ret_session, uint64_t *ret_seal_from) {
    size_t plain_len = 0;
    resume_status opened =
        open_plain(codec, data, data_len, frame, now_ms, plain, &plain_len, ret_seal_from);
    if (opened != RESUME_OK && opened != RESUME_RENEW) {
        return opened;
    }
    resume_status status = parse_payload(codec, plain, plain_len, now_ms, ret_session);
    rsm_wipe(plain, plain_len);
    return status == RESUME_OK ? opened : status;
}

resume_status resume_codec_open(const resume_codec *codec, const uint8_t *data, size_t data_len,
                                uint64_t now_ms, resume_session **ret_session) {
    uint64_t seal_from = 0;
    if (!codec || (!data && data_len) || !ret_session) {
        return RESUME_E_INVALID;
    }
    return rsm_codec_open(codec, data, data_len, now_ms, ret_session, &seal_from);
}

resume_status rsm_codec_open(const resume_codec *codec, const uint8_t *data, size_t data_len,
                             uint64_t now_ms, resume_session **ret_session,
                             uint64_t *ret_seal_from) {
    struct rsm_frame frame;
    resume_status status = codec->frame->parse(data, data_len, &frame);
    if (status != RESUME_OK) {
        return status;
    }
    if (frame.body_len <= STACK_PLAIN) {
        uint8_t plain[STACK_PLAIN];
        return open_into(codec, data, data_len, &frame, now_ms, plain, ret_session, ret_seal_from);
    }
    uint8_t *plain = rsm_malloc(frame.body_len);
    if (!plain) {
        return RESUME_E_NOMEM;
    }
    status = open_into(codec, data, data_len, &frame, now_ms, plain, ret_session, ret_seal_from);
    rsm_free_wiped(plain, frame.body_len);
    return status;
}

resume_status resume_codec_open_bytes(const resume_codec *codec, const uint8_t *data,
                                      size_t data_len, uint64_t now_ms, uint8_t *buf,
                                      size_t buf_cap, size_t *ret_len) {
    uint64_t seal_from = 0;
    if (!codec || (!data && data_len) || (!buf && buf_cap) || !ret_len) {
        return RESUME_E_INVALID;
    }
    struct rsm_frame frame;
    resume_status status = codec->frame->parse(data, data_len, &frame);
    if (status != RESUME_OK) {
        return status;
    }
    if (buf_cap < frame.body_len) {
        *ret_len = frame.body_len;
        return RESUME_E_BUFFER;
    }
    return open_plain(codec, data, data_len, &frame, now_ms, buf, ret_len, &seal_from);
}
