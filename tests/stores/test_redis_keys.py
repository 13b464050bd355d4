# SPDX-License-Identifier: Apache-2.0
"""Key rings that a fleet shares through Redis: elections, roles, roll-back, and Redis gone."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from conftest import Launcher, Redis, until

from libresume import Codec, Error, Keyring, Status

FORK = multiprocessing.get_context("fork")
RECORD = "resume:keys:fleet"

Joiner = Callable[..., Keyring]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.secret"
    path.write_bytes(os.urandom(48))
    path.chmod(0o600)
    return path


@pytest.fixture
def join(secret: Path) -> Iterator[Joiner]:
    """Makes one host's ring."""
    rings: list[Keyring] = []

    def joiner(where: Redis | int, *parameters: str, own: Path = secret) -> Keyring:
        port = where.port if isinstance(where, Redis) else where
        if not any(parameter.startswith("seal=") for parameter in parameters):
            parameters = (*parameters, "seal=1h", "open=2h")
        url = f"redis://127.0.0.1:{port}?secret={own}&poll=20ms&" + "&".join(parameters)
        rings.append(Keyring(url))
        return rings[-1]

    yield joiner
    for ring in rings:
        ring.close()


def names(ring: Keyring) -> set[bytes]:
    return {info.name for info in ring.keys()}


def sealer(ring: Keyring) -> bytes | None:
    key = ring.sealing_key()
    return None if key is None else key.name


def failures(ring: Keyring) -> int:
    ring.tick()  # nobody uses the ring meanwhile
    return ring.failures


def last_failure(ring: Keyring) -> str:
    ring.tick()
    return ring.last_failure


def sealing(*rings: Keyring) -> bytes:
    """Waits until all of them seal with the same key."""
    until(lambda: len({sealer(r) for r in rings} - {None}) == 1, "one key seals")
    name = sealer(rings[0])
    assert name is not None
    return name


def test_hosts_share_one_ring_that_one_of_them_made(redis: Redis, join: Joiner) -> None:
    """I-65, I-66: whoever comes first makes the first key, and nobody another one."""
    rings = [join(redis) for _ in range(4)]
    sealing(*rings)
    until(lambda: all(len(names(ring)) == 2 for ring in rings), "the next key is there too")
    assert len({frozenset(names(ring)) for ring in rings}) == 1
    assert [info.role for info in rings[3].keys()] == ["next", "current"]
    ticket = Codec(rings[0]).seal(b"data")
    assert ticket is not None
    for ring in rings[1:]:
        assert Codec(ring).open(ticket) == (Status.OK, b"data")
    assert all(ring.failures == 0 for ring in rings)


def run_host(url: str, seconds: float, pipe: Connection) -> None:
    """Notes when each key was first seen, and when it first sealed."""
    ring = Keyring(url)
    seen: dict[bytes, float] = {}
    sealed: dict[bytes, float] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        name = sealer(ring)
        now = time.monotonic()
        if name is not None:
            sealed.setdefault(name, now)
        for info in ring.keys():
            seen.setdefault(info.name, time.monotonic())
        time.sleep(0.002)
    pipe.send((seen, sealed))
    ring.close()


def test_every_host_has_a_key_before_anyone_seals_with_it(redis: Redis, secret: Path) -> None:
    """Four hosts, a key each 300 ms: known everywhere before its time."""
    url = (
        f"redis://127.0.0.1:{redis.port}?secret={secret}&poll=10ms&timeout=500ms&seal=300ms&open=2s"
    )
    hosts = []
    for _ in range(4):
        mine, theirs = FORK.Pipe()
        hosts.append((FORK.Process(target=run_host, args=(url, 3.0, theirs)), mine))
    for process, _ in hosts:
        process.start()
    told = [pipe.recv() for _, pipe in hosts]
    for process, _ in hosts:
        process.join()
    first_sealed: dict[bytes, float] = {}
    for _, sealed in told:
        for name, when in sealed.items():
            first_sealed[name] = min(when, first_sealed.get(name, when))
    assert len(first_sealed) >= 5
    # All keys, but for those that came at the very end, are everywhere and were there in time.
    for name in sorted(first_sealed, key=lambda n: first_sealed[n])[1:-1]:
        late = [seen.get(name, float("inf")) - first_sealed[name] for seen, _ in told]
        assert max(late) <= 0, f"{name.hex()} came {max(late):.3f} s late"
    every = set().union(*(seen for seen, _ in told))
    assert len(every) <= len(first_sealed) + 5, "somebody made keys that nobody needed"


