# SPDX-License-Identifier: Apache-2.0
"""ClientHellos of clients that other people wrote, taken from a socket, as our parser reads them."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

import pytest
from conftest import BUILD, PATIENCE

READER = BUILD / "tests" / "interop" / "interop-hello"
NAME = "a.example"


def first_flight(command: list[str]) -> bytes:
    """What a client sends to a server that says nothing; it is ended then."""
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing; ./dev setup installs it")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        port = server.getsockname()[1]
        words = [word.replace("PORT", str(port)) for word in command]
        quiet = subprocess.DEVNULL
        client = subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            peer, _ = server.accept()
            with peer:
                peer.settimeout(PATIENCE)
                return whole_record(peer)
        finally:
            client.kill()
            client.wait()


def whole_record(peer: socket.socket) -> bytes:
    data = b""
    deadline = time.monotonic() + PATIENCE
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        assert time.monotonic() < deadline
        more = peer.recv(65536)
        assert more, "the client ended before its hello did"
        data += more
    return data


def read(wire: bytes) -> dict[str, str]:
    """The parser's view."""
    if not READER.exists():
        pytest.fail("the hello reader is not built; ./dev test builds it")
    done = subprocess.run([READER], input=wire, capture_output=True, check=True, timeout=PATIENCE)
    return dict(line.split("=", 1) for line in done.stdout.decode().splitlines())


def resplit(wire: bytes, size: int) -> bytes:
    """The same message in records of that many bytes."""
    message = wire[5 : 5 + int.from_bytes(wire[3:5], "big")]
    parts = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(wire[:3] + len(part).to_bytes(2, "big") + part for part in parts)


OPENSSL = ["openssl", "s_client", "-connect", "127.0.0.1:PORT", "-servername", NAME]
CURL = ["curl", "-sk", "--connect-to", f"{NAME}:443:127.0.0.1:PORT", f"https://{NAME}/"]
GNUTLS = ["gnutls-cli", "--insecure", "--port", "PORT", "--sni-hostname", NAME, "127.0.0.1"]
CLIENTS = {
    "openssl-1.2": ([*OPENSSL, "-tls1_2", "-alpn", "h2"], "1", "0"),
    "openssl-1.3": ([*OPENSSL, "-tls1_3", "-alpn", "h2"], "0", "1"),
    "curl": (CURL, "1", "1"),
    "curl-1.2": ([*CURL, "--tls-max", "1.2"], "1", "0"),
    "gnutls": ([*GNUTLS, "--alpn", "h2"], "1", "1"),
    "gnutls-1.2": ([*GNUTLS, "--alpn", "h2", "--priority", "NORMAL:-VERS-TLS1.3"], "1", "0"),
}


@pytest.mark.parametrize("client", list(CLIENTS))
def test_hello_of_another_client(client: str) -> None:
    command, tls12, tls13 = CLIENTS[client]
    wire = first_flight(command)
    said = read(wire)
    assert said["fault"] == "none" and said["status"].startswith("ok"), said
    assert said["name"] == NAME
    assert said["ems"] == "1" or tls12 == "0"
    assert (said["tls12"], said["tls13"]) == (tls12, tls13)
    assert said["alpn"].startswith("026832")  # h2 first
    assert said["psks"] == "0"
    assert said.get("ticket", "") == ""  # none to offer yet
    for size in (1, 7, 100):
        assert read(resplit(wire, size)) == said


def test_without_a_name_and_without_tickets() -> None:
    command = [*OPENSSL[:4], "-noservername", "-tls1_2", "-no_ticket"]
    said = read(first_flight(command))
    assert said["fault"] == "none"
    assert "name" not in said and "ticket" not in said and "alpn" not in said
    assert said["id"] == ""


def test_what_is_no_hello() -> None:
    assert read(b"GET / HTTP/1.1\r\n")["fault"] == "record_type"
    assert read(b"")["status"] == "ok"  # nothing was said
    assert read(b"\x16\x03\x01\x00\x05\x02")["fault"] == "message_type"
