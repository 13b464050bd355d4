# SPDX-License-Identifier: Apache-2.0
"""TLS servers on sockets for the client's tests: OpenSSL's own and Python's. Not a test."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAITING_S = 30
ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nhello\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(folder: Path, stem: str, names: str) -> Path:
    """A self-signed certificate with its key in one file."""
    key, public, both = folder / f"{stem}.key", folder / f"{stem}.crt", folder / f"{stem}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={stem}", "-addext"]
    command += [f"subjectAltName={names}", "-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


@contextmanager
def s_server(certificate: Path, port: int, *options: str) -> Iterator[None]:
    """``openssl s_server`` as a web server, whose ticket keys are its own."""
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate)]
    process = subprocess.Popen(
        [*command, "-www", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"ACCEPT"):
                break
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        yield
    finally:
        process.kill()
        process.wait()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        pass  # the client turned away
    finally:
        writer.close()


@contextmanager
def python_server(context: ssl.SSLContext, host: str = "127.0.0.1") -> Iterator[int]:
    """A web server of asyncio in a thread, which answers each connection once; gives its port."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # handshakes that fail are a test's business
    server = loop.run_until_complete(asyncio.start_server(_answer, host, 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(server.close)
        time.sleep(0.01)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def fetch(
    context: ssl.SSLContext,
    port: int,
    server_name: str | None = "localhost",
    session: ssl.SSLSession | None = None,
) -> bool:
    """A request over a fresh connection on a socket; true if it was resumed."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=WAITING_S) as raw,
        context.wrap_socket(raw, server_hostname=server_name, session=session) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
        assert b" 200 " in answer.partition(b"\n")[0], answer
        return bool(connection.session_reused)
