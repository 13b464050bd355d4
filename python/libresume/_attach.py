# SPDX-License-Identifier: Apache-2.0
"""Plugs a server into an ``ssl.SSLContext``. Not a server of its own."""

from __future__ import annotations

import os
import ssl
from typing import TypeVar

from libresume import _low
from libresume._codec import Codec
from libresume._enums import Status
from libresume._errors import InvalidError
from libresume._keyring import Keyring
from libresume._policy import Policy
from libresume._server import Server
from libresume._store import Store

C = TypeVar("C", bound=ssl.SSLContext)

_SERVER_PROTOCOLS = {ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS}


def attach(
    ssl_context: C,
    keys: str | Keyring | Codec | None = None,
    store: str | Store | None = None,
    policy: Policy | None = None,
    server: Server | None = None,
) -> C:
    """Makes a server's SSL context resume TLS 1.2 and 1.3 sessions; returns the same context.

    So one line is enough: ``ssl=libresume.attach(context)``.

    keys: ticket keys, as a URL or an object. Not given, the environment variable LIBRESUME_KEYS
        counts, and without that ``random:``, which fits one process and its forked children.
    store: sessions by ID, as a URL or an object. Not given, LIBRESUME_STORE counts, and without
        that there is none: tickets do all.
    policy: what may resume; the defaults of ``Policy`` hold without one.
    server: a server that other contexts have too, in place of the three.

    Attach every context that an ``sni_callback`` may switch to, and attach again after client CAs
    have changed. Do it before the first handshake; then any number of threads may use the context.

    Raises TypeError for what is no SSL context, InvalidError for a client's context or for
    ``server`` beside others, UnsupportedError if this Python's ssl module does not share its
    OpenSSL with libresume (the text says what helps), and what ``Keyring`` and ``Store`` raise.
    """
    if server is None:
        _check_context(ssl_context)
        server = Server(
            keys if keys is not None else os.environ.get("LIBRESUME_KEYS") or "random:",
            store if store is not None else os.environ.get("LIBRESUME_STORE") or None,
            policy,
        )
    elif (keys, store, policy) != (None, None, None):
        raise InvalidError(Status.E_INVALID, "a server brings its own keys, store and policy")
    else:
        _check_context(ssl_context)
    _low.attach(ssl_context, server._handle)
    return ssl_context


def _check_context(ssl_context: ssl.SSLContext) -> None:
    if not isinstance(ssl_context, ssl.SSLContext):
        raise TypeError(f"an ssl.SSLContext is needed, not {type(ssl_context).__name__}")
    if ssl_context.protocol not in _SERVER_PROTOCOLS:
        raise InvalidError(
            Status.E_INVALID, "the SSL context is a client's: PROTOCOL_TLS_SERVER is needed"
        )


def detach(ssl_context: ssl.SSLContext) -> bool:
    """Undoes ``attach()``; false if nothing was attached. No handshake may be running."""
    return _low.detach(ssl_context) == Status.OK


def server_of(ssl_context: ssl.SSLContext) -> Server | None:
    """The server that is attached to a context, with its counters; None if none is."""
    handle = _low.server_of(ssl_context)
    return None if handle is None else Server._own(handle)
