# SPDX-License-Identifier: Apache-2.0
"""``resume inspect``: tickets of real handshakes, real key files, and nothing secret on screen."""

from __future__ import annotations

import base64
import json
import os
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clitool import Runner, leaks, s_client, tls_server
from libresume.cli._exit import Exit
from libresume.cli._session_file import Form, read
from typer.testing import Result

import libresume
from libresume import Codec, Frame, Keyring, Session

Inside = Callable[..., Result]


def write_key(path: Path, size: int = 80) -> Path:
    """A key file of nginx, as an operator makes it."""
    path.touch(0o600)
    path.write_bytes(os.urandom(size))
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return write_key(tmp_path / "fleet.key")


def make_session(**changes: object) -> Session:
    fields: dict[str, object] = {
        "version": 0x0303,
        "cipher_suite": 0xC02F,
        "secret": os.urandom(48),
        "extended_master_secret": True,
        "session_id": os.urandom(32),
        "created_ms": time.time_ns() // 1_000_000,
        "lifetime": 3600,
        "server_name": "a.example",
        "alpn": b"h2",
        "context": b"context",
        "age_add": 0x01020304,
        "appdata": [(0x0100, os.urandom(24))],
    }
    return Session(**(fields | changes))  # type: ignore[arg-type]


def ticket_of(path: Path, frame: Frame, session: Session) -> bytes:
    _, ticket = Codec(Keyring(f"file:{path}"), frame=frame).seal_session(session)
    assert ticket is not None
    return ticket


def secrets_of(key: Path, session: Session) -> list[bytes]:
    return [
        key.read_bytes()[16:],
        session.secret,
        session.session_id,
        *(d for _, d in session.appdata),
    ]


