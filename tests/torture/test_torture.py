# SPDX-License-Identifier: Apache-2.0
"""The short form of each proof of run.py, which `./dev torture` runs at length; the rotation of keys
under load whole, for its minute is what was promised."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from run import Proof, Row, key_proofs, remote_proofs, rows_of, shm_proofs


def check(rows: list[Row]) -> None:
    assert rows
    for row in rows:
        assert row["ok"], row
        assert row["rounds"] > 0


@pytest.mark.parametrize("proof", shm_proofs() + remote_proofs(), ids=lambda proof: proof.name)
def test_torture(proof: Proof) -> None:
    check(list(rows_of(proof.short)))


def test_rotation() -> None:
    """All schemes at once, each with servers of its own: they wait more than they work."""
    with ThreadPoolExecutor() as together:
        for rows in together.map(lambda proof: list(rows_of(proof.full)), key_proofs()):
            check(rows)
