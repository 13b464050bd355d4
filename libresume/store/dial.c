/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dial.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/url.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RESOLVE_EVERY_US 1000000U /* at most, when connections fail */
#define KEEP_IDLE_S      30

void rsm_dial_forget(struct rsm_dial *dial) {
    rsm_lock_init(&dial->lock);
    rsm_cond_init(&dial->resolved);
    dial->stale = dial->host[0] != '\0';
    dial->last_us = 0;
}

void rsm_dial_destroy(struct rsm_dial *dial) {
    rsm_lock_destroy(&dial->lock);
    rsm_cond_destroy(&dial->resolved);
}

static size_t look_up(const char *host, const char *port, int flags,
                      struct rsm_dial_address *addresses) {
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    size_t count = 0;
    if (getaddrinfo(host, port, &hints, &list) != 0) {
        return 0;
    }
    for (const struct addrinfo *a = list; a && count < RSM_DIAL_ADDRESSES; a = a->ai_next) {
        if (a->ai_addrlen <= sizeof addresses->to) {
            memset(&addresses[count].to, 0, sizeof addresses->to);
            memcpy(&addresses[count].to, a->ai_addr, a->ai_addrlen);
            addresses[count++].len = a->ai_addrlen;
        }
    }
    freeaddrinfo(list);
    return count;
}

/* Takes "host" or "[host]" off the text; what is left begins with ":" or is empty. */
static bool take_host(struct rsm_dial *dial, const char *text, size_t len, const char **ret_rest) {
    bool bracketed = len && text[0] == '[';
    const char *begin = text + bracketed;
    const char *end = memchr(text, bracketed ? ']' : ':', len);
    if (!end) {
        end = text + len;
    }
    size_t host_len = (size_t)(end - begin);
    if (host_len == 0 || host_len > RSM_DIAL_HOST_MAX || (bracketed && end == text + len)) {
        return false;
    }
    memcpy(dial->host, begin, host_len);
    dial->host[host_len] = '\0';
    *ret_rest = end + bracketed;
    return true;
}

static bool take_port(struct rsm_dial *dial, const char *text, size_t len, unsigned port) {
    if (len) {
        port = 0;
        if (text[0] != ':' || len < 2 || len > 6) {
            return false;
        }
        for (size_t i = 1; i < len; i++) {
            if (text[i] < '0' || text[i] > '9') {
                return false;
            }
            port = port * 10 + (unsigned)(text[i] - '0');
        }
    }
    snprintf(dial->port, sizeof dial->port, "%u", port % 65536U);
    return port > 0 && port < 65536U;
}

resume_status rsm_dial_init_host(struct rsm_dial *dial, const char *text, size_t text_len,
                                 unsigned port, char *why) {
    const char *rest = NULL;
    *dial = (struct rsm_dial){.stale = true};
    if (!take_host(dial, text, text_len, &rest) ||
        !take_port(dial, rest, (size_t)(text + text_len - rest), port)) {
        snprintf(why, RSM_WHY_SIZE,
                 "\"%.*s\" is not a host; write host, host:6379 or [2001:db8::1]:6379",
                 (int)(text_len < 60 ? text_len : 60), text);
        return RESUME_E_INVALID;
    }
    dial->count = look_up(dial->host, dial->port, AI_NUMERICHOST, dial->addresses);
    if (dial->count) {
        dial->host[0] = '\0';
    }
    rsm_dial_forget(dial);
    return RESUME_OK;
}

resume_status rsm_dial_init_path(struct rsm_dial *dial, const char *path, char *why) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    *dial = (struct rsm_dial){.count = 1};
    size_t len = strlen(path);
    if (path[0] != '/' || len >= sizeof to.sun_path) {
        snprintf(why, RSM_WHY_SIZE,
                 "\"%.110s\" is not the path of a Unix socket: absolute, of at most %zu bytes",
                 path, sizeof to.sun_path - 1);
        return RESUME_E_INVALID;
    }
    memcpy(to.sun_path, path, len + 1);
    memcpy(&dial->addresses[0].to, &to, sizeof to);
    dial->addresses[0].len = sizeof to;
    rsm_dial_forget(dial);
    return RESUME_OK;
}

