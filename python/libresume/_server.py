# SPDX-License-Identifier: Apache-2.0
"""The decision, made in one place for session IDs and tickets of TLS 1.2 and 1.3."""

from __future__ import annotations

from typing import NamedTuple

from libresume import _low
from libresume._codec import Codec
from libresume._connection import Connection
from libresume._enums import Histogram, Limit, Path, Reason, Status
from libresume._errors import refuse
from libresume._handle import Bytes, Handle, clock, reasons
from libresume._keyring import Keyring
from libresume._policy import Policy
from libresume._session import Session
from libresume._store import Store


class Decision(NamedTuple):
    """OK, RENEW (resume and issue anew), FULL or ABORT; why; and the session if it resumes."""

    status: Status
    reason: Reason
    session: Session | None


class Ticket(NamedTuple):
    """OK and a ticket with the lifetime in seconds to tell the client, or the answer alone."""

    status: Status
    ticket: bytes | None
    lifetime: int


class Server(Handle["_low._ServerHandle"]):
    """Keys, store and policy of a server, with a reason counted for every handshake.

    One server may serve many threads and SSL contexts at once; made before a fork it serves the
    children, whose counters then count for themselves.
    """

    __slots__ = ()

    def __init__(
        self,
        keys: str | Keyring | Codec | None = None,
        store: str | Store | None = None,
        policy: Policy | None = None,
    ) -> None:
        """Makes a server from ticket keys, a store, or both; texts are URLs.

        A keyring seals tickets that every OpenSSL-based server with the same keys opens; a codec
        of another frame is for stacks of your own. The policy is copied; without one its defaults
        hold, without keys there are no tickets and without a store no session IDs.

        Raises InvalidError if there are neither keys nor a store, and what ``Keyring`` and
        ``Store`` raise.
        """
        _, options = _low.server_options_new()
        keyring = Keyring(keys) if isinstance(keys, str) else keys
        kept = Store(store) if isinstance(store, str) else store
        with reasons(_low.server_options_why, options):
            if isinstance(keyring, Codec):
                _low.server_options_set_codec(options, keyring)
            elif keyring is not None:
                _low.server_options_set_keyring(options, keyring._handle)
            if kept is not None:
                _low.server_options_set_store(options, kept._handle)
            if policy is not None:
                _low.server_options_set_policy(options, policy._handle)
            status, server = _low.server_new(options)
        if server is None:
            raise refuse(status, _low.server_options_why(options))
        self._held = server

    @property
    def keyring(self) -> Keyring | None:
        """The ticket keys; None if it has none."""
        handle = _low.server_keyring(self._handle)
        return None if handle is None else Keyring._own(handle)

    @property
    def store(self) -> Store | None:
        """The store; None if it has none."""
        handle = _low.server_store(self._handle)
        return None if handle is None else Store._own(handle)

    @property
    def policy(self) -> Policy:
        """The policy, whose modes are those that there are keys or a store for."""
        handle = _low.server_policy(self._handle)
        assert handle is not None  # a server always has one
        return Policy._own(handle)

    def check(
        self, session: Session, connection: Connection, path: Path, now_ms: int | None = None
    ) -> tuple[Status, Reason]:
        """Decides whether a session may resume. Counts nothing: ``count()`` the outcome.

        Answers OK, RENEW, FULL (full handshake) or ABORT (RFC 7627 section 5.3), and the reason.
        """
        status, reason = _low.server_check(
            self._handle, session._handle, connection._handle, path, clock(now_ms)
        )
        return status, Reason(reason)

    def open_ticket(
        self, connection: Connection, ticket: Bytes, now_ms: int | None = None
    ) -> Decision:
        """Opens an offered ticket or TLS 1.3 PSK identity, hostile bytes, and decides."""
        status, handle, reason = _low.server_open_ticket(
            self._handle, connection._handle, ticket, clock(now_ms)
        )
        return Decision(status, Reason(reason), None if handle is None else Session._own(handle))

    def find_session(
        self, connection: Connection, session_id: Bytes, now_ms: int | None = None
    ) -> Decision:
        """Looks an offered session ID up, hostile bytes, and decides. A failing store is FULL."""
        status, handle, reason = _low.server_find_session(
            self._handle, connection._handle, session_id, clock(now_ms)
        )
        return Decision(status, Reason(reason), None if handle is None else Session._own(handle))

    def issue_ticket(self, session: Session, now_ms: int | None = None) -> Ticket:
        """Issues a ticket for a session of a finished handshake.

        Answers OK, or without a ticket NO_KEY, TOO_LARGE, FULL (not by this policy), EXPIRED or
        UNSUPPORTED: issue none, the handshake goes on.
        """
        return Ticket(*_low.server_issue_ticket(self._handle, session._handle, clock(now_ms)))

    def store_session(self, session: Session, now_ms: int | None = None) -> Status:
        """Stores a session of a finished handshake under its session ID.

        Answers OK, or EXISTS, TOO_LARGE, FULL (not by this policy) or EXPIRED: not stored.
        """
        return _low.server_store_session(self._handle, session._handle, clock(now_ms))

    def forget(self, session_id: Bytes) -> Status:
        """Removes a session whose connection ended in a fatal alert (RFC 5246 section 7.2.2)."""
        return _low.server_forget(self._handle, session_id)

    def lifetime(
        self, path: Path, authenticated_ms: int, now_ms: int | None = None
    ) -> tuple[Status, int]:
        """For how many seconds a new ticket or stored session may live.

        Answers OK, or with 0 seconds NO_KEY, EXPIRED or FULL (nothing is issued on this path).
        """
        return _low.server_lifetime(self._handle, path, authenticated_ms, clock(now_ms))

    def count(self, path: Path, reason: Reason, age_ms: int = 0, now_ms: int | None = None) -> None:
        """Counts what became of a decision; ``attach()`` does it by itself."""
        _low.server_count(self._handle, path, reason, age_ms, clock(now_ms))

    def counter(self, path: Path, reason: Reason) -> int:
        """How often something happened in this process since the server was made."""
        return _low.server_counter(self._handle, path, reason)

    def counters(self) -> dict[tuple[Path, Reason], int]:
        """Every counter that is not zero."""
        pairs = ((path, reason) for path in Path for reason in Reason)
        counted = ((pair, self.counter(*pair)) for pair in pairs)
        return {pair: number for pair, number in counted if number}

    def histogram(self, which: Histogram) -> list[int]:
        """How many ages fell into each bucket: below 1 s, below 2 s, 4 s, 8 s and so on."""
        return [
            _low.server_histogram(self._handle, which, bucket)
            for bucket in range(Limit.HISTOGRAM_BUCKETS)
        ]
