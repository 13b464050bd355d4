# SPDX-License-Identifier: Apache-2.0
"""The Lua package in every Lua and over both cores, and real LuaSec servers."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("RESUME_BUILD", ROOT / "build"))
HERE = ROOT / "tests" / "lua"
PATIENCE = 30

PAIRS = [
    ("lua5.1", "5.1", "swig"),
    ("lua5.4", "5.4", "swig"),
    ("luajit", "5.1", "swig"),
    ("luajit", "5.1", "ffi"),
]


def environment(version: str, core: str) -> dict[str, str]:
    """Where the package, its cores and the libraries are."""
    package = ROOT / "bindings" / "lua"
    changed = dict(os.environ)
    changed["LUA_PATH"] = f"{package}/?.lua;{package}/?/init.lua;;"
    changed["LUA_CPATH"] = f"{BUILD}/bindings/lua/{version}/?.so;;"
    changed["LD_LIBRARY_PATH"] = str(BUILD / "libresume")
    changed["LIBRESUME_LUA_CORE"] = core
    return changed


@pytest.mark.parametrize(("lua", "version", "core"), PAIRS)
def test_core(lua: str, version: str, core: str) -> None:
    done = subprocess.run(
        [lua, str(HERE / "core.lua"), core],
        env=environment(version, core),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr


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


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    key, public, both = (tmp_path / name for name in ("key.pem", "cert.pem", "both.pem"))
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=a.example"]
    command += ["-keyout", str(key), "-out", str(public)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    both.write_bytes(key.read_bytes() + public.read_bytes())
    return both


def ask(port: int, version: str, *more: str) -> str:
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", f"-tls1_{version}"]
    command += ["-servername", "a.example", "-ign_eof", *more]
    done = subprocess.run(
        command, input="hi\n", capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return done.stdout


@pytest.fixture
def servers(tmp_path: Path, pem: Path) -> Iterator[list[int]]:
    """The ports of LuaSec servers in three kinds of Lua that share one key file."""
    keys = tmp_path / "keys"
    keys.write_bytes(secrets.token_bytes(80))
    keys.chmod(0o600)
    processes, ports = [], []
    try:
        for lua, version, core in (PAIRS[0], PAIRS[1], PAIRS[3]):
            process = subprocess.Popen(
                [lua, str(HERE / "server.lua"), f"file:{keys}", str(pem)],
                env=environment(version, core),
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(process)
            assert process.stdout is not None
            ports.append(int(process.stdout.readline()))
        yield ports
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_session_resumes_at_every_server(
    servers: list[int], tmp_path: Path, version: str
) -> None:
    for number, first in enumerate(servers):
        kept = tmp_path / f"session-{number}"
        begun = ask(first, version, "-sess_out", str(kept))
        assert "hello" in begun
        assert "New, TLS" in begun
        for other in servers:
            resumed = ask(other, version, "-sess_in", str(kept))
            assert "hello" in resumed
            assert "Reused, TLS" in resumed, resumed
