/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume_codec: a session to a ticket and back under a keyring. Not the decision whether the
 * session may resume: that is resume_server_check() in server.h.
 *
 * Three frames, three payloads; any payload goes into any frame:
 *
 *     RESUME_FRAME_RFC5077         name 16 | IV 16 | AES-CBC | HMAC-SHA256 32 over all before it
 *                                  (RFC 5077 section 4 as OpenSSL, nginx, HAProxy have it)
 *     RESUME_FRAME_RFC5077_STRUCT  name 16 | IV 16 | length 2 | AES-CBC | HMAC-SHA256 32 over all
 *                                  before it (RFC 5077 section 4 to the letter)
 *     RESUME_FRAME_AEAD            name 16 | version 1 | nonce 24 | XAES-256-GCM | tag 16; name,
 *                                  version and context are authenticated (both ends are libresume)
 *     RESUME_PAYLOAD_OPENSSL          the DER SSL_SESSION of OpenSSL
 *     RESUME_PAYLOAD_NATIVE           libresume's own format, with all that a session holds
 *     RESUME_PAYLOAD_STATE_PLAINTEXT  RFC 5077's StatePlaintext: TLS 1.2 without extended master
 *                                     secret, server name and context, all else is unsupported
 *
 * Any codec opens what any other process with the same keys and the same settings sealed.
 *
 * Threads: a codec is immutable after it is made; seal and open run in many threads at once without
 * a shared lock. Forks: a codec made before a fork works in the children, no nonce repeats there.
 * Hostile bytes give positive answers only. Signals: no call is async-signal-safe.
 */
#ifndef RESUME_CODEC_H
#define RESUME_CODEC_H

#ifndef RESUME_FFI
#include <resume/keyring.h>
#include <resume/session.h>
#include <resume/status.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct resume_codec resume_codec;
typedef struct resume_codec_options resume_codec_options;

/** What stands around the payload. */
typedef int32_t resume_frame;

enum { RESUME_FRAME_RFC5077 = 1, RESUME_FRAME_AEAD = 2, RESUME_FRAME_RFC5077_STRUCT = 3 };

/** How the session is written inside the frame. */
typedef int32_t resume_payload;

enum { RESUME_PAYLOAD_NATIVE = 1, RESUME_PAYLOAD_OPENSSL = 2, RESUME_PAYLOAD_STATE_PLAINTEXT = 3 };

enum {
    RESUME_TICKET_MAX = 65535 /* bytes of a ticket: the length on the wire has 16 bits */
};

/**
 * Makes options with the defaults: RESUME_FRAME_RFC5077 with RESUME_PAYLOAD_OPENSSL.
 *
 * @param ret_options receives the options; free them with resume_codec_options_unref().
 * @return RESUME_OK, RESUME_E_INVALID or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_codec_options_new(resume_codec_options **ret_options);

/**
 * Frees options. Codecs made from them are not touched.
 *
 * @param options the options or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_codec_options *resume_codec_options_unref(resume_codec_options *options);

/**
 * Chooses the frame.
 *
 * @param options the options.
 * @param frame RESUME_FRAME_RFC5077 (default), RESUME_FRAME_RFC5077_STRUCT or RESUME_FRAME_AEAD.
 * @return RESUME_OK or RESUME_E_INVALID, then with a text from resume_codec_options_why().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_codec_options_set_frame(resume_codec_options *options, resume_frame frame);

/**
 * Chooses the payload. Without this call it follows the frame: OPENSSL for RFC5077,
 * STATE_PLAINTEXT for RFC5077_STRUCT, NATIVE for AEAD.
 *
 * @param options the options.
 * @param payload RESUME_PAYLOAD_OPENSSL, RESUME_PAYLOAD_NATIVE or RESUME_PAYLOAD_STATE_PLAINTEXT.
 * @return RESUME_OK or RESUME_E_INVALID, then with a text from resume_codec_options_why().
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status
resume_codec_options_set_payload(resume_codec_options *options, resume_payload payload);

/**
 * Sets bytes that are authenticated with each ticket and not carried in it: a ticket opens only
 * under the same context. For RESUME_FRAME_AEAD; the RFC 5077 frames have no room for it.
 *
 * @param options the options.
 * @param data,data_len the context, at most 255 bytes; copied. 0 bytes take it away.
 * @return RESUME_OK, RESUME_E_INVALID (then with a text) or RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_options_set_context(
    resume_codec_options *options, const uint8_t *data, size_t data_len);

/**
 * Says why the last call that was given these options failed.
 *
 * @param options the options.
 * @return a text, "" after success. Never NULL. It belongs to the options.
 * @since 0.1
 */
RESUME_API const char *resume_codec_options_why(const resume_codec_options *options);

