# SPDX-License-Identifier: Apache-2.0
"""What Python adds to sealing and opening a ticket: Codec's calls against the same in a C loop.

Prints a JSON object for each. Both sides are measured in this process, in turns, and the best turn of
each counts: what slows a turn down is another process, not the code.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

import libresume


def python_ns(call: Callable[[bytes], object], data: bytes, rounds: int) -> float:
    """Nanoseconds for each call, the loop around it included."""
    began = time.perf_counter_ns()
    for _ in range(rounds):
        call(data)
    return (time.perf_counter_ns() - began) / rounds


def show(
    name: str,
    call: Callable[[bytes], object],
    data: bytes,
    peer_ns: Callable[[int], float],
    target: float | None = None,
) -> None:
    """Measures and prints a row."""
    quick = "LIBRESUME_BENCH_QUICK" in os.environ
    rounds, turns = (2_000, 3) if quick else (50_000, 15)
    ours, peers = [], []
    for _ in range(turns):
        ours.append(python_ns(call, data, rounds))
        peers.append(peer_ns(rounds))
    value, peer = min(ours), min(peers)
    row = {
        "name": name,
        "value": round(value, 1),
        "unit": "ns",
        "peer": "C call",
        "peer_value": round(peer, 1),
        "ratio": round(value / peer, 3),
        "target": target and f"<= {target}",
        "ok": target and value / peer <= target,
    }
    print(json.dumps(row))


def main() -> None:
    """Measures and prints."""
    codec = libresume.Codec(libresume.Keyring("random:", max_seals=0))
    data = bytes([1]) + bytes(199)
    ticket = codec.seal(data)
    assert ticket is not None
    show("python seal 200 B", codec.seal, data, codec._bench_seal, target=1.3)
    show("python open 200 B", codec.open, ticket, codec._bench_open)


if __name__ == "__main__":
    main()
