# SPDX-License-Identifier: Apache-2.0
"""The file that `openssl s_client -sess_out` writes, and how it is spoilt."""

from __future__ import annotations

import base64
from pathlib import Path

# Version of the format, protocol, suite, session ID, master secret come first; then tagged ones.
SESSION_ID, MASTER_SECRET, TICKET, FLAGS = 3, 4, 0xAA, 0xAD


def der_of(session: Path) -> bytearray:
    lines = session.read_text().splitlines()
    return bytearray(base64.b64decode("".join(line for line in lines if line[:1] != "-")))


def rewrite(session: Path, der: bytes | bytearray) -> None:
    """What s_client and our client read in place of what s_client wrote."""
    text = base64.encodebytes(der).decode()
    name = "SSL SESSION PARAMETERS"
    session.write_text(f"-----BEGIN {name}-----\n{text}-----END {name}-----\n")


def content(der: bytearray, at: int) -> slice:
    """Where the content of the DER element is that begins there."""
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(der[at + 2 : begin], "big")
    return slice(begin, begin + length)


def fields(der: bytearray) -> list[tuple[int, slice]]:
    """Tag and content of everything in OpenSSL's SSL_SESSION."""
    whole = content(der, 0)
    at, found = whole.start, []
    while at < whole.stop:
        found.append((der[at], content(der, at)))
        at = found[-1][1].stop
    return found


def field(der: bytearray, which: int) -> slice:
    if which < 0x80:
        return fields(der)[which][1]
    (outer,) = (where for tag, where in fields(der) if tag == which)
    return content(der, outer.start)


def flip(session: Path, which: int) -> None:
    """Changes one bit in the middle of a field."""
    der = der_of(session)
    where = field(der, which)
    der[(where.start + where.stop) // 2] ^= 1
    rewrite(session, der)


def wrap(tag: int, data: bytes) -> bytes:
    """A DER element."""
    if len(data) < 0x80:
        return bytes([tag, len(data)]) + data
    length = len(data).to_bytes(1 if len(data) < 0x100 else 2, "big")
    return bytes([tag, 0x80 | len(length)]) + length + data


def put_ticket(session: Path, ticket: bytes) -> None:
    """Puts another ticket in the place of the one that is there."""
    der = der_of(session)
    parts = [
        wrap(tag, wrap(0x04, ticket) if tag == TICKET else bytes(der[where]))
        for tag, where in fields(der)
    ]
    rewrite(session, wrap(0x30, b"".join(parts)))
