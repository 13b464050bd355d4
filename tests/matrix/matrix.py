# SPDX-License-Identifier: Apache-2.0
"""One session, every server: begins a session at each kind and offers it to all.

The client is `openssl s_client`, which shares no code with libresume; it fetches a page over each
connection. Fleet A issues the context of a stock nginx, fleet B that of a stock HAProxy; the one that
is not of the fleet has its sessions resumed at every attached server all the same. Then come stored
sessions, and those that must not resume. Exit status 0 if every cell is as it should be, else 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from cells import ANOTHER_KEY, ANOTHER_NAME, CERTIFICATE, EXPIRED, Cell
from kinds import House, Starter, attached_kinds, stock_haproxy, stock_nginx, storing_nginx
from matrix_tables import show
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import ask_s_client, make_identity, s_client

VERSIONS = ("1.2", "1.3")
STOCK = {"A": ("nginx", stock_nginx), "B": ("HAProxy", stock_haproxy)}
OWN_CONTEXT = "a stock server resumes sessions of its own context only"
OWN_STORE = "a stock server keeps its sessions for itself"
NO_IDS = "Go has no session IDs in TLS 1.2: its stored sessions go by the ticket extension"
RESUMED = ("resumed=1", "reused=1", "reused=r")  # in a server's page
# By alert in TLS 1.3 and 1.2, and by nginx, which completes the handshake first.
WITHOUT_CERTIFICATE = ("alert number 116", "alert number 40", "400 No required SSL certificate")

Servers = dict[str, Starter]
Ports = dict[str, int]


def start_all(stack: ExitStack, house: House, servers: Servers, *wishes: str) -> Ports:
    return {kind: stack.enter_context(start(house, *wishes)) for kind, start in servers.items()}


def begin(port: int, tls: str, session: Path) -> Path:
    """A full handshake, and what it gives to offer later."""
    session.unlink(missing_ok=True)
    assert not s_client(port, tls, keep=session).reused
    assert session.exists(), "no session was issued"
    return session


def seen_by(client: str) -> str:
    if "Reused, TLSv1" in client:
        return "resumed"
    return "full" if "New, TLSv1" in client else "failed"


def borne_out(seen: str, said: str, reason: str) -> bool:
    """The page came, and the server saw what the client did; or, where a certificate is asked for,
    the refusal for that reason."""
    if reason == CERTIFICATE:
        return any(refusal in said for refusal in WITHOUT_CERTIFICATE)
    resumed = any(word in RESUMED for word in said.split())
    return " 200 OK" in said and resumed == (seen == "resumed")


def offer(cell: Cell, port: int, session: Path, name: str = "a.example") -> Cell:
    """What became of the session there, as the client saw it and the server bore out."""
    done = ask_s_client(port, cell.tls, name=name, offer=session)
    seen, said = seen_by(done.stdout), done.stdout + done.stderr
    if not borne_out(seen, said, cell.reason):
        print(f"{cell}: {seen}, but {said}", file=sys.stderr)
        seen = "failed"
    return replace(cell, seen=seen)


def as_if_just_come(session: Path) -> None:
    """Sets the time of receipt: a client that had it for longer than the server told it would not
    offer it (RFC 8446 section 4.6.1), and the server never be asked."""
    first, *lines, last = session.read_text().splitlines()
    der = base64.b64decode("".join(lines))
    now = b"\xa1\x06\x02\x04" + int(time.time()).to_bytes(4, "big")  # time [1] EXPLICIT INTEGER
    der, found = re.subn(rb"\xa1\x06\x02\x04.{4}", lambda _: now, der, count=1, flags=re.DOTALL)
    assert found, "a session without a time"
    session.write_text("\n".join((first, base64.encodebytes(der).decode().strip(), last, "")))


def every_pair(
    house: House, ports: Ports, mode: str, fleet: str, hindrance: dict[tuple[str, str, str], str]
) -> Iterator[Cell]:
    """A session begun at each and offered to all; a hindrance is why a pair cannot resume."""
    session = house.folder / "session.pem"
    for tls in VERSIONS:
        for one, port in ports.items():
            begin(port, tls, session)
            for other, there in ports.items():
                reason = hindrance.get((tls, one, other), "")
                expected = "full" if reason else "resumed"
                yield offer(
                    Cell(tls, mode, fleet, one, other, expected, "", reason), there, session
                )


def tickets_of(fleet: str, house: House, kinds: Servers) -> Iterator[Cell]:
    """The fleet's own table, with the stock server that is not of it last."""
    (inside, stock), (outside, stranger) = STOCK[fleet], STOCK["B" if fleet == "A" else "A"]
    with ExitStack() as stack:
        ports = start_all(stack, house, kinds, house.keys, *house.contexts(fleet))
        ports |= start_all(stack, house, {inside: stock, outside: stranger})
        hindrance = {
            (tls, one, outside): OWN_CONTEXT for tls in VERSIONS for one in ports if one != outside
        }
        hindrance |= {(tls, outside, inside): OWN_CONTEXT for tls in VERSIONS}
        yield from every_pair(house, ports, "tickets", fleet, hindrance)


