/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_hello: a parsed ClientHello (RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2), as far as
 * resumption needs it. It points into the caller's bytes; only a message that is split over
 * records is put together in memory of its own. Not a TLS stack: it negotiates nothing and answers
 * nothing; resume_server_offer() in server.h decides by it, handshake.h writes the answer.
 *
 * Hostile bytes give RESUME_MALFORMED, a fault with a name and the alert to send, never a crash.
 * The limits are those of the RFCs.
 *
 * Threads and forks: one owner at a time; plain memory. It may be used for one message after
 * another. A ClientHello holds no secret but what a 0-RTT client chose to show, nothing is wiped.
 */
#ifndef RESUME_HELLO_H
#define RESUME_HELLO_H

#ifndef RESUME_FFI
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_hello resume_hello;

/** What is wrong with a message. */
typedef int32_t resume_fault;

enum {
    RESUME_FAULT_NONE = 0,
    RESUME_FAULT_TRUNCATED = 1,      /* it ends inside a field */
    RESUME_FAULT_TRAILING = 2,       /* bytes after its last field, or after the message */
    RESUME_FAULT_RECORD_TYPE = 3,    /* not a handshake record, also among those of one message */
    RESUME_FAULT_RECORD_VERSION = 4, /* major version other than 3 */
    RESUME_FAULT_RECORD_LENGTH = 5,  /* over 2^14 bytes */
    RESUME_FAULT_MESSAGE_TYPE = 6,   /* another handshake message */
    RESUME_FAULT_MESSAGE_LENGTH = 7, /* longer than its fields can be */
    RESUME_FAULT_SESSION_ID = 8,     /* over 32 bytes (I-38) */
    RESUME_FAULT_CIPHER_SUITES = 9,  /* none, or an odd number of bytes */
    RESUME_FAULT_COMPRESSION = 10,   /* none, or without null */
    RESUME_FAULT_EXTENSIONS = 11,    /* what is in the list does not fill it */
    RESUME_FAULT_DUPLICATE_EXTENSION = 12,
    RESUME_FAULT_SERVER_NAME = 13,            /* RFC 6066 section 3 */
    RESUME_FAULT_EXTENDED_MASTER_SECRET = 14, /* not empty (RFC 7627 section 5.1) */
    RESUME_FAULT_ALPN = 15,                   /* RFC 7301 section 3.1 */
    RESUME_FAULT_SUPPORTED_VERSIONS = 16,     /* malformed (RFC 8446 section 4.2.1) */
    RESUME_FAULT_PRE_SHARED_KEY = 17,         /* malformed (RFC 8446 section 4.2.11) */
    RESUME_FAULT_PRE_SHARED_KEY_NOT_LAST = 18,
    RESUME_FAULT_PSK_KEY_EXCHANGE_MODES = 19, /* malformed (RFC 8446 section 4.2.9) */
    RESUME_FAULT_EARLY_DATA = 20,             /* not empty (RFC 8446 section 4.2.10) */
    RESUME_FAULT_SESSION_TICKET = 21,    /* in a ServerHello: not empty (RFC 5077 section 3.2) */
    RESUME_FAULT_TICKET_LENGTH = 22,     /* in a NewSessionTicket: not the bytes that are there */
    RESUME_FAULT_RECORD_EMPTY = 23,      /* forbidden for handshakes (RFC 8446 section 5.1) */
    RESUME_FAULT_RECORD_BOUNDARY = 24,   /* more behind the message in its last record (ibid.) */
    RESUME_FAULT_MISSING_EXTENSION = 25, /* pre_shared_key without psk_key_exchange_modes, or
                                            early_data without pre_shared_key */
    RESUME_FAULT_SELECTED_VERSION = 26,  /* in a ServerHello: supported_versions below TLS 1.3 */
    RESUME_FAULT_COUNT = 27              /* grows with later versions */
};

/** Sizes of a hello's fields. */
enum {
    RESUME_HELLO_RANDOM_SIZE = 32,
    RESUME_SESSION_ID_MAX = 32,
    /* Every field of a ClientHello at its longest: header 4, version 2, random 32, session ID
     * 1 + 32, cipher suites 2 + (2^16 - 2), compression methods 1 + 255, extensions
     * 2 + (2^16 - 1). */
    RESUME_HELLO_SIZE_MAX = 131400
};

/** Key exchange modes (RFC 8446 section 4.2.9) as bits. */
enum { RESUME_PSK_KE = 1, RESUME_PSK_DHE_KE = 2 };

/**
 * Names a fault.
 *
 * @param fault a resume_fault.
 * @return a static name in snake_case, such as "duplicate_extension"; "none" for
 *         RESUME_FAULT_NONE, "unknown" for a value that this version does not know.
 * @since 0.1
 */
RESUME_API const char *resume_fault_name(resume_fault fault);

