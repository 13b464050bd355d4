# SPDX-License-Identifier: Apache-2.0
"""Our own abbreviated handshake, examples/abbreviated.c, with OpenSSL and nginx at the other end."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import BUILD, PATIENCE, Identity, Starter, ask_s_client, run_nginx, s_client, stop
from saved_session import (
    FLAGS,
    MASTER_SECRET,
    SESSION_ID,
    TICKET,
    der_of,
    field,
    flip,
    put_ticket,
    rewrite,
)
from splitter import splitting

PROGRAM = BUILD / "examples" / "abbreviated"
WAYS = ["ticket", "id"]
LINE = "0123456789abcdef" * 250
WORDS = {"ticket": "ticket", "id": "session ID"}
PATHS = {"ticket": "tls12_ticket", "id": "tls12_session_id"}
# One with SHA-256, one with SHA-384, of those that a certificate on P-256 can have.
SUITES = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
RSA_SUITES = [
    f"{exchange}AES{bits}"
    for exchange in ("", "DHE-RSA-", "ECDHE-RSA-")
    for bits in ("128-GCM-SHA256", "256-GCM-SHA384")
]

# Exit statuses of the example.
DONE, FAILED, USAGE, DECLINED, ALERTED, REFUSED = range(6)

Done = subprocess.CompletedProcess[str]
PeerStarter = Callable[..., int]

ways = pytest.mark.parametrize("way", WAYS)
suites = pytest.mark.parametrize("suite", SUITES)
ems = pytest.mark.parametrize("ems", [True, False], ids=["ems", "no_ems"])

NO_EMS = """
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
Options = -ExtendedMasterSecret
"""


@pytest.fixture(scope="module", autouse=True)
def program() -> None:
    if not PROGRAM.exists():
        pytest.fail("examples/abbreviated is not built; ./dev test builds it")


@pytest.fixture
def no_ems(tmp_path: Path) -> Path:
    """A configuration for OpenSSL's programs from before RFC 7627."""
    path = tmp_path / "no_ems.cnf"
    path.write_text(NO_EMS)
    return path


