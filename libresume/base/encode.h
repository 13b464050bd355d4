/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hex and base64 (RFC 4648) of secret bytes: no table is indexed and no branch taken by what they
 * are, only by whether they are well formed. Strict: one spelling for each value, no blanks.
 */
#ifndef RSM_BASE_ENCODE_H
#define RSM_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Without a terminating NUL. */
#define RSM_HEX_LEN(len)    (2 * (len))
#define RSM_BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Lower-case digits; out has RSM_HEX_LEN(len) bytes. */
void rsm_hex_encode(const uint8_t *data, size_t len, char *out);

/* Digits of either case into text_len / 2 bytes; false, and rubbish in out, if text is not hex. */
bool rsm_hex_decode(const uint8_t *text, size_t text_len, uint8_t *out);

/* With padding; out has RSM_BASE64_LEN(len) bytes. */
void rsm_base64_encode(const uint8_t *data, size_t len, char *out);

/* Padding is required and the bits behind the last byte are zero. out has text_len / 4 * 3 bytes;
 * false, and rubbish in out, if text is no base64. */
bool rsm_base64_decode(const uint8_t *text, size_t text_len, uint8_t *out, size_t *ret_len);

#endif