FRAMES = {"rfc5077": Frame.RFC5077, "aead": Frame.AEAD, "rfc5077-struct": Frame.RFC5077_STRUCT}
PLAIN = {
    "extended_master_secret": False,
    "session_id": b"",
    "server_name": None,
    "alpn": b"",
    "context": b"",
    "age_add": 0,
    "appdata": [],
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("size", [48, 80])
def test_the_frame_is_the_one_that_opens(
    inside: Inside, tmp_path: Path, name: str, size: int
) -> None:
    right, wrong = write_key(tmp_path / "right", size), write_key(tmp_path / "wrong", size)
    session = make_session(**(PLAIN if name == "rfc5077-struct" else {}))
    ticket = ticket_of(right, FRAMES[name], session)
    keys = ["--keys", f"file:{wrong}", "--keys", f"file:{right}"]
    done = inside("inspect", ticket.hex(), *keys, "--json")
    assert done.exit_code == Exit.OK
    shown = json.loads(done.stdout)
    assert shown["opened"]["frame"] == name and name in shown["frames_by_length"]
    assert shown["opened"]["keys"] == f"file:{right}"
    assert shown["keys"][f"file:{wrong}"].startswith("miss")
    assert shown["key_name"] == right.read_bytes()[:16].hex()
    assert shown["session"]["server_name"] == session.server_name
    assert shown["session"]["cipher_suite"] == "ECDHE-RSA-AES128-GCM-SHA256 (0xC02F)"
    assert leaks(done.output, *secrets_of(right, session)) == []


def test_a_key_that_only_opens_is_told_from_one_that_seals(inside: Inside, tmp_path: Path) -> None:
    new, old = write_key(tmp_path / "new"), write_key(tmp_path / "old")
    ticket = ticket_of(old, Frame.RFC5077, make_session())
    done = inside("inspect", ticket.hex(), "-k", f"file:{new}?old={old}", "--json")
    opened = json.loads(done.stdout)["opened"]
    assert (opened["keys_there"], opened["key_seals_now"]) == (2, False)


def test_secrets_are_shown_only_when_asked_for(tool: Runner, key: Path) -> None:
    session = make_session()
    ticket = ticket_of(key, Frame.RFC5077, session)
    for form in ((), ("--json",)):
        hidden = tool("inspect", ticket.hex(), "-k", f"file:{key}", *form)
        assert hidden.code == Exit.OK and "--reveal" in hidden.out
        assert leaks(hidden.out + hidden.err, *secrets_of(key, session)) == []
        shown = tool("inspect", ticket.hex(), "-k", f"file:{key}", "--reveal", *form)
        assert session.secret.hex() in shown.out and session.session_id.hex() in shown.out
        assert leaks(shown.out + shown.err, key.read_bytes()[16:]) == []


def test_every_way_to_hand_a_ticket_over(tool: Runner, key: Path, tmp_path: Path) -> None:
    ticket = ticket_of(key, Frame.RFC5077, make_session())
    raw, text = tmp_path / "ticket.bin", tmp_path / "ticket.txt"
    raw.write_bytes(ticket)
    text.write_text(base64.encodebytes(ticket).decode())
    dashed = base64.urlsafe_b64encode(ticket).decode().rstrip("=")
    ways: list[tuple[str | Path, bytes, str]] = [
        (raw, b"", "raw"),
        (text, b"", "base64"),
        (ticket.hex(":"), b"", "hex"),
        (dashed, b"", "base64"),
        ("-", ticket, "raw"),
        ("-", ticket.hex().encode() + b"\n", "hex"),
    ]
    for argument, stdin, form in ways:
        words: list[str | Path] = ["inspect", "--json"]
        done = tool(*words, "--", argument, stdin=stdin, LIBRESUME_KEYS=f"file:{key}")
        assert done.code == Exit.OK, done.err
        shown = json.loads(done.out)
        assert shown["input"] == form and shown["session"]["alpn"] == "h2"


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_file_of_s_client(
    tool: Runner, key: Path, certificate: Path, version: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    libresume.attach(context, keys=f"file:{key}")
    saved = key.parent / "session.pem"
    with tls_server(context) as port:
        s_client(port, version, "-sess_out", str(saved))
    revealed = tool("inspect", saved, "-k", f"file:{key}", "--json", "--reveal")
    assert revealed.code == Exit.OK, revealed.err
    shown = json.loads(revealed.out)
    assert shown["input"] == "pem" and shown["opened"]["frame"] == "rfc5077"
    # What the server sealed is what the client has.
    ours, theirs = shown["session"], shown["client_session"]
    assert ours["secret"] == theirs["secret"] and len(ours["secret"]) >= 64
    assert ours["version"] == {"-tls1_2": "TLS 1.2", "-tls1_3": "TLS 1.3"}[version]
    assert ours["server_name"] == "a.example" and not ours["expired"]
    secrets = [bytes.fromhex(ours["secret"]), key.read_bytes()[16:]]
    secrets += [bytes.fromhex(ours["session_id"])] if ours["session_id"] else []
    for form in ((), ("--json",)):
        hidden = tool("inspect", saved, "-k", f"file:{key}", *form)
        assert hidden.code == Exit.OK and leaks(hidden.out + hidden.err, *secrets) == []
    other = write_key(key.parent / "other.key")
    failed = tool("inspect", saved, "-k", f"file:{other}")
    assert failed.code == Exit.BAD_KEY and failed.err == "resume: no key opens the ticket\n"
    assert leaks(failed.out, *secrets) == []


def test_a_session_file_without_a_ticket(inside: Inside, tmp_path: Path, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    libresume.attach(
        context, store="memory:", policy=libresume.Policy(modes=libresume.Mode.SESSION_IDS)
    )
    saved = tmp_path / "session.pem"
    with tls_server(context) as port:
        s_client(port, "-tls1_2", "-no_ticket", "-sess_out", str(saved))
    revealed = json.loads(inside("inspect", saved, "--json", "--reveal").stdout)
    assert revealed["ticket"].startswith("none")
    secrets = [
        bytes.fromhex(revealed["client_session"][field]) for field in ("secret", "session_id")
    ]
    assert [len(secret) for secret in secrets] == [48, 32]
    hidden = inside("inspect", saved)
    assert hidden.exit_code == Exit.OK and leaks(hidden.output, *secrets) == []


def test_what_is_no_ticket(inside: Inside, key: Path, tmp_path: Path) -> None:
    forged = bytearray(ticket_of(key, Frame.RFC5077, make_session()))
    forged[-1] ^= 1
    keys = ("-k", f"file:{key}")
    done = inside("inspect", forged.hex(), *keys)
    assert done.exit_code == Exit.BAD_KEY and "forged" in done.stdout
    for wrong in ("aabb", "00" * 15, "00" * 50):
        assert inside("inspect", wrong).exit_code == Exit.BAD_KEY
    broken = tmp_path / "broken.pem"
    for body in (
        "!!!!",
        base64.b64encode(b"\x30\x82\x01").decode(),
        base64.b64encode(b"\x30\x03\xaa\x05\x00").decode(),
    ):
        broken.write_text(
            f"-----BEGIN SSL SESSION PARAMETERS-----\n{body}\n-----END SSL SESSION PARAMETERS-----\n"
        )
        done = inside("inspect", broken, *keys)
        assert done.exit_code == Exit.BAD_KEY and done.stdout == ""


def test_what_is_inside_may_be_no_session(inside: Inside, key: Path) -> None:
    ticket = Codec(Keyring(f"file:{key}")).seal(b"something else altogether")
    assert ticket is not None
    done = inside("inspect", ticket.hex(), "-k", f"file:{key}")
    assert done.exit_code == Exit.BAD_KEY and "no session" in done.stderr
    assert "something else" not in done.output and b"something".hex() not in done.output


def test_bad_keys_are_told_from_bad_arguments(inside: Inside, key: Path, tmp_path: Path) -> None:
    ticket = ticket_of(key, Frame.RFC5077, make_session()).hex()
    zero, short, loose = tmp_path / "zero", tmp_path / "short", write_key(tmp_path / "loose")
    for path, data in ((zero, bytes(80)), (short, os.urandom(79))):
        path.touch(0o600)
        path.write_bytes(data)
    loose.chmod(0o644)
    for path in (zero, short, loose):
        done = inside("inspect", ticket, "-k", f"file:{path}")
        assert done.exit_code == Exit.BAD_KEY and str(path) in done.stderr
    for url in ("bogus:/x", f"file:{key}?colour=red", "random:", f"file:{tmp_path}/none"):
        assert inside("inspect", ticket, "-k", url).exit_code == Exit.USAGE
    assert inside("inspect", ticket, "--context", "zz").exit_code == Exit.USAGE


def test_an_aead_ticket_needs_its_context(inside: Inside, key: Path) -> None:
    codec = Codec(Keyring(f"file:{key}"), frame=Frame.AEAD, context=b"site a")
    _, ticket = codec.seal_session(make_session())
    assert ticket is not None
    keys = ("-k", f"file:{key}")
    assert inside("inspect", ticket.hex(), *keys).exit_code == Exit.BAD_KEY
    assert inside("inspect", ticket.hex(), *keys, "--context", b"site a".hex()).exit_code == Exit.OK


def test_passwords_in_urls_are_not_shown() -> None:
    from libresume.cli.inspect import masked

    assert (
        masked("redis://user:hunter2@cache/0?secret=abc&x=1")
        == "redis://***@cache/0?secret=***&x=1"
    )
    assert masked("derive:?secret=/etc/fleet.secret") == "derive:?secret=/etc/fleet.secret"


def test_a_word_is_not_taken_for_base64(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="neither a file"):
        read("tickets", Form.AUTO)
    assert read("00" * 60, Form.AUTO).form is Form.HEX
