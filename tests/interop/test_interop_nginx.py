# SPDX-License-Identifier: Apache-2.0
"""A fleet of a stock nginx and servers of ours that share nothing but a ticket key file."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Identity, Starter, make_identity, run_nginx, s_client

versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture
def ours(start: Starter, identity: Identity, ticket_key: Path) -> int:
    """A server of ours that issues under nginx's context."""
    context = f"context=nginx:{identity.certificate}"
    return start(f"keys=file:{ticket_key}?dialect=nginx", context, "workers=2")


@versions
def test_from_nginx_to_us_and_back(nginx: int, ours: int, tmp_path: Path, version: str) -> None:
    session = tmp_path / "session.pem"
    first = s_client(nginx, version, keep=session)
    assert not first.reused and first.said.startswith("reused=. ")
    here = s_client(ours, version, offer=session, keep=session)
    assert here.reused and here.said.startswith("resumed=1 ")
    there = s_client(nginx, version, offer=session, keep=session)
    assert there.reused and there.said.startswith("reused=r ")
    assert s_client(ours, version, offer=session).reused


@versions
def test_from_us_to_nginx_and_back(nginx: int, ours: int, tmp_path: Path, version: str) -> None:
    session = tmp_path / "session.pem"
    assert not s_client(ours, version, keep=session).reused
    there = s_client(nginx, version, offer=session, keep=session)
    assert there.reused and there.said.startswith("reused=r ")
    assert s_client(ours, version, offer=session).reused


@versions
def test_names_stay_apart_between_them(
    nginx: int, ours: int, tmp_path: Path, version: str
) -> None:  # I-120, I-121
    session = tmp_path / "session.pem"
    s_client(nginx, version, keep=session)
    assert not s_client(ours, version, name="b.example", offer=session).reused
    assert not s_client(ours, version, name=None, offer=session).reused
    assert s_client(ours, version, offer=session).reused


@versions
def test_without_its_context_nginx_is_a_stranger(
    nginx: int, start: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:  # I-23, I-124
    session = tmp_path / "session.pem"
    port = start(f"keys=file:{ticket_key}?dialect=nginx")
    s_client(nginx, version, keep=session)
    assert not s_client(port, version, offer=session).reused
    s_client(port, version, keep=session)
    assert not s_client(nginx, version, offer=session).reused


@versions
def test_nginx_with_two_certificates_and_a_client_ca(
    identity: Identity, start: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:
    session = tmp_path / "session.pem"
    (tmp_path / "second").mkdir()
    second = make_identity(tmp_path / "second", "rsa:2048")
    settings = f"ssl_session_ticket_key {ticket_key}; ssl_verify_client optional;"
    settings += f"ssl_client_certificate {identity.certificate};"
    settings += f"ssl_certificate {second.certificate}; ssl_certificate_key {second.key};"
    stock = f"nginx:{identity.certificate},{second.certificate}"
    stock += f"?client_certificate={identity.certificate}"
    with run_nginx(identity, tmp_path / "nginx", settings) as nginx:
        port = start(f"keys=file:{ticket_key}?dialect=nginx", f"context={stock}")
        s_client(nginx, version, keep=session)
        assert s_client(port, version, offer=session, keep=session).reused
        assert s_client(nginx, version, offer=session).reused
