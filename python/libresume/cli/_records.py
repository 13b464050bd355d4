# SPDX-License-Identifier: Apache-2.0
"""Key files as lists of records, and the order in which each dialect wants them.

A record is one key's bytes as they stand in the file. A new one is random, so it does not matter
here which byte is whose: reading keys is the library's work (``dialect=`` of a ``file:`` URL).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import libresume
from libresume.cli._exit import BadKey, UsageError

SEED = 32  # bytes of a key of Go
NAME = 16
PEERS_LEARN_S = 60  # h2o's own head start: others read the file before anybody seals


class Order(Enum):
    """Which record of a file seals, and which will be next."""

    ONE = "one key in a file"
    FIRST = "the first seals, the second is next"
    LAST = "the last seals, the one before it is next"
    PENULTIMATE = "the last but one seals, the last is next"
    TIMED = "each key has its times"


@dataclass(frozen=True)
class Dialect:
    """What there is to know about a dialect without looking into a key."""

    name: str
    sizes: Mapping[int, int]
    order: Order
    split: Callable[[Dialect, bytes], list[bytes]]
    join: Callable[[list[bytes]], bytes]
    least: int = 1
    most: int = 64

    def size(self, bits: int | None) -> int:
        """How long a record is, for AES keys of so many bits; None for the longest."""
        if bits is None:
            return self.sizes[max(self.sizes)]
        if bits not in self.sizes:
            known = " or ".join(map(str, sorted(self.sizes)))
            raise UsageError(f"{self.name} has keys of {known} bits, not of {bits}")
        return self.sizes[bits]


def _split_raw(dialect: Dialect, data: bytes) -> list[bytes]:
    for size in sorted(dialect.sizes.values(), reverse=True):
        if data and len(data) % size == 0 and (dialect.most > 1 or len(data) == size):
            return [data[at : at + size] for at in range(0, len(data), size)]
    sizes = " or ".join(str(size) for size in sorted(dialect.sizes.values()))
    raise BadKey(f"{len(data)} bytes; a key of {dialect.name} has {sizes}")


def _split_lines(dialect: Dialect, data: bytes) -> list[bytes]:
    records = []
    for number, line in enumerate(data.split(), 1):
        try:
            hexed = dialect.name == "go" and re.fullmatch(rb"[0-9a-fA-F]{64}", line)
            record = (
                bytes.fromhex(line.decode()) if hexed else base64.b64decode(line, validate=True)
            )
        except binascii.Error:
            raise BadKey(f"line {number} is not base64") from None
        if len(record) not in dialect.sizes.values():
            raise BadKey(f"line {number} has a key of {len(record)} bytes")
        records.append(record)
    if len({len(record) for record in records}) > 1:
        raise BadKey("the keys are of different sizes")
    return records


def _join_lines(records: list[bytes]) -> bytes:
    return b"".join(base64.b64encode(record) + b"\n" for record in records)


def _split_h2o(_: Dialect, data: bytes) -> list[bytes]:
    """The items of the YAML list, each as its text; what stands before the first is not kept."""
    starts = [match.start() for match in re.finditer(rb"^- ", data, re.M)]
    items = [data[a:b] for a, b in itertools.pairwise([*starts, len(data)])]
    for number, item in enumerate(items, 1):
        if not re.search(rb"\bname: *[\"']?[0-9a-fA-F]{32}\b", item):
            raise BadKey(f"key {number} has no name of 32 hex digits")
        times_of(item)
    return [item.rstrip() + b"\n" for item in items]


def times_of(item: bytes) -> tuple[int, int]:
    """From when to when a key of h2o is good, in Unix seconds."""
    found = []
    for field in (b"not_before", b"not_after"):
        match = re.search(rb"^[- ] +" + field + rb": *[\"']?(\d{1,12})\b", item, re.M)
        if match is None:
            raise BadKey(f"a key has no {field.decode()} in Unix seconds")
        found.append(int(match.group(1)))
    return found[0], found[1]


BOTH, LARGE, SMALL = {128: 48, 256: 80}, {256: 80}, {128: 48}
_HAPROXY = Dialect("haproxy", BOTH, Order.PENULTIMATE, _split_lines, _join_lines, least=3, most=3)
DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("nginx", BOTH, Order.ONE, _split_raw, b"".join, most=1),
        Dialect("openssl", LARGE, Order.ONE, _split_raw, b"".join, most=1),
        Dialect("openssl10", SMALL, Order.ONE, _split_raw, b"".join, most=1),
        Dialect("apache", SMALL, Order.ONE, _split_raw, b"".join, most=1),
        Dialect("envoy", LARGE, Order.ONE, _split_raw, b"".join, most=1),
        Dialect("nghttpx", BOTH, Order.ONE, _split_raw, b"".join, most=1),
        _HAPROXY,
        Dialect("h2o", {128: 80, 256: 96}, Order.TIMED, _split_h2o, b"".join),
        Dialect("go", {128: SEED}, Order.FIRST, _split_lines, _join_lines),
        Dialect("go-raw", {128: SEED}, Order.FIRST, _split_raw, b"".join),
        Dialect("dnsdist", LARGE, Order.LAST, _split_raw, b"".join),
        Dialect("ats", SMALL, Order.FIRST, _split_raw, b"".join),
    )
}


def dialect_of(name: str) -> Dialect:
    """A dialect by its name, which is never guessed."""
    if name not in DIALECTS:
        raise UsageError(f"unknown dialect {name}; known: {', '.join(DIALECTS)}")
    return DIALECTS[name]


def parse(dialect: Dialect, data: bytes) -> list[bytes]:
    """The records of a file; raises BadKey for what the server would not take either."""
    records = dialect.split(dialect, data)
    if len(records) < dialect.least:
        raise BadKey(f"{len(records)} keys; {dialect.name} wants {dialect.least}")
    names = [name_of(dialect, record) for record in records]
    if len(set(names)) < len(names):
        raise BadKey("two keys have one name")
    return records


def name_of(dialect: Dialect, record: bytes) -> str:
    """The key's name, which stands in clear in front of its tickets."""
    if dialect.order is Order.TIMED:
        match = re.search(rb"\bname: *[\"']?([0-9a-fA-F]{32})\b", record)
        return match.group(1).decode().lower() if match else ""
    if dialect.sizes == {128: SEED}:
        return hashlib.sha512(record).digest()[:NAME].hex()
    return record[:NAME].hex()


