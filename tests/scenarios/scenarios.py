#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The scenarios in Python: `scenarios.py NNN FOLDER` does one and prints what each step saw.

What has to be seen stands on the pages beside this file, not here. README.md has the rules.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import libresume as resume
from libresume import Statistic, Status

T = TypeVar("T")
Seen = Iterator[str]  # what the steps saw, in their order
TICKETS = 500  # that parent and child seal with each codec


class World:
    """A folder with vectors and key files, and the one time that the scenarios know."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "vectors").read_text().splitlines()
        pairs = (line.split(" ", 1) for line in lines if not line.startswith("#"))
        self.folder = folder
        self.values = dict(pairs)
        self.now = int(self.values["now"])
        self.hour = int(self.values["hour"])

    def given(self, name: str) -> bytes:
        return bytes.fromhex(self.values[name])

    def session(self, name: str) -> resume.Session:
        return must(*resume.Session.from_native(self.given(name)))

    def ring(self, name: str, now: int | None = None) -> resume.Keyring:
        return resume.Keyring(f"file:{self.folder}/{name}", now_ms=now or self.now)

    def codec(self, name: str, frame: resume.Frame = resume.Frame.RFC5077) -> resume.Codec:
        return resume.Codec(self.ring(name), frame=frame)

    def aead(self, name: str, context: bytes) -> resume.Codec:
        return resume.Codec(self.ring(name), frame=resume.Frame.AEAD, context=context)


def must(status: Status, value: T | None) -> T:
    if value is None:
        raise SystemExit(f"scenarios.py: {status.text}")
    return value


def word(status: Status) -> str:
    """The name of a status: what stands before the colon."""
    return status.text.partition(":")[0]


def answer(status: Status, value: bytes | resume.Session | None) -> str:
    """A status, and the bytes that came with it."""
    if value is None:
        return word(status)
    data = value.to_native() if isinstance(value, resume.Session) else value
    return f"{word(status)} {data.hex()}"


def refusal(call: Callable[[], object]) -> str:
    """How a call fails."""
    try:
        call()
    except resume.Error as error:
        return word(error.status)
    return "ok"


def sealed(codec: resume.Codec, data: bytes, now: int) -> bytes:
    ticket = codec.seal(data, now)
    if ticket is None:
        raise SystemExit("scenarios.py: no ticket")
    return ticket


def changed(ticket: bytes) -> bytes:
    """The last bit is the other one."""
    return ticket[:-1] + bytes([ticket[-1] ^ 1])


def tried(codec: resume.Codec, world: World, payload: bytes) -> tuple[bytes, str]:
    """A ticket, and its length, its key's name and what it opens to."""
    ticket = sealed(codec, payload, world.now)
    opened = answer(*codec.open(ticket, world.now))
    return ticket, f"{len(ticket)} {ticket[:16].hex()} {opened}"


def seal_open(world: World) -> Seen:
    payload, now = world.given("payload"), world.now
    yield str(len(world.ring("ring-80")))
    codec, short = world.codec("ring-80"), world.codec("ring-48")
    aead = world.aead("ring-80", world.given("label"))
    tickets = []
    for used in (codec, short, aead):
        ticket, seen = tried(used, world, payload)
        tickets.append(ticket)
        yield seen
    for used, name in ((codec, "session-12"), (short, "session-12"), (aead, "session-13")):
        ticket = must(*used.seal_session(world.session(name), now))
        tickets.append(ticket)
        yield answer(*used.open_session(ticket, now))
    twice = sealed(codec, payload, now) == sealed(codec, payload, now)
    yield "same" if twice else "different"
    yield answer(*codec.open(changed(tickets[0]), now))
    yield answer(*aead.open(changed(tickets[2]), now))
    yield answer(*world.aead("ring-80", world.given("label-other")).open(tickets[2], now))
    yield answer(*codec.open(tickets[0][:40], now))
    yield answer(*codec.open(tickets[1], now))
    lines = "".join(f"{step} {ticket.hex()}\n" for step, ticket in enumerate(tickets, 2))
    (world.folder / "tickets").write_text(lines)
    yield "written"


