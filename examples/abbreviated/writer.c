/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded writer.
 */
#include "writer.h"

#include <string.h>

static void put_number(uint8_t *p, size_t width, size_t number) {
    while (width-- > 0) {
        p[width] = (uint8_t)number;
        number >>= 8;
    }
}

void write_bytes(struct writer *writer, const uint8_t *data, size_t data_len) {
    if (data_len > writer->cap - writer->len) {
        writer->full = true;
    } else if (data_len > 0) {
        memcpy(writer->buf + writer->len, data, data_len);
        writer->len += data_len;
    }
}

void write_number(struct writer *writer, size_t width, size_t number) {
    uint8_t bytes[3];
    put_number(bytes, width, number);
    write_bytes(writer, bytes, width);
}

size_t write_open(struct writer *writer, size_t width) {
    write_number(writer, width, 0);
    return writer->len;
}

void write_close(struct writer *writer, size_t width, size_t opened) {
    size_t len = writer->len - opened;
    if (len >> (8 * width)) {
        writer->full = true;
    }
    if (!writer->full) {
        put_number(writer->buf + opened - width, width, len);
    }
}
