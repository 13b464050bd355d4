# SPDX-License-Identifier: Apache-2.0
"""libresume.Server, Policy and Connection: the decision for a TLS stack of one's own."""

from __future__ import annotations

import gc
import pathlib

import pytest
from conftest import NOW

import libresume
from libresume import (
    ClientAuth,
    Codec,
    Connection,
    Ems,
    Frame,
    Histogram,
    InvalidError,
    Keyring,
    Limit,
    Mode,
    Path,
    Policy,
    Reason,
    Server,
    Session,
    Status,
    Store,
    stock_context,
)


@pytest.fixture
def server() -> Server:
    return Server(Keyring("random:", now_ms=NOW), Store())


def bound(server: Server, session: Session) -> Session:
    """The session as the server would have issued it for its name."""
    return session.replace(context=server.policy.context(session.server_name))


def connection(server: Server, name: str | None = "a.example", *, ems: bool = True) -> Connection:
    return Connection(
        0x0303,
        server_name=name,
        context=server.policy.context(name),
        cipher_suites=[0xC030, 0xC02F],
        extended_master_secret=ems,
    )


def test_a_ticket_resumes(server: Server, session: Session) -> None:
    status, ticket, lifetime = server.issue_ticket(bound(server, session), NOW)
    assert status == Status.OK and ticket is not None
    assert 0 < lifetime <= session.lifetime
    decision = server.open_ticket(connection(server), ticket, NOW + 1000)
    assert decision.status == Status.OK
    assert decision.reason == Reason.RESUMED
    assert decision.session is not None and decision.session.secret == session.secret


def test_a_stored_session_resumes(server: Server, session: Session) -> None:
    kept = bound(server, session)
    assert server.store_session(kept, NOW) == Status.OK
    decision = server.find_session(connection(server), session.session_id, NOW)
    assert decision.status == Status.OK and decision.session is not None
    assert server.forget(session.session_id) == Status.OK
    decision = server.find_session(connection(server), session.session_id, NOW)
    assert decision[:2] == (Status.FULL, Reason.NOT_IN_STORE)
    assert decision.session is None


def test_I_134_what_does_not_fit_is_a_full_handshake(server: Server, session: Session) -> None:
    kept = bound(server, session)
    path = Path.TLS12_TICKET
    other = connection(server, "b.example")
    assert server.check(kept, other, path, NOW)[0] == Status.FULL  # I-120
    late = server.check(kept, connection(server), path, session.expires_ms)
    assert late == (Status.FULL, Reason.EXPIRED)
    no_ems = server.check(kept, connection(server, ems=False), path, NOW)
    assert no_ems == (Status.ABORT, Reason.EMS_MISSING_IN_HELLO)  # I-134
    bad = server.open_ticket(connection(server), b"hostile", NOW)
    assert bad.status == Status.FULL and bad.session is None


def test_client_certificates_are_demanded_today(server: Server, session: Session) -> None:
    """I-127."""
    strict = Connection(
        0x0303,
        server_name="a.example",
        context=bound(server, session).context,
        extended_master_secret=True,
        client_auth=ClientAuth.REQUIRE,
    )
    answer = server.check(bound(server, session), strict, Path.TLS12_TICKET, NOW)
    assert answer == (Status.FULL, Reason.CLIENT_CERTIFICATE_MISSING)


def test_counters_and_histograms(server: Server) -> None:
    server.count(Path.TLS13_TICKET, Reason.RESUMED, age_ms=1500, now_ms=NOW)
    assert server.counter(Path.TLS13_TICKET, Reason.RESUMED) == 1
    assert server.counters() == {(Path.TLS13_TICKET, Reason.RESUMED): 1}
    ages = server.histogram(Histogram.TICKET_AGE)
    assert len(ages) == Limit.HISTOGRAM_BUCKETS
    assert sum(ages) == ages[1] == 1


