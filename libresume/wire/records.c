/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records. The first walk looks at headers only, so that nothing is copied before all is there,
 * and then once.
 */
#include "wire/records.h"

#include "base/bytes.h"
#include "wire/hello.h"

#define HANDSHAKE 22
#define MAJOR     3

/* What is known of the message so far. */
struct progress {
    uint8_t header[RSM_MESSAGE_HEADER]; /* zeros where nothing came yet */
    size_t header_len;
    size_t len; /* bytes of it in whole records */
};

/* As many bytes of a record's header as there are. */
static resume_fault check_record(const uint8_t *record, size_t len) {
    if (len > 0 && record[0] != HANDSHAKE) {
        return RESUME_FAULT_RECORD_TYPE;
    }
    if (len > 1 && record[1] != MAJOR) {
        return RESUME_FAULT_RECORD_VERSION;
    }
    if (len > 3 &&
        (record[3] > RSM_RECORD_MAX >> 8 || (len > 4 && rsm_get16(record + 3) > RSM_RECORD_MAX))) {
        return RESUME_FAULT_RECORD_LENGTH;
    }
    return len > 4 && !rsm_get16(record + 3) ? RESUME_FAULT_RECORD_EMPTY : RESUME_FAULT_NONE;
}

static size_t total_of(const struct progress *progress) {
    return RSM_MESSAGE_HEADER + ((size_t)progress->header[1] << 16) +
           rsm_get16(progress->header + 2);
}

/* The message's header, of which this fragment may hold a part. */
static resume_fault check_message(struct progress *progress, const uint8_t *fragment, size_t there,
                                  uint8_t type, size_t message_max) {
    for (size_t i = 0; i < there && progress->header_len < RSM_MESSAGE_HEADER; i++) {
        progress->header[progress->header_len++] = fragment[i];
    }
    if (progress->header_len && progress->header[0] != type) {
        return RESUME_FAULT_MESSAGE_TYPE;
    }
    return total_of(progress) > message_max ? RESUME_FAULT_MESSAGE_LENGTH : RESUME_FAULT_NONE;
}

static resume_status broken(resume_fault fault, resume_fault *ret_fault) {
    *ret_fault = fault;
    return RESUME_MALFORMED;
}

resume_status rsm_records_scan(const uint8_t *data, size_t data_len, uint8_t type,
                               size_t message_max, struct rsm_records *ret_records,
                               resume_fault *ret_fault) {
    struct progress progress = {0};
    const uint8_t *at = data;
    for (size_t left = data_len, count = 1;; count++) {
        resume_fault fault = check_record(at, left);
        if (fault || left < RSM_RECORD_HEADER) {
            return fault ? broken(fault, ret_fault) : RESUME_MORE;
        }
        size_t len = rsm_get16(at + 3);
        at += RSM_RECORD_HEADER;
        left -= RSM_RECORD_HEADER;
        fault = check_message(&progress, at, left < len ? left : len, type, message_max);
        if (fault) {
            return broken(fault, ret_fault);
        }
        bool known = progress.header_len == RSM_MESSAGE_HEADER;
        progress.len += len;
        if (known && progress.len > total_of(&progress)) {
            return broken(RESUME_FAULT_RECORD_BOUNDARY, ret_fault);
        }
        if (left < len) {
            return RESUME_MORE;
        }
        at += len;
        left -= len;
        if (known && progress.len == total_of(&progress)) {
            *ret_records = (struct rsm_records){progress.len, data_len - left, count};
            return RESUME_OK;
        }
    }
}

void rsm_records_gather(const uint8_t *data, const struct rsm_records *records, uint8_t *out) {
    const uint8_t *at = data;
    for (size_t i = 0; i < records->count; i++) {
        size_t len = rsm_get16(at + 3);
        memcpy(out, at + RSM_RECORD_HEADER, len);
        out += len;
        at += RSM_RECORD_HEADER + len;
    }
}
