# SPDX-License-Identifier: Apache-2.0
"""Where the tool writes: data to stdout, everything else to stderr.

rich decides about colour: none without a terminal, with TERM=dumb or with NO_COLOR.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
"""The type of every command's parameter ``as_json``."""

Cell = str | int | float | None
WIDE = 100_000  # columns where there is no terminal to wrap for

GOOD, BAD, DIM = "green", "bold red", "dim"


def clean(text: str) -> str:
    """The text with everything escaped that could move the cursor or change the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def console() -> Console:
    """The console of stdout: for data. Only a terminal is too narrow for a line."""
    made = Console(highlight=False, markup=False, emoji=False)
    if not made.is_terminal:
        made = Console(highlight=False, markup=False, emoji=False, width=WIDE)
    return made


def errors() -> Console:
    """The console of stderr: for notes, progress and errors."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)


def note(text: str) -> None:
    """Says something that is no data."""
    errors().print(clean(text))


def fail(text: str) -> None:
    """Says in one sentence why the command did not do what it was asked."""
    line = Text("resume: ", style=BAD)
    line.append(clean(text), style="not bold default")
    errors().print(line)


def print_json(data: Any) -> None:
    """Prints one JSON document, whole numbers and all, without colour."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def cell(value: Cell) -> Text:
    """A table's cell; numbers to the right are the column's work."""
    if value is None:
        return Text("-", style=DIM)
    return Text(f"{value:g}" if isinstance(value, float) else clean(str(value)))


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell | Text]], title: str = "") -> Table:
    """A table without lines; a name that begins with ``>`` makes a column of numbers."""
    made = Table(box=None, padding=(0, 2, 0, 0), title=title or None, title_justify="left")
    for name in columns:
        right = name.startswith(">")
        made.add_column(
            name.removeprefix(">"),
            justify="right" if right else "left",
            no_wrap=right,
            overflow="fold",
        )
    for row in rows:
        made.add_row(*(value if isinstance(value, Text) else cell(value) for value in row))
    return made


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell | Text]]) -> None:
    """Prints a table to stdout."""
    console().print(table(columns, rows))


def print_fields(fields: Mapping[str, Cell | Text]) -> None:
    """Prints names and values, one pair a line."""
    width = max(map(len, fields), default=0)
    out = console()
    for name, value in fields.items():
        line = Text(clean(name).ljust(width + 2), style=DIM)
        line.append_text(value if isinstance(value, Text) else cell(value))
        out.print(line)


class Step(Protocol):
    """What ``progress()`` gives: called after each piece of work."""

    def __call__(self, done: int = 1, text: str = "") -> None:
        """So much more is done; the text says what comes next."""


@contextmanager
def progress(text: str, total: int) -> Iterator[Step]:
    """A progress bar on stderr while long work runs; nothing where stderr is no terminal."""
    out = errors()
    if not out.is_terminal:
        yield lambda done=1, text="": None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as bar:
        task = bar.add_task(text, total=total)

        def step(done: int = 1, text: str = "") -> None:
            if text:
                bar.update(task, description=clean(text))
            bar.advance(task, done)

        yield step
