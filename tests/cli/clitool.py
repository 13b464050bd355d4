# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line tool use: servers, session files, a look for leaks."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Done:
    """How a process of the tool ended."""

    code: int
    out: str
    err: str


class Runner(Protocol):
    """The fixture ``tool``."""

    def __call__(self, *arguments: str | Path, stdin: bytes = b"", **environment: str) -> Done: ...


def make_certificate(folder: Path) -> Path:
    key, public, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


@contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    """A server in a thread that answers one line with one line; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return  # closed: the test is over
            try:
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(100)
                    connection.sendall(b"hello\n")
                    connection.unwrap()
            except OSError:
                raw.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def s_client(port: int, *options: str) -> bytes:
    """``openssl s_client`` against it, with a line to say; what it printed."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof"]
    command += ["-servername", "a.example", *options]
    done = subprocess.run(command, input=b"x\n", capture_output=True, timeout=60, check=True)
    return done.stdout


def leaks(text: str, *secrets: bytes) -> list[str]:
    """In what forms the text holds a piece of eight bytes or more of a secret."""
    lower, found = text.lower(), []
    for secret in secrets:
        for at in range(len(secret) - 7):
            piece = secret[at : at + 8]
            if piece.hex() in lower.replace(":", ""):
                found.append(f"hex {piece.hex()}")
            if piece.decode("latin-1") in text:
                found.append(f"raw {piece!r}")
        for skipped in range(3):
            whole = secret[skipped : skipped + (len(secret) - skipped) // 3 * 3]
            code = base64.b64encode(whole).decode()
            windows = [code[start : start + 12] for start in range(0, len(code) - 11, 4)]
            found += [
                f"base64 {w}" for w in windows if w in text.replace("-", "+").replace("_", "/")
            ]
    return found
