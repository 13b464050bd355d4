# SPDX-License-Identifier: Apache-2.0
"""The probe's guesses at keys, alone: AES, frames that no server here writes, and targets."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import subprocess

import pytest
from libresume.cli._probe import aes, frame, weak
from libresume.cli._probe.target import Address, TargetError, resolve, split_port
from libresume.cli._probe.verdict import span

import libresume

NAME, IV = secrets.token_bytes(16), secrets.token_bytes(16)


@pytest.fixture
def session() -> libresume.Session:
    return libresume.Session(
        version=0x0303,
        cipher_suite=0xC02F,
        secret=bytes(range(1, 49)),
        created_ms=1_800_000_000_000,
        lifetime=3600,
    )


def encrypt(key: bytes, data: bytes) -> bytes:
    """AES-CBC by another program than the one under test."""
    command = ["openssl", "enc", f"-aes-{len(key) * 8}-cbc", "-K", key.hex(), "-iv", IV.hex()]
    done = subprocess.run(command, input=data, capture_output=True, check=True, timeout=20)
    return done.stdout


def found(ticket: bytes, session: libresume.Session) -> set[tuple[str, str, bool]]:
    return {(found.frame, found.part, found.session) for found in frame.open_weak(ticket, session)}


@pytest.mark.parametrize("size", [16, 32])
def test_aes_undoes_what_openssl_did(size: int) -> None:
    key, data = secrets.token_bytes(size), secrets.token_bytes(100)
    plain = aes.decrypt_cbc(key, IV, encrypt(key, data))
    assert plain == data + b"\x0c" * 12


def test_aes_of_the_standard() -> None:  # FIPS 197 appendix C.1, C.3
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    for size, block in (
        (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (32, "8ea2b7ca516745bfeafc49904b496089"),
    ):
        assert aes.decrypt_cbc(bytes(range(size)), bytes(16), bytes.fromhex(block)) == plain


def test_every_guess_is_one_that_the_audit_refuses_too() -> None:
    for size in (16, 32):
        for guess in weak.common(size):
            strong = secrets.token_bytes(16 + size)
            status, _ = libresume.Keyring.audit(strong + guess.key)
            assert status is libresume.Status.WEAK_KEY, guess.key.hex()


@pytest.mark.parametrize("digest", ["sha256", "sha1"])
def test_a_ticket_to_the_letter_of_the_rfc(session: libresume.Session, digest: str) -> None:
    _, state = session.to_state_plaintext()
    assert state is not None
    body = encrypt(bytes(16), state)
    signed = NAME + IV + len(body).to_bytes(2, "big") + body
    ticket = signed + hmac.digest(bytes(16), signed, digest)
    frames = {name for name, _, _ in found(ticket, session)}
    assert len(frames) == 1 and "to the letter" in frames.pop()
    assert {part for _, part, _ in found(ticket, session)} == {"HMAC key", "AES key"}
    assert all(own for _, part, own in found(ticket, session) if part == "AES key")


def test_keys_that_are_made_of_their_name(session: libresume.Session) -> None:
    _, der = session.to_openssl()
    assert der is not None
    signed = NAME + IV + encrypt(hashlib.sha256(NAME).digest(), der)
    ticket = signed + hmac.digest(NAME * 2, signed, "sha256")
    parts = {part: own for _, part, own in found(ticket, session)}
    assert parts == {"HMAC key": False, "AES key": True}


@pytest.mark.parametrize("name", [b"", NAME])
def test_go_with_a_zero_seed(session: libresume.Session, name: bytes) -> None:
    signed = name + IV + secrets.token_bytes(75)
    key = hashlib.sha512(bytes(32)).digest()[32:48]
    ticket = signed + hmac.digest(key, signed, "sha256")
    assert {part for _, part, _ in found(ticket, session)} == {"key"}


def test_tickets_under_good_keys_stay_shut(session: libresume.Session) -> None:
    for kind in (libresume.Frame.RFC5077, libresume.Frame.RFC5077_STRUCT, libresume.Frame.AEAD):
        codec = libresume.Codec(libresume.Keyring("random:"), frame=kind)
        _, ticket = codec.seal_session(session)
        assert ticket is not None and not found(ticket, session)
    for size in (0, 1, 32, 63, 80, 200):
        assert not found(secrets.token_bytes(size), session)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("a.example", ("a.example", 443)),
        ("a.example:8443", ("a.example", 8443)),
        ("::1", ("::1", 443)),
        ("[::1]", ("::1", 443)),
        ("[::1]:8443", ("::1", 8443)),
    ],
)
def test_hosts(text: str, pair: tuple[str, int]) -> None:
    assert split_port(text) == pair
    assert split_port(str(Address(*pair))) == pair


@pytest.mark.parametrize("text", ["", ":1", "a:", "a:x", "a:65536", "[::1", "[::1]x", "a:-1"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(TargetError):
        split_port(text)


def test_targets() -> None:
    given = resolve("a.example:8443", None, ["127.0.0.1", "[::1]:1", "127.0.0.1:8443"])
    assert given.server_name == "a.example"
    assert given.addresses == (Address("127.0.0.1", 8443), Address("::1", 1))
    assert resolve("127.0.0.1", None).server_name is None
    assert resolve("127.0.0.1", "b.example").server_name == "b.example"
    assert Address("127.0.0.1", 443) in resolve("localhost", None).addresses


def test_spans() -> None:
    assert [span(s) for s in (0.5, 300, 5400, 7200, 100, 604_800)] == [
        "0.5 seconds",
        "5 minutes",
        "1.5 hours",
        "2 hours",
        "100 seconds",
        "7 days",
    ]
