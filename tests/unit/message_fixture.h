/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshake messages byte by byte, for the tests of their parsers: a draft that grows, lengths
 * filled in afterwards, and ClientHellos of given parts. Not for the tests of the offer, whose
 * hellos follow a session (hello_fixture.h).
 */
#ifndef MESSAGE_FIXTURE_H
#define MESSAGE_FIXTURE_H

#include "session_fixture.h"

#include <resume/hello.h>

#define DRAFT_MAX (RESUME_HELLO_SIZE_MAX + 8)

struct draft {
    uint8_t data[DRAFT_MAX];
    size_t len;
};

static inline void put(struct draft *draft, const void *data, size_t len) {
    assert_true(len <= DRAFT_MAX - draft->len);
    if (len) {
        memcpy(draft->data + draft->len, data, len);
    }
    draft->len += len;
}

static inline void put8(struct draft *draft, unsigned value) {
    uint8_t raw = (uint8_t)value;
    put(draft, &raw, 1);
}

static inline void put16(struct draft *draft, unsigned value) {
    put8(draft, value >> 8);
    put8(draft, value & 0xFF);
}

static inline void put_many(struct draft *draft, unsigned value, size_t count) {
    for (size_t i = 0; i < count; i++) {
        put8(draft, value);
    }
}

/* Room for a length of so many bytes; close_() fills it with what came since. */
static inline size_t open_(struct draft *draft, size_t width) {
    put_many(draft, 0, width);
    return draft->len;
}

static inline void close_(struct draft *draft, size_t from, size_t width) {
    size_t len = draft->len - from;
    for (size_t i = 1; i <= width; i++, len >>= 8) {
        draft->data[from - i] = (uint8_t)len;
    }
    assert_int_equal(len, 0);
}

static inline void put_vector(struct draft *draft, size_t width, const void *data, size_t len) {
    size_t at = open_(draft, width);
    put(draft, data, len);
    close_(draft, at, width);
}

static inline void put_extension(struct draft *draft, unsigned type, const void *data, size_t len) {
    put16(draft, type);
    put_vector(draft, 2, data, len);
}

/* A ClientHello's parts; extensions are raw, NULL leaves the list out. */
struct parts {
    unsigned version;
    const void *session_id;
    size_t session_id_len;
    const void *suites;
    size_t suites_len;
    const void *compression;
    size_t compression_len;
    const void *extensions;
    size_t extensions_len;
};

static const uint8_t parts_random[RESUME_HELLO_RANDOM_SIZE] = "a random of 32 bytes, no more...";
static const uint8_t parts_id[RESUME_SESSION_ID_MAX] = "a session ID of thirty-two bytes";

static inline struct parts parts_of(const void *extensions, size_t extensions_len) {
    return (struct parts){0x0303, parts_id, 32,         "\xc0\x2f\x00\xff", 4,
                          "",     1,        extensions, extensions_len};
}

static inline void write_parts(struct draft *draft, const struct parts *parts) {
    draft->len = 0;
    put8(draft, 1);
    size_t body = open_(draft, 3);
    put16(draft, parts->version);
    put(draft, parts_random, sizeof parts_random);
    put_vector(draft, 1, parts->session_id, parts->session_id_len);
    put_vector(draft, 2, parts->suites, parts->suites_len);
    put_vector(draft, 1, parts->compression, parts->compression_len);
    if (parts->extensions) {
        put_vector(draft, 2, parts->extensions, parts->extensions_len);
    }
    close_(draft, body, 3);
}

/* pre_shared_key: two tickets, of 5 and of 300 bytes, binders of 32 and 48. */
static inline void put_psks(struct draft *list) {
    put16(list, 41);
    size_t value = open_(list, 2);
    size_t identities = open_(list, 2);
    put_vector(list, 2, "first", 5);
    put(list, "\x01\x02\x03\x04", 4);
    size_t second = open_(list, 2);
    put_many(list, 's', 300);
    close_(list, second, 2);
    put(list, "\xff\xff\xff\xfe", 4);
    close_(list, identities, 2);
    size_t binders = open_(list, 2);
    put8(list, 32);
    put_many(list, 0xb1, 32);
    put8(list, 48);
    put_many(list, 0xb2, 48);
    close_(list, binders, 2);
    close_(list, value, 2);
}

static const char rich_name[] = "www.example.org";

/* Every extension that the parser knows, GREASE (RFC 8701) among them. */
static inline void write_rich(struct draft *draft) {
    static struct draft list;
    list.len = 0;
    put_extension(&list, 0x0a0a, "", 0);
    put16(&list, 0);
    size_t value = open_(&list, 2);
    size_t names = open_(&list, 2);
    put8(&list, 0);
    put_vector(&list, 2, rich_name, sizeof rich_name - 1);
    close_(&list, names, 2);
    close_(&list, value, 2);
    put_extension(&list, 16, "\x00\x0c\x02h2\x08http/1.1", 14);
    put_extension(&list, 23, "", 0);
    put_extension(&list, 35, "a ticket", 8);
    put_extension(&list, 43, "\x06\x2a\x2a\x03\x04\x03\x03", 7);
    put_extension(&list, 45, "\x03\x1a\x01\x00", 4);
    put_extension(&list, 42, "", 0);
    put_extension(&list, 0xff01, "\x00", 1);
    put_extension(&list, 0x7a7a, "\x00", 1);
    put_psks(&list);
    struct parts parts = parts_of(list.data, list.len);
    write_parts(draft, &parts);
}

#endif
