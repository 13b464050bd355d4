# SPDX-License-Identifier: Apache-2.0
"""Servers in Go and servers on OpenSSL that resume each other's sessions, and a stock nginx."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import (
    Identity,
    Starter,
    ask_s_client,
    make_identity,
    printing_its_port,
    run_nginx,
    s_client,
)
from golang import build_go

versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture(scope="session")
def testserver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("go") / "testserver"
    build_go("./internal/testserver", program)
    return program


@pytest.fixture
def start_go(testserver: Path, identity: Identity) -> Iterator[Starter]:
    """Starts servers in Go; gives their ports."""
    with ExitStack() as running:

        def starter(*wishes: str) -> int:
            command = [str(testserver), str(identity.certificate), str(identity.key), *wishes]
            return running.enter_context(printing_its_port(command))

        yield starter


@pytest.fixture
def nginx_with_go(identity: Identity, ticket_key: Path, tmp_path: Path) -> Iterator[int]:
    """A stock nginx that prefers Go's suites; its port."""
    suites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
    settings = f"ssl_session_cache off; ssl_session_ticket_key {ticket_key};"
    settings += f"ssl_conf_command Ciphersuites {suites}; ssl_prefer_server_ciphers on;"
    with run_nginx(identity, tmp_path / "nginx", settings) as port:
        yield port


@versions
def test_go_and_openssl_resume_each_other(
    start: Starter, start_go: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:  # I-01
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    servers = [start(keys, "suites=sha256"), start_go(keys), start_go(keys)]
    for first in servers:
        session = tmp_path / "session.pem"
        assert not s_client(first, version, keep=session).reused
        for other in servers:
            there = s_client(other, version, offer=session, keep=session)
            assert there.reused
            assert there.said == f"resumed=1 version=TLSv{version} name=a.example"


@versions
def test_names_stay_apart_between_go_and_openssl(
    start: Starter, start_go: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:  # I-120, I-121
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    session = tmp_path / "session.pem"
    for one, other in [
        (start(keys, "suites=sha256"), start_go(keys)),
        (start_go(keys), start(keys, "suites=sha256")),
    ]:
        s_client(one, version, keep=session)
        assert not s_client(other, version, name="b.example", offer=session).reused
        assert not s_client(other, version, name=None, offer=session).reused
        assert s_client(other, version, offer=session).reused


@versions
def test_go_and_stock_nginx(
    nginx_with_go: int,
    start_go: Starter,
    identity: Identity,
    ticket_key: Path,
    tmp_path: Path,
    version: str,
) -> None:
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    port = start_go(keys, f"context=nginx:{identity.certificate}")
    session = tmp_path / "session.pem"
    assert not s_client(nginx_with_go, version, keep=session).reused
    assert s_client(port, version, offer=session, keep=session).reused
    assert s_client(nginx_with_go, version, offer=session).reused
    assert not s_client(port, version, keep=session).reused
    assert s_client(nginx_with_go, version, offer=session).reused


@versions
def test_a_client_without_a_certificate_stays_outside(
    start: Starter, start_go: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:
    """An open server's session is no way in where certificates are required."""
    (tmp_path / "clients").mkdir()
    clients = make_identity(tmp_path / "clients", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    stock = "context=haproxy:"  # the same context at both: the guard alone keeps them apart
    open_server = start(keys, "suites=sha256", stock)
    closed_server = start_go(keys, stock, f"clients={clients.certificate}")
    session = tmp_path / "session.pem"
    s_client(open_server, version, keep=session)
    done = ask_s_client(closed_server, version, offer=session)
    assert "HTTP/1." not in done.stdout
    assert "Reused" not in done.stdout
    extra = ("-cert", str(clients.certificate), "-key", str(clients.key))
    assert not s_client(closed_server, version, offer=session, keep=session, extra=extra).reused
    assert s_client(closed_server, version, offer=session, extra=extra).reused


@versions
def test_client_certificates_in_go_and_openssl(
    start: Starter, start_go: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:
    """OpenSSL's sessions keep the certificate, and Go verifies it anew; and the other way round."""
    (tmp_path / "clients").mkdir()
    clients = make_identity(tmp_path / "clients", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    wishes = [f"keys=file:{ticket_key}?dialect=nginx", "context=haproxy:"]
    wishes.append(f"clients={clients.certificate}")
    servers = [start(*wishes, "suites=sha256"), start_go(*wishes)]
    extra = ("-cert", str(clients.certificate), "-key", str(clients.key))
    for first in servers:
        session = tmp_path / "session.pem"
        assert not s_client(first, version, keep=session, extra=extra).reused
        for other in servers:
            assert s_client(other, version, offer=session, keep=session, extra=extra).reused


def test_stored_sessions_in_go_and_openssl(
    start: Starter, start_go: Starter, tmp_path: Path
) -> None:
    """In TLS 1.3 the PSK identity is the ID at both."""
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_bytes(secrets.token_bytes(32))
    store = f"store=shm:{tmp_path}/sessions?bytes=1M&secret={tmp_path}/secret"
    servers = [start(store, "suites=sha256"), start_go(store)]
    for first in servers:
        session = tmp_path / "session.pem"
        assert not s_client(first, "1.3", keep=session).reused
        for other in servers:
            assert s_client(other, "1.3", offer=session, keep=session).reused


@versions
def test_stored_sessions_in_go(start_go: Starter, tmp_path: Path, version: str) -> None:
    store = f"store=shm:{tmp_path}/sessions?bytes=1M"
    one, other = start_go(store), start_go(store)
    session = tmp_path / "session.pem"
    assert not s_client(one, version, keep=session).reused
    assert s_client(other, version, offer=session, keep=session).reused
    assert s_client(one, version, offer=session).reused
