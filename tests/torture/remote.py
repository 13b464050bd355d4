# SPDX-License-Identifier: Apache-2.0
"""A store's server killed, restarted and stopped under the handshakes of four worker processes.

    remote.py redis|memcached killed|restarted|stopped ROUNDS

The workers are the demo's: Python's ssl, sessions by ID. Visitors come all the time, in threads of
this process. Prints rows as JSON objects, as every program here does: name, rounds, failures,
detail, ok.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "demo"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "stores"))

from certificate import make_certificate
from clients import PythonClient
from conftest import Memcached, Redis, free_port, program
from workers import Fleet, Settings

Server = Redis | Memcached
Row = dict[str, Any]

WORKERS = 4
VISITORS = 3
BACK_S = 2.0  # within which sessions resume again
PATIENCE_S = 30.0
TIMEOUT_S = 0.5  # the store's, where a stop is to be seen
SLACK_S = 0.4  # what a busy machine may add


def start_server(kind: str, folder: Path) -> Server:
    if kind == "redis":
        return Redis(program("redis-server"), folder)
    return Memcached()


def settings_for(kind: str, server: Server, folder: Path, timeout: str) -> Settings:
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_bytes(os.urandom(32))
    url = f"{kind}://127.0.0.1:{server.port}?secret={secret}&timeout={timeout}"
    certificate = make_certificate(folder)
    return Settings("1.2", certificate, "random:", free_port(), stored=True, store=url)


@dataclass
class Load:
    """Visitors that come and come back, each with a session of its own."""

    port: int
    done: threading.Event = field(default_factory=threading.Event)
    outcomes: list[bool] = field(default_factory=list)  # of each visit, whether it resumed
    failed: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def visitor(self) -> None:
        client = PythonClient(self.port, "1.2")
        while not self.done.is_set():
            try:
                self.outcomes.append(client.visit())
            except OSError as error:  # ssl.SSLError is one
                self.failed.append(repr(error))
            time.sleep(0.002)

    def __enter__(self) -> Load:
        self.threads = [threading.Thread(target=self.visitor) for _ in range(VISITORS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()


def resumes_within(load: Load, patience: float) -> float:
    """The seconds until sessions resume again at every worker: many visits in a row do."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        asked, seen = time.monotonic(), len(load.outcomes)
        while len(load.outcomes) - seen < 4 * WORKERS and time.monotonic() - asked < patience:
            time.sleep(0.005)
        if all(load.outcomes[seen:]):
            return asked - began
    return patience


def row(name: str, rounds: int, failures: int, detail: str) -> Row:
    return {
        "name": name,
        "rounds": rounds,
        "failures": failures,
        "detail": detail,
        "ok": not failures,
    }


def under_load(kind: str, fault: str, rounds: int, folder: Path) -> Iterator[Row]:
    """Killed and left dead for a moment, or killed and started at once."""
    server = start_server(kind, folder)
    late: list[float] = []
    try:
        settings = settings_for(kind, server, folder, "50ms")
        with Fleet(settings, WORKERS), Load(settings.port) as load:
            assert resumes_within(load, PATIENCE_S) < PATIENCE_S, "it does not resume to begin with"
            for _ in range(rounds):
                server.kill()
                if fault == "killed":
                    seen = len(load.outcomes)
                    while len(load.outcomes) - seen < 10 * WORKERS:
                        time.sleep(0.01)
                server.start()
                late.append(resumes_within(load, PATIENCE_S))
    finally:
        server.stop()
    slow = sum(1 for seconds in late if seconds > BACK_S)
    detail = f"{len(load.outcomes)} handshakes, {len(load.failed)} failed"
    detail += f"; resuming again after {max(late):.2f} s at most, {BACK_S:.0f} s asked"
    if load.failed:
        detail += f"; the first: {load.failed[0]}"
    yield row(f"{kind} {fault} under load", rounds, slow + len(load.failed), detail)


def stopped(kind: str, rounds: int, folder: Path) -> Iterator[Row]:
    """Hangs: three handshakes of each worker may wait, each until the deadline; then none."""
    server = start_server(kind, folder)
    failures, most, longest, later = 0, 0, 0.0, 0
    try:
        settings = settings_for(kind, server, folder, f"{int(TIMEOUT_S * 1000)}ms")
        with Fleet(settings, WORKERS):
            client = PythonClient(settings.port, "1.2")
            for _ in range(rounds):
                deadline = time.monotonic() + PATIENCE_S
                while sum(client.visit() for _ in range(4 * WORKERS)) < 4 * WORKERS:
                    assert time.monotonic() < deadline, "it does not resume"
                server.signal(signal.SIGSTOP)
                session = client.session
                client.latencies_us.clear()
                for _ in range(60 * WORKERS):
                    client.visit()
                    client.session = session  # a worker that has not waited yet is to be asked
                server.signal(signal.SIGCONT)
                took = [us / 1e6 for us in client.latencies_us]
                waited = [n for n, seconds in enumerate(took) if seconds > TIMEOUT_S * 0.8]
                most, longest = max(most, len(waited)), max(longest, *took)
                later += sum(1 for n in waited if n > 40 * WORKERS)
    finally:
        server.stop()
    failures = (most > 3 * WORKERS) + (longest > TIMEOUT_S + SLACK_S) + later
    detail = f"at most {most} of {60 * WORKERS} handshakes of {WORKERS} workers waited"
    detail += (
        f" ({3 * WORKERS} may), {longest:.2f} s at most ({TIMEOUT_S} s may), {later} late ones"
    )
    yield row(f"{kind} stopped", rounds, failures, detail)


def main() -> int:
    kind, fault, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory(prefix="libresume-torture-") as name:
        folder = Path(name)
        rows = (
            stopped(kind, rounds, folder)
            if fault == "stopped"
            else under_load(kind, fault, rounds, folder)
        )
        good = True
        for one in rows:
            print(json.dumps(one), flush=True)
            good = good and bool(one["ok"])
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
