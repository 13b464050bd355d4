# SPDX-License-Identifier: Apache-2.0
"""redis: when the server is dead, slow, full, read-only, back again, or lies (I-107 to I-112)."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import threading
import time

import pytest
from conftest import (
    LATER,
    NOW,
    SECRET,
    Launcher,
    Opener,
    ProxyMaker,
    Redis,
    free_port,
    new_id,
    sent,
    until,
)

import libresume
from libresume import Statistic, Status, Store

DEADLINE = 0.05  # seconds, as in the URLs below
HANG = 0.3  # the same where a pause of the machine must not look like it
SLACK = 0.5  # what a busy machine may add
OPEN = 3  # failures in a row that open the breaker


def try_put(store: Store, key: bytes, data: bytes = b"data") -> bool:
    try:
        return store.put_record(key, data, LATER, NOW) == Status.OK
    except libresume.AccessError:
        return False


def resumes(store: Store) -> bool:
    """Put, sent and got, as a client that comes back."""
    key = new_id()
    if not try_put(store, key):
        return False
    sent(store)
    return store.get_record(key, NOW)[0] == Status.OK


def timed_get(store: Store) -> float:
    began = time.monotonic()
    assert store.get_record(new_id(), NOW) == (Status.MISS, None)
    return time.monotonic() - began


def test_start_with_a_dead_backend(launch: Launcher, opened: Opener) -> None:
    port = free_port()
    began = time.monotonic()
    store = opened(port)
    assert time.monotonic() - began < SLACK
    for _ in range(OPEN + 5):
        assert timed_get(store) < SLACK
        assert store.take_record(new_id(), NOW) == (Status.MISS, None)
    assert not try_put(store, new_id())
    with pytest.raises(libresume.AccessError):
        store.remove(new_id())
    assert store.statistic(Statistic.BREAKER) > 0
    assert store.statistic(Statistic.UNREACHABLE) >= OPEN
    launch(port=port)
    assert until(lambda: resumes(store), "it works", 5) < 2
    assert store.statistic(Statistic.BREAKER) == 0
    assert store.statistic(Statistic.BREAKER_OPENS) == 1


def test_killed_and_back(launch: Launcher, opened: Opener) -> None:
    redis = launch()
    store = opened(redis)
    for round_ in range(5):
        assert resumes(store)
        redis.kill()
        for _ in range(OPEN + 3):
            assert timed_get(store) < SLACK
        assert store.statistic(Statistic.BREAKER) > 0
        redis.start()
        assert until(lambda: resumes(store), "it works again", 5) < 2
        assert store.statistic(Statistic.BREAKER_OPENS) == round_ + 1


def test_stopped(redis: Redis, opened: Opener) -> None:
    """At most three calls wait, each until the deadline; then none, and no put ever."""
    store = opened(redis, "timeout=300ms")
    assert resumes(store)
    redis.signal(signal.SIGSTOP)
    times = [timed_get(store) for _ in range(60)]
    slow = [t for t in times if t > HANG / 2]
    assert len(slow) <= OPEN
    assert max(times) < HANG + SLACK
    assert store.statistic(Statistic.BREAKER) > 0
    assert store.statistic(Statistic.TIMEOUTS) >= OPEN
    time.sleep(0.5)  # some probes later: they were the background thread's
    times = [timed_get(store) for _ in range(200)]
    assert sum(t > HANG / 2 for t in times) <= 1  # the machine may be busy once
    began = time.monotonic()
    assert not try_put(store, new_id())
    assert time.monotonic() - began < HANG
    redis.signal(signal.SIGCONT)
    assert until(lambda: resumes(store), "it works again", 5) < 2


def test_stopped_with_puts_only(redis: Redis, opened: Opener) -> None:
    """Puts never wait, and the thread that sends them opens the breaker."""
    store = opened(redis, "timeout=300ms")
    assert resumes(store)
    redis.signal(signal.SIGSTOP)
    worst = 0.0

    def put_once() -> bool:
        nonlocal worst
        began = time.monotonic()
        try_put(store, new_id())
        worst = max(worst, time.monotonic() - began)
        return store.statistic(Statistic.BREAKER) > 0

    until(put_once, "the breaker opens")
    assert worst < SLACK
    assert store.statistic(Statistic.DROPPED) > 0


def test_stopped_while_closing(redis: Redis) -> None:
    """Closing waits for twice the deadline at most."""
    store = Store(f"redis://127.0.0.1:{redis.port}?timeout=300ms", secret=SECRET)
    assert resumes(store)
    redis.signal(signal.SIGSTOP)
    for _ in range(100):
        try_put(store, new_id())
    began = time.monotonic()
    store.close()
    assert time.monotonic() - began < 2 * HANG + SLACK


def test_unreachable(opened: Opener) -> None:
    """A host that does not answer at all: a listener whose backlog is full drops what comes."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = int(full.getsockname()[1])
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        store = opened(port, "timeout=300ms")
        times = [timed_get(store) for _ in range(20)]
        for filler in fillers:
            filler.close()
    assert sum(t > HANG / 2 for t in times) == OPEN
    assert max(times) < HANG + SLACK
    assert store.statistic(Statistic.UNREACHABLE) >= OPEN
    assert store.statistic(Statistic.TIMEOUTS) >= OPEN


