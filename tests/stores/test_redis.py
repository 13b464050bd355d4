# SPDX-License-Identifier: Apache-2.0
"""redis: against a real server: what it keeps, who wins, what an observer of the server sees."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import LATER, NOW, SECRET, Launcher, Opener, Redis, new_id, sent, until

import libresume
from libresume import Session, Statistic, Status, Store

TAKER = """
import sys, libresume
store = libresume.Store(sys.argv[1], secret=bytes(range(200, 250)))
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(int(sys.argv[2])):
    status, _ = store.take_record(number.to_bytes(32, "big"), int(sys.argv[3]))
    won += status == libresume.Status.OK
print(won, flush=True)
"""


def make_session(session_id: bytes) -> Session:
    return Session(
        version=0x0303,
        cipher_suite=0xC02F,
        secret=bytes(range(1, 49)),
        session_id=session_id,
        created_ms=NOW,
        lifetime=3600,
    )


def test_round_trip_over_two_stores(redis: Redis, opened: Opener) -> None:
    one, other = opened(redis), opened(redis)
    session = make_session(new_id())
    assert one.put(session, NOW) == Status.OK
    assert one.get(session.session_id, NOW) == (Status.OK, session)  # out of its own queue
    sent(one)
    assert one.get(session.session_id, NOW) == (Status.OK, session)
    assert other.get(session.session_id, NOW) == (Status.OK, session)
    assert other.take(session.session_id, NOW) == (Status.OK, session)
    assert one.get(session.session_id, NOW) == (Status.MISS, None)
    assert one.take(session.session_id, NOW) == (Status.MISS, None)
    assert one.remove(session.session_id) == Status.MISS
    assert one.statistic(Statistic.ERRORS) == other.statistic(Statistic.ERRORS) == 0


def test_own_puts_and_takes_are_in_order(redis: Redis, opened: Opener) -> None:
    """What is queued is taken, removed and replaced as if it were there already."""
    store, other = opened(redis), opened(redis)
    for number in range(200):
        key = number.to_bytes(32, "big")
        assert store.put_record(key, b"first", LATER, NOW) == Status.OK
        assert store.put_record(key, b"second", LATER, NOW) == Status.OK
        assert store.get_record(key, NOW) == (Status.OK, b"second")
        if number % 2:
            assert store.take_record(key, NOW) == (Status.OK, b"second")
        else:
            assert store.remove(key) == Status.OK
        assert other.get_record(key, NOW) == (Status.MISS, None)
        assert store.get_record(key, NOW) == (Status.MISS, None)
    sent(store)
    assert redis.talk("DBSIZE") == ":0\r\n"


@pytest.mark.parametrize("size", [1, 200, 3900, 4096, 20000, 65280])
def test_every_size(redis: Redis, opened: Opener, size: int) -> None:
    store = opened(redis)
    key, data = new_id(), os.urandom(size)
    assert store.put_record(key, data, LATER, NOW) == Status.OK
    sent(store)
    assert store.get_record(key, NOW) == (Status.OK, data)
    assert store.take_record(key, NOW) == (Status.OK, data)
    assert store.get_record(key, NOW) == (Status.MISS, None)


def test_a_record_over_the_cap_is_not_kept(redis: Redis, opened: Opener) -> None:
    """I-90."""
    store = opened(redis, "max=1K")
    key = new_id()
    assert store.put_record(key, bytes(1024), LATER, NOW) == Status.TOO_LARGE
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.ERRORS) == 0


def test_the_backends_expiry_is_the_sessions(redis: Redis, opened: Opener) -> None:
    """I-110: the server itself drops it, and a look-up agrees to the millisecond."""
    store = opened(redis)
    key = new_id()
    assert store.put_record(key, b"data", NOW + 90_000, NOW) == Status.OK
    sent(store)
    name = redis.cli("KEYS", "*").decode().strip()
    assert 85_000 < int(redis.cli("PTTL", name)) <= 90_000
    assert store.get_record(key, NOW + 89_999)[0] == Status.OK
    assert store.get_record(key, NOW + 90_000) == (Status.EXPIRED, None)
    until(lambda: redis.talk("DBSIZE") == ":0\r\n", "expired on sight")
    assert store.put_record(key, b"data", NOW + 50, NOW) == Status.OK
    sent(store)
    until(lambda: redis.talk("DBSIZE") == ":0\r\n", "expired by the server")
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert store.put_record(key, b"data", 2**64 - 1, NOW) == Status.OK  # the end of time
    assert store.take_record(key, NOW) == (Status.OK, b"data")


def test_one_thread_takes(redis: Redis, opened: Opener) -> None:
    """I-87 over threads, with connections enough and too few."""
    stores = [opened(redis, "pool=2", "timeout=2s"), opened(redis, "timeout=2s")]
    for _ in range(30):
        key = new_id()
        won: list[int] = []
        stores[0].put_record(key, b"data", LATER, NOW)
        sent(stores[0])
        barrier = threading.Barrier(8)

        def work(
            store: Store, key: bytes = key, won: list[int] = won, gate: threading.Barrier = barrier
        ) -> None:
            gate.wait()
            if store.take_record(key, NOW)[0] == Status.OK:
                won.append(1)

        threads = [threading.Thread(target=work, args=(stores[n % 2],)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
    assert sum(store.statistic(Statistic.ERRORS) for store in stores) == 0


@pytest.mark.parametrize("old", [False, True])
def test_one_process_takes(launch: Launcher, opened: Opener, old: bool) -> None:
    """I-87 over processes; also where the server has no GETDEL and a script does it."""
    redis = launch(*(["--rename-command", "GETDEL", ""] if old else []))
    store = opened(redis)
    count = 300
    for number in range(count):
        store.put_record(number.to_bytes(32, "big"), b"data", LATER, NOW)
    sent(store)
    url = f"redis://127.0.0.1:{redis.port}?timeout=5s"
    command = [sys.executable, "-c", TAKER, url, str(count), str(NOW)]
    takers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for taker in takers:
        assert taker.stdout is not None and taker.stdout.readline() == "ready\n"
    answers = []
    for taker in takers:
        assert taker.stdin is not None
        taker.stdin.write("\n")
        taker.stdin.flush()
    for taker in takers:
        answers.append(int(taker.communicate(timeout=60)[0]))
    assert sum(answers) == count
    assert redis.talk("DBSIZE") == ":0\r\n"


def test_a_listing_shows_neither_ids_nor_sessions(redis: Redis, opened: Opener) -> None:
    """I-93, I-94: all that the server has."""
    store = opened(redis)
    sessions = [make_session(new_id()) for _ in range(20)]
    for session in sessions:
        store.put(session, NOW)
    sent(store)
    names = redis.cli("KEYS", "*").split()
    assert len(names) == 20
    assert all(name.startswith(b"resume:") and len(name) == 7 + 64 for name in names)
    everything = b"".join(names) + b"".join(redis.cli("GET", name.decode()) for name in names)
    for session in sessions:
        assert session.session_id not in everything
        assert session.session_id.hex().encode() not in everything
        assert session.session_id[:8] not in everything
    assert bytes(range(1, 49))[:12] not in everything
    assert SECRET[:12] not in everything


def test_moved_edited_and_foreign_records_are_misses(redis: Redis, opened: Opener) -> None:
    """I-94, I-109."""
    store = opened(redis)
    first, second = new_id(), new_id()
    assert store.put_record(first, b"of the first", LATER, NOW) == Status.OK
    sent(store)
    name = redis.cli("KEYS", "*").decode().strip()
    store.put_record(second, b"of the second", LATER, NOW)
    sent(store)
    other = next(n for n in redis.cli("KEYS", "*").decode().split() if n != name)
    redis.cli("COPY", name, other, "REPLACE")  # moved, or replayed under another ID
    assert store.get_record(second, NOW) == (Status.MISS, None)
    assert store.take_record(second, NOW) == (Status.MISS, None)
    size = int(redis.cli("STRLEN", name))
    for at in range(size):
        redis.cli("SETBIT", name, str(at * 8), "0") if at % 2 else redis.cli(
            "SETRANGE", name, str(at), "\x7f"
        )
        if at % 16 == 15:
            assert store.get_record(first, NOW) == (Status.MISS, None)
    for value in ("", "x", "x" * 5000, "x" * 65535, "x" * 65536, "x" * 200_000):
        redis.cli("SET", name, value) if len(value) < 100_000 else redis.cli(
            "EVAL", f"redis.call('SET', KEYS[1], string.rep('x', {len(value)}))", "1", name
        )
        assert store.get_record(first, NOW) == (Status.MISS, None), len(value)
    redis.cli("DEL", name)
    redis.cli("RPUSH", name, "a", "list")  # WRONGTYPE
    assert store.get_record(first, NOW) == (Status.MISS, None)
    assert store.take_record(first, NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.REPLIES_OTHER) == 2
    assert store.put_record(first, b"anew", LATER, NOW) == Status.OK
    assert store.take_record(first, NOW) == (Status.OK, b"anew")


def test_another_secret_finds_nothing(redis: Redis, opened: Opener) -> None:
    store, stranger = opened(redis), opened(redis, secret=bytes(range(100, 150)))
    key = new_id()
    store.put_record(key, b"data", LATER, NOW)
    sent(store)
    assert stranger.get_record(key, NOW) == (Status.MISS, None)
    assert store.get_record(key, NOW) == (Status.OK, b"data")


def test_password_user_database_prefix(launch: Launcher, opened: Opener) -> None:
    acl = "--user app on >p@ss/w:rd ~app:* +get +set +getdel +del +ping +select"
    redis = launch("--requirepass", "sesame", *acl.split())
    place = f"127.0.0.1:{redis.port}"
    key = new_id()

    def works(url: str, *parameters: str) -> bool:
        store = opened(url, *parameters)
        put = store.put_record(key, b"data", LATER, NOW) == Status.OK
        sent(store)
        return put and store.take_record(key, NOW)[0] == Status.OK

    assert works(f"redis://:sesame@{place}")
    assert works(f"redis://default:sesame@{place}/3")
    assert works(f"redis://app:p%40ss%2Fw:rd@{place}/1", "prefix=app:")
    assert works("redis+unix://:sesame@" + str(redis.path), "db=2")
    assert works("redis://:sesame@", f"unix={redis.path}")
    kept = opened(f"redis://:sesame@{place}/5", "prefix=here:")
    kept.put_record(key, b"data", LATER, NOW)
    sent(kept)
    listed = subprocess.run(
        ["redis-cli", "-p", str(redis.port), "-a", "sesame", "-n", "5", "--raw", "KEYS", "*"],
        check=True,
        capture_output=True,
    ).stdout
    assert listed.startswith(b"here:")
    assert opened(f"redis://:sesame@{place}/6", "prefix=here:").get_record(key, NOW)[1] is None


@pytest.mark.parametrize("login", ["", ":wrong@", "nobody:sesame@"])
def test_wrong_password(launch: Launcher, opened: Opener, login: str) -> None:
    redis = launch("--requirepass", "sesame")
    store = opened(f"redis://{login}127.0.0.1:{redis.port}")
    for _ in range(6):
        assert store.get_record(new_id(), NOW) == (Status.MISS, None)
    assert store.statistic(Statistic.REPLIES_DENIED) >= 3
    assert store.statistic(Statistic.BREAKER_OPENS) == 1
    assert store.statistic(Statistic.SKIPPED) >= 3


def test_missing_permission_and_database(launch: Launcher, opened: Opener) -> None:
    acl = "--user reader on >read ~resume:* +get +ping +select"
    redis = launch("--databases", "4", *acl.split())
    reader = opened(f"redis://reader:read@127.0.0.1:{redis.port}")
    assert reader.put_record(new_id(), b"data", LATER, NOW) == Status.OK  # queued
    sent(reader)
    assert reader.take_record(new_id(), NOW) == (Status.MISS, None)
    assert reader.get_record(new_id(), NOW) == (Status.MISS, None)
    assert reader.statistic(Statistic.REPLIES_DENIED) == 2
    assert reader.statistic(Statistic.DROPPED) == 1
    assert reader.statistic(Statistic.BREAKER_OPENS) == 0
    beyond = opened(f"redis://127.0.0.1:{redis.port}/9")
    assert beyond.get_record(new_id(), NOW) == (Status.MISS, None)
    assert beyond.statistic(Statistic.REPLIES_OTHER) == 1


def test_a_forked_child_has_connections_of_its_own(redis: Redis, opened: Opener) -> None:
    """I-109 over fork: replies are never mixed up, the parent's queue is the parent's."""
    store = opened(redis, "timeout=5s")
    for number in range(50):
        store.put_record(number.to_bytes(32, "big"), number.to_bytes(2, "big"), LATER, NOW)
    sent(store)
    children = []
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            good = store.statistic(Statistic.QUEUED) == 0
            for number in range(50):
                key = number.to_bytes(32, "big")
                good &= store.get_record(key, NOW) == (Status.OK, number.to_bytes(2, "big"))
                store.put_record(bytes([child, number]), b"child", LATER, NOW)
            good &= store.take_record(bytes([child, 49]), NOW) == (Status.OK, b"child")
            good &= store.statistic(Statistic.ERRORS) == 0
            store.close()
            os._exit(0 if good else 1)
        children.append(pid)
    for number in range(50):
        key = number.to_bytes(32, "big")
        assert store.get_record(key, NOW) == (Status.OK, number.to_bytes(2, "big"))
    for pid in children:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert store.get_record(bytes([3, 48]), NOW) == (Status.OK, b"child")
    assert store.statistic(Statistic.ERRORS) == 0


def test_closing_sends_what_waits(redis: Redis, opened: Opener) -> None:
    store = opened(redis)
    keys = [new_id() for _ in range(500)]
    for key in keys:
        store.put_record(key, b"data", LATER, NOW)
    store.close()
    assert redis.talk("DBSIZE") == ":500\r\n"


def test_a_full_queue_drops_and_counts(redis: Redis, opened: Opener) -> None:
    store = opened(redis, "queue=128K")
    puts = 0
    for _ in range(50):
        try:
            store.put_record(new_id(), bytes(4000), LATER, NOW)
            puts += 1
        except libresume.AccessError:
            pass
    assert 30 <= puts < 50 or store.statistic(Statistic.DROPPED) == 0
    assert store.statistic(Statistic.DROPPED) == 50 - puts
    sent(store)
    assert redis.talk("DBSIZE") == f":{puts}\r\n"


def test_puts_that_wait(redis: Redis, opened: Opener) -> None:
    """queue=0: nothing is put that is not there."""
    store, other = opened(redis, "queue=0"), opened(redis)
    key = new_id()
    assert store.put_record(key, b"data", LATER, NOW) == Status.OK
    assert other.get_record(key, NOW) == (Status.OK, b"data")
    redis.kill()
    with pytest.raises(libresume.AccessError):
        store.put_record(key, b"data", LATER, NOW)
    assert store.statistic(Statistic.DROPPED) == 1


def test_a_name_is_looked_up(redis: Redis, opened: Opener) -> None:
    store = opened(f"redis://localhost:{redis.port}", "timeout=5s")
    key = new_id()
    assert store.get_record(key, NOW) == (Status.MISS, None)
    assert store.put_record(key, b"data", LATER, NOW) == Status.OK
    assert store.take_record(key, NOW) == (Status.OK, b"data")
    nowhere = opened("redis://no-such-host.invalid", "timeout=30ms")
    assert nowhere.get_record(key, NOW) == (Status.MISS, None)


def test_urls_that_are_refused(tmp_path: Path) -> None:
    for url, text in [
        ("redis:", "without a server"),
        ("redis://", "not a host"),
        ("redis://h:0", "not a host"),
        ("redis://h:99999", "not a host"),
        ("redis://[::1", "not a host"),
        ("redis://h/x", "database"),
        ("redis://h?db=-1", "database"),
        ("redis://word@h", "user:password@"),
        ("redis://h?timeout=0ms", "timeout=0ms"),
        ("redis://h?timeout=1h", "timeout=1h"),
        ("redis://h?pool=65", "pool=65"),
        ("redis://h?queue=1K", "128K"),
        ("redis://h?max=1M", "max=1M"),
        ("redis://h?prefix=a%20b", "prefix"),
        ("redis://h?colour=red", "colour"),
        ("redis://h?unix=/x", "beside"),
        ("redis+unix://x", "Unix socket"),
        ("redis+unix:///" + "x" * 120, "Unix socket"),
    ]:
        with pytest.raises(libresume.InvalidError, match=text):
            Store(url, secret=SECRET)
    with pytest.raises(libresume.UnsupportedError, match="tunnel"):
        Store("rediss://h", secret=SECRET)
    with pytest.raises(libresume.InvalidError) as caught:
        Store("redis://user%20hunter2@h", secret=SECRET)
    assert "hunter2" not in str(caught.value)


def test_the_secret(tmp_path: Path) -> None:
    """Without one nothing opens; a file of it is read with care."""
    path = tmp_path / "secret"
    for data, mode, text in [
        (None, 0o600, "cannot open"),
        (SECRET, 0o640, "chmod 600"),
        (SECRET[:31], 0o600, "shorter than 32"),
        (bytes(1025), 0o600, "longer than 1024"),
        (bytes(32), 0o600, "too few different"),
    ]:
        if data is not None:
            path.write_bytes(data)
            path.chmod(mode)
        with pytest.raises(libresume.Error, match=text):
            Store(f"redis://h?secret={path}")
    path.write_bytes(SECRET)
    path.chmod(0o600)
    Store(f"redis://h?secret={path}").close()
    with pytest.raises(libresume.InvalidError, match="absolute"):
        Store("redis://h?secret=here")
    with pytest.raises(libresume.InvalidError, match="openssl rand"):
        Store("redis://h")
    with pytest.raises(libresume.InvalidError, match="shorter than 32"):
        Store("redis://h", secret=b"short")
    with pytest.raises(libresume.InvalidError, match="memory"):
        Store("memory:", secret=SECRET)


def test_file_and_call_are_one_secret(redis: Redis, opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    path.chmod(0o600)
    key = new_id()
    opened(redis).put_record(key, b"data", LATER, NOW)
    with Store(f"redis://127.0.0.1:{redis.port}?secret={path}&timeout=5s") as store:
        until(lambda: store.get_record(key, NOW)[0] == Status.OK, "the record is there")


def test_no_signal_comes_of_a_closed_socket(redis: Redis, opened: Opener) -> None:
    """SIGPIPE would end a server that does not ignore it; Python does, so a child that does not."""
    script = (
        "import signal, sys, libresume\n"
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "store = libresume.Store(sys.argv[1], secret=bytes(range(200, 250)))\n"
        "for n in range(400):\n"
        "    store.get_record(n.to_bytes(32, 'big'), 1)\n"
        "    if n == 20: print('go', flush=True); sys.stdin.readline()\n"
        "print('alive')\n"
    )
    command = [sys.executable, "-c", script, f"redis://127.0.0.1:{redis.port}"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "go\n"
    redis.kill()
    assert child.communicate("\n", timeout=60)[0] == "alive\n"
    assert child.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", redis.port), 1)
