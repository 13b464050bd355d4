/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis: over hiredis, which writes commands and parses replies; sockets and time are ours, so that
 * one deadline holds for all of a question and no signal comes of a closed socket.
 *
 * Replies are hostile input (I-109): a string goes straight into the caller's buffer, anything
 * nested or longer than a record ends the connection, and so does a byte that nobody asked for.
 */
#include "store/kinds.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/secret.h"
#include "store/redis_talk.h"

#include <hiredis/hiredis.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define KEY_MAX           (RSM_REMOTE_PREFIX_MAX + 2U * RESUME_BACKEND_KEY_SIZE)
#define TEXT_MAX          48U
#define BUFFERED_MAX      (RESUME_BACKEND_RECORD_MAX + 64U) /* of one reply */
#define CHUNK             16384U
#define PATIENCE_SLACK_US 200U

/* Atomic on the server, for versions before GETDEL. */
#define TAKE_SCRIPT                                                                                \
    "local v=redis.call('GET',KEYS[1]) if v then redis.call('DEL',KEYS[1]) end return v"

struct reply {
    int type; /* REDIS_REPLY_..; 0: something nested */
    size_t len;
    long long integer;
    char text[TEXT_MAX]; /* of a status or an error, cut */
};

struct connection {
    struct rsm_redis_config *config;
    redisReader *reader;
    int fd;
    uint64_t patience_us; /* how long a recv() waits by itself */
    struct rsm_buffer out;
    struct reply reply;
    uint8_t *buf; /* where a string goes, if it fits */
    size_t cap;
};

/* ---- hiredis makes its replies here ------------------------------------------------------------
 */

static void *make_string(const redisReadTask *task, char *text, size_t len) {
    struct connection *c = task->privdata;
    struct reply *reply = &c->reply;
    *reply = (struct reply){.type = task->parent ? 0 : task->type, .len = len};
    if (reply->type == REDIS_REPLY_STRING && len <= c->cap) {
        memcpy(c->buf, text, len);
    }
    size_t shown = len < TEXT_MAX - 1 ? len : TEXT_MAX - 1;
    if (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR) {
        memcpy(reply->text, text, shown);
    }
    return reply;
}

static void *make_integer(const redisReadTask *task, long long value) {
    struct connection *c = task->privdata;
    c->reply = (struct reply){.type = task->parent ? 0 : REDIS_REPLY_INTEGER, .integer = value};
    return &c->reply;
}

/* The task's type is that of what is not there: a string, to our questions. */
static void *make_nil(const redisReadTask *task) {
    struct connection *c = task->privdata;
    bool good = !task->parent && task->type == REDIS_REPLY_STRING;
    c->reply = (struct reply){.type = good ? REDIS_REPLY_NIL : 0};
    return &c->reply;
}

/* No createArray: no question here is answered by one, and none is worth an allocation. */
static redisReplyObjectFunctions replies = {
    .createString = make_string, .createInteger = make_integer, .createNil = make_nil};

/* ---- bytes out and in --------------------------------------------------------------------------
 */

static void append(struct connection *c, int argc, const char **argv, const size_t *lens) {
    char *text = NULL;
    int len = (int)redisFormatCommandArgv(&text, argc, argv, lens);
    if (len < 0) {
        c->out.failed = true;
        return;
    }
    rsm_buffer_append(&c->out, text, (size_t)len);
    redisFreeCommand(text);
}

/* No reply can come before the question is out, so a peer that sends now is garbage later. */
static enum rsm_answer send_out(struct connection *c, uint64_t deadline_us) {
    size_t sent = 0;
    enum rsm_answer answer = c->out.failed ? RSM_ANSWER_NOMEM : RSM_ANSWER_OK;
    while (answer == RSM_ANSWER_OK && sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + sent, c->out.len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            answer = rsm_dial_wait(c->fd, POLLOUT, deadline_us) ? answer : RSM_ANSWER_TIMEOUT;
        } else if (n == 0 || errno != EINTR) {
            answer = RSM_ANSWER_LOST;
        }
    }
    c->out.len = 0;
    return answer;
}

