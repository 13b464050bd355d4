# SPDX-License-Identifier: Apache-2.0
"""What a server knows of one handshake when it decides. No sockets, no records, no secrets."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from libresume import _low
from libresume._enums import ClientAuth
from libresume._handle import Bytes, Handle


class Connection(Handle["_low._ConnectionHandle"]):
    """The facts of one handshake, for a TLS stack of your own; ``attach()`` makes its own."""

    # The C object borrows these two: they must live as long as it does.
    __slots__ = ("_cipher_suites", "_server_name")

    def __init__(
        self,
        version: int,
        *,
        server_name: str | None = None,
        context: Bytes = b"",
        cipher_suites: Sequence[int] | None = None,
        extended_master_secret: bool = False,
        client_auth: ClientAuth = ClientAuth.NONE,
    ) -> None:
        """Notes the facts.

        version: the negotiated one, 0x0303 or 0x0304.
        server_name: the host name of the ClientHello (RFC 6066 section 3).
        context: what sessions are issued under, usually ``Policy.context()``, 0 to 32 bytes.
        cipher_suites: the IANA numbers that the client offers; None is not checked.
        extended_master_secret: whether the ClientHello has the extension (RFC 7627).
        client_auth: what this server asks of client certificates.

        Raises InvalidError for a value out of its range.
        """
        _, connection = _low.connection_new()
        self._held = connection
        self._server_name = None if server_name is None else server_name.encode()
        _low.connection_set_version(connection, version)
        _low.connection_set_server_name(connection, self._server_name)
        _low.connection_set_context(connection, context)
        _low.connection_set_extended_master_secret(connection, extended_master_secret)
        _low.connection_set_client_auth(connection, client_auth)
        if cipher_suites is not None:
            self._cipher_suites = struct.pack(f"!{len(cipher_suites)}H", *cipher_suites)
            _low.connection_set_cipher_suites(connection, self._cipher_suites)
