# SPDX-License-Identifier: Apache-2.0
"""The client's side: sessions per peer. Plugging it into SSL contexts is ``attach_client()``."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager

from libresume import _low
from libresume._enums import ClientStatistic, Status
from libresume._errors import AccessError, InvalidError
from libresume._handle import Bytes, Handle, clock, reasons
from libresume._keyring import Keyring
from libresume._peer import Peer
from libresume._policy import Policy
from libresume._saved import Saved
from libresume._session import Session

PathLike = str | os.PathLike[str]

_NOT_LOADED = {
    Status.NO_KEY: "none of these keys sealed it",
    Status.EXPIRED: "the key that sealed it was retired",
    Status.FORGED: "it was altered, or sealed by another key of that name",
    Status.MALFORMED: "it is no file of sessions",
    Status.UNSUPPORTED: "a later version of libresume wrote it",
    Status.TOO_LARGE: "it is larger than any file of sessions",
}


class Client(Handle["_low._ClientHandle"]):
    """The sessions that a client may offer, kept for each peer, bounded, and saved if wanted.

    A client may serve many threads and SSL contexts at once. After a fork each process has its
    own, with the sessions of before: let one of them go on and the others ``clear()``, where it
    matters that no TLS 1.3 ticket is offered twice.
    """

    __slots__ = ("_file",)

    _file: tuple[str, Keyring, int] | None

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        path: PathLike | None = None,
        keys: str | Keyring | None = None,
        max_sessions: int | None = None,
        max_bytes: int | None = None,
        max_tickets: int | None = None,
        now_ms: int | None = None,
    ) -> None:
        """Makes an empty client, or one with the sessions of a file.

        policy: modes, lifetimes and the rule for extended_master_secret; the defaults of
            ``Policy`` hold without one.
        path, keys: a file of sessions and the keys that seal it. It is loaded now if it is there,
            and written by ``save()``, by ``close()``, at the end of a ``with`` block and when the
            interpreter ends. Keys are a ring or a URL such as ``file:/etc/client.key``.
        max_sessions, max_bytes: how much is kept in all, by default 1000 and 16 MiB.
        max_tickets: how many TLS 1.3 tickets are kept for one peer, by default 4, which is how
            many connections can begin at once (RFC 8446 appendix C.4).

        Raises InvalidError for a value out of its range, and what ``load()`` raises.
        """
        _, options = _low.client_options_new()
        with reasons(_low.client_options_why, options):
            if policy is not None:
                _low.client_options_set_policy(options, policy._handle)
            if max_sessions is not None:
                _low.client_options_set_max_sessions(options, max_sessions)
            if max_bytes is not None:
                _low.client_options_set_max_bytes(options, max_bytes)
            if max_tickets is not None:
                _low.client_options_set_max_tickets(options, max_tickets)
        _, self._held = _low.client_new(options)
        self._file = None
        if path is not None:
            self._use_file(path, keys, now_ms)
        elif keys is not None:
            raise InvalidError(Status.E_INVALID, "keys seal a file: a path is missing")

    def _use_file(self, path: PathLike, keys: str | Keyring | None, now_ms: int | None) -> None:
        if keys is None:
            raise InvalidError(Status.E_INVALID, "a file of sessions is sealed: keys are missing")
        ring = _ring(keys)
        self.load(path, ring, now_ms)
        self._file = (os.path.abspath(path), ring, os.getpid())
        atexit.register(self._save_here)

    def _save_here(self) -> None:
        """Writes the own file, but for a forked child, which would overwrite its parent's."""
        file: tuple[str, Keyring, int] | None = getattr(self, "_file", None)
        if file is not None and file[2] == os.getpid():
            self.save()

    def close(self) -> None:
        """Save to the own file, if there is one, and release the client.

        Contexts that it is attached to go on using it; what they get is not saved any more.
        """
        try:
            if self._held is not None:
                self._save_here()
        finally:
            atexit.unregister(self._save_here)
            self._file = None
            super().close()

    def put(
        self,
        peer: Peer,
        session: Session,
        ticket: Bytes | None = None,
        lifetime_hint: int = 0,
        now_ms: int | None = None,
    ) -> Status:
        """Keeps a session. Only after the peer was verified and its Finished checked.

        ``ticket`` is as the server sent it, ``lifetime_hint`` its number of seconds. Answers OK,
        or EXPIRED, TOO_LARGE or UNSUPPORTED: not kept.
        """
        return _low.client_put(
            self._handle, peer._handle, session._handle, ticket, lifetime_hint, clock(now_ms)
        )

    def put_openssl(self, peer: Peer, der: Bytes, now_ms: int | None = None) -> Status:
        """Keeps a session with its ticket from OpenSSL's DER, as ``Saved.to_openssl()`` wrote it.

        The caller answers for verification. Answers as ``put()``, or MALFORMED.
        """
        now = clock(now_ms)
        status, session = Session.from_openssl(der, now)
        if session is None:
            return status
        status, ticket, lifetime_hint = _low.session_ticket_from_openssl(der)
        if status != Status.OK:
            return status
        return self.put(peer, session, ticket, lifetime_hint, now)

    def take(self, peer: Peer, now_ms: int | None = None) -> Saved | None:
        """What to offer to a peer, or None. A TLS 1.3 session is gone then, a TLS 1.2 one stays."""
        _, saved = _low.client_take(self._handle, peer._handle, clock(now_ms))
        return None if saved is None else Saved._own(saved)

    def give_back(self, peer: Peer, saved: Saved, now_ms: int | None = None) -> Status:
        """Gives back what was taken and never sent in a ClientHello.

        Answers OK, or EXISTS, EXPIRED or MISS: not taken back.
        """
        return _low.client_return(self._handle, peer._handle, saved._handle, clock(now_ms))

    def forget(self, peer: Peer, saved: Saved | None = None) -> Status:
        """Forgets all sessions of a peer, or one; OK, or MISS if there was none.

        The peer of connections to a host by some context is ``peer_of(context, host, port)``.
        """
        if saved is not None:
            return _low.client_forget_saved(self._handle, peer._handle, saved._handle)
        return _low.client_forget(self._handle, peer._handle)

    def clear(self) -> None:
        """Forgets everything."""
        _low.client_clear(self._handle)

    def __len__(self) -> int:
        """How many sessions there are, expired ones that nobody asked for included."""
        return _low.client_count(self._handle)

    def __bool__(self) -> bool:
        """Always true: an empty client is a client."""
        return True

    def statistic(self, which: ClientStatistic) -> int:
        """One of the numbers that the client keeps about itself."""
        _, value = _low.client_stats(self._handle, which)
        return value

    @property
    def stats(self) -> dict[str, int]:
        """All of them, by their names in small letters."""
        return {which.name.lower(): self.statistic(which) for which in ClientStatistic}

    def save(
        self,
        path: PathLike | None = None,
        keys: str | Keyring | None = None,
        now_ms: int | None = None,
    ) -> None:
        """Writes all sessions to a file, sealed, with mode 0600; to the own file without a path.

        Whoever has the file but not the keys does not learn the peers either. What is saved here
        and used there may be offered twice: save last.

        Raises InvalidError without path or keys, or if no key seals now; AccessError, an OSError,
        if the file cannot be written. The file is replaced as a whole or not at all.
        """
        file: tuple[str, Keyring, int] | None = getattr(self, "_file", None)
        if path is None and file is not None:
            path = file[0]
        if keys is None and file is not None:
            keys = file[1]
        if path is None or keys is None:
            raise InvalidError(Status.E_INVALID, "a path and the keys that seal are needed")
        name, ring = _name(path), _ring(keys)
        with _naming(name, "it cannot be written there"):
            status = _low.client_save(self._handle, name, ring._handle, clock(now_ms))
        if status != Status.OK:
            raise InvalidError(status, f"{name} was not saved: {status.text}")

    def load(self, path: PathLike, keys: str | Keyring, now_ms: int | None = None) -> bool:
        """Takes the sessions of a file in place of those it has; false if there is no such file.

        Raises InvalidError for a file that these keys do not open, that was altered, that others
        may read or write, or that is none; its ``status`` tells which. AccessError, an OSError, if
        it cannot be read. Then the client is as it was.
        """
        name, ring = _name(path), _ring(keys)
        with _naming(name, "it must be a file of this user that nobody else may read or write"):
            status = _low.client_load(self._handle, name, ring._handle, clock(now_ms))
        if status not in {Status.OK, Status.MISS}:
            why = _NOT_LOADED.get(status, status.text)
            raise InvalidError(status, f"{name} was not loaded: {why}")
        return status == Status.OK

    def __repr__(self) -> str:
        """How much there is, and nothing of it."""
        if getattr(self, "_held", None) is None:
            return super().__repr__()
        peers = self.statistic(ClientStatistic.PEERS)
        return f"<libresume.Client sessions={len(self)} peers={peers}>"


def _ring(keys: str | Keyring) -> Keyring:
    """The keys of a file, which have to live as long as it."""
    if not isinstance(keys, str):
        return keys
    if keys.startswith("random:"):
        raise InvalidError(
            Status.E_INVALID, "random: keys end with the process, and no other can open the file"
        )
    return Keyring(keys)


def _name(path: PathLike) -> str:
    """The path as text without a NUL, at which C would cut it off."""
    name = os.fsdecode(path)
    if "\0" in name:
        raise InvalidError(Status.E_INVALID, "a path has no NUL inside")
    return name


@contextmanager
def _naming(name: str, hint: str) -> Iterator[None]:
    """Says of which file it is that something went wrong, and what may help."""
    try:
        yield
    except (InvalidError, AccessError) as error:
        raise type(error)(error.status, f"{name}: {hint} ({error})") from None
