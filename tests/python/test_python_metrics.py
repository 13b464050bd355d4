# SPDX-License-Identifier: Apache-2.0
"""Every number of a server as a typed object, over processes, and for Prometheus."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path as FilePath

import pytest
import tls
from libresume.metrics import Board, Snapshot
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

import libresume
from libresume import Histogram, Path, Reason, Statistic, _low, metrics

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: bytes) -> Samples:
    return {
        (name, frozenset(labels.items())): value
        for family in text_string_to_metric_families(text.decode())
        for name, labels, value, *_ in family.samples
    }


def of(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def counted(keys: str | None = "random:", store: str | None = None) -> libresume.Server:
    """A server with a different number for each path and reason, and ages on both sides of 4 s."""
    server = libresume.Server(keys, store)
    for path in Path:
        for reason in Reason:
            for _ in range(1 + (path + reason) % 3):
                server.count(path, reason, age_ms=3999 if path % 2 else 4000)
    return server


def in_child(work: Callable[[], None]) -> None:
    """Runs it in a forked child that is then killed, as workers sometimes are."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)


def test_every_counter_has_a_sample_under_the_librarys_own_names() -> None:
    server = counted()
    found = samples(metrics.exposition(server))
    for path in Path:
        for reason in Reason:
            assert reason.name.lower() == _low.reason_name(reason)
            issue = reason.name.startswith(("ISSUED", "NOT_ISSUED"))
            name = "libresume_issues_total" if issue else "libresume_handshakes_total"
            path_name = _low.path_name(path)
            labels = {"server": "default", "path": path_name, "mode": metrics.MODES[path]}
            number = of(found, name, reason=_low.reason_name(reason), **labels)
            assert number == server.counter(path, reason) == 1 + (path + reason) % 3
        both = [server.counter(path, r) for r in (Reason.RESUMED, Reason.RENEWED)]
        assert of(found, "libresume_resumed_total", **labels) == sum(both)


def test_histograms_are_cumulative_and_end_with_all() -> None:
    server = counted()
    ages = server.histogram(Histogram.TICKET_AGE)
    assert ages[2] and ages[3] and sum(ages) == ages[2] + ages[3]
    found = samples(metrics.exposition({"web": server}))
    name = "libresume_ticket_age_seconds_bucket"
    assert of(found, name, server="web", le="2.0") == 0
    assert of(found, name, server="web", le="4.0") == ages[2]
    assert of(found, name, server="web", le="+Inf") == sum(ages)


def test_every_statistic_of_a_store_has_a_sample() -> None:
    server = counted(None, "memory:?bytes=8M")
    assert server.store is not None
    server.store.put_record(b"1" * 16, b"x", 1 << 62)
    server.store.get_record(b"2" * 16)
    found = samples(metrics.exposition({"a": server, "b": counted()}))
    for which in Statistic:
        name = metrics.store_metric(which)
        assert of(found, name, server="a") == server.store.statistic(which)
        assert (name, frozenset({("server", "b")})) not in found
    assert of(found, "libresume_store_entries", server="a") == 1
    assert of(found, "libresume_store_misses_total", server="a") == 1


def test_keys_have_ages_roles_and_ends() -> None:
    found = samples(metrics.exposition(counted()))
    ages = {dict(labels)["role"]: n for (name, labels), n in found.items() if "key_age_sec" in name and "role" in dict(labels)}  # fmt: skip
    assert ages["next"] < 0 <= ages["current"] < 3600
    ends = [n for (name, _), n in found.items() if "opens_until" in name]
    assert len(ends) == 2 and min(ends) > 1.7e9


def test_several_servers_go_into_one_registry_and_twice_is_refused() -> None:
    registry = CollectorRegistry()
    metrics.register({"a": counted(), "b": counted()}, registry)
    assert registry.get_sample_value("libresume_store_entries", {"server": "a"}) is None
    labels = {"path": "none", "mode": "none", "reason": "not_offered"}
    for server in ("a", "b"):
        assert registry.get_sample_value("libresume_handshakes_total", {"server": server} | labels)
    with pytest.raises(ValueError, match="Duplicated"):
        metrics.register(counted(), registry)


def test_a_snapshot_survives_json_and_adds_up() -> None:
    snapshot = Snapshot.of(counted("random:", "memory:?bytes=8M"))
    assert Snapshot.from_json(snapshot.to_json()) == snapshot
    twice = snapshot.plus(snapshot)
    assert twice.handshakes == 2 * snapshot.handshakes > 2 * snapshot.resumed == twice.resumed > 0
    assert twice.ages == {w: tuple(2 * n for n in buckets) for w, buckets in snapshot.ages.items()}
    assert len(twice.keys) == len(snapshot.keys) == 2
    capacity = Statistic.CAPACITY_BYTES
    assert snapshot.store is not None and twice.store is not None
    assert twice.store[capacity] == 2 * snapshot.store[capacity] > 0
    shared = snapshot.plus(snapshot, shared_store=True).store
    assert shared is not None and shared[capacity] == snapshot.store[capacity]


