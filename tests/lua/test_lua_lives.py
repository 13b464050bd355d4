# SPDX-License-Identifier: Apache-2.0
"""Attach, detach, counters, the collector and the end of a Lua state, as a client sees them."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from luas import HERE, LUAS, PATIENCE, Lua
from peers import Answer, Identity, make_identity, s_client

VERSIONS = ("1.2", "1.3")


class Driven:
    """tests/lua/driven.lua in one Lua."""

    def __init__(self, lua: Lua, identity: Identity, keys: Path, wrapper: tuple[str, ...]) -> None:
        arguments = (str(identity.certificate), str(identity.key), f"file:{keys}")
        self.process = subprocess.Popen(
            lua.command(HERE / "driven.lua", *arguments, wrapper=wrapper),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.order("port"))

    def send(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def order(self, word: str) -> str:
        self.send(word)
        return self.answer()

    def visit(self, version: str, session: Path, name: str = "a.example") -> Answer:
        """One connection, with the session of the last one if there is one; keeps a new one."""
        self.send("serve")
        offer = session if session.exists() else None
        seen = s_client(self.port, version, name=name, offer=offer, keep=session)
        assert self.answer() == "served"
        return seen

    def end(self) -> tuple[int, str]:
        """Closes its input, and with it the Lua state: exit status and complaints."""
        _, complaints = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, complaints


class Drivers:
    def __init__(self, identity: Identity, keys: Path) -> None:
        self.identity, self.keys = identity, keys
        self.running: list[Driven] = []

    def start(self, lua: Lua, *wrapper: str) -> Driven:
        self.running.append(Driven(lua, self.identity, self.keys, wrapper))
        return self.running[-1]


@pytest.fixture
def drivers(tmp_path: Path) -> Iterator[Drivers]:
    identity = make_identity(tmp_path, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    keys = tmp_path / "ticket.key"
    keys.touch(mode=0o600)
    keys.write_bytes(secrets.token_bytes(80))
    made = Drivers(identity, keys)
    yield made
    for driven in made.running:
        driven.process.kill()
        driven.process.communicate()


every_lua = pytest.mark.parametrize("lua", LUAS, ids=str)


@every_lua
def test_detached_is_as_it_was(lua: Lua, drivers: Drivers, tmp_path: Path) -> None:
    driven, other = drivers.start(lua), drivers.start(lua)
    assert driven.order("attach") == other.order("attach") == "true"
    session = tmp_path / "session"
    assert not driven.visit("1.3", session).reused
    assert other.visit("1.3", session).reused
    assert driven.order("detach") == "true"
    assert driven.order("detach") == "nil"
    # LuaSec's own keys, again: what the others issue is unknown, its own sessions it knows.
    assert not driven.visit("1.3", session).reused
    assert driven.visit("1.3", session).reused
    assert not other.visit("1.3", session).reused
    assert driven.order("attach") == "true"
    assert driven.visit("1.3", session).reused
    assert driven.end() == (0, "")


@every_lua
def test_counters_tell_why(lua: Lua, drivers: Drivers, tmp_path: Path) -> None:
    driven = drivers.start(lua)
    assert driven.order("counters") == ""
    assert driven.order("attach") == "true"
    ticket, other = tmp_path / "ticket", tmp_path / "other"
    assert not driven.visit("1.2", ticket).reused
    assert driven.order("counters") == "none.not_offered=1 tls12_ticket.issued=1"
    assert driven.visit("1.2", ticket).reused
    assert not driven.visit("1.2", ticket, name="b.example").reused
    counted = dict(pair.split("=") for pair in driven.order("counters").split())
    assert counted["tls12_ticket.resumed"] == "1"
    assert counted["tls12_ticket.context_mismatch"] == "1"
    assert not driven.visit("1.3", other).reused
    assert driven.visit("1.3", other).reused
    counted = dict(pair.split("=") for pair in driven.order("counters").split())
    assert counted["tls13_ticket.renewed"] == "1"


@every_lua
def test_the_context_keeps_what_it_needs(lua: Lua, drivers: Drivers, tmp_path: Path) -> None:
    driven = drivers.start(lua)
    assert driven.order("attach") == "true"
    assert driven.order("forget") == "forgotten"
    for version in VERSIONS:
        session = tmp_path / version
        assert not driven.visit(version, session).reused
        assert driven.order("litter") == "littered"
        assert driven.order("thread") == "sealed in a thread"
        assert driven.visit(version, session).reused
    assert driven.end() == (0, "")


@pytest.mark.parametrize("lua", LUAS[:2], ids=str)
def test_a_state_that_ends_leaves_nothing(lua: Lua, drivers: Drivers, tmp_path: Path) -> None:
    """Under valgrind: a context is attached and handles are open when the state is closed."""
    valgrind = ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]
    valgrind += ["--error-exitcode=99", f"--suppressions={HERE / 'valgrind.supp'}"]
    driven = drivers.start(lua, *valgrind)
    assert driven.order("attach") == "true"
    assert not driven.visit("1.3", tmp_path / "session").reused
    assert driven.end() == (0, "")
