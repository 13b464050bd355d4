# SPDX-License-Identifier: Apache-2.0
"""libresume.attach_client(): whatever connects by a context resumes, and nothing gets mixed up."""

from __future__ import annotations

import asyncio
import gc
import http.client
import os
import shutil
import ssl
import subprocess
import threading
import urllib.request
from pathlib import Path

import aiohttp
import pytest
from servers import fetch, free_port, make_certificate, python_server, s_server
from tls import VERSIONS, client_context, server_context, visit

import libresume
from libresume import Client, Reason, StateError, Status, attach_client, client_of, peer_of

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


def verifying(certificate: Path, version: str | None = None) -> ssl.SSLContext:
    """A client's context that trusts this one certificate and checks the name."""
    context = ssl.create_default_context(cafile=str(certificate.with_suffix(".crt")))
    if version is not None:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for several names and an address."""
    folder = tmp_path_factory.mktemp("names")
    names = "DNS:localhost,DNS:a.example,DNS:b.example,IP:127.0.0.1"
    return make_certificate(folder, "names", names)


@pytest.fixture(scope="module")
def impostor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one for the same names, which nobody trusts."""
    folder = tmp_path_factory.mktemp("impostor")
    return make_certificate(folder, "impostor", "DNS:localhost,DNS:a.example,IP:127.0.0.1")


def attached(certificate: Path, version: str | None = None) -> ssl.SSLContext:
    """A server's context that resumes."""
    return libresume.attach(server_context(certificate, version), store="memory:")


def resumed_by(context: ssl.SSLContext) -> int:
    """How many connections a server resumed."""
    server = libresume.server_of(context)
    assert server is not None
    counted = server.counters().items()
    return sum(n for (_, why), n in counted if why in {Reason.RESUMED, Reason.RENEWED})


# ---- real servers, and every way to connect.


@pytest.mark.parametrize(
    "options", [["-tls1_2"], ["-tls1_2", "-no_ticket"], ["-tls1_3"], ["-tls1_3", "-no_ticket"]]
)
def test_openssl_s_server(names: Path, options: list[str]) -> None:
    """TLS 1.2 by ticket and by session ID, TLS 1.3 with and without a server's cache."""
    context, port = verifying(names), free_port()
    client = attach_client(context)
    with s_server(names, port, *options):
        assert [fetch(context, port) for _ in range(4)] == [False, True, True, True]
    assert client.stats["hits"] == 3


@both_versions
def test_a_server_that_forgot_its_keys(names: Path, version: str) -> None:
    """I-22: a full handshake, and then it goes on with the new keys."""
    context, port = verifying(names, version), free_port()
    attach_client(context)
    for _ in range(2):
        with s_server(names, port):
            assert [fetch(context, port) for _ in range(3)] == [False, True, True]


@both_versions
def test_http_client_and_urllib(names: Path, version: str) -> None:
    server, context = attached(names, version), verifying(names, version)
    attach_client(context)
    with python_server(server) as port:
        for number in range(3):
            connection = http.client.HTTPSConnection("localhost", port, context=context)
            connection.request("GET", "/")
            assert connection.sock.session_reused is (number > 0)
            assert connection.getresponse().read() == b"hello\n"
            connection.close()
        with urllib.request.urlopen(f"https://localhost:{port}/", context=context) as answer:
            assert answer.read() == b"hello\n"
    assert resumed_by(server) == 3


@both_versions
def test_asyncio_streams(names: Path, version: str) -> None:
    """Over memory, without a socket that libssl could see."""
    context = verifying(names, version)
    attach_client(context)

    async def once(port: int) -> bool:
        reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(b"hello\n")
        reused = bool(writer.get_extra_info("ssl_object").session_reused)
        writer.close()
        return reused

    async def often(port: int) -> list[bool]:
        return [await once(port) for _ in range(4)]

    with python_server(attached(names, version)) as port:
        assert asyncio.run(often(port)) == [False, True, True, True]


