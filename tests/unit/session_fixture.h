/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of sessions and their formats share: vectors from tests/vectors/session, copies
 * that end where the bytes end, and the two ways to damage bytes. Not for stores (store_fixture.h).
 */
#ifndef SESSION_FIXTURE_H
#define SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <resume/session.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_MAX 1024

struct vector {
    uint8_t data[VECTOR_MAX];
    size_t len;
};

static inline int hex_digit(int c) {
    const char *digits = "0123456789abcdef";
    const char *at = c > 0 ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Reads a vector: hex digits; lines that begin with # are comments. */
static inline struct vector vector_of(const char *name) {
    struct vector vector = {.len = 0};
    char path[512];
    char line[256];
    snprintf(path, sizeof path, "%s/session/%s.hex", RSM_TEST_VECTORS, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        for (const char *p = line; line[0] != '#' && hex_digit(p[0]) >= 0; p += 2) {
            assert_true(hex_digit(p[1]) >= 0 && vector.len < VECTOR_MAX);
            vector.data[vector.len++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
        }
    }
    fclose(file);
    assert_true(vector.len > 0);
    return vector;
}

/* A copy on the heap that ends where the bytes end, so that a sanitizer or valgrind sees the first
 * byte read beyond them. */
static inline uint8_t *exact_copy(const uint8_t *data, size_t len) {
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    return copy;
}

/* What a reader may say to hostile bytes. */
static inline bool is_answer(resume_status status) {
    return status == RESUME_OK || status == RESUME_MALFORMED || status == RESUME_UNSUPPORTED ||
           status == RESUME_TOO_LARGE;
}

/* A reader under damage: given bytes of the heap, it checks its own properties. */
typedef resume_status damaged_reader(const uint8_t *data, size_t len);

/* Every proper prefix is read; count of those that read well. */
static inline size_t truncate_all(const struct vector *vector, damaged_reader *reader) {
    size_t well = 0;
    for (size_t len = 0; len < vector->len; len++) {
        uint8_t *copy = exact_copy(vector->data, len);
        resume_status status = reader(copy, len);
        assert_true(is_answer(status));
        well += status == RESUME_OK;
        free(copy);
    }
    return well;
}

/* Each single bit is flipped; count of those that read well. */
static inline size_t flip_all(const struct vector *vector, damaged_reader *reader) {
    size_t well = 0;
    for (size_t bit = 0; bit < 8 * vector->len; bit++) {
        uint8_t *copy = exact_copy(vector->data, vector->len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        resume_status status = reader(copy, vector->len);
        assert_true(is_answer(status));
        well += status == RESUME_OK;
        free(copy);
    }
    return well;
}

#endif
