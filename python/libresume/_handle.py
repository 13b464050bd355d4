# SPDX-License-Identifier: Apache-2.0
"""What all objects of the package share: a handle that owns one reference to a C object.

The C object lives as long as anything refers to it, from Python or from C, so objects may be
dropped in any order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Self, TypeVar

from libresume import _low
from libresume._errors import Error

H = TypeVar("H")

Bytes = bytes | bytearray | memoryview
"""What a call that takes bytes accepts; it copies what it keeps."""


class Handle(Generic[H]):
    """An object of the library. As a context manager it is closed at the end."""

    __slots__ = ("__weakref__", "_held")

    _held: H | None

    @classmethod
    def _own(cls, handle: H) -> Self:
        """Wraps a handle that the library gave."""
        made = cls.__new__(cls)
        made._held = handle
        return made

    @property
    def _handle(self) -> H:
        held: H | None = getattr(self, "_held", None)
        if held is None:
            raise ValueError(f"the {type(self).__name__} is closed")
        return held

    def close(self) -> None:
        """Release the object now; every other call then raises ``ValueError``.

        What others built on it keep their own references and go on working.
        """
        self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        """Whether both are the same object of the library."""
        if not isinstance(other, type(self)):
            return NotImplemented
        return _low.address(self._handle) == _low.address(other._handle)

    def __hash__(self) -> int:
        return hash(_low.address(self._handle))

    def __repr__(self) -> str:
        state = " closed" if getattr(self, "_held", None) is None else ""
        return f"<libresume.{type(self).__name__}{state}>"


def clock(now_ms: int | None) -> int:
    """The time to work with: the caller's, or the system's, in Unix milliseconds."""
    return time.time_ns() // 1_000_000 if now_ms is None else now_ms


@contextmanager
def reasons(why: Callable[[H], str], options: H) -> Iterator[None]:
    """Gives an exception the reason that stands on the options object."""
    try:
        yield
    except Error as error:
        text = why(options)
        if not text:
            raise
        raise type(error)(error.status, text) from None