def _fresh_bytes(size: int) -> bytes:
    """Random bytes that no audit takes for a weak key: one key in a million looks printable."""
    while True:
        data = os.urandom(size)
        judged = data if size == 48 else (data + os.urandom(80))[:80]
        if libresume.Keyring.audit(judged)[0] is libresume.Status.OK:
            return data


def make(dialect: Dialect, size: int, not_before: int, lifetime: int) -> bytes:
    """A new record; the times, in Unix seconds, count where the dialect has some."""
    if dialect.order is not Order.TIMED:
        return _fresh_bytes(size)
    cipher = "aes-256-cbc" if size == max(dialect.sizes.values()) else "aes-128-cbc"
    fields = {
        "name": os.urandom(NAME).hex(),
        "cipher": cipher,
        "hash": "sha256",
        "key": _fresh_bytes(size).hex(),
        "not_before": not_before,
        "not_after": not_before + lifetime,
    }
    return ("- " + "\n  ".join(f"{k}: {v}" for k, v in fields.items()) + "\n").encode()


def make_file(dialect: Dialect, size: int, count: int, lifetime: int) -> list[bytes]:
    """The records of a new file, in its order; of timed ones a new one begins each quarter life."""
    now = int(time.time())
    times = [now + number * lifetime // 4 for number in range(count)]
    return [make(dialect, size, begins, lifetime) for begins in reversed(times)]


def advance(dialect: Dialect, records: list[bytes], new: bytes, keep: int) -> list[bytes]:
    """The records after a rotation: next seals, new is next, and of the oldest those go over keep.

    Where there is no next key yet nothing else changes its place: whoever seals goes on until the
    new key has reached every host.
    """
    if dialect.order is Order.PENULTIMATE:
        return [*records, new][-keep:]
    if dialect.order is Order.LAST:
        mirrored = Dialect(dialect.name, dialect.sizes, Order.FIRST, dialect.split, dialect.join)
        return advance(mirrored, records[::-1], new, keep)[::-1]
    if dialect.order is Order.TIMED:
        now = time.time()
        alive = [record for record in records if times_of(record)[1] > now]
        alive.sort(key=times_of, reverse=True)
        waiting = sum(times_of(record)[0] > now for record in alive)
        return [new, *alive][: max(keep, waiting + 2)]  # the one that seals always stays
    if len(records) == 1:
        return [records[0], new]
    current, following, *old = records
    return [following, new, current, *old][:keep]


def roles(dialect: Dialect, records: list[bytes]) -> list[str]:
    """What each record is for: current, next or previous."""
    count = len(records)
    if dialect.order is Order.PENULTIMATE:
        return ["previous"] * (count - 2) + ["current", "next"]
    if dialect.order is Order.TIMED:
        now = time.time()
        began = [times_of(record)[0] for record in records if times_of(record)[0] <= now]
        begins = [times_of(record)[0] for record in records]
        return [
            "next" if at > now else "current" if at == max(began) else "previous" for at in begins
        ]
    ordered = (["current", "next"] + ["previous"] * count)[:count]
    return ordered[::-1] if dialect.order is Order.LAST else ordered
