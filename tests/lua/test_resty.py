# SPDX-License-Identifier: Apache-2.0
"""resty.resume in a real nginx with two workers: tickets by attach(), session IDs by nginx's hooks."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import libresume

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import (
    PROGRAM,
    ROOT,
    Identity,
    free_port,
    make_identity,
    printing_its_port,
    s_client,
)
from resty_nginx import ATTACH, SESSION_IDS, only, run_documented, run_resty, wait_for, workers
from slow_client import client_context, visit

versions = pytest.mark.parametrize("version", ["1.2", "1.3"])
PYTHON_SERVER = [sys.executable, str(ROOT / "tests" / "matrix" / "python_server.py")]


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return make_identity(tmp_path, "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """The URL of a key file."""
    path = tmp_path / "fleet.key"
    path.touch(mode=0o600)
    path.write_bytes(secrets.token_bytes(80))
    return f"keys=file:{path}"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"store=shm:{tmp_path}/sessions?bytes=8M"


@pytest.fixture
def session(tmp_path: Path) -> Path:
    return tmp_path / "session.pem"


def log_of(folder: Path) -> str:
    return (folder / "error.log").read_text()


def begin(port: int, version: str, session: Path) -> None:
    session.unlink(missing_ok=True)
    assert not s_client(port, version, keep=session).reused
    assert session.exists()


@versions
@pytest.mark.parametrize("wish", ["file", "random", "store"])
def test_the_first_handshake_of_a_worker_resumes(
    identity: Identity,
    keys: str,
    store: str,
    tmp_path: Path,
    session: Path,
    version: str,
    wish: str,
) -> None:
    folder = tmp_path / "nginx"
    wished = {"file": keys, "random": "keys=random:", "store": store}[wish]
    with run_resty(identity, folder, (wished,)) as port:
        with only(folder, 0):
            begin(port, version, session)
            assert s_client(port, version, offer=session).said.startswith("reused=r ")
        with only(folder, 1):
            assert s_client(port, version, offer=session).said.startswith("reused=r ")
    assert "resty.resume" not in log_of(folder)


@versions
def test_connections_that_are_open_when_the_first_one_attaches(
    identity: Identity, store: str, tmp_path: Path, version: str
) -> None:
    """Their SSL is from before, as that of the first is."""
    folder, client = tmp_path / "nginx", client_context(version)
    with run_resty(identity, folder, (store,)) as port:
        with only(folder, 0):
            session = visit(port, client).session
        with only(folder, 1):
            late = visit(port, client, session, lambda: s_client(port, version))
            assert late.session_reused


@versions
def test_the_documented_configuration(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str
) -> None:
    path = Path(keys.removeprefix("keys=file:"))
    with run_documented(identity, tmp_path / "nginx", path) as port:
        begin(port, version, session)
        assert s_client(port, version, offer=session).said.startswith("reused=r")
        counted = s_client(port, version, offer=session, path="/sessions").text
        assert f"tls1{version[-1]}_ticket re" in counted


@versions
def test_a_hello_retry_request_in_the_first_handshake(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    settings = "ssl_ecdh_curve prime256v1;"
    groups = ("-groups", "X25519:P-256")
    with run_resty(identity, first, (keys,), settings=settings) as port:
        begin(port, version, session)
    with run_resty(identity, second, (keys,), settings=settings) as port:
        assert s_client(port, version, offer=session, extra=groups).reused
        assert s_client(port, version, offer=session, extra=groups).reused


@versions
@pytest.mark.parametrize("peer", [[str(PROGRAM)], PYTHON_SERVER], ids=["C", "Python"])
def test_between_nginx_and_others_with_the_key(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str, peer: list[str]
) -> None:
    arguments = [str(identity.certificate), str(identity.key), keys, "suites=sha256"]
    resty = run_resty(identity, tmp_path / "nginx", (keys, "suites=sha256"))
    with resty as port, printing_its_port([*peer, *arguments]) as other:
        begin(port, version, session)
        assert s_client(other, version, offer=session).said.startswith("resumed=1 ")
        begin(other, version, session)
        assert s_client(port, version, offer=session).said.startswith("reused=r ")


def first_server(identity: Identity, port: int) -> str:
    """Another server in front of the one that the helper makes, on the same address."""
    return f"""
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name c.example;
        ssl_certificate {identity.certificate};
        ssl_certificate_key {identity.key};
        ssl_protocols TLSv1.2 TLSv1.3;
        keepalive_timeout 0;
        location / {{ return 200 "reused=$ssl_session_reused name=$server_name\\n"; }}
    }}
    """


@versions
@pytest.mark.parametrize("wish", ["tickets", "store"])
def test_names_stay_apart(
    identity: Identity,
    keys: str,
    store: str,
    tmp_path: Path,
    session: Path,
    version: str,
    wish: str,
) -> None:
    """Two names of one server, and one of another server on the same address."""
    port = free_port()
    hooks = f"{ATTACH} {first_server(identity, port)}"
    if wish == "store":
        hooks += "ssl_session_tickets off;"
    wished = keys if wish == "tickets" else store
    names = ["a.example", "b.example", "c.example"]
    with run_resty(identity, tmp_path / "nginx", (wished,), hooks, port=port):
        for begun in names:
            session.unlink(missing_ok=True)
            assert not s_client(port, version, name=begun, keep=session).reused
            for offered in names:
                there = s_client(port, version, name=offered, offer=session)
                assert there.reused == (offered == begun)
            assert not s_client(port, version, name=None, offer=session).reused


@versions
def test_a_server_with_other_rules_than_the_first_resumes_nothing(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str
) -> None:
    port = free_port()
    asks = f"ssl_client_certificate {identity.certificate}; ssl_verify_client optional;"
    hooks = f"{ATTACH} {first_server(identity, port)}"
    with run_resty(identity, tmp_path / "nginx", (keys,), hooks, asks, port=port):
        s_client(port, version, name="c.example", keep=session)
        assert s_client(port, version, name="c.example", offer=session).reused
        assert not s_client(port, version, name="a.example", offer=session).reused
        s_client(port, version, name="a.example", keep=session)
        assert not s_client(port, version, name="a.example", offer=session).reused


@versions
@pytest.mark.parametrize("wish", ["tickets", "store"])
def test_a_client_certificate_comes_along(
    identity: Identity,
    keys: str,
    store: str,
    tmp_path: Path,
    session: Path,
    version: str,
    wish: str,
) -> None:
    """nginx refuses requests without one, and finds that of the first handshake in each that resumes."""
    asks = f"ssl_client_certificate {identity.certificate}; ssl_verify_client on;"
    with_one = ("-cert", str(identity.certificate), "-key", str(identity.key))
    wished = keys if wish == "tickets" else store
    with run_resty(identity, tmp_path / "nginx", (wished,), settings=asks) as port:
        assert " 200 OK" in s_client(port, version, keep=session, extra=with_one).text
        again = s_client(port, version, offer=session, extra=with_one)
        assert again.reused and " 200 OK" in again.text
        session.unlink()
        assert " 400 " in s_client(port, version, keep=session).text
        again = s_client(port, version, offer=session)
        assert again.reused and " 400 " in again.text


@versions
def test_reload(identity: Identity, keys: str, tmp_path: Path, session: Path, version: str) -> None:
    folder = tmp_path / "nginx"
    with run_resty(identity, folder, (keys,)) as port:
        begin(port, version, session)
        for _ in range(3):
            old = workers(folder)
            os.kill(int((folder / "nginx.pid").read_text()), signal.SIGHUP)
            wait_for(lambda: set(old).isdisjoint(workers(folder)), "the old workers stay")  # noqa: B023
            assert s_client(port, version, offer=session, keep=session).reused
    assert not re.search(r"\[(error|crit|alert|emerg)\]", log_of(folder))


HELLO_OF_THEIR_OWN = """
lua_shared_dict seen 64k;
ssl_client_hello_by_lua_block {
    require("resty.resume").attach(sessions)
    ngx.shared.seen:incr("hello", 1, 0)
}
"""


@versions
def test_the_hook_goes_on_being_called(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str
) -> None:
    settings = 'location /seen { content_by_lua_block { ngx.say(ngx.shared.seen:get("hello")) } }'
    resty = run_resty(identity, tmp_path / "nginx", (keys,), HELLO_OF_THEIR_OWN, settings)
    with resty as port:
        begin(port, version, session)
        for _ in range(4):
            assert s_client(port, version, offer=session).reused
        seen = s_client(port, version, offer=session, path="/seen")
        assert "\n6\n" in seen.text


CERTIFICATE_HOOK = ATTACH.replace("client_hello", "certificate")


@versions
def test_the_certificate_hook_attaches_after_the_first_handshake(
    identity: Identity, keys: str, tmp_path: Path, session: Path, version: str
) -> None:
    folder = tmp_path / "nginx"
    with run_resty(identity, folder, (keys,), CERTIFICATE_HOOK) as port:
        with only(folder, 0):
            assert not s_client(port, version).reused
            begin(port, version, session)
            assert s_client(port, version, offer=session).reused
            assert not s_client(port, version, name="b.example", offer=session).reused
        with only(folder, 1):
            assert not s_client(port, version, offer=session).reused
            assert s_client(port, version, offer=session).reused


def test_session_ids_by_the_hooks(
    identity: Identity, store: str, tmp_path: Path, session: Path
) -> None:
    folder = tmp_path / "nginx"
    arguments = [str(PROGRAM), str(identity.certificate), str(identity.key), store]
    resty = run_resty(identity, folder, (store,), SESSION_IDS)
    with resty as port, printing_its_port(arguments) as other:
        with only(folder, 0):
            begin(port, "1.2", session)
        with only(folder, 1):
            assert s_client(port, "1.2", offer=session).said.startswith("reused=r ")
        assert not s_client(port, "1.2", name="b.example", offer=session).reused
        assert not s_client(port, "1.2", name=None, offer=session).reused
        assert s_client(other, "1.2", offer=session).said.startswith("resumed=1 ")
        begin(other, "1.2", session)
        assert s_client(port, "1.2", offer=session).said.startswith("reused=r ")
    assert "resty.resume" not in log_of(folder)


# In the midst of a hook, where the clock is read, all garbage goes and other strings take its place.
COLLECTING = """
init_worker_by_lua_block {
    local now = ngx.now
    ngx.now = function()
        collectgarbage()
        local others = {}
        for size = 1, 400 do
            for number = 1, 8 do others[#others + 1] = string.char(number):rep(size) end
        end
        return now()
    end
}
"""


def test_the_collector_may_run_at_any_moment(
    identity: Identity, store: str, tmp_path: Path, session: Path
) -> None:
    with run_resty(identity, tmp_path / "nginx", (store,), SESSION_IDS + COLLECTING) as port:
        begin(port, "1.2", session)
        for _ in range(4):
            assert s_client(port, "1.2", offer=session).reused


def test_a_stored_session_expires(
    identity: Identity, store: str, tmp_path: Path, session: Path
) -> None:
    wishes = (store, "lifetime=1")
    with run_resty(identity, tmp_path / "nginx", wishes, SESSION_IDS) as port:
        begin(port, "1.2", session)
        over = time.time() + 2.1
        wait_for(lambda: time.time() > over, "time stands still")
        assert not s_client(port, "1.2", offer=session).reused


def id_in(session: Path) -> bytes:
    command = ["openssl", "sess_id", "-noout", "-text", "-in", str(session)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Session-ID: ([0-9A-F]+)", text)
    assert found
    return bytes.fromhex(found[1])


@pytest.mark.parametrize("hooks", [SESSION_IDS, ATTACH], ids=["hooks", "attached"])
def test_garbage_in_the_store_is_a_full_handshake(
    identity: Identity, store: str, tmp_path: Path, session: Path, hooks: str
) -> None:
    with run_resty(identity, tmp_path / "nginx", (store,), hooks) as port:
        backend = libresume.Store(store.removeprefix("store="))
        for garbage in (b"\0", b"garbage" * 9, secrets.token_bytes(300)):
            begin(port, "1.2", session)
            backend.remove(id_in(session))
            later = int(time.time() + 60) * 1000
            assert backend.put_record(id_in(session), garbage, later) == libresume.Status.OK
            assert not s_client(port, "1.2", offer=session).reused
        begin(port, "1.2", session)
        assert s_client(port, "1.2", offer=session).reused


def test_ids_are_left_alone_where_clients_are_asked_for_certificates(
    identity: Identity, store: str, tmp_path: Path, session: Path
) -> None:
    settings = f"ssl_client_certificate {identity.certificate}; ssl_verify_client optional;"
    with run_resty(identity, tmp_path / "nginx", (store,), SESSION_IDS, settings) as port:
        begin(port, "1.2", session)
        assert not s_client(port, "1.2", offer=session).reused


ATTACH_LATE = ATTACH.replace("ssl_client_hello", "log")
FAULTS = [
    ("it needs a server", ATTACH.replace("sessions", "nil")),
    ("it needs a server", ATTACH.replace("{ ", "{ sessions:close() ")),
    ("it belongs into ssl_client_hello_by_lua_block, not into log", ATTACH_LATE),
    (
        "it belongs into ssl_session_fetch_by_lua_block, not into log",
        ATTACH_LATE.replace("attach(", "fetch("),
    ),
    ("the server has no store", SESSION_IDS),
    ("early data is on", f"ssl_early_data on; {ATTACH}"),
]


@pytest.mark.parametrize(("fault", "hooks"), FAULTS)
def test_a_fault_is_logged_once_and_the_handshake_goes_on(
    identity: Identity, keys: str, tmp_path: Path, fault: str, hooks: str
) -> None:
    folder = tmp_path / "nginx"
    with run_resty(identity, folder, (keys,), hooks) as port, only(folder, 0):
        for _ in range(3):
            assert not s_client(port, "1.2").reused
    assert log_of(folder).count(fault) == 1
