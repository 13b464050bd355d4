/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_server_hello and the two server messages of TLS 1.2 that resumption shapes: ServerHello
 * with the echoed session ID, the empty session_ticket extension and extended_master_secret, and
 * NewSessionTicket. Pure: bytes in, bytes out. Not a TLS stack, and not the decision what to
 * send: that is the verdict of resume_server_offer().
 *
 * Messages are handshake messages with their four bytes of header, without record headers.
 *
 * Threads and forks: the functions keep no state; a parsed ServerHello has one owner at a time.
 */
#ifndef RESUME_HANDSHAKE_H
#define RESUME_HANDSHAKE_H

#ifndef RESUME_FFI
#include <resume/hello.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_server_hello resume_server_hello;

/**
 * Writes a TLS 1.2 ServerHello (RFC 5246 section 7.4.1.3) with compression null.
 *
 * @param random 32 bytes (RESUME_HELLO_RANDOM_SIZE), fresh for each connection.
 * @param session_id the one of the verdict; may be NULL if session_id_len is 0.
 * @param session_id_len 0 to 32 bytes.
 * @param cipher_suite IANA number; of a resumed session the session's.
 * @param extended_master_secret whether to answer with that extension (RFC 7627 section 5.1).
 * @param session_ticket whether a NewSessionTicket will follow (RFC 5077 section 3.2).
 * @param extensions whole extensions of the caller, each type, length, data, such as
 *        renegotiation_info or ALPN, put after the two; may be NULL if extensions_len is 0.
 * @param extensions_len their bytes; their frame is checked, that none of them is one of the two
 *        above or comes twice, nor is supported_versions (RFC 8446 section 4.2.1).
 * @param buf receives the message; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return RESUME_OK, RESUME_TOO_LARGE (extensions over 2^16-1 bytes in all), RESUME_E_BUFFER,
 *         RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_server_hello_write(
    const uint8_t *random, const uint8_t *session_id, size_t session_id_len, uint16_t cipher_suite,
    bool extended_master_secret, bool session_ticket, const uint8_t *extensions,
    size_t extensions_len, uint8_t *buf, size_t buf_cap, size_t *ret_len);

/**
 * Makes an empty ServerHello, to parse into.
 *
 * @param ret_server_hello receives it; drop it with resume_server_hello_unref().
 * @return RESUME_OK, RESUME_E_INVALID (NULL), RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_hello_new(resume_server_hello **ret_server_hello);

/**
 * Adds a reference.
 *
 * @param server_hello the ServerHello; NULL gives NULL.
 * @return server_hello.
 * @since 0.1
 */
RESUME_API resume_server_hello *resume_server_hello_ref(resume_server_hello *server_hello);

/**
 * Drops a reference; the last one frees it, not the bytes that it points into.
 *
 * @param server_hello the ServerHello, or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_server_hello *resume_server_hello_unref(resume_server_hello *server_hello);

/**
 * Parses a ServerHello handshake message: type 2, length 3, body. Extensions other than
 * extended_master_secret, session_ticket and supported_versions are checked for their frame, and
 * that none comes twice; whether the client offered them only the client knows.
 *
 * @param server_hello what it held is gone.
 * @param data hostile bytes, borrowed: they must stay until the next parse or the last unref.
 * @param data_len the length of the whole message, header included.
 * @return RESUME_OK, RESUME_MALFORMED (see resume_server_hello_fault()), RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_server_hello_parse(resume_server_hello *server_hello, const uint8_t *data, size_t data_len);

/**
 * What was wrong with the last message.
 *
 * @param server_hello the ServerHello; NULL gives RESUME_FAULT_NONE.
 * @return a resume_fault; resume_fault_alert() has the alert for it.
 * @since 0.1
 */
RESUME_API resume_fault resume_server_hello_fault(const resume_server_hello *server_hello);

/**
 * The version that the server chose: supported_versions if it is there (RFC 8446 section 4.2.1),
 * else server_version.
 *
 * @param server_hello the ServerHello; NULL or an empty one gives 0.
 * @return for instance 0x0303.
 * @since 0.1
 */
RESUME_API uint16_t resume_server_hello_version(const resume_server_hello *server_hello);

