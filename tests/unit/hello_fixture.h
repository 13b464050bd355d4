/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClientHellos by hand for the tests of the offer: one that a client of recipe_of() would send, to
 * be spoilt in one place by each test. Not a test of the parser (test_hello.c).
 */
#ifndef HELLO_FIXTURE_H
#define HELLO_FIXTURE_H

#include "server_fixture.h"

#include <resume/hello.h>

/* What a client says. */
struct saying {
    const char *name; /* NULL: no server_name */
    uint16_t suite;
    bool ems;
    bool ticket_extension;
    const uint8_t *ticket; /* in the extension; NULL: empty */
    size_t ticket_len;
    const uint8_t *id;
    size_t id_len;
};

static inline struct saying saying_of(const struct recipe *recipe) {
    return (struct saying){
        .name = recipe->name, .suite = recipe->suite, .ems = recipe->ems, .ticket_extension = true};
}

static inline uint8_t *put16(uint8_t *p, size_t value) {
    *p++ = (uint8_t)(value >> 8);
    *p++ = (uint8_t)value;
    return p;
}

static inline uint8_t *put_bytes(uint8_t *p, const void *data, size_t len) {
    if (len) {
        memcpy(p, data, len);
    }
    return p + len;
}

static inline uint8_t *put_extensions(uint8_t *p, const struct saying *saying) {
    if (saying->name) {
        size_t len = strlen(saying->name);
        p = put16(p, 0);
        p = put16(p, len + 5);
        p = put16(p, len + 3);
        *p++ = 0; /* host_name */
        p = put16(p, len);
        p = put_bytes(p, saying->name, len);
    }
    if (saying->ems) {
        p = put16(put16(p, 23), 0);
    }
    if (saying->ticket_extension) {
        p = put16(put16(p, 35), saying->ticket_len);
        p = put_bytes(p, saying->ticket, saying->ticket_len);
    }
    return p;
}

/* The message, at most RESUME_HELLO_SIZE_MAX bytes; returns its length. */
static inline size_t write_hello(const struct saying *saying, uint8_t *message) {
    uint8_t *p = message + 4;
    p = put16(p, TLS12);
    memset(p, 0x77, RESUME_HELLO_RANDOM_SIZE);
    p += RESUME_HELLO_RANDOM_SIZE;
    *p++ = (uint8_t)saying->id_len;
    p = put_bytes(p, saying->id, saying->id_len);
    p = put16(p, 4);
    p = put16(put16(p, saying->suite), 0x00FF);
    *p++ = 1;
    *p++ = 0; /* null compression */
    uint8_t *extensions = p + 2;
    uint8_t *end = put_extensions(extensions, saying);
    put16(p, (size_t)(end - extensions));
    size_t body = (size_t)(end - message) - 4;
    message[0] = 1; /* client_hello */
    message[1] = (uint8_t)(body >> 16);
    put16(message + 2, body & 0xFFFF);
    return body + 4;
}

#endif
