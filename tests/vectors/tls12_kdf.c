/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes what the vectors of test_vectors_tls12.py ask for. Each line on stdin is a question,
 * bytes in hexadecimal, none as "-"; each line on stdout the status and the bytes:
 *
 *     prf HASH SECRET LABEL SEED LENGTH
 *     master SUITE PREMASTER CLIENT_RANDOM SERVER_RANDOM
 *     extended SUITE PREMASTER SESSION_HASH
 *     keys SUITE MASTER_SECRET CLIENT_RANDOM SERVER_RANDOM
 *
 * HASH is RESUME_HASH_*, SUITE a number; both decimal.
 */
#include <resume/tls12.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 6
#define BYTES_MAX 1024

struct bytes {
    uint8_t data[BYTES_MAX];
    size_t len;
};

static void die(const char *what) {
    fprintf(stderr, "tls12-kdf: %s\n", what);
    exit(1);
}

static void unhex(const char *word, struct bytes *out) {
    out->len = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
    if (out->len > BYTES_MAX || (out->len && strlen(word) != 2 * out->len)) {
        die("bytes of an odd length, or too many");
    }
    for (size_t i = 0; i < out->len; i++) {
        unsigned byte = 0;
        if (sscanf(word + 2 * i, "%2x", &byte) != 1) {
            die("not hexadecimal");
        }
        out->data[i] = (uint8_t)byte;
    }
}

static unsigned number(const char *word) {
    char *end = NULL;
    unsigned long value = strtoul(word, &end, 10);
    if (end == word || *end || value > UINT16_MAX) {
        die("not a number");
    }
    return (unsigned)value;
}

static resume_status prf(char **words, struct bytes *out) {
    struct bytes secret;
    struct bytes label;
    struct bytes seed;
    char text[BYTES_MAX + 1];
    unhex(words[2], &secret);
    unhex(words[3], &label);
    unhex(words[4], &seed);
    out->len = number(words[5]);
    if (out->len > BYTES_MAX) {
        die("too much is asked for");
    }
    memcpy(text, label.data, label.len);
    text[label.len] = '\0';
    return resume_tls12_prf((resume_hash)number(words[1]), secret.data, secret.len, text, seed.data,
                            seed.len, out->data, out->len);
}

static resume_status master(char **words, struct bytes *out) {
    struct bytes premaster;
    struct bytes client;
    struct bytes server;
    unhex(words[2], &premaster);
    unhex(words[3], &client);
    unhex(words[4], &server);
    out->len = RESUME_TLS12_MASTER_SECRET_SIZE;
    if (client.len != RESUME_TLS12_RANDOM_SIZE || server.len != RESUME_TLS12_RANDOM_SIZE) {
        die("a random of another size");
    }
    return resume_tls12_master_secret((uint16_t)number(words[1]), premaster.data, premaster.len,
                                      client.data, server.data, out->data);
}

static resume_status extended(char **words, struct bytes *out) {
    struct bytes premaster;
    struct bytes hash;
    unhex(words[2], &premaster);
    unhex(words[3], &hash);
    out->len = RESUME_TLS12_MASTER_SECRET_SIZE;
    return resume_tls12_extended_master_secret((uint16_t)number(words[1]), premaster.data,
                                               premaster.len, hash.data, hash.len, out->data);
}

static resume_status keys(char **words, struct bytes *out) {
    struct bytes secret;
    struct bytes client;
    struct bytes server;
    resume_key_block *block = NULL;
    unhex(words[2], &secret);
    unhex(words[3], &client);
    unhex(words[4], &server);
    if (secret.len != RESUME_TLS12_MASTER_SECRET_SIZE || client.len != RESUME_TLS12_RANDOM_SIZE ||
        server.len != RESUME_TLS12_RANDOM_SIZE) {
        die("a secret or a random of another size");
    }
    resume_status status = resume_key_block_new((uint16_t)number(words[1]), secret.data,
                                                client.data, server.data, &block);
    const uint8_t *all = resume_key_block_part(block, RESUME_KEY_BLOCK_ALL, &out->len);
    if (all && out->len <= BYTES_MAX) {
        memcpy(out->data, all, out->len);
    }
    resume_key_block_unref(block);
    return status;
}

static const struct {
    const char *name;
    int words;
    resume_status (*answer)(char **words, struct bytes *out);
} questions[] = {
    {"prf", 6, prf}, {"master", 5, master}, {"extended", 4, extended}, {"keys", 5, keys}};

static void answer(char *line) {
    char *words[WORDS_MAX + 1];
    char *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(line, " \n", &rest); word && count <= WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest)) {
        words[count++] = word;
    }
    for (size_t i = 0; count && i < sizeof questions / sizeof questions[0]; i++) {
        if (strcmp(words[0], questions[i].name) == 0 && count == questions[i].words) {
            struct bytes out = {.len = 0};
            printf("%d ", (int)questions[i].answer(words, &out));
            for (size_t n = 0; n < out.len; n++) {
                printf("%02x", out.data[n]);
            }
            putchar('\n');
            return;
        }
    }
    die("not a question");
}

int main(void) {
    static char line[8 * BYTES_MAX];
    while (fgets(line, sizeof line, stdin)) {
        answer(line);
    }
    return 0;
}
