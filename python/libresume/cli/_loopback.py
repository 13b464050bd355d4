# SPDX-License-Identifier: Apache-2.0
"""TLS handshakes in memory between two SSL contexts of Python, for measuring. No sockets."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from libresume.cli._exit import UsageError

VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


@contextmanager
def certificate(given: Path | None) -> Iterator[Path]:
    """The given PEM file, or a P-256 certificate with its key that is gone afterwards."""
    if given is not None:
        yield given
        return
    if shutil.which("openssl") is None:
        raise UsageError("there is no openssl command to make a certificate: give --certificate")
    with tempfile.TemporaryDirectory(prefix="libresume-") as folder:
        key, public, both = (Path(folder) / name for name in ("key", "crt", "pem"))
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
        command += ["ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"]
        command += ["-keyout", str(key), "-out", str(public)]
        subprocess.run(command, check=True, capture_output=True)
        both.write_bytes(key.read_bytes() + public.read_bytes())
        both.chmod(0o600)
        yield both


def server_context(pem: Path, version: str) -> ssl.SSLContext:
    """A server's context for one version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pem)
    except ssl.SSLError:
        raise UsageError(f"{pem} holds no certificate with its key") from None
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def client_context(tickets: bool) -> ssl.SSLContext:
    """A client's context that takes any certificate: it talks with this process only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    return context


def visit(
    server: ssl.SSLContext, client: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, ssl.SSLSession | None]:
    """One connection with a byte from the server: whether it resumed, and the session to keep."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    ours = client.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
    pending = [ours, theirs]
    while pending:
        for end in list(pending):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.remove(end)
    theirs.write(b"x")  # behind it come the tickets of TLS 1.3
    ours.read(1)
    return bool(ours.session_reused), ours.session
