# SPDX-License-Identifier: Apache-2.0
"""Keyring.from_bytes(), export() and save(): key files of other servers, both ways."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from pathlib import Path

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

import libresume
from libresume import Codec, Keyring, Status

HOUR = 3_600_000
ONE_KEY = {"nginx": (48, 80), "openssl": (80,), "openssl10": (48,), "apache": (48,)}
ONE_KEY |= {"envoy": (80,), "nghttpx": (48, 80)}
SEVERAL = {"haproxy": (48, 80), "h2o": (48, 80), "dnsdist": (80,), "ats": (48,)}
CASES = [(dialect, size) for dialect, sizes in (ONE_KEY | SEVERAL).items() for size in sizes]


def ring_of(size: int, count: int = 3) -> Keyring:
    """Keys an hour apart; the last but one seals at NOW."""
    ring, half = Keyring(), (size - 16) // 2
    for place in range(count):
        start = NOW + (place - count + 2) * HOUR - 1000
        status = ring.add(
            os.urandom(16),
            os.urandom(half),
            os.urandom(half),
            seal_from_ms=start,
            seal_until_ms=start + HOUR,
            open_until_ms=start + 99 * HOUR,
            now_ms=NOW,
        )
        assert status == Status.OK
    return ring


def sealed(ring: Keyring) -> bytes:
    ticket = Codec(ring).seal(b"data", NOW)
    assert ticket is not None
    return ticket


def test_every_dialect_is_tested_here() -> None:
    assert {*ONE_KEY, *SEVERAL, "go", "go-raw"} == set(Keyring.dialects())


@pytest.mark.parametrize(("dialect", "size"), CASES)
def test_tickets_go_both_ways(dialect: str, size: int) -> None:
    ring = ring_of(size)
    again = Keyring.from_bytes(ring.export(dialect, now_ms=NOW), dialect, now_ms=NOW)
    assert Codec(again).open(sealed(ring), NOW) == (Status.OK, b"data")
    assert Codec(ring).open(sealed(again), NOW) == (Status.OK, b"data")
    assert len(again) == (1 if dialect in ONE_KEY else 3)


@given(count=st.integers(2, 64), dialect=st.sampled_from(["h2o", "dnsdist"]))
def test_any_ring_comes_back(count: int, dialect: str) -> None:
    ring = ring_of(80, count)
    data = ring.export(dialect, now_ms=NOW)
    again = Keyring.from_bytes(data, dialect, now_ms=NOW)
    assert len(again) == len(ring)
    assert again.export(dialect, now_ms=NOW) == data
    assert {key.name: (key.cipher_key, key.mac_key) for key in again} == {
        key.name: (key.cipher_key, key.mac_key) for key in ring
    }


@given(data=st.binary(max_size=400), dialect=st.sampled_from(sorted(Keyring.dialects())))
def test_any_bytes_are_keys_or_refused(data: bytes, dialect: str) -> None:
    with contextlib.suppress(libresume.InvalidError):
        ring = Keyring.from_bytes(data, dialect, now_ms=NOW)
        assert 1 <= len(ring) <= 64
        assert ring.sealing_key(NOW) is not None


@given(seed=st.binary(min_size=32, max_size=32))
def test_go_derives_as_go_does(seed: bytes) -> None:
    # Bytes of a generator, as the audit wants them; each run of hypothesis has others.
    seed = hashlib.sha256(seed).digest()
    ring = Keyring.from_bytes(seed, "go-raw", now_ms=NOW)
    key = ring.sealing_key(NOW)
    assert key is not None
    derived = key.name + key.cipher_key + key.mac_key
    assert derived == hashlib.sha512(seed).digest()[:48]
    assert ring.export("go", now_ms=NOW) == base64.b64encode(seed) + b"\n"
    from_hex = Keyring.from_bytes(seed.hex().encode(), "go", now_ms=NOW)
    assert from_hex.export("go-raw", now_ms=NOW) == seed
    assert ring.export("nginx", now_ms=NOW) == derived


def test_export_of_one_key() -> None:
    ring = ring_of(80)
    for place, key in enumerate(ring):
        assert ring.export("nginx", index=place).startswith(key.name)
    for place, status in ((3, Status.MISS), (-1, Status.E_INVALID)):
        with pytest.raises(libresume.InvalidError) as caught:
            ring.export("nginx", index=place)
        assert caught.value.status == status


def test_what_does_not_fit_says_so() -> None:
    ring = Keyring("random:")
    for dialect, word in (("apache", "48"), ("go", "seed"), ("haproxy", "at least 3")):
        with pytest.raises(libresume.InvalidError, match=word) as caught:
            ring.export(dialect)
        assert caught.value.status == Status.UNSUPPORTED
    with pytest.raises(libresume.InvalidError, match="nginx") as unknown:
        ring.export("iis")
    assert unknown.value.status == Status.E_INVALID
    with pytest.raises(libresume.InvalidError, match="line 2"):
        Keyring.from_bytes(base64.b64encode(os.urandom(48)) + b"\n?\n", "haproxy")
    with pytest.raises(libresume.InvalidError) as weak:
        Keyring.from_bytes(bytes(80), "envoy")
    assert weak.value.status == Status.WEAK_KEY


def test_save(tmp_path: Path) -> None:
    ring, path = ring_of(80), tmp_path / "keys"
    path.write_text("before")
    path.chmod(0o644)
    ring.save(path, "h2o", now_ms=NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]
    read = Keyring(f"file:{path}?dialect=h2o", now_ms=NOW)
    assert Codec(read).open(sealed(ring), NOW) == (Status.OK, b"data")
    ring.save(str(path), "envoy", index=0, now_ms=NOW)
    assert len(path.read_bytes()) == 80
    with pytest.raises(libresume.AccessError):
        ring.save(tmp_path / "no" / "folder", "nginx", now_ms=NOW)
    with pytest.raises(libresume.InvalidError):
        ring.save(path, "ats", now_ms=NOW)
    assert len(path.read_bytes()) == 80


def test_closed_rings_are_refused() -> None:
    ring = ring_of(80)
    ring.close()
    with pytest.raises(ValueError, match="closed"):
        ring.export("nginx")
