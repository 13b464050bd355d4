# SPDX-License-Identifier: Apache-2.0
"""A server of ours, a stock nginx and HAProxy, for the tests of this folder."""

from __future__ import annotations

import base64
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from peers import (
    BUILD,
    HAPROXY,
    NGINX,
    PATIENCE,
    PROGRAM,
    ROOT,
    Answer,
    Identity,
    Starter,
    ask_s_client,
    find_program,
    free_port,
    make_identity,
    printing_its_port,
    run_nginx,
    s_client,
    stop,
    wait_for_listener,
)

__all__ = [
    "BUILD",
    "HAPROXY",
    "NGINX",
    "PATIENCE",
    "PROGRAM",
    "ROOT",
    "Answer",
    "Identity",
    "Starter",
    "ask_s_client",
    "find_program",
    "free_port",
    "make_identity",
    "printing_its_port",
    "run_nginx",
    "s_client",
    "stop",
    "wait_for_listener",
]


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("identity")
    names = "subjectAltName=DNS:a.example,DNS:b.example"  # Go looks at nothing else
    return make_identity(folder, "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-addext", names)


@pytest.fixture
def ticket_key(tmp_path: Path) -> Path:
    """80 bytes, as nginx's ssl_session_ticket_key wants them."""
    path = tmp_path / "ticket.key"
    path.touch(mode=0o600)
    path.write_bytes(secrets.token_bytes(80))
    return path


@pytest.fixture
def start(identity: Identity) -> Iterator[Starter]:
    """Starts servers of ours; gives their ports."""
    if not PROGRAM.exists():
        pytest.fail("the interop server is not built; ./dev test builds it")
    with ExitStack() as running:

        def starter(*wishes: str) -> int:
            command = [str(PROGRAM), str(identity.certificate), str(identity.key), *wishes]
            return running.enter_context(printing_its_port(command))

        yield starter


@pytest.fixture
def haproxy(identity: Identity, ticket_key: Path, tmp_path: Path) -> Iterator[int]:
    """A stock HAProxy with that ticket key, which is the last but one of its three; its port."""
    folder = tmp_path / "haproxy"
    folder.mkdir()
    port = free_port()
    key = ticket_key.read_bytes()
    keys = (secrets.token_bytes(80), key[:16] + key[48:] + key[16:48], secrets.token_bytes(80))
    (folder / "keys").write_text("".join(base64.b64encode(k).decode() + "\n" for k in keys))
    (folder / "both.pem").write_text(identity.certificate.read_text() + identity.key.read_text())
    configuration = folder / "haproxy.cfg"
    configuration.write_text(HAPROXY.format(folder=folder, port=port))
    command = [find_program("haproxy"), "-db", "-q", "-f", str(configuration)]
    process = subprocess.Popen(command, text=True)
    try:
        wait_for_listener(process, port)
        yield port
    finally:
        stop(process)


@pytest.fixture
def nginx(identity: Identity, ticket_key: Path, tmp_path: Path) -> Iterator[int]:
    """A stock nginx with that ticket key; its port."""
    settings = f"ssl_session_cache off; ssl_session_ticket_key {ticket_key};"
    with run_nginx(identity, tmp_path / "nginx", settings) as port:
        yield port
