# SPDX-License-Identifier: Apache-2.0
"""One thing that a client may offer: a session with its ticket."""

from __future__ import annotations

from libresume import _low
from libresume._enums import Status
from libresume._handle import Handle
from libresume._session import Session


class Saved(Handle["_low._SavedHandle"]):
    """A session with its ticket, as ``Client.take()`` gave it. It never changes."""

    __slots__ = ()

    @property
    def session(self) -> Session:
        """The session."""
        handle = _low.saved_session(self._handle)
        assert handle is not None  # there is no ticket without one
        return Session._own(handle)

    @property
    def ticket(self) -> bytes | None:
        """The ticket as the server sent it; None if the session ID is what to offer."""
        return _low.saved_ticket(self._handle)

    @property
    def lifetime_hint(self) -> int:
        """The server's lifetime hint in seconds."""
        return _low.saved_lifetime_hint(self._handle)

    @property
    def received_ms(self) -> int:
        """When it was received, in Unix milliseconds (RFC 8446 section 4.2.11.1)."""
        return _low.saved_received(self._handle)

    @property
    def expires_ms(self) -> int:
        """From when on it must not be offered, in Unix milliseconds."""
        return _low.saved_expires(self._handle)

    def to_openssl(self) -> tuple[Status, bytes | None]:
        """Writes OpenSSL's DER of a client's session, with the ticket: it holds the secret.

        ``d2i_SSL_SESSION()`` reads it, and ``openssl s_client -sess_in`` its PEM, whose name is
        ``SSL SESSION PARAMETERS``. Answers as ``Session.to_openssl()``.
        """
        return _low.session_to_openssl_with_ticket(
            self.session._handle, self.ticket, self.lifetime_hint
        )
