# SPDX-License-Identifier: Apache-2.0
"""What the probe says about a server, one sentence each. Not how it found out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Grade(StrEnum):
    """How a check came out. Only BAD fails the probe."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Verdict:
    """One check at one place. ``facts`` are for programs; nothing in them is secret."""

    grade: Grade
    check: str
    why: str
    address: str = ""
    version: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data, under the names that ``--json`` promises."""
        made = asdict(self)
        made["grade"] = str(self.grade)
        return made


def span(seconds: float) -> str:
    """A time in the largest unit that leaves no more than one place behind the point."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= size and seconds % (size / 10) == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} seconds"
