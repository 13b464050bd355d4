# SPDX-License-Identifier: Apache-2.0
"""Plugs a client into an ``ssl.SSLContext``. The server's side is ``attach()``."""

from __future__ import annotations

import ipaddress
import ssl

from libresume import _low
from libresume._client import Client, PathLike
from libresume._enums import Status
from libresume._errors import InvalidError
from libresume._handle import Bytes
from libresume._keyring import Keyring
from libresume._peer import Peer

_CLIENT_PROTOCOLS = {ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS}


def attach_client(
    ssl_context: ssl.SSLContext,
    client: Client | None = None,
    *,
    label: Bytes = b"",
    path: PathLike | None = None,
    keys: str | Keyring | None = None,
) -> Client:
    """Makes every connection of a client's SSL context resume by itself, TLS 1.2 and 1.3.

    Whoever opens them: ``http.client``, ``urllib``, asyncio, aiohttp, plain sockets. Returns the
    client that keeps the sessions; the context keeps it alive too.

    client: one that other contexts have too. Their sessions stay apart where server name, port,
        verification, certificate, versions or suites differ.
    label: what else shall keep sessions apart: ``b"proxy"`` for a context that speaks with a proxy
        (CVE-2021-22890), one for each set of ALPN protocols if that matters, for each endpoint
        where connections have no socket (asyncio), since their port is not known.
    path, keys: a file to keep the sessions in between processes, as in ``Client``.

    A session is kept when the server was verified, as far as the context demands it, and its
    certificates are verified again before it is offered. With ``CERT_NONE`` you judge for
    yourself. A connection with a ``session`` of your own is left alone.

    Do it when the context has its settings and before the first handshake; then any number of
    threads may use it.

    Raises TypeError for what is no SSL context, InvalidError for a server's context or for path or
    keys beside ``client``, StateError if a server is attached, UnsupportedError if this Python's
    ssl module does not share its OpenSSL with libresume, and what ``Client`` raises.
    """
    _check_context(ssl_context)
    if client is None:
        client = Client(path=path, keys=keys)
    elif (path, keys) != (None, None):
        raise InvalidError(Status.E_INVALID, "a client brings its own path and keys")
    _low.attach_client(ssl_context, client._handle, label)
    return client


def _check_context(ssl_context: ssl.SSLContext) -> None:
    if not isinstance(ssl_context, ssl.SSLContext):
        raise TypeError(f"an ssl.SSLContext is needed, not {type(ssl_context).__name__}")
    if ssl_context.protocol not in _CLIENT_PROTOCOLS:
        raise InvalidError(
            Status.E_INVALID, "the SSL context is a server's: PROTOCOL_TLS_CLIENT is needed"
        )


def detach_client(ssl_context: ssl.SSLContext) -> bool:
    """Undoes ``attach_client()``; false if nothing was attached. No handshake may be running."""
    return _low.detach_client(ssl_context) == Status.OK


def client_of(ssl_context: ssl.SSLContext) -> Client | None:
    """The client that is attached to a context; None if none is."""
    handle = _low.client_of(ssl_context)
    return None if handle is None else Client._own(handle)


def peer_of(ssl_context: ssl.SSLContext, host: str, port: int = 0) -> Peer:
    """The peer of connections by a context to a host, to forget its sessions or to take one.

    host: what ``server_hostname`` is.
    port: of the socket; 0 for connections without one, such as asyncio's.

    Raises InvalidError for no host or port, StateError if no client is attached to the context.
    """
    if not 0 <= port <= 65535:
        raise InvalidError(Status.E_INVALID, f"a port is a number from 0 to 65535, not {port}")
    if "\0" in host:
        raise InvalidError(Status.E_INVALID, "a host has no NUL inside")
    try:
        name = ipaddress.ip_address(host).compressed
    except ValueError:
        name = host.encode("idna").decode()  # as ssl does
    checked = isinstance(ssl_context, ssl.SSLContext) and ssl_context.check_hostname
    return Peer._own(_low.client_peer(ssl_context, name, checked, port))
