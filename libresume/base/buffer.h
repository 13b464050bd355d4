/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer for writers; wiped when freed or moved, since it may hold secrets.
 * Errors stick: after one failed append the buffer is `failed` and later appends do nothing.
 */
#ifndef RSM_BASE_BUFFER_H
#define RSM_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rsm_buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool failed;
};

void rsm_buffer_append(struct rsm_buffer *b, const void *data, size_t len);
void rsm_buffer_u8(struct rsm_buffer *b, uint8_t v);
void rsm_buffer_u16(struct rsm_buffer *b, uint16_t v);
void rsm_buffer_u32(struct rsm_buffer *b, uint32_t v);
void rsm_buffer_u64(struct rsm_buffer *b, uint64_t v);
void rsm_buffer_free(struct rsm_buffer *b);

#endif
