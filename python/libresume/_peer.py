# SPDX-License-Identifier: Apache-2.0
"""Whom a client's connection goes to. Not the sessions: those are in ``Client``."""

from __future__ import annotations

from collections.abc import Sequence

from libresume import _low
from libresume._enums import Status
from libresume._errors import InvalidError
from libresume._handle import Bytes, Handle


class Peer(Handle["_low._PeerHandle"]):
    """Whom a client's connection goes to, and by which configuration.

    Sessions of one peer are never offered to another. Connections of a context with
    ``attach_client()`` have a peer by themselves: ``peer_of()`` makes the same.
    """

    __slots__ = ()

    def __init__(
        self,
        host: str,
        port: int,
        *,
        server_name: str | None = None,
        alpn: Sequence[str] = (),
        label: Bytes = b"",
    ) -> None:
        """Names a peer.

        host: name or address that is connected to, at most 255 bytes; letters in either case.
        port: of the transport, 0 where there is none.
        server_name: what the ClientHello will carry (RFC 6066 section 3).
        alpn: the protocols that it will offer.
        label: what else a session depends on, 0 to 65535 bytes: the client's own certificate,
            trust anchors and verification, origin or proxy, versions and suites.

        Raises InvalidError for a value out of its range.
        """
        if not 0 <= port <= 65535:
            raise InvalidError(Status.E_INVALID, f"a port is a number from 0 to 65535, not {port}")
        if not 0 < len(host.encode()) < 256 or "\0" in host:
            raise InvalidError(Status.E_INVALID, "a host has 1 to 255 bytes, and no NUL")
        names = [name.encode() for name in alpn]
        if any(not 0 < len(name) < 256 for name in names):
            raise InvalidError(Status.E_INVALID, "an ALPN name has 1 to 255 bytes")
        _, peer = _low.peer_new(host, port)
        if server_name is not None:
            _low.peer_set_server_name(peer, server_name.encode())
        _low.peer_set_alpn(peer, b"".join(bytes([len(name)]) + name for name in names))
        _low.peer_set_label(peer, label)
        self._held = peer
