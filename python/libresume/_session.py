# SPDX-License-Identifier: Apache-2.0
"""One resumable TLS session. Not a connection, and not an ``ssl.SSLSession``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, Unpack

from libresume import _low
from libresume._enums import GoLayout, Status
from libresume._errors import refuse
from libresume._handle import Bytes, Handle, clock, reasons


class SessionFields(TypedDict, total=False):
    """What a session is made of; the properties of ``Session`` say what each is."""

    version: int
    cipher_suite: int
    compression: int
    secret: Bytes
    extended_master_secret: bool
    session_id: Bytes
    created_ms: int
    authenticated_ms: int
    lifetime: int
    server_name: str | None
    alpn: Bytes
    context: Bytes
    peer_certificates: Iterable[Bytes]
    verify_result: int
    age_add: int
    max_early_data: int
    group: int
    appdata: Iterable[tuple[int, Bytes]]
    resumable: bool


_SCALARS = {
    "version": _low.session_options_set_version,
    "cipher_suite": _low.session_options_set_cipher_suite,
    "compression": _low.session_options_set_compression,
    "extended_master_secret": _low.session_options_set_extended_master_secret,
    "created_ms": _low.session_options_set_created,
    "authenticated_ms": _low.session_options_set_authenticated,
    "lifetime": _low.session_options_set_lifetime,
    "verify_result": _low.session_options_set_verify_result,
    "age_add": _low.session_options_set_age_add,
    "max_early_data": _low.session_options_set_max_early_data,
    "group": _low.session_options_set_group,
    "resumable": _low.session_options_set_resumable,
}
_BYTES = {
    "secret": _low.session_options_set_secret,
    "session_id": _low.session_options_set_session_id,
    "alpn": _low.session_options_set_alpn,
    "context": _low.session_options_set_context,
}
_OTHERS = {"server_name", "peer_certificates", "appdata"}


def _set(options: _low._SessionOptionsHandle, fields: SessionFields) -> None:
    """Gives every field to the options; an answer there means that the session is too large."""
    unknown = fields.keys() - _SCALARS.keys() - _BYTES.keys() - _OTHERS
    if unknown:
        raise TypeError(f"a session has no field {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        if name in _SCALARS:
            _SCALARS[name](options, value)  # type: ignore[arg-type]
        elif name in _BYTES:
            _BYTES[name](options, value)  # type: ignore[arg-type]
    server_name = fields.get("server_name")
    if server_name is not None:
        _low.session_options_set_server_name(options, server_name.encode())
    answers = [
        _low.session_options_add_peer_certificate(options, certificate)
        for certificate in fields.get("peer_certificates", ())
    ]
    answers += [
        _low.session_options_add_appdata(options, tag, data)
        for tag, data in fields.get("appdata", ())
    ]
    for answer in answers:
        if answer != Status.OK:
            raise refuse(answer, "")


class Session(Handle["_low._SessionHandle"]):
    """One resumable TLS session; it never changes, and any number of threads may read it.

    Its secret is wiped from memory when the last reference to it goes, in Python or in C. Bytes
    that a property gave are Python's own copy: what holds them keeps the secret in memory.
    """

    __slots__ = ()

    def __init__(self, **fields: Unpack[SessionFields]) -> None:
        """Builds a session from its fields.

        ``version`` (0x0303 or 0x0304), ``cipher_suite``, ``secret``, ``created_ms`` and
        ``lifetime`` must be there; the rest is absent, zero or false, ``resumable`` true and
        ``authenticated_ms`` the same as ``created_ms``.

        Raises InvalidError, with the reason, for a field that is missing or out of range, such as
        a secret that is all zero, and for a session that would be too large.
        """
        _, options = _low.session_options_new()
        with reasons(_low.session_options_why, options):
            _set(options, fields)
            self._held = self._build(options)

    @staticmethod
    def _build(options: _low._SessionOptionsHandle) -> _low._SessionHandle:
        status, session = _low.session_new(options)
        if session is None:
            raise refuse(status, _low.session_options_why(options))
        return session

    def replace(self, **changes: Unpack[SessionFields]) -> Session:
        """A session that differs in some fields, for instance to renew it for another lifetime.

        ``authenticated_ms`` stays what it is unless it is among the changes. Raises as the
        constructor does.
        """
        return Session(**(self.fields() | changes))

    def fields(self) -> SessionFields:
        """All fields, the secret included, as the constructor takes them."""
        return SessionFields(
            version=self.version,
            cipher_suite=self.cipher_suite,
            compression=self.compression,
            secret=self.secret,
            extended_master_secret=self.extended_master_secret,
            session_id=self.session_id,
            created_ms=self.created_ms,
            authenticated_ms=self.authenticated_ms,
            lifetime=self.lifetime,
            server_name=self.server_name,
            alpn=self.alpn,
            context=self.context,
            peer_certificates=self.peer_certificates,
            verify_result=self.verify_result,
            age_add=self.age_add,
            max_early_data=self.max_early_data,
            group=self.group,
            appdata=self.appdata,
            resumable=self.resumable,
        )

    @classmethod
    def from_native(cls, data: Bytes) -> tuple[Status, Session | None]:
        """Reads the native format from hostile bytes.

        Answers OK with the session, or without one MALFORMED, or UNSUPPORTED for another version
        of the format or a critical field that this version does not know.
        """
        status, handle = _low.session_from_native(data)
        return status, None if handle is None else cls._own(handle)

    def to_native(self) -> bytes:
        """The session in the native format. It holds the secret: seal it before it leaves."""
        _, data = _low.session_to_native(self._handle)
        return data

    @classmethod
    def from_openssl(cls, data: Bytes, now_ms: int | None = None) -> tuple[Status, Session | None]:
        """Reads OpenSSL's DER, as ``i2d_SSL_SESSION`` writes it, from hostile bytes.

        ``now_ms``, in Unix milliseconds, is the time of creation where the bytes hold none.
        Answers OK with the session, or without one MALFORMED, TOO_LARGE, or UNSUPPORTED for a
        feature that is refused, such as compression, SRP or an external PSK.
        """
        status, handle = _low.session_from_openssl(data, clock(now_ms))
        return status, None if handle is None else cls._own(handle)

    def to_openssl(self) -> tuple[Status, bytes | None]:
        """Writes OpenSSL's DER. Of a chain it holds the leaf.

        Answers OK with the bytes, which hold the secret, or without them UNSUPPORTED for a
        session that is not resumable or has compression, or TOO_LARGE.
        """
        return _low.session_to_openssl(self._handle)

    @classmethod
    def from_gotls(cls, data: Bytes) -> tuple[Status, Session | None]:
        """Reads Go's ``tls.SessionState.Bytes()`` of a server, from hostile bytes.

        Answers OK with the session, or without one MALFORMED, TOO_LARGE, or UNSUPPORTED for a
        client's session and for other versions than TLS 1.2 and 1.3.
        """
        status, handle = _low.session_from_gotls(data)
        return status, None if handle is None else cls._own(handle)

    def to_gotls(
        self, layout: GoLayout, chains: Bytes | None = None
    ) -> tuple[Status, bytes | None]:
        """Writes what Go's ``tls.ParseSessionState()`` reads.

        ``layout`` is LAYOUT_1 for Go 1.21 to 1.24, LAYOUT_2 from Go 1.25 on. ``chains`` are those that verify
        the client's certificate today: behind a length of 3 bytes each chain, in it behind a
        length of 3 bytes each certificate but the leaf.

        Answers OK with the bytes, which hold the secret, or without them UNSUPPORTED for a
        session that is not resumable, has compression, or a suite that Go lacks.
        """
        return _low.session_to_gotls(self._handle, layout, chains)

    @classmethod
    def from_state_plaintext(cls, data: Bytes) -> tuple[Status, Session | None]:
        """Reads the StatePlaintext of RFC 5077 section 4 from hostile bytes.

        The session began at its timestamp and may live for a day. Answers OK with the session, or
        without one MALFORMED, TOO_LARGE, or UNSUPPORTED for another version than TLS 1.2 and for
        a client with certificates of which none is there.
        """
        status, handle = _low.session_from_state_plaintext(data)
        return status, None if handle is None else cls._own(handle)

    def to_state_plaintext(self) -> tuple[Status, bytes | None]:
        """Writes the StatePlaintext of RFC 5077 section 4: 58 bytes for an anonymous client.

        It leaves out session ID, ALPN, group and lifetime. Answers OK with the bytes, which hold
        the secret, or UNSUPPORTED for what must not get lost and has no room: an extended master
        secret, a server name, a context, a verify result, application data other than one
        ``Appdata.PSK_IDENTITY``, and sessions of TLS 1.3 or that are not resumable.
        """
        return _low.session_to_state_plaintext(self._handle)

    @property
    def version(self) -> int:
        """0x0303 for TLS 1.2, 0x0304 for TLS 1.3."""
        return _low.session_version(self._handle)

    @property
    def cipher_suite(self) -> int:
        """The IANA number, such as 0xC02F."""
        return _low.session_cipher_suite(self._handle)

    @property
    def compression(self) -> int:
        """The IANA number of the compression method; 0 for none."""
        return _low.session_compression(self._handle)

    @property
    def secret(self) -> bytes:
        """The master secret (TLS 1.2) or the PSK (TLS 1.3)."""
        return _low.session_secret(self._handle) or b""

    @property
    def extended_master_secret(self) -> bool:
        """Whether the TLS 1.2 secret is an extended master secret (RFC 7627)."""
        return _low.session_extended_master_secret(self._handle)

    @property
    def session_id(self) -> bytes:
        """0 to 32 bytes (RFC 5246 section 7.4.1.2)."""
        return _low.session_session_id(self._handle) or b""

    @property
    def created_ms(self) -> int:
        """When the session was made or last renewed, in Unix milliseconds."""
        return _low.session_created(self._handle)

    @property
    def authenticated_ms(self) -> int:
        """When the full handshake behind the session took place, in Unix milliseconds."""
        return _low.session_authenticated(self._handle)

    @property
    def lifetime(self) -> int:
        """For how many seconds from ``created_ms`` the session may be resumed."""
        return _low.session_lifetime(self._handle)

    @property
    def expires_ms(self) -> int:
        """When the session is over, in Unix milliseconds."""
        return _low.session_expires(self._handle)

    @property
    def server_name(self) -> str | None:
        """The host name that the client asked for (RFC 6066 section 3); None if it named none."""
        name = _low.session_server_name(self._handle)
        return None if name is None else name.decode()

    @property
    def alpn(self) -> bytes:
        """The application protocol that was chosen (RFC 7301), such as ``b"h2"``."""
        return _low.session_alpn(self._handle) or b""

    @property
    def context(self) -> bytes:
        """The isolation context, 0 to 32 bytes; OpenSSL's session-id context."""
        return _low.session_context(self._handle) or b""

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The peer's chain in DER, the leaf first."""
        handle = self._handle
        found = (
            _low.session_peer_certificate(handle, index)
            for index in range(_low.session_peer_certificate_count(handle))
        )
        return tuple(der for der in found if der is not None)

    @property
    def verify_result(self) -> int:
        """What the verification of the client certificate gave: 0 or X509_V_ERR_*."""
        return _low.session_verify_result(self._handle)

    @property
    def age_add(self) -> int:
        """ticket_age_add (RFC 8446 section 4.6.1); 0 if absent."""
        return _low.session_age_add(self._handle)

    @property
    def max_early_data(self) -> int:
        """max_early_data_size in bytes (RFC 8446 section 4.2.10); 0 for no early data."""
        return _low.session_max_early_data(self._handle)

    @property
    def group(self) -> int:
        """The IANA number of the key exchange's group; 0 if unknown."""
        return _low.session_group(self._handle)

    @property
    def appdata(self) -> tuple[tuple[int, bytes], ...]:
        """Application data as (tag, bytes), in the order in which it was added."""
        handle = self._handle
        found = (
            _low.session_appdata(handle, index)
            for index in range(_low.session_appdata_count(handle))
        )
        return tuple((tag, data) for tag, data in found if data is not None)

    @property
    def resumable(self) -> bool:
        """Whether the session may be resumed at all; false after a fatal alert."""
        return _low.session_resumable(self._handle)

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal; the time it takes tells nothing about the secret."""
        if not isinstance(other, Session):
            return NotImplemented
        return _low.session_equal(self._handle, other._handle)

    def __hash__(self) -> int:
        return hash((self.version, self.session_id, self.created_ms, self.cipher_suite))

    def __repr__(self) -> str:
        """Nothing secret: the ID opens a session too, so it is not shown."""
        if self._held is None:
            return "<libresume.Session closed>"
        version = {0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}[self.version]
        return (
            f"<libresume.Session {version} suite 0x{self.cipher_suite:04X}"
            f" server_name={self.server_name!r} expires_ms={self.expires_ms}>"
        )
