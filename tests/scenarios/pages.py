# SPDX-License-Identifier: Apache-2.0
"""The pages of the scenarios, and the folder that a program is given. Not the programs."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROW = re.compile(r"^\| (\d+) \| (.+) \| `(.+)` \|$")


def read_vectors() -> dict[str, str]:
    """The values by their names."""
    lines = (HERE / "vectors.txt").read_text().splitlines()
    pairs = (line.split(" ", 1) for line in lines if not line.startswith("#"))
    return dict(pairs)


VECTORS = read_vectors()


@dataclass(frozen=True)
class Page:
    """A scenario."""

    number: str
    name: str
    steps: dict[int, str]  # what must be seen


def read_page(path: Path) -> Page:
    """The steps of a page, with the vectors' values in the place of their names."""
    number, _, name = path.stem.partition("-")
    steps: dict[int, str] = {}
    for line in path.read_text().splitlines():
        if row := ROW.match(line):
            assert int(row[1]) == len(steps) + 1, f"{path.name}: step {row[1]} is out of order"
            steps[int(row[1])] = row[3].format_map(VECTORS)
    return Page(number, name, steps)


PAGES = [read_page(path) for path in sorted(HERE.glob("[0-9][0-9][0-9]-*.md"))]


def timed_ring() -> bytes:
    """One key of h2o, for an hour from now on."""
    key = bytes.fromhex(VECTORS["ring-80"])
    begins = int(VECTORS["now"]) // 1000
    lines = [
        f"- name: {key[:16].hex()}",
        "  cipher: aes-256-cbc",
        "  hash: sha256",
        f"  key: {(key[48:80] + key[16:48] + bytes(32)).hex()}",
        f"  not_before: {begins}",
        f"  not_after: {begins + int(VECTORS['hour']) // 1000}",
    ]
    return ("\n".join(lines) + "\n").encode()


def furnish(folder: Path) -> Path:
    """What every scenario may count on: the vectors and the key files."""
    folder.mkdir(parents=True)
    shutil.copy(HERE / "vectors.txt", folder / "vectors")
    files = {name: bytes.fromhex(VECTORS[name]) for name in ("ring-80", "ring-48", "ring-next")}
    files["ring-moving"] = files["ring-80"]
    files["ring-weak"] = bytes.fromhex(VECTORS["weak-zero"])
    files["ring-timed"] = timed_ring()
    for name, content in files.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(content)
    return folder
