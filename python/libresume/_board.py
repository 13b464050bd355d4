# SPDX-License-Identifier: Apache-2.0
"""Shared memory in which the workers of a pre-fork server show their numbers to each other.

Each worker writes its own slot only, any process may read all of them, and nobody waits: there is
no lock that a killed worker could leave behind. Not for processes that were not forked from one.
"""

from __future__ import annotations

import json
import mmap
import struct
import time
import zlib
from collections.abc import Mapping
from typing import Any

from libresume._server import Server
from libresume._snapshot import Snapshot

_HEAD = struct.Struct("<QII")  # sequence, length, checksum of both and of the bytes
_TRIES = 50

Servers = Server | Mapping[str, Server]


def named(servers: Servers) -> Mapping[str, Server]:
    """Servers by name; one alone is called "default"."""
    return {"default": servers} if isinstance(servers, Server) else servers


class Board:
    """Slots for so many workers. Make it before the fork; each worker publishes now and then.

    A slot has two halves, written in turn, each with a checksum: who reads while a half is being
    written, or after its writer was killed, takes the other one.
    """

    def __init__(self, workers: int, *, shared_store: bool = False, room: int = 1 << 16) -> None:
        """Makes the memory.

        workers: how many slots.
        shared_store: the workers' store is one for all (``shm:``), so its size counts once.
        room: bytes for what one worker publishes.
        """
        if workers < 1 or room <= _HEAD.size:
            raise ValueError("a board needs a worker and room for its numbers")
        self.workers = workers
        self.shared_store = shared_store
        self._room = room
        self._memory = mmap.mmap(-1, 2 * room * workers)
        self._sequence = [0] * workers
        self._seen: dict[int, tuple[int, dict[str, Any]]] = {}
        self._ended: dict[int, dict[str, Snapshot]] = {}

    def take(self, worker: int) -> None:
        """Makes this process the worker of a slot; what one before it counted is kept.

        So a counter of all workers never falls when one of them is replaced.
        """
        found = self._newest(worker)  # refuses a worker that is not there
        self._sequence[worker] = 0 if found is None else found[0]
        self._ended[worker] = {} if found is None else _snapshots(found[1])

    def publish(self, worker: int, servers: Servers, extra: Any = None) -> None:
        """Writes this process's numbers, and what else there is to show, into its slot.

        extra: anything that JSON can hold. Raises ValueError if all of it exceeds the room.
        """
        self._start(worker, 0)  # refuses a worker that is not there
        shown = {}
        for name, server in named(servers).items():
            ended = self._ended.get(worker, {}).get(name)
            now = Snapshot.of(server)
            shown[name] = (now if ended is None else now.after(ended, self.shared_store)).to_json()
        text = json.dumps({"servers": shown, "extra": extra}, separators=(",", ":")).encode()
        if len(text) > self._room - _HEAD.size:
            raise ValueError(f"{len(text)} bytes do not fit into a slot of {self._room}")
        sequence = self._sequence[worker] = self._sequence[worker] + 1
        head = _HEAD.pack(sequence, len(text), _checksum(sequence, text))
        at = self._start(worker, sequence & 1)
        self._memory[at : at + len(head) + len(text)] = head + text

    def read(self, worker: int) -> tuple[dict[str, Snapshot], Any] | None:
        """A worker's numbers by server, and its extra; None if it has not published yet."""
        found = self._newest(worker)
        return None if found is None else (_snapshots(found[1]), found[1]["extra"])

    def version(self) -> tuple[int, ...]:
        """Something that differs when a worker has published since."""
        return tuple(
            max(_HEAD.unpack_from(self._memory, self._start(worker, half))[0] for half in (0, 1))
            for worker in range(self.workers)
        )

    def total(self) -> dict[str, Snapshot]:
        """The sum over all workers, by server."""
        sums: dict[str, Snapshot] = {}
        for worker in range(self.workers):
            found = self.read(worker)
            for name, snapshot in (found[0] if found else {}).items():
                known = sums.get(name)
                sums[name] = snapshot if known is None else known.plus(snapshot, self.shared_store)
        return sums

    def _start(self, worker: int, half: int) -> int:
        if not 0 <= worker < self.workers:
            raise IndexError(f"worker {worker} of {self.workers}")
        return (2 * worker + half) * self._room

    def _newest(self, worker: int) -> tuple[int, dict[str, Any]] | None:
        """The newest numbers that were ever seen whole: never older ones than the time before."""
        seen = self._seen.get(worker)
        for _ in range(_TRIES):
            halves = [self._half(worker, half) for half in (0, 1)]
            whole = [found for found in halves if found is not None]
            if whole:
                sequence, text = max(whole)
                if seen is None or sequence > seen[0]:
                    seen = self._seen[worker] = sequence, json.loads(text)
                return seen
            if seen is not None or not self.version()[worker]:
                return seen
            time.sleep(0.001)  # written twice while we read: the writer is quick
        return seen

    def _half(self, worker: int, half: int) -> tuple[int, bytes] | None:
        at = self._start(worker, half)
        sequence, length, checksum = _HEAD.unpack_from(self._memory, at)
        if sequence == 0 or length > self._room - _HEAD.size:
            return None
        text = self._memory[at + _HEAD.size : at + _HEAD.size + length]
        return (sequence, text) if _checksum(sequence, text) == checksum else None


def _checksum(sequence: int, text: bytes) -> int:
    return zlib.crc32(text, sequence & 0xFFFFFFFF)


def _snapshots(data: Mapping[str, Any]) -> dict[str, Snapshot]:
    return {name: Snapshot.from_json(found) for name, found in data["servers"].items()}
