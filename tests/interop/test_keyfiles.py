# SPDX-License-Identifier: Apache-2.0
"""Key files that we write, in the stock servers that read them: each side opens the other's tickets."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE, Answer, Identity, s_client
from saved_session import MASTER_SECRET, TICKET, der_of, field, put_ticket
from stock_servers import SERVERS

from libresume import Codec, Keyring, Session, Status

HOUR = 3_600_000


def make_ring(size: int, mac_size: int = 0) -> Keyring:
    """An older key, the one that seals, and the next."""
    now_ms = time.time_ns() // 1_000_000
    ring, half = Keyring(), (size - 16) // 2
    for start in (-2 * HOUR, -HOUR, HOUR):
        status = ring.add(
            secrets.token_bytes(16),
            secrets.token_bytes(half),
            secrets.token_bytes(mac_size or half),
            seal_from_ms=now_ms + start,
            seal_until_ms=now_ms + start + 2 * HOUR,
            open_until_ms=now_ms + 24 * HOUR,
        )
        assert status == Status.OK
    return ring


def issued(port: int, session: Path) -> bytes:
    """The ticket of a full handshake."""
    answer = s_client(port, "1.2", keep=session)
    assert not answer.reused
    der = der_of(session)
    return bytes(der[field(der, TICKET)])


def issued_under(port: int, session: Path, name: bytes) -> bytes:
    """The same, when the server has read its keys: h2o does so on a thread of its own."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ticket = issued(port, session)
        if ticket[:16] == name:
            return ticket
        assert time.monotonic() < deadline, "the server never seals under the key that we gave it"


def master_secret(session: Path) -> bytes:
    der = der_of(session)
    return bytes(der[field(der, MASTER_SECRET)])


def offer(port: int, session: Path, ticket: bytes) -> Answer:
    put_ticket(session, ticket)
    return s_client(port, "1.2", offer=session)


def seal(ring: Keyring, session: Session) -> bytes:
    status, ticket = Codec(ring).seal_session(session)
    assert status == Status.OK and ticket is not None
    return ticket


@contextlib.contextmanager
def served(
    product: str, size: int, identity: Identity, folder: Path, mac_size: int = 0
) -> Iterator[tuple[int, Keyring]]:
    """The product with a file that we wrote, and a ring that read that very file."""
    keys = folder / "keys"
    make_ring(size, mac_size).save(keys, product)
    assert keys.stat().st_mode & 0o777 == 0o600
    with SERVERS[product](identity, folder, keys, size) as port:
        yield port, Keyring(f"file:{keys}?dialect={product}")


@pytest.mark.parametrize(
    ("product", "size", "mac_size"),
    [
        ("nginx", 48, 16),
        ("nginx", 80, 32),
        ("haproxy", 48, 16),
        ("haproxy", 80, 32),
        ("nghttpx", 48, 16),
        ("nghttpx", 80, 32),
        ("h2o", 48, 16),
        ("h2o", 80, 32),
        ("h2o", 80, 64),  # as h2o's own keys
    ],
)
def test_each_opens_the_others_tickets(
    identity: Identity, tmp_path: Path, product: str, size: int, mac_size: int
) -> None:
    session = tmp_path / "session.pem"
    with served(product, size, identity, tmp_path, mac_size) as (port, ring):
        key = ring.sealing_key()
        assert key is not None and len(key.mac_key) == mac_size
        ticket = issued_under(port, session, key.name)
        status, opened = Codec(ring).open_session(ticket)
        assert status == Status.OK and opened is not None
        assert opened.secret == master_secret(session)
        assert offer(port, session, seal(ring, opened)).reused
        stranger = Keyring()
        half = (size - 16) // 2
        stranger.add(key.name, secrets.token_bytes(half), secrets.token_bytes(half))
        assert not offer(port, session, seal(stranger, opened)).reused


def test_the_wrong_dialect_loads_and_opens_nothing(identity: Identity, tmp_path: Path) -> None:
    """Why the dialect is named: nothing but a ticket tells one order of 80 bytes from another."""
    with served("nginx", 80, identity, tmp_path) as (port, ring):
        key = ring.sealing_key()
        assert key is not None
        ticket = issued_under(port, tmp_path / "session.pem", key.name)
        wrong = Keyring(f"file:{tmp_path / 'keys'}?dialect=nghttpx")
        assert Codec(wrong).open_session(ticket) == (Status.FORGED, None)


def test_apache_takes_name_and_aes_key(identity: Identity, tmp_path: Path) -> None:
    with served("apache", 48, identity, tmp_path) as (port, ring):
        key = ring.sealing_key()
        assert key is not None
        session = tmp_path / "session.pem"
        ticket = issued_under(port, session, key.name)
        command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", key.cipher_key.hex()]
        command += ["-iv", ticket[16:32].hex()]
        done = subprocess.run(command, input=ticket[32:-32], capture_output=True, check=True)
        status, inside = Session.from_openssl(done.stdout)
        assert status == Status.OK and inside is not None
        assert inside.secret == master_secret(session)
        # Built on OpenSSL 3 Apache may leave out the HMAC half of its file. Then neither side takes
        # the other's tickets, although it goes on taking its own; with it, both do.
        opened, _ = Codec(ring).open_session(ticket)
        assert opened in (Status.OK, Status.FORGED)
        assert offer(port, session, seal(ring, inside)).reused == (opened == Status.OK)
        assert offer(port, session, ticket).reused