def test_workers_add_up_on_a_board_even_those_that_were_killed() -> None:
    server, board = libresume.Server("random:"), Board(2)
    assert board.total() == {}

    def work(worker: int, times: int) -> None:
        board.take(worker)
        for _ in range(times):
            server.count(Path.TLS13_TICKET, Reason.RESUMED)
        board.publish(worker, server, {"pid": os.getpid()})

    for worker, times in ((0, 3), (1, 4), (0, 5)):  # the second in slot 0 replaces the first
        before = board.version()
        in_child(partial(work, worker, times))
        assert board.version() != before
    assert server.counters() == {}
    assert board.total()["default"].counters == {(Path.TLS13_TICKET, Reason.RESUMED): 12}
    labels = {"server": "default", "path": "tls13_ticket", "mode": "ticket"}
    assert of(samples(metrics.exposition(board)), "libresume_resumed_total", **labels) == 12
    shown = [board.read(worker) for worker in range(2)]
    assert shown[0] and shown[1] and shown[0][1] != shown[1][1]


def test_a_half_written_slot_shows_what_was_before() -> None:
    server, board = counted(), Board(1)
    board.publish(0, server, "first")
    board.publish(0, server, "second")
    start = board._start(0, 0)  # the second went there
    board._memory[start + 100] ^= 1
    found = board.read(0)
    assert found is not None and found[1] == "first"


def test_a_reader_never_sees_a_mixture_while_a_worker_writes() -> None:
    server, board = libresume.Server("random:"), Board(1)
    child = os.fork()
    if child == 0:
        while True:
            server.count(Path.NONE, Reason.NOT_OFFERED)
            number = server.counter(Path.NONE, Reason.NOT_OFFERED)
            board.publish(0, server, str(number) * 200)
    try:
        last = 0
        while last < 500:
            found = board.read(0)
            if found is not None:
                number = found[0]["default"].counters[Path.NONE, Reason.NOT_OFFERED]
                assert found[1] == str(number) * 200 and number >= last
                last = number
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_what_does_not_fit_is_told_and_what_was_there_stays() -> None:
    server, board = counted(), Board(1)
    board.publish(0, server, "kept")
    with pytest.raises(ValueError, match="do not fit"):
        board.publish(0, server, "x" * (1 << 16))
    found = board.read(0)
    assert found is not None and found[1] == "kept"
    with pytest.raises(IndexError, match="worker 1 of 1"):
        board.publish(1, server)
    with pytest.raises(ValueError, match="needs a worker"):
        Board(0)


def test_a_store_that_all_share_counts_once_after_a_worker_was_replaced() -> None:
    full = dict.fromkeys(Statistic, 0) | {Statistic.ENTRIES: 7, Statistic.PUTS: 5}
    snapshot = replace(Snapshot.of(counted()), store=full)
    for shared in (False, True):
        after = snapshot.after(snapshot, shared).store
        assert after is not None
        assert (after[Statistic.ENTRIES], after[Statistic.PUTS]) == (7, 10)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_real_handshakes_are_counted(certificate: FilePath, version: str) -> None:
    context, client = tls.server_context(certificate, version), tls.client_context(version)
    server = libresume.Server("random:")
    libresume.attach(context, server=server)
    first = tls.visit(context, client)
    again = tls.visit(context, client, first.session)
    assert (first.reused, again.reused) == (False, True)
    snapshot = Snapshot.of(server)
    assert (snapshot.handshakes, snapshot.resumed) == (2, 1)
    assert sum(snapshot.ages[Histogram.TICKET_AGE]) == sum(snapshot.ages[Histogram.KEY_AGE]) == 1
    labels = {"path": f"tls{version.replace('.', '')}_ticket", "mode": "ticket"}
    found = samples(metrics.exposition(server))
    assert of(found, "libresume_resumed_total", server="default", **labels) == 1


def test_without_prometheus_client_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "import libresume; from libresume import metrics\n"
        "server = libresume.Server('random:')\n"
        "print(metrics.Snapshot.of(server).handshakes)\n"
        "for call in (metrics.Collector, metrics.register, metrics.exposition):\n"
        "    try: call(server)\n"
        "    except ImportError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    said = "libresume.metrics needs prometheus_client: pip install 'libresume[metrics]'"
    assert done.stdout.splitlines() == ["0", said, said, said]
