# SPDX-License-Identifier: Apache-2.0
"""Clients that other people wrote, at a server of ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import PATIENCE, Starter, s_client

VERSIONS = ["1.2", "1.3"]
# Tickets are good at every worker; a store in memory is each worker's own.
WAYS = [("keys=random:", "workers=3"), ("store=memory:?bytes=1M",)]
ids = pytest.mark.parametrize("way", WAYS, ids=["tickets", "stored"])
versions = pytest.mark.parametrize("version", VERSIONS)


@ids
@versions
def test_openssl_resumes_over_and_over(
    start: Starter, tmp_path: Path, version: str, way: tuple[str, ...]
) -> None:  # I-01, I-02
    port = start(*way)
    session = tmp_path / "session.pem"
    first = s_client(port, version, keep=session)
    assert not first.reused and first.said == f"resumed=0 version=TLSv{version} name=a.example"
    for _ in range(5):
        again = s_client(port, version, offer=session, keep=session)
        assert again.reused and again.said == f"resumed=1 version=TLSv{version} name=a.example"


@ids
@versions
def test_openssl_under_another_name_does_not(
    start: Starter, tmp_path: Path, version: str, way: tuple[str, ...]
) -> None:  # I-120, I-121
    port = start(*way)
    session = tmp_path / "session.pem"
    s_client(port, version, keep=session)
    assert not s_client(port, version, name="b.example", offer=session).reused
    assert not s_client(port, version, name=None, offer=session).reused
    assert s_client(port, version, offer=session).reused


def test_openssl_reconnects(start: Starter) -> None:  # I-02
    port = start("keys=random:", "workers=2")
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-reconnect"]
    command += ["-servername", "a.example"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.count("New, TLSv1.2") == 1
    assert done.stdout.count("Reused, TLSv1.2") == 5


@versions
def test_openssl_without_a_ticket_extension(
    start: Starter, tmp_path: Path, version: str
) -> None:  # I-30
    port = start("keys=random:", "store=memory:?bytes=1M")
    session = tmp_path / "session.pem"
    first = s_client(port, version, keep=session, extra=("-no_ticket",))
    again = s_client(port, version, offer=session, extra=("-no_ticket",))
    assert not first.reused and again.reused


# libcurl turns the ticket extension of TLS 1.2 off, so there it needs session IDs.
@pytest.mark.parametrize("keys", [("keys=random:",), ()], ids=["both", "stored"])
@versions
def test_curl_resumes(start: Starter, version: str, keys: tuple[str, ...]) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.fail("curl is missing; ./dev setup installs it")
    port = start(*keys, "store=memory:?bytes=1M")
    command = [curl, "-sS", "-k", "--noproxy", "*", "--resolve", f"a.example:{port}:127.0.0.1"]
    command += ["--tls-max", version, f"--tlsv{version}"]
    command += [f"https://a.example:{port}/"] * 3
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    told = [line.split()[0] for line in done.stdout.splitlines()]
    assert told == ["resumed=0", "resumed=1", "resumed=1"]


@ids
@versions
def test_gnutls_resumes(start: Starter, version: str, way: tuple[str, ...]) -> None:
    gnutls = shutil.which("gnutls-cli")
    if gnutls is None:
        pytest.fail("gnutls-cli is missing; ./dev setup installs it")
    port = start(*way)
    command = [gnutls, "--insecure", "--resume", "--waitresumption", "--port", str(port)]
    command += ["--sni-hostname", "a.example", "127.0.0.1"]
    command += ["--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=PATIENCE)
    assert "*** This is a resumed session" in done.stdout, done.stdout + done.stderr
