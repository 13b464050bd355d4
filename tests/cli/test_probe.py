# SPDX-License-Identifier: Apache-2.0
"""``resume probe`` tells right from wrong at real servers."""

from __future__ import annotations

import importlib
import json
import secrets
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from libresume.cli._probe import keys, resumption
from libresume.cli._probe.caller import Call, Caller
from libresume.cli._probe.run import Probe, Wishes
from libresume.cli._probe.target import Address, Target
from probe_servers import balancer, free_port, make_certificate, nginx, python_server, s_server

import libresume

VERSIONS = ("1.2", "1.3")
DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo"


@dataclass
class Probed:
    """What the command said and how it ended."""

    code: int
    hosts: list[dict[str, Any]]
    text: str

    def verdict(self, check: str, version: str = "", at: int | None = None) -> dict[str, Any]:
        """The one verdict of that check."""
        found = [
            verdict
            for host in self.hosts
            for verdict in host["verdicts"]
            if verdict["check"] == check
            and verdict["version"] == version
            and (at is None or verdict["address"] == f"127.0.0.1:{at}")
        ]
        assert len(found) == 1, (check, version, self.hosts)
        return dict(found[0])

    def grade(self, check: str, version: str = "", at: int | None = None) -> str:
        return str(self.verdict(check, version, at)["grade"])

    @property
    def bad(self) -> set[str]:
        """The checks that failed."""
        return {
            verdict["check"]
            for host in self.hosts
            for verdict in host["verdicts"]
            if verdict["grade"] == "bad"
        }


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "libresume.cli", "probe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def probe(*ports: int, options: tuple[str, ...] = ()) -> Probed:
    """Probes a.example at these ports of this machine."""
    connect = [word for port in ports for word in ("--connect", f"127.0.0.1:{port}")]
    done = run("a.example", *connect, "--tries", "4", "--json", *options)
    assert "Traceback" not in done.stderr, done.stderr
    return Probed(done.returncode, json.loads(done.stdout), done.stderr)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"), "a.example")


def test_openssl_with_tickets(certificate: Path) -> None:
    with s_server(certificate) as port:
        said = probe(port)
    assert said.code == 0 and not said.bad
    for version in VERSIONS:
        tickets = said.verdict("tickets", version)
        assert tickets["grade"] == "ok" and tickets["facts"]["resumed"] == 4
        assert said.verdict("lifetime", version)["facts"]["seconds"] == 7200
        assert said.grade("weak keys", version) == said.grade("key name", version) == "ok"
    assert said.verdict("IDs", "1.2")["facts"] == {"issued": True, "resumed": 4, "tries": 4}
    assert said.verdict("renewal", "1.3")["facts"] == {
        "renewed": 4,
        "resumed": 4,
        "same_key": True,
    }
    assert said.verdict("renewal", "1.2")["facts"]["renewed"] == 0
    names = [said.verdict("key name", version)["facts"]["names"] for version in VERSIONS]
    assert names[0] == names[1] and len(names[0]) == 1 and len(names[0][0]) == 32


def test_openssl_with_ids_only(certificate: Path) -> None:
    with s_server(certificate, "-no_ticket") as port:
        said = probe(port)
    assert said.code == 0 and not said.bad
    assert said.verdict("tickets", "1.2")["facts"]["issued"] is False
    assert said.verdict("IDs", "1.2")["facts"]["resumed"] == 4
    assert said.verdict("tickets", "1.3")["facts"]["resumed"] == 4
    assert said.verdict("keys", "1.3")["facts"] == {"handles": True}


def test_openssl_with_nothing(certificate: Path) -> None:
    with s_server(certificate, "-no_ticket", "-no_cache") as port:
        said = probe(port)
    assert said.code == 1
    assert said.grade("resumption", "1.2") == "bad"
    tickets = said.verdict("tickets", "1.3")  # issued all the same
    assert tickets["grade"] == "bad" and tickets["facts"]["resumed"] == 0


def test_a_version_that_is_off(certificate: Path) -> None:
    with s_server(certificate, "-no_tls1_3") as port:
        said = probe(port)
    assert said.code == 0
    assert said.grade("tickets", "1.2") == "ok" and said.grade("connect", "1.3") == "warn"
    with s_server(certificate, "-no_tls1_2") as port:
        said = probe(port)
    assert said.code == 0
    assert said.grade("tickets", "1.3") == said.grade("connect", "1.2") == "ok"


