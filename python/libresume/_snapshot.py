# SPDX-License-Identifier: Apache-2.0
"""All numbers of a server at one time, and their sum over processes. Nothing is published here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from libresume._enums import Histogram, Path, Reason, Statistic
from libresume._keyring import KeyInfo
from libresume._server import Server

RESUMED = frozenset({Reason.RESUMED, Reason.RENEWED})
"""The reasons of handshakes that resumed."""

ISSUES = frozenset(
    {
        Reason.ISSUED,
        Reason.NOT_ISSUED_NO_KEY,
        Reason.NOT_ISSUED_TOO_LARGE,
        Reason.NOT_ISSUED_BY_POLICY,
        Reason.NOT_ISSUED_FAILED,
    }
)
"""The reasons that tell what became of a ticket or session to issue; all others are handshakes'."""

GAUGES = frozenset(
    {
        Statistic.ENTRIES,
        Statistic.BYTES,
        Statistic.CAPACITY_BYTES,
        Statistic.CAPACITY_ENTRIES,
        Statistic.QUEUED,
        Statistic.CONNECTIONS,
        Statistic.BREAKER,
        Statistic.REPLACED,
    }
)
"""The statistics that tell how things are now; all others only grow."""

# What the processes of a shared store all see the same of.
_OF_THE_STORE = frozenset(
    {
        Statistic.ENTRIES,
        Statistic.BYTES,
        Statistic.CAPACITY_BYTES,
        Statistic.CAPACITY_ENTRIES,
        Statistic.EMPTIED,
        Statistic.REPLACED,
    }
)


@dataclass(frozen=True)
class Snapshot:
    """What a server counted, since it was made, in this process or in several together."""

    counters: Mapping[tuple[Path, Reason], int] = field(default_factory=dict)
    ages: Mapping[Histogram, tuple[int, ...]] = field(default_factory=dict)
    """Buckets as ``Server.histogram()`` gives them."""
    store: Mapping[Statistic, int] | None = None
    """None without a store. ``BREAKER`` is how many processes have a breaker that is not closed."""
    keys: tuple[KeyInfo, ...] = ()
    """Empty for a server without a keyring."""

    @classmethod
    def of(cls, server: Server) -> Self:
        """Reads all numbers of a server."""
        store, keyring = server.store, server.keyring
        statistics = None if store is None else store.statistics()
        if statistics is not None:
            statistics[Statistic.BREAKER] = int(statistics[Statistic.BREAKER] != 0)
        ages = {which: tuple(server.histogram(which)) for which in Histogram}
        keys = () if keyring is None else tuple(keyring.keys())
        return cls(server.counters(), ages, statistics, keys)

    @property
    def handshakes(self) -> int:
        """All handshakes that the server decided about."""
        return sum(number for (_, reason), number in self.counters.items() if reason not in ISSUES)

    @property
    def resumed(self) -> int:
        """Those of them that resumed."""
        return sum(number for (_, reason), number in self.counters.items() if reason in RESUMED)

    def plus(self, other: Snapshot, shared_store: bool = False) -> Self:
        """The sum of two processes' numbers.

        shared_store: both have the same store, whose entries and size then count once.
        """
        store = self.store if other.store is None else other.store
        if self.store is not None and other.store is not None:
            store = {}
            for which in Statistic:
                pair = self.store.get(which, 0), other.store.get(which, 0)
                once = shared_store and which in _OF_THE_STORE
                store[which] = max(pair) if once else sum(pair)
        buckets = {
            which: tuple(map(sum, zip(self.ages[which], other.ages[which], strict=True)))
            if which in self.ages and which in other.ages
            else (self.ages.get(which) or other.ages.get(which) or ())
            for which in {*self.ages, *other.ages}
        }
        counters = Counter(self.counters) + Counter(other.counters)
        return replace(
            self, counters=counters, ages=buckets, store=store, keys=_merge(self.keys, other.keys)
        )

    def after(self, ended: Snapshot, shared_store: bool = False) -> Self:
        """These numbers with those that a process before this one had counted when it ended.

        Of the one that ended only what grows is taken: its entries and connections are gone.
        """
        kept = None
        if ended.store is not None:
            gone = GAUGES | (_OF_THE_STORE if shared_store else frozenset())
            kept = {which: 0 if which in gone else n for which, n in ended.store.items()}
        names = {key.name for key in self.keys}
        keys = tuple(key for key in ended.keys if key.name in names)
        return self.plus(replace(ended, store=kept, keys=keys))

    def to_json(self) -> dict[str, Any]:
        """The snapshot in JSON's types, for ``from_json()`` in another process."""
        return {
            "counters": [[*pair, number] for pair, number in self.counters.items()],
            "ages": [[which, *buckets] for which, buckets in self.ages.items()],
            "store": None if self.store is None else [[*pair] for pair in self.store.items() if pair[1]],
            "keys": [
                [k.name.hex(), k.role, k.seal_from_ms, k.seal_until_ms, k.open_until_ms, k.seals]
                for k in self.keys
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``to_json()`` gave."""
        store = None
        if data["store"] is not None:
            store = dict.fromkeys(Statistic, 0) | {Statistic(w): n for w, n in data["store"]}
        return cls(
            {(Path(path), Reason(reason)): number for path, reason, number in data["counters"]},
            {Histogram(which): tuple(buckets) for which, *buckets in data["ages"]},
            store,
            tuple(KeyInfo(bytes.fromhex(name), *rest) for name, *rest in data["keys"]),
        )


def _merge(ours: tuple[KeyInfo, ...], theirs: tuple[KeyInfo, ...]) -> tuple[KeyInfo, ...]:
    """The keys of both by name, newest first; what they sealed is added."""
    merged = {key.name: key for key in ours}
    for key in theirs:
        known = merged.get(key.name)
        merged[key.name] = key if known is None else replace(known, seals=known.seals + key.seals)
    return tuple(sorted(merged.values(), key=lambda key: key.seal_from_ms, reverse=True))
