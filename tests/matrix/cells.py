# SPDX-License-Identifier: Apache-2.0
"""One offer of one session: what the matrix is made of."""

from __future__ import annotations

from dataclasses import asdict, dataclass

# Why a session must not resume, though the server has all that it takes.
ANOTHER_NAME = "another server name"
ANOTHER_KEY = "another key"
CERTIFICATE = "a client certificate is asked for"
EXPIRED = "expired"
REFUSALS = (ANOTHER_NAME, ANOTHER_KEY, CERTIFICATE, EXPIRED)


@dataclass(frozen=True)
class Cell:
    """A session that began at one server and was offered to another."""

    tls: str
    mode: str
    fleet: str
    origin: str
    target: str
    expected: str
    seen: str = ""
    reason: str = ""  # why it must be full, where it must

    @property
    def ok(self) -> bool:
        return self.seen == self.expected

    @property
    def refused(self) -> bool:
        """It could resume and must not; else a reason says why it cannot."""
        return self.reason in REFUSALS

    def row(self) -> dict[str, object]:
        """As --json has it."""
        made = asdict(self)
        made["from"], made["to"] = made.pop("origin"), made.pop("target")
        return {**made, "ok": self.ok}
