# SPDX-License-Identifier: Apache-2.0
"""``resume bench``: what resumption gains on this machine, measured through the Python package.

Each row and its peer are measured in this process, in turns, and the best turn of each counts: what
slows a turn down is another process. The C benchmarks of the source tree measure more closely.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

import libresume
from libresume import Frame, Mode
from libresume.cli import _loopback
from libresume.cli._exit import CliError, Exit, UsageError
from libresume.cli._output import Json, note, print_json, print_table, progress

TURNS = 5
DATA = bytes([1]) + bytes(199)
Work = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """Microseconds for one piece of work, and of what it is compared with."""

    name: str
    value_us: float
    peer: str
    peer_us: float | None

    @property
    def times(self) -> float | None:
        """How many times faster than the peer."""
        return None if self.peer_us is None else self.peer_us / self.value_us


@dataclass(frozen=True)
class Plan:
    """A row to measure: the work, and the work of its peer."""

    name: str
    work: Work
    peer: str = ""
    peer_work: Work | None = None


def _turn_us(work: Work, seconds: float) -> float:
    """Microseconds for one call, over at least so many seconds."""
    rounds, done, began = 1, 0, time.perf_counter()
    while True:
        for _ in range(rounds):
            work()
        done += rounds
        spent = time.perf_counter() - began
        if spent >= seconds:
            return spent / done * 1e6
        rounds = done


def measure(plan: Plan, seconds: float) -> Row:
    """Measures a row and its peer in turns."""
    plan.work()
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(_turn_us(plan.work, seconds / TURNS))
        if plan.peer_work is not None:
            theirs.append(_turn_us(plan.peer_work, seconds / TURNS))
    peer = round(min(theirs), 3) if theirs else None
    return Row(plan.name, round(min(ours), 3), plan.peer, peer)


def ticket_plans() -> Iterator[Plan]:
    """Sealing and opening 200 bytes in each frame."""
    ring = libresume.Keyring("random:", max_seals=0)
    for frame, name in ((Frame.RFC5077, "AES-CBC + HMAC"), (Frame.AEAD, "XAES-GCM")):
        codec = libresume.Codec(ring, frame=frame)
        ticket = codec.seal(DATA)
        if ticket is None:
            raise CliError(Exit.CHECK_FAILED, "a fresh key ring seals nothing")
        yield Plan(f"seal 200 B, {name}", lambda codec=codec: codec.seal(DATA))  # type: ignore[misc]
        yield Plan(f"open 200 B, {name}", lambda codec=codec, ticket=ticket: codec.open(ticket))  # type: ignore[misc]


def store_plans(url: str) -> Iterator[Plan]:
    """Writing and reading 200 bytes in one store."""
    scheme = url.partition(":")[0]
    store = libresume.Store(url)
    until = time.time_ns() // 1_000_000 + 3_600_000
    identifiers = random.Random(1)  # as evenly spread as session IDs are

    def put() -> None:
        store.put_record(identifiers.randbytes(32), DATA, until)

    kept = b"libresume bench".ljust(32, b"-")
    store.put_record(kept, DATA, until)
    if store.get_record(kept)[1] != DATA:
        raise CliError(Exit.NO_CONNECTION, f"the {scheme}: store does not give back what was put")
    yield Plan(f"{scheme}: store, put", put)
    yield Plan(f"{scheme}: store, get", lambda: store.get_record(kept))


class Visitor:
    """A client that comes again and again to one server."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext, resumes: bool) -> None:
        self._server, self._client, self._resumes = server, client, resumes
        self._session: Any = None
        if resumes:
            _, self._session = _loopback.visit(server, client, None)

    def __call__(self) -> None:
        """One visit."""
        resumed, session = _loopback.visit(self._server, self._client, self._session)
        if resumed != self._resumes:
            raise CliError(Exit.CHECK_FAILED, "a handshake that should have resumed did not")
        if self._resumes:
            self._session = session


