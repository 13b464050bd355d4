# SPDX-License-Identifier: Apache-2.0
"""How each handshake of an SSL context ended and why, and a log of the last ones. No sockets."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import libresume
from libresume import Path, Reason, metrics
from libresume._snapshot import ISSUES, RESUMED

BIN_S = 5
BINS = 60  # five minutes
RECENT = 30

Handshake = dict[str, Any]
Counters = Mapping[tuple[Path, Reason], int]


def reason_of(counted: Counters, resumed: bool) -> tuple[Path, Reason]:
    """The one reason among what was counted during a handshake.

    TLS 1.3's clients send a session ID that means nothing, which TLS 1.2 looks up all the same:
    beside "not offered" its answer says nothing.
    """
    pairs = [pair for pair, number in counted.items() if number and pair[1] not in ISSUES]
    if resumed:
        pairs = [pair for pair in pairs if pair[1] in RESUMED]
    pairs.sort(key=lambda pair: pair[1] != Reason.NOT_OFFERED)
    return pairs[0] if pairs else (Path.NONE, Reason.FAILED)


def watch(
    context: ssl.SSLContext, server: libresume.Server, done: Callable[[Handshake], None]
) -> None:
    """Calls ``done`` for each finished handshake of the context's SSLObjects, as asyncio has.

    The server's counters around each step of a handshake tell its reason: one thread only may
    make handshakes with this server.
    """

    class Watched(ssl.SSLObject):
        """Remembers how its handshake ended, in ``verdict``."""

        verdict: Handshake | None = None
        _mine: Counters = {}  # noqa: RUF012 - never changed: each object gets its own

        def do_handshake(self) -> None:
            """A step of the handshake, or all of it."""
            before = server.counters()
            try:
                super().do_handshake()
            finally:
                grown = {p: n - before.get(p, 0) for p, n in server.counters().items()}
                self._mine = {p: self._mine.get(p, 0) + n for p, n in grown.items()}
            if self.verdict is None:
                resumed = bool(self.session_reused)
                path, reason = reason_of(self._mine, resumed)
                self.verdict = {
                    "at": round(time.time(), 3),
                    "tls": (self.version() or "").removeprefix("TLSv"),
                    "resumed": resumed,
                    "mode": metrics.MODES[path],
                    "reason": reason.name.lower(),
                }
                done(self.verdict)

    context.sslobject_class = Watched


class Log:
    """The last handshakes of a worker, and how many of all resumed in each five seconds."""

    def __init__(self, worker: int, before: Mapping[str, Any] | None = None) -> None:
        """Begins where the worker before in this place stopped, as ``shown()`` told."""
        self._worker = worker
        self._recent: deque[Handshake] = deque((before or {}).get("recent", ()), RECENT)
        self._bins: dict[int, list[int]] = {
            at: [r, n] for at, r, n in (before or {}).get("bins", ())
        }

    def add(self, handshake: Handshake) -> None:
        """Notes a handshake; it learns which worker made it."""
        handshake["worker"] = self._worker
        self._recent.append(handshake)
        now = int(handshake["at"]) // BIN_S
        counted = self._bins.setdefault(now, [0, 0])
        counted[0] += handshake["resumed"]
        counted[1] += 1
        for old in [at for at in self._bins if at <= now - BINS]:
            del self._bins[old]

    def shown(self) -> dict[str, Any]:
        """All of it, in JSON's types."""
        return {
            "recent": list(self._recent),
            "bins": [[at, *counted] for at, counted in self._bins.items()],
        }
