#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where the scenarios' vectors come from: `python vectors.py` prints vectors.txt. A test compares.

Random-looking bytes are SHAKE256 of a text that names them. Contexts are computed here from their
definition, without the library; sessions are written by it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import libresume

NOW = 1_800_000_000_000  # Unix milliseconds: 15 January 2027, 08:00 UTC
LABEL = b"scenarios"


def made(name: str, length: int) -> bytes:
    """Bytes that nobody chose."""
    return hashlib.shake_256(b"libresume scenarios " + name.encode()).digest(length)


def context(label: bytes, server_name: bytes | None) -> bytes:
    """The digest of resume_policy_context() where no client certificate is asked for."""
    parts = b"libresume context v1\0" + bytes([len(label)]) + label
    if server_name is None:
        parts += bytes([0, 0])
    else:
        parts += bytes([1, len(server_name)]) + server_name
    return hashlib.sha256(parts + bytes([0])).digest()


def session_12(secret: str) -> libresume.Session:
    """TLS 1.2, with extended master secret, a session ID and a lifetime of an hour."""
    return libresume.Session(
        version=0x0303,
        cipher_suite=0xC02F,
        secret=made(secret, 48),
        extended_master_secret=True,
        session_id=made("id-12", 32),
        created_ms=NOW,
        lifetime=3600,
        server_name="a.example",
        context=context(LABEL, b"a.example"),
    )


def session_13() -> libresume.Session:
    """TLS 1.3, as a ticket of its own has it, with a lifetime of two hours."""
    return libresume.Session(
        version=0x0304,
        cipher_suite=0x1301,
        secret=made("secret-13", 32),
        created_ms=NOW,
        lifetime=7200,
        age_add=0x01020304,
        server_name="a.example",
        alpn=b"h2",
        context=context(LABEL, b"a.example"),
    )


def der(session: libresume.Session) -> bytes:
    """OpenSSL's form."""
    _, data = session.to_openssl()
    assert data is not None
    return data


def gotls(session: libresume.Session, layout: libresume.GoLayout) -> bytes:
    """The form of Go's crypto/tls."""
    _, data = session.to_gotls(layout)
    assert data is not None
    return data


class Vector(NamedTuple):
    """A value: bytes in hexadecimal, or a number or a text as it is."""

    name: str
    value: str


def keys() -> Iterator[Vector]:
    """Key files and their names, and keys that must be refused."""
    for name, length in (("ring-80", 80), ("ring-next", 80), ("ring-48", 48)):
        yield Vector(name, made(name, length).hex())
        yield Vector(name.replace("ring", "name"), made(name, 16).hex())
    good = made("ring-weak", 80)
    yield Vector("weak-zero", bytes(80).hex())
    yield Vector("weak-same", (b"\x55" * 48).hex())
    yield Vector("weak-counting", bytes(range(80)).hex())
    yield Vector("weak-half-zero", (good[:32] + bytes(16) + good[48:]).hex())
    yield Vector("weak-halves", (good[:48] + good[16:48]).hex())
    yield Vector("weak-text", base64.b64encode(made("weak-text", 60)).hex())
    yield Vector("weak-name", (good[:16] + good[:16] + good[32:80]).hex())


def values() -> Iterator[Vector]:
    """Times, names, payloads and contexts."""
    yield Vector("now", str(NOW))
    yield Vector("hour", str(3_600_000))
    yield Vector("payload", made("payload", 200).hex())
    yield Vector("label", LABEL.hex())
    yield Vector("label-other", b"elsewhere".hex())
    yield Vector("context-a", context(LABEL, b"a.example").hex())
    yield Vector("context-b", context(LABEL, b"b.example").hex())
    yield Vector("context-none", context(LABEL, None).hex())
    yield Vector("context-other", context(b"elsewhere", b"a.example").hex())


def sessions() -> Iterator[Vector]:
    """Two sessions in every form, and the first with another secret."""
    one, three = session_12("secret-12"), session_13()
    yield Vector("id-12", made("id-12", 32).hex())
    yield Vector("session-12", one.to_native().hex())
    yield Vector("session-12-again", session_12("secret-12-again").to_native().hex())
    yield Vector("session-12-der", der(one).hex())
    yield Vector("session-13", three.to_native().hex())
    yield Vector("session-13-der", der(three).hex())
    for layout in libresume.GoLayout:
        yield Vector(f"session-12-go-{layout.value}", gotls(one, layout).hex())
    # What that form has no room for is gone: ID, lifetime, server name and context.
    _, left = libresume.Session.from_gotls(gotls(one, libresume.GoLayout.LAYOUT_1))
    assert left is not None
    yield Vector("session-12-of-go", left.to_native().hex())


def lines() -> Iterator[str]:
    """The file."""
    yield "# SPDX-License-Identifier: Apache-2.0"
    yield "# Written by vectors.py: a name, a space, the value. README.md says what they are."
    for vector in (*values(), *keys(), *sessions()):
        yield f"{vector.name} {vector.value}"


if __name__ == "__main__":
    print("\n".join(lines()))
