/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Computes what the vectors of test_vectors_crypto.py ask for. Each line on stdin is a question,
 * bytes in hexadecimal, none as "-"; each line on stdout the status and, if that is 0, the bytes:
 *
 *     hmac KEY DATA
 *     hkdf INPUT SALT INFO LENGTH
 *     xaes-seal ROOT NONCE AAD PLAIN         ciphertext and tag
 *     xaes-open ROOT NONCE AAD SEALED
 *     cbc-open CIPHER_KEY MAC_KEY TICKET
 *     aes-block KEY BLOCK                    libcrypto's own, to make tickets from
 */
#include "crypto/cbc_hmac.h"
#include "crypto/hkdf.h"
#include "crypto/hmac.h"
#include "crypto/xaes.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 5

struct bytes {
    uint8_t *data;
    size_t len;
};

static void die(const char *what) {
    fprintf(stderr, "crypto-vectors: %s\n", what);
    exit(1);
}

static struct bytes room(size_t len) {
    struct bytes out = {calloc(1, len + 1), len};
    if (!out.data) {
        die("no memory");
    }
    return out;
}

static uint8_t nibble(char c) {
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    if (!at) {
        die("not hexadecimal");
    }
    return (uint8_t)(at - digits);
}

/* In place: two digits become one byte of the line. */
static struct bytes unhex(char *word) {
    size_t digits = strcmp(word, "-") == 0 ? 0 : strlen(word);
    struct bytes out = {(uint8_t *)word, digits / 2};
    if (digits % 2) {
        die("half a byte");
    }
    for (size_t i = 0; i < out.len; i++) {
        out.data[i] = (uint8_t)(nibble(word[2 * i]) << 4 | nibble(word[2 * i + 1]));
    }
    return out;
}

static struct bytes sized(char *word, size_t len) {
    struct bytes out = unhex(word);
    if (out.len != len) {
        die("bytes of another number");
    }
    return out;
}

static resume_status hmac(char **words, struct bytes *out) {
    struct bytes key = unhex(words[0]);
    struct bytes data = unhex(words[1]);
    *out = room(RSM_HMAC_SIZE);
    return rsm_hmac_sha256(key.data, key.len, data.data, data.len, out->data);
}

static resume_status hkdf(char **words, struct bytes *out) {
    struct bytes input = unhex(words[0]);
    struct bytes salt = unhex(words[1]);
    struct bytes info = unhex(words[2]);
    *out = room(strtoul(words[3], NULL, 10));
    return rsm_hkdf_sha256(input.data, input.len, salt.data, salt.len, info.data, info.len,
                           out->data, out->len);
}

static struct rsm_xaes *xaes(char *root) {
    struct rsm_xaes *made = NULL;
    if (rsm_xaes_new(sized(root, RSM_XAES_KEY).data, &made) != RESUME_OK) {
        die("no context");
    }
    return made;
}

static resume_status xaes_seal(char **words, struct bytes *out) {
    struct rsm_xaes *context = xaes(words[0]);
    struct bytes nonce = sized(words[1], RSM_XAES_NONCE);
    struct bytes aad = unhex(words[2]);
    struct bytes plain = unhex(words[3]);
    *out = room(plain.len + RSM_XAES_TAG);
    resume_status status = rsm_xaes_seal_with(context, nonce.data, aad.data, aad.len, plain.data,
                                              plain.len, out->data, out->data + plain.len);
    rsm_xaes_free(context);
    return status;
}

static resume_status xaes_open(char **words, struct bytes *out) {
    struct rsm_xaes *context = xaes(words[0]);
    struct bytes nonce = sized(words[1], RSM_XAES_NONCE);
    struct bytes aad = unhex(words[2]);
    struct bytes sealed = unhex(words[3]);
    if (sealed.len < RSM_XAES_TAG) {
        die("no tag");
    }
    *out = room(sealed.len - RSM_XAES_TAG);
    resume_status status = rsm_xaes_open(context, nonce.data, aad.data, aad.len, sealed.data,
                                         out->len, sealed.data + out->len, out->data);
    rsm_xaes_free(context);
    return status;
}

static resume_status cbc_open(char **words, struct bytes *out) {
    struct bytes key = unhex(words[0]);
    struct bytes mac_key = unhex(words[1]);
    struct bytes ticket = unhex(words[2]);
    struct rsm_cbc_hmac *context = NULL;
    resume_status status = rsm_cbc_hmac_new(key.data, key.len, mac_key.data, mac_key.len, &context);
    if (status == RESUME_OK) {
        *out = room(ticket.len);
        status = rsm_cbc_hmac_open(context, ticket.data, ticket.len, out->data, &out->len);
    }
    rsm_cbc_hmac_free(context);
    return status;
}

static resume_status aes_block(char **words, struct bytes *out) {
    struct bytes key = unhex(words[0]);
    struct bytes block = sized(words[1], 16);
    int written = 0;
    const EVP_CIPHER *cipher = key.len == 16 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    *out = room(16);
    if (!context || (key.len != 16 && key.len != 32) ||
        EVP_EncryptInit_ex(context, cipher, NULL, key.data, NULL) != 1 ||
        EVP_EncryptUpdate(context, out->data, &written, block.data, 16) != 1 || written != 16) {
        die("libcrypto does not encrypt");
    }
    EVP_CIPHER_CTX_free(context);
    return RESUME_OK;
}

static const struct {
    const char *name;
    int words;
    resume_status (*answer)(char **words, struct bytes *out);
} questions[] = {{"hmac", 2, hmac},           {"hkdf", 4, hkdf},
                 {"xaes-seal", 4, xaes_seal}, {"xaes-open", 4, xaes_open},
                 {"cbc-open", 3, cbc_open},   {"aes-block", 2, aes_block}};

static void print(resume_status status, const struct bytes *out) {
    static const char digits[] = "0123456789abcdef";
    printf("%d ", (int)status);
    for (size_t i = 0; status == RESUME_OK && i < out->len; i++) {
        putchar(digits[out->data[i] >> 4]);
        putchar(digits[out->data[i] & 15]);
    }
    putchar('\n');
}

static void answer(char *line) {
    char *words[WORDS_MAX + 1];
    char *rest = NULL;
    int count = 0;
    for (char *word = strtok_r(line, " \n", &rest); word && count <= WORDS_MAX;
         word = strtok_r(NULL, " \n", &rest)) {
        words[count++] = word;
    }
    for (size_t i = 0; count && i < sizeof questions / sizeof questions[0]; i++) {
        if (strcmp(words[0], questions[i].name) == 0 && count == questions[i].words + 1) {
            struct bytes out = {NULL, 0};
            print(questions[i].answer(words + 1, &out), &out);
            free(out.data);
            return;
        }
    }
    die("not a question");
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        answer(line);
    }
    free(line);
    return 0;
}
