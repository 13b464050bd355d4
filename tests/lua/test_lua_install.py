# SPDX-License-Identifier: Apache-2.0
"""An installed package is found where each Lua looks by itself, and its folders can be chosen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from luas import LUAS, PATIENCE, Lua
from peers import BUILD, ROOT, Identity, make_identity

ROCKSPEC = ROOT / "bindings" / "lua" / "libresume-0.1.0-1.rockspec"
SCRIPT = """
local resume = require "resume"
local codec = assert(resume.codec(assert(resume.keyring "random:")))
assert(codec:open_bytes(codec:seal_bytes "x") == "x")
local context = assert(require "ssl".newcontext {
    mode = "server", protocol = "any", certificate = arg[1], key = arg[2],
})
assert(resume.attach(context, assert(resume.server { keyring = "random:" })))
print(resume.core, package.searchpath and package.searchpath("resume", package.path) or "")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `meson install` puts under the prefix, in a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    command = ["meson", "install", "-C", str(BUILD), "--no-rebuild", f"--destdir={folder}"]
    command.append("--tags=runtime,devel,lua-runtime")
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return folder


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("identity")
    return make_identity(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def own_paths(lua: Lua) -> tuple[str, str]:
    """Where an interpreter looks by itself."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith("LUA_")}
    command = [lua.program, "-e", "print(package.path) print(package.cpath)"]
    done = subprocess.run(command, env=bare, check=True, capture_output=True, text=True)
    path, cpath = done.stdout.splitlines()
    return path, cpath


@pytest.mark.parametrize("lua", LUAS, ids=str)
def test_each_lua_finds_it(lua: Lua, installed: Path, identity: Identity, tmp_path: Path) -> None:
    script = tmp_path / "installed.lua"
    script.write_text(SCRIPT)
    path, cpath = own_paths(lua)
    there = [p for p in (path + ";" + cpath).split(";") if p.startswith("/usr/local/")]
    assert there
    libraries = {str(p.parent) for p in installed.rglob("libresume*.so.0")}
    changed = {
        **os.environ,
        "LUA_PATH": path.replace("/usr/local/", f"{installed}/usr/local/"),
        "LUA_CPATH": cpath.replace("/usr/local/", f"{installed}/usr/local/"),
        "LD_LIBRARY_PATH": ":".join(libraries),
        "LIBRESUME_LUA_CORE": lua.core,
    }
    command = [lua.program, str(script), str(identity.certificate), str(identity.key)]
    done = subprocess.run(
        command, env=changed, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == lua.core


def test_the_folders_can_be_chosen(tmp_path: Path) -> None:
    options = ["-Dlua=enabled", "-Dlua_cmod_dir=/opt/c", "-Dlua_lmod_dir=lua", "-Dpython=disabled"]
    setup = ["meson", "setup", str(tmp_path), str(ROOT), "--prefix=/opt/p", *options]
    subprocess.run(setup, check=True, capture_output=True, timeout=PATIENCE)
    listed = ["meson", "introspect", str(tmp_path), "--installed"]
    plan = subprocess.run(listed, check=True, capture_output=True, text=True).stdout
    places = ["/opt/c/5.1/resume_core.so", "/opt/c/5.4/resume_core.so", "/opt/p/lua/5.4/resume"]
    for folder in (*places, "/opt/p/lua/5.1/resty"):
        assert folder in plan


@pytest.mark.parametrize("lua", LUAS[:2], ids=str)
def test_the_rock(lua: Lua, installed: Path, tmp_path: Path) -> None:
    """luarocks makes it of a checkout and an installed library, and Lua finds it."""
    library = next(installed.rglob("libresume-openssl.so")).parent
    shutil.copytree(ROOT / "bindings", tmp_path / "bindings")
    tree = tmp_path / "tree"
    swig = shutil.which("swig")
    assert swig
    make = ["luarocks", "--lua-version", lua.version, "--tree", str(tree), "make"]
    make += ["--deps-mode", "none", str(ROCKSPEC.relative_to(ROOT))]
    make += [f"SWIG_BINDIR={Path(swig).parent}", f"RESUME_LIBDIR={library}"]
    make += [f"RESUME_INCDIR={installed}/usr/local/include"]
    made = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert made.returncode == 0, made.stderr
    share = tree / "share" / "lua" / lua.version
    places = {
        "LUA_PATH": f"{share}/?.lua;{share}/?/init.lua",
        "LUA_CPATH": f"{tree}/lib/lua/{lua.version}/?.so",
        "LD_LIBRARY_PATH": "",
    }
    command = [lua.program, "-e", 'print(require "resume".keyring "random:")']
    done = subprocess.run(command, env={**os.environ, **places}, capture_output=True, text=True)
    assert done.stdout == "resume.keyring\n", done.stderr


def test_the_rock_is_whole() -> None:
    listed = re.findall(r'"bindings/lua/(resume/\w+\.lua)"', ROCKSPEC.read_text())
    package = ROOT / "bindings" / "lua"
    assert listed == sorted(str(p.relative_to(package)) for p in package.glob("resume/*.lua"))
