# SPDX-License-Identifier: Apache-2.0
"""Servers of LuaSec and luaossl in every Lua, and in Python and C, that resume each other's sessions."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from luas import LUAS, SERVER
from peers import PROGRAM, ROOT, Identity, ask_s_client, make_identity, printing_its_port, s_client

VERSIONS = ("1.2", "1.3")
STACKS = ("luasec", "luaossl")
PYTHON = [sys.executable, str(ROOT / "tests" / "matrix" / "python_server.py")]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("identity")
    return make_identity(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The wish for one key file."""
    path = tmp_path_factory.mktemp("keys") / "ticket.key"
    path.touch(mode=0o600)
    path.write_bytes(secrets.token_bytes(80))
    return f"keys=file:{path}?dialect=nginx"


class Servers:
    """Servers that run until the end of the test."""

    def __init__(self, identity: Identity, running: ExitStack) -> None:
        self.arguments = [str(identity.certificate), str(identity.key)]
        self.running = running

    def start(self, command: list[str], *wishes: str) -> int:
        whole = [*command, *self.arguments, *wishes]
        return self.running.enter_context(printing_its_port(whole))

    def in_every_lua(self, *wishes: str) -> dict[str, int]:
        """Both stacks in each Lua with each core; their ports."""
        return {
            f"{lua}-{stack}": self.start(lua.command(SERVER), f"stack={stack}", *wishes)
            for lua in LUAS
            for stack in STACKS
        }


@pytest.fixture
def servers(identity: Identity) -> Iterator[Servers]:
    with ExitStack() as running:
        yield Servers(identity, running)


def resumed_everywhere(ports: dict[str, int], session: Path) -> None:
    """A session of each resumes at the next one and in C and Python, and theirs at each."""
    others = ("C", "Python")
    following = dict(zip(ports, [*list(ports)[1:], *ports], strict=False))
    for version in VERSIONS:
        for origin, first in ports.items():
            begun = s_client(first, version, keep=session)
            assert begun.said.startswith("resumed=0"), (version, origin)
            for target in ports if origin in others else (following[origin], *others):
                there = s_client(ports[target], version, offer=session)
                assert there.reused, (version, origin, target)
                assert there.said == f"resumed=1 version=TLSv{version} name=a.example"


def test_a_ticket_resumes_at_every_server(servers: Servers, keys: str, tmp_path: Path) -> None:
    ports = servers.in_every_lua(keys)
    ports["C"] = servers.start([str(PROGRAM)], keys)
    ports["Python"] = servers.start(PYTHON, keys)
    resumed_everywhere(ports, tmp_path / "session")


def test_a_stored_session_resumes_at_every_server(servers: Servers, tmp_path: Path) -> None:
    store = f"store=shm:{tmp_path}/sessions?bytes=8M"
    ports = servers.in_every_lua(store)
    ports["C"] = servers.start([str(PROGRAM)], store)
    ports["Python"] = servers.start(PYTHON, store)
    resumed_everywhere(ports, tmp_path / "session")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_must_not_resume_does_not(
    servers: Servers, identity: Identity, keys: str, tmp_path: Path, version: str
) -> None:
    session = tmp_path / "session"
    plain = servers.in_every_lua(keys)
    strict = servers.in_every_lua(keys, f"clients={identity.certificate}")
    for name, port in plain.items():
        s_client(port, version, keep=session)
        assert not s_client(port, version, name="b.example", offer=session).reused, name
        assert s_client(port, version, offer=session).reused, name
        # Without the certificate that it is now asked for, the client is let in by nothing.
        done = ask_s_client(strict[name], version, offer=session)
        assert "HTTP/1." not in done.stdout, name
        known = ("-cert", str(identity.certificate), "-key", str(identity.key))
        assert not s_client(strict[name], version, extra=known, keep=session).reused, name
        assert s_client(strict[name], version, extra=known, offer=session).reused, name
        assert not s_client(port, version, extra=known, offer=session).reused, name
