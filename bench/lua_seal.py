# SPDX-License-Identifier: Apache-2.0
"""What Lua adds to sealing and opening a ticket: bench/lua_seal.lua in every Lua that is here.

Prints what that prints. There are no rows of a Lua that is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ["RESUME_BUILD"])
PACKAGE = ROOT / "bindings" / "lua"

# Interpreter, C modules of which Lua, core, what the rows are called, target.
KINDS = (
    ("luajit", "5.1", "ffi", "LuaJIT FFI", 1.1),
    ("lua5.4", "5.4", "swig", "Lua 5.4", 1.7),
    ("lua5.1", "5.1", "swig", "Lua 5.1", 1.7),
)


def main() -> int:
    """Runs it in each."""
    worst = 0
    for program, version, core, name, target in KINDS:
        peer = BUILD / "bench" / f"lua_peer{version}.so"
        if shutil.which(program) is None or not peer.exists():
            print(f"lua_seal: no {program}, or built without it: no rows of it", file=sys.stderr)
            continue
        env = {
            **os.environ,
            "LUA_PATH": f"{PACKAGE}/?.lua;{PACKAGE}/?/init.lua;;",
            "LUA_CPATH": f"{BUILD}/bindings/lua/{version}/?.so;;",
            "LIBRESUME_LUA_CORE": core,
        }
        command = [program, str(ROOT / "bench" / "lua_seal.lua"), str(peer), name, str(target)]
        worst = max(worst, subprocess.run(command, env=env).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())
