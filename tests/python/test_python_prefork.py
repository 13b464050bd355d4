# SPDX-License-Identifier: Apache-2.0
"""Workers of a pre-fork server rotate together: gunicorn, four of them, a new key each 200 ms."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import WAITING_S, free_port, make_certificate

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "python"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """gunicorn as in the example, with a ring made in the master."""
    pem, port = make_certificate(tmp_path, "localhost", "DNS:localhost"), free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn_server.py", "--workers", "4"]
    command += ["--preload", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    command += ["--certfile", str(pem), "--keyfile", str(pem), "gunicorn_server:app"]
    environment = {**os.environ, "LIBRESUME_KEYS": "random:?seal=200ms&open=6s"}
    process = subprocess.Popen(command, cwd=FOLDER, env=environment)
    try:
        end = time.monotonic() + WAITING_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(WAITING_S)


def visit(port: int, session: ssl.SSLSession | None) -> tuple[bool, bytes, ssl.SSLSession | None]:
    """Whether it was resumed, which worker it was, and the session."""
    with (
        socket.create_connection(("127.0.0.1", port), WAITING_S) as plain,
        CLIENT.wrap_socket(plain, server_hostname="localhost", session=session) as tls,
    ):
        tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while part := tls.recv(65536):
            answer += part
        return bool(tls.session_reused), answer.split(b"worker")[-1].strip(), tls.session


CLIENT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CLIENT.check_hostname = False
CLIENT.verify_mode = ssl.CERT_NONE


def test_each_worker_opens_what_any_other_sealed(port: int) -> None:
    """Tickets go on from worker to worker, over many rotations; each worker has its part."""
    session, began, handshakes = None, time.monotonic(), 0
    resumed_at: set[bytes] = set()
    while len(resumed_at) < 4 or time.monotonic() - began < 2:
        assert time.monotonic() - began < WAITING_S, f"only workers {resumed_at} in {handshakes}"
        resumed, worker, session = visit(port, session)
        assert resumed or handshakes == 0, f"worker {worker.decode()} did not resume"
        if resumed:
            resumed_at.add(worker)
        handshakes += 1
