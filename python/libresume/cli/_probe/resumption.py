# SPDX-License-Identifier: Apache-2.0
"""Does a server resume what it issued: at the same address, at another one, and under which terms.

Keys are in ``keys.py``, names in ``names.py``.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from libresume.cli._probe.caller import Call, Caller, NoHandshake, NotReached
from libresume.cli._probe.frame import HANDLE_MAX
from libresume.cli._probe.target import Address
from libresume.cli._probe.verdict import Grade, Verdict, span

LIFETIME_MAX = {"1.2": 86_400, "1.3": 604_800}  # RFC 5246 F.1.4 for the first


@dataclass
class Outcome:
    """What came of offering sessions at one address in one way."""

    caller: Caller
    address: Address
    first: Call
    resumed: int = 0
    tries: int = 0
    renewed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def issued(self) -> bool:
        """Whether the server gave something to resume by."""
        return self.first.by_id if self.caller.by_id else self.first.by_ticket

    @property
    def handles(self) -> bool:
        """Whether the tickets are short handles to state at the server."""
        tickets = [saved.ticket or b"" for saved in self.first.tickets]
        return bool(tickets) and max(map(len, tickets)) <= HANDLE_MAX

    @property
    def works(self) -> bool:
        """Whether every offer was taken."""
        return self.tries > 0 and self.resumed == self.tries

    def verdict(self, grade: Grade, check: str, why: str, **facts: object) -> Verdict:
        """A verdict about this place."""
        return Verdict(grade, check, why, str(self.address), self.caller.version, facts)


def try_resumption(
    caller: Caller,
    address: Address,
    server_name: str | None,
    tries: int,
    step: Callable[[], None],
) -> Outcome:
    """One call that brings a session, then so many that offer it.

    In TLS 1.3 each offers what the one before brought, since a ticket may be good for one use
    only; in TLS 1.2 all offer the same, as browsers do.
    """
    outcome = Outcome(caller, address, caller.call(address, server_name))
    step()
    if not outcome.issued:
        return outcome
    session = outcome.first.session
    for _ in range(tries):
        outcome.tries += 1
        try:
            call = caller.call(address, server_name, session)
        except (NotReached, NoHandshake) as error:
            outcome.failures.append(str(error))
            continue
        finally:
            step()
        new = _is_new(session, call.session)
        outcome.resumed += call.resumed
        outcome.renewed += call.resumed and new
        if caller.version == "1.3" and new and call.by_ticket:
            session = call.session
    return outcome


def _is_new(old: ssl.SSLSession | None, new: ssl.SSLSession | None) -> bool:
    """Whether the server gave another ticket: libssl's client numbers sessions by its digest."""
    return old is not None and new is not None and new.has_ticket and old.id != new.id


def judge_resumption(outcome: Outcome, others: int = 0) -> Verdict:
    """The verdict on resumption at one address; ``others`` counts what resumed another way."""
    by_id = outcome.caller.by_id
    stored = by_id or outcome.handles
    what, check = ("session ID", "IDs") if by_id else ("ticket", "tickets")
    facts = {"issued": outcome.issued, "resumed": outcome.resumed, "tries": outcome.tries}
    count = f"{outcome.resumed} of {outcome.tries}"
    if not outcome.issued:
        grade = Grade.OK if others else Grade.WARN
        return outcome.verdict(grade, check, f"no {what} is issued", **facts)
    if outcome.failures:
        why = f"the handshake fails when a {what} is offered: {outcome.failures[0]}"
        return outcome.verdict(Grade.BAD, check, why, **facts)
    if outcome.works:
        return outcome.verdict(Grade.OK, check, f"{count} resumed", **facts)
    if outcome.resumed:
        state = "one store" if stored else "keys"
        why = f"{count} resumed: the workers behind this address do not share {state}"
        return outcome.verdict(Grade.BAD, check, why, **facts)
    if by_id and others:  # nginx does so by default
        why = "IDs are issued, and none resumes: no harm to clients that know tickets"
        return outcome.verdict(Grade.WARN, check, why, **facts)
    reason = "their sessions are not kept" if stored else "their key is gone, or another worker's"
    why = f"{count} resumed: {what}s are issued and refused, as if {reason}"
    return outcome.verdict(Grade.BAD, check, why, **facts)