def test_flushed(redis: Redis, opened: Opener) -> None:
    store = opened(redis)
    key = new_id()
    assert try_put(store, key)
    sent(store)
    redis.cli("FLUSHALL")
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert resumes(store)
    assert store.statistic(Statistic.ERRORS) == 0


def test_out_of_memory(launch: Launcher, opened: Opener) -> None:
    """Puts fail and are counted; what is there is found."""
    redis = launch("--maxmemory-policy", "noeviction")
    store = opened(redis)
    key = new_id()
    assert try_put(store, key)
    sent(store)
    redis.cli("CONFIG", "SET", "maxmemory", "1")
    for _ in range(10):
        assert try_put(store, new_id())
    sent(store)
    assert store.statistic(Statistic.REPLIES_FULL) == 10
    assert store.statistic(Statistic.DROPPED) == 10
    assert store.get_record(key, NOW)[0] == Status.OK
    assert store.statistic(Statistic.BREAKER_OPENS) == 0
    redis.cli("CONFIG", "SET", "maxmemory", "0")
    assert resumes(store)


def test_read_only_replica(launch: Launcher, opened: Opener) -> None:
    master = launch()
    replica = launch("--replicaof", "127.0.0.1", str(master.port))
    key = new_id()
    on_master, on_replica = opened(master), opened(replica)
    assert try_put(on_master, key)
    until(lambda: on_replica.get_record(key, NOW)[0] == Status.OK, "it is replicated")
    assert try_put(on_replica, new_id())
    sent(on_replica)
    assert on_replica.take_record(key, NOW) == (Status.MISS, None)  # I-112: fails closed
    with pytest.raises(libresume.AccessError):
        on_replica.remove(key)
    assert on_replica.statistic(Statistic.REPLIES_READONLY) == 3
    assert on_replica.statistic(Statistic.BREAKER_OPENS) == 0


def test_cluster_node(launch: Launcher, opened: Opener) -> None:
    """Another node's keys are misses; a cluster that is down opens the breaker."""
    redis = launch(*f"--cluster-enabled yes --cluster-port {free_port()}".split())
    store = opened(redis)
    for _ in range(OPEN):
        assert store.get_record(new_id(), NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.REPLIES_BUSY) == OPEN  # CLUSTERDOWN
    redis.cli("CLUSTER", "ADDSLOTSRANGE", "0", "8191")
    redis.cli("CONFIG", "SET", "cluster-require-full-coverage", "no")
    other = opened(redis)
    until(lambda: "cluster_state:ok" in redis.cli("CLUSTER", "INFO").decode(), "cluster", 30)
    for number in range(40):
        other.get_record(number.to_bytes(32, "big"), NOW)
    assert other.statistic(Statistic.ERRORS) > 0
    assert other.statistic(Statistic.HITS) == 0


