# SPDX-License-Identifier: Apache-2.0
"""Servers that do resumption rightly and wrongly, for the probe's tests. Not a test."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

PATIENCE = 20  # seconds, for what takes milliseconds
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key in one file."""
    key, public, both = folder / f"{name}.key", folder / f"{name}.crt", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", str(key)]
    subprocess.run([*command, "-out", str(public)], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


@contextmanager
def running(command: Sequence[str], port: int) -> Iterator[int]:
    """A server process that listens; gives its port."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, f"{command[0]} ended"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
        yield port
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def s_server(certificate: Path, *options: str) -> Iterator[int]:
    """``openssl s_server``, whose ticket keys are its own."""
    port = free_port()
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate)]
    with running([*command, "-www", "-quiet", *options], port):
        yield port


NGINX = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_ticket_key {key};
    {settings}
    {servers}
}}
"""
SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {name};
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{ return 200 "ok"; }}
    }}
"""


@contextmanager
def nginx(
    folder: Path, key: bytes, hosts: dict[str, Path], settings: str = "ssl_session_cache off;"
) -> Iterator[int]:
    """A stock nginx with that ticket key and a certificate for each name."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    assert program is not None, "nginx is missing; ./dev setup installs it"
    folder.mkdir()
    port, key_file, configuration = free_port(), folder / "ticket.key", folder / "nginx.conf"
    key_file.write_bytes(key)
    servers = "".join(
        SERVER.format(port=port, name=name, certificate=certificate)
        for name, certificate in hosts.items()
    )
    configuration.write_text(
        NGINX.format(folder=folder, key=key_file, settings=settings, servers=servers)
    )
    command = [program, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "e.log")]
    with running(command, port):
        yield port


@contextmanager
def listening(handler: Handler, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """An asyncio server in a thread; gives its port."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # connections that end early are a client's way
    server = loop.run_until_complete(asyncio.start_server(handler, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
    writer.close()


@contextmanager
def python_server(context: ssl.SSLContext) -> Iterator[int]:
    """A web server of asyncio that answers each connection once."""
    with listening(_answer, context) as port:
        yield port


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextmanager
def balancer(*ports: int) -> Iterator[int]:
    """One address for several workers, who take turns by connection."""
    turn = cycle(ports)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", next(turn))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, ours), _pump(theirs, writer))

    with listening(forward) as port:
        yield port