@pytest.fixture(scope="session")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("rsa")
    made = Identity(folder / "certificate.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=a.example", "-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return made


def port_of(process: subprocess.Popen[str], pattern: str) -> int:
    """The port that a server says when it listens."""
    assert process.stdout is not None
    fd, text, found = process.stdout.fileno(), "", None
    while found is None:
        readable, _, _ = select.select([fd], [], [], PATIENCE)
        more = os.read(fd, 4096) if readable else b""
        assert more, "the server does not start: " + text
        text += more.decode()
        found = re.search(pattern, text, re.M)
    return int(found.group(1))


@pytest.fixture
def s_server(no_ems: Path) -> Iterator[PeerStarter]:
    """Starts `openssl s_server -www`; gives its port."""
    running: list[subprocess.Popen[str]] = []

    def starter(who: Identity, way: str, ems: bool, *wishes: str) -> int:
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-tls1_2"]
        command += ["-cert", str(who.certificate), "-key", str(who.key), *wishes]
        command += ["-no_ticket"] if way == "id" else []
        environment = dict(os.environ) if ems else {**os.environ, "OPENSSL_CONF": str(no_ems)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        running.append(process)
        return port_of(process, r"^ACCEPT .*:(\d+)\n")

    yield starter
    for process in running:
        stop(process)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def nginx_for(identity: Identity, ticket_key: Path, tmp_path: Path) -> Iterator[PeerStarter]:
    """Starts nginx for one way to resume, in TLS 1.2; gives its port."""
    with contextlib.ExitStack() as running:

        def starter(way: str, ems: bool, suite: str, lines: int = 0) -> int:
            settings = f'ssl_ciphers {suite}; set $line "{LINE}\\n";'
            if way == "id":
                settings += "ssl_session_cache shared:s:1m; ssl_session_tickets off;"
            else:
                settings += f"ssl_session_cache off; ssl_session_ticket_key {ticket_key};"
            settings += "" if ems else "ssl_conf_command Options -ExtendedMasterSecret;"
            return running.enter_context(
                run_nginx(identity, tmp_path / "nginx", settings, "$line" * lines)
            )

        yield starter


class Example:
    """Our server: its port, and what it says when it has ended."""

    def __init__(self, *wishes: str, connections: int = 1) -> None:
        command = [str(PROGRAM), "server", "127.0.0.1:0", *wishes]
        command += ["--connections", str(connections)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.port = port_of(self.process, r"^(\d+)\n")

    def said(self) -> str:
        """Waits until it has answered all its connections."""
        _, errors = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == DONE, errors
        return errors

    def end(self) -> None:
        if self.process.poll() is None:
            stop(self.process)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def example() -> Iterator[Callable[..., Example]]:
    """Starts servers of ours."""
    running: list[Example] = []

    def starter(*wishes: str, connections: int = 1) -> Example:
        running.append(Example(*wishes, connections=connections))
        return running[-1]

    yield starter
    for server in running:
        server.end()


def client(port: int, session: Path, *wishes: str) -> Done:
    """Our client, however it ends."""
    command = [str(PROGRAM), "client", f"127.0.0.1:{port}", "--session", str(session)]
    command += ["--name", "a.example", *wishes]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


def resumed(done: Done, way: str, ems: bool) -> str:
    """The application data, of a client that has resumed as it should."""
    assert done.returncode == DONE, done.stderr
    extended = "with" if ems else "without"
    assert re.search(
        f"^resumed by {WORDS[way]}: .*, {extended} extended master secret$", done.stderr, re.M
    ), done.stderr
    return done.stdout


def full_handshake(
    port: int, session: Path, way: str, config: Path | None = None, *extra: str
) -> None:
    """A real one, whose session our client or server starts from."""
    extra += ("-no_ticket",) if way == "id" else ()
    first = ask_s_client(port, "1.2", keep=session, extra=extra, config=config)
    assert "New, TLSv1.2" in first.stdout and "HTTP/1." in first.stdout, first.stderr


# ---- our client ----------------------------------------------------------------------------------


@ways
@ems
@suites
def test_client_at_s_server(
    s_server: PeerStarter,
    identity: Identity,
    no_ems: Path,
    tmp_path: Path,
    way: str,
    ems: bool,
    suite: str,
) -> None:  # I-02, I-38, I-137
    port = s_server(identity, way, ems, "-cipher", suite)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    for _ in range(2):  # the same secret, new randoms
        page = resumed(client(port, session, "--by", way), way, ems)
        assert f"Reused, TLSv1.2, Cipher is {suite}" in page
        assert f"Extended master secret: {'yes' if ems else 'no'}" in page


@ways
@ems
@suites
def test_client_at_nginx(
    nginx_for: PeerStarter, tmp_path: Path, way: str, ems: bool, suite: str
) -> None:
    port = nginx_for(way, ems, suite)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    for _ in range(2):
        page = resumed(client(port, session, "--by", way), way, ems)
        assert page.endswith("reused=r version=TLSv1.2\n")


@pytest.mark.parametrize("suite", RSA_SUITES)
def test_client_with_suites_of_rsa(
    s_server: PeerStarter, rsa: Identity, tmp_path: Path, suite: str
) -> None:
    port = s_server(rsa, "ticket", True, "-cipher", suite)
    session = tmp_path / "session.pem"
    full_handshake(port, session, "ticket")
    page = resumed(client(port, session), "ticket", True)
    assert f"Reused, TLSv1.2, Cipher is {suite}" in page


@ways
def test_client_of_before_rfc_7627(
    s_server: PeerStarter, identity: Identity, no_ems: Path, tmp_path: Path, way: str
) -> None:
    """The server knows EMS, the session and our ClientHello do not."""
    port = s_server(identity, way, True)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way, no_ems)
    assert "Reused, TLSv1.2" in resumed(client(port, session, "--no-ems"), way, False)
    # With EMS in the hello such a session must not resume (RFC 7627 section 5.3).
    done = client(port, session)
    assert done.returncode == DECLINED, done.stderr


@ways
def test_client_reads_many_records(nginx_for: PeerStarter, tmp_path: Path, way: str) -> None:
    port = nginx_for(way, True, SUITES[0], 20)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    page = resumed(client(port, session), way, True)
    assert page.endswith("reused=r version=TLSv1.2\n" + 20 * f"{LINE}\n")


@ways
def test_tampered_offer_gets_a_full_handshake(
    s_server: PeerStarter, nginx_for: PeerStarter, identity: Identity, tmp_path: Path, way: str
) -> None:  # RFC 5246 section 7.4.1.3, RFC 5077 section 3.4
    what = {"ticket": "ticket", "id": "session-id"}[way]
    for port in (s_server(identity, way, True), nginx_for(way, True, SUITES[0])):
        session = tmp_path / "session.pem"
        full_handshake(port, session, way)
        done = client(port, session, "--tamper", what)
        assert done.returncode == DECLINED
        assert f"full handshake: the server declined the {WORDS[way]}" in done.stderr
        assert done.stdout == ""
        # Who guesses does no harm to the session (I-26).
        resumed(client(port, session), way, True)


@ways
def test_tampered_finished_is_a_decrypt_error(
    s_server: PeerStarter, nginx_for: PeerStarter, identity: Identity, tmp_path: Path, way: str
) -> None:  # RFC 5246 section 7.2.2
    for port in (s_server(identity, way, True), nginx_for(way, True, SUITES[0])):
        session = tmp_path / "session.pem"
        full_handshake(port, session, way)
        done = client(port, session, "--tamper", "finished")
        assert done.returncode == ALERTED
        assert "the peer sends fatal alert decrypt_error (51)" in done.stderr
        assert "must not be offered again" in done.stderr
        assert done.stdout == ""


@ways
def test_client_without_the_secret_gets_nowhere(
    s_server: PeerStarter, identity: Identity, tmp_path: Path, way: str
) -> None:
    """Seen from the other side: a server that has only the ID or the ticket cannot pretend."""
    port = s_server(identity, way, True)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    flip(session, MASTER_SECRET)
    done = client(port, session)
    assert done.returncode == REFUSED
    assert "we send fatal alert bad_record_mac (20)" in done.stderr


@ways
def test_client_wants_the_sessions_ems(
    s_server: PeerStarter, identity: Identity, tmp_path: Path, way: str
) -> None:  # I-117
    port = s_server(identity, way, True)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    der = der_of(session)
    flags = field(der, FLAGS)
    assert der[flags] == b"\x01"  # OpenSSL's flag for EMS
    der[flags] = b"\x00"
    rewrite(session, der)
    done = client(port, session)
    assert done.returncode == REFUSED
    assert "differ in extended_master_secret: we send fatal alert" in done.stderr


# ---- our server ----------------------------------------------------------------------------------


class Fleet:
    """Where s_client's full handshakes are made, and our server that shares keys or session."""

    def __init__(
        self,
        start: Starter,
        example: Callable[..., Example],
        ticket_key: Path,
        session: Path,
        no_ems: Path,
    ) -> None:
        self.start, self.example = start, example
        self.keys = f"file:{ticket_key}?dialect=nginx"
        self.session = session
        self.no_ems = no_ems

    def begin(self, way: str, ems: bool = True, suite: str = SUITES[0]) -> None:
        """A full handshake at the adapter."""
        wishes = [f"keys={self.keys}"] if way == "ticket" else ["store=memory:?bytes=1M"]
        wishes += [] if ems else ["ems=legacy"]
        config = None if ems else self.no_ems
        full_handshake(self.start(*wishes), self.session, way, config, "-cipher", suite)

    def serve(self, way: str, *wishes: str, connections: int = 1) -> Example:
        """Our server, that resumes it; what the store takes, no later change of the file hurts."""
        known = ("--keys", self.keys)
        if way == "id":
            known = ("--session", str(self.session))
        return self.example(*known, "--name", "a.example", *wishes, connections=connections)

    def ask(self, port: int, ems: bool = True, *extra: str) -> Done:
        config = None if ems else self.no_ems
        return ask_s_client(port, "1.2", offer=self.session, extra=extra, config=config)


@pytest.fixture
def fleet(
    start: Starter,
    example: Callable[..., Example],
    ticket_key: Path,
    tmp_path: Path,
    no_ems: Path,
) -> Fleet:
    return Fleet(start, example, ticket_key, tmp_path / "session.pem", no_ems)


@ways
@ems
@suites
def test_server_for_s_client(fleet: Fleet, way: str, ems: bool, suite: str) -> None:
    fleet.begin(way, ems, suite)
    ours = fleet.serve(way, *(() if ems else ("--allow-no-ems",)), connections=2)
    for _ in range(2):
        done = fleet.ask(ours.port, ems)
        assert f"Reused, TLSv1.2, Cipher is {suite}" in done.stdout, done.stderr
        assert f"resumed=1 version=TLSv1.2 path={PATHS[way]} reason=resumed" in done.stdout
        assert f"Extended master secret: {'yes' if ems else 'no'}" in done.stdout
        assert done.returncode == 0
    extended = "with" if ems else "without"
    said = ours.said()
    assert len(re.findall(f"^resumed by {PATHS[way]}: .*, {extended} ext", said, re.M)) == 2


@ways
def test_client_and_server_of_ours(fleet: Fleet, way: str) -> None:
    fleet.begin(way)
    ours = fleet.serve(way)
    page = resumed(client(ours.port, fleet.session, "--by", way), way, True)
    assert page.endswith(f"resumed=1 version=TLSv1.2 path={PATHS[way]} reason=resumed\n")
    assert f"resumed by {PATHS[way]}" in ours.said()


@ways
def test_messages_split_over_records(fleet: Fleet, way: str) -> None:  # RFC 5246 section 6.2.1
    fleet.begin(way)
    ours = fleet.serve(way)
    with splitting(ours.port) as port:
        page = resumed(client(port, fleet.session), way, True)
    assert page.endswith("reason=resumed\n")
    assert f"resumed by {PATHS[way]}" in ours.said()


def test_client_tells_a_cut_off_answer(fleet: Fleet) -> None:  # RFC 5246 section 7.2.1
    fleet.begin("ticket")
    ours = fleet.serve("ticket")
    with splitting(ours.port, until_alert=True) as port:
        done = client(port, fleet.session)
    assert done.returncode == FAILED and "no close_notify" in done.stderr
    assert done.stdout.endswith("reason=resumed\n")
    ours.said()


@pytest.fixture
def rotated(ticket_key: Path, tmp_path: Path) -> tuple[bytes, str]:
    """The name of a new key, and the keys of a fleet where the old one only opens."""
    key = secrets.token_bytes(80)
    path = tmp_path / "new.key"
    path.touch(mode=0o600)
    path.write_bytes(key)
    return key[:16], f"file:{path}?old={ticket_key}"


def printed_ticket(text: str) -> bytes:
    """From s_client's hex dump; `-sess_out` writes what a full handshake gave, no renewed ticket."""
    dump = text.split("TLS session ticket:\n")[1].split("\n\n")[0]
    lines = re.findall(r"^ +[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -])+)", dump, re.M)
    return bytes.fromhex("".join(lines).replace("-", " "))


def test_server_renews_a_ticket(
    fleet: Fleet, example: Callable[..., Example], rotated: tuple[bytes, str]
) -> None:  # RFC 5077 section 3.3: NewSessionTicket in an abbreviated handshake; I-31
    fleet.begin("ticket")
    ours = example("--keys", rotated[1], "--verbose", connections=2)
    first = s_client(ours.port, "1.2", offer=fleet.session)
    assert first.reused and "reason=renewed" in first.said
    ticket = printed_ticket(first.text)
    assert ticket[:16] == rotated[0]
    put_ticket(fleet.session, ticket)
    page = resumed(client(ours.port, fleet.session), "ticket", True)
    assert page.endswith("reason=resumed\n")
    assert ours.said().count("--> NewSessionTicket") == 1


def test_client_takes_a_new_ticket(
    fleet: Fleet, example: Callable[..., Example], rotated: tuple[bytes, str]
) -> None:
    fleet.begin("ticket")
    ours = example("--keys", rotated[1])
    done = client(ours.port, fleet.session, "--verbose")
    assert resumed(done, "ticket", True).endswith("reason=renewed\n")
    assert "<-- NewSessionTicket" in done.stderr
    (ticket,) = shown(done.stderr, "ticket")
    assert ticket[:16] == rotated[0]
    assert "resumed by tls12_ticket" in ours.said()


def test_two_messages_share_a_record(
    fleet: Fleet, example: Callable[..., Example], rotated: tuple[bytes, str]
) -> None:  # RFC 5246 section 6.2.1; ServerHello and NewSessionTicket
    fleet.begin("ticket")
    ours = example("--keys", rotated[1])
    with splitting(ours.port) as port:
        done = client(port, fleet.session)
    assert resumed(done, "ticket", True).endswith("reason=renewed\n")
    ours.said()


@pytest.mark.parametrize(
    ("way", "reason"), [("ticket", "forged"), ("id", "not_in_store")], ids=WAYS
)
def test_server_without_certificate_says_so(fleet: Fleet, way: str, reason: str) -> None:
    fleet.begin(way)
    ours = fleet.serve(way)
    flip(fleet.session, TICKET if way == "ticket" else SESSION_ID)
    done = fleet.ask(ours.port)
    assert done.returncode != 0 and "alert handshake failure" in done.stderr
    said = ours.said()
    assert f"full handshake, which needs a certificate: {reason}: we send fatal" in said


@ways
@pytest.mark.parametrize("who", ["s_client", "ours"])
def test_server_aborts_without_the_sessions_ems(
    fleet: Fleet, way: str, who: str
) -> None:  # I-134, and I-26: the session is not his to destroy
    fleet.begin(way)
    ours = fleet.serve(way, connections=2)
    if who == "s_client":
        assert "alert handshake failure" in fleet.ask(ours.port, False).stderr
    else:
        done = client(ours.port, fleet.session, "--no-ems")
        assert done.returncode == ALERTED and "handshake_failure (40)" in done.stderr
    resumed(client(ours.port, fleet.session), way, True)
    said = ours.said()
    assert "RFC 7627 section 5.3 forbids to go on: ems_missing_in_hello" in said


@ways
def test_server_keeps_sessions_without_ems_apart(fleet: Fleet, way: str) -> None:  # I-135, I-136
    fleet.begin(way, False)
    ours = fleet.serve(way, "--allow-no-ems", connections=2)
    assert "alert handshake failure" in fleet.ask(ours.port).stderr
    resumed(client(ours.port, fleet.session, "--no-ems"), way, False)
    assert "full handshake, which needs a certificate: ems_missing_in_session" in ours.said()


def test_server_is_strict_about_ems_unless_told(fleet: Fleet) -> None:  # I-136
    fleet.begin("ticket", False)
    ours = fleet.serve("ticket")
    assert "alert handshake failure" in fleet.ask(ours.port, False).stderr
    assert "forbids to go on: ems_missing_in_both" in ours.said()


@ways
def test_a_wrong_finished_of_the_client(fleet: Fleet, way: str) -> None:
    """decrypt_error, and the session is over, unless it is in a ticket (RFC 5246, 7.2.2)."""
    fleet.begin(way)
    ours = fleet.serve(way, connections=2)
    done = client(ours.port, fleet.session, "--tamper", "finished")
    assert done.returncode == ALERTED and "decrypt_error (51)" in done.stderr
    assert done.stdout == ""
    again = fleet.ask(ours.port)
    said = ours.said()
    assert "we send fatal alert decrypt_error (51)" in said
    if way == "id":
        assert "alert handshake failure" in again.stderr
        assert "the session is forgotten" in said and "not_in_store" in said
    else:
        assert "Reused, TLSv1.2" in again.stdout


@ways
def test_a_wrong_finished_of_the_server(fleet: Fleet, way: str) -> None:
    fleet.begin(way)
    ours = fleet.serve(way, "--tamper", "finished", connections=2)
    first = fleet.ask(ours.port)
    assert first.returncode != 0 and "digest check failed" in first.stderr
    second = client(ours.port, fleet.session)
    said = ours.said()
    assert "the peer sends fatal alert decrypt_error (51)" in said
    if way == "id":
        assert second.returncode == ALERTED
        assert "the session is forgotten" in said and "not_in_store" in said
    else:
        assert second.returncode == REFUSED
        assert "we send fatal alert decrypt_error (51)" in second.stderr


def test_server_wants_tls_1_2_and_a_hello(fleet: Fleet) -> None:
    fleet.begin("ticket")
    ours = fleet.serve("ticket", connections=2)
    done = ask_s_client(ours.port, "1.3", offer=None)
    assert "alert protocol version" in done.stderr
    done = subprocess.run(
        ["curl", "-s", "-S", "--noproxy", "*", f"http://127.0.0.1:{ours.port}/"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode != 0
    said = ours.said()
    assert "TLS 1.2 is not offered: we send fatal alert protocol_version (70)" in said
    assert "ClientHello: record_type: we send fatal alert" in said


# ---- what --verbose shows ------------------------------------------------------------------------


def prf(digest: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 section 5, from Python's own HMAC."""
    seed, out = label + seed, b""
    a = seed
    while len(out) < length:
        a = hmac.digest(secret, a, digest)
        out += hmac.digest(secret, a + seed, digest)
    return out[:length]


def shown(text: str, name: str) -> list[bytes]:
    """All values that were shown under a name."""
    found = re.findall(rf"^    {name} +(\d+)  ([0-9a-f]*)$", text, re.M)
    assert all(int(length) == len(value) // 2 for length, value in found)
    return [bytes.fromhex(value) for _, value in found]


@ways
@pytest.mark.parametrize(
    ("suite", "digest", "key_len"), [(SUITES[0], "sha256", 16), (SUITES[1], "sha384", 32)]
)
def test_verbose_shows_how_the_keys_come_about(
    s_server: PeerStarter,
    identity: Identity,
    tmp_path: Path,
    way: str,
    suite: str,
    digest: str,
    key_len: int,
) -> None:
    port = s_server(identity, way, True, "-cipher", suite)
    session = tmp_path / "session.pem"
    full_handshake(port, session, way)
    der = der_of(session)
    secret = bytes(der[field(der, MASTER_SECRET)])
    blocks = []
    for _ in range(2):
        text = client(port, session, "--verbose").stderr
        client_random, server_random = shown(text, "random")
        assert shown(text, "master_secret") == [secret]
        (block,) = shown(text, "key_block")
        seed = server_random + client_random
        assert block == prf(digest, secret, b"key expansion", seed, 2 * key_len + 8)
        parts = ["client_write_key", "server_write_key", "client_write_IV", "server_write_IV"]
        assert b"".join(shown(text, part)[0] for part in parts) == block
        hashes = shown(text, "Hash\\(messages\\)")
        values = shown(text, "verify_data")
        assert len(hashes) == len(values) == 2 and hashes[0] != hashes[1]
        for label, messages, value in zip(
            (b"server finished", b"client finished"), hashes, values, strict=True
        ):
            assert len(messages) == hashlib.new(digest).digest_size
            assert value == prf(digest, secret, label, messages, 12)
        blocks.append(block)
    assert blocks[0] != blocks[1]  # the same secret, new randoms


@ways
def test_both_sides_show_the_same(fleet: Fleet, way: str) -> None:
    fleet.begin(way)
    ours = fleet.serve(way, "--verbose")
    done = client(ours.port, fleet.session, "--verbose")
    said = ours.said()
    for name in ("master_secret", "key_block", "Hash\\(messages\\)", "verify_data"):
        values = shown(said, name)
        assert values and values == shown(done.stderr, name)
    for sent, received in ((done.stderr, said), (said, done.stderr)):
        messages = re.findall(r"^--> (.*)$", sent, re.M)
        assert len(messages) >= 5  # a hello, ChangeCipherSpec, Finished, data, close_notify
        there = re.findall(r"^<-- (.*)$", received, re.M)
        kinds = [re.sub(r"( \(0\)|: what follows.*)$", "", line) for line in there]
        assert [re.sub(r": what follows.*$", "", line) for line in messages] == kinds


@ways
def test_without_verbose_no_secret_is_told(fleet: Fleet, way: str) -> None:
    fleet.begin(way)
    ours = fleet.serve(way)
    done = client(ours.port, fleet.session)
    der = der_of(fleet.session)
    secret = bytes(der[field(der, MASTER_SECRET)]).hex()
    for text in (done.stderr, ours.said()):
        assert len(text.splitlines()) == 1
        assert secret[:16] not in text


# ---- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("client", "127.0.0.1:1"),
        ("server", "127.0.0.1:0"),
        ("peer", "127.0.0.1:1"),
        ("client", "127.0.0.1:1", "--session", "x", "--by", "luck"),
        ("client", "127.0.0.1:1", "--session", "x", "--tamper", "record"),
        ("client", "127.0.0.1:1", "--session", "x", "--nonsense"),
    ],
)
def test_usage(words: tuple[str, ...]) -> None:
    done = subprocess.run([str(PROGRAM), *words], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == USAGE and "usage: abbreviated" in done.stderr


def test_no_session_in_the_file(tmp_path: Path, identity: Identity) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for path in (empty, identity.certificate, tmp_path / "missing"):
        done = client(1, path)
        assert done.returncode == FAILED and str(path) in done.stderr


def test_a_session_in_der_is_as_good(
    s_server: PeerStarter, identity: Identity, tmp_path: Path
) -> None:
    port = s_server(identity, "ticket", True)
    session = tmp_path / "session.pem"
    full_handshake(port, session, "ticket")
    session.write_bytes(der_of(session))
    resumed(client(port, session), "ticket", True)
    session.write_bytes(session.read_bytes()[:-1])
    assert client(port, session).returncode == FAILED