/**
 * The server's random.
 *
 * @param server_hello the ServerHello; NULL or an empty one gives NULL.
 * @return RESUME_HELLO_RANDOM_SIZE bytes, borrowed from the parsed bytes.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_server_hello_random(const resume_server_hello *server_hello);

/**
 * The session ID. If it equals the one that the client sent and that is not empty, the server
 * resumes (RFC 5246 section 7.4.1.3, RFC 5077 section 3.4).
 *
 * @param server_hello the ServerHello; NULL or an empty one gives NULL.
 * @param ret_len receives the length, 0 to 32; may be NULL.
 * @return borrowed from the parsed bytes; not NULL for a parsed message, also if empty.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_server_hello_session_id(const resume_server_hello *server_hello,
                                                         size_t *ret_len);

/**
 * The cipher suite; of a resumed session it must be the session's.
 *
 * @param server_hello the ServerHello; NULL or an empty one gives 0.
 * @return IANA number.
 * @since 0.1
 */
RESUME_API uint16_t resume_server_hello_cipher_suite(const resume_server_hello *server_hello);

/**
 * The compression method.
 *
 * @param server_hello the ServerHello; NULL or an empty one gives 0.
 * @return IANA number, 0 for null.
 * @since 0.1
 */
RESUME_API uint8_t resume_server_hello_compression(const resume_server_hello *server_hello);

/**
 * Says whether the extended_master_secret extension is there. A client whose session differs in
 * that must abort (RFC 7627 section 5.3, I-117).
 *
 * @param server_hello the ServerHello; NULL or an empty one gives false.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_server_hello_extended_master_secret(const resume_server_hello *server_hello);

/**
 * Says whether the (empty) session_ticket extension is there: a NewSessionTicket follows (RFC 5077
 * section 3.3).
 *
 * @param server_hello the ServerHello; NULL or an empty one gives false.
 * @return true or false.
 * @since 0.1
 */
RESUME_API bool resume_server_hello_session_ticket(const resume_server_hello *server_hello);

/**
 * The data of an extension of any type, as the server sent it.
 *
 * @param server_hello the ServerHello; NULL or an empty one gives NULL.
 * @param extension IANA number of the extension.
 * @param ret_len receives the length; may be NULL.
 * @return borrowed from the parsed bytes; NULL if absent, not NULL if there and empty.
 * @since 0.1
 */
RESUME_API const uint8_t *resume_server_hello_extension(const resume_server_hello *server_hello,
                                                        uint16_t extension, size_t *ret_len);

/**
 * Writes a TLS 1.2 NewSessionTicket (RFC 5077 section 3.3).
 *
 * @param lifetime_hint seconds; 0 means unspecified, see resume_verdict_lifetime_hint().
 * @param ticket the ticket; may be NULL if ticket_len is 0: the server changed its mind after
 *        ServerHello.
 * @param ticket_len 0 to 65535 bytes.
 * @param buf receives the message; NULL with buf_cap 0 asks for the length.
 * @param buf_cap its capacity.
 * @param ret_len receives the length, also with RESUME_E_BUFFER.
 * @return RESUME_OK, RESUME_TOO_LARGE (ticket), RESUME_E_BUFFER, RESUME_E_INVALID.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_new_session_ticket_write(uint32_t lifetime_hint, const uint8_t *ticket, size_t ticket_len,
                                uint8_t *buf, size_t buf_cap, size_t *ret_len);

/**
 * Parses a TLS 1.2 NewSessionTicket.
 *
 * @param data hostile bytes: a handshake message of type 4.
 * @param data_len the length of the whole message, header included.
 * @param ret_lifetime_hint receives seconds; 0 means unspecified.
 * @param ret_ticket receives the ticket, borrowed from data.
 * @param ret_ticket_len receives its length; 0: no ticket after all, and the old one stays good.
 * @param ret_fault receives what is wrong, RESUME_FAULT_NONE if nothing is; may be NULL.
 * @return RESUME_OK, RESUME_MALFORMED, RESUME_E_INVALID (NULL).
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_new_session_ticket_parse(
    const uint8_t *data, size_t data_len, uint32_t *ret_lifetime_hint, const uint8_t **ret_ticket,
    size_t *ret_ticket_len, resume_fault *ret_fault);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_HANDSHAKE_H */
