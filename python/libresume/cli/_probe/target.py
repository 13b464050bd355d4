# SPDX-License-Identifier: Apache-2.0
"""Where the probe goes: a host's addresses and the name it asks for. Connects to nothing."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

HTTPS = 443


class TargetError(ValueError):
    """A host, port or address that cannot be one; the text names it."""


@dataclass(frozen=True)
class Address:
    """A numeric address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Target:
    """One HOST of the command line."""

    host: str
    server_name: str | None
    addresses: tuple[Address, ...]


def split_port(text: str, port: int = HTTPS) -> tuple[str, int]:
    """``HOST``, ``HOST:PORT``, ``[V6]:PORT`` or a bare IPv6 address."""
    host, tail = text, ""
    if text.startswith("["):
        host, bracket, tail = text[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            raise TargetError(f"{text}: an IPv6 address with a port is [ADDRESS]:PORT")
        tail = tail[1:] if tail else ""
    elif text.count(":") == 1:
        host, _, tail = text.partition(":")
        if not tail:
            raise TargetError(f"{text}: a port is missing behind the colon")
    if not host:
        raise TargetError(f"{text!r}: a host is missing")
    if not tail:
        return host, port
    if not (tail.isascii() and tail.isdigit() and 0 < int(tail) < 65536):
        raise TargetError(f"{text}: a port is a number from 1 to 65535")
    return host, int(tail)


def numeric(host: str) -> bool:
    """Whether this is an address and no name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def resolve(text: str, server_name: str | None, connect: Sequence[str] = ()) -> Target:
    """Finds the addresses of a host, or takes those that were given by hand.

    Raises TargetError for what is no host or address, and ``socket.gaierror`` for a name that
    has no address.
    """
    host, port = split_port(text)
    if server_name is None and not numeric(host):
        server_name = host
    if connect:
        given = [split_port(address, port) for address in connect]
        for address, _ in given:
            if not numeric(address):
                raise TargetError(f"{address}: --connect takes an address, not a name")
        found = [Address(*pair) for pair in given]
    else:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise TargetError(f"{host}: no host has such a name") from None
        found = [Address(str(answer[4][0]), port) for answer in answers]
    return Target(host, server_name, tuple(dict.fromkeys(found)))
