# SPDX-License-Identifier: Apache-2.0
"""README.md's Lua example runs as it stands in every Lua, and prints what README.md says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from luas import LUAS, PATIENCE, Lua
from peers import ROOT, make_identity


def blocks() -> list[tuple[str, str]]:
    """The code blocks of the part on Lua, each with its language."""
    text = (ROOT / "README.md").read_text()
    part = text.split("\n### From Lua\n")[1].split("\n### ")[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_the_example_prints_what_the_readme_says(lua: Lua, tmp_path: Path) -> None:
    (_, example), (kind, printed), _ = blocks()
    assert kind == "text"
    script = tmp_path / "example.lua"
    script.write_text(example)
    done = lua.run(script)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_the_context_of_the_readme_is_attached(lua: Lua, tmp_path: Path) -> None:
    make_identity(tmp_path, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    (_, example), (_, printed), (_, attached) = blocks()
    script = tmp_path / "attached.lua"
    script.write_text(f"{example}{attached}print(resume.detach(context))\n")
    done = subprocess.run(
        lua.command(script), cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == f"{printed}true\n", done.stderr
