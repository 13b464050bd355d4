# SPDX-License-Identifier: Apache-2.0
"""tiered: before a real server, in two processes that each have a first level of their own."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from conftest import LATER, NOW, SECRET, Opener, Redis, new_id, until

from libresume import Statistic, Status, Store

TTL = 60_000

# Another process: one call for each line of its input.
OTHER = """
import sys, libresume
store = libresume.Store(sys.argv[1], secret=bytes(range(200, 250)))
for line in sys.stdin:
    call, key, now = line.split()
    key, now = bytes.fromhex(key), int(now)
    if call == "remove":
        print(store.remove(key).name, flush=True)
    elif call == "put":
        print(store.put_record(key, b"other", now + 3600000, now).name, flush=True)
    else:
        status, data = getattr(store, call + "_record")(key, now)
        print(status.name, data, flush=True)
"""

TAKER = """
import sys, libresume
store = libresume.Store(sys.argv[1], secret=bytes(range(200, 250)))
now, ids = int(sys.argv[2]), [number.to_bytes(32, "big") for number in range(int(sys.argv[3]))]
seen = sum(store.get_record(key, now)[0] == libresume.Status.OK for key in ids)
print(seen, flush=True)
sys.stdin.readline()
won = back = 0
for key in ids:
    won += store.take_record(key, now)[0] == libresume.Status.OK
    back += store.get_record(key, now)[0] == libresume.Status.OK
print(won, back, flush=True)
"""


def url_of(redis: Redis, *parameters: str) -> str:
    second = f"redis://127.0.0.1:{redis.port}?" + "&".join(parameters or ("timeout=2s",))
    return f"tiered:?l1=memory:?bytes=1M&l2={quote(second)}"


class Process:
    """A process with a store of its own."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-c", OTHER, url]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def __call__(self, call: str, key: bytes, now: int = NOW) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{call} {key.hex()} {now}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate(timeout=20)


@pytest.fixture
def store(redis: Redis) -> Iterator[Store]:
    with Store(url_of(redis), secret=SECRET) as opened:
        yield opened


@pytest.fixture
def other(redis: Redis) -> Iterator[Process]:
    process = Process(url_of(redis))
    yield process
    process.close()


def sent(store: Store) -> None:
    until(lambda: store.statistic(Statistic.QUEUED) == 0, "the queue is empty")


def levels(store: Store) -> tuple[int, int]:
    return store.statistic(Statistic.L1_HITS), store.statistic(Statistic.L2_HITS)


def test_second_look_up_asks_nobody(store: Store, other: Process, redis: Redis) -> None:
    key = new_id()
    assert store.get_record(key, NOW)[0] == Status.MISS
    assert other("put", key) == "OK"
    until(lambda: redis.talk("DBSIZE") == ":1\r\n", "the record is there")
    assert store.get_record(key, NOW) == (Status.OK, b"other")  # the miss was not remembered
    assert levels(store) == (0, 1)
    assert store.get_record(key, NOW) == (Status.OK, b"other")
    assert levels(store) == (1, 1)
    assert store.statistic(Statistic.ENTRIES) == 1


def test_take_wins_once_and_copies_end_with_their_time(store: Store, other: Process) -> None:
    key = new_id()
    assert store.put_record(key, b"mine", LATER, NOW) == Status.OK
    sent(store)
    assert other("get", key) == "OK b'mine'"
    assert other("take", key) == "OK b'mine'"
    assert other("get", key).startswith("MISS")
    assert store.get_record(key, NOW + TTL - 1) == (Status.OK, b"mine")  # its own copy
    assert store.take_record(key, NOW)[0] == Status.MISS
    assert store.get_record(key, NOW)[0] == Status.MISS


@pytest.mark.parametrize("call", ["remove", "take"])
def test_what_another_process_did_is_seen_in_time(store: Store, other: Process, call: str) -> None:
    key = new_id()
    assert store.put_record(key, b"mine", LATER, NOW) == Status.OK
    sent(store)
    assert other(call, key).startswith("OK")
    assert store.get_record(key, NOW + TTL - 1)[0] == Status.OK
    assert store.get_record(key, NOW + TTL)[0] == Status.MISS


def test_one_of_all_takers_wins(redis: Redis, opened: Opener) -> None:
    """I-87: four processes, each with a copy of everything, take all of it."""
    count = 300
    direct = opened(redis, "timeout=5s")
    for number in range(count):
        assert direct.put_record(number.to_bytes(32, "big"), b"data", LATER, NOW) == Status.OK
    sent(direct)
    command = [sys.executable, "-c", TAKER, url_of(redis, "timeout=5s"), str(NOW), str(count)]
    pipe = subprocess.PIPE
    takers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for taker in takers:
        assert taker.stdout is not None
        assert taker.stdout.readline() == f"{count}\n"
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("go\n")
        taker.stdin.flush()
    answers = [taker.communicate(timeout=60)[0].split() for taker in takers]
    assert sum(int(won) for won, _ in answers) == count
    assert [back for _, back in answers] == ["0"] * 4


def test_a_dead_server(redis: Redis) -> None:
    """I-107: this host goes on with what it has; I-112: nothing is taken."""
    with Store(url_of(redis, "timeout=50ms"), secret=SECRET) as store:
        keys = [new_id() for _ in range(3)]
        assert store.put_record(keys[0], b"before", LATER, NOW) == Status.OK
        sent(store)
        redis.kill()

        def down() -> bool:
            assert store.get_record(new_id(), NOW)[0] == Status.MISS
            return store.statistic(Statistic.BREAKER) != 0

        until(down, "the breaker is open")
        assert store.get_record(keys[0], NOW) == (Status.OK, b"before")
        assert store.put_record(keys[1], b"after", LATER, NOW) == Status.OK
        assert store.statistic(Statistic.L1_ONLY) == 1
        assert store.get_record(keys[1], NOW) == (Status.OK, b"after")
        for key in keys:
            assert store.take_record(key, NOW)[0] == Status.MISS
            assert store.get_record(key, NOW)[0] == Status.MISS
        redis.start()
        until(lambda: store.statistic(Statistic.BREAKER) == 0, "the breaker is closed")
        assert store.put_record(keys[2], b"again", LATER, NOW) == Status.OK
        sent(store)
        assert store.take_record(keys[2], NOW) == (Status.OK, b"again")


def test_equal_look_ups_over_a_slow_line(
    redis: Redis, proxied: Callable[[int, Callable[[int, bytes], bytes | None]], object]
) -> None:
    """The second level is asked once for what sixteen threads want."""
    answer = threading.Event()
    gets = 0

    def hold(_: int, data: bytes) -> bytes:
        nonlocal gets
        if b"$" in data:  # a value, as only a get has it
            gets += 1
            answer.wait(20)
        return data

    key = new_id()
    with Store(url_of(redis), secret=SECRET) as writer:
        assert writer.put_record(key, b"data", LATER, NOW) == Status.OK
        sent(writer)
    line = proxied(redis.port, hold)
    second = quote(f"redis://127.0.0.1:{line.port}?timeout=10s&pool=32")  # type: ignore[attr-defined]
    with Store(f"tiered:?l1=memory:&l2={second}", secret=SECRET) as store:
        found: list[tuple[Status, bytes | None]] = []
        threads = [
            threading.Thread(target=lambda: found.append(store.get_record(key, NOW)))
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        until(lambda: store.statistic(Statistic.SHARED) == 15, "fifteen threads wait")
        answer.set()
        for thread in threads:
            thread.join()
        assert found == [(Status.OK, b"data")] * 16
        assert gets == 1
        assert levels(store) == (0, 16)
