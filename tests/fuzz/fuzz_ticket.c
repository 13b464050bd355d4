/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tickets from a hostile peer: the bytes as a ticket, the bytes as the state inside a well sealed
 * ticket (I-157), and a well sealed ticket with one byte changed. Each of the codecs.
 */
#include <resume/codec.h>

#include "ring.h"

#define FRAMES   3
#define PAYLOADS 3

static uint8_t ticket[RESUME_TICKET_MAX];
static uint8_t again[RESUME_TICKET_MAX];

/* New in each run, so that a run frees all that it made. */
static resume_codec *codec_new(int32_t which) {
    resume_keyring *ring = ring_new("fuzz-ticket-key!");
    resume_codec *codec = NULL;
    resume_codec_options *options = NULL;
    check(resume_codec_options_new(&options) == RESUME_OK);
    check(resume_codec_options_set_frame(options, 1 + which % FRAMES) == RESUME_OK);
    check(resume_codec_options_set_payload(options, 1 + which / FRAMES) == RESUME_OK);
    check(resume_codec_new(ring, options, &codec) == RESUME_OK);
    resume_codec_options_unref(options);
    resume_keyring_unref(ring);
    return codec;
}

/* What opens must seal and open again to the same session. */
static void use(const resume_codec *codec, resume_session *session) {
    resume_session *back = NULL;
    size_t len = 0;
    resume_status status = resume_codec_seal(codec, session, NOW, again, sizeof again, &len);
    check(status == RESUME_OK || status == RESUME_TOO_LARGE || status == RESUME_UNSUPPORTED);
    if (status == RESUME_OK) {
        check(resume_codec_open(codec, again, len, NOW, &back) == RESUME_OK);
        check(resume_session_equal(session, back));
        resume_session_unref(back);
    }
}

static resume_status try_open(const resume_codec *codec, const uint8_t *data, size_t size) {
    resume_session *session = NULL;
    resume_status status = resume_codec_open(codec, data, size, NOW, &session);
    check(status >= 0); /* hostile bytes are never our failure */
    check((session != NULL) == (status == RESUME_OK || status == RESUME_RENEW));
    if (session) {
        use(codec, session);
    }
    resume_session_unref(session);
    return status;
}

/* The one part of a ticket that its reader looks at before the MAC. */
static bool is_length_of_struct(int32_t frame, size_t at, resume_status status) {
    return frame == RESUME_FRAME_RFC5077_STRUCT && (at == 32 || at == 33) &&
           status == RESUME_MALFORMED;
}

static void run(const resume_codec *codec, int32_t frame, size_t at, uint8_t flip,
                const uint8_t *data, size_t size) {
    size_t len = 0;
    size_t back = 0;
    (void)try_open(codec, data, size);
    if (size == 0 || resume_codec_seal_bytes(codec, data, size, NOW, ticket, sizeof ticket, &len)) {
        return;
    }
    check(resume_codec_open_bytes(codec, ticket, len, NOW, again, len, &back) == RESUME_OK);
    check(back == size && memcmp(again, data, size) == 0);
    (void)try_open(codec, ticket, len);
    ticket[at % len] ^= flip;
    if (flip) {
        resume_status status = try_open(codec, ticket, len);
        check(status == RESUME_FORGED || status == RESUME_MISS || status == RESUME_UNSUPPORTED ||
              is_length_of_struct(frame, at % len, status));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= 4) {
        resume_codec *codec = codec_new(data[0] % (FRAMES * PAYLOADS));
        run(codec, 1 + data[0] % FRAMES, (size_t)data[1] << 8 | data[2], data[3], data + 4,
            size - 4);
        resume_codec_unref(codec);
    }
    return 0;
}
