# SPDX-License-Identifier: Apache-2.0
"""Clients in Go at servers in every language, and sessions that go from language to language."""

from __future__ import annotations

import base64
import secrets
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT, Identity, Starter, printing_its_port, s_client
from golang import build_go, environment

import libresume

versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
ways = pytest.mark.parametrize("way", [(), ("dial=1",)], ids=["cache", "dialer"])

Visits = Callable[..., list[bool]]
PYTHON_SERVER = [sys.executable, str(ROOT / "tests" / "matrix" / "python_server.py")]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the test's client and server in Go."""
    folder = tmp_path_factory.mktemp("go")
    for name in ("testclient", "testserver"):
        build_go(f"./internal/{name}", folder / name)
    return folder


@pytest.fixture
def start_all(
    programs: Path, start: Starter, identity: Identity
) -> Iterator[Callable[..., list[int]]]:
    """Starts a server in Go, one in Python and one in C; gives their ports."""
    with ExitStack() as running:

        def starter(*wishes: str) -> list[int]:
            pair = [str(identity.certificate), str(identity.key), *wishes]
            commands = [[str(programs / "testserver"), *pair], [*PYTHON_SERVER, *pair]]
            ports = [running.enter_context(printing_its_port(command)) for command in commands]
            return [*ports, start(*wishes)]

        yield starter


@pytest.fixture
def visits(programs: Path, identity: Identity) -> Visits:
    """Has a client in Go visit ports in turn; says which visits resumed."""

    def visit(version: str, *arguments: str | int, name: str = "a.example") -> list[bool]:
        command = [str(programs / "testclient"), str(identity.certificate), version, name]
        done = subprocess.run(
            command + [str(argument) for argument in arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("resumed: ")]
        return [line == "resumed: true" for line in lines]

    return visit


@versions
@ways
def test_go_clients_resume_at_servers_of_every_language(
    start_all: Callable[..., list[int]],
    visits: Visits,
    ticket_key: Path,
    version: str,
    way: tuple[str, ...],
) -> None:
    for port in start_all(f"keys=file:{ticket_key}?dialect=nginx"):
        assert visits(version, port, port, port, *way) == [False, True, True]


@versions
def test_a_go_client_goes_from_server_to_server(
    programs: Path,
    start: Starter,
    identity: Identity,
    visits: Visits,
    ticket_key: Path,
    version: str,
) -> None:
    """One name, one key, three languages: to a client that is one server."""
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    pair = [str(identity.certificate), str(identity.key), keys]
    in_c = start(keys, "suites=sha256")
    with printing_its_port([str(programs / "testserver"), *pair]) as in_go:
        assert visits(version, in_go, in_c, in_go, in_c) == [False, True, True, True]


@versions
@ways
def test_go_clients_and_stock_nginx(
    nginx: int, visits: Visits, tmp_path: Path, version: str, way: tuple[str, ...]
) -> None:
    """A stock nginx would take the session under the other name, too: it is never offered there."""
    keys, file = file_keys(tmp_path), tmp_path / "sessions"
    assert visits(version, nginx, nginx, f"save={file}", f"keys={keys}", *way) == [False, True]
    load = (f"load={file}", f"keys={keys}", *way)
    assert visits(version, nginx, nginx, *load, name="b.example") == [False, True]
    assert visits(version, nginx, *load) == [True]


# The first of Go's; OpenSSL's own first is of another hash, and in TLS 1.3 that is a full handshake.
SUITE = ("-ciphersuites", "TLS_AES_128_GCM_SHA256")


def file_keys(folder: Path) -> str:
    path = folder / "client.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(80))
    return f"file:{path}"


def peer(port: int) -> libresume.Peer:
    return libresume.Peer("a.example", port, server_name="a.example", label=b"fleet")


@versions
def test_a_session_of_openssl_resumes_in_go(
    nginx: int, identity: Identity, visits: Visits, tmp_path: Path, version: str
) -> None:
    """s_client gets it, Python saves it, Go offers it; with a file and a label in common."""
    session = tmp_path / "session.pem"
    extra = (*SUITE, "-CAfile", str(identity.certificate))  # unverified, it would not do in Go
    assert not s_client(nginx, version, keep=session, extra=extra).reused
    client = libresume.Client()
    assert client.put_openssl(peer(nginx), der_of(session)) == libresume.Status.OK
    keys, file = file_keys(tmp_path), tmp_path / "sessions"
    client.save(file, keys)
    shared = (f"load={file}", f"keys={keys}", "label=fleet", "dial=1")
    assert visits(version, nginx, *shared) == [True]


@versions
def test_a_session_of_go_resumes_in_openssl(
    nginx: int, visits: Visits, tmp_path: Path, version: str
) -> None:
    keys, file = file_keys(tmp_path), tmp_path / "sessions"
    shared = (f"keys={keys}", "label=fleet", "dial=1")
    assert visits(version, nginx, f"save={file}", *shared) == [False]
    client = libresume.Client()
    assert client.load(file, keys)
    saved = client.take(peer(nginx))
    assert saved is not None
    assert len(saved.session.peer_certificates) == 1
    status, der = saved.to_openssl()
    assert status == libresume.Status.OK and der is not None
    session = tmp_path / "session.pem"
    session.write_text(pem_of(der))
    assert s_client(nginx, version, offer=session, extra=SUITE).reused


def page_by_python(context: ssl.SSLContext, port: int) -> bool:
    """One request; says whether the session resumed."""
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="a.example") as connection,
    ):
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while connection.recv(1024):
            pass
        return bool(connection.session_reused)


@versions
def test_python_and_go_resume_each_other_s_sessions(
    start: Starter,
    identity: Identity,
    visits: Visits,
    ticket_key: Path,
    tmp_path: Path,
    version: str,
) -> None:
    """What attach_client() got goes to Go, and what Go got comes back, as docs/go.md says it."""
    port = start(f"keys=file:{ticket_key}?dialect=nginx", "suites=sha256")
    context = ssl.create_default_context(cafile=str(identity.certificate))
    number = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[version]
    context.minimum_version = context.maximum_version = number
    client = libresume.attach_client(context)
    assert not page_by_python(context, port)
    own = libresume.peer_of(context, "a.example", port)
    saved = client.take(own)
    assert saved is not None
    shared = libresume.Client()
    shared.put(peer(port), saved.session, saved.ticket, saved.lifetime_hint)
    keys, file = file_keys(tmp_path), tmp_path / "sessions"
    shared.save(file, keys)
    wishes = (f"load={file}", f"save={file}", f"keys={keys}", "label=fleet", "dial=1")
    assert visits(version, port, *wishes) == [True]
    client.clear()
    assert shared.load(file, keys)
    back = shared.take(peer(port))
    assert back is not None
    assert client.put(own, back.session, back.ticket, back.lifetime_hint) == libresume.Status.OK
    assert page_by_python(context, port)


MARK = "SSL SESSION PARAMETERS-----"


def der_of(session: Path) -> bytes:
    body = session.read_text().partition(f"-----BEGIN {MARK}")[2].partition("-----END")[0]
    return base64.b64decode(body)


def pem_of(der: bytes) -> str:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {MARK}\n{text}-----END {MARK}\n"