def rotate(world: World) -> Seen:
    payload, now = world.given("payload"), world.now
    ticket = sealed(world.codec("ring-80"), payload, now)
    yield ticket[:16].hex()
    both = world.ring(f"ring-next?old={world.folder}/ring-80")
    yield str(len(both))
    codec = resume.Codec(both)
    second = sealed(codec, payload, now)
    yield second[:16].hex()
    yield answer(*codec.open(ticket, now))
    yield answer(*codec.open(second, now))
    yield answer(*world.codec("ring-next").open(ticket, now))
    moving = world.ring("ring-moving")
    codec = resume.Codec(moving)
    yield answer(*codec.open(ticket, now))
    (world.folder / "ring-moving").write_bytes(world.given("ring-next"))
    moving.reload(now)
    yield sealed(codec, payload, now)[:16].hex()
    yield answer(*codec.open(ticket, now))
    yield refusal(lambda: moving.rotate(now))
    generated = resume.Keyring("random:", now_ms=now)
    codec = resume.Codec(generated)
    ticket = sealed(codec, payload, now)
    generated.rotate(now)
    yield answer(*codec.open(ticket, now))
    yield answer(*codec.open(sealed(codec, payload, now), now))


def store(world: World) -> Seen:
    name, now = world.given("id-12"), world.now
    one, again = world.session("session-12"), world.session("session-12-again")
    kept = resume.Store("memory:")
    yield answer(*kept.get(name, now))
    yield word(kept.put(one, now))
    yield answer(*kept.get(name, now))
    yield word(kept.put(one, now))
    yield word(kept.put(again, now))
    yield answer(*kept.get(name, now))
    yield answer(*kept.take(name, now))
    yield answer(*kept.take(name, now))
    yield word(kept.remove(name))
    kept.put(one, now)
    yield word(kept.remove(name))
    yield answer(*kept.get(name, now))
    first, second = (resume.Store(f"shm:{world.folder}/store") for _ in range(2))
    yield word(first.put(one, now))
    yield answer(*second.get(name, now))
    yield answer(*second.take(name, now))
    yield answer(*first.get(name, now))
    yield word(second.put(one, now))


def server_of(
    world: World, ring: str = "ring-80", policy: resume.Policy | None = None
) -> resume.Server:
    policy = policy or resume.Policy(label=world.given("label"))
    return resume.Server(world.ring(ring), policy=policy)


def issued(world: World, server: resume.Server, name: str) -> bytes:
    status, ticket, _ = server.issue_ticket(world.session(name), world.now)
    return must(status, ticket)


def offer(
    world: World,
    server: resume.Server,
    ticket: bytes,
    name: str | None,
    *,
    version: int = 0x0303,
    now: int | None = None,
    client_auth: resume.ClientAuth = resume.ClientAuth.NONE,
) -> str:
    """A handshake: the answer and the reason."""
    connection = resume.Connection(
        version,
        server_name=name,
        context=server.policy.context(name),
        cipher_suites=[0xC02F if version == 0x0303 else 0x1301],
        extended_master_secret=True,
        client_auth=client_auth,
    )
    decision = server.open_ticket(connection, ticket, now or world.now)
    return f"{word(decision.status)} {decision.reason.name.lower()}"


def expire(world: World) -> Seen:
    payload, now, end = world.given("payload"), world.now, world.now + world.hour
    one, name = world.session("session-12"), world.given("id-12")
    kept = resume.Store("memory:")
    kept.put(one, now)
    yield answer(*kept.get(name, end - 1))
    yield answer(*kept.get(name, end))
    yield word(kept.put(one, end))
    codec = world.codec("ring-timed?dialect=h2o")
    ticket = sealed(codec, payload, now)
    yield answer(*codec.open(ticket, end - 1))
    yield answer(*codec.open(ticket, end))
    yield answer(*codec.seal_session(one, end))
    yield refusal(lambda: world.ring("ring-timed?dialect=h2o", end))
    codec = world.codec("ring-80")
    yield answer(*codec.open_session(must(*codec.seal_session(one, now)), end))
    server = server_of(world, policy=resume.Policy(label=world.given("label"), lifetime=3600))
    ticket = issued(world, server, "session-12")
    yield offer(world, server, ticket, "a.example", now=end - 1)
    yield offer(world, server, ticket, "a.example", now=end)


def audited(key: bytes) -> str:
    try:
        status, why = resume.Keyring.audit(key)
    except resume.Error as error:
        return word(error.status)
    return f"{word(status)}: {why}" if why else word(status)


def weak_key(world: World) -> Seen:
    yield audited(world.given("ring-80"))
    for name in ("zero", "same", "counting", "half-zero", "halves", "text", "name"):
        yield audited(world.given(f"weak-{name}"))
    yield audited(world.given("ring-80")[:79])
    yield refusal(lambda: world.ring("ring-weak"))


