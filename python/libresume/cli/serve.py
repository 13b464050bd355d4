# SPDX-License-Identifier: Apache-2.0
"""``resume serve``: an HTTPS server of several processes that shows who resumes, live.

This file starts and replaces the workers. What they do is in ``_serve``.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import ssl
import time
from contextlib import ExitStack
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import libresume
from libresume import metrics
from libresume.cli import _loopback, _output
from libresume.cli._exit import CliError, Exit, UsageError
from libresume.cli._output import Json

if TYPE_CHECKING:
    from libresume.cli._serve.worker import Setup

START_S = 20  # a worker that does not show up by then is stuck


class _End(Exception):
    """A signal to end has come."""


def _listen(host: str, port: int, shared: bool) -> socket.socket:
    """A listening socket; the kernel spreads connections over those that share a port."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise UsageError(f"{host} has no address: {error.strerror}") from None
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
        made.listen(1024)
    except OSError as error:
        made.close()
        raise UsageError(f"port {port} of {host} cannot be used: {error.strerror}") from None
    return made


def _refuse_taken(host: str, port: int) -> None:
    """SO_REUSEPORT would join a server that is there already and share its visitors."""
    if port:
        _listen(host, port, False).close()


def _context(pem: Path, tls: str, server: libresume.Server) -> ssl.SSLContext:
    versions = ["1.2", "1.3"] if tls == "both" else [tls]
    context = _loopback.server_context(pem, f"TLS {versions[0]}")
    context.maximum_version = _loopback.VERSIONS[f"TLS {versions[-1]}"]
    context.set_alpn_protocols(["http/1.1"])
    return libresume.attach(context, server=server)


class Fleet:
    """The worker processes, replaced when they die, and their sockets."""

    def __init__(self, setup: Setup, host: str, port: int, metrics_port: int | None) -> None:
        _refuse_taken(host, port)
        self._setup = setup
        self._sockets = ExitStack()
        self._listeners = [self._open(host, port, True)]
        self.port = int(self._listeners[0].getsockname()[1])
        for _ in range(1, setup.board.workers):
            self._listeners.append(self._open(host, self.port, True))
        self._plain = None if metrics_port is None else self._open(host, metrics_port, False)
        self.metrics_port = None if self._plain is None else int(self._plain.getsockname()[1])
        self._processes: dict[int, ForkProcess] = {}
        self._born: dict[int, int] = {}  # what the worker's slot had been written before

    def _open(self, host: str, port: int, shared: bool) -> socket.socket:
        return self._sockets.enter_context(_listen(host, port, shared))

    @property
    def pids(self) -> list[int | None]:
        """The processes by worker."""
        return [self._processes[number].pid for number in sorted(self._processes)]

    def _start(self, number: int) -> None:
        plain = self._plain if number == 0 else None
        arguments = (self._setup, number, self._listeners[number], plain)
        self._born[number] = self._setup.board.version()[number]
        # Forked, so that random: keys are the same in all of them.
        process = multiprocessing.get_context("fork").Process(target=_work, args=arguments)
        process.start()
        self._processes[number] = process

    def start(self) -> None:
        """Starts all workers and waits until each has shown its numbers."""
        for number in range(self._setup.board.workers):
            self._start(number)
        deadline = time.monotonic() + START_S
        while not all(self._setup.board.version()):
            self.watch(0.02)
            if time.monotonic() > deadline:
                raise CliError(Exit.CHECK_FAILED, "the workers do not start")

    def watch(self, seconds: float | None = None) -> None:
        """Replaces workers that die; returns when one did, or after so many seconds."""
        sentinels = [process.sentinel for process in self._processes.values()]
        ended = multiprocessing.connection.wait(sentinels, seconds)
        for number, process in list(self._processes.items()):
            if process.sentinel not in ended:
                continue
            process.join()
            if self._setup.board.version()[number] == self._born[number]:
                raise CliError(Exit.CHECK_FAILED, f"worker {number} ends as soon as it starts")
            _output.note(f"worker {number} died ({process.exitcode}) and is replaced")
            self._start(number)

    def stop(self) -> None:
        """Ends all workers."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()
        self._sockets.close()


def _work(setup: Setup, number: int, listener: socket.socket, plain: socket.socket | None) -> None:
    from libresume.cli._serve import worker

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    worker.work(setup, number, listener, plain)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _End


def _scheme(url: str | None) -> str | None:
    """What may be shown of a URL: the rest may hold a password."""
    return None if url is None else f"{url.partition(':')[0]}:"


def serve(
    keys: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Ticket keys, such as file:/etc/fleet.key. Default: random:, if there is no store.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A store for sessions by ID, such as shm:/dev/shm/demo. Without --keys there are "
            "then no tickets.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 4,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8443,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Tell /metrics over plain HTTP at this port, too."),
    ] = None,
    tls: Annotated[Literal["1.2", "1.3", "both"], typer.Option(help="Versions of TLS.")] = "both",
    certificate: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="PEM file with certificate and key. Default: a new self-signed one.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a page that shows live whether its visitors resume, why not, and the keys.

    A demonstration, not a server for production. It prints its address and runs until it is
    interrupted or terminated. /metrics is for Prometheus and for resume top, /events are
    server-sent events, /you tells how the connection that asks came about.
    """
    try:
        import aiohttp  # noqa: F401
        import prometheus_client  # noqa: F401
    except ImportError as error:
        raise UsageError(f"serve needs {error.name}: pip install 'libresume[cli]'") from None
    from libresume.cli._serve.worker import ROOM, Setup

    keys = "random:" if keys is None and store is None else keys
    if store is not None and store.startswith("memory:") and workers > 1:
        _output.note("a memory: store is each worker's own: shm: is one for all")
    server = libresume.Server(keys, store)
    shared = store is not None and "shm:" in store
    board = metrics.Board(workers, shared_store=shared, room=ROOM)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    try:
        with _loopback.certificate(certificate) as pem, ExitStack() as ending:
            setup = Setup(_context(pem, tls, server), server, board)
            fleet = Fleet(setup, host, port, metrics_port)
            ending.callback(fleet.stop)
            fleet.start()
            settings = {"tls": tls, "keys": _scheme(keys), "store": _scheme(store)}
            _announce(fleet, host, settings, as_json)
            while True:
                fleet.watch()
    except _End:
        _output.note("stopped")


def _announce(fleet: Fleet, host: str, settings: dict[str, Any], as_json: bool) -> None:
    name = "localhost" if host in {"127.0.0.1", "::1"} else host
    name = f"[{name}]" if ":" in name else name
    url = f"https://{name}:{fleet.port}/"
    scraped = fleet.metrics_port
    told = {
        "url": url,
        "host": host,
        "port": fleet.port,
        "metrics_url": None if scraped is None else f"http://{name}:{scraped}/metrics",
        "pid": os.getpid(),
        "workers": fleet.pids,
    }
    if as_json:
        _output.print_json(told | settings)
    else:
        typer.echo(url)
        if scraped is not None:
            _output.note(f"metrics at {told['metrics_url']}")
        _output.note(f"{len(fleet.pids)} workers; Ctrl-C ends")