def judge_none(address: Address, version: str, outcomes: list[Outcome]) -> Iterator[Verdict]:
    """The verdict on a server that issues nothing of any kind."""
    if not any(outcome.issued for outcome in outcomes):
        why = "nothing to resume by is issued: every connection is a full handshake"
        yield Verdict(Grade.BAD, "resumption", why, str(address), version)


def judge_lifetime(outcome: Outcome) -> Verdict:
    """The verdict on the hint with which tickets come."""
    version = outcome.caller.version
    session = outcome.first.session
    assert session is not None
    hint = session.ticket_lifetime_hint
    if hint > LIFETIME_MAX[version]:
        most = span(LIFETIME_MAX[version])
        if version == "1.3":
            why = f"{span(hint)}: RFC 8446 forbids more than {most}"
            return outcome.verdict(Grade.BAD, "lifetime", why, seconds=hint)
        why = f"{span(hint)}: more than {most}, so a stolen key opens more recordings"
        return outcome.verdict(Grade.WARN, "lifetime", why, seconds=hint)
    if hint == 0:
        why = "no lifetime is told: clients choose one"
        if version == "1.3":
            why = "0 seconds: clients have to throw such tickets away"
        return outcome.verdict(Grade.WARN, "lifetime", why, seconds=hint)
    return outcome.verdict(Grade.OK, "lifetime", f"{span(hint)}", seconds=hint)


def judge_renewal(outcome: Outcome, server_name: str | None) -> Verdict:
    """The verdict on new tickets in resumed connections."""
    key = _same_key(outcome, server_name)
    facts = {"renewed": outcome.renewed, "resumed": outcome.resumed, "same_key": key}
    under = {True: ", under the same key name", False: ", under another key name", None: ""}[key]
    count = f"{outcome.renewed} of {outcome.resumed}"
    if outcome.caller.version == "1.2":
        why = "the ticket is kept until its key or its lifetime ends"
        if outcome.renewed:
            why = f"{count} resumptions brought a new ticket{under}"
        return outcome.verdict(Grade.OK, "renewal", why, **facts)
    if outcome.renewed == outcome.resumed:
        why = f"a new ticket each time{under}"
        return outcome.verdict(Grade.OK, "renewal", why, **facts)
    why = f"{count} resumptions brought a new ticket: offering one twice links the visits"
    return outcome.verdict(Grade.WARN, "renewal", why, **facts)


def _same_key(outcome: Outcome, server_name: str | None) -> bool | None:
    """Whether a renewed ticket has the key name of the one it follows; None if that is unknown."""
    tickets = outcome.first.tickets
    if not tickets or not outcome.renewed or outcome.handles:
        return None
    offered = tickets[0]
    try:
        call = outcome.caller.call_again(outcome.address, server_name, offered)
    except (NotReached, NoHandshake):
        return None
    if call is None or not call.resumed or not call.tickets:
        return None
    old, new = offered.ticket, call.tickets[0].ticket
    if not old or not new or old == new:
        return None
    return old[:16] == new[:16]


def judge_across(made: Outcome, other: Outcome, server_name: str | None, tickets: bool) -> Verdict:
    """The verdict on a session that is made at one address and offered at another.

    IDs that stay at home do little harm if there are ``tickets``, which clients prefer.
    """
    check = "IDs across" if made.caller.by_id else "across"
    facts = {"to": str(other.address)}
    try:
        fresh = made.caller.call(made.address, server_name)
        call = made.caller.call(other.address, server_name, fresh.session)
    except (NotReached, NoHandshake) as error:
        why = f"a session offered at {other.address} breaks the handshake: {error}"
        return made.verdict(Grade.BAD, check, why, **facts, resumed=False)
    if call.resumed:
        why = f"resumed at {other.address}"
        return made.verdict(Grade.OK, check, why, **facts, resumed=True)
    shared = "a store" if made.caller.by_id or made.handles else "keys"
    why = f"not resumed at {other.address}: the addresses do not share {shared}"
    grade = Grade.WARN if made.caller.by_id and tickets else Grade.BAD
    return made.verdict(grade, check, why, **facts, resumed=False)
