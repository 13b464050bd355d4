# SPDX-License-Identifier: Apache-2.0
"""Runs every benchmark and shows value, peer and ratio of each row, measured in one run.

Each program prints one JSON object a line: name, value, unit, peer, peer_value, ratio, target, ok.
Timings are never a test: the exit status is 0 whatever the ratios, and 1 only if a program failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Row = dict[str, Any]

HERE = Path(__file__).parent
FIELDS = ("name", "value", "unit", "peer", "peer_value", "ratio", "target", "ok")


def programs() -> list[list[str]]:
    """The benchmarks: C programs of the build, then those of the languages."""
    build = Path(os.environ["RESUME_BUILD"]) / "bench"
    names = ("seal", "store", "shm", "remote", "memcached", "handshake")
    compiled = [[str(build / f"bench_{name}")] for name in names]
    languages = [
        [sys.executable, str(HERE / f"{name}_seal.py")] for name in ("python", "go", "lua")
    ]
    return [*compiled, [sys.executable, str(HERE / "store_handshake.py")], *languages]


def rows_of(command: list[str]) -> Iterator[Row]:
    """Runs a program and yields its rows."""
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    for line in done.stdout.splitlines():
        row = json.loads(line)
        missing = [field for field in FIELDS if field not in row]
        if missing:
            raise ValueError(f"{command[0]}: row without {', '.join(missing)}: {line}")
        yield row


def number(value: float | None) -> str:
    """A number with three or four digits that matter."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def show(console: Console, rows: list[Row]) -> None:
    """The table for people."""
    table = Table(title="value against peer, measured in one run")
    for heading in ("what", "peer"):
        table.add_column(heading)
    for heading in ("value", "peer value", "unit", "ratio", "target", "ok"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["peer"] or "-"),
            number(row["value"]),
            number(row["peer_value"]),
            str(row["unit"]),
            number(row["ratio"]),
            str(row["target"] or "-"),
            {True: "yes", False: "NO", None: "-"}[row["ok"]],
        )
    console.print(table)


def main() -> int:
    """Runs all, prints all."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one array of objects")
    parser.add_argument("--quick", action="store_true", help="few rounds, to see that all run")
    arguments = parser.parse_args()
    if arguments.quick:
        os.environ["LIBRESUME_BENCH_QUICK"] = "1"
    progress = Console(stderr=True)
    rows: list[Row] = []
    for command in programs():
        with progress.status(Path(command[-1]).name):
            rows += rows_of(command)
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        show(Console(width=150), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
