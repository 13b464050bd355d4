# SPDX-License-Identifier: Apache-2.0
"""The matrix's servers: every kind, each its own process, all with one ticket key or one store."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from golang import build_go
from peers import (
    HAPROXY,
    PROGRAM,
    Identity,
    find_program,
    free_port,
    printing_its_port,
    run_nginx,
    stop,
    wait_for_listener,
)

SUITES = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"


@dataclass(frozen=True)
class House:
    """Where the servers live, and what they share."""

    folder: Path
    identity: Identity
    key: bytes  # nginx's order: name, HMAC, AES

    @property
    def key_file(self) -> Path:
        """The key as nginx reads it."""
        path = self.folder / f"{self.key[:8].hex()}.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(self.key)
        return path

    def contexts(self, fleet: str) -> tuple[str, ...]:
        """What attached servers of a fleet issue and accept."""
        nginx, haproxy = f"nginx:{self.identity.certificate}", "haproxy:"
        issue, accept = (nginx, haproxy) if fleet == "A" else (haproxy, nginx)
        return (f"context={issue}", f"accept={accept}")


Starter = Callable[..., AbstractContextManager[int]]


def attached(program: list[str], suites: tuple[str, ...]) -> Starter:
    """A server that libresume is attached to; started with its wishes."""

    def start(house: House, *wishes: str) -> AbstractContextManager[int]:
        identity = [str(house.identity.certificate), str(house.identity.key)]
        return printing_its_port([*program, *identity, *suites, *wishes])

    return start


def attached_kinds(folder: Path) -> dict[str, Starter]:
    """All of them. Go has SHA-256 first by itself; ./dev says if it is too old or missing."""
    python = [sys.executable, str(Path(__file__).with_name("python_server.py"))]
    kinds = {
        "C": attached([str(PROGRAM)], ("suites=sha256",)),
        "Python": attached(python, ("suites=sha256",)),
    }
    if os.environ.get("LIBRESUME_TEST_GO") != "no":
        go = folder / "go-server"
        build_go("./internal/testserver", go)
        kinds["Go"] = attached([str(go)], ())
    return kinds


@contextlib.contextmanager
def stock_nginx(house: House) -> Iterator[int]:
    """nginx with nothing but the key file, and Go's order of suites."""
    settings = f"ssl_session_cache off; ssl_session_ticket_key {house.key_file};"
    settings += f"ssl_conf_command Ciphersuites {SUITES}; ssl_prefer_server_ciphers on;"
    folder = house.folder / f"nginx-{os.urandom(4).hex()}"
    with run_nginx(house.identity, folder, settings) as port:
        yield port


@contextlib.contextmanager
def stock_haproxy(house: House) -> Iterator[int]:
    """HAProxy with nothing but the key, last but one of three, and Go's order of suites."""
    folder = house.folder / f"haproxy-{os.urandom(4).hex()}"
    folder.mkdir()
    own = house.key[:16] + house.key[48:] + house.key[16:48]
    keys = (os.urandom(80), own, os.urandom(80))
    (folder / "keys").write_text("".join(base64.b64encode(k).decode() + "\n" for k in keys))
    both = house.identity.certificate.read_text() + house.identity.key.read_text()
    (folder / "both.pem").write_text(both)
    port = free_port()
    configuration = folder / "haproxy.cfg"
    text = HAPROXY.format(folder=folder, port=port)
    configuration.write_text(f"global\n    ssl-default-bind-ciphersuites {SUITES}\n{text}")
    process = subprocess.Popen(
        [find_program("haproxy"), "-db", "-q", "-f", str(configuration)], text=True
    )
    try:
        wait_for_listener(process, port)
        yield port
    finally:
        stop(process)
