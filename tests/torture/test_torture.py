# SPDX-License-Identifier: Apache-2.0
"""The short form of each proof of run.py; `./dev torture` runs the long ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from run import Proof, all_proofs, rows_of


@pytest.mark.parametrize("proof", all_proofs(), ids=lambda proof: proof.name)
def test_torture(proof: Proof) -> None:
    for row in rows_of(proof.short):
        assert row["ok"], row
        assert row["rounds"] > 0