void rsm_dial_resolve(struct rsm_dial *dial) {
    struct rsm_dial_address found[RSM_DIAL_ADDRESSES];
    uint64_t now_us = rsm_clock_us();
    if (!dial->host[0]) {
        return;
    }
    rsm_lock_take(&dial->lock);
    bool due = dial->stale && (!dial->last_us || now_us - dial->last_us >= RESOLVE_EVERY_US);
    rsm_lock_release(&dial->lock);
    if (!due) {
        return;
    }
    size_t count = look_up(dial->host, dial->port, 0, found);
    RSM_LOCKED(&dial->lock);
    dial->last_us = rsm_clock_us();
    if (count) { /* else better old addresses than none */
        memcpy(dial->addresses, found, count * sizeof *found);
        dial->count = count;
        dial->next = 0;
        dial->stale = false;
    }
    rsm_cond_wake_all(&dial->resolved);
}

/* Copies the addresses in the order in which they are to be tried. */
static size_t addresses_of(struct rsm_dial *dial, uint64_t deadline_us,
                           struct rsm_dial_address *addresses) {
    RSM_LOCKED(&dial->lock);
    while (dial->count == 0 && rsm_cond_wait(&dial->resolved, &dial->lock, deadline_us)) {
    }
    for (size_t i = 0; i < dial->count; i++) {
        addresses[i] = dial->addresses[(dial->next + i) % dial->count];
    }
    return dial->count;
}

bool rsm_dial_text(struct rsm_dial *dial, uint64_t deadline_us, char *host, unsigned *ret_port) {
    struct rsm_dial_address addresses[RSM_DIAL_ADDRESSES];
    char port[8];
    if (addresses_of(dial, deadline_us, addresses) == 0 ||
        getnameinfo((const struct sockaddr *)&addresses[0].to, addresses[0].len, host,
                    RSM_DIAL_HOST_MAX + 1, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return false;
    }
    *ret_port = (unsigned)strtoul(port, NULL, 10);
    return true;
}

/* The next one begins with another address, and the name is looked up again. */
static void note_failure(struct rsm_dial *dial) {
    RSM_LOCKED(&dial->lock);
    dial->stale = true;
    dial->next = dial->count ? (dial->next + 1) % dial->count : 0;
}

bool rsm_dial_wait(int fd, short events, uint64_t deadline_us) {
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        uint64_t left = rsm_sub_sat(deadline_us, rsm_clock_us());
        struct timespec t = {.tv_sec = (time_t)(left / 1000000U),
                             .tv_nsec = (long)(left % 1000000U) * 1000};
        int n = ppoll(&p, 1, &t, NULL);
        if (n > 0) {
            return true;
        }
        if (left == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
    }
}

static void set_options(int fd, int family) {
    int on = 1;
    int idle = KEEP_IDLE_S;
    if (family != AF_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    }
}

/* Of a connect() that went on in the background. */
static enum rsm_answer finish(int fd, uint64_t deadline_us) {
    int error = 0;
    socklen_t size = sizeof error;
    if (!rsm_dial_wait(fd, POLLOUT, deadline_us)) {
        return RSM_ANSWER_TIMEOUT;
    }
    bool good = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    return good ? RSM_ANSWER_OK : RSM_ANSWER_UNREACHABLE;
}

static enum rsm_answer try_one(const struct rsm_dial_address *address, uint64_t deadline_us,
                               int *ret_fd) {
    int family = address->to.ss_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return RSM_ANSWER_UNREACHABLE;
    }
    set_options(fd, family);
    enum rsm_answer answer = RSM_ANSWER_OK;
    if (connect(fd, (const struct sockaddr *)&address->to, address->len) != 0) {
        bool goes_on = errno == EINPROGRESS || errno == EINTR;
        answer = goes_on ? finish(fd, deadline_us) : RSM_ANSWER_UNREACHABLE;
    }
    if (answer == RSM_ANSWER_OK) {
        *ret_fd = fd;
    } else {
        close(fd);
    }
    return answer;
}

enum rsm_answer rsm_dial_connect(struct rsm_dial *dial, uint64_t deadline_us, int *ret_fd) {
    struct rsm_dial_address addresses[RSM_DIAL_ADDRESSES];
    enum rsm_answer answer = RSM_ANSWER_TIMEOUT; /* of the resolution */
    size_t count = addresses_of(dial, deadline_us, addresses);
    for (size_t i = 0; i < count; i++) {
        answer = try_one(&addresses[i], deadline_us, ret_fd);
        if (answer != RSM_ANSWER_UNREACHABLE) {
            break;
        }
    }
    if (answer != RSM_ANSWER_OK) {
        note_failure(dial);
    }
    return answer;
}
