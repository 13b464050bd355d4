/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing and opening in chunks. See sealed_file.h.
 */
#include "core/sealed_file.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "core/codec.h"
#include "crypto/random.h"

static const uint8_t magic[4] = {'r', 's', 'm', 'f'};

/* A codec for one file; its context changes from chunk to chunk. */
struct chunks {
    struct resume_codec codec;
    size_t fixed_len; /* of the context: purpose, format, nonce */
    uint32_t index;
};

static void begin(struct chunks *chunks, resume_keyring *keyring, const char *purpose,
                  const uint8_t *nonce) {
    uint8_t *context = chunks->codec.context;
    size_t len = strnlen(purpose, RSM_SEALED_PURPOSE);
    *chunks = (struct chunks){
        .codec = {.keyring = keyring, .frame = &rsm_codec_aead, .payload = RESUME_PAYLOAD_NATIVE},
    };
    memcpy(context, purpose, len);
    context[len++] = 0;
    context[len++] = RSM_SEALED_FORMAT;
    memcpy(context + len, nonce, RSM_SEALED_NONCE);
    chunks->fixed_len = len + RSM_SEALED_NONCE;
}

/* Which chunk it is, and whether it is the last: authenticated, so that a cut shows. */
static const struct resume_codec *next(struct chunks *chunks, bool last) {
    uint8_t *at = chunks->codec.context + chunks->fixed_len;
    rsm_put32(at, chunks->index++);
    at[4] = last;
    chunks->codec.context_len = chunks->fixed_len + 5;
    return &chunks->codec;
}

static resume_status seal_chunk(const struct resume_codec *codec, const uint8_t *plain, size_t len,
                                uint64_t now_ms, uint8_t *scratch, struct rsm_buffer *out) {
    size_t sealed_len = 0;
    resume_status status =
        resume_codec_seal_bytes(codec, plain, len, now_ms, scratch, RESUME_TICKET_MAX, &sealed_len);
    if (status == RESUME_OK) {
        rsm_buffer_u16(out, (uint16_t)sealed_len);
        rsm_buffer_append(out, scratch, sealed_len);
    }
    return status;
}

static resume_status seal_all(struct chunks *chunks, const uint8_t *plain, size_t plain_len,
                              uint64_t now_ms, struct rsm_buffer *out) {
    uint8_t *scratch = rsm_malloc(RESUME_TICKET_MAX);
    if (!scratch) {
        return RESUME_E_NOMEM;
    }
    resume_status status = RESUME_OK;
    for (size_t at = 0; at < plain_len && status == RESUME_OK; at += RSM_SEALED_CHUNK) {
        size_t left = plain_len - at;
        size_t len = left < RSM_SEALED_CHUNK ? left : RSM_SEALED_CHUNK;
        status = seal_chunk(next(chunks, len == left), plain + at, len, now_ms, scratch, out);
    }
    rsm_free(scratch);
    return status;
}

resume_status rsm_sealed_file_seal(resume_keyring *keyring, const char *purpose,
                                   const uint8_t *plain, size_t plain_len, uint64_t now_ms,
                                   struct rsm_buffer *ret_sealed) {
    uint8_t nonce[RSM_SEALED_NONCE];
    struct chunks chunks;
    resume_status status = rsm_random(nonce, sizeof nonce);
    if (status != RESUME_OK) {
        return status;
    }
    rsm_buffer_append(ret_sealed, magic, sizeof magic);
    rsm_buffer_u8(ret_sealed, RSM_SEALED_FORMAT);
    rsm_buffer_append(ret_sealed, nonce, sizeof nonce);
    begin(&chunks, keyring, purpose, nonce);
    status = seal_all(&chunks, plain, plain_len, now_ms, ret_sealed);
    return status == RESUME_OK && ret_sealed->failed ? RESUME_E_NOMEM : status;
}

static resume_status open_chunk(const struct resume_codec *codec, const uint8_t *data, size_t len,
                                uint64_t now_ms, uint8_t *scratch, struct rsm_buffer *out) {
    size_t plain_len = 0;
    resume_status status =
        resume_codec_open_bytes(codec, data, len, now_ms, scratch, RESUME_TICKET_MAX, &plain_len);
    if (status == RESUME_OK || status == RESUME_RENEW) {
        rsm_buffer_append(out, scratch, plain_len);
        rsm_wipe(scratch, plain_len);
        return RESUME_OK;
    }
    return status == RESUME_MISS ? RESUME_NO_KEY : status;
}

static resume_status open_all(struct chunks *chunks, struct rsm_reader *reader, uint64_t now_ms,
                              struct rsm_buffer *out) {
    uint8_t *scratch = rsm_malloc(RESUME_TICKET_MAX);
    if (!scratch) {
        return RESUME_E_NOMEM;
    }
    resume_status status = RESUME_OK;
    do {
        uint16_t len = rsm_take16(reader);
        const uint8_t *chunk = rsm_take(reader, len);
        bool last = reader->left == 0;
        status = reader->bad ? RESUME_MALFORMED
                             : open_chunk(next(chunks, last), chunk, len, now_ms, scratch, out);
    } while (status == RESUME_OK && reader->left > 0);
    rsm_free(scratch);
    return status;
}

resume_status rsm_sealed_file_open(resume_keyring *keyring, const char *purpose,
                                   const uint8_t *data, size_t data_len, uint64_t now_ms,
                                   struct rsm_buffer *ret_plain) {
    struct rsm_reader reader = rsm_reader_of(data, data_len);
    const uint8_t *start = rsm_take(&reader, sizeof magic);
    uint8_t format = rsm_take8(&reader);
    if (reader.bad || memcmp(start, magic, sizeof magic) != 0) {
        return RESUME_MALFORMED;
    }
    const uint8_t *nonce = rsm_take(&reader, RSM_SEALED_NONCE);
    if (format != RSM_SEALED_FORMAT) {
        return RESUME_UNSUPPORTED;
    }
    if (reader.bad) {
        return RESUME_MALFORMED;
    }
    struct chunks chunks;
    begin(&chunks, keyring, purpose, nonce);
    resume_status status = open_all(&chunks, &reader, now_ms, ret_plain);
    return status == RESUME_OK && ret_plain->failed ? RESUME_E_NOMEM : status;
}
