/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_codec inside: settings, immutable once made. What is secret stands in the ring and in the
 * threads' warm contexts.
 */
#ifndef RSM_CORE_CODEC_H
#define RSM_CORE_CODEC_H

#include <resume/codec.h>

#include "base/ref.h"
#include "base/thread.h"
#include "base/url.h"
#include "core/key.h"
#include "wire/frame.h"

struct resume_codec_options {
    resume_frame frame;
    resume_payload payload; /* 0: follows the frame */
    uint8_t context[RSM_FRAME_CONTEXT_MAX];
    size_t context_len;
    char why[RSM_WHY_SIZE];
};

/* What every warm context of a key begins with: the seals that the thread did not report yet. */
struct rsm_codec_warm {
    struct rsm_warm warm;
    resume_key *key; /* borrowed: a ring purges its warm contexts before it drops a key */
    uint32_t unreported;
    void *context;
    const struct rsm_codec_context *make;
};

/* How a frame's context is made from a key, and freed. */
struct rsm_codec_context {
    resume_status (*make)(const resume_key *key, void **ret_context);
    void (*drop)(void *context);
};

/* The thread's context of that kind for the key, made if there is none. Borrowed from the cache,
 * until the thread leaves it. RESUME_OK, RESUME_E_NOMEM, RESUME_E_CRYPTO. */
resume_status rsm_codec_warm(struct rsm_thread *thread, uint32_t kind, resume_key *key,
                             const struct rsm_codec_context *context,
                             struct rsm_codec_warm **ret_warm);

/* Counts a seal; reports it at once or in steps, as the cap allows. */
void rsm_codec_count(struct rsm_codec_warm *warm, uint64_t max_seals);

/* One frame: a const table in a file of its own. The thread's cache is entered around seal and
 * open. Both may work in place if the plaintext stands at out + head. */
struct rsm_codec_frame {
    size_t head;            /* bytes before the ciphertext */
    resume_payload payload; /* if the options say none */
    size_t (*size)(size_t plain_len);
    /* The ticket's key name, borrowed; the answers of wire/frame.h for what is no ticket. */
    resume_status (*parse)(const uint8_t *data, size_t data_len, struct rsm_frame *ret_frame);
    /* Writes exactly size(plain_len) bytes. *ret_warm is for rsm_codec_count(). */
    resume_status (*seal)(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *plain, size_t plain_len, uint8_t *out,
                          struct rsm_codec_warm **ret_warm);
    /* plain has room for body_len bytes. RESUME_FORGED for every fault of the bytes alike. */
    resume_status (*open)(const resume_codec *codec, struct rsm_thread *thread, resume_key *key,
                          const uint8_t *data, size_t data_len, const struct rsm_frame *frame,
                          uint8_t *plain, size_t *ret_len);
};

extern const struct rsm_codec_frame rsm_codec_rfc5077;
extern const struct rsm_codec_frame rsm_codec_rfc5077_struct;
extern const struct rsm_codec_frame rsm_codec_aead;

struct resume_codec {
    struct rsm_ref ref;
    resume_keyring *keyring;
    const struct rsm_codec_frame *frame;
    resume_payload payload;
    uint8_t context[RSM_FRAME_CONTEXT_MAX];
    size_t context_len;
};

/* resume_codec_open() on good arguments; tells since when the key seals whenever it opened. */
resume_status rsm_codec_open(const resume_codec *codec, const uint8_t *data, size_t data_len,
                             uint64_t now_ms, resume_session **ret_session,
                             uint64_t *ret_seal_from);

/* RESUME_E_INVALID and a text for settings that do not go together. */
resume_status rsm_codec_options_check(resume_codec_options *options);

#endif
