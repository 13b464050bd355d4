/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an abbreviated handshake computes: new keys out of the old master secret and two new
 * randoms (RFC 5246 section 6.3), and the two Finished messages that prove that both sides did so
 * and saw the same messages (section 7.4.9).
 */
#ifndef ABBREVIATED_KEYS_H
#define ABBREVIATED_KEYS_H

#include "connection.h"

#include <resume/resume.h>

/* Derives the key block; the keys come into force with each ChangeCipherSpec. */
enum outcome keys_derive(struct connection *connection, const resume_session *session,
                         const uint8_t *client_random, const uint8_t *server_random,
                         bool we_are_client);

/* Our Finished over all messages so far; a spoilt one to see what the peer makes of it. */
enum outcome finished_send(struct connection *connection, const resume_session *session,
                           bool we_are_client, bool spoil);

/* The peer's Finished over all messages before it; a wrong one is answered with decrypt_error. */
enum outcome finished_receive(struct connection *connection, const resume_session *session,
                              bool we_are_client);

#endif /* ABBREVIATED_KEYS_H */
