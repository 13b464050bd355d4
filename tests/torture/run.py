# SPDX-License-Identifier: Apache-2.0
"""Torments what processes share, stores and keys, and shows one row for each promise.

Each program prints rows as JSON objects, one a line: name, rounds, failures, detail, ok. The exit
status is 0 if every row is ok, 1 if one is not or a program failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Row = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
FIELDS = ("name", "rounds", "failures", "detail", "ok")
OPERATIONS = ("put", "replace", "get", "take", "remove", "evict", "expire", "sweep", "recover")
# A stop in a call that begins with a recovery is a stop in the recovery; a get holds no lock.
STOPPABLE = ("put", "replace", "take", "remove", "evict", "expire", "sweep")


@dataclass(frozen=True)
class Proof:
    """A command that prints rows; the short form takes seconds."""

    name: str
    short: tuple[str, ...]
    full: tuple[str, ...]


def programs() -> Path:
    """Where the build has put the programs of this folder."""
    return Path(os.environ.get("RESUME_BUILD", ROOT / "build")) / "tests" / "torture"


def shm_proofs() -> list[Proof]:
    """Shared memory: deaths and stops of workers, of creators, and two versions on one path."""
    kill, step, create, other = (
        str(programs() / f"torture_{name}") for name in ("kill", "step", "create", "other")
    )
    versions = (create, "versions", other)
    proofs = [
        Proof("kill", (kill, "300"), (kill, "100000")),
        Proof("kill-inside", (kill, "300", "own"), (kill, "20000", "own")),
        Proof("stop", (kill, "60", "stop"), (kill, "3000", "stop")),
        Proof("creator", (create, "dies"), (create, "dies")),
        Proof("versions", versions, versions),
    ]
    proofs += [Proof(f"death-{op}", (step, op, "29"), (step, op, "1")) for op in OPERATIONS]
    proofs += [
        Proof(f"stop-{op}", (step, op, "97", "stop"), (step, op, "3", "stop")) for op in STOPPABLE
    ]
    return proofs


def remote_proofs() -> list[Proof]:
    """Servers of remote stores that die, hang and come back under handshakes."""
    remote = (sys.executable, str(Path(__file__).with_name("remote.py")))
    return [
        Proof(f"{kind}-{fault}", (*remote, kind, fault, short), (*remote, kind, fault, full))
        for kind in ("redis", "memcached")
        for fault, short, full in (
            ("killed", "2", "20"),
            ("restarted", "2", "20"),
            ("stopped", "1", "10"),
        )
    ]


def key_proofs() -> list[Proof]:
    """Keys that rotate each 200 ms under four workers, in one and in two groups."""
    fleet = (sys.executable, str(Path(__file__).with_name("fleet.py")))
    schemes = ("random", "derive", "redis")
    return [Proof(f"rotate-{s}", (*fleet, s, "5"), (*fleet, s, "60")) for s in schemes]


def all_proofs() -> list[Proof]:
    """Every proof, in the order in which it runs."""
    return shm_proofs() + remote_proofs() + key_proofs()


def rows_of(command: tuple[str, ...]) -> Iterator[Row]:
    """Runs a program and yields its rows. A failed row makes it end with 1, more is a crash."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True)
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 1) or not lines:
        raise RuntimeError(f"{' '.join(command)}: ended with {done.returncode}")
    for line in lines:
        row = json.loads(line)
        missing = [field for field in FIELDS if field not in row]
        if missing:
            raise ValueError(f"{command[0]}: row without {', '.join(missing)}: {line}")
        yield row


def show(console: Console, rows: list[Row]) -> None:
    """The table for people."""
    table = Table(title="what was done to stores and keys, and what came of it")
    table.add_column("what")
    for heading in ("rounds", "failures", "ok"):
        table.add_column(heading, justify="right")
    table.add_column("detail")
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["rounds"]),
            str(row["failures"]),
            "yes" if row["ok"] else "NO",
            str(row["detail"]),
        )
    console.print(table)


def main() -> int:
    """Runs all, prints all."""
    parser = argparse.ArgumentParser(prog="./dev torture", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one array of objects")
    parser.add_argument("--quick", action="store_true", help="the short forms, as ./dev test")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these proofs only")
    arguments = parser.parse_args()
    proofs = [p for p in all_proofs() if not arguments.names or p.name in arguments.names]
    unknown = set(arguments.names) - {p.name for p in proofs}
    if unknown:
        parser.error(
            f"no such proof: {', '.join(sorted(unknown))}; "
            f"known: {', '.join(p.name for p in all_proofs())}"
        )
    progress = Console(stderr=True)
    rows: list[Row] = []
    for proof in proofs:
        with progress.status(proof.name):
            rows += rows_of(proof.short if arguments.quick else proof.full)
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        show(Console(width=160), rows)
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
