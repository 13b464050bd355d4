# SPDX-License-Identifier: Apache-2.0
"""I-163: no dump of a worker holds a byte of a retired key, whatever kind of ring it came from.

All that a process can read of itself is searched, which is more than any core dump has: also pages
that core dumps leave out, and libcrypto's heap with what it made from the keys.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import PATIENCE, Redis, until

from libresume import Keyring

STEP_MS = 700


def hkdf(secret: bytes, info: bytes, size: int) -> bytes:
    root = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    block, out = b"", b""
    while len(out) < size:
        block = hmac.new(root, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:size]


def parts(cipher_key: bytes, mac_key: bytes) -> dict[str, bytes]:
    """What must not be left of a key, in halves: also half a key is too much."""
    root = hkdf(cipher_key + mac_key, b"libresume xaes-256-gcm key", 32)
    whole = {"AES": cipher_key, "HMAC": mac_key, "XAES root": root}
    return {
        f"{name}, half {half}": value[16 * half : 16 * half + 16]
        for name, value in whole.items()
        for half in (0, 1)
    }


class Worker:
    """dumped_worker.py, and its memory."""

    def __init__(self, url: str, certificate: Path) -> None:
        script = Path(__file__).resolve().parents[1] / "python" / "dumped_worker.py"
        command = [sys.executable, str(script), url, str(certificate)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def roles(self) -> dict[str, str]:
        """Has it make handshakes; the keys that it has afterwards."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the worker ended"
        return dict(word.split("=") for word in line.split())

    def has(self, patterns: dict[str, bytes]) -> set[str]:
        """Which of the patterns stand anywhere in its memory."""
        found: set[str] = set()
        maps = Path(f"/proc/{self.process.pid}/maps").read_text().splitlines()
        with open(f"/proc/{self.process.pid}/mem", "rb", buffering=0) as memory:
            for line in maps:
                span, mode, _, _, inode = line.split()[:5]
                if mode[0] != "r" or (inode != "0" and mode[1] != "w") or "[v" in line:
                    continue  # a file's own pages, and the kernel's
                begin, end = (int(text, 16) for text in span.split("-"))
                memory.seek(begin)
                piece = memory.read(end - begin)
                assert len(piece) == end - begin
                found |= {name for name, value in patterns.items() if value in piece}
        return found


Starter = Callable[[str], Worker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    pem = tmp_path / "server.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=a.example", "-keyout", str(pem), "-out", "-"]
    pem.write_bytes(
        subprocess.run(command, check=True, capture_output=True).stdout + pem.read_bytes()
    )
    workers: list[Worker] = []

    def starter(url: str) -> Worker:
        workers.append(Worker(url, pem))
        return workers[-1]

    yield starter
    for worker in workers:
        worker.process.kill()
        worker.process.communicate(timeout=PATIENCE)


def write_secret(path: Path, content: bytes) -> Path:
    beside = path.with_suffix(".new")
    beside.touch(0o600)
    beside.write_bytes(content)
    beside.rename(path)
    return path


def expect_wiped(worker: Worker, name: bytes, patterns: dict[str, bytes]) -> None:
    """The key is in use, and seen; later it is gone, and nothing of it is left."""
    until(lambda: worker.roles().get(name.hex()) == "current", "the key seals")
    assert worker.has(patterns) == set(patterns)
    until(lambda: name.hex() not in worker.roles(), "the key left the ring")
    assert worker.has(patterns) == set()


def test_a_key_file_that_was_replaced(start: Starter, tmp_path: Path) -> None:
    first, second = os.urandom(80), os.urandom(80)  # name | HMAC | AES
    path = write_secret(tmp_path / "fleet.key", first)
    worker = start(f"file:{path}")
    until(lambda: worker.roles().get(first[:16].hex()) == "current", "the key seals")
    patterns = parts(first[48:], first[16:48])
    assert worker.has(patterns) == set(patterns)
    write_secret(path, second)
    until(lambda: worker.roles() == {second[:16].hex(): "current"}, "the file was taken")
    assert worker.has(patterns) == set()
    assert worker.has(parts(second[48:], second[16:48]))


def test_an_epoch_that_is_over(start: Starter, tmp_path: Path) -> None:
    secret = os.urandom(48)
    path = write_secret(tmp_path / "fleet.secret", secret)
    worker = start(f"derive:{path}?step={STEP_MS}ms&overlap={STEP_MS}ms")
    worker.roles()
    epoch = time.time_ns() // 1_000_000 // STEP_MS + 3
    info = b"libresume derive\1\0" + STEP_MS.to_bytes(8) + epoch.to_bytes(8)
    key = hkdf(secret, info, 80)
    expect_wiped(worker, key[:16], parts(key[16:48], key[48:]))


def test_a_fleets_key_in_redis(start: Starter, redis: Redis, tmp_path: Path) -> None:
    path = write_secret(tmp_path / "fleet.secret", os.urandom(48))
    url = f"redis://127.0.0.1:{redis.port}?secret={path}&poll=20ms&timeout=1s"
    url += f"&seal={STEP_MS}ms&open={STEP_MS}ms"
    worker = start(url)
    worker.roles()
    ours = Keyring(url)
    until(lambda: bool(ours.keys()), "we have the ring, too")
    newest = next(iter(ours))
    patterns = parts(newest.cipher_key, newest.mac_key)
    expect_wiped(worker, newest.name, patterns)
    ours.close()