def handshake_plans(pem: Path) -> Iterator[Plan]:
    """Visits that resume at an attached server, against full handshakes of Python's own ssl."""
    for version in _loopback.VERSIONS:
        plain = _loopback.server_context(pem, version)
        full = Visitor(plain, _loopback.client_context(tickets=True), resumes=False)
        with_tickets = libresume.attach(_loopback.server_context(pem, version), keys="random:")
        ours = Visitor(with_tickets, _loopback.client_context(tickets=True), resumes=True)
        yield Plan(f"{version} by ticket, attached", ours, "full handshake, ssl alone", full)
        stock = Visitor(plain, _loopback.client_context(tickets=True), resumes=True)
        yield Plan(f"{version} by ticket, ssl alone", stock, "full handshake, ssl alone", full)
        with_ids = libresume.attach(
            _loopback.server_context(pem, version),
            store="memory:",
            policy=libresume.Policy(modes=Mode.SESSION_IDS),
        )
        by_id = Visitor(with_ids, _loopback.client_context(tickets=version != "TLS 1.2"), True)
        yield Plan(f"{version} by store, attached", by_id, "full handshake, ssl alone", full)


def plot(rows: list[Row], path: Path) -> None:
    """Draws a bar for each row, as PNG or what else the file's name asks for."""
    try:
        import matplotlib
    except ImportError:
        raise UsageError("--plot needs matplotlib: pip install 'libresume[cli]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams["svg.fonttype"] = "none"
    handshakes = [row for row in rows if row.peer_us is not None]
    others = [row for row in rows if row.peer_us is None]
    figure, axes = pyplot.subplots(
        1, 2, figsize=(13, 0.5 * max(len(others), len(handshakes)) + 1.5), layout="constrained"
    )
    _bars(axes[0], handshakes, "handshakes: resumed, and full (grey)")
    _bars(axes[1], others, "tickets and stores")
    try:
        figure.savefig(path, dpi=120)
    except ValueError as error:
        raise UsageError(str(error)) from None
    finally:
        pyplot.close(figure)


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def _bars(axis: Any, rows: list[Row], title: str) -> None:
    names = [row.name for row in rows]
    axis.barh(names, [row.peer_us or 0 for row in rows], color="#cccccc", height=0.8)
    bars = axis.barh(names, [row.value_us for row in rows], color="#2f6f9f", height=0.5)
    axis.bar_label(bars, [f" {_digits(row.value_us)} µs" for row in rows], padding=2)
    axis.invert_yaxis()
    axis.set_xlabel("microseconds, less is better")
    axis.set_title(title)
    axis.margins(x=0.2)
    axis.spines[["top", "right"]].set_visible(False)


def bench(
    stores: Annotated[
        list[str] | None,
        typer.Option("--store", metavar="URL", help="A store to measure; may be repeated."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A PEM file with certificate and key; without it a P-256 one is made.",
        ),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds", metavar="N", min=0.001, max=60, help="How long each row is measured."
        ),
    ] = 0.5,
    plot_file: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the rows, as a PNG.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure tickets, stores and handshakes on this machine.

    A handshake row counts both ends, client and server, in one thread and without a network; its
    peer is the full handshake of Python's ssl alone.
    """
    rows: list[Row] = []
    with ExitStack() as stack:
        pem = stack.enter_context(_loopback.certificate(certificate))
        plans = [*ticket_plans()]
        for url in stores or ["memory:"]:
            plans += store_plans(url)
        plans += handshake_plans(pem)
        step = stack.enter_context(progress("bench", len(plans)))
        for plan in plans:
            step(0, plan.name)
            rows.append(measure(plan, seconds))
            step()
    if plot_file is not None:
        plot(rows, plot_file)
        note(f"drew {plot_file}")
    if as_json:
        print_json([asdict(row) | {"times": row.times and round(row.times, 3)} for row in rows])
        return
    print_table(
        ("what", ">µs", ">per second", "peer", ">peer µs", ">times faster"),
        (
            (
                row.name,
                _digits(row.value_us),
                f"{1e6 / row.value_us:,.0f}",
                row.peer or None,
                None if row.peer_us is None else _digits(row.peer_us),
                None if row.times is None else f"{row.times:.2f}",
            )
            for row in rows
        ),
    )
