# SPDX-License-Identifier: Apache-2.0
"""What may resume, and for how long. Values only: ``Server`` makes the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from libresume import _low
from libresume._enums import Ems, Mode, Status
from libresume._handle import Bytes, Handle

V = TypeVar("V")


def _encoded(name: str | None) -> bytes | None:
    return None if name is None else name.encode()


def stock_context(stock: str) -> bytes:
    """The session-id context of a stock server, for a policy that issues or accepts it.

    stock: ``"haproxy:"`` (2.6), or ``"nginx:"`` and the PEM file of ssl_certificate, several in the
        order of the configuration with commas between them, and ``?client_certificate=`` with the
        file of ssl_client_certificate if there is one.

    Raises InvalidError for an unknown server, OSError for a file that cannot be read, ValueError
    for one without a certificate.
    """
    status, context = _low.policy_stock_context(stock)
    if context is None:
        raise ValueError(f"{stock}: {Status(status).name.lower()}: no certificate in a file")
    return context


def _context_bytes(context: Bytes | str) -> Bytes:
    return stock_context(context) if isinstance(context, str) else context


class Policy(Handle["_low._PolicyHandle"]):
    """What may resume, and for how long. A server copies it when it is made."""

    __slots__ = ()

    def __init__(
        self,
        *,
        modes: Mode | None = None,
        lifetime: int | Mapping[int, int] | None = None,
        authentication_lifetime: int | Mapping[int, int] | None = None,
        renew_after_percent: int | None = None,
        isolate_server_name: bool | None = None,
        label: Bytes | None = None,
        client_certificate_guard: bool | None = None,
        ems: Ems | None = None,
        skew_ms: int | None = None,
        single_use: bool | None = None,
        forward_secrecy: bool | None = None,
        sha256_first: bool | None = None,
        cipher_suites: Iterable[int] = (),
        issue_context: Bytes | str | None = None,
        accept_contexts: Iterable[Bytes | str] = (),
    ) -> None:
        """Makes a policy; what is not given keeps its default.

        modes: tickets, session IDs or both; ``Mode(0)`` turns resumption off. Default both.
        lifetime: seconds from creation or renewal, at most 86400 for TLS 1.2 (RFC 5246 F.1.4) and
            604800 for TLS 1.3 (RFC 8446 4.6.1), which are the defaults: one number for both, or
            ``{0x0303: 3600, 0x0304: 7200}``.
        authentication_lifetime: likewise, but from the full handshake on and over all renewals.
        renew_after_percent: when a good TLS 1.2 ticket is renewed early; default 100, never.
        isolate_server_name: resume only under the same server name (RFC 6066 3); default true.
        label: 0 to 255 bytes; listeners with different labels never share a session.
        client_certificate_guard: hold sessions to today's demand for certificates; default true.
        ems: the rule for sessions without extended_master_secret (RFC 7627 5.3); default STRICT.
        skew_ms: how far ahead of this clock a session may be made, to 3600000; default 60000.
        single_use: a stored session resumes once; default false.
        forward_secrecy: neither issue nor accept TLS 1.2 tickets; default false.
        cipher_suites: IANA numbers, at most 32; default all.
        sha256_first: prefer TLS 1.3 suites with SHA-256, for fleets with servers in Go; default
            false.
        issue_context: 1 to 32 bytes in place of the digest, for fleets with stock servers; or as
            text what ``stock_context()`` takes.
        accept_contexts: at most 8 more contexts whose sessions are accepted, likewise.

        Raises InvalidError for a value out of its range.
        """
        _, policy = _low.policy_new()
        self._held = policy
        self._versioned(_low.policy_set_lifetime, lifetime)
        self._versioned(_low.policy_set_authentication_lifetime, authentication_lifetime)
        self._given(_low.policy_set_modes, modes)
        self._given(_low.policy_set_renew_after, renew_after_percent)
        self._given(_low.policy_set_isolate_server_name, isolate_server_name)
        self._given(_low.policy_set_client_certificate_guard, client_certificate_guard)
        self._given(_low.policy_set_ems, ems)
        self._given(_low.policy_set_skew, skew_ms)
        self._given(_low.policy_set_single_use, single_use)
        self._given(_low.policy_set_forward_secrecy, forward_secrecy)
        self._given(_low.policy_set_sha256_first, sha256_first)
        if label is not None:
            _low.policy_set_label(policy, label)
        if issue_context is not None:
            _low.policy_set_issue_context(policy, _context_bytes(issue_context))
        for suite in cipher_suites:
            _low.policy_allow_cipher_suite(policy, suite)
        for context in accept_contexts:
            _low.policy_accept_context(policy, _context_bytes(context))

    def _given(self, setter: Callable[[_low._PolicyHandle, V], object], value: V | None) -> None:
        if value is not None:
            setter(self._handle, value)

    def _versioned(
        self,
        setter: Callable[[_low._PolicyHandle, int, int], object],
        seconds: int | Mapping[int, int] | None,
    ) -> None:
        """Sets a lifetime of each version; one number counts as far as TLS 1.2 allows it."""
        if seconds is None:
            return
        if isinstance(seconds, int):
            seconds = {0x0303: min(seconds, 86_400), 0x0304: seconds}
        for version, value in seconds.items():
            setter(self._handle, version, value)

    @property
    def modes(self) -> Mode:
        """The ways to resume; a server's policy names only those it has keys or a store for."""
        return Mode(_low.policy_modes(self._handle))

    @property
    def ems(self) -> Ems:
        """The rule for TLS 1.2 sessions without extended_master_secret."""
        return Ems(_low.policy_ems(self._handle))

    def lifetime(self, version: int) -> int:
        """The lifetime in seconds for 0x0303 or 0x0304."""
        return _low.policy_lifetime(self._handle, version)

    def authentication_lifetime(self, version: int) -> int:
        """The authentication lifetime in seconds for 0x0303 or 0x0304."""
        return _low.policy_authentication_lifetime(self._handle, version)

    def context(self, server_name: str | None = None, client_auth: Bytes | None = None) -> bytes:
        """The context under which a connection's session is issued, 1 to 32 bytes.

        ``client_auth`` is a digest of what the TLS stack was told about client certificates, at
        most 64 bytes; None where none is asked for. Raises InvalidError for what is longer.
        """
        _, context = _low.policy_context(self._handle, _encoded(server_name), client_auth)
        assert context is not None  # the call has no answers besides OK
        return context
