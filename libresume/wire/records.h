/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One handshake message out of TLS records (RFC 5246 section 6.2.1, RFC 8446 section 5.1): where it
 * ends, and its bytes in one piece. Plain records only, before any key. Keeps nothing, allocates
 * nothing.
 */
#ifndef RSM_WIRE_RECORDS_H
#define RSM_WIRE_RECORDS_H

#include <resume/hello.h>

#define RSM_RECORD_HEADER 5U
#define RSM_RECORD_MAX    16384U

struct rsm_records {
    size_t message_len; /* header included */
    size_t used;        /* bytes of all records that hold it */
    size_t count;       /* of records; 1: the message stands in one piece behind their header */
};

/* Finds the end of a message of this type and of at most message_max bytes. RESUME_OK, RESUME_MORE,
 * or RESUME_MALFORMED with a fault as soon as a header shows it. */
resume_status rsm_records_scan(const uint8_t *data, size_t data_len, uint8_t type,
                               size_t message_max, struct rsm_records *ret_records,
                               resume_fault *ret_fault);

/* Copies the message together, message_len bytes; for what was scanned with RESUME_OK. */
void rsm_records_gather(const uint8_t *data, const struct rsm_records *records, uint8_t *out);

#endif
