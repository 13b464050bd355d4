# SPDX-License-Identifier: Apache-2.0
"""``resume probe``: what a server does about resumption, seen from outside. The checks: _probe/."""

from __future__ import annotations

import socket
from typing import Annotated

import typer
from rich.text import Text

from libresume.cli import _output
from libresume.cli._exit import ConnectionFailed, Exit, UsageError
from libresume.cli._output import BAD, GOOD, Json
from libresume.cli._probe.run import Probe, Report, Wishes, steps
from libresume.cli._probe.target import Target, TargetError, resolve
from libresume.cli._probe.verdict import Grade, Verdict

STYLES = {Grade.OK: GOOD, Grade.WARN: "yellow", Grade.BAD: BAD}

Hosts = Annotated[
    list[str], typer.Argument(metavar="HOST", help="HOST or HOST:PORT; 443 by default.")
]
Sni = Annotated[
    str | None, typer.Option("--sni", metavar="NAME", help="Server name to ask for, if not HOST.")
]
Connect = Annotated[
    list[str] | None,
    typer.Option(
        "--connect", metavar="ADDR[:PORT]", help="Go there, whatever HOST resolves to; repeatable."
    ),
]
OtherNames = Annotated[
    list[str] | None,
    typer.Option(
        "--other-name",
        metavar="NAME",
        help="See that sessions of HOST do not resume under this name; repeatable.",
    ),
]
Tries = Annotated[int, typer.Option("--tries", min=1, max=1000, help="How often to offer.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, max=600, help="Seconds a call.")]
Wait = Annotated[
    float,
    typer.Option("--wait", metavar="MINUTES", min=0, help="Wait, and see whether the key rotates."),
]


def probe(
    hosts: Hosts,
    sni: Sni = None,
    connect: Connect = None,
    other_name: OtherNames = None,
    tries: Tries = 8,
    timeout: Timeout = 5.0,
    wait: Wait = 0.0,
    as_json: Json = False,
) -> None:
    """Tell right from wrong about resumption at servers, from outside.

    Each address of each HOST is called with TLS 1.2 and 1.3, by ticket and by session ID: does
    it resume what it issued, do workers and addresses share keys, are the keys weak, are names
    kept apart. Certificates are not verified, and nothing but HEAD / is asked.
    """
    if connect and len(hosts) > 1:
        raise UsageError("--connect gives the addresses of one HOST: name one")
    wishes = Wishes(tries, timeout, tuple(other_name or ()), wait * 60)
    reports = [_probe_host(host, sni, connect or [], wishes) for host in hosts]
    if as_json:
        _output.print_json([_as_json(report) for report in reports])
    else:
        for report in reports:
            _print(report)
    if not any(report.reached for report in reports):
        raise ConnectionFailed(f"no TLS server answers at {', '.join(hosts)}")
    if any(report.bad for report in reports):
        raise typer.Exit(Exit.CHECK_FAILED)


def _probe_host(host: str, sni: str | None, connect: list[str], wishes: Wishes) -> Report:
    try:
        target = resolve(host, sni, connect)
    except TargetError as error:
        raise UsageError(str(error)) from None
    except socket.gaierror as error:
        why = f"the name has no address: {error.strerror}"
        return Report(Target(host, sni, ()), verdicts=[Verdict(Grade.BAD, "connect", why)])
    with _output.progress(host, steps(target, wishes)) as step:
        return Probe(target, wishes, step).run()


def _as_json(report: Report) -> dict[str, object]:
    return {
        "host": report.target.host,
        "server_name": report.target.server_name,
        "addresses": [str(address) for address in report.target.addresses],
        "reached": report.reached,
        "ok": report.reached and not report.bad,
        "verdicts": [verdict.as_json() for verdict in report.verdicts],
    }


def _print(report: Report) -> None:
    rows = [
        (
            Text(str(verdict.grade), style=STYLES[verdict.grade]),
            verdict.address or report.target.host,
            verdict.version or None,
            verdict.check,
            verdict.why,
        )
        for verdict in report.verdicts
    ]
    _output.print_table(("verdict", "address", "TLS", "check", "why"), rows)
