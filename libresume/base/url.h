/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URLs that configure keyrings and stores: scheme:rest?key=value&key=value, percent-decoded,
 * and the units of their values. Not a general URL parser.
 */
#ifndef RSM_BASE_URL_H
#define RSM_BASE_URL_H

#include <resume/status.h>

#define RSM_URL_PARAMS 16
#define RSM_WHY_SIZE   256

struct rsm_url_param {
    char *key;
    char *value;
    bool used;
};

struct rsm_url {
    char *scheme;
    char *path; /* all between "scheme:" and "?", percent-decoded */
    struct rsm_url_param params[RSM_URL_PARAMS];
    size_t param_count;
};

/* On failure `why` (RSM_WHY_SIZE bytes) says what was wrong. */
resume_status rsm_url_parse(const char *text, struct rsm_url *ret_url, char *why);
void rsm_url_free(struct rsm_url *url);

/* The next unused value of the key, marked as used, or NULL. Call again for a repeated key. */
const char *rsm_url_param(struct rsm_url *url, const char *key);

/* Fails and names the first parameter that nothing used; `known` lists the known ones. */
resume_status rsm_url_done(const struct rsm_url *url, const char *known, char *why);

/* "64M" -> bytes (K, M, G: powers of 1024). */
resume_status rsm_parse_bytes(const char *text, uint64_t *ret_bytes, char *why);
/* "12h" -> ms (ms, s, m, h, d; the unit is required). */
resume_status rsm_parse_duration(const char *text, uint64_t *ret_ms, char *why);
/* "1000000" */
resume_status rsm_parse_count(const char *text, uint64_t *ret_count, char *why);

#endif
