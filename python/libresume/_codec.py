# SPDX-License-Identifier: Apache-2.0
"""Sessions to tickets and back. Not the decision whether a session may resume: ``Server``."""

from __future__ import annotations

from typing import Self

from libresume import _low
from libresume._enums import Frame, Payload, Status
from libresume._handle import Bytes, clock, reasons
from libresume._keyring import Keyring
from libresume._session import Session


class Codec(_low.Codec):
    """Seals and opens tickets under a keyring. Immutable; many threads may use it.

    Two calls come from C, since their cost shows:

    ``seal(data, now_ms=None)`` seals any bytes and gives the ticket, or None if no key seals now
    or the ticket would be longer than ``Limit.TICKET_MAX``.

    ``open(ticket, now_ms=None)`` gives ``(Status, bytes or None)``: OK, or RENEW if the key that
    opened it no longer seals; without bytes MISS (unknown key), EXPIRED (retired key), FORGED or
    MALFORMED. ``now_ms`` is in Unix milliseconds.
    """

    __slots__ = ("__weakref__",)

    def __init__(
        self,
        keyring: Keyring,
        *,
        frame: Frame = Frame.RFC5077,
        payload: Payload | None = None,
        context: Bytes = b"",
    ) -> None:
        """Makes a codec over a ring, whose keys may come and go later.

        ``payload`` follows the frame if it is None: OPENSSL for RFC5077, STATE_PLAINTEXT for
        RFC5077_STRUCT, NATIVE for AEAD.
        ``context`` is authenticated with each ticket and not carried in it, 0 to 255 bytes, AEAD
        only. Raises InvalidError for what does not fit together.
        """
        _, options = _low.codec_options_new()
        with reasons(_low.codec_options_why, options):
            _low.codec_options_set_frame(options, frame)
            if payload is not None:
                _low.codec_options_set_payload(options, payload)
            _low.codec_options_set_context(options, context)
            super().__init__(keyring._handle, options)

    @property
    def keyring(self) -> Keyring:
        """The ring under which the codec works."""
        return Keyring._own(_low.codec_keyring(self))

    def sealed_size(self, data_len: int) -> int:
        """How many bytes a ticket around so many bytes has at most."""
        return _low.codec_sealed_size(self, data_len)

    def seal_session(
        self, session: Session, now_ms: int | None = None
    ) -> tuple[Status, bytes | None]:
        """Seals a session into a ticket that differs from every other one.

        Answers OK with the ticket, or without one NO_KEY, TOO_LARGE, or UNSUPPORTED if the
        payload cannot carry the session.
        """
        return _low.codec_seal(self, session._handle, clock(now_ms))

    def open_session(
        self, ticket: Bytes, now_ms: int | None = None
    ) -> tuple[Status, Session | None]:
        """Opens a ticket, hostile bytes, to the session in it.

        Answers OK, or RENEW if the key no longer seals; without a session MISS, EXPIRED, FORGED,
        MALFORMED or UNSUPPORTED. Whether the session may resume is ``Server.check()``'s question.
        """
        status, handle = _low.codec_open(self, ticket, clock(now_ms))
        return status, None if handle is None else Session._own(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<libresume.Codec>"
