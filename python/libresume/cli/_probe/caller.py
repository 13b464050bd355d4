# SPDX-License-Identifier: Apache-2.0
"""One way to call a server, by one TLS version and by ticket or by ID; and what came of a call.

Python's ssl module offers the sessions, so that the probe decides what is offered where. libresume
only watches connections that offer nothing, because it can show a ticket's bytes. Nobody's
certificate is verified: the probe sends no data that matters.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import time
from dataclasses import dataclass, field

import libresume
from libresume.cli._probe.target import Address

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
ANSWER_MAX = 65536  # bytes of an answer that are read: the tickets come before them
SETTLE_S = 2.0  # how long a silent server is waited for: not all speak HTTP
POLL_S = 0.1  # an answer or a flight of tickets that stalls so long is over
_TICKETS = 64  # more tickets than any server sends at once


class NotReached(Exception):
    """No TCP connection; ``local`` if this machine has no way there at all."""

    def __init__(self, text: str, local: bool) -> None:
        super().__init__(text)
        self.local = local


class NoHandshake(Exception):
    """A connection, but no TLS on it; ``version`` if only the version is to blame."""

    def __init__(self, text: str, version: bool) -> None:
        super().__init__(text)
        self.version = version


@dataclass
class Call:
    """What one connection came to, as the client sees it."""

    resumed: bool
    session: ssl.SSLSession | None
    certificate: bytes
    tickets: list[libresume.Saved] = field(default_factory=list)

    @property
    def by_ticket(self) -> bool:
        """Whether the server gave a ticket."""
        return self.session is not None and self.session.has_ticket

    @property
    def by_id(self) -> bool:
        """Whether the server gave a session ID, and no ticket."""
        return self.session is not None and not self.session.has_ticket and bool(self.session.id)


class Caller:
    """Calls servers in one way. Not for several threads."""

    def __init__(self, version: str, *, by_id: bool, timeout: float) -> None:
        self.version = version
        self.by_id = by_id
        self.timeout = timeout
        self.context = _context(version, by_id)
        self.watcher: libresume.Client | None = None
        if not by_id:
            policy = libresume.Policy(ems=libresume.Ems.ALLOW_LEGACY)
            # Without it all checks but those of the ticket's bytes still work.
            with contextlib.suppress(libresume.UnsupportedError):
                self.watcher = libresume.attach_client(
                    self.context, libresume.Client(policy, max_tickets=_TICKETS)
                )

    def call(
        self, address: Address, server_name: str | None, session: ssl.SSLSession | None = None
    ) -> Call:
        """Calls once and offers the session, if there is one. Raises NotReached, NoHandshake."""
        if self.watcher is not None:
            self.watcher.clear()
        return self._connect(address, server_name, session)

    def call_again(
        self, address: Address, server_name: str | None, saved: libresume.Saved
    ) -> Call | None:
        """Calls once with a ticket that an earlier call gave, and watches; None if nothing can."""
        if self.watcher is None:
            return None
        self.watcher.clear()
        peer = self._peer(address, server_name)
        self.watcher.put(peer, saved.session, saved.ticket, saved.lifetime_hint)
        return self._connect(address, server_name, None)

    def _peer(self, address: Address, server_name: str | None) -> libresume.Peer:
        return libresume.peer_of(self.context, server_name or address.host, address.port)

    def _connect(
        self, address: Address, server_name: str | None, session: ssl.SSLSession | None
    ) -> Call:
        try:
            tcp = socket.create_connection((address.host, address.port), self.timeout)
        except OSError as error:
            local = error.errno in _NO_WAY
            raise NotReached(error.strerror or str(error) or "timed out", local) from None
        with tcp:
            try:
                tls = self.context.wrap_socket(tcp, server_hostname=server_name, session=session)
            except (OSError, ValueError) as error:
                raise NoHandshake(_reason(error), _is_version(error)) from None
            with tls:
                return self._talk(tls, address, server_name)

    def _talk(self, tls: ssl.SSLSocket, address: Address, server_name: str | None) -> Call:
        if self.version == "1.3":
            _ask(tls, server_name or address.host, min(self.timeout, SETTLE_S))
        call = Call(
            resumed=bool(tls.session_reused),
            session=tls.session,
            certificate=tls.getpeercert(binary_form=True) or b"",
        )
        if self.watcher is not None:
            peer = self._peer(address, server_name)
            for _ in range(_TICKETS):
                saved = self.watcher.take(peer)
                if saved is None:
                    break
                call.tickets.append(saved)
                if self.version == "1.2":  # it would stay and be given for ever
                    break
            self.watcher.clear()
        _say_goodbye(tls)
        return call


def _context(version: str, by_id: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if by_id:
        context.options |= ssl.OP_NO_TICKET
    return context


def _ask(tls: ssl.SSLSocket, host: str, patience: float) -> None:
    """Reads until the tickets are there: TLS 1.3 sends them behind the handshake."""
    name = f"[{host}]" if ":" in host else host
    before = _ticket_id(tls)
    deadline = time.monotonic() + patience
    with contextlib.suppress(OSError):  # whatever goes wrong now, the handshake was well
        tls.sendall(f"HEAD / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        tls.settimeout(POLL_S)
        size = 0
        while size < ANSWER_MAX and time.monotonic() < deadline:
            try:
                part = tls.recv(4096)
            except TimeoutError:
                if size or _ticket_id(tls) != before:
                    return
                continue
            if not part:
                return
            size += len(part)


def _ticket_id(tls: ssl.SSLSocket) -> bytes | None:
    """Changes when a ticket comes."""
    session = tls.session
    return session.id if session is not None and session.has_ticket else None


def _say_goodbye(tls: ssl.SSLSocket) -> None:
    """Sends close_notify: a server drops the sessions of connections that end without."""
    with contextlib.suppress(OSError, ValueError):
        tls.settimeout(0)
        tls.unwrap()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it timed out"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return str(error) or type(error).__name__


_NO_WAY = {errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
_VERSION_REASONS = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE")


def _is_version(error: Exception) -> bool:
    reason = getattr(error, "reason", None) or ""
    return any(known in str(reason) for known in _VERSION_REASONS)
