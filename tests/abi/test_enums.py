# SPDX-License-Identifier: Apache-2.0
"""Values of enumerations are appended, never renumbered: the golden table holds each."""

from __future__ import annotations

from pathlib import Path

import headers
import update


def test_values_are_the_golden_ones(tmp_path: Path) -> None:
    now = headers.values(headers.enumerators(), tmp_path)
    assert now == update.golden(), "run ./dev abi-baseline, if you appended a value"


def test_renumbering_is_refused() -> None:
    old = {"RESUME_OK": 0, "RESUME_MISS": 1}
    assert update.renumbered(old, {"RESUME_OK": 0, "RESUME_MISS": 1, "RESUME_NEW": 2}) == []
    assert update.renumbered(old, {"RESUME_OK": 0, "RESUME_MISS": 2}) == ["RESUME_MISS"]
    assert update.renumbered(old, {"RESUME_OK": 0}) == ["RESUME_MISS"]
    assert update.renumbered({"RESUME_VERSION": 100}, {"RESUME_VERSION": 200}) == []
