# SPDX-License-Identifier: Apache-2.0
"""A TLS client whose ClientHello stops after one byte, until something else has happened."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable

from peers import PATIENCE


def client_context(version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    only = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    context.minimum_version = context.maximum_version = only
    return context


def visit(
    port: int,
    context: ssl.SSLContext,
    session: ssl.SSLSession | None = None,
    meanwhile: Callable[[], object] = bool,
) -> ssl.SSLObject:
    """One page; meanwhile runs when the server has the first byte of the hello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="a.example", session=session)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as raw:
        raw.sendall(hello[:1])
        meanwhile()
        raw.sendall(hello[1:])

        def until_done(step: Callable[[], object]) -> None:
            while True:
                try:
                    step()
                except ssl.SSLWantReadError:
                    raw.sendall(outgoing.read())
                    incoming.write(raw.recv(1 << 14))
                else:
                    raw.sendall(outgoing.read())
                    return

        until_done(tls.do_handshake)
        until_done(lambda: tls.write(b"GET / HTTP/1.0\r\n\r\n"))
        until_done(lambda: tls.read(1 << 14))
    return tls
