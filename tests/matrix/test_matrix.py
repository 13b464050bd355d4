# SPDX-License-Identifier: Apache-2.0
"""The matrix, whole: `./dev matrix` shows it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cells import REFUSALS
from matrix import STOCK, VERSIONS, all_cells


def test_matrix(tmp_path: Path) -> None:
    cells = list(all_cells(tmp_path))
    assert [cell for cell in cells if not cell.ok] == []
    # Without Go it is a smaller one; see ./dev.
    attached = 5 if os.environ.get("LIBRESUME_TEST_GO") == "no" else 6
    for tls in VERSIONS:
        for fleet, (stock, _) in STOCK.items():
            group = [c for c in cells if (c.tls, c.mode, c.fleet) == (tls, "tickets", fleet)]
            resumed = [c for c in group if c.seen == "resumed"]
            # Each of the fleet at each, and the stranger's at all that are attached and its own.
            assert len(resumed) == (attached + 1) ** 2 + attached + 1
            assert len({c.target for c in resumed if c.origin == stock}) == attached + 1
            assert {c.reason for c in group if c.refused} == set(REFUSALS)
            assert sum(c.refused for c in group) == attached * len(REFUSALS)
    assert all(cell.reason for cell in cells if cell.seen == "full")
