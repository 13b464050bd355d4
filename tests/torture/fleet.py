# SPDX-License-Identifier: Apache-2.0
"""Rotation under load: a new key each 200 ms while clients come back to any of four workers.

    fleet.py random|derive|redis SECONDS

random: one master and its four forked workers. derive and redis: two masters that know nothing of
each other but a secret (and a Redis), two forked workers each, as on two hosts. Each worker is a
real TLS server; four threads of clients make sessions and take them to workers at random, TLS 1.2
and 1.3 by turns. Prints one row: rounds are handshakes; failures are handshakes that failed, tickets
accepted over age, and tickets within their time that did not resume.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import libresume

STEP = 0.2
OVERLAP = 3.0
SURE = 1.5  # seconds within which a ticket resumes: its lifetime is told in whole seconds
DEAD = STEP + OVERLAP + 0.1  # no key opens for longer than step and overlap
WORKERS = 4
CLIENTS = 4
PATIENCE = 20.0
FORK = multiprocessing.get_context("fork")
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def certificate(folder: Path) -> Path:
    """A key and a self-signed certificate in one file."""
    path = folder / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=a.example", "-keyout", str(path), "-out", "-"]
    done = subprocess.run(command, check=True, capture_output=True)
    with path.open("ab") as file:
        file.write(done.stdout)
    return path


def secret(folder: Path) -> Path:
    path = folder / "fleet.secret"
    path.write_bytes(os.urandom(48))
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A redis-server of this run's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    command += ["--appendonly", "no", "--dir", str(folder), "--logfile", "log"]
    process = subprocess.Popen(command)
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.wait()


def serve(context: ssl.SSLContext, listener: socket.socket, ring: libresume.Keyring) -> set[bytes]:
    """Answers one connection after the other until the listener ends; the keys that sealed."""
    keys: set[bytes] = set()
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return keys
        plain.settimeout(PATIENCE)
        with (
            contextlib.suppress(OSError),  # the client counts what failed
            context.wrap_socket(plain, server_side=True) as tls,
        ):
            tls.write(b"x")  # behind it come TLS 1.3's tickets
            tls.read(1)
        key = ring.sealing_key()
        if key is not None:
            keys.add(key.name)


def work(
    context: ssl.SSLContext, listener: socket.socket, ring: libresume.Keyring, report: Connection
) -> None:
    signal.signal(signal.SIGTERM, lambda *_: listener.shutdown(socket.SHUT_RDWR))
    report.send(serve(context, listener, ring))


def lead(url: str, pem: Path, listeners: list[socket.socket], report: Connection) -> None:
    """A master: the ring is made before its workers are, as in any pre-fork server."""
    ring = libresume.Keyring(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    libresume.attach(context, ring)
    mine: list[tuple[multiprocessing.context.ForkProcess, Connection]] = []
    for listener in listeners:
        receiver, sender = FORK.Pipe(False)
        process = FORK.Process(target=work, args=(context, listener, ring, sender))
        process.start()
        mine.append((process, receiver))

    def stop(*_: object) -> None:
        for worker, _pipe in mine:
            worker.terminate()

    signal.signal(signal.SIGTERM, stop)
    keys: set[bytes] = set()
    for process, receiver in mine:
        keys |= receiver.recv()
        process.join()
    report.send(keys)


@dataclass
class Tally:
    """What the clients saw."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    handshakes: int = 0
    resumed: int = 0
    sure: int = 0
    dead: int = 0
    failed: int = 0
    lost: int = 0
    over_age: int = 0
    first: str = ""

    def fail(self, kind: str, what: str) -> None:
        with self.lock:
            setattr(self, kind, getattr(self, kind) + 1)
            self.first = self.first or what


@dataclass
class Held:
    """A session, and when its ticket was made: after the one and before the other."""

    session: ssl.SSLSession
    context: ssl.SSLContext
    after: float
    before: float


def connect(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, ssl.SSLSession | None]:
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="a.example", session=session) as tls,
    ):
        tls.read(1)
        tls.write(b"x")
        return bool(tls.session_reused), tls.session


