/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle of a parsed ClientHello, and what faults are called. Parsing is in wire/hello.c and
 * wire/records.c.
 */
#include <resume/hello.h>

#include "base/alloc.h"
#include "base/ref.h"
#include "wire/hello.h"
#include "wire/records.h"

#define SSL30 0x0300 /* the first version that has this message */
#define TLS12 0x0303

#define ALERT_UNEXPECTED_MESSAGE 10
#define ALERT_RECORD_OVERFLOW    22
#define ALERT_ILLEGAL_PARAMETER  47
#define ALERT_DECODE_ERROR       50
#define ALERT_PROTOCOL_VERSION   70
#define ALERT_INTERNAL_ERROR     80
#define ALERT_MISSING_EXTENSION  109

struct resume_hello {
    struct rsm_ref ref;
    resume_fault fault;
    struct rsm_hello parsed; /* all zero: empty */
    uint8_t *joined;         /* a message that came in several records, or NULL */
};

static const struct {
    const char *name;
    int32_t alert;
} faults[RESUME_FAULT_COUNT] = {
    [RESUME_FAULT_NONE] = {"none", 0},
    [RESUME_FAULT_TRUNCATED] = {"truncated", ALERT_DECODE_ERROR},
    [RESUME_FAULT_TRAILING] = {"trailing", ALERT_DECODE_ERROR},
    [RESUME_FAULT_RECORD_TYPE] = {"record_type", ALERT_UNEXPECTED_MESSAGE},
    [RESUME_FAULT_RECORD_VERSION] = {"record_version", ALERT_PROTOCOL_VERSION},
    [RESUME_FAULT_RECORD_LENGTH] = {"record_length", ALERT_RECORD_OVERFLOW},
    [RESUME_FAULT_MESSAGE_TYPE] = {"message_type", ALERT_UNEXPECTED_MESSAGE},
    [RESUME_FAULT_MESSAGE_LENGTH] = {"message_length", ALERT_DECODE_ERROR},
    [RESUME_FAULT_SESSION_ID] = {"session_id", ALERT_DECODE_ERROR},
    [RESUME_FAULT_CIPHER_SUITES] = {"cipher_suites", ALERT_DECODE_ERROR},
    [RESUME_FAULT_COMPRESSION] = {"compression", ALERT_ILLEGAL_PARAMETER},
    [RESUME_FAULT_EXTENSIONS] = {"extensions", ALERT_DECODE_ERROR},
    [RESUME_FAULT_DUPLICATE_EXTENSION] = {"duplicate_extension", ALERT_ILLEGAL_PARAMETER},
    [RESUME_FAULT_SERVER_NAME] = {"server_name", ALERT_DECODE_ERROR},
    [RESUME_FAULT_EXTENDED_MASTER_SECRET] = {"extended_master_secret", ALERT_DECODE_ERROR},
    [RESUME_FAULT_ALPN] = {"alpn", ALERT_DECODE_ERROR},
    [RESUME_FAULT_SUPPORTED_VERSIONS] = {"supported_versions", ALERT_DECODE_ERROR},
    [RESUME_FAULT_PRE_SHARED_KEY] = {"pre_shared_key", ALERT_DECODE_ERROR},
    [RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST] = {"pre_shared_key_not_last", ALERT_ILLEGAL_PARAMETER},
    [RESUME_FAULT_PSK_KEY_EXCHANGE_MODES] = {"psk_key_exchange_modes", ALERT_DECODE_ERROR},
    [RESUME_FAULT_EARLY_DATA] = {"early_data", ALERT_DECODE_ERROR},
    [RESUME_FAULT_SESSION_TICKET] = {"session_ticket", ALERT_DECODE_ERROR},
    [RESUME_FAULT_TICKET_LENGTH] = {"ticket_length", ALERT_DECODE_ERROR},
    [RESUME_FAULT_RECORD_EMPTY] = {"record_empty", ALERT_UNEXPECTED_MESSAGE},
    [RESUME_FAULT_RECORD_BOUNDARY] = {"record_boundary", ALERT_UNEXPECTED_MESSAGE},
    [RESUME_FAULT_MISSING_EXTENSION] = {"missing_extension", ALERT_MISSING_EXTENSION},
    [RESUME_FAULT_SELECTED_VERSION] = {"selected_version", ALERT_ILLEGAL_PARAMETER},
};

static bool is_known(resume_fault fault) {
    return fault >= 0 && fault < RESUME_FAULT_COUNT;
}

const char *resume_fault_name(resume_fault fault) {
    return is_known(fault) ? faults[fault].name : "unknown";
}

int32_t resume_fault_alert(resume_fault fault) {
    return is_known(fault) ? faults[fault].alert : ALERT_INTERNAL_ERROR;
}

resume_status resume_hello_new(resume_hello **ret_hello) {
    if (!ret_hello) {
        return RESUME_E_INVALID;
    }
    resume_hello *hello = rsm_calloc(1, sizeof *hello);
    if (!hello) {
        return RESUME_E_NOMEM;
    }
    rsm_ref_init(&hello->ref);
    *ret_hello = hello;
    return RESUME_OK;
}

resume_hello *resume_hello_ref(resume_hello *hello) {
    if (hello) {
        rsm_ref_get(&hello->ref);
    }
    return hello;
}

resume_hello *resume_hello_unref(resume_hello *hello) {
    if (hello && rsm_ref_put(&hello->ref)) {
        rsm_free(hello->joined);
        rsm_free(hello);
    }
    return NULL;
}

static void clear(resume_hello *hello) {
    rsm_free(hello->joined);
    hello->joined = NULL;
    hello->fault = RESUME_FAULT_NONE;
    hello->parsed = (struct rsm_hello){0};
}