def test_restarted_under_load(launch: Launcher, opened: Opener) -> None:
    """No call fails or is slow while the server goes and comes; afterwards sessions resume."""
    redis = launch()
    store = opened(redis, "timeout=50ms")
    done = threading.Event()
    wrong: list[str] = []
    hits = [0]

    def load(number: int) -> None:
        while not done.is_set():
            key = new_id()
            began = time.monotonic()
            put = try_put(store, key, key)
            status, data = store.get_record(key, NOW)
            took = time.monotonic() - began
            if status not in {Status.OK, Status.MISS} or (data is not None and data != key):
                wrong.append(f"{number}: {status} {data!r}")
            if took > DEADLINE + 2 * SLACK:
                wrong.append(f"{number}: {took} s")
            hits[0] += put and status == Status.OK
            time.sleep(0.001)

    def resumed_to(enough: int) -> bool:
        return hits[0] > enough

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(0.2)
        redis.kill()
        time.sleep(0.3)
        redis.start()
        until(lambda: store.statistic(Statistic.BREAKER) == 0, "closed again", 3)
        enough = hits[0] + 10
        until(functools.partial(resumed_to, enough), "it resumes", 3)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("how", ["cut", "garbled", "doubled"])
def test_every_byte_of_a_reply(redis: Redis, opened: Opener, proxied: ProxyMaker, how: str) -> None:
    """I-109: whatever comes back is the record or a miss, in time, and never another's record."""
    direct = opened(redis)
    one, other = new_id(), new_id()
    for key in (one, other):
        assert try_put(direct, key, key)
    sent(direct)
    length = len(redis.cli("GET", redis.cli("KEYS", "*").decode().split()[0])) + 6

    for at in range(0, length, 1 if how == "cut" else 3):
        seen: list[bytes] = []

        def spoil(number: int, data: bytes, at: int = at, seen: list[bytes] = seen) -> bytes | None:
            seen.append(data)
            if len(seen) > 1:
                return data
            if how == "cut":
                return data[:at] or None
            if how == "garbled":
                return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
            return data[:at] + data

        proxy = proxied(redis.port, spoil)
        store = opened(proxy.port, "timeout=50ms", "pool=1")
        began = time.monotonic()
        status, data = store.get_record(one, NOW)
        assert time.monotonic() - began < DEADLINE + SLACK
        assert (status, data) == (Status.MISS, None) or (status, data) == (Status.OK, one)
        if how == "cut":
            assert status == Status.MISS

        # The connection was given up, or the reply had been whole: the next answer is its own, in
        # the end, for a machine under load may need more than the deadline.
        def answered(store: Store = store) -> bool:
            answer = store.get_record(other, NOW)
            assert answer in {(Status.OK, other), (Status.MISS, None)}
            return answer == (Status.OK, other)

        until(answered, "the next answer")
        store.close()
        proxy.close()