def isolation(world: World) -> Seen:
    label, other = world.given("label"), world.given("label-other")
    policy = resume.Policy(label=label)
    for name in ("a.example", "A.Example", "b.example", None):
        yield policy.context(name).hex()
    yield resume.Policy(label=other).context("a.example").hex()
    free = resume.Policy(label=label, isolate_server_name=False)
    yield " ".join(free.context(name).hex() for name in ("a.example", "b.example"))
    ticket = issued(world, server_of(world), "session-12")
    server = server_of(world)
    for name in ("a.example", "b.example", None):
        yield offer(world, server, ticket, name)
    elsewhere = server_of(world, policy=resume.Policy(label=other))
    yield offer(world, elsewhere, ticket, "a.example")
    stock = server_of(
        world, policy=resume.Policy(label=label, issue_context=world.given("context-a"))
    )
    yield offer(world, stock, ticket, "b.example")
    yield offer(world, stock, ticket, "a.example", client_auth=resume.ClientAuth.REQUIRE)
    ticket = issued(world, server_of(world), "session-13")
    yield offer(world, server, ticket, "a.example", version=0x0304)
    yield offer(world, server, ticket, "b.example", version=0x0304)


NONCES = {"rfc5077": slice(16, 32), "aead": slice(17, 41), "random": slice(16, 32)}


def seal_many(world: World, codecs: dict[str, resume.Codec], path: Path) -> None:
    payload = world.given("payload")
    with path.open("w") as file:
        for name, codec in codecs.items():
            for _ in range(TICKETS):
                file.write(f"{name} {sealed(codec, payload, world.now).hex()}\n")


def read_many(path: Path) -> dict[str, list[bytes]]:
    tickets: dict[str, list[bytes]] = {name: [] for name in NONCES}
    for line in path.read_text().splitlines():
        name, ticket = line.split(" ")
        tickets[name].append(bytes.fromhex(ticket))
    return tickets


def open_many(world: World, codecs: dict[str, resume.Codec], path: Path) -> dict[str, int]:
    payload, tickets = world.given("payload"), read_many(path)
    return {
        name: sum(codec.open(t, world.now) == (Status.OK, payload) for t in tickets[name])
        for name, codec in codecs.items()
    }


def child(world: World, codecs: dict[str, resume.Codec], told: int) -> None:
    """Seals, waits for the parent to have sealed, opens, and leaves at once."""
    seal_many(world, codecs, world.folder / "child")
    os.read(told, 1)  # nothing comes: the parent closes its end
    opened = open_many(world, codecs, world.folder / "parent")
    lines = "".join(f"{name} {count}\n" for name, count in opened.items())
    generated = codecs["random"]
    generated.keyring.rotate(world.now)
    last = sealed(generated, world.given("payload"), world.now)
    (world.folder / "opened").write_text(f"{lines}rotated {last.hex()}\n")


def fork(world: World) -> Seen:
    codecs = {
        "rfc5077": world.codec("ring-80"),
        "aead": world.aead("ring-80", world.given("label")),
        "random": resume.Codec(resume.Keyring("random:", now_ms=world.now)),
    }
    payload = world.given("payload")
    before = {name: sealed(codec, payload, world.now) for name, codec in codecs.items()}
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(tell)
            child(world, codecs, told)
            status = 0
        finally:
            os._exit(status)
    seal_many(world, codecs, world.folder / "parent")
    os.close(tell)
    if os.waitpid(pid, 0)[1] != 0:
        raise SystemExit("scenarios.py: the child failed")
    ours, theirs = read_many(world.folder / "parent"), read_many(world.folder / "child")
    opened = open_many(world, codecs, world.folder / "child")
    lines = (world.folder / "opened").read_text().splitlines()
    answered = dict(line.split(" ") for line in lines)

    def nonces(name: str) -> str:
        all_of_it = [before[name], *ours[name], *theirs[name]]
        return str(len({ticket[NONCES[name]] for ticket in all_of_it}))

    yield nonces("rfc5077")
    yield nonces("aead")
    yield str(opened["rfc5077"])
    yield str(opened["aead"])
    yield answered["rfc5077"]
    yield answered["aead"]
    yield nonces("random")
    yield str(opened["random"])
    yield answered["random"]
    generated, last = codecs["random"], bytes.fromhex(answered["rotated"])
    yield answer(*generated.open(last, world.now))
    generated.keyring.rotate(world.now)
    yield answer(*generated.open(last, world.now))