/* With all its time before it a question waits in recv() itself, which saves a call of poll(): a
 * hundredth of the way to a server on the same host, and there that counts. */
static ssize_t wait_and_read(struct connection *c, char *chunk, uint64_t deadline_us) {
    uint64_t left_us = rsm_sub_sat(deadline_us, rsm_clock_us());
    if (left_us + PATIENCE_SLACK_US >= c->patience_us && left_us > 0) {
        return recv(c->fd, chunk, CHUNK, 0);
    }
    if (!rsm_dial_wait(c->fd, POLLIN, deadline_us)) {
        errno = ETIMEDOUT;
        return -1;
    }
    return recv(c->fd, chunk, CHUNK, MSG_DONTWAIT);
}

static enum rsm_answer receive(struct connection *c, uint64_t deadline_us) {
    char chunk[CHUNK];
    ssize_t n = wait_and_read(c, chunk, deadline_us);
    if (n < 0 && errno == ETIMEDOUT) {
        return RSM_ANSWER_TIMEOUT;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return RSM_ANSWER_OK;
    }
    if (n <= 0 || c->reader->len - c->reader->pos > BUFFERED_MAX) {
        return RSM_ANSWER_LOST;
    }
    return redisReaderFeed(c->reader, chunk, (size_t)n) == REDIS_OK ? RSM_ANSWER_OK
                                                                    : RSM_ANSWER_LOST;
}

/* RSM_ANSWER_OK: c->reply is a reply of one piece. */
static enum rsm_answer next_reply(struct connection *c, uint64_t deadline_us) {
    for (;;) {
        void *found = NULL;
        if (redisReaderGetReply(c->reader, &found) != REDIS_OK) {
            return RSM_ANSWER_LOST;
        }
        if (found) {
            return found == &c->reply && c->reply.type ? RSM_ANSWER_OK : RSM_ANSWER_LOST;
        }
        enum rsm_answer answer = receive(c, deadline_us);
        if (answer != RSM_ANSWER_OK) {
            return answer;
        }
    }
}

/* After the last reply: nothing may be left. */
static enum rsm_answer at_end(const struct connection *c, enum rsm_answer answer) {
    return rsm_answer_keeps(answer) && c->reader->len != c->reader->pos ? RSM_ANSWER_LOST : answer;
}

/* ---- error replies -----------------------------------------------------------------------------
 */

struct reason {
    const char *word; /* that the reply begins with */
    int32_t which;
    enum rsm_answer answer;
};

static const struct reason reasons[] = {
    {"MOVED", RESUME_STORE_REPLIES_MOVED, RSM_ANSWER_REFUSED},
    {"ASK", RESUME_STORE_REPLIES_MOVED, RSM_ANSWER_REFUSED},
    {"CROSSSLOT", RESUME_STORE_REPLIES_MOVED, RSM_ANSWER_REFUSED},
    {"CLUSTERDOWN", RESUME_STORE_REPLIES_BUSY, RSM_ANSWER_BUSY},
    {"READONLY", RESUME_STORE_REPLIES_READONLY, RSM_ANSWER_REFUSED},
    {"OOM", RESUME_STORE_REPLIES_FULL, RSM_ANSWER_REFUSED},
    {"LOADING", RESUME_STORE_REPLIES_BUSY, RSM_ANSWER_BUSY},
    {"BUSY", RESUME_STORE_REPLIES_BUSY, RSM_ANSWER_BUSY},
    {"MASTERDOWN", RESUME_STORE_REPLIES_BUSY, RSM_ANSWER_BUSY},
    {"TRYAGAIN", RESUME_STORE_REPLIES_BUSY, RSM_ANSWER_REFUSED},
    {"NOAUTH", RESUME_STORE_REPLIES_DENIED, RSM_ANSWER_BUSY},
    {"WRONGPASS", RESUME_STORE_REPLIES_DENIED, RSM_ANSWER_BUSY},
    {"NOPERM", RESUME_STORE_REPLIES_DENIED, RSM_ANSWER_REFUSED},
};

