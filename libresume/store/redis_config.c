/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redis://[[user]:password@]host[:port][/db] and redis+unix://[[user]:password@]/path, percent
 * escapes already decoded. The last @ ends the login, so a password may hold one.
 */
#include "store/redis_config.h"

#include "base/bytes.h"

#include <stdio.h>

#define PORT 6379U

/* Never repeats what stood there: it may be a password. */
static resume_status refuse_login(char *why) {
    snprintf(why, RSM_WHY_SIZE,
             "a login that is not user:password@ or :password@, or longer than %d bytes each",
             RSM_REDIS_LOGIN_MAX);
    return RESUME_E_INVALID;
}

static resume_status take_login(const char *text, size_t len, char *why,
                                struct rsm_redis_config *config) {
    const char *colon = memchr(text, ':', len);
    size_t user_len = colon ? (size_t)(colon - text) : 0;
    size_t password_len = colon ? len - user_len - 1 : 0;
    if (password_len == 0 || user_len > RSM_REDIS_LOGIN_MAX || password_len > RSM_REDIS_LOGIN_MAX) {
        return refuse_login(why);
    }
    memcpy(config->user, text, user_len);
    memcpy(config->password, colon + 1, password_len);
    return RESUME_OK;
}

static resume_status take_db(const char *text, char *why, struct rsm_redis_config *config) {
    uint64_t db = 0;
    resume_status status = rsm_parse_count(text, &db, why);
    if (status != RESUME_OK || db > 999999) {
        snprintf(why, RSM_WHY_SIZE, "\"%.40s\" is not the number of a Redis database", text);
        return RESUME_E_INVALID;
    }
    snprintf(config->db, sizeof config->db, "%u", (unsigned)db);
    return RESUME_OK;
}

/* host[:port][/db] */
static resume_status take_place(const char *text, char *why, struct rsm_redis_config *config) {
    size_t host_len = strcspn(text, "/");
    resume_status status = rsm_dial_init_host(&config->dial, text, host_len, PORT, why);
    if (status == RESUME_OK && text[host_len] == '/' && text[host_len + 1]) {
        status = take_db(text + host_len + 1, why, config);
        if (status != RESUME_OK) {
            rsm_dial_destroy(&config->dial);
        }
    }
    return status;
}

static resume_status refuse_form(const struct rsm_url *url, char *why) {
    bool tcp = strcmp(url->scheme, "redis") == 0;
    snprintf(why, RSM_WHY_SIZE, "%.20s: without a server; write %s", url->scheme,
             tcp ? "redis://host:6379/0, or redis:?unix=/path"
                 : "redis+unix:///run/redis/redis.sock");
    return RESUME_E_INVALID;
}

static resume_status take_path(struct rsm_url *url, char *why, struct rsm_redis_config *config) {
    const char *rest = url->path;
    const char *path = rsm_url_param(url, "unix");
    if (strncmp(rest, "//", 2) == 0) {
        rest += 2;
        const char *at = strrchr(rest, '@');
        if (at) {
            resume_status status = take_login(rest, (size_t)(at - rest), why, config);
            if (status != RESUME_OK) {
                return status;
            }
            rest = at + 1;
        }
    } else if (rest[0] || !path) {
        return refuse_form(url, why);
    }
    if (strcmp(url->scheme, "redis") != 0 && !path) {
        return rsm_dial_init_path(&config->dial, rest, why);
    }
    if (path && rest[0]) {
        snprintf(why, RSM_WHY_SIZE, "unix= beside a host or a path");
        return RESUME_E_INVALID;
    }
    return path ? rsm_dial_init_path(&config->dial, path, why) : take_place(rest, why, config);
}

resume_status rsm_redis_config_read(struct rsm_url *url, char *why,
                                    struct rsm_redis_config *config) {
    resume_status status = rsm_remote_prefix_read(url, why, config->prefix);
    const char *db = rsm_url_param(url, "db");
    if (status == RESUME_OK && db) {
        status = take_db(db, why, config);
    }
    return status == RESUME_OK ? take_path(url, why, config) : status;
}
