# SPDX-License-Identifier: Apache-2.0
"""The demo's server: worker processes that share a port and nothing else.

Each worker builds its own SSLContext, as pre-fork servers do, so without libresume each has
ticket keys of its own. It is a plain blocking server on Python's ssl; it measures, it does not
aim to be fast. Not an example of how to write a server: those are in examples/python.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing.connection
import multiprocessing.context
import os
import resource
import socket
import ssl
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass(frozen=True)
class Settings:
    """What a worker is started with."""

    tls: str | None  # "1.2", "1.3", or None for both
    certificate: Path
    keys: str | None  # URL of the ticket keys, or None: without libresume
    port: int
    stored: bool = False  # sessions by ID (and stateful TLS 1.3) in place of tickets
    store: str | None = None  # URL of the store for them, or None: without libresume


@dataclass
class Tally:
    """What the workers saw since the last question."""

    connections: int = 0
    resumed: int = 0
    cpu_us: float = 0.0

    def add(self, other: Tally) -> None:
        """Adds another worker's numbers."""
        self.connections += other.connections
        self.resumed += other.resumed
        self.cpu_us += other.cpu_us


def listen(port: int) -> socket.socket:
    """A listening socket on loopback; the kernel spreads connections over all that share a port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def make_context(settings: Settings) -> ssl.SSLContext:
    """The worker's SSLContext; one more line makes it share its sessions with the others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.certificate)
    if settings.tls:
        context.minimum_version = context.maximum_version = VERSIONS[settings.tls]
    if settings.store:
        import libresume

        policy = libresume.Policy(modes=libresume.Mode.SESSION_IDS)
        libresume.attach(context, store=settings.store, policy=policy)
    elif settings.stored:
        context.options |= ssl.OP_NO_TICKET  # what libssl has by itself: a cache in each process
    elif settings.keys:
        import libresume

        libresume.attach(context, keys=settings.keys)
    return context


def answer(connection: ssl.SSLSocket) -> bool:
    """Reads one request, says whether its session was resumed, and closes."""
    resumed = bool(connection.session_reused)
    request = b""
    while b"\r\n\r\n" not in request:
        chunk = connection.recv(4096)
        if not chunk:
            return resumed
        request += chunk
    body = json.dumps({"resumed": resumed, "worker": os.getpid(), "tls": connection.version()})
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 1}\r\nConnection: close\r\n\r\n"
    connection.sendall((head + body + "\n").encode())
    return resumed


def serve_one(listener: socket.socket, context: ssl.SSLContext, tally: Tally) -> None:
    """Accepts one connection and counts it."""
    raw, _ = listener.accept()
    raw.settimeout(10)
    with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as connection:
        tally.resumed += answer(connection)
        tally.connections += 1


def cpu_us() -> float:
    """CPU time of this process in microseconds, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


def work(settings: Settings, commands: Connection) -> None:
    """A worker's life: serve, and answer each command with a tally, until the pipe closes."""
    context = make_context(settings)
    with listen(settings.port) as listener:
        commands.send(Tally())
        tally, since = Tally(), cpu_us()
        while True:
            ready = multiprocessing.connection.wait([listener, commands])
            if commands in ready:
                try:
                    commands.recv()
                except EOFError:
                    return
                tally.cpu_us = cpu_us() - since
                commands.send(tally)
                tally, since = Tally(), cpu_us()
            elif ready:
                serve_one(listener, context, tally)


@dataclass
class Fleet:
    """Workers of one port; a context manager that stops them."""

    settings: Settings
    count: int = 4
    _workers: list[tuple[multiprocessing.context.SpawnProcess, Connection]] = field(
        default_factory=list
    )

    def __enter__(self) -> Self:
        processes = multiprocessing.get_context("spawn")
        for _ in range(self.count):
            ours, theirs = processes.Pipe()
            process = processes.Process(target=work, args=(self.settings, theirs), daemon=True)
            process.start()
            theirs.close()
            self._workers.append((process, ours))
        for _, pipe in self._workers:
            pipe.recv()  # it listens
        return self

    def __exit__(self, *_: object) -> None:
        for process, pipe in self._workers:
            pipe.close()
            process.join()

    def tally(self) -> Tally:
        """The workers' numbers since the last call."""
        total = Tally()
        for _, pipe in self._workers:
            pipe.send("tally")
        for _, pipe in self._workers:
            total.add(pipe.recv())
        return total
