# SPDX-License-Identifier: Apache-2.0
"""``resume keygen`` and ``resume rotate``: key files of every dialect, new and one step on.

A dialect with one key in a file has a file for each: FILE seals, FILE.next will, and FILE.1,
FILE.2 .. only open. Give the server all of them, in this order.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from libresume.cli import _keyfiles, _records
from libresume.cli._exit import BadKey, UsageError
from libresume.cli._output import Json, note, print_json, print_table
from libresume.cli._records import Dialect, Order

LIFETIME_S = 86_400
KEEP = 3

DialectName = Annotated[
    str,
    typer.Option(
        "--dialect",
        "-d",
        metavar="NAME",
        help=f"Whose format it is: {', '.join(_records.DIALECTS)}. It is never guessed.",
        autocompletion=lambda incomplete: [
            n for n in _records.DIALECTS if n.startswith(incomplete)
        ],
    ),
]
Lifetime = Annotated[
    int,
    typer.Option(
        "--lifetime",
        metavar="SECONDS",
        min=60,
        max=31_536_000,
        help="How long a key is good, where the file says so (h2o).",
    ),
]


def _next_to(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")


def _ring_paths(path: Path, count: int) -> list[Path]:
    """The files of a ring with one key in each: current, next, previous."""
    olds = [_next_to(path, str(number)) for number in range(1, count - 1)]
    return [path, _next_to(path, "next"), *olds][:count]


def _report(dialect: Dialect, files: dict[Path, list[bytes]], as_json: bool) -> None:
    """Says which keys are where, by their names, which are no secret."""
    rows: list[dict[str, Any]] = []
    if dialect.order is Order.ONE:
        records = [file[0] for file in files.values()]
        for path, record, role in zip(
            files, records, _records.roles(dialect, records), strict=True
        ):
            rows.append(
                {"file": str(path), "role": role, "name": _records.name_of(dialect, record)}
            )
    else:
        for path, records in files.items():
            for record, role in zip(records, _records.roles(dialect, records), strict=True):
                name = _records.name_of(dialect, record)
                rows.append({"file": str(path), "role": role, "name": name})
    if as_json:
        print_json({"dialect": dialect.name, "keys": rows})
    else:
        print_table(("file", "role", "key name"), [list(row.values()) for row in rows])


def _to_stdout(dialect: Dialect, records: list[bytes]) -> None:
    if dialect.order is Order.ONE and len(records) > 1:
        raise UsageError(f"{dialect.name} has one key in a file: several need -o FILE")
    if sys.stdout.isatty():
        raise UsageError("stdout is a terminal, and keys do not belong on a screen")
    sys.stdout.buffer.write(dialect.join(records))
    sys.stdout.flush()


def keygen(
    dialect: DialectName,
    output: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help="Where it goes; - for stdout."),
    ],
    bits: Annotated[
        int | None,
        typer.Option(
            "--bits", metavar="N", help="Of the AES key: 128, or 256 where there is a choice."
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            "--count", metavar="N", min=1, help="How many keys; HAProxy has three, others one."
        ),
    ] = None,
    lifetime: Lifetime = LIFETIME_S,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    as_json: Json = False,
) -> None:
    """Make a key file, readable by its owner alone.

    With --count, a dialect with one key in a file gets FILE, FILE.next, FILE.1 and so on: the
    first seals, the second is the next to seal, the others only open. The names of the keys are
    printed; they are no secret.
    """
    kind = _records.dialect_of(dialect)
    number = kind.least if count is None else count
    most = kind.most if kind.order is not Order.ONE else 64
    if not kind.least <= number <= most:
        raise UsageError(f"{kind.name} has {kind.least} to {most} keys, not {number}")
    records = _records.make_file(kind, kind.size(bits), number, lifetime)
    if output == "-":
        if as_json:
            raise UsageError("--json and -o - both want stdout")
        _to_stdout(kind, records)
        return
    path = Path(output)
    files = {path: records}
    if kind.order is Order.ONE:
        files = {p: [r] for p, r in zip(_ring_paths(path, number), records, strict=True)}
    with _keyfiles.locked(path.parent):
        for file in files:
            if file.exists() and not force:
                raise UsageError(f"{file} is there already: --force replaces it")
        for file, content in files.items():
            _keyfiles.write(file, kind.join(content), replace=force)
    _report(kind, files, as_json)


def _parse(kind: Dialect, path: Path) -> list[bytes]:
    data = _keyfiles.read(path)
    try:
        return _records.parse(kind, data)
    except BadKey as error:
        raise BadKey(f"{path}: {error}") from None


def _bits_of(kind: Dialect, record: bytes) -> int:
    """The size of a new key, which is that of the keys that are there."""
    if kind.order is Order.TIMED:
        return 256 if b"256" in record.split(b"key:")[0] else 128
    return next(bits for bits, size in kind.sizes.items() if size == len(record))


def _rotate_files(kind: Dialect, path: Path, keep: int | None) -> dict[Path, list[bytes]]:
    """Moves every key on by one file. Whoever is interrupted does the rest the next time.

    Each file is replaced whole, from the oldest on, so that at no time a key that still opens
    tickets is in no file.
    """
    current = _parse(kind, path)[0]
    following_path = _next_to(path, "next")
    new = _records.make(kind, len(current), 0, 0)
    if not following_path.exists():
        _keyfiles.write(following_path, new, replace=False)
        note(f"{following_path} is new; give it to the server as a further key and rotate again")
        return {path: [current], following_path: [new]}
    following = _parse(kind, following_path)[0]
    olds: list[bytes] = []
    while (old := _next_to(path, str(len(olds) + 1))).exists():
        olds.append(_parse(kind, old)[0])
    if following != current:
        if not olds or olds[0] != current:
            total = max(len(olds) + 2, KEEP) if keep is None else keep
            olds = [current, *olds][: total - 2]
            for number in range(len(olds), 0, -1):
                _keyfiles.write(_next_to(path, str(number)), olds[number - 1], replace=True)
        _keyfiles.write(path, following, replace=True)
    _keyfiles.write(following_path, new, replace=True)
    for number in range(len(olds) + 1, 65):
        _next_to(path, str(number)).unlink(missing_ok=True)
    paths = _ring_paths(path, len(olds) + 2)
    return {p: [record] for p, record in zip(paths, [following, new, *olds], strict=True)}


def _rotate_file(
    kind: Dialect, path: Path, keep: int | None, lifetime: int, delay: int
) -> dict[Path, list[bytes]]:
    """Rotates inside one file, which is replaced whole."""
    records = _parse(kind, path)
    size = kind.size(_bits_of(kind, records[-1]))
    new = _records.make(kind, size, int(time.time()) + delay, lifetime)
    total = min(kind.most, max(len(records), KEEP)) if keep is None else keep
    records = _records.advance(kind, records, new, total)
    _keyfiles.write(path, kind.join(records), replace=True)
    return {path: records}


def rotate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The key file.", dir_okay=False)],
    dialect: DialectName,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            metavar="N",
            min=2,
            max=64,
            help="How many keys to keep in all; without it as many as there are, at least three.",
        ),
    ] = None,
    lifetime: Lifetime = LIFETIME_S,
    delay: Annotated[
        int,
        typer.Option(
            "--delay",
            metavar="SECONDS",
            min=0,
            max=31_536_000,
            help="When the new key begins to seal, where the file says so (h2o).",
        ),
    ] = _records.PEERS_LEARN_S,
    as_json: Json = False,
) -> None:
    """Rotate a key file: the next key seals, a new one is next, and the oldest is dropped.

    A key must be on every host before any host seals with it, so a new key is never the one that
    seals. Where there is no next key yet the first rotation only adds it. Files are replaced by
    renaming; tell the servers to reload afterwards.

    In a file of many keys without roles (Go, ATS, dnsdist) the one behind the sealing key is the
    next: do not rotate a file there in which it is an old one.
    """
    kind = _records.dialect_of(dialect)
    if keep is not None and not kind.least <= keep:
        raise UsageError(f"{kind.name} needs {kind.least} keys")
    if keep is not None and kind.order is not Order.ONE and keep > kind.most:
        raise UsageError(f"{kind.name} has at most {kind.most} keys")
    with _keyfiles.locked(file.parent):
        if kind.order is Order.ONE:
            files = _rotate_files(kind, file, keep)
        else:
            files = _rotate_file(kind, file, keep, lifetime, delay)
    _report(kind, files, as_json)