def client_context(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


def visit(port: int, held: Held | None, context: ssl.SSLContext, tally: Tally) -> Held | None:
    """One handshake and its judgement; a session that is new."""
    began = time.monotonic()
    try:
        resumed, session = connect(port, context, held.session if held else None)
    except OSError as error:
        tally.fail("failed", repr(error))
        return None
    ended = time.monotonic()
    with tally.lock:
        tally.handshakes += 1
        tally.resumed += resumed
        tally.sure += held is not None and ended - held.after < SURE
        tally.dead += held is not None and began - held.before > DEAD
    if held is not None and not resumed and ended - held.after < SURE:
        tally.fail("lost", f"not resumed after {ended - held.after:.3f} s")
    if held is not None and resumed and began - held.before > DEAD:
        tally.fail("over_age", f"resumed after {began - held.before:.3f} s")
    return None if resumed or session is None else Held(session, context, began, ended)


def drive(ports: list[int], until: float, tally: Tally, seed: int) -> None:
    """One client: new sessions now and then, and old ones of every age again and again."""
    dice = random.Random(seed)
    contexts = [client_context(version) for version in VERSIONS]
    pool: list[Held] = []
    while time.monotonic() < until:
        held = dice.choice(pool) if pool and dice.random() < 0.8 else None
        context = held.context if held else dice.choice(contexts)
        new = visit(dice.choice(ports), held, context, tally)
        if new is not None:
            pool = [*pool, new][-60:]
        elif held is not None and time.monotonic() - held.before > DEAD + 1:
            pool.remove(held)


def load(ports: list[int], seconds: float) -> Tally:
    tally = Tally()
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=drive, args=(ports, until, tally, seed)) for seed in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def wait_for_tickets(ports: list[int]) -> None:
    """Until every worker has a key: a fleet's first one waits for the slowest host."""
    context = client_context(ssl.TLSVersion.TLSv1_2)
    end = time.monotonic() + PATIENCE
    for port in ports:
        while time.monotonic() < end:
            _, session = connect(port, context, None)
            if session is not None and session.has_ticket:
                break
            time.sleep(0.02)


def run(url: str, groups: int, folder: Path, seconds: float) -> tuple[Tally, set[bytes]]:
    pem = certificate(folder)
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(WORKERS)]
    ports = [int(listener.getsockname()[1]) for listener in listeners]
    masters = []
    for group in range(groups):
        receiver, sender = FORK.Pipe(False)
        own = listeners[group::groups]
        masters.append((FORK.Process(target=lead, args=(url, pem, own, sender)), receiver))
    for process, _ in masters:
        process.start()
    try:
        wait_for_tickets(ports)
        tally = load(ports, seconds)
    finally:
        for process, _ in masters:
            process.terminate()
    keys: set[bytes] = set()
    for process, receiver in masters:
        keys |= receiver.recv()
        process.join()
    return tally, keys


def row(name: str, tally: Tally, keys: set[bytes], seconds: float) -> dict[str, object]:
    failures = tally.failed + tally.lost + tally.over_age
    detail = (
        f"{len(keys)} keys sealed, {tally.resumed} resumed; in time {tally.sure}, not resumed "
        f"{tally.lost}; over age {tally.dead}, accepted {tally.over_age}; failed {tally.failed}"
    )
    if tally.first:
        detail += f"; first: {tally.first}"
    # A run that did not rotate, resume or offer dead tickets proves nothing.
    rotated = len(keys) >= seconds / STEP / 2
    proved = rotated and tally.sure > 0 and tally.dead > 0
    return {
        "name": name,
        "rounds": tally.handshakes,
        "failures": failures,
        "detail": detail,
        "ok": failures == 0 and proved,
    }


Schemes = dict[str, tuple[int, Callable[[Path, int], str]]]
SCHEMES: Schemes = {
    "random": (1, lambda _secret, _port: "random:?seal=200ms&open=3s"),
    "derive": (2, lambda path, _port: f"derive:{path}?step=200ms&overlap=3s"),
    "redis": (
        2,
        lambda path, port: (
            f"redis://127.0.0.1:{port}?secret={path}&poll=10ms&timeout=900ms&seal=200ms&open=3s"
        ),
    ),
}


def main() -> int:
    scheme, seconds = sys.argv[1], float(sys.argv[2])
    groups, url_of = SCHEMES[scheme]
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        port = stack.enter_context(redis_server(folder)) if scheme == "redis" else 0
        tally, keys = run(url_of(secret(folder), port), groups, folder, seconds)
    done = row(f"rotate-{scheme}", tally, keys, seconds)
    print(json.dumps(done))
    return 0 if done["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
