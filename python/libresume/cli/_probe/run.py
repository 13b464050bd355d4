# SPDX-License-Identifier: Apache-2.0
"""The order of a probe: each address by each way, then one address against the next.

Not the checks themselves, and not how they are shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from libresume.cli._probe import keys, names, resumption
from libresume.cli._probe.caller import VERSIONS, Caller, NoHandshake, NotReached
from libresume.cli._probe.resumption import Outcome
from libresume.cli._probe.target import Address, Target
from libresume.cli._probe.verdict import Grade, Verdict, span

Step = Callable[[int, str], None]
"""How many more calls are done, and what comes next."""


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for."""

    tries: int = 8
    timeout: float = 5.0
    other_names: Sequence[str] = ()
    wait_s: float = 0.0


@dataclass
class Report:
    """All that is said about one host."""

    target: Target
    reached: bool = False
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether a check failed."""
        return any(verdict.grade is Grade.BAD for verdict in self.verdicts)


WAYS = (("1.2", False), ("1.2", True), ("1.3", False))


def steps(target: Target, wishes: Wishes) -> int:
    """How often ``step`` is called at most: for a progress bar."""
    return len(target.addresses) * len(WAYS) * (wishes.tries + 1)


class Probe:
    """Probes one host."""

    def __init__(self, target: Target, wishes: Wishes, step: Step) -> None:
        self.report = Report(target)
        self.wishes = wishes
        self._step = step
        self._callers = {way: Caller(way[0], by_id=way[1], timeout=wishes.timeout) for way in WAYS}
        self._keys = keys.KeyJudge()
        self._outcomes: dict[tuple[str, bool], list[Outcome]] = {way: [] for way in WAYS}

    def run(self) -> Report:
        """Makes all checks."""
        target = self.report.target
        for address in target.addresses:
            self._probe_address(address)
        self._probe_across()
        self._probe_names()
        if self.wishes.wait_s:
            self._probe_rotation()
        return self.report

    def _say(self, *verdicts: Verdict) -> None:
        self.report.verdicts += verdicts

    def _probe_address(self, address: Address) -> None:
        silent: dict[str, str] = {}
        spoken = 0
        for version in VERSIONS:
            try:
                self._probe_version(address, version)
                spoken += 1
            except NotReached as error:
                grade = Grade.WARN if error.local else Grade.BAD
                where = "from this machine there is no way there: " if error.local else ""
                self._say(Verdict(grade, "connect", f"{where}{error}", str(address)))
                return
            except NoHandshake as error:
                silent[version] = str(error)
        for version, why in silent.items():
            if not spoken:
                self._say(Verdict(Grade.BAD, "connect", f"no TLS: {why}", str(address), version))
            elif version == "1.3":
                text = f"TLS 1.3 is not spoken: {why}"
                self._say(Verdict(Grade.WARN, "connect", text, str(address), version))
            else:
                text = "TLS 1.2 is not spoken: there is nothing to resume in it"
                self._say(Verdict(Grade.OK, "connect", text, str(address), version))

    def _try(self, way: tuple[str, bool], address: Address) -> Outcome:
        name, tries = self.report.target.server_name, self.wishes.tries
        caller = self._callers[way]
        return resumption.try_resumption(caller, address, name, tries, lambda: self._step(1, ""))

    def _probe_version(self, address: Address, version: str) -> None:
        name = self.report.target.server_name
        outcomes: list[Outcome] = []
        for way in WAYS:
            if way[0] != version:
                continue
            self._step(0, f"{address} TLS {version}")
            try:
                outcome = self._try(way, address)
            except (NotReached, NoHandshake) as error:
                if not outcomes:
                    raise  # there is no such version, or nobody
                why = f"with tickets a call succeeds, without it fails: {error}"
                self._say(Verdict(Grade.BAD, "IDs", why, str(address), version))
                continue
            outcomes.append(outcome)
            self._outcomes[way].append(outcome)
        self.report.reached = True
        none = list(resumption.judge_none(address, version, outcomes))
        if none:
            self._say(*none)
            return
        for outcome in outcomes:
            others = sum(other.resumed for other in outcomes if other is not outcome)
            self._say(resumption.judge_resumption(outcome, others))
        tickets = outcomes[0]
        if tickets.issued:
            self._say(resumption.judge_lifetime(tickets))
            if tickets.resumed:
                self._say(resumption.judge_renewal(tickets, name))
            self._say(*self._keys.judge(keys.take_sample(tickets, name)))

    def _probe_across(self) -> None:
        """Each address against the next one, in a ring: what is shared is shared by all."""
        name = self.report.target.server_name
        for (version, _), outcomes in self._outcomes.items():
            tickets = any(outcome.resumed for outcome in self._outcomes[version, False])
            working = [outcome for outcome in outcomes if outcome.resumed]
            if len(working) > 1:
                for made, other in zip(working, working[1:] + working[:1], strict=True):
                    self._step(0, f"{made.address} to {other.address}")
                    self._say(resumption.judge_across(made, other, name, tickets))

    def _probe_names(self) -> None:
        name = self.report.target.server_name
        for version in VERSIONS:
            working = [
                outcome
                for way, outcomes in self._outcomes.items()
                for outcome in outcomes
                if way[0] == version and outcome.resumed
            ]
            for other in self.wishes.other_names if working else ():
                self._step(0, f"{working[0].address} as {other}")
                self._say(names.judge_name(working[0], name, other))

    def _probe_rotation(self) -> None:
        """Waits, then looks whether the key has changed and the old ticket still counts."""
        name = self.report.target.server_name
        waiting: list[keys.Sample] = []
        for (_, by_id), outcomes in self._outcomes.items():
            for outcome in outcomes:
                if outcome.resumed and not by_id:
                    waiting.append(keys.take_sample(outcome, name))
        if not waiting:
            return
        self._step(0, f"waiting {span(self.wishes.wait_s)}")
        time.sleep(self.wishes.wait_s)
        for sample in waiting:
            self._say(keys.judge_rotation(sample, name, self.wishes.wait_s))