def test_I_43_lifetime_is_capped(server: Server) -> None:
    """I-43."""
    status, seconds = server.lifetime(Path.TLS12_SESSION_ID, NOW, NOW)
    assert (status, seconds) == (Status.OK, 86_400)
    assert server.lifetime(Path.TLS12_SESSION_ID, NOW, NOW + 86_400_000)[0] == Status.EXPIRED
    status, seconds = server.lifetime(Path.TLS13_TICKET, NOW, NOW)
    assert status == Status.OK and seconds <= 36 * 3600  # the key opens no longer


def test_policy_reads_back_and_narrows() -> None:
    policy = Policy(
        modes=Mode.TICKETS,
        lifetime=3600,
        authentication_lifetime={0x0303: 7200},
        renew_after_percent=50,
        isolate_server_name=False,
        label=b"listener",
        client_certificate_guard=True,
        ems=Ems.ALLOW_LEGACY,
        skew_ms=0,
        single_use=True,
        forward_secrecy=True,
        sha256_first=True,
        cipher_suites=[0x1301],
        accept_contexts=[b"stock", "haproxy:"],
    )
    assert policy.modes == Mode.TICKETS
    assert policy.lifetime(0x0303) == policy.lifetime(0x0304) == 3600
    assert policy.authentication_lifetime(0x0303) == 7200
    assert policy.authentication_lifetime(0x0304) == 604_800
    assert policy.ems == Ems.ALLOW_LEGACY
    assert policy.context("a.example") == policy.context("b.example")
    assert Policy().context("a.example") != Policy().context("b.example")
    assert Policy(issue_context=b"stock").context("a.example") == b"stock"
    assert Server("random:").policy.modes == Mode.TICKETS
    assert Server(store="memory:").policy.modes == Mode.SESSION_IDS
    assert Policy(lifetime=604_800).lifetime(0x0303) == 86_400


def test_contexts_of_stock_servers(tmp_path: pathlib.Path) -> None:
    assert stock_context("haproxy:") == b"haproxy"
    assert Policy(issue_context="haproxy:").context("a.example") == b"haproxy"
    with pytest.raises(InvalidError):
        stock_context("apache:")
    with pytest.raises(OSError, match=r"not there|reached|read"):
        stock_context(f"nginx:{tmp_path}/none.pem")
    (tmp_path / "empty.pem").touch()
    with pytest.raises(ValueError, match="no certificate"):
        Policy(accept_contexts=[f"nginx:{tmp_path}/empty.pem"])


@pytest.mark.parametrize("wrong", [{"lifetime": 0}, {"renew_after_percent": 101}, {"ems": 9}])
def test_policy_refuses(wrong: dict[str, int]) -> None:
    with pytest.raises(libresume.InvalidError):
        Policy(**wrong)  # type: ignore[arg-type]


def test_a_server_needs_something() -> None:
    with pytest.raises(libresume.InvalidError, match="store"):
        Server()


def test_a_server_keeps_its_parts_alive(session: Session) -> None:
    """I-173."""
    ring, store = Keyring("random:", now_ms=NOW), Store()
    server = Server(ring, store)
    assert server.keyring == ring and server.store == store
    assert hash(server.store) == hash(store)
    ring.close()
    store.close()
    del ring, store
    gc.collect()
    assert server.issue_ticket(bound(server, session), NOW).status == Status.OK
    policy, kept = server.policy, server.store
    server.close()
    del server
    gc.collect()
    assert policy.modes == Mode.TICKETS | Mode.SESSION_IDS
    assert kept is not None and kept.statistics()
    assert Server("random:").store is None and Server(store="memory:").keyring is None


def test_a_codec_of_another_frame(session: Session) -> None:
    server = Server(Codec(Keyring("random:", now_ms=NOW), frame=Frame.AEAD))
    ticket = server.issue_ticket(bound(server, session), NOW).ticket
    assert ticket is not None and ticket[16] == 1  # the frame's version
    assert server.open_ticket(connection(server), ticket, NOW).status == Status.OK


def test_a_connection_checks_its_facts() -> None:
    with pytest.raises(libresume.InvalidError):
        Connection(0x0302)
    with pytest.raises(libresume.InvalidError):
        Connection(0x0303, context=bytes(33))
    with pytest.raises(libresume.InvalidError):
        Connection(0x0303, cipher_suites=[])
