# SPDX-License-Identifier: Apache-2.0
"""Sessions by session ID. Not the decision whether a session may resume: that is ``Server``."""

from __future__ import annotations

from libresume import _low
from libresume._enums import Statistic, Status
from libresume._errors import refuse
from libresume._handle import Bytes, Handle, clock, reasons
from libresume._session import Session


class Store(Handle["_low._StoreHandle"]):
    """Keeps copies of sessions. Internally locked; other threads run while a call waits."""

    __slots__ = ()

    def __init__(self, url: str = "memory:", secret: Bytes | None = None) -> None:
        """Opens the store that a URL describes, such as ``memory:?bytes=64M``.

        A remote store, such as ``redis://cache:6379/0`` or
        ``memcached://cache``, needs a secret of at least 32 bytes, the
        same in all processes that share it, or a file of it: ``secret=/path`` in the URL. Nothing
        connects yet. Raises InvalidError for an unknown scheme, parameter or unit, which the text
        names, UnsupportedError for a scheme that this build lacks, AccessError for a secret that
        cannot be read.
        """
        _, options = _low.store_options_new()
        with reasons(_low.store_options_why, options):
            if secret is not None:
                _low.store_options_set_secret(options, secret)
            status, store = _low.store_from_url(url, options)
        if store is None:
            raise refuse(status, _low.store_options_why(options))
        self._held = store

    def put(self, session: Session, now_ms: int | None = None) -> Status:
        """Puts a copy of a session under its own ID, until it expires or must make room.

        Answers OK, or EXISTS, EXPIRED, TOO_LARGE, UNSUPPORTED (not resumable) or NO_KEY. Raises
        InvalidError for a session without an ID, AccessError if the backend failed.
        """
        return _low.store_put(self._handle, session._handle, clock(now_ms))

    def get(self, session_id: Bytes, now_ms: int | None = None) -> tuple[Status, Session | None]:
        """Looks a session up by its ID of 1 to 32 bytes; OK, or without one MISS or EXPIRED."""
        status, handle = _low.store_get(self._handle, session_id, clock(now_ms))
        return status, None if handle is None else Session._own(handle)

    def take(self, session_id: Bytes, now_ms: int | None = None) -> tuple[Status, Session | None]:
        """Looks a session up and removes it; of many takes at once exactly one gets it."""
        status, handle = _low.store_take(self._handle, session_id, clock(now_ms))
        return status, None if handle is None else Session._own(handle)

    def remove(self, session_id: Bytes) -> Status:
        """Removes a session: OK, or MISS if it was not there."""
        return _low.store_remove(self._handle, session_id)

    def put_record(
        self, session_id: Bytes, data: Bytes, expires_ms: int, now_ms: int | None = None
    ) -> Status:
        """Puts any bytes under an ID until ``expires_ms``, in Unix milliseconds."""
        return _low.store_put_record(self._handle, session_id, data, expires_ms, clock(now_ms))

    def get_record(
        self, session_id: Bytes, now_ms: int | None = None
    ) -> tuple[Status, bytes | None]:
        """Looks bytes up; OK, or without them MISS or EXPIRED."""
        return _low.store_get_record(self._handle, session_id, clock(now_ms))

    def take_record(
        self, session_id: Bytes, now_ms: int | None = None
    ) -> tuple[Status, bytes | None]:
        """Looks bytes up and removes them in one step."""
        return _low.store_take_record(self._handle, session_id, clock(now_ms))

    def sweep(self, max_entries: int = 10_000, now_ms: int | None = None) -> None:
        """Drops expired entries, looking at so many; the next call goes on where it stopped."""
        _low.store_sweep(self._handle, clock(now_ms), max_entries)

    def statistic(self, which: Statistic) -> int:
        """One number about the store; in use it may be a little behind."""
        _, value = _low.store_stats(self._handle, which)
        return value

    def statistics(self) -> dict[Statistic, int]:
        """All numbers about the store."""
        return {which: self.statistic(which) for which in Statistic}
