# SPDX-License-Identifier: Apache-2.0
"""Client, Peer and Saved: what they keep, and how sessions get to another process."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import NOW
from servers import free_port, make_certificate, s_server
from tls import client_context, server_context, visit

import libresume
from libresume import (
    AccessError,
    Client,
    ClientStatistic,
    InvalidError,
    Keyring,
    Limit,
    Mode,
    Peer,
    Policy,
    Session,
    Status,
    attach_client,
    peer_of,
)

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
PEER = Peer("a.example", 443, server_name="a.example")


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    return make_key(tmp_path / "client.key")


def make_key(path: Path) -> str:
    path.write_bytes(os.urandom(80))
    path.chmod(0o600)
    return f"file:{path}"


def filled(session: Session) -> Client:
    client = Client()
    assert client.put(PEER, session, b"ticket", 300, NOW) == Status.OK
    return client


# ---- the cache.


def test_I_116_put_take_forget(session: Session) -> None:
    client = filled(session)
    saved = client.take(PEER, NOW)
    assert saved is not None
    assert (saved.ticket, saved.lifetime_hint) == (b"ticket", 300)
    assert (saved.received_ms, saved.expires_ms) == (NOW, NOW + 300_000)
    assert saved.session == session
    assert client.give_back(PEER, saved, NOW) == Status.EXISTS  # TLS 1.2 stays
    assert client.forget(PEER, saved) == Status.OK
    assert client.forget(PEER) == Status.MISS
    assert client.take(PEER, NOW) is None
    client.put(PEER, session, b"ticket", 300, NOW)
    client.clear()
    assert len(client) == 0 and client
    client.put(PEER, session, None, 300, NOW)
    by_id = client.take(PEER, NOW)
    assert by_id is not None and by_id.ticket is None
    assert client.take(PEER, NOW + 300_000) is None  # I-116


def test_I_116_a_tls13_session_is_taken_once(session: Session) -> None:
    """I-116."""
    fields = {"version": 0x0304, "cipher_suite": 0x1301, "secret": bytes(range(1, 33))}
    tls13 = Session(created_ms=NOW, lifetime=3600, **fields)  # type: ignore[arg-type]
    client = Client()
    for ticket in (b"one", b"two"):
        assert client.put(PEER, tls13, ticket, 300, NOW) == Status.OK
    taken = [client.take(PEER, NOW) for _ in range(3)]
    assert [saved and saved.ticket for saved in taken] == [b"two", b"one", None]
    assert taken[1] is not None
    assert client.give_back(PEER, taken[1], NOW) == Status.OK
    again = client.take(PEER, NOW)
    assert again is not None and again.ticket == b"one"


def test_I_114_every_part_of_a_peer_counts(session: Session) -> None:
    """I-114."""
    peers = [
        PEER,
        Peer("b.example", 443, server_name="a.example"),
        Peer("a.example", 8443, server_name="a.example"),
        Peer("a.example", 443),
        Peer("a.example", 443, server_name="b.example"),
        Peer("a.example", 443, server_name="a.example", alpn=["h2"]),
        Peer("a.example", 443, server_name="a.example", alpn=["h", "2"]),
        Peer("a.example", 443, server_name="a.example", label=b"proxy"),
    ]
    client = Client()
    for number, peer in enumerate(peers):
        client.put(peer, session, b"%d" % number, 300, NOW)
    for number, peer in enumerate(peers):
        saved = client.take(peer, NOW)
        assert saved is not None and saved.ticket == b"%d" % number
    assert client.take(Peer("A.EXAMPLE", 443, server_name="A.example"), NOW) is not None


@pytest.mark.parametrize(
    "values",
    [
        {"host": ""},
        {"host": "a" * 256},
        {"host": "a\0b"},
        {"port": -1},
        {"port": 65536},
        {"server_name": "a" * 256},
        {"alpn": [""]},
        {"alpn": ["a" * 256]},
        {"label": bytes(65536)},
    ],
)
def test_I_115_what_is_no_peer_is_refused(values: dict[str, object]) -> None:
    """I-115."""
    with pytest.raises(InvalidError):
        Peer(**{"host": "a.example", "port": 443, **values})  # type: ignore[arg-type]


def test_bounds_and_policy(session: Session) -> None:
    client = Client(max_sessions=2)
    peers = [Peer("a.example", port) for port in range(1, 4)]
    for peer in peers:
        client.put(peer, session, b"ticket", 300, NOW)
    assert [client.take(peer, NOW) is not None for peer in peers] == [False, True, True]
    assert client.statistic(ClientStatistic.EVICTED) == client.stats["evicted"] == 1
    by_id = Client(Policy(modes=Mode.SESSION_IDS))
    assert by_id.put(PEER, session, b"ticket", 300, NOW) == Status.UNSUPPORTED
    for wrong in (
        {"max_sessions": 0},
        {"max_sessions": Limit.CLIENT_SESSIONS_MAX + 1},
        {"max_bytes": 1},
        {"max_tickets": 65},
    ):
        with pytest.raises(InvalidError):
            Client(**wrong)  # type: ignore[arg-type]


def test_what_people_see_holds_no_secret(session: Session) -> None:
    client = filled(session)
    saved = client.take(PEER, NOW)
    shown = f"{client!r} {PEER!r} {saved!r} {client.stats}"
    assert "sessions=1 peers=1" in shown
    for secret in (session.secret, b"ticket", b"a.example"):
        assert secret.hex() not in shown and repr(secret)[2:-1] not in shown
    assert set(client.stats) == {which.name.lower() for which in ClientStatistic}


def test_a_closed_client() -> None:
    with Client() as client:
        assert len(client) == 0
    assert repr(client) == "<libresume.Client closed>"
    with pytest.raises(ValueError, match="closed"):
        len(client)
    client.close()


# ---- OpenSSL's format.


@both_versions
def test_openssl_reads_and_writes_what_is_kept(
    certificate: Path, tmp_path: Path, version: str
) -> None:
    """Both ways: to s_client, which resumes with it, and back from its own file."""
    context, port = client_context(version), free_port()
    client = attach_client(context)
    peer = Peer("localhost", port)
    out, pem = tmp_path / "out.pem", tmp_path / "in.pem"
    dialect = "-tls" + version.replace(".", "_")
    visitor = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", dialect]
    visitor += ["-servername", "localhost", "-ign_eof"]

    def s_client(*options: str) -> bytes:
        request = b"GET / HTTP/1.0\r\n\r\n"
        done = subprocess.run([*visitor, *options], input=request, capture_output=True, timeout=30)
        return done.stdout

    with s_server(certificate, port):
        assert b"Reused," not in s_client("-sess_out", str(out))
        body = b"".join(out.read_bytes().splitlines()[1:-1])
        der = base64.b64decode(body)
        assert client.put_openssl(peer, der) == Status.OK
        assert client.put_openssl(peer, der[:-1]) == Status.MALFORMED
        saved = client.take(peer)
        assert saved is not None and saved.ticket is not None
        status, written = saved.to_openssl()
        assert status == Status.OK and written is not None
        convert = ["openssl", "sess_id", "-inform", "DER", "-out", str(pem)]
        subprocess.run(convert, input=written, check=True, capture_output=True)
        assert b"Reused," in s_client("-sess_in", str(pem))


def test_a_taken_session_of_a_context(certificate: Path) -> None:
    context = client_context("1.2")
    client = attach_client(context)
    visit(libresume.attach(server_context(certificate, "1.2")), context)
    saved = client.take(peer_of(context, "a.example"))
    assert saved is not None and saved.session.version == 0x0303
    assert saved.ticket and len(saved.session.peer_certificates) == 1


# ---- files and processes.


def test_I_119_save_and_load(session: Session, tmp_path: Path, key_file: str) -> None:
    path = tmp_path / "sessions"
    filled(session).save(path, key_file, NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    for shown in (b"a.example", b"ticket", session.secret):  # I-119
        assert shown not in content
    client = Client()
    assert client.load(path, Keyring(key_file), NOW)
    saved = client.take(PEER, NOW)
    assert saved is not None and saved.session == session and saved.ticket == b"ticket"
    assert not client.load(tmp_path / "missing", key_file, NOW)
    assert len(client) == 1


def test_what_does_not_load_changes_nothing(
    session: Session, tmp_path: Path, key_file: str
) -> None:
    path, client = tmp_path / "sessions", filled(session)
    filled(session).save(path, key_file, NOW)
    good = path.read_bytes()

    def refused(keys: str, status: Status, text: str) -> None:
        with pytest.raises(InvalidError, match=text) as caught:
            client.load(path, keys, NOW)
        assert caught.value.status == status and str(path) in str(caught.value)
        saved = client.take(PEER, NOW)
        assert len(client) == 1 and saved is not None and saved.ticket == b"ticket"

    refused(make_key(tmp_path / "other.key"), Status.NO_KEY, "none of these keys")
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    refused(key_file, Status.FORGED, "altered")
    path.write_bytes(b"")
    refused(key_file, Status.MALFORMED, "no file of sessions")
    path.write_bytes(good)
    path.chmod(0o644)
    refused(key_file, Status.E_INVALID, "nobody else may read")
    for call in (client.load, client.save):
        with pytest.raises(InvalidError, match="NUL"):
            call("a\0b", key_file)
    with pytest.raises(AccessError, match="cannot open") as missing:
        client.load(path, f"file:{tmp_path}/missing")
    assert str(path) not in str(missing.value)
    with pytest.raises(InvalidError, match="random:"):
        client.load(path, "random:")
    with pytest.raises(AccessError) as caught:
        client.save(tmp_path / "missing" / "sessions", key_file)
    assert isinstance(caught.value, OSError) and "missing" in str(caught.value)
    with pytest.raises(InvalidError, match="no key"):
        client.save(path, Keyring())
    with pytest.raises(InvalidError, match="path"):
        client.save()


def test_an_own_file_is_written_at_the_end(session: Session, tmp_path: Path, key_file: str) -> None:
    path = tmp_path / "sessions"
    with Client(path=path, keys=key_file, now_ms=NOW) as client:
        assert len(client) == 0
        fresh = Session(
            version=session.version,
            cipher_suite=session.cipher_suite,
            secret=session.secret,
            extended_master_secret=True,
            created_ms=time.time_ns() // 1_000_000,
            lifetime=3600,
        )
        assert client.put(PEER, fresh, b"ticket", 300) == Status.OK
    with Client(path=path, keys=key_file) as client:
        assert len(client) == 1
        client.clear()
        client.save()
    assert len(Client(path=path, keys=key_file)) == 0
    for wrong in ({"path": path}, {"keys": key_file}, {"path": path, "keys": "random:"}):
        with pytest.raises(InvalidError):
            Client(**wrong)


def test_a_forked_child_leaves_the_file_alone(
    session: Session, tmp_path: Path, key_file: str
) -> None:
    path = tmp_path / "sessions"
    client = Client(path=path, keys=key_file)
    child = os.fork()
    if child == 0:
        try:
            client.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert not path.exists()
    client.close()
    assert path.exists()


PROCESS = """
import ssl, sys
import libresume
from servers import fetch

