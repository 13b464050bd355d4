# SPDX-License-Identifier: Apache-2.0
"""A fleet of a stock HAProxy, a stock nginx and servers of ours that share one ticket key."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Identity, Starter, s_client

versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@versions
def test_between_haproxy_and_us(
    haproxy: int, start: Starter, ticket_key: Path, tmp_path: Path, version: str
) -> None:
    ours = start(f"keys=file:{ticket_key}?dialect=nginx", "context=haproxy:", "workers=2")
    session = tmp_path / "session.pem"
    assert s_client(haproxy, version, keep=session).said == "reused=0"
    assert s_client(ours, version, offer=session, keep=session).reused
    assert s_client(haproxy, version, offer=session).said == "reused=1"
    s_client(ours, version, keep=session)
    assert s_client(haproxy, version, offer=session, keep=session).reused
    assert not s_client(ours, version, name="b.example", offer=session).reused  # I-120
    assert s_client(ours, version, offer=session).reused


@versions
def test_a_server_that_issues_for_one_and_accepts_the_other(
    haproxy: int,
    nginx: int,
    identity: Identity,
    start: Starter,
    ticket_key: Path,
    tmp_path: Path,
    version: str,
) -> None:
    contexts = (f"context=nginx:{identity.certificate}", "accept=haproxy:")
    ours = start(f"keys=file:{ticket_key}?dialect=nginx", *contexts)
    session = tmp_path / "session.pem"
    s_client(haproxy, version, keep=session)
    assert not s_client(nginx, version, offer=session).reused  # strangers to each other
    assert not s_client(ours, version, name="b.example", offer=session).reused
    assert s_client(ours, version, offer=session, keep=session).reused
    if version == "1.3":  # where a resumption issues anew, under the issuing context
        assert s_client(nginx, version, offer=session).reused


def test_suites_with_sha256_first(start: Starter, ticket_key: Path) -> None:
    keys = f"keys=file:{ticket_key}?dialect=nginx"
    assert "Cipher is TLS_AES_256_GCM_SHA384" in s_client(start(keys), "1.3").text
    ours = start(keys, "suites=sha256")
    assert "Cipher is TLS_AES_128_GCM_SHA256" in s_client(ours, "1.3").text
