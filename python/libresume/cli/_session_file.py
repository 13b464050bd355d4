# SPDX-License-Identifier: Apache-2.0
"""Tickets as people have them: raw, hex, base64, or in the session file of ``openssl s_client``.

Not a reader of sessions: that is ``libresume.Session``. What comes in is hostile.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from dataclasses import dataclass
from enum import StrEnum

from libresume.cli._exit import BadKey, UsageError

SHORTEST = 57  # bytes of a ticket around nothing; a word may look like base64, too
INPUT_MAX = 1 << 20  # bytes; a ticket has at most 65535
_PEM = re.compile(
    rb"-----BEGIN SSL SESSION PARAMETERS-----(.*?)-----END SSL SESSION PARAMETERS-----", re.S
)
_HINT, _TICKET = 0xA9, 0xAA  # [9] and [10], explicit: OpenSSL's SSL_SESSION_ASN1


class Form(StrEnum):
    """How a ticket is written down; AUTO tells by looking."""

    AUTO = "auto"
    RAW = "raw"
    HEX = "hex"
    BASE64 = "base64"
    PEM = "pem"


@dataclass(frozen=True)
class Found:
    """A ticket as it came; ``client_der`` is the client's session if that came along."""

    form: Form
    ticket: bytes | None
    lifetime_hint: int | None = None
    client_der: bytes | None = None


def _take(data: bytes, at: int) -> tuple[int, bytes, int]:
    """One DER element: its tag, its content, and where the next begins."""
    if at + 2 > len(data):
        raise ValueError("cut off")
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 3 or at + count > len(data):
            raise ValueError("a length that nobody writes")
        length = int.from_bytes(data[at : at + count])
        at += count
    if at + length > len(data):
        raise ValueError("cut off")
    return tag, data[at : at + length], at + length


def _from_der(der: bytes) -> Found:
    """The ticket inside a client's SSL_SESSION."""
    ticket, hint = None, None
    try:
        _, body, _ = _take(der, 0)
        at = 0
        while at < len(body):
            tag, content, at = _take(body, at)
            if tag == _TICKET:
                ticket = _take(content, 0)[1]
            elif tag == _HINT:
                hint = int.from_bytes(_take(content, 0)[1])
    except ValueError as error:
        raise BadKey(f"the session file is malformed: {error}") from None
    return Found(Form.PEM, ticket, hint, der)


def _from_pem(data: bytes) -> Found | None:
    match = _PEM.search(data)
    if match is None:
        return None
    try:
        return _from_der(base64.b64decode(b"".join(match.group(1).split()), validate=True))
    except binascii.Error:
        raise BadKey("the session file is no PEM: its base64 is broken") from None


def _from_hex(data: bytes) -> Found | None:
    digits = re.sub(rb"[\s:]", b"", data)
    if not digits or len(digits) % 2 or not re.fullmatch(rb"[0-9a-fA-F]+", digits):
        return None
    return Found(Form.HEX, bytes.fromhex(digits.decode()))


def _from_base64(data: bytes) -> Found | None:
    text = b"".join(data.split()).translate(bytes.maketrans(b"-_", b"+/"))
    try:
        ticket = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    return Found(Form.BASE64, ticket) if len(ticket) >= SHORTEST else None


_READERS = {Form.PEM: _from_pem, Form.HEX: _from_hex, Form.BASE64: _from_base64}


def _read_bytes(text: str) -> tuple[bytes, bool]:
    """The bytes of an argument, and whether they may be a raw ticket."""
    if text == "-":
        data, raw = sys.stdin.buffer.read(INPUT_MAX + 1), True
    elif os.path.exists(text) and not os.path.isdir(text):  # a pipe will do
        with open(text, "rb") as file:
            data, raw = file.read(INPUT_MAX + 1), True
    else:
        data, raw = text.encode(), False
    if len(data) > INPUT_MAX:
        raise BadKey(f"more than {INPUT_MAX} bytes: no ticket is so long")
    return data, raw


def read(text: str, form: Form) -> Found:
    """Reads what an argument names: ``-`` for stdin, a file, or the ticket itself as text."""
    data, may_be_raw = _read_bytes(text)
    if form is Form.RAW or not data:
        if not may_be_raw or not data:
            raise UsageError("a raw ticket comes from a file or from stdin, and is not empty")
        return Found(Form.RAW, data)
    for kind, reader in _READERS.items():
        if form in (kind, Form.AUTO):
            found = reader(data)
            if found is not None:
                return found
    if form is Form.AUTO and may_be_raw:
        return Found(Form.RAW, data)
    if form is Form.AUTO:
        raise UsageError("neither a file that is there, nor hex, nor base64")
    raise BadKey(f"this is no {form.value}")