static resume_status parse(resume_hello *hello, const uint8_t *data, size_t data_len) {
    hello->fault = rsm_hello_parse(data, data_len, &hello->parsed);
    return hello->fault ? RESUME_MALFORMED : RESUME_OK;
}

resume_status resume_hello_parse(resume_hello *hello, const uint8_t *data, size_t data_len) {
    if (!hello || !data) {
        return RESUME_E_INVALID;
    }
    clear(hello);
    return parse(hello, data, data_len);
}

/* A message in one record stays where it is; one in several needs a place of its own. */
static resume_status parse_joined(resume_hello *hello, const uint8_t *data,
                                  const struct rsm_records *records) {
    if (records->count == 1) {
        return parse(hello, data + RSM_RECORD_HEADER, records->message_len);
    }
    hello->joined = rsm_malloc(records->message_len);
    if (!hello->joined) {
        return RESUME_E_NOMEM;
    }
    rsm_records_gather(data, records, hello->joined);
    return parse(hello, hello->joined, records->message_len);
}

resume_status resume_hello_parse_records(resume_hello *hello, const uint8_t *data, size_t data_len,
                                         size_t *ret_used) {
    if (!hello || !data || !ret_used) {
        return RESUME_E_INVALID;
    }
    clear(hello);
    struct rsm_records records;
    resume_status status = rsm_records_scan(data, data_len, RSM_MESSAGE_CLIENT_HELLO,
                                            RESUME_HELLO_SIZE_MAX, &records, &hello->fault);
    status = status == RESUME_OK ? parse_joined(hello, data, &records) : status;
    if (status == RESUME_OK) {
        *ret_used = records.used;
    }
    return status;
}

resume_fault resume_hello_fault(const resume_hello *hello) {
    return hello ? hello->fault : RESUME_FAULT_NONE;
}

static const uint8_t *give(const struct rsm_slice *slice, size_t *ret_len) {
    if (ret_len) {
        *ret_len = slice ? slice->len : 0;
    }
    return slice ? slice->data : NULL;
}

const uint8_t *resume_hello_message(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.message : NULL, ret_len);
}

uint16_t resume_hello_version(const resume_hello *hello) {
    return hello ? hello->parsed.version : 0;
}

bool resume_hello_offers_version(const resume_hello *hello, uint16_t version) {
    if (!hello) {
        return false;
    }
    if (hello->parsed.versions.data) {
        return rsm_list16_has(hello->parsed.versions, version);
    }
    return version >= SSL30 && version <= TLS12 && hello->parsed.version >= version;
}

const uint8_t *resume_hello_random(const resume_hello *hello) {
    return hello ? hello->parsed.random : NULL;
}

const uint8_t *resume_hello_session_id(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.session_id : NULL, ret_len);
}

const uint8_t *resume_hello_cipher_suites(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.cipher_suites : NULL, ret_len);
}

bool resume_hello_offers_cipher_suite(const resume_hello *hello, uint16_t cipher_suite) {
    return hello && rsm_list16_has(hello->parsed.cipher_suites, cipher_suite);
}

const uint8_t *resume_hello_compression_methods(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.compression_methods : NULL, ret_len);
}

const uint8_t *resume_hello_extension(const resume_hello *hello, uint16_t extension,
                                      size_t *ret_len) {
    struct rsm_slice value = {0};
    if (hello) {
        value = rsm_extensions_find(hello->parsed.extensions, extension);
    }
    return give(&value, ret_len);
}

const uint8_t *resume_hello_server_name(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.server_name : NULL, ret_len);
}

const uint8_t *resume_hello_session_ticket(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.session_ticket : NULL, ret_len);
}

bool resume_hello_extended_master_secret(const resume_hello *hello) {
    return hello && hello->parsed.extended_master_secret;
}

const uint8_t *resume_hello_alpn(const resume_hello *hello, size_t *ret_len) {
    return give(hello ? &hello->parsed.alpn : NULL, ret_len);
}

size_t resume_hello_psk_count(const resume_hello *hello) {
    return hello ? hello->parsed.psks.count : 0;
}

resume_status resume_hello_psk(const resume_hello *hello, size_t index,
                               const uint8_t **ret_identity, size_t *ret_identity_len,
                               uint32_t *ret_obfuscated_ticket_age, const uint8_t **ret_binder,
                               size_t *ret_binder_len) {
    struct rsm_psk psk;
    if (!hello || !ret_identity || !ret_identity_len || !ret_obfuscated_ticket_age || !ret_binder ||
        !ret_binder_len) {
        return RESUME_E_INVALID;
    }
    if (!rsm_psk_nth(&hello->parsed.psks, index, &psk)) {
        return RESUME_MISS;
    }
    *ret_identity = psk.identity.data;
    *ret_identity_len = psk.identity.len;
    *ret_obfuscated_ticket_age = psk.obfuscated_ticket_age;
    *ret_binder = psk.binder.data;
    *ret_binder_len = psk.binder.len;
    return RESUME_OK;
}

size_t resume_hello_truncated_size(const resume_hello *hello) {
    if (!resume_hello_psk_count(hello)) {
        return 0;
    }
    /* The extension is the last, and the binders end it; the two bytes before are their length. */
    return hello->parsed.message.len - hello->parsed.psks.binders.len - 2;
}

uint32_t resume_hello_psk_modes(const resume_hello *hello) {
    return hello ? hello->parsed.psk_modes : 0;
}

bool resume_hello_early_data(const resume_hello *hello) {
    return hello && hello->parsed.early_data;
}