static bool begins_with(const char *text, const char *word) {
    size_t len = strlen(word);
    return strncmp(text, word, len) == 0 && (text[len] == ' ' || text[len] == '\0');
}

static enum rsm_answer refused(const struct connection *c) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (begins_with(c->reply.text, reasons[i].word)) {
            rsm_remote_count(c->config->counts, reasons[i].which);
            return reasons[i].answer;
        }
    }
    rsm_remote_count(c->config->counts, RESUME_STORE_REPLIES_OTHER);
    return RSM_ANSWER_REFUSED;
}

/* A reply that must be this status. */
static enum rsm_answer expect_status(const struct connection *c, const char *text) {
    if (c->reply.type == REDIS_REPLY_ERROR) {
        return refused(c);
    }
    bool good = c->reply.type == REDIS_REPLY_STATUS && strcmp(c->reply.text, text) == 0;
    return good ? RSM_ANSWER_OK : RSM_ANSWER_LOST;
}

static enum rsm_answer ask(struct connection *c, uint64_t deadline_us) {
    enum rsm_answer answer = send_out(c, deadline_us);
    return answer == RSM_ANSWER_OK ? next_reply(c, deadline_us) : answer;
}

/* ---- connections -------------------------------------------------------------------------------
 */

static void close_connection(void *arg) {
    struct connection *c = arg;
    close(c->fd);
    redisReaderFree(c->reader);
    rsm_buffer_free(&c->out);
    rsm_free(c);
}

static void abandon(void *arg, bool whole) {
    struct connection *c = arg;
    if (whole) {
        close_connection(c);
    } else {
        close(c->fd);
    }
}