/**
 * Makes a codec.
 *
 * @param keyring the ring; the codec takes a reference of its own. Keys may come and go later.
 * @param options the options or NULL for the defaults.
 * @param ret_codec receives one reference; drop it with resume_codec_unref().
 * @return RESUME_OK; RESUME_E_INVALID, also for a context with a frame that cannot carry one;
 *         RESUME_E_NOMEM.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_new(resume_keyring *keyring,
                                                          resume_codec_options *options,
                                                          resume_codec **ret_codec);

/**
 * Adds a reference.
 *
 * @param codec the codec or NULL.
 * @return the same codec, or NULL.
 * @since 0.1
 */
RESUME_API resume_codec *resume_codec_ref(resume_codec *codec);

/**
 * Drops a reference; with the last one the codec drops its keyring.
 *
 * @param codec the codec or NULL.
 * @return NULL.
 * @since 0.1
 */
RESUME_API resume_codec *resume_codec_unref(resume_codec *codec);

/**
 * The codec's keyring.
 *
 * @param codec the codec.
 * @return the ring, borrowed: valid as long as the codec; NULL for NULL.
 * @since 0.1
 */
RESUME_API resume_keyring *resume_codec_keyring(const resume_codec *codec);

/**
 * How large a buffer must be for a sealed payload of a given length.
 *
 * @param codec the codec.
 * @param data_len bytes of the payload.
 * @return the largest ticket that such a payload can give, in bytes; it may be more than
 *         RESUME_TICKET_MAX; 0 for NULL.
 * @since 0.1
 */
RESUME_API size_t resume_codec_sealed_size(const resume_codec *codec, size_t data_len);

/**
 * Seals a session: writes a ticket that differs from every other one (RFC 8446 section 4.6.1).
 *
 * @param codec the codec.
 * @param session the session.
 * @param now_ms the time; the ring's scheduled work is done if it is due.
 * @param buf,buf_cap receives the ticket; RESUME_TICKET_MAX bytes always suffice. On failure its
 *        content is undefined, but never a secret.
 * @param ret_len receives the ticket's length; on RESUME_E_BUFFER the length that is needed.
 * @return RESUME_OK; RESUME_NO_KEY if no key may seal; RESUME_TOO_LARGE over RESUME_TICKET_MAX;
 *         RESUME_UNSUPPORTED if the payload cannot carry the session; RESUME_E_BUFFER,
 *         RESUME_E_INVALID, RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_seal(const resume_codec *codec,
                                                           const resume_session *session,
                                                           uint64_t now_ms, uint8_t *buf,
                                                           size_t buf_cap, size_t *ret_len);

/**
 * Opens a ticket. Integrity is checked before anything is decrypted or parsed, in constant time.
 *
 * The session may have expired or not fit the connection: ask resume_server_check().
 *
 * @param codec the codec.
 * @param data,data_len the ticket as the peer sent it: any bytes, of any length.
 * @param now_ms the time; the ring's scheduled work is done if it is due.
 * @param ret_session receives one reference on RESUME_OK and RESUME_RENEW, else nothing.
 * @return RESUME_OK; RESUME_RENEW if a key opened it that does not seal now; RESUME_MISS (unknown
 *         key name), RESUME_EXPIRED (the key was retired), RESUME_FORGED, RESUME_MALFORMED,
 *         RESUME_UNSUPPORTED: decline, go on with a full handshake; RESUME_E_INVALID,
 *         RESUME_E_NOMEM, RESUME_E_CRYPTO.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_open(const resume_codec *codec,
                                                           const uint8_t *data, size_t data_len,
                                                           uint64_t now_ms,
                                                           resume_session **ret_session);

/**
 * Seals any bytes: for stacks that write their own session format.
 *
 * @param codec the codec; its payload setting does not matter.
 * @param data,data_len the bytes, at least 1.
 * @param now_ms the time.
 * @param buf,buf_cap receives the ticket; must not overlap data. See resume_codec_sealed_size().
 * @param ret_len receives the ticket's length; on RESUME_E_BUFFER the length that is needed.
 * @return as resume_codec_seal(), without RESUME_UNSUPPORTED.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_seal_bytes(const resume_codec *codec,
                                                                 const uint8_t *data,
                                                                 size_t data_len, uint64_t now_ms,
                                                                 uint8_t *buf, size_t buf_cap,
                                                                 size_t *ret_len);

/**
 * Opens a ticket to the bytes that were sealed.
 *
 * @param codec the codec; its payload setting does not matter.
 * @param data,data_len the ticket as the peer sent it.
 * @param now_ms the time.
 * @param buf,buf_cap receives the bytes, which are secret; data_len bytes always suffice. Must not
 *        overlap data.
 * @param ret_len receives their number; on RESUME_E_BUFFER the number that is needed.
 * @return as resume_codec_open(); RESUME_E_BUFFER only if buf_cap is less than data_len.
 * @since 0.1
 */
RESUME_API RESUME_MUST_USE resume_status resume_codec_open_bytes(const resume_codec *codec,
                                                                 const uint8_t *data,
                                                                 size_t data_len, uint64_t now_ms,
                                                                 uint8_t *buf, size_t buf_cap,
                                                                 size_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif /* RESUME_CODEC_H */