/**
 * The alert that a TLS stack sends for a fault (RFC 5246 section 7.2, RFC 8446 section 6).
 *
 * @param fault a resume_fault.
 * @return an AlertDescription: 10 unexpected_message, 22 record_overflow, 47 illegal_parameter,
 *         50 decode_error, 70 protocol_version, 109 missing_extension; 0 for RESUME_FAULT_NONE,
 *         80 internal_error for an unknown value.
 * @since 0.1
 */
RESUME_API int32_t resume_fault_alert(resume_fault fault);

/**
 * Makes an empty hello.
 *
 * @param ret_hello receives it; drop it with resume_hello_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_hello_new(resume_hello **ret_hello);

/**
 * Adds a reference.
 *
 * @param hello the hello; NULL gives NULL.
 * @return hello.
 * @since 0.1
 */
RESUME_API resume_hello *resume_hello_ref(resume_hello *hello);

/**
 * Drops a reference; the last one frees the hello, not the bytes that it points into.
 *
 * @param hello the hello, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_hello *resume_hello_unref(resume_hello *hello);

/**
 * Parses a ClientHello handshake message: type 1, length 3, body (RFC 5246 section 7.4).
 *
 * Extensions that the calls below do not know are checked for their frame, and that none comes
 * twice. A hello without extensions is well formed (RFC 5246 section 7.4.1.2). pre_shared_key,
 * psk_key_exchange_modes and early_data have a meaning only where TLS 1.3 (0x0304) is among
 * supported_versions; otherwise they are unknown extensions.
 *
 * @param hello the hello; what it held is gone.
 * @param data hostile bytes, borrowed: they must stay until the next parse or the last unref.
 * @param data_len the length of the whole message, header included.
 * @return RESUME_OK, RESUME_MALFORMED (see resume_hello_fault(); the hello is then empty),
 *         RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_hello_parse(resume_hello *hello,
                                                            const uint8_t *data, size_t data_len);

/**
 * Parses a ClientHello out of TLS records as they come from the wire (RFC 5246 section 6.2.1), also
 * one that is split over several; it must be the only message in them.
 *
 * Record headers and the message's header are judged as soon as they are there, its fields when
 * all of it is. Each call begins at the first record, so read what there is before calling again.
 * A hello in SSLv2 format (RFC 5246 section E.2) is RESUME_FAULT_RECORD_TYPE.
 *
 * @param hello the hello; what it held is gone.
 * @param data hostile bytes from the first record on, borrowed as in resume_hello_parse().
 * @param data_len how many there are so far.
 * @param ret_used receives the number of bytes of the records that hold the message, with
 *        RESUME_OK only; what follows is the client's next flight, such as early data.
 * @return RESUME_OK; RESUME_MORE (all well so far: call again with all the bytes and more);
 *         RESUME_MALFORMED (see resume_hello_fault(), as soon as it is certain); RESUME_E_INVALID
 *         (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_hello_parse_records(resume_hello *hello,
                                                                    const uint8_t *data,
                                                                    size_t data_len,
                                                                    size_t *ret_used);

/**
 * What was wrong with the last message.
 *
 * @param hello the hello; NULL gives RESUME_FAULT_NONE.
 * @return a resume_fault; RESUME_FAULT_NONE if it was well formed or there was none.
 * @since 0.1
 */
RESUME_API resume_fault resume_hello_fault(const resume_hello *hello);

/**
 * The handshake message with its header, without record headers, for the transcript hash.
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length, 0 with NULL; may be NULL.
 * @return borrowed, valid until the next parse or the last unref.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_message(const resume_hello *hello, size_t *ret_len);

/**
 * The field client_version, which TLS 1.3 calls legacy_version.
 *
 * @param hello the hello; NULL or an empty one gives 0.
 * @return for instance 0x0303.
 * @since 0.1
 */
RESUME_API uint16_t resume_hello_version(const resume_hello *hello);

