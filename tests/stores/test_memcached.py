# SPDX-License-Identifier: Apache-2.0
"""memcached: against real servers: what they keep, who wins, what an observer sees, and faults."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import (
    LATER,
    NOW,
    SECRET,
    Memcached,
    Opener,
    ProxyMaker,
    free_port,
    new_id,
    sent,
    until,
)
from test_redis import make_session
from test_redis_faults import HANG, OPEN, SLACK, resumes, timed_get, try_put
from test_redis_handshakes import make_client, make_host, returns, visit

import libresume
from libresume import Statistic, Status, Store

Launcher = Callable[..., Memcached]


def several(servers: list[Memcached]) -> str:
    return "memcached://" + ",".join(f"127.0.0.1:{server.port}" for server in servers)


def test_round_trip_over_two_stores(memcached: Memcached, opened: Opener) -> None:
    one, other = opened(memcached), opened(memcached)
    session = make_session(new_id())
    assert one.put(session, NOW) == Status.OK
    assert one.get(session.session_id, NOW) == (Status.OK, session)  # out of its own queue
    sent(one)
    assert one.get(session.session_id, NOW) == (Status.OK, session)
    assert other.get(session.session_id, NOW) == (Status.OK, session)
    assert other.take(session.session_id, NOW) == (Status.OK, session)
    assert one.get(session.session_id, NOW) == (Status.MISS, None)
    assert one.take(session.session_id, NOW) == (Status.MISS, None)
    assert one.put(session, NOW) == Status.OK  # over what the take left behind
    sent(one)
    assert other.get(session.session_id, NOW) == (Status.OK, session)
    assert other.remove(session.session_id) == Status.OK
    assert other.remove(session.session_id) == Status.MISS
    assert one.statistic(Statistic.ERRORS) == other.statistic(Statistic.ERRORS) == 0


def test_what_a_take_leaves_goes_by_itself(memcached: Memcached, opened: Opener) -> None:
    store = opened(memcached)
    key = new_id()
    assert try_put(store, key)
    assert store.take_record(key, NOW)[0] == Status.OK
    until(lambda: memcached.names() == [], "the server has nothing")


@pytest.mark.parametrize("size", [1, 200, 4096, 20000, 65280])
def test_every_size(memcached: Memcached, opened: Opener, size: int) -> None:
    store = opened(memcached)
    key, data = new_id(), os.urandom(size)
    assert store.put_record(key, data, LATER, NOW) == Status.OK
    sent(store)
    assert store.get_record(key, NOW) == (Status.OK, data)
    assert store.take_record(key, NOW) == (Status.OK, data)
    assert store.get_record(key, NOW) == (Status.MISS, None)


def test_a_record_over_the_servers_limit(launch_memcached: Launcher, opened: Opener) -> None:
    """I-90: refused and counted; the connection goes on."""
    store = opened(launch_memcached("-I", "1k", "-o", "slab_chunk_max=512"))
    key = new_id()
    assert try_put(store, key, bytes(20_000))
    sent(store)
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.REPLIES_FULL) + store.statistic(Statistic.REPLIES_OTHER) == 1
    assert store.statistic(Statistic.BREAKER_OPENS) == 0
    assert resumes(store)


@pytest.mark.parametrize("days", [0.001, 29, 31, 400])
def test_the_backends_expiry_is_the_sessions(
    memcached: Memcached, opened: Opener, days: float
) -> None:
    """I-110, also beyond 30 days, where memcached's number becomes a date."""
    store = opened(memcached)
    key, lifetime = new_id(), int(days * 86_400)
    assert store.put_record(key, b"data", NOW + 1000 * lifetime, NOW) == Status.OK
    sent(store)
    [line] = memcached.lines("lru_crawler metadump all")
    expires = int(dict(word.split("=", 1) for word in line.split()[:3])["exp"])
    assert abs(expires - time.time() - lifetime) < 5
    assert store.get_record(key, NOW + 1000 * lifetime - 1)[0] == Status.OK
    assert store.get_record(key, NOW + 1000 * lifetime) == (Status.EXPIRED, None)