def stored(house: House, kinds: Servers) -> Iterator[Cell]:
    """Sessions in a shared store, under names that the client offers; and a stock nginx, which has
    no part in it."""
    store = f"store=shm:{house.folder}/sessions?bytes=8M"
    with ExitStack() as stack:
        ports = start_all(stack, house, kinds, store, *house.contexts("A"))
        ports |= start_all(stack, house, {"nginx": storing_nginx})
        hindrance = {}
        for one in ports:
            for other in ports:
                if one != other and "Go" in (one, other):
                    hindrance["1.2", one, other] = NO_IDS
                if one != other and "nginx" in (one, other):
                    hindrance |= {(tls, one, other): OWN_STORE for tls in VERSIONS}
        yield from every_pair(house, ports, "stored", "A", hindrance)
        strict = start_all(stack, house, kinds, store, *house.contexts("A"), house.clients)
        welcome(house, strict)
        for tls in VERSIONS:
            for kind in kinds:
                session = begin(ports[kind], tls, house.folder / "session.pem")
                cell = Cell(tls, "stored", "A", kind, kind, "full")
                yield offer(replace(cell, reason=ANOTHER_NAME), ports[kind], session, "b.example")
                yield offer(replace(cell, reason=CERTIFICATE), strict[kind], session)


def welcome(house: House, strict: Ports) -> None:
    """The client whose certificate they ask for is served: it is not something else that they mind."""
    identity = ("-cert", str(house.identity.certificate), "-key", str(house.identity.key))
    for tls in VERSIONS:
        for kind, port in strict.items():
            answer = s_client(port, tls, extra=identity)
            assert " 200 OK" in answer.text, f"{kind} does not let its client in"


def refusals(fleet: str, house: House, kinds: Servers) -> Iterator[Cell]:
    """Tickets that must not resume, at every attached server."""
    contexts = house.contexts(fleet)
    other_house = replace(house, key=os.urandom(80))
    with ExitStack() as stack:
        begun_at = stack.enter_context(kinds["Python"](house, house.keys, *contexts))
        short = stack.enter_context(kinds["Python"](house, house.keys, *contexts, "lifetime=1"))
        plain = start_all(stack, house, kinds, house.keys, *contexts)
        strange = start_all(stack, house, kinds, other_house.keys, *contexts)
        strict = start_all(stack, house, kinds, house.keys, *contexts, house.clients)
        welcome(house, strict)
        old = {tls: begin(short, tls, house.folder / f"old-{tls}.pem") for tls in VERSIONS}
        over = time.time() + 2.1  # OpenSSL and Go count whole seconds
        for tls in VERSIONS:
            session = begin(begun_at, tls, house.folder / "session.pem")
            for kind in kinds:
                cell = Cell(tls, "tickets", fleet, "Python", kind, "full")
                named = replace(cell, reason=ANOTHER_NAME)
                yield offer(named, plain[kind], session, "b.example")
                yield offer(replace(cell, reason=ANOTHER_KEY), strange[kind], session)
                yield offer(replace(cell, reason=CERTIFICATE), strict[kind], session)
        while time.time() < over:
            time.sleep(0.05)
        for tls in VERSIONS:
            for kind in kinds:
                as_if_just_come(old[tls])
                cell = Cell(tls, "tickets", fleet, "Python", kind, "full", "", EXPIRED)
                yield offer(cell, plain[kind], old[tls])


def all_cells(folder: Path) -> Iterator[Cell]:
    """Everything, in the order in which it is shown."""
    identity = make_identity(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    house = House(folder, identity, os.urandom(80))
    kinds = attached_kinds(folder)
    for fleet in STOCK:
        yield from tickets_of(fleet, house, kinds)
    yield from stored(house, kinds)
    for fleet in STOCK:
        yield from refusals(fleet, house, kinds)


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