REPLIES = [
    b"",
    b"+OK\r\n",
    b":1\r\n",
    b"$-1\r\n$-1\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"*1\r\n$4\r\nabcd\r\n",
    b"*2147483647\r\n" + b"$1\r\nx\r\n" * 100,
    b"*1\r\n" * 50,
    b"$536870912\r\n" + b"x" * 100_000,
    b"$99999999999999999999\r\n",
    b"$-2\r\n",
    b"-MOVED 1 127.0.0.1:1\r\n",
    b"-ASK 1 127.0.0.1:1\r\n",
    b"-LOADING it\r\n",
    b"-\r\n",
    b"-" + b"E" * 1000 + b"\r\n",
    b"-NOAUTH\r\n-NOAUTH\r\n",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x16\x03\x01\x00\x00",
    bytes(range(256)),
    b"%1\r\n+a\r\n+b\r\n",
    b"_\r\n",
    b"#t\r\n",
    b",1.5\r\n",
    b"!3\r\nERR\r\n",
    b"=7\r\ntxt:abc\r\n",
]


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_any_reply(opened: Opener, reply: bytes) -> None:
    """A server that says always the same, whatever was asked: misses, in time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])

        def serve() -> None:
            try:
                while True:
                    client, _ = listener.accept()
                    client.settimeout(2)
                    try:
                        while client.recv(65536):
                            client.sendall(reply)
                    except OSError:
                        pass
                    finally:
                        client.close()
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        store = opened(port, "timeout=50ms")
        for _ in range(4):
            began = time.monotonic()
            assert store.get_record(new_id(), NOW) == (Status.MISS, None)
            assert store.take_record(new_id(), NOW) == (Status.MISS, None)
            try_put(store, new_id())
            assert time.monotonic() - began < 2 * DEADLINE + SLACK
        with contextlib.suppress(libresume.AccessError):
            assert store.remove(new_id()) in {Status.OK, Status.MISS}
        assert store.statistic(Statistic.HITS) == 0
        store.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_trickle_does_not_prolong_the_deadline(opened: Opener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            client.recv(65536)
            try:
                client.sendall(b"$1000\r\n")
                while True:
                    time.sleep(0.005)
                    client.sendall(b"x")
            except OSError:
                client.close()

        threading.Thread(target=serve, daemon=True).start()
        store = opened(int(listener.getsockname()[1]), "timeout=50ms")
        assert DEADLINE * 0.9 < timed_get(store) < DEADLINE + SLACK
        assert store.statistic(Statistic.TIMEOUTS) == 1


def test_a_late_reply_is_nobodys(redis: Redis, opened: Opener, proxied: ProxyMaker) -> None:
    """I-109: the reply of a question that timed out comes while the next one waits."""
    direct = opened(redis)
    keys = [new_id() for _ in range(2)]
    for key in keys:
        assert try_put(direct, key, key)
    sent(direct)

    def late(number: int, data: bytes) -> bytes:
        if number == 0:
            time.sleep(2 * DEADLINE)
        return data

    proxy = proxied(redis.port, late)
    store = opened(proxy.port, "timeout=50ms", "pool=1")
    assert store.get_record(keys[0], NOW) == (Status.MISS, None)
    for _ in range(50):
        assert store.get_record(keys[1], NOW) == (Status.OK, keys[1])
    assert store.statistic(Statistic.TIMEOUTS) == 1


def test_an_unasked_reply_is_nobodys(redis: Redis, opened: Opener, proxied: ProxyMaker) -> None:
    """Bytes that come while a connection is idle end it."""
    direct = opened(redis)
    keys = [new_id() for _ in range(2)]
    for key in keys:
        assert try_put(direct, key, key)
    sent(direct)
    replies: list[bytes] = []

    def twice(number: int, data: bytes) -> bytes:
        replies.append(data)
        return data

    proxy = proxied(redis.port, twice)
    store = opened(proxy.port, "timeout=500ms", "pool=1")
    assert store.get_record(keys[0], NOW) == (Status.OK, keys[0])
    proxy.open[0].sendall(replies[0])  # once more, while idle
    time.sleep(0.05)
    assert store.get_record(keys[1], NOW) == (Status.OK, keys[1])
    assert proxy.count == 2


def test_a_child_of_a_stopped_parent(redis: Redis, opened: Opener) -> None:
    """A child starts with a closed breaker and an empty queue, whatever its parent went through."""
    store = opened(redis, "timeout=50ms")
    assert resumes(store)
    redis.signal(signal.SIGSTOP)
    for _ in range(20):
        try_put(store, new_id())
        store.get_record(new_id(), NOW)
    assert store.statistic(Statistic.BREAKER) > 0
    redis.signal(signal.SIGCONT)
    pid = os.fork()
    if pid == 0:
        good = store.statistic(Statistic.BREAKER) == 0 and store.statistic(Statistic.QUEUED) == 0
        good &= resumes(store)
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
