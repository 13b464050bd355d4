# SPDX-License-Identifier: Apache-2.0
"""How servers wrap a session into a ticket, and whether guessed keys unwrap one.

Two proofs are taken, each by itself: a guessed HMAC key gives the MAC at the ticket's end, or a
guessed AES key turns the first block into the beginning of a session. Not a codec: libresume's
own refuses weak keys.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import libresume
from libresume.cli._probe.aes import decrypt_cbc
from libresume.cli._probe.weak import Guess, guesses

BLOCK = 16
HANDLE_MAX = 32  # a ticket so short is a handle: no frame with a MAC has room in it


@dataclass(frozen=True)
class Frame:
    """Where in a ticket the parts are. ``counted`` has two bytes of length before the body."""

    name: str
    digest: str
    named: bool = True
    counted: bool = False
    blocks: bool = True

    def split(self, ticket: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
        """Key name, IV, body and MAC; None if the ticket cannot be of this frame."""
        mac = hashlib.new(self.digest).digest_size
        start = (BLOCK if self.named else 0) + BLOCK + (2 if self.counted else 0)
        body = ticket[start : len(ticket) - mac]
        if len(ticket) < start + mac + BLOCK or (self.blocks and len(body) % BLOCK):
            return None
        if self.counted and int.from_bytes(ticket[start - 2 : start], "big") != len(body):
            return None
        name = ticket[:BLOCK] if self.named else b""
        return name, ticket[len(name) : len(name) + BLOCK], body, ticket[len(ticket) - mac :]


FRAMES = (
    Frame("RFC 5077 as OpenSSL writes it", "sha256"),
    Frame("RFC 5077 as OpenSSL writes it, SHA-1", "sha1"),
    Frame("RFC 5077 to the letter", "sha256", counted=True),
    Frame("RFC 5077 to the letter, SHA-1", "sha1", counted=True),
)
# Go derives both keys from one seed: crypto/tls before and since 1.21.
GO_FRAMES = (
    Frame("Go", "sha256", named=False, blocks=False),
    Frame("Go before 1.21", "sha256", blocks=False),
)


@dataclass(frozen=True)
class Finding:
    """A ticket came open. ``session``: the session in it is the connection's own."""

    frame: str
    part: str
    text: str
    session: bool = False


def _mac_guess(ticket: bytes, frame: Frame, name: bytes, mac: bytes) -> Guess | None:
    signed = ticket[: len(ticket) - len(mac)]
    for size in (16, 32, 64):
        for guess in guesses(name, size):
            if hmac.digest(guess.key, signed, frame.digest) == mac:
                return guess
    return None


def _go_guess(ticket: bytes, frame: Frame, name: bytes, mac: bytes) -> Guess | None:
    signed = ticket[: len(ticket) - len(mac)]
    for guess in guesses(name, 32):
        key = hashlib.sha512(guess.key).digest()[32:48]
        if hmac.digest(key, signed, frame.digest) == mac:
            return guess
    return None


def _begins_session(block: bytes, session: libresume.Session) -> bool:
    """Whether this is how OpenSSL's DER or RFC 5077's StatePlaintext of the session begins.

    At least five bytes have to be right: a wrong key does that once in 2**40 times.
    """
    version, suite = session.version.to_bytes(2, "big"), session.cipher_suite.to_bytes(2, "big")
    if block.startswith(version + suite + b"\0"):
        return True
    head = {0x81: 3, 0x82: 4}.get(block[1], 2)
    return block[0] == 0x30 and block[head:].startswith(b"\2\1\1\2\2" + version)


def _aes_guess(name: bytes, iv: bytes, body: bytes, session: libresume.Session) -> Guess | None:
    for size in (16, 32):
        for guess in guesses(name, size):
            if _begins_session(decrypt_cbc(guess.key, iv, body[:BLOCK]), session):
                return guess
    return None


def _holds_secret(guess: Guess, iv: bytes, body: bytes, session: libresume.Session) -> bool:
    return session.secret in decrypt_cbc(guess.key, iv, body)


def open_weak(ticket: bytes, session: libresume.Session) -> Iterator[Finding]:
    """What guessed keys find out about a ticket, given the client's side of its session."""
    for frame in FRAMES:
        parts = frame.split(ticket)
        if parts is None:
            continue
        name, iv, body, mac = parts
        found = _mac_guess(ticket, frame, name, mac)
        if found is not None:
            yield Finding(frame.name, "HMAC key", found.text)
        if frame.digest == "sha1" and found is None:
            continue  # the AES key is tried once for each place of the body
        cipher = _aes_guess(name, iv, body, session)
        if cipher is not None:
            own = _holds_secret(cipher, iv, body, session)
            yield Finding(frame.name, "AES key", cipher.text, own)
    for frame in GO_FRAMES:
        parts = frame.split(ticket)
        if parts is not None:
            found = _go_guess(ticket, frame, parts[0], parts[3])
            if found is not None:
                yield Finding(frame.name, "key", found.text)
