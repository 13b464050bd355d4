# SPDX-License-Identifier: Apache-2.0
"""Every Lua with every core, and how to run a script in it. The tests are in test_lua*.py."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import BUILD, ROOT

HERE = ROOT / "tests" / "lua"
SERVER = HERE / "server.lua"
PATIENCE = 60  # seconds, for what takes one or two


@dataclass(frozen=True)
class Lua:
    """An interpreter and the core of the package in it."""

    program: str
    version: str  # of the C modules that it loads
    core: str

    def __str__(self) -> str:
        return f"{self.program}-{self.core}"

    def command(self, script: Path, *arguments: str, wrapper: tuple[str, ...] = ()) -> list[str]:
        """Runs a script with the package of this tree, and a wrapper around the interpreter."""
        package = ROOT / "bindings" / "lua"
        places = {
            "LUA_PATH": f"{HERE}/?.lua;{package}/?.lua;{package}/?/init.lua;;",
            "LUA_CPATH": f"{BUILD}/bindings/lua/{self.version}/?.so;;",
            "LD_LIBRARY_PATH": f"{BUILD}/libresume",
            "LIBRESUME_LUA_CORE": self.core,
        }
        settings = [f"{name}={value}" for name, value in places.items()]
        return ["env", *settings, *wrapper, self.program, str(script), *arguments]

    def run(self, script: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        return subprocess.run(
            self.command(script, *arguments),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


LUAS = [
    Lua("lua5.1", "5.1", "swig"),
    Lua("lua5.4", "5.4", "swig"),
    Lua("luajit", "5.1", "swig"),
    Lua("luajit", "5.1", "ffi"),
]
