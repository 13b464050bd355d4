# SPDX-License-Identifier: Apache-2.0
"""libresume.Store: sessions and records by ID."""

from __future__ import annotations

import threading

import pytest
from conftest import NOW
from hypothesis import given
from hypothesis import strategies as st

import libresume
from libresume import Session, Statistic, Status, Store

ID = bytes(range(32))
KEPT = Store("memory:?bytes=4M")


def test_put_get_take_remove(session: Session) -> None:
    store = Store()
    assert store.put(session, NOW) == Status.OK
    assert store.put(session, NOW) == Status.EXISTS  # I-84
    assert store.get(ID, NOW) == (Status.OK, session)
    assert store.take(ID, NOW) == (Status.OK, session)
    assert store.take(ID, NOW) == (Status.MISS, None)
    assert store.put(session, NOW) == Status.OK
    assert store.remove(ID[:31]) == Status.MISS  # I-85
    assert store.remove(ID) == Status.OK
    assert store.get(ID, NOW) == (Status.MISS, None)


def test_expiry_is_exact(session: Session) -> None:
    """I-71."""
    store = Store()
    store.put(session, NOW)
    assert store.get(ID, session.expires_ms - 1)[0] == Status.OK
    assert store.get(ID, session.expires_ms)[1] is None
    assert store.put(session, session.expires_ms) == Status.EXPIRED


@given(st.binary(min_size=1, max_size=32), st.binary(min_size=1, max_size=4000))
def test_records_round_trip(session_id: bytes, data: bytes) -> None:
    assert KEPT.put_record(session_id, data, NOW + 1000, NOW) in {Status.OK, Status.EXISTS}
    assert KEPT.get_record(session_id, NOW) == (Status.OK, data)
    assert KEPT.take_record(session_id, NOW) == (Status.OK, data)
    assert KEPT.get_record(session_id, NOW) == (Status.MISS, None)


def test_statistics(session: Session) -> None:
    store = Store("memory:?bytes=1M")
    store.put(session, NOW)
    store.get(ID, NOW)
    store.get(b"absent", NOW)
    store.sweep(now_ms=NOW)
    seen = store.statistics()
    assert seen[Statistic.ENTRIES] == seen[Statistic.HITS] == seen[Statistic.MISSES] == 1
    assert seen[Statistic.CAPACITY_BYTES] <= 1024 * 1024


def test_faults_are_named() -> None:
    with pytest.raises(libresume.InvalidError, match="disk"):
        Store("disk:")
    with pytest.raises(libresume.InvalidError, match="colour"):
        Store("memory:?colour=red")
    store = Store()
    with pytest.raises(libresume.InvalidError):
        store.get(b"")
    with pytest.raises(libresume.InvalidError):
        store.put_record(bytes(33), b"data", NOW + 1, NOW)


def test_one_take_wins(session: Session) -> None:
    """I-87, over threads: the calls release the interpreter's lock."""
    store = Store()
    won: list[int] = []

    def work(barrier: threading.Barrier, number: int) -> None:
        barrier.wait()
        if store.take(ID, NOW)[0] == Status.OK:
            won.append(number)

    for _ in range(20):
        won.clear()
        assert store.put(session, NOW) == Status.OK
        barrier = threading.Barrier(4)
        threads = [threading.Thread(target=work, args=(barrier, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1


def test_closed_is_closed() -> None:
    with Store() as store:
        pass
    with pytest.raises(ValueError, match="closed"):
        store.get(ID)
