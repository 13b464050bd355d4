/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP, with patience that ends: a peer that says nothing for some seconds has failed.
 */
#ifndef ABBREVIATED_SOCKET_H
#define ABBREVIATED_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A connected socket to HOST:PORT, or -1 after telling why. */
int socket_connect(const char *address);

/* A listening socket on HOST:PORT, where port 0 is any free one; -1 after telling why. */
int socket_listen(const char *address, unsigned *ret_port);

/* The next connection, or -1. */
int socket_accept(int listener);

bool socket_send(int fd, const uint8_t *data, size_t data_len);

/* Exactly that many bytes; 1, or 0 at the end of the stream before the first, -1 for the rest. */
int socket_receive(int fd, uint8_t *buf, size_t len);

/* As many as are there, at least one; 0 at the end of the stream or on failure. */
size_t socket_receive_some(int fd, uint8_t *buf, size_t cap);

#endif /* ABBREVIATED_SOCKET_H */