def outcome_of(version: str, hint: int = 300) -> resumption.Outcome:
    """What no server here does, for the verdicts on it."""
    session: Any = SimpleNamespace(has_ticket=True, ticket_lifetime_hint=hint)
    call = Call(resumed=False, session=session, certificate=b"")
    caller = Caller(version, by_id=False, timeout=1)
    return resumption.Outcome(caller, Address("127.0.0.1", 443), call)


KEY_NAME = secrets.token_bytes(16)
WEAK = {
    "zero": (bytes(80), {"AES key", "HMAC key"}),
    "zero, short": (bytes(48), {"AES key", "HMAC key"}),
    "counting": (bytes(range(48)), {"AES key", "HMAC key"}),
    "half empty": (secrets.token_bytes(48) + b"1" * 16 + bytes(16), {"AES key"}),
    "name is key": (KEY_NAME + secrets.token_bytes(16) + KEY_NAME, {"HMAC key"}),
    "HMAC only": (secrets.token_bytes(32) + b"\xde\xad\xbe\xef" * 4, {"HMAC key"}),
    "random": (secrets.token_bytes(80), set()),
}


@pytest.mark.parametrize("kind", WEAK)
def test_nginx_with_a_key(tmp_path: Path, certificate: Path, kind: str) -> None:
    key, parts = WEAK[kind]
    with nginx(tmp_path / "nginx", key, {"a.example": certificate}) as port:
        said = probe(port)
    assert said.code == (1 if parts else 0)
    assert said.bad == ({"weak keys"} if parts else set())
    for version in VERSIONS:
        found = said.verdict("weak keys", version)
        assert {weak["part"] for weak in found["facts"]["weak"]} == parts
        assert said.grade("tickets", version) == "ok"
        odd = kind in {"zero", "zero, short", "counting"}
        assert said.grade("key name", version) == ("warn" if odd else "ok")


def test_a_lifetime_that_is_too_long(tmp_path: Path, certificate: Path) -> None:
    key, settings = secrets.token_bytes(80), "ssl_session_timeout 8d;"
    with nginx(tmp_path / "nginx", key, {"a.example": certificate}, settings) as port:
        said = probe(port)
    assert said.code == 0  # RFC 5077 sets no limit, and in TLS 1.3 libssl keeps to its own
    assert said.grade("lifetime", "1.2") == "warn" and said.grade("lifetime", "1.3") == "ok"
    assert said.verdict("lifetime", "1.2")["facts"]["seconds"] == 8 * 86_400
    assert said.grade("weak keys", "1.2") == said.grade("weak keys", "1.3") == "ok"


@pytest.mark.parametrize(
    ("version", "hint", "grade"),
    [("1.3", 604_801, "bad"), ("1.3", 604_800, "ok"), ("1.3", 0, "warn"), ("1.2", 0, "warn")],
)
def test_lifetimes(version: str, hint: int, grade: str) -> None:
    assert resumption.judge_lifetime(outcome_of(version, hint)).grade == grade


@pytest.mark.parametrize(("renewed", "grade"), [(4, "ok"), (3, "warn"), (0, "warn")])
def test_tickets_that_are_to_be_used_twice(renewed: int, grade: str) -> None:
    outcome = outcome_of("1.3")
    outcome.tries, outcome.resumed, outcome.renewed = 4, 4, renewed
    assert resumption.judge_renewal(outcome, "a.example").grade == grade


def test_offers_that_break_the_handshake() -> None:
    outcome = outcome_of("1.2")
    outcome.tries, outcome.resumed, outcome.failures = 4, 3, ["internal error"]
    verdict = resumption.judge_resumption(outcome)
    assert verdict.grade == "bad" and "internal error" in verdict.why


