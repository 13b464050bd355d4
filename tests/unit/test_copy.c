/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of every length to every alignment: the bytes are those of the words in memory, and
 * nothing beside the target changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/copy.h"

enum { MOST = 600, MARGIN = 16 };

static void fill(_Atomic uint64_t *words, uint8_t *bytes) {
    for (size_t i = 0; i < MOST; i++) {
        bytes[i] = (uint8_t)(i * 7U + i / 256U + 1U);
    }
    for (size_t i = 0; i < MOST / 8; i++) {
        uint64_t word;
        memcpy(&word, bytes + 8 * i, 8);
        atomic_store(&words[i], word);
    }
}

static void check(_Atomic uint64_t *words, const uint8_t *bytes, size_t len, size_t shift) {
    uint8_t out[MARGIN + 16 + MOST + MARGIN];
    uint8_t untouched[sizeof out];
    memset(out, 0xA5, sizeof out);
    memset(untouched, 0xA5, sizeof untouched);
    uint8_t *to = out + MARGIN + shift;
    rsm_copy_out(words, to, len);
    assert_memory_equal(to, bytes, len);
    assert_memory_equal(out, untouched, MARGIN + shift);
    assert_memory_equal(to + len, untouched, (size_t)(out + sizeof out - (to + len)));
}

static void test_every_length(void **state) {
    static _Alignas(64) _Atomic uint64_t words[MOST / 8];
    static uint8_t bytes[MOST];
    (void)state;
    fill(words, bytes);
    for (size_t len = 0; len <= MOST; len++) {
        for (size_t shift = 0; shift < 16; shift++) {
            check(words, bytes, len, shift);
        }
    }
}

/* A record's words begin at any border of eight bytes. */
static void test_from_any_word(void **state) {
    static _Alignas(64) _Atomic uint64_t words[MOST / 8];
    static uint8_t bytes[MOST];
    (void)state;
    fill(words, bytes);
    for (size_t first = 0; first < 8; first++) {
        for (size_t len = 0; len <= 300; len++) {
            check(words + first, bytes + 8 * first, len, 3);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_from_any_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
