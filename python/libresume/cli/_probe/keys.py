# SPDX-License-Identifier: Apache-2.0
"""What tickets give away of the keys behind them: their names, and whether guesses open them."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import libresume
from libresume.cli._probe import frame, weak
from libresume.cli._probe.caller import Call, NoHandshake, NotReached
from libresume.cli._probe.resumption import Outcome
from libresume.cli._probe.verdict import Grade, Verdict, span

SAMPLES = 3  # calls in a row, so that workers that take turns all come up
NAME = 16
DAY_S = 86_400


@dataclass
class Sample:
    """Tickets of one address in one TLS version, call by call."""

    outcome: Outcome
    calls: list[list[libresume.Saved]] = field(default_factory=list)
    session: ssl.SSLSession | None = None

    @property
    def tickets(self) -> list[libresume.Saved]:
        """All of them that have bytes."""
        return [saved for call in self.calls for saved in call if saved.ticket]

    @property
    def names(self) -> dict[bytes, int]:
        """Key names and how often they came; empty if nothing repeats, since IVs never do."""
        heads = Counter((saved.ticket or b"")[:NAME] for saved in self.tickets)
        return {} if heads and max(heads.values()) == 1 and len(heads) > 1 else dict(heads)


def take_sample(outcome: Outcome, server_name: str | None) -> Sample:
    """Calls a few times and offers nothing, so that each call brings new tickets."""
    sample = Sample(outcome, [outcome.first.tickets])
    for _ in range(SAMPLES):
        try:
            call: Call = outcome.caller.call(outcome.address, server_name)
        except (NotReached, NoHandshake):
            continue  # resumption has a verdict of its own on that
        sample.calls.append(call.tickets)
        sample.session = call.session
    return sample


class KeyJudge:
    """Judges samples; it remembers what it tried, since guessing takes its time."""

    def __init__(self) -> None:
        self._tried: dict[bytes, list[frame.Finding]] = {}

    def judge(self, sample: Sample) -> Iterator[Verdict]:
        """All verdicts on a sample."""
        outcome = sample.outcome
        if not sample.tickets:
            why = "the tickets are none that a client would keep: nothing is known of keys"
            if outcome.caller.watcher is None:
                why = "this Python's ssl does not show tickets: nothing is known of keys"
            yield outcome.verdict(Grade.WARN, "keys", why)
            return
        if outcome.handles:
            why = "tickets are handles to state at the server: there is no key to guess"
            yield outcome.verdict(Grade.OK, "keys", why, handles=True)
            return
        yield self._judge_strength(sample)
        yield from _judge_names(sample)

    def _judge_strength(self, sample: Sample) -> Verdict:
        findings: list[frame.Finding] = []
        named = sample.names
        for saved in _one_of_each(sample, bool(named)):
            ticket = saved.ticket or b""
            # An odd name may stand for more than one key.
            sure = named and not weak.describe_name(ticket[:NAME])
            known = ticket[:NAME] if sure else ticket
            if known not in self._tried:
                self._tried[known] = list(frame.open_weak(ticket, saved.session))
            findings += self._tried[known]
        outcome = sample.outcome
        if not findings:
            why = "no well-known weak key opens a ticket"
            return outcome.verdict(Grade.OK, "weak keys", why, weak=[])
        told = dict.fromkeys(f"the {found.part} is weak, {found.text}" for found in findings)
        why = f"{'; '.join(told)}: {_harm(findings, outcome.caller.version)}"
        facts = [{"frame": f.frame, "part": f.part, "text": f.text} for f in findings]
        return outcome.verdict(Grade.BAD, "weak keys", why, weak=facts)


def _harm(findings: list[frame.Finding], version: str) -> str:
    """What it comes to. TLS 1.3 mixes a fresh key exchange into what the ticket's secret gives."""
    if all(found.part == "HMAC key" for found in findings):
        return "anybody alters tickets"
    if version == "1.2":
        return "anybody reads recorded connections"
    return "anybody can play the server for clients that resume"


def _one_of_each(sample: Sample, named: bool) -> list[libresume.Saved]:
    """A ticket of each key; without names the first one stands for all."""
    found: dict[bytes, libresume.Saved] = {}
    for saved in sample.tickets:
        found.setdefault((saved.ticket or b"")[:NAME] if named else b"", saved)
    return list(found.values())


def _judge_names(sample: Sample) -> Iterator[Verdict]:
    outcome, names, total = sample.outcome, sample.names, len(sample.tickets)
    facts = {"names": [name.hex() for name in names], "tickets": total}
    if not names:
        why = f"no key name comes twice in {total} tickets: there is none, or each has its own key"
        yield outcome.verdict(Grade.OK, "key name", why, **facts)
        return
    odd = next((text for name in names if (text := weak.describe_name(name))), "")
    if odd:
        why = f"{odd}: keys that nobody named are often keys that nobody made"
        yield outcome.verdict(Grade.WARN, "key name", why, **facts)
    elif len(names) == 1:
        why = f"one in {total} tickets, {next(iter(names)).hex()}"
        yield outcome.verdict(Grade.OK, "key name", why, **facts)
    else:
        grade = Grade.OK if outcome.works else Grade.BAD
        why = f"{len(names)} in {total} tickets: workers seal under keys of their own"
        if outcome.works:
            why = f"{len(names)} in {total} tickets, and all are accepted"
        yield outcome.verdict(grade, "key name", why, **facts)


def judge_rotation(old: Sample, server_name: str | None, waited_s: float) -> Verdict:
    """The verdict after a wait on the key of then, and on a ticket of then that is still good."""
    outcome, ago = old.outcome, span(waited_s)
    new = take_sample(outcome, server_name)
    new.calls = new.calls[1:]  # the first is of the time before
    session = old.session
    try:
        call = outcome.caller.call(outcome.address, server_name, session)
    except (NotReached, NoHandshake) as error:
        why = f"a ticket from {ago} ago breaks the handshake: {error}"
        return outcome.verdict(Grade.BAD, "rotation", why)
    changed = bool(old.names) and bool(new.names) and not set(old.names) & set(new.names)
    facts = {"waited": waited_s, "changed": changed, "resumed": call.resumed}
    hint = session.ticket_lifetime_hint if session is not None else 0
    key = "another key seals" if changed else "the same key seals"
    if not old.names or not new.names:
        key = "whether the key has changed cannot be seen"
    if call.resumed:
        grade = Grade.WARN if not changed and old.names and waited_s > DAY_S else Grade.OK
        why = f"{key} after {ago}, and a ticket from then resumes"
        return outcome.verdict(grade, "rotation", why, **facts)
    if hint and hint <= waited_s:
        why = f"{key} after {ago}, and a ticket from then is over, as it was told"
        return outcome.verdict(Grade.OK, "rotation", why, **facts)
    why = f"{key} after {ago}, and a ticket from then is refused before its lifetime ends"
    return outcome.verdict(Grade.BAD, "rotation", why, **facts)