def test_one_thread_takes(memcached: Memcached, opened: Opener) -> None:
    """I-87: of many at once one gets the session."""
    stores = [opened(memcached, "pool=3"), opened(memcached)]
    for _ in range(30):
        key = new_id()
        won: list[Status] = []
        start = threading.Barrier(8)

        def taker(store: Store, key: bytes = key, won: list[Status] = won) -> None:
            start.wait()  # noqa: B023
            won.append(store.take_record(key, NOW)[0])

        assert try_put(stores[0], key)
        sent(stores[0])
        threads = [threading.Thread(target=taker, args=(stores[n % 2],)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won.count(Status.OK) == 1
        assert won.count(Status.MISS) == 7


def test_an_observer_sees_neither_ids_nor_secrets(memcached: Memcached, opened: Opener) -> None:
    """I-93, I-94."""
    store = opened(memcached, "prefix=fleet:")
    session = make_session(new_id())
    assert store.put(session, NOW) == Status.OK
    sent(store)
    [name] = memcached.names()
    assert name.startswith(("fleet:", "fleet%3A"))
    held = "".join(memcached.lines("get " + name.replace("%3A", ":"))).encode("latin-1")
    for hidden in (session.session_id, session.secret):
        assert hidden not in held
        assert hidden.hex() not in name


def test_moved_and_edited_records_are_misses(memcached: Memcached, opened: Opener) -> None:
    """I-94: under another ID, or with any byte changed."""
    store = opened(memcached)
    keys = [new_id(), new_id()]
    for key in keys:
        assert try_put(store, key, key)
        sent(store)
    names = [name.replace("%3A", ":") for name in memcached.names()]
    held = ["".join(memcached.lines("get " + name)) for name in names]
    bodies = [text.split("\r\n", 1)[1].removesuffix("\r\n") for text in held]

    def write(name: str, body: str) -> None:
        with socket.create_connection(("127.0.0.1", memcached.port)) as talk:
            talk.sendall(f"set {name} 0 0 {len(body)}\r\n{body}\r\n".encode("latin-1"))
            assert talk.recv(100) == b"STORED\r\n"

    write(names[0], bodies[1])
    write(names[1], bodies[1][:-1] + chr(ord(bodies[1][-1]) ^ 1))
    for key in keys:
        assert store.get_record(key, NOW) == (Status.MISS, None)
        assert store.take_record(key, NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.ERRORS) > 0


def test_over_a_unix_socket(launch_memcached: Launcher, opened: Opener, tmp_path: Path) -> None:
    launch_memcached(path=tmp_path / "socket")
    assert resumes(opened("memcached:", f"unix={tmp_path}/socket"))


# ---- several hosts ----------------------------------------------------------------------------


def test_keys_are_spread_and_every_process_agrees(
    launch_memcached: Launcher, opened: Opener
) -> None:
    servers = [launch_memcached() for _ in range(3)]
    one, other = opened(several(servers)), opened(several(servers))
    keys = [new_id() for _ in range(300)]
    for key in keys:
        assert try_put(one, key, key)
    sent(one)
    assert all(other.get_record(key, NOW) == (Status.OK, key) for key in keys)
    assert sum(server.count() for server in servers) == 300
    assert min(server.count() for server in servers) > 30


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_one_host_of_three_costs_its_share(
    launch_memcached: Launcher, opened: Opener, how: signal.Signals
) -> None:
    servers = [launch_memcached() for _ in range(3)]
    store = opened(several(servers), "timeout=300ms")
    keys = [new_id() for _ in range(90)]
    for key in keys:
        assert try_put(store, key, key)
    sent(store)
    lost = servers[0].count()
    servers[0].signal(how)
    times = []
    hits = 0
    for key in keys:
        began = time.monotonic()
        hits += store.get_record(key, NOW)[0] == Status.OK
        times.append(time.monotonic() - began)
    assert hits == 90 - lost
    assert sum(took > HANG / 2 for took in times) <= OPEN
    assert max(times) < HANG + SLACK
    assert store.statistic(Statistic.BREAKER_OPENS) == 0
    if how == signal.SIGKILL:
        servers[0].process.wait()
        servers[0].start()
    else:
        servers[0].signal(signal.SIGCONT)
    counted = servers[0].count()
    until(lambda: resumes(store) and servers[0].count() > counted, "the third is used again")


def test_all_hosts_down_open_the_breaker(launch_memcached: Launcher, opened: Opener) -> None:
    servers = [launch_memcached() for _ in range(2)]
    store = opened(several(servers), "timeout=300ms")
    assert resumes(store)
    for server in servers:
        server.kill()

    def is_open() -> bool:
        timed_get(store)
        return store.statistic(Statistic.BREAKER) > 0

    until(is_open, "the breaker opens")
    for server in servers:
        server.start()
    assert until(lambda: resumes(store), "it works again", 5) < 2


# ---- faults -----------------------------------------------------------------------------------


def test_start_with_a_dead_backend(launch_memcached: Launcher, opened: Opener) -> None:
    port = free_port()
    store = opened(f"memcached://127.0.0.1:{port}")
    for _ in range(OPEN + 5):
        assert timed_get(store) < SLACK
        assert store.take_record(new_id(), NOW) == (Status.MISS, None)
    assert not try_put(store, new_id())
    with pytest.raises(libresume.AccessError):
        store.remove(new_id())
    launch_memcached(port=port)
    assert until(lambda: resumes(store), "it works", 5) < 2
    assert store.statistic(Statistic.BREAKER_OPENS) == 1


def test_killed_and_back(launch_memcached: Launcher, opened: Opener) -> None:
    memcached = launch_memcached()
    store = opened(memcached)
    for _ in range(5):
        assert resumes(store)
        memcached.kill()
        for _ in range(OPEN + 3):
            assert timed_get(store) < SLACK
        assert store.statistic(Statistic.BREAKER) > 0
        memcached.start()
        assert until(lambda: resumes(store), "it works again", 5) < 2


def test_stopped(memcached: Memcached, opened: Opener) -> None:
    """At most three calls wait, each until the deadline; then none, and no put ever."""
    store = opened(memcached, "timeout=300ms")
    assert resumes(store)
    memcached.signal(signal.SIGSTOP)
    times = [timed_get(store) for _ in range(60)]
    assert sum(took > HANG / 2 for took in times) <= OPEN
    assert max(times) < HANG + SLACK
    assert store.statistic(Statistic.BREAKER) > 0
    began = time.monotonic()
    assert not try_put(store, new_id())
    assert time.monotonic() - began < HANG
    memcached.signal(signal.SIGCONT)
    assert until(lambda: resumes(store), "it works again", 5) < 2


def test_flushed(memcached: Memcached, opened: Opener) -> None:
    store = opened(memcached)
    key = new_id()
    assert try_put(store, key)
    sent(store)
    assert memcached.talk("flush_all") == "OK\r\n"
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert resumes(store)
    assert store.statistic(Statistic.ERRORS) == 0


def test_a_full_server_evicts_or_refuses(launch_memcached: Launcher, opened: Opener) -> None:
    evicting = opened(launch_memcached("-m", "1", "-I", "512k"))
    refusing = opened(launch_memcached("-m", "1", "-I", "512k", "-M"))
    for store in (evicting, refusing):
        for _ in range(200):
            assert try_put(store, new_id(), bytes(20_000))
            sent(store)
        assert store.statistic(Statistic.BREAKER_OPENS) == 0
    assert evicting.statistic(Statistic.DROPPED) == 0
    assert refusing.statistic(Statistic.REPLIES_FULL) > 0
    assert resumes(evicting)


@pytest.mark.parametrize("how", ["cut", "garbled"])
def test_every_byte_of_a_reply(
    memcached: Memcached, opened: Opener, proxied: ProxyMaker, how: str
) -> None:
    """I-109: whatever comes back is the record or a miss, in time, and never another's record."""
    direct = opened(memcached)
    one, other = new_id(), new_id()
    for key in (one, other):
        assert try_put(direct, key, key)
    sent(direct)
    length = sum(len(line) for line in memcached.lines("get " + memcached.names()[0])) + 30
    for at in range(0, length, 5):
        seen: list[bytes] = []

        def spoil(number: int, data: bytes, at: int = at, seen: list[bytes] = seen) -> bytes | None:
            seen.append(data)
            if len(seen) > 1:
                return data
            if how == "cut":
                return data[:at] or None
            changed = bytes([data[at] ^ 0x55]) if at < len(data) else b"x"
            return data[:at] + changed + data[at + 1 :]

        proxy = proxied(memcached.port, spoil)
        store = opened(f"memcached://127.0.0.1:{proxy.port}", "timeout=100ms", "pool=1")
        began = time.monotonic()
        status, data = store.get_record(one, NOW)
        assert time.monotonic() - began < 0.1 + SLACK
        assert (status, data) in {(Status.MISS, None), (Status.OK, one)}

        def answered(store: Store = store) -> bool:
            answer = store.get_record(other, NOW)
            assert answer in {(Status.OK, other), (Status.MISS, None)}
            return answer == (Status.OK, other)

        until(answered, "the next answer")
        store.close()
        proxy.close()


REPLIES = [b"", b"END\r\n", b"ERROR\r\n", b"SERVER_ERROR busy\r\n", b"VALUE\r\n", b"STORED\r\n"]
REPLIES += [b"VALUE a 0 99999999999\r\n", b"VALUE a 0 -1\r\n", b"HTTP/1.1 400\r\n\r\n"]
REPLIES += [b"CLIENT_ERROR bad\r\n", b"x" * 100_000, bytes(range(256)), b"\x81" + bytes(23)]


@pytest.mark.parametrize("reply", REPLIES, ids=range(len(REPLIES)))
def test_any_reply(opened: Opener, reply: bytes) -> None:
    """A server that says always the same, whatever was asked: misses, in time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

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

        threading.Thread(target=serve, daemon=True).start()
        port = int(listener.getsockname()[1])
        store = opened(f"memcached://127.0.0.1:{port}", "timeout=50ms")
        for _ in range(4):
            began = time.monotonic()
            assert store.get_record(new_id(), NOW) == (Status.MISS, None)
            assert store.take_record(new_id(), NOW) == (Status.MISS, None)
            try_put(store, new_id())
            assert time.monotonic() - began < 0.2 + SLACK
        assert store.statistic(Statistic.HITS) == 0
        store.close()
        listener.shutdown(socket.SHUT_RDWR)


def test_children_of_a_fork_have_connections_of_their_own(memcached: Memcached) -> None:
    store = Store(f"memcached://127.0.0.1:{memcached.port}?timeout=2s", secret=SECRET)
    keys = [new_id() for _ in range(20)]
    for key in keys:
        assert try_put(store, key, key)
    sent(store)
    assert store.get_record(keys[0], NOW) == (Status.OK, keys[0])
    children = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            right = all(store.get_record(key, NOW) == (Status.OK, key) for key in keys)
            os._exit(0 if right else 1)
        children.append(pid)
    assert all(store.get_record(key, NOW) == (Status.OK, key) for key in keys)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
    assert store.get_record(keys[0], NOW) == (Status.OK, keys[0])
    assert store.statistic(Statistic.DISCONNECTS) == 0
    store.close()


# ---- handshakes -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_two_hosts_share_sessions(
    memcached: Memcached, opened: Opener, certificate: Path, version: str
) -> None:
    hosts = [make_host(certificate, opened(memcached), version) for _ in range(2)]
    client = make_client(version)
    assert [returns(hosts[n % 2], hosts[1 - n % 2], client) for n in range(40)] == [True] * 40
    stranger = make_host(certificate, opened(memcached, secret=SECRET[::-1]), version)
    assert not returns(hosts[0], stranger, client)


def test_killed_under_handshakes(
    launch_memcached: Launcher, opened: Opener, certificate: Path
) -> None:
    """I-107."""
    memcached = launch_memcached()
    hosts = [make_host(certificate, opened(memcached, "timeout=200ms"), "1.2") for _ in range(2)]
    client = make_client("1.2")
    for _ in range(3):
        assert returns(hosts[0], hosts[1], client)
        memcached.kill()
        came = visit(hosts[0], client)
        for number in range(20):
            came = visit(hosts[number % 2], client, came.session)
        memcached.start()
        assert until(lambda: returns(hosts[0], hosts[1], client), "resumes", 5) < 2
