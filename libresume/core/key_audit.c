/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that refuse weak ticket keys, each with its reason. They run when a key is configured,
 * never in a handshake, so they need not be fast; they may branch on the key, because a key that
 * takes a rare branch is refused and one that is used takes the common one.
 *
 * The list follows what scans found in the field (Hebrok et al., USENIX Security 2023) and
 * CVE-2020-13777.
 */
#include "core/key_audit.h"

#include "base/bytes.h"

/* The chance that 16 or 32 random bytes show so few different values is below 2^-40. */
#define FEW_OF_16 6U
#define FEW_OF_32 16U

static bool is_one_byte(const uint8_t *p, size_t len) {
    for (size_t i = 1; i < len; i++) {
        if (p[i] != p[0]) {
            return false;
        }
    }
    return true;
}

/* Any constant step, so also backwards and 00 11 22 ..; step 0 is is_one_byte(). */
static bool is_counting(const uint8_t *p, size_t len) {
    uint8_t step = (uint8_t)(p[1] - p[0]);
    for (size_t i = 2; i < len; i++) {
        if ((uint8_t)(p[i] - p[i - 1]) != step) {
            return false;
        }
    }
    return true;
}

/* A word over and over: DEADBEEF, CAFEBABE, BAADF00D .., a short password, two equal halves. */
static bool is_repeated(const uint8_t *p, size_t len) {
    for (size_t period = 2; period <= len / 2; period++) {
        if (memcmp(p, p + period, len - period) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_few_values(const uint8_t *p, size_t len) {
    bool seen[256] = {false};
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += !seen[p[i]];
        seen[p[i]] = true;
    }
    return count <= (len >= 32 ? FEW_OF_32 : FEW_OF_16);
}

/* Base64, hex or a password instead of bytes. Of random keys with 16-byte secrets one in two
 * millions looks so and is refused with them; of 32-byte secrets none. */
static bool is_text(const uint8_t *p, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool space = p[i] == '\n' || p[i] == '\r' || p[i] == '\t';
        if (!space && (p[i] < 0x20 || p[i] > 0x7e)) {
            return false;
        }
    }
    return true;
}

/* A short key in a long field: zeros at either end. Fewer of them occur by chance. */
static bool is_padded(const uint8_t *p, size_t len) {
    size_t tail = len >= 32 ? 8 : 6;
    return rsm_is_zero_ct(p + len - tail, tail) || rsm_is_zero_ct(p, tail);
}

/* Keys that stand in standards and in code that people copy. */
static bool is_published(const uint8_t *p, size_t len) {
    static const uint8_t known[][16] = {
        /* FIPS 197 appendix A.1, also SP 800-38A AES-128 */
        {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f,
         0x3c},
        /* FIPS 197 appendix A.2, AES-192 */
        {0x8e, 0x73, 0xb0, 0xf7, 0xda, 0x0e, 0x64, 0x52, 0xc8, 0x10, 0xf3, 0x2b, 0x80, 0x90, 0x79,
         0xe5},
        /* FIPS 197 appendix A.3, also SP 800-38A AES-256 */
        {0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77,
         0x81},
        /* The second half of the same */
        {0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf,
         0xf4},
    };
    for (size_t at = 0; at + 16 <= len; at += 16) {
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (memcmp(p + at, known[i], 16) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Bytes that follow a pattern, in a secret or in a 16-byte half of it: scans found 32-byte keys of
 * sixteen times '1' and then zeros. */
static const char *pattern_of(const uint8_t *p, size_t len) {
    if (is_one_byte(p, len)) {
        return p[0] == 0 ? "all bytes are zero" : "all bytes are equal";
    }
    if (is_counting(p, len)) {
        return "the bytes are a counting sequence";
    }
    if (is_repeated(p, len)) {
        return "the bytes repeat one short word";
    }
    return NULL;
}

static const char *audit_secret(const uint8_t *p, size_t len) {
    const char *reason = pattern_of(p, len);
    for (size_t at = 0; !reason && at < len; at += 16) {
        reason = pattern_of(p + at, 16);
    }
    if (reason) {
        return reason;
    }
    if (is_padded(p, len)) {
        return "a shorter key padded with zeros";
    }
    if (is_published(p, len)) {
        return "an example key from a published standard";
    }
    return has_few_values(p, len) ? "too few different byte values" : NULL;
}

/* True if any aligned 16 bytes of the one stand in the other. */
static bool overlaps(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len) {
    for (size_t i = 0; i < a_len; i += 16) {
        for (size_t j = 0; j < b_len; j += 16) {
            if (memcmp(a + i, b + j, 16) == 0) {
                return true;
            }
        }
    }
    return false;
}

const char *rsm_key_audit(const struct rsm_key_spec *spec) {
    const char *reason = audit_secret(spec->cipher_key, spec->size);
    if (!reason) {
        reason = audit_secret(spec->mac_key, spec->size);
    }
    if (reason) {
        return reason;
    }
    if (is_text(spec->cipher_key, spec->size) || is_text(spec->mac_key, spec->size)) {
        return "printable text instead of random bytes (base64 or hex that was not decoded?)";
    }
    if (overlaps(spec->cipher_key, spec->size, spec->mac_key, spec->size)) {
        return "the AES key and the HMAC key share their bytes";
    }
    if (overlaps(spec->name, RSM_KEY_NAME, spec->cipher_key, spec->size) ||
        overlaps(spec->name, RSM_KEY_NAME, spec->mac_key, spec->size)) {
        return "the name, which travels in clear, is also part of the key";
    }
    return rsm_is_zero_ct(spec->name, RSM_KEY_NAME) ? "the name is all zero, as if never written"
                                                    : NULL;
}

const char *rsm_secret_audit(const uint8_t *secret, size_t len) {
    const char *reason = audit_secret(secret, len / 16 * 16);
    if (!reason && is_text(secret, len)) {
        reason = "printable text instead of random bytes (base64 or hex that was not decoded?)";
    }
    return reason;
}

resume_status resume_key_audit(const uint8_t *key, size_t key_len, const char **ret_reason) {
    if (!key || (key_len != 48 && key_len != 80)) {
        return RESUME_E_INVALID;
    }
    size_t size = (key_len - RSM_KEY_NAME) / 2;
    struct rsm_key_spec spec = {
        .name = key,
        .cipher_key = key + RSM_KEY_NAME,
        .mac_key = key + RSM_KEY_NAME + size,
        .size = size,
    };
    const char *reason = rsm_key_audit(&spec);
    if (ret_reason) {
        *ret_reason = reason ? reason : "";
    }
    return reason ? RESUME_WEAK_KEY : RESUME_OK;
}
