/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a ClientHello: an answer, never a failure; what the calls give lies inside the
 * message; the same message over records, however it is cut, says the same; and bytes taken for
 * records as they are. The first two bytes choose the cut.
 */
#include <resume/hello.h>

#include "base/bytes.h"

#include <stdlib.h>

#define SAMPLES 64 /* of PSKs: reading each of thousands takes their square */

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static resume_hello *hello_new(void) {
    resume_hello *hello = NULL;
    require(resume_hello_new(&hello) == RESUME_OK);
    return hello;
}

/* A call's answer: NULL and 0, or a stretch of the message. */
static void inside(const resume_hello *hello, const uint8_t *data, size_t len) {
    size_t message_len = 0;
    const uint8_t *message = resume_hello_message(hello, &message_len);
    if (!data) {
        require(len == 0);
        return;
    }
    require(data >= message && len <= message_len);
    require((size_t)(data - message) <= message_len - len);
}

typedef const uint8_t *getter(const resume_hello *hello, size_t *ret_len);

static getter *const getters[] = {
    resume_hello_message,     resume_hello_session_id,          resume_hello_cipher_suites,
    resume_hello_server_name, resume_hello_compression_methods, resume_hello_session_ticket,
    resume_hello_alpn,
};

#define GETTERS (sizeof getters / sizeof getters[0])

static void read_psks(const resume_hello *hello) {
    size_t count = resume_hello_psk_count(hello);
    size_t size = resume_hello_truncated_size(hello);
    size_t message_len = 0;
    resume_hello_message(hello, &message_len);
    require(count ? size > 0 && size + 2 + 33 * count <= message_len : size == 0);
    require(!count || resume_hello_offers_version(hello, 0x0304));
    for (size_t i = 0; i <= count; i += 1 + count / SAMPLES) {
        const uint8_t *identity = NULL;
        const uint8_t *binder = NULL;
        size_t identity_len = 0;
        size_t binder_len = 0;
        uint32_t age = 0;
        resume_status status =
            resume_hello_psk(hello, i, &identity, &identity_len, &age, &binder, &binder_len);
        require(status == (i < count ? RESUME_OK : RESUME_MISS));
        inside(hello, identity, identity_len);
        inside(hello, binder, binder_len);
        require(i == count || (identity_len > 0 && binder_len >= 32));
    }
}

static void read_all(const resume_hello *hello) {
    size_t len = 0;
    for (size_t i = 0; i < GETTERS; i++) {
        const uint8_t *data = getters[i](hello, &len);
        inside(hello, data, len);
    }
    inside(hello, resume_hello_random(hello), RESUME_HELLO_RANDOM_SIZE);
    for (unsigned type = 0; type < 64; type++) {
        const uint8_t *data = resume_hello_extension(hello, (uint16_t)type, &len);
        inside(hello, data, len);
    }
    const uint8_t *name = resume_hello_server_name(hello, &len);
    require(len <= 255);
    for (size_t i = 0; i < len; i++) {
        require(name[i] > ' ' && name[i] < 0x7f);
    }
    resume_hello_session_id(hello, &len);
    require(len <= 32);
    resume_hello_cipher_suites(hello, &len);
    require(len >= 2 && len % 2 == 0);
    read_psks(hello);
}

static void same(const resume_hello *one, const resume_hello *other) {
    for (size_t i = 0; i < GETTERS; i++) {
        size_t len = 0;
        size_t other_len = 0;
        const uint8_t *data = getters[i](one, &len);
        const uint8_t *other_data = getters[i](other, &other_len);
        require(!data == !other_data && len == other_len);
        require(!data || memcmp(data, other_data, len) == 0);
    }
    require(resume_hello_version(one) == resume_hello_version(other));
    require(resume_hello_psk_count(one) == resume_hello_psk_count(other));
    require(resume_hello_psk_modes(one) == resume_hello_psk_modes(other));
    require(resume_hello_early_data(one) == resume_hello_early_data(other));
    require(resume_hello_truncated_size(one) == resume_hello_truncated_size(other));
    require(resume_hello_extended_master_secret(one) == resume_hello_extended_master_secret(other));
}

