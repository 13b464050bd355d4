# SPDX-License-Identifier: Apache-2.0
"""nginx with its Lua module and resty.resume in it. The tests are in test_resty.py."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from peers import ROOT, Identity, run_nginx

HERE = ROOT / "tests" / "lua"
MODULES = Path("/usr/lib/nginx/modules")

# Two workers, so that what is shared is seen to be.
MAIN = f"""
load_module {MODULES}/ndk_http_module.so;
load_module {MODULES}/ngx_http_lua_module.so;
worker_processes 2;
"""
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
