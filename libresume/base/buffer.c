/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing byte buffer. It never calls realloc, which would leave an unwiped copy behind.
 */
#include "base/buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"

static bool reserve(struct rsm_buffer *b, size_t more) {
    if (b->failed || more > SIZE_MAX / 2 - b->len) {
        b->failed = true;
        return false;
    }
    size_t need = b->len + more;
    if (need <= b->cap) {
        return true;
    }
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need) {
        cap *= 2;
    }
    uint8_t *grown = rsm_malloc(cap);
    if (!grown) {
        b->failed = true;
        return false;
    }
    if (b->len) {
        memcpy(grown, b->data, b->len);
    }
    rsm_free_wiped(b->data, b->cap);
    b->data = grown;
    b->cap = cap;
    return true;
}

void rsm_buffer_append(struct rsm_buffer *b, const void *data, size_t len) {
    if (len && reserve(b, len)) {
        memcpy(b->data + b->len, data, len);
        b->len += len;
    }
}

void rsm_buffer_u8(struct rsm_buffer *b, uint8_t v) {
    rsm_buffer_append(b, &v, 1);
}

void rsm_buffer_u16(struct rsm_buffer *b, uint16_t v) {
    uint8_t raw[2];
    rsm_put16(raw, v);
    rsm_buffer_append(b, raw, sizeof raw);
}

void rsm_buffer_u32(struct rsm_buffer *b, uint32_t v) {
    uint8_t raw[4];
    rsm_put32(raw, v);
    rsm_buffer_append(b, raw, sizeof raw);
}

void rsm_buffer_u64(struct rsm_buffer *b, uint64_t v) {
    uint8_t raw[8];
    rsm_put64(raw, v);
    rsm_buffer_append(b, raw, sizeof raw);
}

void rsm_buffer_free(struct rsm_buffer *b) {
    rsm_free_wiped(b->data, b->cap);
    *b = (struct rsm_buffer){0};
}