def test_an_ssl_module_that_shows_no_tickets(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise libresume.UnsupportedError(libresume.Status.E_UNSUPPORTED, "not here")

    monkeypatch.setattr(libresume, "attach_client", refuse)
    with s_server(certificate) as port:
        target = Target("a.example", "a.example", (Address("127.0.0.1", port),))
        report = Probe(target, Wishes(tries=1), lambda done, text: None).run()
    grades = {(said.check, said.version): said.grade for said in report.verdicts}
    assert not report.bad
    for version in VERSIONS:
        assert grades["tickets", version] == "ok" and grades["keys", version] == "warn"


def test_ids_that_nginx_promises_in_vain(tmp_path: Path, certificate: Path) -> None:
    key, settings = secrets.token_bytes(80), "ssl_session_cache none;"
    with nginx(tmp_path / "with", key, {"a.example": certificate}, settings) as port:
        assert probe(port).grade("IDs", "1.2") == "warn"
    settings += " ssl_session_tickets off;"
    with nginx(tmp_path / "without", key, {"a.example": certificate}, settings) as port:
        said = probe(port)
    assert said.code == 1 and said.grade("IDs", "1.2") == "bad"


def test_unrelated_workers_behind_one_address(certificate: Path) -> None:
    with s_server(certificate) as one, s_server(certificate) as two, balancer(one, two) as port:
        said = probe(port)
    assert said.code == 1 and {"tickets", "IDs", "key name"} <= said.bad
    assert said.verdict("tickets", "1.2")["facts"]["resumed"] == 2  # every other one
    assert said.verdict("tickets", "1.3")["facts"]["resumed"] == 0  # each ticket is used once
    assert len(said.verdict("key name", "1.3")["facts"]["names"]) == 2


def test_workers_that_share_keys(tmp_path: Path, certificate: Path) -> None:
    key, hosts = secrets.token_bytes(80), {"a.example": certificate}
    with (
        nginx(tmp_path / "one", key, hosts) as one,
        nginx(tmp_path / "two", key, hosts) as two,
        balancer(one, two) as port,
    ):
        said = probe(port)
    assert said.code == 0 and not said.bad
    for version in VERSIONS:
        assert said.verdict("tickets", version)["facts"]["resumed"] == 4
        assert said.verdict("key name", version)["facts"]["names"] == [key[:16].hex()]


def test_addresses_that_share_keys_or_do_not(tmp_path: Path, certificate: Path) -> None:
    key, hosts = secrets.token_bytes(48), {"a.example": certificate}
    with (
        nginx(tmp_path / "one", key, hosts) as one,
        nginx(tmp_path / "two", key, hosts) as two,
    ):
        said = probe(one, two)
        assert said.code == 0
        for version in VERSIONS:
            assert said.grade("across", version, one) == said.grade("across", version, two) == "ok"
        with s_server(certificate) as other:
            said = probe(one, other)
    assert said.code == 1 and said.bad == {"across"}
    for version in VERSIONS:
        assert said.grade("tickets", version, one) == said.grade("tickets", version, other) == "ok"
        assert said.grade("across", version, one) == "bad"


def test_stores_at_each_address(certificate: Path) -> None:
    once = ("--tries", "1")
    with s_server(certificate) as one, s_server(certificate) as two:
        said = probe(one, two, options=once)
    assert said.grade("IDs across", "1.2", one) == "warn" and said.bad == {"across"}
    with s_server(certificate, "-no_ticket") as one, s_server(certificate, "-no_ticket") as two:
        said = probe(one, two, options=once)
    assert said.code == 1 and said.bad == {"across", "IDs across"}
    assert said.verdict("across", "1.3", one)["why"].endswith("do not share a store")


def test_our_own_server(certificate: Path) -> None:
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    server = libresume.Server("random:", "memory:")
    for context in contexts:
        context.load_cert_chain(certificate)
        libresume.attach(context, server=server)
    with python_server(contexts[0]) as one, python_server(contexts[1]) as two:
        said = probe(one, two, options=("--other-name", "b.example"))
    assert said.code == 0 and not said.bad
    for version in VERSIONS:
        for port in (one, two):
            assert said.verdict("tickets", version, port)["facts"]["resumed"] == 4
            assert said.grade("weak keys", version, port) == "ok"
            assert said.grade("across", version, port) == "ok"
        names = said.verdict("names", version)
        assert names["grade"] == "ok" and names["facts"]["resumed"] is False
    assert said.verdict("IDs", "1.2", one)["facts"]["resumed"] == 4
    assert said.grade("IDs across", "1.2", one) == "ok"


@pytest.mark.parametrize("shared", [True, False])
def test_the_demo(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """Four processes behind one address, among whom the kernel chooses."""
    key = tmp_path / "fleet.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(80))
    monkeypatch.syspath_prepend(DEMO)
    workers = importlib.import_module("workers")
    port = free_port()
    keys = f"file:{key}" if shared else None
    with workers.Fleet(workers.Settings(None, certificate, keys, port)):
        said = probe(port, options=("--tries", "16"))  # all go to one worker once in 2**32 times
    assert said.code == (0 if shared else 1)
    for version in VERSIONS:
        tickets = said.verdict("tickets", version)
        assert tickets["grade"] == ("ok" if shared else "bad")
        assert (tickets["facts"]["resumed"] == 16) == shared


def test_names_with_certificates_of_their_own(tmp_path: Path, certificate: Path) -> None:
    hosts = {"a.example": certificate, "b.example": make_certificate(tmp_path, "b.example")}
    with nginx(tmp_path / "nginx", secrets.token_bytes(80), hosts) as port:
        said = probe(port, options=("--other-name", "b.example"))
    for version in VERSIONS:
        names = said.verdict("names", version)
        assert names["facts"]["same_certificate"] is False
        # libssl decides about resumption before nginx switches between its servers.
        assert names["grade"] == "bad" and names["facts"]["resumed"] is True
    assert said.code == 1 and said.bad == {"names"}


def test_a_wait(tmp_path: Path, certificate: Path) -> None:
    key = secrets.token_bytes(80)
    with nginx(tmp_path / "nginx", key, {"a.example": certificate}) as port:
        said = probe(port, options=("--wait", "0.001"))
    for version in VERSIONS:
        rotation = said.verdict("rotation", version)
        assert rotation["grade"] == "ok"
        assert not rotation["facts"]["changed"] and rotation["facts"]["resumed"]


def test_a_key_that_changes_while_waiting(certificate: Path) -> None:
    with s_server(certificate) as one, s_server(certificate) as two:
        caller = Caller("1.3", by_id=False, timeout=5)
        before = resumption.try_resumption(
            caller, Address("127.0.0.1", one), "a.example", 1, lambda: None
        )
        sample = keys.take_sample(before, "a.example")
        before.address = Address("127.0.0.1", two)  # the same server with another key
        verdict = keys.judge_rotation(sample, "a.example", 60)
    assert verdict.grade == "bad" and verdict.facts["changed"] and not verdict.facts["resumed"]


def test_nobody_there(certificate: Path) -> None:
    nobody = free_port()
    said = probe(nobody)
    assert said.code == 3 and said.bad == {"connect"} and not said.hosts[0]["reached"]
    assert "no TLS server answers at a.example" in said.text
    with s_server(certificate) as port:
        said = probe(port, nobody)
    assert said.code == 1 and said.grade("connect", at=nobody) == "bad"


def test_a_server_without_tls(certificate: Path) -> None:
    with balancer(free_port()) as port:  # it closes at once
        said = probe(port)
    assert said.code == 3 and said.grade("connect", "1.2") == "bad"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("a.example:0",), "a port is a number from 1 to 65535"),
        (("a.example:",), "a port is missing"),
        (("[::1",), "an IPv6 address with a port is [ADDRESS]:PORT"),
        (("a.example", "--connect", "b.example"), "--connect takes an address, not a name"),
        (("a.example", "b.example", "--connect", "127.0.0.1"), "name one"),
        (("a.example", "--tries", "0"), "--tries"),
    ],
)
def test_usage(arguments: tuple[str, ...], reason: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2 and reason in done.stderr and not done.stdout


def test_lines_for_people(certificate: Path) -> None:
    with s_server(certificate, "-no_ticket", "-no_cache") as port:
        done = run(f"127.0.0.1:{port}", "--sni", "a.example", "--tries", "1")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["verdict", "address", "TLS", "check", "why"]
    assert lines[1][:4] == ["bad", f"127.0.0.1:{port}", "1.2", "resumption"]
    assert done.returncode == 1 and "\x1b" not in done.stdout and not done.stderr
