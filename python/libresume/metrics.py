# SPDX-License-Identifier: Apache-2.0
"""The counters of servers for Prometheus, over the package prometheus_client.

    libresume.metrics.register(server)                   # into prometheus_client's own registry
    libresume.metrics.exposition({"web": server, "mail": other})  # as text, for a handler of yours

Pre-fork servers make a ``Board`` before the fork, on which their workers publish, and give it in
place of servers: then every worker tells the sum of all. Importing this needs no other package;
what talks to Prometheus raises ImportError without prometheus_client. The names are an interface:
they stay. They stand in the project's docs/metrics.md.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from libresume._board import Board, Servers, named
from libresume._enums import Histogram, Path, Statistic
from libresume._keyring import FOREVER_MS
from libresume._snapshot import GAUGES, ISSUES, RESUMED, Snapshot

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The Content-Type of what ``exposition()`` gives."""

MODES = {
    Path.NONE: "none",
    Path.TLS12_TICKET: "ticket",
    Path.TLS12_SESSION_ID: "session_id",
    Path.TLS13_TICKET: "ticket",
    Path.TLS13_STORED: "session_id",
}
"""What a path means to those who do not care for the version: the label ``mode``."""

_AGES = {
    Histogram.TICKET_AGE: (
        "libresume_ticket_age_seconds",
        "Age of each session that resumed, since it was made or renewed.",
    ),
    Histogram.KEY_AGE: (
        "libresume_ticket_key_age_seconds",
        "Age of the key of each ticket that opened, since the key began to seal.",
    ),
}

_STORE = {
    Statistic.ENTRIES: "Sessions now in the store.",
    Statistic.BYTES: "Bytes that they take.",
    Statistic.CAPACITY_BYTES: "Bytes that the store never exceeds.",
    Statistic.CAPACITY_ENTRIES: "Entries that the store never exceeds.",
    Statistic.HITS: "Look-ups that found something.",
    Statistic.MISSES: "Look-ups that did not, for whatever reason.",
    Statistic.PUTS: "Entries put or replaced.",
    Statistic.EVICTIONS: "Entries that had to go to make room.",
    Statistic.EXPIRED: "Entries that went because their time was over.",
    Statistic.REMOVES: "Entries removed or taken.",
    Statistic.REFUSED: "Puts that were not stored.",
    Statistic.ERRORS: "Failures of the backend, and records it spoilt.",
    Statistic.QUEUED: "Puts that wait now to be sent.",
    Statistic.DROPPED: "Puts that never got there.",
    Statistic.CONNECTIONS: "Connections now open to the backend.",
    Statistic.TIMEOUTS: "Calls that the deadline ended.",
    Statistic.UNREACHABLE: "Connections that could not be made.",
    Statistic.DISCONNECTS: "Connections that broke or carried garbage.",
    Statistic.SKIPPED: "Calls that were not made because the breaker was open.",
    Statistic.BREAKER: "Processes whose breaker is not closed.",
    Statistic.BREAKER_OPENS: "How often a breaker opened.",
    Statistic.REPLIES_DENIED: "Error replies: wrong password, missing permission.",
    Statistic.REPLIES_MOVED: "Error replies: ask another node of a cluster.",
    Statistic.REPLIES_READONLY: "Error replies: a replica.",
    Statistic.REPLIES_FULL: "Error replies: out of memory.",
    Statistic.REPLIES_BUSY: "Error replies: loading, busy, without its master.",
    Statistic.REPLIES_OTHER: "Error replies: anything else.",
    Statistic.EMPTIED: "Shards emptied: a writer died inside, or bytes were damaged.",
    Statistic.REPLACED: "1 if the file that was there was replaced at opening.",
    Statistic.L1_HITS: "Look-ups that the first level answered.",
    Statistic.L2_HITS: "Look-ups that the second level answered.",
    Statistic.SHARED: "Look-ups that waited for an equal one.",
    Statistic.L1_ONLY: "Puts that only the first level has.",
}

_STORE_NAMES = {
    Statistic.BREAKER: "libresume_store_breakers_open",
    Statistic.SHARED: "libresume_store_lookups_shared",
}


def store_metric(which: Statistic) -> str:
    """The name of a store's number in Prometheus."""
    name = _STORE_NAMES.get(which, f"libresume_store_{which.name.lower()}")
    return name if which in GAUGES else f"{name}_total"


