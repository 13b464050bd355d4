# SPDX-License-Identifier: Apache-2.0
"""Ticket keys and their rotation. Not the format of tickets: that is ``Codec``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from libresume import _low
from libresume._enums import KeyRole, Status
from libresume._errors import InvalidError, refuse
from libresume._handle import Bytes, Handle, clock, reasons

FOREVER_MS = 2**64 - 1
"""An instant that never comes."""


class Key(Handle["_low._KeyHandle"]):
    """One ticket key. While an object refers to it, its bytes are not wiped."""

    __slots__ = ()

    @property
    def name(self) -> bytes:
        """The 16 bytes that stand in clear in front of each ticket."""
        return _low.key_name(self._handle)

    @property
    def cipher_key(self) -> bytes:
        """The AES key, 16 or 32 bytes: a secret, as a copy that Python does not wipe."""
        return _low.key_cipher_key(self._handle)

    @property
    def mac_key(self) -> bytes:
        """The HMAC-SHA256 key, 16, 32 or 64 bytes: a secret, as a copy that Python does not wipe."""
        return _low.key_mac_key(self._handle)

    @property
    def seal_from_ms(self) -> int:
        """From when on the key seals, in Unix milliseconds."""
        return _low.key_seal_from(self._handle)

    @property
    def seal_until_ms(self) -> int:
        """When the key no longer seals, in Unix milliseconds; ``FOREVER_MS`` for no end."""
        return _low.key_seal_until(self._handle)

    @property
    def open_until_ms(self) -> int:
        """When the key no longer opens and leaves its ring, in Unix milliseconds."""
        return _low.key_open_until(self._handle)

    @property
    def seals(self) -> int:
        """How many tickets this process sealed with the key."""
        return _low.key_seals(self._handle)

    def __repr__(self) -> str:
        """The name, which is public, and nothing of the key."""
        name = "closed" if self._held is None else self.name.hex()
        return f"<libresume.Key {name}>"


def _place(index: int | None) -> int:
    if index is not None and index < 0:
        raise InvalidError(Status.E_INVALID, f"{index} is no place in a ring")
    return -1 if index is None else index


_ROLES: dict[int, Literal["next", "current", "retiring"]] = {
    KeyRole.NEXT: "next",
    KeyRole.CURRENT: "current",
    KeyRole.RETIRING: "retiring",
}


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What may be shown of a key: nothing in here is a secret.

    ``role`` is "next" (will seal, opens already), "current" (seals) or "retiring" (opens only).
    Instants are Unix milliseconds, ``FOREVER_MS`` for none; ``seals`` counts this process's own.
    """

    name: bytes
    role: Literal["next", "current", "retiring"]
    seal_from_ms: int
    seal_until_ms: int
    open_until_ms: int
    seals: int


