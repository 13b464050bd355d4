# SPDX-License-Identifier: Apache-2.0
"""Exceptions: failures of the library's surroundings, and contracts that the caller broke.

Answers about hostile or unlucky input (a forged ticket, an expired session) are no exceptions:
they come back as ``Status``. No memory is Python's own ``MemoryError``.
"""

from __future__ import annotations

from libresume import _low
from libresume._enums import Status


class Error(Exception):
    """Any failure; ``status`` tells which."""

    status: Status

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status

    def __reduce__(self) -> tuple[type[Error], tuple[Status, str]]:
        return type(self), (self.status, str(self))


class InvalidError(Error, ValueError):
    """A value that no call could use: the text names it."""


class CryptoError(Error):
    """libcrypto or the system's random source failed."""


class AccessError(Error, OSError):
    """A file or a backend could not be reached, read or written."""


class StateError(Error, RuntimeError):
    """Not possible in the object's present state."""


class UnsupportedError(Error, RuntimeError):
    """Asked for what this build, or this Python, does not have."""


_CLASSES: dict[Status, type[Error]] = {
    Status.E_INVALID: InvalidError,
    Status.E_CRYPTO: CryptoError,
    Status.E_IO: AccessError,
    Status.E_STATE: StateError,
    Status.E_UNSUPPORTED: UnsupportedError,
}


def make_error(status: int, text: str) -> Error:
    """The exception for a negative status; called by the extension."""
    known = Status(status) if status in Status._value2member_map_ else Status.E_STATE
    return _CLASSES.get(known, Error)(known, text)


def refuse(status: Status, text: str) -> InvalidError:
    """The exception of a constructor that got an answer instead of an object."""
    return InvalidError(status, text or status.text)


_low.set_types(make_error, tuple(Status(value) for value in range(max(Status) + 1)))
