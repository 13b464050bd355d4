# SPDX-License-Identifier: Apache-2.0
"""The matrix, whole: `./dev matrix` shows it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from matrix import STOCK, VERSIONS, all_cells


def test_matrix(tmp_path: Path) -> None:
    cells = list(all_cells(tmp_path))
    assert [cell for cell in cells if not cell.ok] == []
    attached = len({cell.origin for cell in cells if cell.mode == "stored"})
    assert attached >= 2
    inside = [c for c in cells if c.mode == "tickets" and c.expected == "resumed"]
    assert len(inside) == len(STOCK) * len(VERSIONS) * ((attached + 1) ** 2 + attached)
