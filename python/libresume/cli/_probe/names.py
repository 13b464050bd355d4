# SPDX-License-Identifier: Apache-2.0
"""Does a session made under one server name resume under another (RFC 6066 section 3)?"""

from __future__ import annotations

from libresume.cli._probe.caller import NoHandshake, NotReached
from libresume.cli._probe.resumption import Outcome
from libresume.cli._probe.verdict import Grade, Verdict


def judge_name(outcome: Outcome, server_name: str | None, other: str) -> Verdict:
    """The verdict on one other name. It counts whether both names have the same certificate."""
    caller, address = outcome.caller, outcome.address
    check, own = "names", server_name or "no name"
    try:
        theirs = caller.call(address, other)
        fresh = caller.call(address, server_name)
        call = caller.call(address, other, fresh.session)
    except (NotReached, NoHandshake) as error:
        why = f"{other} could not be tried: {error}"
        return outcome.verdict(Grade.WARN, check, why, other_name=other)
    same = theirs.certificate == fresh.certificate
    facts = {"other_name": other, "resumed": call.resumed, "same_certificate": same}
    if not call.resumed:
        why = f"a session of {own} does not resume under {other}"
        return outcome.verdict(Grade.OK, check, why, **facts)
    if same:
        why = f"a session of {own} resumes under {other}, which has the same certificate"
        return outcome.verdict(Grade.WARN, check, why, **facts)
    why = f"a session of {own} resumes under {other}, which has another certificate"
    return outcome.verdict(Grade.BAD, check, why, **facts)