class Collector:
    """A collector of prometheus_client: reads the servers, or a board, at each scrape."""

    def __init__(self, source: Servers | Board) -> None:
        """Notes what to read: a server, servers by name (the label ``server``), or a board."""
        _need_prometheus()
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """All metrics, for prometheus_client."""
        if isinstance(self._source, Board):
            snapshots = self._source.total()
        else:
            snapshots = {n: Snapshot.of(server) for n, server in named(self._source).items()}
        yield from _handshakes(snapshots)
        yield from _ages(snapshots)
        yield from _keys(snapshots, time.time())
        yield from _stores(snapshots)

    def describe(self) -> Iterator[Metric]:
        """The same without numbers, so that registering reads nothing."""
        yield from _handshakes({})
        yield from _ages({})
        yield from _keys({}, 0)
        yield from _stores({})


def register(source: Servers | Board, registry: CollectorRegistry | None = None) -> Collector:
    """Registers a collector, in prometheus_client's own registry if none is given.

    Give all servers to one collector: a second one would tell the same names again, which
    prometheus_client refuses with ValueError.
    """
    _need_prometheus()
    from prometheus_client import REGISTRY

    collector: Any = Collector(source)
    (REGISTRY if registry is None else registry).register(collector)
    made: Collector = collector
    return made


def exposition(source: Servers | Board) -> bytes:
    """The numbers in Prometheus' text format, to send as ``CONTENT_TYPE``."""
    _need_prometheus()
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry()
    register(source, registry)
    return generate_latest(registry)


def _need_prometheus() -> None:
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        raise ImportError(
            "libresume.metrics needs prometheus_client: pip install 'libresume[metrics]'",
            name="prometheus_client",
        ) from None


def _handshakes(snapshots: Mapping[str, Snapshot]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily

    labels = ("server", "path", "mode", "reason")
    handshakes = CounterMetricFamily(
        "libresume_handshakes", "Handshakes by how they ended and why.", labels=labels
    )
    resumed = CounterMetricFamily(
        "libresume_resumed", "Handshakes that resumed.", labels=labels[:-1]
    )
    issues = CounterMetricFamily(
        "libresume_issues", "Tickets and stored sessions issued, or not and why.", labels=labels
    )
    for server, snapshot in snapshots.items():
        by_path: dict[Path, int] = {}
        for (path, reason), number in sorted(snapshot.counters.items()):
            values = (server, path.name.lower(), MODES[path], reason.name.lower())
            (issues if reason in ISSUES else handshakes).add_metric(values, number)
            if reason in RESUMED:
                by_path[path] = by_path.get(path, 0) + number
        for path, number in by_path.items():
            resumed.add_metric((server, path.name.lower(), MODES[path]), number)
    yield from (handshakes, resumed, issues)


def _ages(snapshots: Mapping[str, Snapshot]) -> Iterator[Metric]:
    from prometheus_client.core import HistogramMetricFamily

    for which, (name, text) in _AGES.items():
        family = HistogramMetricFamily(name, text, labels=("server",))
        for server, snapshot in snapshots.items():
            buckets, below = [], 0
            counts = snapshot.ages.get(which, ())
            for exponent, number in enumerate(counts):
                below += number
                last = exponent == len(counts) - 1
                buckets.append(("+Inf" if last else str(float(1 << exponent)), below))
            if buckets:
                # There is no sum of ages: the library counts buckets only.
                family.add_metric((server,), buckets, None)
        yield family


def _keys(snapshots: Mapping[str, Snapshot], now: float) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    labels = ("server", "key", "role")
    age = GaugeMetricFamily(
        "libresume_key_age_seconds",
        "Since when a key seals; below zero for one that will.",
        labels=labels,
    )
    ends = GaugeMetricFamily(
        "libresume_key_opens_until_timestamp_seconds",
        "Unix time when a key no longer opens; none for a key without an end.",
        labels=labels,
    )
    seals = CounterMetricFamily(
        "libresume_key_seals", "Tickets sealed with a key.", labels=labels[:-1]
    )
    for server, snapshot in snapshots.items():
        for key in snapshot.keys:
            values = (server, key.name.hex(), key.role)
            age.add_metric(values, now - key.seal_from_ms / 1000)
            if key.open_until_ms != FOREVER_MS:
                ends.add_metric(values, key.open_until_ms / 1000)
            seals.add_metric(values[:-1], key.seals)
    yield from (age, ends, seals)


def _stores(snapshots: Mapping[str, Snapshot]) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for which in Statistic:
        kind = GaugeMetricFamily if which in GAUGES else CounterMetricFamily
        family = kind(store_metric(which).removesuffix("_total"), _STORE[which], labels=("server",))
        for server, snapshot in snapshots.items():
            if snapshot.store is not None:
                family.add_metric((server,), snapshot.store.get(which, 0))
        yield family


__all__ = [
    "CONTENT_TYPE",
    "MODES",
    "Board",
    "Collector",
    "Snapshot",
    "exposition",
    "register",
    "store_metric",
]
