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
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lua"))

from golang import build_go
from luas import SERVER, Lua
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
from resty_nginx import run_resty

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

    @property
    def keys(self) -> str:
        """The wish for that key."""
        return f"keys=file:{self.key_file}?dialect=nginx"

    @property
    def clients(self) -> str:
        """The wish for clients with a certificate: the one that servers have, too."""
        return f"clients={self.identity.certificate}"

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


def in_lua(lua: Lua, stack: str) -> Starter:
    """A server in Lua over LuaSec or luaossl."""

    def start(house: House, *wishes: str) -> AbstractContextManager[int]:
        identity = (str(house.identity.certificate), str(house.identity.key))
        asked = (f"stack={stack}", "suites=sha256", *wishes)
        return printing_its_port(lua.command(SERVER, *identity, *asked))

    return start


@contextlib.contextmanager
def nginx_with_lua(house: House, *wishes: str) -> Iterator[int]:
    """nginx whose Lua attaches libresume. With client certificates it has the context that a stock
    nginx then has, and accepts no other: it refuses requests without one, not handshakes, so that
    the guard has nothing to go by."""
    settings = ""
    named = dict(wish.split("=", 1) for wish in wishes)
    if "clients" in named:
        settings = f"ssl_client_certificate {named['clients']}; ssl_verify_client on;"
        own = f"nginx:{house.identity.certificate}?client_certificate={named['clients']}"
        named = {**named, "context": own}
        del named["accept"]
    asked = tuple(f"{name}={value}" for name, value in named.items())
    folder = house.folder / f"resty-{os.urandom(4).hex()}"
    with run_resty(house.identity, folder, ("suites=sha256", *asked), settings=settings) as port:
        yield port


def attached_kinds(folder: Path) -> dict[str, Starter]:
    """All of them. Go has SHA-256 first by itself; ./dev says if it is too old or missing."""
    python = [sys.executable, str(Path(__file__).with_name("python_server.py"))]
    kinds: dict[str, Starter] = {
        "C": attached([str(PROGRAM)], ("suites=sha256",)),
        "Python": attached(python, ("suites=sha256",)),
    }
    if os.environ.get("LIBRESUME_TEST_GO") != "no":
        go = folder / "go-server"
        build_go("./internal/testserver", go)
        kinds["Go"] = attached([str(go)], ())
    kinds["LuaSec"] = in_lua(Lua("lua5.4", "5.4", "swig"), "luasec")
    kinds["luaossl"] = in_lua(Lua("luajit", "5.1", "ffi"), "luaossl")
    kinds["nginx+Lua"] = nginx_with_lua
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
def storing_nginx(house: House) -> Iterator[int]:
    """nginx with sessions in its own shared memory and no tickets."""
    settings = "ssl_session_tickets off; ssl_session_cache shared:sessions:1m;"
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