class Keyring(Handle["_low._KeyringHandle"]):
    """The ticket keys. Internally locked; made before a fork it works in the children too.

    ``random:`` keys rotate by themselves and, in forked children, to the same keys at the same
    times. ``file:/etc/fleet.key`` reads the key file that nginx reads; ``?dialect=haproxy`` and
    the like those of other servers, see ``dialects()``.
    """

    __slots__ = ()

    def __init__(
        self,
        url: str | None = None,
        *,
        seal_period_ms: int | None = None,
        open_period_ms: int | None = None,
        max_seals: int | None = None,
        now_ms: int | None = None,
    ) -> None:
        """Opens the ring that a URL describes, or makes an empty one for ``add()``.

        ``seal_period_ms`` and ``open_period_ms`` say in milliseconds how long a generated key
        seals (12 hours) and then still opens (24 hours); ``max_seals`` how many tickets a key
        may seal (2**32). ``now_ms`` stands for the clock.

        Raises InvalidError for a faulty URL, period or file (size, owner, mode) and for a refused
        key (its ``status`` is WEAK_KEY, EXISTS or EXPIRED); AccessError for a file that cannot be
        read; CryptoError.
        """
        _, options = _low.keyring_options_new()
        with reasons(_low.keyring_options_why, options):
            if seal_period_ms is not None:
                _low.keyring_options_set_seal_period(options, seal_period_ms)
            if open_period_ms is not None:
                _low.keyring_options_set_open_period(options, open_period_ms)
            if max_seals is not None:
                _low.keyring_options_set_max_seals(options, max_seals)
            if url is None:
                status, ring = _low.keyring_new(options)
            else:
                status, ring = _low.keyring_from_url(url, options, clock(now_ms))
        if ring is None:
            raise refuse(status, _low.keyring_options_why(options))
        self._held = ring

    @classmethod
    def from_bytes(
        cls, data: Bytes, dialect: str, *, max_seals: int | None = None, now_ms: int | None = None
    ) -> Self:
        """Makes a ring from the content of another server's key file.

        The dialect, one of ``dialects()``, says which bytes are which and which key seals; it is
        never guessed. Keys whose file tells no times have no end.

        Raises InvalidError for an unknown dialect, bytes that are not of it and for a refused key
        (its ``status`` is WEAK_KEY, EXISTS or EXPIRED); CryptoError.
        """
        _, options = _low.keyring_options_new()
        with reasons(_low.keyring_options_why, options):
            if max_seals is not None:
                _low.keyring_options_set_max_seals(options, max_seals)
            status, ring = _low.keyring_import(data, dialect, options, clock(now_ms))
        if ring is None:
            raise refuse(status, _low.keyring_options_why(options))
        return cls._own(ring)

    def export(self, dialect: str, *, index: int | None = None, now_ms: int | None = None) -> bytes:
        """The keys as the key file of another server: a secret, which Python does not wipe.

        A dialect whose file holds one key gets the key that seals; the others get the ring.
        ``index`` writes the key at that place of the ring alone. ``haproxy`` wants an older key,
        the one that seals and a next one (``seal_from_ms`` in the future).

        Raises InvalidError if the dialect has no place for these keys (its ``status`` is
        UNSUPPORTED), no key seals (NO_KEY) or none is at that place (MISS).
        """
        _, options = _low.keyring_options_new()
        with reasons(_low.keyring_options_why, options):
            status, data = _low.keyring_export(
                self._handle, dialect, _place(index), options, clock(now_ms)
            )
        if data is None:
            raise refuse(status, _low.keyring_options_why(options))
        return data

    def save(
        self,
        path: str | os.PathLike[str],
        dialect: str,
        *,
        index: int | None = None,
        now_ms: int | None = None,
    ) -> None:
        """Writes what ``export()`` gives into a file of mode 0600, in one step.

        Readers see the old keys or the new ones. Raises as ``export()``; AccessError.
        """
        _, options = _low.keyring_options_new()
        with reasons(_low.keyring_options_why, options):
            status = _low.keyring_save(
                self._handle, dialect, _place(index), os.fspath(path), options, clock(now_ms)
            )
        if status != Status.OK:
            raise refuse(status, _low.keyring_options_why(options))

    @staticmethod
    def dialects() -> tuple[str, ...]:
        """The dialects of key files."""
        names: list[str] = []
        while (name := _low.keyring_dialect_name(len(names))) is not None:
            names.append(name)
        return tuple(names)

    def add(
        self,
        name: Bytes,
        cipher_key: Bytes,
        mac_key: Bytes,
        *,
        seal_from_ms: int = 0,
        seal_until_ms: int = FOREVER_MS,
        open_until_ms: int = FOREVER_MS,
        now_ms: int | None = None,
    ) -> Status:
        """Adds a key: a name of 1 to 16 bytes, an AES and an HMAC key of 16 or 32 bytes each.

        An HMAC key may also have 64 bytes, as h2o's have.

        The instants are Unix milliseconds. Answers OK; WEAK_KEY (``audit()`` tells the reason),
        EXISTS, EXPIRED or TOO_LARGE, and then the ring is unchanged. Raises InvalidError for
        lengths or an order of times that no key has.
        """
        return _low.keyring_add(
            self._handle,
            name,
            cipher_key,
            mac_key,
            seal_from_ms,
            seal_until_ms,
            open_until_ms,
            clock(now_ms),
        )

    def rotate(self, now_ms: int | None = None) -> None:
        """Lets the next key seal now. Raises StateError for a ring that generates no keys."""
        _low.keyring_rotate(self._handle, clock(now_ms))

    def tick(self, now_ms: int | None = None) -> None:
        """Does the ring's scheduled work; an idle server should call it once a minute or so."""
        _low.keyring_tick(self._handle, clock(now_ms))

    def reload(self, now_ms: int | None = None) -> Status:
        """Reads a ``file:`` ring's files anew, all or nothing.

        Answers OK, or WEAK_KEY, EXISTS or EXPIRED for a refused key. Raises StateError for a ring
        without files, otherwise as the constructor does.
        """
        return _low.keyring_reload(self._handle, clock(now_ms))

    def sealing_key(self, now_ms: int | None = None) -> Key | None:
        """The key that seals now; None if none may."""
        _, key = _low.keyring_sealing_key(self._handle, clock(now_ms))
        return None if key is None else Key._own(key)

    def find(self, name: Bytes, now_ms: int | None = None) -> tuple[Status, Key | None]:
        """Finds the key of a ticket by the name in front of it (RFC 5077 section 4).

        Answers OK if that key seals now, RENEW if it only opens; without a key MISS or EXPIRED.
        """
        status, key = _low.keyring_find(self._handle, name, clock(now_ms))
        return status, None if key is None else Key._own(key)

    def keys(self, now_ms: int | None = None) -> list[KeyInfo]:
        """What can be shown of the ring: every key, the one that begins to seal last comes first.

        Scheduled work is done first. Holds no key, so none is kept from being wiped.
        """
        now, infos = clock(now_ms), []
        self.tick(now)
        for key in self:
            _, role = _low.keyring_role(self._handle, key._handle, now)
            if role in _ROLES:  # else it has left the ring meanwhile
                instants = (key.seal_from_ms, key.seal_until_ms, key.open_until_ms)
                infos.append(KeyInfo(key.name, _ROLES[role], *instants, key.seals))
        return infos

    @staticmethod
    def audit(key: Bytes) -> tuple[Status, str]:
        """Judges key material, name and both secrets, 48 or 80 bytes in all.

        Answers OK, or WEAK_KEY with the reason. Raises InvalidError for any other length.
        """
        return _low.key_audit(key)

    @property
    def failures(self) -> int:
        """How often new keys could not be had; the keys that were there have gone on."""
        return _low.keyring_failures(self._handle)

    @property
    def last_failure(self) -> str:
        """Why new keys could not be had the last time; "" if the last attempt succeeded."""
        return _low.keyring_last_failure(self._handle)[1].decode()

    def __len__(self) -> int:
        """How many keys there are, in whatever state."""
        return _low.keyring_count(self._handle)

    def __bool__(self) -> bool:
        """Always true: an empty ring is a ring."""
        return True

    def __iter__(self) -> Iterator[Key]:
        """The keys, the one that begins to seal last comes first."""
        for index in range(len(self)):
            _, key = _low.keyring_key_at(self._handle, index)
            if key is not None:  # the ring may change meanwhile
                yield Key._own(key)
