/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hex and base64 without tables. See encode.h. The arithmetic relies on right shifts of negative
 * numbers keeping the sign, as every compiler that this builds with does: x >> 8 of a small
 * negative x is all ones, of a small x from 0 on it is zero.
 */
#include "base/encode.h"

_Static_assert((-1 >> 8) == -1, "right shifts keep the sign");

static char hex_of(int nibble) {
    return (char)('0' + nibble + (((9 - nibble) >> 8) & ('a' - '0' - 10)));
}

/* All ones if low <= c <= high, else zero. */
static int within(int c, int low, int high) {
    return ~(((c - low) >> 8) | ((high - c) >> 8));
}

/* -1 for what is no digit. */
static int hex_value(int c) {
    int value = -1;
    value += within(c, '0', '9') & (c - '0' + 1);
    value += within(c, 'a', 'f') & (c - 'a' + 11);
    value += within(c, 'A', 'F') & (c - 'A' + 11);
    return value;
}

void rsm_hex_encode(const uint8_t *data, size_t len, char *out) {
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = hex_of(data[i] >> 4);
        out[2 * i + 1] = hex_of(data[i] & 15);
    }
}

bool rsm_hex_decode(const uint8_t *text, size_t text_len, uint8_t *out) {
    int bad = (int)(text_len % 2);
    for (size_t i = 0; i < text_len / 2; i++) {
        int high = hex_value(text[2 * i]);
        int low = hex_value(text[2 * i + 1]);
        bad |= (high | low) < 0;
        out[i] = (uint8_t)((unsigned)high << 4 | ((unsigned)low & 15U));
    }
    return bad == 0;
}

static char base64_of(int value) {
    int c = 'A' + value;
    c += within(value, 26, 51) & ('a' - 'A' - 26);
    c += within(value, 52, 61) & ('0' - 'A' - 52);
    c += within(value, 62, 62) & ('+' - 'A' - 62);
    c += within(value, 63, 63) & ('/' - 'A' - 63);
    return (char)c;
}

/* -1 for what is not of the alphabet. */
static int base64_value(int c) {
    int value = -1;
    value += within(c, 'A', 'Z') & (c - 'A' + 1);
    value += within(c, 'a', 'z') & (c - 'a' + 27);
    value += within(c, '0', '9') & (c - '0' + 53);
    value += within(c, '+', '+') & 63;
    value += within(c, '/', '/') & 64;
    return value;
}

void rsm_base64_encode(const uint8_t *data, size_t len, char *out) {
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        unsigned bits = (unsigned)data[i] << 16;
        bits |= have > 1 ? (unsigned)data[i + 1] << 8 : 0;
        bits |= have > 2 ? data[i + 2] : 0;
        *out++ = base64_of((int)(bits >> 18 & 63));
        *out++ = base64_of((int)(bits >> 12 & 63));
        *out++ = base64_of((int)(bits >> 6 & 63));
        *out++ = base64_of((int)(bits & 63));
        for (size_t at = have; at < 3; at++) {
            out[(int)at - 3] = '=';
        }
    }
}

/* One group of four, of which `have` are digits and the others padding. */
static bool decode_group(const uint8_t *text, size_t have, uint8_t *out) {
    unsigned bits = 0;
    int bad = 0;
    for (size_t i = 0; i < have; i++) {
        int value = base64_value(text[i]);
        bad |= value < 0;
        bits |= ((unsigned)value & 63U) << (18 - 6 * i);
    }
    for (size_t i = 0; i + 1 < have; i++) {
        out[i] = (uint8_t)(bits >> (16 - 8 * i));
    }
    unsigned behind = have == 4 ? 0 : bits & (have == 3 ? 0xffU : 0xffffU);
    return bad == 0 && behind == 0;
}

bool rsm_base64_decode(const uint8_t *text, size_t text_len, uint8_t *out, size_t *ret_len) {
    if (text_len % 4 != 0) {
        return false;
    }
    size_t padding = 0;
    while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=') {
        padding++;
    }
    bool good = true;
    for (size_t at = 0; at < text_len; at += 4) {
        size_t have = at + 4 == text_len ? 4 - padding : 4;
        good &= decode_group(text + at, have, out + at / 4 * 3);
    }
    *ret_len = text_len / 4 * 3 - padding;
    return good;
}
