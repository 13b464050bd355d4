/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the presentation language of RFC 5246 section 4: big-endian numbers, and vectors whose
 * length stands before them. What does not fit is not written, and `full` says so at the end.
 */
#ifndef ABBREVIATED_WRITER_H
#define ABBREVIATED_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
    uint8_t *buf;
    size_t cap;
    size_t len;
    bool full;
};

/* A number of 1 to 3 bytes. */
void write_number(struct writer *writer, size_t width, size_t number);
void write_bytes(struct writer *writer, const uint8_t *data, size_t data_len);

/* Leaves room for a length of that many bytes; close fills it in with what came since. */
size_t write_open(struct writer *writer, size_t width);
void write_close(struct writer *writer, size_t width, size_t opened);

#endif /* ABBREVIATED_WRITER_H */
