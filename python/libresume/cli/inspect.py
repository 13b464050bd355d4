# SPDX-License-Identifier: Apache-2.0
"""``resume inspect``: what a ticket is, which key opens it, and the session inside.

Nothing that opens a connection is shown without ``--reveal``: no secret, no session ID, no
application data. A key is never shown, only its name, which stands in clear in the ticket.
"""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.text import Text

import libresume
from libresume import Frame, Session, Status
from libresume.cli._exit import BadKey, Exit, UsageError
from libresume.cli._keys import open_ring
from libresume.cli._output import Json, fail, print_fields, print_json
from libresume.cli._session_file import Form, Found, read

HIDDEN = "hidden, --reveal shows it"
VERSIONS = {0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
# Where a look at the clock could stand in the way: a ticket is inspected, not accepted.
FRAMES = {
    Frame.RFC5077: "rfc5077",
    Frame.AEAD: "aead",
    Frame.RFC5077_STRUCT: "rfc5077-struct",
}
_READERS: dict[str, Callable[[bytes], tuple[Status, Session | None]]] = {
    "openssl": Session.from_openssl,
    "native": Session.from_native,
    "state-plaintext": Session.from_state_plaintext,
}
_FIRST = {Frame.RFC5077: "openssl", Frame.AEAD: "native", Frame.RFC5077_STRUCT: "state-plaintext"}


@dataclass(frozen=True)
class Opened:
    """How a ticket came open."""

    keys: str
    frame: Frame
    status: Status
    ring_size: int
    data: bytes


def masked(url: str) -> str:
    """A URL of keys as it may be shown: without passwords and secrets."""
    url = re.sub(r"//[^/@]*@", "//***@", url)
    return re.sub(r"\b(secret|password|token)=(?!/)[^&]*", r"\1=***", url)


def frames_of(ticket: bytes) -> list[Frame]:
    """The frames that make tickets of this length."""
    size = len(ticket)
    found = []
    if size >= 80 and size % 16 == 0:
        found.append(Frame.RFC5077)
    if size > 57 and ticket[16] == 1:
        found.append(Frame.AEAD)
    if size >= 82 and size % 16 == 2:
        found.append(Frame.RFC5077_STRUCT)
    return found


def _open_with(url: str, ticket: bytes, context: bytes) -> tuple[Opened | None, Status]:
    """Tries every frame with the keys of one URL; the answer that says most, if none opens it."""
    ring = open_ring(url)
    best = Status.MISS
    for frame in FRAMES:
        codec = libresume.Codec(ring, frame=frame, context=context if frame is Frame.AEAD else b"")
        status, data = codec.open(ticket)
        if data is not None:
            return Opened(url, frame, status, len(ring), data), status
        if status in (Status.FORGED, Status.EXPIRED):
            best = status
    return None, best


def _session_in(opened: Opened) -> tuple[str, Session | None]:
    """The payload's format and the session; what the frame goes with is tried first."""
    first = _FIRST[opened.frame]
    for name in sorted(_READERS, key=lambda name: name != first):
        _, session = _READERS[name](opened.data)
        if session is not None:
            return name, session
    return "unknown", None


def suite_name(number: int) -> str:
    """OpenSSL's name of a cipher suite, or its number."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    for cipher in context.get_ciphers():
        if cipher["id"] & 0xFFFF == number:
            return f"{cipher['name']} (0x{number:04X})"
    return f"0x{number:04X}"


def _when(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).isoformat(" ", "milliseconds")
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"


def session_fields(session: Session, reveal: bool, now_ms: int) -> dict[str, Any]:
    """What may be shown of a session, as JSON has it."""

    def secret(data: bytes) -> str | None:
        if not data:
            return None
        return data.hex() if reveal else f"{len(data)} bytes, {HIDDEN}"

    certificates = [hashlib.sha256(der).hexdigest() for der in session.peer_certificates]
    return {
        "version": VERSIONS[session.version],
        "cipher_suite": suite_name(session.cipher_suite),
        "server_name": session.server_name,
        "alpn": session.alpn.decode("ascii", "backslashreplace") or None,
        "created": _when(session.created_ms),
        "authenticated": _when(session.authenticated_ms),
        "lifetime_s": session.lifetime,
        "expires": _when(session.expires_ms),
        "expired": session.expires_ms <= now_ms,
        "extended_master_secret": session.extended_master_secret,
        "group": session.group or None,
        "max_early_data": session.max_early_data,
        "resumable": session.resumable,
        "context": session.context.hex() or None,
        "verify_result": session.verify_result,
        "peer_certificates_sha256": certificates,
        "session_id": secret(session.session_id),
        "secret": secret(session.secret),
        "age_add": secret(session.age_add.to_bytes(4) if session.age_add else b""),
        "appdata": {f"0x{tag:04X}": secret(data) for tag, data in session.appdata},
    }


def _flat(prefix: str, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values for a page of text; what is empty is left out."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(f"{prefix}{name} ", inner)
        elif isinstance(inner, list):
            yield from ((f"{prefix}{name}", item) for item in inner)
        elif inner is not None:
            shown = {True: "yes", False: "no"}[inner] if isinstance(inner, bool) else inner
            yield f"{prefix}{name}".replace("_", " "), shown


def _describe(found: Found) -> dict[str, Any]:
    ticket = found.ticket
    if ticket is None:
        return {"input": found.form.value, "ticket": "none: the session goes by its ID"}
    return {
        "input": found.form.value,
        "ticket_bytes": len(ticket),
        "lifetime_hint_s": found.lifetime_hint,
        "key_name": ticket[:16].hex(),
        "frames_by_length": [FRAMES[frame] for frame in frames_of(ticket)],
    }


def _try_keys(
    urls: list[str], ticket: bytes, context: bytes
) -> tuple[Opened | None, dict[str, str]]:
    tried: dict[str, str] = {}
    winner = None
    for url in urls:
        opened, status = _open_with(url, ticket, context)
        tried[masked(url)] = "opens it" if opened else status.text
        winner = winner or opened
    return winner, tried


def _report(
    found: Found, urls: list[str], context: bytes, reveal: bool
) -> tuple[dict[str, Any], str | None]:
    """The whole report, and the sentence to fail with."""
    now_ms = time.time_ns() // 1_000_000
    report = _describe(found)
    failure = None
    if found.ticket is not None:
        opened, tried = _try_keys(urls, found.ticket, context)
        report["keys"] = tried
        if opened is not None:
            payload, session = _session_in(opened)
            report["opened"] = {
                "keys": masked(opened.keys),
                "keys_there": opened.ring_size,
                "frame": FRAMES[opened.frame],
                "payload": payload,
                "payload_bytes": len(opened.data),
                "key_seals_now": opened.status is Status.OK,
            }
            if session is None:
                failure = "a key opens the ticket, but inside is no session that libresume reads"
            else:
                report["session"] = session_fields(session, reveal, now_ms)
        elif urls:
            failure = "no key opens the ticket"
        elif not report["frames_by_length"]:
            failure = f"{len(found.ticket)} bytes are no ticket of any frame that libresume knows"
    if found.client_der is not None:
        status, client = Session.from_openssl(found.client_der)
        if client is None:
            failure = failure or f"the client's session cannot be read: {status.text}"
        else:
            report["client_session"] = session_fields(client, reveal, now_ms)
    return report, failure


def _print(report: dict[str, Any]) -> None:
    sections = ("keys", "opened", "session", "client_session")
    lines = dict(_flat("", {k: v for k, v in report.items() if k not in sections}))
    if report.get("frames_by_length"):
        lines["frames by length"] = ", ".join(report["frames_by_length"])
        lines.pop("frames_by_length", None)
    for url, answer in report.get("keys", {}).items():
        lines[url] = answer
    print_fields(lines)
    for section in sections[1:]:
        if section in report:
            print_fields({"": Text("")})
            print_fields({section.replace("_", " "): Text("")})
            print_fields({f"  {name}": value for name, value in _flat("", report[section])})


def inspect(
    ticket: Annotated[
        str,
        typer.Argument(help="A file, - for stdin, or the ticket itself in hex or base64."),
    ],
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--keys",
            "-k",
            metavar="URL",
            help="Keys to try, such as file:/etc/fleet.key; may be repeated. "
            "Without it LIBRESUME_KEYS counts.",
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--form",
            metavar="FORM",
            help="How the ticket is written: auto, raw, hex, base64, or pem for a session file of openssl s_client.",
        ),
    ] = Form.AUTO,
    context: Annotated[
        str, typer.Option("--context", metavar="HEX", help="The codec's context, for AEAD tickets.")
    ] = "",
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show secrets, session ID and application data too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look into a ticket: its frame, its key, and the session inside.

    The frame is the one under which a key opens it. Exit code 4 if no key does, or if it is no
    ticket.
    """
    try:
        context_bytes = bytes.fromhex(context)
    except ValueError:
        raise UsageError("--context is hex") from None
    urls = keys or [url for url in [os.environ.get("LIBRESUME_KEYS")] if url]
    found = read(ticket, form)
    if found.ticket is not None and len(found.ticket) < 16:
        raise BadKey(f"{len(found.ticket)} bytes are no ticket: the key's name alone has 16")
    report, failure = _report(found, urls, context_bytes, reveal)
    if as_json:
        print_json(report)
    else:
        _print(report)
    if failure is not None:
        fail(failure)
        raise typer.Exit(Exit.BAD_KEY)