static bool alive(void *arg) {
    const struct connection *c = arg;
    char byte;
    return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void append_words(struct connection *c, const char *a, const char *b, const char *d) {
    const char *argv[3] = {a, b, d};
    const size_t lens[3] = {strlen(a), strlen(b), d ? strlen(d) : 0};
    append(c, d ? 3 : 2, argv, lens);
}

/* What is left of the first question's time is about what later ones have. */
static bool set_patience(struct connection *c, uint64_t deadline_us) {
    uint64_t left_us = rsm_sub_sat(deadline_us, rsm_clock_us());
    struct timeval t = {.tv_sec = (time_t)(left_us / 1000000U),
                        .tv_usec = (suseconds_t)(left_us % 1000000U)};
    int flags = fcntl(c->fd, F_GETFL);
    c->patience_us = left_us;
    return left_us > 0 && flags >= 0 && fcntl(c->fd, F_SETFL, flags & ~O_NONBLOCK) == 0 &&
           setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0;
}

/* AUTH and SELECT in one go. */
static enum rsm_answer log_in(struct connection *c, uint64_t deadline_us) {
    const struct rsm_redis_config *config = c->config;
    int replies_due = 0;
    if (config->password[0]) {
        bool user = config->user[0] != '\0';
        append_words(c, "AUTH", user ? config->user : config->password,
                     user ? config->password : NULL);
        replies_due++;
    }
    if (config->db[0]) {
        append_words(c, "SELECT", config->db, NULL);
        replies_due++;
    }
    enum rsm_answer answer = send_out(c, deadline_us);
    while (answer == RSM_ANSWER_OK && replies_due-- > 0) {
        answer = next_reply(c, deadline_us);
        answer = answer == RSM_ANSWER_OK ? expect_status(c, "OK") : answer;
    }
    return at_end(c, answer);
}

static enum rsm_answer connect_to(void *arg, uint64_t deadline_us, void **ret_connection) {
    struct rsm_redis_config *config = arg;
    struct connection *c = rsm_calloc(1, sizeof *c);
    if (!c) {
        return RSM_ANSWER_NOMEM;
    }
    c->config = config;
    c->reader = redisReaderCreateWithFunctions(&replies);
    enum rsm_answer answer =
        c->reader ? rsm_dial_connect(&config->dial, deadline_us, &c->fd) : RSM_ANSWER_NOMEM;
    if (answer != RSM_ANSWER_OK) {
        if (c->reader) {
            redisReaderFree(c->reader);
        }
        rsm_free(c);
        return answer;
    }
    c->reader->privdata = c;
    answer = set_patience(c, deadline_us) ? log_in(c, deadline_us) : RSM_ANSWER_TIMEOUT;
    if (answer != RSM_ANSWER_OK) {
        close_connection(c);
        return answer;
    }
    *ret_connection = c;
    return RSM_ANSWER_OK;
}

/* ---- questions ---------------------------------------------------------------------------------
 */

/* The prefix and the look-up key in hex; gives its length. */
static size_t name_of(const struct connection *c, const uint8_t *key, char *name) {
    static const char digits[] = "0123456789abcdef";
    size_t at = strlen(c->config->prefix);
    memcpy(name, c->config->prefix, at);
    for (size_t i = 0; i < RESUME_BACKEND_KEY_SIZE; i++) {
        name[at++] = digits[key[i] >> 4];
        name[at++] = digits[key[i] & 15];
    }
    return at;
}

static void append_key_command(struct connection *c, const char *command, const uint8_t *key) {
    char name[KEY_MAX];
    const char *argv[2] = {command, name};
    const size_t lens[2] = {strlen(command), name_of(c, key, name)};
    append(c, 2, argv, lens);
}

static void append_take_script(struct connection *c, const uint8_t *key) {
    char name[KEY_MAX];
    const char *argv[4] = {"EVAL", TAKE_SCRIPT, "1", name};
    const size_t lens[4] = {4, sizeof TAKE_SCRIPT - 1, 1, name_of(c, key, name)};
    append(c, 4, argv, lens);
}

static enum rsm_answer judge_value(const struct connection *c, size_t *ret_len) {
    const struct reply *reply = &c->reply;
    if (reply->type == REDIS_REPLY_NIL) {
        return RSM_ANSWER_MISS;
    }
    if (reply->type == REDIS_REPLY_ERROR) {
        return refused(c);
    }
    if (reply->type != REDIS_REPLY_STRING || reply->len > RESUME_BACKEND_RECORD_MAX) {
        return RSM_ANSWER_LOST;
    }
    *ret_len = reply->len;
    return reply->len <= c->cap ? RSM_ANSWER_OK : RSM_ANSWER_LARGE;
}

static bool is_unknown_command(const struct connection *c) {
    return c->reply.type == REDIS_REPLY_ERROR &&
           strncmp(c->reply.text, "ERR unknown command", 19) == 0;
}

static enum rsm_answer get(void *connection, bool take, const uint8_t *key, uint64_t deadline_us,
                           uint8_t *buf, size_t cap, size_t *ret_len) {
    struct connection *c = connection;
    c->buf = buf;
    c->cap = cap;
    bool script = take && atomic_load(&c->config->old);
    if (script) {
        append_take_script(c, key);
    } else {
        append_key_command(c, take ? "GETDEL" : "GET", key);
    }
    enum rsm_answer answer = ask(c, deadline_us);
    if (answer == RSM_ANSWER_OK && take && !script && is_unknown_command(c)) {
        atomic_store(&c->config->old, true);
        append_take_script(c, key);
        answer = ask(c, deadline_us);
    }
    answer = answer == RSM_ANSWER_OK ? judge_value(c, ret_len) : answer;
    c->buf = NULL;
    c->cap = 0;
    return at_end(c, answer);
}

/* False: its time is over. */
static bool append_set(struct connection *c, const struct rsm_behind_item *item, uint64_t now_us) {
    char name[KEY_MAX];
    char ttl[24];
    uint64_t ttl_ms = rsm_remote_ttl_ms(item, now_us);
    int ttl_len = snprintf(ttl, sizeof ttl, "%llu", (unsigned long long)ttl_ms);
    const char *argv[5] = {"SET", name, (const char *)item->data, "PX", ttl};
    const size_t lens[5] = {3, name_of(c, item->key, name), item->len, 2, (size_t)ttl_len};
    if (ttl_ms > 0) {
        append(c, 5, argv, lens);
    }
    return ttl_ms > 0;
}

static enum rsm_answer put(void *connection, struct rsm_behind_item *items, size_t count,
                           uint64_t now_us, uint64_t deadline_us) {
    struct connection *c = connection;
    for (size_t i = 0; i < count; i++) {
        bool sent = items[i].len && append_set(c, &items[i], now_us);
        items[i].answer = sent ? RSM_ANSWER_LOST : RSM_ANSWER_MISS;
    }
    enum rsm_answer worst = RSM_ANSWER_OK;
    enum rsm_answer answer = send_out(c, deadline_us);
    for (size_t i = 0; i < count && rsm_answer_keeps(answer); i++) {
        if (items[i].answer == RSM_ANSWER_MISS) {
            continue;
        }
        answer = next_reply(c, deadline_us);
        answer = answer == RSM_ANSWER_OK ? expect_status(c, "OK") : answer;
        items[i].answer = (int)answer;
        worst = answer > worst ? answer : worst;
    }
    return at_end(c, worst > answer ? worst : answer);
}

static enum rsm_answer remove_key(void *connection, const uint8_t *key, uint64_t deadline_us) {
    struct connection *c = connection;
    append_key_command(c, "DEL", key);
    enum rsm_answer answer = ask(c, deadline_us);
    if (answer == RSM_ANSWER_OK && c->reply.type == REDIS_REPLY_ERROR) {
        answer = refused(c);
    } else if (answer == RSM_ANSWER_OK && c->reply.type != REDIS_REPLY_INTEGER) {
        answer = RSM_ANSWER_LOST;
    } else if (answer == RSM_ANSWER_OK && c->reply.integer == 0) {
        answer = RSM_ANSWER_MISS;
    }
    return at_end(c, answer);
}

static enum rsm_answer ping(void *connection, uint64_t deadline_us) {
    struct connection *c = connection;
    const char *argv[1] = {"PING"};
    const size_t lens[1] = {4};
    append(c, 1, argv, lens);
    enum rsm_answer answer = ask(c, deadline_us);
    return at_end(c, answer == RSM_ANSWER_OK ? expect_status(c, "PONG") : answer);
}

/* ---- one named record: redis_talk.h ------------------------------------------------------------
 */

#define TIME_SCRIPT "local t=redis.call('TIME') return t[1]*1000+math.floor(t[2]/1000)"
static const char exchange_script[] =
    "if (redis.call('GET',KEYS[1]) or '')~=ARGV[1] then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[2],'PX',ARGV[3]) return 1";

enum rsm_answer rsm_redis_open(struct rsm_redis_config *config, uint64_t deadline_us,
                               void **ret_connection) {
    return connect_to(config, deadline_us, ret_connection);
}

void rsm_redis_close(void *connection) {
    close_connection(connection);
}

void rsm_redis_abandon(void *connection) {
    abandon(connection, false);
}

static enum rsm_answer expect_integer(const struct connection *c) {
    if (c->reply.type == REDIS_REPLY_ERROR) {
        return refused(c);
    }
    return c->reply.type == REDIS_REPLY_INTEGER ? RSM_ANSWER_OK : RSM_ANSWER_LOST;
}

enum rsm_answer rsm_redis_time(void *connection, uint64_t deadline_us, uint64_t *ret_now_ms) {
    struct connection *c = connection;
    const char *argv[3] = {"EVAL", TIME_SCRIPT, "0"};
    const size_t lens[3] = {4, sizeof TIME_SCRIPT - 1, 1};
    append(c, 3, argv, lens);
    enum rsm_answer answer = ask(c, deadline_us);
    answer = answer == RSM_ANSWER_OK ? expect_integer(c) : answer;
    if (answer == RSM_ANSWER_OK && c->reply.integer < 0) {
        answer = RSM_ANSWER_LOST;
    }
    if (answer == RSM_ANSWER_OK) {
        *ret_now_ms = (uint64_t)c->reply.integer;
    }
    return at_end(c, answer);
}

enum rsm_answer rsm_redis_read(void *connection, const char *name, uint64_t deadline_us,
                               uint8_t *buf, size_t cap, size_t *ret_len) {
    struct connection *c = connection;
    const char *argv[2] = {"GET", name};
    const size_t lens[2] = {3, strlen(name)};
    c->buf = buf;
    c->cap = cap;
    append(c, 2, argv, lens);
    enum rsm_answer answer = ask(c, deadline_us);
    answer = answer == RSM_ANSWER_OK ? judge_value(c, ret_len) : answer;
    c->buf = NULL;
    c->cap = 0;
    return at_end(c, answer);
}

enum rsm_answer rsm_redis_exchange(void *connection, const char *name, const uint8_t *old,
                                   size_t old_len, const uint8_t *next, size_t next_len,
                                   uint64_t ttl_ms, uint64_t deadline_us) {
    struct connection *c = connection;
    char ttl[24];
    int ttl_len = snprintf(ttl, sizeof ttl, "%llu", (unsigned long long)ttl_ms);
    const char *argv[7] = {
        "EVAL", exchange_script, "1", name, (const char *)old, (const char *)next, ttl};
    const size_t lens[7] = {
        4, sizeof exchange_script - 1, 1, strlen(name), old_len, next_len, (size_t)ttl_len};
    append(c, 7, argv, lens);
    enum rsm_answer answer = ask(c, deadline_us);
    answer = answer == RSM_ANSWER_OK ? expect_integer(c) : answer;
    if (answer == RSM_ANSWER_OK && c->reply.integer != 1) {
        answer = RSM_ANSWER_MISS;
    }
    return at_end(c, answer);
}

/* ---- the driver --------------------------------------------------------------------------------
 */

static void config_free(void *arg) {
    struct rsm_redis_config *config = arg;
    rsm_dial_destroy(&config->dial);
    rsm_secret_free(config);
}

static resume_status config_make(struct rsm_url *url, struct rsm_remote_counts *counts, char *why,
                                 void **ret_arg) {
    struct rsm_redis_config *config = rsm_secret_alloc(sizeof *config);
    if (!config) {
        return RESUME_E_NOMEM;
    }
    config->counts = counts;
    resume_status status = rsm_redis_config_read(url, why, config);
    if (status != RESUME_OK) {
        rsm_secret_free(config);
        return status;
    }
    *ret_arg = config;
    return RESUME_OK;
}

static void config_forget(void *arg) {
    struct rsm_redis_config *config = arg;
    rsm_dial_forget(&config->dial);
}

static void prepare(void *arg) {
    struct rsm_redis_config *config = arg;
    rsm_dial_resolve(&config->dial);
}

static const struct rsm_remote_driver driver = {
    .params = "prefix, db, unix, ",
    .make = config_make,
    .free = config_free,
    .forget = config_forget,
    .prepare = prepare,
    .connections = {.connect = connect_to,
                    .alive = alive,
                    .close = close_connection,
                    .abandon = abandon},
    .get = get,
    .put = put,
    .remove = remove_key,
    .ping = ping,
};

static resume_status make(struct rsm_url *url, const resume_store_options *options, char *why,
                          resume_store **ret_store) {
    return rsm_remote_make(&driver, url, options, why, ret_store);
}

/* hiredis's own TLS wants a libssl in this library; a tunnel or a Unix socket does not. */
static resume_status make_tls(struct rsm_url *url, const resume_store_options *options, char *why,
                              resume_store **ret_store) {
    (void)url;
    (void)options;
    (void)ret_store;
    snprintf(why, RSM_WHY_SIZE,
             "rediss: is not in this version: records are sealed before they leave, but a login "
             "would travel in clear; use redis+unix: to a TLS tunnel such as stunnel");
    return RESUME_E_UNSUPPORTED;
}

const struct rsm_store_kind rsm_store_kind_redis = {.scheme = "redis", .make = make};
const struct rsm_store_kind rsm_store_kind_redis_unix = {.scheme = "redis+unix", .make = make};
const struct rsm_store_kind rsm_store_kind_rediss = {.scheme = "rediss", .make = make_tls};
