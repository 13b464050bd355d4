# SPDX-License-Identifier: Apache-2.0
"""The Lua package in every Lua and over both cores."""

from __future__ import annotations

import subprocess

import pytest
from luas import HERE, LUAS, PATIENCE, Lua
from peers import ROOT


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_core(lua: Lua) -> None:
    done = lua.run(HERE / "core.lua", lua.core)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_api(lua: Lua) -> None:
    done = lua.run(HERE / "api.lua", lua.core, str(ROOT / "tests" / "vectors" / "session"))
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_wrong(lua: Lua) -> None:
    done = lua.run(HERE / "wrong.lua", lua.core, str(ROOT / "tests" / "vectors" / "session"))
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_finalizers(lua: Lua) -> None:
    done = lua.run(HERE / "finalizers.lua")
    assert (done.returncode, done.stdout) == (0, "ok\nended\n"), done.stderr


def test_cdef_is_what_the_headers_say() -> None:
    made = subprocess.run(
        [str(ROOT / "bindings" / "lua" / "generate.sh")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    committed = ROOT / "bindings" / "lua" / "resume" / "cdef.lua"
    assert made.stdout == committed.read_text()
