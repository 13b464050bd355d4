# SPDX-License-Identifier: Apache-2.0
"""One session, every server: begins a session at each kind and resumes it at each.

The client is `openssl s_client`, which shares no code with libresume; it fetches a page over each
connection. Fleet A issues the context of a stock nginx, fleet B that of a stock HAProxy; the one that
is not of the fleet has its sessions resumed at every attached server all the same. Then come the
sessions that must not resume. Exit status 0 if every cell is as it should be, else 1.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kinds import House, Starter, attached_kinds, stock_haproxy, stock_nginx
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import ask_s_client, make_identity, s_client

VERSIONS = ("1.2", "1.3")
STOCK = {"A": ("nginx", stock_nginx), "B": ("HAProxy", stock_haproxy)}


@dataclass(frozen=True)
class Cell:
    """A session that began at one server and was offered to another."""

    tls: str
    mode: str
    fleet: str
    origin: str
    target: str
    expected: str
    seen: str = ""
    reason: str = ""  # why it must be full, where it must

    @property
    def ok(self) -> bool:
        return self.seen == self.expected

    def row(self) -> dict[str, object]:
        """As --json has it."""
        made = asdict(self)
        made["from"], made["to"] = made.pop("origin"), made.pop("target")
        return {**made, "ok": self.ok}


def offer(cell: Cell, origin: int, target: int, session: Path, name: str = "a.example") -> Cell:
    """Begins the session, offers it, and says what came of it."""
    session.unlink(missing_ok=True)
    first = s_client(origin, cell.tls, keep=session)
    assert not first.reused
    if not session.exists():
        return replace(cell, seen="nothing issued")
    there = s_client(target, cell.tls, name=name, offer=session)
    return replace(cell, seen="resumed" if there.reused else "full")


def tickets_of(fleet: str, house: House, kinds: dict[str, Starter]) -> Iterator[Cell]:
    """The fleet's own table, and the stock server that is not of it."""
    session = house.folder / "session.pem"
    keys = f"keys=file:{house.key_file}?dialect=nginx"
    inside, outside = STOCK[fleet], STOCK["B" if fleet == "A" else "A"]
    with contextlib.ExitStack() as stack:
        ports = {
            kind: stack.enter_context(start(house, keys, *house.contexts(fleet)))
            for kind, start in kinds.items()
        }
        attached = tuple(ports)
        ports[inside[0]] = stack.enter_context(inside[1](house))
        stranger = stack.enter_context(outside[1](house))
        for tls in VERSIONS:
            for one in ports:
                for other in ports:
                    cell = Cell(tls, "tickets", fleet, one, other, "resumed")
                    yield offer(cell, ports[one], ports[other], session)
            for other in attached:
                cell = Cell(tls, "tickets", fleet, outside[0], other, "resumed")
                yield offer(cell, stranger, ports[other], session)
            cell = Cell(tls, "tickets", fleet, attached[0], outside[0], "full")
            cell = replace(cell, reason="a stock server knows its own context only")
            yield offer(cell, ports[attached[0]], stranger, session)


def refusals(fleet: str, house: House, kinds: dict[str, Starter]) -> Iterator[Cell]:
    """Sessions that must not resume, at every attached server."""
    session = house.folder / "session.pem"
    contexts = house.contexts(fleet)
    keys = f"keys=file:{house.key_file}?dialect=nginx"
    other_house = replace(house, key=os.urandom(80))
    other_keys = f"keys=file:{other_house.key_file}?dialect=nginx"
    python = kinds["Python"]
    with contextlib.ExitStack() as stack:
        begin = stack.enter_context(python(house, keys, *contexts))
        short = stack.enter_context(python(house, keys, *contexts, "lifetime=1"))
        plain = {k: stack.enter_context(s(house, keys, *contexts)) for k, s in kinds.items()}
        strange = {
            k: stack.enter_context(s(house, other_keys, *contexts)) for k, s in kinds.items()
        }
        ca = f"clients={house.identity.certificate}"
        strict = {
            k: stack.enter_context(s(house, keys, *contexts, ca))
            for k, s in kinds.items()
        }
        for tls in VERSIONS:
            for kind in kinds:
                cell = Cell(tls, "tickets", fleet, "Python", kind, "full")
                named = replace(cell, reason="another server name")
                yield offer(named, begin, plain[kind], session, name="b.example")
                yield offer(replace(cell, reason="another key"), begin, strange[kind], session)
                yield expired(replace(cell, reason="expired"), short, plain[kind], session)
                if kind in strict:
                    yield demanded(
                        replace(cell, reason="a client certificate is asked for"),
                        begin,
                        strict[kind],
                        session,
                    )