def test_children_of_a_fork_follow_the_fleet(redis: Redis, join: Joiner) -> None:
    """The parent's thread is not in the children: each starts its own and rotates on."""
    ring = join(redis, "seal=400ms", "open=5s", "timeout=1s")
    first = sealing(ring)
    pipes = []
    for _ in range(3):
        mine, theirs = FORK.Pipe()

        def child(pipe: Connection = theirs) -> None:
            with suppress(AssertionError):
                until(lambda: sealer(ring) not in {None, first}, "the next key seals")
                pipe.send(names(ring))
            pipe.send(None)

        FORK.Process(target=child, daemon=True).start()
        pipes.append(mine)
    until(lambda: sealer(ring) not in {None, first}, "the next key seals")
    for pipe in pipes:
        found = pipe.recv()
        assert found is not None and first in found
        assert len(found & names(ring)) >= 2


def test_the_record_shows_nothing_and_needs_the_secret(
    redis: Redis, join: Joiner, tmp_path: Path
) -> None:
    ring = join(redis)
    sealing(ring)
    record = redis.cli("get", RECORD)
    assert record.startswith(b"rsmk\x01")
    for key in ring:
        for part in (key.name, key.cipher_key, key.mac_key):
            assert part not in record
    other = tmp_path / "other.secret"
    other.write_bytes(os.urandom(48))
    other.chmod(0o600)
    stranger = join(redis, own=other)
    assert len(stranger) == 0 and stranger.failures > 0
    assert "another secret" in stranger.last_failure
    until(lambda: sealer(stranger) is None and sealer(ring) is not None, "it changes nothing")
    assert redis.cli("get", RECORD)[:13] >= record[:13]


def generation(redis: Redis, record: str = RECORD) -> int:
    return int.from_bytes(redis.cli("getrange", record, "5", "12")[:8])


def test_an_older_ring_is_refused_and_replaced(redis: Redis, join: Joiner) -> None:
    """Roll-back: generations only grow, and the present keys go on."""
    ring = join(redis, "seal=400ms", "open=10s")
    first = sealing(ring)
    redis.cli("copy", RECORD, "stolen")
    stolen = generation(redis, "stolen")
    until(lambda: generation(redis) >= stolen + 2, "rotations")
    known = names(ring)
    redis.cli("copy", "stolen", RECORD, "replace")
    until(lambda: failures(ring) > 0, "the older ring is refused")
    until(lambda: generation(redis) > stolen + 2, "it is replaced")
    assert first in names(ring) and known <= names(ring)
    until(lambda: last_failure(ring) == "", "all is well again")
    late = join(redis, "seal=400ms", "open=10s")
    until(lambda: known <= names(late), "the replaced one has all keys")


def test_a_flushed_redis_gets_the_same_keys_again(redis: Redis, join: Joiner) -> None:
    rings = [join(redis) for _ in range(3)]
    name = sealing(*rings)
    redis.cli("flushall")
    until(lambda: redis.cli("exists", RECORD).strip() == b"1", "somebody wrote it again")
    assert sealing(*rings) == name
    assert sealing(join(redis), *rings) == name


def test_redis_gone_keys_go_on_and_end_and_come_back(launch: Launcher, join: Joiner) -> None:
    """The next key takes over once more; then no tickets; then recovery. Nothing raises."""
    server = launch()
    ring = join(server, "seal=500ms", "open=1s")
    first = sealing(ring)
    until(lambda: "next" in {info.role for info in ring.keys()}, "the next key is there")
    server.kill()
    until(lambda: sealer(ring) not in {None, first}, "the next key takes over")
    until(lambda: sealer(ring) is None, "its time is over")
    assert Codec(ring).seal(b"data") is None
    until(lambda: len(ring.keys()) == 0, "keys leave the ring")
    assert ring.failures > 0 and "Redis" in ring.last_failure
    server.start()
    until(lambda: sealer(ring) is not None, "tickets again")
    until(lambda: last_failure(ring) == "", "all is well again")


def test_a_server_starts_without_redis(launch: Launcher, join: Joiner) -> None:
    server = launch()
    server.kill()
    ring = join(server, "timeout=200ms")
    assert len(ring) == 0 and sealer(ring) is None
    assert "no connection" in ring.last_failure
    server.start()
    sealing(ring)


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ("name=fleet", "secret"),
        ("secret=/nowhere/secret", "No such file"),
        ("secret={secret}&name=a%20b", "name="),
        ("secret={secret}&poll=1ms", "poll="),
        ("secret={secret}&seal=1s&open=9s", "too fast"),
        ("secret={secret}&nmae=x", "name, secret, poll"),
        ("secret={secret}&db=x", "database"),
    ],
)
def test_faulty_urls(secret: Path, parameters: str, part: str) -> None:
    with pytest.raises(Error, match=part):
        Keyring("redis://127.0.0.1:1?" + parameters.format(secret=secret))
