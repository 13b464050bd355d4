/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons of words, against the plain loops that they replace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/match.h"

static uint64_t next(uint64_t *seed) {
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (*seed ^ *seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ z >> 31;
}

static uint32_t matches(const uint16_t tags[8], uint16_t tag) {
    uint32_t found = 0;
    for (unsigned i = 0; i < 8; i++) {
        found |= (uint32_t)(tags[i] == tag) << 2 * i;
    }
    return found;
}

static void check_tags(const uint16_t tags[8], uint16_t tag) {
    _Atomic uint64_t words[2];
    for (unsigned i = 0; i < 2; i++) {
        uint64_t word = 0;
        for (unsigned lane = 0; lane < 4; lane++) {
            word |= (uint64_t)tags[4 * i + lane] << 16 * lane;
        }
        atomic_init(&words[i], word);
    }
    assert_int_equal(rsm_match8(words, tag), matches(tags, tag));
}

/* Tags of few values, so that many are equal, and neighbours that a borrow could run into. */
static void test_tags(void **state) {
    static const uint16_t some[] = {0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x0100, 0x00FF};
    uint64_t seed = 1;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint16_t tags[8];
        for (unsigned i = 0; i < 8; i++) {
            tags[i] = some[next(&seed) % 8];
        }
        check_tags(tags, some[round % 8]);
    }
}

static void test_every_tag(void **state) {
    (void)state;
    for (uint32_t tag = 0; tag <= UINT16_MAX; tag++) {
        uint16_t tags[8] = {0};
        tags[tag % 8] = (uint16_t)tag;
        check_tags(tags, (uint16_t)tag);
        check_tags(tags, (uint16_t)(tag + 1U));
    }
}

/* Each of the 256 bits counts, wherever the bytes lie. */
static void test_bytes(void **state) {
    _Atomic uint64_t words[4];
    uint8_t room[48];
    uint64_t seed = 2;
    (void)state;
    for (unsigned shift = 0; shift < 16; shift++) {
        uint8_t *bytes = room + shift;
        for (unsigned i = 0; i < 4; i++) {
            uint64_t word = next(&seed);
            atomic_init(&words[i], word);
            memcpy(bytes + 8U * i, &word, 8);
        }
        assert_true(rsm_match32(words, bytes));
        for (unsigned bit = 0; bit < 256; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(rsm_match32(words, bytes));
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_every_tag),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
