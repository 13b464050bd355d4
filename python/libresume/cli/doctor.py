# SPDX-License-Identifier: Apache-2.0
"""``resume doctor``: can libresume work here, and what to do where it cannot. Changes nothing."""

from __future__ import annotations

import os
import re
import resource
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.text import Text

import libresume
from libresume.cli._exit import Exit
from libresume.cli._output import BAD, GOOD, Json, print_json, print_table

LUAS = ("luajit", "lua5.1", "lua5.4")
LOCKED_MIN = 1 << 20  # bytes: rings and pools of a few threads
SHM_MIN = 64 << 20
GO_MIN = (1, 21)  # crypto/tls has WrapSession and UnwrapSession from there on


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``state`` is ok, bad (nothing works without it) or note."""

    check: str
    state: str
    found: str
    advice: str = ""


def _output_of(*command: str) -> str | None:
    """What a program prints; None if it is not there, fails or hangs."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def python_tls() -> Iterator[Finding]:
    """Whether ``attach()`` may touch this Python's SSL contexts: the check that it makes itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        libresume.attach(context, keys="random:")
    except libresume.UnsupportedError as error:
        yield Finding("Python's TLS", "bad", ssl.OPENSSL_VERSION, str(error))
        return
    libresume.detach(context)
    yield Finding("Python's TLS", "ok", f"attach works with {ssl.OPENSSL_VERSION}")


def openssl() -> Iterator[Finding]:
    """The OpenSSL that is loaded, and the one of the command line."""
    new_enough = ssl.OPENSSL_VERSION_INFO >= (3, 0)
    advice = "" if new_enough else "use a Python that is built with OpenSSL 3.0 or later"
    yield Finding("OpenSSL", "ok" if new_enough else "bad", ssl.OPENSSL_VERSION, advice)
    found = _output_of("openssl", "version")
    if found is None:
        yield Finding("openssl command", "note", "missing", "install openssl: s_client helps")
    else:
        yield Finding("openssl command", "ok", found)


def features() -> Iterator[Finding]:
    """What this build can and a leaner one cannot."""
    if libresume.has("store-redis"):
        yield Finding("redis: stores", "ok", "in this build")
    else:
        advice = "build with hiredis if many hosts shall share a store"
        yield Finding("redis: stores", "note", "not in this build", advice)


def environment() -> Iterator[Finding]:
    """The URLs by which ``attach()`` is configured; only their schemes are shown."""
    openers: dict[str, Callable[[str], object]] = {
        "LIBRESUME_KEYS": libresume.Keyring,
        "LIBRESUME_STORE": libresume.Store,
    }
    for name, opens in openers.items():
        url = os.environ.get(name)
        if not url:
            yield Finding(name, "ok", "not set")
            continue
        scheme = f"{url.partition(':')[0]}:"
        try:
            opens(url)
        except (libresume.Error, ValueError) as error:
            yield Finding(name, "bad", scheme, str(error))
        else:
            yield Finding(name, "ok", f"{scheme} can be opened")


def locked_memory() -> Iterator[Finding]:
    """How much memory may be kept out of swap: that is where keys lie."""
    limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if limit == resource.RLIM_INFINITY:
        yield Finding("locked memory", "ok", "no limit")
    elif limit >= LOCKED_MIN:
        yield Finding("locked memory", "ok", f"{limit >> 10} KiB")
    else:
        advice = "keys may be swapped out: ulimit -l 1024, or LimitMEMLOCK=1M in the unit"
        yield Finding("locked memory", "note", f"{limit >> 10} KiB", advice)


def huge_pages(
    path: str = "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
) -> Iterator[Finding]:
    """Whether a large ``shm:`` store may lie in huge pages, which makes it faster."""
    try:
        chosen = re.search(r"\[(\w+)\]", Path(path).read_text())
    except OSError:
        chosen = None
    mode = chosen.group(1) if chosen else "unknown"
    if mode in {"always", "advise", "within_size", "force"}:
        yield Finding("huge pages for shm:", "ok", mode)
    else:
        advice = f"for a shm: store of gigabytes: echo advise > {path}"
        yield Finding("huge pages for shm:", "note", mode, advice)


def shared_memory(path: str = "/dev/shm") -> Iterator[Finding]:
    """Whether there is room for a ``shm:`` store."""
    try:
        room = os.statvfs(path)
    except OSError as error:
        advice = "mount a tmpfs there, or give shm: another path in a tmpfs"
        yield Finding(path, "note", error.strerror or "missing", advice)
        return
    free = room.f_bavail * room.f_frsize
    found = f"{free >> 20} MiB free"
    if not os.access(path, os.W_OK):
        yield Finding(path, "note", "not writable", "run as a user who may write there")
    elif free < SHM_MIN:
        advice = "a shm: store needs its whole size: make it larger (docker run --shm-size=256m)"
        yield Finding(path, "note", found, advice)
    else:
        yield Finding(path, "ok", found)


def c_library() -> Iterator[Finding]:
    """The shared library for C, Go and Lua; Python's wheel has its own."""
    found = _output_of("pkg-config", "--modversion", "libresume-openssl")
    if found is None:
        advice = "for C, Go and Lua: meson install -C build, then PKG_CONFIG_PATH if need be"
        yield Finding("C library", "note", "not found by pkg-config", advice)
    else:
        yield Finding("C library", "ok", found)