def numbers(kept: resume.Store) -> str:
    wanted = ("errors", "evictions", "expired", "hits", "misses", "puts", "refused", "removes")
    return " ".join(f"{name}={kept.statistic(Statistic[name.upper()])}" for name in wanted)


def counters(server: resume.Server) -> str:
    counted = server.counters().items()
    lines = (f"{way.name}.{why.name}".lower() + f"={count}" for (way, why), count in counted)
    return " ".join(sorted(lines)) or "none"


def stats(world: World) -> Seen:
    name, now, one = world.given("id-12"), world.now, world.session("session-12")
    kept = resume.Store("memory:")
    yield numbers(kept)
    kept.get(name, now)
    kept.put(one, now)
    kept.put(one, now)
    kept.get(name, now)
    kept.get(name, now)
    yield numbers(kept)
    kept.put(world.session("session-12-again"), now)
    kept.take(name, now)
    kept.take(name, now)
    kept.remove(name)
    yield numbers(kept)
    kept.put(one, now)
    kept.get(name, now + world.hour)
    yield numbers(kept)
    server = server_of(world)
    yield counters(server)
    first, second = issued(world, server, "session-12"), issued(world, server, "session-13")
    yield counters(server)
    for _ in range(3):
        offer(world, server, first, "a.example")
    yield counters(server)
    offer(world, server, first, "b.example")
    offer(world, server, changed(first), "a.example")
    stranger = issued(world, server_of(world, "ring-next"), "session-12")
    offer(world, server, stranger, "a.example")
    yield counters(server)
    offer(world, server, second, "a.example", version=0x0304)
    offer(world, server, second, "a.example", version=0x0304, now=now + 168 * world.hour)
    yield counters(server)


def session_forms(world: World) -> Seen:
    session = resume.Session
    for name in ("session-12", "session-13"):
        if name == "session-12":
            yield answer(*session.from_native(world.given(name)))
        yield answer(*world.session(name).to_openssl())
        yield answer(*session.from_openssl(world.given(f"{name}-der"), world.now))
    yield answer(*session.from_native(world.given("session-12")[:-1]))
    yield answer(*session.from_openssl(world.given("session-12-der")[:-1], world.now))
    yield answer(*session.from_gotls(world.given("session-12-go-1")))
    yield answer(*session.from_gotls(world.given("session-12-go-2")))
    form = must(*world.session("session-12").to_gotls(resume.GoLayout.LAYOUT_2))
    yield answer(*session.from_gotls(form))


def exchange(world: World) -> Seen:
    now, name = world.now, world.given("id-12")
    pairs = (line.split(" ") for line in (world.folder / "tickets").read_text().splitlines())
    tickets = {step: bytes.fromhex(ticket) for step, ticket in pairs}
    codec, short = world.codec("ring-80"), world.codec("ring-48")
    aead = world.aead("ring-80", world.given("label"))
    yield answer(*codec.open(tickets["2"], now))
    yield answer(*short.open(tickets["3"], now))
    yield answer(*aead.open(tickets["4"], now))
    yield answer(*codec.open_session(tickets["5"], now))
    yield answer(*short.open_session(tickets["6"], now))
    yield answer(*aead.open_session(tickets["7"], now))
    rotated = world.codec(f"ring-next?old={world.folder}/ring-80")
    yield answer(*rotated.open(tickets["2"], now))
    kept = resume.Store(f"shm:{world.folder}/store")
    yield answer(*kept.get(name, now))
    yield answer(*kept.take(name, now))
    yield answer(*kept.get(name, now))
    yield word(kept.put(world.session("session-12"), now))


SCENARIOS = {
    "001": seal_open,
    "002": rotate,
    "003": store,
    "004": expire,
    "005": weak_key,
    "006": isolation,
    "007": fork,
    "008": stats,
    "009": session_forms,
    "010": exchange,
}


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in SCENARIOS:
        raise SystemExit(f"usage: scenarios.py {'|'.join(SCENARIOS)} FOLDER")
    number, world = sys.argv[1], World(Path(sys.argv[2]))
    for step, seen in enumerate(SCENARIOS[number](world), 1):
        print(number, step, seen)


if __name__ == "__main__":
    main()
