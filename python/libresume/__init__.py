# SPDX-License-Identifier: Apache-2.0
"""TLS session resumption: ticket keys, session stores and the rules for both.

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("cert.pem", "key.pem")
    libresume.attach(context, keys="file:/etc/fleet.key", store="memory:")

    context = ssl.create_default_context()
    libresume.attach_client(context)

Instants are Unix milliseconds (``..._ms``), lifetimes seconds. A call that can have several
answers gives a ``Status`` first and then its value, or None; only failures raise, as ``Error``.
"""

# Python's own libssl must be in the process before the extension asks for one.
import ssl as _ssl  # noqa: F401

from libresume import _low
from libresume._attach import attach, detach, server_of
from libresume._attach_client import attach_client, client_of, detach_client, peer_of
from libresume._client import Client
from libresume._codec import Codec
from libresume._connection import Connection
from libresume._enums import (
    Appdata,
    ClientAuth,
    ClientStatistic,
    Ems,
    Frame,
    GoLayout,
    Histogram,
    KeyRole,
    Limit,
    Mode,
    Path,
    Payload,
    Reason,
    Statistic,
    Status,
)
from libresume._errors import (
    AccessError,
    CryptoError,
    Error,
    InvalidError,
    StateError,
    UnsupportedError,
)
from libresume._keyring import FOREVER_MS, Key, KeyInfo, Keyring
from libresume._peer import Peer
from libresume._policy import Policy, stock_context
from libresume._saved import Saved
from libresume._server import Decision, Server, Ticket
from libresume._session import Session, SessionFields
from libresume._store import Store

__version__ = _low.abi_version_text()


def has(feature: str) -> bool:
    """Whether this build has a feature, such as ``frame-aead`` or ``store-memory``."""
    return _low.abi_has(feature)


__all__ = [
    "FOREVER_MS",
    "AccessError",
    "Appdata",
    "Client",
    "ClientAuth",
    "ClientStatistic",
    "Codec",
    "Connection",
    "CryptoError",
    "Decision",
    "Ems",
    "Error",
    "Frame",
    "GoLayout",
    "Histogram",
    "InvalidError",
    "Key",
    "KeyInfo",
    "KeyRole",
    "Keyring",
    "Limit",
    "Mode",
    "Path",
    "Payload",
    "Peer",
    "Policy",
    "Reason",
    "Saved",
    "Server",
    "Session",
    "SessionFields",
    "StateError",
    "Statistic",
    "Status",
    "Store",
    "Ticket",
    "UnsupportedError",
    "attach",
    "attach_client",
    "client_of",
    "detach",
    "detach_client",
    "has",
    "peer_of",
    "server_of",
    "stock_context",
]