port, certificate, path, keys, version, end = sys.argv[1:]
context = ssl.create_default_context(cafile=certificate)
context.maximum_version = context.minimum_version = ssl.TLSVersion[version]
if end == "by itself":
    libresume.attach_client(context, path=path, keys=keys)
else:
    client = libresume.attach_client(context)
    client.load(path, keys)
print([fetch(context, int(port)) for _ in range(2)])
if end == "by hand":
    client.save(path, keys)
"""


@both_versions
@pytest.mark.parametrize("end", ["by itself", "by hand"])
def test_processes_one_after_the_other(
    tmp_path: Path, key_file: str, version: str, end: str
) -> None:
    """The second process resumes with its first connection."""
    certificate, port = make_certificate(tmp_path, "server", "DNS:localhost"), free_port()
    name = "TLSv" + version.replace(".", "_")
    public = str(certificate.with_suffix(".crt"))
    arguments = [str(port), public, str(tmp_path / "sessions"), key_file, name, end]
    here = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": here}
    said = []
    with s_server(certificate, port):
        for _ in range(3):
            command = [sys.executable, "-c", PROCESS, *arguments]
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            assert done.returncode == 0 and done.stderr == "", done.stderr
            said.append(done.stdout.strip())
    assert said == ["[False, True]", "[True, True]", "[True, True]"]
