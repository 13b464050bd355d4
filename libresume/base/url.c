/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URL and unit parsing for configuration. Errors name what was wrong and what is known.
 */
#include "base/url.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <stdio.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL with why set if an escape is broken or hides a NUL; NULL with why empty if out of memory. */
static char *decode(const char *text, size_t len, char *why) {
    char *copy = rsm_strndup(text, len);
    if (!copy) {
        return NULL;
    }
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                snprintf(why, RSM_WHY_SIZE,
                         "broken percent escape; write %%XX with two hex digits");
                rsm_free(copy);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        copy[at++] = c;
    }
    copy[at] = '\0';
    return copy;
}

static resume_status failed(const char *why) {
    return why[0] ? RESUME_E_INVALID : RESUME_E_NOMEM;
}

static resume_status parse_param(const char *text, size_t len, struct rsm_url *url, char *why) {
    const char *equals = memchr(text, '=', len);
    if (!equals || equals == text) {
        snprintf(why, RSM_WHY_SIZE, "parameter without key=value form: \"%.*s\"",
                 (int)(len < 60 ? len : 60), text);
        return RESUME_E_INVALID;
    }
    if (url->param_count == RSM_URL_PARAMS) {
        snprintf(why, RSM_WHY_SIZE, "more than %d parameters", RSM_URL_PARAMS);
        return RESUME_E_INVALID;
    }
    struct rsm_url_param *param = &url->params[url->param_count++];
    param->key = decode(text, (size_t)(equals - text), why);
    if (!param->key) {
        return failed(why);
    }
    param->value = decode(equals + 1, len - (size_t)(equals - text) - 1, why);
    return param->value ? RESUME_OK : failed(why);
}

static resume_status parse_query(const char *query, struct rsm_url *url, char *why) {
    while (*query) {
        size_t len = strcspn(query, "&");
        resume_status status = parse_param(query, len, url, why);
        if (status != RESUME_OK) {
            return status;
        }
        query += len;
        query += *query == '&';
    }
    return RESUME_OK;
}

resume_status rsm_url_parse(const char *text, struct rsm_url *ret_url, char *why) {
    struct rsm_url url = {0};
    why[0] = '\0';
    size_t scheme_len = strcspn(text, ":");
    if (scheme_len == 0 || text[scheme_len] != ':') {
        snprintf(why, RSM_WHY_SIZE, "no scheme; write scheme:, for example random: or memory:");
        return RESUME_E_INVALID;
    }
    const char *rest = text + scheme_len + 1;
    size_t path_len = strcspn(rest, "?");
    resume_status status = RESUME_OK;
    url.scheme = rsm_strndup(text, scheme_len);
    url.path = decode(rest, path_len, why);
    if (!url.scheme || !url.path) {
        status = failed(why);
    } else if (rest[path_len] == '?') {
        status = parse_query(rest + path_len + 1, &url, why);
    }
    if (status != RESUME_OK) {
        rsm_url_free(&url);
        return status;
    }
    *ret_url = url;
    return RESUME_OK;
}

void rsm_url_free(struct rsm_url *url) {
    rsm_free(url->scheme);
    rsm_free(url->path);
    for (size_t i = 0; i < url->param_count; i++) {
        rsm_free(url->params[i].key);
        rsm_free(url->params[i].value);
    }
    *url = (struct rsm_url){0};
}

const char *rsm_url_param(struct rsm_url *url, const char *key) {
    for (size_t i = 0; i < url->param_count; i++) {
        struct rsm_url_param *param = &url->params[i];
        if (!param->used && strcmp(param->key, key) == 0) {
            param->used = true;
            return param->value;
        }
    }
    return NULL;
}

resume_status rsm_url_done(const struct rsm_url *url, const char *known, char *why) {
    for (size_t i = 0; i < url->param_count; i++) {
        if (!url->params[i].used) {
            snprintf(why, RSM_WHY_SIZE,
                     "unknown or repeated parameter \"%.60s\" of %.20s:; known: %s",
                     url->params[i].key, url->scheme, known);
            return RESUME_E_INVALID;
        }
    }
    return RESUME_OK;
}

static bool parse_number(const char *text, uint64_t *ret_number, const char **ret_unit) {
    uint64_t number = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *ret_number = number;
    *ret_unit = p;
    return p != text;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static resume_status parse_with_units(const char *text, const struct unit *units, const char *form,
                                      uint64_t *ret_value, char *why) {
    uint64_t number = 0;
    const char *unit = NULL;
    if (parse_number(text, &number, &unit)) {
        for (const struct unit *u = units; u->name; u++) {
            if (strcmp(unit, u->name) == 0 && number <= UINT64_MAX / u->factor) {
                *ret_value = number * u->factor;
                return RESUME_OK;
            }
        }
    }
    snprintf(why, RSM_WHY_SIZE, "\"%.40s\" is not %s", text, form);
    return RESUME_E_INVALID;
}

resume_status rsm_parse_bytes(const char *text, uint64_t *ret_bytes, char *why) {
    static const struct unit units[] = {
        {"", 1}, {"K", 1ULL << 10}, {"M", 1ULL << 20}, {"G", 1ULL << 30}, {NULL, 0}};
    return parse_with_units(text, units, "a size; write for example 65536, 64K, 64M or 1G",
                            ret_bytes, why);
}

resume_status rsm_parse_duration(const char *text, uint64_t *ret_ms, char *why) {
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    return parse_with_units(text, units, "a duration; write for example 20ms, 90s, 5m, 12h or 7d",
                            ret_ms, why);
}

resume_status rsm_parse_count(const char *text, uint64_t *ret_count, char *why) {
    static const struct unit units[] = {{"", 1}, {NULL, 0}};
    return parse_with_units(text, units, "a count; write digits only", ret_count, why);
}
