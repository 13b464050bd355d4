# SPDX-License-Identifier: Apache-2.0
"""The programs, one for each language, and how they are run. Not what they must show: pages.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lua"))

import golang
from luas import Lua

ROOT = golang.ROOT
HERE = ROOT / "tests" / "scenarios"
BUILD = golang.BUILD
PATIENCE = 60


def loader() -> dict[str, str]:
    """Where the loader finds the library."""
    return {**os.environ, "LD_LIBRARY_PATH": str(BUILD / "libresume")}


def go_program(folder: Path) -> list[str]:
    """Built on first use."""
    program = folder / "scenarios-go"
    if not program.exists():
        golang.build_go("./internal/scenarios", program)
    return [str(program)]


@dataclass(frozen=True)
class Language:
    """One that has a program. What is left out of a page is said there, too."""

    name: str
    command: Callable[[Path], list[str]]  # given a folder for what has to be built first
    environment: Callable[[], Mapping[str, str]] = loader
    left_out: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def run(self, built: Path, number: str, folder: Path) -> dict[int, str]:
        """What each step of a scenario saw."""
        done = subprocess.run(
            [*self.command(built), number, str(folder)],
            env=dict(self.environment()),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{self.name} {number}: {done.stderr}{done.stdout}"
        seen: dict[int, str] = {}
        for line in done.stdout.splitlines():
            of, step, what = line.split(" ", 2)
            assert (of, int(step) not in seen) == (number, True), line
            seen[int(step)] = what
        return seen


NO_FORK = dict.fromkeys(
    (7, 8, 9, 10, 11), "it cannot fork, and a random: ring stays in its processes"
)
NO_GO_FORM = dict.fromkeys((8, 9, 10), "its package does not read Go's form")


def in_lua(lua: Lua, left_out: Mapping[str, Mapping[int, str]]) -> Language:
    return Language(str(lua), lambda _: lua.command(HERE / "scenarios.lua"), left_out=left_out)


LANGUAGES = [
    Language("c", lambda _: [str(BUILD / "tests" / "scenarios" / "scenarios")]),
    Language("python", lambda _: [sys.executable, str(HERE / "scenarios.py")]),
    Language("go", go_program, golang.environment, {"007": NO_FORK}),
    in_lua(Lua("lua5.1", "5.1", "swig"), {"007": NO_FORK, "009": NO_GO_FORM}),
    in_lua(Lua("lua5.4", "5.4", "swig"), {"007": NO_FORK, "009": NO_GO_FORM}),
    in_lua(Lua("luajit", "5.1", "ffi"), {"009": NO_GO_FORM}),
]

# ./dev test sets it where there is no Go that is new enough.
if os.environ.get("LIBRESUME_TEST_GO") == "no":
    LANGUAGES = [language for language in LANGUAGES if language.name != "go"]