@both_versions
def test_aiohttp(names: Path, version: str) -> None:
    server, context = attached(names, version), verifying(names, version)
    attach_client(context)

    async def often(port: int) -> None:
        connector = aiohttp.TCPConnector(ssl=context, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            for _ in range(4):
                async with session.get(f"https://localhost:{port}/") as answer:
                    assert await answer.text() == "hello\n"

    with python_server(server) as port:
        asyncio.run(often(port))
    assert resumed_by(server) == 3


@both_versions
@pytest.mark.parametrize("checked", [True, False])
def test_addresses_in_place_of_names(names: Path, version: str, checked: bool) -> None:
    context = verifying(names, version) if checked else client_context(version)
    client = attach_client(context)
    name = "127.0.0.1" if checked else None
    with python_server(attached(names, version)) as port:
        assert [fetch(context, port, name) for _ in range(3)] == [False, True, True]
        assert client.forget(peer_of(context, "127.0.0.1", port)) == Status.OK
        assert not fetch(context, port, name)


# ---- what is kept, and what is not.


@both_versions
def test_an_unverified_server_leaves_nothing(names: Path, impostor: Path, version: str) -> None:
    """I-113."""
    context = verifying(names, version)
    client = attach_client(context)
    with python_server(attached(impostor, version)) as port:
        for _ in range(2):
            with pytest.raises(ssl.SSLCertVerificationError):
                fetch(context, port)
    with (
        python_server(attached(names, version)) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        fetch(context, port, "other.example")
    assert client.stats["puts"] == len(client) == 0


@both_versions
def test_todays_anchors_judge(names: Path, impostor: Path, version: str) -> None:
    """I-118: a session of a server that is not trusted any more is not offered."""
    before, now = verifying(names, version), verifying(impostor, version)
    client = attach_client(before)
    attach_client(now, client)
    server = attached(names, version)
    assert [visit(server, before).reused for _ in range(2)] == [False, True]
    with pytest.raises(ssl.SSLCertVerificationError):
        visit(server, now)
    assert resumed_by(server) == 1


@both_versions
def test_anchors_in_a_directory(names: Path, tmp_path: Path, version: str) -> None:
    """libcrypto reads them when it first needs one, which must not look like other settings."""
    shutil.copy(names.with_suffix(".crt"), tmp_path)
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
    context = client_context(version)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_verify_locations(capath=str(tmp_path))
    assert not context.get_ca_certs()
    attach_client(context)
    server = attached(names, version)
    assert [visit(server, context).reused for _ in range(3)] == [False, True, True]
    assert context.get_ca_certs()


@both_versions
def test_verification_settings_do_not_mix(names: Path, version: str) -> None:
    """I-118, I-114: what came without verification is never offered where it is demanded."""
    server = attached(names, version)
    contexts = [client_context(version)]
    contexts += [verifying(names, version) for _ in range(3)]
    contexts[1].check_hostname = False
    contexts[2].verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    client = Client()
    for context in contexts:
        attach_client(context, client)
    for context in contexts:
        assert [visit(server, context).reused for _ in range(2)] == [False, True]
    contexts[3].check_hostname = False
    assert not contexts[3].check_hostname and contexts[1].verify_mode == ssl.CERT_REQUIRED
    assert visit(server, contexts[3]).reused  # as the second does
    contexts[3].verify_mode = ssl.CERT_NONE
    contexts[3].load_cert_chain(names)
    assert not visit(server, contexts[3]).reused


@both_versions
def test_names_do_not_mix(names: Path, version: str) -> None:
    """I-118."""
    server, context = attached(names, version), verifying(names, version)
    attach_client(context)
    for name in ("a.example", "b.example"):
        assert [visit(server, context, server_name=name).reused for _ in range(2)] == [False, True]


@both_versions
def test_ports_do_not_mix(names: Path, version: str) -> None:
    """I-114: two servers with the same keys, so that only the client keeps them apart."""
    context = verifying(names, version)
    attach_client(context)
    server = attached(names, version)
    with python_server(server) as first, python_server(server) as second:
        for port in (first, second):
            assert [fetch(context, port) for _ in range(2)] == [False, True]


@both_versions
def test_labels_and_certificates_do_not_mix(names: Path, impostor: Path, version: str) -> None:
    """I-114: CVE-2021-22890; CVE-2016-5419, CVE-2016-5420."""
    server, client = attached(names, version), Client()
    contexts = [verifying(names, version) for _ in range(4)]
    contexts[2].load_cert_chain(names)
    contexts[3].load_cert_chain(impostor)
    for context, label in zip(contexts, (b"", b"proxy", b"", b""), strict=True):
        attach_client(context, client, label=label)
    for context in contexts:
        assert [visit(server, context).reused for _ in range(2)] == [False, True]
    alike = verifying(names, version)
    attach_client(alike, client)
    assert visit(server, alike).reused


@both_versions
def test_an_own_session_is_left_alone(names: Path, version: str) -> None:
    server, context = attached(names, version), verifying(names, version)
    own = visit(server, context).session
    client = attach_client(context)
    assert visit(server, context, own).reused
    assert client.stats["puts"] == client.stats["misses"] == 0


def offered_identity(hello: bytes) -> bytes | None:
    """The first PSK identity of a ClientHello in one record (RFC 8446 section 4.2.11)."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at] + 2
    while at < len(hello):
        kind, length = (int.from_bytes(hello[at + i : at + i + 2], "big") for i in (0, 2))
        if kind == 41:
            size = int.from_bytes(hello[at + 6 : at + 8], "big")
            return hello[at + 8 : at + 8 + size]
        at += 4 + length
    return None


def test_four_at_once_offer_no_ticket_twice(names: Path) -> None:
    """I-116."""
    server, context = server_context(names, "1.3"), verifying(names, "1.3")
    server.num_tickets = 3
    libresume.attach(server)
    attach_client(context)
    visit(server, context)
    offered = []
    for _ in range(4):
        outgoing = ssl.MemoryBIO()
        ours = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="a.example")
        with pytest.raises(ssl.SSLWantReadError):
            ours.do_handshake()
        offered.append((offered_identity(outgoing.read()), ours))
    identities = [identity for identity, _ in offered]
    assert identities[3] is None
    assert None not in identities[:3] and len(set(identities)) == 4


def test_four_connections_in_parallel(names: Path) -> None:
    """I-116: each uses a ticket of its own, and all four resume."""
    context, port = verifying(names, "1.3"), free_port()
    client = attach_client(context)
    seen: list[bool] = []
    start = threading.Barrier(4)

    def go() -> None:
        start.wait()
        seen.append(fetch(context, port))

    with s_server(names, port, "-num_tickets", "4"):
        assert not fetch(context, port)
        assert len(client) == 4
        threads = [threading.Thread(target=go) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [True] * 4


@both_versions
def test_connections_in_threads(names: Path, version: str) -> None:
    """I-168: the callbacks run without the interpreter's lock."""
    server, context = attached(names, version), verifying(names, version)
    client = attach_client(context, Client(max_tickets=64))
    for _ in range(4):
        visit(server, context)
    seen: list[list[bool]] = []

    def go() -> None:
        seen.append([visit(server, context).reused for _ in range(12)])

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 6
    # Of TLS 1.3 there are 5 tickets for 6 threads at first.
    assert sum(sum(part) for part in seen) >= 72 - (6 if version == "1.3" else 0)
    assert client.stats["refused"] == 0


@both_versions
def test_a_forked_child_goes_on(names: Path, version: str) -> None:
    server, context = attached(names, version), verifying(names, version)
    client = attach_client(context)
    visit(server, context)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if [visit(server, context).reused for _ in range(3)] == [True] * 3 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert visit(server, context).reused
    assert client.stats["hits"] == 1  # the child counts for itself


# ---- attaching itself.


@both_versions
def test_detached_contexts_and_dropped_clients(names: Path, version: str) -> None:
    """I-173: the context keeps the client."""
    server, context = attached(names, version), verifying(names, version)
    attach_client(context).close()
    gc.collect()
    assert [visit(server, context).reused for _ in range(2)] == [False, True]
    client = client_of(context)
    assert client is not None and len(client) > 0
    assert libresume.detach_client(context)
    assert not libresume.detach_client(context)
    assert client_of(context) is None
    assert not visit(server, context).reused
    attach_client(context, client)
    assert client_of(context) == client
    assert visit(server, context).reused


def test_wrong_contexts_and_arguments_are_refused(names: Path, tmp_path: Path) -> None:
    with pytest.raises(libresume.InvalidError, match="server's"):
        attach_client(server_context(names))
    for call in (attach_client, libresume.detach_client, client_of):
        for wrong in (None, object(), ssl.SSLContext):
            with pytest.raises(TypeError, match="SSLContext"):
                call(wrong)  # type: ignore[arg-type]
    with pytest.raises(libresume.InvalidError, match="own path"):
        attach_client(client_context(), Client(), path=tmp_path / "s", keys="random:")
    with pytest.raises(TypeError):
        attach_client(client_context(), label="text")  # type: ignore[arg-type]
    both = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    libresume.attach(both)
    with pytest.raises(StateError, match="server is attached"):  # I-133
        libresume._low.attach_client(both, Client()._handle, b"")


def test_peers_of_contexts(names: Path) -> None:
    context = verifying(names, "1.2")
    with pytest.raises(StateError, match="no client"):
        peer_of(context, "localhost")
    with pytest.raises(TypeError, match="SSLContext"):
        peer_of(None, "localhost")  # type: ignore[arg-type]
    client = attach_client(context)
    server = attached(names, "1.2")
    for name in ("a.example", "b.example"):
        visit(server, context, server_name=name)
    assert client.forget(peer_of(context, "c.example")) == Status.MISS
    assert client.forget(peer_of(context, "a.example", 443)) == Status.MISS
    assert client.forget(peer_of(context, "A.example")) == Status.OK
    assert len(client) == 1
    assert visit(server, context, server_name="b.example").reused
    assert not visit(server, context, server_name="a.example").reused
    for host, port in (
        ("", 1),
        ("a\0b", 1),
        ("a" * 300, 1),
        ("a.example", -1),
        ("a.example", 65536),
    ):
        with pytest.raises(ValueError, match=r"."):
            peer_of(context, host, port)
