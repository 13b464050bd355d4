# SPDX-License-Identifier: Apache-2.0
"""Keys that an attacker tries first: what scans found in the field, and what people type.

A key file is cut into name, AES and HMAC key in another order by each product. Each pattern is
tried in each place by itself, so the order does not matter. Not the audit of a key that one has:
that is ``Keyring.audit()``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

WORDS = ("deadbeef", "cafebabe", "baadf00d", "feedface", "8badf00d", "0badc0de", "c0ffee00")
TEXTS = (
    "0123456789abcdef",
    "0123456789ABCDEF",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "password",
    "secret",
    "changeme",
    "ticket",
    "test",
    "key",
)
# FIPS 197 appendix A and C: what people copy.
EXAMPLES = (
    "2b7e151628aed2a6abf7158809cf4f3c",
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
)


@dataclass(frozen=True)
class Guess:
    """A key and how to say in words what it is."""

    key: bytes
    text: str


def _equal(size: int) -> Iterator[Guess]:
    yield Guess(bytes(size), "all bytes are zero")
    for value in range(1, 256):
        yield Guess(bytes([value]) * size, "all bytes are equal")


def _counting(size: int) -> Iterator[Guess]:
    for step in (1, 0xFF, 0x11):
        for start in range(256):
            key = bytes((start + step * i) & 0xFF for i in range(size))
            yield Guess(key, "its bytes just count")


def _typed(size: int) -> Iterator[Guess]:
    for word in WORDS:
        for spelled in (bytes.fromhex(word), bytes.fromhex(word)[::-1]):
            yield Guess(spelled * (size // 4), "it repeats a well-known word")
    for text in TEXTS:
        data = text.encode()
        yield Guess((data * size)[:size], "it is text that people type")
        yield Guess(data[:size].ljust(size, b"\0"), "it is text that people type")
    for example in EXAMPLES:
        data = bytes.fromhex(example)
        yield Guess((data * size)[:size], "it is the example of a standard")


@cache
def common(size: int) -> tuple[Guess, ...]:
    """Guesses for a key of 16, 32 or 64 bytes, the likeliest first."""
    made = [*_equal(size), *_counting(size), *_typed(size)]
    if size > 16:
        for guess in (*_equal(16), *_counting(16)):
            if any(guess.key):
                padded = f"{guess.text}, half of it padded with zeros"
                made.append(Guess(guess.key.ljust(size, b"\0"), padded))
                made.append(Guess(guess.key.rjust(size, b"\0"), padded))
    return tuple({guess.key: guess for guess in reversed(made)}.values())[::-1]


def of_name(name: bytes, size: int) -> Iterator[Guess]:
    """Guesses that follow from the key name, which travels in clear."""
    yield Guess((name * size)[:size], "it is the key name, which travels in clear")
    yield Guess(name.ljust(size, b"\0")[:size], "it is the key name, which travels in clear")
    for digest in ("md5", "sha1", "sha256", "sha512"):
        made = hashlib.new(digest, name, usedforsecurity=False).digest()
        if len(made) >= size:
            yield Guess(made[:size], "it is a digest of the key name, which travels in clear")


def guesses(name: bytes, size: int) -> Iterator[Guess]:
    """All guesses of a size for the key of that name; ``name`` may be empty."""
    yield from common(size)
    if name:
        yield from of_name(name, size)


def describe_name(name: bytes) -> str:
    """What is odd about a key name; "" if it may be random."""
    for guess in common(16):
        if guess.key == name:
            return guess.text
    return ""
