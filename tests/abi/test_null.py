# SPDX-License-Identifier: Apache-2.0
"""Every public call survives NULL: calls are generated from the headers, so none is forgotten.

Two programs: each call with every pointer NULL and every scalar 0, which must be refused; then,
with real handles, each call once for each of its pointers, that one NULL and the others good.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import headers
import pytest

LIB_DIR = headers.BUILD / "libresume"

HEAD = """
#include <resume/resume.h>
#include <resume/openssl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
"""


def run(source_text: str, folder: Path) -> list[str]:
    """Compiles and runs; each line the program printed. A crash names the call before it."""
    source = folder / "calls.c"
    source.write_text(source_text)
    program = folder / "calls"
    libraries = ["-L", str(LIB_DIR), "-lresume-openssl", "-lresume", "-lssl", "-lcrypto"]
    command = ["cc", "-O0", "-g", "-w", "-I", str(headers.INCLUDE), str(source), "-o", str(program)]
    subprocess.run([*command, *libraries], check=True)
    env = {**os.environ, "LD_LIBRARY_PATH": str(LIB_DIR)}
    done = subprocess.run([str(program)], capture_output=True, text=True, env=env, check=False)
    last = done.stdout.splitlines()[-1:] or ["nothing"]
    assert done.returncode == 0, f"status {done.returncode} after {last[0]}\n{done.stderr}"
    assert done.stderr == "", "the library printed something"
    return done.stdout.splitlines()


def call_text(call: headers.Function, arguments: list[str]) -> str:
    """Prints the name, makes the call, then prints what came back."""
    text = f'    printf("{call.name} "); fflush(stdout);\n'
    expression = f"{call.name}({', '.join(arguments)})"
    if call.result == "void":
        return text + f'    {expression}; puts("void");\n'
    if call.result_pointer:
        return text + f'    puts((const void *){expression} ? "pointer" : "null");\n'
    return text + f'    printf("%lld\\n", (long long){expression});\n'


def test_all_null_is_refused(tmp_path: Path) -> None:
    body = "int main(void) {\n"
    for call in headers.functions().values():
        arguments = ["NULL" if p.pointer or p.function else "0" for p in call.parameters]
        body += call_text(call, arguments)
    answers = dict(line.split(" ", 1) for line in run(HEAD + body + "    return 0;\n}\n", tmp_path))
    assert set(answers) == set(headers.functions())
    for name, answer in answers.items():
        call = headers.functions()[name]
        pointers = [p for p in call.parameters if p.pointer]
        if call.result == "resume_status" and pointers:
            assert answer == "-1", f"{name} gave {answer}, not RESUME_E_INVALID"
        elif call.result_pointer and "char" not in call.result:
            assert answer == "null", f"{name} made a pointer out of nothing"


def good_argument(parameter: headers.Parameter) -> str:
    spelling = re.sub(r"\b(const|struct) ", "", parameter.spelling)
    if parameter.function:
        return "NULL"
    if parameter.pointer:
        kind = spelling.split()[0]
        if kind in POOL and spelling.count("*") == 1:
            return f"(void *)pool_{kind}"
        if kind == "char" and spelling.count("*") == 1:
            return '"a"'
        return "scratch()"
    if parameter.name.endswith(("_len", "_cap")):
        return "16"
    return "1"


POOL = {
    "resume_session_options": "resume_session_options_new(&pool_resume_session_options)",
    "resume_session": "make_session()",
    "resume_keyring_options": "resume_keyring_options_new(&pool_resume_keyring_options)",
    "resume_keyring": 'resume_keyring_from_url("random:", NULL, 1000, &pool_resume_keyring)',
    "resume_key": "resume_keyring_sealing_key(pool_resume_keyring, 1000, &pool_resume_key)",
    "resume_codec_options": "resume_codec_options_new(&pool_resume_codec_options)",
    "resume_codec": "resume_codec_new(pool_resume_keyring, NULL, &pool_resume_codec)",
    "resume_store_options": "resume_store_options_new(&pool_resume_store_options)",
    "resume_store": 'resume_store_from_url("memory:?bytes=1M", NULL, &pool_resume_store)',
    "resume_policy": "resume_policy_new(&pool_resume_policy)",
    "resume_connection": "resume_connection_new(&pool_resume_connection)",
    "resume_facts": "resume_facts_new(&pool_resume_facts)",
    "resume_server_options": "resume_server_options_new(&pool_resume_server_options)",
    "resume_server": "make_server()",
    "resume_peer": 'resume_peer_new("a", 1, &pool_resume_peer)',
    "resume_client_options": "resume_client_options_new(&pool_resume_client_options)",
    "resume_client": "make_client()",
    "resume_saved": "resume_client_take(pool_resume_client, pool_resume_peer, 1000, &pool_resume_saved)",
    "resume_hello": "make_hello()",
    "resume_server_hello": "make_server_hello()",
    "resume_verdict": "make_verdict()",
    "resume_key_block": "make_key_block()",
    "resume_openssl_options": "resume_openssl_options_new(&pool_resume_openssl_options)",
    "ssl_ctx_st": "(pool_ssl_ctx_st = SSL_CTX_new(TLS_method())) ? 0 : -1",
    "ssl_st": "(pool_ssl_st = SSL_new(pool_ssl_ctx_st)) ? 0 : -1",
    "ssl_session_st": "resume_openssl_import(pool_resume_session, &pool_ssl_session_st)",
}

SUPPORT = """
static void *scratch(void) {
    static uint64_t memory[64][64];
    static unsigned next;
    memset(memory[next % 64], 0, sizeof memory[0]);
    return memory[next++ % 64];
}
static resume_status make_session(void) {
    uint8_t secret[48];
    memset(secret, 7, sizeof secret);
    resume_session_options *o = pool_resume_session_options;
    resume_status bad = resume_session_options_set_version(o, 0x0303);
    bad |= resume_session_options_set_cipher_suite(o, 0xc02f);
    bad |= resume_session_options_set_secret(o, secret, sizeof secret);
    bad |= resume_session_options_set_session_id(o, secret, 32);
    bad |= resume_session_options_set_created(o, 1000);
    bad |= resume_session_options_set_lifetime(o, 300);
    return bad ? bad : resume_session_new(o, &pool_resume_session);
}
static resume_status make_client(void) {
    resume_policy *p = pool_resume_policy; /* the session of the pool has no EMS */
    resume_client_options *o = pool_resume_client_options;
    resume_status bad = resume_policy_set_ems(p, RESUME_EMS_ALLOW_LEGACY);
    bad |= resume_client_options_set_policy(o, p);
    bad |= resume_client_new(o, &pool_resume_client);
    return bad ? bad : resume_client_put(pool_resume_client, pool_resume_peer, pool_resume_session,
                                         (const uint8_t *)"t", 1, 0, 1000);
}
static resume_status make_server(void) {
    resume_server_options *o = pool_resume_server_options;
    resume_status bad = resume_server_options_set_keyring(o, pool_resume_keyring);
    bad |= resume_server_options_set_store(o, pool_resume_store);
    return bad ? bad : resume_server_new(o, &pool_resume_server);
}
static uint8_t client_hello[] = {1, 0, 0, 41, 3, 3, [38] = 0, 0, 2, 0xc0, 0x2f, 1, 0};
static resume_status make_hello(void) {
    resume_status bad = resume_hello_new(&pool_resume_hello);
    return bad ? bad : resume_hello_parse(pool_resume_hello, client_hello, sizeof client_hello);
}
static resume_status make_server_hello(void) {
    static uint8_t message[64];
    size_t len = 0;
    resume_status bad = resume_server_hello_new(&pool_resume_server_hello);
    bad |= resume_server_hello_write(client_hello, NULL, 0, 0xc02f, false, false, NULL, 0, message,
                                     sizeof message, &len);
    return bad ? bad : resume_server_hello_parse(pool_resume_server_hello, message, len);
}
static resume_status make_verdict(void) {
    resume_status status = resume_server_offer(pool_resume_server, pool_resume_hello,
                                               pool_resume_connection, 1000, &pool_resume_verdict);
    return status == RESUME_FULL ? 0 : -1;
}
static resume_status make_key_block(void) {
    uint8_t *bytes = scratch();
    return resume_key_block_new(0xc02f, bytes, bytes, bytes, &pool_resume_key_block);
}
"""


def pool_source() -> str:
    kinds = [kind for kind in POOL if kind.startswith("ssl") or declared(kind)]
    text = "".join(f"static struct {kind} *pool_{kind};\n" for kind in kinds) + SUPPORT
    text += "static int fill(void) {\n"
    for kind in kinds:
        text += f'    if ({POOL[kind]}) {{ puts("no {kind}"); return 1; }}\n'
    return text + "    return 0;\n}\n"


def declared(kind: str) -> bool:
    return any(f"typedef struct {kind} {kind};" in p.read_text() for p in headers.header_files())


@pytest.mark.parametrize("library", sorted(headers.LIBRARIES))
def test_each_pointer_null_in_turn(library: str, tmp_path: Path) -> None:
    text = HEAD + pool_source() + "int main(void) {\n    if (fill()) return 1;\n"
    made = 0
    for name in sorted(headers.declared_names(library)):
        call = headers.functions()[name]
        if name.endswith("_unref"):  # takes the pool's reference away; NULL is tested above
            continue
        for index, parameter in enumerate(call.parameters):
            if parameter.pointer:
                arguments = [good_argument(p) for p in call.parameters]
                arguments[index] = "NULL"
                text += call_text(call, arguments)
                made += 1
    answers = run(text + "    return 0;\n}\n", tmp_path)
    assert len(answers) == made > 0
