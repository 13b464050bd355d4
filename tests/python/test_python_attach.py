# SPDX-License-Identifier: Apache-2.0
"""libresume.attach(): Python's own TLS servers resume, and what cannot be attached is refused."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from tls import client_context, server_context, visit, visits

import libresume
from libresume import Keyring, Mode, Policy, Reason, Server, Store

both_versions = pytest.mark.parametrize("version", ["1.2", "1.3"])


@both_versions
def test_one_line_is_enough(certificate: Path, version: str) -> None:
    context = server_context(certificate, version)
    assert libresume.attach(context) is context
    assert visits(context, client_context(version), 4) == [False, True, True, True]


@both_versions
def test_without_libresume_two_contexts_do_not_share(certificate: Path, version: str) -> None:
    """The tests below would be idle if this were otherwise."""
    first, second = server_context(certificate, version), server_context(certificate, version)
    client = client_context(version)
    session = visit(first, client).session
    assert not visit(second, client, session).reused


@both_versions
def test_two_workers_with_one_key_file(certificate: Path, tmp_path: Path, version: str) -> None:
    """I-65, as far as one process shows it: nothing is shared but the file."""
    path = tmp_path / "fleet.key"
    path.write_bytes(os.urandom(80))
    path.chmod(0o600)
    workers = [
        libresume.attach(server_context(certificate, version), keys=f"file:{path}")
        for _ in range(2)
    ]
    client = client_context(version)
    came = visit(workers[0], client)
    for number in (1, 0, 1, 1):
        came = visit(workers[number], client, came.session)
        assert came.reused


@both_versions
def test_a_shared_store_without_tickets(certificate: Path, version: str) -> None:
    policy = Policy(modes=Mode.SESSION_IDS)
    server = Server(store=Store(), policy=policy)
    first, second = (
        libresume.attach(server_context(certificate, version), server=server) for _ in range(2)
    )
    client = client_context(version)
    came = visit(first, client)
    for context in (second, first):
        came = visit(context, client, came.session)
        assert came.reused
    assert server.store is not None
    assert server.store.statistic(libresume.Statistic.HITS) >= 2


@both_versions
def test_another_server_name_is_a_full_handshake(certificate: Path, version: str) -> None:
    """I-120."""
    context = libresume.attach(server_context(certificate, version))
    client = client_context(version)
    session = visit(context, client, server_name="a.example").session
    assert not visit(context, client, session, "b.example").reused
    assert visit(context, client, session, "a.example").reused or version == "1.3"


@both_versions
def test_outcomes_are_counted(certificate: Path, version: str) -> None:
    """I-28."""
    context = libresume.attach(server_context(certificate, version))
    visits(context, client_context(version), 3)
    server = libresume.server_of(context)
    assert server is not None
    resumed = sum(
        number
        for (_, reason), number in server.counters().items()
        if reason in {Reason.RESUMED, Reason.RENEWED}
    )
    assert resumed == 2


@both_versions
def test_attach_twice_replaces(certificate: Path, version: str) -> None:
    context = libresume.attach(server_context(certificate, version))
    client = client_context(version)
    session = visit(context, client).session
    server = Server("random:")
    libresume.attach(context, server=server)
    assert libresume.server_of(context) == server
    assert not visit(context, client, session).reused  # I-16: the old keys are gone
    assert visits(context, client, 3) == [False, True, True]


def test_detach_gives_the_context_back(certificate: Path) -> None:
    context = server_context(certificate)
    before = (context.options, context.num_tickets)
    libresume.attach(context, store="memory:")
    assert libresume.detach(context)
    assert not libresume.detach(context)
    assert libresume.server_of(context) is None
    assert (context.options, context.num_tickets) == before
    assert visits(context, client_context(), 3) == [False, True, True]  # OpenSSL's own


@both_versions
def test_the_context_keeps_its_server_alive(certificate: Path, version: str) -> None:
    """I-173."""
    context = server_context(certificate, version)
    server = Server(Keyring("random:"), Store())
    libresume.attach(context, server=server)
    server.close()
    del server
    gc.collect()
    assert visits(context, client_context(version), 3) == [False, True, True]
    kept = libresume.server_of(context)
    del context
    gc.collect()
    assert kept is not None and kept.keyring is not None


@both_versions
def test_sni_callback_may_switch_contexts(certificate: Path, version: str) -> None:
    """I-132."""
    server = Server("random:")
    first, second = (
        libresume.attach(server_context(certificate, version), server=server) for _ in range(2)
    )

    def switch(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name == "second.example":
            connection.context = second

    first.sni_callback = switch
    client = client_context(version)
    for name in ("first.example", "second.example"):
        assert visits(first, client, 3, name) == [False, True, True]
    session = visit(first, client, server_name="second.example").session
    assert not visit(first, client, session, "first.example").reused


@both_versions
def test_handshakes_in_threads(certificate: Path, version: str) -> None:
    """I-168: the callbacks run without the interpreter's lock."""
    context = libresume.attach(server_context(certificate, version), store="memory:")
    seen: list[list[bool]] = []
    threads = [
        threading.Thread(target=lambda: seen.append(visits(context, client_context(version), 12)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[False] + [True] * 11] * 6


def test_environment_counts_where_nothing_is_said(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fleet.key"
    path.write_bytes(os.urandom(80))
    path.chmod(0o600)
    monkeypatch.setenv("LIBRESUME_KEYS", f"file:{path}")
    monkeypatch.setenv("LIBRESUME_STORE", "memory:?bytes=1M")
    server = libresume.server_of(libresume.attach(server_context(certificate)))
    assert server is not None and server.keyring is not None and server.store is not None
    key = server.keyring.sealing_key()
    assert key is not None and key.name == path.read_bytes()[:16]
    said = libresume.server_of(libresume.attach(server_context(certificate), keys="random:"))
    assert said is not None and said.keyring is not None and len(said.keyring) != 1
    monkeypatch.setenv("LIBRESUME_KEYS", "nonsense:")
    with pytest.raises(libresume.InvalidError, match="nonsense"):
        libresume.attach(server_context(certificate))


def test_what_is_no_server_context_is_refused(certificate: Path) -> None:
    with pytest.raises(libresume.InvalidError, match="client"):
        libresume.attach(client_context())
    for call in (libresume.attach, libresume.detach, libresume.server_of):
        for wrong in (None, object(), ssl.SSLContext):
            with pytest.raises(TypeError, match="SSLContext"):
                call(wrong)  # type: ignore[arg-type, type-var]
    with pytest.raises(libresume.InvalidError, match="server"):
        libresume.attach(server_context(certificate), keys="random:", server=Server("random:"))


def test_a_subclass_is_a_context(certificate: Path) -> None:
    class Own(ssl.SSLContext):
        label = "mine"

    context = Own(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    assert visits(libresume.attach(context), client_context(), 2) == [False, True]


def pretend(monkeypatch: pytest.MonkeyPatch, file: str | None) -> None:
    """Has the check believe that _ssl was loaded from elsewhere."""
    real = importlib.import_module("_ssl")
    if file is None:
        monkeypatch.delattr(real, "__file__")
    else:
        monkeypatch.setattr(real, "__file__", file)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (None, "built in"),
        ("/nowhere/_ssl.so", "private OpenSSL.*pyenv"),
    ],
)
def test_a_private_openssl_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, text: str
) -> None:
    context = server_context(certificate)
    pretend(monkeypatch, file)
    for call in (libresume.attach, libresume.detach, libresume.server_of):
        with pytest.raises(libresume.UnsupportedError, match=text) as caught:
            call(context)
        assert "\n" not in str(caught.value)  # one sentence
        assert caught.value.status == libresume.Status.E_UNSUPPORTED


def test_a_second_libssl_is_refused(
    certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that brings a function of that name itself, as a static libssl would."""
    source, module = tmp_path / "static.c", tmp_path / "static.so"
    source.write_text("void SSL_CTX_sess_set_new_cb(void) {}\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", module, source], check=True)
    kept = ctypes.CDLL(str(module))
    context = server_context(certificate)
    pretend(monkeypatch, str(module))
    with pytest.raises(libresume.UnsupportedError, match=r"another OpenSSL.*static\.so"):
        libresume.attach(context)
    del kept
