# SPDX-License-Identifier: Apache-2.0
"""redis: under real handshakes of Python's ssl: two hosts that share a server and nothing else."""

from __future__ import annotations

import signal
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import SECRET, Launcher, Opener, Redis, sent, until

import libresume
from libresume import Mode, Policy, Server, Statistic, Store

ROUNDS = 5
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@dataclass
class Host:
    """A server of the fleet: own context, own ticket keys, own connections to Redis."""

    context: ssl.SSLContext
    store: Store


def make_host(certificate: Path, store: Store, version: str) -> Host:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    server = Server(store=store, policy=Policy(modes=Mode.SESSION_IDS))
    return Host(libresume.attach(context, server=server), store)


def make_client(version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


@dataclass
class Visit:
    reused: bool
    session: ssl.SSLSession | None
    took: float


def visit(host: Host, client: ssl.SSLContext, session: ssl.SSLSession | None = None) -> Visit:
    """One connection in memory; raises if the handshake fails."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = host.context.wrap_bio(to_server, to_client, server_side=True)
    ours = client.wrap_bio(to_client, to_server, server_hostname="a.example", session=session)
    began = time.monotonic()
    pending = [ours, theirs]
    for _ in range(10):
        for end in list(pending):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.remove(end)
    assert not pending, "the handshake did not end"
    theirs.write(b"x")
    assert ours.read(1) == b"x"
    return Visit(bool(ours.session_reused), ours.session, time.monotonic() - began)


def returns(first: Host, second: Host, client: ssl.SSLContext) -> bool:
    """A client that comes to one host and comes back to the other."""
    came = visit(first, client)
    sent(first.store)
    return visit(second, client, came.session).reused


@pytest.mark.parametrize("version", VERSIONS)
def test_two_hosts_share_sessions(
    redis: Redis, opened: Opener, certificate: Path, version: str
) -> None:
    hosts = [make_host(certificate, opened(redis, "timeout=2s"), version) for _ in range(2)]
    client = make_client(version)
    assert [returns(hosts[n % 2], hosts[1 - n % 2], client) for n in range(40)] == [True] * 40
    stranger = make_host(certificate, opened(redis, secret=SECRET[::-1]), version)
    assert not returns(hosts[0], stranger, client)


@pytest.mark.parametrize("version", VERSIONS)
def test_killed_under_handshakes(
    launch: Launcher, opened: Opener, certificate: Path, version: str
) -> None:
    """I-107: no handshake fails, and sessions resume within two seconds of the server's return."""
    redis = launch()
    hosts = [make_host(certificate, opened(redis, "timeout=200ms"), version) for _ in range(2)]
    client = make_client(version)
    for _ in range(ROUNDS):
        assert returns(hosts[0], hosts[1], client)
        redis.kill()
        came = visit(hosts[0], client)
        for number in range(20):
            came = visit(hosts[number % 2], client, came.session)
        assert all(host.store.statistic(Statistic.BREAKER) > 0 for host in hosts)
        redis.start()
        assert until(lambda: returns(hosts[0], hosts[1], client), "resumes", 5) < 2


def test_stopped_under_handshakes(redis: Redis, opened: Opener, certificate: Path) -> None:
    """At most three handshakes of a worker wait, each until the deadline."""
    host = make_host(certificate, opened(redis, "timeout=500ms"), "1.2")
    client = make_client("1.2")
    first = visit(host, client)
    sent(host.store)
    assert visit(host, client, first.session).reused
    redis.signal(signal.SIGSTOP)
    times = [visit(host, client, first.session).took for _ in range(40)]
    assert sum(took > 0.45 for took in times) <= 3
    assert max(times) < 0.5 + 0.5
    redis.signal(signal.SIGCONT)
    until(lambda: visit(host, client, first.session).reused, "resumes", 5)
