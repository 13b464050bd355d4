# SPDX-License-Identifier: Apache-2.0
"""libresume.Keyring and Key: where keys come from, when they seal, and what is refused."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from conftest import NOW

import libresume
from libresume import Codec, Key, KeyInfo, Keyring, Status

HOUR = 3_600_000


def key_file(folder: Path, size: int = 80, mode: int = 0o600) -> Path:
    path = folder / f"{size}-{mode:o}.key"
    path.write_bytes(os.urandom(size))
    path.chmod(mode)
    return path


def add_random(ring: Keyring, name: bytes, seal_from_ms: int = 0, **instants: int) -> Status:
    return ring.add(
        name, os.urandom(32), os.urandom(32), seal_from_ms=seal_from_ms, now_ms=NOW, **instants
    )


def test_an_empty_ring_neither_seals_nor_opens() -> None:
    """I-21."""
    ring = Keyring()
    assert len(ring) == 0
    assert ring
    assert ring.sealing_key() is None
    assert ring.find(b"name") == (Status.MISS, None)
    assert Codec(ring).seal(b"data") is None


def test_random_keys_rotate() -> None:
    ring = Keyring("random:", seal_period_ms=HOUR, open_period_ms=HOUR, now_ms=NOW)
    first, later = ring.sealing_key(NOW), ring.sealing_key(NOW + HOUR)
    assert first is not None and later is not None
    assert first.name != later.name
    status, found = ring.find(first.name, NOW + HOUR)
    assert status == Status.RENEW and found is not None and found.name == first.name
    assert ring.find(first.name, NOW + 2 * HOUR)[0] == Status.EXPIRED


def test_keys_tell_what_each_key_does_and_no_secret() -> None:
    """Roles, times and counts; a KeyInfo keeps no key alive."""
    ring = Keyring("random:", seal_period_ms=HOUR, open_period_ms=HOUR, now_ms=NOW)
    assert [info.role for info in ring.keys(NOW)] == ["next", "current"]
    later = ring.keys(NOW + HOUR)
    assert [info.role for info in later] == ["next", "current", "retiring"]
    assert [info.name for info in later] == [key.name for key in ring]
    key = ring.sealing_key(NOW + HOUR)
    assert key is not None and later[1] == KeyInfo(
        key.name, "current", NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR, 0
    )
    assert later[2].name not in {info.name for info in ring.keys(NOW + 2 * HOUR)}


def test_keys_count_seals_and_show_keys_without_end() -> None:
    ring = Keyring(max_seals=1000)  # below 262144 each ticket is counted at once
    assert ring.keys(NOW) == []
    assert add_random(ring, b"n") == Status.OK
    assert add_random(ring, b"old", seal_until_ms=0) == Status.OK
    assert add_random(ring, b"soon", seal_from_ms=NOW + 1) == Status.OK
    assert Codec(ring).seal(b"data", NOW) is not None
    shown = {info.name.rstrip(b"\0"): info for info in ring.keys(NOW)}
    assert {name: info.role for name, info in shown.items()} == {
        b"n": "current",
        b"old": "retiring",
        b"soon": "next",
    }
    assert {name: info.seals for name, info in shown.items()} == {b"n": 1, b"old": 0, b"soon": 0}
    assert shown[b"n"].open_until_ms == libresume.FOREVER_MS


def test_rotate_early() -> None:
    ring = Keyring("random:", now_ms=NOW)
    first = ring.sealing_key(NOW)
    ring.rotate(NOW + 1)
    second = ring.sealing_key(NOW + 1)
    assert first is not None and second is not None and first.name != second.name
    ring.tick(NOW + 2)


@pytest.mark.parametrize("size", [48, 80])
def test_file_keys(tmp_path: Path, size: int) -> None:
    path = key_file(tmp_path, size)
    ring = Keyring(f"file:{path}")
    key = ring.sealing_key()
    assert key is not None
    assert key.name == path.read_bytes()[:16]
    assert len(key.cipher_key) == len(key.mac_key) == (size - 16) // 2
    assert key.open_until_ms == libresume.FOREVER_MS
    assert ring.reload() == Status.OK
    with pytest.raises(libresume.StateError):
        ring.rotate()


def test_two_rings_of_one_file_share_tickets(tmp_path: Path) -> None:
    url = f"file:{key_file(tmp_path)}"
    ticket = Codec(Keyring(url)).seal(b"data")
    assert ticket is not None
    assert Codec(Keyring(url)).open(ticket) == (Status.OK, b"data")


def test_faulty_files_are_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(libresume.InvalidError, match="600"):
        Keyring(f"file:{key_file(tmp_path, 80, 0o644)}")
    with pytest.raises(libresume.InvalidError, match="80"):
        Keyring(f"file:{key_file(tmp_path, 79)}")
    with pytest.raises(libresume.AccessError) as caught:
        Keyring(f"file:{tmp_path / 'absent'}")
    assert caught.value.status == Status.E_IO
    assert isinstance(caught.value, OSError)
    zero = tmp_path / "zero.key"
    zero.write_bytes(bytes(80))
    zero.chmod(0o600)
    with pytest.raises(libresume.InvalidError) as weak:
        Keyring(f"file:{zero}")
    assert weak.value.status == Status.WEAK_KEY  # I-52


def test_faulty_urls_are_named() -> None:
    with pytest.raises(libresume.InvalidError, match=r"vault.*random") as caught:
        Keyring("vault:secret")
    assert caught.value.status == Status.E_INVALID
    with pytest.raises(libresume.InvalidError, match="colour"):
        Keyring("random:?colour=red")
    with pytest.raises(libresume.InvalidError):
        Keyring("random:", seal_period_ms=0)


def test_add_and_find() -> None:
    ring = Keyring()
    assert add_random(ring, b"one", NOW, open_until_ms=NOW + HOUR, seal_until_ms=NOW + 10) == 0
    assert add_random(ring, b"two", NOW + 10) == Status.OK
    assert [key.name.rstrip(b"\0") for key in ring] == [b"two", b"one"]
    for at, name in ((NOW, b"one"), (NOW + 9, b"one"), (NOW + 10, b"two")):  # I-57
        key = ring.sealing_key(at)
        assert key is not None and key.name == name.ljust(16, b"\0")
        assert (key.seal_from_ms, key.seals) == (NOW if name == b"one" else NOW + 10, 0)
    assert add_random(ring, b"one") == Status.EXISTS  # I-54
    with pytest.raises(libresume.InvalidError):
        ring.add(b"three", b"short", b"short", now_ms=NOW)


def test_audit_gives_the_reason() -> None:
    assert Keyring.audit(os.urandom(80)) == (Status.OK, "")
    status, reason = Keyring.audit(bytes(80))
    assert status == Status.WEAK_KEY and reason
    with pytest.raises(libresume.InvalidError):
        Keyring.audit(b"short")


def test_seals_are_counted_and_capped() -> None:
    """I-67."""
    ring = Keyring(max_seals=2)
    add_random(ring, b"name")
    codec = Codec(ring)
    assert [codec.seal(b"data", NOW) is None for _ in range(3)] == [False, False, True]


def test_nothing_secret_in_repr(keyring: Keyring) -> None:
    key = keyring.sealing_key()
    assert key is not None
    text = repr(key) + repr(keyring)
    assert key.name.hex() in text
    assert key.cipher_key.hex() not in text and key.mac_key.hex() not in text


def test_a_key_outlives_its_ring() -> None:
    """I-173: handles may be dropped in any order."""
    ring = Keyring("random:")
    key = ring.sealing_key()
    ring.close()
    del ring
    gc.collect()
    assert isinstance(key, Key) and len(key.cipher_key) == 32
    with key:
        pass
    assert repr(key) == "<libresume.Key closed>"