/**
 * Says whether the client offers a version: by supported_versions if it is there (RFC 8446 section
 * 4.2.1), else whether client_version is at least that and that at most TLS 1.2.
 *
 * @param hello the hello; NULL or an empty one gives false.
 * @param version 0x0303 for TLS 1.2, 0x0304 for TLS 1.3, or any other; below 0x0300 nothing is
 *        offered by client_version.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_hello_offers_version(const resume_hello *hello, uint16_t version);

/**
 * The client's random.
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @return RESUME_HELLO_RANDOM_SIZE bytes, borrowed as in resume_hello_message().
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_random(const resume_hello *hello);

/**
 * The session ID that the client offers, or made up to recognize an accepted ticket (RFC 5077
 * section 3.4), or for middleboxes (RFC 8446 section D.4).
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length, 0 to 32; may be NULL.
 * @return borrowed as in resume_hello_message(); not NULL for a parsed hello, also if empty.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_session_id(const resume_hello *hello, size_t *ret_len);

/**
 * The cipher suites, two bytes each, big-endian, in the client's order.
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length in bytes, even, at least 2; may be NULL.
 * @return borrowed as in resume_hello_message().
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_cipher_suites(const resume_hello *hello, size_t *ret_len);

/**
 * Says whether the client offers a cipher suite.
 *
 * @param hello the hello; NULL or an empty one gives false.
 * @param cipher_suite IANA number, also of a signal such as 0x00FF (RFC 5746 section 3.3).
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_hello_offers_cipher_suite(const resume_hello *hello, uint16_t cipher_suite);

/**
 * The compression methods, one byte each; null (0) is among them.
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length, 1 to 255; may be NULL.
 * @return borrowed as in resume_hello_message().
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_compression_methods(const resume_hello *hello,
                                                           size_t *ret_len);

/**
 * The data of an extension of any type, as the client sent it.
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param extension IANA number of the extension.
 * @param ret_len receives the length; may be NULL.
 * @return borrowed as in resume_hello_message(); NULL if the extension is absent, not NULL if it is
 *         there and empty.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_extension(const resume_hello *hello, uint16_t extension,
                                                 size_t *ret_len);

/**
 * The host name of the server_name extension (RFC 6066 section 3).
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length, 1 to 255, 0 with NULL; may be NULL.
 * @return printable ASCII without a NUL, borrowed as in resume_hello_message(); NULL if absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_server_name(const resume_hello *hello, size_t *ret_len);

/**
 * The ticket of the session_ticket extension (RFC 5077 section 3.2).
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length; 0 if the client has no ticket and would take one, and with
 *        NULL; may be NULL.
 * @return borrowed as in resume_hello_message(); NULL if the extension is absent: the client then
 *         must not be sent a ticket (RFC 5077 section 3.2).
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_session_ticket(const resume_hello *hello, size_t *ret_len);

/**
 * Says whether the extended_master_secret extension is there (RFC 7627 section 5.1).
 *
 * @param hello the hello; NULL or an empty one gives false.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_hello_extended_master_secret(const resume_hello *hello);

/**
 * The application protocols that the client offers (RFC 7301 section 3.1).
 *
 * @param hello the hello; NULL or an empty one gives NULL.
 * @param ret_len receives the length in bytes, 0 with NULL; may be NULL.
 * @return names, each with its length in one byte before it, borrowed as in
 *         resume_hello_message(); NULL if the extension is absent.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_hello_alpn(const resume_hello *hello, size_t *ret_len);

/**
 * How many PSK identities the client offers (RFC 8446 section 4.2.11).
 *
 * @param hello the hello; NULL or an empty one gives 0.
 * @return 0 without the extension, and if TLS 1.3 is not offered. Try few of them (I-143).
 * @since 0.1
 */
RESUME_API size_t resume_hello_psk_count(const resume_hello *hello);

/**
 * One PSK identity with its binder.
 *
 * @param hello the hello.
 * @param index 0 to resume_hello_psk_count() - 1; finding it takes time in proportion.
 * @param ret_identity receives the identity, which is the ticket; borrowed as in
 *        resume_hello_message().
 * @param ret_identity_len receives its length, 1 to 65535.
 * @param ret_obfuscated_ticket_age receives milliseconds plus ticket_age_add, modulo 2^32.
 * @param ret_binder receives the binder, borrowed.
 * @param ret_binder_len receives its length, 32 to 255.
 * @return RESUME_OK, RESUME_MISS (no such index), RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_hello_psk(
    const resume_hello *hello, size_t index, const uint8_t **ret_identity, size_t *ret_identity_len,
    uint32_t *ret_obfuscated_ticket_age, const uint8_t **ret_binder, size_t *ret_binder_len);

/**
 * How many bytes of resume_hello_message() the binders are computed over (RFC 8446 section
 * 4.2.11.2): all before the list of binders.
 *
 * @param hello the hello; NULL, or one whose PSK count is 0, gives 0.
 * @return bytes.
 * @since 0.1
 */
RESUME_API size_t resume_hello_truncated_size(const resume_hello *hello);

/**
 * The key exchange modes that the client allows for PSKs (RFC 8446 section 4.2.9).
 *
 * @param hello the hello; NULL or an empty one gives 0.
 * @return RESUME_PSK_KE and RESUME_PSK_DHE_KE, or-ed; 0 if the extension is absent or names
 *         neither, and if TLS 1.3 is not offered.
 * @since 0.1
 */
RESUME_API uint32_t resume_hello_psk_modes(const resume_hello *hello);

/**
 * Says whether the client sends early data (RFC 8446 section 4.2.10).
 *
 * @param hello the hello; NULL or an empty one gives false.
 * @return true or false; false if TLS 1.3 is not offered.
 * @since 0.1
 */
RESUME_API bool resume_hello_early_data(const resume_hello *hello);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_HELLO_H */
