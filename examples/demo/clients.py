# SPDX-License-Identifier: Apache-2.0
"""The demo's clients: Python's ssl, openssl s_client and curl, each coming back again and again.

Each visitor first pays one visit to get a session, then returns, after the other visitors have been
there: a stored session reaches the other workers within milliseconds, and nobody comes back sooner.
Whether a visit was resumed is told by the server in its answer.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

from workers import VERSIONS

VISITORS = 20  # of Python's ssl
RATE = "25/s"  # of curl's visits, which come out of one process

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def read_answer(text: str) -> bool:
    """Whether the answer, the last line with JSON in it, says "resumed"."""
    lines = [line for line in text.splitlines() if line.startswith('{"resumed"')]
    return bool(json.loads(lines[-1])["resumed"])


class PythonClient:
    """Python's ssl. Each visit offers the newest session that the server gave."""

    def __init__(self, port: int, tls: str) -> None:
        self._address = ("127.0.0.1", port)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._context.minimum_version = self._context.maximum_version = VERSIONS[tls]
        self.session: ssl.SSLSession | None = None
        self.latencies_us: list[float] = []

    def visit(self) -> bool:
        """One connection; True if it was resumed."""
        with socket.create_connection(self._address, timeout=10) as raw:
            start = time.perf_counter()
            with self._context.wrap_socket(
                raw, server_hostname="localhost", session=self.session
            ) as connection:
                self.latencies_us.append((time.perf_counter() - start) * 1e6)
                connection.sendall(REQUEST)
                answer = b""
                while chunk := connection.recv(4096):
                    answer += chunk
                self.session = connection.session  # TLS 1.3 sends it after the handshake
                return read_answer(answer.decode())


class OpensslClient:
    """openssl s_client, a new process for each visit, with its session in a file between."""

    def __init__(self, port: int, tls: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._session = Path(self._folder.name) / "session.pem"
        self._command = [
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost",
            f"-tls{tls.replace('.', '_')}", "-quiet", "-ign_eof",
            "-sess_out", str(self._session),
        ]  # fmt: skip

    def visit(self) -> bool:
        """One connection; True if it was resumed."""
        resume = ["-sess_in", str(self._session)] if self._session.exists() else []
        done = subprocess.run(
            self._command + resume, input=REQUEST, capture_output=True, timeout=20, check=False
        )
        return read_answer(done.stdout.decode())


class CurlClient:
    """curl: one process whose connections share its session cache. Visits come in one go.

    In TLS 1.2 for session IDs only: before version 8 curl offers no tickets there (it sets
    SSL_OP_NO_TICKET).
    """

    def __init__(self, port: int, tls: str) -> None:
        self._url = f"https://localhost:{port}/"
        self._command = [
            "curl", "--silent", "--insecure", "--http1.1", "--resolve",
            f"localhost:{port}:127.0.0.1", f"--tlsv{tls}", "--tls-max", tls,
            "--header", "Connection: close", "--rate", RATE,
        ]  # fmt: skip

    def visits(self, count: int) -> list[bool]:
        """count + 1 connections, the first to get a ticket; True for each other that resumed."""
        done = subprocess.run(
            self._command + [self._url] * (count + 1), capture_output=True, timeout=60, check=True
        )
        lines = done.stdout.decode().splitlines()
        return [read_answer(line) for line in lines if line][1:]


def returns(clients: list[PythonClient] | list[OpensslClient], count: int) -> list[bool]:
    """Everybody's first visit, then `count` return visits in turn."""
    for client in clients:
        client.visit()
    return [clients[n % len(clients)].visit() for n in range(count)]


def drive(port: int, tls: str, visits: int, stored: bool) -> tuple[list[bool], list[float]]:
    """All clients of this TLS version, one kind after the other; stored: there are no tickets.

    Returns whether each return visit resumed, and the handshake latencies of the Python clients'
    return visits in microseconds.
    """
    python = [PythonClient(port, tls) for _ in range(VISITORS)]
    outcomes = returns(python, visits)
    outcomes += returns([OpensslClient(port, tls) for _ in range(2)], visits // 10)
    if tls == "1.3" or stored:
        outcomes += CurlClient(port, tls).visits(visits // 10)
    return outcomes, [us for client in python for us in client.latencies_us[1:]]
