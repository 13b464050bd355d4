# SPDX-License-Identifier: Apache-2.0
"""The matrix's server in Python: ssl, with libresume attached. It speaks as tests/interop/server.c does.

python_server.py CERTIFICATE KEY [keys=URL] [store=URL] [context=STOCK] [accept=STOCK]
                 [suites=sha256] [lifetime=SECONDS] [clients=CA]
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys

import libresume


def make_context(certificate: str, key: str, wishes: dict[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if "clients" in wishes:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(wishes["clients"])
    policy = libresume.Policy(
        # attach() would make keys of this process's own beside a store.
        modes=libresume.Mode.TICKETS if "keys" in wishes else libresume.Mode.SESSION_IDS,
        issue_context=wishes.get("context"),
        accept_contexts=[wishes["accept"]] if "accept" in wishes else [],
        sha256_first="suites" in wishes,
        lifetime=int(wishes["lifetime"]) if "lifetime" in wishes else None,
    )
    libresume.attach(context, keys=wishes.get("keys"), store=wishes.get("store"), policy=policy)
    return context


def answer(connection: ssl.SSLSocket, name: str) -> None:
    connection.recv(1024)
    body = f"resumed={int(bool(connection.session_reused))} version={connection.version()} name={name}\n"
    head = f"HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall((head + body).encode())
    with contextlib.suppress(OSError):
        connection.unwrap()


def main() -> None:
    certificate, key, *rest = sys.argv[1:]
    context = make_context(certificate, key, dict(wish.split("=", 1) for wish in rest))
    names: list[str] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name or "")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            raw, _ = listener.accept()
            raw.settimeout(10)
            names.clear()
            with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as one:
                answer(one, names[0] if names else "")


if __name__ == "__main__":
    main()
