# SPDX-License-Identifier: Apache-2.0
"""nginx with its Lua module and resty.resume in it. The tests are in test_resty.py."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import PATIENCE, ROOT, Identity, free_port, run_nginx, start_nginx

HERE = ROOT / "tests" / "lua"
MODULES = Path("/usr/lib/nginx/modules")

# Two workers, so that what is shared is seen to be.
LOAD = f"""
load_module {MODULES}/ndk_http_module.so;
load_module {MODULES}/ngx_http_lua_module.so;
"""
MAIN = f"{LOAD} worker_processes 2;"

HTTP = """
lua_package_path "{here}/?.lua;{package}/?.lua;{package}/?/init.lua;;";
init_by_lua_block {{
    require "resty.resume"
    sessions = require "wishes" {{ {wishes} }}
}}
{hooks}
"""
ATTACH = 'ssl_client_hello_by_lua_block { require("resty.resume").attach(sessions) }'
SESSION_IDS = """
ssl_session_tickets off;
ssl_session_fetch_by_lua_block { require("resty.resume").fetch(sessions) }
ssl_session_store_by_lua_block { require("resty.resume").store(sessions) }
"""


@contextlib.contextmanager
def run_resty(
    identity: Identity,
    folder: Path,
    wishes: tuple[str, ...],
    hooks: str = ATTACH,
    settings: str = "",
    port: int | None = None,
) -> Iterator[int]:
    """An nginx whose Lua has a server of these wishes, in these hooks; its port."""
    quoted = ", ".join(f"[[{wish}]]" for wish in wishes)
    package = ROOT / "bindings" / "lua"
    http = HTTP.format(here=HERE, package=package, wishes=quoted, hooks=hooks)
    with run_nginx(identity, folder, settings, http=http, main=MAIN, port=port) as listening:
        yield listening


@contextlib.contextmanager
def run_documented(identity: Identity, folder: Path, keys: Path) -> Iterator[int]:
    """The whole nginx.conf of the documentation, with the places and the port of a test; its port."""
    page = (ROOT / "docs" / "nginx-lua.md").read_text()
    text = page.split("```nginx\n", 1)[1].split("```", 1)[0]
    port = free_port()
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = " ".join(f"{name}_temp_path {folder}/{name};" for name in temporary)
    places = {
        "user www-data;": "",
        # Its relative paths do not go with -p.
        "include /etc/nginx/modules-enabled/*.conf;": LOAD,
        "http {": f"http {{ {paths}",
        "worker_processes auto": "worker_processes 2",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/fleet.key": str(keys),
        "/etc/nginx/certificate.pem": str(identity.certificate),
        "/etc/nginx/key.pem": str(identity.key),
    }
    for place, here in places.items():
        assert place in text
        text = text.replace(place, here)
    folder.mkdir()
    (folder / "nginx.conf").write_text(text)
    package = ROOT / "bindings" / "lua"
    env = {"LUA_PATH": f"{package}/?.lua;{package}/?/init.lua;;"}
    own = f"daemon off; pid {folder}/nginx.pid;"
    with start_nginx(folder / "nginx.conf", folder, port, "-g", own, env=env):
        yield port


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def workers(folder: Path) -> list[int]:
    """The children of the master."""
    written = folder / "nginx.pid"
    master = written.read_text().strip() if written.exists() else ""
    if not master:
        return []  # it listens before it has written
    listed = Path(f"/proc/{master}/task/{master}/children").read_text()
    return [int(pid) for pid in listed.split()]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextlib.contextmanager
def only(folder: Path, index: int) -> Iterator[None]:
    """One worker alone answers: the others stand still."""
    wait_for(lambda: len(workers(folder)) == 2, "two workers")
    others = [pid for place, pid in enumerate(workers(folder)) if place != index]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: all(state(pid) == "T" for pid in others), "a worker goes on")
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)
