/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of DER (ITU-T X.690) as OpenSSL's session format needs: definite lengths up to 16 MiB,
 * one-byte tags, small integers, octet strings. Not an ASN.1 library.
 */
#ifndef RSM_WIRE_DER_H
#define RSM_WIRE_DER_H

#include "base/buffer.h"
#include "base/bytes.h"

#define RSM_DER_INTEGER      0x02U
#define RSM_DER_OCTET_STRING 0x04U
#define RSM_DER_SEQUENCE     0x30U
#define RSM_DER_EXPLICIT(n)  (0xA0U | (n))
#define RSM_DER_IMPLICIT(n)  (0x80U | (n))

struct rsm_der {
    uint8_t tag;
    const uint8_t *data; /* the contents */
    size_t len;
};

/* Takes the next element. False, with the reader bad, if the bytes make none. */
bool rsm_der_take(struct rsm_reader *reader, struct rsm_der *ret_element);

/* An INTEGER of at most 63 bits and minimal length; false if it is negative or anything else. */
bool rsm_der_number(const struct rsm_der *element, uint64_t *ret_number);

/* The one element inside an explicit tag; false if there is more or less than one, or if its tag
 * is another. */
bool rsm_der_inner(const struct rsm_der *element, unsigned tag, struct rsm_der *ret_inner);

/* Appends tag, length and contents. */
void rsm_der_put(struct rsm_buffer *out, unsigned tag, const uint8_t *data, size_t len);
/* Appends an INTEGER, optionally inside an explicit tag (0: none). */
void rsm_der_put_number(struct rsm_buffer *out, unsigned explicit_tag, uint64_t number);
/* Appends an element inside an explicit tag. */
void rsm_der_put_explicit(struct rsm_buffer *out, unsigned explicit_tag, unsigned tag,
                          const uint8_t *data, size_t len);
/* How many bytes an element with contents of this length takes. */
size_t rsm_der_size(size_t len);

#endif