def expired(cell: Cell, origin: int, target: int, session: Path) -> Cell:
    """Offered when its second is over."""
    s_client(origin, cell.tls, keep=session)
    deadline = time.time() + 2.1
    while time.time() < deadline:
        time.sleep(0.05)
    return replace(
        cell, seen="resumed" if s_client(target, cell.tls, offer=session).reused else "full"
    )


def demanded(cell: Cell, origin: int, target: int, session: Path) -> Cell:
    """At a server that asks for a certificate, which the client does not have: that handshake fails
    as a first visit does, and never resumes."""
    s_client(origin, cell.tls, keep=session)
    done = ask_s_client(target, cell.tls, offer=session)
    return replace(cell, seen="resumed" if "Reused, TLS" in done.stdout or " 200 OK" in done.stdout else "full")


def stored(house: House, kinds: dict[str, Starter]) -> Iterator[Cell]:
    """Sessions in a shared store, under names that the client offers."""
    session = house.folder / "session.pem"
    store = f"store=shm:{house.folder}/sessions?bytes=8M"
    with contextlib.ExitStack() as stack:
        ports = {
            kind: stack.enter_context(start(house, store, *house.contexts("A")))
            for kind, start in kinds.items()
        }
        for tls in VERSIONS:
            for one in ports:
                for other in ports:
                    cell = Cell(tls, "stored", "A", one, other, "resumed")
                    if tls == "1.2" and ("Go" in (one, other)) and one != other:
                        cell = replace(
                            cell, expected="full", reason="Go has no session IDs, only tickets"
                        )
                    yield offer(cell, ports[one], ports[other], session)


def show(console: Console, cells: list[Cell]) -> None:
    """A table for each version, mode and fleet; then what must not resume."""
    groups = dict.fromkeys((c.tls, c.mode, c.fleet) for c in cells if not refused(c))
    for tls, mode, fleet in groups:
        own = [
            c for c in cells if (c.tls, c.mode, c.fleet) == (tls, mode, fleet) and not refused(c)
        ]
        targets = list(dict.fromkeys(c.target for c in own))
        table = Table(title=f"TLS {tls}, {mode}, fleet {fleet}")
        table.add_column("began at")
        for target in targets:
            table.add_column(target)
        for origin in dict.fromkeys(c.origin for c in own):
            by_target = {c.target: c for c in own if c.origin == origin}
            table.add_row(origin, *(mark(by_target.get(target)) for target in targets))
        console.print(table)
    table = Table(title="what must not resume")
    for heading in ("TLS", "fleet", "began at", "offered to", "because", "seen"):
        table.add_column(heading)
    for cell in filter(refused, cells):
        table.add_row(cell.tls, cell.fleet, cell.origin, cell.target, cell.reason, mark(cell))
    console.print(table)


def refused(cell: Cell) -> bool:
    return bool(cell.reason) and cell.origin == "Python" and cell.mode == "tickets"


def mark(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return cell.seen if cell.ok else f"{cell.seen.upper()} (not {cell.expected})"


def all_cells(folder: Path) -> Iterator[Cell]:
    """Everything, in the order in which it is shown."""
    identity = make_identity(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    house = House(folder, identity, os.urandom(80))
    kinds = attached_kinds(folder)
    for fleet in STOCK:
        yield from tickets_of(fleet, house, kinds)
    yield from stored(house, kinds)
    yield from refusals("A", house, kinds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev matrix", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one array of objects")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="libresume-matrix-") as name:
        cells = list(all_cells(Path(name)))
    if arguments.json:
        print(json.dumps([cell.row() for cell in cells], indent=2))
    else:
        show(Console(width=120), cells)
    return 0 if all(cell.ok for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(main())