/* Records of 1 to 16384 bytes, as a small generator says; returns the length. */
static size_t cut(const uint8_t *data, size_t size, unsigned seed, uint8_t *out) {
    size_t len = 0;
    for (size_t at = 0; at < size;) {
        seed = seed * 1103515245U + 12345U;
        size_t most = (size_t)1 << (seed >> 8) % 15;
        size_t n = 1 + (seed >> 16) % most;
        n = n < size - at ? n : size - at;
        memcpy(out + len, "\x16\x03\x01", 3);
        rsm_put16(out + len + 3, (uint16_t)n);
        memcpy(out + len + 5, data + at, n);
        at += n;
        len += 5 + n;
    }
    return len;
}

static void over_records(const resume_hello *whole, const uint8_t *data, size_t size,
                         unsigned seed) {
    size_t used = 0;
    uint8_t *wire = malloc(size * 6 + 1);
    require(wire != NULL);
    size_t len = cut(data, size, seed, wire);
    uint8_t *exact = malloc(len);
    require(exact != NULL);
    memcpy(exact, wire, len);
    resume_hello *hello = hello_new();
    size_t part = seed % len;
    require(resume_hello_parse_records(hello, exact, part, &used) == RESUME_MORE);
    resume_status status = resume_hello_parse_records(hello, exact, len, &used);
    require(status == (resume_hello_fault(whole) ? RESUME_MALFORMED : RESUME_OK));
    require(resume_hello_fault(hello) == resume_hello_fault(whole));
    require(status != RESUME_OK || used == len);
    same(whole, hello);
    resume_hello_unref(hello);
    free(exact);
    free(wire);
}

/* Whether the message's own length is that of the bytes: only then can records be the same. */
static int is_framed(const uint8_t *data, size_t size) {
    return size >= 4 && data[0] == 1 && size <= RESUME_HELLO_SIZE_MAX &&
           ((size_t)data[1] << 16 | rsm_get16(data + 2)) == size - 4;
}

/* The bytes as records: an answer that a shorter part does not contradict. */
static void as_records(const uint8_t *data, size_t size, size_t part) {
    size_t used = 0;
    size_t again = 0;
    resume_hello *hello = hello_new();
    resume_status status = resume_hello_parse_records(hello, data, size, &used);
    require(status == RESUME_OK || status == RESUME_MORE || status == RESUME_MALFORMED);
    require((status == RESUME_MALFORMED) == (resume_hello_fault(hello) != RESUME_FAULT_NONE));
    if (status == RESUME_OK) {
        require(used > 0 && used <= size);
        read_all(hello);
    }
    resume_fault fault = resume_hello_fault(hello);
    resume_status shorter = resume_hello_parse_records(hello, data, part % (size + 1), &again);
    require(shorter == RESUME_MORE || (shorter == status && resume_hello_fault(hello) == fault));
    resume_hello_unref(hello);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    unsigned seed = rsm_get16(data);
    data += 2;
    size -= 2;
    resume_hello *hello = hello_new();
    resume_status status = resume_hello_parse(hello, data, size);
    resume_fault fault = resume_hello_fault(hello);
    require(status == RESUME_OK || status == RESUME_MALFORMED);
    require((status == RESUME_MALFORMED) == (fault != RESUME_FAULT_NONE));
    require(resume_fault_alert(fault) != 80);
    if (status == RESUME_OK) {
        read_all(hello);
    }
    if (is_framed(data, size)) {
        over_records(hello, data, size, seed);
    }
    if (status == RESUME_OK) { /* stable */
        resume_hello *again = hello_new();
        require(resume_hello_parse(again, data, size) == RESUME_OK);
        same(hello, again);
        resume_hello_unref(again);
    }
    resume_hello_unref(hello);
    as_records(data, size, seed);
    return 0;
}
