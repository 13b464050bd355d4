# SPDX-License-Identifier: Apache-2.0
"""The matrix as tables for people."""

from __future__ import annotations

from cells import REFUSALS, Cell
from rich.console import Console
from rich.table import Table


def mark(cell: Cell, notes: list[str]) -> str:
    """What was seen, with the number of the note that says why; loud if it is wrong."""
    note = f" ({notes.index(cell.reason) + 1})" if cell.reason in notes else ""
    return f"{cell.seen}{note}" if cell.ok else f"{cell.seen.upper()}, not {cell.expected}{note}"


def pairs(console: Console, title: str, cells: list[Cell]) -> None:
    """From each to each, and below it why some cannot resume."""
    notes = list(dict.fromkeys(cell.reason for cell in cells if cell.reason))
    by_pair = {(cell.origin, cell.target): mark(cell, notes) for cell in cells}
    targets = list(dict.fromkeys(cell.target for cell in cells))
    table = Table("began at", *targets, title=title)
    for origin in dict.fromkeys(cell.origin for cell in cells):
        table.add_row(origin, *(by_pair.get((origin, target), "") for target in targets))
    console.print(table)
    for number, note in enumerate(notes, 1):
        console.print(f"({number}) {note}")


def refusals(console: Console, cells: list[Cell]) -> None:
    """What must not resume: a row for each reason."""
    targets = list(dict.fromkeys(cell.target for cell in cells))
    table = Table("TLS", "mode", "fleet", "because", *targets, title="What must not resume")
    rows: dict[tuple[str, str, str, str], dict[str, str]] = {}
    for cell in cells:
        row = rows.setdefault((cell.tls, cell.mode, cell.fleet, cell.reason), {})
        row[cell.target] = mark(cell, [])
    order = sorted(rows, key=lambda row: (*row[1:3], row[0], REFUSALS.index(row[3])))
    for heading in order:
        seen = rows[heading]
        table.add_row(*heading, *(seen.get(target, "") for target in targets))
    console.print(table)


def show(console: Console, cells: list[Cell]) -> None:
    """A table for each version, mode and fleet; then what must not resume; then the sum."""
    asked = [cell for cell in cells if not cell.refused]
    for tls, mode, fleet in dict.fromkeys((c.tls, c.mode, c.fleet) for c in asked):
        group = [c for c in asked if (c.tls, c.mode, c.fleet) == (tls, mode, fleet)]
        pairs(console, f"TLS {tls}, {mode}, fleet {fleet}", group)
    refusals(console, [cell for cell in cells if cell.refused])
    right = sum(cell.ok for cell in cells)
    console.print(f"{len(cells)} cells, {right} of them as they should be")
