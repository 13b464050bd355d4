# SPDX-License-Identifier: Apache-2.0
"""The main job, shown: four worker processes, real clients, with libresume and without it.

Run it by ./dev demo. It prints a table (or, with --json, an array), and with --stay leaves the
server with libresume running.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import socket
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from certificate import make_certificate
from clients import drive
from rich.console import Console
from rich.table import Table
from workers import Fleet, Settings

Row = dict[str, str | bool | int | float]


def make_key_file(folder: Path) -> Path:
    """A ticket key in the file format of nginx, 80 random bytes, for the owner only."""
    path = folder / "ticket.key"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(80))
    return path


def with_secret(url: str, folder: Path) -> str:
    """The URL of a store; one whose records leave the process gets a new secret to seal them."""
    if url.startswith("memory:") or "secret=" in url:
        return url
    path = folder / "store.secret"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(32))
    return f"{url}{'&' if '?' in url else '?'}secret={path}"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rounded_down(share: float) -> float:
    """To a hundredth of a percent: only all of them are 1."""
    return math.floor(share * 10000 + 1e-6) / 10000


def measure(settings: Settings, tls: str, visits: int) -> Row:
    """One row: a fresh fleet, all clients, return visits only."""
    with Fleet(settings) as fleet:
        fleet.tally()
        outcomes, latencies = drive(settings.port, tls, visits, settings.stored)
        seen = fleet.tally()
    return {
        "tls": tls,
        "mode": "session IDs" if settings.stored else "tickets",
        "libresume": (settings.store if settings.stored else settings.keys) is not None,
        "connections": len(outcomes),
        "resumed": sum(outcomes),
        "share": rounded_down(sum(outcomes) / len(outcomes)),
        "server_cpu_us": round(seen.cpu_us / max(1, seen.connections), 1),
        "p50_us": round(statistics.median(latencies), 1),
    }


def show(console: Console, rows: list[Row]) -> None:
    """The table for people."""
    table = Table(
        title="Return visits to 4 worker processes",
        caption="share: resumed handshakes. CPU: of the server, for each handshake and its answer.",
    )
    for heading in ("TLS", "mode", "libresume"):
        table.add_column(heading)
    for heading in ("connections", "resumed", "share", "server CPU", "p50 latency"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            str(row["tls"]),
            str(row["mode"]),
            "yes" if row["libresume"] else "no",
            str(row["connections"]),
            str(row["resumed"]),
            f"{float(row['share']):.2%}",
            f"{row['server_cpu_us']} µs",
            f"{row['p50_us']} µs",
        )
    console.print(table)


def stay(console: Console, settings: Settings) -> None:
    """Keeps a fleet with libresume running until Ctrl-C or a termination signal."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Fleet(settings):
        console.print(f"4 workers with libresume: https://localhost:{settings.port}/ (Ctrl-C ends)")
        console.print(f"try: curl -ks https://localhost:{settings.port}/{{1,2,3}}")
        try:
            signal.pause()
        except KeyboardInterrupt:
            console.print("stopped")


def main() -> int:
    """Parses the arguments and runs the job."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one array of objects")
    parser.add_argument("--stay", action="store_true", help="leave the server running at the end")
    parser.add_argument("--visits", type=int, default=200, metavar="N",
                        help="return visits of the Python client; the others make N/10 (200)")  # fmt: skip
    parser.add_argument("--keys", metavar="URL", help="ticket keys of libresume, such as "
                        "file:/etc/fleet.key (default: a new key file)")  # fmt: skip
    parser.add_argument("--store", metavar="URL", help="sessions by ID in this store in place of "
                        "tickets, such as redis://localhost or shm:/dev/shm/demo")  # fmt: skip
    arguments = parser.parse_args()
    if arguments.keys and arguments.store:
        parser.error("--keys is for tickets and --store for session IDs: one of them")
    if arguments.visits < 10:
        parser.error("--visits must be 10 or more")
    progress = Console(stderr=True)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="libresume-demo-") as name:
        folder = Path(name)
        certificate = make_certificate(folder)
        keys = arguments.keys or f"file:{make_key_file(folder)}"
        store = with_secret(arguments.store, folder) if arguments.store else None
        shared = Settings(None, certificate, keys, 0, store is not None, store)
        alone = replace(shared, keys=None, store=None)
        for tls in ("1.2", "1.3"):
            for base in (alone, shared):
                with progress.status(f"TLS {tls}, {'with' if base.keys else 'without'} libresume"):
                    settings = replace(base, tls=tls, port=free_port())
                    rows.append(measure(settings, tls, arguments.visits))
        if arguments.json:
            print(json.dumps(rows, indent=2))
        else:
            show(Console(width=100), rows)
        if arguments.stay:
            stay(progress, replace(shared, port=free_port()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
