/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser reads in a ClientHello that comes as records on standard input, byte by byte, as
 * lines of "name=value": for test_interop_hellos.py.
 */
#include <resume/resume.h>

#include <stdio.h>

static uint8_t wire[6 * RESUME_HELLO_SIZE_MAX];

static void print_hex(const char *name, const uint8_t *data, size_t len) {
    if (data) {
        printf("%s=", name);
        for (size_t i = 0; i < len; i++) {
            printf("%02x", data[i]);
        }
        printf("\n");
    }
}

static void print_hello(const resume_hello *hello) {
    size_t len = 0;
    const uint8_t *data = resume_hello_server_name(hello, &len);
    if (data) {
        printf("name=%.*s\n", (int)len, (const char *)data);
    }
    data = resume_hello_alpn(hello, &len);
    print_hex("alpn", data, len);
    data = resume_hello_session_ticket(hello, &len);
    print_hex("ticket", data, len);
    data = resume_hello_session_id(hello, &len);
    print_hex("id", data, len);
    printf("ems=%d\n", resume_hello_extended_master_secret(hello));
    printf("tls12=%d\n", resume_hello_offers_version(hello, 0x0303));
    printf("tls13=%d\n", resume_hello_offers_version(hello, 0x0304));
    printf("psks=%zu\n", resume_hello_psk_count(hello));
    printf("modes=%u\n", (unsigned)resume_hello_psk_modes(hello));
}

int main(void) {
    resume_hello *hello = NULL;
    resume_status status = resume_hello_new(&hello);
    size_t used = 0;
    size_t len = 0;
    int c;
    while ((status == RESUME_OK || status == RESUME_MORE) && !used && len < sizeof wire &&
           (c = getchar()) != EOF) {
        wire[len++] = (uint8_t)c;
        status = resume_hello_parse_records(hello, wire, len, &used);
    }
    printf("status=%s\nfault=%s\n", resume_status_name(status),
           resume_fault_name(resume_hello_fault(hello)));
    if (used) {
        print_hello(hello);
    }
    resume_hello_unref(hello);
    return 0;
}