def go() -> Iterator[Finding]:
    """Whether Go's crypto/tls has the hooks, and cgo is there to call C."""
    found = _output_of("go", "env", "GOVERSION", "CGO_ENABLED")
    version, _, cgo = (found or "").partition("\n")
    number = re.match(r"go(\d+)\.(\d+)", version)
    if number is None:
        yield Finding(
            "Go's TLS", "note", "no go command", "install Go 1.21 or later to use it there"
        )
    elif (int(number.group(1)), int(number.group(2))) < GO_MIN:
        yield Finding("Go's TLS", "note", version, "crypto/tls has its hooks from Go 1.21 on")
    elif cgo != "1":
        yield Finding(
            "Go's TLS", "note", f"{version} without cgo", "set CGO_ENABLED=1, install gcc"
        )
    else:
        yield Finding("Go's TLS", "ok", f"{version} with cgo")


def lua() -> Iterator[Finding]:
    """Which interpreters are there, and which of them find the module."""
    for name in LUAS:
        if shutil.which(name) is None:
            yield Finding(
                f"{name}'s TLS", "note", "not installed", f"install {name} to use it there"
            )
        elif _output_of(name, "-e", 'require "resume"') is None:
            advice = "install the module, or set LUA_PATH and LUA_CPATH to where it is"
            yield Finding(f"{name}'s TLS", "note", "module resume not found", advice)
        else:
            yield Finding(f"{name}'s TLS", "ok", "module resume loads")


CHECKS = (
    python_tls,
    openssl,
    features,
    environment,
    locked_memory,
    shared_memory,
    huge_pages,
    c_library,
    go,
    lua,
)
STYLES = {"ok": GOOD, "bad": BAD, "note": "yellow"}


def doctor(as_json: Json = False) -> None:
    """Tell what of libresume can work on this machine, and what to do about the rest.

    Exit code 1 if something is bad: Python's TLS out of reach, or a URL in the environment that
    cannot be opened. A note costs comfort only.
    """
    findings = [finding for check in CHECKS for finding in check()]
    if as_json:
        print_json({"version": libresume.__version__, "checks": [asdict(f) for f in findings]})
    else:
        rows = [(f.check, Text(f.state, STYLES[f.state]), f.found, f.advice) for f in findings]
        print_table(("check", "state", "found", "what to do"), rows)
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(Exit.CHECK_FAILED)
