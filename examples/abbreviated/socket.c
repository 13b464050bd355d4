/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP sockets of IPv4 and IPv6.
 */
#include "socket.h"
#include "show.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const struct timeval patience = {.tv_sec = 10};

/* HOST:PORT or [HOST]:PORT. */
static struct addrinfo *resolve(const char *address, int flags) {
    char host[256];
    const char *colon = strrchr(address, ':');
    size_t host_len = colon ? (size_t)(colon - address) : 0;
    if (!colon || host_len == 0 || host_len >= sizeof host) {
        tell("not HOST:PORT: %s", address);
        return NULL;
    }
    bool bracketed = address[0] == '[' && host_len > 2 && colon[-1] == ']';
    host_len -= bracketed ? 2 : 0;
    memcpy(host, address + (bracketed ? 1 : 0), host_len);
    host[host_len] = '\0';
    struct addrinfo *found = NULL;
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    int error = getaddrinfo(host, colon + 1, &wanted, &found);
    if (error) {
        tell("%s: %s", address, gai_strerror(error));
        return NULL;
    }
    return found;
}

static int try_address(const struct addrinfo *info, bool listening) {
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC, info->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    bool ok;
    if (listening) {
        ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
             bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, 16) == 0;
    } else {
        ok = connect(fd, info->ai_addr, info->ai_addrlen) == 0 &&
             setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0;
    }
    if (!ok) {
        close(fd);
        return -1;
    }
    return fd;
}

static int open_socket(const char *address, bool listening) {
    struct addrinfo *found = resolve(address, listening ? AI_PASSIVE : 0);
    int fd = -1;
    for (struct addrinfo *info = found; info && fd < 0; info = info->ai_next) {
        fd = try_address(info, listening);
    }
    if (found && fd < 0) {
        tell("%s: %s", address, strerror(errno));
    }
    if (found) {
        freeaddrinfo(found);
    }
    return fd;
}

int socket_connect(const char *address) {
    return open_socket(address, false);
}

int socket_listen(const char *address, unsigned *ret_port) {
    int fd = open_socket(address, true);
    struct sockaddr_storage bound;
    socklen_t bound_len = sizeof bound;
    char port[8];
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&bound, &bound_len) ||
        getnameinfo((struct sockaddr *)&bound, bound_len, NULL, 0, port, sizeof port,
                    NI_NUMERICSERV)) {
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    *ret_port = (unsigned)strtoul(port, NULL, 10);
    return fd;
}

int socket_accept(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) {
        close(fd);
        return -1;
    }
    return fd;
}

bool socket_send(int fd, const uint8_t *data, size_t data_len) {
    while (data_len > 0) {
        ssize_t sent = send(fd, data, data_len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        data += sent;
        data_len -= (size_t)sent;
    }
    return true;
}

size_t socket_receive_some(int fd, uint8_t *buf, size_t cap) {
    ssize_t got;
    do {
        got = recv(fd, buf, cap, 0);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? (size_t)got : 0;
}

int socket_receive(int fd, uint8_t *buf, size_t len) {
    size_t have = 0;
    while (have < len) {
        size_t got = socket_receive_some(fd, buf + have, len - have);
        if (got == 0) {
            return have == 0 ? 0 : -1;
        }
        have += got;
    }
    return 1;
}
