# SPDX-License-Identifier: Apache-2.0
"""Real peers on free ports: identities, stock servers, and openssl's client. Fixtures: conftest.py."""

from __future__ import annotations

import contextlib
import os
import random
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))
PROGRAM = BUILD / "tests" / "interop" / "interop-server"
PATIENCE = 20  # seconds, for what takes milliseconds

Starter = Callable[..., int]


@dataclass
class Identity:
    certificate: Path
    key: Path


def make_identity(folder: Path, *kind: str) -> Identity:
    made = Identity(folder / "certificate.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2"]
    command += ["-subj", "/CN=a.example"]
    command += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return made


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Below those that the system gives to clients, one of which might take it before the server."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


NGINX = """
{main}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {http}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name a.example b.example;
        ssl_certificate {identity.certificate};
        ssl_certificate_key {identity.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        keepalive_timeout 0;
        {settings}
        location / {{ return 200 "reused=$ssl_session_reused version=$ssl_protocol\\n{padding}"; }}
    }}
}}
"""


def find_program(name: str) -> str:
    program = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.fail(f"{name} is missing; ./dev setup installs it")
    return program


def wait_for_listener(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, "the server ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        assert time.monotonic() < deadline, "the server does not listen"


@contextlib.contextmanager
def run_nginx(
    identity: Identity,
    folder: Path,
    settings: str,
    padding: str = "",
    http: str = "",
    main: str = "",
    port: int | None = None,
) -> Iterator[int]:
    """An nginx with these settings for its server, and for what is around it; its port."""
    folder.mkdir()
    port = port or free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        NGINX.format(
            folder=folder,
            port=port,
            identity=identity,
            settings=settings,
            padding=padding,
            http=http,
            main=main,
        )
    )
    with start_nginx(configuration, folder, port):
        yield port


@contextlib.contextmanager
def start_nginx(
    configuration: Path, folder: Path, port: int, *more: str, env: dict[str, str] | None = None
) -> Iterator[None]:
    """nginx with this configuration, which listens on that port."""
    command = [find_program("nginx"), "-p", str(folder), "-c", str(configuration)]
    command += ["-e", str(folder / "error.log"), *more]
    process = subprocess.Popen(command, text=True, env={**os.environ, **(env or {})})
    try:
        wait_for_listener(process, port)
        yield
    finally:
        stop(process)


HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem tls-ticket-keys {folder}/keys
    http-request return status 200 content-type text/plain lf-string "reused=%[ssl_fc_is_resumed]\\n"
"""


@dataclass
class Answer:
    """What openssl's client came to."""

    reused: bool
    text: str

    @property
    def said(self) -> str:
        """The server's own view."""
        lines = self.text.splitlines()
        found = [line for line in lines if line.startswith(("resumed=", "reused="))]
        return found[-1] if found else ""


def ask_s_client(
    port: int,
    version: str,
    name: str | None = "a.example",
    offer: Path | None = None,
    keep: Path | None = None,
    extra: tuple[str, ...] = (),
    config: Path | None = None,
    path: str = "/",
) -> subprocess.CompletedProcess[str]:
    """One request by `openssl s_client`, however it ends."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof"]
    command += ["-tls1_2" if version == "1.2" else "-tls1_3"]
    command += ["-servername", name] if name else ["-noservername"]
    command += ["-sess_in", str(offer)] if offer else []
    command += ["-sess_out", str(keep)] if keep else []
    command += extra
    return subprocess.run(
        command,
        input=f"GET {path} HTTP/1.0\r\n\r\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "OPENSSL_CONF": str(config)} if config else None,
    )


def s_client(
    port: int,
    version: str,
    name: str | None = "a.example",
    offer: Path | None = None,
    keep: Path | None = None,
    extra: tuple[str, ...] = (),
    config: Path | None = None,
    path: str = "/",
) -> Answer:
    """One request by `openssl s_client`; it ends when the server closes."""
    done = ask_s_client(port, version, name, offer, keep, extra, config, path)
    text = done.stdout
    assert "HTTP/1." in text, text + done.stderr
    return Answer("Reused, TLSv1" in text, text)


@contextlib.contextmanager
def printing_its_port(command: list[str]) -> Iterator[int]:
    """A server that says on which port it listens, until the end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        readable, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert readable, "the server does not start"
        yield int(process.stdout.readline())
    finally:
        stop(process)
        process.stdout.close()
