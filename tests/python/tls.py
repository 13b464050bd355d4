# SPDX-License-Identifier: Apache-2.0
"""TLS handshakes in memory, between two of Python's own SSL contexts. Not a test."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass
class Visit:
    """What one connection came to, as the client saw it."""

    reused: bool
    session: ssl.SSLSession | None
    version: str | None


def server_context(certificate: Path, version: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if version is not None:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def client_context(version: str | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def visit(
    server: ssl.SSLContext,
    client: ssl.SSLContext,
    session: ssl.SSLSession | None = None,
    server_name: str | None = "a.example",
) -> Visit:
    """One whole connection: handshake, a byte from the server, close."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    ours = client.wrap_bio(to_client, to_server, server_hostname=server_name, session=session)
    pending = [ours, theirs]
    for _ in range(10):
        for end in list(pending):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.remove(end)
        if not pending:
            break
    assert not pending, "the handshake did not end"
    theirs.write(b"x")  # behind it come TLS 1.3's tickets
    assert ours.read(1) == b"x"
    return Visit(bool(ours.session_reused), ours.session, ours.version())


def visits(
    server: ssl.SSLContext,
    client: ssl.SSLContext,
    count: int,
    server_name: str | None = "a.example",
) -> list[bool]:
    """A client's visits, each with the session of the one before: which were resumed."""
    seen: list[bool] = []
    session: ssl.SSLSession | None = None
    for _ in range(count):
        came = visit(server, client, session, server_name)
        seen.append(came.reused)
        session = came.session
    return seen
