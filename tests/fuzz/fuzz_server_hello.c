/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a ServerHello: an answer, never a failure; what the writer could have made is made
 * again, and reads the same.
 */
#include <resume/handshake.h>

#include "base/bytes.h"

#include <stdlib.h>

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static resume_server_hello *server_hello_new(void) {
    resume_server_hello *hello = NULL;
    require(resume_server_hello_new(&hello) == RESUME_OK);
    return hello;
}

static void inside(const uint8_t *data, size_t size, const uint8_t *part, size_t len) {
    if (!part) {
        require(len == 0);
        return;
    }
    require(part >= data && len <= size && (size_t)(part - data) <= size - len);
}

static void same(const resume_server_hello *one, const resume_server_hello *other) {
    size_t len = 0;
    size_t other_len = 0;
    const uint8_t *id = resume_server_hello_session_id(one, &len);
    const uint8_t *other_id = resume_server_hello_session_id(other, &other_len);
    require(len == other_len && memcmp(id, other_id, len) == 0);
    require(memcmp(resume_server_hello_random(one), resume_server_hello_random(other), 32) == 0);
    require(resume_server_hello_cipher_suite(one) == resume_server_hello_cipher_suite(other));
    require(resume_server_hello_extended_master_secret(one) ==
            resume_server_hello_extended_master_secret(other));
    require(resume_server_hello_session_ticket(one) == resume_server_hello_session_ticket(other));
}

/* The extensions without the two that the writer adds by itself. */
static size_t others(const uint8_t *list, size_t size, uint8_t *out) {
    struct rsm_reader reader = rsm_reader_of(list, size);
    size_t len = 0;
    while (reader.left) {
        const uint8_t *from = reader.p;
        uint16_t type = rsm_take16(&reader);
        rsm_take(&reader, rsm_take16(&reader));
        require(!reader.bad);
        if (type != 23 && type != 35) {
            memcpy(out + len, from, (size_t)(reader.p - from));
            len += (size_t)(reader.p - from);
        }
    }
    return len;
}

static void write_anew(const resume_server_hello *hello, const uint8_t *data, size_t size) {
    static uint8_t extensions[65536];
    static uint8_t message[70000];
    size_t id_len = 0;
    size_t len = 0;
    const uint8_t *id = resume_server_hello_session_id(hello, &id_len);
    size_t head = 4 + 2 + 32 + 1 + id_len + 2 + 1 + 2;
    size_t extensions_len = size > head ? others(data + head, size - head, extensions) : 0;
    resume_status status = resume_server_hello_write(
        resume_server_hello_random(hello), id, id_len, resume_server_hello_cipher_suite(hello),
        resume_server_hello_extended_master_secret(hello),
        resume_server_hello_session_ticket(hello), extensions, extensions_len, message,
        sizeof message, &len);
    if (resume_server_hello_extension(hello, 43, NULL)) {
        require(status == RESUME_E_INVALID); /* TLS 1.3, which the writer does not write */
        return;
    }
    require(status == RESUME_OK);
    require(len == size || (size == head && len == size - 2)); /* it leaves an empty list out */
    resume_server_hello *again = server_hello_new();
    require(resume_server_hello_parse(again, message, len) == RESUME_OK);
    same(hello, again);
    require(resume_server_hello_version(again) == 0x0303);
    resume_server_hello_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    resume_server_hello *hello = server_hello_new();
    resume_status status = resume_server_hello_parse(hello, data, size);
    require(status == RESUME_OK || status == RESUME_MALFORMED);
    require((status == RESUME_MALFORMED) ==
            (resume_server_hello_fault(hello) != RESUME_FAULT_NONE));
    if (status == RESUME_OK) {
        size_t len = 0;
        const uint8_t *id = resume_server_hello_session_id(hello, &len);
        require(id && len <= 32);
        inside(data, size, id, len);
        inside(data, size, resume_server_hello_random(hello), 32);
        for (unsigned type = 0; type < 64; type++) {
            const uint8_t *value = resume_server_hello_extension(hello, (uint16_t)type, &len);
            inside(data, size, value, len);
        }
        write_anew(hello, data, size);
    } else {
        require(!resume_server_hello_random(hello));
    }
    resume_server_hello_unref(hello);
    return 0;
}
