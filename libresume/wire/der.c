/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict reading and canonical writing of a few DER types.
 */
#include "wire/der.h"

#define HEAD_MAX 5

static bool take_length(struct rsm_reader *reader, size_t *ret_len) {
    uint8_t first = rsm_take8(reader);
    size_t count = first & 0x7FU;
    if (first < 0x80) {
        *ret_len = first;
        return !reader->bad;
    }
    const uint8_t *p = count > 0 && count <= 3 ? rsm_take(reader, count) : NULL;
    if (!p) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        len = len << 8 | p[i];
    }
    *ret_len = len;
    /* The shortest form is the only one (X.690 section 10.1). */
    return len >= 0x80 && p[0] != 0;
}

bool rsm_der_take(struct rsm_reader *reader, struct rsm_der *ret_element) {
    struct rsm_der element = {.tag = rsm_take8(reader)};
    if (!take_length(reader, &element.len) || (element.tag & 0x1F) == 0x1F) {
        reader->bad = true;
        return false;
    }
    element.data = rsm_take(reader, element.len);
    if (reader->bad) {
        return false;
    }
    *ret_element = element;
    return true;
}

bool rsm_der_number(const struct rsm_der *element, uint64_t *ret_number) {
    const uint8_t *p = element->data;
    size_t len = element->len;
    if (element->tag != RSM_DER_INTEGER || len == 0 || (p[0] & 0x80)) {
        return false;
    }
    if (len > 1 && p[0] == 0 && !(p[1] & 0x80)) {
        return false; /* not minimal (X.690 section 8.3.2) */
    }
    if (len > 8) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        number = number << 8 | p[i];
    }
    *ret_number = number;
    return true;
}

bool rsm_der_inner(const struct rsm_der *element, unsigned tag, struct rsm_der *ret_inner) {
    struct rsm_reader reader = rsm_reader_of(element->data, element->len);
    struct rsm_der inner;
    if (!rsm_der_take(&reader, &inner) || reader.left != 0 || inner.tag != tag) {
        return false;
    }
    *ret_inner = inner;
    return true;
}

/* Tag and length, written at head, which has room for HEAD_MAX. Returns how many bytes they are. */
static size_t make_head(uint8_t *head, unsigned tag, size_t len) {
    size_t at = 0;
    head[at++] = (uint8_t)tag;
    if (len >= 0x80) {
        size_t count = len < 0x100 ? 1 : len < 0x10000 ? 2 : 3;
        head[at++] = (uint8_t)(0x80 | count);
        for (; count > 1; count--) {
            head[at++] = (uint8_t)(len >> 8 * (count - 1));
        }
    }
    head[at++] = (uint8_t)len;
    return at;
}

size_t rsm_der_size(size_t len) {
    size_t head = len < 0x80 ? 2 : len < 0x100 ? 3 : len < 0x10000 ? 4 : 5;
    return head + len;
}

void rsm_der_put(struct rsm_buffer *out, unsigned tag, const uint8_t *data, size_t len) {
    uint8_t head[HEAD_MAX];
    rsm_buffer_append(out, head, make_head(head, tag, len));
    rsm_buffer_append(out, data, len);
}

void rsm_der_put_explicit(struct rsm_buffer *out, unsigned explicit_tag, unsigned tag,
                          const uint8_t *data, size_t len) {
    uint8_t heads[2 * HEAD_MAX];
    size_t outer = make_head(heads, explicit_tag, rsm_der_size(len));
    size_t inner = make_head(heads + outer, tag, len);
    rsm_buffer_append(out, heads, outer + inner);
    rsm_buffer_append(out, data, len);
}

void rsm_der_put_number(struct rsm_buffer *out, unsigned explicit_tag, uint64_t number) {
    /* Explicit head, head, a sign byte and 8 more: written from the end, appended at once. */
    uint8_t raw[2 + 2 + 9];
    size_t at = sizeof raw;
    do {
        raw[--at] = (uint8_t)number;
        number >>= 8;
    } while (number);
    if (raw[at] & 0x80) {
        raw[--at] = 0;
    }
    uint8_t len = (uint8_t)(sizeof raw - at);
    raw[--at] = len;
    raw[--at] = RSM_DER_INTEGER;
    if (explicit_tag) {
        raw[--at] = (uint8_t)(len + 2);
        raw[--at] = (uint8_t)explicit_tag;
    }
    rsm_buffer_append(out, raw + at, sizeof raw - at);
}
