# SPDX-License-Identifier: Apache-2.0
"""Each example server runs, and a real client's second visit is resumed, on TLS 1.2 and 1.3."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import free_port, s_server
from tls import client_context

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "python"
STARTING_S = 30
SERVERS = ["asyncio", "http", "aiohttp", "tornado", "uvicorn", "hypercorn", "gunicorn"]


def command(name: str, port: int, certificate: Path) -> list[str]:
    if name != "gunicorn":
        return [sys.executable, f"{name}_server.py", str(port), str(certificate)]
    options = ["--workers", "2", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    files = ["--certfile", str(certificate), "--keyfile", str(certificate)]
    config = ["--config", "gunicorn_server.py"]
    return [sys.executable, "-m", "gunicorn", *config, *options, *files, "gunicorn_server:app"]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running(name: str, port: int, certificate: Path, log: Path) -> Iterator[None]:
    """The server as a process of its own, stopped by its process at the end."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(name, port, certificate), cwd=FOLDER, stdout=out, stderr=out, env=environment
        )
    try:
        deadline = time.monotonic() + STARTING_S
        while not listens(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def fetch(
    port: int, client: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, bytes, ssl.SSLSession | None]:
    """One request over a fresh connection: whether it was resumed, the answer, the session."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="localhost", session=session) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while b"hello" not in answer:
            part = connection.recv(4096)
            assert part, answer
            answer += part
        return bool(connection.session_reused), answer, connection.session


@pytest.mark.parametrize("name", SERVERS)
def test_the_second_visit_is_resumed(name: str, certificate: Path, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    with running(name, port, certificate, log):
        for version in ("1.2", "1.3"):
            client = client_context(version)
            resumed, answer, session = fetch(port, client, None)
            assert not resumed
            assert b"200 OK" in answer or b"HTTP/1.1 200" in answer
            workers = {answer.split(b"worker")[-1]}
            for _ in range(8 if name == "gunicorn" else 2):
                resumed, answer, session = fetch(port, client, session)
                assert resumed, f"TLS {version}: {log.read_text()}"
                workers.add(answer.split(b"worker")[-1])
            assert name != "gunicorn" or len(workers) >= 1


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_client_resumes_in_its_second_process(
    certificate: Path, tmp_path: Path, version: str
) -> None:
    """Against OpenSSL's own server; what it trusts is the certificate itself."""
    port, said = free_port(), []
    option = "-tls" + version[4:].replace(".", "_")
    arguments = ["localhost", str(port), str(certificate), str(tmp_path / "sessions")]
    with s_server(certificate, port, option):
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "client.py", *arguments],
                cwd=FOLDER,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            said.append(done.stdout.splitlines())
    visits = [f"{version}: {how}, answered 200" for how in ("full handshake", "resumed")]
    assert said[0] == ["0 sessions from the process before", visits[0], visits[1], visits[1]]
    assert not said[1][0].startswith("0 ")
    assert said[1][1:] == [visits[1]] * 3
