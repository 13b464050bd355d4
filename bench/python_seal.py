# SPDX-License-Identifier: Apache-2.0
"""What Python adds to sealing a ticket: Codec.seal() against the same C call in a C loop.

Prints one JSON object. Both are measured in this process, in turns, and the best turn of each
counts: what slows a turn down is another process, not the code.
"""

from __future__ import annotations

import json
import os
import time

import libresume

TARGET = 1.3


def python_ns(codec: libresume.Codec, rounds: int) -> float:
    """Nanoseconds for each seal of 200 bytes, the loop around it included."""
    data = bytes([1]) + bytes(199)
    seal = codec.seal
    began = time.perf_counter_ns()
    for _ in range(rounds):
        seal(data)
    return (time.perf_counter_ns() - began) / rounds


def main() -> None:
    """Measures and prints."""
    quick = "LIBRESUME_BENCH_QUICK" in os.environ
    rounds, turns = (2_000, 3) if quick else (50_000, 15)
    codec = libresume.Codec(libresume.Keyring("random:", max_seals=0))
    ours, peers = [], []
    for _ in range(turns):
        ours.append(python_ns(codec, rounds))
        peers.append(codec._bench_seal(rounds))
    value, peer = min(ours), min(peers)
    row = {
        "name": "python seal 200 B",
        "value": round(value, 1),
        "unit": "ns",
        "peer": "C call",
        "peer_value": round(peer, 1),
        "ratio": round(value / peer, 3),
        "target": f"<= {TARGET}",
        "ok": value / peer <= TARGET,
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
